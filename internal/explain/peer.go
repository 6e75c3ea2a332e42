package explain

import (
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// A Peer is a peer with its connection.
type Peer struct {
	Name string
	// Other is the peer at the other end; empty where it is not known.
	Other string
	// Calls are those of the peer and its channels, in their order.
	Calls []*Call
	// Events are the events of the API: all that are no calls, returns and snapshots, in their order.
	Events []Occurrence
	// Candidates are those that it gathered, and the end of gathering.
	Candidates []Candidate
	// Transitions are the changes of its state machines.
	Transitions []recorder.Transition
	// State is its state.
	State recorder.PeerState
	known bool
	// ICE is what its ICE agent did.
	ICE ice.Peer
}

// Call is a call of the API.
type Call struct {
	At
	recorder.Call
	// Cause is the number of the step, or of the event, that led to it.
	Cause uint64
	// Return is how it came back; nil while it has not. Returned is when.
	Return   *recorder.Return
	Returned At
}

// Failed tells whether the call was rejected.
func (c *Call) Failed() bool { return c.Return != nil && c.Return.Error != nil }

// Description is what a call has that sets a description.
func (c *Call) Description() (typ, sdp string) {
	var d struct{ Type, SDP string }
	unmarshal(c.Args, &d)
	return d.Type, d.SDP
}

// Occurrence is an event of the API.
type Occurrence struct {
	At
	Kind recorder.Kind
	Data any
}

// Candidate is a local candidate.
type Candidate struct {
	At
	recorder.Candidate
}

// Signal is a message of signaling. Peer is the sender.
type Signal struct {
	At
	recorder.Signal
	// Delivered and Dropped are what became of it; neither while it is under way.
	Delivered, Dropped *At
	// Reason says why it was dropped.
	Reason string
}

func (g *gatherer) api(e recorder.Event, value any) {
	p := g.peers[e.Peer]
	if c, ok := value.(recorder.Call); ok {
		if p == nil {
			p = &Peer{Name: e.Peer}
			g.peers[e.Peer] = p
			g.Peers = append(g.Peers, p)
		}
		p.Calls = append(p.Calls, &Call{At: at(e), Call: c, Cause: e.Cause})
		return
	}
	if p == nil {
		return
	}
	switch d := value.(type) {
	case recorder.Return:
		for i := len(p.Calls) - 1; i >= 0; i-- {
			if c := p.Calls[i]; c.Seq == e.Cause {
				c.Return, c.Returned = &d, at(e)
				return
			}
		}
	case recorder.Snapshot, recorder.Remark:
	default:
		if c, ok := value.(recorder.Candidate); ok {
			p.Candidates = append(p.Candidates, Candidate{at(e), c})
		}
		p.Events = append(p.Events, Occurrence{at(e), e.Kind, value})
	}
}

func (g *gatherer) signal(e recorder.Event, d recorder.Signal) {
	if g.signals == nil {
		g.signals = make(map[uint64]*Signal)
	}
	if e.Kind == recorder.KindSignalSent {
		s := &Signal{At: at(e), Signal: d}
		g.Signals = append(g.Signals, s)
		g.signals[e.Seq] = s
		return
	}
	s, a := g.signals[e.Cause], at(e)
	switch {
	case s == nil:
	case e.Kind == recorder.KindSignalDropped:
		s.Dropped, s.Reason = &a, d.Reason
	default:
		s.Delivered = &a
	}
}

// otherOf finds the peer at the other end: the one whose session the remote description is of, else the one that it signals with,
// else the only other one.
func (g *gatherer) otherOf(p *Peer) string {
	for i := len(p.Calls) - 1; i >= 0; i-- {
		c := p.Calls[i]
		if c.Method != "setRemoteDescription" || c.Failed() {
			continue
		}
		_, sdp := c.Description()
		for _, other := range g.Peers {
			if other != p && origin(sdp) != "" && other.hasOrigin(origin(sdp)) {
				return other.Name
			}
		}
	}
	for _, s := range g.Signals {
		if s.From == p.Name {
			return s.To
		} else if s.To == p.Name {
			return s.From
		}
	}
	if len(g.Peers) == 2 {
		for _, other := range g.Peers {
			if other != p {
				return other.Name
			}
		}
	}
	return ""
}

// origin returns the session id of an SDP's o-line.
func origin(sdp string) string {
	for line := range strings.Lines(sdp) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(line, "o=") {
			return fields[1]
		}
	}
	return ""
}

// hasOrigin tells whether the peer made descriptions with the session id.
func (p *Peer) hasOrigin(id string) bool {
	for _, c := range p.Calls {
		if c.Method == "setLocalDescription" {
			if _, sdp := c.Description(); origin(sdp) == id {
				return true
			}
		}
	}
	return false
}

// Call returns the first call of a method of the peer connection that came back well, nil where there is none.
func (p *Peer) Call(method string) *Call {
	for _, c := range p.Calls {
		if c.Method == method && c.Channel == "" && c.Return != nil && !c.Failed() {
			return c
		}
	}
	return nil
}

// Configuration returns the configuration as it is now; one without anything where it is not known.
func (p *Peer) Configuration() recorder.ConfigurationState {
	if p.State.Configuration == nil {
		return recorder.ConfigurationState{}
	}
	return *p.State.Configuration
}

// Was returns the last change of an attribute to a value; false where it never had it.
func (p *Peer) Was(attribute string, values ...string) (recorder.Transition, bool) {
	for i := len(p.Transitions) - 1; i >= 0; i-- {
		t := p.Transitions[i]
		for _, v := range values {
			if t.Attribute == attribute && t.To == v {
				return t, true
			}
		}
	}
	return recorder.Transition{}, false
}

// First returns the first change of an attribute to a value; false where it never had it.
func (p *Peer) First(attribute string, values ...string) (recorder.Transition, bool) {
	for _, t := range p.Transitions {
		for _, v := range values {
			if t.Attribute == attribute && t.To == v {
				return t, true
			}
		}
	}
	return recorder.Transition{}, false
}

// evidence makes evidence of a transition.
func (p *Peer) evidence(f *Facts, t recorder.Transition) Evidence {
	e := f.Recording.Entry(t.N)
	return Evidence{e.Seq, t.Time, p.Name, t.Attribute + " " + t.To}
}

// heard returns the last packet that the peer received from the other peer until a time, by whatever way; nil where there is none.
func (f *Facts) heard(p *Peer, until time.Duration) *Packet {
	var last *Packet
	for _, packet := range f.Packets {
		if packet.Delivered() && packet.End.Peer == p.Name && packet.End.Time <= until && f.Server(packet.Peer) == nil {
			if last == nil || packet.End.Time >= last.End.Time {
				last = packet
			}
		}
	}
	return last
}
