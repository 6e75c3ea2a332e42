package vnet

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// names is the simulated DNS: one address for each name. The zero value knows
// localhost only.
type names struct {
	mu    sync.RWMutex
	addrs map[string]netip.Addr // by canonical name
}

const localhost = "localhost"

// canonical is a name without what does not matter: upper case, and the dot
// that makes it absolute.
func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// SetName makes a DNS name resolve to the address on every host, in place of
// what it resolved to before. Names are case-insensitive, and a dot at the end
// makes no difference. Resolving takes no time and sends no packets. A name
// that is empty, an address or localhost, and an address that is not IPv4, are
// errors.
func (in *Internet) SetName(name string, addr netip.Addr) error {
	key := canonical(name)
	if _, err := netip.ParseAddr(key); key == "" || key == localhost || err == nil {
		return fmt.Errorf("vnet: %q cannot be a DNS name", name)
	}
	if !addr.Is4() {
		return fmt.Errorf("vnet: name %q: %v is not an IPv4 address", name, addr)
	}
	in.names.mu.Lock()
	defer in.names.mu.Unlock()
	if in.names.addrs == nil {
		in.names.addrs = make(map[string]netip.Addr)
	}
	in.names.addrs[key] = addr
	return nil
}

// lookup resolves a name. For one that nobody has set, the error is a
// [net.DNSError] as from a name server that says NXDOMAIN.
func (in *Internet) lookup(name string) (netip.Addr, error) {
	key := canonical(name)
	if key == localhost {
		return loopback, nil
	}
	in.names.mu.RLock()
	defer in.names.mu.RUnlock()
	addr, ok := in.names.addrs[key]
	if !ok {
		return netip.Addr{}, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return addr, nil
}
