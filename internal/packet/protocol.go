package packet

import (
	"encoding/binary"

	"github.com/pion/stun/v4"
)

// Protocol tells a datagram's protocol: stun, turn, dtls, srtp, srtcp or
// unknown. It goes by the first byte as RFC 7983 section 7 does, and tells RTCP
// from RTP by the packet type as RFC 5761 section 4 does. ChannelData and STUN
// messages with a method of TURN (RFC 8656) are turn.
func Protocol(payload []byte) string {
	if len(payload) == 0 {
		return "unknown"
	}
	switch b := payload[0]; {
	case b <= 3:
		if len(payload) > 1 && relays(method(binary.BigEndian.Uint16(payload))) {
			return "turn"
		}
		return "stun"
	case b >= 20 && b <= 63:
		return "dtls"
	case b >= 64 && b <= 79:
		return "turn"
	case b >= 128 && b <= 191 && len(payload) > 1 && payload[1] >= 192 && payload[1] <= 223:
		return "srtcp"
	case b >= 128 && b <= 191:
		return "srtp"
	}
	return "unknown"
}

func method(messageType uint16) stun.Method {
	var t stun.MessageType
	t.ReadValue(messageType)
	return t.Method
}

// relays reports whether the method is one of TURN (RFC 8656, RFC 6062).
func relays(m stun.Method) bool {
	switch m {
	case stun.MethodAllocate, stun.MethodRefresh, stun.MethodSend, stun.MethodData,
		stun.MethodCreatePermission, stun.MethodChannelBind,
		stun.MethodConnect, stun.MethodConnectionBind, stun.MethodConnectionAttempt:
		return true
	}
	return false
}
