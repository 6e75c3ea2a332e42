package packet

import (
	"fmt"

	"github.com/pion/datachannel"
)

// The message types of RFC 8832.
const (
	dcepAck  = 2
	dcepOpen = 3
)

// channelTypes are those of RFC 8832 section 5.1.
var channelTypes = map[datachannel.ChannelType]struct{ name, reliability string }{
	datachannel.ChannelTypeReliable:                       {"reliable", ""},
	datachannel.ChannelTypeReliableUnordered:              {"reliable, unordered", ""},
	datachannel.ChannelTypePartialReliableRexmit:          {"partially reliable", "retransmissions"},
	datachannel.ChannelTypePartialReliableRexmitUnordered: {"partially reliable, unordered", "retransmissions"},
	datachannel.ChannelTypePartialReliableTimed:           {"partially reliable", "ms"},
	datachannel.ChannelTypePartialReliableTimedUnordered:  {"partially reliable, unordered", "ms"},
}

// dcep reads a message of the data channel establishment protocol.
func (x *dissection) dcep(data []byte, from, to int) Layer {
	l := Layer{Protocol: "dcep", From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	t := c.uint8("message type")
	switch {
	case c.bad:
	case t == dcepAck:
		c.value("%d (DATA_CHANNEL_ACK)", t)
		x.typ("dcep-ack")
		l.Summary = "DATA_CHANNEL_ACK"
	case t == dcepOpen:
		c.value("%d (DATA_CHANNEL_OPEN)", t)
		x.typ("dcep-open")
		l.Summary = "DATA_CHANNEL_OPEN"
		kind := datachannel.ChannelType(c.uint8("channel type"))
		name := channelTypes[kind]
		c.value("0x%02x (%s)", byte(kind), name.name)
		c.uint16("priority")
		limit := c.uint32("reliability parameter")
		if name.reliability != "" {
			c.value("%d %s", limit, name.reliability)
		}
		n := int(c.uint16("label length"))
		m := int(c.uint16("protocol length"))
		label := c.text("label", n)
		c.text("protocol", m)
		if x.level > typesOnly {
			l.Summary += fmt.Sprintf(" %q", label)
		}
	default:
		c.at--
		c.malformed("DCEP message type %d", t)
	}
	c.rest("trailing bytes")
	return l
}
