package vnet

import (
	"net/netip"
	"sync"
)

// A Packet is one UDP datagram on its way through the simulated internet.
// Nobody may change it but the [Observer], who may set SentEvent and Info.
type Packet struct {
	// ID numbers the packets of an [Internet] in the order they are sent,
	// from 1.
	ID uint64

	// From is the name of the host that sent the packet, or, of a copy, that
	// of the link and its direction where it came into being ("home/up").
	From string

	// Src and Dst are the addresses as the sender's socket wrote them,
	// before any translation on the way.
	Src, Dst netip.AddrPort

	// Payload is the UDP payload. The bytes stay as they are: an observer may
	// keep them. A link that corrupts the packet gives it others.
	Payload []byte

	// CopyOf is the ID of the packet that a link duplicated to make this one,
	// or 0. A copy is a packet of its own, which is sent and ends as others.
	CopyOf uint64

	// Corrupted has the bits of the payload that links have flipped, in the
	// order in which they did. Bit 0 is the highest of the first byte.
	Corrupted []int

	// SentEvent is left to the observer, which sets it when it is told that
	// the packet is sent, and so can tell later what the packet's end belongs
	// to. The network does not look at it.
	SentEvent uint64

	// Info is left to the observer as well, for what it knows about the packet:
	// drop rules may look at it.
	Info any

	// src and dst are the addresses as they stand in the header just now.
	src, dst netip.AddrPort

	// ifc is the interface by which the sender's host sent it.
	ifc *Interface

	// site is the network in which dst is to be understood.
	site *site

	// inward tells in which direction the packet goes through a NAT, before is
	// the address that the NAT is about to translate, and hairpin tells that
	// the packet goes through it a second time.
	inward, hairpin bool
	before          netip.AddrPort

	// mapping is that by which the packet goes out of a NAT.
	mapping *mapping

	// detail says more about why the packet was dropped.
	detail string

	// path is where the packet has been.
	path []Hop

	// tag is the ID as it travels through pion's routers, see tagSize.
	tag [tagSize]byte
}

// Detail says in words more about why the packet was dropped; for a packet that
// a NAT did not let in, which permission was missing. It may be empty.
func (p *Packet) Detail() string { return p.detail }

// overhead is what IPv4 and UDP headers add to a payload, in bytes.
const overhead = 20 + 8

// size is the packet's length on the wire, in bytes.
func (p *Packet) size() int { return len(p.Payload) + overhead }

// A Reason says why a packet was dropped.
type Reason string

// The reasons for which packets are dropped. Those of firewalls name the rule,
// or the policy: "firewall rule 2", "firewall: udp block".
const (
	Loss             Reason = "loss"                // the link lost it at random
	BurstLoss        Reason = "loss in a burst"     // the link lost it while its loss model was in the bad state
	TooLarge         Reason = "too large"           // it was larger than the link's MTU
	CoDelDrop        Reason = "CoDel"               // it waited too long for the link, see [CoDel]
	QueueFull        Reason = "queue full"          // too many packets waited for the link
	NetworkDown      Reason = "network down"        // its network was cut off, see [Internet.SetDown]
	NoRoute          Reason = "no route"            // nobody has the destination address
	NoMapping        Reason = "no NAT mapping"      // the NAT has never mapped the port, or has forgotten it
	MappingExpired   Reason = "NAT mapping expired" // nothing has gone out by the mapping for its lifetime
	Filtered         Reason = "filtered by the NAT" // the NAT has a mapping, and lets in nothing from there
	NoHairpin        Reason = "no hairpinning"      // it is for the public address of the NAT that its sender is behind
	NoPort           Reason = "NAT out of ports"    // the NAT has used all of its ports
	InterfaceDown    Reason = "interface down"      // the interface was switched off
	HostDown         Reason = "host down"           // the host was switched off
	NobodyListens    Reason = "nobody listens"      // the host has no socket for the destination, or one connected to somebody else
	SocketBufferFull Reason = "socket buffer full"  // the reader was too slow
	SocketClosed     Reason = "socket closed"       // it reached its socket, which was closed before it was read
)

// An Observer is told what becomes of every packet. Each packet is sent once
// and then ends once, delivered or dropped, unless it is still under way.
//
// The methods run inside the network, on several goroutines at once and
// partly with locks held: they must return soon and must not call the methods
// of the network, its hosts or their sockets, [Internet.InFlight] excepted.
type Observer interface {
	// Sent is called before the sender's write returns and before anything
	// else happens to the packet.
	Sent(p *Packet)

	// Delivered is called when the packet is read from a socket of the named
	// host.
	Delivered(p *Packet, to string)

	// Dropped is called when the packet is lost. where is the link and its
	// direction ("home/up", "alice/wifi/down"), the name of a network, an
	// interface ("alice/wifi"), or the name of a host, whichever it got to.
	// [Packet.Detail] may say more.
	Dropped(p *Packet, where string, why Reason)

	// Mapped is called when a NAT has made a new mapping.
	Mapped(m Mapping)
}

// discard is the observer of a network that nobody observes.
type discard struct{}

func (discard) Sent(*Packet)                    {}
func (discard) Delivered(*Packet, string)       {}
func (discard) Dropped(*Packet, string, Reason) {}
func (discard) Mapped(Mapping)                  {}

// flight is the list of the packets that are under way. It numbers them and
// sees to it that each ends exactly once.
type flight struct {
	observer Observer

	// starting is held while a packet gets its number and the observer is told
	// of it, so that the observer is told in the order of the numbers.
	starting sync.Mutex

	mu      sync.Mutex
	lastID  uint64
	packets map[uint64]*Packet
}

func newFlight(o Observer) *flight {
	if o == nil {
		o = discard{}
	}
	return &flight{observer: o, packets: make(map[uint64]*Packet)}
}

// start numbers the packet and puts it on the list.
func (f *flight) start(p *Packet) {
	f.starting.Lock()
	defer f.starting.Unlock()
	f.mu.Lock()
	f.lastID++
	p.ID = f.lastID
	f.packets[p.ID] = p
	f.mu.Unlock()
	f.observer.Sent(p)
}

// find returns the packet under way that has the number, or nil.
func (f *flight) find(id uint64) *Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.packets[id]
}

func (f *flight) delivered(p *Packet, to string) {
	if f.end(p) {
		f.observer.Delivered(p, to)
	}
}

func (f *flight) dropped(p *Packet, where string, why Reason) {
	if f.end(p) {
		f.observer.Dropped(p, where, why)
	}
}

// end takes the packet off the list and reports whether it was on it.
func (f *flight) end(p *Packet) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.packets[p.ID]; !ok {
		return false
	}
	delete(f.packets, p.ID)
	return true
}

func (f *flight) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.packets)
}
