package packet

import "slices"

// A level says how much is wanted of a dissection.
type level int

const (
	typesOnly  level = iota // protocols and types
	summaries               // summaries as well
	everything              // layers as well
)

// A dissection is the work on one datagram.
type dissection struct {
	d        *Dissector // nil: the payload is all there is
	level    level
	datagram Datagram
	packet   *Packet
}

// maxDepth is how deep relayed datagrams are looked into. Each is smaller than
// what it came in, but no session nests relays.
const maxDepth = 4

// payload reads the datagram in data[from:to], which may be one that is
// relayed.
func (x *dissection) payload(data []byte, from, to int, f flow, depth int) ([]Layer, string) {
	protocol := Protocol(data[from:to])
	x.protocol(protocol)
	switch {
	case depth > maxDepth || protocol == "unknown":
		return x.unknown(data, from, to)
	case protocol == "dtls":
		return x.dtls(data, from, to, f)
	case protocol == "srtp":
		return x.srtp(data, from, to, f)
	case protocol == "srtcp":
		return x.srtcp(data, from, to, f)
	case data[from] >= 64:
		return x.channelData(data, from, to, f, depth)
	}
	return x.stun(protocol, data, from, to, f, depth)
}

// relayed reads a datagram within a TURN message.
func (x *dissection) relayed(data []byte, from, to int, f flow, depth int) ([]Layer, string) {
	if from == to {
		return nil, ""
	}
	return x.payload(data, from, to, f, depth+1)
}

func (x *dissection) unknown(data []byte, from, to int) ([]Layer, string) {
	l := Layer{Protocol: "unknown", From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	if x.level > typesOnly {
		l.Summary = count(c.left(), "byte")
	}
	c.rest("data")
	return x.one(l), l.Summary
}

// one returns the layer if layers are wanted.
func (x *dissection) one(l Layer) []Layer {
	if x.level < everything {
		return nil
	}
	return []Layer{l}
}

func (x *dissection) protocol(name string) {
	if x.d != nil && !slices.Contains(x.packet.Protocols, name) {
		x.packet.Protocols = append(x.packet.Protocols, name)
	}
}

func (x *dissection) typ(name string) {
	if !slices.Contains(x.packet.Types, name) {
		x.packet.Types = append(x.packet.Types, name)
	}
}

func (x *dissection) malformed(why string) {
	if x.packet.Malformed == "" {
		x.packet.Malformed = why
	}
}

// state returns what is known of a flow, or nil if nothing is kept.
func (x *dissection) state(f flow) *flowState {
	if x.d == nil {
		return nil
	}
	s := x.d.flows[f]
	if s == nil {
		s = new(flowState)
		x.d.flows[f] = s
	}
	return s
}
