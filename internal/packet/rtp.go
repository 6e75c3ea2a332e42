package packet

import (
	"fmt"

	"github.com/pion/rtp"
)

// srtp reads an SRTP packet (RFC 3711): the RTP header, which is not encrypted,
// and the RTP packet in it if its secret is known and all is wanted.
func (x *dissection) srtp(data []byte, from, to int, f flow) ([]Layer, string) {
	x.typ("rtp")
	if x.level == typesOnly {
		return nil, ""
	}
	l := Layer{Protocol: "srtp", From: from, To: to}
	c := x.cursor(&l.Fields, data, from, to)
	l.Summary = x.rtpHeader(&c)
	if c.bad || x.level < everything {
		return x.one(l), l.Summary
	}
	state := x.state(f)
	if state == nil {
		c.rest("encrypted payload and authentication tag")
		return x.one(l), l.Summary
	}
	packet := data[from:to:to]
	plain, ok := x.d.decryptRTP(state, packet)
	if !ok {
		c.rest("encrypted payload and authentication tag")
		return x.one(l), l.Summary
	}
	tag := len(packet) - len(plain)
	c.bytes("encrypted payload", max(c.left()-tag, 0))
	c.hex("authentication tag", c.left())
	l.Layers = []Layer{x.rtp(plain)}
	return x.one(l), l.Summary
}

// rtp reads an RTP packet that was decrypted.
func (x *dissection) rtp(data []byte) Layer {
	l := Layer{Protocol: "rtp", Data: data, To: len(data)}
	c := x.cursor(&l.Fields, data, 0, len(data))
	l.Summary = x.rtpHeader(&c)
	padding := 0
	if !c.bad && data[0]&0x20 != 0 && c.left() > 0 {
		padding = int(data[len(data)-1])
		if padding == 0 || padding > c.left() {
			c.malformed("padding of %s in %d", count(padding, "byte"), c.left())
			return l
		}
	}
	if n := c.left() - padding; n > 0 {
		c.bytes("payload", n)
	}
	c.rest("padding")
	return l
}

// rtpHeader reads an RTP header (RFC 3550 section 5.1) and returns it in one
// line.
func (x *dissection) rtpHeader(c *cursor) string {
	start := c.at
	b := c.uint8("version")
	if c.noting() {
		c.value("%d", b>>6)
	}
	c.flag("padding", b&0x20 != 0)
	c.flag("extension", b&0x10 != 0)
	b2 := c.uint8("marker")
	c.value("%t", b2&0x80 != 0)
	if c.noting() {
		c.note("payload type", fmt.Sprint(b2&0x7f), c.at-1, c.at)
	}
	sequence := c.uint16("sequence number")
	timestamp := c.uint32("timestamp")
	ssrc := c.uint32("SSRC")
	for i := 0; i < int(b&0x0f) && !c.bad; i++ {
		c.uint32("CSRC")
	}
	if !c.bad && b&0x10 != 0 {
		x.rtpExtension(c)
	}
	if c.bad {
		return "RTP"
	}
	var h rtp.Header
	if _, err := h.Unmarshal(c.data[start:c.end]); err != nil {
		c.malformed("%v", err)
		return "RTP"
	}
	s := fmt.Sprintf("RTP PT %d seq %d ts %d SSRC %d", b2&0x7f, sequence, timestamp, ssrc)
	if b2&0x80 != 0 {
		s += ", marker"
	}
	return s
}

// rtpExtension reads a header extension, and its elements where it is one of
// RFC 8285.
func (x *dissection) rtpExtension(c *cursor) {
	profile := c.uint16("extension profile")
	c.value("0x%04x", profile)
	n := 4 * int(c.uint16("extension length"))
	e := c.sub("header extension", n)
	twoBytes := profile&0xfff0 == rtp.ExtensionProfileTwoByte
	if profile != rtp.ExtensionProfileOneByte && !twoBytes {
		e.rest("header extension")
		return
	}
	for !e.bad && e.left() > 0 {
		head := e.peek()
		if head[0] == 0 {
			e.bytes("padding", 1)
			continue
		}
		id, header, n := int(head[0]>>4), 1, int(head[0]&15)+1
		if twoBytes {
			if len(head) < 2 {
				e.malformed("extension element truncated: 1 of 2 bytes")
				return
			}
			id, header, n = int(head[0]), 2, int(head[1])
		} else if id == 15 {
			e.rest("header extension") // reserved: the rest is to be ignored
			return
		}
		v := e.take("extension element", header+n)
		if e.noting() {
			e.note(fmt.Sprintf("extension element %d", id), fmt.Sprintf("%x", v[header:]), e.at-len(v), e.at)
		}
	}
}
