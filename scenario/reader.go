package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

// These bound the time and the memory that any file can cost.
const (
	maxText  = 1 << 20 // bytes in a file
	maxNodes = 50_000  // values in a file, each use of an anchor counted
	maxDepth = 50      // values within values
	maxNames = 100     // peers, and networks
)

// Read reads a scenario from its text. The name of the file is for error messages.
// An error is always an ErrorList, and holds everything that is wrong.
//
// A scenario that includes files or has a matrix is read by a [Source].
func Read(file string, text []byte) (*Scenario, error) {
	return Source{File: file, Text: text}.Read()
}

// A Source is what a scenario is read from.
type Source struct {
	// File is the name of the file, for error messages and as the place that includes are relative to.
	File string
	Text []byte
	// Open returns the text of a file that the scenario includes, by its slash-separated path relative to the folder of
	// the scenario; the path never leads out of the folder. Nil: nothing can be included.
	Open func(path string) ([]byte, error)
	// Variant is one of [Scenario.Variants]; empty stands for the first one.
	Variant string
}

// Read reads the scenario. An error is always an ErrorList, and holds everything that is wrong.
func (source Source) Read() (*Scenario, error) {
	r := newReader(source)
	s := &Scenario{File: source.File}
	if root := r.parse(0, source.Text); root != nil {
		r.settings, s.Variant = r.matrix(root, source.Variant)
		root = r.merge(root)
		for _, p := range mappingOf(root) {
			if p.key != "matrix" {
				r.substitute(p.value, r.settings)
			}
		}
		r.scenario(root, s)
	}
	if len(r.errors) > 0 {
		return nil, r.errors.sorted()
	}
	for _, f := range r.files {
		s.Files = append(s.Files, f.path)
	}
	return s, nil
}

// A reader walks the nodes of a YAML document, guided by the types of this package and the tags of their fields:
//
//	yaml      the key; "key,named" for a mapping from names to elements that becomes a list of elements with a Name
//	required  "true" for a key that must be there
//	enum      the possible values, separated by spaces
//	default   the value of a key that is left out: read like any other where the field is no pointer, else only told
//	ref       what the value names: peer, network, server, track
//	doc       what the key means, for the reference
//	example   a value, for the reference
//
// A type with a method read reads itself.
type reader struct {
	source Source
	// files are the texts that were read, by Pos.File.
	files  []sourceFile
	errors ErrorList
	// failures counts the errors, those too that are too many to be collected.
	failures int

	nodes, depth int

	// runes are the characters of the line where runesOf is: a line may be long, and looked at many times.
	runes   []rune
	runesOf Pos

	// peers, networks, servers and tracks are the names in the file. They are collected first, since names may be used before
	// the file comes to them.
	peers, networks, servers, tracks []string
	// settings are the values that the names of the matrix have.
	settings []setting
	// result is what is being read.
	result *Scenario
	// blocks are the lists of steps that have a name, using those that are being read.
	blocks map[string]*block
	using  []string
	// forced tells that the call which is being read has engine: force.
	forced bool
	// times holds where in the file a step has its at or after.
	times map[*Step]Pos
	// path leads to the step or handler that is being read.
	path string
	// channels are the names and labels of the scenario's data channels. They are known when everything has been read.
	channels map[string]bool
	// later holds the checks that need to have read everything.
	later []func()
}

// A sourceFile is a text that was read: its path from the scenario's folder, its name for error messages, and its lines.
type sourceFile struct {
	path, name string
	lines      []string
}

// A block is a list of steps that has a name.
type block struct {
	node *yaml.Node
	used bool
}

func newReader(source Source) *reader {
	return &reader{source: source, blocks: map[string]*block{}, times: map[*Step]Pos{}}
}

// A selfReader is a type whose shape in the file is not that of its fields.
type selfReader interface {
	read(r *reader, n *yaml.Node)
}

// errorf notes an error. Its hint may be empty.
func (r *reader) errorf(pos Pos, code, hint, format string, args ...any) {
	if r.failures++; len(r.errors) >= maxCollected {
		return
	}
	e := &Error{Pos: pos, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)}
	if pos.File < len(r.files) {
		f := r.files[pos.File]
		e.File = f.name
		if pos.Line >= 1 && pos.Line <= len(f.lines) {
			e.source = strings.TrimSuffix(f.lines[pos.Line-1], "\r")
		}
	}
	r.errors = append(r.errors, e)
}

// unknown notes that a name is none of the valid ones.
func (r *reader) unknown(pos Pos, code, what, name string, valid []string) {
	var hint string
	if len(r.errors) < maxCollected { // searching takes time
		hint = suggest(name, valid)
	}
	r.errorf(pos, code, hint, "unknown %s %s", what, quote(name))
}

// fileStride is what the lines of an included file are shifted by, times its index, so that a node knows its file.
const fileStride = 2 * maxText

func position(n *yaml.Node) Pos {
	return Pos{Line: n.Line % fileStride, Column: n.Column, File: n.Line / fileStride}
}

// line names the line of a place as seen from another one: with the name of the file, where that is another.
func (r *reader) line(pos, from Pos) string {
	if pos.File != from.File {
		return fmt.Sprintf("line %d of %s", pos.Line, r.files[pos.File].name)
	}
	return fmt.Sprintf("line %d", pos.Line)
}

// syntaxLine finds the line in an error of the YAML parser.
var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)`)

// unknownAnchor finds the anchor in an error of the YAML parser, which does not tell the line.
var unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)

// parse returns the root of the document in the file with that index, which must be the next one; nil if there is none.
func (r *reader) parse(file int, text []byte) *yaml.Node {
	if file == len(r.files) {
		r.files = append(r.files, sourceFile{path: path.Base(filepath.ToSlash(r.source.File)), name: r.source.File})
	}
	lines := strings.Split(string(text), "\n")
	r.files[file].lines = lines
	at := func(line, column int) Pos { return Pos{line, column, file} }
	if len(text) > maxText {
		r.errorf(at(1, 1), "too-large", "1 MiB is the most", "the file is too large: %d bytes", len(text))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	err := decoder.Decode(&document)
	if err == nil {
		switch err = decoder.Decode(&second); {
		case err == nil:
			r.errorf(at(second.Line, second.Column), "several-documents", "put each scenario in a file of its own", "the file holds more than one YAML document")
		case errors.Is(err, io.EOF):
			err = nil
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		r.errorf(at(1, 1), "empty", "a scenario needs peers and steps", "the file is empty")
		return nil
	case err != nil:
		m := syntaxLine.FindStringSubmatch(err.Error())
		if m == nil {
			m = []string{"", "", err.Error()}
		}
		line, err := strconv.Atoi(m[1])
		if err == nil && strings.HasPrefix(m[2], "did not find expected") {
			line++ // where the parser proper complains, not the scanner, it counts from 0
		}
		pos := at(min(max(line, 1), len(lines)), 1)
		if a := unknownAnchor.FindStringSubmatch(m[2]); a != nil {
			for i, l := range lines {
				if before, _, found := strings.Cut(l, "*"+a[1]); found {
					pos = at(i+1, len([]rune(before))+1)
					break
				}
			}
		} else {
			source := lines[pos.Line-1]
			pos.Column += len(source) - len(strings.TrimLeft(source, " \t"))
		}
		r.errorf(pos, "yaml", yamlHint(m[2]), "not valid YAML: %s", m[2])
		return nil
	}
	root := document.Content[0]
	if file > 0 {
		shift(root, file*fileStride)
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		r.errorf(position(root), "empty", "a scenario needs peers and steps", "the file is empty")
		return nil
	}
	return root
}

// shift adds to the lines of a node and of all below it.
func shift(n *yaml.Node, lines int) {
	n.Line += lines
	for _, child := range n.Content {
		shift(child, lines)
	}
}

// yamlHint says what commonly leads to an error of the YAML parser.
func yamlHint(message string) string {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return `a value that contains ": " must be in quotes`
	case strings.Contains(message, "cannot start any token"):
		return "YAML indents with spaces, not tabs; a value that begins with a special character must be in quotes"
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-'"):
		return "in the block that begins here, or in the one before: keys and list entries that belong together begin in the same column"
	case strings.Contains(message, "did not find expected ',' or"):
		return "a { or [ is not closed, or a comma is missing"
	}
	return ""
}

// scenario reads the root.
func (r *reader) scenario(root *yaml.Node, s *Scenario) {
	r.result = s
	r.peers, r.networks = r.names(root, "peers"), r.names(root, "network")
	r.servers, r.tracks = r.names(root, "servers"), r.names(root, "tracks")
	for _, p := range mappingOf(resolved(valueOf(root, "blocks"))) {
		r.blocks[p.key] = &block{node: resolved(p.value)}
	}
	if !slices.Contains(r.networks, Internet) {
		s.Networks = append(s.Networks, &Network{Name: Internet})
		r.networks = append(r.networks, Internet)
	}
	r.read(root, reflect.ValueOf(s).Elem(), field{})
	for _, p := range mappingOf(root) {
		switch d, w := parseDuration(p.value.Value); {
		case p.key == "limit" && w == nil && d == 0:
			r.errorf(position(p.value), "out-of-range", "", "a run of no time shows nothing")
		case p.key == "peers" && len(r.peers) == 0:
			r.errorf(p.pos, "no-peers", "such as peers: {alice: {}, bob: {}}", "there are no peers")
		}
	}
	r.spare(s)
	r.check(s)
	for _, check := range r.later {
		check()
	}
}

// spare reads the blocks of the scenario's own file that nothing uses, for what is wrong with them. Those of an included file
// may be about what this scenario does not have.
func (r *reader) spare(s *Scenario) {
	for _, b := range s.Blocks {
		if known := r.blocks[b.Name]; known != nil && !known.used && b.File == 0 && known.node.Kind == yaml.SequenceNode {
			r.using, r.path = []string{b.Name}, "blocks."+b.Name
			r.list(known.node, reflect.ValueOf(&b.Steps).Elem(), field{})
			r.using, r.path = nil, ""
		}
	}
}

// valueOf returns the value of a key of a mapping, nil if there is none.
func valueOf(n *yaml.Node, key string) *yaml.Node { return valueIn(mappingOf(n), key) }

// resolved returns what an alias stands for, and any other node itself.
func resolved(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// names returns the keys of a mapping that is a value of the root.
func (r *reader) names(root *yaml.Node, key string) []string {
	var names []string
	if root.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		value := root.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if root.Content[i].Value != key || value.Kind != yaml.MappingNode {
			continue
		}
		if len(value.Content) > 2*maxNames {
			r.errorf(position(root.Content[i]), "too-large", "", "more than %d %s", maxNames, key)
		}
		for j := 0; j+1 < len(value.Content) && j < 2*maxNames; j += 2 {
			names = append(names, value.Content[j].Value)
		}
	}
	return names
}

// A field is a key of the language: a field of a struct and what its tags say.
type field struct {
	key      string
	named    bool
	required bool
	enum     []string
	def      string
	defNode  *yaml.Node // def, as a value in a file
	example  string
	ref      string
	index    []int
}

// fieldTables holds what fieldsOf has found out, by type.
var fieldTables sync.Map

// fieldsOf returns the keys that a struct type reads.
func fieldsOf(t reflect.Type) []field {
	if known, ok := fieldTables.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" {
			continue
		}
		// Not by the YAML parser: it takes a tenth of a millisecond for each, in every run.
		def := &yaml.Node{Kind: yaml.ScalarNode, Value: f.Tag.Get("default")}
		def.Tag = def.ShortTag()
		fields = append(fields, field{
			key:      key,
			named:    option == "named",
			required: f.Tag.Get("required") == "true",
			enum:     strings.Fields(f.Tag.Get("enum")),
			def:      def.Value,
			defNode:  def,
			example:  f.Tag.Get("example"),
			ref:      f.Tag.Get("ref"),
			index:    f.Index,
		})
	}
	fieldTables.Store(t, fields)
	return fields
}

// keysOf returns the names of the keys.
func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// enter counts a value and resolves an alias. It returns nil, having said why, when the file has too many
// or too deep values; every call that did not return nil is followed by one of leave.
func (r *reader) enter(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	r.nodes++
	switch {
	case r.nodes == maxNodes:
		r.errorf(position(n), "too-large", "anchors that use anchors multiply", "the file holds too many values")
		return nil
	case r.nodes > maxNodes:
		r.failures++
		return nil
	case r.depth == maxDepth:
		r.errorf(position(n), "too-deep", "", "values are nested too deeply here")
		return nil
	}
	r.depth++
	return n
}

func (r *reader) leave() { r.depth-- }

// read reads a node into a value. The tags of the field that holds the value apply.
func (r *reader) read(n *yaml.Node, v reflect.Value, f field) {
	if n = r.enter(n); n == nil {
		return
	}
	defer r.leave()
	if v.Kind() == reflect.Pointer {
		// What is wrong stays nil, so that no later check stumbles over it.
		target, before := reflect.New(v.Type().Elem()), r.failures
		defer func() {
			if r.failures == before {
				v.Set(target)
			}
		}()
		r.readValue(n, target.Elem(), f)
		return
	}
	r.readValue(n, v, f)
}

// readValue reads a node into a value that is no pointer.
func (r *reader) readValue(n *yaml.Node, v reflect.Value, f field) {
	if s, ok := v.Addr().Interface().(selfReader); ok {
		s.read(r, n)
		return
	}
	switch {
	case v.Kind() == reflect.Struct:
		r.fields(n, v)
	case v.Kind() == reflect.Slice && f.named:
		r.named(n, v, f)
	case v.Kind() == reflect.Slice:
		r.list(n, v, f)
	default:
		r.scalar(n, v, f)
	}
}

// shape names what a node is, for messages.
func shape(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	case n.Tag == "!!bool":
		return n.Value
	case n.Tag == "!!int", n.Tag == "!!float":
		return "the number " + n.Value
	}
	return "the text " + quote(n.Value)
}

// isNull tells whether a key has no value.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// expected notes that a node has the wrong shape.
func (r *reader) expected(n *yaml.Node, what, hint string) {
	r.errorf(position(n), "wrong-type", hint, "expected %s, found %s", what, shape(n))
}

// A pair is a key of a mapping and its value.
type pair struct {
	key   string
	pos   Pos
	value *yaml.Node
}

// pairs returns the pairs of a mapping, having checked that it is one and that no key comes twice.
func (r *reader) pairs(n *yaml.Node) ([]pair, bool) {
	if isNull(n) {
		return nil, true
	}
	if n.Kind != yaml.MappingNode {
		r.expected(n, "a mapping (key: value)", "")
		return nil, false
	}
	var pairs []pair
	places := map[string]Pos{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch first, twice := places[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.errorf(position(key), "wrong-type", "", "a key must be a word, not %s", shape(key))
		case key.Tag == "!!merge":
			r.errorf(position(key), "merge-key", "repeat the keys, or use an anchor for a whole value", "merge keys (<<) are not part of the language")
		case twice:
			r.errorf(position(key), "duplicate-key", "the first one is in "+r.line(first, position(key)), "the key %s is given twice", quote(key.Value))
		default:
			places[key.Value] = position(key)
			pairs = append(pairs, pair{key.Value, position(key), value})
		}
	}
	return pairs, true
}

// mappingOf returns the pairs of a mapping whose errors have been told.
func mappingOf(n *yaml.Node) []pair {
	var pairs []pair
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, pair{n.Content[i].Value, position(n.Content[i]), n.Content[i+1]})
	}
	return pairs
}

// fields reads a mapping into a struct.
func (r *reader) fields(n *yaml.Node, v reflect.Value) {
	setPos(v, position(n))
	pairs, ok := r.pairs(n)
	if !ok {
		return
	}
	r.mapping(n, pairs, v, nil)
}

// setPos sets the position of a struct that knows it.
func setPos(v reflect.Value, pos Pos) {
	if p := v.FieldByName("Pos"); p.IsValid() && p.Type() == reflect.TypeFor[Pos]() {
		p.Set(reflect.ValueOf(pos))
	}
}

// mapping reads the pairs of a mapping into a struct. Keys that are neither fields nor known to others are errors.
func (r *reader) mapping(n *yaml.Node, pairs []pair, v reflect.Value, others []string) {
	fields := fieldsOf(v.Type())
	given := map[string]bool{}
	for _, p := range pairs {
		given[p.key] = true
		if slices.Contains(others, p.key) || slices.ContainsFunc(fields, func(f field) bool { return f.key == p.key }) {
			continue
		}
		if a, ok := absences[v.Type().Name()][p.key]; ok {
			r.absent(p.pos, p.key, a)
			continue
		}
		r.unknown(p.pos, "unknown-key", "key", p.key, append(keysOf(fields), others...))
	}
	r.defaults(v)
	// In the order of the fields: the order of the file does not matter to what is read.
	for _, f := range fields {
		for _, p := range pairs {
			if p.key == f.key {
				r.read(p.value, v.FieldByIndex(f.index), f)
			}
		}
		if f.required && !given[f.key] {
			r.errorf(position(n), "missing-key", "such as "+f.key+": "+f.example, "the key %s is missing", f.key)
		}
	}
}

// defaults gives a struct's fields their defaults. Those of pointers and lists are only told: nil stands for them.
func (r *reader) defaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		switch target := v.FieldByIndex(f.index); {
		case target.Kind() == reflect.Struct:
			r.defaults(target)
		case f.def != "" && target.Kind() != reflect.Pointer && target.Kind() != reflect.Slice:
			r.scalar(f.defNode, target, field{})
		}
	}
}

// named reads a mapping from names into a slice of pointers to structs that have names.
func (r *reader) named(n *yaml.Node, v reflect.Value, f field) {
	pairs, ok := r.pairs(n)
	if !ok {
		return
	}
	path := r.path
	defer func() { r.path = path }()
	for _, p := range pairs {
		r.path = strings.TrimPrefix(path+"."+f.key+"."+p.key, ".")
		element := reflect.New(v.Type().Elem().Elem())
		r.read(p.value, element.Elem(), field{})
		setPos(element.Elem(), p.pos)
		element.Interface().(interface {
			setName(r *reader, pos Pos, name string)
		}).setName(r, p.pos, p.key)
		v.Set(reflect.Append(v, element))
	}
}

// list reads a list. A list of strings may also be one string.
func (r *reader) list(n *yaml.Node, v reflect.Value, f field) {
	element := v.Type().Elem()
	if element.Kind() == reflect.String && n.Kind == yaml.ScalarNode && !isNull(n) {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		r.scalar(n, v.Index(0), f)
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.expected(n, "a list", "each entry of a list begins with -")
		return
	}
	path := r.path
	defer func() { r.path = path }()
	for i, item := range n.Content {
		list := path
		if f.key != "" {
			list = strings.TrimPrefix(path+"."+f.key, ".")
		}
		r.path = fmt.Sprintf("%s[%d]", list, i)
		target := reflect.New(element).Elem()
		if element.Kind() == reflect.Pointer {
			// Kept even if something is wrong: what a step names is there for the steps that use it.
			target.Set(reflect.New(element.Elem()))
			r.read(item, target.Elem(), field{})
		} else {
			r.read(item, target, field{})
		}
		v.Set(reflect.Append(v, target))
	}
}

// scalar reads a single value.
func (r *reader) scalar(n *yaml.Node, v reflect.Value, f field) {
	if n.Kind != yaml.ScalarNode {
		r.expected(n, kindOf(v), "")
		return
	}
	if isNull(n) {
		r.errorf(position(n), "missing-value", "", "the value is missing")
		return
	}
	var w *wrong
	switch target := v.Addr().Interface().(type) {
	case *time.Duration:
		*target, w = parseDuration(n.Value)
	case *Share:
		*target, w = parseShare(n.Value)
	case *Rate:
		*target, w = parseRate(n.Value)
	case *Size:
		*target, w = parseSize(n.Value)
	default:
		r.basic(n, v, f)
	}
	if w != nil && !(r.failures > 0 && strings.Contains(n.Value, "${")) { // of such a name, all has been told
		r.errorf(position(n), w.code, w.hint, "%s", w.message)
	}
}

// kindOf names what a field wants, for messages.
func kindOf(v reflect.Value) string {
	switch v.Interface().(type) {
	case time.Duration:
		return "a duration"
	case Share:
		return "a share"
	case Rate:
		return "a rate"
	case Size:
		return "a size"
	}
	switch v.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}

// basic reads a text, a truth value or a number.
func (r *reader) basic(n *yaml.Node, v reflect.Value, f field) {
	switch v.Kind() {
	case reflect.String:
		if n.Tag == "!!bool" || n.Tag == "!!int" || n.Tag == "!!float" {
			r.expected(n, "a text", fmt.Sprintf("put it in quotes: '%s'", n.Value))
			return
		}
		v.SetString(n.Value)
		if len(f.enum) > 0 && !slices.Contains(f.enum, n.Value) {
			r.unknown(position(n), "unknown-value", "value", n.Value, f.enum)
		}
		switch f.ref {
		case "peer":
			r.peerExists(position(n), n.Value)
		case "network":
			r.networkExists(position(n), n.Value)
		case "server":
			r.serverExists(position(n), n.Value)
		case "track":
			r.trackExists(position(n), n.Value)
		}
	case reflect.Bool:
		if n.Tag != "!!bool" {
			r.expected(n, "true or false", "")
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	default:
		r.number(n, v)
	}
}

// number reads a number that is not negative, within the range of the value's type: a whole one, unless that is a float.
func (r *reader) number(n *yaml.Node, v reflect.Value) {
	if v.CanFloat() {
		f, err := strconv.ParseFloat(n.Value, 64)
		switch {
		case n.Kind != yaml.ScalarNode || n.Tag != "!!int" && n.Tag != "!!float" || err != nil:
			r.expected(n, "a number", "")
		case !(f >= 0 && f <= math.MaxInt32):
			r.errorf(position(n), "out-of-range", "", "%s is not between 0 and %d", n.Value, math.MaxInt32)
		default:
			v.SetFloat(f)
		}
		return
	}
	if n.Tag != "!!int" {
		r.expected(n, "a whole number", "")
		return
	}
	text := strings.ReplaceAll(n.Value, "_", "")
	if v.CanUint() {
		most := uint64(math.MaxUint64) >> (64 - v.Type().Bits())
		u, err := strconv.ParseUint(text, 0, 64)
		if err != nil || u > most {
			r.errorf(position(n), "out-of-range", "", "%s is not between 0 and %d", n.Value, most)
			return
		}
		v.SetUint(u)
		return
	}
	i, err := strconv.ParseInt(text, 0, 64)
	if err != nil || i < 0 || i > math.MaxInt32 {
		r.errorf(position(n), "out-of-range", "", "%s is not between 0 and %d", n.Value, math.MaxInt32)
		return
	}
	v.SetInt(i)
}

// escapes are the letters that stand for others after a backslash.
var escapes = map[rune]rune{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '"': '"', '\'': '\''}

// place returns where in the file a character of a scalar is, by its offset in characters. The parser tells only
// where the scalar begins, and quotes and line breaks shift what follows: where that cannot be followed, the
// beginning must do.
func (r *reader) place(n *yaml.Node, offset int) Pos {
	pos := position(n)
	if pos.Line < 1 || pos.File >= len(r.files) || pos.Line > len(r.files[pos.File].lines) || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return pos
	}
	if begin := (Pos{Line: pos.Line, File: pos.File}); r.runesOf != begin {
		r.runesOf, r.runes = begin, []rune(r.files[pos.File].lines[pos.Line-1])
	}
	line := r.runes
	value := []rune(n.Value)
	column := pos.Column - 1
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		column++
	}
	for _, want := range value[:min(offset, len(value))] {
		quoted := column+1 < len(line) && (n.Style&yaml.DoubleQuotedStyle != 0 && line[column] == '\\' ||
			n.Style&yaml.SingleQuotedStyle != 0 && line[column] == '\'')
		if quoted {
			column++
		}
		if column >= len(line) {
			return pos
		}
		found := line[column]
		if escaped, ok := escapes[found]; ok && quoted {
			found = escaped
		}
		if found != want {
			return pos
		}
		column++
	}
	return Pos{pos.Line, column + 1, pos.File}
}
