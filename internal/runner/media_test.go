package runner_test

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// record runs a scenario in the guest and returns its events, with their data.
func record(t *testing.T, r *runner.Runner, file string) ([]recorder.Event, []any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var events []recorder.Event
	var data []any
	h := r.Header(file, text, 1, recorder.Options{Packets: recorder.PacketsFull})
	end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		var e recorder.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		value, err := e.Value()
		events, data = append(events, e), append(data, value)
		return err
	})
	if err != nil || end.Outcome != recorder.OutcomePassed {
		t.Fatalf("%s ended as %q (%s), error %v", file, end.Outcome, end.Message, err)
	}
	return events, data
}

func newTestRunner(t *testing.T) *runner.Runner {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the guest")
	}
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestLossIsMeasured compares what a receiver measured of a lossy call with what became of each packet: the headers of SRTP
// packets can be read.
func TestLossIsMeasured(t *testing.T) {
	r := newTestRunner(t)
	events, data := record(t, r, "testdata/call-lossy.yaml")

	type source struct {
		sent, dropped int
		lost          map[uint16]bool // the sequence numbers of what was dropped, but for the last second
		measured      recorder.Media
	}
	sources := make(map[uint32]*source) // of what bob receives
	for i := range events {
		if m, ok := data[i].(recorder.Media); ok && events[i].Peer == "bob" && m.End {
			sources[m.SSRC] = &source{lost: make(map[uint16]bool), measured: m}
		}
	}
	if len(sources) != 2 {
		t.Fatalf("bob has measured %d tracks, want 2", len(sources))
	}
	sent := make(map[uint64][]byte)
	nacked := make(map[uint32]map[uint16]bool)
	end := events[len(events)-1].Time
	for i, e := range events {
		switch d := data[i].(type) {
		case recorder.PacketSent:
			if d.Protocol != "srtp" {
				continue
			}
			if s := sources[binary.BigEndian.Uint32(d.Payload[8:])]; s != nil {
				s.sent++
				sent[e.Seq] = d.Payload
			}
		case recorder.PacketEnd:
			payload := sent[e.Cause]
			if payload == nil || e.Kind != recorder.KindPacketDropped {
				continue
			}
			s := sources[binary.BigEndian.Uint32(payload[8:])]
			s.dropped++
			if e.Time < end-time.Second {
				s.lost[binary.BigEndian.Uint16(payload[2:])] = true
			}
		case recorder.RTCP:
			if d.Type == "NACK" && e.Peer == "bob" {
				if nacked[d.SSRC] == nil {
					nacked[d.SSRC] = make(map[uint16]bool)
				}
				for _, n := range d.Lost {
					nacked[d.SSRC][n] = true
				}
			}
		}
	}
	for ssrc, s := range sources {
		m := s.measured
		got, want := float64(m.Lost)/float64(m.Expected), float64(s.dropped)/float64(s.sent)
		t.Logf("%s: lost %d of %d, the link dropped %d of %d", m.Track, m.Lost, m.Expected, s.dropped, s.sent)
		if math.Abs(got-want) > 0.005 || s.dropped == 0 {
			t.Errorf("%s: measured a loss of %.2f %%, the link's was %.2f %%", m.Track, 100*got, 100*want)
		}
		if m.Kind == "audio" {
			continue
		}
		for n := range s.lost {
			if !nacked[ssrc][n] {
				t.Errorf("packet %d of %s was dropped, but no NACK asked for it", n, m.Track)
			}
		}
		for n := range nacked[ssrc] {
			if !s.lost[n] && s.dropped == len(s.lost) {
				t.Errorf("a NACK asked for packet %d of %s, which was not dropped", n, m.Track)
			}
		}
	}
}

// TestKeyframeAfterPLI sees that each PLI that arrives is followed by a keyframe.
func TestKeyframeAfterPLI(t *testing.T) {
	r := newTestRunner(t)
	events, data := record(t, r, "testdata/without-nack.yaml")
	plis := 0
	for i, e := range events {
		d, ok := data[i].(recorder.RTCP)
		if !ok || e.Peer != "alice" || d.Type != "PLI" || d.Direction != "received" || e.Time > 20*time.Second {
			continue
		}
		plis++
		// bob measures each second. Loss can hit the keyframe too, so he may have to ask again.
		before, after := -1, -1
		for j := range events {
			m, ok := data[j].(recorder.Media)
			switch {
			case !ok:
			case events[j].Time <= e.Time:
				before = m.Keyframes
			case events[j].Time <= e.Time+2*time.Second:
				after = m.Keyframes
			}
		}
		if after <= before {
			t.Errorf("a PLI arrived at %v: %d keyframes before, %d within 2 s", e.Time, before, after)
		}
	}
	if plis < 10 {
		t.Errorf("only %d PLIs arrived", plis)
	}
}
