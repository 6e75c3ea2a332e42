// Package ice rebuilds what ICE did in a recorded session, as a table over time: the candidates of each peer, the pairs
// that they form, the checks of each pair and what became of them, nomination, selection and consent (RFC 8445, RFC 7675).
//
// A [Table] is fed with the events of a recording in their order and gives a [View] of what there is after the last one.
// A view never changes and shares all that has not changed with the views before it, so that one can be kept for every
// few hundred events:
//
//	table := ice.New()
//	for … {
//		table.Add(event)
//	}
//	table.Advance(now) // lets time pass without an event
//	view := table.At()
//
// Three sources tell it: calls and events of the API (descriptions, candidates, states, the selected pair), the STUN
// messages in the packets with the end that each packet came to, and the snapshots, where pion says itself which pairs
// have failed. Without payloads a check is still recognised by its type, but not one that a TURN server relays, and neither
// priorities nor user name fragments are seen; without packets there are candidates and pairs, and no checks.
//
// # Where pion differs from RFC 8445
//
// The table shows what pion's agent does. It has one checklist and never freezes a pair; each server-reflexive and relayed
// candidate has a socket of its own, and is paired as it is, not by its base; a pair of pion's fails after 8 checks
// without answer, each a transaction of its own; a peer-reflexive local candidate forms no pair. Consent is not
// pion's: it disconnects by the time since anything came from the remote candidate. The table says when consent by
// RFC 7675 ran out.
package ice
