package runner_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// short is a scenario in which two peers connect over a link with loss; %s is for more steps.
const short = `limit: 2s
network: {home: {link: {delay: 20ms, loss: 5%%}}}
peers: {alice: {network: home}, bob: {}}
steps:
  - {alice: createDataChannel, with: {label: chat}}
  - negotiate: alice -> bob
%s
`

// open returns a runner with the real guest.
func open(t *testing.T, memory int64) *runner.Runner {
	t.Helper()
	r, err := runner.New(t.Context(), memory, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func header(r *runner.Runner, seed uint64, step string) recorder.Header {
	return r.Header("short.yaml", fmt.Appendf(nil, short, step), seed, recorder.Options{Packets: recorder.PacketsFull})
}

// run runs a scenario and returns all its lines.
func run(ctx context.Context, r *runner.Runner, h recorder.Header, limits sandbox.Limits) ([]byte, recorder.End, error) {
	var lines bytes.Buffer
	end, _, err := r.Run(ctx, h, limits, func(line []byte) error {
		lines.Write(line)
		lines.WriteByte('\n')
		return nil
	})
	return lines.Bytes(), end, err
}

// TestSideBySide runs many seeds side by side on one machine, with runs among them that spin, crash, need all memory or
// are interrupted. Each must give what it gives alone.
func TestSideBySide(t *testing.T) {
	const seeds = 8
	r := open(t, 128<<20)
	want := make([][]byte, seeds)
	for seed := range want {
		lines, end, err := run(t.Context(), r, header(r, uint64(seed), ""), sandbox.Limits{})
		if err != nil || end.Outcome != recorder.OutcomePassed {
			t.Fatalf("seed %d: %+v, error %v", seed, end, err)
		}
		for other := range seed {
			if bytes.Equal(lines, want[other]) {
				t.Errorf("seeds %d and %d give the same", seed, other)
			}
		}
		want[seed] = lines
	}

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	disturbances := []struct {
		ctx     context.Context
		step    string
		limits  sandbox.Limits
		outcome recorder.Outcome
		message string
	}{
		{t.Context(), "  - {at: 1s, crash: spin}", sandbox.Limits{Spin: 50}, recorder.OutcomeLimit, "the guest spins"},
		{t.Context(), "  - {at: 1s, crash: panic}", sandbox.Limits{}, recorder.OutcomeCrashed, "panic: a crash step of the scenario"},
		{t.Context(), "  - {at: 1s, crash: exit}", sandbox.Limits{}, recorder.OutcomeCrashed, "exit_code(7)"},
		{t.Context(), "  - {at: 1s, crash: memory}", sandbox.Limits{}, recorder.OutcomeLimit, "limit reached: memory (128 MiB)"},
		{t.Context(), "", sandbox.Limits{Events: 10}, recorder.OutcomeLimit, "limit reached: events (10)"},
		{cancelled, "", sandbox.Limits{}, recorder.OutcomeInterrupted, "interrupted at virtual time"},
	}
	got := make([][]byte, seeds)
	errs := make([]error, seeds)
	var wg sync.WaitGroup
	for seed := range want {
		wg.Go(func() {
			var end recorder.End
			got[seed], end, errs[seed] = run(t.Context(), r, header(r, uint64(seed), ""), sandbox.Limits{})
			if end.Outcome != recorder.OutcomePassed && errs[seed] == nil {
				errs[seed] = errors.New(end.Message)
			}
		})
		if seed < len(disturbances) {
			d := disturbances[seed]
			wg.Go(func() {
				_, end, err := run(d.ctx, r, header(r, 1, d.step), d.limits)
				if err != nil || end.Outcome != d.outcome || !strings.Contains(end.Message, d.message) {
					t.Errorf("%q: got %+v, error %v; want the outcome %q and %q", d.step, end, err, d.outcome, d.message)
				}
			})
		}
	}
	wg.Wait()
	for seed := range want {
		if errs[seed] != nil {
			t.Errorf("seed %d side by side with others: %v", seed, errs[seed])
		} else if !bytes.Equal(got[seed], want[seed]) {
			t.Errorf("seed %d side by side with others differs from itself alone", seed)
		}
	}
}

// TestRunEnds checks what Run makes of the ways in which a run can end.
func TestRunEnds(t *testing.T) {
	r := open(t, 0)
	t.Run("failed", func(t *testing.T) {
		_, end, err := run(t.Context(), r, header(r, 1, "  - {expect: alice.connectionState == \"failed\"}\n  - {wait: now > 30s}"), sandbox.Limits{})
		if err != nil || end.Outcome != recorder.OutcomeFailed || end.Message != "2 of what was expected did not hold" || end.Time != int64(2*time.Second) {
			t.Errorf("got %+v, error %v", end, err)
		}
	})
	t.Run("interrupted in the middle", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		end, stats, err := r.Run(ctx, header(r, 1, ""), sandbox.Limits{}, func([]byte) error {
			if n++; n == 40 {
				cancel()
			}
			return nil
		})
		if err != nil || end.Outcome != recorder.OutcomeInterrupted || end.Message != fmt.Sprintf("interrupted at virtual time %v", stats.Virtual) || n < 40 {
			t.Errorf("got %+v after %d events, error %v", end, n, err)
		}
	})
	t.Run("writer fails", func(t *testing.T) {
		full := errors.New("no space")
		n := 0
		_, _, err := r.Run(t.Context(), header(r, 1, ""), sandbox.Limits{}, func([]byte) error {
			if n++; n == 40 {
				return full
			}
			return nil
		})
		if err != full || n != 40 {
			t.Errorf("got error %v after %d events, want %v after 40", err, n, full)
		}
	})
	t.Run("a scenario that was not checked", func(t *testing.T) {
		h := r.Header("bad.yaml", []byte("peers: {alice: {netwrk: home}}"), 1, recorder.Options{Packets: recorder.PacketsFull})
		lines, end, err := run(t.Context(), r, h, sandbox.Limits{})
		if err != nil || end.Outcome != recorder.OutcomeCrashed || !strings.Contains(end.Message, "the scenario: bad.yaml:1:17") || len(lines) > 0 {
			t.Errorf("got %+v, error %v, events %s", end, err, lines)
		}
	})
}

// TestRecordAndReplay replays a recording through the API, in parts and with another seed.
func TestRecordAndReplay(t *testing.T) {
	r := open(t, 0)
	path := filepath.Join(t.TempDir(), "short.rtcrec")
	watched := 0
	end, _, err := r.Record(t.Context(), path, header(r, 3, ""), sandbox.Limits{}, func([]byte) { watched++ })
	if err != nil || end.Outcome != recorder.OutcomePassed || end.Events != uint64(watched) {
		t.Fatalf("got %+v after %d events, error %v", end, watched, err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replay := func(b []byte) (*runner.Replay, error) {
		return r.Replay(t.Context(), func() (*recorder.Reader, error) { return recorder.NewReader(bytes.NewReader(b)) }, sandbox.Limits{}, false)
	}
	result, err := replay(whole)
	if err != nil || !result.Identical() || result.Equal != end.Events || result.Outcome != recorder.OutcomePassed {
		t.Errorf("the whole: got %+v, error %v", result, err)
	}

	// Of a recording that was cut off, what is left is the same.
	result, err = replay(whole[:len(whole)*9/10])
	if err != nil || result.Identical() || result.Divergence != nil || result.Equal >= end.Events {
		t.Errorf("cut off: got %+v, error %v", result, err)
	}
	var cut *recorder.CutError
	if !errors.As(result.Incomplete, &cut) || cut.Err != io.ErrUnexpectedEOF || cut.After != result.Equal {
		t.Errorf("cut off: it is incomplete because of %v, and %d events are the same", result.Incomplete, result.Equal)
	}
	if _, err := replay(nil); !errors.Is(err, recorder.ErrNotRecording) {
		t.Errorf("nothing: got error %v, want %v", err, recorder.ErrNotRecording)
	}

	// A limit that ends the replay is no difference.
	_, err = r.Replay(t.Context(), func() (*recorder.Reader, error) { return recorder.NewReader(bytes.NewReader(whole)) }, sandbox.Limits{Events: 10}, false)
	if err == nil || !strings.Contains(err.Error(), "limit reached: events (10)") {
		t.Errorf("with a limit of 10 events: got error %v", err)
	}
	// Nor is an interrupt.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Replay(ctx, func() (*recorder.Reader, error) { return recorder.NewReader(bytes.NewReader(whole)) }, sandbox.Limits{}, false)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("interrupted: got error %v", err)
	}
}

// TestHeader: everything that can move a trace is in the header.
func TestHeader(t *testing.T) {
	r := open(t, 0)
	h := r.Header("some/folder/call.yaml", []byte("peers: {alice: {}}\n"), 7, recorder.Options{Packets: recorder.PacketsNone})
	if h.Scenario != "call.yaml" || h.Text != "peers: {alice: {}}\n" || h.Seed != 7 || h.Options.Packets != recorder.PacketsNone {
		t.Errorf("the header is %+v", h)
	}
	if sum := sha256.Sum256([]byte(h.Text)); h.ScenarioSum != hex.EncodeToString(sum[:]) || len(h.Guest) != 64 {
		t.Errorf("the digests are %q and %q", h.ScenarioSum, h.Guest)
	}
	if h.Machine != sandbox.Version || h.GC != sandbox.GC || h.Schedule != sandbox.Schedule || !strings.HasPrefix(h.Go, "go1.") {
		t.Errorf("the identity is %+v", h.Identity)
	}
	modules := ""
	for _, m := range h.Modules {
		modules += m.Path + " "
	}
	for _, want := range []string{"github.com/pion/webrtc/v4", "github.com/pion/ice/v4", "github.com/pion/dtls/v3", "github.com/pion/sctp", "github.com/pion/transport/v3"} {
		if !strings.Contains(modules, want+" ") {
			t.Errorf("the module %s is missing", want)
		}
	}
	versions, err := runner.Versions(t.Context(), func(string, time.Duration) func() { return func() {} })
	if err != nil || versions.Guest != h.Guest || versions.Go != h.Go || versions.Wazero != h.Wazero || versions.Machine != h.Machine {
		t.Errorf("version says %+v, error %v", versions, err)
	}
}

// appendVerdict appends the verdict that a line of a recording is, if it is one.
func appendVerdict(t *testing.T, verdicts []recorder.Verdict, line []byte) []recorder.Verdict {
	if !bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"verdict"`)) {
		return verdicts
	}
	var e struct{ Data recorder.Verdict }
	if err := json.Unmarshal(line, &e); err != nil {
		t.Error(err)
	}
	return append(verdicts, e.Data)
}

// failed tells which verdicts were against a run.
func failed(verdicts []recorder.Verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		if !v.Held {
			fmt.Fprintf(&b, "line %d: %s: %s\n", v.Line, v.Text, v.Seen)
		}
	}
	return b.String()
}
