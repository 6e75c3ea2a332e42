// Package standard knows what the W3C's WebRTC standard says of a session: the state machines, as data, and the rules by
// which a recorded session is told apart from one that follows the standard.
//
// A [Checker] is fed with the events of a recording and returns a [Remark] for each thing that differs. It runs inside the
// simulation, so that a remark stands in the recording right after the event that it is about, and needs nothing but
// the events, so that it can be run on old recordings as well.
//
// A new rule is an entry in [Rules] and a function that looks at an event.
package standard
