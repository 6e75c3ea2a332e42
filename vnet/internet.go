package vnet

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/logging"
)

// A Config describes an internet.
type Config struct {
	// Networks are linked to the core, or to each other, which may be declared
	// in any order. The order decides their addresses. There may be 259 of
	// them.
	Networks []NetworkConfig

	// Random returns the random stream of the given name; it is called once
	// for each name. What is drawn for one purpose must not shift what is
	// drawn for another, so each has a stream: "home/up/loss" for the loss of
	// network home's up link, "bob/wifi/down/jitter" for the jitter of an
	// access link, and "alice/ports" for the ports that host alice picks.
	// Required.
	Random func(name string) *rand.Rand

	// Observer is told of every packet. nil means nobody is.
	Observer Observer

	// LoggerFactory makes the logs of pion's routers. nil means pion's own.
	LoggerFactory logging.LoggerFactory
}

// An Internet is a set of networks, their links and their hosts.
type Internet struct {
	random  func(name string) *rand.Rand
	loggers logging.LoggerFactory
	flight  *flight
	sched   *scheduler
	running atomic.Bool
	names   names

	sites map[string]*site // by name
	order []*site          // the core, and then in the order of their declaration

	// mu guards the networks, and is held while the scheduler moves a packet.
	// It is never taken with a lock of pion's routers held.
	mu      sync.Mutex
	started bool
	closed  bool
	hosts   map[string]*Host
	stopped chan struct{} // closed when the scheduler has ended
}

// New returns an internet with the networks and no hosts. It does nothing
// until it is started.
func New(config Config) (*Internet, error) {
	if config.Random == nil {
		return nil, errors.New("vnet: Config.Random is nil")
	}
	if len(config.Networks) > maxNetworks {
		return nil, fmt.Errorf("vnet: %d networks, at most %d have addresses", len(config.Networks), maxNetworks)
	}
	in := &Internet{
		random:  config.Random,
		loggers: config.LoggerFactory,
		flight:  newFlight(config.Observer),
		sched:   newScheduler(),
		sites:   make(map[string]*site),
		hosts:   make(map[string]*Host),
		stopped: make(chan struct{}),
	}
	if in.loggers == nil {
		in.loggers = logging.NewDefaultLoggerFactory()
	}
	if err := in.build(config.Networks); err != nil {
		return nil, fmt.Errorf("vnet: %w", err)
	}
	return in, nil
}

// checkName rejects names that would make the names of random streams
// ambiguous.
func checkName(what, name string) error {
	if name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("%s %q: a name must not be empty and must not contain a slash", what, name)
	}
	return nil
}

// Start sets the internet going. Hosts may be added before and after.
func (in *Internet) Start() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.started {
		return errors.New("vnet: already started")
	}
	for _, s := range in.order {
		if err := s.start(); err != nil {
			return fmt.Errorf("vnet: %w", err)
		}
	}
	in.started = true
	in.running.Store(true)
	go func() {
		defer close(in.stopped)
		in.sched.run(&in.mu)
	}()
	return nil
}

// Close stops the internet for good and closes the sockets that are still
// open. Packets that are under way stay so and are not reported any more.
func (in *Internet) Close() error {
	in.mu.Lock()
	if in.closed {
		in.mu.Unlock()
		return nil
	}
	in.closed = true
	started := in.started
	in.running.Store(false)
	var hosts []*Host
	for _, name := range slices.Sorted(maps.Keys(in.hosts)) {
		hosts = append(hosts, in.hosts[name])
	}
	in.mu.Unlock()

	var err error
	if started {
		in.sched.close()
		<-in.stopped
		for _, s := range in.order {
			err = errors.Join(err, s.stop())
		}
	}
	for _, h := range hosts {
		h.close()
	}
	return err
}

// InFlight returns the number of packets that are sent, and neither delivered
// nor dropped yet. Those that wait in a socket to be read are among them.
func (in *Internet) InFlight() int { return in.flight.count() }

// SetLink changes the settings of a network's link from the next packet on: a
// packet that is being sent goes out at the old rate, those that wait behind
// it meet the new settings. The random streams go on where they are.
func (in *Internet) SetLink(network string, link Link) error {
	if err := link.validate(); err != nil {
		return fmt.Errorf("vnet: network %q: %w", network, err)
	}
	return in.change(network, func(s *site) error {
		s.up.set(link.Up)
		s.down.set(link.Down)
		return nil
	})
}

// SetDown cuts a network off from its link, or joins it again. While it is
// down nothing passes the network's end of the link: what its hosts send to
// others is dropped, what waits in the up link's queue is dropped at once, and
// what comes down the link is dropped when it arrives. A packet that was sent
// up the link before goes on, and hosts of the network reach each other.
func (in *Internet) SetDown(network string, down bool) error {
	return in.change(network, func(s *site) error {
		s.setDown(down)
		return nil
	})
}

// SetFirewall replaces a network's firewall; nil takes it away. The new one
// knows of no flow.
func (in *Internet) SetFirewall(network string, config *Firewall) error {
	return in.change(network, func(s *site) error {
		s.firewall = newFirewall(config)
		return nil
	})
}

// Rebind makes a network's NAT forget all mappings, as one that was restarted
// does. New ones get new ports, and if newAddress is set, another public
// address as well.
func (in *Internet) Rebind(network string, newAddress bool) error {
	return in.translated(network, func(s *site) error {
		s.nat.forget("rebound", in.sched.now())
		if newAddress {
			return s.nat.renumber()
		}
		return nil
	})
}

// Expire makes all mappings of a network's NAT expire.
func (in *Internet) Expire(network string) error {
	return in.translated(network, func(s *site) error {
		s.nat.forget(expired, in.sched.now())
		return nil
	})
}

// translated makes a change to a network that has a NAT with mappings.
func (in *Internet) translated(network string, change func(*site) error) error {
	return in.change(network, func(s *site) error {
		switch {
		case s.nat == nil:
			return errors.New("it has no NAT")
		case s.nat.OneToOne:
			return errors.New("a one-to-one NAT has no mappings")
		}
		return change(s)
	})
}

// change makes a change to a network that is behind another.
func (in *Internet) change(network string, change func(*site) error) error {
	s := in.sites[network]
	if s == nil {
		return fmt.Errorf("vnet: no network %q", network)
	}
	if s.parent == nil {
		return fmt.Errorf("vnet: network %q has no link", network)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return errors.New("vnet: the internet is closed")
	}
	if err := change(s); err != nil {
		return fmt.Errorf("vnet: network %q: %w", network, err)
	}
	return nil
}

// PublicAddrs returns the public addresses of a network's NAT; none, if it has
// no NAT.
func (in *Internet) PublicAddrs(network string) []netip.Addr {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.sites[network]
	if s == nil || s.nat == nil {
		return nil
	}
	var addrs []netip.Addr
	for _, t := range s.nat.translators {
		addrs = append(addrs, t.outside...)
	}
	return addrs
}

// Subnet returns the block of addresses of a network's hosts.
func (in *Internet) Subnet(network string) netip.Prefix {
	s := in.sites[network]
	if s == nil {
		return netip.Prefix{}
	}
	return s.inside
}

// To returns the name of the host that the packet is for as it stands: behind a
// NAT the one that has mapped the address. It is empty if there is none. A drop
// rule may call it, and nobody else.
func (p *Packet) To() string {
	for s := p.site; s != nil; s = s.parent {
		if name := s.find(p.dst); name != "" {
			return name
		}
	}
	return ""
}

// find returns the name of the host that has the address in this network, or in
// one behind it.
func (s *site) find(addr netip.AddrPort) string {
	if i := s.hosts[addr.Addr()]; i != nil {
		return i.host.name
	}
	for _, child := range s.children {
		if !child.claimed(addr.Addr()) {
			continue
		}
		if child.nat != nil {
			return child.find(child.nat.behind(addr))
		}
		return child.find(addr)
	}
	return ""
}
