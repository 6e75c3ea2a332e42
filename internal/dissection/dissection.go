// Package dissection puts into the events of packets what is in the packets: it
// follows the events of a recording in their order, as a listener who was told
// the keys would follow the packets.
package dissection

import (
	"bytes"
	"encoding/json"
	"net/netip"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// Dissection follows the events of one run.
type Dissection struct {
	dissector *packet.Dissector
	types     map[uint64][]string // of packets under way, by their number
	buffer    []byte
}

// New returns a dissection that has seen nothing yet.
func New() *Dissection {
	return &Dissection{dissector: packet.NewDissector(), types: make(map[uint64][]string)}
}

// Line takes the line of the next event, and returns it with what is in its packet: layers, and the types of what is encrypted.
// It is valid until the next call.
func (d *Dissection) Line(line []byte) ([]byte, error) {
	e, err := recorder.ParseLine(line)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case recorder.KindDTLSSecret, recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
	default:
		return line, nil
	}
	value, err := e.Value()
	if err != nil {
		return nil, err
	}
	switch data := value.(type) {
	case recorder.DTLSSecret:
		d.Secret(data)
		return line, nil
	case recorder.PacketSent:
		value, err = d.sent(e.Peer, data)
	case recorder.PacketEnd:
		data.Types = d.types[data.ID]
		delete(d.types, data.ID)
		value = data
	}
	if err != nil {
		return nil, err
	}
	d.buffer = recorder.AppendLine(d.buffer[:0], e, value)
	return d.buffer, nil
}

// Secret takes a master secret, for the packets that come after it.
func (d *Dissection) Secret(data recorder.DTLSSecret) {
	d.dissector.AddSecret(data.ClientRandom, data.MasterSecret)
}

// Types takes the next packet that was sent, and returns its types with those of what is encrypted. It does less than Line, and
// takes its place.
func (d *Dissection) Types(from string, data recorder.PacketSent) ([]string, error) {
	datagram, err := datagram(from, data)
	if err != nil {
		return nil, err
	}
	return d.dissector.Classify(datagram).Types, nil
}

// datagram is a packet as the dissector takes it. A copy is one of its own flow: its sender is the link.
func datagram(from string, data recorder.PacketSent) (packet.Datagram, error) {
	src, err := netip.ParseAddrPort(data.Src)
	if err != nil {
		return packet.Datagram{}, err
	}
	dst, err := netip.ParseAddrPort(data.Dst)
	if err != nil {
		return packet.Datagram{}, err
	}
	return packet.Datagram{ID: data.ID, From: from, Src: src, Dst: dst, Payload: data.Payload}, nil
}

func (d *Dissection) sent(from string, data recorder.PacketSent) (recorder.PacketSent, error) {
	datagram, err := datagram(from, data)
	if err != nil {
		return data, err
	}
	p := d.dissector.Dissect(datagram)
	data.Types = p.Types
	d.types[data.ID] = p.Types
	data.Layers, err = encode(p.Layers)
	return data, err
}

// encode returns a value as recordings have it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
