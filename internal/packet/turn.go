package packet

import (
	"fmt"
	"net/netip"
)

// A channel is a TURN channel as one of its ends sees it.
type channel struct {
	flow   flow
	number uint16
}

// bind notes what a channel is bound to.
func (d *Dissector) bind(f flow, number uint16, peer netip.AddrPort) {
	if number != 0 && peer.IsValid() {
		d.channels[channel{f, number}] = peer
	}
}

// channelData reads a ChannelData message (RFC 8656 section 12.4) and what it
// carries.
func (x *dissection) channelData(data []byte, from, to int, f flow, depth int) ([]Layer, string) {
	l := Layer{Protocol: "turn", From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	x.typ("channel-data")
	number := c.uint16("channel number")
	if c.noting() {
		c.value("0x%04x", number)
	}
	n := int(c.uint16("length"))
	body := c.sub("application data", n)
	c.rest("padding")

	inner := flow{from: f.from, src: f.src, dst: f.dst, channel: number}
	if x.d != nil {
		if peer, ok := x.d.channels[channel{f, number}]; ok {
			inner.channel, inner.peer = 0, peer
		}
	}
	if x.level > typesOnly {
		l.Summary = fmt.Sprintf("ChannelData 0x%04x", number)
		if inner.peer.IsValid() {
			l.Summary += " (" + inner.peer.String() + ")"
		}
	}
	summary := l.Summary
	if !body.bad {
		layers, inside := x.relayed(data, body.at, body.end, inner, depth)
		l.Layers = layers
		if inside != "" {
			summary += ": " + inside
		}
	}
	return x.one(l), summary
}
