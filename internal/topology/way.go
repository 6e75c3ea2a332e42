package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A way is what a packet meets from one interface to another, and how long propagation takes.
type way struct {
	places []place
	delay  time.Duration
}

// A place is what a packet meets: of a network the firewall or the NAT, one direction of a link, or, where kind is empty, the
// network itself.
type place struct {
	name, kind string
	delay      time.Duration // of a link
}

const (
	firewall = "firewall"
	nat      = "NAT"
	link     = "link"
)

func (p place) String() string {
	switch p.kind {
	case "":
		return p.name
	case link:
		return fmt.Sprintf("%s %v", p.name, p.delay)
	}
	return p.name + " " + p.kind
}

// pass adds a link.
func (w *way) pass(name string, direction recorder.TopologyDirection) {
	w.places = append(w.places, place{name, link, direction.Delay})
	w.delay += direction.Delay
}

// at adds what stands between a network and its link, if it is there.
func (w *way) at(n *network, kind string) {
	if kind == firewall && n.Firewall != "" || kind == nat && n.natted() {
		w.places = append(w.places, place{name: n.Name, kind: kind})
	}
}

// wayBetween returns the way from one interface to another through the nearest network that both are on or behind, nil if there
// is none. Links have the names that they have in a packet's path.
func wayBetween(from, to *iface) *way {
	up, down := from.network.above(), to.network.above()
	meet := meeting(up, down)
	if meet == nil {
		return nil
	}
	w := new(way)
	if from.Link != nil {
		w.pass(from.label()+"/up", from.Link.Up)
	}
	for _, n := range up[:slices.Index(up, meet)] {
		w.at(n, firewall)
		w.at(n, nat)
		if n.Link != nil {
			w.pass(n.Name+"/up", n.Link.Up)
		}
	}
	w.places = append(w.places, place{name: meet.Name})
	for _, n := range slices.Backward(down[:slices.Index(down, meet)]) {
		if n.Link != nil {
			w.pass(n.Name+"/down", n.Link.Down)
		}
		w.at(n, nat)
		w.at(n, firewall)
	}
	if to.Link != nil {
		w.pass(to.label()+"/down", to.Link.Down)
	}
	return w
}

// meeting returns the first network that is in both lists.
func meeting(up, down []*network) *network {
	if i := slices.IndexFunc(up, func(n *network) bool { return slices.Contains(down, n) }); i >= 0 {
		return up[i]
	}
	return nil
}

// inner tells whether the way is open only to those who know their addresses in the network where it turns: NATs lie before it and
// beyond, so that a server beyond tells other addresses.
func (w *way) inner(meet *network) bool {
	beyond := slices.ContainsFunc(meet.above(), (*network).natted)
	return beyond && slices.ContainsFunc(w.places, func(p place) bool { return p.kind == nat })
}

// natted tells whether a NAT stands between the network and its link.
func (n *network) natted() bool { return n.NAT != "" || len(n.Public) > 0 }

// label names an interface as a packet's path does.
func (i *iface) label() string { return i.host.Name + "/" + i.Name }

// short names an interface by its host, where that has no other.
func (i *iface) short() string {
	if len(i.host.interfaces) == 1 {
		return i.host.Name
	}
	return i.label()
}

// A pair is two interfaces of different peers, and the ways between them.
type pair struct {
	a, b        *iface
	there, back *way
	alike       int // how many more pairs there are for which it stands
}

// shape is what there is to see of a pair but for names.
func (p *pair) shape() string {
	var b strings.Builder
	for _, w := range []*way{p.there, p.back} {
		for _, at := range w.places {
			fmt.Fprintf(&b, "%s %d,", cmp.Or(at.kind, "network"), at.delay)
		}
		b.WriteByte(';')
	}
	return b.String()
}

// pairs returns all pairs of interfaces that are up, with a way between them.
func (g *graph) pairs() []*pair {
	var all []*pair
	for i, a := range g.peers {
		for _, b := range g.peers[i+1:] {
			for _, from := range a.interfaces {
				for _, to := range b.interfaces {
					if there := wayBetween(from, to); there != nil && from.Up && to.Up {
						all = append(all, &pair{a: from, b: to, there: there, back: wayBetween(to, from)})
					}
				}
			}
		}
	}
	return all
}

// ways draws the ways between the peers: each of a few, and of many those that differ in more than names.
func (d *drawing) ways() {
	const most = 6
	pairs := d.topology.pairs()
	if len(pairs) == 0 {
		return
	}
	if len(pairs) > most {
		first := make(map[string]*pair)
		pairs = slices.DeleteFunc(pairs, func(p *pair) bool {
			shape := p.shape()
			if same := first[shape]; same != nil {
				same.alike++
				return true
			}
			first[shape] = p
			return false
		})
	}
	more := 0
	for len(pairs) > most {
		last := pairs[len(pairs)-1]
		more += 1 + last.alike
		pairs = pairs[:len(pairs)-1]
	}
	d.blank()
	d.flow("", ": ", []span{
		{d.style.bold, "Ways between peers"},
		{d.style.dim, "delays of links; jitter and queues come on top"},
	})
	for _, p := range pairs {
		d.pair(p)
	}
	if more > 0 {
		d.text(d.style.dim, fmt.Sprintf("%s and %d more pairs", d.marks.ellipsis, more))
		d.end()
	}
}

// pair draws the ways between two interfaces.
func (d *drawing) pair(p *pair) {
	d.text(d.hostStyle(p.a.host), p.a.short())
	d.text(d.style.dim, " "+d.marks.both+" ")
	d.text(d.hostStyle(p.b.host), p.b.short()+"  ")
	parts := []span{{d.style.plain, fmt.Sprintf("round trip %v", p.there.delay+p.back.delay)}}
	if meet := meeting(p.a.network.above(), p.b.network.above()); p.there.inner(meet) {
		parts = append(parts, span{d.style.warn, "by their addresses on " + meet.Name})
	}
	if p.alike > 0 {
		parts = append(parts, span{d.style.dim, fmt.Sprintf("%s and %d more like it", d.marks.ellipsis, p.alike)})
	}
	d.flow("      ", d.marks.dot, parts)
	column := max(len(p.there.delay.String()), len(p.back.delay.String()))
	d.way(p.a, p.b, p.there, column)
	d.way(p.b, p.a, p.back, column)
}

// way draws one direction.
func (d *drawing) way(from, to *iface, w *way, column int) {
	d.text(d.style.dim, "  ")
	d.text(d.style.plain, from.short()+" "+d.marks.arrow+" "+to.short()+"  ")
	d.text(d.style.bold, pad(w.delay.String(), column))
	d.text(d.style.dim, "  ")
	var parts []span
	for _, at := range w.places {
		parts = append(parts, span{d.style.dim, at.String()})
	}
	d.flow("      ", " "+d.marks.arrow+" ", parts)
}
