package standard_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
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
	s, err := scenarioAt(path)
	if err != nil {
		t.Fatal(err)
	}
	packets := recorder.PacketsNone
	if strings.Contains(string(text), "event: packet") {
		packets = recorder.PacketsHeaders
	}
	options := recorder.Options{Packets: packets, Variant: s.Variants()[0]}
	var remarks []found
	end, _, err := r.Run(t.Context(), r.Header(path, text, s.Seed, options), sandbox.Limits{}, func(line []byte) error {
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

// scenarioAt reads a scenario; of one with a matrix, its first variant.
func scenarioAt(path string) (*scenario.Scenario, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	open := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(filepath.Dir(path), name)) }
	source := scenario.Source{File: filepath.Base(path), Text: text, Open: open}
	s, err := source.Read()
	if err != nil {
		return nil, err
	}
	source.Variant = s.Variants()[0]
	return source.Read()
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
