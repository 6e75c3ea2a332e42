package vnet

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A Firewall decides which UDP packets pass between a network and what it is
// behind. It sees the addresses as they are inside of the network's NAT.
type Firewall struct {
	// UDP is what becomes of packets that no rule picks.
	UDP Policy

	// Lifetime is how long after the last packet of a flow an answer to it is
	// let in. 0 means 30 seconds.
	Lifetime time.Duration

	// Rules are looked at in their order; the first that picks a packet
	// decides.
	Rules []FirewallRule
}

// A Policy is what a firewall does with UDP.
type Policy int

// The policies.
const (
	Allow        Policy = iota // everything passes
	Block                      // nothing passes
	OutboundOnly               // what goes out passes, and what answers it
)

func (p Policy) String() string { return [...]string{"allow", "block", "outbound-only"}[p] }

// A FirewallRule picks packets by their direction, their addresses and their
// ports, and lets them pass or not. What answers a packet that was let out
// passes as well, unless a rule blocks it.
type FirewallRule struct {
	Allow   bool // let the packets pass; false: drop them
	In, Out bool // the directions it holds for

	// Remotes are the addresses beyond the firewall; nil is any.
	Remotes []netip.Prefix

	// RemotePorts and LocalPorts are the ports of both ends; the zero value is
	// any.
	RemotePorts, LocalPorts PortRange
}

// A PortRange is a range of ports, both ends included. The zero value has all
// of them.
type PortRange struct{ First, Last uint16 }

func (r PortRange) contains(port uint16) bool {
	return r == PortRange{} || r.First <= port && port <= r.Last
}

func (r *FirewallRule) picks(f flow, out bool) bool {
	return (out && r.Out || !out && r.In) &&
		(r.Remotes == nil || slices.ContainsFunc(r.Remotes, func(p netip.Prefix) bool { return p.Contains(f.remote.Addr()) })) &&
		r.RemotePorts.contains(f.remote.Port()) && r.LocalPorts.contains(f.local.Port())
}

// firewall is a Firewall at work.
type firewall struct {
	Firewall
	flows map[flow]time.Duration // when each had its last packet
}

// A flow is what a firewall takes for a conversation.
type flow struct{ local, remote netip.AddrPort }

// newFirewall returns nil if there is nothing to do.
func newFirewall(config *Firewall) *firewall {
	if config == nil {
		return nil
	}
	f := &firewall{Firewall: *config, flows: make(map[flow]time.Duration)}
	if f.Lifetime == 0 {
		f.Lifetime = defaultLifetime
	}
	return f
}

// out says why a packet may not leave, or nothing if it may.
func (f *firewall) out(p *Packet, now time.Duration) Reason {
	flow := flow{p.src, p.dst}
	allow, why := f.decide(flow, true)
	if !allow {
		return why
	}
	f.flows[flow] = now
	return ""
}

// in says why a packet may not come in, or nothing if it may.
func (f *firewall) in(p *Packet, now time.Duration) Reason {
	flow := flow{p.dst, p.src}
	last, known := f.flows[flow]
	if known && now > last+f.Lifetime {
		delete(f.flows, flow)
		known = false
	}
	allow, why := f.decide(flow, false)
	switch {
	case allow || known && why == f.policy():
		if known {
			f.flows[flow] = now
		}
		p.detail = ""
		return ""
	case f.UDP == OutboundOnly && why == f.policy():
		p.detail = fmt.Sprintf("%v has sent nothing to %v in the last %v", flow.local, flow.remote, f.Lifetime)
	}
	return why
}

// policy is the reason of what no rule picks.
func (f *firewall) policy() Reason { return Reason("firewall: udp " + f.UDP.String()) }

func (f *firewall) decide(flow flow, out bool) (allow bool, why Reason) {
	for i := range f.Rules {
		if f.Rules[i].picks(flow, out) {
			return f.Rules[i].Allow, Reason(fmt.Sprintf("firewall rule %d", i+1))
		}
	}
	return f.UDP == Allow || f.UDP == OutboundOnly && out, f.policy()
}
