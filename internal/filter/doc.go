// Package filter is a small language that picks events of a recording:
//
//	peer:bob kind:packet proto:stun lost
//
// Terms that stand side by side must all hold. "or" joins alternatives and binds weaker; "not" or a - in front negates;
// parentheses group. Case never matters.
//
//	no route            events with both words in them
//	"no route"          events with the phrase in them
//	kind:packet         what kind: a kind, what some kinds have in common, or how a kind begins
//	peer:alice,bob      one of several
//	method:set*         a name that begins so
//	size>1200           also >= < <= !=
//	time:1s..2s         from the one to the other; either can be left out
//	lost                a quality; is:lost is the same
//	-peer:bob           not bob's
//
// A word is looked for in whom an event belongs to, its kind, and in all text of its data. Bytes, such as those of a packet, and
// the names of members are not looked at; a number is found as a whole. Words that mean something to the language are
// looked for when they are quoted.
//
// [Parse] reads a filter and tells where it is wrong; [Filter.Explain] says in words what it picks; [Complete] completes
// one that is being written. [Find] looks for all events in the background. Most events are
// decided by what the index of a recording has of them; the data of the others is looked into without decoding it.
package filter
