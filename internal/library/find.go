package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/internal/spelling"
)

// Open returns one scenario: a file on disk, or a built-in one. What a file includes cannot be outside of its folder, by
// links neither. The error says what there is instead.
func Open(name string) (*Source, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder: give one scenario file in it, or run all with 'rtcsim test %s'", name, name)
	case err == nil:
		return openFile(name)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	source, err := BuiltIn(name)
	if err == nil {
		return source, nil
	}
	if names := within(builtIn(name)); len(names) > 0 {
		what := "a topic"
		if builtIn(name) == "." {
			what = "the whole"
		}
		return nil, fmt.Errorf("%s is %s of the library: give one scenario of it, such as %s, or run all with 'rtcsim test %s'", name, what, names[0], name)
	}
	return nil, unknown(name)
}

// openFile returns the scenario in a file on disk.
func openFile(file string) (*Source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	open := func(included string) (fs.File, error) {
		folder, err := os.OpenRoot(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		defer folder.Close()
		return folder.Open(filepath.FromSlash(included))
	}
	return newSource(nameOf(file), file, text, false, open), nil
}

// nameOf returns the path of a file as it is shown: from the working directory, where it is in there, and with slashes, so that the
// name does not depend on the machine.
func nameOf(file string) string {
	file = filepath.Clean(file)
	if filepath.IsAbs(file) {
		if here, err := os.Getwd(); err == nil {
			if below, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(below) {
				file = below
			}
		}
	}
	return filepath.ToSlash(file)
}

// unknown returns the error for a name of nothing.
func unknown(name string) error {
	wanted := builtIn(name)
	valid := append(append(Topics(), root), Names()...)
	var near []string
	for _, v := range valid {
		if path.Base(v) == wanted {
			near = append(near, v)
		}
	}
	if len(near) == 0 {
		if nearest := spelling.Nearest(wanted, valid); nearest != "" {
			near = append(near, nearest)
		}
	}
	hint := "'rtcsim list' lists the library"
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("%s: no such file or folder, and nothing of that name in the library; %s", name, hint)
}

// Find returns the scenarios that the arguments name, in the order of the arguments and of the files in a folder, each once. An argument is
//   - a file;
//   - a folder: all files in it and below that end in .yaml or .yml, but for those that are only parts of scenarios;
//   - a pattern such as calls/*.yaml or calls/**/nat-*.yaml, where * stands for anything in a name, ? for one character, [ab] for one
//     of these, and ** for any folders;
//   - a scenario of the library, a topic of it, a pattern of names, or library for all.
//
// All of them have been read; [Source.All] tells what is wrong with them. The error is about the arguments.
func Find(args ...string) ([]*Source, error) {
	f := finder{named: map[*Source]bool{}, seen: map[string]*Source{}}
	for _, arg := range args {
		if err := f.argument(arg); err != nil {
			return nil, err
		}
	}
	f.read()
	all := f.scenarios()
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no scenario in %s, only what scenarios can include", strings.Join(args, ", "))
	}
	return all, nil
}

// A finder collects sources.
type finder struct {
	sources []*Source
	named   map[*Source]bool // by an argument of their own
	seen    map[string]*Source
}

func (f *finder) argument(arg string) error {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		files, err := below(arg)
		if err == nil && len(files) == 0 {
			err = fmt.Errorf("%s: no file in this folder ends in .yaml or .yml", arg)
		}
		if err != nil {
			return err
		}
		return f.files(files, false)
	case err == nil:
		return f.files([]string{arg}, true)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case isPattern(arg):
		files, err := glob(arg)
		if err == nil {
			err = f.files(files, false)
		}
		if err != nil {
			return err
		}
		if len(files) > 0 {
			return nil
		}
	}
	names := within(builtIn(arg))
	if len(names) == 0 && isPattern(arg) {
		return fmt.Errorf("%s: no file and no scenario of the library matches; put it in quotes if ** is to reach all folders", arg)
	}
	if len(names) == 0 {
		return unknown(arg)
	}
	for _, name := range names {
		source, err := BuiltIn(name)
		if err != nil {
			return err
		}
		f.add(source, "library:"+name, false)
	}
	return nil
}

// files adds files on disk. Parts of scenarios are left out unless an argument names them.
func (f *finder) files(files []string, named bool) error {
	for _, file := range files {
		source, err := openFile(file)
		if err != nil {
			return err
		}
		if named || !isFragment(source.Text) {
			f.add(source, "file:"+source.Name, named)
		}
	}
	return nil
}

func (f *finder) add(s *Source, key string, named bool) {
	if other := f.seen[key]; other != nil {
		f.named[other] = f.named[other] || named
		return
	}
	f.seen[key] = s
	f.sources = append(f.sources, s)
	f.named[s] = named
}

// read reads all scenarios, side by side.
func (f *finder) read() {
	next := make(chan *Source)
	var readers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		readers.Go(func() {
			for s := range next {
				s.All()
			}
		})
	}
	for _, s := range f.sources {
		next <- s
	}
	close(next)
	readers.Wait()
}

// scenarios returns the sources but for those that others include.
func (f *finder) scenarios() []*Source {
	type file struct {
		builtIn bool
		path    string
	}
	included := map[file]bool{}
	for _, s := range f.sources {
		for path := range s.included {
			included[file{s.BuiltIn, filepath.Join(filepath.Dir(s.File), filepath.FromSlash(path))}] = true
		}
	}
	return slices.DeleteFunc(f.sources, func(s *Source) bool {
		return included[file{s.BuiltIn, filepath.Clean(s.File)}] && !f.named[s]
	})
}

// isFragment tells whether a file can only be a part of scenarios: it brings things in and does nothing, and has no peers. What lacks
// peers but has anything else of a scenario is one that is wrong.
func isFragment(text []byte) bool {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return false
	}
	root := document.Content[0]
	for i := 0; i < len(root.Content); i += 2 {
		switch root.Content[i].Value {
		case "include", "network", "servers", "tracks", "blocks":
		default:
			return false
		}
	}
	return true
}

// below returns the scenario files in a folder and below, in lexical order.
func below(folder string) ([]string, error) {
	var files []string
	// With the separator, a link to a folder is followed.
	root := folder + string(filepath.Separator)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != root && isHidden(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil && !d.IsDir() && isYAML(path) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

func isYAML(file string) bool {
	ext := path.Ext(filepath.ToSlash(file))
	return ext == ".yaml" || ext == ".yml"
}

// within returns the names of the built-in scenarios that a name, a topic, a pattern or "." stands for.
func within(name string) []string {
	var names []string
	for _, n := range Names() {
		if name == "." || n == name || strings.HasPrefix(n, name+"/") || isPattern(name) && matches(name, n) {
			names = append(names, n)
		}
	}
	return names
}
