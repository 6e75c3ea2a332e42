package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// lostRules are about connections that were up.
var lostRules = []Rule{
	{
		Name: "consent-lost", Answers: Disconnected, Suspect: "a peer that is not heard any more",
		Doc:  "Nothing came from the other side for too long, so that ICE gave the connection up: in pion `disconnected` after 5 s and `failed` after 25 s more; by RFC 7675 consent runs out after 30 s.",
		find: findSilence,
	},
	{
		Name: "interface-gone", Answers: Silent, Suspect: "an interface that is gone",
		Doc:  "The interface that a peer sent by was switched off or went to another network: what is written to its sockets fails. pion's agent finds other interfaces only when it gathers again, as after an ICE restart.",
		find: findInterfaceGone,
	},
	{
		Name: "other-side-gone", Answers: Silent, Suspect: "the other side, which is gone",
		Doc:  "The other side sends nothing any more because its connection is closed or has failed.",
		find: findGone,
	},
}

// flows returns the sockets between which a peer and the one at the other end exchange packets on the selected pair, those of
// TURN servers included.
func (f *Facts) flows(p *Peer) map[[3]string]bool {
	flows := make(map[[3]string]bool)
	if len(p.ICE.Generations) == 0 {
		return flows
	}
	for _, g := range p.ICE.Generations {
		selected := g.Selected()
		if selected == nil {
			continue
		}
		for _, c := range f.checks[checkKey(p.Name, g.Number, selected.Label())] {
			for _, packet := range slices.Concat(c.Requests, c.Answers) {
				flows[[3]string{packet.Peer, packet.Src, packet.Dst}] = true
			}
		}
	}
	return flows
}

// between returns the packets that were dropped between a peer and the other one, of those sent in a time, both instants included.
func (f *Facts) between(p *Peer, since, until time.Duration) []*Packet {
	flows := f.flows(p)
	var list []*Packet
	for _, packet := range f.Packets {
		if packet.Lost() && packet.Time >= since && packet.Time <= until && flows[[3]string{packet.Peer, packet.Src, packet.Dst}] {
			list = append(list, packet)
		}
	}
	return list
}

// lostAt returns when the peer's connection was given up last: the disconnected or failed that its present state began with.
func (p *Peer) lostAt() (recorder.Transition, bool) {
	var lost recorder.Transition
	found := false
	for _, t := range p.Transitions {
		if t.Attribute != "connectionState" {
			continue
		}
		switch t.To {
		case "connected":
			found = false
		case "disconnected", "failed":
			if !found {
				lost, found = t, true
			}
		}
	}
	return lost, found
}

func findSilence(f *Facts, q Question) []*Cause {
	var list []*Cause
	for _, p := range f.both(q) {
		lost, ok := p.lostAt()
		if !ok {
			continue
		}
		last := f.heard(p, lost.Time)
		if last == nil {
			continue
		}
		c := &Cause{Peer: p.Name}
		c.Text = fmt.Sprintf("%s heard nothing from %s after %s, and gave up", p.Name, p.Other, seconds(last.End.Time))
		c.Evidence = append(c.Evidence, last.End.evidence("packet %d arrives, the last one", last.ID), p.evidence(f, lost))
		var dropped []*Packet
		for _, packet := range f.between(p, last.Time, f.Now) {
			if packet.Peer != p.Name && !f.towards(packet, p) {
				continue
			}
			if packet.Peer != p.Name || f.Server(f.ownerName(packet.Dst)) != nil {
				dropped = append(dropped, packet)
			}
		}
		if other := f.Peer(p.Other); other != nil {
			for _, packet := range f.between(other, last.Time, f.Now) {
				if packet.Peer != p.Name && !slices.Contains(dropped, packet) {
					dropped = append(dropped, packet)
				}
			}
		}
		if len(dropped) > 0 {
			c.asks = append(c.asks, Question{Symptom: Dropped, Peer: p.Name, Other: p.Other, Packets: dropped})
		}
		c.asks = append(c.asks, Question{Symptom: Silent, Peer: p.Other, Other: p.Name, Time: last.Time})
		list = append(list, c)
	}
	return list
}

// ownerName returns the host of a transport address.
func (f *Facts) ownerName(addr string) string {
	name, _ := f.ownerOf(host(addr))
	return name
}

// towards tells whether a packet is on its way to a peer rather than from it.
func (f *Facts) towards(packet *Packet, p *Peer) bool { return packet.Peer != p.Name }

func findInterfaceGone(f *Facts, q Question) []*Cause {
	var list []*Cause
	for _, c := range f.Changes {
		if c.Peer != q.Peer || c.Interface == "" || c.Time < q.Time {
			continue
		}
		switch {
		case !c.Up:
			list = append(list, &Cause{Text: fmt.Sprintf("%s's interface %s went down at %s: nothing can be sent from its address", q.Peer, c.Interface, seconds(c.Time)), Evidence: []Evidence{c.evidence("%s", c.words())}})
		case len(c.Text) > 8 && c.Text[:8] == "network ":
			list = append(list, &Cause{Text: fmt.Sprintf("%s's interface %s went to the network %s at %s: its old address is gone", q.Peer, c.Interface, c.Text[8:], seconds(c.Time)), Evidence: []Evidence{c.evidence("%s", c.words())}})
		}
	}
	return list
}

func findGone(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p == nil {
		return nil
	}
	for _, state := range []string{"closed", "failed"} {
		t, ok := p.Was("connectionState", state)
		other := f.Peer(q.Other)
		lost, gave := other.lostAt()
		if ok && gave && t.Time <= lost.Time {
			c := &Cause{Text: fmt.Sprintf("%s's connection was %s at %s", q.Peer, state, seconds(t.Time)), Evidence: []Evidence{p.evidence(f, t)}}
			if call := p.close(); call != nil {
				c.Text = fmt.Sprintf("%s's application closed the connection at %s", q.Peer, seconds(call.Time))
				c.Evidence = []Evidence{call.evidence("close is called")}
			}
			return []*Cause{c}
		}
	}
	return nil
}
