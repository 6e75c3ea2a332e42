package vnet_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

// A firewall's policies and rules, with and without a NAT behind it: it sees
// the addresses inside of the NAT.
func TestFirewall(t *testing.T) {
	prefixes := func(texts ...string) (all []netip.Prefix) {
		for _, text := range texts {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	const (
		server, otherPort, stranger = "198.19.0.1:1", "198.19.0.1:2", "198.19.0.2:1"
		out, in                     = "delivered to server", "delivered to alice"
	)
	// Each case sends these packets in this order. Only alice's first goes out
	// before the others come in.
	type packets struct{ unasked, out, answer, fromOtherPort, fromStranger, outToStranger string }
	at := func(why string) string { return "dropped at home: " + why }
	nothing := func(to string) string {
		return at("firewall: udp outbound-only (ALICE has sent nothing to " + to + " in the last 30s)")
	}
	block := at("firewall: udp block")
	for _, test := range []struct {
		name     string
		firewall *vnet.Firewall
		want     packets
	}{
		{"none", nil,
			packets{in, out, in, in, in, "delivered to stranger"}},
		{"allow", &vnet.Firewall{},
			packets{in, out, in, in, in, "delivered to stranger"}},
		{"block", &vnet.Firewall{UDP: vnet.Block},
			packets{block, block, block, block, block, block}},
		{"outbound-only", &vnet.Firewall{UDP: vnet.OutboundOnly},
			packets{nothing(server), out, in, nothing(otherPort), nothing(stranger), "delivered to stranger"}},
		{"blocked, but for a server", &vnet.Firewall{UDP: vnet.Block, Rules: []vnet.FirewallRule{
			{Allow: true, Out: true, Remotes: prefixes("198.19.0.1/32")},
		}}, packets{block, out, in, block, block, block}},
		{"blocked, but for a port", &vnet.Firewall{UDP: vnet.Block, Rules: []vnet.FirewallRule{
			{Allow: true, In: true, Out: true, RemotePorts: vnet.PortRange{First: 2, Last: 3}},
		}}, packets{block, block, block, in, block, block}},
		{"a local port is open", &vnet.Firewall{UDP: vnet.OutboundOnly, Rules: []vnet.FirewallRule{
			{Allow: true, In: true, LocalPorts: vnet.PortRange{First: 6, Last: 7}},
		}}, packets{in, out, in, in, in, "delivered to stranger"}},
		{"another local port is open", &vnet.Firewall{UDP: vnet.OutboundOnly, Rules: []vnet.FirewallRule{
			{Allow: true, In: true, LocalPorts: vnet.PortRange{First: 8, Last: 9}},
		}}, packets{nothing(server), out, in, nothing(otherPort), nothing(stranger), "delivered to stranger"}},
		{"a rule blocks answers, too", &vnet.Firewall{UDP: vnet.OutboundOnly, Rules: []vnet.FirewallRule{
			{In: true, Remotes: prefixes("198.19.0.0/24"), RemotePorts: vnet.PortRange{First: 1, Last: 1}},
		}}, packets{at("firewall rule 1"), out, at("firewall rule 1"), nothing(otherPort), at("firewall rule 1"), "delivered to stranger"}},
		{"the first rule decides", &vnet.Firewall{Rules: []vnet.FirewallRule{
			{In: true, RemotePorts: vnet.PortRange{First: 2, Last: 2}},
			{Allow: true, In: true, Out: true, Remotes: prefixes("198.19.0.1/32")},
			{In: true, Out: true, Remotes: prefixes("198.19.0.0/16")},
		}}, packets{in, out, in, at("firewall rule 1"), at("firewall rule 3"), at("firewall rule 3")}},
		{"the other order", &vnet.Firewall{Rules: []vnet.FirewallRule{
			{In: true, Out: true, Remotes: prefixes("198.19.0.0/16")},
			{Allow: true, In: true, Out: true, Remotes: prefixes("198.19.0.1/32")},
		}}, packets{at("firewall rule 1"), at("firewall rule 1"), at("firewall rule 1"), at("firewall rule 1"), at("firewall rule 1"), at("firewall rule 1")}},
		{"two remotes", &vnet.Firewall{UDP: vnet.Block, Rules: []vnet.FirewallRule{
			{Allow: true, In: true, Remotes: prefixes("10.0.0.0/8", "198.19.0.2/32")},
		}}, packets{block, block, block, block, in, block}},
		{"no remote", &vnet.Firewall{UDP: vnet.Block, Rules: []vnet.FirewallRule{
			{Allow: true, In: true, Remotes: prefixes("10.0.0.0/8")},
		}}, packets{block, block, block, block, block, block}},
		{"only out", &vnet.Firewall{Rules: []vnet.FirewallRule{
			{Out: true, Remotes: prefixes("198.19.0.2/32")},
		}}, packets{in, out, in, in, in, at("firewall rule 1")}},
	} {
		for _, nat := range []*vnet.NAT{nil, {}} {
			name, local, public := test.name, "203.0.113.1:7", "203.0.113.1:7"
			if nat != nil {
				name, local, public = name+" with a NAT", "192.168.0.1:7", "203.0.113.1:49152"
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					j := newJournal()
					internet, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home", NAT: nat}},
						"alice", "home", "server", vnet.Core, "stranger", vnet.Core)
					alice := j.socket(t, hosts[0], 7)
					s1, s2, other := j.socket(t, hosts[1], 1), j.socket(t, hosts[1], 2), j.socket(t, hosts[2], 1)
					j.opens(t, alice, otherPort) // the NAT's mapping; the firewall comes later
					if err := internet.SetFirewall("home", test.firewall); err != nil {
						t.Fatal(err)
					}
					want := func(want string) string { return strings.ReplaceAll(want, "ALICE", local) }
					j.want(t, s1, public, want(test.want.unasked))
					j.want(t, alice, server, want(test.want.out))
					j.want(t, s1, public, want(test.want.answer))
					j.want(t, s2, public, want(test.want.fromOtherPort))
					j.want(t, other, public, want(test.want.fromStranger))
					j.want(t, alice, stranger, want(test.want.outToStranger))
					if err := internet.SetFirewall("home", nil); err != nil {
						t.Fatal(err)
					}
					j.want(t, other, public, in)
				})
			})
		}
	}
}

// A flow lasts for its lifetime after its last packet, whichever way that went.
func TestFirewallLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", Firewall: &vnet.Firewall{UDP: vnet.OutboundOnly, Lifetime: 10 * time.Second}},
		}, "alice", "home", "server", vnet.Core)
		alice, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 1)
		const a, s = "203.0.113.1:7", "198.19.0.1:1"
		const gone = "dropped at home: firewall: udp outbound-only (203.0.113.1:7 has sent nothing to 198.19.0.1:1 in the last 10s)"
		j.want(t, alice, s, "delivered to server")
		time.Sleep(10 * time.Second)
		j.want(t, server, a, "delivered to alice")
		time.Sleep(10 * time.Second)
		j.want(t, server, a, "delivered to alice")
		time.Sleep(5 * time.Second)
		j.want(t, alice, s, "delivered to server")
		time.Sleep(10*time.Second + 1)
		j.want(t, server, a, gone)
		j.want(t, server, a, gone)
		j.want(t, alice, s, "delivered to server")
		j.want(t, server, a, "delivered to alice")
		// A firewall that is replaced has forgotten.
		if err := in.SetFirewall("home", &vnet.Firewall{UDP: vnet.OutboundOnly, Lifetime: 10 * time.Second}); err != nil {
			t.Fatal(err)
		}
		j.want(t, server, a, gone)
	})
}

// Hosts of a network do not meet its firewall, nor do those of networks behind
// it, unless they leave it.
func TestFirewallPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		_, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "office", Firewall: &vnet.Firewall{UDP: vnet.Block}},
			{Name: "floor", Behind: "office"},
		}, "alice", "office", "bob", "office", "carol", "floor")
		alice, carol := j.socket(t, hosts[0], 7), j.socket(t, hosts[2], 7)
		j.socket(t, hosts[1], 7)
		j.want(t, alice, "203.0.113.2:7", "delivered to bob")
		j.want(t, alice, "198.51.100.1:7", "delivered to carol")
		j.want(t, carol, "203.0.113.2:7", "delivered to bob")
		j.want(t, carol, "198.19.0.1:7", "dropped at office: firewall: udp block")
		j.want(t, carol, "203.0.113.9:7", "dropped at office: no route")
	})
}
