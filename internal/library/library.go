// Package library finds scenarios: files on disk, and those that are built into rtcsim.
//
// The built-in scenarios are the library. It reads like a folder "library", whose name can be left out: library is all of
// it, nat is the topic of that name, and nat/symmetric-both, nat/symmetric-both.yaml and library/nat/symmetric-both are one
// scenario. What is on disk comes first; the prefix library/ means the built-in one where both are there.
package library

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/rtcsim/rtcsim/scenarios"
)

// root is the name of the whole library.
const root = "library"

// Names returns the names of the built-in scenarios, such as "nat/symmetric-both", by topic and name.
func Names() []string { return slices.Clone(names()) }

var names = sync.OnceValue(func() []string {
	files, err := fs.Glob(scenarios.Files, "*/*.yaml")
	if err != nil {
		panic(err) // the pattern is ours
	}
	var names []string
	for _, file := range files {
		text, err := fs.ReadFile(scenarios.Files, file)
		if err == nil && !isFragment(text) {
			names = append(names, strings.TrimSuffix(file, ".yaml"))
		}
	}
	return names
})

// Topics returns the topics of the library: the folders that its scenarios are in.
func Topics() []string {
	var topics []string
	for _, name := range Names() {
		topics = append(topics, path.Dir(name))
	}
	return slices.Compact(topics)
}

// builtIn returns the name of a built-in scenario, topic or pattern without what can be left out. "." is the whole library.
func builtIn(name string) string {
	name = path.Clean(strings.TrimSuffix(name, ".yaml"))
	if name == root {
		return "."
	}
	return strings.TrimPrefix(name, root+"/")
}

// BuiltIn returns a built-in scenario by its name. The error is fs.ErrNotExist where there is none.
func BuiltIn(name string) (*Source, error) {
	name = builtIn(name)
	file := name + ".yaml"
	text, err := fs.ReadFile(scenarios.Files, file)
	if err != nil {
		return nil, fs.ErrNotExist
	}
	open := func(included string) (fs.File, error) {
		return scenarios.Files.Open(path.Join(path.Dir(file), included))
	}
	return newSource(name, file, text, true, open), nil
}
