package packet

// SCTP reads an SCTP packet as one from a DTLS record.
func SCTP(data []byte) *Packet {
	p := new(Packet)
	x := dissection{level: everything, packet: p}
	l := Layer{Protocol: "sctp", Data: data, To: len(data)}
	c := x.cursor(&l.Fields, data, 0, len(data))
	l.Layers, l.Summary = x.sctp(&c, record{number: 1}, new(tsns))
	p.Layers, p.Summary = []Layer{l}, l.Summary
	return p
}

// RTCP reads RTCP packets as those from SRTCP.
func RTCP(data []byte) *Packet {
	p := new(Packet)
	x := dissection{level: everything, packet: p}
	l := x.rtcp(data)
	p.Layers, p.Summary = []Layer{l}, l.Summary
	return p
}

// RTP reads an RTP packet as one from SRTP.
func RTP(data []byte) *Packet {
	p := new(Packet)
	x := dissection{level: everything, packet: p}
	l := x.rtp(data)
	p.Layers, p.Summary = []Layer{l}, l.Summary
	return p
}

// AttributeName, HandshakeName and the like are the names of the registries.
var (
	AttributeName  = attributeName
	HandshakeTypes = handshakeTypes
	AlertTypes     = alertTypes
	Chunks         = chunks
	CipherSuites   = cipherSuites
	StunTypes      = stunTypes
	RTCPTypes      = rtcpTypes
)
