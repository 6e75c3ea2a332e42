package standard

import (
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Rule finds one way in which pion differs from the standard.
type Rule struct {
	// ID names the rule in recordings and scenarios.
	ID string
	// Standard is what the standard says, as it follows the words "in the standard, ".
	Standard string
	// Spec is a link to the section that says so.
	Spec string
	// Pion says what pion does, and Where in the sources of webrtc v4.2.20, ice v4.4.2 and datachannel v1.6.2.
	Pion, Where string
	// Chrome says what Chromium 156 does; empty where that was not observed.
	Chrome string
	// Once tells that pion always does so, and that only the first time on each peer is remarked.
	Once bool

	// find looks at an event and says what pion did there, nothing where that is right. It sees the peer as it was
	// before the event.
	find finder
	// end looks at a peer at the end of the session, for what is missing.
	end func(p *peer, now time.Duration) []finding
}

// A finder looks at an event of a peer.
type finder func(p *peer, e recorder.Event, data any) (what string)

// A finding is what pion did, and the event that it is about.
type finding struct {
	what  string
	cause uint64
}

// Rules lists all rules.
var Rules = slices.Concat(signalingRules, neededRules, iceRules, closingRules, channelRules, mediaRules)

// RuleOf returns the rule with this ID, or nil.
func RuleOf(id string) *Rule {
	for _, r := range Rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// A Remark is one place in a session where pion differs from the standard.
type Remark struct {
	Rule *Rule
	// Peer is whose connection it is about.
	Peer string
	// Cause is the event that differs; where one is missing, the event that should have led to it.
	Cause uint64
	// Text says in a sentence what pion did and what the standard says.
	Text string
}

// Data returns the remark as a recording has it.
func (r Remark) Data() recorder.Remark {
	return recorder.Remark{Rule: r.Rule.ID, Text: r.Text, Spec: r.Rule.Spec}
}

// on makes a finder of a function that looks at one type of data.
func on[T any](find func(p *peer, e recorder.Event, d T) string) finder {
	return func(p *peer, e recorder.Event, data any) string {
		d, ok := data.(T)
		if !ok {
			return ""
		}
		return find(p, e, d)
	}
}

// onReturn makes a finder of a function that looks at how a call came back.
func onReturn(find func(p *peer, c *call, r recorder.Return) string) finder {
	return on(func(p *peer, e recorder.Event, r recorder.Return) string {
		c := p.underWay(e.Cause)
		if c == nil {
			return "" // the recording does not have the call
		}
		return find(p, c, r)
	})
}
