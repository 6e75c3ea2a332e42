package scenario

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Internet is the name of the network that is always there. It is public, and has none of the settings of a network.
const Internet = "internet"

// A Network is a place where peers and servers are.
type Network struct {
	Pos
	Name string
	// NAT translates the addresses of the network's hosts; nil: none does, so that they are addresses of what it is behind.
	NAT *NAT `yaml:"nat" default:"none" doc:"What translates the addresses of the network's hosts: full-cone, restricted, port-restricted, symmetric or none, or its settings in the terms of RFC 4787." example:"port-restricted"`
	// Link is the way between the network and what it is behind.
	Link Link `yaml:"link" doc:"The way between the network and what it is behind, on the far side of its NAT. Values directly under link hold for both directions; up and down override them." example:"{delay: 20ms, down: {rate: 50Mbps}, up: {rate: 10Mbps}}"`
	// Behind is the name of the network that this one is behind. It is empty for the internet alone, and leads there.
	Behind string `yaml:"behind" ref:"network" default:"internet" doc:"The network that this one is linked to: a carrier's, for one." example:"carrier"`
	// Subnet are the addresses of the network's hosts; invalid: those of the address plan.
	Subnet Subnet `yaml:"subnet" doc:"The addresses of the network's hosts: an IPv4 block from /16 to /29. By default one of docs/network.md's address plan." example:"192.168.1.0/24"`
	// Firewall lets packets into the network and out of it, or not; nil: it lets all of them.
	Firewall *Firewall `yaml:"firewall" default:"allow" doc:"What the network lets in and out: allow, block or outbound-only, or rules." example:"outbound-only"`
}

// A Subnet is an IPv4 block. The zero value is none.
type Subnet struct {
	netip.Prefix
}

// Network returns the network of that name, nil if there is none.
func (s *Scenario) Network(name string) *Network {
	for _, n := range s.Networks {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func (t *Network) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(t).Elem())
	t.Link = t.Link.settled()
	if t.NAT != nil && t.NAT.Type == "none" {
		t.NAT = nil
	}
	pairs := mappingOf(n)
	r.later = append(r.later, func() {
		if t.NAT != nil && t.NAT.OneToOne && valueOf(resolved(valueIn(pairs, "nat")), "addresses") == nil {
			t.NAT.Addresses = max(1, r.result.hostsOn(t.Name))
		}
		t.checkNesting(r, keyPos(pairs, "behind"))
		t.checkSubnet(r, keyPos(pairs, "subnet"))
	})
}

func (t *Network) setName(r *reader, pos Pos, name string) {
	t.Name = name
	switch {
	case name == Internet:
		r.errorf(pos, "built-in-network", "give a network of your own another name, and put the peers on it", "internet is built in, and has no link and no settings")
	case !isName(name):
		r.errorf(pos, "bad-name", "a name consists of letters, digits, - and _, and does not begin with a digit", "%s cannot be the name of a network", quote(name))
	}
}

// checkNesting says that a network is behind itself.
func (t *Network) checkNesting(r *reader, pos Pos) {
	chain := []string{t.Name}
	for at := r.result.Network(t.Behind); at != nil && at.Name != Internet; at = r.result.Network(at.Behind) {
		chain = append(chain, at.Name)
		if at == t {
			r.errorf(pos, "circle", "each network leads to the internet", "the network is behind itself: %s", strings.Join(chain, " -> "))
			return
		}
		if slices.Contains(chain[:len(chain)-1], at.Name) {
			return // a circle that it is not part of
		}
	}
}

// planned are the blocks that the address plan takes public addresses from (RFC 5737 and RFC 2544), and core is that of the
// internet itself.
var (
	planned = []netip.Prefix{
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
	}
	core = netip.MustParsePrefix("198.19.0.0/24")
)

// publicBlock returns the public block that the address plan has for the i-th network.
func publicBlock(i int) netip.Prefix {
	if last := len(planned) - 1; i >= last {
		i -= last
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18 + byte(i>>8), byte(i), 0}), 24)
	}
	return planned[i]
}

// checkSubnet says which other network has addresses of the subnet where that cannot be.
func (t *Network) checkSubnet(r *reader, pos Pos) {
	if !t.Subnet.IsValid() {
		return
	}
	if t.NAT != nil && slices.ContainsFunc(planned, t.Subnet.Overlaps) {
		r.errorf(pos, "overlap", "such as 192.168.1.0/24 or 10.1.0.0/16", "%v holds public addresses of the simulated internet, which hosts behind a NAT could not reach", t.Subnet)
		return
	}
	realm := r.realm(t)
	if realm == Internet && t.Subnet.Overlaps(core) {
		r.errorf(pos, "overlap", "such as 192.0.2.0/24", "%v overlaps with the addresses of the internet's own hosts, %v", t.Subnet, core)
		return
	}
	plan := 0
	for _, other := range r.result.Networks {
		if other.Name == Internet {
			continue
		}
		block := publicBlock(plan)
		plan++
		public := other.NAT != nil && other.Behind == Internet || !other.Subnet.IsValid() && r.realm(other) == Internet
		if other != t && realm == Internet && public && t.Subnet.Overlaps(block) {
			r.errorf(pos, "overlap", "leave the subnet out, or take another block", "%v overlaps with %v, which the address plan has for %s", t.Subnet, block, other.Name)
			return
		}
		if other == t || !other.Subnet.IsValid() || !other.Subnet.Overlaps(t.Subnet.Prefix) {
			continue
		}
		around := t.NAT != nil && r.realm(other) == r.outside(t)
		switch {
		case realm == r.realm(other) && other.Line < t.Line:
			r.errorf(pos, "overlap", "give them different blocks, or put one behind a nat", "%v overlaps with the subnet of %s, and nothing translates between them", t.Subnet, other.Name)
			return
		case around:
			r.errorf(pos, "overlap", "give them different blocks", "%v overlaps with the subnet of %s, which its hosts could not reach", t.Subnet, other.Name)
			return
		}
	}
	hosts := r.result.hostsOn(t.Name)
	for _, inner := range r.result.Networks {
		if inner.Behind == t.Name && inner.NAT != nil {
			hosts += inner.NAT.Addresses
		}
	}
	if most := 1<<(32-t.Subnet.Bits()) - 2; hosts > most {
		r.errorf(pos, "out-of-range", "", "%v has room for %d hosts, and there are %d", t.Subnet, most, hosts)
	}
}

// hostsOn returns how many interfaces of peers and servers are ever on a network.
func (s *Scenario) hostsOn(network string) int {
	hosts := 0
	for _, server := range s.Servers {
		hosts += count(server.Network == network)
	}
	moves := map[[2]string]bool{}
	for step := range s.All() {
		if c, ok := step.Action.(*ChangeInterface); ok && c.Set != nil && c.Set.Network == network {
			moves[[2]string{c.Peer, c.Interface}] = true
		}
	}
	for _, p := range s.Peers {
		for _, i := range p.Interfaces {
			hosts += count(i.Network == network || moves[[2]string{p.Name, i.Name}])
		}
	}
	return hosts
}

// realm returns the name of the network whose NAT is between a network's addresses and the internet's, Internet if none is.
func (r *reader) realm(n *Network) string {
	for range r.result.Networks {
		if n == nil || n.NAT != nil || n.Name == Internet {
			break
		}
		n = r.result.Network(n.Behind)
	}
	if n == nil {
		return Internet
	}
	return n.Name
}

// outside returns the realm around a network's own.
func (r *reader) outside(n *Network) string {
	behind := r.result.Network(n.Behind)
	if behind == nil {
		return Internet
	}
	return r.realm(behind)
}

func (s *Subnet) read(r *reader, n *yaml.Node) {
	const hint = "such as 192.168.1.0/24"
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.expected(n, "a block of addresses", hint)
		return
	}
	prefix, err := netip.ParsePrefix(n.Value)
	switch pos := position(n); {
	case err != nil:
		r.errorf(pos, "bad-address", hint, "%s is not a block of addresses", quote(n.Value))
	case !prefix.Addr().Is4():
		r.errorf(pos, "not-supported", hint, "%s is not IPv4, which is all that the simulated network carries", n.Value)
	case prefix.Bits() < 16 || prefix.Bits() > 29:
		r.errorf(pos, "out-of-range", hint, "a subnet has from 16 to 29 bits, not %d", prefix.Bits())
	case prefix.Masked() != prefix:
		r.errorf(pos, "bad-address", "write "+prefix.Masked().String(), "%s is an address within a block", n.Value)
	default:
		s.Prefix = prefix
	}
}
