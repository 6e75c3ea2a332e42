// Package books keeps the books of a recording's packets: what was sent is delivered, dropped or still under way.
package books

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/vnet"
)

// Check reads a recording to its end and checks what it tells of packets, with nothing but the recording. The error has all that is
// wrong.
func Check(r *recorder.Reader) error {
	b := New()
	var wrong []error
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		wrong = append(wrong, b.Add(e))
	}
	if !b.Finished() {
		wrong = append(wrong, errors.New("the recording does not tell what it leaves under way"))
	}
	return errors.Join(wrong...)
}

// Books checks what a recording tells of packets, event by event: what was sent is delivered, dropped or still under way, each
// packet ends once at most, and it ends where its way has led.
type Books struct {
	events   uint64
	now      time.Duration
	places   map[string]bool // what the topology has: networks, hosts, links and their directions
	lastID   uint64
	underWay map[uint64]sentPacket // by ID
	ended    map[uint64]bool

	finished bool
	wrong    []error // about the event that is being added
}

// sentPacket is what the books know of a packet under way.
type sentPacket struct {
	event uint64
	from  string
	at    time.Duration
	data  recorder.PacketSent
}

// New returns books with nothing in them.
func New() *Books {
	return &Books{places: make(map[string]bool), underWay: make(map[uint64]sentPacket), ended: make(map[uint64]bool)}
}

// Packets returns how many packets were sent.
func (b *Books) Packets() uint64 { return b.lastID }

// Finished tells whether the recording has told what it left under way, with which it ends.
func (b *Books) Finished() bool { return b.finished }

func (b *Books) errorf(format string, args ...any) {
	b.wrong = append(b.wrong, fmt.Errorf(format, args...))
}

// reasons are why packets are dropped, as far as they have no number or name in them.
var reasons = []vnet.Reason{
	vnet.Loss, vnet.BurstLoss, vnet.TooLarge, vnet.CoDelDrop, vnet.QueueFull, vnet.NetworkDown, vnet.NoRoute, vnet.NoMapping,
	vnet.MappingExpired, vnet.Filtered, vnet.NoHairpin, vnet.NoPort, vnet.InterfaceDown, vnet.HostDown, vnet.NobodyListens,
	vnet.SocketBufferFull, vnet.SocketClosed,
}

// ruled recognizes the others.
var ruled = regexp.MustCompile(`^(dropped by rule [1-9]\d*( \(.+\))?|firewall rule [1-9]\d*|firewall: udp (block|outbound-only))$`)

// Add takes an event into the books. The error has all that is wrong with it.
func (b *Books) Add(e recorder.Event) error {
	b.wrong = nil
	b.add(e)
	return errors.Join(b.wrong...)
}

func (b *Books) add(e recorder.Event) {
	b.events++
	if e.Seq != b.events || e.Time < b.now || e.Cause >= e.Seq {
		b.errorf("event %d at %v with the cause %d comes after event %d at %v", e.Seq, e.Time, e.Cause, b.events-1, b.now)
	}
	b.now = e.Time
	switch e.Kind {
	case recorder.KindTopology, recorder.KindInterface, recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindEnd:
	default:
		return
	}
	value, err := e.Value()
	if err != nil {
		b.wrong = append(b.wrong, err)
		return
	}
	switch data := value.(type) {
	case recorder.Topology:
		b.topology(data)
	case recorder.Interface: // its link may be new
		b.link(e.Peer + "/" + data.Interface)
	case recorder.PacketSent:
		b.sent(e, data)
	case recorder.PacketEnd:
		b.ends(e, data)
	case recorder.SessionEnd:
		b.finished = true
		if data.InFlight != len(b.underWay) {
			b.errorf("%d packets were sent and %d of them ended, which leaves %d; the run says that %d are under way",
				b.lastID, len(b.ended), len(b.underWay), data.InFlight)
		}
	}
}

// link takes note of a link.
func (b *Books) link(name string) { b.places[name+"/up"], b.places[name+"/down"] = true, true }

// topology takes note of what there is.
func (b *Books) topology(t recorder.Topology) {
	for _, n := range t.Networks {
		b.places[n.Name] = true
		if n.Link != nil {
			b.link(n.Name)
		}
	}
	for _, h := range t.Hosts {
		b.places[h.Name] = true
		for _, i := range h.Interfaces {
			b.places[h.Name+"/"+i.Name] = true
			if i.Link != nil {
				b.link(h.Name + "/" + i.Name)
			}
		}
	}
}

func (b *Books) sent(e recorder.Event, data recorder.PacketSent) {
	if data.ID != b.lastID+1 {
		b.errorf("event %d sends packet %d, the last one was %d", e.Seq, data.ID, b.lastID)
	}
	b.lastID = data.ID
	b.underWay[data.ID] = sentPacket{e.Seq, e.Peer, e.Time, data}
	if !b.places[e.Peer] {
		b.errorf("packet %d comes from %q, which the topology does not have", data.ID, e.Peer)
	}
	if data.CopyOf >= data.ID {
		b.errorf("packet %d is a copy of packet %d, which comes later", data.ID, data.CopyOf)
	}
}

func (b *Books) ends(e recorder.Event, data recorder.PacketEnd) {
	p, ok := b.underWay[data.ID]
	if !ok {
		b.errorf("event %d ends packet %d, which was not under way (it has ended before: %t)", e.Seq, data.ID, b.ended[data.ID])
		return
	}
	delete(b.underWay, data.ID)
	b.ended[data.ID] = true
	if e.Cause != p.event {
		b.errorf("packet %d was sent by event %d, and its end has the cause %d", data.ID, p.event, e.Cause)
	}
	if data.From != p.from || data.Protocol != p.data.Protocol || !slices.Equal(data.Types, p.data.Types) {
		b.errorf("packet %d was %s %v from %q, and ends as %s %v from %q", data.ID, p.data.Protocol, p.data.Types, p.from, data.Protocol, data.Types, data.From)
	}
	switch e.Kind {
	case recorder.KindPacketDelivered:
		if data.Reason != "" {
			b.errorf("packet %d was delivered because of %q", data.ID, data.Reason)
		}
	default:
		if !slices.Contains(reasons, vnet.Reason(data.Reason)) && !ruled.MatchString(data.Reason) {
			b.errorf("packet %d was dropped because of %q, which is no known reason", data.ID, data.Reason)
		}
	}
	if !b.places[e.Peer] {
		b.errorf("packet %d ended at %q, which the topology does not have", data.ID, e.Peer)
	}
	b.path(e, p, data)
}

// path checks the way of a packet that has ended.
func (b *Books) path(e recorder.Event, p sentPacket, data recorder.PacketEnd) {
	at := p.at
	if p.data.CopyOf != 0 {
		at = 0 // it has come the way of its original until it came into being
	}
	for _, hop := range data.Path {
		if hop.Time < at {
			b.errorf("packet %d was at %s at %v, and before that somewhere else at %v", data.ID, hop.At, hop.Time, at)
		}
		if hop.Wait < 0 {
			b.errorf("packet %d waited for %s for %v", data.ID, hop.At, hop.Wait)
		}
		at = hop.Time + hop.Wait
		if !b.places[hop.At] {
			b.errorf("packet %d was at %q, which the topology does not have", data.ID, hop.At)
		}
	}
	if e.Time < at {
		b.errorf("packet %d ended at %v, but has not got to its last place before %v", data.ID, e.Time, at)
	}
	for _, bit := range data.Corrupted {
		if bit < 0 || bit >= 8*p.data.Size {
			b.errorf("bit %d of packet %d was flipped, which has %d bytes", bit, data.ID, p.data.Size)
		}
	}
}
