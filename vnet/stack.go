package vnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/pion/transport/v4"
)

// stack is a host's network stack, as an application sees it.
type stack struct{ host *Host }

var _ transport.Net = stack{}

var (
	anyAddr  = netip.IPv4Unspecified()
	loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
)

// unsupported names what the simulated internet does not have.
type unsupported string

func (u unsupported) Error() string { return string(u) + " is not supported by the simulated network" }

func (unsupported) Is(target error) bool { return target == transport.ErrNotSupported }

const (
	noTCP       unsupported = "TCP"
	noIPv6      unsupported = "IPv6"
	noMulticast unsupported = "multicast"
)

func (k stack) ListenUDP(network string, laddr *net.UDPAddr) (transport.UDPConn, error) {
	return k.open("listen", network, laddr, nil)
}

func (k stack) DialUDP(network string, laddr, raddr *net.UDPAddr) (transport.UDPConn, error) {
	return k.dial(network, laddr, raddr)
}

func (k stack) ListenPacket(network, address string) (net.PacketConn, error) {
	laddr, err := k.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	return k.open("listen", network, laddr, nil)
}

func (k stack) Dial(network, address string) (net.Conn, error) {
	raddr, err := k.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	return k.dial(network, nil, raddr)
}

func (k stack) dial(network string, laddr, raddr *net.UDPAddr) (transport.UDPConn, error) {
	if raddr == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.EDESTADDRREQ}
	}
	return k.open("dial", network, laddr, raddr)
}

// open opens a socket, which is connected if raddr is not nil.
func (k stack) open(op, network string, laddr, raddr *net.UDPAddr) (transport.UDPConn, error) {
	s, err := k.bind(network, laddr, raddr)
	if err == nil {
		return s, nil
	}
	e := &net.OpError{Op: op, Net: network, Err: err}
	switch {
	case raddr != nil:
		e.Addr = raddr
	case laddr != nil:
		e.Addr = laddr
	}
	return nil, e
}

func (k stack) bind(network string, laddr, raddr *net.UDPAddr) (*socket, error) {
	if err := checkUDP(network); err != nil {
		return nil, err
	}
	local := netip.AddrPortFrom(anyAddr, 0)
	if laddr != nil {
		local = netip.AddrPortFrom(anyAddr, uint16(laddr.Port))
		if laddr.IP != nil {
			local = addrPort(laddr)
		}
	}
	var remote netip.AddrPort
	if raddr != nil {
		remote = addrPort(raddr)
		if !remote.Addr().Is4() {
			return nil, noIPv6
		}
		if local.Addr().IsUnspecified() {
			facing, err := k.host.addressFacing(remote.Addr())
			if err != nil {
				return nil, err
			}
			local = netip.AddrPortFrom(facing, local.Port())
		}
	}
	switch addr := local.Addr(); {
	case !addr.Is4():
		return nil, noIPv6
	case addr.IsMulticast():
		return nil, noMulticast
	case !addr.IsUnspecified() && addr != loopback && !k.host.owns(addr):
		return nil, os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)
	}
	return k.host.listen(network, local, remote)
}

func checkUDP(network string) error {
	switch {
	case network == "udp", network == "udp4":
		return nil
	case network == "udp6":
		return noIPv6
	case strings.HasPrefix(network, "tcp"):
		return noTCP
	}
	return net.UnknownNetworkError(network)
}

func (stack) ListenTCP(network string, laddr *net.TCPAddr) (transport.TCPListener, error) {
	return nil, &net.OpError{Op: "listen", Net: network, Addr: laddr, Err: noTCP}
}

func (stack) DialTCP(network string, _, raddr *net.TCPAddr) (transport.TCPConn, error) {
	return nil, &net.OpError{Op: "dial", Net: network, Addr: raddr, Err: noTCP}
}

func (k stack) ResolveIPAddr(network, address string) (*net.IPAddr, error) {
	addr, err := k.resolve(network, address)
	if err != nil {
		return nil, err
	}
	return &net.IPAddr{IP: addr.AsSlice(), Zone: addr.Zone()}, nil
}

func (k stack) ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	addr, err := k.resolvePort(network, address)
	if err != nil {
		return nil, err
	}
	return net.UDPAddrFromAddrPort(addr), nil
}

func (k stack) ResolveTCPAddr(network, address string) (*net.TCPAddr, error) {
	addr, err := k.resolvePort(network, address)
	if err != nil {
		return nil, err
	}
	return net.TCPAddrFromAddrPort(addr), nil
}

// resolvePort resolves host:port. An empty host is the unspecified address.
func (k stack) resolvePort(network, address string) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "invalid port", Addr: address}
	}
	addr := anyAddr
	if host != "" {
		if addr, err = k.resolve(network, host); err != nil {
			return netip.AddrPort{}, err
		}
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

// resolve resolves an address or a name. The last character of a network's
// name may demand a version of IP.
func (k stack) resolve(network, host string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		if addr, err = k.host.internet.lookup(host); err != nil {
			return netip.Addr{}, err
		}
	}
	addr = addr.Unmap()
	if strings.HasSuffix(network, "4") && !addr.Is4() || strings.HasSuffix(network, "6") && addr.Is4() {
		return netip.Addr{}, &net.AddrError{Err: "no suitable address", Addr: host}
	}
	return addr, nil
}

// Interfaces returns the loopback and the interfaces that are up.
func (k stack) Interfaces() ([]*transport.Interface, error) {
	lo := transport.NewInterface(net.Interface{
		Index: 1,
		Name:  "lo",
		MTU:   65536,
		Flags: net.FlagUp | net.FlagLoopback | net.FlagRunning,
	})
	lo.AddAddress(&net.IPNet{IP: loopback.AsSlice(), Mask: net.CIDRMask(8, 32)})
	all := []*transport.Interface{lo}
	k.host.mu.Lock()
	defer k.host.mu.Unlock()
	for n, i := range k.host.interfaces {
		if !i.works() {
			continue
		}
		addr := i.addr.As4()
		t := transport.NewInterface(net.Interface{
			Index: 2 + n,
			Name:  i.name,
			MTU:   1500,
			// Locally administered, and as unique as the address.
			HardwareAddr: net.HardwareAddr{0x02, 0, addr[0], addr[1], addr[2], addr[3]},
			Flags:        net.FlagUp | net.FlagRunning,
		})
		t.AddAddress(&net.IPNet{IP: addr[:], Mask: net.CIDRMask(i.site.inside.Bits(), 32)})
		all = append(all, t)
	}
	return all, nil
}

func (k stack) InterfaceByIndex(index int) (*transport.Interface, error) {
	return k.interfaceBy(func(ifc *transport.Interface) bool { return ifc.Index == index })
}

func (k stack) InterfaceByName(name string) (*transport.Interface, error) {
	return k.interfaceBy(func(ifc *transport.Interface) bool { return ifc.Name == name })
}

func (k stack) interfaceBy(match func(*transport.Interface) bool) (*transport.Interface, error) {
	interfaces, err := k.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, ifc := range interfaces {
		if match(ifc) {
			return ifc, nil
		}
	}
	return nil, transport.ErrInterfaceNotFound
}

// CreateDialer returns a dialer of this stack. Of d, nothing applies to UDP
// here: a dial needs no time.
func (k stack) CreateDialer(*net.Dialer) transport.Dialer { return k }

// CreateListenConfig returns a listen config of this stack. Of c, nothing
// applies here.
func (k stack) CreateListenConfig(*net.ListenConfig) transport.ListenConfig {
	return listenConfig{k}
}

type listenConfig struct{ stack stack }

func (listenConfig) Listen(_ context.Context, network, _ string) (net.Listener, error) {
	return nil, &net.OpError{Op: "listen", Net: network, Err: noTCP}
}

func (c listenConfig) ListenPacket(_ context.Context, network, address string) (net.PacketConn, error) {
	return c.stack.ListenPacket(network, address)
}
