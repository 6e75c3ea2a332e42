package packet_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/rtcsim/rtcsim/internal/packet"
)

// bench runs a function over the datagrams of a session with the type, or all
// of them, and reports the time for one.
func bench(b *testing.B, f func(d *packet.Dissector, g packet.Datagram)) {
	for _, tt := range []struct{ name, session, typ string }{
		{"check", "chat", "binding-request"},
		{"handshake", "chat", "server-hello"},
		{"data", "chat", "i-data"},
		{"relayed", "relayed", "channel-data"},
		{"rtp", "call", "rtp"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var c *capture
			for i := range sessions {
				if s := &sessions[i]; s.name == tt.session {
					s.once.Do(func() { b.Skip("run with the tests, which take the captures") })
					c = &s.capture
				}
			}
			d := packet.NewDissector()
			var some []packet.Datagram
			for _, e := range c.events {
				if e.owner != "" {
					d.AddSecret(e.clientRandom, e.master)
				} else if p := d.Summarize(e.datagram); slices.Contains(p.Types, tt.typ) {
					some = append(some, e.datagram)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f(d, some[i%len(some)])
			}
		})
	}
}

func BenchmarkTypes(b *testing.B) {
	bench(b, func(_ *packet.Dissector, g packet.Datagram) { packet.Types(g.Payload) })
}

func BenchmarkClassify(b *testing.B) {
	bench(b, func(d *packet.Dissector, g packet.Datagram) { d.Classify(g) })
}

func BenchmarkSummarize(b *testing.B) {
	bench(b, func(d *packet.Dissector, g packet.Datagram) { d.Summarize(g) })
}

func BenchmarkDissect(b *testing.B) {
	bench(b, func(d *packet.Dissector, g packet.Datagram) { d.Dissect(g) })
}

// What it takes to write layers into a recording.
func BenchmarkJSON(b *testing.B) {
	bench(b, func(d *packet.Dissector, g packet.Datagram) {
		if _, err := json.Marshal(d.Dissect(g).Layers); err != nil {
			b.Fatal(err)
		}
	})
}
