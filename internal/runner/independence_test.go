package runner_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// calls is a scenario with three calls, each between two networks of its own, all of whose links do all that chance can do.
// The first %s is for more settings of home0's up link, the second for a step in the middle of the calls. Nothing has a rate:
// how long a signature of DTLS is, is chance, too, and shall not move what comes after it.
const calls = `
limit: 6s
network:
  home0: {nat: symmetric, link: {delay: 20ms, jitter: 8ms, reorder: true, loss: 3%%, duplicate: 2%%, up: {%s}}}
  away0: {link: {delay: 20ms, jitter: 8ms, reorder: true, loss: 3%%, duplicate: 2%%, corrupt: 1%%}}
  home1: {nat: port-restricted, link: {delay: 20ms, jitter: 8ms, reorder: true, loss: 3%%, duplicate: 2%%, corrupt: 1%%}}
  away1: {link: {delay: 20ms, jitter: 8ms, jitterDistribution: pareto, jitterCorrelation: 0.3, gilbertElliott: {p: 5%%, r: 30%%, lossBad: 50%%}}}
  home2: {link: {delay: 5ms, jitter: 3ms, jitterDistribution: uniform, loss: 2%%, burst: 3, duplicate: 1%%}}
  away2: {}
tracks: {mic: {kind: audio, codec: opus, bitrate: 32kbps}}
peers:
  caller0: {network: home0}
  caller1: {network: home1}
  caller2: {network: home2, link: {jitter: 2ms, delay: 3ms, loss: 1%%}}
  callee0: {network: away0}
  callee1: {network: away1}
  callee2: {network: away2}
scripts:
  caller0: [{caller0: addTrack, with: {track: mic}}, {negotiate: caller0 -> callee0}]
  caller1: [{caller1: addTrack, with: {track: mic}}, {negotiate: caller1 -> callee1}]
  caller2: [{caller2: addTrack, with: {track: mic}}, {negotiate: caller2 -> callee2}]
steps:
  - {at: 3s, network: home0, %s}
`

// A fate is what the settings of links decide about a packet.
type fate struct {
	protocol    string
	copyOf      int // the original, counted from 1
	size        int
	sent, ended time.Duration
	end         recorder.Kind
	at, reason  string
	path        []recorder.Hop
	corrupted   []int
}

// fates runs a scenario and returns what becomes of the packets of each peer, and of their copies, in the order in which they
// were sent. That order is not told for packets of two peers that send at the same instant: which of them comes first is up to
// the goroutines of all others.
func fates(t *testing.T, r *runner.Runner, text string) map[string][]fate {
	t.Helper()
	all := make(map[string][]fate)
	type place struct {
		peer    string
		ordinal int
	}
	places := make(map[uint64]place) // by ID
	h := r.Header("calls.yaml", []byte(text), 1, recorder.Options{Packets: recorder.PacketsHeaders})
	end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		var e recorder.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		data, err := e.Value()
		if err != nil {
			return err
		}
		switch data := data.(type) {
		case recorder.PacketSent:
			f := fate{protocol: data.Protocol, size: data.Size, sent: e.Time}
			if f.protocol == "dtls" {
				f.size = 0 // which depends on the length of a signature, and that on entropy that all peers share
			}
			p := place{peer: e.Peer}
			if data.CopyOf != 0 {
				p.peer, f.copyOf = places[data.CopyOf].peer, 1+places[data.CopyOf].ordinal
			}
			p.ordinal = len(all[p.peer])
			places[data.ID] = p
			all[p.peer] = append(all[p.peer], f)
		case recorder.PacketEnd:
			p := places[data.ID]
			f := &all[p.peer][p.ordinal]
			f.ended, f.end, f.at, f.reason, f.path, f.corrupted = e.Time, e.Kind, e.Peer, data.Reason, data.Path, data.Corrupted
		}
		return nil
	})
	if err != nil || end.Outcome != recorder.OutcomePassed {
		t.Fatalf("%s: %s, error %v", end.Outcome, end.Message, err)
	}
	return all
}

// TestIndependence changes settings of one link, from the start or in mid-call, and compares what becomes of the packets that
// do not take it: every other link draws what it would have drawn.
func TestIndependence(t *testing.T) {
	changes := []struct{ settings, step string }{
		{step: "set: {link: {loss: 60%}}"},
		{step: "set: {link: {jitterDistribution: pareto}}"},
		{step: "nat: rebind"},
		{settings: "loss: 4%"},
		{settings: "jitter: 12ms"},
		{settings: "jitterDistribution: uniform"},
		{settings: "jitterCorrelation: 0.5"},
		{settings: "gilbertElliott: {p: 2%, r: 20%, lossBad: 90%}"},
		{settings: "duplicate: 20%"},
		{settings: "corrupt: 5%"},
		{settings: "reorder: false"},
		{settings: "rate: 100kbps, queue: 3"},
		{settings: "rate: 60kbps, aqm: codel"},
		{settings: "rateTrace: [5, 9, 30]"},
		{settings: "mtu: 120"},
		{settings: "drop: [{match: {protocol: srtp}, every: 3}]"},
		{step: "down: 1s"},
	}
	if testing.Short() {
		changes = changes[:4]
	}
	r := open(t, 0)
	const nothing = "set: {link: {delay: 20ms}}"
	want := fates(t, r, fmt.Sprintf(calls, "overhead: 28", nothing))
	t.Run("all", func(t *testing.T) {
		for _, change := range changes {
			t.Run(change.settings+change.step, func(t *testing.T) {
				t.Parallel()
				settings, step := "overhead: 28", nothing
				if change.settings != "" {
					settings = change.settings
				} else {
					step = change.step
				}
				got := fates(t, r, fmt.Sprintf(calls, settings, step))
				if reflect.DeepEqual(got["caller0"], want["caller0"]) && reflect.DeepEqual(got["callee0"], want["callee0"]) {
					t.Error("the change changes nothing")
				}
				for _, peer := range []string{"caller1", "callee1", "caller2", "callee2"} {
					compareFates(t, peer, got[peer], want[peer])
				}
			})
		}
	})
}

func compareFates(t *testing.T, peer string, got, want []fate) {
	t.Helper()
	if len(got) != len(want) || len(want) < 20 {
		t.Errorf("%s: %d packets, want %d", peer, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%s: packet %d: got\n%+v, want\n%+v", peer, i+1, got[i], want[i])
			return
		}
	}
}
