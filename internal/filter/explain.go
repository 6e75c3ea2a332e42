package filter

import (
	"strings"
)

// Explain says in words what the filter picks, such as "packets that bob sent or received, of STUN, that were lost".
func (f *Filter) Explain() string {
	if f.root == nil {
		return "all events"
	}
	return describe(f.root)
}

// describe says what events a node picks.
func describe(n node) string {
	switch n := n.(type) {
	case anyOf:
		texts := make([]string, len(n))
		for i, x := range n {
			texts[i] = describe(x)
		}
		return strings.Join(texts, "; or ")
	case allOf:
		return describeAll(n)
	}
	return describeAll(allOf{n})
}

// describeAll says what events have all that is asked for: what they are, and clauses for the rest.
func describeAll(n allOf) string {
	noun, head := headOf(n)
	var text strings.Builder
	text.WriteString(noun)
	clauses := 0
	for i, x := range n {
		if i == head {
			continue
		}
		c := clause(x, noun)
		if c == "" {
			continue
		}
		if clauses > 0 {
			text.WriteByte(',')
		}
		text.WriteString(" " + c)
		clauses++
	}
	return text.String()
}

// headOf returns what the events are called that all of the nodes hold for, and which of the nodes says nothing but that, -1 if none
// does.
func headOf(n allOf) (noun string, head int) {
	// A kind says it best, then a field, then a quality.
	best := 0
	noun, head = "events", -1
	for i, x := range n {
		t, ok := x.(*term)
		if !ok || t.noun() == "" {
			continue
		}
		rank := 2
		only := false
		switch asks := t.predicate.(type) {
		case *kindTerm:
			rank, only = 3, true
		case *flag:
			rank, only = 1, asks.holds == ""
			if only {
				rank = 3
			}
		}
		if rank > best {
			best, noun, head = rank, t.noun(), -1
			if only {
				head = i
			}
		}
	}
	return noun, head
}

// clause says what a node asks of events of that name.
func clause(n node, noun string) string {
	switch n := n.(type) {
	case *term:
		holds, _ := n.clause(noun)
		if holds == "" {
			return "that are " + n.noun()
		}
		return holds
	case not:
		switch inner := n.node.(type) {
		case *term:
			_, fails := inner.clause(noun)
			return fails
		case anyOf:
			return "that are neither " + inside(inner, "nor")
		}
		return "that are not " + describe(n.node)
	case anyOf:
		return "that are either " + inside(n, "or")
	}
	return "that are " + describe(n)
}

// inside lists alternatives within a sentence.
func inside(n anyOf, word string) string {
	texts := make([]string, len(n))
	for i, x := range n {
		texts[i] = describe(x)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts, " "+word+" ")
}

func (t *nameTerm) clause(noun string) (holds, fails string) {
	values := list(t.shown(), "or")
	switch {
	case t.field.name == "peer" && noun == "packets":
		return "that " + values + " sent or received", "that " + values + " neither sent nor received"
	case t.field.prose:
		return t.field.of + " “" + values + "”", "not " + t.field.of + " “" + values + "”"
	}
	return t.field.of + " " + values, "not " + t.field.of + " " + values
}

// shown returns the values as people write them.
func (t *nameTerm) shown() []string {
	shown := make([]string, len(t.values))
	for i, v := range t.values {
		shown[i] = v
		if t.field.name == "proto" {
			shown[i] = strings.ToUpper(v)
		}
	}
	return shown
}

// list joins words as in "a, b or c".
func list(words []string, join string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + join + " " + words[last]
}
