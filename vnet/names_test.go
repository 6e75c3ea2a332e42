package vnet_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/rtcsim/rtcsim/vnet"
)

func TestNames(t *testing.T) {
	in, hosts := start(t, nil, nil, "alice", vnet.Core)
	n := hosts[0].Net()
	set := func(name, addr string) {
		t.Helper()
		if err := in.SetName(name, netip.MustParseAddr(addr)); err != nil {
			t.Error(err)
		}
	}
	set("STUN.example.org", "192.0.2.1")
	set("turn.example.org.", "192.0.2.2")
	set("moved.example.org", "192.0.2.3")
	set("moved.example.org", "192.0.2.4")
	for _, test := range []struct{ network, name, want string }{
		{"udp4", "stun.example.org", "192.0.2.1"},
		{"udp", "Stun.Example.Org.", "192.0.2.1"},
		{"udp4", "turn.example.org", "192.0.2.2"},
		{"udp4", "moved.example.org", "192.0.2.4"},
		{"udp4", "LocalHost.", "127.0.0.1"},
		{"udp6", "stun.example.org", ""},
		{"udp4", "example.org", ""},
		{"udp4", "stun.example.org..", ""},
	} {
		addr, err := n.ResolveUDPAddr(test.network, test.name+":3478")
		if test.want == "" {
			if err == nil {
				t.Errorf("%s %s resolves to %v", test.network, test.name, addr)
			}
			continue
		}
		if err != nil || addr.String() != test.want+":3478" {
			t.Errorf("%s %s resolves to %v, %v; want %s", test.network, test.name, addr, err, test.want)
		}
	}
	var notFound *net.DNSError
	if _, err := n.ResolveIPAddr("ip4", "nowhere.example"); !errors.As(err, &notFound) || !notFound.IsNotFound || notFound.Name != "nowhere.example" {
		t.Errorf("an unknown name: %v, want a DNS error that says not found", err)
	}
	for _, bad := range []struct{ name, addr string }{
		{"", "192.0.2.1"},
		{".", "192.0.2.1"},
		{"localhost", "192.0.2.1"},
		{"192.0.2.9", "192.0.2.1"},
		{"six.example.org", "2001:db8::1"},
	} {
		if err := in.SetName(bad.name, netip.MustParseAddr(bad.addr)); err == nil {
			t.Errorf("SetName(%q, %s) succeeds", bad.name, bad.addr)
		}
	}
}
