package scenario

import "slices"

// A PacketProtocol is a protocol that a packet can be of, as drop rules and expectations name it, with the types that its
// packets can have. A packet can have several: a datagram of DTLS holds several records.
type PacketProtocol struct {
	Name  string
	Types []string
}

// PacketProtocols are the protocols of packets. A STUN message with a method of TURN is turn. SCTP is inside of DTLS: a packet
// of it is of both.
var PacketProtocols = []PacketProtocol{
	{"stun", []string{
		"binding-request", "binding-response", "binding-success", "binding-error", "binding-indication", "use-candidate"}},
	{"turn", []string{
		"allocate-request", "allocate-response", "allocate-success", "allocate-error",
		"refresh-request", "refresh-response", "refresh-success", "refresh-error",
		"create-permission-request", "create-permission-response", "create-permission-success", "create-permission-error",
		"channel-bind-request", "channel-bind-response", "channel-bind-success", "channel-bind-error",
		"send-indication", "data-indication", "channel-data"}},
	{"dtls", []string{
		"handshake", "alert", "change-cipher-spec", "application-data",
		"client-hello", "hello-verify-request", "server-hello", "certificate", "server-key-exchange", "certificate-request",
		"server-hello-done", "client-key-exchange", "certificate-verify", "finished", "encrypted-handshake", "new-session-ticket",
		"close-notify"}},
	{"srtp", []string{"rtp"}},
	{"srtcp", []string{"sr", "rr", "sdes", "bye", "nack", "pli", "fir", "remb", "twcc"}},
	{"sctp", []string{
		"init", "init-ack", "cookie-echo", "cookie-ack", "data", "sack", "heartbeat", "heartbeat-ack", "forward-tsn", "reconfig",
		"abort", "shutdown", "shutdown-ack", "shutdown-complete", "error", "dcep-open", "dcep-ack"}},
}

// PacketTypes returns the types that packets of a protocol can have, of all protocols if it is empty.
func PacketTypes(protocol string) []string {
	var types []string
	for _, p := range PacketProtocols {
		if protocol == "" || p.Name == protocol {
			types = append(types, p.Types...)
		}
	}
	return types
}

// packetType checks a type of packets of a protocol, of any if that is empty.
func (r *reader) packetType(pos Pos, protocol, typ string) {
	if slices.Contains(PacketTypes(protocol), typ) {
		return
	}
	for _, p := range PacketProtocols {
		if slices.Contains(p.Types, typ) {
			r.errorf(pos, "wrong-type-of-packet", suggest(typ, PacketTypes(protocol)), "%s is a type of %s, not of %s", typ, p.Name, protocol)
			return
		}
	}
	what := "type of a packet"
	if protocol != "" {
		what = "type of " + protocol
	}
	r.unknown(pos, "unknown-value", what, typ, PacketTypes(protocol))
}
