package ice

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/pion/stun/v4"
)

// A message is what a datagram holds of ICE: a Binding message, and how a TURN server relays it; or a TURN message that
// says how others are relayed.
type message struct {
	class stun.MessageClass
	// binding tells that there is a Binding message. key is its transaction.
	binding bool
	key     transaction

	username     string
	priority     uint32
	useCandidate bool
	role         string // of the sender of a request
	tieBreaker   uint64
	mapped       netip.AddrPort
	code         stun.ErrorCode

	// relay tells that the Binding message is inside one of TURN's, with the other end's address, or with the number of
	// the channel.
	relay   bool
	peer    netip.AddrPort
	channel uint16

	// allocated is the relayed address of an Allocate success, bound the peer of a ChannelBind request for channel.
	allocated netip.AddrPort
	bound     netip.AddrPort
}

// parse reads a datagram. It is false for one that says nothing about ICE.
func parse(payload []byte) (message, bool) {
	if len(payload) >= 4 && payload[0]&0xc0 == 0x40 { // ChannelData, RFC 8656 section 12.4
		n := int(binary.BigEndian.Uint16(payload[2:]))
		if len(payload) < 4+n {
			return message{}, false
		}
		m, ok := parse(payload[4 : 4+n])
		m.relay, m.channel = true, binary.BigEndian.Uint16(payload)
		return m, ok && m.binding
	}
	if !stun.IsMessage(payload) {
		return message{}, false
	}
	s := &stun.Message{Raw: payload}
	if s.Decode() != nil {
		return message{}, false
	}
	m := message{class: s.Type.Class, key: transaction{id: s.TransactionID}}
	switch {
	case s.Type.Method == stun.MethodBinding:
		m.binding = s.Type.Class != stun.ClassIndication
		m.attributes(s)
		return m, m.binding
	case s.Type.Method == stun.MethodSend, s.Type.Method == stun.MethodData:
		data, err := s.Get(stun.AttrData)
		if err != nil {
			return message{}, false
		}
		inner, ok := parse(data)
		inner.relay, inner.peer = true, address(s, stun.AttrXORPeerAddress)
		return inner, ok && inner.binding
	case s.Type == stun.NewType(stun.MethodAllocate, stun.ClassSuccessResponse):
		m.allocated = address(s, stun.AttrXORRelayedAddress)
		return m, m.allocated.IsValid()
	case s.Type == stun.NewType(stun.MethodChannelBind, stun.ClassRequest):
		if number, err := s.Get(stun.AttrChannelNumber); err == nil && len(number) == 4 {
			m.channel = binary.BigEndian.Uint16(number)
		}
		m.bound = address(s, stun.AttrXORPeerAddress)
		return m, m.channel != 0 && m.bound.IsValid()
	}
	return message{}, false
}

// attributes reads the attributes of a Binding message.
func (m *message) attributes(s *stun.Message) {
	if v, err := s.Get(stun.AttrUsername); err == nil {
		m.username = string(v)
	}
	if v, err := s.Get(stun.AttrPriority); err == nil && len(v) == 4 {
		m.priority = binary.BigEndian.Uint32(v)
	}
	for attr, role := range map[stun.AttrType]string{stun.AttrICEControlling: Controlling, stun.AttrICEControlled: Controlled} {
		if v, err := s.Get(attr); err == nil && len(v) == 8 {
			m.role, m.tieBreaker = role, binary.BigEndian.Uint64(v)
		}
	}
	var code stun.ErrorCodeAttribute
	if code.GetFrom(s) == nil {
		m.code = code.Code
	}
	m.useCandidate = s.Contains(stun.AttrUseCandidate)
	m.mapped = address(s, stun.AttrXORMappedAddress)
}

// address returns an attribute that is a XOR-ed address.
func address(s *stun.Message, t stun.AttrType) netip.AddrPort {
	var a stun.XORMappedAddress
	if a.GetFromAs(s, t) != nil {
		return netip.AddrPort{}
	}
	ip, _ := netip.AddrFromSlice(a.IP)
	return netip.AddrPortFrom(ip.Unmap(), uint16(a.Port))
}

// typed makes a message of what a packet's types say, where there is no payload: enough to follow checks that nobody relays.
func typed(packet, answers uint64, types []string) (message, bool) {
	has := func(t string) bool { return slices.Contains(types, t) }
	if has("send-indication") || has("data-indication") || has("channel-data") {
		return message{}, false
	}
	m := message{binding: true, key: transaction{packet: packet}, useCandidate: has("use-candidate")}
	switch {
	case has("binding-request"):
		m.class = stun.ClassRequest
		return m, true
	case has("binding-success"):
		m.class = stun.ClassSuccessResponse
	case has("binding-error"):
		m.class = stun.ClassErrorResponse
	default:
		return message{}, false
	}
	m.key.packet = answers
	return m, answers != 0
}
