package ice

import (
	"net/netip"
	"time"
)

// A Check is a connectivity check: one Binding request, and what became of it.
type Check struct {
	// Packet is the number of the packet, Event that of the event that sent it, Sent its time.
	Packet uint64        `json:"packet"`
	Event  uint64        `json:"event"`
	Sent   time.Duration `json:"sent"`
	// UseCandidate tells that it nominates.
	UseCandidate bool `json:"useCandidate,omitempty"`
	// Outcome is what became of it so far.
	Outcome Outcome `json:"outcome"`
	// At, Reason and Detail say where and why the check, or its answer, was lost, as the packet's end does.
	At     string `json:"at,omitempty"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// End is the time of what the outcome says, and EndEvent the event's number; 0 while the check is under way.
	End      time.Duration `json:"end,omitempty"`
	EndEvent uint64        `json:"endEvent,omitempty"`
	// RoundTrip is the time from the check to its answer; 0 without one.
	RoundTrip time.Duration `json:"roundTrip,omitempty"`
}

// An Outcome is what became of a check.
type Outcome string

// The outcomes of checks.
const (
	UnderWay   Outcome = "under way"          // the request is on its way
	Lost       Outcome = "lost"               // the request was dropped
	Ignored    Outcome = "ignored"            // it arrived, and the other side did not take it; the reason says why
	Arrived    Outcome = "arrived"            // it arrived, and has no answer yet
	Responded  Outcome = "answer under way"   // the answer is on its way
	AnswerLost Outcome = "answer lost"        // the answer was dropped
	Refused    Outcome = "refused"            // an error answer arrived
	Late       Outcome = "answered too late"  // the answer arrived when nobody waited for it any more
	Asymmetric Outcome = "answered elsewhere" // the answer came from another address than the check went to (RFC 8445, section 7.2.5.2.1)
	Answered   Outcome = "answered"           // a success answer arrived
)

// requestTimeout is how long pion waits for the answer to a check.
const requestTimeout = 4 * time.Second

// check is a check at work.
type check struct {
	Check
	key        transaction
	generation *generation
	pair       *pair
	to         netip.AddrPort
	mapped     netip.AddrPort
	priority   uint32
	role       string // of the sender
}

// A transaction is what ties a request and its answers together: the STUN transaction, or without payloads the number of
// the packet with the request.
type transaction struct {
	id     [12]byte
	packet uint64
}

// settle notes what became of the check, unless it was answered already: there may be copies. It reports whether it did.
func (c *check) settle(o Outcome) bool {
	if c.Outcome == Answered {
		return false
	}
	c.Outcome, c.End, c.EndEvent = o, c.generation.table.time, c.generation.table.event
	c.At, c.Reason, c.Detail = "", "", ""
	c.generation.touch()
	return true
}

// lose notes where and why the check or its answer did not get on. Of what was lost, a copy may have got there.
func (c *check) lose(o Outcome, at, reason, detail string) {
	if o == Lost && c.Outcome != UnderWay || o == AnswerLost && c.Outcome != Responded {
		return
	}
	if c.settle(o) {
		c.At, c.Reason, c.Detail = at, reason, detail
	}
}
