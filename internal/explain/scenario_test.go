package explain_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
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
	{"nat/hairpin", "hairpin=false", "nat-hairpinning, no-route, no-server-configured"},
	{"nat/udp-blocked", "", "firewall, server-unreachable, no-route"},
	{"network/blackout", "length=40s", "consent-lost, network-down"},
	{"network/handover-without-restart", "", "consent-lost, interface-down, interface-gone"},
	{"network/nat-rebinding", "rebind=port,where=public", "consent-lost, address-changed"},
	{"ice/stun-name-unknown", "", "server-name-unknown, no-route, no-server-configured"},
	{"ice/relay-without-relay", "", "transport-policy, no-server-configured"},
	{"bugs/ice-restart-offer-unused", "", "restart-offer-unused, nobody-listens"},
	{"turn/wrong-credentials", "", "turn-unauthorized, transport-policy"},
	{"closing/close-in-negotiation", "", "closed-before-up"},
	{"errors/wrong-state", "", "negotiation-incomplete, description-refused, call-rejected"},
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
	{"ice/loss-matrix", "loss=20%"},
	{"nat/symmetric-with-turn", ""},
	{"turn/unreachable", ""},
	{"turn/server-dies", ""},
	{"network/handover", ""},
	{"dtls/flight-lost", "flight=flight-3"},
	{"closing/mdn-peerconnection-close", ""},
	{"closing/both-at-once", ""},
	{"closing/channel-then-connection", ""},
	{"signaling/answer-twice", ""},
	{"data-channels/late-handler", ""},
	{"media/hold", ""},
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
	for _, rule := range grounds(x) {
		if !slices.Contains(strings.Split(causes, ", "), rule) {
			t.Errorf("beside %s, the explanation ends in %s", causes, rule)
		}
	}
	compare(t, golden, written(x))
	checkEvidence(t, recording, x)
}

// grounds returns the rules of the causes that have none below them. That an expectation failed only since a step had ended the session
// is no cause.
func grounds(x *explain.Explanation) []string {
	var list []string
	for _, c := range x.Causes {
		c.Walk(func(c *explain.Cause, _ int) {
			if len(c.Causes) == 0 && c.Rule != "" && c.Rule != "expectation-after-the-end" {
				list = append(list, c.Rule)
			}
		})
	}
	return list
}

// checkEvidence sees that the events which an explanation names are those that it says they are.
func checkEvidence(t *testing.T, r *recorder.Recording, x *explain.Explanation) {
	t.Helper()
	for _, c := range slices.Concat(x.Causes, x.Notes) {
		c.Walk(func(c *explain.Cause, _ int) {
			for _, e := range c.Evidence {
				entry := r.Entry(r.Find(e.Seq))
				if entry.Seq == 0 || entry.Time != e.Time || e.Peer != "" && entry.Peer != e.Peer {
					t.Errorf("%q is to be shown by event %d of %s at %v (%s), which is of %q at %v", c.Text, e.Seq, e.Peer, e.Time, e.Text, entry.Peer, entry.Time)
				}
			}
		})
	}
}

// TestScenarios explains each scenario in testdata, by topic, and some that come with rtcsim. The first line of the former names
// the causes that its session has; the whole explanation is in the text file beside it. Each rule is found in one of them, and none
// in those that are fine.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no scenarios in testdata", err)
	}
	r := open(t)
	f := &found{rules: make(map[string]bool)}
	t.Run("all", func(t *testing.T) {
		for _, file := range files {
			name := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".yaml")
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

// elsewhere are rules that other tests are about, with recordings that no scenario makes, without packets, or in the middle of a session.
var elsewhere = map[string]bool{"nat-ports": true, "turn-refused": true, "run-stopped": true, "still-connecting": true, "packets-not-recorded": true}

// numbers are those of events and packets. They are other ones with each change of the simulated program.
var numbers = regexp.MustCompile(`#[0-9]+|packet [0-9]+`)

// written returns what is written of an explanation, without the numbers of events and packets.
func written(x *explain.Explanation) []byte {
	var b bytes.Buffer
	explain.Write(&b, x, explain.Layout{Width: 1000}) // where a line ends depends on them
	return numbers.ReplaceAllFunc(b.Bytes(), func(match []byte) []byte { return bytes.TrimRight(match, "0123456789") })
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

// TestQuestions asks all questions that there are: about a handover after which nothing works, and about relays that are gone for
// a while.
func TestQuestions(t *testing.T) {
	machine := open(t)
	r := record(t, machine, "../../scenarios/network/handover-without-restart.yaml", "")
	at := func(seconds float64) *explain.Facts {
		return gather(t, r, r.At(time.Duration(seconds*float64(time.Second))))
	}
	compare(t, "testdata/questions/fine.txt", written(explain.Why(at(3), "alice")))
	compare(t, "testdata/questions/connecting.txt", written(explain.Why(at(0.7), "alice")))
	compare(t, "testdata/questions/disconnected.txt", written(explain.Why(at(20), "bob")))
	compare(t, "testdata/questions/slow.txt", written(explain.Slow(at(40), "")))
	closed := record(t, machine, "testdata/channels/closed-by-other-side.yaml", "")
	for _, test := range []struct {
		name   string
		r      *recorder.Recording
		kind   recorder.Kind
		peer   string
		after  time.Duration
		golden string
	}{
		{"disconnected", r, recorder.KindConnectionStateChange, "bob", 5 * time.Second, "event-disconnected"},
		{"connected", r, recorder.KindConnectionStateChange, "alice", 500 * time.Millisecond, "event-connected"},
		{"a packet", r, recorder.KindPacketDropped, "alice/wifi", 5 * time.Second, "event-dropped"},
		{"an answer", r, recorder.KindSignalSent, "bob", 0, "event-signal"},
		{"a channel", closed, recorder.KindClose, "alice", 0, "event-close"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n, e := range test.r.Forward(1) {
				if e.Kind == test.kind && e.Peer == test.peer && e.Time > test.after {
					x, err := explain.Event(gather(t, test.r, n))
					if err != nil {
						t.Fatal(err)
					}
					compare(t, "testdata/questions/"+test.golden+".txt", written(x))
					checkEvidence(t, test.r, x)
					return
				}
			}
			t.Error("there is no such event")
		})
	}
	relayed := record(t, machine, "../../scenarios/turn/server-dies.yaml", "")
	compare(t, "testdata/questions/server-dies.txt", written(explain.Session(gather(t, relayed, relayed.At(35*time.Second)))))
	relayed = record(t, machine, "../../scenarios/turn/server-restarts.yaml", "")
	compare(t, "testdata/questions/server-restarts.txt", written(explain.Session(gather(t, relayed, relayed.At(30*time.Second)))))
	if x := explain.Why(at(3), "carol"); x != nil {
		t.Errorf("carol, who does not exist: %s", written(x))
	}
}
