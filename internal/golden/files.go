package golden

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/suite"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenarios"
)

// Kind is the kind of the failures that a check finds.
const Kind = "golden"

// Files are the golden files beside the scenarios of a suite. The zero value compares. It is safe for concurrent use.
type Files struct {
	// Update has the files say what the runs do, instead of comparing. A run whose expectations do not hold is no measure, and
	// changes nothing.
	Update bool

	mu     sync.Mutex
	opened map[*library.Source]*opened
}

// opened is a golden file that was read, or is not there.
type opened struct {
	mu       sync.Mutex
	path     string
	there    bool
	file     *File
	variants []string
	updated  int // how many sections
}

// Check is a [suite.Check] that compares a run with the golden text of its case, or makes that anew. It fails where there is no text for
// the case, and where the file has texts for variants that the scenario has no more.
func (f *Files) Check(run *suite.Run) ([]suite.Failure, error) {
	recording, err := run.Recording()
	if err != nil {
		return nil, err
	}
	now, err := Read(recording)
	if err != nil {
		return nil, err
	}
	c := run.Case
	o, err := f.open(c.Source)
	if err != nil {
		return []suite.Failure{{Kind: Kind, Text: err.Error(), File: Path(c.Source.File)}}, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.Update {
		if run.End.Outcome == recorder.OutcomePassed && o.file.Update(now) {
			o.updated++
		}
		return nil, nil
	}
	update := "rtcsim test --golden --update " + c.Source.Name
	if c.Seed != c.Scenario.Seed {
		update += fmt.Sprintf(" --seeds %d..%d", c.Seed, c.Seed)
	}
	var failures []suite.Failure
	if d := o.file.Compare(now); d != nil && d.Missing {
		failures = append(failures, suite.Failure{
			Kind:   Kind,
			Text:   d.String() + " in " + o.path,
			File:   c.Source.File,
			Detail: "to write it: " + update + ", then read it",
		})
	} else if d != nil {
		failures = append(failures, suite.Failure{
			Kind:   Kind,
			Text:   d.String(),
			File:   o.path,
			Line:   d.Line,
			Detail: d.Diff() + "if it should be so: " + update,
		})
	}
	// Told once for each seed, and not with every variant.
	if stale := o.file.Stale(o.variants); len(stale) > 0 && c.Scenario.Variant == o.variants[0] {
		failures = append(failures, suite.Failure{
			Kind:   Kind,
			Text:   fmt.Sprintf("%s has texts of variants that the scenario has no more: %s", o.path, list(stale)),
			File:   o.path,
			Detail: "to remove them: rtcsim test --golden --update " + c.Source.Name,
		})
	}
	return failures, nil
}

// open returns the golden file of a scenario, which is read once.
func (f *Files) open(s *library.Source) (*opened, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := f.opened[s]; o != nil {
		return o, nil
	}
	all, err := s.All()
	if err != nil {
		return nil, err
	}
	o := &opened{path: Path(s.File), file: New(s.File)}
	for _, v := range all {
		o.variants = append(o.variants, v.Variant)
	}
	var text []byte
	if s.BuiltIn {
		text, err = fs.ReadFile(scenarios.Files, o.path)
	} else {
		text, err = os.ReadFile(o.path)
	}
	switch {
	case err == nil:
		o.there = true
		if o.file, err = Parse(s.File, text); err != nil {
			return nil, fmt.Errorf("%s: %w; put it right, or remove it and write it anew with --update", o.path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if f.opened == nil {
		f.opened = make(map[*library.Source]*opened)
	}
	f.opened[s] = o
	return o, nil
}

// Change is what became of a golden file.
type Change struct {
	// Path is the file.
	Path string
	// New tells that there was none before.
	New bool
	// Updated counts the cases whose text is another now, Removed those of variants that the scenario has no more.
	Updated, Removed int
}

// Write writes the files that an update has changed, and says which these are, by path. The others are not touched.
func (f *Files) Write() ([]Change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var changes []Change
	var failed []error
	for _, o := range f.opened {
		stale := len(o.file.Stale(o.variants))
		if !f.Update || o.updated+stale == 0 {
			continue
		}
		o.file.Tidy(o.variants)
		if err := writeFile(o.path, o.file.Text()); err != nil {
			failed = append(failed, err)
			continue
		}
		changes = append(changes, Change{o.path, !o.there, o.updated, stale})
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return changes, errors.Join(failed...)
}

// writeFile puts a whole file in place at once.
func writeFile(path string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

// Abandoned returns the golden files, among those in the folders of these scenarios, that no scenario stands beside.
func Abandoned(sources []*library.Source) ([]string, error) {
	var abandoned []string
	seen := make(map[string]bool)
	for _, s := range sources {
		folder := filepath.Dir(s.File)
		if s.BuiltIn || seen[folder] {
			continue
		}
		seen[folder] = true
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		names := make(map[string]bool)
		for _, e := range entries {
			names[e.Name()] = true
		}
		for _, e := range entries {
			if base, ok := strings.CutSuffix(e.Name(), Extension); ok && !names[base+".yaml"] && !names[base+".yml"] {
				abandoned = append(abandoned, path.Join(filepath.ToSlash(folder), e.Name()))
			}
		}
	}
	return abandoned, nil
}

func list(cases []Case) string {
	var b bytes.Buffer
	for i, c := range cases {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.String())
	}
	return b.String()
}
