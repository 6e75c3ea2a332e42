package library

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// A Source is what a scenario is read from: its file, and those that it includes. Each file is read once, so that all
// variants and all runs see the same. It is safe for concurrent use.
type Source struct {
	// Name is what people call the scenario: its path on disk, with slashes, or its name in the library.
	Name string
	// File is the path of the file: on disk, or in the library.
	File string
	// BuiltIn tells that it is in the library, and not on disk.
	BuiltIn bool
	// Text is the whole text of the file.
	Text []byte

	open func(path string) (fs.File, error) // opens a file in the folder of the scenario

	mu       sync.Mutex
	included map[string][]byte // by path from the folder of the scenario

	all func() ([]*scenario.Scenario, error)
}

func newSource(name, file string, text []byte, builtIn bool, open func(string) (fs.File, error)) *Source {
	s := &Source{Name: name, File: file, BuiltIn: builtIn, Text: text, open: open, included: map[string][]byte{}}
	s.all = sync.OnceValues(s.readAll)
	return s
}

// include returns the text of an included file.
func (s *Source) include(path string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.included[path]; ok {
		return text, nil
	}
	f, err := s.open(path)
	if err != nil {
		var failed *fs.PathError
		if errors.As(err, &failed) {
			err = failed.Err // the scenario's error has the path
		}
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	s.included[path] = text
	return text, nil
}

// Included returns the text of a file that the scenario includes, by its path from the scenario's folder; nil for one that was
// not read.
func (s *Source) Included(path string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.included[path]
}

// Read reads a variant of the scenario; empty for the first one. The error is a [scenario.ErrorList].
func (s *Source) Read(variant string) (*scenario.Scenario, error) {
	return scenario.Source{File: s.File, Text: s.Text, Open: s.include, Variant: variant}.Read()
}

// All returns all variants of the scenario, which are read once. The error is a [scenario.ErrorList] with all that is wrong with any of
// them.
func (s *Source) All() ([]*scenario.Scenario, error) { return s.all() }

func (s *Source) readAll() ([]*scenario.Scenario, error) {
	first, err := s.Read("")
	if err != nil {
		return nil, err
	}
	var all []*scenario.Scenario
	var wrong scenario.ErrorList
	told := map[string]bool{}
	for i, variant := range first.Variants() {
		v, err := first, error(nil)
		if i > 0 { // the first is read
			v, err = s.Read(variant)
		}
		var list scenario.ErrorList
		if errors.As(err, &list) {
			for _, e := range list {
				if !told[e.Error()] {
					wrong = append(wrong, e)
				}
				told[e.Error()] = true
			}
			continue
		}
		all = append(all, v)
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return all, nil
}

// Variants returns the variants with all of the given values, such as "nat=symmetric"; all of them where none is given.
// The error is a [scenario.ErrorList], or tells which variants there are.
func (s *Source) Variants(values []string) ([]*scenario.Scenario, error) {
	all, err := s.All()
	if err != nil {
		return nil, err
	}
	var chosen []*scenario.Scenario
	var names []string
	for _, v := range all {
		names = append(names, v.Variant)
		settings := "," + v.Variant + ","
		matches := true
		for _, value := range values {
			matches = matches && strings.Contains(settings, ","+value+",")
		}
		if matches {
			chosen = append(chosen, v)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case names[0] == "":
		return nil, fmt.Errorf("%s has no matrix, so there is nothing to choose with --variant", s.Name)
	}
	return nil, fmt.Errorf("%s has no variant with %s; there are\n  %s", s.Name, strings.Join(values, ","), strings.Join(names, "\n  "))
}

// Headers makes the header of a run, as a runner does.
type Headers interface {
	Header(file string, text []byte, seed uint64, options recorder.Options) recorder.Header
}

// Header returns the header of a run of a variant, with the files that it includes. The options' variant is filled in.
func (s *Source) Header(h Headers, v *scenario.Scenario, seed uint64, options recorder.Options) recorder.Header {
	options.Variant = v.Variant
	header := h.Header(s.File, s.Text, seed, options)
	for _, path := range v.Files[1:] {
		header.Include(path, s.Included(path))
	}
	return header
}
