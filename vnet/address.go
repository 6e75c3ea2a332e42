package vnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Core is the name of the network that is always there: the public core of the
// internet, to which all other networks lead. A host on it has no link but its
// own access link.
const Core = "internet"

// The address plan. Every network that is not behind a NAT has a block of
// public addresses: those for documentation (RFC 5737) first, and then those
// for benchmarks (RFC 2544), whose upper half belongs to the core. Behind a NAT
// addresses are private (RFC 1918), or shared (RFC 6598) where the NAT is a
// carrier's, which means that there are networks behind it. All of them are
// /24. The i-th network has the i-th block of each kind, whatever it uses.
const (
	maxNetworks  = 3 + 256
	coreNetwork  = "198.19.0.0/24"
	benchNetwork = "198.18.0.0/24"
	homeNetwork  = "192.168.0.0/24"
	moreNetworks = "10.0.0.0/24" // from the 256th on
	deepNetwork  = "172.16.0.0/24"
	carriers     = "100.64.0.0/24"
	everywhere   = "0.0.0.0/0"
)

var documentation = [...]string{"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"}

// block returns the i-th block of 256 addresses from the first one on.
func block(first string, i int) netip.Prefix {
	p := netip.MustParsePrefix(first)
	return netip.PrefixFrom(plus(p.Addr(), i<<8), p.Bits())
}

// plus returns the address n further on.
func plus(a netip.Addr, n int) netip.Addr {
	b := a.As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+uint32(n))
	return netip.AddrFrom4(b)
}

// publicBlock is the public block of the i-th network.
func publicBlock(i int) netip.Prefix {
	if i < len(documentation) {
		return netip.MustParsePrefix(documentation[i])
	}
	return block(benchNetwork, i-len(documentation))
}

// insideBlock is the block of the i-th network's hosts.
func insideBlock(i int, natted, carrier, public bool) netip.Prefix {
	switch {
	case !natted && public:
		return publicBlock(i)
	case !natted:
		return block(deepNetwork, i)
	case carrier:
		return block(carriers, i)
	case i < 256:
		return block(homeNetwork, i)
	}
	return block(moreNetworks, i)
}

// build makes the networks, of which each may be behind any other, and gives
// them their addresses.
func (in *Internet) build(configs []NetworkConfig) error {
	core, err := newSite(in, Core)
	if err != nil {
		return err
	}
	core.inside = netip.MustParsePrefix(coreNetwork)
	in.sites[Core] = core
	in.order = append(in.order, core)

	index := make(map[string]int)
	carrier := make(map[string]bool)
	for i, config := range configs {
		if err := checkName("network", config.Name); err != nil {
			return err
		}
		if _, taken := index[config.Name]; taken || config.Name == Core {
			return fmt.Errorf("network %q: the name is taken", config.Name)
		}
		index[config.Name] = i
		carrier[config.Behind] = true
	}
	state := make([]int, len(configs)) // 0: to do, 1: begun, 2: done
	var add func(i int) error
	add = func(i int) error {
		config := configs[i]
		switch state[i] {
		case 1:
			return fmt.Errorf("network %q is behind itself", config.Name)
		case 2:
			return nil
		}
		state[i] = 1
		parent := core
		if config.Behind != "" && config.Behind != Core {
			j, ok := index[config.Behind]
			if !ok {
				return fmt.Errorf("network %q: no network %q", config.Name, config.Behind)
			}
			if err := add(j); err != nil {
				return err
			}
			parent = in.sites[config.Behind]
		}
		s, err := in.addSite(config, i, parent, carrier[config.Name])
		if err != nil {
			return fmt.Errorf("network %q: %w", config.Name, err)
		}
		in.sites[s.name] = s
		state[i] = 2
		return nil
	}
	for i := range configs {
		if err := add(i); err != nil {
			return err
		}
	}
	for _, config := range configs {
		in.order = append(in.order, in.sites[config.Name])
	}
	return nil
}

// addSite makes the i-th network, behind its parent.
func (in *Internet) addSite(config NetworkConfig, i int, parent *site, carrier bool) (*site, error) {
	if err := config.Link.validate(); err != nil {
		return nil, err
	}
	s, err := newSite(in, config.Name)
	if err != nil {
		return nil, err
	}
	s.parent = parent
	s.inside = config.Subnet
	if !s.inside.IsValid() {
		s.inside = insideBlock(i, config.NAT != nil, carrier, parent.public())
	}
	if err := checkBlock(s.inside); err != nil {
		return nil, err
	}
	s.claims = []netip.Prefix{s.inside}
	if config.NAT != nil {
		beyond := parent.inside
		if parent.parent == nil {
			beyond = publicBlock(i)
		}
		switch most := hosts(beyond); {
		case s.inside.Overlaps(beyond):
			return nil, fmt.Errorf("its NAT has the addresses %v inside and %v outside, which overlap", s.inside, beyond)
		case config.NAT.Addresses < 0 || config.NAT.Addresses > most:
			return nil, fmt.Errorf("its NAT has 1 to %d addresses, not %d", most, config.NAT.Addresses)
		case config.NAT.OneToOne && config.NAT.Addresses > hosts(s.inside):
			return nil, fmt.Errorf("its NAT is one to one, and has %d public addresses for %d hosts", config.NAT.Addresses, hosts(s.inside))
		}
		var outside []netip.Addr
		for n := range max(1, config.NAT.Addresses) {
			addr := plus(publicBlock(i).Addr(), n+1)
			if parent.parent != nil {
				if addr, err = parent.takeAddress(); err != nil {
					return nil, err
				}
			}
			outside = append(outside, addr)
		}
		if s.nat, err = newNAT(s, *config.NAT, outside); err != nil {
			return nil, err
		}
		s.claims = nil
		for _, addr := range outside {
			s.claims = append(s.claims, netip.PrefixFrom(addr, 32))
		}
	}
	if err := parent.adopt(s); err != nil {
		return nil, err
	}
	s.firewall = newFirewall(config.Firewall)
	s.up = in.newDirection(s.name+"/up", config.Link.Up, parent.rise)
	s.down = in.newDirection(s.name+"/down", config.Link.Down, s.come)
	return s, nil
}

// checkBlock rejects what cannot be the addresses of a network's hosts.
func checkBlock(block netip.Prefix) error {
	addr, bits := block.Addr(), block.Bits()
	switch {
	case !addr.Is4() || block != block.Masked():
		return fmt.Errorf("%v is not a block of IPv4 addresses", block)
	case bits < 16 || bits > 29:
		return fmt.Errorf("a block of addresses is a /16 to /29, not a /%d", bits)
	case addr.As4()[0] == 0, addr.IsLoopback(), addr.As4()[0] >= 224: // multicast, and class E
		return fmt.Errorf("%v are not addresses of hosts", block)
	}
	return nil
}

// hosts is the number of hosts for which a block has addresses: all but the
// network's own address and that for broadcast.
func hosts(block netip.Prefix) int { return 1<<(32-block.Bits()) - 2 }

// public reports whether the network's addresses are public: there is no NAT
// between it and the core.
func (s *site) public() bool { return s == nil || s.nat == nil && s.parent.public() }

// adopt puts a network behind this one, which from now on sends there what is
// for it.
func (s *site) adopt(child *site) error {
	for _, claim := range child.claims {
		// The addresses of its NAT are the parent's own, but for the core.
		if err := s.conflict(claim, child.nat == nil || s.parent == nil, nil); err != nil {
			return err
		}
	}
	s.children = append(s.children, child)
	return s.claim(child.claims...)
}

// conflict returns an error if a network behind this one has some of the
// addresses already, the one that wants them apart, or if own is set and this
// one has.
func (s *site) conflict(claim netip.Prefix, own bool, but *site) error {
	if own && claim.Overlaps(s.inside) {
		return fmt.Errorf("its addresses %v overlap with those of network %q", claim, s.name)
	}
	for _, other := range s.children {
		for _, taken := range other.claims {
			if other != but && claim.Overlaps(taken) {
				return fmt.Errorf("its addresses %v overlap with those of network %q", claim, other.name)
			}
		}
	}
	return nil
}

// claim has the networks that this one is behind send the addresses here, as
// far as no NAT hides them.
func (s *site) claim(claims ...netip.Prefix) error {
	if s.parent == nil || s.nat != nil {
		return nil
	}
	var beyond []netip.Prefix
	for _, c := range claims {
		if !s.inside.Contains(c.Addr()) {
			beyond = append(beyond, c)
		}
	}
	if len(beyond) == 0 {
		return nil
	}
	for _, c := range beyond {
		if err := s.parent.conflict(c, true, s); err != nil {
			return err
		}
	}
	s.claims = append(s.claims, beyond...)
	return s.parent.claim(beyond...)
}

// newAddress returns another public address for a network's NAT.
func (s *site) newAddress() (netip.Addr, error) {
	var addr netip.Addr
	if s.parent.parent != nil {
		var err error
		if addr, err = s.parent.takeAddress(); err != nil {
			return addr, err
		}
	} else {
		last := s.claims[len(s.claims)-1].Addr()
		addr = plus(last, 1)
		if addr.As4()[3] == 255 {
			return addr, errors.New("its NAT has had all public addresses that there are for it")
		}
	}
	claim := netip.PrefixFrom(addr, 32)
	if err := s.parent.conflict(claim, s.parent.parent == nil, s); err != nil {
		return addr, err
	}
	s.claims = append(s.claims, claim)
	return addr, nil
}
