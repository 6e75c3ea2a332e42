package vnet

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// A ServerConfig describes a server for STUN (RFC 8489), TURN (RFC 8656) or
// both.
type ServerConfig struct {
	// Name is the server's DNS name and the name of its host. It must be
	// unique among both.
	Name string

	// Network is where the server is, [Core] for the public core. In a network
	// behind a NAT, its name and its relayed addresses have the private address.
	Network string

	// STUN makes the server answer Binding requests, TURN makes it relay, too.
	// At least one must be given. If both are on one port, TURN answers there,
	// as it also answers Binding requests.
	STUN *STUNConfig
	TURN *TURNConfig

	// LoggerFactory makes the server's log. nil means pion's own.
	LoggerFactory logging.LoggerFactory
}

// DefaultServerPort is where STUN and TURN servers listen that are not told
// otherwise.
const DefaultServerPort = 3478

func (c *ServerConfig) validate() error {
	if c.STUN == nil && c.TURN == nil {
		return errors.New("neither STUN nor TURN")
	}
	if c.TURN != nil {
		return c.TURN.validate()
	}
	return nil
}

// A Server is a host that runs a STUN and TURN server. It starts when it is
// added, and ends with the internet.
//
// The server is pion/turn on the host's network stack, so that each of its
// packets has a fate like any other. Where pion/turn departs from the RFCs in
// what it answers to a request that fails, its answers are put right, see
// [TURNConfig].
type Server struct {
	host   *Host
	config ServerConfig

	mu      sync.Mutex
	process *process // nil while it is stopped
}

// AddServer adds a host with a running server to the network, and makes the
// server's name resolve to the host's address. It may be called before and
// after [Internet.Start].
func (in *Internet) AddServer(config ServerConfig) (*Server, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("vnet: server %q: %w", config.Name, err)
	}
	if addr, err := in.lookup(config.Name); err == nil {
		return nil, fmt.Errorf("vnet: server %q: the name is that of %v", config.Name, addr)
	}
	host, err := in.AddHost(config.Name, config.Network)
	if err != nil {
		return nil, err
	}
	if err := in.SetName(config.Name, host.Interfaces()[0].Addr()); err != nil {
		return nil, err
	}
	s := &Server{host: host, config: config}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s, nil
}

// Host returns the host on which the server runs.
func (s *Server) Host() *Host { return s.host }

// Start starts the server after [Server.Stop]. It remembers nothing of its
// life before. A server that runs is left as it is.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.start()
}

// Stop kills the server, at once and without a word to its clients: all
// allocations are gone, and what is sent to the server and its relayed
// addresses finds nobody. The host stays. A server that does not run is left
// as it is.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop()
}

// Restart stops the server and starts it in the same instant. It has lost its
// allocations, and does not know the nonces that it gave out: a client learns
// of it with the next request, which is answered 438 (Stale Nonce), and with a
// new nonce 437 (Allocation Mismatch).
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.stop(), s.start())
}

func (s *Server) start() error {
	if s.process != nil {
		return nil
	}
	process, err := newProcess(s.host, &s.config)
	if err != nil {
		return fmt.Errorf("vnet: server %q: %w", s.config.Name, err)
	}
	s.process = process
	return nil
}

func (s *Server) stop() error {
	if s.process == nil {
		return nil
	}
	err := s.process.kill()
	s.process = nil
	if err != nil {
		return fmt.Errorf("vnet: server %q: %w", s.config.Name, err)
	}
	return nil
}

// Allocations returns the server's TURN allocations, the oldest first.
func (s *Server) Allocations() []Allocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	return s.process.allocations.list()
}

// A process is one life of a server.
type process struct {
	sockets     []net.PacketConn // on which it hears its clients
	allocations *allocations
}

func newProcess(host *Host, config *ServerConfig) (*process, error) {
	p := &process{allocations: &allocations{}}
	listen := func(port uint16) (net.PacketConn, error) {
		// Not at its own address, which it has not while it is down.
		socket, err := host.Net().ListenPacket("udp4", netip.AddrPortFrom(anyAddr, port).String())
		if err == nil {
			p.sockets = append(p.sockets, socket)
		}
		return socket, err
	}
	server := turn.ServerConfig{LoggerFactory: config.LoggerFactory}
	if config.TURN != nil {
		socket, err := listen(config.TURN.port())
		if err != nil {
			return nil, err
		}
		config.TURN.configure(&server, &turnSocket{
			PacketConn:  socket,
			config:      config.TURN,
			realm:       config.TURN.realm(config.Name),
			host:        host,
			allocations: p.allocations,
		})
	}
	if config.STUN != nil && (config.TURN == nil || config.STUN.port() != config.TURN.port()) {
		socket, err := listen(config.STUN.port())
		if err != nil {
			return nil, errors.Join(err, p.kill())
		}
		server.PacketConnConfigs = append(server.PacketConnConfigs, turn.PacketConnConfig{
			PacketConn: stunSocket{socket},
		})
	}
	if _, err := turn.NewServer(server); err != nil {
		return nil, errors.Join(err, p.kill())
	}
	return p, nil
}

// kill closes all sockets, in the order in which they were opened but for the
// relayed addresses first: pion/turn, which notices and ends, closes these in
// the order of a map.
func (p *process) kill() error {
	errs := []error{p.allocations.close()}
	for _, socket := range p.sockets {
		if err := socket.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
