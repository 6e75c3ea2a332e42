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
	"time"

	"github.com/pion/logging"
)

// A Config describes an internet.
type Config struct {
	// Networks are linked to the core in this order, which decides their
	// addresses. There may be 259 of them.
	Networks []NetworkConfig

	// Random returns the random stream of the given name; it is called once
	// for each name. What is drawn for one purpose must not shift what is
	// drawn for another, so each has a stream: "home/up/loss" for the loss of
	// network home's up link, jitter and down likewise, and "alice/ports" for
	// the ports that host alice picks. Required.
	Random func(name string) *rand.Rand

	// Observer is told of every packet. nil means nobody is.
	Observer Observer

	// LoggerFactory makes the logs of pion's routers. nil means pion's own.
	LoggerFactory logging.LoggerFactory
}

// An Internet is a set of networks, their links and their hosts.
type Internet struct {
	random  func(name string) *rand.Rand
	flight  *flight
	sched   *scheduler
	core    *core
	running atomic.Bool

	sites  map[string]*site       // by name
	routes map[netip.Prefix]*site // by public prefix

	// mu guards the links, and is held while the scheduler moves a packet.
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
	loggers := config.LoggerFactory
	if loggers == nil {
		loggers = logging.NewDefaultLoggerFactory()
	}
	in := &Internet{
		random:  config.Random,
		flight:  newFlight(config.Observer),
		sched:   newScheduler(),
		sites:   make(map[string]*site),
		routes:  make(map[netip.Prefix]*site),
		hosts:   make(map[string]*Host),
		stopped: make(chan struct{}),
	}
	var err error
	if in.core, err = newCore(in.flight, loggers, in.collect); err != nil {
		return nil, fmt.Errorf("vnet: %w", err)
	}
	in.add(newSite(in, NetworkConfig{Name: Core}, netip.MustParsePrefix(coreNetwork)))
	for i, network := range config.Networks {
		if err := checkName("network", network.Name); err != nil {
			return nil, err
		}
		if in.sites[network.Name] != nil {
			return nil, fmt.Errorf("vnet: network %q: the name is taken", network.Name)
		}
		if err := network.Link.validate(); err != nil {
			return nil, fmt.Errorf("vnet: network %q: %w", network.Name, err)
		}
		s := newSite(in, network, publicPrefix(i))
		if network.nat != nil {
			inside := netip.MustParsePrefix(fmt.Sprintf(natNetwork, i))
			if err := s.addNAT(network.nat, inside, loggers); err != nil {
				return nil, fmt.Errorf("vnet: network %q: %w", network.Name, err)
			}
		}
		in.add(s)
	}
	return in, nil
}

func (in *Internet) add(s *site) {
	in.sites[s.name] = s
	in.routes[s.public] = s
}

// checkName rejects names that would make the names of random streams
// ambiguous.
func checkName(what, name string) error {
	if name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("vnet: %s %q: a name must not be empty and must not contain a slash", what, name)
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
	if err := in.core.start(); err != nil {
		return fmt.Errorf("vnet: %w", err)
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
		err = in.core.close()
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
	s, err := in.linked(network)
	if err != nil {
		return err
	}
	if err := link.validate(); err != nil {
		return fmt.Errorf("vnet: network %q: %w", network, err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	s.up.Direction, s.down.Direction = link.Up, link.Down
	return nil
}

// SetDown cuts a network off from its link, or joins it again. While it is
// down nothing passes the network's end of the link: what its hosts send to
// others is dropped, what waits in the up link's queue is dropped at once, and
// what comes down the link is dropped when it arrives. A packet that was sent
// up the link before goes on, and hosts of the network reach each other.
func (in *Internet) SetDown(network string, down bool) error {
	s, err := in.linked(network)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	s.setDown(down)
	return nil
}

// linked returns the named network, which must have a link.
func (in *Internet) linked(network string) (*site, error) {
	s := in.sites[network]
	if s == nil {
		return nil, fmt.Errorf("vnet: no network %q", network)
	}
	if network == Core {
		return nil, fmt.Errorf("vnet: network %q has no link", network)
	}
	return s, nil
}

// route returns the network that has the public address, or nil.
func (in *Internet) route(addr netip.Addr) *site {
	prefix, err := addr.Prefix(prefixBits)
	if err != nil {
		return nil
	}
	return in.routes[prefix]
}

// collect takes a packet that has come out of a network; only hosts and NATs
// of ours send, so there is one for its source. It is called with a router's
// lock held and leaves the rest to the scheduler.
func (in *Internet) collect(p *Packet) {
	in.sched.add(in.sched.now(), in.route(p.src.Addr()).leaving, p)
}

// cross is the far end of all up links.
func (in *Internet) cross(p *Packet, now time.Duration) {
	s := in.route(p.dst.Addr())
	if s == nil {
		in.flight.dropped(p, Core, NoRoute)
		return
	}
	s.down.enter(p, now)
}
