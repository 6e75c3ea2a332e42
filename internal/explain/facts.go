package explain

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// Facts are what a recording tells, up to one of its events, put together for the rules. They are gathered once.
type Facts struct {
	// Recording is where they are from, Until the number of the last event that counts, Now its time.
	Recording *recorder.Recording
	Until     int
	Now       time.Duration
	// Header is the recording's first line, and End how the session ended; nil where it was not over.
	Header recorder.Header
	End    *SessionEnd

	Topology recorder.Topology
	// Peers are in the order in which they were made.
	Peers []*Peer
	// Servers are the STUN and TURN servers of the topology.
	Servers []*Server
	// Packets are in the order in which they were sent.
	Packets []*Packet
	// Signals are the messages of signaling, in the order in which they were sent.
	Signals []*Signal
	// Mappings are those of the NATs, in their order.
	Mappings []Mapping
	// Changes are those of the network and its interfaces, in their order.
	Changes []Change
	// Verdicts are those that there are, Steps the steps that have begun, Logs what pion logged.
	Verdicts []Verdict
	Steps    []Step
	Logs     []Log
	// ICE is the table of ICE.
	ICE *ice.View

	packets map[uint64]*Packet // by the event that sent them
	byID    map[uint64]*Packet
	checks  map[string][]*Check
	byCheck map[uint64]*Check
}

// SessionEnd is how a session ended.
type SessionEnd struct {
	At
	recorder.SessionEnd
}

// Mapping is a mapping of a NAT. Peer is the NAT's network.
type Mapping struct {
	At
	recorder.NATMapping
	// Cause is the number of the event that sent the packet for which it was made.
	Cause uint64
}

// Change is a change of the network. Peer is the network, the server, the peer whose interface it is, or "signaling".
type Change struct {
	At
	// Interface is its name, where an interface has changed, and Address what it has after the change.
	Interface, Address string
	Text               string
	// Up tells whether an interface is up after the change.
	Up bool
}

// Verdict is a verdict.
type Verdict struct {
	At
	recorder.Verdict
}

// Step is a step of the scenario that has begun.
type Step struct {
	At
	recorder.Step
}

// Log is a line that pion logged.
type Log struct {
	At
	recorder.LogLine
}

// Gather reads the events of a recording up to event n, or to the last one if there are fewer. The error is about what cannot be
// read; the facts are then those of the events before it.
func Gather(r *recorder.Recording, n int) (*Facts, error) {
	g := gatherer{
		Facts: &Facts{
			Recording: r,
			Header:    r.Header(),
			packets:   make(map[uint64]*Packet),
			byID:      make(map[uint64]*Packet),
			checks:    make(map[string][]*Check),
			byCheck:   make(map[uint64]*Check),
		},
		table:   ice.New(),
		content: dissection.New(),
		peers:   make(map[string]*Peer),
	}
	var failed error
	for i := 1; i <= min(n, r.Len()); i++ {
		e, err := r.Event(i)
		if err == nil {
			err = g.add(i, e)
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	g.finish()
	return g.Facts, failed
}

// gatherer gathers facts.
type gatherer struct {
	*Facts
	table   *ice.Table
	content *dissection.Dissection
	peers   map[string]*Peer
	signals map[uint64]*Signal
}

func (g *gatherer) add(n int, e recorder.Event) error {
	g.Until, g.Now = n, e.Time
	if err := g.table.Add(e); err != nil {
		return err
	}
	value, err := e.Value()
	if err != nil {
		if _, known := e.Kind.Info(); !known {
			return nil
		}
		return err
	}
	switch d := value.(type) {
	case recorder.Topology:
		g.topology(d)
	case recorder.PacketSent:
		return g.sent(e, d)
	case recorder.PacketEnd:
		g.ended(e, d)
	case recorder.DTLSSecret:
		g.content.Secret(d)
	case recorder.NATMapping:
		g.Mappings = append(g.Mappings, Mapping{at(e), d, e.Cause})
	case recorder.NetworkChange:
		g.Changes = append(g.Changes, Change{At: at(e), Text: d.Change})
	case recorder.Interface:
		g.Changes = append(g.Changes, Change{At: at(e), Interface: d.Interface, Address: d.Address, Text: d.Change, Up: d.Up})
		g.moved(e.Peer, d)
	case recorder.Signal:
		g.signal(e, d)
	case recorder.Verdict:
		g.Verdicts = append(g.Verdicts, Verdict{at(e), d})
	case recorder.Step:
		g.Steps = append(g.Steps, Step{at(e), d})
	case recorder.LogLine:
		g.Logs = append(g.Logs, Log{at(e), d})
	case recorder.SessionEnd:
		g.End = &SessionEnd{at(e), d}
	default:
		g.api(e, value)
	}
	return nil
}

// finish puts together what needs all events.
func (g *gatherer) finish() {
	g.table.Advance(g.Now)
	g.ICE = g.table.At()
	for _, p := range g.Peers {
		for _, other := range g.ICE.Peers {
			if other.Name == p.Name {
				p.ICE = other
			}
		}
		p.Other = g.otherOf(p)
		p.Transitions = g.Recording.Transitions(p.Name, g.Until)
		p.State, p.known, _ = g.Recording.StateAt(p.Name, g.Until)
	}
}

// Peer returns the peer of that name, nil where there is none.
func (f *Facts) Peer(name string) *Peer {
	for _, p := range f.Peers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// At returns when and where the event of that number was, false for one that does not matter to the rules.
func (f *Facts) event(seq uint64) (At, bool) {
	n := f.Recording.Find(seq)
	if n == 0 {
		return At{}, false
	}
	e := f.Recording.Entry(n)
	return At{e.Seq, e.Time, e.Peer}, true
}

// Network returns the network of that name, nil where there is none.
func (f *Facts) Network(name string) *recorder.TopologyNetwork {
	for i := range f.Topology.Networks {
		if f.Topology.Networks[i].Name == name {
			return &f.Topology.Networks[i]
		}
	}
	return nil
}

// ownerOf returns the peer or the server that has an address, and the network that it is on; empty where nobody has it.
func (f *Facts) ownerOf(address string) (host, network string) {
	for _, h := range f.Topology.Hosts {
		for _, i := range h.Interfaces {
			if i.Address == address {
				return h.Name, i.Network
			}
		}
	}
	return "", ""
}

// natOf returns the network whose NAT has a public address; empty where there is none.
func (f *Facts) natOf(address string) string {
	for _, n := range f.Topology.Networks {
		if slices.Contains(n.Public, address) {
			return n.Name
		}
	}
	return ""
}

// behindNAT returns the network with the first NAT between a peer and the internet; empty where there is none.
func (f *Facts) behindNAT(peer string) string {
	for _, h := range f.Topology.Hosts {
		if h.Name != peer {
			continue
		}
		for _, i := range h.Interfaces {
			for n := f.Network(i.Network); n != nil; n = f.Network(n.Behind) {
				if n.NAT != "" {
					return n.Name
				}
			}
		}
	}
	return ""
}

// within tells whether a peer or server is on a network, or on one behind it.
func (f *Facts) within(host, network string) bool {
	for _, h := range f.Topology.Hosts {
		if h.Name != host {
			continue
		}
		for _, i := range h.Interfaces {
			for n := f.Network(i.Network); n != nil; n = f.Network(n.Behind) {
				if n.Name == network {
					return true
				}
			}
		}
	}
	return false
}

// whose words a network or an element of it by the peers that are behind it: "alice's NAT (home)".
func (f *Facts) whose(network, what string) string {
	var owners []string
	for _, p := range f.Peers {
		if f.within(p.Name, network) {
			owners = append(owners, p.Name+"'s")
		}
	}
	if len(owners) == 0 || network == "internet" {
		return "the " + what + " of " + network
	}
	return strings.Join(owners, " and ") + " " + what + " (" + network + ")"
}

// An behaviour is what a NAT does, in the terms of RFC 4787.
type behaviour struct{ mapping, filtering, lifetime, alias string }

// nat returns the behaviour of a network's NAT.
func (f *Facts) nat(network string) behaviour {
	var b behaviour
	n := f.Network(network)
	if n == nil {
		return b
	}
	for i, part := range strings.Split(n.NAT, ", ") {
		if v, ok := strings.CutPrefix(part, "mapping "); ok {
			b.mapping = v
		} else if v, ok := strings.CutPrefix(part, "filtering "); ok {
			b.filtering = v
		} else if v, ok := strings.CutPrefix(part, "lifetime "); ok {
			b.lifetime = v
		} else if i == 0 {
			b.alias = part
		}
	}
	return b
}

// symmetric tells whether the NAT gives another port for another destination.
func (b behaviour) symmetric() bool { return b.mapping != "" && b.mapping != "endpoint-independent" }

// name words the behaviour: "symmetric", else its filtering.
func (b behaviour) name() string {
	if b.symmetric() {
		return "symmetric"
	}
	if b.alias != "" {
		return b.alias
	}
	return b.filtering + " filtering"
}

func (g *gatherer) topology(d recorder.Topology) {
	g.Topology = d
	for _, h := range d.Hosts {
		if h.Server != "" && len(h.Interfaces) > 0 {
			g.Servers = append(g.Servers, &Server{Name: h.Name, Address: h.Interfaces[0].Address, Network: h.Interfaces[0].Network, Serves: h.Server})
		}
	}
}

// moved keeps the topology's interfaces as they are now.
func (g *gatherer) moved(host string, d recorder.Interface) {
	for i := range g.Topology.Hosts {
		h := &g.Topology.Hosts[i]
		if h.Name != host {
			continue
		}
		for j := range h.Interfaces {
			if h.Interfaces[j].Name == d.Interface && h.Interfaces[j].Address == d.Address {
				return
			}
		}
		// The old address stays: packets of before are asked about, too.
		h.Interfaces = append(slices.Clip(h.Interfaces), recorder.TopologyInterface{Name: d.Interface, Network: d.Network, Address: d.Address, Up: d.Up})
	}
}

// host returns the address of a transport address.
func host(addr string) string {
	if a, err := netip.ParseAddrPort(addr); err == nil {
		return a.Addr().String()
	}
	return addr
}

// port returns the port of a transport address.
func port(addr string) string {
	if i := strings.LastIndex(addr, ":"); i >= 0 {
		return addr[i+1:]
	}
	return ""
}

// unmarshal reads the arguments of a call; what they lack stays as it is.
func unmarshal(data json.RawMessage, to any) { _ = json.Unmarshal(data, to) }

// plural words a count.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// seconds words a time as people say it.
func seconds(t time.Duration) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", t.Seconds()), "0"), ".") + " s"
}
