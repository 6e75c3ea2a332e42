package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
)

// files returns the files below a folder; none where it is not there.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

// events returns the lines of a recording, having seen that it is whole.
func events(t *testing.T, path string) []string {
	t.Helper()
	r, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all []string
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		all = append(all, string(r.Line()))
	}
	if end, ok := r.End(); !ok || end.Events != uint64(len(all)) {
		t.Fatalf("%s has no end", path)
	}
	return all
}

func TestExecute(t *testing.T) {
	const failure = `{"text":"alice.connectionState == \"new\"","line":6,"held":false,"seen":"it was not","near":[]}`
	const long = 1 << 20
	var most []string // more than memory is used for
	for range maxInMemory/long + 2 {
		most = append(most, `{"level":"warn","scope":"ice","text":"`+strings.Repeat("x", long)+`"}`)
	}
	tests := []struct {
		name    string
		lines   func(h recorder.Header, n int) []string
		end     recorder.End
		verify  string
		keepAll bool
		check   Check
		outcome Outcome
		message string
		runs    int
		kept    []string
		result  func(t *testing.T, r *Result)
	}{
		{name: "passes", lines: quiet, outcome: Passed, runs: 1},
		{name: "passes and is kept", lines: quiet, keepAll: true, outcome: Passed, runs: 1, kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"}},
		{name: "is verified", lines: quiet, verify: "all", outcome: Passed, runs: 2, result: func(t *testing.T, r *Result) {
			if !r.Verified || r.Held != 1 || r.Events != 2 {
				t.Errorf("%+v", r)
			}
		}},
		{
			name:    "fails",
			lines:   func(recorder.Header, int) []string { return []string{most[0][:90] + `"}`, failure} },
			outcome: Failed, message: "1 of what was expected did not hold", runs: 1, kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"},
			result: func(t *testing.T, r *Result) {
				f := r.Failures[0]
				if f.File != "more/two.yaml" || f.Line != 6 || f.Source != `expect: [alice.connectionState == "new"]` || f.Seen != "it was not" || f.Seq != 2 {
					t.Errorf("%+v", f)
				}
				if len(f.Before) != 1 || !strings.HasPrefix(f.Before[0].Text, "pion warn [ice] xxx") {
					t.Errorf("before it was %+v", f.Before)
				}
				if r.Again != "rtcsim run more/two.yaml --variant loss=5%" || r.Replay != "rtcsim replay kept/more/two.loss=5%.seed=1.rtcrec" {
					t.Errorf("again: %s; replay: %s", r.Again, r.Replay)
				}
			},
		},
		{
			name: "diverges",
			lines: func(h recorder.Header, n int) []string {
				return append(quiet(h, n), fmt.Sprintf(`{"level":"warn","scope":"ice","text":"run %d"}`, n))
			},
			verify: "all", outcome: Diverged, message: "a second run with the same seed gave other events, from event 3 on", runs: 2,
			kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec", "kept/more/two.loss=5%.seed=1.second.rtcrec"},
			result: func(t *testing.T, r *Result) {
				if f := r.Failures[0]; f.Seq != 3 || !strings.Contains(f.Detail, `data.text: "run 0" in the first run, "run 1" in the second`) || r.Verified {
					t.Errorf("%+v", r)
				}
				first, second := events(t, r.Recordings[0]), events(t, r.Recordings[1])
				if !strings.Contains(first[2], "run 0") || !strings.Contains(second[2], "run 1") {
					t.Errorf("the recordings are\n%s\n%s", first, second)
				}
			},
		},
		{
			name:   "ends earlier the second time",
			lines:  func(h recorder.Header, n int) []string { return quiet(h, n)[:2-n] },
			verify: "all", outcome: Diverged, message: "a second run with the same seed gave other events, from event 2 on", runs: 2,
			kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec", "kept/more/two.loss=5%.seed=1.second.rtcrec"},
			result: func(t *testing.T, r *Result) {
				if !strings.Contains(r.Failures[0].Detail, "second run  ended here") {
					t.Errorf("%+v", r.Failures)
				}
			},
		},
		{
			name: "a limit", lines: quiet, end: recorder.End{Outcome: recorder.OutcomeLimit, Message: "limit reached: memory"},
			verify: "all", outcome: Limit, message: "limit reached: memory", runs: 1, kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"},
		},
		{
			name: "a crash", lines: quiet, end: recorder.End{Outcome: recorder.OutcomeCrashed, Message: "it died", Detail: "goroutine 1"},
			verify: "all", outcome: Crashed, message: "it died", runs: 2, kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"},
			result: func(t *testing.T, r *Result) {
				if f := r.Failures[0]; f.Kind != KindCrashed || f.Detail != "goroutine 1" {
					t.Errorf("%+v", f)
				}
			},
		},
		{
			name: "a check", lines: quiet, outcome: Failed, message: "it is another text", runs: 1, kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"},
			check: func(run *Run) ([]Failure, error) {
				recording, err := run.Recording()
				if err != nil || recording.Len() != 2 || run.End.Outcome != recorder.OutcomePassed {
					return nil, fmt.Errorf("the recording is not whole: %v", err)
				}
				return []Failure{{Kind: "golden", Text: "it is another text"}}, nil
			},
		},
		{name: "passes with more than memory holds", lines: func(recorder.Header, int) []string { return most }, verify: "all", outcome: Passed, runs: 2},
		{
			name: "more than memory holds is kept", lines: func(recorder.Header, int) []string { return most }, outcome: Passed, runs: 1, keepAll: true,
			kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec"},
			check: func(run *Run) ([]Failure, error) {
				recording, err := run.Recording()
				if err != nil {
					return nil, err
				}
				defer recording.Close()
				if <-recording.Done(); recording.Len() != len(most) {
					return nil, fmt.Errorf("there are %d events, want %d", recording.Len(), len(most))
				}
				return nil, nil
			},
		},
		{
			name: "diverges with more than memory holds", outcome: Diverged, runs: 2, verify: "all",
			message: fmt.Sprintf("a second run with the same seed gave other events, from event %d on", len(most)+1),
			lines: func(_ recorder.Header, n int) []string {
				return append(most[:len(most):len(most)], fmt.Sprintf(`{"level":"warn","scope":"ice","text":"run %d"}`, n))
			},
			kept: []string{"kept/more/two.loss=5%.seed=1.rtcrec", "kept/more/two.loss=5%.seed=1.second.rtcrec"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.verify == "" {
				test.verify = "none"
			}
			c := cases(t, Selection{Run: regexp.MustCompile("loss=5%"), Verify: share(t, test.verify)}, two)[0]
			m := &fakeMachine{lines: test.lines}
			if test.end.Outcome != "" {
				m.end = func(recorder.Header) recorder.End { return test.end }
			}
			e := &Executor{Machine: m, Keep: "kept", KeepAll: test.keepAll}
			if test.check != nil {
				e.Checks = []Check{test.check}
			}
			r, err := e.Execute(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Outcome != test.outcome || r.Message != test.message {
				t.Errorf("it %s: %s; want %s: %s", r.Outcome, r.Message, test.outcome, test.message)
			}
			if runs := m.runs["two.yamlloss=5%1"]; runs != test.runs {
				t.Errorf("there were %d runs, want %d", runs, test.runs)
			}
			if got := files(t, "kept"); fmt.Sprint(got) != fmt.Sprint(test.kept) || fmt.Sprint(r.Recordings) != fmt.Sprint(test.kept) {
				t.Errorf("kept is %v, and the result has %v, want %v", got, r.Recordings, test.kept)
			}
			for _, path := range test.kept {
				events(t, path)
			}
			if _, err := os.Stat("kept"); len(test.kept) == 0 && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("an empty folder was left: %v", err)
			}
			if test.result != nil && !t.Failed() {
				test.result(t, r)
			}
		})
	}
}

// TestExecuteFirstOfOthers sees that a recording that is there already is replaced only by one that is kept.
func TestExecutePassingLeavesOthers(t *testing.T) {
	c := cases(t, Selection{Run: regexp.MustCompile("^one")}, two)[0]
	if err := os.Mkdir("kept", 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, "kept/one.seed=7.rtcrec", "of yesterday")
	e := &Executor{Machine: &fakeMachine{lines: quiet}, Keep: "kept"}
	if _, err := e.Execute(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("kept/one.seed=7.rtcrec"); err != nil || string(text) != "of yesterday" {
		t.Errorf("it is %q, %v", text, err)
	}
}

// TestExecuteCannotKeep sees that a recording which cannot be kept is an error, and no result.
func TestExecuteCannotKeep(t *testing.T) {
	c := cases(t, Selection{Run: regexp.MustCompile("^one")}, two)[0]
	write(t, "kept", "no folder")
	e := &Executor{Machine: &fakeMachine{lines: quiet}, Keep: "kept", KeepAll: true}
	if r, err := e.Execute(t.Context(), c); err == nil {
		t.Errorf("the result is %+v", r)
	}
}
