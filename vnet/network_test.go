package vnet_test

import (
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/rtcsim/rtcsim/vnet"
)

// Two homes with the same subnet behind one carrier. Each NAT translates, and
// the path says to what.
func TestNestedNATs(t *testing.T) {
	homes := netip.MustParsePrefix("192.168.1.0/24")
	for _, hairpin := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			j := newJournal()
			in, hosts := start(t, j, []vnet.NetworkConfig{
				{Name: "east", Behind: "carrier", NAT: &vnet.NAT{}, Subnet: homes},
				{Name: "west", Behind: "carrier", NAT: &vnet.NAT{}, Subnet: homes},
				{Name: "carrier", NAT: &vnet.NAT{Hairpin: hairpin}},
			}, "alice", "east", "bob", "west", "server", vnet.Core)
			if a, b := hosts[0].Addrs()[0], hosts[1].Addrs()[0]; a != b || a.String() != "192.168.1.1" {
				t.Errorf("addresses %v, %v; want both 192.168.1.1", a, b)
			}
			alice, bob, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7), j.socket(t, hosts[2], 1)

			out := j.want(t, alice, "198.19.0.1:1", "delivered to server")
			wantPath(t, out, "east: from 100.64.2.1:49152", "east/up", "carrier: from 192.0.2.1:49152", "carrier/up")
			back := j.want(t, server, "192.0.2.1:49152", "delivered to alice")
			wantPath(t, back, "carrier/down", "carrier: to 100.64.2.1:49152", "east/down", "east: to 192.168.1.1:7")

			// The carrier routes between its customers.
			j.opens(t, bob, "198.19.0.1:1")
			across := j.want(t, alice, "100.64.2.2:49152", "delivered to bob")
			wantPath(t, across, "east: from 100.64.2.1:49152", "east/up", "west/down", "west: to 192.168.1.1:7")

			// By their public addresses they meet only if its NAT sends back.
			if !hairpin {
				j.want(t, alice, "192.0.2.1:49153", "dropped at carrier: no hairpinning (the NAT does not send back what is for its own address 192.0.2.1)")
				return
			}
			round := j.want(t, alice, "192.0.2.1:49153", "delivered to bob")
			wantPath(t, round, "east: from 100.64.2.1:49152", "east/up",
				"carrier: from 192.0.2.1:49152", "carrier: to 100.64.2.2:49152", "west/down", "west: to 192.168.1.1:7")
			// What the inner NAT refuses, it refuses at its own place.
			j.want(t, server, "192.0.2.1:50000", "dropped at carrier: no NAT mapping (192.0.2.1:50000 was never mapped)")
			j.want(t, alice, "100.64.2.2:50000", "dropped at west: no NAT mapping (100.64.2.2:50000 was never mapped)")
			j.want(t, alice, "100.64.2.9:1", "dropped at carrier: no route")
			if in.InFlight() != 0 {
				t.Errorf("%d packets in flight", in.InFlight())
			}
		})
	}
}

// Networks whose addresses are routed, in front of and behind such as have a
// NAT.
func TestNestedRouting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "campus"},
			{Name: "dorm", Behind: "campus", NAT: &vnet.NAT{}},
			{Name: "lab", Behind: "campus"},
			{Name: "bench", Behind: "lab"},
			{Name: "flat", NAT: &vnet.NAT{Filtering: vnet.AddressAndPortDependent}},
			{Name: "attic", Behind: "flat"},
			{Name: "corner", Behind: "attic"},
		}, "alice", "dorm", "bob", "bench", "carol", "corner", "dave", "flat", "server", vnet.Core)
		var got []string
		for _, name := range []string{"campus", "dorm", "lab", "bench", "flat", "attic", "corner", vnet.Core} {
			got = append(got, in.Subnet(name).String())
		}
		if want := []string{"203.0.113.0/24", "192.168.1.0/24", "192.0.2.0/24", "198.18.0.0/24",
			"100.64.4.0/24", "172.16.5.0/24", "172.16.6.0/24", "198.19.0.0/24"}; !slices.Equal(got, want) {
			t.Errorf("subnets %v, want %v", got, want)
		}
		alice, bob, carol := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7), j.socket(t, hosts[2], 7)
		dave, server := j.socket(t, hosts[3], 7), j.socket(t, hosts[4], 1)

		// The NAT of the dorm has an address of the campus.
		wantPath(t, j.want(t, alice, "198.18.0.1:7", "delivered to bob"),
			"dorm: from 203.0.113.1:49152", "dorm/up", "lab/down", "bench/down")
		wantPath(t, j.want(t, bob, "203.0.113.1:49152", "delivered to alice"),
			"bench/up", "lab/up", "dorm/down", "dorm: to 192.168.1.1:7")
		wantPath(t, j.want(t, server, "203.0.113.1:49152", "delivered to alice"),
			"campus/down", "dorm/down", "dorm: to 192.168.1.1:7")
		// A network that is deep inside is reached through all that are in front.
		wantPath(t, j.want(t, server, "198.18.0.1:7", "delivered to bob"), "campus/down", "lab/down", "bench/down")
		j.want(t, server, "198.18.0.9:7", "dropped at bench: no route")
		j.want(t, server, "192.0.2.9:7", "dropped at lab: no route")

		// A NAT also translates for the networks behind its own.
		wantPath(t, j.want(t, carol, "198.19.0.1:1", "delivered to server"),
			"corner/up", "attic/up", "flat: from 198.18.1.1:49152", "flat/up")
		wantPath(t, j.want(t, server, "198.18.1.1:49152", "delivered to carol"),
			"flat/down", "flat: to 172.16.6.1:7", "attic/down", "corner/down")
		wantPath(t, j.want(t, carol, "100.64.4.1:7", "delivered to dave"), "corner/up", "attic/up")
		wantPath(t, j.want(t, dave, "172.16.6.1:7", "delivered to carol"), "attic/down", "corner/down")
		// Their addresses are nothing to the world.
		j.want(t, server, "172.16.6.1:7", "dropped at internet: no route")
		j.want(t, bob, "172.16.6.1:7", "dropped at internet: no route")
	})
}

func TestNetworkErrors(t *testing.T) {
	block := netip.MustParsePrefix
	for _, test := range []struct {
		name, want string
		networks   []vnet.NetworkConfig
	}{
		{"behind itself", `vnet: network "a" is behind itself`,
			[]vnet.NetworkConfig{{Name: "a", Behind: "b"}, {Name: "b", Behind: "c"}, {Name: "c", Behind: "a"}}},
		{"behind nothing", `vnet: network "a": no network "b"`,
			[]vnet.NetworkConfig{{Name: "a", Behind: "b"}}},
		{"not masked", `vnet: network "a": 10.0.0.1/24 is not a block of IPv4 addresses`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("10.0.0.1/24")}}},
		{"IPv6", `vnet: network "a": fd00::/24 is not a block of IPv4 addresses`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("fd00::/24")}}},
		{"too big", `vnet: network "a": a block of addresses is a /16 to /29, not a /15`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("10.0.0.0/15")}}},
		{"too small", `vnet: network "a": a block of addresses is a /16 to /29, not a /30`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("10.0.0.0/30")}}},
		{"loopback", `vnet: network "a": 127.0.0.0/24 are not addresses of hosts`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("127.0.0.0/24")}}},
		{"multicast", `vnet: network "a": 224.0.0.0/24 are not addresses of hosts`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("224.0.0.0/24")}}},
		{"of a neighbour", `vnet: network "b": its addresses 10.0.1.0/24 overlap with those of network "a"`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("10.0.0.0/16")}, {Name: "b", Subnet: block("10.0.1.0/24")}}},
		{"of a neighbour's NAT", `vnet: network "b": its addresses 203.0.113.0/24 overlap with those of network "a"`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{}}, {Name: "b", Subnet: block("203.0.113.0/24")}}},
		{"of the core", `vnet: network "a": its addresses 198.19.0.0/28 overlap with those of network "internet"`,
			[]vnet.NetworkConfig{{Name: "a", Subnet: block("198.19.0.0/28")}}},
		{"of the core, behind another", `vnet: network "b": its addresses 198.19.0.0/28 overlap with those of network "internet"`,
			[]vnet.NetworkConfig{{Name: "a"}, {Name: "b", Behind: "a", Subnet: block("198.19.0.0/28")}}},
		{"of the parent", `vnet: network "b": its addresses 203.0.113.128/25 overlap with those of network "a"`,
			[]vnet.NetworkConfig{{Name: "a"}, {Name: "b", Behind: "a", Subnet: block("203.0.113.128/25")}}},
		{"of the grandparent", `vnet: network "c": its addresses 203.0.113.128/25 overlap with those of network "a"`,
			[]vnet.NetworkConfig{{Name: "a"}, {Name: "b", Behind: "a"}, {Name: "c", Behind: "b", Subnet: block("203.0.113.128/25")}}},
		{"of an uncle", `vnet: network "d": its addresses 198.51.100.0/25 overlap with those of network "b"`,
			[]vnet.NetworkConfig{{Name: "a"}, {Name: "b"}, {Name: "c", Behind: "a"}, {Name: "d", Behind: "c", Subnet: block("198.51.100.0/25")}}},
		{"both sides of a NAT", `vnet: network "b": its NAT has the addresses 100.64.0.128/25 inside and 100.64.0.0/24 outside, which overlap`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{}}, {Name: "b", Behind: "a", NAT: &vnet.NAT{}, Subnet: block("100.64.0.128/25")}}},
		{"its own public addresses", `vnet: network "a": its NAT has the addresses 203.0.113.0/28 inside and 203.0.113.0/24 outside, which overlap`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{}, Subnet: block("203.0.113.0/28")}}},
		{"too many public addresses", `vnet: network "a": its NAT has 1 to 254 addresses, not 255`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{Addresses: 255}}}},
		{"negative public addresses", `vnet: network "a": its NAT has 1 to 254 addresses, not -1`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{Addresses: -1}}}},
		{"more than the carrier has", `vnet: network "c": network "a" has no more addresses`,
			[]vnet.NetworkConfig{
				{Name: "a", NAT: &vnet.NAT{}, Subnet: block("10.0.0.0/29")},
				{Name: "b", Behind: "a", NAT: &vnet.NAT{Addresses: 4}}, {Name: "c", Behind: "a", NAT: &vnet.NAT{Addresses: 3}}}},
		{"more than it has hosts", `vnet: network "a": its NAT is one to one, and has 7 public addresses for 6 hosts`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{OneToOne: true, Addresses: 7}, Subnet: block("10.0.0.0/29")}}},
		{"lifetime", `vnet: network "a": negative lifetime of the NAT`,
			[]vnet.NetworkConfig{{Name: "a", NAT: &vnet.NAT{Lifetime: -1}}}},
	} {
		if _, err := vnet.New(vnet.Config{Networks: test.networks, Random: streams(1)}); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	// What a NAT hides may be the same as anything beyond.
	if _, err := vnet.New(vnet.Config{Random: streams(1), Networks: []vnet.NetworkConfig{
		{Name: "a", NAT: &vnet.NAT{}, Subnet: block("10.0.0.0/24")},
		{Name: "b", NAT: &vnet.NAT{}, Subnet: block("10.0.0.0/24")},
		{Name: "c", NAT: &vnet.NAT{}, Subnet: block("198.19.0.0/24")},
		{Name: "d", Behind: "a", Subnet: block("10.0.1.0/24")},
		{Name: "e", Behind: "b", Subnet: block("10.0.1.0/24")},
		{Name: "f", Subnet: block("10.0.2.0/24")},
	}}); err != nil {
		t.Error(err)
	}
}

// A host that cannot be added leaves nothing behind.
func TestFailedHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home")
		for want, interfaces := range map[string][]vnet.InterfaceConfig{
			`vnet: host "bob": no network "nowhere"`:                                                   {{Name: "a", Network: "home"}, {Name: "b", Network: "nowhere"}},
			`vnet: host "bob": interface "a": the name is taken`:                                       {{Name: "a", Network: "home"}, {Name: "a", Network: "home"}},
			`vnet: host "bob": interface "a": up: negative delay`:                                      {{Name: "a", Network: "home", Link: &vnet.Link{Up: vnet.Direction{Delay: -1}}}},
			`vnet: host "bob": interface "a/b": a name must not be empty and must not contain a slash`: {{Name: "a/b", Network: "home"}},
		} {
			if _, err := in.AddMultihomed("bob", interfaces...); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		alice := j.socket(t, hosts[0], 1)
		for _, to := range []string{"203.0.113.2:1", "203.0.113.3:1"} {
			j.want(t, alice, to, "dropped at home: no route")
		}
		bob, err := in.AddHost("bob", "home")
		if err != nil {
			t.Fatal(err)
		}
		j.socket(t, bob, 1)
		j.want(t, alice, netip.AddrPortFrom(bob.Addrs()[0], 1).String(), "delivered to bob")
	})
}

// On each link of its way a packet knows for whom it is, though the addresses
// of both ends are the same.
func TestPacketTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		var seen []string
		link := func(name string) vnet.Link {
			watch := func(end string) vnet.Direction {
				return vnet.Direction{Drop: []vnet.DropRule{{Match: func(p *vnet.Packet) bool {
					seen = append(seen, name+end+" for "+p.To())
					return false
				}}}}
			}
			return vnet.Link{Up: watch("/up"), Down: watch("/down")}
		}
		same := netip.MustParsePrefix("192.168.1.0/24")
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "east", NAT: &vnet.NAT{}, Link: link("east"), Subnet: same},
			{Name: "carrier", NAT: &vnet.NAT{}, Link: link("carrier")},
			{Name: "west", Behind: "carrier", NAT: &vnet.NAT{}, Link: link("west"), Subnet: same},
		}, "server", vnet.Core)
		j.socket(t, hosts[0], 1)
		host := func(name, network string) *vnet.Host {
			access := link(name)
			h, err := in.AddMultihomed(name, vnet.InterfaceConfig{Name: "eth0", Network: network, Link: &access})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		alice, bob := j.socket(t, host("alice", "east"), 7), j.socket(t, host("bob", "west"), 7)
		public := j.opens(t, bob, "198.19.0.1:1")
		seen = nil
		j.want(t, alice, public, "delivered to bob")
		want := []string{"alice/up for bob", "east/up for bob", "carrier/down for bob", "west/down for bob", "bob/down for bob"}
		if !slices.Equal(seen, want) {
			t.Errorf("seen %q, want %q", seen, want)
		}
		seen = nil
		j.want(t, alice, "203.0.113.99:1", "dropped at internet: no route")
		if want := []string{"alice/up for ", "east/up for "}; !slices.Equal(seen, want) {
			t.Errorf("seen %q, want %q", seen, want)
		}
	})
}
