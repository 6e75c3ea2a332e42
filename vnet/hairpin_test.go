package vnet_test

import (
	"testing"
	"testing/synctest"

	"github.com/rtcsim/rtcsim/vnet"
)

// RFC 4787 section 6: hosts behind one NAT reach each other by their public
// addresses, and see each other's public addresses (REQ-9); the NAT filters
// what it sends back as all else.
func TestHairpin(t *testing.T) {
	const public = "203.0.113.1:49152" // bob's
	filtered := func(behavior, from, by, to string) string {
		return "dropped at home: filtered by the NAT (" + behavior + " filtering: 192.168.0.2:7 has sent nothing to " + from + " by " + by + ", only to " + to + ")"
	}
	for _, test := range []struct {
		nat    vnet.NAT
		before string // what alice's packet to bob becomes before bob has sent to her
		after  string // and after that
	}{
		{vnet.NAT{}, "dropped at home: no hairpinning (the NAT does not send back what is for its own address 203.0.113.1)",
			"dropped at home: no hairpinning (the NAT does not send back what is for its own address 203.0.113.1)"},
		{vnet.NAT{Hairpin: true}, "delivered to bob", "delivered to bob"},
		{vnet.NAT{Hairpin: true, Filtering: vnet.AddressDependent},
			filtered("address-dependent", "203.0.113.1", public, "198.19.0.1"), "delivered to bob"},
		{vnet.NAT{Hairpin: true, Filtering: vnet.AddressAndPortDependent},
			filtered("address-and-port-dependent", "203.0.113.1:49153", public, "198.19.0.1:1"), "delivered to bob"},
		{vnet.NAT{Hairpin: true, Mapping: vnet.AddressAndPortDependent, Filtering: vnet.AddressAndPortDependent},
			filtered("address-and-port-dependent", "203.0.113.1:49154", public, "198.19.0.1:1"),
			filtered("address-and-port-dependent", "203.0.113.1:49154", public, "198.19.0.1:1")},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := newJournal()
			in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home", NAT: &test.nat}},
				"alice", "home", "bob", "home", "server", vnet.Core)
			alice, bob := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7)
			j.socket(t, hosts[2], 1)
			if got := j.opens(t, bob, "198.19.0.1:1"); got != public {
				t.Fatalf("bob's public address is %s, want %s", got, public)
			}
			hers := j.opens(t, alice, "198.19.0.1:1")
			f := j.want(t, alice, public, test.before)
			if test.before == "delivered to bob" {
				wantPath(t, f, "home: from "+hers, "home: to 192.168.0.2:7") // and no link
			}
			j.send(t, bob, hers)
			j.want(t, alice, public, test.after)
			if test.nat.Hairpin {
				j.want(t, alice, "203.0.113.1:60000", "dropped at home: no NAT mapping (203.0.113.1:60000 was never mapped)")
			}
			if in.InFlight() != 0 {
				t.Errorf("%d packets in flight", in.InFlight())
			}
		})
	}
}

// The way out and back crosses the firewall twice, which lies in front of the
// NAT.
func TestHairpinThroughFirewall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		_, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", NAT: &vnet.NAT{Hairpin: true}, Firewall: &vnet.Firewall{UDP: vnet.OutboundOnly}},
		}, "alice", "home", "bob", "home", "server", vnet.Core)
		alice, bob := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7)
		j.socket(t, hosts[2], 1)
		hers, his := j.opens(t, alice, "198.19.0.1:1"), j.opens(t, bob, "198.19.0.1:1")
		j.want(t, alice, his, "dropped at home: firewall: udp outbound-only (192.168.0.2:7 has sent nothing to 203.0.113.1:49152 in the last 30s)")
		j.want(t, bob, hers, "delivered to alice") // she has sent to him
		j.want(t, alice, his, "delivered to bob")
	})
}

// A one-to-one NAT leaves ports alone, lets everything in, and serves as many
// hosts as it has addresses.
func TestOneToOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "dmz", NAT: &vnet.NAT{OneToOne: true, Addresses: 3, Hairpin: true}},
			{Name: "rack", Behind: "dmz"},
		}, "alice", "dmz", "bob", "dmz", "server", vnet.Core, "rick", "rack")
		alice, bob, server, rick := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7), j.socket(t, hosts[2], 1), j.socket(t, hosts[3], 7)

		wantPath(t, j.want(t, server, "203.0.113.1:7", "delivered to alice"), "dmz/down", "dmz: to 100.64.0.1:7")
		wantPath(t, j.want(t, alice, "198.19.0.1:1", "delivered to server"), "dmz: from 203.0.113.1:7", "dmz/up")
		wantPath(t, j.want(t, bob, "198.19.0.1:1", "delivered to server"), "dmz: from 203.0.113.2:7", "dmz/up")
		j.want(t, server, "203.0.113.2:9", "dropped at bob: nobody listens")
		// The third address waits for a third host.
		j.want(t, server, "203.0.113.3:7", "dropped at dmz: no route")
		j.want(t, server, "203.0.113.4:7", "dropped at internet: no route")
		wantPath(t, j.want(t, alice, "203.0.113.2:7", "delivered to bob"), "dmz: from 203.0.113.1:7", "dmz: to 100.64.0.2:7")

		carol, err := in.AddHost("carol", "dmz")
		if err != nil {
			t.Fatal(err)
		}
		dave, err := in.AddHost("dave", "dmz")
		if err != nil {
			t.Fatal(err)
		}
		j.socket(t, carol, 7)
		j.want(t, server, "203.0.113.3:7", "delivered to carol")
		without := "dropped at dmz: no NAT mapping (the one-to-one NAT has 3 public addresses, and none for "
		j.want(t, j.socket(t, dave, 7), "198.19.0.1:1", without+"100.64.0.4)")
		j.want(t, j.socket(t, dave, 8), "203.0.113.1:7", without+"100.64.0.4)")
		j.want(t, rick, "198.19.0.1:1", without+"172.16.1.1)")
		if len(j.mapped) != 0 || in.InFlight() != 0 {
			t.Errorf("%d mappings, %d packets in flight", len(j.mapped), in.InFlight())
		}
	})
}

// RFC 4787 section 4.1: all mappings of a host have the same public address.
func TestPairedPooling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", NAT: &vnet.NAT{Addresses: 2, Mapping: vnet.AddressAndPortDependent, Hairpin: true}},
		}, "alice", "home", "bob", "home", "carol", "home", "s1", vnet.Core, "s2", vnet.Core)
		s1 := j.socket(t, hosts[3], 1)
		j.socket(t, hosts[4], 1)
		for round, want := range [][]string{
			{"203.0.113.1:49152", "203.0.113.1:49153", "203.0.113.2:49152", "203.0.113.2:49153", "203.0.113.1:49154", "203.0.113.1:49155"},
			{"203.0.113.3:49152", "203.0.113.3:49153", "203.0.113.2:49154", "203.0.113.2:49155", "203.0.113.3:49154", "203.0.113.3:49155"},
		} {
			for i := range 3 {
				c := j.socket(t, hosts[i], 7+round)
				for s, to := range []string{"198.19.0.1:1", "198.19.0.2:1"} {
					if got := j.opens(t, c, to); got != want[2*i+s] {
						t.Errorf("round %d: host %d has the address %s towards %s, want %s", round, i, got, to, want[2*i+s])
					}
				}
				j.want(t, s1, want[2*i], "delivered to "+hosts[i].Name())
			}
			if err := in.Rebind("home", true); err != nil { // the first address gives way
				t.Fatal(err)
			}
		}
		// An address that the NAT had before is still its own.
		j.want(t, s1, "203.0.113.1:49152", "dropped at home: no NAT mapping (203.0.113.1:49152 was that of 192.168.0.1:7 until the NAT's mappings were rebound at 0s)")
	})
}
