package filter

import (
	"iter"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// A node is a filter or a part of one.
type node interface {
	entry(e recorder.Entry) Answer
	match(s *subject) bool
	String() string
}

var (
	_ node = allOf(nil)
	_ node = anyOf(nil)
	_ node = not{}
	_ node = (*term)(nil)
)

// allOf holds where all its nodes do.
type allOf []node

func (a allOf) entry(e recorder.Entry) Answer {
	answer := Yes
	for _, x := range a {
		if answer = min(answer, x.entry(e)); answer == No {
			break
		}
	}
	return answer
}

func (a allOf) match(s *subject) bool {
	for _, x := range a {
		if !x.match(s) {
			return false
		}
	}
	return true
}

func (a allOf) String() string {
	texts := make([]string, len(a))
	for i, x := range a {
		texts[i] = x.String()
		if _, ok := x.(anyOf); ok {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " ")
}

// anyOf holds where one of its nodes does.
type anyOf []node

func (a anyOf) entry(e recorder.Entry) Answer {
	answer := No
	for _, x := range a {
		if answer = max(answer, x.entry(e)); answer == Yes {
			break
		}
	}
	return answer
}

func (a anyOf) match(s *subject) bool {
	for _, x := range a {
		if x.match(s) {
			return true
		}
	}
	return false
}

func (a anyOf) String() string {
	texts := make([]string, len(a))
	for i, x := range a {
		texts[i] = x.String()
	}
	return strings.Join(texts, " or ")
}

// not holds where its node does not.
type not struct{ node }

func (n not) entry(e recorder.Entry) Answer { return -n.node.entry(e) }
func (n not) match(s *subject) bool         { return !n.node.match(s) }

func (n not) String() string {
	if t, ok := n.node.(*term); ok {
		return "-" + t.String()
	}
	return "-(" + n.node.String() + ")"
}

// terms goes through the terms of the filter, as they stand in it.
func (f *Filter) terms() iter.Seq[*term] {
	return func(yield func(*term) bool) { walk(f.root, yield) }
}

func walk(n node, yield func(*term) bool) bool {
	switch n := n.(type) {
	case *term:
		return yield(n)
	case not:
		return walk(n.node, yield)
	case allOf:
		for _, x := range n {
			if !walk(x, yield) {
				return false
			}
		}
	case anyOf:
		for _, x := range n {
			if !walk(x, yield) {
				return false
			}
		}
	}
	return true
}
