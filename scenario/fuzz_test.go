package scenario_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/scenario"
)

// FuzzRead sees that no text makes Read panic or hang, that errors are complete, and that what was read can be used.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/errors/*.yaml", "testdata/good/*.yaml", "testdata/errors/included/*.part"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("no files %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		start := time.Now()
		// The text includes itself under another name, too.
		source := scenario.Source{File: "fuzz.yaml", Text: text, Open: func(path string) ([]byte, error) {
			if included, err := openIncluded(path); err == nil {
				return included, nil
			}
			return text, nil
		}}
		s, err := source.Read()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("Read took %v", took)
		}
		if err != nil {
			var list scenario.ErrorList
			if !errors.As(err, &list) || len(list) == 0 || list.Pretty() == "" {
				t.Fatalf("not a list of errors: %v", err)
			}
			for _, e := range list {
				if e.Line < 1 || e.Column < 1 || e.Code == "" || e.Message == "" {
					t.Errorf("incomplete error: %#v", e)
				}
			}
			return
		}
		use(t, s)
		variants := s.Variants()
		source.Variant = variants[len(variants)-1]
		if s, err := source.Read(); err == nil {
			use(t, s)
			if s.Variant != source.Variant {
				t.Errorf("read the variant %q, not %q", s.Variant, source.Variant)
			}
		}
	})
}

// use walks a scenario as a session does.
func use(t *testing.T, s *scenario.Scenario) {
	t.Helper()
	peers := &peers{}
	expectation := func(e *scenario.Expectation) {
		forms := 0
		if e.Condition != nil {
			forms++
			e.Condition.Eval(peers)
			e.Condition.Observed(peers)
			for _, p := range e.Condition.Peers() {
				if s.Peer(p) == nil {
					t.Errorf("the condition %q asks for %q, which is not there", e.Condition.Text, p)
				}
			}
		}
		for _, given := range []bool{e.Never != nil, len(e.Sequence) > 0, e.Count != nil} {
			if given {
				forms++
			}
		}
		if forms != 1 {
			t.Errorf("the expectation %q has %d forms", e.Text, forms)
		}
	}
	for step := range s.All() {
		if step.Text() == "" || step.Line < 1 || step.Path == "" || step.File >= len(s.Files) {
			t.Errorf("incomplete step %s: %#v", step.Path, step)
		}
		if step.Predict != nil {
			expectation(step.Predict.Answer)
		}
		switch a := step.Action.(type) {
		case *scenario.Wait:
			expectation(a.For)
		case *scenario.Expect:
			expectation(a.That)
		}
	}
	for _, e := range s.Expect {
		expectation(e)
	}
	for change := range s.Links() {
		for _, n := range s.Networks {
			with := n.Link.With(*change)
			for _, d := range []scenario.Direction{with.Up, with.Down} {
				switch {
				case d.GilbertElliott != nil && (d.Loss != nil || d.Burst != nil),
					d.RateTrace != nil && (d.Rate != nil || len(d.RateTrace.Times) == 0),
					d.Rate != nil && *d.Rate == 0, d.Burst != nil && *d.Burst == 0, d.AQM != nil && d.AQM.CoDel == nil:
					t.Errorf("%v with %v has what excludes another thing, or is none: %v", n.Link, change, with)
				}
			}
		}
	}
	for _, p := range s.Peers {
		if len(p.Interfaces) == 0 {
			t.Errorf("%s has no interface", p.Name)
		}
	}
}
