package scenario

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtcsim/rtcsim/internal/spelling"
	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// An Expectation is something that must hold, or with Not something that must not. Exactly one of Condition, Sequence, Never
// and Count is set.
type Expectation struct {
	Pos
	// Text is the expectation on one line.
	Text string
	// Not turns the expectation around: it holds when what the other fields tell does not.
	Not bool
	// Condition must hold: at the end of the run, or where Within is set, at some moment of that time.
	Condition *Condition
	// Within limits when Condition must come true, counted from Of, or where Of is nil from the start of the run.
	// 0: no limit of its own. It is there only under the scenario's expect.
	Within time.Duration
	Of     *CallName
	// Sequence are events that must happen in this order; others may lie between. One alone: it must happen.
	Sequence []*Pattern
	// Never must not happen.
	Never *Pattern
	// Count must happen at least AtLeast and at most AtMost times; AtMost is -1 where there is no maximum.
	Count           *Pattern
	AtLeast, AtMost int
}

// A CallName names calls of a method, such as alice.close or alice.chat.send. The first such call counts.
type CallName struct {
	Pos
	Peer string
	// Channel is the name or the label of a data channel; empty for methods of RTCPeerConnection.
	Channel string
	Method  string
}

// expectationKeys are the keys of an expectation that is a mapping. A mapping with event instead is a pattern,
// which must happen.
type expectationKeys struct {
	Not      *Expectation `yaml:"not" doc:"The expectation inside does not hold. It is decided when that one is: at the end, or when its time is over." example:"{sequence: [{peer: bob, event: close}, {peer: bob, event: message}]}"`
	Never    *Pattern     `yaml:"never" doc:"No such event may happen." example:"{peer: bob, event: iceconnectionstatechange, state: failed}"`
	Sequence []*Pattern   `yaml:"sequence" doc:"These events must happen in this order; others may lie between." example:"[{peer: bob, event: open}, {peer: bob, event: message}]"`
	Count    *Pattern     `yaml:"count" doc:"So many such events must happen: as is says, or atLeast, atMost or both." example:"{peer: bob, event: icecandidate, type: relay}"`
	Is       *int         `yaml:"is" doc:"Exactly so many." example:"1"`
	AtLeast  *int         `yaml:"atLeast" doc:"So many or more." example:"1"`
	AtMost   *int         `yaml:"atMost" doc:"So many or fewer." example:"3"`
}

func (e *Expectation) read(r *reader, n *yaml.Node) {
	e.Pos = position(n)
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		e.words(r, n)
		return
	}
	pairs, ok := r.pairs(n)
	if !ok {
		return
	}
	if slices.ContainsFunc(pairs, func(p pair) bool { return p.key == "event" }) {
		p := new(Pattern)
		r.read(n, reflect.ValueOf(p).Elem(), field{})
		e.Sequence = []*Pattern{p}
		e.Text = p.String()
		return
	}
	var keys expectationKeys
	before := r.failures
	r.mapping(n, pairs, reflect.ValueOf(&keys).Elem(), nil)
	if r.failures > before {
		return
	}
	forms := 0
	for _, given := range []bool{keys.Not != nil, keys.Never != nil, keys.Sequence != nil, keys.Count != nil} {
		if given {
			forms++
		}
	}
	counted := keys.Is != nil || keys.AtLeast != nil || keys.AtMost != nil
	switch {
	case forms != 1:
		r.errorf(e.Pos, "wrong-expectation", "", "an expectation is a condition, an event, or one of never, sequence, count and not")
	case counted && keys.Count == nil:
		r.errorf(e.Pos, "misplaced-key", "they belong to count", "is, atLeast and atMost mean nothing here")
	case keys.Not != nil && keys.Not.Not:
		r.errorf(keys.Not.Pos, "wrong-expectation", "leave out both", "not cannot stand within not")
	case keys.Not != nil:
		pos := e.Pos
		*e = *keys.Not
		e.Pos, e.Text, e.Not = pos, "not: "+e.Text, true
	case keys.Never != nil:
		e.Never, e.Text = keys.Never, "never "+keys.Never.String()
	case keys.Sequence != nil:
		texts := make([]string, len(keys.Sequence))
		for i, p := range keys.Sequence {
			texts[i] = p.String()
		}
		e.Sequence, e.Text = keys.Sequence, "sequence "+strings.Join(texts, ", ")
	default:
		e.count(r, keys)
	}
}

// count reads how often an event must happen.
func (e *Expectation) count(r *reader, keys expectationKeys) {
	e.Count, e.AtMost = keys.Count, -1
	if keys.AtLeast != nil {
		e.AtLeast = *keys.AtLeast
		e.Text = fmt.Sprintf(" at least %d", e.AtLeast)
	}
	if keys.AtMost != nil {
		e.AtMost = *keys.AtMost
		e.Text += fmt.Sprintf(" at most %d", e.AtMost)
	}
	if keys.Is != nil {
		e.AtLeast, e.AtMost = *keys.Is, *keys.Is
		e.Text = fmt.Sprintf(" is %d", *keys.Is)
	}
	e.Text = "count " + e.Count.String() + e.Text
	switch {
	case keys.Is == nil && keys.AtLeast == nil && keys.AtMost == nil:
		r.errorf(e.Pos, "missing-key", "add is: 1, or atLeast or atMost", "how many there must be is missing")
	case keys.Is != nil && (keys.AtLeast != nil || keys.AtMost != nil):
		r.errorf(e.Pos, "wrong-expectation", "", "count has is, or atLeast and atMost, not both")
	case e.AtMost >= 0 && e.AtLeast > e.AtMost:
		r.errorf(e.Pos, "never-matches", "", "nothing is at least %d and at most %d", e.AtLeast, e.AtMost)
	}
}

var (
	// received is the plain-words form: bob received "hello" on chat, or: a message, or: nothing.
	received = regexp.MustCompile(`^\s*(\S+)\s+received\s+("(?:[^"\\]|\\.)*"|'[^']*'|a message|nothing)(?:\s+on\s+(\S.*?))?\s*$`)
	// within is the end of a condition that must come true in time.
	within = regexp.MustCompile(`^(.*\S)\s+within\s+([^\s"']+)(?:\s+of\s+([^\s"']+))?\s*$`)
)

// words reads an expectation that is a text: a condition, or plain words.
func (e *Expectation) words(r *reader, n *yaml.Node) {
	text := n.Value
	e.Text = strings.Join(strings.Fields(text), " ")
	if words := strings.Fields(text); len(words) > 1 && spelling.Nearest(words[1], []string{"received"}) != "" {
		e.received(r, n)
		return
	}
	if m := within.FindStringSubmatchIndex(text); m != nil {
		at := func(i int) Pos { return r.place(n, utf8.RuneCountInString(text[:m[i]])) }
		d, w := parseDuration(text[m[4]:m[5]])
		if w != nil {
			r.errorf(at(4), w.code, w.hint, "%s", w.message)
		} else if d == 0 {
			r.errorf(at(4), "out-of-range", "", "nothing happens within no time")
		}
		e.Within = d
		if m[6] >= 0 {
			e.Of = &CallName{Pos: at(6)}
			e.Of.parse(r, text[m[6]:m[7]])
		}
		text = text[:m[3]]
	}
	e.Condition = &Condition{Pos: e.Pos, Text: text}
	r.later = append(r.later, func() { e.Condition.compile(r, n) })
}

// received reads the plain-words form.
func (e *Expectation) received(r *reader, n *yaml.Node) {
	m := received.FindStringSubmatchIndex(n.Value)
	if m == nil {
		r.errorf(e.Pos, "wrong-expectation", `such as: bob received "hello" on chat; a message or nothing can stand for "hello"`, "these words are not understood")
		return
	}
	part := func(i int) string { return n.Value[m[2*i]:m[2*i+1]] }
	at := func(i int) Pos { return r.place(n, utf8.RuneCountInString(n.Value[:m[2*i]])) }
	p := &Pattern{Pos: e.Pos, Event: recorder.KindMessage, Peer: part(1)}
	r.peerExists(at(1), p.Peer)
	if m[6] >= 0 {
		p.Channel = part(3)
		r.later = append(r.later, func() { r.channelExists(at(3), p.Channel) })
	}
	switch what := part(2); what {
	case "nothing":
		e.Never = p
		return
	case "a message":
	default:
		data, err := strconv.Unquote(what)
		if err != nil {
			data = what[1 : len(what)-1]
		}
		p.Data = &data
	}
	e.Sequence = []*Pattern{p}
}

// String returns the call as the file has it, such as alice.chat.send.
func (c *CallName) String() string {
	if c.Channel != "" {
		return c.Peer + "." + c.Channel + "." + c.Method
	}
	return c.Peer + "." + c.Method
}

// parse reads alice.close or alice.chat.send.
func (c *CallName) parse(r *reader, text string) {
	peer, rest, found := strings.Cut(text, ".")
	if !found {
		r.errorf(c.Pos, "wrong-expectation", "such as alice.close or alice.chat.send", "%s is not a call", quote(text))
		return
	}
	c.Peer, c.Method = peer, rest
	iface := "RTCPeerConnection"
	pos := c.Pos.plus(utf8.RuneCountInString(peer) + 1)
	if i := strings.LastIndex(rest, "."); i >= 0 {
		c.Channel, c.Method, iface = rest[:i], rest[i+1:], "RTCDataChannel"
		r.later = append(r.later, func() { r.channelExists(pos, c.Channel) })
	}
	r.peerExists(c.Pos, peer)
	if methodOf(iface, c.Method) == nil {
		pos.Column += utf8.RuneCountInString(strings.TrimSuffix(rest, c.Method))
		r.unknown(pos, "unknown-method", "method", c.Method, methodNames(iface))
	}
}
