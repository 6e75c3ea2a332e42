package recorder_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

func TestComparer(t *testing.T) {
	recorded := sampleLines(2)
	replace := func(n int, old, new string) [][]byte {
		lines := append([][]byte(nil), recorded...)
		lines[n-1] = bytes.Replace(lines[n-1], []byte(old), []byte(new), 1)
		return lines
	}
	for _, test := range []struct {
		name     string
		replayed [][]byte
		want     string
	}{
		{"same", recorded, "no difference, 13 equal"},
		{"first", replace(1, `"seed":1`, `"seed":2`), "event 1, after [], 0 equal; data.seed: 1 ≠ 2"},
		{"state", replace(5, `"state":"connected"`, `"state":"failed"`), `event 5, after [1 2 3 4], 4 equal; data.state: "connected" ≠ "failed"`},
		{"last", replace(13, `"inFlight":0`, `"inFlight":1`), "event 13, after [8 9 10 11 12], 12 equal; data.inFlight: 0 ≠ 1"},
		{"several fields", replace(6, `"time":6000000,"peer":"bob"`, `"time":6000001`), `event 6, after [1 2 3 4 5], 5 equal; peer: "bob" ≠ nothing, time: 6000000 ≠ 6000001`},
		{"large numbers", replace(7, `"id":1`, `"id":18446744073709551615`), `event 7, after [2 3 4 5 6], 6 equal; data.id: 1 ≠ 18446744073709551615`},
		{"one of a list", replace(1, `v4.2.20`, `v4.2.19`), `event 1, after [], 0 equal; data.modules[1].version: "v4.2.20" ≠ "v4.2.19"`},
		{"list of another length", replace(1, `"modules":[`, `"modules":[3,`), `event 1, after [], 0 equal; data.modules: [{"path":"github.com/pion/ice/v4","version":"v4.4.2"},{"path":"github.co… ≠ [3,{"path":"github.com/pion/ice/v4","version":"v4.4.2"},{"path":"github.…`},
		{"another type", replace(3, `"args":{"iceRestart":true}`, `"args":7`), `event 3, after [1 2], 2 equal; data.args: {"iceRestart":true} ≠ 7`},
		{"only the spelling", replace(2, `"line":4`, `"line": 4`), `event 2, after [1], 1 equal; line: …:"step","data":{"path":"steps[0]","line":4,"text":"alice: createOffer"}} ≠ …"step","data":{"path":"steps[0]","line": 4,"text":"alice: createOffer"}}`},
		{"no JSON", replace(4, string(recorded[3]), "\xffgarbage\x1b"), `event 4, after [1 2 3], 3 equal; line: {"seq":4,"time":4000000,"peer":"alice","kind":"return","cause":3,"data":… ≠ �garbage�`},
		{"ends early", recorded[:11], "event 12, after [7 8 9 10 11], 11 equal; replayed has ended"},
		{"goes on", append(recorded[:13:13], []byte(`{"seq":14}`)), "event 14, after [9 10 11 12 13], 13 equal; recorded has ended"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c recorder.Comparer
			var d *recorder.Divergence
			for i := 0; d == nil && i < max(len(recorded), len(test.replayed)); i++ {
				var a, b []byte
				if i < len(recorded) {
					a = recorded[i]
				}
				if i < len(test.replayed) {
					b = test.replayed[i]
				}
				d = c.Compare(a, b)
			}
			if got := describe(d, c.Equal()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if again := c.Compare(recorded[0], recorded[0]); again != d && d != nil {
				t.Errorf("the next Compare returns %v", again)
			}
		})
	}
}

// describe puts a divergence on one line.
func describe(d *recorder.Divergence, equal uint64) string {
	if d == nil {
		return fmt.Sprintf("no difference, %d equal", equal)
	}
	var before []uint64
	for _, e := range d.Before {
		before = append(before, e.Seq)
	}
	text := fmt.Sprintf("event %d, after %v, %d equal; ", d.Seq, before, equal)
	switch {
	case d.Recorded == nil:
		return text + "recorded has ended"
	case d.Replayed == nil:
		return text + "replayed has ended"
	}
	var fields []string
	for _, f := range d.Fields() {
		fields = append(fields, f.String())
	}
	return text + strings.Join(fields, ", ")
}

func TestCompare(t *testing.T) {
	file := sampleRecording(t, 0)
	changed := compress(t, bytes.Replace(decompress(t, file), []byte(`"state":"connected"`), []byte(`"state":"failed"`), 1))
	ended := compress(t, bytes.Replace(decompress(t, file), []byte(`"outcome":"failed"`), []byte(`"outcome":"passed"`), 1))
	longer := sampleRecording(t, 1)
	for _, test := range []struct {
		name               string
		recorded, replayed []byte
		want               string
		wantErr            error
	}{
		{"same", file, file, "no difference, 0 equal", nil},
		{"changed end line", ended, file, "no difference, 0 equal", nil},
		{"changed event", changed, file, `event 5, after [1 2 3 4], 0 equal; data.state: "failed" ≠ "connected"`, nil},
		{"cut", file[:len(file)/2], file, "no difference, 0 equal", io.ErrUnexpectedEOF},
		{"cut second", file, file[:len(file)/2], "no difference, 0 equal", io.ErrUnexpectedEOF},
		{"other session", longer, file, `event 7, after [2 3 4 5 6], 0 equal; …`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var readers [2]*recorder.Reader
			for i, file := range [][]byte{test.recorded, test.replayed} {
				r, err := recorder.NewReader(bytes.NewReader(file))
				if err != nil {
					t.Skip(err)
				}
				defer r.Close()
				readers[i] = r
			}
			d, err := recorder.Compare(readers[0], readers[1])
			if !errors.Is(err, test.wantErr) {
				t.Errorf("error %v, want %v", err, test.wantErr)
			}
			got, want := describe(d, 0), test.want
			if head, ok := strings.CutSuffix(want, "…"); ok {
				got = got[:min(len(got), len(head))]
				want = head
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestIdentityDiff(t *testing.T) {
	a := sampleHeader().Identity
	if diffs := a.Diff(sampleHeader().Identity); diffs != nil {
		t.Errorf("an identity differs from itself: %v", diffs)
	}
	b := recorder.Identity{
		Guest: "ffff", Machine: 2, Go: "go1.27", Wazero: "v1.13.0", GC: "GOGC=50", Schedule: "random", Seed: 2,
		Options: recorder.Options{Packets: "none"}, Scenario: "other.yaml", ScenarioSum: "00",
		Modules: []recorder.Module{{Path: "github.com/pion/webrtc/v4", Version: "v4.2.19"}, {Path: "example.org/a", Version: "v1.0.0"}},
	}
	a.ScenarioSum = "11"
	want := []string{
		"guest: 0a1b ≠ ffff",
		"machine: 1 ≠ 2",
		"module github.com/pion/ice/v4: v4.4.2 ≠ nothing",
		"module github.com/pion/webrtc/v4: v4.2.20 ≠ v4.2.19",
		"module example.org/a: nothing ≠ v1.0.0",
		"go: go1.26.8 ≠ go1.27",
		"wazero: v1.12.0 ≠ v1.13.0",
		"gc: GOGC=100 ≠ GOGC=50",
		"schedule: fifo ≠ random",
		"seed: 1 ≠ 2",
		"options.packets: full ≠ none",
		"scenario: hello.yaml ≠ other.yaml",
		"scenarioSum: 11 ≠ 00",
	}
	var got []string
	for _, d := range a.Diff(b) {
		got = append(got, d.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

func TestDifferenceString(t *testing.T) {
	long := strings.Repeat("é", 200)
	d := recorder.Difference{Field: "sdp", A: long + "a" + long, B: long + "b"}
	side := strings.Repeat("é", 18)
	if got, want := d.String(), "sdp: …"+side+"a"+side[2:]+"�… ≠ …�"+side+side[2:]+"b"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
