package packet

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"github.com/pion/rtcp"
)

// rtcpTypes are the types of the vocabulary.
var rtcpTypes = []string{
	"sr", "rr", "sdes", "bye", "app", "xr",
	"nack", "tmmbr", "tmmbn", "rrr", "ccfb", "twcc", "rtpfb",
	"pli", "sli", "rpsi", "fir", "remb", "afb", "psfb",
}

// rtcpType returns an RTCP packet's type and name. body is what comes behind
// its header, nil if that is encrypted.
func rtcpType(t rtcp.PacketType, format uint8, body []byte) (typ, name string) {
	switch t {
	case rtcp.TypeSenderReport:
		return "sr", "SR"
	case rtcp.TypeReceiverReport:
		return "rr", "RR"
	case rtcp.TypeSourceDescription:
		return "sdes", "SDES"
	case rtcp.TypeGoodbye:
		return "bye", "BYE"
	case rtcp.TypeApplicationDefined:
		return "app", "APP"
	case rtcp.TypeExtendedReport:
		return "xr", "XR"
	case rtcp.TypeTransportSpecificFeedback:
		switch format {
		case rtcp.FormatTLN:
			return "nack", "NACK"
		case 3:
			return "tmmbr", "TMMBR"
		case 4:
			return "tmmbn", "TMMBN"
		case rtcp.FormatRRR:
			return "rrr", "RTCP-SR-REQ"
		case rtcp.FormatCCFB:
			return "ccfb", "CCFB"
		case rtcp.FormatTCC:
			return "twcc", "TWCC"
		}
		return "rtpfb", fmt.Sprintf("RTPFB %d", format)
	case rtcp.TypePayloadSpecificFeedback:
		switch format {
		case rtcp.FormatPLI:
			return "pli", "PLI"
		case rtcp.FormatSLI:
			return "sli", "SLI"
		case 3:
			return "rpsi", "RPSI"
		case rtcp.FormatFIR:
			return "fir", "FIR"
		case rtcp.FormatREMB:
			if len(body) >= 12 && string(body[8:12]) == "REMB" {
				return "remb", "REMB"
			}
			return "afb", "AFB"
		}
		return "psfb", fmt.Sprintf("PSFB %d", format)
	}
	return "", fmt.Sprintf("RTCP %d", uint8(t))
}

// srtcp reads an SRTCP packet (RFC 3711 section 3.4): the first header, which
// is not encrypted, and the RTCP packets in it if their secret is known.
func (x *dissection) srtcp(data []byte, from, to int, f flow) ([]Layer, string) {
	l := Layer{Protocol: "srtcp", From: from, To: to, Summary: "SRTCP"}
	c := x.cursor(&l.Fields, data, from, to)
	state := x.state(f)
	var plain []byte
	ok := false
	if state != nil {
		plain, ok = x.d.decryptRTCP(state, data[from:to:to])
	}
	b := c.uint8("version")
	c.value("%d", b>>6)
	c.flag("padding", b&0x20 != 0)
	if c.noting() {
		c.note("count or format", fmt.Sprint(b&0x1f), c.at-1, c.at)
	}
	t := rtcp.PacketType(c.uint8("packet type"))
	typ, name := rtcpType(t, b&0x1f, nil)
	c.value("%d (%s)", t, name)
	c.uint16("length")
	c.uint32("SSRC of sender")
	if c.bad {
		return x.one(l), l.Summary
	}
	l.Summary = name
	if !ok {
		if typ != "" {
			x.typ(typ)
		}
		c.rest("encrypted packets, index and authentication tag")
		return x.one(l), l.Summary
	}
	profile := state.association.server.profile
	tag, _ := profile.AuthTagRTCPLen()
	aead, _ := profile.AEADAuthTagLen()
	c.bytes("encrypted packets", max(c.left()-tag-aead-4, 0))
	if aead > 0 {
		c.hex("authentication tag", aead)
	}
	index := c.uint32("SRTCP index")
	c.value("%d, encrypted %t", index&0x7fffffff, index>>31 == 1)
	c.rest("authentication tag")
	inside := x.rtcp(plain)
	l.Summary = inside.Summary
	if x.level == everything {
		l.Layers = []Layer{inside}
	}
	return x.one(l), l.Summary
}

// rtcp reads RTCP packets that were decrypted.
func (x *dissection) rtcp(data []byte) Layer {
	l := Layer{Protocol: "rtcp", Data: data, To: len(data)}
	var names []string
	for at := 0; at < len(data); {
		p := x.rtcpPacket(data, at, len(data))
		names = append(names, p.Summary)
		if x.level == everything {
			l.Layers = append(l.Layers, p)
		}
		at = p.To
	}
	l.Summary = strings.Join(names, ", ")
	return l
}

// rtcpPacket reads the packet at the front of data[from:to].
func (x *dissection) rtcpPacket(data []byte, from, to int) Layer {
	l := Layer{Protocol: "rtcp", Summary: "RTCP", From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	b := c.uint8("version")
	c.value("%d", b>>6)
	c.flag("padding", b&0x20 != 0)
	format := b & 0x1f
	if c.noting() {
		c.note("count or format", fmt.Sprint(format), c.at-1, c.at)
	}
	t := rtcp.PacketType(c.uint8("packet type"))
	n := 4 * int(c.uint16("length"))
	if c.bad {
		return l
	}
	body := c.sub("RTCP packet", n)
	if body.bad {
		return l
	}
	l.To = body.end
	typ, name := rtcpType(t, format, body.peek())
	l.Summary = name
	if typ != "" {
		x.typ(typ)
	}
	if x.level < everything {
		return l
	}
	for i := range l.Fields {
		if l.Fields[i].Name == "packet type" {
			l.Fields[i].Value = fmt.Sprintf("%d (%s)", t, name)
		}
	}
	padding := 0
	if b&0x20 != 0 && n > 0 {
		padding = int(data[body.end-1])
		if padding > n {
			body.malformed("padding of %s in %d", count(padding, "byte"), n)
			return l
		}
		body.end -= padding
	}
	body.rtcpBody(typ, int(format))
	body.rest("data")
	if padding > 0 {
		p := x.cursor(&l.Fields, data, body.end, body.end+padding)
		p.bytes("padding", padding)
	}
	if _, err := rtcp.Unmarshal(data[from:l.To]); err != nil && !body.bad {
		// pion would not take it.
		x.malformed(err.Error())
		l.Summary += " (" + err.Error() + ")"
	}
	return l
}

// rtcpBody reads what is behind an RTCP packet's header.
func (c *cursor) rtcpBody(typ string, n int) {
	switch typ {
	case "sr", "rr":
		c.uint32("SSRC of sender")
		if typ == "sr" {
			ntp := c.uint64("NTP timestamp")
			c.value("%s", ntpTime(ntp).Format("2006-01-02T15:04:05.000000Z"))
			c.uint32("RTP timestamp")
			c.uint32("sender's packet count")
			c.uint32("sender's octet count")
		}
		for i := 0; i < n && !c.bad; i++ {
			c.group("report block", 24, (*cursor).reportBlock)
		}
	case "sdes":
		for i := 0; i < n && !c.bad; i++ {
			c.sourceDescription()
		}
	case "bye":
		for i := 0; i < n && !c.bad; i++ {
			c.uint32("SSRC")
		}
		if !c.bad && c.left() > 0 {
			c.text("reason", int(c.uint8("reason length")))
			c.rest("padding of reason")
		}
	case "app":
		c.uint32("SSRC")
		c.text("name", 4)
	case "xr":
		c.uint32("SSRC of sender")
		c.extendedReports()
	case "nack", "tmmbr", "tmmbn", "rrr", "twcc", "rtpfb", "pli", "sli", "rpsi", "fir", "remb", "afb", "psfb":
		c.uint32("SSRC of sender")
		c.uint32("SSRC of media source")
		c.feedback(typ)
	case "ccfb":
		c.uint32("SSRC of sender")
	}
}

// ntpTime returns the time of an NTP timestamp, RFC 3550 section 4.
func ntpTime(ntp uint64) time.Time {
	const from1900 = 2208988800 // seconds until 1970
	ns := (ntp & 0xffffffff) * 1e9 >> 32
	return time.Unix(int64(ntp>>32)-from1900, int64(ns)).UTC()
}

func (c *cursor) reportBlock() string {
	ssrc := c.uint32("SSRC")
	lost := c.uint8("fraction lost")
	c.value("%.1f%%", float64(lost)*100/256)
	total := c.uint24("cumulative number of packets lost")
	c.value("%d", int32(total)<<8>>8)
	c.uint32("extended highest sequence number received")
	c.uint32("interarrival jitter")
	c.hex("last SR", 4)
	delay := c.uint32("delay since last SR")
	c.value("%.6f s", float64(delay)/65536)
	return fmt.Sprintf("SSRC %d", ssrc)
}

// sdesItems are those of RFC 3550 section 6.5 and RFC 8852.
var sdesItems = map[uint8]string{
	1: "CNAME", 2: "NAME", 3: "EMAIL", 4: "PHONE", 5: "LOC", 6: "TOOL", 7: "NOTE", 8: "PRIV",
	12: "RtpStreamId", 13: "RepairedRtpStreamId", 15: "MID",
}

func (c *cursor) sourceDescription() {
	start := c.at
	c.uint32("SSRC")
	for !c.bad && c.left() > 0 && c.peek()[0] != 0 {
		t := c.peek()[0]
		name, ok := sdesItems[t]
		if !ok {
			name = fmt.Sprintf("item %d", t)
		}
		if c.left() < 2 {
			c.malformed("%s truncated", name)
			return
		}
		n := int(c.peek()[1])
		c.group(name, 2+n, func(g *cursor) string {
			g.uint8("type")
			g.uint8("length")
			return g.text("text", n)
		})
	}
	// One zero byte ends the list, more fill it up to a multiple of 4.
	if !c.bad {
		c.bytes("end of items", min(4-(c.at-start)%4, c.left()))
	}
}

// feedback reads the feedback control information of RTPFB and PSFB packets.
func (c *cursor) feedback(typ string) {
	switch typ {
	case "nack":
		for !c.bad && c.left() > 0 {
			b := c.take("lost packets", 4)
			if c.noting() {
				pair := rtcp.NackPair{
					PacketID:    binary.BigEndian.Uint16(b),
					LostPackets: rtcp.PacketBitmap(binary.BigEndian.Uint16(b[2:])),
				}
				c.note("lost packets", strings.Trim(fmt.Sprint(pair.PacketList()), "[]"), c.at-4, c.at)
			}
		}
	case "fir":
		for !c.bad && c.left() > 0 {
			c.uint32("SSRC")
			c.uint8("sequence number")
			c.bytes("reserved", 3)
		}
	case "sli":
		for !c.bad && c.left() > 0 {
			c.hex("slice", 4)
		}
	case "remb":
		c.text("unique identifier", 4)
		n := int(c.uint8("number of SSRCs"))
		b := c.uint24("bitrate")
		exponent, mantissa := uint(b>>18), uint64(b&0x3ffff)
		if exponent+uint(bits.Len64(mantissa)) <= 64 {
			c.value("%d bit/s", mantissa<<exponent)
		}
		for i := 0; i < n && !c.bad; i++ {
			c.uint32("SSRC")
		}
	case "twcc":
		c.twcc()
	}
}

// twcc reads transport-wide congestion control feedback.
func (c *cursor) twcc() {
	c.uint16("base sequence number")
	n := int(c.uint16("packet status count"))
	reference := c.uint24("reference time")
	c.value("%d ms", 64*(int32(reference)<<8>>8))
	c.uint8("feedback packet count")
	var deltas []int // their lengths in bytes
	for seen := 0; seen < n && !c.bad; {
		chunk := c.uint16("packet status chunk")
		var symbols []uint16
		switch {
		case chunk>>15 == 0:
			run := min(int(chunk&0x1fff), n-seen)
			c.value("%d × %s", chunk&0x1fff, statusName(chunk>>13&3))
			for range run {
				symbols = append(symbols, chunk>>13&3)
			}
			if run == 0 {
				return // no way forward
			}
		case chunk>>14&1 == 0:
			for i := 13; i >= 0; i-- {
				symbols = append(symbols, chunk>>i&1)
			}
		default:
			for i := 12; i >= 0; i -= 2 {
				symbols = append(symbols, chunk>>i&3)
			}
		}
		if chunk>>15 == 1 && c.noting() {
			var names []string
			for _, s := range symbols[:min(len(symbols), n-seen)] {
				names = append(names, statusName(s))
			}
			c.value("%s", strings.Join(names, ", "))
		}
		for _, s := range symbols[:min(len(symbols), n-seen)] {
			if s == 1 || s == 2 {
				deltas = append(deltas, int(s))
			}
		}
		seen += len(symbols)
	}
	for _, size := range deltas {
		if c.bad {
			return
		}
		delta := int64(c.number("receive delta", size))
		if size == 2 {
			delta = int64(int16(delta))
		}
		c.value("%d µs", delta*rtcp.TypeTCCDeltaScaleFactor)
	}
	c.rest("padding")
}

func statusName(symbol uint16) string {
	return [...]string{"not received", "small delta", "large delta", "no delta"}[symbol&3]
}

// reportBlocks are the types of XR blocks, RFC 3611.
var reportBlocks = map[uint8]string{
	1: "Loss RLE", 2: "Duplicate RLE", 3: "Packet Receipt Times", 4: "Receiver Reference Time",
	5: "DLRR", 6: "Statistics Summary", 7: "VoIP Metrics",
}

func (c *cursor) extendedReports() {
	for !c.bad && c.left() > 0 {
		head := c.peek()
		if len(head) < 4 {
			c.malformed("report block truncated: %d of 4 bytes", len(head))
			return
		}
		name, ok := reportBlocks[head[0]]
		if !ok {
			name = fmt.Sprintf("report block %d", head[0])
		}
		n := 4 + 4*int(binary.BigEndian.Uint16(head[2:]))
		c.group(name, n, func(g *cursor) string {
			t := g.uint8("block type")
			g.uint8("type-specific")
			g.uint16("block length")
			switch t {
			case 4:
				ntp := g.uint64("NTP timestamp")
				g.value("%s", ntpTime(ntp).Format("2006-01-02T15:04:05.000000Z"))
			case 5:
				for !g.bad && g.left() > 0 {
					g.uint32("SSRC")
					g.hex("last RR", 4)
					g.uint32("delay since last RR")
				}
			default:
				if g.left() > 0 {
					g.hex("data", g.left())
				}
			}
			return ""
		})
	}
}
