package vnet

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/transport/v3/vnet"
)

// A NetworkConfig describes one network.
type NetworkConfig struct {
	// Name is the network's name, unique and without a slash.
	Name string

	// Link joins the network to the core. The zero value is a perfect link.
	Link Link

	// nat, if not nil, puts the network behind a NAT, which stands between
	// the hosts and the link.
	nat *pion.NATType
}

// A site is a network at work: the hosts on one side, the core on the other,
// and what lies between them.
//
// isDown and both directions are used with the internet's lock held.
type site struct {
	name     string
	internet *Internet
	up, down *direction
	isDown   bool
	leaving  hop // s.leave, kept because a method value allocates

	public netip.Prefix // the addresses that the core sends to this site
	inside netip.Prefix // the hosts' addresses: the same, unless there is a NAT
	router *pion.Router // the router to which the hosts are attached
	nat    netip.Addr   // the NAT's public address, if there is one

	mu    sync.RWMutex
	hosts map[netip.Addr]*Host
}

// The address plan. Networks take the blocks for documentation (RFC 5737)
// first and then those for benchmarks (RFC 2544), whose upper half belongs to
// the core. All of them are /24.
const (
	prefixBits   = 24
	maxNetworks  = 3 + 256
	maxHosts     = 254
	coreNetwork  = "198.19.0.0/24"
	benchNetwork = "198.18.%d.0/24"
	natNetwork   = "192.168.%d.0/24"
)

var documentation = [...]string{"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"}

// publicPrefix is the block of the i-th network.
func publicPrefix(i int) netip.Prefix {
	if i < len(documentation) {
		return netip.MustParsePrefix(documentation[i])
	}
	return netip.MustParsePrefix(fmt.Sprintf(benchNetwork, i-len(documentation)))
}

// newSite adds a network to the internet.
func newSite(in *Internet, config NetworkConfig, public netip.Prefix) *site {
	s := &site{
		name:     config.Name,
		internet: in,
		public:   public,
		inside:   public,
		router:   in.core.collecting,
		hosts:    make(map[netip.Addr]*Host),
	}
	s.leaving = s.leave
	s.up = in.newDirection(config.Name+"/up", config.Link.Up, in.cross)
	s.down = in.newDirection(config.Name+"/down", config.Link.Down, s.come)
	return s
}

// addNAT puts a NAT between the site's hosts and its link.
func (s *site) addNAT(natType *pion.NATType, inside netip.Prefix, loggers logging.LoggerFactory) error {
	s.inside = inside
	s.nat = s.public.Addr().Next()
	core := s.internet.core
	router, err := newRouter(&pion.RouterConfig{
		Name:          s.name,
		CIDR:          inside.String(),
		StaticIPs:     []string{s.nat.String()},
		NATType:       natType,
		LoggerFactory: natLoggers{loggers, core, s.name},
	})
	if err != nil {
		return err
	}
	s.router = router
	router.AddChunkFilter(func(chunk pion.Chunk) bool {
		if !inside.Contains(addrPort(chunk.DestinationAddr()).Addr()) {
			return true // on its way out
		}
		if p := core.packet(chunk); p != nil {
			s.receive(p)
		}
		return false
	})
	return core.addNAT(router)
}

// The hops below run on the scheduler.

// leave is where a packet comes out of the site. Hosts of one network reach
// each other without the link.
func (s *site) leave(p *Packet, now time.Duration) {
	switch {
	case s.public.Contains(p.dst.Addr()):
		s.enter(p)
	case s.isDown:
		s.internet.flight.dropped(p, s.up.where, NetworkDown)
	default:
		s.up.enter(p, now)
	}
}

// come is the near end of the down link.
func (s *site) come(p *Packet, _ time.Duration) {
	if s.isDown {
		s.internet.flight.dropped(p, s.down.where, NetworkDown)
		return
	}
	s.enter(p)
}

// enter hands a packet with a public address to the NAT or to its host.
func (s *site) enter(p *Packet) {
	if !s.nat.IsValid() {
		s.receive(p)
		return
	}
	if p.dst.Addr() != s.nat || s.internet.core.deliver(p) != nil {
		s.internet.flight.dropped(p, s.name, NoRoute)
	}
}

// receive hands a packet to the host that has its destination address.
func (s *site) receive(p *Packet) {
	s.mu.RLock()
	host := s.hosts[p.dst.Addr()]
	s.mu.RUnlock()
	if host == nil {
		s.internet.flight.dropped(p, s.name, NoRoute)
		return
	}
	host.receive(p)
}

func (s *site) setDown(down bool) {
	s.isDown = down
	if down {
		s.up.flush(NetworkDown)
	}
}

// natLoggers makes the log of a NAT.
type natLoggers struct {
	logging.LoggerFactory
	core    *core
	network string
}

func (f natLoggers) NewLogger(scope string) logging.LeveledLogger {
	return &natLog{f.LoggerFactory.NewLogger(scope), f.core, f.network}
}
