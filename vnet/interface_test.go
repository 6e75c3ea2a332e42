package vnet_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/vnet"
)

// multihomed adds a host with Wi-Fi at home and a cellular interface.
func multihomed(t testing.TB, in *vnet.Internet, link *vnet.Link) *vnet.Host {
	t.Helper()
	h, err := in.AddMultihomed("alice",
		vnet.InterfaceConfig{Name: "wifi", Network: "home", Link: link},
		vnet.InterfaceConfig{Name: "cellular", Network: "mobile", Link: link})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// interfaces lists the host's interfaces and their addresses, as a program
// sees them.
func interfaces(t testing.TB, h *vnet.Host) string {
	t.Helper()
	all, err := h.Net().Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil || len(addrs) != 1 {
			t.Fatalf("%s: addresses %v, %v", i.Name, addrs, err)
		}
		names = append(names, fmt.Sprint(i.Index, " ", i.Name, " ", addrs[0]))
	}
	return fmt.Sprint(names)
}

// A host sends by the interface that faces the destination, and for the rest
// by the first that is up; a socket that is bound to an interface stays with it.
func TestSeveralInterfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home"}, {Name: "mobile"}, {Name: "cafe"}},
			"printer", "home", "phone", "mobile", "server", vnet.Core)
		alice := multihomed(t, in, nil)
		wifi, cellular := alice.Interface("wifi"), alice.Interface("cellular")
		if got := alice.Interfaces(); len(got) != 2 || got[0] != wifi || got[1] != cellular || alice.Interface("eth0") != nil {
			t.Errorf("interfaces %v", got)
		}
		j.socket(t, hosts[0], 1)
		j.socket(t, hosts[1], 1)
		server := j.socket(t, hosts[2], 1)
		any := j.socket(t, alice, 7)
		byWifi, byCellular := j.bound(t, alice, "203.0.113.2:8"), j.bound(t, alice, "198.51.100.2:8")
		const printer, phone, to = "203.0.113.1:1", "198.51.100.1:1", "198.19.0.1:1"

		seen := func(c net.PacketConn, to, want string) {
			t.Helper()
			if got := j.opens(t, c, to); got != want {
				t.Errorf("%v sends to %s as %s, want %s", c.LocalAddr(), to, got, want)
			}
		}
		unreachable := func(c net.PacketConn) {
			t.Helper()
			var op *net.OpError
			_, err := c.WriteTo(nil, addr("198.19.0.1", 1))
			if !errors.As(err, &op) || op.Op != "write" || !errors.Is(err, syscall.ENETUNREACH) {
				t.Errorf("%v: %v, want ENETUNREACH", c.LocalAddr(), err)
			}
		}
		look := func(want string) {
			t.Helper()
			if got := interfaces(t, alice); got != want {
				t.Errorf("interfaces %s, want %s", got, want)
			}
		}

		// Both are up.
		look("[1 lo 127.0.0.1/8 2 wifi 203.0.113.2/24 3 cellular 198.51.100.2/24]")
		seen(any, to, "203.0.113.2:7")
		seen(any, printer, "203.0.113.2:7")
		seen(any, phone, "198.51.100.2:7")
		seen(byWifi, phone, "203.0.113.2:8")
		seen(byCellular, printer, "198.51.100.2:8")
		seen(byCellular, "203.0.113.2:8", "198.51.100.2:8") // within the host
		j.want(t, server, "203.0.113.2:7", "delivered to alice")
		j.want(t, server, "198.51.100.2:7", "delivered to alice")
		j.want(t, server, "198.51.100.2:8", "delivered to alice")

		// Wi-Fi is switched off.
		wifi.SetDown(true)
		if wifi.Up() || !cellular.Up() || wifi.Addr().String() != "203.0.113.2" || wifi.Network() != "home" {
			t.Errorf("wifi: up %v, address %v, network %s", wifi.Up(), wifi.Addr(), wifi.Network())
		}
		look("[1 lo 127.0.0.1/8 3 cellular 198.51.100.2/24]")
		seen(any, to, "198.51.100.2:7")
		seen(any, printer, "198.51.100.2:7") // around
		unreachable(byWifi)
		seen(byCellular, to, "198.51.100.2:8")
		j.want(t, server, "203.0.113.2:8", "dropped at alice/wifi: interface down")
		if _, err := alice.Net().ListenPacket("udp4", "203.0.113.2:9"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("listen on an interface that is down: %v, want EADDRNOTAVAIL", err)
		}

		// Both are off.
		cellular.SetDown(true)
		look("[1 lo 127.0.0.1/8]")
		unreachable(any)
		unreachable(byCellular)
		if len(alice.Addrs()) != 0 {
			t.Errorf("addresses %v", alice.Addrs())
		}
		if _, err := alice.Net().Dial("udp4", to); !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("dial without an interface: %v, want ENETUNREACH", err)
		}

		// Wi-Fi comes back, elsewhere.
		wifi.SetDown(false)
		seen(byWifi, to, "203.0.113.2:8")
		if err := wifi.Move("cafe"); err != nil {
			t.Fatal(err)
		}
		look("[1 lo 127.0.0.1/8 2 wifi 192.0.2.1/24]")
		seen(any, to, "192.0.2.1:7")
		unreachable(byWifi)
		j.want(t, server, "203.0.113.2:8", "dropped at home: no route")
		j.want(t, server, "192.0.2.1:7", "delivered to alice")
		j.want(t, server, "192.0.2.1:8", "dropped at alice: nobody listens")

		// And home again, where it gets another address.
		if err := wifi.Move("home"); err != nil {
			t.Fatal(err)
		}
		cellular.SetDown(false)
		look("[1 lo 127.0.0.1/8 2 wifi 203.0.113.3/24 3 cellular 198.51.100.2/24]")
		unreachable(byWifi)

		// The whole host is switched off. What it sends to itself arrives.
		alice.SetDown(true)
		look("[1 lo 127.0.0.1/8]")
		unreachable(any)
		j.want(t, server, "203.0.113.3:7", "dropped at alice/wifi: host down")
		j.want(t, any, "127.0.0.1:7", "delivered to alice")
		alice.SetDown(false)
		seen(any, to, "203.0.113.3:7")

		want := `vnet: host "alice": interface "wifi": no network "nowhere"`
		if err := wifi.Move("nowhere"); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		seen(any, to, "203.0.113.3:7")
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}

// The access link takes 10 ms for a packet, and 15 ms of delay. What becomes of
// packets when its interface goes away at 19 ms: of those that have left (1),
// are being sent (2) and wait (3), of those that come (4, 5), and of those that
// are sent after that (6, 7)?
func TestInterfaceGoes(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(i *vnet.Interface) error
		want []string
	}{
		{"down", func(i *vnet.Interface) error { i.SetDown(true); return nil }, []string{
			"1 25ms delivered to server ",
			"2 19ms dropped at alice/wifi/up: interface down ",
			"3 19ms dropped at alice/wifi/up: interface down ",
			"4 25ms dropped at alice/wifi: interface down ",
			"5 35ms dropped at alice/wifi: interface down ",
			"6 45ms dropped at alice/wifi: interface down ",
			"7 55ms dropped at alice/wifi: interface down ",
		}},
		{"down for a moment", func(i *vnet.Interface) error { i.SetDown(true); i.SetDown(false); return nil }, []string{
			"1 25ms delivered to server ",
			"2 19ms dropped at alice/wifi/up: interface down ",
			"3 19ms dropped at alice/wifi/up: interface down ",
			"4 25ms delivered to alice ",
			"5 35ms delivered to alice ",
			"6 44ms delivered to server ",
			"7 45ms delivered to alice ",
		}},
		{"moved", func(i *vnet.Interface) error { return i.Move("cafe") }, []string{
			// The network's end of the link is that of the new network.
			`1 25ms dropped at alice/wifi: interface down (wifi has moved to network "cafe", and has the address 192.0.2.1 there)`,
			"2 19ms dropped at alice/wifi/up: interface down ",
			"3 19ms dropped at alice/wifi/up: interface down ",
			`4 25ms dropped at alice/wifi: interface down (wifi has moved to network "cafe", and has the address 192.0.2.1 there)`,
			`5 35ms dropped at alice/wifi: interface down (wifi has moved to network "cafe", and has the address 192.0.2.1 there)`,
			"6 44ms delivered to server ",
			"7 19ms dropped at home: no route ",
		}},
		{"host down", func(i *vnet.Interface) error { return nil }, []string{
			"1 25ms delivered to server ",
			"2 19ms dropped at alice/wifi/up: host down ",
			"3 19ms dropped at alice/wifi/up: host down ",
			"4 25ms dropped at alice/wifi: host down ",
			"5 35ms dropped at alice/wifi: host down ",
			"6 45ms dropped at alice/wifi: host down ",
			"7 55ms dropped at alice/wifi: host down ",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJournal()
				in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home"}, {Name: "mobile"}, {Name: "cafe"}}, "server", vnet.Core)
				d := vnet.Direction{Rate: 1e5, Delay: 15 * time.Millisecond}
				alice := multihomed(t, in, &vnet.Link{Up: d, Down: d})
				wifi := alice.Interface("wifi")
				s := j.socket(t, hosts[0], 1)
				a := j.socket(t, alice, 7)
				write := func(c net.PacketConn, ip string, port int) {
					t.Helper()
					if _, err := c.WriteTo(make([]byte, 97), addr(ip, port)); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
				}
				for range 3 {
					write(a, "198.19.0.1", 1) // 1 to 3
				}
				for range 2 {
					write(s, "203.0.113.1", 7) // 4 and 5
				}
				time.Sleep(19 * time.Millisecond)
				if test.name == "host down" {
					alice.SetDown(true)
				} else if err := test.do(wifi); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if wifi.Up() && test.name != "host down" {
					write(a, "198.19.0.1", 1) // 6
				} else {
					write(s, "203.0.113.1", 7)
				}
				write(s, "203.0.113.1", 7) // 7
				time.Sleep(time.Second)
				var got []string
				for id := range j.lastID {
					f := j.fates[id+1]
					detail := ""
					if f.detail != "" {
						detail = "(" + f.detail + ")"
					}
					got = append(got, fmt.Sprint(id+1, " ", f.at, " ", f.text, " ", detail))
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("got")
					for _, line := range got {
						t.Logf("\t%q,", line)
					}
				}
				if in.InFlight() != 0 {
					t.Errorf("%d packets in flight", in.InFlight())
				}
			})
		})
	}
}

// What was written at the moment of a move, but before it, does not go out by
// the new network with the old address.
func TestMoveAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home"}, {Name: "cafe"}}, "alice", "home", "server", vnet.Core)
		alice := j.socket(t, hosts[0], 7)
		j.socket(t, hosts[1], 1)
		for i := range 20 {
			if _, err := alice.WriteTo(nil, addr("198.19.0.1", 1)); err != nil {
				t.Fatal(err)
			}
			if err := hosts[0].Interface("eth0").Move([]string{"cafe", "home"}[i%2]); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			f := j.fates[j.lastID]
			if f.text == "delivered to server" {
				if want := []string{"home/up", "cafe/up"}[i%2]; places(f.path)[0] != want {
					t.Errorf("from %v by %q", f.src, places(f.path))
				}
			} else if f.text != "dropped at alice/eth0: interface down" {
				t.Errorf("%s (%s)", f.text, f.detail)
			}
		}
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}

// An access link can be set while the interface has none, and shapes from then
// on.
func TestInterfaceSetLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home", "server", vnet.Core)
		alice := j.socket(t, hosts[0], 7)
		j.socket(t, hosts[1], 1)
		eth0 := hosts[0].Interface("eth0")
		for _, delay := range []time.Duration{0, 5 * time.Millisecond, 2 * time.Millisecond} {
			if delay != 0 {
				if err := eth0.SetLink(up(vnet.Direction{Delay: delay})); err != nil {
					t.Fatal(err)
				}
			}
			before := time.Since(j.epoch)
			if _, err := alice.WriteTo(nil, addr("198.19.0.1", 1)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if f := j.fates[j.lastID]; f.at-before != delay {
				t.Errorf("%s after %v, want %v", f.text, f.at-before, delay)
			}
		}
		want := `vnet: host "alice": interface "eth0": down: negative delay`
		if err := eth0.SetLink(down(vnet.Direction{Delay: -1})); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}

// A session goes on after a handover between two networks with NATs, by an ICE
// restart.
func TestHandover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		half := vnet.Direction{Delay: 10 * time.Millisecond}
		link := vnet.Link{Up: half, Down: half}
		nat := &vnet.NAT{Filtering: vnet.AddressAndPortDependent}
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", Link: link, NAT: nat},
			{Name: "mobile", Link: link, NAT: nat},
		}, "alice", "home", "bob", vnet.Core)
		alice, bob := peer(t, hosts[0]), peer(t, hosts[1])
		received := make(chan string, 2)
		bob.OnDataChannel(func(c *webrtc.DataChannel) {
			c.OnMessage(func(m webrtc.DataChannelMessage) { received <- string(m.Data) })
		})
		c, err := alice.CreateDataChannel("chat", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.OnOpen(func() {
			if err := c.SendText("at home"); err != nil {
				t.Error(err)
			}
		})
		wait := func(want string) {
			t.Helper()
			select {
			case got := <-received:
				if got != want {
					t.Errorf("received %q, want %q", got, want)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%q does not arrive", want)
			}
		}
		connect(t, alice, bob)
		wait("at home")
		if err := hosts[0].Interface("eth0").Move("mobile"); err != nil {
			t.Fatal(err)
		}
		if err := c.SendText("on the road"); err != nil {
			t.Error(err)
		}
		select {
		case got := <-received:
			t.Errorf("received %q before the restart", got)
		case <-time.After(3 * time.Second):
		}
		restart(t, alice, bob)
		wait("on the road")
		pair, err := alice.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair.Local.Address != "192.168.1.1" {
			t.Errorf("selected pair %v, %v; want 192.168.1.1 for alice", pair, err)
		}
		for _, pc := range []*webrtc.PeerConnection{alice, bob} {
			if err := pc.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
}

// restart negotiates new ICE credentials and candidates.
func restart(t testing.TB, offerer, answerer *webrtc.PeerConnection) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	offer, err := offerer.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	must(err)
	must(offerer.SetLocalDescription(offer))
	time.Sleep(time.Second) // host candidates only: they are gathered by then
	must(answerer.SetRemoteDescription(*offerer.LocalDescription()))
	answer, err := answerer.CreateAnswer(nil)
	must(err)
	must(answerer.SetLocalDescription(answer))
	time.Sleep(time.Second)
	must(offerer.SetRemoteDescription(*answerer.LocalDescription()))
}
