package scenario

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// A Condition is an expression over the peers that is true or false, such as
//
//	bob.connectionState == "connected" and now < 30s
//
// Its values are texts in quotes, numbers, durations, true, false, nil, lists in brackets, now, and the attributes of
// [PeerState]: bob.channels["my channel"].readyState, alice.transceivers[0].mid. A number may have a unit: 5% is 0.05,
// 16KB are 16000 bytes and 2Mbps 2000000 bits per second. The operators are, those that bind least first: or, and, not; the
// comparisons ==, !=, <, <=, >, >=, in, not in, contains, startsWith, endsWith and matches (a regular expression of
// package regexp); + and -; * and /. && and || and ! are the same as and, or and not, except that ! binds most. The
// functions are len, abs, min and max.
//
// What a value belongs to may not be there yet, as with alice.localDescription.type. The value is nil then. Comparisons
// with nil are false, except that nil is equal to nil, and that != and not in are the opposite of == and in; what is
// computed from nil is nil; and where true or false is asked for, nil is false.
type Condition struct {
	Pos
	// Text is the expression as the file has it.
	Text string

	root   *expression
	values []*value
}

// A value is something that a condition asks about.
type value struct {
	// path is what the condition calls it, such as bob.selectedCandidatePair.local.type.
	path string
	// peer is empty for now.
	peer string
	// attribute is the attribute of the peer; channel is the name of a data channel where that is channels.
	attribute, channel string
	// track is the track where the attribute is media and the name of its layer is still to come.
	track *Track
	// steps lead from the attribute or the channel to the value: keys and indexes.
	steps []pathName
	// typ is the type of the value, enum are its possible values, where it has few.
	typ  reflect.Type
	enum []string
}

// Eval tells whether the condition holds. It is an error if an operation has no result, such as a division by 0.
func (c *Condition) Eval(env Env) (bool, error) {
	holds, err := c.root.truth(env)
	if err != nil {
		return false, fmt.Errorf("%s: %w", strings.TrimSpace(c.Text), err)
	}
	return holds, nil
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

// changes lists the events that tell of a change to an attribute.
var changes = map[string][]recorder.Kind{
	"signalingState":        {recorder.KindSignalingStateChange},
	"iceGatheringState":     {recorder.KindICEGatheringStateChange},
	"iceConnectionState":    {recorder.KindICEConnectionStateChange},
	"connectionState":       {recorder.KindConnectionStateChange},
	"sctp":                  {recorder.KindSCTPTransportStateChange},
	"dtls":                  {recorder.KindDTLSTransportStateChange},
	"selectedCandidatePair": {recorder.KindSelectedCandidatePairChange},
	"channels": {recorder.KindDataChannel, recorder.KindOpen, recorder.KindBufferedAmountLow, recorder.KindError,
		recorder.KindClosing, recorder.KindClose},
}

// Kinds returns the kinds of events that tell of changes to what the condition asks about, sorted. What descriptions decide
// changes with the signaling state.
func (c *Condition) Kinds() []recorder.Kind {
	kinds := map[recorder.Kind]bool{}
	for _, v := range c.values {
		known, ok := changes[v.attribute]
		if !ok && v.peer != "" {
			known = changes["signalingState"]
		}
		for _, k := range known {
			kinds[k] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// Observed says in words what the condition asks about, as it is: bob.connectionState was "failed".
func (c *Condition) Observed(env Env) string {
	texts := make([]string, len(c.values))
	for i, v := range c.values {
		x, err := v.get(env)
		switch x := x.(type) {
		case nil:
			texts[i] = v.path + " was nil"
			if err != nil {
				texts[i] = err.Error()
			}
		case string:
			texts[i] = v.path + " was " + quote(x)
		case float64:
			texts[i] = v.path + " was " + strconv.FormatFloat(x, 'f', -1, 64)
		case bool, time.Duration:
			texts[i] = fmt.Sprintf("%s was %v", v.path, x)
		case []any:
			texts[i] = fmt.Sprintf("%s had %d elements", v.path, len(x))
		default:
			texts[i] = v.path + " was there"
		}
	}
	return strings.Join(texts, ", ")
}

// get returns the value, nil if there is none.
func (v *value) get(env Env) (any, error) {
	if v.peer == "" {
		return env.Now(), nil
	}
	var x reflect.Value
	if v.attribute == "channels" {
		x = reflect.ValueOf(env.Channel(v.peer, v.channel))
	} else {
		f, _ := fieldOf(reflect.TypeFor[PeerState](), v.attribute)
		want := reflect.TypeFor[PeerState]().FieldByIndex(f.index).Type
		switch x = reflect.ValueOf(env.Attribute(v.peer, v.attribute)); {
		case !x.IsValid() && (want.Kind() == reflect.Pointer || want.Kind() == reflect.Slice || want.Kind() == reflect.Map):
			return nil, nil
		case !x.IsValid() || x.Type() != want:
			return nil, fmt.Errorf("%s.%s has no value of type %v", v.peer, v.attribute, want)
		}
	}
	for _, step := range v.steps {
		if x = step.of(x); !x.IsValid() {
			return nil, nil
		}
	}
	return plain(x), nil
}

// of returns what a name or an index leads to; the zero Value where there is no such thing.
func (n pathName) of(x reflect.Value) reflect.Value {
	for x.Kind() == reflect.Pointer || x.Kind() == reflect.Interface {
		if x.IsNil() {
			return reflect.Value{}
		}
		x = x.Elem()
	}
	switch {
	case n.isIndex && x.Kind() == reflect.Slice && n.index < x.Len():
		return x.Index(n.index)
	case !n.isIndex && x.Kind() == reflect.Struct:
		if f, ok := fieldOf(x.Type(), n.name); ok {
			return x.FieldByIndex(f.index)
		}
	case !n.isIndex && x.Kind() == reflect.Map:
		return x.MapIndex(reflect.ValueOf(n.name).Convert(x.Type().Key()))
	}
	return reflect.Value{}
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

// A conditionReader finds out what the names of a condition stand for, and whether its parts fit together.
type conditionReader struct {
	*reader
	condition *Condition
	node      *yaml.Node
	failed    bool
}

// compile reads the condition, which begins the scalar n. The peers and the data channels are known.
func (c *Condition) compile(r *reader, n *yaml.Node) {
	if len(r.errors) >= maxCollected {
		return
	}
	cr := &conditionReader{reader: r, condition: c, node: n}
	if len(c.Text) > maxCondition {
		cr.fail(0, "too-large", "make several of it", "the condition is too long")
		return
	}
	root, err := parseExpression(c.Text)
	if err != nil {
		cr.fail(err.offset, "bad-condition", err.hint, "%s", err.message)
		return
	}
	c.root = root
	switch typ := cr.check(root); {
	case cr.failed || typ == typeTruth || typ == typeUnknown:
	default:
		cr.fail(root.offset, "not-a-condition", `compare it with something: bob.connectionState == "connected"`, "this is %s, not a condition", typ)
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

// check checks a part of a condition, and returns its type: typeUnknown where something is wrong, since that has been told.
func (c *conditionReader) check(e *expression) valueType {
	e.typ = c.typeOf(e)
	return e.typ
}

func (c *conditionReader) typeOf(e *expression) valueType {
	switch {
	case e.path != nil:
		if e.value = c.resolve(e.path); e.value == nil {
			c.failed = true
			return typeUnknown
		}
		if !slices.ContainsFunc(c.condition.values, func(other *value) bool { return other.path == e.value.path }) {
			c.condition.values = append(c.condition.values, e.value)
		}
		return typeOf(e.value.typ)
	case e.typ == typeNil:
		return typeNil
	case e.call:
		return c.function(e)
	case e.list:
		for _, element := range e.operands {
			c.single(element)
		}
		return typeList
	case e.operator == "":
		return typeOf(reflect.TypeOf(e.literal))
	case e.operator == "and", e.operator == "or", e.operator == "not":
		for _, operand := range e.operands {
			if t := c.single(operand); t != typeTruth && t != typeUnknown {
				c.fail(operand.offset, "wrong-type", "", "%s joins conditions, and this is %s", e.operator, t)
			}
		}
		return typeTruth
	case slices.Contains(comparisons, e.operator):
		c.comparison(e)
		return typeTruth
	}
	return c.arithmetic(e)
}

// single checks a part that must be a single value. Only nil can be compared with an object.
func (c *conditionReader) single(e *expression) valueType {
	t := c.check(e)
	if t == typeStruct {
		hint := ""
		if e.value.typ.Kind() == reflect.Struct {
			hint = "it has " + strings.Join(keysOf(fieldsOf(e.value.typ)), ", ")
		}
		c.fail(e.last(), "not-a-condition", hint, "%s is no single value", e.value.path)
		return typeUnknown
	}
	return t
}

// last returns where the last name of a value is; for anything else, where it begins.
func (e *expression) last() int {
	if len(e.path) == 0 {
		return e.offset
	}
	return e.path[len(e.path)-1].offset
}

// comparison checks that the operands of a comparison can be compared.
func (c *conditionReader) comparison(e *expression) {
	left, right := e.operands[0], e.operands[1]
	if (e.operator == "==" || e.operator == "!=") && (left.typ == typeNil || right.typ == typeNil) {
		c.check(left)
		c.check(right)
		return
	}
	l, r := c.single(left), c.single(right)
	if l == typeUnknown && c.failed || r == typeUnknown && c.failed {
		return
	}
	fits := l == r || l == typeUnknown || r == typeUnknown
	switch e.operator {
	case "==", "!=":
		c.possible(left.value, right)
		c.possible(right.value, left)
		fits = fits && l != typeList
	case "<", "<=", ">", ">=":
		fits = fits && l != typeTruth && l != typeList && l != typeNil
	case "in", "not in":
		c.possible(left.value, right)
		fits = r == typeList && l != typeList || r == typeUnknown
		for _, element := range right.operands {
			if r == typeList && element.typ != l && element.typ != typeUnknown && l != typeUnknown {
				c.fail(element.offset, "wrong-type", "", "%s is never in a list with %s", l, element.typ)
			}
		}
	case "contains":
		c.possible(right.value, left)
		fits = l == typeText && (r == typeText || r == typeUnknown) || l == typeList && r != typeList || l == typeUnknown
	case "matches":
		text, ok := right.literal.(string)
		if !ok {
			c.fail(right.offset, "wrong-type", "such as \"^10[.]\"", "matches needs a regular expression in quotes")
			return
		}
		var err error
		if right.pattern, err = regexp.Compile(text); err != nil {
			c.fail(right.offset, "bad-condition", "", "not a regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		e.pattern = right.pattern
		fits = l == typeText || l == typeUnknown
	default:
		fits = fits && (l == typeText || l == typeUnknown)
	}
	if fits {
		return
	}
	var hint string
	if l == typeDuration && r == typeNumber || l == typeNumber && r == typeDuration {
		hint = "a duration has a unit: 30s"
	}
	c.fail(e.offset, "wrong-type", hint, "%s does not work between %s and %s", e.operator, l, r)
}

// possible checks that a value can be what it is compared with: a text, or one of a list.
func (c *conditionReader) possible(v *value, with *expression) {
	if v == nil || len(v.enum) == 0 {
		return
	}
	if text, ok := with.literal.(string); ok && !slices.Contains(v.enum, text) {
		c.failed = true
		c.unknown(c.at(with.offset), "unknown-value", "value", text, v.enum)
	}
	if with.list {
		for _, element := range with.operands {
			c.possible(v, element)
		}
	}
}

// arithmetic checks what computes with numbers and durations, and returns the type of the result.
func (c *conditionReader) arithmetic(e *expression) valueType {
	types := make([]valueType, len(e.operands))
	for i, operand := range e.operands {
		types[i] = c.single(operand)
	}
	if slices.Contains(types, typeUnknown) {
		return typeUnknown
	}
	l, r := types[0], types[len(types)-1]
	switch {
	case l == typeNumber && r == typeNumber:
		return typeNumber
	case l == typeDuration && r == typeDuration && e.operator == "/":
		return typeNumber
	case l == typeDuration && r == typeDuration && e.operator != "*",
		l == typeDuration && r == typeNumber && (e.operator == "*" || e.operator == "/"),
		l == typeNumber && r == typeDuration && e.operator == "*":
		return typeDuration
	case l == typeText && r == typeText && e.operator == "+":
		return typeText
	}
	if len(types) == 1 {
		c.fail(e.offset, "wrong-type", "", "- does not work on %s", l)
	} else {
		c.fail(e.offset, "wrong-type", "", "%s does not work between %s and %s", e.operator, l, r)
	}
	return typeUnknown
}

// function checks a call of a function, and returns the type of its result.
func (c *conditionReader) function(e *expression) valueType {
	arity, ok := functions[e.operator]
	if !ok {
		c.fail(e.offset, "unknown-function", suggest(e.operator, slices.Sorted(maps.Keys(functions))), "unknown function %s", quote(e.operator))
		return typeUnknown
	}
	if len(e.operands) == 0 || arity > 0 && len(e.operands) != arity {
		c.fail(e.offset, "wrong-arguments", "such as len(alice.localDescription.sdp) or min(1, 2)", "%s does not work with %d arguments", e.operator, len(e.operands))
		return typeUnknown
	}
	result := typeUnknown
	for _, operand := range e.operands {
		t := c.single(operand)
		switch {
		case t == typeUnknown:
			continue
		case e.operator == "len" && (t == typeText || t == typeList):
			result = typeNumber
			continue
		case e.operator != "len" && (t == typeNumber || t == typeDuration) && (result == typeUnknown || result == t):
			result = t
			continue
		}
		c.fail(operand.offset, "wrong-type", "", "%s does not work on %s", e.operator, t)
		return typeUnknown
	}
	return result
}

// resolve finds the value that a chain of names stands for. It returns nil, having said why, if there is none.
func (c *conditionReader) resolve(names []pathName) *value {
	first := names[0].name
	if first == "now" {
		if len(names) > 1 {
			c.fail(names[1].offset, "unknown-attribute", "", "now is a time and has no attributes")
			return nil
		}
		return &value{path: "now", typ: reflect.TypeFor[time.Duration]()}
	}
	if !slices.Contains(c.peers, first) {
		c.unknownName(names[0].offset, first)
		return nil
	}
	v := &value{path: first, peer: first, typ: reflect.TypeFor[PeerState]()}
	for i, n := range names[1:] {
		if !c.follow(v, i, n) {
			return nil
		}
	}
	last := names[len(names)-1].offset
	switch {
	case len(names) == 1:
		c.fail(last, "not-a-condition", "such as "+first+".connectionState", "%s is a peer: ask for one of its attributes", first)
		return nil
	case v.track != nil && v.typ.Kind() == reflect.Map:
		c.needsLayer(v, last)
		return nil
	case v.attribute == "media" && v.typ.Kind() == reflect.Map:
		c.fail(last, "not-a-condition", "such as "+v.path+".NAME.packets", "%s holds all tracks: ask for one of them", v.path)
		return nil
	case v.attribute == "channels" && v.channel == "":
		c.fail(last, "not-a-condition", "such as "+v.path+".NAME.readyState", "%s holds all data channels: ask for one of them", v.path)
		return nil
	}
	return v
}

// follow goes from a value on to what a name leads to, which is the i-th after the peer. It is false, having said why,
// if there is no such thing.
func (c *conditionReader) follow(v *value, i int, n pathName) bool {
	name := n.name
	if v.attribute == "channels" && v.channel == "" && !n.isIndex {
		if !c.channels[name] {
			c.channelExists(c.at(n.offset), name)
			return false
		}
		v.channel, v.typ = name, reflect.TypeFor[ChannelState]()
		v.extend(n)
		return true
	}
	if v.attribute == "media" && v.typ.Kind() == reflect.Map && !n.isIndex {
		return c.followTrack(v, n)
	}
	switch kind := v.typ.Kind(); {
	case kind == reflect.Interface:
		v.steps = append(v.steps, n)
	case n.isIndex && kind == reflect.Slice, !n.isIndex && kind == reflect.Map:
		v.steps = append(v.steps, n)
		v.typ, v.enum = v.typ.Elem(), nil
	case n.isIndex:
		c.fail(n.offset, "unknown-attribute", "", "%s is no list", v.path)
		return false
	case kind == reflect.Slice:
		c.fail(n.offset, "unknown-attribute", fmt.Sprintf("such as %s[0]", v.path), "%s is a list: ask for one of its elements", v.path)
		return false
	case kind != reflect.Struct:
		c.fail(n.offset, "unknown-attribute", "", "%s has no attributes", v.path)
		return false
	default:
		f, ok := fieldOf(v.typ, name)
		a, absent := absences["attribute"][name]
		switch {
		case ok:
		case absent:
			c.absent(c.at(n.offset), name, a)
			return false
		case i == 0 && c.channels[name]:
			c.fail(n.offset, "unknown-attribute", fmt.Sprintf("write %s.channels.%s", v.path, name), "unknown attribute %s", quote(name))
			return false
		default:
			c.unknown(c.at(n.offset), "unknown-attribute", "attribute", name, keysOf(fieldsOf(v.typ)))
			return false
		}
		v.typ, v.enum = v.typ.FieldByIndex(f.index).Type, f.enum
		if i == 0 {
			v.attribute = name
		} else {
			v.steps = append(v.steps, n)
		}
	}
	if v.typ.Kind() == reflect.Pointer {
		v.typ = v.typ.Elem()
	}
	v.extend(n)
	return true
}

// followTrack goes from the media of a peer to what it received of a track: of a simulcast track, of one of its layers.
func (c *conditionReader) followTrack(v *value, n pathName) bool {
	key := n.name
	switch {
	case v.track == nil:
		track := c.result.Track(n.name)
		if track == nil {
			c.trackExists(c.at(n.offset), n.name)
			return false
		}
		if track.Layers != nil {
			v.track = track
			v.extend(n)
			return true
		}
	case !v.track.hasLayer(n.name):
		c.needsLayer(v, n.offset)
		return false
	default:
		key = v.track.Name + "." + n.name
	}
	v.steps = append(v.steps, pathName{name: key})
	v.typ = reflect.TypeFor[MediaState]()
	v.extend(n)
	return true
}

func (c *conditionReader) needsLayer(v *value, offset int) {
	c.fail(offset, "unknown-attribute", fmt.Sprintf("such as %s.%s", v.path, v.track.Layers[0].RID), "%s has layers: name one of them", v.path)
}

// extend adds a name to the path.
func (v *value) extend(n pathName) {
	switch {
	case n.isIndex:
		v.path += fmt.Sprintf("[%d]", n.index)
	case isIdentifier(n.name):
		v.path += "." + n.name
	default:
		v.path += fmt.Sprintf("[%q]", n.name)
	}
}

// unknownName notes that a condition begins with a name that is nothing.
func (c *conditionReader) unknownName(offset int, name string) {
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
