package tui

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// A dataTab shows all data of an event as a tree, with its cause and its effects.
type dataTab struct {
	*tree
	moment moment
	late   bool // the tree is not that of the moment yet
}

func newDataTab(t *theme) *dataTab { return &dataTab{tree: newTree(t)} }

func (d *dataTab) name() string { return "Data" }

func (d *dataTab) look(m moment) bool {
	d.moment, d.late = m, true
	return true
}

func (d *dataTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	d.build()
	return d.tree.update(msg)
}

func (d *dataTab) view(width, height int) string {
	d.build()
	return d.tree.view(width, height)
}

// build makes the tree of the event.
func (d *dataTab) build() {
	m := d.moment
	if !d.late {
		return
	}
	d.late = false
	if m.n == 0 {
		d.show(nil)
		return
	}
	nodes := []*node{d.head(m)}
	b := dataBuilder{theme: d.theme, now: m.event.Time, find: m.recording.Find}
	var members []*node
	if _, known := m.event.Kind.Info(); known == (m.data != nil) { // of an unknown kind, the JSON is readable still
		members = b.members(m.event.Data, reflect.TypeOf(m.data))
	}
	if m.data == nil && members == nil {
		members = d.damaged(m)
	}
	nodes = append(nodes, members...)
	d.show(append(nodes, d.links(m)...))
}

// head tells when, who and what.
func (d *dataTab) head(m moment) *node {
	what := "an event of a kind that this version does not know"
	info, known := m.event.Kind.Info()
	if known {
		what = info.Meaning
	}
	n := &node{id: "event", folded: true, pieces: []piece{
		{string(m.event.Kind), d.call},
		{"  " + what, d.dim},
	}}
	add := func(name, value string) {
		if value != "" {
			n.add(&node{id: name, pieces: []piece{{name, d.dim}, {"  " + value, d.theme.text}}})
		}
	}
	add("seq", strconv.FormatUint(m.event.Seq, 10))
	add("time", clock(m.event.Time, true)+" s")
	add("peer", m.event.Peer)
	add("check", m.event.Check)
	add("specification", info.Spec)
	return n
}

// damaged tells what is wrong with an event that cannot be read, and what is
// there instead.
func (d *dataTab) damaged(m moment) []*node {
	why := "this event cannot be read"
	if _, err := m.event.Value(); m.event.Kind != "" && err != nil {
		why = err.Error()
	} else if _, err := m.recording.Event(m.n); err != nil {
		why = err.Error()
	}
	nodes := []*node{{id: "damage", pieces: []piece{{why, d.bad}}, text: why, folded: true}}
	if raw, err := m.recording.Raw(m.n); err == nil {
		nodes = append(nodes, &node{id: "line", pieces: []piece{{"line", d.dim}, {fmt.Sprintf("  %d bytes", len(raw)), d.theme.text}}, text: string(raw)})
	}
	return nodes
}

// maxEffects is how many effects are listed.
const maxEffects = 200

// links leads to the cause and the effects.
func (d *dataTab) links(m moment) []*node {
	var nodes []*node
	if cause := m.recording.Cause(m.n); cause > 0 {
		nodes = append(nodes, &node{id: "cause", link: cause, pieces: append([]piece{{"cause  ", d.dim}}, d.reference(m, cause)...)})
	}
	effects := m.recording.Effects(m.n)
	if len(effects) == 0 {
		return nodes
	}
	list := &node{id: "effects", pieces: []piece{{"effects", d.dim}, {fmt.Sprintf("  %d", len(effects)), d.theme.text}}}
	for _, n := range effects[:min(len(effects), maxEffects)] {
		list.add(&node{id: strconv.Itoa(n - m.n), link: n, pieces: d.reference(m, n)})
	}
	if more := len(effects) - maxEffects; more > 0 {
		list.add(&node{id: "more", pieces: []piece{{fmt.Sprintf("and %d more", more), d.dim}}})
	}
	return append(nodes, list)
}

// reference names another event: its number, how much earlier or later it was,
// and what it is.
func (t *theme) reference(m moment, n int) []piece {
	entry := m.recording.Entry(n)
	pieces := []piece{{fmt.Sprintf("#%d ", n), t.change}, {offset(entry.Time-m.event.Time) + "  ", t.dim}}
	if entry.Peer != "" {
		pieces = append(pieces, piece{entry.Peer + "  ", t.text})
	}
	e, err := m.recording.Event(n)
	if err != nil {
		return append(pieces, piece{"cannot be read", t.bad})
	}
	data, _ := e.Value()
	text, style := t.label(e, data)
	return append(pieces, piece{text, style})
}

// offset formats a time relative to the cursor's.
func offset(d time.Duration) string {
	switch {
	case d < 0:
		return span(-d) + " before"
	case d > 0:
		return "+" + span(d)
	}
	return "at once"
}

// A dataBuilder makes nodes of JSON. The types of the data say what a number is.
type dataBuilder struct {
	*theme
	now  time.Duration
	find func(seq uint64) int
}

// members are the nodes of an object's members, in their order.
func (b dataBuilder) members(raw json.RawMessage, typ reflect.Type) []*node {
	var nodes []*node
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for i := 0; decoder.More(); i++ {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		text, _ := name.(string)
		nodes = append(nodes, b.node(fmt.Sprint(text), text, value, memberType(typ, text)))
	}
	return nodes
}

func (b dataBuilder) items(raw json.RawMessage, typ reflect.Type) []*node {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	if typ = bare(typ); typ != nil && (typ.Kind() == reflect.Slice || typ.Kind() == reflect.Array) {
		typ = typ.Elem()
	}
	nodes := make([]*node, len(items))
	for i, item := range items {
		nodes[i] = b.node(strconv.Itoa(i), strconv.Itoa(i), item, typ)
	}
	return nodes
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[[]byte]()
	stateType    = reflect.TypeFor[recorder.PeerState]()
	nearbyType   = reflect.TypeFor[recorder.Nearby]()
)

// bare is the type without pointers.
func bare(typ reflect.Type) reflect.Type {
	for typ != nil && typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	return typ
}

// memberType is the type of a member by its JSON name; nil if it is not known.
func memberType(typ reflect.Type, name string) reflect.Type {
	typ = bare(typ)
	switch {
	case typ == nil:
		return nil
	case typ.Kind() == reflect.Map:
		if typ == reflect.TypeFor[map[string]json.RawMessage]() { // of a snapshot
			return memberType(stateType, name)
		}
		return typ.Elem()
	case typ.Kind() != reflect.Struct:
		return nil
	}
	for i := range typ.NumField() {
		field := typ.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name && tag != "" {
			return field.Type
		}
		if field.Anonymous && tag == "" {
			if t := memberType(field.Type, name); t != nil {
				return t
			}
		}
	}
	return nil
}

// short is how long a text may be that is shown on its line alone.
const short = 48

// long is how long a text may be that is unfolded where its line is too short for it.
const long = 400

func (b dataBuilder) node(id, name string, raw json.RawMessage, typ reflect.Type) *node {
	typ = bare(typ)
	n := &node{id: id, pieces: []piece{{name, b.dim}}}
	value := func(text string, style lipgloss.Style) *node {
		n.pieces = append(n.pieces, piece{"  " + text, style})
		return n
	}
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return value("null", b.dim)
	case raw[0] == '{':
		n.children = b.members(raw, typ)
		if typ == nearbyType {
			return b.near(n, raw)
		}
		if len(n.children) == 0 {
			return value("{}", b.dim)
		}
		switch {
		case len(n.pieces) > 1:
		case len(n.children) > 12:
			value(count(len(n.children), "member"), b.dim)
		default:
			value(b.summary(raw, typ), b.dim)
		}
		n.folded = len(n.children) > 12
		return n
	case raw[0] == '[':
		n.children = b.items(raw, typ)
		if len(n.children) == 0 {
			return value("none", b.dim)
		}
		if text, ok := scalars(raw); ok && len(text) <= short {
			n.children = nil
			return value(text, b.theme.text)
		}
		n.folded = len(n.children) > 12
		return value(count(len(n.children), "item"), b.dim)
	case raw[0] == '"':
		var text string
		json.Unmarshal(raw, &text)
		return b.string(n, name, text, typ)
	case raw[0] == 't' || raw[0] == 'f':
		return value(string(raw), b.theme.text)
	}
	text, more := b.number(name, raw, typ)
	value(text, b.theme.text)
	if more != "" {
		value(more, b.dim)
	}
	return n
}

// near makes a node of an event that comes near to what was expected.
func (b dataBuilder) near(n *node, raw json.RawMessage) *node {
	var near recorder.Nearby
	if json.Unmarshal(raw, &near) == nil {
		n.link, n.children = b.find(near.Seq), nil
		n.pieces = []piece{{fmt.Sprintf("#%d ", near.Seq), b.change}, {clock(near.Time, false) + " s  ", b.dim}, {near.Text, b.theme.text}}
	}
	return n
}

// summary is what an object says in a few words: its first few texts.
func (b dataBuilder) summary(raw json.RawMessage, typ reflect.Type) string {
	var words []string
	for _, n := range b.members(raw, typ) {
		if len(n.children) == 0 && n.text == "" && len(n.pieces) > 1 && len(words) < 4 {
			if text := strings.TrimSpace(n.pieces[1].text); text != "null" && len(text) < 32 {
				words = append(words, text)
			}
		}
	}
	return strings.Join(words, " ")
}

// scalars joins the items of a list that has nothing else in it.
func scalars(raw json.RawMessage) (string, bool) {
	var items []any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&items) != nil {
		return "", false
	}
	words := make([]string, len(items))
	for i, item := range items {
		switch item := item.(type) {
		case string:
			words[i] = item
		case json.Number, bool:
			words[i] = fmt.Sprint(item)
		default:
			return "", false
		}
	}
	return strings.Join(words, ", "), true
}

func (b dataBuilder) string(n *node, name, text string, typ reflect.Type) *node {
	value := func(text string, style lipgloss.Style) { n.pieces = append(n.pieces, piece{"  " + text, style}) }
	style := b.theme.text
	switch {
	case typ == bytesType:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			value(text, b.bad)
			break
		}
		value(count(len(data), "byte"), style)
		n.text, n.folded = hexText(data), true
		return n
	case text == "":
		value(`""`, b.dim)
	case name == "candidate":
		value(text, style)
		n.text, n.folded = text, true
		if words := candidateWords(text); words != "" {
			n.text += "\n" + words
		}
	case strings.Contains(strings.TrimRight(text, "\r\n"), "\n"):
		lines := strings.Count(strings.TrimRight(text, "\r\n"), "\n") + 1
		value(count(lines, "line")+", "+count(len(text), "byte"), b.dim)
		n.text, n.folded = text, true
	case name == "state" || name == "now" || name == "readyState" || strings.HasSuffix(name, "State"):
		value(text, b.state(text))
	case name == "error" || name == "reason" || name == "errorText":
		value(text, b.warn)
	default:
		value(text, style)
	}
	if n.text == "" && len(text) > short {
		n.text, n.folded = text, len(text) > long
	}
	return n
}

// isMoment reports whether a time of that name is a moment, not a length of time.
func isMoment(name string) bool {
	switch name {
	case "time", "firstPacket", "firstKeyframe", "firstFrame":
		return true
	}
	return false
}

// number formats a number with its unit, and says more about it.
func (b dataBuilder) number(name string, raw json.RawMessage, typ reflect.Type) (text, more string) {
	text = string(raw)
	if typ == durationType {
		ns, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return text, ""
		}
		if isMoment(name) {
			return clock(time.Duration(ns), true) + " s", offset(time.Duration(ns) - b.now)
		}
		return time.Duration(ns).String(), ""
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text, ""
	}
	switch name {
	case "bitrate", "rate":
		return scaled(value, "bit/s"), ""
	case "size", "bytes", "octets", "maxMessageSize", "bufferedAmount", "bufferedAmountLowThreshold", "bytesSent", "bytesReceived":
		return count(int(value), "byte"), ""
	case "fractionLost":
		return strconv.FormatFloat(100*value, 'f', 1, 64) + " %", ""
	case "roundTripTime":
		return time.Duration(value * float64(time.Second)).String(), ""
	case "maxPacketLifeTime":
		return text + " ms", ""
	case "expires":
		return text, time.UnixMilli(int64(value)).UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return text, ""
}

// scaled formats a number with the prefix that suits it.
func scaled(value float64, unit string) string {
	prefix := ""
	for _, next := range []string{"k", "M", "G"} {
		if value < 1000 && value > -1000 {
			break
		}
		value, prefix = value/1000, next
	}
	return strings.TrimSpace(strconv.FormatFloat(value, 'g', 3, 64) + " " + prefix + unit)
}

// count says how many there are of something.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
