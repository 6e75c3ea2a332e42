package vnet

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"

	pion "github.com/pion/transport/v3/vnet"
)

// tagSize is the length of what pion's routers carry in place of a payload:
// the packet's ID. A NAT rewrites addresses, and makes a copy of the chunk, but
// never touches what it carries. So the ID is always right, whatever happens to
// the chunk on the way, and the payload itself is not copied by any router.
const tagSize = 8

func (p *Packet) setTag() { binary.BigEndian.PutUint64(p.tag[:], p.ID) }

// packet returns the packet that a chunk carries, or nil if it has ended.
func (in *Internet) packet(chunk pion.Chunk) *Packet {
	return in.flight.find(binary.BigEndian.Uint64(chunk.UserData()))
}

// making guards the creation of pion's routers and hosts, which number their
// hardware addresses with a global counter.
var making sync.Mutex

func newRouter(config *pion.RouterConfig) (*pion.Router, error) {
	making.Lock()
	defer making.Unlock()
	return pion.NewRouter(config)
}

func newNet(addrs ...string) (*pion.Net, error) {
	making.Lock()
	defer making.Unlock()
	return pion.NewNet(&pion.NetConfig{StaticIPs: addrs})
}

// addrPort is the address of an *net.UDPAddr, IPv4 in its own form.
func addrPort(a net.Addr) netip.AddrPort {
	ap := a.(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// A speaker puts chunks on one of pion's routers. Only a socket can do so that
// is bound to the chunk's source address, so it has a socket for each.
type speaker struct {
	net     *pion.Net
	addrs   map[netip.Addr]bool
	sockets map[netip.AddrPort]net.PacketConn
}

// newSpeaker attaches a speaker to a router.
func newSpeaker(router *pion.Router) (*speaker, error) {
	host, err := newNet()
	if err != nil {
		return nil, err
	}
	if err := router.AddNet(host); err != nil {
		return nil, err
	}
	return &speaker{
		net:     host,
		addrs:   make(map[netip.Addr]bool),
		sockets: make(map[netip.AddrPort]net.PacketConn),
	}, nil
}

// say puts the packet on the router, from src to dst.
func (s *speaker) say(p *Packet, src, dst netip.AddrPort) error {
	socket, ok := s.sockets[src]
	if !ok {
		var err error
		if socket, err = s.bind(src); err != nil {
			return err
		}
		s.sockets[src] = socket
	}
	_, err := socket.WriteTo(p.tag[:], net.UDPAddrFromAddrPort(dst))
	return err
}

func (s *speaker) bind(src netip.AddrPort) (net.PacketConn, error) {
	addr := net.UDPAddrFromAddrPort(src)
	if !s.addrs[src.Addr()] {
		eth0, err := s.net.InterfaceByName("eth0")
		if err != nil {
			return nil, err
		}
		eth0.AddAddress(&net.IPNet{IP: addr.IP, Mask: net.CIDRMask(32, 32)})
		s.addrs[src.Addr()] = true
	}
	return s.net.ListenUDP("udp4", addr)
}
