package vnet_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

// streams returns the random streams of a seed.
func streams(seed uint64) func(name string) *rand.Rand {
	return func(name string) *rand.Rand {
		h := fnv.New64a()
		h.Write([]byte(name))
		return rand.New(rand.NewPCG(seed, h.Sum64()))
	}
}

// A log is an observer that writes down what it is told, with the time.
type log struct {
	mu                       sync.Mutex
	start                    time.Time
	lines                    []string
	sent, delivered, dropped int
	reasons                  map[vnet.Reason]int
	ends                     map[uint64]int
}

func newLog() *log {
	return &log{start: time.Now(), reasons: make(map[vnet.Reason]int), ends: make(map[uint64]int)}
}

func (l *log) add(format string, args ...any) {
	if len(l.lines) < 100 { // for tests that read them
		l.lines = append(l.lines, fmt.Sprintf("%v ", time.Since(l.start))+fmt.Sprintf(format, args...))
	}
}

func (l *log) Sent(p *vnet.Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	p.SentEvent = p.ID + 1000
	l.add("%d sent by %s", p.ID, p.From)
}

func (l *log) Delivered(p *vnet.Packet, to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delivered++
	l.ends[p.ID]++
	l.add("%d delivered to %s", p.ID, to)
}

func (*log) Mapped(vnet.Mapping) {}

func (l *log) Dropped(p *vnet.Packet, where string, why vnet.Reason) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropped++
	l.reasons[why]++
	l.ends[p.ID]++
	l.add("%d dropped at %s: %s", p.ID, where, why)
}

// balance checks the books.
func (l *log) balance(t *testing.T, in *vnet.Internet) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sent != l.delivered+l.dropped+in.InFlight() {
		t.Errorf("sent %d, delivered %d + dropped %d + in flight %d", l.sent, l.delivered, l.dropped, in.InFlight())
	}
	for id, n := range l.ends {
		if n != 1 {
			t.Errorf("packet %d ended %d times", id, n)
		}
	}
}

func (l *log) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, want) {
		t.Errorf("got:\n")
		for _, line := range l.lines {
			t.Logf("\t%q,", line)
		}
	}
}

// start returns a running internet, which is closed at the test's end, and
// the hosts that are given as name, network, name, network, …
func start(t testing.TB, o vnet.Observer, networks []vnet.NetworkConfig, hosts ...string) (*vnet.Internet, []*vnet.Host) {
	t.Helper()
	in, err := vnet.New(vnet.Config{Networks: networks, Random: streams(1), Observer: o})
	if err != nil {
		t.Fatal(err)
	}
	var added []*vnet.Host
	for pair := range slices.Chunk(hosts, 2) {
		h, err := in.AddHost(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		added = append(added, h)
	}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in, added
}

func listen(t testing.TB, h *vnet.Host, port uint16) net.PacketConn {
	t.Helper()
	c, err := h.Net().ListenPacket("udp4", netip.AddrPortFrom(h.Addrs()[0], port).String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drain reads the socket until it is closed.
func drain(c net.PacketConn) {
	b := make([]byte, 2048)
	for {
		if _, _, err := c.ReadFrom(b); err != nil {
			return
		}
	}
}

func send(t testing.TB, from, to net.PacketConn, size int) {
	t.Helper()
	if _, err := from.WriteTo(make([]byte, size), to.LocalAddr()); err != nil {
		t.Error(err)
	}
}

// up and down are links that do something to one direction.
func up(d vnet.Direction) vnet.Link   { return vnet.Link{Up: d} }
func down(d vnet.Direction) vnet.Link { return vnet.Link{Down: d} }

// A packet of 97 bytes is 1000 bits on the wire. The up link takes 1 ms for it
// and 10 ms of delay, the down link 2 ms and 20 ms.
func TestTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, []vnet.NetworkConfig{
			{Name: "home", Link: up(vnet.Direction{Rate: 1e6, Delay: 10 * time.Millisecond, Queue: 2})},
			{Name: "office", Link: down(vnet.Direction{Rate: 5e5, Delay: 20 * time.Millisecond})},
		}, "alice", "home", "bob", "office")
		a, b := listen(t, hosts[0], 1), listen(t, hosts[1], 2)
		go drain(b)
		for range 4 {
			send(t, a, b, 97)
		}
		time.Sleep(11*time.Millisecond - 1)
		send(t, a, b, 97)
		time.Sleep(time.Second)
		o.want(t,
			"0s 1 sent by alice",
			"0s 2 sent by alice",
			"0s 3 sent by alice",
			"0s 4 sent by alice",
			"0s 4 dropped at home/up: queue full",
			"10.999999ms 5 sent by alice",
			"33ms 1 delivered to bob",
			"35ms 2 delivered to bob",
			"37ms 3 delivered to bob",
			"43.999999ms 5 delivered to bob",
		)
		o.balance(t, in)
	})
}

// Two networks send to a third, whose down link takes their packets in the
// order in which they reach the core.
func TestSharedDownLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, []vnet.NetworkConfig{
			{Name: "east", Link: up(vnet.Direction{Delay: 16 * time.Millisecond})},
			{Name: "west", Link: up(vnet.Direction{Delay: 5 * time.Millisecond})},
			{Name: "home", Link: down(vnet.Direction{Rate: 1e5, Queue: 1})},
		}, "far", "east", "near", "west", "alice", "home", "bob", "home")
		far, near := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
		a, b := listen(t, hosts[2], 1), listen(t, hosts[3], 1)
		go drain(a)
		go drain(b)
		send(t, far, a, 97)
		send(t, near, b, 97)
		send(t, near, a, 97)
		send(t, near, b, 97)
		time.Sleep(time.Second)
		o.want(t,
			"0s 1 sent by far",
			"0s 2 sent by near",
			"0s 3 sent by near",
			"0s 4 sent by near",
			"5ms 4 dropped at home/down: queue full",
			"15ms 2 delivered to bob",
			"25ms 3 delivered to alice",
			"35ms 1 delivered to alice",
		)
		o.balance(t, in)
	})
}

// Hosts of one network, of the core, and one with itself, need no link.
func TestWithoutLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, []vnet.NetworkConfig{
			{Name: "home", Link: vnet.Link{Up: vnet.Direction{Loss: 1}, Down: vnet.Direction{Loss: 1}}},
		}, "alice", "home", "bob", "home", "stun", vnet.Core, "turn", vnet.Core)
		for pair := range slices.Chunk(hosts, 2) {
			x, y := listen(t, pair[0], 1), listen(t, pair[1], 1)
			go drain(y)
			send(t, x, y, 1)
			synctest.Wait()
			self := listen(t, pair[0], 2)
			go drain(self)
			send(t, x, self, 1)
			synctest.Wait()
		}
		lo, err := hosts[0].Net().ListenPacket("udp4", "127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		go drain(lo)
		c, err := hosts[0].Net().Dial("udp4", "127.0.0.1:9")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		o.want(t,
			"0s 1 sent by alice", "0s 1 delivered to bob",
			"0s 2 sent by alice", "0s 2 delivered to alice",
			"0s 3 sent by stun", "0s 3 delivered to turn",
			"0s 4 sent by stun", "0s 4 delivered to stun",
			"0s 5 sent by alice", "0s 5 delivered to alice",
		)
		o.balance(t, in)
	})
}

func TestDropReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home"}, {Name: "office"}},
			"alice", "home", "bob", "office", "eve", "office")
		a, b := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
		to := func(addr string) {
			t.Helper()
			if _, err := a.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr))); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		to("8.8.8.8:53")         // 1
		to("198.51.100.77:1")    // 2
		to("224.0.0.251:5353")   // 3
		to("198.51.100.1:12345") // 4
		connected, err := hosts[2].Net().Dial("udp4", b.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		to(connected.LocalAddr().String()) // 5
		to("198.51.100.1:1")               // 6
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		o.want(t,
			"0s 1 sent by alice", "0s 1 dropped at internet: no route",
			"0s 2 sent by alice", "0s 2 dropped at office: no route",
			"0s 3 sent by alice", "0s 3 dropped at internet: no route",
			"0s 4 sent by alice", "0s 4 dropped at bob: nobody listens",
			"0s 5 sent by alice", "0s 5 dropped at eve: nobody listens",
			"0s 6 sent by alice", "0s 6 dropped at bob: socket closed",
		)
		o.balance(t, in)
	})
}

func TestSocketBufferFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, nil, "alice", vnet.Core, "bob", vnet.Core)
		a, b := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
		for range 1030 {
			send(t, a, b, 10)
		}
		synctest.Wait()
		if o.reasons[vnet.SocketBufferFull] != 6 || in.InFlight() != 1024 {
			t.Errorf("%d dropped with a full buffer, %d in flight; want 6, 1024",
				o.reasons[vnet.SocketBufferFull], in.InFlight())
		}
		go drain(b)
		synctest.Wait()
		if o.delivered != 1024 {
			t.Errorf("delivered %d, want 1024", o.delivered)
		}
		o.balance(t, in)
	})
}

// An outage of home from 19 ms to 39 ms. The link takes 10 ms for a packet and
// 15 ms of delay, each way.
func TestSetDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		d := vnet.Direction{Rate: 1e5, Delay: 15 * time.Millisecond}
		in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home", Link: vnet.Link{Up: d, Down: d}}},
			"alice", "home", "neighbour", "home", "server", vnet.Core)
		a, n, s := listen(t, hosts[0], 1), listen(t, hosts[1], 1), listen(t, hosts[2], 1)
		go drain(a)
		go drain(n)
		go drain(s)
		set := func(down bool) {
			if err := in.SetDown("home", down); err != nil {
				t.Error(err)
			}
		}
		send(t, a, s, 97) // 1 has left home when it is cut off
		send(t, a, s, 97) // 2 is being sent
		send(t, a, s, 97) // 3 waits
		send(t, s, a, 97) // 4 is on its way home
		time.Sleep(19 * time.Millisecond)
		set(true)
		send(t, a, s, 97) // 5
		synctest.Wait()
		send(t, s, a, 97) // 6 arrives after the outage
		send(t, a, n, 97) // 7 needs no link
		time.Sleep(20 * time.Millisecond)
		set(false)
		send(t, a, s, 97) // 8
		time.Sleep(time.Second)
		o.want(t,
			"0s 1 sent by alice",
			"0s 2 sent by alice",
			"0s 3 sent by alice",
			"0s 4 sent by server",
			"19ms 2 dropped at home/up: network down",
			"19ms 3 dropped at home/up: network down",
			"19ms 5 sent by alice",
			"19ms 5 dropped at home/up: network down",
			"19ms 6 sent by server",
			"19ms 7 sent by alice",
			"19ms 7 delivered to neighbour",
			"25ms 4 dropped at home/down: network down",
			"25ms 1 delivered to server",
			"39ms 8 sent by alice",
			"44ms 6 delivered to alice",
			"64ms 8 delivered to server",
		)
		o.balance(t, in)
	})
}

// New settings hold for what waits, and the packets do not change places.
func TestSetLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, []vnet.NetworkConfig{
			{Name: "home", Link: up(vnet.Direction{Rate: 1e5, Delay: 50 * time.Millisecond})},
		}, "alice", "home", "server", vnet.Core)
		a, s := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
		go drain(s)
		for range 3 {
			send(t, a, s, 97)
		}
		time.Sleep(15 * time.Millisecond)
		if err := in.SetLink("home", up(vnet.Direction{Rate: 1e6, Delay: 40*time.Millisecond - 1})); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		o.want(t,
			"0s 1 sent by alice",
			"0s 2 sent by alice",
			"0s 3 sent by alice",
			"60ms 1 delivered to server",
			"60ms 2 delivered to server",
			"60.999999ms 3 delivered to server",
		)
	})
}

// What is drawn on one link does not depend on another, nor on settings.
func TestStreamsStayApart(t *testing.T) {
	losses := func(change func(in *vnet.Internet)) []uint64 {
		var lost []uint64
		synctest.Test(t, func(t *testing.T) {
			o := &lossLog{}
			in, hosts := start(t, o, []vnet.NetworkConfig{
				{Name: "home", Link: up(vnet.Direction{Loss: 0.1})},
				{Name: "office", Link: down(vnet.Direction{Delay: time.Millisecond, Jitter: time.Millisecond})},
			}, "alice", "home", "bob", "office")
			a, b := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
			go drain(b)
			for i := range 500 {
				if i == 100 {
					change(in)
				}
				send(t, a, b, 97)
				time.Sleep(time.Millisecond)
			}
			lost = o.lost
		})
		return lost
	}
	want := losses(func(*vnet.Internet) {})
	got := losses(func(in *vnet.Internet) {
		for name, link := range map[string]vnet.Link{
			"office": down(vnet.Direction{Loss: 0, Rate: 1e6}),
			"home":   {Up: vnet.Direction{Loss: 0.1, Jitter: time.Second}, Down: vnet.Direction{Loss: 1}},
		} {
			if err := in.SetLink(name, link); err != nil {
				t.Error(err)
			}
		}
	})
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("lost after a change of other settings: %v, before: %v", got, want)
	}
}

// A lossLog collects the packets that were lost on links.
type lossLog struct{ lost []uint64 }

func (*lossLog) Sent(*vnet.Packet)              {}
func (*lossLog) Delivered(*vnet.Packet, string) {}
func (*lossLog) Mapped(vnet.Mapping)            {}
func (l *lossLog) Dropped(p *vnet.Packet, _ string, why vnet.Reason) {
	if why == vnet.Loss {
		l.lost = append(l.lost, p.ID)
	}
}

// Everybody sends to everybody in real time, while sockets open and close, and
// links, NATs, firewalls and interfaces change. The books must balance in the
// end, whatever it was that the network was closed in the middle of.
func TestBooksUnderLoad(t *testing.T) {
	const rounds = 1000
	o := newLog()
	d := vnet.Direction{Delay: time.Millisecond, Jitter: time.Millisecond, Loss: 0.05, Rate: 5e7, Queue: 20, Duplicate: 0.02}
	link := vnet.Link{Up: d, Down: d}
	networks := []vnet.NetworkConfig{
		{Name: "a", Link: link},
		{Name: "b", Link: link, NAT: &vnet.NAT{Hairpin: true, Addresses: 2, Lifetime: 5 * time.Millisecond}},
		{Name: "carrier", Link: link, NAT: &vnet.NAT{Mapping: vnet.AddressAndPortDependent, Filtering: vnet.AddressDependent}},
		{Name: "home", Behind: "carrier", Link: link, NAT: &vnet.NAT{Filtering: vnet.AddressAndPortDependent}},
		{Name: "office", Link: link, Firewall: &vnet.Firewall{UDP: vnet.OutboundOnly}},
		{Name: "dmz", Behind: "office", NAT: &vnet.NAT{OneToOne: true, Addresses: 2}},
	}
	in, all := start(t, o, networks, "a1", "a", "a2", "a", "b1", "b", "b2", "b", "h1", "home", "h2", "home",
		"o1", "office", "d1", "dmz", "c1", vnet.Core, "c2", vnet.Core)
	for i := range 2 {
		h, err := in.AddMultihomed(fmt.Sprint("m", i),
			vnet.InterfaceConfig{Name: "wifi", Network: "home", Link: &link}, vnet.InterfaceConfig{Name: "cellular", Network: "b"})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	// Public addresses that were seen are sent to as well as inside ones.
	var mu sync.Mutex
	var known []netip.AddrPort
	learn := func(addr net.Addr) {
		mu.Lock()
		defer mu.Unlock()
		if a := addr.(*net.UDPAddr).AddrPort(); !slices.Contains(known, a) && len(known) < 200 {
			known = append(known, a)
		}
	}
	pick := func(r *rand.Rand) netip.AddrPort {
		mu.Lock()
		defer mu.Unlock()
		if len(known) > 0 && r.IntN(2) == 0 {
			return known[r.IntN(len(known))]
		}
		addrs := all[r.IntN(len(all))].Addrs()
		if len(addrs) == 0 {
			return netip.MustParseAddrPort("198.19.0.1:1")
		}
		return netip.AddrPortFrom(addrs[0], 1)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	var sending, reading sync.WaitGroup
	for i, h := range all {
		sending.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			open := func() net.PacketConn {
				c, err := h.Net().ListenPacket("udp4", ":1")
				must(err)
				reading.Go(func() {
					b := make([]byte, 2048)
					for {
						_, from, err := c.ReadFrom(b)
						if err != nil {
							return
						}
						learn(from)
					}
				})
				return c
			}
			c := open()
			// An interface is not up when the host's own goroutine leaves it
			// down for some rounds; then a write fails, and there is no packet.
			for range rounds {
				to := pick(r)
				if _, err := c.WriteTo(make([]byte, r.IntN(1200)), net.UDPAddrFromAddrPort(to)); err != nil && !errors.Is(err, syscall.ENETUNREACH) {
					t.Error(err)
				}
				ifc := h.Interfaces()[r.IntN(len(h.Interfaces()))]
				switch r.IntN(200) {
				case 0:
					must(c.Close())
					c = open()
				case 1:
					must(in.SetDown(networks[r.IntN(len(networks))].Name, r.IntN(10) == 0))
				case 2:
					link := link
					link.Up.Rate = 1e6 * r.Int64N(20)
					must(in.SetLink("b", link))
				case 3:
					must(in.Rebind([]string{"b", "carrier", "home"}[r.IntN(3)], r.IntN(3) == 0))
				case 4:
					must(in.Expire("home"))
				case 5:
					must(in.SetFirewall("home", &vnet.Firewall{UDP: vnet.Policy(r.IntN(3))}))
				case 6:
					ifc.SetDown(r.IntN(4) == 0)
				case 7:
					must(ifc.Move([]string{"a", "b", "home", "office"}[r.IntN(4)]))
				case 8:
					h.SetDown(r.IntN(8) == 0)
				case 9:
					must(ifc.SetLink(link))
				}
				if r.IntN(10) == 0 {
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
	}
	sending.Wait()
	must(in.Close())
	reading.Wait()
	o.balance(t, in)
	if o.delivered == 0 || o.reasons[vnet.Loss] == 0 || o.reasons[vnet.NoMapping]+o.reasons[vnet.MappingExpired] == 0 {
		t.Errorf("sent %d, delivered %d, dropped %v", o.sent, o.delivered, o.reasons)
	}
}

// The same without an end in the middle: when all has come to rest, nothing is
// under way.
func TestBooksAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		d := vnet.Direction{Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Loss: 0.05, Rate: 1e6, Queue: 5}
		link := vnet.Link{Up: d, Down: d}
		in, hosts := start(t, o, []vnet.NetworkConfig{
			{Name: "carrier", Link: link, NAT: &vnet.NAT{Hairpin: true}},
			{Name: "east", Behind: "carrier", Link: link, NAT: &vnet.NAT{Mapping: vnet.AddressAndPortDependent}},
			{Name: "west", Behind: "carrier", Link: link, NAT: &vnet.NAT{Filtering: vnet.AddressDependent}},
			{Name: "office", Link: link, Firewall: &vnet.Firewall{UDP: vnet.OutboundOnly}},
		}, "a", "east", "b", "west", "c", "office", "d", vnet.Core)
		var open []net.PacketConn
		for _, h := range hosts {
			c, err := h.Net().ListenPacket("udp4", ":1")
			if err != nil {
				t.Fatal(err)
			}
			go drain(c)
			open = append(open, c)
		}
		r := rand.New(rand.NewPCG(2, 2))
		to := []string{"198.19.0.1:1", "100.64.0.1:49152", "100.64.0.2:49152", "203.0.113.1:49152", "203.0.113.1:49153",
			"203.0.113.2:49152", "192.0.2.1:1", "198.18.0.1:1", "192.168.1.1:1", "10.1.1.1:1"}
		for range 2000 {
			dst := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to[r.IntN(len(to))]))
			if addrs := hosts[r.IntN(len(hosts))].Addrs(); len(addrs) > 0 && r.IntN(2) == 0 {
				dst = net.UDPAddrFromAddrPort(netip.AddrPortFrom(addrs[0], 1))
			}
			if _, err := open[r.IntN(len(open))].WriteTo(make([]byte, r.IntN(1400)), dst); err != nil && !errors.Is(err, syscall.ENETUNREACH) {
				t.Fatal(err)
			}
			network := []string{"carrier", "east", "west", "office"}[r.IntN(4)]
			var err error
			switch ifc := hosts[r.IntN(3)].Interface("eth0"); r.IntN(60) {
			case 0:
				if network != "office" {
					err = in.Rebind(network, r.IntN(4) == 0)
				}
			case 1:
				err = in.SetDown(network, r.IntN(3) == 0)
			case 2:
				ifc.SetDown(r.IntN(3) == 0)
			case 3:
				err = ifc.Move(network)
			case 4:
				hosts[r.IntN(4)].SetDown(r.IntN(3) == 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.IntN(3) == 0 {
				time.Sleep(time.Duration(r.IntN(int(20 * time.Millisecond))))
			}
		}
		time.Sleep(time.Minute)
		o.balance(t, in)
		if n := in.InFlight(); n != 0 {
			t.Errorf("%d packets in flight", n)
		}
		if o.delivered < 100 || o.reasons[vnet.InterfaceDown] == 0 || o.reasons[vnet.NoMapping] == 0 {
			t.Errorf("sent %d, delivered %d, dropped %v", o.sent, o.delivered, o.reasons)
		}
	})
}

func TestAddresses(t *testing.T) {
	var networks []vnet.NetworkConfig
	for i := range 5 {
		networks = append(networks, vnet.NetworkConfig{Name: fmt.Sprint("n", i)})
	}
	_, hosts := start(t, nil, networks, "a", "n0", "b", "n1", "c", "n2", "d", "n3", "e", "n4", "f", "n0",
		"s", vnet.Core, "t", vnet.Core)
	var got []string
	for _, h := range hosts {
		got = append(got, h.Addrs()[0].String())
	}
	want := []string{"203.0.113.1", "198.51.100.1", "192.0.2.1", "198.18.0.1", "198.18.1.1", "203.0.113.2",
		"198.19.0.1", "198.19.0.2"}
	if !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
}

func TestConfigErrors(t *testing.T) {
	link := func(d vnet.Direction) []vnet.NetworkConfig {
		return []vnet.NetworkConfig{{Name: "home", Link: vnet.Link{Down: d}}}
	}
	for want, networks := range map[string][]vnet.NetworkConfig{
		`vnet: network "": a name must not be empty and must not contain a slash`:    {{}},
		`vnet: network "a/b": a name must not be empty and must not contain a slash`: {{Name: "a/b"}},
		`vnet: network "a": the name is taken`:                                       {{Name: "a"}, {Name: "a"}},
		`vnet: network "internet": the name is taken`:                                {{Name: "internet"}},
		`vnet: network "home": down: negative delay`:                                 link(vnet.Direction{Delay: -1}),
		`vnet: network "home": down: negative jitter`:                                link(vnet.Direction{Jitter: -1}),
		`vnet: network "home": down: negative rate`:                                  link(vnet.Direction{Rate: -1}),
		`vnet: network "home": down: negative queue`:                                 link(vnet.Direction{Queue: -1}),
		`vnet: network "home": down: loss is not between 0 and 1`:                    link(vnet.Direction{Loss: 1.1}),
		`vnet: 260 networks, at most 259 have addresses`:                             make([]vnet.NetworkConfig, 260),
	} {
		if _, err := vnet.New(vnet.Config{Networks: networks, Random: streams(1)}); err == nil || err.Error() != want {
			t.Errorf("New: %v, want %s", err, want)
		}
	}
	if _, err := vnet.New(vnet.Config{}); err == nil {
		t.Error("New without random streams succeeds")
	}
	in, _ := start(t, nil, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home")
	errorOf := func(_ any, err error) error { return err }
	for want, err := range map[string]error{
		`vnet: host "alice": the name is taken`:                                errorOf(in.AddHost("alice", "home")),
		`vnet: host "bob": no network "work"`:                                  errorOf(in.AddHost("bob", "work")),
		`vnet: host "": a name must not be empty and must not contain a slash`: errorOf(in.AddHost("", "home")),
		`vnet: no network "work"`:                                              in.SetDown("work", true),
		`vnet: network "internet" has no link`:                                 in.SetLink(vnet.Core, vnet.Link{}),
		`vnet: network "home": up: negative delay`:                             in.SetLink("home", up(vnet.Direction{Delay: -1})),
		`vnet: already started`:                                                in.Start(),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for i := range 253 {
		if _, err := in.AddHost(fmt.Sprint("h", i), "home"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.AddHost("last", "home"); err == nil {
		t.Error("a network has 255 hosts")
	}
}
