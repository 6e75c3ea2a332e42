package explain

import "time"

// A Setup is where the time went until a peer was connected.
type Setup struct {
	Peer string `json:"peer"`
	// Began and Connected are when its first negotiation began, and when it was connected; Connected is 0 where it never was.
	Began     time.Duration `json:"began"`
	Connected time.Duration `json:"connected,omitempty"`
	// Phases are what the time consists of, in their order. They follow each other without gaps.
	Phases []Phase `json:"phases"`
}

// A Phase is a part of setting up a connection.
type Phase struct {
	// Name is signaling, gathering, checks, dtls or sctp.
	Name string        `json:"name"`
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
	// Text says what happened in it.
	Text string `json:"text"`
	// Causes are why it took longer than it had to.
	Causes []*Cause `json:"causes,omitempty"`
}

// Slow explains where the time went until the peers were connected; one peer only, if a name is given.
func Slow(f *Facts, peer string) *Explanation {
	x := newExplanation(f, "Where did the time go until the peers were connected?")
	for _, p := range f.Peers {
		if peer == "" || p.Name == peer {
			x.Setups = append(x.Setups, f.setup(p))
		}
	}
	return x
}

func (f *Facts) setup(p *Peer) *Setup {
	s := &Setup{Peer: p.Name, Phases: []Phase{}}
	if t, ok := p.First("connectionState", "connected"); ok {
		s.Connected = t.Time
	}
	return s
}
