package scenario

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Firewall lets packets into a network and out of it, or not. It stands inside of the network's NAT.
type Firewall struct {
	Pos
	// UDP is what happens to a packet that no rule fits: allow, block, or outbound-only, which lets in answers only.
	UDP string `yaml:"udp" enum:"allow block outbound-only" default:"allow" doc:"What happens to a packet that no rule fits. outbound-only lets in only what answers a packet that went out: the same addresses and ports." example:"outbound-only"`
	// Lifetime is how long after the last packet answers are let in.
	Lifetime time.Duration `yaml:"lifetime" default:"30s" doc:"How long after the last packet that went out or came in answers to it are let in." example:"2m"`
	// Rules are asked in their order; the first that fits decides.
	Rules []*FirewallRule `yaml:"rules" doc:"What to let through and what not. The first rule that fits a packet decides, and after the last one udp." example:"[{block: out, remote: stun.example.net, remotePort: 3478}]"`
}

// A FirewallRule lets packets through or drops them. What is empty or nil is not asked for.
type FirewallRule struct {
	Pos
	// Allow and Block are in, out or both. Exactly one of them is set.
	Allow string `yaml:"allow" enum:"in out both" doc:"Lets packets through that come in, go out, or both." example:"in"`
	Block string `yaml:"block" enum:"in out both" doc:"Drops packets that come in, go out, or both." example:"out"`
	// Remote is outside of the network.
	Remote Remote `yaml:"remote" doc:"Who is at the other end, outside of the network: an IPv4 address, a block of them such as 203.0.113.0/24, or the name of a peer or a server." example:"203.0.113.0/24"`
	// RemotePort and LocalPort are ports outside of the network and within.
	RemotePort *Ports `yaml:"remotePort" doc:"The port outside of the network, or a range of them." example:"3478"`
	LocalPort  *Ports `yaml:"localPort" doc:"The port of the host in the network, or a range of them." example:"50000-50100"`
}

// A Remote is whom a rule is about: addresses, or a peer or server by its name. Its zero value is everybody.
type Remote struct {
	Pos
	// Prefix are addresses; invalid where there is a name.
	Prefix netip.Prefix
	// Name is the name of a peer or a server.
	Name string
}

// Ports is a range of ports, both ends included.
type Ports struct {
	Min, Max uint16
}

func (p Ports) String() string {
	if p.Min == p.Max {
		return strconv.Itoa(int(p.Min))
	}
	return fmt.Sprintf("%d-%d", p.Min, p.Max)
}

func (f *Firewall) read(r *reader, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		f.Pos = position(n)
		r.defaults(reflect.ValueOf(f).Elem())
		r.scalar(n, reflect.ValueOf(&f.UDP).Elem(), field{enum: enumOf[Firewall]("udp")})
		return
	}
	before := r.failures
	r.fields(n, reflect.ValueOf(f).Elem())
	if r.failures == before && f.Lifetime == 0 {
		r.errorf(keyPos(mappingOf(n), "lifetime"), "out-of-range", "udp: block lets no answer in", "answers that are let in for no time are not let in")
	}
}

// String returns the firewall in a few words, such as: outbound-only, 2 rules.
func (f *Firewall) String() string {
	switch len(f.Rules) {
	case 0:
		return f.UDP
	case 1:
		return f.UDP + ", 1 rule"
	}
	return fmt.Sprintf("%s, %d rules", f.UDP, len(f.Rules))
}

func (f *FirewallRule) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(f).Elem())
	if r.failures == before && (f.Allow == "") == (f.Block == "") {
		r.errorf(f.Pos, "wrong-rule", "such as allow: in, block: out or block: both", "a rule either allows or blocks")
	}
}

// String returns the rule in one line, such as: block out remote stun.example.net remotePort 3478.
func (f *FirewallRule) String() string {
	var parts []string
	v := reflect.ValueOf(f).Elem()
	for _, key := range fieldsOf(v.Type()) {
		if value := v.FieldByIndex(key.index); !value.IsZero() {
			parts = append(parts, fmt.Sprintf("%s %v", key.key, reflect.Indirect(value)))
		}
	}
	return strings.Join(parts, " ")
}

func (m Remote) String() string {
	switch {
	case m.Name != "":
		return m.Name
	case !m.Prefix.IsValid():
		return ""
	case m.Prefix.IsSingleIP():
		return m.Prefix.Addr().String()
	}
	return m.Prefix.String()
}

func (m *Remote) read(r *reader, n *yaml.Node) {
	const hint = "such as 203.0.113.7, 203.0.113.0/24, or the name of a peer or server"
	m.Pos = position(n)
	if n.Kind != yaml.ScalarNode || n.Value == "" || isNull(n) {
		r.expected(n, "an address or a name", hint)
		return
	}
	if addr, err := netip.ParseAddr(n.Value); err == nil {
		m.Prefix = netip.PrefixFrom(addr, addr.BitLen())
	} else if strings.Contains(n.Value, "/") {
		prefix, err := netip.ParsePrefix(n.Value)
		switch {
		case err != nil:
			r.errorf(m.Pos, "bad-address", hint, "%s is not a block of addresses", quote(n.Value))
			return
		case prefix.Masked() != prefix:
			r.errorf(m.Pos, "bad-address", "write "+prefix.Masked().String(), "%s is an address within a block", n.Value)
		}
		m.Prefix = prefix
	} else {
		m.Name = n.Value
		r.hostExists(m.Pos, n.Value)
		return
	}
	if !m.Prefix.Addr().Is4() {
		r.errorf(m.Pos, "not-supported", "", "%s is not IPv4, which is all that the simulated network carries", n.Value)
	}
}

func (p *Ports) read(r *reader, n *yaml.Node) {
	low, high, isRange := strings.Cut(n.Value, "-")
	if !isRange {
		high = low
	}
	first, err := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	last, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	switch {
	case n.Kind != yaml.ScalarNode || err != nil || err2 != nil || first == 0:
		r.expected(n, "a port, or a range of them", "such as 3478, or 50000-50100, from 1 to 65535")
		return
	case last < first:
		r.errorf(position(n), "out-of-range", fmt.Sprintf("such as %d-%d", last, first), "there are no ports from %d to %d", first, last)
	}
	p.Min, p.Max = uint16(first), uint16(last)
}
