package filter

import (
	"bytes"
	"strings"
)

// A pattern is a name that is asked for, which may have a * for any text. Case does not matter.
type pattern struct {
	text  []byte // in lower case
	parts [][]byte
}

func newPattern(text string) pattern {
	p := pattern{text: []byte(strings.ToLower(text))}
	if strings.Contains(text, "*") {
		p.parts = bytes.Split(p.text, []byte("*"))
	}
	return p
}

// matches reports whether the name is the one that is asked for.
func (p *pattern) matches(name []byte) bool {
	if p.parts == nil {
		return bytes.EqualFold(p.text, name)
	}
	name = bytes.ToLower(name)
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(name) < len(first)+len(last) || !bytes.HasPrefix(name, first) || !bytes.HasSuffix(name, last) {
		return false
	}
	rest := name[len(first) : len(name)-len(last)]
	for _, part := range p.parts[1 : len(p.parts)-1] {
		i := bytes.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return true
}

// within reports whether the name has what is asked for in it.
func (p *pattern) within(name []byte) bool {
	if p.parts == nil {
		return containsFold(name, p.text)
	}
	return p.matches(name)
}

// containsFold reports whether the text contains what, which is in lower case.
func containsFold(text, what []byte) bool {
	if len(what) == 0 {
		return true
	}
	first := what[0]
	if first >= 0x80 || !ascii(what) || !ascii(text) {
		return bytes.Contains(bytes.ToLower(text), what)
	}
	for i := 0; i+len(what) <= len(text); i++ {
		if lower(text[i]) == first && equalLower(text[i+1:i+len(what)], what[1:]) {
			return true
		}
	}
	return false
}

func equalLower(text, what []byte) bool {
	for i := range what {
		if lower(text[i]) != what[i] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func ascii(text []byte) bool {
	for _, c := range text {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
