package topology

import (
	"fmt"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A way is what a packet meets from one interface to another, and how long propagation takes.
type way struct {
	places []string
	delay  time.Duration
}

// pass adds a link.
func (w *way) pass(name string, direction recorder.TopologyDirection) {
	w.places = append(w.places, fmt.Sprintf("%s %v", name, direction.Delay))
	w.delay += direction.Delay
}

// wayBetween returns the way from one interface to another through the nearest network that both are on or behind, and false
// if there is none. Links have the names that they have in a packet's path.
func wayBetween(from, to *iface) (way, bool) {
	up, down := from.network.above(), to.network.above()
	meet := slices.IndexFunc(up, func(n *network) bool { return slices.Contains(down, n) })
	if meet < 0 {
		return way{}, false
	}
	down = down[:slices.Index(down, up[meet])]
	var w way
	if from.Link != nil {
		w.pass(from.label()+"/up", from.Link.Up)
	}
	for _, n := range up[:meet] {
		if n.Firewall != "" {
			w.places = append(w.places, n.Name+" firewall")
		}
		if n.natted() {
			w.places = append(w.places, n.Name+" NAT")
		}
		if n.Link != nil {
			w.pass(n.Name+"/up", n.Link.Up)
		}
	}
	w.places = append(w.places, up[meet].Name)
	for _, n := range slices.Backward(down) {
		if n.Link != nil {
			w.pass(n.Name+"/down", n.Link.Down)
		}
		if n.natted() {
			w.places = append(w.places, n.Name+" NAT")
		}
		if n.Firewall != "" {
			w.places = append(w.places, n.Name+" firewall")
		}
	}
	if to.Link != nil {
		w.pass(to.label()+"/down", to.Link.Down)
	}
	return w, true
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

// ways draws the ways between the peers, from each interface that is up: those of the first peers, if there are many.
func (d *drawing) ways() {
	const most = 6
	type pair struct{ a, b *iface }
	var shown []pair
	total := 0
	for i, a := range d.topology.peers {
		for _, b := range d.topology.peers[i+1:] {
			for _, from := range a.interfaces {
				for _, to := range b.interfaces {
					if !from.Up || !to.Up {
						continue
					}
					if _, ok := wayBetween(from, to); !ok {
						continue
					}
					if total++; total <= most {
						shown = append(shown, pair{from, to})
					}
				}
			}
		}
	}
	if total == 0 {
		return
	}
	d.blank()
	d.text(d.style.plain, "")
	d.flow("", " ", []span{
		{d.style.bold, "Ways between peers"},
		{d.style.dim, "with the delays of their links; jitter and queues come on top"},
	})
	for _, p := range shown {
		there, _ := wayBetween(p.a, p.b)
		back, _ := wayBetween(p.b, p.a)
		d.text(d.hostStyle(p.a.host), p.a.short())
		d.text(d.style.dim, " "+d.marks.both+" ")
		d.text(d.hostStyle(p.b.host), p.b.short())
		d.text(d.style.plain, fmt.Sprintf("  round trip %v", there.delay+back.delay))
		d.end()
		column := max(len(there.delay.String()), len(back.delay.String()))
		d.way(p.a, p.b, there, column)
		d.way(p.b, p.a, back, column)
	}
	if total > most {
		d.text(d.style.dim, fmt.Sprintf("%s and %d more", d.marks.ellipse, total-most))
		d.end()
	}
}

// way draws one direction.
func (d *drawing) way(from, to *iface, w way, column int) {
	d.text(d.style.dim, "  ")
	d.text(d.style.plain, from.short()+" "+d.marks.arrow+" "+to.short()+"  ")
	d.text(d.style.bold, pad(w.delay.String(), column))
	d.text(d.style.dim, "  ")
	var parts []span
	for _, place := range w.places {
		parts = append(parts, span{d.style.dim, place})
	}
	d.flow("      ", " "+d.marks.arrow+" ", parts)
}
