package vnet

import (
	"net/netip"
	"time"
)

// A Hop is one place on a packet's way.
type Hop struct {
	// At is the place: a link and its direction, as "home/up", or the name of
	// a network whose NAT the packet passed.
	At string

	// Time is when the packet got there, since the internet's epoch.
	Time time.Duration

	// Wait is how long the packet waited in the link's queue before its own
	// bits began to go out. 0 for what has no queue, and for a packet that
	// has not come to its turn.
	Wait time.Duration

	// Src and Dst are the addresses that a NAT gave the packet. They are
	// zero for what translates nothing.
	Src, Dst netip.AddrPort
}

// Path returns the places that the packet has come through, in their order.
// It is complete when the packet has ended; the caller must not change it.
func (p *Packet) Path() []Hop { return p.path }

// enters appends a hop to the packet's path.
func (p *Packet) enters(at string, now time.Duration) {
	if p.path == nil {
		p.path = make([]Hop, 0, 4) // two links and two NATs
	}
	p.path = append(p.path, Hop{At: at, Time: now})
}

// hop is where the packet is now. It must be somewhere.
func (p *Packet) hop() *Hop { return &p.path[len(p.path)-1] }
