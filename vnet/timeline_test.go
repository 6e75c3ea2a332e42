package vnet_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

// Four packets leave alice at once and go to bob: through her access link, her
// network's NAT and link, the link and the NAT of his network, and his access
// link. Each instant is computed by hand. A packet of 472, 97 or 222 bytes is
// one of 500, 125 or 250 with its headers: 4000, 1000 or 2000 bits.
//
//	link           rate        4000 bits     1000 bits    2000 bits    delay       queue
//	alice/wifi/up  10 Mbit/s   0.4           0.1          0.2          1           3
//	home/up        1 Mbit/s    4             1            2            10          2
//	office/down    800 kbit/s  5             1.25         2.5          7           1000
//	bob/eth0/down  3 Mbit/s    1.333334      0.333334     0.666667     0.500001    1000
//
// All is in milliseconds; what does not come out even is rounded up to a
// nanosecond. A packet comes to a link (in), waits until the one before it is
// through, takes its time (through), and arrives after the delay. A NAT takes
// no time.
//
//	packet   alice/wifi/up          home/up                   office/down               bob/eth0/down
//	         in  wait  through      in   wait  through        in    wait  through       in     wait      through    arrives
//	1: 4000  0   0     0.4          1.4  0     5.4            15.4  0     20.4          27.4   0         28.733334  29.233335
//	2: 1000  0   0.4   0.5          1.5  3.9   6.4            16.4  4     21.65         28.65  0.083334  29.066668  29.566669
//	3: 2000  0   0.5   0.7          1.7  4.7   8.4            18.4  3.25  24.15         31.15  0         31.816667  32.316668
//	4: 1000  0   0.7   0.8          1.8  dropped: 2 and 3 wait
func TestComputedTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		in, hosts := start(t, j, []vnet.NetworkConfig{
			{Name: "home", NAT: &vnet.NAT{}, Link: up(vnet.Direction{Rate: 1e6, Delay: 10 * time.Millisecond, Queue: 2})},
			{Name: "office", NAT: &vnet.NAT{}, Link: down(vnet.Direction{Rate: 8e5, Delay: 7 * time.Millisecond})},
		}, "server", vnet.Core)
		host := func(name string, i vnet.InterfaceConfig, link vnet.Link) *vnet.Host {
			i.Link = &link
			h, err := in.AddMultihomed(name, i)
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		alice := host("alice", vnet.InterfaceConfig{Name: "wifi", Network: "home"},
			up(vnet.Direction{Rate: 1e7, Delay: time.Millisecond, Queue: 3}))
		bob := host("bob", vnet.InterfaceConfig{Name: "eth0", Network: "office"},
			down(vnet.Direction{Rate: 3e6, Delay: 500*time.Microsecond + 1}))
		a, b := j.socket(t, alice, 7), j.socket(t, bob, 7)
		j.socket(t, hosts[0], 1)
		if public := j.opens(t, b, "198.19.0.1:1"); public != "198.51.100.1:49152" {
			t.Fatalf("bob's public address is %s", public)
		}
		const zero = time.Second
		time.Sleep(zero)
		for _, size := range []int{472, 97, 222, 97} {
			if _, err := a.WriteTo(make([]byte, size), addr("198.51.100.1", 49152)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)

		ms := func(s string) time.Duration {
			d, err := time.ParseDuration(s + "ms")
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		type hop struct{ at, in, wait string }
		way := func(access, up, down, last [2]string) []hop {
			return []hop{
				{"alice/wifi/up", access[0], access[1]},
				{"home", up[0], "0"}, {"home/up", up[0], up[1]},
				{"office/down", down[0], down[1]}, {"office", last[0], "0"},
				{"bob/eth0/down", last[0], last[1]},
			}
		}
		type at = [2]string
		for i, want := range []struct {
			text, end string
			hops      []hop
		}{
			{"delivered to bob", "29.233335", way(at{"0", "0"}, at{"1.4", "0"}, at{"15.4", "0"}, at{"27.4", "0"})},
			{"delivered to bob", "29.566669", way(at{"0", "0.4"}, at{"1.5", "3.9"}, at{"16.4", "4"}, at{"28.65", "0.083334"})},
			{"delivered to bob", "32.316668", way(at{"0", "0.5"}, at{"1.7", "4.7"}, at{"18.4", "3.25"}, at{"31.15", "0"})},
			{"dropped at home/up: queue full", "1.8", []hop{{"alice/wifi/up", "0", "0.7"}, {"home", "1.8", "0"}, {"home/up", "1.8", "0"}}},
		} {
			f := j.fates[uint64(i+2)] // bob's was the first
			if end := f.at - zero; f.text != want.text || end != ms(want.end) {
				t.Errorf("packet %d: %s at %v, want %s at %sms", i+1, f.text, end, want.text, want.end)
			}
			if len(f.path) != len(want.hops) {
				t.Fatalf("packet %d: path %q", i+1, places(f.path))
			}
			for n, h := range f.path {
				w := want.hops[n]
				got := fmt.Sprint(h.At, " in ", h.Time-zero, ", wait ", h.Wait)
				if wanted := fmt.Sprint(w.at, " in ", ms(w.in), ", wait ", ms(w.wait)); got != wanted {
					t.Errorf("packet %d, hop %d: %s, want %s", i+1, n+1, got, wanted)
				}
			}
		}
	})
}
