package vnet

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v4"
)

// A Host is a machine with one or more interfaces, each on a network.
type Host struct {
	name     string
	internet *Internet

	receiving hop // h.deliver, kept because a method value allocates

	mu         sync.Mutex
	down       bool
	interfaces []*Interface         // the first that is up has the default route
	sockets    map[uint16][]*socket // by local port
	ports      *rand.Rand
}

// AddHost adds a host with one interface, eth0, on the named network, which may
// be [Core]. A network's hosts get its addresses in the order in which they are
// added. The name must be unique, not empty and without a slash.
func (in *Internet) AddHost(name, network string) (*Host, error) {
	return in.AddMultihomed(name, InterfaceConfig{Name: "eth0", Network: network})
}

// AddMultihomed adds a host with interfaces. The first of them that is up has
// the host's default route.
func (in *Internet) AddMultihomed(name string, interfaces ...InterfaceConfig) (*Host, error) {
	if err := checkName("host", name); err != nil {
		return nil, fmt.Errorf("vnet: %w", err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.hosts[name] != nil || in.sites[name] != nil {
		return nil, fmt.Errorf("vnet: host %q: the name is taken", name)
	}
	h := &Host{
		name:     name,
		internet: in,
		sockets:  make(map[uint16][]*socket),
		ports:    in.random(name + "/ports"),
	}
	h.receiving = h.deliver
	for _, config := range interfaces {
		if err := h.add(config); err != nil {
			h.leave()
			return nil, fmt.Errorf("vnet: host %q: %w", name, err)
		}
	}
	in.hosts[name] = h
	return h, nil
}

// leave takes the host off its networks. The internet's lock is held.
func (h *Host) leave() {
	for _, i := range h.interfaces {
		delete(i.site.hosts, i.addr)
	}
}

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Addrs returns the addresses of the interfaces that are up.
func (h *Host) Addrs() []netip.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	var addrs []netip.Addr
	for _, i := range h.interfaces {
		if i.works() {
			addrs = append(addrs, i.addr)
		}
	}
	return addrs
}

// Interfaces returns the host's interfaces.
func (h *Host) Interfaces() []*Interface { return slices.Clone(h.interfaces) }

// Interface returns the interface of that name, or nil.
func (h *Host) Interface(name string) *Interface {
	for _, i := range h.interfaces {
		if i.name == name {
			return i
		}
	}
	return nil
}

// Net returns the host's network stack, as pion/webrtc takes it. It has UDP
// over IPv4, the interfaces that are up, and the loopback. Whatever needs TCP,
// IPv6 or multicast returns an error that is [transport.ErrNotSupported].
func (h *Host) Net() transport.Net { return stack{h} }

// SetDown switches the host off, or on again. While it is down nothing that is
// for it arrives and it cannot send; its programs and their sockets stay.
func (h *Host) SetDown(down bool) {
	h.internet.mu.Lock()
	defer h.internet.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
	for _, i := range h.interfaces {
		if down {
			i.flush(HostDown)
		}
	}
}

// owner returns the working interface that has the address. The host's lock is
// held.
func (h *Host) owner(addr netip.Addr) *Interface {
	for _, i := range h.interfaces {
		if i.addr == addr && i.works() {
			return i
		}
	}
	return nil
}

// owns reports whether a socket can be bound to the address.
func (h *Host) owns(addr netip.Addr) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.owner(addr) != nil
}

// facing returns the interface by which a packet to the address goes: one whose
// network has it, else the first that is up. The host's lock is held.
func (h *Host) facing(dst netip.Addr) *Interface {
	var route *Interface
	for _, i := range h.interfaces {
		switch {
		case !i.works():
		case i.site.inside.Contains(dst):
			return i
		case route == nil:
			route = i
		}
	}
	return route
}

// addressFacing is the host's address towards another.
func (h *Host) addressFacing(remote netip.Addr) (netip.Addr, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if remote.IsLoopback() {
		return loopback, nil
	}
	i := h.facing(remote)
	if i == nil {
		return netip.Addr{}, os.NewSyscallError("connect", syscall.ENETUNREACH)
	}
	return i.addr, nil
}

// deliver hands a packet to the socket that it is for.
func (h *Host) deliver(p *Packet, _ time.Duration) {
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
