package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/sim"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// docs/performance.md says how to read these benchmarks, and has their figures.

// peers is a scenario with two peers that do nothing until the limit.
const peers = `
network: {home: {link: {delay: 10ms}}, office: {link: {delay: 10ms}}}
peers: {alice: {network: home}, bob: {network: office}}
limit: %v
`

// connected is a scenario in which they connect, and go on with the steps that follow.
const connected = peers + `
steps:
  - {alice: createDataChannel, with: {label: bulk}}
  - negotiate: alice -> bob
  - {wait: 'alice.channels.bulk.readyState == "open" and bob.connectionState == "connected"', within: 10s}
`

// bulk is a scenario in which alice sends 10 MB, and the time at which bob has it all is that of the last verdict.
const bulk = connected + `
  - alice.bulk: send
    with: {size: 16000B, repeat: 625, binary: true}
  - wait: {count: {peer: bob, event: message}, is: 625}
`

// newRunner returns a runner for benchmarks.
func newRunner(b *testing.B) *runner.Runner {
	b.Helper()
	r, err := runner.New(b.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	return r
}

// audioAndVideo is a scenario in which two peers send audio and video to each other for a minute, over links that lose a little.
const audioAndVideo = `
limit: 60s
network: {home: {link: {profile: wifi, loss: 0.5%}}, office: {link: {profile: lte}}}
tracks: {mic: {kind: audio, codec: opus, bitrate: 32kbps}, cam: {kind: video, codec: VP8, bitrate: 800kbps, fps: 30}}
peers: {alice: {network: home}, bob: {network: office}}
steps:
  - {alice: addTrack, with: {track: mic}}
  - {alice: addTrack, with: {track: cam}}
  - {bob: addTrack, with: {track: mic}}
  - {bob: addTrack, with: {track: cam}}
  - negotiate: alice -> bob
`

// inGuest runs a scenario in the guest and returns its time on the wall and its packets.
func inGuest(b *testing.B, r *runner.Runner, text, packets string, emit func([]byte) error) (time.Duration, int) {
	b.Helper()
	return withOptions(b, r, text, recorder.Options{Packets: packets}, emit)
}

func withOptions(b *testing.B, r *runner.Runner, text string, options recorder.Options, emit func([]byte) error) (time.Duration, int) {
	b.Helper()
	sent := 0
	h := r.Header("bench.yaml", []byte(text), 1, options)
	end, stats, err := r.Run(context.Background(), h, sandbox.Limits{}, func(line []byte) error {
		if isSent(line) {
			sent++
		}
		return emit(line)
	})
	if err != nil || end.Outcome != recorder.OutcomePassed {
		b.Fatalf("the run ended as %q (%s), error %v", end.Outcome, end.Message, err)
	}
	return stats.Wall, sent
}

// natively runs a scenario in this process, in real time, and returns when its last step was through, and its packets.
func natively(b *testing.B, text string) (time.Duration, int) {
	b.Helper()
	s, err := scenario.Read("bench.yaml", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	var last time.Duration
	sent := 0
	session := sim.New(s, recorder.Identity{Seed: 1, Options: recorder.Options{Packets: recorder.PacketsFull}}, func(line []byte) {
		if isSent(line) {
			sent++
			return
		}
		var e recorder.Event
		if json.Unmarshal(line, &e) == nil && e.Kind == recorder.KindVerdict {
			last = e.Time
		}
	})
	defer session.Close()
	session.Run()
	return last, sent
}

func isSent(line []byte) bool {
	return bytes.Contains(line[:min(128, len(line))], []byte(`"kind":"packet-sent"`))
}

func discard([]byte) error { return nil }

// BenchmarkStart is a run of two peers that do nothing: what each run pays before anything happens.
func BenchmarkStart(b *testing.B) {
	r := newRunner(b)
	for b.Loop() {
		inGuest(b, r, fmt.Sprintf(peers, time.Second), recorder.PacketsFull, discard)
	}
}

// BenchmarkIdle is two connected peers that send nothing but keepalives. A native run takes a second for a second.
func BenchmarkIdle(b *testing.B) {
	r := newRunner(b)
	const short, long = 10 * time.Second, 1210 * time.Second
	var wall time.Duration
	for b.Loop() {
		began, _ := inGuest(b, r, fmt.Sprintf(connected, short), recorder.PacketsFull, discard)
		ended, _ := inGuest(b, r, fmt.Sprintf(connected, long), recorder.PacketsFull, discard)
		wall += ended - began
	}
	virtual := (long - short) * time.Duration(b.N)
	b.ReportMetric(float64(virtual)/float64(wall), "virtual-s/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkHandshake is offer, answer, ICE, DTLS and SCTP between two peers.
func BenchmarkHandshake(b *testing.B) {
	b.Run("guest", func(b *testing.B) {
		r := newRunner(b)
		var wall time.Duration
		for b.Loop() {
			without, _ := inGuest(b, r, fmt.Sprintf(peers, time.Second), recorder.PacketsFull, discard)
			with, _ := inGuest(b, r, fmt.Sprintf(connected, time.Second), recorder.PacketsFull, discard)
			wall += with - without
		}
		b.ReportMetric(float64(wall.Milliseconds())/float64(b.N), "ms/handshake")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("native", func(b *testing.B) {
		var wall time.Duration
		for b.Loop() {
			took, _ := natively(b, fmt.Sprintf(connected, time.Second))
			wall += took
		}
		b.ReportMetric(float64(wall.Milliseconds())/float64(b.N), "ms/handshake")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkPacket is the cost of a packet of a busy data channel: 10 MB in messages of 16 KB.
func BenchmarkPacket(b *testing.B) {
	perPacket := func(b *testing.B, wall time.Duration, packets int) {
		b.ReportMetric(float64(wall.Microseconds())/float64(packets), "µs/packet")
		b.ReportMetric(float64(packets)/float64(b.N), "packets")
		b.ReportMetric(0, "ns/op")
	}
	b.Run("guest", func(b *testing.B) {
		r := newRunner(b)
		var wall time.Duration
		packets := 0
		for b.Loop() {
			idle, few := inGuest(b, r, fmt.Sprintf(connected, 30*time.Second), recorder.PacketsFull, discard)
			busy, many := inGuest(b, r, fmt.Sprintf(bulk, 30*time.Second), recorder.PacketsFull, discard)
			wall += busy - idle
			packets += many - few
		}
		perPacket(b, wall, packets)
	})
	b.Run("native", func(b *testing.B) {
		var wall time.Duration
		packets := 0
		for b.Loop() {
			idle, few := natively(b, fmt.Sprintf(connected, time.Second))
			busy, many := natively(b, fmt.Sprintf(bulk, 10*time.Second))
			wall += busy - idle
			packets += many - few
		}
		perPacket(b, wall, packets)
	})
}

// BenchmarkRecording is a run of a busy data channel with recording and without: "off" runs the same session, but emits
// no packets and writes nothing.
func BenchmarkRecording(b *testing.B) {
	text := fmt.Sprintf(bulk, 30*time.Second)
	r := newRunner(b)
	var on, off time.Duration
	for b.Loop() {
		w, err := recorder.NewWriter(io.Discard, r.Header("bench.yaml", []byte(text), 1, recorder.Options{Packets: recorder.PacketsFull}))
		if err != nil {
			b.Fatal(err)
		}
		wall, _ := inGuest(b, r, text, recorder.PacketsFull, w.Write)
		on += wall
		if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed}); err != nil {
			b.Fatal(err)
		}
		wall, _ = inGuest(b, r, text, recorder.PacketsNone, discard)
		off += wall
	}
	b.ReportMetric(100*float64(on-off)/float64(off), "%-overhead")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDissect is what --dissect adds to a run that is recorded.
func BenchmarkDissect(b *testing.B) {
	r := newRunner(b)
	for _, bench := range []struct{ name, text string }{
		{"channel", fmt.Sprintf(bulk, 30*time.Second)},
		{"call", audioAndVideo},
	} {
		b.Run(bench.name, func(b *testing.B) {
			record := func(dissect bool) time.Duration {
				options := recorder.Options{Packets: recorder.PacketsFull, Dissect: dissect}
				w, err := recorder.NewWriter(io.Discard, r.Header("bench.yaml", []byte(bench.text), 1, options))
				if err != nil {
					b.Fatal(err)
				}
				wall, _ := withOptions(b, r, bench.text, options, w.Write)
				if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed}); err != nil {
					b.Fatal(err)
				}
				return wall
			}
			var with, without time.Duration
			for b.Loop() {
				without += record(false)
				with += record(true)
			}
			b.ReportMetric(100*float64(with-without)/float64(without), "%-overhead")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkWay is what a packet costs more where there is more on its way: 10 MB over a data channel between two networks
// without links, with links that do all that links can, with NATs, and with NATs of carriers around them.
func BenchmarkWay(b *testing.B) {
	const everything = "delay: 10ms, jitter: 1ms, reorder: true, loss: 0.01%, rate: 200Mbps, aqm: codel, duplicate: 0.01%, corrupt: 0.01%"
	r := newRunner(b)
	for _, bench := range []struct{ name, networks string }{
		{"core", "{home: {}, office: {}}"},
		{"delay", "{home: {link: {delay: 10ms}}, office: {link: {delay: 10ms}}}"},
		{"everything", fmt.Sprintf("{home: {link: {%s}}, office: {link: {%[1]s}}}", everything)},
		{"nat", "{home: {nat: port-restricted, link: {delay: 10ms}}, office: {link: {delay: 10ms}}}"},
		{"carrier", "{isp: {nat: port-restricted}, home: {nat: port-restricted, behind: isp, link: {delay: 10ms}}, office: {link: {delay: 10ms}}}"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const networks = "{home: {link: {delay: 10ms}}, office: {link: {delay: 10ms}}}"
			scenario := func(text string) string {
				return strings.Replace(fmt.Sprintf(text, 60*time.Second), networks, bench.networks, 1)
			}
			var wall time.Duration
			packets := 0
			for b.Loop() {
				idle, few := inGuest(b, r, scenario(connected), recorder.PacketsHeaders, discard)
				busy, many := inGuest(b, r, scenario(bulk), recorder.PacketsHeaders, discard)
				wall += busy - idle
				packets += many - few
			}
			b.ReportMetric(float64(wall.Microseconds())/float64(packets), "µs/packet")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkNetworks is what a network costs that nobody uses: time until the run begins, and memory.
func BenchmarkNetworks(b *testing.B) {
	r := newRunner(b)
	memory := func(text string) (time.Duration, int64) {
		_, stats, err := r.Run(context.Background(), r.Header("bench.yaml", []byte(text), 1, recorder.Options{}), sandbox.Limits{}, discard)
		if err != nil {
			b.Fatal(err)
		}
		return stats.Wall, stats.Memory
	}
	for _, bench := range []struct{ name, config string }{{"link", "{}"}, {"nat", "{nat: symmetric}"}} {
		b.Run(bench.name, func(b *testing.B) {
			const n = 90
			var networks strings.Builder
			for i := range n {
				fmt.Fprintf(&networks, "  unused%d: %s\n", i, bench.config)
			}
			var wall time.Duration
			var bytes int64
			for b.Loop() {
				few, small := memory("limit: 1s\npeers: {alice: {}, bob: {}}\n")
				many, large := memory("limit: 1s\npeers: {alice: {}, bob: {}}\nnetwork:\n" + networks.String())
				wall, bytes = wall+many-few, bytes+large-small
			}
			b.ReportMetric(float64(wall.Microseconds())/float64(n*b.N), "µs/network")
			b.ReportMetric(float64(bytes)/float64(n*b.N)/1024, "KiB/network")
			b.ReportMetric(0, "ns/op")
		})
	}
}
