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
	Name string
	// Values are the values, or their names where the file gives them names.
	Values []string
}

const (
	maxAxes     = 8
	maxVariants = 256
)

func (a *Axis) read(r *reader, n *yaml.Node) {
	if n.Kind == yaml.MappingNode && len(n.Content) > 0 {
		pairs, _ := r.pairs(n)
		for _, p := range pairs {
			if !isVariantName(p.key) {
				r.errorf(p.pos, "wrong-value", variantHint, "a name of a value of the matrix cannot be empty, or contain a comma or an equals sign")
			}
			a.Values = append(a.Values, p.key)
		}
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.expected(n, "a list of values", "such as loss: [0%, 5%], or with names: {good: {loss: 0%}, bad: {loss: 5%, delay: 100ms}}")
		return
	}
	for _, item := range n.Content {
		switch {
		case item.Kind != yaml.ScalarNode || isNull(item):
			r.expected(item, "a single value", "such as loss: [0%, 5%]")
		case !isVariantName(item.Value):
			r.errorf(position(item), "wrong-value", variantHint, "a value of the matrix cannot be empty, or contain a comma or an equals sign")
		case slices.Contains(a.Values, item.Value):
			r.errorf(position(item), "duplicate-value", "", "the value %s is there twice", quote(item.Value))
		default:
			a.Values = append(a.Values, item.Value)
		}
	}
}

const variantHint = "the name of a variant is made of its values, such as nat=symmetric,loss=5%"

// isVariantName tells whether a text can be part of the name of a variant.
func isVariantName(text string) bool { return text != "" && !strings.ContainsAny(text, ",=\n") }

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

// A setting is the value that a name of the matrix has. Its label is the name of the value, which is the value itself where the
// file gives it none.
type setting struct {
	name, label string
	value       *yaml.Node
}

// matrix returns what the names of the matrix stand for in a variant, and its name; empty stands for the first one. What is wrong with the matrix itself is told when it is read.
func (r *reader) matrix(root *yaml.Node, variant string) (settings []setting, name string) {
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
		values := labelled(resolved(p.value))
		if len(values) == 0 {
			continue
		}
		if variants *= len(values); variants > maxVariants || len(settings) == maxAxes {
			r.errorf(p.pos, "too-large", "", "the matrix has more than %d variants, or more than %d names", maxVariants, maxAxes)
			return nil, ""
		}
		chosen := values[0]
		for _, v := range values {
			if v.label == wanted[p.key] && wanted[p.key] != "" {
				chosen = v
			}
		}
		chosen.name = p.key
		settings = append(settings, chosen)
		names = append(names, p.key+"="+chosen.label)
	}
	name = strings.Join(names, ",")
	if variant != "" && variant != name {
		r.errorf(position(matrix), "unknown-variant", "", "the matrix has no variant %s", quote(variant))
	}
	return settings, name
}

// labelled returns the values that a name of the matrix can have.
func labelled(axis *yaml.Node) []setting {
	var values []setting
	if axis.Kind == yaml.SequenceNode {
		for _, v := range axis.Content {
			v = resolved(v)
			values = append(values, setting{label: v.Value, value: v})
		}
	}
	for _, p := range mappingOf(axis) {
		values = append(values, setting{label: p.key, value: resolved(p.value)})
	}
	return values
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
	var named *setting // what the last ${name} stands for
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
		named = &settings[i]
		return named.label
	})
	// What stands for a whole value is what is in the matrix: a number, a truth value, a text, or where it has a name, anything.
	if whole && named != nil {
		if value := named.value; value.Kind == yaml.ScalarNode {
			n.Tag, n.Style, n.Value = value.Tag, value.Style, value.Value
		} else {
			*n = *value
		}
	}
}
