// Package explain says why a recorded session went as it did: a tree of causes down to the ground, each a sentence with the
// events that are its evidence.
//
//	facts, err := explain.Gather(recording, recording.Len())
//	…
//	answer := explain.Session(facts)
//	explain.Write(os.Stdout, answer, explain.Layout{Width: 80})
//
// It works as a doctor does. A [Symptom] is what there is to be explained, such as a connection that is not up. A [Question] asks
// for the causes of a symptom of one peer, pair, channel or packet. A [Rule] knows one cause of one symptom, and finds out
// from the [Facts] whether it is what happened. A cause that it finds may ask further questions, whose answers
// stand below it. All rules are in one table, [Topics], which docs/explain.md is made of. Where no rule finds anything, the answer says
// what was looked for, and so can be ruled out.
//
// To add a cause, write a Rule in the file of its topic, add it to the topic's list, and give it a scenario in testdata.
package explain
