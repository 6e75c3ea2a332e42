package vnet_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

func addr(ip string, port int) net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(port)))
}

// A NAT that forgets its mappings refuses what comes to the old public ports,
// says why, and gives new ones, again and again.
func TestForget(t *testing.T) {
	const home, to = "home", "198.19.0.1:1"
	type change struct {
		name   string
		do     func(in *vnet.Internet) error
		reason string // of what comes to the old mapping, without its detail's beginning
		public string // the new mapping
	}
	rebind := func(newAddress bool) func(*vnet.Internet) error {
		return func(in *vnet.Internet) error { return in.Rebind(home, newAddress) }
	}
	expire := func(in *vnet.Internet) error { return in.Expire(home) }
	changes := []change{
		{"expire", expire, "NAT mapping expired (203.0.113.1:49152 was that of 192.168.0.1:7 until 1s)", "203.0.113.1:49153"},
		{"rebind", rebind(false), "no NAT mapping (203.0.113.1:49153 was that of 192.168.0.1:7 until the NAT's mappings were rebound at 2s)", "203.0.113.1:49154"},
		{"address", rebind(true), "no NAT mapping (203.0.113.1:49154 was that of 192.168.0.1:7 until the NAT's mappings were rebound at 3s)", "203.0.113.2:49152"},
		{"expire again", expire, "NAT mapping expired (203.0.113.2:49152 was that of 192.168.0.1:7 until 4s)", "203.0.113.2:49153"},
		{"another address", rebind(true), "no NAT mapping (203.0.113.2:49153 was that of 192.168.0.1:7 until the NAT's mappings were rebound at 5s)", "203.0.113.3:49152"},
	}
	for _, filtering := range behaviors {
		t.Run(filtering.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJournal()
				in, hosts := start(t, j, []vnet.NetworkConfig{{Name: home, NAT: &vnet.NAT{Filtering: filtering}}},
					"alice", home, "server", vnet.Core)
				alice, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 1)
				public := j.opens(t, alice, to)
				for _, c := range changes {
					time.Sleep(time.Second)
					j.want(t, server, public, "delivered to alice")
					if err := c.do(in); err != nil {
						t.Fatalf("%s: %v", c.name, err)
					}
					j.want(t, server, public, "dropped at home: "+c.reason)
					now := j.opens(t, alice, to)
					if now != c.public {
						t.Errorf("%s: the public address is %s, want %s", c.name, now, c.public)
					}
					j.want(t, server, public, "dropped at home: "+c.reason)
					public = now
				}
				if got, want := in.PublicAddrs(home), []netip.Addr{netip.MustParseAddr("203.0.113.3")}; !slices.Equal(got, want) {
					t.Errorf("public addresses %v, want %v", got, want)
				}
				// What was forgotten is not forgotten a second time, nor does
				// its reason change when it would have expired.
				time.Sleep(time.Minute)
				j.want(t, server, "203.0.113.1:49152", "dropped at home: "+changes[0].reason)
				j.want(t, server, "203.0.113.2:49153", "dropped at home: "+changes[4].reason)
			})
		})
	}
}

// A packet that is in the NAT when that forgets ends with a reason, and so does
// the answer to it.
func TestForgetMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home", NAT: &vnet.NAT{}}}, "alice", "home", "server", vnet.Core)
		alice, server := j.socket(t, hosts[0], 7), j.socket(t, hosts[1], 1)
		for range 20 {
			for range 5 {
				if _, err := alice.WriteTo(nil, addr("198.19.0.1", 1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := in.Rebind("home", false); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		// The last mapping is from before or after the last change.
		public := j.opens(t, alice, "198.19.0.1:1")
		j.want(t, server, public, "delivered to alice")
		for _, m := range j.mapped {
			if m.Public.String() == public {
				continue
			}
			if f := j.send(t, server, m.Public.String()); f.text != "dropped at home: no NAT mapping" {
				t.Errorf("%v: %s (%s)", m.Public, f.text, f.detail)
			}
		}
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}

// A carrier's NAT forgets, and what its customers' NATs have mapped stays.
func TestForgetNested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "carrier", NAT: &vnet.NAT{}},
			{Name: "home", Behind: "carrier", NAT: &vnet.NAT{}},
		}, "alice", "home", "server", vnet.Core)
		alice := j.socket(t, hosts[0], 7)
		j.socket(t, hosts[1], 1)
		const to = "198.19.0.1:1"
		for _, step := range []struct {
			network    string
			newAddress bool
			want       []string
		}{
			{"", false, []string{"home: from 100.64.0.1:49152", "home/up", "carrier: from 203.0.113.1:49152", "carrier/up"}},
			{"carrier", false, []string{"home: from 100.64.0.1:49152", "home/up", "carrier: from 203.0.113.1:49153", "carrier/up"}},
			{"home", true, []string{"home: from 100.64.0.2:49152", "home/up", "carrier: from 203.0.113.1:49154", "carrier/up"}},
			{"carrier", true, []string{"home: from 100.64.0.2:49152", "home/up", "carrier: from 203.0.113.2:49152", "carrier/up"}},
		} {
			if step.network != "" {
				if err := in.Rebind(step.network, step.newAddress); err != nil {
					t.Fatal(err)
				}
			}
			wantPath(t, j.want(t, alice, to, "delivered to server"), step.want...)
		}
	})
}

func TestForgetErrors(t *testing.T) {
	in, _ := start(t, nil, []vnet.NetworkConfig{
		{Name: "open"}, {Name: "home", NAT: &vnet.NAT{}}, {Name: "dmz", NAT: &vnet.NAT{OneToOne: true}},
		{Name: "tiny", Subnet: netip.MustParsePrefix("10.0.0.0/29")},
		{Name: "tinier", Behind: "tiny", NAT: &vnet.NAT{Addresses: 6}},
	})
	for _, test := range []struct {
		err  error
		want string
	}{
		{in.Rebind("open", false), `vnet: network "open": it has no NAT`},
		{in.Expire("open"), `vnet: network "open": it has no NAT`},
		{in.Rebind("dmz", true), `vnet: network "dmz": a one-to-one NAT has no mappings`},
		{in.Rebind(vnet.Core, false), `vnet: network "internet" has no link`},
		{in.Rebind("nowhere", false), `vnet: no network "nowhere"`},
		{in.Rebind("tinier", true), `vnet: network "tinier": network "tiny" has no more addresses`},
	} {
		if test.err == nil || test.err.Error() != test.want {
			t.Errorf("got %v, want %s", test.err, test.want)
		}
	}
	var err error
	n := 0
	for ; err == nil && n < 300; n++ {
		err = in.Rebind("home", true)
	}
	// 198.51.100.1 was there first, and .254 is the last.
	if want := `vnet: network "home": its NAT has had all public addresses that there are for it`; n != 254 || err.Error() != want {
		t.Errorf("new address %d: %v, want 254: %s", n, err, want)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := in.Rebind("home", false); err == nil {
		t.Error("a closed internet rebinds")
	}
}
