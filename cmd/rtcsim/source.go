package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/scenarios"
)

// source is a scenario file, with those that it includes as far as they have been read.
type source struct {
	path     string
	text     []byte
	folder   func(path string) (io.ReadCloser, error) // opens a file in the folder of the scenario
	close    func() error
	included map[string][]byte
}

// openScenario opens a scenario file. What it includes cannot be outside of its folder, by links neither.
func openScenario(path string) (*source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("%w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, usage("%w", err)
	}
	open := func(path string) (io.ReadCloser, error) { return root.Open(filepath.FromSlash(path)) }
	return &source{path: path, text: text, folder: open, close: root.Close, included: map[string][]byte{}}, nil
}

// builtIn returns a scenario of the library by its path there, such as "signaling/glare.yaml". The error is that of a file
// that is not there.
func builtIn(name string) (*source, error) {
	text, err := fs.ReadFile(scenarios.Files, name)
	if err != nil {
		return nil, err
	}
	open := func(file string) (io.ReadCloser, error) { return scenarios.Files.Open(path.Join(path.Dir(name), file)) }
	return &source{path: name, text: text, folder: open, close: func() error { return nil }, included: map[string][]byte{}}, nil
}

func (s *source) Close() error { return s.close() }

// open returns the text of an included file. It reads each only once, so that all variants see the same.
func (s *source) open(path string) ([]byte, error) {
	if text, ok := s.included[path]; ok {
		return text, nil
	}
	f, err := s.folder(path)
	if err != nil {
		var failed *os.PathError
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

// read reads a variant of the scenario; empty for the first one.
func (s *source) read(variant string) (*scenario.Scenario, error) {
	return scenario.Source{File: s.path, Text: s.text, Open: s.open, Variant: variant}.Read()
}

// readAll reads all variants of the scenario. All that is wrong with any of them is in the error.
func (s *source) readAll() ([]*scenario.Scenario, error) {
	first, err := s.read("")
	if err != nil {
		return nil, err
	}
	var all []*scenario.Scenario
	var wrong scenario.ErrorList
	told := map[string]bool{}
	for _, variant := range first.Variants() {
		v, err := s.read(variant)
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

// variants returns the variants of the scenario with all of the given values, such as "nat=symmetric".
func (s *source) variants(values []string) ([]*scenario.Scenario, error) {
	all, err := s.readAll()
	var list scenario.ErrorList
	if errors.As(err, &list) {
		return nil, &exitError{exitUsage, errors.New(list.Pretty())}
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
		return nil, usage("%s has no matrix, so there is nothing to choose with --variant", s.path)
	}
	return nil, usage("%s has no variant with %s; there are\n  %s", s.path, strings.Join(values, ","), strings.Join(names, "\n  "))
}
