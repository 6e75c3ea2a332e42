package scenario

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A tokenKind is a kind of word of an expression.
type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenText
	tokenNumber // of any unit
	tokenOperator
)

// A token is a word of an expression.
type token struct {
	kind tokenKind
	// text is the word as it is written; of a text, what it says.
	text string
	// number is the value of a number: a float64 or a time.Duration.
	number any
	offset int // in characters
}

// A lexer takes an expression apart.
type lexer struct {
	text []rune
	at   int
}

// A syntaxError is what is wrong with an expression, and where.
type syntaxError struct {
	offset        int
	message, hint string
}

// operators are the operators of signs, the longer ones first.
var operators = []string{"==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "(", ")", "[", "]", ",", ".", "="}

// next returns the next token.
func (l *lexer) next() (token, *syntaxError) {
	for l.at < len(l.text) && unicode.IsSpace(l.text[l.at]) {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{kind: tokenEnd, offset: start}, nil
	}
	run := func(in func(r rune) bool) string {
		for l.at < len(l.text) && in(l.text[l.at]) {
			l.at++
		}
		return string(l.text[start:l.at])
	}
	switch r := l.text[start]; {
	case r == '_' || unicode.IsLetter(r):
		word := run(func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) })
		return token{kind: tokenName, text: word, offset: start}, nil
	case r >= '0' && r <= '9':
		word := run(func(r rune) bool { return r == '.' || r == '%' || unicode.IsLetter(r) || r >= '0' && r <= '9' })
		n, ok := quantityOf(word)
		if !ok {
			return token{}, &syntaxError{start, quote(word) + " is not a number", "such as 3, 1.5s, 5%, 16KB or 2Mbps"}
		}
		return token{kind: tokenNumber, text: word, number: n, offset: start}, nil
	case r == '"' || r == '\'':
		return l.quoted(r)
	}
	rest := string(l.text[start:min(start+2, len(l.text))])
	for _, operator := range operators {
		if strings.HasPrefix(rest, operator) {
			l.at += len(operator)
			return token{kind: tokenOperator, text: operator, offset: start}, nil
		}
	}
	return token{}, &syntaxError{start, quote(string(l.text[start])) + " is unexpected here", exampleHint}
}

// quoted reads a text in quotes.
func (l *lexer) quoted(quotes rune) (token, *syntaxError) {
	start := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch r := l.text[l.at]; {
		case r == quotes:
			l.at++
			return token{kind: tokenText, text: b.String(), offset: start}, nil
		case r == '\\' && l.at+1 < len(l.text):
			l.at++
			escaped, ok := escapes[l.text[l.at]]
			if !ok {
				return token{}, &syntaxError{l.at - 1, fmt.Sprintf(`\%c means nothing`, l.text[l.at]), `a backslash itself is written \\`}
			}
			b.WriteRune(escaped)
		default:
			b.WriteRune(r)
		}
	}
	return token{}, &syntaxError{start, "the text has no end", "close it with " + string(quotes)}
}

// quantityOf reads a number, or one with a unit: sizes are in bytes then, rates in bits per second, and shares are parts of 1.
func quantityOf(word string) (any, bool) {
	if n, err := strconv.ParseFloat(word, 64); err == nil && !math.IsInf(n, 0) {
		return n, true
	}
	if d, w := parseDuration(word); w == nil {
		return d, true
	}
	if s, w := parseShare(word); w == nil {
		return float64(s), true
	}
	if s, w := parseSize(word); w == nil {
		return float64(s), true
	}
	if r, w := parseRate(word); w == nil {
		return float64(r), true
	}
	return nil, false
}

// An expression is a part of a condition. A node of it is a literal, a value, a list, or an operator or function with its
// operands.
type expression struct {
	offset int
	// operator is the operator, or the name of the function; empty for literals, values and lists.
	operator string
	operands []*expression
	// call tells that operator is the name of a function; list that the operands are the elements of a list.
	call, list bool
	// path are the names of a value, each with its place.
	path []pathName
	// value is what path stands for, once that is found.
	value *value
	// literal is a text, a truth value, a float64, a time.Duration or, for nil, nil.
	literal any
	// pattern is the right operand of matches.
	pattern *regexp.Regexp
	typ     valueType
}

// A pathName is a part of the way to a value: a name, or an index into a list.
type pathName struct {
	offset  int
	name    string
	index   int
	isIndex bool
}

// A valueType is what an expression results in. That any of them can be nil besides does not show in it.
type valueType int

const (
	typeUnknown valueType = iota // known only when it is looked at
	typeText
	typeTruth
	typeNumber
	typeDuration
	typeList
	typeStruct
	typeNil
)

// String names the type for people who write scenarios.
func (t valueType) String() string {
	return [...]string{"something", "a text", "a truth value", "a number", "a duration", "a list", "an object", "nil"}[t]
}

// typeOf returns the type of a value of a Go type.
func typeOf(t reflect.Type) valueType {
	if t == reflect.TypeFor[time.Duration]() {
		return typeDuration
	}
	switch t.Kind() {
	case reflect.String:
		return typeText
	case reflect.Bool:
		return typeTruth
	case reflect.Slice, reflect.Array:
		return typeList
	case reflect.Struct, reflect.Map:
		return typeStruct
	case reflect.Interface:
		return typeUnknown
	}
	return typeNumber
}

const exampleHint = `such as bob.connectionState == "connected" and now < 30s`

// functions are the functions of conditions, by the number of their arguments; -1: one or more.
var functions = map[string]int{"len": 1, "abs": 1, "min": -1, "max": -1}

// comparisons are the operators whose result is a truth value, and whose operands are none.
var comparisons = []string{"==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "matches", "startsWith", "endsWith"}

// A parser makes an expression of tokens.
type parser struct {
	lexer
	token token
	err   *syntaxError
}

// parseExpression parses a whole text.
func parseExpression(text string) (*expression, *syntaxError) {
	p := &parser{lexer: lexer{text: []rune(text)}}
	p.advance()
	e := p.or()
	if p.err == nil && p.token.kind != tokenEnd {
		p.unexpected()
	}
	return e, p.err
}

// advance goes to the next token. After an error, it is the end.
func (p *parser) advance() {
	if p.err == nil {
		p.token, p.err = p.next()
	}
	if p.err != nil {
		p.token = token{kind: tokenEnd, offset: len(p.text)}
	}
}

// fail notes the first error.
func (p *parser) fail(offset int, hint, format string, args ...any) {
	if p.err == nil {
		p.err = &syntaxError{offset, fmt.Sprintf(format, args...), hint}
	}
	p.advance()
}

func (p *parser) unexpected() {
	switch t := p.token; {
	case t.kind == tokenEnd:
		p.fail(max(t.offset-1, 0), `such as bob.connectionState == "connected"`, "the condition ends too early")
	case t.text == "=" && t.kind == tokenOperator:
		p.fail(t.offset, "two equals signs compare: ==", "= compares nothing")
	default:
		p.fail(t.offset, exampleHint, "%s is unexpected here", quote(t.text))
	}
}

// is tells whether the token is one of the operators or words.
func (p *parser) is(words ...string) bool {
	return (p.token.kind == tokenOperator || p.token.kind == tokenName) && slices.Contains(words, p.token.text)
}

// operation makes a node of the operator, which is the token, and goes on.
func (p *parser) operation(operator string, left *expression) *expression {
	e := &expression{offset: p.token.offset, operator: operator}
	if left != nil {
		e.operands = append(e.operands, left)
	}
	p.advance()
	return e
}

func (p *parser) or() *expression {
	left := p.and()
	for p.is("or", "||") {
		e := p.operation("or", left)
		e.operands = append(e.operands, p.and())
		left = e
	}
	return left
}

func (p *parser) and() *expression {
	left := p.not()
	for p.is("and", "&&") {
		e := p.operation("and", left)
		e.operands = append(e.operands, p.not())
		left = e
	}
	return left
}

func (p *parser) not() *expression {
	if !p.is("not") {
		return p.comparison()
	}
	e := p.operation("not", nil)
	e.operands = append(e.operands, p.not())
	return e
}

func (p *parser) comparison() *expression {
	left := p.sum()
	if !p.is(comparisons...) && !p.is("not") {
		return left
	}
	e := p.operation(p.token.text, left)
	if e.operator == "not" {
		if !p.is("in") {
			p.unexpected()
		}
		e.operator = "not in"
		p.advance()
	}
	e.operands = append(e.operands, p.sum())
	if p.is(comparisons...) {
		p.fail(p.token.offset, "join two comparisons with and", "only two things can be compared")
	}
	return e
}

func (p *parser) sum() *expression {
	left := p.product()
	for p.is("+", "-") {
		e := p.operation(p.token.text, left)
		e.operands = append(e.operands, p.product())
		left = e
	}
	return left
}

func (p *parser) product() *expression {
	left := p.unary()
	for p.is("*", "/") {
		e := p.operation(p.token.text, left)
		e.operands = append(e.operands, p.unary())
		left = e
	}
	return left
}

func (p *parser) unary() *expression {
	switch {
	case p.is("!"):
		e := p.operation("not", nil)
		e.operands = append(e.operands, p.unary())
		return e
	case p.is("-"):
		e := p.operation("negative", nil)
		e.operands = append(e.operands, p.unary())
		return e
	}
	return p.primary()
}

func (p *parser) primary() *expression {
	t := p.token
	e := &expression{offset: t.offset}
	switch {
	case t.kind == tokenNumber:
		e.literal = t.number
	case t.kind == tokenText:
		e.literal = t.text
	case p.is("true", "false"):
		e.literal = t.text == "true"
	case p.is("nil", "null"):
		e.typ = typeNil
	case p.is("("):
		p.advance()
		e = p.or()
		p.close(")")
		return e
	case p.is("["):
		p.advance()
		e.list = true
		e.operands = p.several("]")
		return e
	case t.kind == tokenName && !p.is("and", "or", "in", "contains", "matches", "startsWith", "endsWith"):
		return p.path()
	default:
		p.unexpected()
		return e
	}
	p.advance()
	return e
}

// close expects a closing bracket.
func (p *parser) close(bracket string) {
	if !p.is(bracket) {
		p.unexpected()
		return
	}
	p.advance()
}

// several parses what stands between commas, up to a closing bracket.
func (p *parser) several(bracket string) []*expression {
	var all []*expression
	for !p.is(bracket) && p.token.kind != tokenEnd {
		all = append(all, p.or())
		if p.is(",") {
			p.advance()
		} else if !p.is(bracket) {
			break
		}
	}
	p.close(bracket)
	return all
}

// path parses a function call or the way to a value, such as bob.channels["my channel"].readyState.
func (p *parser) path() *expression {
	e := &expression{offset: p.token.offset, path: []pathName{{offset: p.token.offset, name: p.token.text}}}
	for p.advance(); ; p.advance() {
		switch {
		case p.is("("):
			if len(e.path) > 1 {
				p.fail(e.path[len(e.path)-1].offset, "conditions look at attributes; calls are steps", "a condition cannot call a method")
				return e
			}
			p.advance()
			e.operator, e.path, e.call = e.path[0].name, nil, true
			e.operands = p.several(")")
			return e
		case p.is("."):
			p.advance()
			if p.token.kind != tokenName {
				p.unexpected()
				return e
			}
			e.path = append(e.path, pathName{offset: p.token.offset, name: p.token.text})
		case p.is("["):
			p.advance()
			name := pathName{offset: p.token.offset, name: p.token.text}
			if n, ok := p.token.number.(float64); ok && n == math.Trunc(n) && n < 1e6 {
				name.index, name.isIndex = int(n), true
			} else if p.token.kind != tokenText {
				p.fail(p.token.offset, `such as alice.transceivers[0] or alice.channels["my channel"]`, "in brackets stands a number, or a name in quotes")
				return e
			}
			p.advance()
			if !p.is("]") {
				p.unexpected()
				return e
			}
			e.path = append(e.path, name)
		default:
			return e
		}
	}
}
