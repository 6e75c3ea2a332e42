package vnet_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/vnet"
)

const turnName = "turn.example.org"

// users are those of the tests' TURN servers.
var users = map[string]string{"alice": "secret", "bob": "hidden"}

// addServer adds a server on the core.
func addServer(t testing.TB, in *vnet.Internet, stun *vnet.STUNConfig, turn *vnet.TURNConfig) *vnet.Server {
	t.Helper()
	s, err := in.AddServer(vnet.ServerConfig{Name: turnName, Network: vnet.Core, STUN: stun, TURN: turn})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A client asks a server by hand, so that a test sees what it answers.
type client struct {
	t                     testing.TB
	host                  *vnet.Host
	conn                  net.PacketConn
	server                net.Addr
	user, password, realm string
	nonce                 stun.Nonce
}

// newClient returns a client at the host's port with alice's credentials.
func newClient(t testing.TB, h *vnet.Host, port uint16) *client {
	t.Helper()
	server, err := h.Net().ResolveUDPAddr("udp4", turnName+":3478")
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, host: h, conn: listen(t, h, port), server: server, user: "alice", password: "secret", realm: turnName}
}

// read returns the next datagram, or nil if there is none in ten seconds.
func read(t testing.TB, c net.PacketConn) ([]byte, net.Addr) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2048)
	n, from, err := c.ReadFrom(b)
	if err != nil {
		return nil, nil
	}
	return b[:n], from
}

// ask sends a request and returns the answer, nil if there is none.
func (c *client) ask(method stun.Method, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	request, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attrs...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.WriteTo(request.Raw, c.server); err != nil {
		c.t.Fatal(err)
	}
	b, _ := read(c.t, c.conn)
	if b == nil {
		return nil
	}
	answer := &stun.Message{Raw: b}
	if err := answer.Decode(); err != nil {
		c.t.Fatal(err)
	}
	if answer.TransactionID != request.TransactionID || answer.Type.Method != method {
		c.t.Fatalf("asked %v, answered %v", request, answer)
	}
	_ = c.nonce.GetFrom(answer) // where there is one
	return answer
}

// request asks with the client's credentials and the last nonce.
func (c *client) request(method stun.Method, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	return c.ask(method, append(slices.Clone(attrs), stun.NewUsername(c.user), stun.NewRealm(c.realm), c.nonce,
		stun.NewLongTermIntegrity(c.user, c.realm, c.password))...)
}

// allocate makes an allocation and returns the relayed address.
func (c *client) allocate(attrs ...stun.Setter) net.Addr {
	c.t.Helper()
	c.want(c.ask(stun.MethodAllocate, udp), 401)
	answer := c.request(stun.MethodAllocate, append(attrs, udp)...)
	c.want(answer, 0)
	var relay stun.XORMappedAddress
	if err := relay.GetFromAs(answer, stun.AttrXORRelayedAddress); err != nil {
		c.t.Fatal(err)
	}
	return &net.UDPAddr{IP: relay.IP, Port: relay.Port}
}

// silence is the code of no answer.
const silence = -1

// want checks that the answer is the error, or a success if it is 0.
func (c *client) want(answer *stun.Message, want int) {
	c.t.Helper()
	if got := codeOf(answer); got != want {
		c.t.Errorf("answered %d, want %d: %v", got, want, answer)
	}
	// As RFC 8489 has it: what is authenticated is protected, a challenge is
	// not, and has what the client needs to try again.
	if want == 401 || want == 438 {
		var realm stun.Realm
		var nonce stun.Nonce
		if realm.GetFrom(answer) != nil || realm.String() != turnName || nonce.GetFrom(answer) != nil {
			c.t.Errorf("answered %d without realm or nonce: %v", want, answer)
		}
	}
}

func codeOf(answer *stun.Message) int {
	if answer == nil {
		return silence
	}
	var code stun.ErrorCodeAttribute
	if code.GetFrom(answer) != nil {
		return 0
	}
	return int(code.Code)
}

// The attributes of TURN, which pion/turn does not export.

func attribute(t stun.AttrType, value ...byte) stun.Setter {
	return stun.RawAttribute{Type: t, Value: value}
}

var udp = attribute(stun.AttrRequestedTransport, 17, 0, 0, 0)

func lifetime(d time.Duration) stun.Setter {
	return attribute(stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, uint32(d/time.Second))...)
}

func channel(n uint16) stun.Setter {
	return attribute(stun.AttrChannelNumber, byte(n>>8), byte(n), 0, 0)
}

type peerAddr net.UDPAddr

func (p *peerAddr) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: p.IP, Port: p.Port}.AddToAs(m, stun.AttrXORPeerAddress)
}

func peerAt(addr string) stun.Setter {
	return (*peerAddr)(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
}

func peerOf(c net.PacketConn) stun.Setter { return (*peerAddr)(c.LocalAddr().(*net.UDPAddr)) }

// send sends the peer a Send indication.
func (c *client) send(to net.PacketConn) {
	c.t.Helper()
	m := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peerOf(to), attribute(stun.AttrData, 'x'))
	if _, err := c.conn.WriteTo(m.Raw, c.server); err != nil {
		c.t.Fatal(err)
	}
}

// sendChannel sends channel data.
func (c *client) sendChannel(n uint16) {
	c.t.Helper()
	if _, err := c.conn.WriteTo([]byte{byte(n >> 8), byte(n), 0, 1, 'x', 0, 0, 0}, c.server); err != nil {
		c.t.Fatal(err)
	}
}

// arrived tells whether a datagram has come from the address, and reads it.
func arrived(t testing.TB, c net.PacketConn, from net.Addr) bool {
	t.Helper()
	synctest.Wait()
	if err := c.SetReadDeadline(time.Now().Add(1)); err != nil {
		t.Fatal(err)
	}
	_, got, err := c.ReadFrom(make([]byte, 2048))
	if err == nil && got.String() != from.String() {
		t.Errorf("received from %v, want %v", got, from)
	}
	return err == nil
}

func TestServerBinding(t *testing.T) {
	turnServer := &vnet.TURNConfig{Users: users}
	for _, test := range []struct {
		name     string
		stun     *vnet.STUNConfig
		turn     *vnet.TURNConfig
		port     uint16
		allocate int // what an Allocate gets
	}{
		{"STUN", &vnet.STUNConfig{}, nil, 3478, silence},
		{"STUN on a port of its own", &vnet.STUNConfig{Port: 19302}, turnServer, 19302, silence},
		{"TURN beside it", &vnet.STUNConfig{Port: 19302}, turnServer, 3478, 401},
		{"TURN", nil, turnServer, 3478, 401},
		{"both on one port", &vnet.STUNConfig{}, turnServer, 3478, 401},
		{"TURN on another port", nil, &vnet.TURNConfig{Port: 443}, 443, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newLog()
				in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home")
				addServer(t, in, test.stun, test.turn)
				c := newClient(t, hosts[0], 5000)
				c.server.(*net.UDPAddr).Port = int(test.port)
				answer := c.ask(stun.MethodBinding)
				var mapped stun.XORMappedAddress
				if answer == nil || mapped.GetFrom(answer) != nil || mapped.String() != c.conn.LocalAddr().String() {
					t.Errorf("the mapped address is %v, want %v", mapped, c.conn.LocalAddr())
				}
				c.want(c.ask(stun.MethodBinding, attribute(0x7FFF)), 420)
				c.want(c.ask(stun.MethodAllocate, udp), test.allocate)
				if err := in.Close(); err != nil {
					t.Error(err)
				}
				o.balance(t, in)
			})
		})
	}
}

// Two peers talk through the server, one of them by pion's own client.
func TestServerRelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		d := vnet.Direction{Delay: 10 * time.Millisecond}
		in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home", Link: vnet.Link{Up: d, Down: d}}}, "alice", "home", "bob", vnet.Core)
		server := addServer(t, in, nil, &vnet.TURNConfig{Users: users})
		bob := listen(t, hosts[1], 7)
		c, err := turn.NewClient(&turn.ClientConfig{
			TURNServerAddr: turnName + ":3478",
			Username:       "alice",
			Password:       "secret",
			Conn:           listen(t, hosts[0], 5000),
			Net:            hosts[0].Net(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Listen(); err != nil {
			t.Fatal(err)
		}
		alice, err := c.Allocate()
		if err != nil {
			t.Fatal(err)
		}
		want := []vnet.Allocation{{
			Client: netip.MustParseAddrPort("203.0.113.1:5000"),
			Relay:  netip.MustParseAddrPort(alice.LocalAddr().String()),
			User:   "alice",
		}}
		if got := server.Allocations(); !slices.Equal(got, want) {
			t.Errorf("allocations %v, want %v", got, want)
		}
		for i := range 3 { // by indications first, then by a channel
			ping, pong := fmt.Sprintf("ping %d", i), fmt.Sprintf("pong %d", i)
			if _, err := alice.WriteTo([]byte(ping), bob.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			b, from := read(t, bob)
			if string(b) != ping || from.String() != alice.LocalAddr().String() {
				t.Errorf("bob reads %q from %v, want %q from %v", b, from, ping, alice.LocalAddr())
			}
			if _, err := bob.WriteTo([]byte(pong), from); err != nil {
				t.Fatal(err)
			}
			b, from = read(t, alice)
			if string(b) != pong || from.String() != bob.LocalAddr().String() {
				t.Errorf("alice reads %q from %v, want %q from %v", b, from, pong, bob.LocalAddr())
			}
			time.Sleep(time.Second)
		}
		if err := alice.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if got := server.Allocations(); len(got) != 0 {
			t.Errorf("allocations %v after the client gave its own back", got)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		c.Close()
		o.balance(t, in)
	})
}

// What is not refreshed lasts to the nanosecond.
func TestServerLifetimes(t *testing.T) {
	for _, test := range []struct {
		name                            string
		config                          vnet.TURNConfig
		permission, channel, allocation time.Duration
	}{
		{"by default", vnet.TURNConfig{}, 5 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		{"set", vnet.TURNConfig{
			PermissionLifetime: 20 * time.Second,
			ChannelLifetime:    30 * time.Second,
			AllocationLifetime: 40 * time.Second,
		}, 20 * time.Second, 30 * time.Second, 40 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			// until runs a client and checks that works is true until the time,
			// and false from then on.
			until := func(what string, end time.Duration, prepare func(*client, net.PacketConn), works func(c *client, relay net.Addr, peer net.PacketConn) bool) {
				for _, at := range []time.Duration{end - 1, end} {
					synctest.Test(t, func(t *testing.T) {
						o := newLog()
						in, hosts := start(t, o, nil, "alice", vnet.Core, "bob", vnet.Core)
						config := test.config
						config.Users = users
						addServer(t, in, nil, &config)
						c, peer := newClient(t, hosts[0], 5000), listen(t, hosts[1], 7)
						relay := c.allocate()
						begin := time.Now()
						prepare(c, peer)
						time.Sleep(time.Until(begin.Add(at)))
						synctest.Wait()
						if got, want := works(c, relay, peer), at < end; got != want {
							t.Errorf("%s after %v: %v, want %v", what, at, got, want)
						}
						if err := in.Close(); err != nil {
							t.Error(err)
						}
						o.balance(t, in)
					})
				}
			}
			until("a permission", test.permission,
				func(c *client, peer net.PacketConn) {
					c.want(c.request(stun.MethodCreatePermission, peerOf(peer)), 0)
				},
				func(c *client, relay net.Addr, peer net.PacketConn) bool {
					c.send(peer)
					return arrived(c.t, peer, relay)
				})
			until("a channel", test.channel,
				func(c *client, peer net.PacketConn) {
					// The allocation must outlive it.
					c.want(c.request(stun.MethodRefresh, lifetime(30*time.Minute)), 0)
					c.want(c.request(stun.MethodChannelBind, channel(0x4000), peerOf(peer)), 0)
				},
				func(c *client, relay net.Addr, peer net.PacketConn) bool {
					c.sendChannel(0x4000)
					return arrived(c.t, peer, relay)
				})
			until("an allocation", test.allocation,
				func(*client, net.PacketConn) {},
				func(c *client, _ net.Addr, peer net.PacketConn) bool {
					return codeOf(c.request(stun.MethodCreatePermission, peerOf(peer))) == 0
				})
		})
	}
}

func TestServerErrors(t *testing.T) {
	bob := func(c *client) { c.user, c.password = "bob", "hidden" }
	peer := peerAt("192.0.2.1:9")
	allocate := func(attrs ...stun.Setter) func(*client) *stun.Message {
		return func(c *client) *stun.Message { return c.request(stun.MethodAllocate, attrs...) }
	}
	challenged := func(c *client) { c.want(c.ask(stun.MethodAllocate, udp), 401) }
	allocated := func(c *client) { c.allocate() }
	for _, test := range []struct {
		name    string
		prepare func(*client)
		ask     func(*client) *stun.Message
		want    int
	}{
		{"no credentials", allocated, func(c *client) *stun.Message { return c.ask(stun.MethodRefresh) }, 401},
		{"wrong password", func(c *client) { challenged(c); c.password = "guess" }, allocate(udp), 401},
		{"unknown user", func(c *client) { challenged(c); c.user = "mallory" }, allocate(udp), 401},
		{"wrong realm", func(c *client) { challenged(c); c.realm = "example.com" }, allocate(udp), 401},
		{"wrong password of a Refresh", func(c *client) { allocated(c); c.password = "guess" },
			func(c *client) *stun.Message { return c.request(stun.MethodRefresh) }, 401},
		{"no transport", challenged, allocate(), 400},
		{"unknown nonce", func(c *client) { c.nonce = stun.NewNonce("once") }, allocate(udp), 438},
		{"nonce of an hour", func(c *client) { challenged(c); time.Sleep(time.Hour) }, allocate(udp), 0},
		{"nonce of more than an hour", func(c *client) { challenged(c); time.Sleep(time.Hour + time.Minute) }, allocate(udp), 438},
		{"do not fragment", challenged, allocate(udp, attribute(stun.AttrDontFragment)), 420},
		{"IPv6", challenged, allocate(udp, attribute(stun.AttrRequestedAddressFamily, 2, 0, 0, 0)), 440},
		{"unknown family", challenged, allocate(udp, attribute(stun.AttrRequestedAddressFamily, 3, 0, 0, 0)), 440},
		{"TCP", challenged, allocate(attribute(stun.AttrRequestedTransport, 6, 0, 0, 0)), 442},
		{"SCTP", challenged, allocate(attribute(stun.AttrRequestedTransport, 132, 0, 0, 0)), 442},
		{"even port", challenged, allocate(udp, attribute(stun.AttrEvenPort, 0x80)), 0},
		{"unknown reservation", challenged, allocate(udp, attribute(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8)), 508},
		{"second Allocate", allocated, allocate(udp), 437},
		{"Refresh without allocation", challenged, func(c *client) *stun.Message { return c.request(stun.MethodRefresh) }, 437},
		{"CreatePermission without allocation", challenged, func(c *client) *stun.Message { return c.request(stun.MethodCreatePermission, peer) }, 437},
		{"ChannelBind without allocation", challenged, func(c *client) *stun.Message {
			return c.request(stun.MethodChannelBind, channel(0x4000), peer)
		}, 437},
		{"Refresh after giving back", func(c *client) { allocated(c); c.want(c.request(stun.MethodRefresh, lifetime(0)), 0) },
			func(c *client) *stun.Message { return c.request(stun.MethodRefresh) }, 437},
		{"another's allocation", func(c *client) { allocated(c); bob(c) },
			func(c *client) *stun.Message { return c.request(stun.MethodRefresh) }, 441},
		{"permission for a peer", allocated, func(c *client) *stun.Message { return c.request(stun.MethodCreatePermission, peer) }, 0},
		{"permission for nobody", allocated, func(c *client) *stun.Message { return c.request(stun.MethodCreatePermission) }, 400},
		{"permission for a denied peer", allocated, func(c *client) *stun.Message {
			return c.request(stun.MethodCreatePermission, peerAt("198.18.5.6:9"))
		}, 403},
		{"channel to a denied peer", allocated, func(c *client) *stun.Message {
			return c.request(stun.MethodChannelBind, channel(0x4000), peerAt("198.18.5.6:9"))
		}, 403},
		{"permission for an IPv6 peer", allocated, func(c *client) *stun.Message {
			return c.request(stun.MethodCreatePermission, peerAt("[2001:db8::1]:9"))
		}, 443},
		{"channel to two peers", func(c *client) {
			allocated(c)
			c.want(c.request(stun.MethodChannelBind, channel(0x4000), peer), 0)
		}, func(c *client) *stun.Message {
			return c.request(stun.MethodChannelBind, channel(0x4000), peerAt("192.0.2.1:10"))
		}, 400},
		{"over the quota", func(c *client) {
			for port := range uint16(2) {
				other := newClient(c.t, c.host, 6000+port)
				other.allocate()
			}
			challenged(c)
		}, allocate(udp), 486},
		{"another user's quota", func(c *client) {
			for port := range uint16(2) {
				other := newClient(c.t, c.host, 6000+port)
				other.allocate()
			}
			bob(c)
			challenged(c)
		}, allocate(udp), 0},
		{"a quota that is free again", func(c *client) {
			for port := range uint16(2) {
				other := newClient(c.t, c.host, 6000+port)
				other.allocate()
			}
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			challenged(c)
		}, allocate(udp), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newLog()
				in, hosts := start(t, o, nil, "alice", vnet.Core)
				addServer(t, in, nil, &vnet.TURNConfig{
					Users:       users,
					Quota:       2,
					DeniedPeers: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/16")},
				})
				c := newClient(t, hosts[0], 5000)
				test.prepare(c)
				answer := test.ask(c)
				c.want(answer, test.want)
				// Who is known can check what is answered.
				challenge := test.want == 401 || test.want == 438
				key := stun.NewLongTermIntegrity(c.user, c.realm, c.password)
				if answer != nil && !challenge && answer.Contains(stun.AttrMessageIntegrity) && key.Check(answer) != nil {
					t.Errorf("the answer is not the server's: %v", answer)
				}
				if err := in.Close(); err != nil {
					t.Error(err)
				}
				o.balance(t, in)
			})
		})
	}
}

func TestServerRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		in, hosts := start(t, o, nil, "alice", vnet.Core, "bob", vnet.Core)
		server := addServer(t, in, nil, &vnet.TURNConfig{Users: users})
		c, peer := newClient(t, hosts[0], 5000), listen(t, hosts[1], 7)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		relay := c.allocate()
		c.want(c.request(stun.MethodCreatePermission, peerOf(peer)), 0)
		must(server.Start()) // it runs
		if c.send(peer); !arrived(t, peer, relay) {
			t.Error("nothing is relayed")
		}

		must(server.Restart())
		if got := server.Allocations(); len(got) != 0 {
			t.Errorf("allocations %v after a restart", got)
		}
		if c.send(peer); arrived(t, peer, relay) {
			t.Error("something is relayed after a restart")
		}
		c.want(c.request(stun.MethodRefresh), 438)
		answer := c.request(stun.MethodRefresh)
		c.want(answer, 437)
		if err := stun.NewLongTermIntegrity(c.user, c.realm, c.password).Check(answer); err != nil {
			t.Errorf("the answer is not protected: %v", err)
		}
		c.want(c.request(stun.MethodAllocate, udp), 0)

		must(server.Stop())
		must(server.Stop())
		synctest.Wait()
		before := o.reasons[vnet.NobodyListens]
		c.want(c.request(stun.MethodRefresh), silence)
		if _, err := peer.WriteTo([]byte("x"), relay); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if got := o.reasons[vnet.NobodyListens] - before; got != 2 {
			t.Errorf("%d packets found nobody, want 2", got)
		}
		server.Host().SetDown(true)
		must(server.Start()) // nobody can tell
		c.want(c.request(stun.MethodRefresh), silence)
		server.Host().SetDown(false)
		c.want(c.request(stun.MethodRefresh), 438)
		c.want(c.request(stun.MethodRefresh), 437)
		relay = c.allocate()
		c.want(c.request(stun.MethodCreatePermission, peerOf(peer)), 0)
		if c.send(peer); !arrived(t, peer, relay) {
			t.Error("nothing is relayed after a new start")
		}

		// A server that cannot be reached for a while forgets nothing.
		server.Host().Interface("eth0").SetDown(true)
		c.want(c.request(stun.MethodRefresh), silence)
		server.Host().Interface("eth0").SetDown(false)
		c.want(c.request(stun.MethodRefresh), 0)
		must(in.Close())
		o.balance(t, in)
	})
}

// Relayed addresses have ports from the host's stream, the same in every run.
func TestServerPorts(t *testing.T) {
	ports := func() (ports []string) {
		synctest.Test(t, func(t *testing.T) {
			in, hosts := start(t, nil, nil, "alice", vnet.Core)
			addServer(t, in, nil, &vnet.TURNConfig{Users: users})
			for port := range uint16(20) {
				ports = append(ports, newClient(t, hosts[0], 5000+port).allocate().String())
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
		})
		return ports
	}
	first := ports()
	if again := ports(); !slices.Equal(first, again) {
		t.Errorf("relayed addresses %v, then %v", first, again)
	}
	slices.Sort(first)
	if n := len(slices.Compact(first)); n != 20 {
		t.Errorf("%d different relayed addresses, want 20", n)
	}
}

func TestServerConfig(t *testing.T) {
	in, _ := start(t, nil, nil, "alice", vnet.Core)
	if err := in.SetName("taken.example.org", netip.MustParseAddr("192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []vnet.ServerConfig{
		{Name: "none.example.org", Network: vnet.Core},
		{Name: "Taken.example.org", Network: vnet.Core, STUN: &vnet.STUNConfig{}},
		{Name: "alice", Network: vnet.Core, STUN: &vnet.STUNConfig{}},
		{Name: "lost.example.org", Network: "nowhere", STUN: &vnet.STUNConfig{}},
		{Name: "", Network: vnet.Core, STUN: &vnet.STUNConfig{}},
		{Name: "a.example.org", Network: vnet.Core, TURN: &vnet.TURNConfig{AllocationLifetime: -time.Second}},
		{Name: "b.example.org", Network: vnet.Core, TURN: &vnet.TURNConfig{AllocationLifetime: 1500 * time.Millisecond}},
		{Name: "c.example.org", Network: vnet.Core, TURN: &vnet.TURNConfig{PermissionLifetime: -1}},
		{Name: "d.example.org", Network: vnet.Core, TURN: &vnet.TURNConfig{Quota: -1}},
	} {
		if _, err := in.AddServer(bad); err == nil {
			t.Errorf("AddServer(%+v) succeeds", bad)
		}
	}
}

// Two peers that use nothing but the server.
func TestPeerConnectionRelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newLog()
		d := vnet.Direction{Delay: 5 * time.Millisecond}
		link := vnet.Link{Up: d, Down: d}
		in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home", Link: link}, {Name: "office", Link: link}},
			"alice", "home", "bob", "office")
		server := addServer(t, in, nil, &vnet.TURNConfig{Users: users})
		relayed := func(h *vnet.Host) *webrtc.PeerConnection {
			pc := peer(t, h)
			if err := pc.SetConfiguration(webrtc.Configuration{
				ICEServers: []webrtc.ICEServer{{
					URLs:       []string{"turn:" + turnName},
					Username:   h.Name(),
					Credential: users[h.Name()],
				}},
				ICETransportPolicy: webrtc.ICETransportPolicyRelay,
			}); err != nil {
				t.Fatal(err)
			}
			return pc
		}
		alice, bob := relayed(hosts[0]), relayed(hosts[1])
		received := make(chan string, 1)
		bob.OnDataChannel(func(c *webrtc.DataChannel) {
			c.OnMessage(func(m webrtc.DataChannelMessage) { received <- string(m.Data) })
		})
		c, err := alice.CreateDataChannel("chat", nil)
		if err != nil {
			t.Fatal(err)
		}
		c.OnOpen(func() {
			if err := c.SendText("hello"); err != nil {
				t.Error(err)
			}
		})
		connect(t, alice, bob)
		select {
		case got := <-received:
			if got != "hello" {
				t.Errorf("received %q, want %q", got, "hello")
			}
		case <-time.After(30 * time.Second):
			t.Error("no message in 30 s")
		}
		pair, err := alice.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil || pair.Local.Typ != webrtc.ICECandidateTypeRelay || pair.Remote.Typ != webrtc.ICECandidateTypeRelay {
			t.Errorf("the selected pair is %v, %v; want two relayed candidates", pair, err)
		}
		if got := server.Allocations(); len(got) != 2 {
			t.Errorf("allocations %v, want one for each peer", got)
		}
		for _, pc := range []*webrtc.PeerConnection{alice, bob} {
			if err := pc.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		o.balance(t, in)
	})
}
