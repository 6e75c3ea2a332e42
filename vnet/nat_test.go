package vnet

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fates writes down the packets' ends, with the time.
type fates struct {
	mu    sync.Mutex
	start time.Time
	lines []string
}

func (*fates) Sent(*Packet) {}

func (f *fates) Delivered(p *Packet, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, fmt.Sprint(time.Since(f.start), " ", p.From, " to ", to, " from ", p.src))
}

func (*fates) Mapped(Mapping) {}

func (f *fates) Dropped(p *Packet, where string, why Reason) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, fmt.Sprint(time.Since(f.start), " ", p.From, " dropped at ", where, ": ", why))
}

// Two peers behind port-restricted NATs punch holes: each sends to the other's
// mapped address, and lets the other in by that. The way takes 100 ms, all of
// it between the NATs, so a NAT opens at the moment its peer sends.
func TestHolePunching(t *testing.T) {
	nat := &NAT{Filtering: AddressAndPortDependent}
	half := Direction{Delay: 50 * time.Millisecond}
	for _, test := range []struct {
		name  string
		later time.Duration // how much later bob sends
		want  []string
	}{
		{"both at once", 0, []string{
			"100ms alice to bob from 203.0.113.1:49152",
			"100ms bob to alice from 198.51.100.1:49152",
		}},
		{"just in time", 100*time.Millisecond - 1, []string{
			"100ms alice to bob from 203.0.113.1:49152",
			"199.999999ms bob to alice from 198.51.100.1:49152",
		}},
		{"just too late", 100*time.Millisecond + 1, []string{
			"100ms alice dropped at office: filtered by the NAT",
			"200.000001ms bob to alice from 198.51.100.1:49152",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fates{}
				in, err := New(Config{
					Networks: []NetworkConfig{
						{Name: "home", Link: Link{Up: half, Down: half}, NAT: nat},
						{Name: "office", Link: Link{Up: half, Down: half}, NAT: nat},
					},
					Random:   func(string) *rand.Rand { return rand.New(rand.NewPCG(1, 1)) },
					Observer: f,
				})
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				socket := func(host, network string) net.PacketConn {
					h, err := in.AddHost(host, network)
					if err != nil {
						t.Fatal(err)
					}
					c, err := h.Net().ListenPacket("udp4", ":4000")
					if err != nil {
						t.Fatal(err)
					}
					return c
				}
				alice, bob, stun := socket("alice", "home"), socket("bob", "office"), socket("stun", Core)
				if err := in.Start(); err != nil {
					t.Fatal(err)
				}
				write := func(from net.PacketConn, to net.Addr) {
					if _, err := from.WriteTo([]byte("x"), to); err != nil {
						t.Error(err)
					}
				}
				read := func(c net.PacketConn) net.Addr {
					_, from, err := c.ReadFrom(make([]byte, 1))
					if err != nil {
						t.Error(err)
					}
					return from
				}
				// Each learns its mapped address.
				server := &net.UDPAddr{IP: net.IPv4(198, 19, 0, 1), Port: 4000}
				mapped := func(c net.PacketConn) net.Addr {
					write(c, server)
					addr := read(stun)
					write(stun, addr)
					if from := read(c); from.String() != server.String() {
						t.Errorf("the answer comes from %v, want %v", from, server)
					}
					return addr
				}
				aliceMapped, bobMapped := mapped(alice), mapped(bob)

				synctest.Wait()
				f.start, f.lines = time.Now(), nil
				for _, c := range []net.PacketConn{alice, bob} {
					go func() {
						for {
							if _, _, err := c.ReadFrom(make([]byte, 1)); err != nil {
								return
							}
						}
					}()
				}
				write(alice, bobMapped)
				time.Sleep(test.later)
				write(bob, aliceMapped)
				time.Sleep(time.Second)
				synctest.Wait()
				slices.Sort(f.lines) // those of one moment have no order
				if !slices.Equal(f.lines, test.want) {
					t.Errorf("got %q, want %q", f.lines, test.want)
				}
				if in.InFlight() != 0 {
					t.Errorf("%d packets in flight", in.InFlight())
				}
			})
		})
	}
}

// What a NAT does not let in has a reason, and neighbours need neither the NAT
// nor the link.
func TestNAT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fates{start: time.Now()}
		in, err := New(Config{
			Networks: []NetworkConfig{{Name: "home", Link: Link{Up: Direction{Loss: 1}}, NAT: &NAT{}}},
			Random:   func(string) *rand.Rand { return rand.New(rand.NewPCG(1, 1)) },
			Observer: f,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if err := in.Start(); err != nil {
			t.Fatal(err)
		}
		for _, host := range [][2]string{{"alice", "home"}, {"bob", "home"}, {"server", Core}} {
			h, err := in.AddHost(host[0], host[1])
			if err != nil {
				t.Fatal(err)
			}
			c, err := h.Net().ListenPacket("udp4", ":1")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for {
					if _, _, err := c.ReadFrom(nil); err != nil {
						return
					}
				}
			}()
			for _, to := range []net.IP{{192, 168, 0, 1}, {192, 168, 0, 9}, {203, 0, 113, 1}, {203, 0, 113, 9}} {
				if _, err := c.WriteTo([]byte("x"), &net.UDPAddr{IP: to, Port: 1}); err != nil {
					t.Error(err)
				}
				synctest.Wait()
			}
		}
		want := []string{
			"0s alice to alice from 192.168.0.1:1",
			"0s alice dropped at home: no route",
			"0s alice dropped at home: no hairpinning",
			"0s alice dropped at home/up: loss",
			"0s bob to alice from 192.168.0.2:1",
			"0s bob dropped at home: no route",
			"0s bob dropped at home: no hairpinning",
			"0s bob dropped at home/up: loss",
			"0s server dropped at internet: no route",
			"0s server dropped at internet: no route",
			"0s server dropped at home: no NAT mapping",
			"0s server dropped at internet: no route",
		}
		if !slices.Equal(f.lines, want) {
			t.Errorf("got %q, want %q", f.lines, want)
		}
		if in.InFlight() != 0 {
			t.Errorf("%d packets in flight", in.InFlight())
		}
	})
}
