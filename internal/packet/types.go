package packet

import "slices"

// Types tells the kinds of messages in a datagram as far as one payload tells
// without a secret, in words for rules and filters. A datagram may have
// several: DTLS records come together, and what a TURN message relays is looked
// into. A message that is malformed counts as far as it can be read.
//
//   - STUN and TURN: method and class, as binding-request, allocate-success,
//     channel-bind-error, send-indication; for an answer also METHOD-response;
//     use-candidate for a request that nominates; channel-data.
//   - DTLS: handshake, alert, change-cipher-spec, application-data; the
//     handshake message, as client-hello, server-hello-done, finished;
//     encrypted-handshake for one that is encrypted, whether it could be read or
//     not; the alert, as close-notify.
//   - SCTP: the chunk, as init, data, sack, forward-tsn; dcep-open and dcep-ack.
//     I-DATA, which pion uses with peers that do, is i-data and data, as
//     I-FORWARD-TSN is i-forward-tsn and forward-tsn.
//   - SRTP: rtp. SRTCP: the packet, as sr, rr, sdes, bye, nack, pli, fir, remb,
//     twcc; without secrets only the first of a compound.
func Types(payload []byte) []string {
	x := dissection{level: typesOnly, packet: &Packet{Types: make([]string, 0, 4)}}
	x.payload(payload, 0, len(payload), flow{}, 0)
	return x.packet.Types
}

// Encrypted reports whether messages of the type may be hidden by encryption,
// so that [Types] may miss them where a [Dissector] with secrets does not.
func Encrypted(typ string) bool {
	switch typ {
	case "finished", "close-notify":
		return true
	}
	for _, t := range alertTypes {
		if t == typ {
			return true
		}
	}
	for _, t := range chunks {
		if t.typ == typ {
			return true
		}
	}
	return typ == "dcep-open" || typ == "dcep-ack" || slices.Contains(rtcpTypes, typ)
}
