package vnet

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	pion "github.com/pion/transport/v3/vnet"
	"github.com/pion/transport/v4"
)

// socketBuffer is the number of packets that a socket holds for its reader.
const socketBuffer = 1024

// The ports that a host picks for sockets that ask for none (RFC 6335).
const (
	firstPort = 49152
	lastPort  = 65535
)

// A socket is a UDP socket of a host. It sends through sockets of pion's,
// which are bound to the same port and put chunks on the router of the network
// that the packet goes to. It receives from the network itself and not from
// pion's sockets, so that each packet's end is known: pion's socket drops
// silently what it cannot hold, hands out packets after it was closed, and
// forgets a deadline once it has passed.
type socket struct {
	host    *Host
	network string // as in errors
	local   netip.AddrPort
	remote  netip.AddrPort // of a connected socket, else invalid

	// outs are pion's sockets, by the port of the network that they belong to.
	// The host's lock guards them.
	outs map[*pion.Net]net.PacketConn

	mu       sync.Mutex
	readable sync.Cond // something below has changed
	queue    []*Packet
	closed   bool
	deadline time.Time   // for reads
	expired  bool        // the deadline has passed
	timer    *time.Timer // ends at the deadline, if that is to come
}

var (
	_ transport.UDPConn = (*socket)(nil)
	_ net.Conn          = (*socket)(nil)
)

// listen opens a socket. A local port of 0 means any; a local address may be
// unspecified. The remote address is invalid unless the socket is connected.
func (h *Host) listen(network string, local, remote netip.AddrPort) (*socket, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if local.Port() == 0 {
		local = netip.AddrPortFrom(local.Addr(), h.freePort(local.Addr()))
	}
	if local.Port() == 0 || h.bound(local) {
		return nil, os.NewSyscallError("bind", syscall.EADDRINUSE)
	}
	s := &socket{host: h, network: network, local: local, remote: remote, outs: make(map[*pion.Net]net.PacketConn)}
	s.readable.L = &s.mu
	h.sockets[local.Port()] = append(h.sockets[local.Port()], s)
	return s, nil
}

// freePort picks a port of the dynamic range at random, or the next one that
// is free; 0 if none is.
func (h *Host) freePort(addr netip.Addr) uint16 {
	const n = lastPort - firstPort + 1
	start := h.ports.IntN(n)
	for i := range n {
		port := uint16(firstPort + (start+i)%n)
		if !h.bound(netip.AddrPortFrom(addr, port)) {
			return port
		}
	}
	return 0
}

func (h *Host) bound(local netip.AddrPort) bool {
	for _, s := range h.sockets[local.Port()] {
		if s.local.Addr() == local.Addr() || s.local.Addr().IsUnspecified() || local.Addr().IsUnspecified() {
			return true
		}
	}
	return false
}

// remove takes a socket that was closed off the list, and closes those of
// pion's that it has.
func (h *Host) remove(s *socket) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	port := s.local.Port()
	for i, o := range h.sockets[port] {
		if o == s {
			h.sockets[port] = append(h.sockets[port][:i:i], h.sockets[port][i+1:]...)
			break
		}
	}
	if len(h.sockets[port]) == 0 {
		delete(h.sockets, port)
	}
	var errs []error
	for _, out := range s.outs {
		errs = append(errs, out.Close())
	}
	return errors.Join(errs...)
}

// push puts a packet into the buffer, or says why it cannot.
func (s *socket) push(p *Packet) Reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return NobodyListens
	case len(s.queue) >= socketBuffer:
		return SocketBufferFull
	}
	s.queue = append(s.queue, p)
	s.readable.Signal()
	return ""
}

// pop waits for a packet.
func (s *socket) pop() (*Packet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.closed:
			return nil, net.ErrClosed
		case s.expired:
			return nil, os.ErrDeadlineExceeded
		case len(s.queue) > 0:
			p := s.queue[0]
			s.queue[0] = nil
			s.queue = s.queue[1:]
			return p, nil
		}
		s.readable.Wait()
	}
}

func (s *socket) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.opError("close", net.ErrClosed)
	}
	s.closed = true
	unread := s.queue
	s.queue = nil
	s.stopTimer()
	s.readable.Broadcast()
	s.mu.Unlock()

	err := s.host.remove(s)
	for _, p := range unread {
		s.host.internet.flight.dropped(p, s.host.name, SocketClosed)
	}
	return err
}

func (s *socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.local) }

func (s *socket) RemoteAddr() net.Addr {
	if !s.remote.IsValid() {
		return nil
	}
	return net.UDPAddrFromAddrPort(s.remote)
}

func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.opError("set", net.ErrClosed)
	}
	s.stopTimer()
	d := time.Until(t)
	s.deadline = t
	s.expired = !t.IsZero() && d <= 0
	if !t.IsZero() && d > 0 {
		s.timer = time.AfterFunc(d, func() { s.expire(t) })
	}
	s.readable.Broadcast()
	return nil
}

// expire is called when a deadline has passed. It may have been replaced just
// before.
func (s *socket) expire(deadline time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deadline == deadline {
		s.expired = true
		s.readable.Broadcast()
	}
}

func (s *socket) stopTimer() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// SetWriteDeadline does nothing: a write never waits.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// The buffers have a fixed length.

func (s *socket) SetReadBuffer(int) error { return s.opError("set", unsupported("socket buffer size")) }
func (s *socket) SetWriteBuffer(int) error {
	return s.opError("set", unsupported("socket buffer size"))
}

// ReadFromUDP reads a packet. As on a real socket, what does not fit into b is
// lost.
func (s *socket) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	p, err := s.pop()
	if err != nil {
		return 0, nil, s.opError("read", err)
	}
	s.host.internet.flight.delivered(p, s.host.name)
	return copy(b, p.Payload), net.UDPAddrFromAddrPort(p.src), nil
}

func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := s.ReadFromUDP(b)
	if err != nil {
		return 0, nil, err // not a nil *net.UDPAddr in a net.Addr
	}
	return n, addr, nil
}

func (s *socket) Read(b []byte) (int, error) {
	n, _, err := s.ReadFromUDP(b)
	return n, err
}

func (s *socket) ReadMsgUDP(b, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, addr, err = s.ReadFromUDP(b)
	return n, 0, 0, addr, err
}

func (s *socket) Write(b []byte) (int, error) {
	if !s.remote.IsValid() {
		return 0, s.opError("write", syscall.EDESTADDRREQ)
	}
	return s.send(b, net.UDPAddrFromAddrPort(s.remote))
}

func (s *socket) WriteTo(b []byte, addr net.Addr) (int, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, s.opError("write", syscall.EINVAL)
	}
	return s.WriteToUDP(b, udp)
}

func (s *socket) WriteToUDP(b []byte, addr *net.UDPAddr) (int, error) {
	if s.remote.IsValid() {
		return 0, s.opError("write", net.ErrWriteToConnected)
	}
	return s.send(b, addr)
}

func (s *socket) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	switch {
	case len(oob) > 0:
		return 0, 0, s.opError("write", unsupported("out-of-band data"))
	case addr == nil:
		n, err = s.Write(b)
	default:
		n, err = s.WriteToUDP(b, addr)
	}
	return n, 0, err
}

// maxPayload is the longest payload of a UDP datagram over IPv4.
const maxPayload = 65535 - overhead

// send sends a packet. It fails only where the sender's own machine would
// know that it cannot be sent; then there was no packet.
func (s *socket) send(b []byte, addr *net.UDPAddr) (int, error) {
	p := &Packet{From: s.host.name}
	if addr != nil {
		p.Dst = addrPort(addr)
	}
	if err := s.sendable(p.Dst, len(b)); err != nil {
		return 0, s.opError("write", err)
	}
	src, out, err := s.route(p, p.Dst.Addr())
	if err != nil {
		return 0, s.opError("write", err)
	}
	p.Src = netip.AddrPortFrom(src, s.local.Port())
	p.Payload = bytes.Clone(b)
	p.src, p.dst = p.Src, p.Dst
	in := s.host.internet
	in.flight.start(p)
	if out == nil {
		in.sched.add(in.sched.now(), s.host.receiving, p)
		return len(b), nil
	}
	p.setTag()
	if _, err := out.WriteTo(p.tag[:], addr); err != nil {
		in.flight.dropped(p, s.host.name, NoRoute)
	}
	return len(b), nil
}

// route decides from which address a packet goes, and by which of pion's
// sockets: none, if it stays in the host.
func (s *socket) route(p *Packet, dst netip.Addr) (netip.Addr, net.PacketConn, error) {
	h := s.host
	h.mu.Lock()
	defer h.mu.Unlock()
	local := s.local.Addr()
	if dst.IsLoopback() || h.owner(dst) != nil {
		if local.IsUnspecified() {
			local = dst
		}
		return local, nil, nil
	}
	p.ifc = h.owner(local)
	if local.IsUnspecified() {
		p.ifc = h.facing(dst)
	}
	if p.ifc == nil {
		// The interface is down, or has another address by now.
		return local, nil, os.NewSyscallError("sendto", syscall.ENETUNREACH)
	}
	src := p.ifc.addr
	out := s.outs[p.ifc.net]
	if out == nil {
		var err error
		if out, err = p.ifc.net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(src, s.local.Port()))); err != nil {
			return src, nil, err
		}
		s.outs[p.ifc.net] = out
	}
	return src, out, nil
}

func (s *socket) sendable(dst netip.AddrPort, length int) error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	switch {
	case closed:
		return net.ErrClosed
	case !dst.IsValid():
		return syscall.EDESTADDRREQ
	case !dst.Addr().Is4():
		return syscall.EAFNOSUPPORT
	case s.local.Addr().IsLoopback() && !dst.Addr().IsLoopback():
		return syscall.EINVAL
	case length > maxPayload:
		return syscall.EMSGSIZE
	case !s.host.internet.running.Load():
		return syscall.ENETDOWN
	}
	return nil
}

// opError wraps an error as package net does.
func (s *socket) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: s.network, Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}
