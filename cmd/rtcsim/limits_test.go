package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// dies is a scenario in which the simulation dies of something when the peers have been connected for a while.
func dies(how string) string {
	return strings.Replace(call, "handlers:", "  - {at: 1s, crash: "+how+"}\nhandlers:", 1)
}

// TestStopped runs scenarios that cannot come to their end: a limit is hit, or the guest dies. The recording must hold all
// that came before, say so in its end, and replay.
func TestStopped(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		scenario string
		args     []string
		outcome  recorder.Outcome
		message  string // the beginning of it
		at       time.Duration
		check    func(t *testing.T, events []recorder.Event, end recorder.End)
	}{
		{
			name: "panic", scenario: dies("panic"), outcome: recorder.OutcomeCrashed,
			message: "panic: a crash step of the scenario", at: time.Second,
			check: func(t *testing.T, events []recorder.Event, end recorder.End) {
				lastStep(t, events, "crash: panic")
				if !strings.Contains(end.Detail, "goroutine ") || !strings.Contains(end.Detail, "internal/sim") {
					t.Errorf("the guest's stack is not in the recording: %q", end.Detail)
				}
			},
		},
		{
			name: "exit", scenario: dies("exit"), outcome: recorder.OutcomeCrashed,
			message: "exit_code(7)", at: time.Second,
			check: func(t *testing.T, events []recorder.Event, end recorder.End) { lastStep(t, events, "crash: exit") },
		},
		{
			name: "spin", scenario: dies("spin"), args: []string{"--max-spin", "20"}, outcome: recorder.OutcomeLimit,
			message: "the guest spins: it passed 20 million loop heads at virtual time 1s without sleeping", at: time.Second,
			check: func(t *testing.T, events []recorder.Event, end recorder.End) { lastStep(t, events, "crash: spin") },
		},
		{
			name: "memory", scenario: dies("memory"), args: []string{"--max-memory", "100MiB"}, outcome: recorder.OutcomeLimit,
			message: "limit reached: memory (100 MiB) at virtual time", at: time.Second,
			check: func(t *testing.T, events []recorder.Event, end recorder.End) { lastStep(t, events, "crash: memory") },
		},
		{
			name: "virtual time", scenario: call, args: []string{"--max-virtual", "500ms"}, outcome: recorder.OutcomeLimit,
			message: "limit reached: virtual time (500ms) at virtual time 500ms", at: 500 * time.Millisecond,
			check: func(t *testing.T, events []recorder.Event, end recorder.End) {
				if last := events[len(events)-1].Time; last > 500*time.Millisecond {
					t.Errorf("the last event is at %v", last)
				}
			},
		},
		{
			name: "events", scenario: call, args: []string{"--max-events", "20"}, outcome: recorder.OutcomeLimit,
			message: "limit reached: events (20) at virtual time",
			check: func(t *testing.T, events []recorder.Event, end recorder.End) {
				if len(events) != 20 {
					t.Errorf("%d events, want 20", len(events))
				}
			},
		},
		{
			name: "bytes", scenario: call, args: []string{"--max-bytes", "20KB"}, outcome: recorder.OutcomeLimit,
			message: "limit reached: bytes (20000) at virtual time",
			check: func(t *testing.T, events []recorder.Event, end recorder.End) {
				size := 0
				for _, e := range events {
					size += len(e.Data)
				}
				if size < 10_000 || size > 20_000 {
					t.Errorf("the data of the events has %d bytes, want a little less than 20000", size)
				}
			},
		},
		{
			// A day takes long enough to be cut short, and a nanosecond short enough to be over at the first look.
			name: "wall time", scenario: strings.Replace(call, "2s", "24h", 1), args: []string{"--max-wall", "1ns"}, outcome: recorder.OutcomeLimit,
			message: "limit reached: wall time (1ns) at virtual time",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, "call.yaml", test.scenario)
			path := filepath.Join(dir, "call.rtcrec")
			r := rtcsim(t, dir, append([]string{"run", "call.yaml"}, test.args...)...)
			r.want(t, exitFatal, "✗ "+string(test.outcome)+": ", test.message)
			r.want(t, exitFatal, "", "what happened until then is in call.rtcrec\n")

			events, end := readRecording(t, path)
			if end.Outcome != test.outcome || !strings.Contains(end.Message, test.message) || strings.Contains(end.Message, "\n") {
				t.Errorf("the recording ends with outcome %q and message %q, want %q and %q", end.Outcome, end.Message, test.outcome, test.message)
			}
			if end.Events != uint64(len(events)) || len(events) == 0 {
				t.Errorf("the end counts %d events, there are %d", end.Events, len(events))
			}
			if got := time.Duration(end.Time); got < test.at || test.at > 0 && got > test.at+100*time.Millisecond {
				t.Errorf("it ended at %v, want about %v", got, test.at)
			}
			if test.check != nil {
				test.check(t, events, end)
			}
			if _, err := os.Stat(path + ".part"); !os.IsNotExist(err) {
				t.Errorf("the unfinished recording is still there: %v", err)
			}
			if test.name != "wall time" { // which is not the same twice
				rtcsim(t, dir, append([]string{"replay", path}, test.args...)...).want(t, exitOK, "✓ identical: ", "")
			}
		})
	}
}

// lastStep checks that the last event is a step, and that the peers had connected before.
func lastStep(t *testing.T, events []recorder.Event, want string) {
	t.Helper()
	last := events[len(events)-1]
	if last.Kind != recorder.KindStep || !strings.HasPrefix(decode[recorder.Step](t, last).Text, want) {
		t.Errorf("the last event is a %s %s, want the step %q", last.Kind, last.Data, want)
	}
	connected := 0
	for _, e := range events {
		if e.Kind == recorder.KindConnectionStateChange && decode[recorder.StateChange](t, e).State == "connected" {
			connected++
		}
	}
	if connected != 2 {
		t.Errorf("%d peers connected before, want 2", connected)
	}
}
