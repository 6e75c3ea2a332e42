package standard

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Checker looks at a session as its events come, and finds where it differs from the standard. The zero value is ready
// for the first event. It is not safe for concurrent use.
type Checker struct {
	peers []*peer // in the order in which they appeared
	deaf  []deafness
}

// deafness is a kind of event that a peer's application does not listen to.
type deafness struct {
	peer string
	kind recorder.Kind
}

// Deaf tells that a peer's application does not listen to a kind of event: it cannot be missing.
func (c *Checker) Deaf(peer string, kind recorder.Kind) {
	c.deaf = append(c.deaf, deafness{peer, kind})
}

// Event takes the next event of the recording, with its data, a value of the type that its kind has, and returns what is
// to be remarked. Remarks of the recording itself are passed over.
func (c *Checker) Event(e recorder.Event, data any) []Remark {
	switch e.Kind {
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindRemark:
		return nil
	}
	p := c.peer(e)
	if p == nil {
		return nil
	}
	var remarks []Remark
	for _, r := range Rules {
		if r.find == nil || r.Once && p.noted[r] {
			continue
		}
		if what := r.find(p, e, data); what != "" {
			remarks = p.remark(remarks, r, finding{what, e.Seq})
		}
	}
	p.apply(e, data)
	return remarks
}

// End returns what only the end of the session shows, at that time: events that never came. No events may follow.
func (c *Checker) End(now time.Duration) []Remark {
	var remarks []Remark
	for _, p := range c.peers {
		for _, r := range Rules {
			if r.end == nil || r.Once && p.noted[r] {
				continue
			}
			for _, f := range r.end(p, now) {
				remarks = p.remark(remarks, r, f)
			}
		}
	}
	return remarks
}

// remark adds a remark about the peer.
func (p *peer) remark(remarks []Remark, r *Rule, f finding) []Remark {
	p.noted[r] = true
	return append(remarks, Remark{Rule: r, Peer: p.name, Cause: f.cause, Text: f.what + "; in the standard, " + r.Standard})
}

// peer returns the peer of an event, nil for an event that is not of a peer. Peers appear with their first call.
func (c *Checker) peer(e recorder.Event) *peer {
	if e.Peer == "" {
		return nil
	}
	for _, p := range c.peers {
		if p.name == e.Peer {
			return p
		}
	}
	if e.Kind != recorder.KindCall {
		return nil
	}
	p := newPeer(c, e.Peer)
	c.peers = append(c.peers, p)
	return p
}
