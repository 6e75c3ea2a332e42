package vnet_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

var behaviors = []vnet.Behavior{vnet.EndpointIndependent, vnet.AddressDependent, vnet.AddressAndPortDependent}

// RFC 4787 sections 4.1 and 5: for which destinations a port keeps its public
// port, and from whom that takes packets, for all nine combinations.
func TestMappingAndFiltering(t *testing.T) {
	// A host sends from one port to three endpoints, in this order.
	const same, otherPort, otherAddress = "198.19.0.1:1", "198.19.0.1:2", "198.19.0.2:1"
	ports := map[vnet.Behavior][]string{ // the public ports that they see
		vnet.EndpointIndependent:     {"49152", "49152", "49152"},
		vnet.AddressDependent:        {"49152", "49152", "49153"},
		vnet.AddressAndPortDependent: {"49152", "49153", "49154"},
	}
	const public = "203.0.113.1:49152"
	const in = "delivered to alice"
	const out = "dropped at home: filtered by the NAT "
	fates := map[vnet.Behavior][]string{ // of what the three send when the first has been sent to
		vnet.EndpointIndependent: {in, in, in},
		vnet.AddressDependent: {in, in,
			out + "(address-dependent filtering: 192.168.0.1:7 has sent nothing to 198.19.0.2 by 203.0.113.1:49152, only to 198.19.0.1)"},
		vnet.AddressAndPortDependent: {in,
			out + "(address-and-port-dependent filtering: 192.168.0.1:7 has sent nothing to 198.19.0.1:2 by 203.0.113.1:49152, only to 198.19.0.1:1)",
			out + "(address-and-port-dependent filtering: 192.168.0.1:7 has sent nothing to 198.19.0.2:1 by 203.0.113.1:49152, only to 198.19.0.1:1)"},
	}
	for _, mapping := range behaviors {
		for _, filtering := range behaviors {
			t.Run(fmt.Sprint(mapping, "/", filtering), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					j := newJournal()
					_, hosts := start(t, j, []vnet.NetworkConfig{
						{Name: "home", NAT: &vnet.NAT{Mapping: mapping, Filtering: filtering}},
					}, "alice", "home", "s1", vnet.Core, "s2", vnet.Core)
					alice, other := j.socket(t, hosts[0], 7), j.socket(t, hosts[0], 8)
					s11, s12, s21 := j.socket(t, hosts[1], 1), j.socket(t, hosts[1], 2), j.socket(t, hosts[2], 1)

					j.want(t, s11, public, "dropped at home: no NAT mapping (203.0.113.1:49152 was never mapped)")
					j.opens(t, alice, same)
					j.want(t, s11, public, fates[filtering][0])
					j.want(t, s12, public, fates[filtering][1])
					j.want(t, s21, public, fates[filtering][2])

					var got []string
					for _, to := range []string{same, otherPort, otherAddress} {
						seen := j.opens(t, alice, to)
						got = append(got, seen[len("203.0.113.1:"):])
						// Whom it has sent to by this port may answer it.
						switch to {
						case otherPort:
							j.want(t, s12, seen, in)
						case otherAddress:
							j.want(t, s21, seen, in)
						}
					}
					if want := ports[mapping]; !slices.Equal(got, want) {
						t.Errorf("public ports %v, want %v", got, want)
					}
					if len(j.mapped) != len(slices.Compact(slices.Clone(got))) {
						t.Errorf("%d mappings for the ports %v", len(j.mapped), got)
					}
					// Another local port is another mapping, and so is the same
					// one for another host's.
					if seen := j.opens(t, other, same); slices.Contains(got, seen[len("203.0.113.1:"):]) {
						t.Errorf("two local ports have the public address %s", seen)
					}
				})
			})
		}
	}
}

// A mapping lasts for its lifetime after the last packet that went out by it,
// to the nanosecond. What comes in does not refresh it.
func TestMappingLifetime(t *testing.T) {
	for _, mapping := range behaviors {
		t.Run(mapping.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJournal()
				_, hosts := start(t, j, []vnet.NetworkConfig{
					{Name: "home", NAT: &vnet.NAT{Mapping: mapping, Lifetime: 10 * time.Second}},
				}, "alice", "home", "server", vnet.Core)
				alice, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 1)
				const to = "198.19.0.1:1"
				first := j.opens(t, alice, to) // at 0s
				time.Sleep(6 * time.Second)
				if again := j.opens(t, alice, to); again != first { // at 6s
					t.Errorf("the public address was %s, and is %s after 6s", first, again)
				}
				time.Sleep(6 * time.Second)
				j.want(t, server, first, "delivered to alice") // at 12s
				time.Sleep(4 * time.Second)
				j.want(t, server, first, "delivered to alice") // at 16s
				time.Sleep(time.Nanosecond)
				gone := "dropped at home: NAT mapping expired (" + first + " was that of 192.168.0.1:7 until 16s, 10s after the last packet that went out by it)"
				j.want(t, server, first, gone)
				second := j.opens(t, alice, to)
				if second != "203.0.113.1:49153" {
					t.Errorf("after the first expired, the public address is %s", second)
				}
				j.want(t, server, first, gone)
				j.want(t, server, second, "delivered to alice")
				// Exactly at its end a mapping is still refreshed.
				time.Sleep(10 * time.Second)
				if third := j.opens(t, alice, to); third != second {
					t.Errorf("at the end of its lifetime %s gave way to %s", second, third)
				}
			})
		})
	}
}

// The detail of a refusal names each permission once, and not too many.
func TestMissingPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		_, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", NAT: &vnet.NAT{Filtering: vnet.AddressDependent}},
			{Name: "work", NAT: &vnet.NAT{Filtering: vnet.AddressAndPortDependent}},
		}, "alice", "home", "bob", "work", "s1", vnet.Core, "s2", vnet.Core, "s3", vnet.Core)
		alice, bob, stranger := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7), j.socket(t, hosts[4], 1)
		for _, to := range []string{"198.19.0.1:1", "198.19.0.2:1", "198.19.0.1:2", "198.19.0.2:2", "198.19.0.2:3", "198.19.0.2:4"} {
			j.send(t, alice, to)
			j.send(t, bob, to)
		}
		j.want(t, stranger, "203.0.113.1:49152", "dropped at home: filtered by the NAT (address-dependent filtering: "+
			"192.168.0.1:7 has sent nothing to 198.19.0.3 by 203.0.113.1:49152, only to 198.19.0.1, 198.19.0.2)")
		j.want(t, stranger, "198.51.100.1:49152", "dropped at work: filtered by the NAT (address-and-port-dependent filtering: "+
			"192.168.1.1:7 has sent nothing to 198.19.0.3:1 by 198.51.100.1:49152, "+
			"only to 198.19.0.1:1, 198.19.0.2:1, 198.19.0.1:2, 198.19.0.2:2, 2 more)")
	})
}

// The books of the NAT say what it did: each mapping is told once, with the
// packet that made it.
func TestMapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home", NAT: &vnet.NAT{Mapping: vnet.AddressDependent}}},
			"alice", "home", "s1", vnet.Core, "s2", vnet.Core)
		alice := j.socket(t, hosts[0], 7)
		for range 2 {
			j.send(t, alice, "198.19.0.1:1")
			j.send(t, alice, "198.19.0.1:2")
			j.send(t, alice, "198.19.0.2:1")
		}
		if err := in.Rebind("home", false); err != nil {
			t.Fatal(err)
		}
		j.send(t, alice, "198.19.0.1:1")
		var got []string
		for _, m := range j.mapped {
			got = append(got, fmt.Sprint(m.Network, " ", m.Local, " ", m.Public, " ", m.Remote, " ", m.Cause.ID))
		}
		want := []string{
			"home 192.168.0.1:7 203.0.113.1:49152 198.19.0.1:1 1",
			"home 192.168.0.1:7 203.0.113.1:49153 198.19.0.2:1 3",
			"home 192.168.0.1:7 203.0.113.1:49154 198.19.0.1:1 7",
		}
		if !slices.Equal(got, want) {
			t.Errorf("mapped %q, want %q", got, want)
		}
	})
}

// An address has 16384 ports. When they are used up, new mappings get none, and
// the old ones work on.
func TestNATOutOfPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ports = 16384
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", NAT: &vnet.NAT{Mapping: vnet.AddressAndPortDependent, Addresses: 2}},
		}, "alice", "home", "bob", "home", "server", vnet.Core)
		alice, bob, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 7), j.socket(t, hosts[2], 1)
		// All at once: the NAT must count what it has not translated yet.
		for port := range ports + 3 {
			if _, err := alice.WriteTo(nil, addr("198.19.0.1", port+1)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := len(j.mapped); n != ports || j.mapped[n-1].Public.Port() != 65535 {
			t.Fatalf("%d mappings, the last to %v; want %d", n, j.mapped[n-1].Public, ports)
		}
		j.want(t, alice, "198.19.0.1:20000", "dropped at home: NAT out of ports (203.0.113.1 has 16384 ports, and all have been used)")
		if got := j.opens(t, alice, "198.19.0.1:1"); got != "203.0.113.1:49152" {
			t.Errorf("the first mapping is that of %s now", got)
		}
		j.want(t, server, "203.0.113.1:49152", "delivered to alice")
		if got := j.opens(t, bob, "198.19.0.1:1"); got != "203.0.113.2:49152" {
			t.Errorf("the other public address is not used: %s", got)
		}
		// pion's NAT never uses a port again, so that only another address helps.
		if err := in.Rebind("home", false); err != nil {
			t.Fatal(err)
		}
		j.want(t, alice, "198.19.0.1:1", "dropped at home: NAT out of ports (203.0.113.1 has 16384 ports, and all have been used)")
		if err := in.Rebind("home", true); err != nil {
			t.Fatal(err)
		}
		if got := j.opens(t, alice, "198.19.0.1:1"); got != "203.0.113.3:49152" {
			t.Errorf("after a new address the public address is %s", got)
		}
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}
