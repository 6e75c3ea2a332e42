package standard_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// unseen are the rules that no scenario shows, and why.
var unseen = map[string]string{
	"events-out-of-order":                "needs another schedule than the guest's, which is first in, first out",
	"unknown-transition":                 "needs another schedule",
	"repeated-state":                     "needs another schedule",
	"event-missing":                      "pion misses none",
	"error-after-close":                  "needs another schedule",
	"error-missing":                      "needs another schedule",
	"needed-before-signalingstatechange": "needs a negotiation that starts no transports, and another schedule",
}

// found is a remark as a recording has it.
type found struct {
	recorder.Event
	recorder.Remark
}

// record runs a scenario in the guest and returns the remarks of its recording, which must have passed.
func record(t *testing.T, r *runner.Runner, path string) []found {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Read(path, text)
	if err != nil {
		t.Fatal(err)
	}
	var remarks []found
	h := r.Header(path, text, s.Seed, recorder.Options{Packets: recorder.PacketsNone})
	end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		var e recorder.Event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		switch e.Kind {
		case recorder.KindRemark:
			f := found{Event: e}
			if err := json.Unmarshal(e.Data, &f.Remark); err != nil {
				return err
			}
			if f.Cause >= f.Seq {
				t.Errorf("%s: the remark %s is caused by event %d, which comes later", path, line, f.Cause)
			}
			remarks = append(remarks, f)
		case recorder.KindVerdict:
			var v recorder.Verdict
			if err := json.Unmarshal(e.Data, &v); err != nil || !v.Held {
				t.Errorf("%s:%d: %s: %s", path, v.Line, v.Text, v.Seen)
			}
		}
		return nil
	})
	if err != nil || end.Outcome != recorder.OutcomePassed {
		t.Errorf("%s: %s, %v", path, end.Outcome, err)
	}
	return remarks
}

func newRunner(t *testing.T) *runner.Runner {
	t.Helper()
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestScenarios checks that what pion does differently shows in real sessions: each rule in at least one of them.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios")
	}
	for _, s := range sessions {
		files = append(files, s.path())
	}
	r := newRunner(t)
	seen := make(map[string]bool)
	for _, file := range files {
		for _, f := range record(t, r, file) {
			seen[f.Rule] = true
			if standard.RuleOf(f.Rule) == nil {
				t.Errorf("%s: there is no rule %s", file, f.Rule)
			}
		}
	}
	for _, rule := range standard.Rules {
		why, absent := unseen[rule.ID]
		switch {
		case !seen[rule.ID] && !absent:
			t.Errorf("no scenario shows %s", rule.ID)
		case seen[rule.ID] && absent:
			t.Errorf("%s is listed as not to be seen (%s), but a scenario shows it", rule.ID, why)
		}
	}
	for id := range unseen {
		if !slices.ContainsFunc(standard.Rules, func(r *standard.Rule) bool { return r.ID == id }) {
			t.Errorf("there is no rule %s", id)
		}
	}
}
