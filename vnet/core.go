package vnet

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/pion/logging"
	pion "github.com/pion/transport/v3/vnet"
)

// Core is the name of the network that is always there: the public core of the
// internet, to which all other networks are linked. A host on it has no link.
const Core = "internet"

// core is the middle of the internet. A network's link must lie after the
// sender's NAT and before the receiver's, but pion's routers deliver at once
// and cannot be told to wait. So there are two root routers, and the links are
// between them:
//
//	hosts ----------> collecting root -> up link -> down link -+----------------------------> hosts
//	hosts -> (NAT) -> "                                        +-> delivering root -> (NAT) -> hosts
//
// Every host without a NAT, and every NAT, is a child of the collecting root,
// which hands all that it gets to the links. A NAT was a child of the
// delivering root before: a pion router sends to the parent that it was given
// last, and receives from both.
type core struct {
	flight     *flight
	collecting *pion.Router
	delivering *pion.Router

	// speaker has every address from which packets come to the delivering
	// root: a chunk can only be put on a router by a socket that is bound to
	// its source.
	speaker *pion.Net
	addrs   map[netip.Addr]bool
	sockets map[netip.AddrPort]net.PacketConn

	// entering is the packet that the delivering root is passing to a NAT.
	// Only that root's goroutine uses it.
	entering *Packet
}

// tagSize is the length of what pion's routers carry in place of a payload:
// the packet's ID. A NAT rewrites addresses, and makes a copy of the chunk, but
// never touches what it carries. So the ID is always right, whatever happens to
// the chunk on the way, and the payload itself is not copied by any router.
const tagSize = 8

func (p *Packet) setTag() { binary.BigEndian.PutUint64(p.tag[:], p.ID) }

// packet returns the packet that a chunk carries, and brings its addresses up
// to date, or nil if the packet has ended.
func (c *core) packet(chunk pion.Chunk) *Packet {
	p := c.flight.find(binary.BigEndian.Uint64(chunk.UserData()))
	if p != nil {
		p.src = addrPort(chunk.SourceAddr())
		p.dst = addrPort(chunk.DestinationAddr())
	}
	return p
}

// newCore returns a core that calls collect with each packet that comes out of
// a network. collect is called with a router's lock held.
func newCore(f *flight, loggers logging.LoggerFactory, collect func(*Packet)) (*core, error) {
	everywhere := &pion.RouterConfig{CIDR: "0.0.0.0/0", LoggerFactory: loggers}
	c := &core{
		flight:  f,
		addrs:   make(map[netip.Addr]bool),
		sockets: make(map[netip.AddrPort]net.PacketConn),
	}
	var err error
	if c.collecting, err = newRouter(everywhere); err != nil {
		return nil, err
	}
	if c.delivering, err = newRouter(everywhere); err != nil {
		return nil, err
	}
	if c.speaker, err = newNet(); err != nil {
		return nil, err
	}
	if err = c.delivering.AddNet(c.speaker); err != nil {
		return nil, err
	}
	c.collecting.AddChunkFilter(func(chunk pion.Chunk) bool {
		if p := c.packet(chunk); p != nil {
			collect(p)
		}
		return false
	})
	c.delivering.AddChunkFilter(func(chunk pion.Chunk) bool {
		c.entering = c.packet(chunk)
		return c.entering != nil
	})
	return c, nil
}

// addNAT joins a NAT to both roots.
func (c *core) addNAT(nat *pion.Router) error {
	if err := c.delivering.AddNet(nat); err != nil {
		return err
	}
	return c.collecting.AddRouter(nat)
}

// deliver puts the packet on the delivering root, for the NAT that has its
// destination address. Its caller sees to it that there is one.
func (c *core) deliver(p *Packet) error {
	socket, ok := c.sockets[p.src]
	if !ok {
		var err error
		if socket, err = c.speakAs(p.src); err != nil {
			return err
		}
		c.sockets[p.src] = socket
	}
	_, err := socket.WriteTo(p.tag[:], net.UDPAddrFromAddrPort(p.dst))
	return err
}

// speakAs opens a socket of the speaker's at a new source address.
func (c *core) speakAs(src netip.AddrPort) (net.PacketConn, error) {
	addr := net.UDPAddrFromAddrPort(src)
	if !c.addrs[src.Addr()] {
		eth0, err := c.speaker.InterfaceByName("eth0")
		if err != nil {
			return nil, err
		}
		eth0.AddAddress(&net.IPNet{IP: addr.IP, Mask: net.CIDRMask(32, 32)})
		c.addrs[src.Addr()] = true
	}
	return c.speaker.ListenUDP("udp4", addr)
}

func (c *core) start() error {
	if err := c.collecting.Start(); err != nil {
		return err
	}
	return c.delivering.Start()
}

func (c *core) close() error {
	return errors.Join(c.collecting.Stop(), c.delivering.Stop())
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

// The reasons for which a NAT drops packets that come from outside.
const (
	noMapping Reason = "no NAT mapping"
	filtered  Reason = "filtered by the NAT"
)

// natLog is the log of a network's NAT. pion's NAT tells only its log that it
// drops a packet; it does so while the delivering root is passing the packet
// to it.
type natLog struct {
	logging.LeveledLogger
	core    *core
	network string
}

func (l *natLog) Warnf(format string, args ...any) {
	p := l.core.entering
	if p == nil || len(args) != 2 {
		l.LeveledLogger.Warnf(format, args...)
		return
	}
	why := noMapping
	if text, _ := args[1].(string); strings.Contains(text, "permission") {
		why = filtered
	}
	l.core.flight.dropped(p, l.network, why)
}
