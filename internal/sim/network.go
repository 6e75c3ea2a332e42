package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/vnet"
)

// network is the simulated internet of a session, with what the scenario says about it.
type network struct {
	session  *Session
	internet *vnet.Internet
	servers  map[string]*vnet.Server
	hosts    map[string]*vnet.Host // of peers and servers
	packets  *packets

	// rules are the drop rules of vnet, by the first rule of the scenario's list, and traces the rate traces: a list that stays
	// goes on counting, and a trace goes on where it is.
	rules  map[*scenario.DropRule][]vnet.DropRule
	traces map[*scenario.RateTrace]*vnet.RateTrace
}

// newNetwork makes the scenario's networks, servers and hosts.
func newNetwork(s *Session) (*network, error) {
	n := &network{
		session: s,
		servers: make(map[string]*vnet.Server),
		hosts:   make(map[string]*vnet.Host),
		packets: newPackets(s),
		rules:   make(map[*scenario.DropRule][]vnet.DropRule),
		traces:  make(map[*scenario.RateTrace]*vnet.RateTrace),
	}
	config := vnet.Config{
		Random:        s.random,
		Observer:      n.packets,
		LoggerFactory: loggers{s, "network"},
	}
	for _, c := range s.scenario.Networks {
		if c.Name != scenario.Internet {
			config.Networks = append(config.Networks, vnet.NetworkConfig{
				Name:   c.Name,
				Behind: c.Behind,
				Link:   n.link(c.Link),
				NAT:    nat(c.NAT),
				Subnet: c.Subnet.Prefix,
			})
		}
	}
	var err error
	if n.internet, err = vnet.New(config); err != nil {
		return nil, err
	}
	for _, c := range s.scenario.Servers {
		if err := n.addServer(c); err != nil {
			return nil, err
		}
	}
	for _, p := range s.scenario.Peers {
		var interfaces []vnet.InterfaceConfig
		for _, i := range p.Interfaces {
			config := vnet.InterfaceConfig{Name: i.Name, Network: i.Network, Down: !i.Up}
			if i.Link != nil {
				link := n.link(*i.Link)
				config.Link = &link
			}
			interfaces = append(interfaces, config)
		}
		if n.hosts[p.Name], err = n.internet.AddMultihomed(p.Name, interfaces...); err != nil {
			return nil, err
		}
	}
	// Rules may name peers and servers, which have their addresses now.
	for _, c := range s.scenario.Networks {
		if c.Firewall != nil {
			if err := n.internet.SetFirewall(c.Name, n.firewall(c.Firewall)); err != nil {
				return nil, err
			}
		}
	}
	s.log.Add("", recorder.KindTopology, 0, n.topology())
	return n, n.internet.Start()
}

func (n *network) addServer(c *scenario.Server) error {
	config := vnet.ServerConfig{Name: c.Name, Network: c.Network, LoggerFactory: loggers{n.session, c.Name}}
	if c.STUN != nil {
		config.STUN = &vnet.STUNConfig{Port: c.STUN.Port}
	}
	if t := c.TURN; t != nil {
		users := make(map[string]string)
		for _, u := range t.Users {
			users[u.Name] = u.Password
		}
		config.TURN = &vnet.TURNConfig{
			Port:               t.Port,
			Realm:              t.Realm,
			Users:              users,
			AllocationLifetime: t.AllocationLifetime,
			PermissionLifetime: t.PermissionLifetime,
			ChannelLifetime:    t.ChannelLifetime,
			Quota:              t.Quota,
		}
	}
	server, err := n.internet.AddServer(config)
	if err != nil {
		return err
	}
	n.servers[c.Name], n.hosts[c.Name] = server, server.Host()
	if c.Link == nil {
		return nil
	}
	return server.Host().Interfaces()[0].SetLink(n.link(*c.Link))
}

func (n *network) link(l scenario.Link) vnet.Link {
	return vnet.Link{Up: n.direction(l.Up), Down: n.direction(l.Down)}
}

func (n *network) direction(d scenario.Direction) vnet.Direction {
	var v vnet.Direction
	set(&v.Delay, d.Delay)
	set(&v.Jitter, d.Jitter)
	if d.JitterDistribution != nil {
		v.JitterDistribution = distributions[*d.JitterDistribution]
	}
	set(&v.JitterCorrelation, d.JitterCorrelation)
	set(&v.Reorder, d.Reorder)
	if d.Loss != nil {
		v.Loss = float64(*d.Loss)
	}
	if d.Burst != nil && v.Loss > 0 {
		v.Burst = float64(*d.Burst)
	}
	if g := d.GilbertElliott; g != nil {
		v.GilbertElliott = &vnet.GilbertElliott{P: float64(g.P), R: float64(g.R), LossGood: float64(g.LossGood), LossBad: float64(g.LossBad)}
	}
	if d.Rate != nil {
		v.Rate = int64(*d.Rate)
	}
	if d.Queue != nil {
		v.Queue, v.QueueBytes = d.Queue.Packets, int(d.Queue.Bytes)
	}
	if d.Overhead != nil {
		if v.Overhead = int(*d.Overhead); v.Overhead == 0 {
			v.Overhead = -1
		}
	}
	if d.MTU != nil {
		if v.MTU = int(*d.MTU); v.MTU == 0 {
			v.MTU = noMTU
		}
	}
	if d.AQM != nil && d.AQM.CoDel != nil {
		v.CoDel = &vnet.CoDel{Target: d.AQM.CoDel.Target, Interval: d.AQM.CoDel.Interval}
	}
	if d.Duplicate != nil {
		v.Duplicate = float64(*d.Duplicate)
	}
	if d.Corrupt != nil {
		v.Corrupt = float64(*d.Corrupt)
	}
	if d.RateTrace != nil {
		if n.traces[d.RateTrace] == nil {
			n.traces[d.RateTrace] = vnet.NewRateTrace(d.RateTrace.Times)
		}
		v.RateTrace = n.traces[d.RateTrace]
	}
	v.Drop = n.dropRules(d.Drop)
	return v
}

// noMTU is more than any packet has.
const noMTU = 1 << 16

var distributions = map[string]vnet.Distribution{"normal": vnet.Normal, "uniform": vnet.Uniform, "pareto": vnet.Pareto}

// dropRules returns vnet's form of a list of rules: the same one for the same list.
func (n *network) dropRules(list scenario.DropRules) []vnet.DropRule {
	if len(list) == 0 {
		return nil
	}
	if known := n.rules[list[0]]; known != nil {
		return known
	}
	var rules []vnet.DropRule
	for _, r := range list {
		rule := vnet.DropRule{Name: r.Name, Match: matcher(&r.Match), Nth: r.Nth, First: r.First, Every: r.Every}
		if r.Between != nil {
			rule.From, rule.To = r.Between.From, r.Between.To
		}
		rules = append(rules, rule)
	}
	n.rules[list[0]] = rules
	return rules
}

// matcher returns what tells whether a packet fits.
func matcher(m *scenario.PacketMatch) func(*vnet.Packet) bool {
	return func(p *vnet.Packet) bool {
		info, _ := p.Info.(*packetInfo)
		switch {
		case m.Size != nil && !m.Size.Holds(len(p.Payload)):
			return false
		case m.From != "" && m.From != p.From:
			return false
		case m.Protocol != "" && (info == nil || !slices.Contains(info.protocols, m.Protocol)):
			return false
		case len(m.Types) > 0 && (info == nil || !slices.ContainsFunc(m.Types, func(t string) bool { return slices.Contains(info.types, t) })):
			return false
		}
		return m.To == "" || m.To == p.To()
	}
}

func nat(c *scenario.NAT) *vnet.NAT {
	if c == nil {
		return nil
	}
	return &vnet.NAT{
		Mapping:   behaviors[c.Mapping],
		Filtering: behaviors[c.Filtering],
		Lifetime:  c.Lifetime,
		OneToOne:  c.OneToOne,
		Hairpin:   c.Hairpin,
		Addresses: c.Addresses,
	}
}

var behaviors = map[string]vnet.Behavior{
	scenario.EndpointIndependent:     vnet.EndpointIndependent,
	scenario.AddressDependent:        vnet.AddressDependent,
	scenario.AddressAndPortDependent: vnet.AddressAndPortDependent,
}

func (n *network) firewall(c *scenario.Firewall) *vnet.Firewall {
	f := &vnet.Firewall{UDP: policies[c.UDP], Lifetime: c.Lifetime}
	for _, r := range c.Rules {
		direction := r.Allow + r.Block // one of them is empty
		f.Rules = append(f.Rules, vnet.FirewallRule{
			Allow:       r.Allow != "",
			In:          direction != "out",
			Out:         direction != "in",
			Remotes:     n.remotes(r.Remote),
			RemotePorts: ports(r.RemotePort),
			LocalPorts:  ports(r.LocalPort),
		})
	}
	return f
}

var policies = map[string]vnet.Policy{"allow": vnet.Allow, "block": vnet.Block, "outbound-only": vnet.OutboundOnly}

func ports(p *scenario.Ports) vnet.PortRange {
	if p == nil {
		return vnet.PortRange{}
	}
	return vnet.PortRange{First: p.Min, Last: p.Max}
}

// remotes returns the addresses that a firewall rule is about. A peer or a server is known by its own ones and by those of
// the NATs that it is behind.
func (n *network) remotes(r scenario.Remote) []netip.Prefix {
	switch {
	case r.Prefix.IsValid():
		return []netip.Prefix{r.Prefix}
	case r.Name == "":
		return nil
	}
	var all []netip.Prefix
	add := func(addr netip.Addr) { all = append(all, netip.PrefixFrom(addr, 32)) }
	for _, i := range n.hosts[r.Name].Interfaces() {
		add(i.Addr())
		for c := n.session.scenario.Network(i.Network()); c != nil && c.Name != scenario.Internet; c = n.session.scenario.Network(c.Behind) {
			for _, addr := range n.internet.PublicAddrs(c.Name) {
				add(addr)
			}
		}
	}
	return all
}

// topology tells what there is.
func (n *network) topology() recorder.Topology {
	t := recorder.Topology{Networks: []recorder.TopologyNetwork{}, Hosts: []recorder.TopologyHost{}}
	for _, c := range n.session.scenario.Networks {
		network := recorder.TopologyNetwork{Name: c.Name, Subnet: n.internet.Subnet(c.Name).String(), Behind: c.Behind}
		if c.Name != scenario.Internet {
			network.Link = topologyLink(c.Link)
		}
		for _, addr := range n.internet.PublicAddrs(c.Name) {
			network.Public = append(network.Public, addr.String())
		}
		if c.NAT != nil {
			network.NAT = topologyNAT(c.NAT)
		}
		if c.Firewall != nil {
			network.Firewall = topologyFirewall(c.Firewall)
		}
		t.Networks = append(t.Networks, network)
	}
	for _, c := range n.session.scenario.Servers {
		var serves []string
		if c.STUN != nil {
			serves = append(serves, fmt.Sprintf("stun:%d", c.STUN.Port))
		}
		if c.TURN != nil {
			serves = append(serves, fmt.Sprintf("turn:%d", c.TURN.Port))
		}
		t.Hosts = append(t.Hosts, n.topologyHost(c.Name, strings.Join(serves, ", "), func(string) *scenario.Link { return c.Link }))
	}
	for _, p := range n.session.scenario.Peers {
		t.Hosts = append(t.Hosts, n.topologyHost(p.Name, "", func(name string) *scenario.Link { return p.Interface(name).Link }))
	}
	return t
}

func (n *network) topologyHost(name, server string, link func(string) *scenario.Link) recorder.TopologyHost {
	host := recorder.TopologyHost{Name: name, Server: server, Interfaces: []recorder.TopologyInterface{}}
	for _, i := range n.hosts[name].Interfaces() {
		t := recorder.TopologyInterface{Name: i.Name(), Network: i.Network(), Address: i.Addr().String(), Up: i.Up()}
		if l := link(i.Name()); l != nil {
			t.Link = topologyLink(*l)
		}
		host.Interfaces = append(host.Interfaces, t)
	}
	return host
}

// set sets a value that was given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
