// Package comparison compares two recordings by what happened in them.
//
// Events are aligned by meaning: by the peer or network element, the kind, what the kind is about (the method and object of a
// call, the state of a state machine, the flow and the type of a packet, the type of a signaling message) and, among those that
// have all this in common, by their order. A pair of events that are alike may differ in their data, or in their time.
//
// What is random by nature counts for nothing, unless [Options] ask for it: user name fragments and passwords of ICE,
// fingerprints, SSRCs, session and transaction ids, UUIDs, addresses of objects in memory, ports from 5000 on, candidates'
// foundations and priorities, packets' numbers, sizes and contents, keys; nor does what other events tell: snapshots, the
// state that an object had reached when its event was handled, how long a call took.
//
//	c, err := comparison.New(a, b, comparison.Options{Tolerance: time.Millisecond})
//	for i, row := range c.Rows() { // both recordings side by side
//		if row.Status != comparison.Same {
//			differences, err := c.Differences(i)
//		}
//	}
//	report, err := c.Report() // the same, short and to the point
//
// A comparison costs a few microseconds and some hundred bytes for an event: no part of it grows faster than the recordings do.
package comparison
