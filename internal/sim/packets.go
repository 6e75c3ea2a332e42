package sim

import (
	"net/netip"
	"slices"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/vnet"
)

// packets records what becomes of every packet.
type packets struct {
	session   *Session
	options   recorder.Options
	dissector *packet.Dissector
	// inside tells that the scenario asks for what is inside the encryption. What --dissect asks for is none of the guest's
	// business: the host dissects what it records.
	inside bool
}

// packetInfo is what is known about a packet.
type packetInfo struct {
	protocol         string
	protocols, types []string
}

func newPackets(s *Session) *packets {
	return &packets{session: s, options: s.identity.Options, dissector: packet.NewDissector(), inside: asksInside(s.scenario)}
}

// asksInside tells whether a drop rule or an expectation of the scenario is about what is encrypted.
func asksInside(s *scenario.Scenario) bool {
	for p := range s.Patterns() {
		switch p.Event {
		case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
			if packet.Encrypted(p.Type) {
				return true
			}
		}
	}
	for link := range s.Links() {
		for _, d := range []scenario.Direction{link.Up, link.Down} {
			for _, rule := range d.Drop {
				m := rule.Match
				if m.Protocol == "sctp" || m.Protocol == "srtcp" || slices.ContainsFunc(m.Types, packet.Encrypted) {
					return true
				}
			}
		}
	}
	return false
}

// Sent implements [vnet.Observer].
func (o *packets) Sent(p *vnet.Packet) {
	defer o.lookAt(p.From)
	data := recorder.PacketSent{
		ID:     p.ID,
		CopyOf: p.CopyOf,
		Src:    p.Src.String(),
		Dst:    p.Dst.String(),
		Size:   len(p.Payload),
	}
	if o.options.Packets == recorder.PacketsFull {
		data.Payload = p.Payload
	}
	info, _ := p.Info.(*packetInfo)
	if info == nil { // a copy has its original's, and the dissector takes each packet once
		d := o.dissector.Classify(packet.Datagram{ID: p.ID, From: p.From, Src: p.Src, Dst: p.Dst, Payload: p.Payload})
		info = &packetInfo{d.Protocol, d.Protocols, d.Types}
		p.Info = info
		data.Answers = d.Answers
	}
	data.Protocol, data.Types = info.protocol, info.types
	if o.options.Packets == recorder.PacketsNone {
		return
	}
	p.SentEvent = o.session.log.Add(p.From, recorder.KindPacketSent, 0, data)
}

// Delivered implements [vnet.Observer].
func (o *packets) Delivered(p *vnet.Packet, to string) {
	defer o.lookAt(to)
	if p.SentEvent != 0 {
		o.session.log.Add(to, recorder.KindPacketDelivered, p.SentEvent, end(p, ""))
	}
}

// Dropped implements [vnet.Observer].
func (o *packets) Dropped(p *vnet.Packet, where string, why vnet.Reason) {
	if p.SentEvent != 0 {
		o.session.log.Add(where, recorder.KindPacketDropped, p.SentEvent, end(p, why))
	}
}

func end(p *vnet.Packet, why vnet.Reason) recorder.PacketEnd {
	info := p.Info.(*packetInfo)
	e := recorder.PacketEnd{
		ID:        p.ID,
		From:      p.From,
		Protocol:  info.protocol,
		Types:     info.types,
		Reason:    string(why),
		Detail:    p.Detail(),
		Corrupted: p.Corrupted,
	}
	if path := p.Path(); len(path) > 0 {
		e.Path = make([]recorder.Hop, len(path))
		for i, hop := range path {
			e.Path[i] = recorder.Hop{At: hop.At, Time: hop.Time, Wait: hop.Wait, Src: address(hop.Src), Dst: address(hop.Dst)}
		}
	}
	return e
}

func address(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Mapped implements [vnet.Observer].
func (o *packets) Mapped(m vnet.Mapping) {
	o.session.log.Add(m.Network, recorder.KindNATMapping, m.Cause.SentEvent, recorder.NATMapping{
		Local:  m.Local.String(),
		Public: m.Public.String(),
		Remote: m.Remote.String(),
	})
}

// secret takes note of a master secret of a peer's.
func (o *packets) secret(peer string, clientRandom, master []byte) {
	o.session.log.Add(peer, recorder.KindDTLSSecret, 0, recorder.DTLSSecret{
		ClientRandom: slices.Clone(clientRandom),
		MasterSecret: slices.Clone(master),
	})
	if o.inside {
		o.dissector.AddSecret(clientRandom, master)
	}
}

// lookAt has a peer looked at until its SCTP transport is connected, if it is to have one: packets alone bring that about,
// before any event.
func (o *packets) lookAt(name string) {
	if p := o.session.peers[name]; p != nil && p.data.Load() && !p.associated.Load() {
		p.look()
	}
}
