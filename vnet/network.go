package vnet

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	pion "github.com/pion/transport/v3/vnet"
)

// A NetworkConfig describes one network.
type NetworkConfig struct {
	// Name is the network's name, unique and without a slash.
	Name string

	// Behind is the network to which the link leads. Empty means [Core].
	Behind string

	// Link joins the network to the one it is behind. The zero value is a
	// perfect link.
	Link Link

	// NAT stands between the network and its link. nil means that there is
	// none: the network's addresses are routed.
	NAT *NAT

	// Firewall stands between the network and its NAT, or its link. nil means
	// that everything passes.
	Firewall *Firewall

	// Subnet is the block from which the network's hosts get their addresses,
	// IPv4 and from /16 to /29. It may not overlap with what the network can
	// see: NATs hide what is behind them. The zero value means that the address
	// plan has one.
	Subnet netip.Prefix
}

// A site is a network at work: hosts and other networks on one side, the
// network it is behind on the other, and what lies between them:
//
//	hosts, networks behind it -- router -- firewall -- NAT -- link -- parent
//
// All is used with the internet's lock held.
type site struct {
	name     string
	internet *Internet
	parent   *site // nil for the core
	children []*site

	// inside is the block of the hosts' addresses. claims are the addresses
	// that the parent sends to this site: its NAT's, or all that are inside of
	// it.
	inside netip.Prefix
	claims []netip.Prefix

	// router is the router to which the hosts are attached. What they send
	// comes out of its filter.
	router *pion.Router
	hosts  map[netip.Addr]*Interface
	last   int // the number of the host that came last

	firewall *firewall
	nat      *nat
	up, down *direction
	isDown   bool
}

// newSite makes a network that has no hosts, no parent and no addresses yet.
func newSite(in *Internet, name string) (*site, error) {
	s := &site{name: name, internet: in, hosts: make(map[netip.Addr]*Interface)}
	router, err := newRouter(&pion.RouterConfig{Name: name, CIDR: everywhere, LoggerFactory: in.loggers})
	if err != nil {
		return nil, err
	}
	s.router = router
	router.AddChunkFilter(func(chunk pion.Chunk) bool {
		if p := in.packet(chunk); p != nil {
			in.sched.add(in.sched.now(), leaveHost, p)
		}
		return false
	})
	return s, nil
}

// start starts the routers.
func (s *site) start() error {
	if err := s.router.Start(); err != nil {
		return err
	}
	if s.nat != nil {
		for _, t := range slices.Concat(s.nat.translators, s.nat.retired) {
			if err := t.start(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *site) stop() error {
	err := s.router.Stop()
	if s.nat != nil {
		for _, t := range slices.Concat(s.nat.translators, s.nat.retired) {
			err = errors.Join(err, t.stop())
		}
	}
	return err
}

// takeAddress returns the network's next free address.
func (s *site) takeAddress() (netip.Addr, error) {
	if s.last >= hosts(s.inside) {
		return netip.Addr{}, fmt.Errorf("network %q has no more addresses", s.name)
	}
	s.last++
	return plus(s.inside.Addr(), s.last), nil
}

// claimed reports whether the parent sends packets for the address here.
func (s *site) claimed(addr netip.Addr) bool {
	for _, c := range s.claims {
		if c.Contains(addr) {
			return true
		}
	}
	return false
}

// The hops below run on the scheduler.

// rise takes a packet that comes from a host of the network, or from a network
// behind it.
func (s *site) rise(p *Packet, now time.Duration) {
	p.site = s
	if s.route(p, now) {
		return
	}
	flight := s.internet.flight
	if s.parent == nil {
		flight.dropped(p, s.name, NoRoute)
		return
	}
	if s.firewall != nil {
		if why := s.firewall.out(p, now); why != "" {
			flight.dropped(p, s.name, why)
			return
		}
	}
	switch {
	case s.nat == nil:
		s.leave(p, now)
	case s.claimed(p.dst.Addr()):
		s.nat.hairpin(p, now)
	default:
		s.nat.out(p, now)
	}
}

// leave is the network's end of the up link.
func (s *site) leave(p *Packet, now time.Duration) {
	if s.isDown {
		s.internet.flight.dropped(p, s.up.where, NetworkDown)
		return
	}
	s.up.enter(p, now)
}

// come is the network's end of the down link.
func (s *site) come(p *Packet, now time.Duration) {
	switch {
	case s.isDown:
		s.internet.flight.dropped(p, s.down.where, NetworkDown)
	case s.nat != nil:
		s.nat.in(p, now)
	default:
		s.enter(p, now)
	}
}

// enter takes a packet that has come in to the network, and through its NAT.
func (s *site) enter(p *Packet, now time.Duration) {
	p.site = s
	if s.firewall != nil {
		if why := s.firewall.in(p, now); why != "" {
			s.internet.flight.dropped(p, s.name, why)
			return
		}
	}
	if !s.route(p, now) {
		s.internet.flight.dropped(p, s.name, NoRoute)
	}
}

// route hands a packet to whom it is for, if that is in the network or in one
// behind it.
func (s *site) route(p *Packet, now time.Duration) bool {
	dst := p.dst.Addr()
	if i := s.hosts[dst]; i != nil {
		i.come(p, now)
		return true
	}
	for _, child := range s.children {
		if child.claimed(dst) {
			child.down.enter(p, now)
			return true
		}
	}
	if s.inside.Contains(dst) {
		s.internet.flight.dropped(p, s.name, NoRoute)
		return true
	}
	return false
}

func (s *site) setDown(down bool) {
	s.isDown = down
	if down {
		s.up.flush(NetworkDown)
	}
}
