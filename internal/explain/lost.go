package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
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
		Name: "address-changed", Answers: Silent, Suspect: "an address that has changed",
		Doc:  "The other side's packets arrive from another address than before, as after a NAT has forgotten its mappings. ICE goes by the address of the pair that it has selected, until it is restarted.",
		find: findAddressChanged,
	},
	{
		Name: "ice-lite-both", Answers: Silent, Suspect: "two ICE lite agents",
		Doc:  "Both sides are ICE lite agents. Such an agent sends no checks of its own, so that nobody keeps the connection alive.",
		find: findLite,
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

// towards returns the packets on the way to a peer from the one at the other end that were dropped, of those sent from a time on
// and dropped before another: what the other one and TURN servers sent, and what the peer itself sent to a TURN server, without which nothing
// comes from there.
func (f *Facts) towards(p *Peer, since, before time.Duration) []*Packet {
	flows := f.flows(p)
	if other := f.Peer(p.Other); other != nil {
		for flow := range f.flows(other) {
			flows[flow] = true
		}
	}
	var list []*Packet
	for _, packet := range f.Packets {
		if packet.Lost() && packet.Time >= since && packet.End.Time < before && flows[[3]string{packet.Peer, packet.Src, packet.Dst}] &&
			(packet.Peer != p.Name || f.serverAt(packet.Dst)) {
			list = append(list, packet)
		}
	}
	return list
}

// serverAt tells whether a transport address is that of a server.
func (f *Facts) serverAt(addr string) bool {
	owner, _ := f.ownerOf(host(addr))
	return f.Server(owner) != nil
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
		last := f.heardOnPair(p, lost.Time)
		if last == nil {
			continue
		}
		c := &Cause{Peer: p.Name}
		c.Text = fmt.Sprintf("%s heard nothing from %s after %s, and gave up", p.Name, p.Other, seconds(last.End.Time))
		if any := f.heard(p, lost.Time); any != nil && any.End.Time > last.End.Time && any.Peer == p.Other {
			c.Text = fmt.Sprintf("%s heard nothing from %s, where %s was, after %s, and gave up", p.Name, last.From(), p.Other, seconds(last.End.Time))
		}
		c.Evidence = append(c.Evidence, last.End.evidence("packet %d arrives, the last one", last.ID), p.evidence(f, lost))
		until := f.Now + 1
		if t, ok := p.Was("connectionState", "failed"); ok {
			until = t.Time
		}
		dropped := f.towards(p, last.Time, until)
		if len(dropped) > 0 {
			c.asks = append(c.asks, Question{Symptom: Dropped, Peer: p.Name, Other: p.Other, Packets: dropped})
		}
		c.asks = append(c.asks, Question{Symptom: Silent, Peer: p.Other, Other: p.Name, Time: last.Time})
		list = append(list, c)
	}
	return list
}

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

// selected returns the pair that the peer selected last, nil where there is none.
func (p *Peer) selected() *ice.Pair {
	for _, g := range slices.Backward(p.ICE.Generations) {
		if pair := g.Selected(); pair != nil {
			return pair
		}
	}
	return nil
}

// heardOnPair returns the last packet that arrived at a peer until a time on the pair that it has selected; nil where there is none.
func (f *Facts) heardOnPair(p *Peer, until time.Duration) *Packet {
	pair := p.selected()
	if pair == nil {
		return nil
	}
	relayed := typeOf(pair.Local) == "relay"
	flows := f.flows(p)
	var last *Packet
	for _, packet := range f.Packets {
		if !packet.Delivered() || packet.End.Peer != p.Name || packet.End.Time > until || last != nil && packet.End.Time < last.End.Time {
			continue
		}
		if packet.From() == addressOf(pair.Remote) || relayed && flows[[3]string{packet.Peer, packet.Src, packet.Dst}] {
			last = packet
		}
	}
	return last
}

func findAddressChanged(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Other)
	if p == nil || p.selected() == nil {
		return nil
	}
	was := addressOf(p.selected().Remote)
	for _, packet := range f.Packets {
		if packet.Peer != q.Peer || !packet.Delivered() || packet.End.Peer != q.Other || packet.Time < q.Time || packet.From() == was || packet.From() == packet.Src {
			continue
		}
		network := f.natOf(host(packet.From()))
		c := &Cause{Text: fmt.Sprintf("%s's packets arrive from %s since %s, and no more from %s", q.Peer, packet.From(), seconds(packet.End.Time), was)}
		if change := f.lastChange(network, packet.Time, "NAT "); change != nil {
			c.Text += fmt.Sprintf(": %s was changed at %s (%s)", f.whose(network, "NAT"), seconds(change.Time), strings.TrimPrefix(change.Text, "NAT "))
			c.Evidence = append(c.Evidence, change.evidence("%s", change.words()))
		}
		for _, m := range f.Mappings {
			if m.Public == packet.From() {
				c.Evidence = append(c.Evidence, m.evidence("%s maps %s to %s, for %s", m.Peer, m.Local, m.Public, m.Remote))
			}
		}
		c.Evidence = append(c.Evidence, packet.End.evidence("packet %d arrives from %s", packet.ID, packet.From()))
		return []*Cause{c}
	}
	return nil
}

func findLite(f *Facts, q Question) []*Cause {
	p, other := f.Peer(q.Peer), f.Peer(q.Other)
	if p == nil || other == nil || len(p.ICE.Generations) == 0 || len(other.ICE.Generations) == 0 || !p.ICE.Current().Lite || !other.ICE.Current().Lite {
		return nil
	}
	return []*Cause{{Text: fmt.Sprintf("%s and %s are both ICE lite agents: neither sends checks", q.Peer, q.Other)}}
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
