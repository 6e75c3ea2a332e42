package rtcsimtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/golden"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/suite"
	"github.com/rtcsim/rtcsim/recorder"
)

// Session is a session that came to its end.
type Session struct {
	// Scenario is the path of the scenario, or its name in the library.
	Scenario string
	// Variant names the values of the scenario's matrix, such as "nat=symmetric,loss=5%"; empty without a matrix.
	Variant string
	// Seed is what all randomness of the run derives from.
	Seed uint64
	// Recording is loaded, and closed when the test is over.
	Recording *recorder.Recording
}

// Run runs scenarios, and fails the test where they do not do what they are expected to do. Each case is a subtest. Run returns when all
// are over.
//
// The path is that of a scenario's file, of a folder, or a pattern such as "testdata/**/*.yaml", from the folder of the test; or the
// name of a scenario or a topic of rtcsim's library, such as "nat/symmetric-both" or "nat". A scenario that is wrong
// fails the test before anything runs, with all that is wrong with it.
func Run(t *testing.T, path string, opts ...Option) {
	t.Helper()
	s := newSuite(t, path, opts)
	// A group is over when all of its parallel subtests are.
	for len(s.cases) > 0 {
		source := s.cases[0].Source
		n := 0
		for n < len(s.cases) && s.cases[n].Source == source {
			n++
		}
		group := s.cases[:n]
		s.cases = s.cases[n:]
		t.Run(baseName(source.Name), func(t *testing.T) {
			t.Helper()
			for _, c := range group {
				t.Run(caseName(c), func(t *testing.T) {
					t.Helper()
					t.Parallel()
					s.execute(t, c)
				})
			}
		})
	}
}

// Record runs a single case, and returns its recording, which is loaded; it is closed when the test is over. It ends the test where the
// case does not do what it is expected to do, and where the path and the options do not choose exactly one case.
func Record(t *testing.T, path string, opts ...Option) *recorder.Recording {
	t.Helper()
	var recording *recorder.Recording
	s := newSuite(t, path, append(opts, Check(func(_ *testing.T, s *Session) { recording = s.Recording })))
	if len(s.cases) != 1 {
		var ids []string
		for _, c := range s.cases {
			ids = append(ids, c.ID())
		}
		t.Fatalf("Record takes one case, and these are %d: choose with Variants and SeedRange among\n  %s", len(ids), strings.Join(ids, "\n  "))
	}
	s.execute(t, s.cases[0])
	if t.Failed() {
		t.FailNow()
	}
	return recording
}

// cases are what a test executes, and how.
type cases struct {
	options
	cases    []*suite.Case
	executor *suite.Executor
}

func newSuite(t *testing.T, path string, opts []Option) *cases {
	t.Helper()
	s := &cases{options: options{verify: "none"}}
	for _, option := range opts {
		option(&s.options)
	}
	seeds, err := suite.ParseSeeds(s.seeds(testing.Short()))
	if err != nil {
		t.Fatalf("seeds: %v", err)
	}
	verify, err := suite.ParseShare(s.verify)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	sources, err := library.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	s.cases, err = suite.Select(sources, suite.Selection{Seeds: seeds, Variants: s.variants, Tags: s.tags, Verify: verify})
	if invalid := (*suite.InvalidError)(nil); errors.As(err, &invalid) {
		t.Fatalf("%d of %d scenarios wrong\n%s", invalid.Invalid, invalid.Files, invalid.Pretty())
	}
	if err != nil {
		t.Fatal(err)
	}
	machine, err := sharedMachine()
	if err != nil {
		t.Fatalf("rtcsim could not begin: %v", err)
	}
	s.executor = &suite.Executor{
		Machine: machine,
		Limits:  sandbox.Limits{Wall: s.timeout},
		Keep:    folder(t, s.keep),
		KeepAll: len(s.checks) > 0,
	}
	if s.golden {
		s.executor.Checks = append(s.executor.Checks, new(golden.Files).Check)
	}
	return s
}

// execute executes a case in its test.
func (s *cases) execute(t *testing.T, c *suite.Case) {
	t.Helper()
	result, err := s.executor.Execute(t.Context(), c)
	if err != nil {
		t.Fatalf("rtcsim could not go on: %v", err)
	}
	if result.Outcome != suite.Passed {
		t.Errorf("%s %s\n%s", result.Case, result.Outcome, result.Text())
	}
	if len(s.checks) == 0 || result.Outcome != suite.Passed && result.Outcome != suite.Failed {
		return
	}
	recording, err := recorder.Load(result.Recordings[0])
	if err != nil {
		t.Fatal(err)
	}
	failed := t.Failed()
	t.Cleanup(func() {
		t.Helper()
		if err := recording.Close(); err != nil {
			t.Error(err)
		}
		switch {
		case !t.Failed():
			if err := os.Remove(result.Recordings[0]); err != nil {
				t.Error(err)
			}
		case !failed: // the check did not pass, and the result does not say where its recording is
			t.Logf("%s\nreplay: rtcsim replay %s\nagain: %s", result.Case, result.Recordings[0], result.Again)
		}
	})
	<-recording.Done()
	for _, check := range s.checks {
		check(t, &Session{Scenario: c.Source.Name, Variant: c.Scenario.Variant, Seed: c.Seed, Recording: recording})
	}
}

// sharedMachine makes the machine that all tests of the process share.
var sharedMachine = sync.OnceValues(func() (*runner.Runner, error) {
	return runner.New(context.Background(), 0, func(what string, usually time.Duration) func() {
		fmt.Fprintf(os.Stderr, "rtcsim: %s (usually about %v)\n", what, usually)
		return func() {}
	})
})

// baseName names the subtest of a scenario.
func baseName(name string) string { return strings.TrimSuffix(path.Base(name), path.Ext(name)) }

// caseName names the subtest of a case.
func caseName(c *suite.Case) string {
	name := fmt.Sprintf("seed=%d", c.Seed)
	if c.Scenario.Variant != "" {
		name = c.Scenario.Variant + "/" + name
	}
	return name
}
