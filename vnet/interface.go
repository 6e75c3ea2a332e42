package vnet

import (
	"fmt"
	"net/netip"
	"time"

	pion "github.com/pion/transport/v3/vnet"
)

// An InterfaceConfig describes an interface of a host.
type InterfaceConfig struct {
	// Name is the interface's name, unique within the host and without a
	// slash.
	Name string

	// Network is the network that the interface is on.
	Network string

	// Link is the access link between the interface and its network, seen from
	// the host: a radio, or a cable. nil means none, which is as a perfect one.
	Link *Link

	// Down says that the interface is switched off at first.
	Down bool
}

// An Interface is a host's end of a network.
type Interface struct {
	host *Host
	name string

	// The internet's lock and the host's guard what follows: both are held for
	// a change, so either will do for a look.
	site *site
	addr netip.Addr
	net  *pion.Net
	down bool

	up, in *direction // the access link; nil if there is none
}

// add adds an interface. The internet's lock is held.
func (h *Host) add(config InterfaceConfig) error {
	if err := checkName("interface", config.Name); err != nil {
		return err
	}
	for _, i := range h.interfaces {
		if i.name == config.Name {
			return fmt.Errorf("interface %q: the name is taken", config.Name)
		}
	}
	i := &Interface{host: h, name: config.Name, down: config.Down}
	if config.Link != nil {
		if err := config.Link.validate(); err != nil {
			return fmt.Errorf("interface %q: %w", config.Name, err)
		}
		i.connect(*config.Link)
	}
	if err := i.join(config.Network); err != nil {
		return err
	}
	h.interfaces = append(h.interfaces, i)
	return nil
}

// connect gives the interface an access link.
func (i *Interface) connect(link Link) {
	in := i.host.internet
	name := i.host.name + "/" + i.name
	i.up = in.newDirection(name+"/up", link.Up, i.rise)
	i.in = in.newDirection(name+"/down", link.Down, i.arrive)
}

// join attaches the interface to a network, whose next address it gets. The
// internet's lock is held.
func (i *Interface) join(network string) error {
	s := i.host.internet.sites[network]
	if s == nil {
		return fmt.Errorf("no network %q", network)
	}
	addr, err := s.takeAddress()
	if err != nil {
		return err
	}
	host, err := newNet(addr.String())
	if err != nil {
		return err
	}
	if err = s.router.AddNet(host); err != nil {
		return err
	}
	if i.site != nil {
		delete(i.site.hosts, i.addr)
	}
	i.host.mu.Lock()
	i.site, i.addr, i.net = s, addr, host
	i.host.mu.Unlock()
	s.hosts[addr] = i
	return nil
}

// Name returns the interface's name.
func (i *Interface) Name() string { return i.name }

// Addr returns the interface's address, which it keeps while it is down.
func (i *Interface) Addr() netip.Addr {
	i.host.mu.Lock()
	defer i.host.mu.Unlock()
	return i.addr
}

// Network returns the name of the network that the interface is on.
func (i *Interface) Network() string {
	i.host.mu.Lock()
	defer i.host.mu.Unlock()
	return i.site.name
}

// Up reports whether the interface is switched on.
func (i *Interface) Up() bool {
	i.host.mu.Lock()
	defer i.host.mu.Unlock()
	return !i.down
}

// works reports whether packets can pass. The host's lock is held.
func (i *Interface) works() bool { return !i.down && !i.host.down }

// SetDown switches the interface off, or on again. While it is down the host
// does not have its address: what is sent from it is an error, what waits for
// the access link is dropped, and what is for it is dropped when it arrives.
func (i *Interface) SetDown(down bool) {
	in := i.host.internet
	in.mu.Lock()
	defer in.mu.Unlock()
	i.host.mu.Lock()
	defer i.host.mu.Unlock()
	i.down = down
	if down {
		i.flush(InterfaceDown)
	}
}

// SetLink changes the settings of the access link, as [Internet.SetLink] does.
// An interface without one gets it.
func (i *Interface) SetLink(link Link) error {
	if err := link.validate(); err != nil {
		return fmt.Errorf("vnet: host %q: interface %q: %w", i.host.name, i.name, err)
	}
	in := i.host.internet
	in.mu.Lock()
	defer in.mu.Unlock()
	if i.up == nil {
		i.connect(link)
		return nil
	}
	i.up.set(link.Up)
	i.in.set(link.Down)
	return nil
}

// Move takes the interface from its network to another, where it gets a new
// address. The access link stays as it is. What waits for its up direction is
// dropped at once, and what is on its way by the link, or to the old address,
// is dropped when it arrives.
func (i *Interface) Move(network string) error {
	in := i.host.internet
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := i.join(network); err != nil {
		return fmt.Errorf("vnet: host %q: interface %q: %w", i.host.name, i.name, err)
	}
	i.flush(InterfaceDown)
	return nil
}

// flush drops what waits for the access link. The internet's lock is held.
func (i *Interface) flush(why Reason) {
	if i.up != nil {
		i.up.flush(why)
	}
}

// drop drops a packet at the interface, which is down, or has gone to another
// network since the packet was on its way.
func (i *Interface) drop(p *Packet) {
	why := InterfaceDown
	switch {
	case i.host.down:
		why = HostDown
	case !i.down:
		p.detail = fmt.Sprintf("%s has moved to network %q, and has the address %v there", i.name, i.site.name, i.addr)
	}
	i.host.internet.flight.dropped(p, i.host.name+"/"+i.name, why)
}

// The hops below run on the scheduler.

// leaveHost is where a packet comes out of its sender's host.
func leaveHost(p *Packet, now time.Duration) {
	i := p.ifc
	p.site = i.site
	switch {
	case !i.works() || i.addr != p.src.Addr():
		i.drop(p)
	case i.up != nil:
		i.up.enter(p, now)
	default:
		i.site.rise(p, now)
	}
}

// rise is the network's end of the access link, seen from the host.
func (i *Interface) rise(p *Packet, now time.Duration) {
	if i.addr != p.src.Addr() {
		i.drop(p)
		return
	}
	i.site.rise(p, now)
}

// come is the network's end of the access link, seen from the network.
func (i *Interface) come(p *Packet, now time.Duration) {
	if i.in != nil {
		i.in.enter(p, now)
		return
	}
	i.arrive(p, now)
}

// arrive is the host's end of the access link.
func (i *Interface) arrive(p *Packet, now time.Duration) {
	if !i.works() || i.addr != p.dst.Addr() {
		i.drop(p)
		return
	}
	i.host.deliver(p, now)
}
