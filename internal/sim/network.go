package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/vnet"
)

// newInternet makes the scenario's networks.
func newInternet(s *Session) (*vnet.Internet, error) {
	config := vnet.Config{
		Random:        s.random,
		Observer:      packets{s},
		LoggerFactory: loggers{s, "network"},
	}
	for _, n := range s.scenario.Networks {
		if n.Name != scenario.Internet {
			config.Networks = append(config.Networks, vnet.NetworkConfig{Name: n.Name, Link: link(n.Link)})
		}
	}
	return vnet.New(config)
}

func link(l scenario.Link) vnet.Link {
	return vnet.Link{Up: direction(l.Up), Down: direction(l.Down)}
}

func direction(d scenario.Direction) vnet.Direction {
	var v vnet.Direction
	set(&v.Delay, d.Delay)
	set(&v.Jitter, d.Jitter)
	if d.Loss != nil {
		v.Loss = float64(*d.Loss)
	}
	if d.Rate != nil {
		v.Rate = int64(*d.Rate)
	}
	if d.Queue != nil {
		v.Queue, v.QueueBytes = d.Queue.Packets, int(d.Queue.Bytes)
	}
	return v
}

// set sets a value that was given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// changeNetwork carries out a step that changes a network. It does not wait for an outage to end.
func (s *Session) changeNetwork(cause uint64, c *scenario.ChangeNetwork) error {
	record := func(cause uint64, change string) uint64 {
		return s.log.Add(c.Name, recorder.KindNetwork, cause, recorder.NetworkChange{Change: change})
	}
	if c.Set != nil && c.Set.Link != nil {
		n := s.scenario.Network(c.Name)
		n.Link = n.Link.With(*c.Set.Link)
		record(cause, describe(*c.Set.Link))
		if err := s.internet.SetLink(c.Name, link(n.Link)); err != nil {
			return err
		}
	}
	switch {
	case c.Up:
		record(cause, "up")
		return s.internet.SetDown(c.Name, false)
	case c.Down:
		seq := record(cause, "down")
		if c.DownFor > 0 {
			time.AfterFunc(c.DownFor, func() {
				record(seq, "up")
				s.internet.SetDown(c.Name, false)
			})
		}
		return s.internet.SetDown(c.Name, true)
	}
	return nil
}

// describe says in words what a change sets, such as "up: delay 20ms, loss 30%; down: loss 30%".
func describe(l scenario.Link) string {
	var parts []string
	add := func(name string, d scenario.Direction) {
		var p []string
		if d.Delay != nil {
			p = append(p, fmt.Sprintf("delay %v", *d.Delay))
		}
		if d.Jitter != nil {
			p = append(p, fmt.Sprintf("jitter %v", *d.Jitter))
		}
		if d.Loss != nil {
			p = append(p, fmt.Sprintf("loss %v", *d.Loss))
		}
		if d.Rate != nil {
			p = append(p, fmt.Sprintf("rate %v", *d.Rate))
		}
		if d.Queue != nil {
			p = append(p, fmt.Sprintf("queue %v", *d.Queue))
		}
		if len(p) > 0 {
			parts = append(parts, name+": "+strings.Join(p, ", "))
		}
	}
	add("up", l.Up)
	add("down", l.Down)
	return strings.Join(parts, "; ")
}

// packets records what becomes of every packet.
type packets struct{ session *Session }

func (o packets) Sent(p *vnet.Packet) {
	defer o.lookAt(p.From)
	if o.session.identity.Options.Packets == recorder.PacketsNone {
		return
	}
	data := recorder.PacketSent{
		ID:       p.ID,
		Src:      p.Src.String(),
		Dst:      p.Dst.String(),
		Protocol: protocol(p.Payload),
		Size:     len(p.Payload),
	}
	if o.session.identity.Options.Packets == recorder.PacketsFull {
		data.Payload = p.Payload
	}
	p.SentEvent = o.session.log.Add(p.From, recorder.KindPacketSent, 0, data)
}

func (o packets) Delivered(p *vnet.Packet, to string) {
	defer o.lookAt(to)
	if p.SentEvent != 0 {
		o.session.log.Add(to, recorder.KindPacketDelivered, p.SentEvent, recorder.PacketEnd{ID: p.ID})
	}
}

func (o packets) Dropped(p *vnet.Packet, where string, why vnet.Reason) {
	if p.SentEvent != 0 {
		o.session.log.Add(where, recorder.KindPacketDropped, p.SentEvent, recorder.PacketEnd{ID: p.ID, Reason: string(why)})
	}
}

// lookAt has a peer looked at until its SCTP transport is connected, if it is to have one: packets alone bring that about,
// before any event.
func (o packets) lookAt(name string) {
	if p := o.session.peers[name]; p != nil && p.data.Load() && !p.associated.Load() {
		p.look()
	}
}

// protocol tells a packet's protocol by its first byte, as RFC 7983 section 7 does, and RTCP from RTP by its packet
// type, as RFC 5761 section 4 does.
func protocol(payload []byte) string {
	if len(payload) == 0 {
		return "unknown"
	}
	switch b := payload[0]; {
	case b <= 3:
		return "stun"
	case b >= 20 && b <= 63:
		return "dtls"
	case b >= 64 && b <= 79:
		return "turn"
	case b >= 128 && b <= 191 && len(payload) > 1 && payload[1] >= 192 && payload[1] <= 223:
		return "srtcp"
	case b >= 128 && b <= 191:
		return "srtp"
	}
	return "unknown"
}
