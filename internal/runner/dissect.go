package runner

import (
	"bytes"
	"encoding/json"
	"net/netip"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// dissection puts into the events of packets what is in the packets: layers, and the types of what is encrypted. It runs on
// the host, where it costs a tenth of what it would in the guest, and follows from the guest's events alone, so that a replay
// gives the same.
type dissection struct {
	dissector *packet.Dissector
	types     map[uint64][]string // of packets under way, by their number
	buffer    []byte
}

func newDissection() *dissection {
	return &dissection{dissector: packet.NewDissector(), types: make(map[uint64][]string)}
}

// line returns the line of an event with what is in its packet. It is valid until the next call.
func (d *dissection) line(line []byte) ([]byte, error) {
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
		d.dissector.AddSecret(data.ClientRandom, data.MasterSecret)
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

func (d *dissection) sent(from string, data recorder.PacketSent) (recorder.PacketSent, error) {
	src, err := netip.ParseAddrPort(data.Src)
	if err != nil {
		return data, err
	}
	dst, err := netip.ParseAddrPort(data.Dst)
	if err != nil {
		return data, err
	}
	// A copy is a datagram of its own flow: its sender is the link.
	p := d.dissector.Dissect(packet.Datagram{ID: data.ID, From: from, Src: src, Dst: dst, Payload: data.Payload})
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
