package golden_test

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/golden"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/suite"
	"github.com/rtcsim/rtcsim/scenarios"
)

var update = flag.Bool("update", false, "rewrite the golden recordings of the library with what the runs do")

// reviewed returns the scenarios of the library that have a golden recording, as files on disk.
func reviewed(t *testing.T) []*library.Source {
	t.Helper()
	files, err := fs.Glob(scenarios.Files, "*/*"+golden.Extension)
	if err != nil || len(files) < 8 {
		t.Fatalf("there are %d golden recordings, %v", len(files), err)
	}
	var paths []string
	for _, file := range files {
		paths = append(paths, filepath.Join("../../scenarios", strings.TrimSuffix(file, golden.Extension)+".yaml"))
	}
	sources, err := library.Find(paths...)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// execute runs scenarios with seeds, their own where none are given, and reports what a check finds.
func execute(t *testing.T, sources []*library.Source, seeds string, check suite.Check) {
	t.Helper()
	selected, err := suite.ParseSeeds(seeds)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := suite.Select(sources, suite.Selection{Seeds: selected})
	if err != nil {
		t.Fatal(err)
	}
	machine, err := runner.New(context.Background(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	defer machine.Close()
	e := &suite.Executor{Machine: machine, Packets: "headers", Keep: t.TempDir(), Checks: []suite.Check{check}}
	sums, err := suite.Execute(context.Background(), e, cases, suite.Options{
		Jobs: runtime.GOMAXPROCS(0),
		Finished: func(r *suite.Result) error {
			for _, f := range r.Failures {
				t.Errorf("%s: %s\n%s", r.Case, f.Text, f.Detail)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if sums.Finished != len(cases) {
		t.Errorf("%d of %d cases were executed", sums.Finished, len(cases))
	}
}

// TestLibrary compares the library with its golden recordings.
func TestLibrary(t *testing.T) {
	files := &golden.Files{Update: *update}
	execute(t, reviewed(t), "", files.Check)
	if _, err := files.Write(); err != nil {
		t.Fatal(err)
	}
}

// TestSeeds runs the same scenarios with other seeds. What a seed moves, a new build of the guest moves as well; the golden
// recordings must not show it.
func TestSeeds(t *testing.T) {
	execute(t, reviewed(t), "11..12", func(run *suite.Run) ([]suite.Failure, error) {
		recording, err := run.Recording()
		if err != nil {
			return nil, err
		}
		s, err := golden.Read(recording)
		if err != nil {
			return nil, err
		}
		path := golden.Path(run.Case.Source.File)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		file, err := golden.Parse(path, text)
		if err != nil {
			return nil, err
		}
		s.Seed = run.Case.Scenario.Seed
		if d := file.Compare(s); d != nil {
			return []suite.Failure{{Kind: golden.Kind, Text: d.String(), Detail: d.Diff()}}, nil
		}
		return nil, nil
	})
}
