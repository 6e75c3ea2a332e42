package explain

import (
	"fmt"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Cause is why something is as it is.
type Cause struct {
	// Rule is the name of the rule that found it; empty for a heading that only holds the causes below it together.
	Rule string `json:"rule,omitempty"`
	// Via are the names of the rules that led to it and whose sentences are part of this one.
	Via []string `json:"via,omitempty"`
	// Peer is the peer that it is about, where it is about one.
	Peer string `json:"peer,omitempty"`
	// Text says it in a sentence, without a full stop.
	Text string `json:"text"`
	// Evidence are the events that show it, in their order: of many like each other the first and the last.
	Evidence []Evidence `json:"evidence,omitempty"`
	// Causes are why it is so.
	Causes []*Cause `json:"causes,omitempty"`
	// RuledOut is what was looked for and is not the reason, where nothing was found below the cause.
	RuledOut []string `json:"ruledOut,omitempty"`

	// asks are the questions whose answers are the causes below it.
	asks []Question
	// label tells that the text only says what the cause below is about: if there is one, the two are one sentence.
	label bool
	// linked tells that it is the next link of a chain, not one of several causes.
	linked bool
}

// Evidence is an event that shows something.
type Evidence struct {
	// Seq is the event's number, Time its virtual time in nanoseconds.
	Seq  uint64        `json:"seq"`
	Time time.Duration `json:"time"`
	// Peer is the peer or the network element of the event.
	Peer string `json:"peer,omitempty"`
	// Text says in a few words what it is, such as "packet dropped: no route".
	Text string `json:"text"`
}

// Walk calls visit for the cause and all that are below it, from the top.
func (c *Cause) Walk(visit func(c *Cause, depth int)) { c.walk(visit, 0) }

func (c *Cause) walk(visit func(*Cause, int), depth int) {
	visit(c, depth)
	for _, below := range c.Causes {
		below.walk(visit, depth+1)
	}
}

// An At is when and where an event was.
type At struct {
	Seq  uint64
	Time time.Duration
	Peer string
}

func at(e recorder.Event) At { return At{e.Seq, e.Time, e.Peer} }

// evidence makes evidence of an event.
func (a At) evidence(format string, args ...any) Evidence {
	return Evidence{a.Seq, a.Time, a.Peer, fmt.Sprintf(format, args...)}
}
