package explain

import (
	"slices"
	"time"

	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Packet is a packet and what became of it. Peer is the sender.
type Packet struct {
	At
	ID       uint64
	Src, Dst string
	Protocol string
	// Types are the kinds of messages in it, those that are encrypted as well where the recording has what it takes.
	Types []string
	Size  int
	// CopyOf is the packet that a link made this one of, nil for all that a socket sent.
	CopyOf *Packet
	// Answers is the packet with the STUN request that it answers, Answered the first answer to it; nil where there is none.
	Answers, Answered *Packet
	// Code is the error code of a STUN or TURN error, 0 where there is none or it is not known.
	Code int
	// Payload is that of STUN, TURN and DTLS handshakes.
	Payload []byte
	// End is what became of it: nil while it is under way.
	End *PacketEnd
	// Check is the check that it carries or answers, nil where it does not; Return tells that it answers.
	Check  *Check
	Return bool
}

// PacketEnd is what became of a packet. Peer is the receiver, or the network element that dropped it.
type PacketEnd struct {
	At
	Dropped        bool
	Reason, Detail string
	Path           []recorder.Hop
	Corrupted      bool
}

// Is tells whether one of the messages in the packet is of one of the types.
func (p *Packet) Is(types ...string) bool {
	return slices.ContainsFunc(types, func(t string) bool { return slices.Contains(p.Types, t) })
}

// Delivered tells whether the packet has reached a socket.
func (p *Packet) Delivered() bool { return p.End != nil && !p.End.Dropped }

// Lost tells whether the packet was dropped.
func (p *Packet) Lost() bool { return p.End != nil && p.End.Dropped }

// From returns the address from which the packet was seen where it ended, after all NATs that it came through.
func (p *Packet) From() string {
	from := p.Src
	if p.End != nil {
		for _, h := range p.End.Path {
			if h.Src != "" {
				from = h.Src
			}
		}
	}
	return from
}

// To returns the address to which the packet was on its way where it ended.
func (p *Packet) To() string {
	to := p.Dst
	if p.End != nil {
		for _, h := range p.End.Path {
			if h.Dst != "" {
				to = h.Dst
			}
		}
	}
	return to
}

// A Check is a connectivity check with all packets that carry it: on a way through a TURN server there are several.
type Check struct {
	// Peer sent it at the time of its first packet.
	Peer string
	// Requests are the packets that carry the check, Answers those that carry answers to it.
	Requests, Answers []*Packet
}

// Answered tells whether an answer has reached the peer that sent the check.
func (c *Check) Answered() bool {
	return slices.ContainsFunc(c.Answers, func(p *Packet) bool { return p.Delivered() && p.End.Peer == c.Peer && p.Code == 0 })
}

// underWay tells whether the check or an answer to it is still under way.
func (c *Check) underWay() bool {
	pending := func(p *Packet) bool { return p.End == nil }
	return slices.ContainsFunc(c.Requests, pending) || slices.ContainsFunc(c.Answers, pending)
}

// Lost returns the packet with which the check, or its answer, was lost; nil where none was.
func (c *Check) Lost() *Packet {
	for _, list := range [][]*Packet{c.Requests, c.Answers} {
		for _, p := range list {
			if p.Lost() {
				return p
			}
		}
	}
	return nil
}

// payloads are the types whose payloads the rules look into.
var payloads = []string{"stun", "turn", "dtls"}

func (g *gatherer) sent(e recorder.Event, d recorder.PacketSent) error {
	p := &Packet{At: at(e), ID: d.ID, Src: d.Src, Dst: d.Dst, Protocol: d.Protocol, Types: d.Types, Size: d.Size, CopyOf: g.byID[d.CopyOf]}
	if d.Protocol != "srtp" && d.Protocol != "srtcp" && len(d.Payload) > 0 {
		types, err := g.content.Types(e.Peer, d)
		if err != nil {
			return err
		}
		p.Types = types
	}
	if slices.Contains(payloads, d.Protocol) && !p.Is("application-data") && !p.Is("channel-data") {
		p.Payload = d.Payload
	}
	if d.Protocol == "stun" || d.Protocol == "turn" {
		p.Code = errorCode(d.Payload)
	}
	if request := g.byID[d.Answers]; request != nil {
		p.Answers = request
		if request.Answered == nil {
			request.Answered = p
		}
	}
	if c, ok := g.table.Carried(); ok {
		check := g.byCheck[c.Check]
		if check == nil {
			check = &Check{Peer: c.Peer}
			g.byCheck[c.Check] = check
			key := checkKey(c.Peer, c.Generation, c.Pair)
			g.checks[key] = append(g.checks[key], check)
		}
		p.Check, p.Return, p.Code = check, c.Answer, c.Code
		if c.Answer {
			check.Answers = append(check.Answers, p)
		} else {
			check.Requests = append(check.Requests, p)
		}
	}
	g.Packets = append(g.Packets, p)
	g.packets[e.Seq], g.byID[d.ID] = p, p
	return nil
}

func (g *gatherer) ended(e recorder.Event, d recorder.PacketEnd) {
	if p := g.packets[e.Cause]; p != nil {
		p.End = &PacketEnd{at(e), e.Kind == recorder.KindPacketDropped, d.Reason, d.Detail, d.Path, len(d.Corrupted) > 0}
	}
}

// errorCode returns the error code of a STUN message, 0 where it has none.
func errorCode(payload []byte) int {
	if !stun.IsMessage(payload) {
		return 0
	}
	m := &stun.Message{Raw: payload}
	var code stun.ErrorCodeAttribute
	if m.Decode() != nil || code.GetFrom(m) != nil {
		return 0
	}
	return int(code.Code)
}

// Sent returns the packets that a peer or server sent in a time, the first instant included, to one of the addresses; to any if
// none is given.
func (f *Facts) Sent(from string, since, before time.Duration, to ...string) []*Packet {
	var list []*Packet
	for _, p := range f.Packets {
		if p.Peer == from && p.Time >= since && p.Time < before && (len(to) == 0 || slices.Contains(to, p.Dst)) {
			list = append(list, p)
		}
	}
	return list
}
