package vnet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// A TURNConfig describes a TURN server. It relays UDP over IPv4, by Send and
// Data indications and by channels, for clients with long-term credentials,
// and answers Binding requests.
//
// Requests that fail are answered as RFC 8656 and RFC 8489 say:
//
//   - 400 (Bad Request): something is missing or malformed; a channel is bound
//     to two peers, or a peer to two channels.
//   - 401 (Unauthenticated), with REALM and NONCE: no credentials, or wrong
//     ones. pion/turn's own answer to wrong ones is 400.
//   - 403 (Forbidden): the peer is one of DeniedPeers. pion/turn's own answer to
//     ChannelBind is 401.
//   - 420 (Unknown Attribute): an attribute that must be understood and is
//     not, DONT-FRAGMENT among them.
//   - 437 (Allocation Mismatch): an Allocate from a client that has an
//     allocation; a Refresh, CreatePermission or ChannelBind from one that has
//     none, of which pion/turn takes no notice.
//   - 438 (Stale Nonce), with REALM and a new NONCE: the nonce is over an
//     hour old, or not of this server's.
//   - 440 (Address Family not Supported): IPv6. pion/turn would try, and answer
//     508.
//   - 441 (Wrong Credentials): the allocation is another user's, of which
//     pion/turn takes no notice.
//   - 442 (Unsupported Transport Protocol): a relayed address for TCP. pion/turn
//     would try, and answer 508.
//   - 443 (Peer Address Family Mismatch): the peer is IPv6.
//   - 486 (Allocation Quota Reached): see Quota.
//   - 508 (Insufficient Capacity): no port is free, or a reservation is unknown.
//
// Indications and channel data that do not fit an allocation, a permission or
// a channel are ignored; the server has received them. So are datagrams of
// 1600 bytes and more, from clients; those from peers are cut off there.
type TURNConfig struct {
	// Port is the UDP port. 0 means [DefaultServerPort].
	Port uint16

	// Realm is the domain of the credentials. "" means the server's name.
	Realm string

	// Users are the passwords, by user name.
	Users map[string]string

	// AllocationLifetime is how long an allocation lasts that is not
	// refreshed, if the client does not ask for another time below an hour. It
	// is counted in whole seconds. 0 means 10 minutes.
	AllocationLifetime time.Duration

	// PermissionLifetime is how long a permission lasts that is not refreshed.
	// 0 means 5 minutes, from which RFC 8656 allows no departure.
	PermissionLifetime time.Duration

	// ChannelLifetime is how long a channel lasts that is not bound again. 0
	// means 10 minutes, from which RFC 8656 allows no departure.
	ChannelLifetime time.Duration

	// Quota is how many allocations a user may have at a time. 0 means any
	// number.
	Quota int

	// DeniedPeers are the addresses to which nothing is relayed.
	DeniedPeers []netip.Prefix
}

func (c *TURNConfig) validate() error {
	switch {
	case min(c.AllocationLifetime, c.PermissionLifetime, c.ChannelLifetime) < 0:
		return errors.New("a lifetime is negative")
	case c.AllocationLifetime%time.Second != 0:
		return fmt.Errorf("allocation lifetime %v is not in whole seconds", c.AllocationLifetime)
	case c.Quota < 0:
		return fmt.Errorf("quota %d is negative", c.Quota)
	}
	return nil
}

func (c *TURNConfig) port() uint16 { return portOrDefault(c.Port) }

func (c *TURNConfig) realm(name string) string {
	if c.Realm == "" {
		return name
	}
	return c.Realm
}

// configure makes pion/turn serve the socket.
func (c *TURNConfig) configure(server *turn.ServerConfig, socket *turnSocket) {
	server.Realm = socket.realm
	server.AllocationLifetime = c.AllocationLifetime
	server.PermissionTimeout = c.PermissionLifetime
	server.ChannelBindTimeout = c.ChannelLifetime
	server.AuthHandler = socket.authenticate
	server.QuotaHandler = func(user, _ string, _ net.Addr) bool {
		return c.Quota == 0 || socket.allocations.count(user) < c.Quota
	}
	server.EventHandler = turn.EventHandler{
		OnAllocationCreated: func(client, _ net.Addr, _, user, _ string, _ net.Addr, _ int) {
			socket.allocations.add(allocation{
				Allocation: Allocation{addrPort(client), addrPort(socket.relay.LocalAddr()), user},
				relay:      socket.relay,
			})
		},
		OnAllocationDeleted: func(client, _ net.Addr, _, _, _ string) {
			socket.allocations.remove(addrPort(client))
		},
	}
	server.PacketConnConfigs = append(server.PacketConnConfigs, turn.PacketConnConfig{
		PacketConn:            socket,
		RelayAddressGenerator: socket,
		PermissionHandler:     socket.permit,
	})
}

// A turnSocket is the socket on which a TURN server hears its clients, as
// pion/turn has it, and what pion/turn asks while it serves a request. It
// looks at the requests that pass, and puts right the answers that are not what
// the RFCs say.
//
// pion/turn reads a datagram, asks, answers and then reads the next, all on one
// goroutine. Others only write Data indications and channel data.
type turnSocket struct {
	net.PacketConn
	config      *TURNConfig
	realm       string
	host        *Host
	allocations *allocations

	// What follows is about the request that is being served.
	request *stun.Message
	key     stun.MessageIntegrity // of its user, once authenticated
	code    stun.ErrorCode        // what pion/turn's error should be; 0 if it is right
	relay   relay                 // the relayed address made for it
}

func messageType(b []byte) stun.MessageType {
	var t stun.MessageType
	t.ReadValue(binary.BigEndian.Uint16(b))
	return t
}

func (s *turnSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, addr, err := s.PacketConn.ReadFrom(b)
	s.request, s.key, s.code, s.relay = nil, nil, 0, relay{}
	if err == nil && stun.IsMessage(b[:n]) && messageType(b).Class == stun.ClassRequest {
		request := &stun.Message{Raw: bytes.Clone(b[:n])}
		if request.Decode() == nil {
			s.request = request
		}
	}
	return n, addr, err
}

func (s *turnSocket) WriteTo(b []byte, addr net.Addr) (int, error) {
	if stun.IsMessage(b) && messageType(b).Class == stun.ClassErrorResponse && s.code != 0 {
		answer, err := s.answer()
		if err != nil {
			return 0, err
		}
		if _, err := s.PacketConn.WriteTo(answer.Raw, addr); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	return s.PacketConn.WriteTo(b, addr)
}

// answer builds the error response that the request should have.
func (s *turnSocket) answer() (*stun.Message, error) {
	setters := []stun.Setter{
		stun.NewTransactionIDSetter(s.request.TransactionID),
		stun.NewType(s.request.Type.Method, stun.ClassErrorResponse),
		s.code,
	}
	if s.code == stun.CodeUnauthorized {
		var nonce stun.Nonce // pion/turn has found it to be good
		if err := nonce.GetFrom(s.request); err != nil {
			return nil, err
		}
		setters = append(setters, nonce, stun.NewRealm(s.realm))
	} else {
		setters = append(setters, s.key)
	}
	return stun.Build(setters...)
}

// authenticate is asked for the key of a request's user when its nonce is found
// to be good. It refuses the request, too, if the client has not the allocation
// that it takes.
func (s *turnSocket) authenticate(r *turn.RequestAttributes) (user string, key []byte, ok bool) {
	password, known := s.config.Users[r.Username]
	k := stun.NewLongTermIntegrity(r.Username, s.realm, password)
	if !known || k.Check(s.request) != nil {
		s.code = stun.CodeUnauthorized
		return "", nil, false
	}
	s.key = k
	if r.Method != stun.MethodAllocate {
		switch owner, found := s.allocations.user(addrPort(r.SrcAddr)); {
		case !found:
			s.code = stun.CodeAllocMismatch
			return "", nil, false
		case owner != r.Username:
			s.code = stun.CodeWrongCredentials
			return "", nil, false
		}
	}
	return r.Username, k, true
}

// permit is asked whether a client may have a permission for a peer.
func (s *turnSocket) permit(_ net.Addr, peer net.IP) bool {
	addr, _ := netip.AddrFromSlice(peer)
	if slices.ContainsFunc(s.config.DeniedPeers, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) }) {
		s.code = stun.CodeForbidden
		return false
	}
	return true
}

// The methods below make it the generator of relayed addresses.

var _ turn.RelayAddressGenerator = (*turnSocket)(nil)

func (*turnSocket) Validate() error { return nil }

func (s *turnSocket) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.Network != "udp4" {
		s.code = stun.CodeAddrFamilyNotSupported
		return nil, nil, noIPv6
	}
	addr := netip.AddrPortFrom(s.host.Interfaces()[0].Addr(), uint16(c.RequestedPort))
	socket, err := s.host.Net().ListenPacket(c.Network, addr.String())
	if err != nil {
		return nil, nil, err
	}
	s.relay = relay{socket}
	return s.relay, socket.LocalAddr(), nil
}

func (s *turnSocket) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	s.code = stun.CodeUnsupportedTransProto
	return nil, nil, noTCP
}

func (s *turnSocket) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, noTCP }

// An Allocation is what a TURN server keeps for a client.
type Allocation struct {
	Client netip.AddrPort // as the server sees it
	Relay  netip.AddrPort // the relayed transport address
	User   string
}

type allocation struct {
	Allocation
	relay relay
}

// A relay is the socket of a relayed address. pion/turn closes it when it finds
// it closed, and would report that it is.
type relay struct{ net.PacketConn }

func (r relay) Close() error {
	if err := r.PacketConn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// allocations are those of a server, the oldest first.
type allocations struct {
	mu  sync.Mutex
	all []allocation
}

func (as *allocations) add(a allocation) {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.all = append(as.all, a)
}

func (as *allocations) remove(client netip.AddrPort) {
	as.mu.Lock()
	defer as.mu.Unlock()
	if i := as.index(client); i >= 0 {
		as.all = slices.Delete(as.all, i, i+1)
	}
}

func (as *allocations) index(client netip.AddrPort) int {
	return slices.IndexFunc(as.all, func(a allocation) bool { return a.Client == client })
}

// user returns the user who has the client's allocation, if there is one.
func (as *allocations) user(client netip.AddrPort) (string, bool) {
	as.mu.Lock()
	defer as.mu.Unlock()
	i := as.index(client)
	if i < 0 {
		return "", false
	}
	return as.all[i].User, true
}

// count returns how many allocations the user has.
func (as *allocations) count(user string) (n int) {
	as.mu.Lock()
	defer as.mu.Unlock()
	for _, a := range as.all {
		if a.User == user {
			n++
		}
	}
	return n
}

func (as *allocations) list() []Allocation {
	as.mu.Lock()
	defer as.mu.Unlock()
	var list []Allocation
	for _, a := range as.all {
		list = append(list, a.Allocation)
	}
	return list
}

// close closes the relayed addresses. pion/turn notices, and removes the
// allocations.
func (as *allocations) close() error {
	as.mu.Lock()
	all := slices.Clone(as.all)
	as.mu.Unlock()
	var errs []error
	for _, a := range all {
		errs = append(errs, a.relay.Close())
	}
	return errors.Join(errs...)
}
