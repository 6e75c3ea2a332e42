package scenario

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFiles is how many files a scenario can include.
const maxFiles = 100

// includable are the keys that an included file can have. Those that hold named things are merged.
var includable = []string{"include", "network", "servers", "peers", "tracks", "blocks"}

// merge returns the root with what the files that it includes bring in, those that they include among them.
func (r *reader) merge(root *yaml.Node) *yaml.Node {
	if valueOf(root, "include") == nil {
		return root
	}
	merged := *root
	merged.Content = slices.Clone(root.Content)
	r.include(&merged, root, []string{r.files[0].path})
	return &merged
}

// include puts what the files bring in that are named under include in from, into the root. The chain are the files that led here.
func (r *reader) include(root, from *yaml.Node, chain []string) {
	names := resolved(valueOf(from, "include"))
	if names == nil {
		return
	}
	list := []*yaml.Node{names}
	if names.Kind == yaml.SequenceNode {
		list = names.Content
	}
	for _, n := range list {
		if n = resolved(n); n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			continue // told when it is read
		}
		if included := r.open(n, chain); included != nil {
			inner := append(slices.Clone(chain), r.files[position(included).File].path)
			for _, p := range mappingOf(included) {
				switch value := resolved(p.value); {
				case p.key == "include":
					r.checkInclude(value)
				case !slices.Contains(includable, p.key):
					r.notIncludable(p)
				case value.Kind == yaml.MappingNode:
					add(root, p, value)
				case !isNull(value):
					r.expected(value, "a mapping (key: value)", "")
				}
			}
			r.include(root, included, inner)
		}
	}
}

// checkInclude tells what is wrong with the value of include in an included file; that of the scenario is read with it.
func (r *reader) checkInclude(n *yaml.Node) {
	var names []string
	r.list(n, reflect.ValueOf(&names).Elem(), field{})
}

// notIncludable tells that a key of an included file does not belong there.
func (r *reader) notIncludable(p pair) {
	known := keysOf(fieldsOf(reflect.TypeFor[Scenario]()))
	if _, absent := absences["Scenario"][p.key]; absent || slices.Contains(known, p.key) {
		r.errorf(p.pos, "misplaced-key", oneOf(includable), "an included file has no %s", p.key)
		return
	}
	r.unknown(p.pos, "unknown-key", "key", p.key, includable)
}

// open reads the file that a node names. It returns nil, having said why, if that is not possible.
func (r *reader) open(n *yaml.Node, chain []string) *yaml.Node {
	pos := position(n)
	name := path.Join(path.Dir(chain[len(chain)-1]), n.Value)
	switch {
	case !r.isBelow(n, name):
		return nil
	case slices.Contains(chain, name):
		r.errorf(pos, "circle", "", "the file includes itself: %s", strings.Join(append(slices.Clone(chain), name), " -> "))
		return nil
	case slices.ContainsFunc(r.files, func(f sourceFile) bool { return f.path == name }):
		return nil // what it brings in is there already
	}
	text, ok := r.load(n, name)
	if !ok {
		return nil
	}
	root := r.parse(len(r.files)-1, text)
	if root != nil && root.Kind != yaml.MappingNode {
		r.expected(root, "a mapping (key: value)", "")
		return nil
	}
	return root
}

// isBelow tells whether a node names a file in the scenario's folder or below it, by its path from there.
func (r *reader) isBelow(n *yaml.Node, name string) bool {
	if n.Value == "" || path.IsAbs(n.Value) || strings.Contains(n.Value, `\`) || !filepath.IsLocal(filepath.FromSlash(name)) {
		r.errorf(position(n), "bad-path", "a path such as common/networks.yaml leads to a file in the scenario's folder or below it", "%s cannot be included", quote(n.Value))
		return false
	}
	return true
}

// load reads the file that a node names, by its path from the scenario's folder, and makes it the last of r.files. It is
// false, having said why, if that is not possible.
func (r *reader) load(n *yaml.Node, name string) (text []byte, ok bool) {
	pos := position(n)
	switch {
	case len(r.files) > maxFiles:
		r.errorf(pos, "too-large", "", "the scenario includes more than %d files", maxFiles)
		return nil, false
	case r.source.Open == nil:
		r.errorf(pos, "unreadable", "", "%s cannot be included here", quote(n.Value))
		return nil, false
	}
	text, err := r.source.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("no such file") // in these words on every system
	}
	if err != nil {
		r.errorf(pos, "unreadable", "the path is relative to the file that includes it", "%s cannot be read: %v", quote(n.Value), err)
		return nil, false
	}
	shown := filepath.Join(filepath.Dir(r.source.File), filepath.FromSlash(name))
	r.files = append(r.files, sourceFile{path: name, name: shown})
	return text, true
}

// add puts the pairs of a mapping into that of the same key in the root.
func add(root *yaml.Node, p pair, value *yaml.Node) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		own := resolved(root.Content[i+1])
		if root.Content[i].Value != p.key {
			continue
		}
		if isNull(own) {
			own = &yaml.Node{Kind: yaml.MappingNode, Line: own.Line, Column: own.Column}
		}
		if own.Kind == yaml.MappingNode { // what else it is, is told when it is read
			both := *own
			both.Content = slices.Concat(own.Content, value.Content)
			root.Content[i+1] = &both
		}
		return
	}
	key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: p.key, Line: value.Line, Column: value.Column}
	root.Content = append(root.Content, key, value)
}
