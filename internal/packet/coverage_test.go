package packet_test

import (
	"testing"

	"github.com/rtcsim/rtcsim/internal/packet"
)

// check reports ranges that are not inside what they count in, and bytes that
// no field covers.
func check(t *testing.T, what string, layers []packet.Layer, data []byte) {
	t.Helper()
	covered := make([]bool, len(data))
	for _, l := range layers {
		checkLayer(t, what, l, len(data), covered)
	}
	for i, ok := range covered {
		if !ok {
			t.Fatalf("%s: byte %d of %d is in no field", what, i, len(data))
		}
	}
}

func checkLayer(t *testing.T, what string, l packet.Layer, n int, covered []bool) {
	t.Helper()
	if l.Data != nil {
		n, covered = len(l.Data), make([]bool, len(l.Data))
	}
	if l.From < 0 || l.To < l.From || l.To > n {
		t.Fatalf("%s: layer %s %q is bytes %d to %d of %d", what, l.Protocol, l.Summary, l.From, l.To, n)
	}
	var fields func(fs []packet.Field, from, to int)
	fields = func(fs []packet.Field, from, to int) {
		for _, f := range fs {
			if f.From < from || f.To < f.From || f.To > to {
				t.Fatalf("%s: field %q of %q is bytes %d to %d of %d to %d", what, f.Name, l.Summary, f.From, f.To, from, to)
			}
			if f.Fields != nil {
				fields(f.Fields, f.From, f.To)
				continue
			}
			for i := f.From; i < f.To; i++ {
				covered[i] = true
			}
		}
	}
	fields(l.Fields, l.From, l.To)
	for _, inner := range l.Layers {
		checkLayer(t, what, inner, n, covered)
	}
	if l.Data != nil {
		for i, ok := range covered {
			if !ok {
				t.Fatalf("%s: byte %d of %d of layer %s %q is in no field", what, i, n, l.Protocol, l.Summary)
			}
		}
	}
}

// Every byte of every datagram, and of what is decrypted, is in a field.
func TestEveryByteHasAField(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		ds := c.datagrams()
		for i, p := range c.packets((*packet.Dissector).Dissect, true) {
			check(t, p.Summary, p.Layers, ds[i].Payload)
		}
		for i, p := range c.packets((*packet.Dissector).Dissect, false) {
			check(t, p.Summary, p.Layers, ds[i].Payload)
		}
	})
}

// Datagrams that are cut off anywhere, or have a byte flipped, are read as far
// as they can be.
func TestDamage(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		d := packet.NewDissector()
		seen := make(map[string]int)
		for _, e := range c.events {
			if e.owner != "" {
				d.AddSecret(e.clientRandom, e.master)
				continue
			}
			g := e.datagram
			p := d.Dissect(g)
			if seen[p.Types[0]]++; seen[p.Types[0]] > 3 {
				continue // one is like the other
			}
			for n := 0; n < len(g.Payload); n += 1 + n/64 {
				cut := packet.Datagram{ID: 1, From: "nobody", Payload: g.Payload[:n]}
				p := packet.NewDissector().Dissect(cut)
				check(t, p.Summary, p.Layers, cut.Payload)
				if packet.Protocol(g.Payload) == "stun" && n > 1 && p.Malformed == "" {
					t.Errorf("%q in %d of %d bytes is not malformed", p.Summary, n, len(g.Payload))
				}
				flipped := g
				flipped.From = "nobody"
				flipped.Payload = append([]byte(nil), g.Payload...)
				flipped.Payload[n] ^= 0xff
				p = d.Dissect(flipped)
				check(t, p.Summary, p.Layers, flipped.Payload)
			}
		}
	})
}

func FuzzDissect(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x40, 0, 0, 4, 1, 2, 3, 4})
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x10, 5, 0, 0, 1})
	f.Add([]byte("b\xc8\x00\x01\x00\x00\x00\x01"))
	f.Add([]byte("000000000000\xbe\xde\x00\x0100100"))
	f.Add([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 14, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3})
	f.Add([]byte("\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x01\x02\x03\x04"))
	f.Add([]byte("\x00\x17\x00\x0c\x21\x12\xa4\x42abcdefghijkl\x00\x13\x00\x05\x00\x01\x00\x00\x21\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := packet.NewDissector()
		d.AddSecret(make([]byte, 32), make([]byte, 48))
		for range 2 { // the second time it is a retransmission
			p := d.Dissect(packet.Datagram{ID: 1, From: "nobody", Payload: data})
			check(t, p.Summary, p.Layers, data)
			brief := d.Summarize(packet.Datagram{ID: 1, From: "nobody", Payload: data})
			if brief.Protocol != p.Protocol {
				t.Errorf("protocol %q or %q", brief.Protocol, p.Protocol)
			}
		}
		packet.Types(data)
		for _, read := range []func([]byte) *packet.Packet{packet.SCTP, packet.RTCP, packet.RTP} {
			check(t, "decrypted", read(data).Layers, nil)
		}
	})
}
