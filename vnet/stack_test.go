package vnet_test

import (
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/transport/v4"

	"github.com/rtcsim/rtcsim/vnet"
)

func TestReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, hosts := start(t, nil, nil, "alice", vnet.Core, "bob", vnet.Core)
		a, b := listen(t, hosts[0], 1), listen(t, hosts[1], 1)
		begin := time.Now()
		wantTimeout := func(at time.Duration) {
			t.Helper()
			_, addr, err := b.ReadFrom(make([]byte, 10))
			var timeout net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() || addr != nil {
				t.Errorf("read: %v, %v; want a timeout", addr, err)
			}
			if got := time.Since(begin); got != at {
				t.Errorf("read ended after %v, want %v", got, at)
			}
		}
		set := func(at time.Duration) {
			if err := b.SetReadDeadline(begin.Add(at)); err != nil {
				t.Error(err)
			}
		}
		set(time.Second)
		wantTimeout(time.Second)
		wantTimeout(time.Second) // it holds until it is set anew
		send(t, a, b, 5)
		synctest.Wait()
		wantTimeout(time.Second) // even if there is something to read
		set(2 * time.Second)
		if n, _, err := b.ReadFrom(make([]byte, 10)); n != 5 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		// A deadline that is set meanwhile ends a read that waits.
		time.AfterFunc(500*time.Millisecond, func() { set(0) })
		wantTimeout(1500 * time.Millisecond)
		set(2 * time.Second)
		time.AfterFunc(100*time.Millisecond, func() { set(3 * time.Second) })
		wantTimeout(3 * time.Second)
	})
}

func TestCloseEndsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, hosts := start(t, nil, nil, "alice", vnet.Core)
		c := listen(t, hosts[0], 1)
		time.AfterFunc(time.Second, func() { c.Close() })
		if _, _, err := c.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read: %v, want %v", err, net.ErrClosed)
		}
		if _, err := c.WriteTo(nil, c.LocalAddr()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v, want %v", err, net.ErrClosed)
		}
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("close: %v, want %v", err, net.ErrClosed)
		}
	})
}

// What a host's own machine knows to be impossible is an error, and no packet.
func TestSocketErrors(t *testing.T) {
	o := newLog()
	in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home")
	n := hosts[0].Net()
	taken := listen(t, hosts[0], 1)
	connected, err := n.Dial("udp4", "192.0.2.1:9")
	if err != nil {
		t.Fatal(err)
	}
	udp := func(addr string) *net.UDPAddr {
		a, err := net.ResolveUDPAddr("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	write := func(size int, addr string) error {
		_, err := taken.WriteTo(make([]byte, size), udp(addr))
		return err
	}
	errorOf := func(_ any, err error) error { return err }
	for i, test := range []struct{ got, want error }{
		{errorOf(n.ListenUDP("udp4", udp("203.0.113.1:1"))), syscall.EADDRINUSE},
		{errorOf(n.ListenUDP("udp4", udp("0.0.0.0:1"))), syscall.EADDRINUSE},
		{errorOf(n.ListenUDP("udp", udp("203.0.113.2:0"))), syscall.EADDRNOTAVAIL},
		{errorOf(n.ListenUDP("udp", udp("224.0.0.251:5353"))), transport.ErrNotSupported},
		{errorOf(n.ListenUDP("udp", udp("[::]:1"))), transport.ErrNotSupported},
		{errorOf(n.ListenUDP("udp6", nil)), transport.ErrNotSupported},
		{errorOf(n.ListenUDP("unix", nil)), net.UnknownNetworkError("unix")},
		{errorOf(n.DialUDP("udp", nil, nil)), syscall.EDESTADDRREQ},
		{errorOf(n.DialUDP("udp", nil, udp("[::1]:1"))), transport.ErrNotSupported},
		{errorOf(n.Dial("tcp", "192.0.2.1:1")), transport.ErrNotSupported},
		{errorOf(n.DialTCP("tcp", nil, nil)), transport.ErrNotSupported},
		{errorOf(n.ListenTCP("tcp", nil)), transport.ErrNotSupported},
		{errorOf(n.CreateListenConfig(nil).Listen(t.Context(), "tcp", ":1")), transport.ErrNotSupported},
		{errorOf(n.InterfaceByName("wlan0")), transport.ErrInterfaceNotFound},
		{write(1, "[2001:db8::1]:1"), syscall.EAFNOSUPPORT},
		{write(65508, "192.0.2.1:1"), syscall.EMSGSIZE},
		{errorOf(connected.(net.PacketConn).WriteTo(nil, udp("192.0.2.1:9"))), net.ErrWriteToConnected},
		{errorOf(taken.(net.Conn).Write(nil)), syscall.EDESTADDRREQ},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%d: got %v, want %v", i, test.got, test.want)
		}
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if o.sent != 0 {
		t.Errorf("%d packets sent", o.sent)
	}
	if err := in.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestNotRunning(t *testing.T) {
	in, err := vnet.New(vnet.Config{Random: streams(1)})
	if err != nil {
		t.Fatal(err)
	}
	h, err := in.AddHost("alice", vnet.Core)
	if err != nil {
		t.Fatal(err)
	}
	c := listen(t, h, 1)
	if _, err := c.WriteTo(nil, c.LocalAddr()); !errors.Is(err, syscall.ENETDOWN) {
		t.Errorf("write before Start: %v, want %v", err, syscall.ENETDOWN)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err := c.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after Close: %v, want %v", err, net.ErrClosed)
	}
}

// A host picks ports from its own stream, and none twice.
func TestPorts(t *testing.T) {
	ports := func() []int {
		_, hosts := start(t, nil, nil, "alice", vnet.Core)
		var ports []int
		for range 100 {
			c := listen(t, hosts[0], 0)
			ports = append(ports, c.LocalAddr().(*net.UDPAddr).Port)
		}
		return ports
	}
	first := ports()
	if again := ports(); !slices.Equal(first, again) {
		t.Errorf("ports %v, then %v", first, again)
	}
	slices.Sort(first)
	if first[0] < 49152 || len(slices.Compact(first)) != 100 {
		t.Errorf("ports %v", first)
	}
}

func TestResolve(t *testing.T) {
	_, hosts := start(t, nil, nil, "alice", vnet.Core)
	n := hosts[0].Net()
	for _, test := range []struct{ network, address, want string }{
		{"udp4", "192.0.2.1:5", "192.0.2.1:5"},
		{"udp", ":5", "0.0.0.0:5"},
		{"udp", "localhost:5", "127.0.0.1:5"},
		{"udp6", "[ff02::fb]:5353", "[ff02::fb]:5353"},
		{"udp4", "[ff02::fb]:5353", ""},
		{"udp6", "192.0.2.1:5", ""},
		{"udp", "192.0.2.1", ""},
		{"udp", "192.0.2.1:65536", ""},
		{"udp", "nowhere.example:1", ""},
	} {
		addr, err := n.ResolveUDPAddr(test.network, test.address)
		if got := addr.String(); err == nil && got != test.want || err != nil && test.want != "" {
			t.Errorf("ResolveUDPAddr(%q, %q) = %v, %v; want %v", test.network, test.address, addr, err, test.want)
		}
		tcp, err := n.ResolveTCPAddr(test.network, test.address)
		if got := tcp.String(); err == nil && got != test.want || err != nil && test.want != "" {
			t.Errorf("ResolveTCPAddr(%q, %q) = %v, %v; want %v", test.network, test.address, tcp, err, test.want)
		}
	}
	var notFound *net.DNSError
	if _, err := n.ResolveIPAddr("ip4", "nowhere.example"); !errors.As(err, &notFound) {
		t.Errorf("ResolveIPAddr: %v, want a DNS error", err)
	}
}

func TestInterfaces(t *testing.T) {
	_, hosts := start(t, nil, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home")
	n := hosts[0].Net()
	interfaces, err := n.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ifc := range interfaces {
		addrs, err := ifc.Addrs()
		if err != nil {
			t.Error(err)
		}
		for _, a := range addrs {
			got = append(got, ifc.Name+" "+a.String())
		}
		if same, err := n.InterfaceByIndex(ifc.Index); err != nil || same.Name != ifc.Name {
			t.Errorf("InterfaceByIndex(%d) = %v, %v", ifc.Index, same, err)
		}
	}
	if want := []string{"lo 127.0.0.1/8", "eth0 203.0.113.1/24"}; !slices.Equal(got, want) {
		t.Errorf("addresses %q, want %q", got, want)
	}
}

// As on a real socket, a packet that does not fit is cut off.
func TestShortRead(t *testing.T) {
	_, hosts := start(t, nil, nil, "alice", vnet.Core)
	c := listen(t, hosts[0], 1)
	if _, err := c.WriteTo([]byte("hello"), c.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	n, from, err := c.ReadFrom(b)
	if err != nil || string(b[:n]) != "hel" || from.String() != c.LocalAddr().String() {
		t.Errorf("read %q from %v, %v", b[:n], from, err)
	}
}

// The other ways to write and to read a packet.
func TestConnected(t *testing.T) {
	_, hosts := start(t, nil, []vnet.NetworkConfig{{Name: "home"}}, "alice", "home", "server", vnet.Core)
	server, err := hosts[1].Net().ListenUDP("udp4", &net.UDPAddr{Port: 7})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := hosts[0].Net().CreateDialer(&net.Dialer{}).Dial("udp4", "198.19.0.1:7")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := conn.LocalAddr().(*net.UDPAddr).IP.String(), "203.0.113.1"; got != want {
		t.Errorf("the local address is %v, want %v", got, want)
	}
	if got, want := conn.RemoteAddr().String(), "198.19.0.1:7"; got != want {
		t.Errorf("the remote address is %v, want %v", got, want)
	}
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	n, _, _, from, err := server.ReadMsgUDP(b, nil)
	if err != nil || string(b[:n]) != "ping" || from.String() != conn.LocalAddr().String() {
		t.Errorf("the server reads %q from %v, %v", b[:n], from, err)
	}
	if _, _, err := server.WriteMsgUDP([]byte("pong"), nil, from); err != nil {
		t.Error(err)
	}
	if n, err := conn.Read(b); err != nil || string(b[:n]) != "pong" {
		t.Errorf("the client reads %q, %v", b[:n], err)
	}
	if _, _, err := server.WriteMsgUDP(nil, []byte("oob"), from); !errors.Is(err, transport.ErrNotSupported) {
		t.Errorf("out-of-band data: %v, want %v", err, transport.ErrNotSupported)
	}
}
