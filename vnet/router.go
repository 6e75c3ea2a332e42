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

// A speaker puts chunks on one of pion's routers. Only a socket can do so, and
// the chunk's source is the socket's address. A socket of pion's costs 16 KB
// and a NAT has to do with any number of sources, so a speaker has but one
// socket, and gives it another address for each packet: pion's socket looks at
// the address that it returns from LocalAddr. Nobody sends to a speaker.
type speaker struct {
	socket net.PacketConn
	addr   *net.UDPAddr // the socket's own
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
	socket, err := host.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4zero, Port: 1})
	if err != nil {
		return nil, err
	}
	return &speaker{socket: socket, addr: socket.LocalAddr().(*net.UDPAddr)}, nil
}

// say puts the packet on the router, from src to dst.
func (s *speaker) say(p *Packet, src, dst netip.AddrPort) error {
	*s.addr = *net.UDPAddrFromAddrPort(src)
	_, err := s.socket.WriteTo(p.tag[:], net.UDPAddrFromAddrPort(dst))
	return err
}
