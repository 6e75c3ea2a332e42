package vnet

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"

	pion "github.com/pion/transport/v3/vnet"
	"github.com/pion/transport/v4"
)

// A Host is a machine on one of the networks. It has one address.
type Host struct {
	name     string
	site     *site
	internet *Internet
	addr     netip.Addr
	net      *pion.Net

	mu      sync.Mutex
	sockets map[uint16][]*socket // by local port
	ports   *rand.Rand
}

// AddHost adds a host to the named network, or to the core itself if that is
// [Core]. A network's hosts get its addresses in the order in which they are
// added, at most 254. The name must be unique, not empty and without a slash.
func (in *Internet) AddHost(name, network string) (*Host, error) {
	if err := checkName("host", name); err != nil {
		return nil, err
	}
	s := in.sites[network]
	if s == nil {
		return nil, fmt.Errorf("vnet: host %q: no network %q", name, network)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.hosts[name] != nil {
		return nil, fmt.Errorf("vnet: host %q: the name is taken", name)
	}
	h := &Host{
		name:     name,
		site:     s,
		internet: in,
		sockets:  make(map[uint16][]*socket),
		ports:    in.random(name + "/ports"),
	}
	if err := s.add(h); err != nil {
		return nil, fmt.Errorf("vnet: host %q: %w", name, err)
	}
	in.hosts[name] = h
	return h, nil
}

// add gives the host the network's next address and attaches it. The
// internet's lock is held.
func (s *site) add(h *Host) error {
	n := len(s.hosts) + 1
	if n > maxHosts {
		return fmt.Errorf("network %q has no more addresses", s.name)
	}
	a := s.inside.Addr().As4()
	a[3] = byte(n)
	h.addr = netip.AddrFrom4(a)
	var err error
	if h.net, err = newNet(h.addr.String()); err != nil {
		return err
	}
	if err = s.router.AddNet(h.net); err != nil {
		return err
	}
	s.mu.Lock() // not above: receive is called with the router's lock held
	defer s.mu.Unlock()
	s.hosts[h.addr] = h
	return nil
}

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Addrs returns the host's addresses.
func (h *Host) Addrs() []netip.Addr { return []netip.Addr{h.addr} }

// Net returns the host's network stack, as pion/webrtc takes it. It has UDP
// over IPv4: one interface, eth0, and the loopback. Whatever needs TCP, IPv6
// or multicast returns an error that is [transport.ErrNotSupported].
func (h *Host) Net() transport.Net { return stack{h} }

// receive hands a packet to the socket that it is for.
func (h *Host) receive(p *Packet) {
	h.mu.Lock()
	s := h.find(p)
	h.mu.Unlock()
	why := NobodyListens
	if s != nil {
		why = s.push(p)
	}
	if why != "" {
		h.internet.flight.dropped(p, h.name, why)
	}
}

func (h *Host) find(p *Packet) *socket {
	for _, s := range h.sockets[p.dst.Port()] {
		if (s.local.Addr().IsUnspecified() || s.local.Addr() == p.dst.Addr()) &&
			(!s.remote.IsValid() || s.remote == p.src) {
			return s
		}
	}
	return nil
}

// close closes the host's sockets, in the order of their addresses.
func (h *Host) close() {
	h.mu.Lock()
	var open []*socket
	for _, sockets := range h.sockets {
		open = append(open, sockets...)
	}
	h.mu.Unlock()
	slices.SortFunc(open, func(a, b *socket) int {
		return cmp.Or(cmp.Compare(a.local.Port(), b.local.Port()), a.local.Addr().Compare(b.local.Addr()))
	})
	for _, s := range open {
		_ = s.Close() // only an error if it was closed in the meantime
	}
}
