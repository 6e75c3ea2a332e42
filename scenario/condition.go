package scenario

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
	"gopkg.in/yaml.v3"
)

// A Condition is an expression over the peers that is true or false, such as
//
//	bob.connectionState == "connected" and now < 30s
//
// What a value belongs to may not be there yet, as with alice.localDescription.type. The value is nil then,
// and a comparison with nil is false, except that nil == nil and that != is true.
type Condition struct {
	Pos
	// Text is the expression as the file has it.
	Text string

	values  []value
	program *vm.Program
}

// A value is something that a condition asks about.
type value struct {
	// path is what the condition calls it, such as bob.selectedCandidatePair.local.type.
	path string
	// peer is empty for now.
	peer string
	// attribute is the attribute of the peer; channel is the name of a data channel where that is
	// channels, and of a track and its layer where that is media.
	attribute, channel string
	// fields leads from the attribute or the channel to the value.
	fields []int
	// typ is the type of the value, enum are its possible values, where it has few.
	typ  reflect.Type
	enum []string
	// optional tells that it may be nil.
	optional bool
}

// Eval tells whether the condition holds. It is an error if an operation has no result, such as a division by 0.
func (c *Condition) Eval(env Env) (bool, error) {
	values := make(map[string]any, len(c.values))
	for _, v := range c.values {
		x, err := v.get(env)
		if err != nil {
			return false, err
		}
		values[v.path] = x
	}
	result, err := vm.Run(c.program, values)
	if err != nil {
		var e *file.Error
		if errors.As(err, &e) {
			err = errors.New(e.Message)
		}
		return false, fmt.Errorf("%s: %w", strings.TrimSpace(c.Text), err)
	}
	return result == true, nil
}

// Peers returns the names of the peers that the condition asks about, sorted.
func (c *Condition) Peers() []string {
	peers := map[string]bool{}
	for _, v := range c.values {
		if v.peer != "" {
			peers[v.peer] = true
		}
	}
	return slices.Sorted(maps.Keys(peers))
}

// Observed says in words what the condition asks about, as it is: bob.connectionState was "failed".
func (c *Condition) Observed(env Env) string {
	texts := make([]string, len(c.values))
	for i, v := range c.values {
		x, err := v.get(env)
		switch s, isText := x.(string); {
		case err != nil:
			texts[i] = err.Error()
		case x == nil:
			texts[i] = v.path + " was nil"
		case isText:
			texts[i] = v.path + " was " + quote(s)
		case v.typ.Kind() == reflect.Struct:
			texts[i] = v.path + " was there"
		default:
			texts[i] = fmt.Sprintf("%s was %v", v.path, x)
		}
	}
	return strings.Join(texts, ", ")
}

// get returns the value, nil if there is none.
func (v value) get(env Env) (any, error) {
	if v.peer == "" {
		return env.Now(), nil
	}
	var x reflect.Value
	switch v.attribute {
	case "channels":
		x = reflect.ValueOf(env.Channel(v.peer, v.channel))
	case "media":
		media, _ := env.Attribute(v.peer, v.attribute).(map[string]*MediaState)
		x = reflect.ValueOf(media[v.channel])
	default:
		f, _ := fieldOf(reflect.TypeFor[PeerState](), v.attribute)
		want := reflect.TypeFor[PeerState]().FieldByIndex(f.index).Type
		x = reflect.ValueOf(env.Attribute(v.peer, v.attribute))
		switch {
		case !x.IsValid() && want.Kind() == reflect.Pointer:
			return nil, nil
		case !x.IsValid() || x.Type() != want:
			return nil, fmt.Errorf("%s.%s has no value of type %v", v.peer, v.attribute, want)
		}
	}
	for _, i := range v.fields {
		if x.Kind() == reflect.Pointer {
			if x.IsNil() {
				return nil, nil
			}
			x = x.Elem()
		}
		x = x.Field(i)
	}
	if x.Kind() == reflect.Pointer {
		if x.IsNil() {
			return nil, nil
		}
		x = x.Elem()
	}
	return x.Interface(), nil
}

// fieldOf returns the field of a struct type by its key.
func fieldOf(t reflect.Type, key string) (field, bool) {
	for _, f := range fieldsOf(t) {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// maxCondition bounds the length of a condition, and so the depth of its brackets.
const maxCondition = 2000

// functions are the functions of the expression language that conditions may use: those without side effects,
// surprises and costs.
var functions = []string{"abs", "all", "any", "ceil", "count", "float", "floor", "int", "len", "lower", "max", "min",
	"none", "one", "round", "string", "trim", "upper"}

// A conditionReader compiles one condition.
type conditionReader struct {
	*reader
	condition *Condition
	node      *yaml.Node
	// durations are the duration literals by the place where they begin.
	durations map[int]time.Duration
	failed    bool
}

// compile compiles the condition, which begins the scalar n. The peers and the data channels are known.
func (c *Condition) compile(r *reader, n *yaml.Node) {
	if len(r.errors) >= maxCollected {
		return
	}
	cr := &conditionReader{reader: r, condition: c, node: n, durations: map[int]time.Duration{}}
	if len(c.Text) > maxCondition {
		cr.fail(0, "too-large", "make several of it", "the condition is too long")
		return
	}
	config := conf.CreateNew()
	tree, err := parser.ParseWithConfig(cr.maskDurations(c.Text), config)
	if err != nil {
		cr.syntax(err)
		return
	}
	cr.truth(&tree.Node)
	if cr.failed {
		return
	}
	names := types.Map{}
	for _, v := range c.values {
		switch v.typ.Kind() {
		case reflect.Struct:
			names[v.path] = types.Any
		default:
			names[v.path] = types.TypeOf(reflect.Zero(v.typ).Interface())
		}
	}
	config.WithEnv(names)
	typ, err := checker.Check(tree, config)
	switch {
	case err != nil:
		cr.mismatch(err)
	case typ.Kind() != reflect.Bool && typ.Kind() != reflect.Interface:
		cr.fail(0, "not-a-condition", `compare it with something: bob.connectionState == "connected"`, "this is %s, not a condition", typeName(typ.String()))
	default:
		if c.program, err = compiler.Compile(tree, config); err != nil {
			cr.fail(0, "not-a-condition", "", "this cannot be computed")
		}
	}
}

// fail notes an error at a character of the condition.
func (c *conditionReader) fail(offset int, code, hint, format string, args ...any) {
	c.failed = true
	c.errorf(c.at(offset), code, hint, format, args...)
}

// at returns the place in the file of a character of the condition.
func (c *conditionReader) at(offset int) Pos {
	return c.place(c.node, offset)
}

// durationLiteral recognizes 30s and 1m30s.
var durationLiteral = regexp.MustCompile(`^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+`)

// maskDurations finds the duration literals, which the expression language does not have, and puts names of the
// same length in their place, so that all places stay what they are. The visit puts the durations back.
func (c *conditionReader) maskDurations(text string) string {
	var b strings.Builder
	var quoted, last rune
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		word := last == '_' || last == '.' || last >= '0' && last <= '9' || last >= 'A' && last <= 'Z' || last >= 'a' && last <= 'z' || last >= utf8.RuneSelf
		switch {
		case quoted != 0 && r == '\\' && quoted != '`' && i+1 < len(text):
			b.WriteByte('\\')
			i++
			r, size = utf8.DecodeRuneInString(text[i:])
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted != 0:
		case r == '"' || r == '\'' || r == '`':
			quoted = r
		case r >= '0' && r <= '9' && !word:
			literal := durationLiteral.FindString(text[i:])
			d, err := time.ParseDuration(literal)
			if err != nil {
				break
			}
			c.durations[utf8.RuneCountInString(text[:i])] = d
			b.WriteString(strings.Repeat("_", utf8.RuneCountInString(literal)))
			i += len(literal)
			last = '_'
			continue
		}
		b.WriteString(text[i : i+size])
		last = r
		i += size
	}
	return b.String()
}

// A part is what the visit finds out about a part of a condition.
type part struct {
	// value is what it asks about; nil for anything but a value, or the way to one.
	value *value
	// typ is the type of the value, or of the struct on the way to it; nil where nothing is known.
	typ reflect.Type
	// optional are the paths within the part that may be nil. A comparison is guarded against them.
	optional []string
}

// visit checks the names in a part of a condition, and replaces: values by names of their own, masked durations by
// themselves, and comparisons with what may be nil by such that ask first.
func (c *conditionReader) visit(node *ast.Node) part {
	switch n := (*node).(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		return c.leaf(node)
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return c.truth(&n.Node)
		}
		return c.all(&n.Node)
	case *ast.BinaryNode:
		return c.binary(node, n)
	case *ast.ConditionalNode:
		c.truth(&n.Cond)
		return c.all(&n.Exp1, &n.Exp2)
	case *ast.ArrayNode:
		return c.each(n.Nodes)
	case *ast.PredicateNode:
		return c.truth(&n.Node)
	case *ast.BuiltinNode:
		if !slices.Contains(functions, n.Name) {
			c.function(n, n.Name)
			return part{}
		}
		return c.each(n.Arguments)
	case *ast.CallNode:
		name, _ := n.Callee.(*ast.IdentifierNode)
		if name == nil {
			c.fail(n.Location().From, "not-a-condition", "conditions look at attributes; calls are steps", "a condition cannot call a method")
		} else if !slices.Contains(functions, name.Value) {
			c.function(n, name.Value)
		} else {
			return c.each(n.Arguments)
		}
	case *ast.PointerNode, *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode:
	default:
		c.fail((*node).Location().From, "not-a-condition", "", "conditions have no such construct")
	}
	return part{}
}

// function notes that a function is none of conditions.
func (c *conditionReader) function(n ast.Node, name string) {
	c.fail(n.Location().From, "unknown-function", suggest(name, functions), "unknown function %s", quote(name))
}

// all visits several parts, which must be plain values.
func (c *conditionReader) all(nodes ...*ast.Node) part {
	var p part
	for _, n := range nodes {
		p.optional = append(p.optional, c.scalar(n).optional...)
	}
	return p
}

func (c *conditionReader) each(nodes []ast.Node) part {
	var p part
	for i := range nodes {
		p.optional = append(p.optional, c.scalar(&nodes[i]).optional...)
	}
	return p
}

// scalar visits a part that must not be a struct, since only nil can be compared with one.
func (c *conditionReader) scalar(node *ast.Node) part {
	p := c.visit(node)
	if p.typ != nil && p.typ.Kind() == reflect.Struct {
		c.fail((*node).Location().From, "not-a-condition", "it has "+strings.Join(keysOf(fieldsOf(p.typ)), ", "), "%s is no single value", p.value.path)
	}
	return p
}

// truth visits a part that must be true or false. Nil is false.
func (c *conditionReader) truth(node *ast.Node) part {
	p := c.scalar(node)
	if p.value != nil && p.value.optional && p.typ.Kind() == reflect.Bool {
		guard(node, p.value.path, "and", "!=")
	}
	return part{}
}

// guard puts a comparison of a value with nil before a part of a condition.
func guard(node *ast.Node, path, operator, comparison string) {
	test := &ast.BinaryNode{Operator: comparison, Left: &ast.IdentifierNode{Value: path}, Right: &ast.NilNode{}}
	ast.Patch(node, &ast.BinaryNode{Operator: operator, Left: test, Right: *node})
}

// binary visits an operation.
func (c *conditionReader) binary(node *ast.Node, n *ast.BinaryNode) part {
	equality := n.Operator == "==" || n.Operator == "!="
	_, nilLeft := n.Left.(*ast.NilNode)
	_, nilRight := n.Right.(*ast.NilNode)
	if equality && (nilLeft || nilRight) {
		c.visit(&n.Left)
		c.visit(&n.Right)
		return part{}
	}
	switch n.Operator {
	case "..":
		c.fail(n.Location().From, "not-a-condition", "", "conditions have no ranges")
		return part{}
	case "and", "&&", "or", "||":
		c.truth(&n.Left)
		c.truth(&n.Right)
		return part{}
	}
	left, right := c.scalar(&n.Left), c.scalar(&n.Right)
	if equality || n.Operator == "in" {
		c.possible(left.value, n.Right)
		c.possible(right.value, n.Left)
	}
	optional := append(left.optional, right.optional...)
	switch n.Operator {
	case "==", "<", "<=", ">", ">=", "in", "matches", "contains", "startsWith", "endsWith":
		for _, path := range optional {
			guard(node, path, "and", "!=")
		}
	case "!=":
		for _, path := range optional {
			guard(node, path, "or", "==")
		}
	default:
		return part{optional: optional}
	}
	return part{}
}

// possible checks that a value can be what it is compared with: a text, or one of a list.
func (c *conditionReader) possible(v *value, with ast.Node) {
	if v == nil || len(v.enum) == 0 {
		return
	}
	switch n := with.(type) {
	case *ast.StringNode:
		if !slices.Contains(v.enum, n.Value) {
			c.failed = true
			c.unknown(c.at(n.Location().From), "unknown-value", "value", n.Value, v.enum)
		}
	case *ast.ArrayNode:
		for _, element := range n.Nodes {
			c.possible(v, element)
		}
	}
}

// leaf visits a name or a chain of them. What it stands for takes its place.
func (c *conditionReader) leaf(node *ast.Node) part {
	if id, ok := (*node).(*ast.IdentifierNode); ok {
		if d, ok := c.durations[id.Location().From]; ok {
			ast.Patch(node, &ast.ConstantNode{Value: d})
			return part{}
		}
	}
	names := c.chain(*node)
	if names == nil {
		return part{}
	}
	v := c.resolve(names)
	if v == nil {
		c.failed = true
		return part{}
	}
	if !slices.ContainsFunc(c.condition.values, func(other value) bool { return other.path == v.path }) {
		c.condition.values = append(c.condition.values, *v)
	}
	ast.Patch(node, &ast.IdentifierNode{Value: v.path})
	p := part{value: v, typ: v.typ}
	if v.optional {
		p.optional = []string{v.path}
	}
	return p
}

// chain returns the names of a chain such as bob.channels["my channel"], each a node of the expression.
// It returns nil, having said why, if the chain is something else.
func (c *conditionReader) chain(node ast.Node) []ast.Node {
	var names []ast.Node
	for {
		switch n := node.(type) {
		case *ast.ChainNode:
			node = n.Node
			continue
		case *ast.IdentifierNode:
			names = append(names, n)
			slices.Reverse(names)
			return names
		case *ast.MemberNode:
			if _, ok := n.Property.(*ast.StringNode); ok {
				names = append(names, n.Property)
				node = n.Node
				continue
			}
		}
		c.fail(node.Location().From, "not-a-condition", "such as bob.connectionState", "expected the attribute of a peer")
		return nil
	}
}

// nameOf returns the name in a node of a chain.
func nameOf(node ast.Node) string {
	if s, ok := node.(*ast.StringNode); ok {
		return s.Value
	}
	return node.(*ast.IdentifierNode).Value
}

// resolve finds the value that a chain of names stands for. It returns nil, having said why, if there is none.
func (c *conditionReader) resolve(names []ast.Node) *value {
	first := nameOf(names[0])
	if first == "now" {
		if len(names) > 1 {
			c.fail(names[1].Location().From, "unknown-attribute", "", "now is a time and has no attributes")
			return nil
		}
		return &value{path: "now", typ: reflect.TypeFor[time.Duration]()}
	}
	if !slices.Contains(c.peers, first) {
		c.unknownName(names[0], first)
		return nil
	}
	v := &value{path: first, peer: first, typ: reflect.TypeFor[PeerState]()}
	for i := 1; i < len(names); i++ {
		name, offset := nameOf(names[i]), names[i].Location().From
		if v.typ == reflect.TypeFor[map[string]*MediaState]() {
			track := c.result.Track(name)
			if track == nil {
				c.trackExists(c.at(offset), name)
				return nil
			}
			v.channel = name
			v.path += "." + name
			if track.Layers != nil {
				if i++; i == len(names) || !track.hasLayer(nameOf(names[i])) {
					c.fail(offset, "unknown-attribute", fmt.Sprintf("such as %s.%s", v.path, track.Layers[0].RID), "%s has layers: name one of them", v.path)
					return nil
				}
				v.channel += "." + nameOf(names[i])
				v.path += "." + nameOf(names[i])
			}
			v.optional, v.typ = true, reflect.TypeFor[MediaState]()
			continue
		}
		if v.typ.Kind() == reflect.Map {
			if _, ok := c.channels[name]; !ok {
				c.channelExists(c.at(offset), name)
				return nil
			}
			v.channel, v.optional, v.typ = name, true, reflect.TypeFor[ChannelState]()
			if v.path += "." + name; !isIdentifier(name) {
				v.path = fmt.Sprintf("%s.channels[%q]", first, name)
			}
			continue
		}
		if v.typ.Kind() != reflect.Struct {
			c.fail(offset, "unknown-attribute", "", "%s has no attributes", v.path)
			return nil
		}
		f, ok := fieldOf(v.typ, name)
		if a, absent := absences["attribute"][name]; !ok && absent {
			c.absent(c.at(offset), name, a)
			return nil
		} else if _, isChannel := c.channels[name]; !ok && i == 1 && isChannel {
			c.fail(offset, "unknown-attribute", fmt.Sprintf("write %s.channels.%s", first, name), "unknown attribute %s", quote(name))
			return nil
		} else if !ok {
			c.unknown(c.at(offset), "unknown-attribute", "attribute", name, keysOf(fieldsOf(v.typ)))
			return nil
		}
		v.path += "." + name
		v.typ, v.enum = v.typ.FieldByIndex(f.index).Type, f.enum
		if i == 1 {
			v.attribute = name
		} else {
			v.fields = append(v.fields, f.index[0])
		}
		if v.typ.Kind() == reflect.Pointer {
			v.typ, v.optional = v.typ.Elem(), true
		}
	}
	last := names[len(names)-1].Location().From
	switch {
	case len(names) == 1:
		c.fail(last, "not-a-condition", "such as "+first+".connectionState", "%s is a peer: ask for one of its attributes", first)
		return nil
	case v.typ.Kind() == reflect.Map:
		what, example := "data channels", ".NAME.readyState"
		if v.attribute == "media" {
			what, example = "tracks", ".NAME.packets"
		}
		c.fail(last, "not-a-condition", "such as "+v.path+example, "%s holds all %s: ask for one of them", v.path, what)
		return nil
	}
	return v
}

// unknownName notes that a condition begins with a name that is nothing.
func (c *conditionReader) unknownName(node ast.Node, name string) {
	offset := node.Location().From
	for _, t := range []reflect.Type{reflect.TypeFor[PeerState](), reflect.TypeFor[ChannelState](), reflect.TypeFor[CandidateState]()} {
		for _, f := range fieldsOf(t) {
			if slices.Contains(f.enum, name) {
				c.fail(offset, "unknown-name", fmt.Sprintf("put it in quotes: %q", name), "unknown name %s", quote(name))
				return
			}
		}
		if _, ok := fieldOf(t, name); ok && len(c.peers) > 0 {
			c.fail(offset, "unknown-name", fmt.Sprintf("say whose: %s.%s", c.peers[0], name), "unknown name %s", quote(name))
			return
		}
	}
	if len(c.peers) > 0 {
		c.unknown(c.at(offset), "unknown-name", "name", name, append(slices.Clone(c.peers), "now"))
	}
}

// unexpected takes a message of the expression language's parser apart.
var unexpected = regexp.MustCompile(`^unexpected token (\w+)(?:\("(.*)"\))?$`)

// syntax tells an error of the expression language's parser in the words of this package.
func (c *conditionReader) syntax(err error) {
	var e *file.Error
	if !errors.As(err, &e) {
		c.fail(0, "bad-condition", "", "the condition cannot be read: %v", err)
		return
	}
	m := unexpected.FindStringSubmatch(e.Message)
	switch {
	case m == nil:
		c.fail(e.From, "bad-condition", "", "the condition cannot be read: %s", e.Message)
	case m[1] == "EOF":
		c.fail(e.From, "bad-condition", `such as bob.connectionState == "connected"`, "the condition ends too early")
	case m[2] == "=":
		c.fail(e.From, "bad-condition", "two equals signs compare: ==", "= compares nothing")
	default:
		c.fail(e.From, "bad-condition", `such as bob.connectionState == "connected" and now < 30s`, "%s is unexpected here", quote(m[2]))
	}
}

// mismatched takes a message of the expression language's type checker apart.
var mismatched = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (\S+)(?: and (\S+))?\)$`)

// mismatch tells an error of the expression language's type checker in the words of this package.
func (c *conditionReader) mismatch(err error) {
	var e *file.Error
	if !errors.As(err, &e) {
		c.fail(0, "wrong-type", "", "%v", err)
		return
	}
	m := mismatched.FindStringSubmatch(e.Message)
	if m == nil {
		c.fail(e.From, "wrong-type", "", "%s", e.Message)
		return
	}
	left, right := typeName(m[2]), typeName(m[3])
	var hint string
	if left == "a duration" && right == "a number" || left == "a number" && right == "a duration" {
		hint = "a duration has a unit: 30s"
	}
	if m[3] == "" {
		c.fail(e.From, "wrong-type", "", "%s does not work on %s", m[1], left)
	} else {
		c.fail(e.From, "wrong-type", hint, "%s does not work between %s and %s", m[1], left, right)
	}
}

// typeName names a type for people who write scenarios.
func typeName(t string) string {
	switch {
	case t == "string":
		return "a text"
	case t == "bool":
		return "a truth value"
	case t == "int" || t == "float64":
		return "a number"
	case t == "time.Duration":
		return "a duration"
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case t == "nil":
		return "nil"
	}
	return t
}
