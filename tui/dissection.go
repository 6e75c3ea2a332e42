package tui

import (
	"encoding/json"
	"net/netip"
	"sync"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// keptPackets is how many dissected packets are kept. Each takes some kilobytes.
const keptPackets = 8192

// A dissection has the packets of a recording read field by field. What is in
// the encryption of a packet takes all that came before it, so that it follows
// the recording from its start.
type dissection struct {
	*follower[*packet.Packet]

	mu     sync.Mutex
	events map[uint64]int // of the packets that were sent, by their numbers
}

func newDissection(r *recorder.Recording) *dissection {
	d := &dissection{events: make(map[uint64]int)}
	d.follower = newFollower(r, keptPackets, func() reading[*packet.Packet] {
		dissector := packet.NewDissector()
		return func(n int, e recorder.Event) (*packet.Packet, bool) { return d.read(dissector, n, e) }
	})
	return d
}

// event returns the number of the event that sent a packet, 0 while it is not known.
func (d *dissection) event(id uint64) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events[id]
}

func (d *dissection) read(dissector *packet.Dissector, n int, e recorder.Event) (*packet.Packet, bool) {
	if e.Kind != recorder.KindPacketSent && e.Kind != recorder.KindDTLSSecret {
		return nil, false
	}
	data, err := e.Value()
	if err != nil {
		return nil, false
	}
	switch data := data.(type) {
	case recorder.DTLSSecret:
		dissector.AddSecret(data.ClientRandom, data.MasterSecret)
	case recorder.PacketSent:
		d.mu.Lock()
		d.events[data.ID] = n
		d.mu.Unlock()
		if len(data.Layers) > 0 || len(data.Payload) == 0 {
			return nil, false
		}
		if datagram, ok := datagramOf(e.Peer, data); ok {
			return dissector.Dissect(datagram), true
		}
	}
	return nil, false
}

func datagramOf(from string, sent recorder.PacketSent) (packet.Datagram, bool) {
	src, err := netip.ParseAddrPort(sent.Src)
	dst, err2 := netip.ParseAddrPort(sent.Dst)
	return packet.Datagram{ID: sent.ID, From: from, Src: src, Dst: dst, Payload: sent.Payload}, err == nil && err2 == nil && sent.ID > 0
}

// recorded returns the packet of a recording that has packets dissected.
func recorded(sent recorder.PacketSent) (*packet.Packet, bool) {
	var layers []packet.Layer
	if len(sent.Layers) == 0 || json.Unmarshal(sent.Layers, &layers) != nil {
		return nil, false
	}
	p := &packet.Packet{Protocol: sent.Protocol, Types: sent.Types, Answers: sent.Answers, Layers: layers}
	for i, l := range layers {
		if i > 0 {
			p.Summary += ", "
		}
		p.Summary += l.Summary
	}
	return p, true
}

// alone dissects a packet without what came before it: nothing is decrypted.
func alone(from string, sent recorder.PacketSent) *packet.Packet {
	if datagram, ok := datagramOf(from, sent); ok && len(sent.Payload) > 0 {
		return packet.NewDissector().Dissect(datagram)
	}
	return &packet.Packet{Protocol: sent.Protocol, Types: sent.Types, Answers: sent.Answers}
}
