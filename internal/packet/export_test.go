package packet

import "github.com/pion/dtls/v3/pkg/protocol/handshake"

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

// HandshakeType returns the type and the name of a handshake message.
func HandshakeType(t uint8) (typ, name string) {
	kind := handshakeTypes[handshake.Type(t)]
	return kind.typ, kind.name
}

// Chunk returns the type and the name of an SCTP chunk.
func Chunk(t uint8) (typ, name string) { return chunks[t].typ, chunks[t].name }

// The names of registries.
var (
	AttributeName = attributeName
	AlertTypes    = alertTypes
	CipherSuites  = cipherSuites
)

// Vocabulary returns every type that a packet can have.
func Vocabulary() map[string]bool {
	words := map[string]bool{
		"use-candidate": true, "channel-data": true, "encrypted-handshake": true,
		"dcep-open": true, "dcep-ack": true, "rtp": true,
	}
	for method, types := range stunTypes {
		for _, typ := range types {
			words[typ] = true
		}
		words[stunResponses[method]] = true
	}
	for _, kind := range contentTypes {
		words[kind.typ] = true
	}
	for _, kind := range handshakeTypes {
		words[kind.typ] = true
	}
	for _, typ := range alertTypes {
		words[typ] = true
	}
	for _, kind := range chunks {
		words[kind.typ] = true
	}
	for _, typ := range rtcpTypes {
		words[typ] = true
	}
	return words
}
