package recorder

import (
	"encoding/json"
	"time"
)

// Event is one line of a recording: something that happened, at one instant of virtual time.
type Event struct {
	// Seq numbers the events of a recording from 1 without gaps.
	Seq uint64 `json:"seq"`
	// Time is the virtual time since the start of the run. In JSON it is a whole number of nanoseconds.
	Time time.Duration `json:"time"`
	// Peer is the peer or the network element that the event belongs to; empty for the run as a whole.
	Peer string `json:"peer,omitempty"`
	// Kind says what happened and decides the type of Data. Kinds lists all of them.
	Kind Kind `json:"kind"`
	// Cause is the Seq of the event that led to this one, 0 where that is not known.
	Cause uint64 `json:"cause,omitempty"`
	// Data holds the particulars as JSON; its fields are those of the kind's data type. Never null.
	Data json.RawMessage `json:"data"`
	// Check is the head of the running digest up to and including this event, as 8 hexadecimal digits.
	// The writer adds it; an event that has just been made has none.
	Check string `json:"check,omitempty"`
}
