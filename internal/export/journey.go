package export

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// A journey is a packet's: how it was sent, and what became of it.
type journey struct {
	n    int // the number of the event that sent it
	sent recorder.Event
	recorder.PacketSent

	endN   int            // that of its end; 0 while it is under way
	end    recorder.Event // zero while it is under way
	result recorder.PacketEnd
}

// readJourney returns the journey of the packet that event n sent.
func readJourney(r *recorder.Recording, n int) (journey, error) {
	j := journey{n: n}
	var err error
	if j.sent, err = r.Event(n); err != nil {
		return j, err
	}
	value, err := j.sent.Value()
	if err != nil {
		return j, fmt.Errorf("event %d: %w", n, err)
	}
	j.PacketSent, _ = value.(recorder.PacketSent)
	for _, effect := range r.Effects(n) {
		switch r.Entry(effect).Kind {
		case recorder.KindPacketDelivered, recorder.KindPacketDropped:
		default:
			continue
		}
		if j.end, err = r.Event(effect); err != nil {
			return j, err
		}
		value, err := j.end.Value()
		if err != nil {
			return j, fmt.Errorf("event %d: %w", effect, err)
		}
		j.endN = effect
		j.result, _ = value.(recorder.PacketEnd)
		break
	}
	return j, nil
}

// delivered tells whether the packet reached a socket.
func (j journey) delivered() bool { return j.end.Kind == recorder.KindPacketDelivered }

// fate says what became of the packet.
func (j journey) fate() string {
	after := j.end.Time - j.sent.Time
	switch j.end.Kind {
	case recorder.KindPacketDelivered:
		text := fmt.Sprintf("delivered after %v", after)
		if n := len(j.result.Corrupted); n > 0 {
			text += fmt.Sprintf(" with %d flipped bits", n)
		}
		return text
	case recorder.KindPacketDropped:
		text := fmt.Sprintf("dropped at %s after %v: %s", j.end.Peer, after, j.result.Reason)
		if j.result.Detail != "" {
			text += ": " + j.result.Detail
		}
		return text
	}
	return "still under way at the end"
}

// way lists the places that the packet came by, with the time that it waited in queues; empty where there were none.
func (j journey) way() string {
	var places []string
	for _, hop := range j.result.Path {
		place := hop.At
		switch {
		case hop.Src != "":
			place += " (from " + hop.Src + ")"
		case hop.Dst != "":
			place += " (to " + hop.Dst + ")"
		case hop.Wait > 0:
			place += fmt.Sprintf(" (waited %v)", hop.Wait)
		}
		places = append(places, place)
	}
	return strings.Join(places, ", ")
}

// translated returns the packet's addresses after the NATs that it came through; those of a NAT that it came in by are not counted
// unless inside is set.
func (j journey) translated(inside bool) (src, dst string) {
	src, dst = j.Src, j.Dst
	for _, hop := range j.result.Path {
		if hop.Src != "" {
			src = hop.Src
		}
		if hop.Dst != "" && inside {
			dst = hop.Dst
		}
	}
	return src, dst
}

// arrived returns the payload as the receiver got it. A copy has the payload of what it is a copy of.
func (j journey) arrived(payload []byte) []byte {
	if len(j.result.Corrupted) == 0 {
		return payload
	}
	payload = slices.Clone(payload)
	for _, bit := range j.result.Corrupted {
		if bit >= 0 && bit/8 < len(payload) {
			payload[bit/8] ^= 0x80 >> (bit % 8)
		}
	}
	return payload
}

// A directory knows who has an address.
type directory struct {
	hosts    map[netip.Addr]string     // empty for an address that several have
	nats     map[netip.Addr]string     // networks, by the public addresses of their NATs
	mappings map[netip.AddrPort]string // local addresses by public ones
}

// readDirectory gathers all addresses of a recording.
func readDirectory(r *recorder.Recording) (*directory, error) {
	d := &directory{make(map[netip.Addr]string), make(map[netip.Addr]string), make(map[netip.AddrPort]string)}
	err := each(r, func(event recorder.Event, data any) {
		switch data := data.(type) {
		case recorder.Topology:
			for _, network := range data.Networks {
				for _, address := range network.Public {
					if a, err := netip.ParseAddr(address); err == nil {
						d.nats[a] = network.Name
					}
				}
			}
			for _, host := range data.Hosts {
				for _, i := range host.Interfaces {
					d.add(i.Address, host.Name)
				}
			}
		case recorder.Interface:
			d.add(data.Address, event.Peer)
		case recorder.NATMapping:
			if public, err := netip.ParseAddrPort(data.Public); err == nil {
				d.mappings[public] = data.Local
				if _, known := d.nats[public.Addr()]; !known { // it was given a new address
					d.nats[public.Addr()] = event.Peer
				}
			}
		}
	}, recorder.KindTopology, recorder.KindInterface, recorder.KindNATMapping)
	return d, err
}

func (d *directory) add(address, host string) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	if other, known := d.hosts[a]; known && other != host {
		host = ""
	}
	d.hosts[a] = host
}

// name returns the name of the host that an address and port lead to: its own, or that which a NAT has mapped to it. It
// returns the address where that is not clear.
func (d *directory) name(address string) string {
	at := address
	for range 8 { // NATs nest, but not in a circle
		a, err := netip.ParseAddrPort(at)
		if err != nil {
			break
		}
		if host := d.hosts[a.Addr()]; host != "" {
			return host
		}
		local, mapped := d.mappings[a]
		if !mapped {
			break
		}
		at = local
	}
	return address
}

// receiver names who the packet is for.
func (d *directory) receiver(j journey) string {
	if j.delivered() {
		return j.end.Peer
	}
	_, dst := j.translated(true)
	return d.name(dst)
}
