package scenario

import (
	"fmt"
	"reflect"

	"github.com/rtcsim/rtcsim/internal/spelling"
	"gopkg.in/yaml.v3"
)

// Expectations are what must hold about a run. Which they are may depend on the variant of the scenario; that is decided when
// it is read.
type Expectations []*Expectation

// guardKeys are the keys of an entry among the expectations that holds others.
type guardKeys struct {
	When string       `yaml:"when" required:"true" doc:"A condition on the values of the matrix, by their names. It is decided when the file is read." example:"'left == \"symmetric\" and right in [\"symmetric\", \"port-restricted\"]'"`
	Then Expectations `yaml:"then" required:"true" doc:"The expectations in the variants in which it holds." example:"['bob.connectionState == \"connected\"']"`
	Else Expectations `yaml:"else" doc:"The expectations in the other variants." example:"['bob.connectionState == \"failed\"']"`

	holds bool
}

func (e *Expectations) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.expected(n, "a list", "each entry of a list begins with -")
		return
	}
	for _, item := range n.Content {
		if resolved(item).Kind == yaml.MappingNode && valueOf(resolved(item), "when") != nil {
			g := new(guardKeys)
			r.read(item, reflect.ValueOf(g).Elem(), field{})
			if g.holds {
				*e = append(*e, g.Then...)
			} else {
				*e = append(*e, g.Else...)
			}
			continue
		}
		expectation := new(Expectation)
		r.read(item, reflect.ValueOf(expectation).Elem(), field{})
		*e = append(*e, expectation)
	}
}

func (g *guardKeys) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(g).Elem())
	when := resolved(valueOf(n, "when"))
	if when == nil || when.Kind != yaml.ScalarNode || g.When == "" {
		return
	}
	c := &conditionReader{reader: r, condition: &Condition{Pos: position(when), Text: g.When}, node: when}
	if len(g.When) > maxCondition {
		c.fail(0, "too-large", "make several of it", "the condition is too long")
		return
	}
	root, err := parseExpression(g.When)
	if err != nil {
		c.fail(err.offset, "bad-condition", err.hint, "%s", err.message)
		return
	}
	c.bind(root)
	if c.failed {
		return
	}
	if typ := c.check(root); !c.failed && typ != typeTruth {
		c.fail(root.offset, "not-a-condition", `such as nat == "symmetric"`, "this is %s, not a condition", typ)
	}
	if c.failed {
		return
	}
	holds, failure := root.truth(nil)
	if failure != nil {
		c.fail(root.offset, "bad-condition", "", "%v", failure)
	}
	g.holds = holds
}

// bind puts the values of the matrix in the place of its names.
func (c *conditionReader) bind(e *expression) {
	for _, operand := range e.operands {
		c.bind(operand)
	}
	if e.path == nil {
		return
	}
	var names []string
	for _, s := range c.settings {
		if s.name == e.path[0].name && len(e.path) == 1 {
			e.path, e.literal = nil, s.literal()
			return
		}
		names = append(names, s.name)
	}
	name := e.path[0].name
	hint := fmt.Sprintf("a text is in quotes: %q; names are those of the matrix", name)
	if near := spelling.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	c.fail(e.offset, "unknown-name", hint, "the matrix has no name %s", quote(name))
}

// literal returns the value as a condition sees it: a number where it is one, maybe with a unit, a truth value, or a text.
func (s setting) literal() any {
	switch {
	case s.value.Kind != yaml.ScalarNode || s.label != s.value.Value:
		return s.label
	case s.value.Tag == "!!bool":
		return s.value.Value == "true"
	}
	if q, ok := quantityOf(s.label); ok {
		return q
	}
	return s.label
}
