package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rtcsim/rtcsim/internal/spelling"
)

// maxDepth is how deep a filter can be nested.
const maxDepth = 100

// Parse reads a filter. The error is an [*Error]. An empty text picks everything.
func Parse(text string) (*Filter, error) {
	p := parser{text: text}
	root, err := p.anyOf(0)
	if err == nil && !p.atEnd() { // a closing parenthesis stops it
		err = &Error{From: p.pos, To: p.pos + 1, Message: "nothing is open that this could close", Hint: `text with parentheses needs quotes`}
	}
	if err != nil {
		return nil, err
	}
	return &Filter{root: root}, nil
}

// A parser reads a text from left to right.
type parser struct {
	text string
	pos  int
}

// anyOf reads alternatives.
func (p *parser) anyOf(depth int) (node, *Error) {
	var alternatives anyOf
	for {
		n, err := p.allOf(depth)
		if err != nil {
			return nil, err
		}
		join := p.pos
		word := p.joins("or", "|", "||")
		if n == nil && (word != "" || len(alternatives) > 0) {
			if word != "" && len(alternatives) == 0 {
				return nil, &Error{From: join, To: join + len(word), Message: fmt.Sprintf("nothing stands before %q", word), Hint: quoteToFind(word)}
			}
			p.pos = join
			return nil, p.missing("an alternative is missing")
		}
		if n != nil {
			alternatives = append(alternatives, n)
		}
		if word == "" {
			break
		}
	}
	switch len(alternatives) {
	case 0:
		return nil, nil
	case 1:
		return alternatives[0], nil
	}
	return flattenAny(alternatives), nil
}

// allOf reads terms that must all hold; none at all gives nil.
func (p *parser) allOf(depth int) (node, *Error) {
	var all allOf
	for {
		p.atEnd()
		from := p.pos
		if word := p.joins("and", "&", "&&"); word != "" {
			if len(all) == 0 {
				return nil, &Error{From: from, To: from + len(word), Message: fmt.Sprintf("nothing stands before %q", word), Hint: quoteToFind(word)}
			}
			if p.atEnd() || p.peekJoin() {
				return nil, p.missing(fmt.Sprintf("something is missing after %q", word))
			}
		}
		if p.atEnd() || p.text[p.pos] == ')' || p.peekJoin() {
			break
		}
		n, err := p.unary(depth)
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(allOf); ok {
			all = append(all, inner...)
		} else {
			all = append(all, n)
		}
	}
	switch len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	}
	return all, nil
}

func flattenAny(nodes anyOf) anyOf {
	var flat anyOf
	for _, n := range nodes {
		if inner, ok := n.(anyOf); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	return flat
}

// unary reads a term or a group, with what negates it.
func (p *parser) unary(depth int) (node, *Error) {
	if depth > maxDepth {
		return nil, &Error{From: p.pos, To: p.pos + 1, Message: "it is nested too deep"}
	}
	from := p.pos
	negation := p.joins("not", "-", "!")
	if negation == "" {
		return p.primary(depth)
	}
	if p.atEnd() || p.text[p.pos] == ')' || p.peekJoin() {
		e := p.missing(fmt.Sprintf("something is missing after %q", negation))
		if !e.Incomplete {
			e.From, e.To = from, from+len(negation)
		}
		return nil, e
	}
	n, err := p.unary(depth + 1)
	if err != nil {
		return nil, err
	}
	return negate(n), nil
}

func negate(n node) node {
	if inner, ok := n.(not); ok {
		return inner.node
	}
	return not{n}
}

// primary reads a term, a word, a phrase or a group.
func (p *parser) primary(depth int) (node, *Error) {
	from := p.pos
	switch p.text[from] {
	case '(':
		p.pos++
		n, err := p.anyOf(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.atEnd() {
			return nil, &Error{From: from, To: from + 1, Message: "the parenthesis is not closed", Incomplete: true}
		}
		p.pos++ // only a closing parenthesis stops anyOf
		if n == nil {
			return nil, &Error{From: from, To: p.pos, Message: "there is nothing between the parentheses", Hint: "text with parentheses needs quotes"}
		}
		return n, nil
	case '"':
		text, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, &Error{From: from, To: p.pos, Message: "there is nothing between the quotes"}
		}
		return p.term(from, word(strings.ToLower(text))), nil
	}

	name, op, length := cutOperator(p.text[from:])
	if name != "" && op != "" {
		p.pos += length
		return p.field(from, name, op)
	}
	for p.pos < len(p.text) && !strings.ContainsRune("()\"|&", rune(p.text[p.pos])) && !p.atSpace() {
		p.pos++
	}
	text := p.text[from:p.pos]
	if text == "" { // at a &
		p.pos++
		text = p.text[from:p.pos]
	}
	if keyword(text) || text == "&" {
		return nil, &Error{From: from, To: p.pos, Message: fmt.Sprintf("something is missing before %q", text), Hint: quoteToFind(text)}
	}
	if f := flagNamed(text); f != nil {
		t := p.term(from, f)
		t.ahead = f.ahead
		return t, nil
	}
	return p.term(from, word(strings.ToLower(text))), nil
}

func (p *parser) term(from int, asks predicate) *term {
	return &term{predicate: asks, from: from, to: p.pos}
}

// cutOperator cuts what begins like a term into the field's name and the operator; length is that of both.
func cutOperator(text string) (name, op string, length int) {
	for length < len(text) && ('a' <= text[length]|0x20 && text[length]|0x20 <= 'z') {
		length++
	}
	rest := text[length:]
	if length == 0 {
		return "", "", 0
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return text[:length], op, length + len(op)
		}
	}
	return text[:length], "", length
}

// operators stand between a field and what it is compared with, longer ones first.
var operators = []string{":>=", ":<=", ":>", ":<", ":", "!=", ">=", "<=", ">", "<", "="}

// field reads what is compared with a field.
func (p *parser) field(from int, name, op string) (node, *Error) {
	nameEnd := from + len(name)
	field := strings.ToLower(name)
	if strings.HasPrefix(op, ":") && len(op) > 1 {
		op = op[1:]
	}
	isName := func(f *nameField) bool { return f.name == field }
	isNumber := func(f *numberField) bool { return f.name == field }
	i, j := slices.IndexFunc(nameFields, isName), slices.IndexFunc(numberFields, isNumber)
	if i < 0 && j < 0 && field != "kind" && field != "is" {
		e := &Error{From: from, To: nameEnd, Message: fmt.Sprintf("events have no %q", name)}
		if near := spelling.Nearest(field, fieldNames()); near != "" {
			e.Hint = "did you mean " + near + "?"
		} else {
			e.Hint = "quote it to look for the text"
		}
		return nil, e
	}

	if j >= 0 {
		return p.numbers(from, numberFields[j], op)
	}
	if op != ":" && op != "=" && op != "!=" {
		return nil, &Error{From: nameEnd, To: nameEnd + len(op), Message: fmt.Sprintf("%s is a name: it cannot be compared with %s", field, op),
			Hint: "use " + field + ":"}
	}
	example := "packet"
	if i >= 0 {
		example = nameFields[i].example
	} else if field == "is" {
		example = "lost"
	}
	values, err := p.values(from, field+":"+example)
	if err != nil {
		return nil, err
	}

	var n node
	switch {
	case field == "kind":
		n, err = p.kinds(from, values)
	case field == "is":
		n, err = p.flags(from, values)
	default:
		n, err = p.names(from, nameFields[i], values)
	}
	if err != nil {
		return nil, err
	}
	if op == "!=" {
		n = negate(n)
	}
	return n, nil
}

// A value is one of those that a field is compared with.
type value struct {
	text     string
	from, to int
}

// values reads values that commas separate.
func (p *parser) values(from int, example string) ([]value, *Error) {
	var values []value
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if v.text == "" {
			return nil, &Error{From: from, To: p.pos, Message: "a name is missing, as in " + example, Incomplete: p.pos == len(p.text)}
		}
		values = append(values, v)
		if p.pos == len(p.text) || p.text[p.pos] != ',' {
			return values, nil
		}
		p.pos++
	}
}

// value reads a value up to the next space, comma or parenthesis.
func (p *parser) value() (value, *Error) {
	from := p.pos
	if strings.HasPrefix(p.text[from:], `"`) {
		text, err := p.quoted()
		return value{text, from, p.pos}, err
	}
	for p.pos < len(p.text) && !strings.ContainsRune(`(),"`, rune(p.text[p.pos])) && !p.atSpace() {
		p.pos++
	}
	return value{p.text[from:p.pos], from, p.pos}, nil
}

func texts(values []value) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.text
	}
	return texts
}

func (p *parser) kinds(from int, values []value) (node, *Error) {
	for i, v := range values {
		if kinds, _ := kindsOf(v.text); len(kinds) == 0 {
			return nil, unknown(v, "kind", kindNames())
		}
		values[i].text = strings.ToLower(v.text)
	}
	return p.term(from, newKindTerm(texts(values))), nil
}

func (p *parser) flags(from int, values []value) (node, *Error) {
	var nodes anyOf
	for _, v := range values {
		f := flagNamed(v.text)
		if f == nil {
			return nil, unknown(v, "quality", flagNames())
		}
		t := p.term(from, f)
		t.ahead = f.ahead
		nodes = append(nodes, t)
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return nodes, nil
}

func (p *parser) names(from int, f *nameField, values []value) (node, *Error) {
	if f.all != nil {
		all := f.all()
		for i, v := range values {
			pattern := newPattern(v.text)
			if !slices.ContainsFunc(all, func(name string) bool { return pattern.matches([]byte(name)) }) {
				return nil, unknown(v, f.name, all)
			}
			values[i].text = strings.ToLower(v.text)
		}
	}
	t := p.term(from, newNameTerm(f, texts(values)))
	t.ahead = f.ahead
	return t, nil
}

// unknown is the error for a value that is none of the valid ones.
func unknown(v value, what string, valid []string) *Error {
	e := &Error{From: v.from, To: v.to, Message: fmt.Sprintf("there is no %s %q", what, v.text)}
	for _, name := range valid {
		if e.Hint == "" && len(v.text) > 1 && strings.HasPrefix(name, strings.ToLower(v.text)) {
			e.Hint = "did you mean " + name + "?"
		}
	}
	if near := spelling.Nearest(v.text, valid); near != "" {
		e.Hint = "did you mean " + near + "?"
	}
	if e.Hint == "" && len(valid) <= 12 {
		e.Hint = "possible are " + strings.Join(valid, ", ")
	}
	return e
}

// numbers reads what numbers are asked for.
func (p *parser) numbers(from int, f *numberField, op string) (node, *Error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if v.text == "" {
		return nil, &Error{From: from, To: p.pos, Message: "a number is missing, as in " + f.example, Incomplete: p.pos == len(p.text)}
	}
	if p.pos < len(p.text) && p.text[p.pos] == ',' {
		return nil, &Error{From: p.pos, To: p.pos + 1, Message: "only one number can stand here", Hint: fmt.Sprintf("use %s:FROM..TO, or join terms with or", f.name)}
	}

	low, high, isRange := strings.Cut(v.text, "..")
	equals := op == ":" || op == "=" || op == "!="
	var r numbers
	read := func(text string, from int) int64 {
		n, failed := f.read(text)
		if failed != nil && err == nil {
			_, unfinished := f.read(text + "s") // as 10m, 10µ
			err = &Error{From: from, To: from + len(text), Message: failed.Error(), Hint: "as in " + f.example,
				Incomplete: unfinished == nil && from+len(text) == len(p.text)}
		}
		return n
	}
	switch {
	case !isRange:
		r = compare(op, read(v.text, v.from))
	case !equals:
		return nil, &Error{From: v.from, To: v.to, Message: fmt.Sprintf("%s takes a single number", op), Hint: "use " + f.name + ":" + v.text}
	case low == "" && high == "":
		return nil, &Error{From: v.from, To: v.to, Message: "both ends of the range are missing", Incomplete: true}
	case high == "":
		r = compare(">=", read(low, v.from))
	case low == "":
		r = compare("<=", read(high, v.from+2))
	default:
		r = numbers{low: read(low, v.from), high: read(high, v.from+len(low)+2)}
		if err == nil && r.high < r.low {
			err = &Error{From: v.from, To: v.to, Message: "the range ends before it begins", Incomplete: p.pos == len(p.text)}
		}
	}
	if err != nil {
		return nil, err
	}
	t := node(p.term(from, &numberTerm{f, r}))
	if op == "!=" {
		t = negate(t)
	}
	return t, nil
}

// quoted reads text in quotes, without them.
func (p *parser) quoted() (string, *Error) {
	from := p.pos
	var text strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return text.String(), nil
		case c == '\\' && p.pos+1 < len(p.text) && (p.text[p.pos+1] == '"' || p.text[p.pos+1] == '\\'):
			p.pos++
			text.WriteByte(p.text[p.pos])
		default:
			text.WriteByte(c)
		}
	}
	return "", &Error{From: from, To: len(p.text), Message: "the closing quote is missing", Incomplete: true}
}

// joins skips one of the words or signs if it comes next, and returns it as it is written. Words end with a space or a
// parenthesis.
func (p *parser) joins(word string, signs ...string) string {
	p.atEnd()
	found := ""
	if n := len(word); p.isWord(word) {
		found = p.text[p.pos : p.pos+n]
	}
	for _, sign := range signs {
		if len(sign) > len(found) && strings.HasPrefix(p.text[p.pos:], sign) {
			found = sign
		}
	}
	p.pos += len(found)
	p.atEnd()
	return found
}

// isWord reports whether the word comes next.
func (p *parser) isWord(word string) bool {
	rest := p.text[p.pos:]
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
		return false
	}
	if len(rest) == len(word) {
		return true
	}
	next, _ := utf8.DecodeRuneInString(rest[len(word):])
	return unicode.IsSpace(next) || strings.ContainsRune("()\"|&", next)
}

// peekJoin reports whether what comes next begins another alternative.
func (p *parser) peekJoin() bool {
	return p.isWord("or") || strings.HasPrefix(p.text[p.pos:], "|")
}

// atEnd skips space and reports whether nothing is left.
func (p *parser) atEnd() bool {
	p.pos += len(p.text[p.pos:]) - len(strings.TrimLeftFunc(p.text[p.pos:], unicode.IsSpace))
	return p.pos == len(p.text)
}

// atSpace reports whether a space comes next.
func (p *parser) atSpace() bool {
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return unicode.IsSpace(r)
}

// missing is the error where something should come next.
func (p *parser) missing(message string) *Error {
	if p.atEnd() {
		return &Error{From: len(p.text), To: len(p.text), Message: message, Incomplete: true}
	}
	return &Error{From: p.pos, To: p.pos + 1, Message: message}
}

// quoteToFind is the hint for a word of the language that may be meant as text.
func quoteToFind(word string) string { return fmt.Sprintf(`write "%s" in quotes to look for it`, word) }

// fieldNames returns the names of all fields.
func fieldNames() []string {
	names := []string{"kind", "is"}
	for _, f := range nameFields {
		names = append(names, f.name)
	}
	for _, f := range numberFields {
		names = append(names, f.name)
	}
	return names
}
