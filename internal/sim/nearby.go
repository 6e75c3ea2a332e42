package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// nearby keeps the last few events that come near to what is expected, to be shown if it does not hold.
type nearby struct {
	// near tells whether an event comes near.
	near func(e recorder.Event, data any) bool
	last []recorder.Nearby
}

// mostNearby is how many events are kept.
const mostNearby = 3

// add takes an event into account.
func (n *nearby) add(e recorder.Event, data any) {
	if !n.near(e, data) {
		return
	}
	if len(n.last) == mostNearby {
		n.last = n.last[1:]
	}
	n.last = append(n.last, recorder.Nearby{Seq: e.Seq, Time: e.Time, Text: brief(e, data)})
}

// events returns the events. Nil has none.
func (n *nearby) events() []recorder.Nearby {
	if n == nil {
		return nil
	}
	return slices.Clone(n.last)
}

// nearPattern keeps the events of the pattern's kind and peer, whatever else it asks for.
func nearPattern(p *scenario.Pattern) *nearby {
	return &nearby{near: func(e recorder.Event, _ any) bool {
		return e.Kind == p.Event && (p.Peer == "" || p.Peer == e.Peer)
	}}
}

// nearMatches keeps the events that a pattern picks.
func nearMatches(p *scenario.Pattern) *nearby { return &nearby{near: p.Match} }

// nearCondition keeps the events that tell of a change to what a condition asks about.
func nearCondition(c *scenario.Condition) *nearby {
	peers, kinds := c.Peers(), c.Kinds()
	return &nearby{near: func(e recorder.Event, _ any) bool {
		return slices.Contains(kinds, e.Kind) && slices.Contains(peers, e.Peer)
	}}
}

// brief tells an event in a few words.
func brief(e recorder.Event, data any) string {
	words := []string{e.Peer, string(e.Kind)}
	switch d := data.(type) {
	case recorder.StateChange:
		words = append(words, d.State)
	case recorder.ChannelEvent:
		words = append(words, d.Channel)
		if d.Message != nil && d.Message.Binary == nil && len(d.Message.Text) <= 40 {
			words = append(words, fmt.Sprintf("%q", d.Message.Text))
		} else if d.Message != nil {
			words = append(words, fmt.Sprintf("%d bytes", d.Message.Size))
		}
		words = append(words, d.Error)
	case recorder.Candidate:
		words = append(words, d.Type)
	case recorder.Signal:
		words = append(words, d.Type)
	case recorder.CandidatePair:
		words = append(words, d.Local.Type, "to", d.Remote.Type)
	case recorder.Call:
		words = append(words, d.Channel, d.Method)
	case recorder.Return:
		words = append(words, d.Channel, d.Method)
		if d.Error != nil {
			words = append(words, d.Error.Name)
		}
	case recorder.PacketEnd:
		words = append(words, d.Reason)
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}
