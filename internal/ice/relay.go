package ice

import "net/netip"

// relays is what is known of the TURN clients' allocations and channels.
type relays struct {
	allocations map[socket]netip.AddrPort
	channels    map[channel]netip.AddrPort
}

// socket is a peer's socket, as the peer itself knows it.
type socket struct {
	peer string
	addr netip.AddrPort
}

type channel struct {
	socket
	number uint16
}

func newRelays() relays {
	return relays{make(map[socket]netip.AddrPort), make(map[channel]netip.AddrPort)}
}

// allocation returns the relayed address of the allocation that a socket of the peer has; invalid without one.
func (r relays) allocation(peer string, addr netip.AddrPort) netip.AddrPort {
	return r.allocations[socket{peer, addr}]
}

// far returns the address of who is at the other end of a relayed message; invalid if that is not known.
func (r relays) far(peer string, addr netip.AddrPort, m message) netip.AddrPort {
	if m.peer.IsValid() {
		return m.peer
	}
	return r.channels[channel{socket{peer, addr}, m.channel}]
}
