package explain

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
)

// A Setup is where the time went until a peer was connected.
type Setup struct {
	Peer string `json:"peer"`
	// Began is when the first negotiation began, Connected when connectionState was connected, nil where it never was.
	Began     time.Duration  `json:"began"`
	Connected *time.Duration `json:"connected"`
	// Phases are what the time consists of. They follow each other without gaps; the last may lie after Connected, where data
	// channels wait for SCTP.
	Phases []Phase `json:"phases"`
}

// A Phase is a part of setting up a connection.
type Phase struct {
	// Name is signaling, gathering, checks, dtls or sctp.
	Name string        `json:"name"`
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
	// Done tells that it came to its end; the last phase of a peer that was never connected did not.
	Done bool `json:"done"`
	// Text says what happened in it.
	Text string `json:"text"`
	// Causes are why it took longer than it had to, where that is known.
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

// setup follows a peer from its first negotiation.
func (f *Facts) setup(p *Peer) *Setup {
	s := &Setup{Peer: p.Name, Phases: []Phase{}}
	began, ok := f.began(p)
	if !ok {
		return s
	}
	s.Began = began
	if t, ok := p.First("connectionState", "connected"); ok {
		s.Connected = &t.Time
	}
	w := setup{f, p, s, began}
	_ = w.signaling() && w.gathering() && w.checks() && w.dtls() && w.sctp()
	return s
}

// began returns when a peer or the one at the other end first made or set a description.
func (f *Facts) began(p *Peer) (began time.Duration, ok bool) {
	for _, peer := range f.both(Question{Peer: p.Name, Other: p.Other, Both: true}) {
		for _, c := range peer.Calls {
			switch c.Method {
			case "createOffer", "setLocalDescription", "setRemoteDescription":
				if !ok || c.Time < began {
					began, ok = c.Time, true
				}
			}
		}
	}
	return began, ok
}

// setup is a setup in the making: what lies before at is told.
type setup struct {
	*Facts
	peer *Peer
	*Setup
	at time.Duration
}

// phase adds a phase that ends at a time, or is not done. A phase that takes no time is left out, unless there is something to say.
func (w *setup) phase(name string, to time.Duration, done bool, text string, causes ...*Cause) bool {
	if !done {
		to = w.Now
	}
	to = max(to, w.at)
	if n := len(w.Phases); n > 0 && w.Phases[n-1].Name == name && to == w.at {
		return done
	}
	w.Phases = append(w.Phases, Phase{name, w.at, to, done, text, causes})
	w.at = to
	return done
}

// signaling is the time until the peer has both descriptions. Where a description was held back until gathering was complete, that
// is told as gathering.
func (w *setup) signaling() bool {
	var set time.Duration
	both := true
	for _, method := range []string{"setLocalDescription", "setRemoteDescription"} {
		if c := w.peer.Call(method); c != nil {
			set = max(set, c.Returned.Time)
		} else {
			both = false
		}
	}
	until := set
	if !both {
		until = w.Now
	}
	var way []string
	for _, s := range w.Signals {
		if s.SDP == "" || s.Time > until || !w.between(s) {
			continue
		}
		if from, waited := w.heldBack(s); waited {
			w.phase("signaling", from, true, "until the "+s.Type+" was set")
			w.phase("gathering", s.Time, true, fmt.Sprintf("%s signaled the %s only when gathering was complete", s.From, s.Type), w.gatheringCauses(s.From)...)
		}
		switch {
		case s.Dropped != nil:
			way = append(way, fmt.Sprintf("the %s at %s was lost: %s", s.Type, seconds(s.Time), s.Reason))
		case s.Delivered != nil:
			way = append(way, fmt.Sprintf("%s %s on its way", s.Type, seconds(s.Delivered.Time-s.Time)))
		}
	}
	text := strings.Join(way, ", ")
	if !both {
		text = strings.TrimPrefix(text+"; a description is missing", "; ")
	}
	return w.phase("signaling", set, both, text)
}

// between tells whether a message is one between the peer and the one at the other end.
func (w *setup) between(s *Signal) bool {
	return s.From == w.peer.Name && s.To == w.peer.Other || s.To == w.peer.Name && s.From == w.peer.Other
}

// heldBack returns since when the description of a message was set, where it was sent only later, when gathering was complete.
func (w *setup) heldBack(s *Signal) (since time.Duration, waited bool) {
	from := w.Facts.Peer(s.From)
	if from == nil {
		return 0, false
	}
	set := from.Call("setLocalDescription")
	complete, ok := from.First("iceGatheringState", "complete")
	if set == nil || !ok || set.Returned.Time >= s.Time || complete.Time > s.Time || complete.Time <= set.Returned.Time {
		return 0, false
	}
	return set.Returned.Time, true
}

// gatheringCauses say why gathering took a peer long: servers that did not answer.
func (w *setup) gatheringCauses(name string) []*Cause {
	p := w.Facts.Peer(name)
	e := &engine{w.Facts, make(map[string]*Cause)}
	var list []*Cause
	for _, u := range p.servers() {
		list = append(list, e.ask(Question{Symptom: ServerSilent, Peer: name, Other: p.Other, Subject: u.url}, 0)...)
	}
	return list
}

// pair returns the pair that the peer selected first.
func (w *setup) pair() *Pair {
	var first *Pair
	for _, p := range w.Pairs(w.peer.Name, w.peer.Other) {
		if p.Own != nil && p.Own.Selected {
			first = p
		}
	}
	if len(w.peer.ICE.Generations) > 1 {
		g := w.peer.ICE.Generations[0]
		if own := g.Selected(); own != nil {
			return &Pair{A: w.peer.Name, B: w.peer.Other, Own: own, Near: own.Local, Far: own.Remote, generations: [2]int{g.Number, 0}}
		}
	}
	return first
}

// gathering is the time until both ends of the pair that was selected are known.
func (w *setup) gathering() bool {
	if p := w.pair(); p != nil && p.Own.Since > w.at {
		last, whose := p.Own.Local, w.peer.Name
		if p.Own.Remote.Since > last.Since {
			last, whose = p.Own.Remote, w.peer.Other
		}
		w.phase("gathering", p.Own.Since, true, fmt.Sprintf("until %s's candidate %s was there", whose, last))
	}
	return true
}

// nominationWaits are how long pion's controlling side waits by default before it nominates a pair with a candidate of a type.
var nominationWaits = map[string]time.Duration{"srflx": 500 * time.Millisecond, "prflx": time.Second, "relay": 2 * time.Second}

// checks is the time until ICE is connected.
func (w *setup) checks() bool {
	t, done := w.peer.First("ice.state", "connected", "completed")
	p := w.pair()
	if p == nil {
		pairs, sent := w.Pairs(w.peer.Name, w.peer.Other), 0
		for _, p := range pairs {
			sent += len(w.Checks(p, p.A)) + len(w.Checks(p, p.B))
		}
		return w.phase("checks", t.Time, done, fmt.Sprintf("%s and %s, and no pair is selected", plural(len(pairs), "pair"), plural(sent, "check")))
	}
	var lost []*Packet
	sent := 0
	for _, name := range []string{p.A, p.B} {
		for _, c := range w.Checks(p, name) {
			first := c.Requests[0]
			if done && first.Time > t.Time {
				continue
			}
			sent++
			if packet := c.Lost(); packet != nil {
				lost = append(lost, packet)
			}
		}
	}
	text := fmt.Sprintf("%s on the pair %s", plural(sent, "check"), p.label())
	if len(lost) > 0 {
		text += fmt.Sprintf(", %d of them lost", len(lost))
	}
	for _, c := range []*ice.Candidate{p.Near, p.Far} {
		if wait := nominationWaits[typeOf(c)]; done && wait > 0 && t.Time-w.at >= wait {
			text += fmt.Sprintf("; pion waits %s for something better before it nominates a %s candidate", seconds(wait), typeOf(c))
			break
		}
	}
	return w.phase("checks", t.Time, done, text, w.dropped(lost, t.Time, done)...)
}

// worthwhile is how long a phase lasts at least whose losses are explained.
const worthwhile = 200 * time.Millisecond

// dropped says why packets were dropped in a phase, where that can have made it slow.
func (w *setup) dropped(packets []*Packet, to time.Duration, done bool) []*Cause {
	if len(packets) == 0 || done && to-w.at < worthwhile {
		return nil
	}
	e := &engine{w.Facts, make(map[string]*Cause)}
	return e.ask(Question{Symptom: Dropped, Peer: w.peer.Name, Other: w.peer.Other, Packets: packets}, 0)
}

// exchanged returns the packets of the two ends that have one of the types, of those sent in a phase, and those that were lost.
func (w *setup) exchanged(from, to time.Duration, types ...string) (all, lost []*Packet) {
	for _, p := range w.Packets {
		if (p.Peer != w.peer.Name && p.Peer != w.peer.Other) || p.Time < from || p.Time > to || !p.Is(types...) {
			continue
		}
		all = append(all, p)
		if p.Lost() {
			lost = append(lost, p)
		}
	}
	return all, lost
}

// handshake are the types of the packets of a DTLS handshake, association those that set up SCTP and data channels.
var (
	handshake   = []string{"handshake", "change-cipher-spec"}
	association = []string{"init", "init-ack", "cookie-echo", "cookie-ack", "dcep-open", "dcep-ack"}
)

// dtls is the time until DTLS is connected.
func (w *setup) dtls() bool {
	t, done := w.peer.First("dtls.state", "connected")
	return w.exchange("dtls", "handshake packet", t.Time, done, handshake)
}

// sctp is the time until the first data channel is open; there is none without data channels.
func (w *setup) sctp() bool {
	var opened time.Duration
	done := false
	for _, t := range w.peer.Transitions {
		if strings.HasPrefix(t.Attribute, "channels.") && t.To == "open" {
			opened, done = t.Time, true
			break
		}
	}
	if !done && len(w.peer.State.Channels) == 0 {
		return true
	}
	return w.exchange("sctp", "packet", opened, done, association)
}

// exchange tells a phase of which packets are what there is to tell.
func (w *setup) exchange(name, what string, to time.Duration, done bool, types []string) bool {
	until := to
	if !done {
		until = w.Now
	}
	all, lost := w.exchanged(w.at, until, types...)
	text := plural(len(all), what)
	if len(lost) > 0 {
		text += fmt.Sprintf(", %d of them lost", len(lost))
	}
	if pause, after := longest(w.at, until, all); pause >= 900*time.Millisecond && len(all) > 0 {
		text += fmt.Sprintf("; nothing was sent for %s after %s", seconds(pause), seconds(after))
		if len(lost) > 0 {
			text += ", until it was sent again"
		}
	}
	return w.phase(name, to, done, text, w.dropped(lost, to, done)...)
}

// longest returns the longest time between packets that were sent one after the other, and when it began.
func longest(from, to time.Duration, packets []*Packet) (pause, began time.Duration) {
	last := from
	gap := func(t time.Duration) {
		if t-last > pause {
			pause, began = t-last, last
		}
		last = t
	}
	for _, p := range packets {
		gap(p.Time)
	}
	gap(to)
	return pause, began
}
