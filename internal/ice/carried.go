package ice

import "github.com/pion/stun/v4"

// A Carried is what a packet carries of a check: the request itself or an answer to it. A check through a TURN server is
// carried by several packets, one on each leg of its way.
type Carried struct {
	// Peer sent the check, in that generation, on the pair with that label.
	Peer       string
	Generation int
	Pair       string
	// Check is the number of the event that sent the check.
	Check uint64
	// Answer tells that the packet is on the way back, Code the error code that it has, 0 for success.
	Answer bool
	Code   int
}

// Carried tells what the packet carries that the last event sent. It is false where that is nothing of a check.
func (t *Table) Carried() (Carried, bool) {
	p := t.carrier
	if p == nil || p.check == nil {
		return Carried{}, false
	}
	g, pair := p.check.generation, p.check.pair
	return Carried{g.peer.name, g.number, pair.local.Label + "–" + pair.remote.Label, p.check.Event, p.class != stun.ClassRequest, int(p.code)}, true
}
