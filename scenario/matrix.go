package scenario

import (
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// An Axis is a name in the matrix with the values that it takes.
type Axis struct {
	Pos
	Name   string
	Values []string
}

const (
	maxAxes     = 8
	maxVariants = 256
)

func (a *Axis) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.expected(n, "a list of values", "such as loss: [0%, 5%]")
		return
	}
	for _, item := range n.Content {
		switch {
		case item.Kind != yaml.ScalarNode || isNull(item):
			r.expected(item, "a single value", "such as loss: [0%, 5%]")
		case strings.ContainsAny(item.Value, ",=\n") || item.Value == "":
			r.errorf(position(item), "wrong-value", "the name of a variant is made of its values, such as nat=symmetric,loss=5%", "a value of the matrix cannot be empty, or contain a comma or an equals sign")
		case slices.Contains(a.Values, item.Value):
			r.errorf(position(item), "duplicate-value", "", "the value %s is there twice", quote(item.Value))
		default:
			a.Values = append(a.Values, item.Value)
		}
	}
}

func (a *Axis) setName(r *reader, pos Pos, name string) {
	a.Name = name
	if !isIdentifier(name) {
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _, and does not begin with a digit", "%s cannot be a name in the matrix", quote(name))
	}
}

// Variants returns the names of all variants of the scenario, such as "nat=symmetric,loss=5%", in the order of the
// file; one empty name without a matrix.
func (s *Scenario) Variants() []string {
	variants := []string{""}
	for _, axis := range s.Matrix {
		var longer []string
		for _, variant := range variants {
			for _, value := range axis.Values {
				longer = append(longer, strings.TrimPrefix(variant+","+axis.Name+"="+value, ","))
			}
		}
		variants = longer
	}
	return variants
}

// variable recognizes ${name}, and $${name}, which stands for the text ${name}.
var variable = regexp.MustCompile(`\$?\$\{([^{}]*)\}`)

// A setting is the value that a name of the matrix has.
type setting struct {
	name  string
	value *yaml.Node
}

// settings returns what the names of the matrix stand for in a variant, and its name; empty stands for the first one. What is wrong with the matrix itself is told when it is read.
func (r *reader) settings(root *yaml.Node, variant string) (settings []setting, name string) {
	wanted := map[string]string{}
	for part := range strings.SplitSeq(variant, ",") {
		if axis, value, ok := strings.Cut(part, "="); ok {
			wanted[axis] = value
		}
	}
	variants := 1
	var names []string
	matrix := valueOf(root, "matrix")
	if matrix == nil {
		return nil, ""
	}
	for _, p := range mappingOf(matrix) {
		values := resolved(p.value).Content
		if resolved(p.value).Kind != yaml.SequenceNode || len(values) == 0 {
			continue
		}
		if variants *= len(values); variants > maxVariants || len(settings) == maxAxes {
			r.errorf(p.pos, "too-large", "", "the matrix has more than %d variants, or more than %d names", maxVariants, maxAxes)
			return nil, ""
		}
		chosen := resolved(values[0])
		for _, v := range values {
			if v = resolved(v); v.Value == wanted[p.key] && wanted[p.key] != "" {
				chosen = v
			}
		}
		settings = append(settings, setting{p.key, chosen})
		names = append(names, p.key+"="+chosen.Value)
	}
	name = strings.Join(names, ",")
	if variant != "" && variant != name {
		r.errorf(position(matrix), "unknown-variant", "", "the matrix has no variant %s", quote(variant))
	}
	return settings, name
}

// substitute puts the values of the matrix in the place of ${name}, in all that is below a node.
func (r *reader) substitute(n *yaml.Node, settings []setting) {
	if n.Kind != yaml.ScalarNode {
		for i, child := range n.Content {
			if n.Kind != yaml.MappingNode || i%2 == 1 {
				r.substitute(child, settings)
			}
		}
		return
	}
	if !strings.Contains(n.Value, "${") {
		return
	}
	whole := variable.FindString(n.Value) == n.Value
	var named *yaml.Node // what the last ${name} stands for
	n.Value = variable.ReplaceAllStringFunc(n.Value, func(text string) string {
		if strings.HasPrefix(text, "$$") {
			return text[1:]
		}
		name := text[len("${") : len(text)-1]
		i := slices.IndexFunc(settings, func(s setting) bool { return s.name == name })
		if i < 0 {
			var names []string
			for _, s := range settings {
				names = append(names, s.name)
			}
			hint := "matrix: {" + name + ": [a, b]} gives it values; $${" + name + "} is the text itself"
			if len(names) > 0 {
				hint = suggest(name, names)
			}
			r.errorf(position(n), "unknown-variable", hint, "unknown name %s of the matrix", quote(name))
			return text
		}
		named = settings[i].value
		return named.Value
	})
	// What stands for a whole value is a number, a truth value or a text as it is in the matrix.
	if whole && named != nil {
		n.Tag, n.Style = named.Tag, named.Style
	}
}
