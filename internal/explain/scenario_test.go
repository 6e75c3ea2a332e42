package explain_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

var update = flag.Bool("update", false, "rewrite the explanations in testdata and the generated part of docs/explain.md")

func open(t *testing.T) *runner.Runner {
	t.Helper()
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
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

// record runs a scenario and returns its recording.
func record(t *testing.T, r *runner.Runner, file, variant string) *recorder.Recording {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Source{File: filepath.Base(file), Text: text, Variant: variant}.Read()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	header := r.Header(file, text, s.Seed, recorder.Options{Packets: recorder.PacketsFull, Variant: variant})
	if _, _, err := r.Record(t.Context(), path, header, sandbox.Limits{}, nil); err != nil {
		t.Fatal(err)
	}
	recording, err := recorder.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { recording.Close() })
	<-recording.Done()
	return recording
}

func gather(t *testing.T, r *recorder.Recording, n int) *explain.Facts {
	t.Helper()
	facts, err := explain.Gather(r, n)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// library are scenarios that come with rtcsim, each with causes that its explanation must name.
var library = []struct{ file, variant, causes string }{
	{"nat/symmetric-both", "", "nat-filtering, no-route, no-server-configured"},
	{"nat/hairpin", "hairpin=false", "nat-hairpinning"},
	{"nat/udp-blocked", "", "firewall, server-unreachable"},
	{"network/blackout", "length=40s", "consent-lost, network-down"},
	{"network/handover-without-restart", "", "consent-lost, interface-down, interface-gone"},
	{"ice/stun-name-unknown", "", "server-name-unknown, no-route"},
	{"ice/relay-without-relay", "", "transport-policy, no-server-configured"},
	{"turn/wrong-credentials", "", "turn-unauthorized"},
	{"closing/close-in-negotiation", "", "closed-before-up"},
	{"errors/wrong-state", "", "negotiation-incomplete"},
}

// fine are scenarios that come with rtcsim in which all is well in the end: lossy ones, ones in which something failed and was
// repaired, and ones that the application ends.
var fine = []struct{ file, variant string }{
	{"media/call", ""},
	{"data-channels/both-create", ""},
	{"data-channels/unreliable-lossy", ""},
	{"signaling/renegotiation", ""},
	{"signaling/without-trickle", ""},
	{"signaling/offer-lost", ""},
	{"ice/restart", ""},
	{"ice/loss-matrix", "loss=30%"},
	{"nat/symmetric-with-turn", ""},
	{"turn/unreachable", ""},
	{"turn/server-dies", ""},
	{"network/handover", ""},
	{"dtls/flight-lost", "flight=flight-3"},
	{"closing/mdn-peerconnection-close", ""},
	{"closing/both-at-once", ""},
}

// found are the rules that found something in the scenarios.
type found struct {
	mu    sync.Mutex
	rules map[string]bool
}

// add adds the rules of an explanation, and returns them.
func (f *found) add(x *explain.Explanation) (here []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range slices.Concat(x.Causes, x.Notes) {
		c.Walk(func(c *explain.Cause, _ int) {
			for _, rule := range append(c.Via, c.Rule) {
				if rule != "" {
					f.rules[rule] = true
					here = append(here, rule)
				}
			}
		})
	}
	return here
}

// explains checks that the explanation of a recording names the causes, and is that of the golden file.
func (f *found) explains(t *testing.T, recording *recorder.Recording, causes, golden string) {
	t.Helper()
	x := explain.Session(gather(t, recording, recording.Len()))
	rules := f.add(x)
	for _, rule := range strings.Split(causes, ", ") {
		if !slices.Contains(rules, rule) {
			t.Errorf("the cause is %s; found were %s", rule, rules)
		}
	}
	compare(t, golden, written(x))
}

// TestScenarios explains each scenario in testdata/connectivity and some that come with rtcsim. The first line of the former names
// the cause that its session has; the whole explanation is in the text file beside it. Each rule about the network is found in one of
// them, and none in those that are fine.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/connectivity/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no scenarios in testdata/connectivity", err)
	}
	r := open(t)
	f := &found{rules: make(map[string]bool)}
	t.Run("all", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".yaml")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				first, _, _ := strings.Cut(string(text), "\n")
				causes, ok := strings.CutPrefix(first, "# cause: ")
				if !ok {
					t.Fatal(`the first line is not "# cause: RULE"`)
				}
				f.explains(t, record(t, r, file, ""), causes, strings.TrimSuffix(file, ".yaml")+".txt")
			})
		}
		for _, s := range library {
			t.Run(s.file, func(t *testing.T) {
				t.Parallel()
				golden := "testdata/library/" + filepath.Base(s.file) + ".txt"
				f.explains(t, record(t, r, "../../scenarios/"+s.file+".yaml", s.variant), s.causes, golden)
			})
		}
		for _, s := range fine {
			t.Run(s.file, func(t *testing.T) {
				t.Parallel()
				recording := record(t, r, "../../scenarios/"+s.file+".yaml", s.variant)
				x := explain.Session(gather(t, recording, recording.Len()))
				f.add(x)
				if len(x.Causes) > 0 {
					t.Errorf("nothing is wrong, and this was found:\n%s", written(x))
				}
			})
		}
	})
	for _, topic := range explain.Topics {
		for _, rule := range topic.Rules {
			if !f.rules[rule.Name] && !elsewhere[rule.Name] {
				t.Errorf("no scenario has the cause %s", rule.Name)
			}
		}
	}
}

// elsewhere are rules that other tests are about, with recordings that no scenario makes.
var elsewhere = map[string]bool{"nat-ports": true, "turn-refused": true, "run-stopped": true}

func written(x *explain.Explanation) []byte {
	var b bytes.Buffer
	explain.Write(&b, x, explain.Layout{})
	return b.Bytes()
}

// compare compares with a golden file.
func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
