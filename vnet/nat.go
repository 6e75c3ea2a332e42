package vnet

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/transport/v3/vnet"
)

// A NAT translates the addresses of a network's hosts to public ones. The
// terms are those of RFC 4787. The zero value maps and filters
// endpoint-independently, which is called a full cone.
type NAT struct {
	// Mapping says for which destinations a host's port keeps its public port
	// (RFC 4787 section 4.1), and Filtering from whom that port takes packets
	// (section 5).
	Mapping, Filtering Behavior

	// Lifetime is how long a mapping lasts after the last packet that went
	// out by it, that instant included. 0 means 30 seconds.
	Lifetime time.Duration

	// OneToOne gives each of the network's first Addresses addresses a public
	// one of its own. Ports stay as they are, and everything is let in. Mapping,
	// Filtering and Lifetime mean nothing then.
	OneToOne bool

	// Hairpin lets hosts of the network reach each other by their public
	// addresses (RFC 4787 section 6).
	Hairpin bool

	// Addresses is the number of public addresses. A host's mappings all have
	// the same one (RFC 4787 section 4.1, paired pooling). 0 means 1; there may
	// be as many as the network that this one is behind has, and 254 next to
	// the core.
	Addresses int
}

const defaultLifetime = 30 * time.Second

// A Behavior says on which part of the remote endpoint something depends.
type Behavior int

// The behaviors of RFC 4787.
const (
	EndpointIndependent Behavior = iota
	AddressDependent
	AddressAndPortDependent
)

func (b Behavior) String() string {
	switch b {
	case EndpointIndependent:
		return "endpoint-independent"
	case AddressDependent:
		return "address-dependent"
	}
	return "address-and-port-dependent"
}

// nat is a NAT at work: a translator for each public address, or one for all
// if it is one to one, and the table of what they have mapped.
type nat struct {
	NAT
	site        *site
	translators []*translator
	retired     []*translator              // of addresses that it had before
	byOutside   map[netip.Addr]*translator // all of them, by public address
	pool        map[netip.Addr]*translator // which one a host's address has got
	locals      []netip.Addr               // the hosts that a one-to-one NAT translates
	table       table
	out, in     hop
}

func newNAT(s *site, config NAT, outside []netip.Addr) (*nat, error) {
	if config.Lifetime < 0 {
		return nil, fmt.Errorf("negative lifetime of the NAT")
	}
	if config.Lifetime == 0 {
		config.Lifetime = defaultLifetime
	}
	n := &nat{
		NAT:       config,
		site:      s,
		byOutside: make(map[netip.Addr]*translator),
		pool:      make(map[netip.Addr]*translator),
		table:     newTable(config),
	}
	n.out, n.in = n.goOut, n.comeIn
	if config.OneToOne {
		var pairs []string
		for i, addr := range outside {
			local := plus(s.inside.Addr(), i+1)
			n.locals = append(n.locals, local)
			pairs = append(pairs, addr.String()+"/"+local.String())
		}
		return n, n.add(outside, pairs)
	}
	for _, addr := range outside {
		if err := n.add([]netip.Addr{addr}, []string{addr.String()}); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// add adds a translator.
func (n *nat) add(outside []netip.Addr, static []string) error {
	t, err := newTranslator(n, outside, static)
	if err != nil {
		return err
	}
	n.translators = append(n.translators, t)
	for _, addr := range outside {
		n.byOutside[addr] = t
	}
	return nil
}

// goOut translates a packet that leaves the network.
func (n *nat) goOut(p *Packet, now time.Duration) {
	flight := n.site.internet.flight
	if n.OneToOne {
		t := n.translators[0]
		for _, local := range n.locals {
			if local == p.src.Addr() {
				t.sayOut(p, p.src)
				return
			}
		}
		// pion's NAT drops it as well, but tells nobody.
		p.detail = fmt.Sprintf("the one-to-one NAT has %d public addresses, and none for %v", len(n.locals), p.src.Addr())
		flight.dropped(p, n.site.name, NoMapping)
		return
	}
	t := n.pool[p.src.Addr()]
	if t == nil {
		t = n.translators[len(n.pool)%len(n.translators)]
		n.pool[p.src.Addr()] = t
	}
	m := n.table.find(p.src, p.dst, now)
	if m == nil {
		if t.ports == maxPorts {
			// pion's NAT would go on to port 65536, and stop for good.
			p.detail = fmt.Sprintf("%v has %d ports, and all have been used", t.outside[0], maxPorts)
			flight.dropped(p, n.site.name, NoPort)
			return
		}
		t.ports++
		m = n.table.add(p.src, p.dst, now)
	}
	p.mapping = m
	t.sayOut(p, n.table.alias(p.src))
}

// comeIn translates a packet that comes to one of the public addresses, those
// of translators that are retired among them.
func (n *nat) comeIn(p *Packet, _ time.Duration) {
	n.byOutside[p.dst.Addr()].sayIn(p)
}

// hairpin takes a packet of the network's own for one of its public addresses.
func (n *nat) hairpin(p *Packet, now time.Duration) {
	if !n.Hairpin {
		p.detail = fmt.Sprintf("the NAT does not send back what is for its own address %v", p.dst.Addr())
		n.site.internet.flight.dropped(p, n.site.name, NoHairpin)
		return
	}
	p.hairpin = true
	n.out(p, now)
}

// forget makes all mappings end, as those of a NAT that was restarted. pion's
// NAT cannot forget, so that the hosts get other names towards it (see
// table.alias): their next packets are those of new hosts, and get new ports.
func (n *nat) forget(how string, now time.Duration) { n.table.forget(how, now) }

// renumber gives the NAT another public address in the place of the first: new
// mappings get that one. The old one stays the NAT's, and lets nothing in.
func (n *nat) renumber() error {
	addr, err := n.site.newAddress()
	if err != nil {
		return err
	}
	old := n.translators
	if err := n.add([]netip.Addr{addr}, []string{addr.String()}); err != nil {
		return err
	}
	n.retired = append(n.retired, old[0])
	n.translators = append(n.translators[len(old):], old[1:]...)
	clear(n.pool)
	return nil
}

// The ports that pion's NAT hands out, one after the other and none twice.
const (
	firstMapped = 0xC000
	maxPorts    = 0x10000 - firstMapped
)

// A translator is one of pion's NATs, which is a router with two parents: it
// sends to the one that it was given last, and receives from both.
//
//	inner speaker -> router with the NAT -> collecting router
//	outer speaker -> delivering router -> router with the NAT
//
// A packet goes through at once, and comes out of a router's filter.
type translator struct {
	nat                            *nat
	outside                        []netip.Addr
	router, collecting, delivering *pion.Router
	inner, outer                   *speaker
	ports                          int // how many have been used

	// entering is the packet that the delivering router is passing to the NAT.
	// Only that router's goroutine uses it.
	entering *Packet

	goneOut, comeIn, refused hop
}

// newTranslator makes a translator of the given public addresses, which are in
// static as pion's router takes them.
func newTranslator(n *nat, outside []netip.Addr, static []string) (*translator, error) {
	in := n.site.internet
	t := &translator{nat: n, outside: outside}
	t.goneOut, t.comeIn, t.refused = t.afterOut, t.afterIn, t.afterRefusal
	natType := pion.NATType{
		MappingBehavior:   pion.EndpointDependencyType(n.Mapping),
		FilteringBehavior: pion.EndpointDependencyType(n.Filtering),
		MappingLifeTime:   n.Lifetime,
	}
	if n.OneToOne {
		natType = pion.NATType{Mode: pion.NATModeNAT1To1}
	}
	var err error
	root := &pion.RouterConfig{CIDR: everywhere, LoggerFactory: in.loggers}
	if t.collecting, err = newRouter(root); err != nil {
		return nil, err
	}
	if t.delivering, err = newRouter(root); err != nil {
		return nil, err
	}
	if t.router, err = newRouter(&pion.RouterConfig{
		Name:          n.site.name,
		CIDR:          n.site.inside.String(),
		StaticIPs:     static,
		NATType:       &natType,
		LoggerFactory: natLoggers{in.loggers, t},
	}); err != nil {
		return nil, err
	}
	if err = t.delivering.AddNet(t.router); err != nil {
		return nil, err
	}
	if err = t.collecting.AddRouter(t.router); err != nil {
		return nil, err
	}
	if t.inner, err = newSpeaker(t.router); err != nil {
		return nil, err
	}
	if t.outer, err = newSpeaker(t.delivering); err != nil {
		return nil, err
	}
	t.router.AddChunkFilter(func(chunk pion.Chunk) bool {
		p := in.packet(chunk)
		if p == nil || !p.inward {
			return p != nil // on its way out
		}
		p.dst = addrPort(chunk.DestinationAddr())
		in.sched.add(in.sched.now(), t.comeIn, p)
		return false
	})
	t.collecting.AddChunkFilter(func(chunk pion.Chunk) bool {
		if p := in.packet(chunk); p != nil {
			p.src = addrPort(chunk.SourceAddr())
			in.sched.add(in.sched.now(), t.goneOut, p)
		}
		return false
	})
	t.delivering.AddChunkFilter(func(chunk pion.Chunk) bool {
		t.entering = in.packet(chunk)
		return t.entering != nil
	})
	if in.started {
		err = t.start()
	}
	return t, err
}

func (t *translator) start() error {
	if err := t.collecting.Start(); err != nil {
		return err
	}
	return t.delivering.Start()
}

func (t *translator) stop() error {
	if err := t.collecting.Stop(); err != nil {
		return err
	}
	return t.delivering.Stop()
}

// sayOut has the NAT translate a packet that goes out. as is its source
// towards the NAT.
func (t *translator) sayOut(p *Packet, as netip.AddrPort) {
	p.inward = false
	p.before = p.src
	t.check(p, t.inner.say(p, as, p.dst))
}

// sayIn has the NAT translate a packet that comes in.
func (t *translator) sayIn(p *Packet) {
	p.inward = true
	p.before = p.dst
	t.check(p, t.outer.say(p, p.src, p.dst))
}

// check drops a packet that cannot be put on a router.
func (t *translator) check(p *Packet, err error) {
	if err != nil {
		p.detail = err.Error()
		t.nat.site.internet.flight.dropped(p, t.nat.site.name, NoRoute)
	}
}

// afterOut is where a packet has come out of the NAT.
func (t *translator) afterOut(p *Packet, now time.Duration) {
	n, s := t.nat, t.nat.site
	if !n.OneToOne {
		if n.table.note(p, now) {
			s.internet.flight.observer.Mapped(Mapping{
				Network: s.name, Local: p.before, Public: p.src, Remote: p.dst, Cause: p,
			})
		}
	}
	p.path = append(p.path, Hop{At: s.name, Time: now, Src: p.src})
	if p.hairpin {
		p.hairpin = false
		n.in(p, now)
		return
	}
	s.leave(p, now)
}

// afterIn is where a packet has come in through the NAT.
func (t *translator) afterIn(p *Packet, now time.Duration) {
	n, s := t.nat, t.nat.site
	if !n.OneToOne {
		local, ok := n.table.local(p.dst)
		if !ok {
			t.afterRefusal(p, now)
			return
		}
		p.dst = local
	}
	p.path = append(p.path, Hop{At: s.name, Time: now, Dst: p.dst})
	s.enter(p, now)
}

// afterRefusal is where a packet is that the NAT did not let in.
func (t *translator) afterRefusal(p *Packet, now time.Duration) {
	p.dst = p.before
	why, detail := t.nat.table.refusal(p.src, p.dst, now)
	p.detail = detail
	t.nat.site.internet.flight.dropped(p, t.nat.site.name, why)
}

// natLoggers makes the log of a translator's NAT.
type natLoggers struct {
	logging.LoggerFactory
	translator *translator
}

func (f natLoggers) NewLogger(scope string) logging.LeveledLogger {
	return &natLog{f.LoggerFactory.NewLogger(scope), f.translator}
}

// natLog is the log of a NAT. pion's NAT tells only its log that it drops a
// packet; it does so while the delivering router is passing the packet to it.
type natLog struct {
	logging.LeveledLogger
	translator *translator
}

func (l *natLog) Warnf(format string, args ...any) {
	p := l.translator.entering
	if text, _ := args[len(args)-1].(string); p == nil || !strings.HasPrefix(text, "drop ") {
		l.LeveledLogger.Warnf(format, args...)
		return
	}
	sched := l.translator.nat.site.internet.sched
	sched.add(sched.now(), l.translator.refused, p)
}

// Debugf and Tracef are off: pion's routers and NATs write a line for every
// packet.
func (l *natLog) Debugf(string, ...any) {}
func (l *natLog) Tracef(string, ...any) {}

// behind returns the address for which a public one stands.
func (n *nat) behind(public netip.AddrPort) netip.AddrPort {
	if n.OneToOne {
		for i, addr := range n.translators[0].outside {
			if addr == public.Addr() {
				return netip.AddrPortFrom(n.locals[i], public.Port())
			}
		}
	} else if m := n.table.byPublic[public]; m != nil {
		return m.local
	}
	return netip.AddrPort{}
}
