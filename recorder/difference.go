package recorder

import (
	"fmt"
	"strings"
	"unicode"
)

// Difference is one field in which two things differ.
type Difference struct {
	// Field names the field, such as "seed" or "data.state".
	Field string
	// A and B are its two values as text; empty where a side does not have the field.
	A, B string
}

// String returns the difference in one line of moderate length, such as
//
//	data.state: "connected" ≠ "failed"
//
// Of long values it shows the surroundings of the first byte that differs.
func (d Difference) String() string {
	at := 0
	for at < len(d.A) && at < len(d.B) && d.A[at] == d.B[at] {
		at++
	}
	return fmt.Sprintf("%s: %s ≠ %s", d.Field, excerpt(d.A, at), excerpt(d.B, at))
}

// excerptLen is the longest value in bytes that is shown whole.
const excerptLen = 72

// excerpt returns the part of s around the byte at.
func excerpt(s string, at int) string {
	if s == "" {
		return "nothing"
	}
	start := 0
	if len(s) > excerptLen {
		start = max(0, min(at-excerptLen/2, len(s)-excerptLen))
	}
	end := min(len(s), start+excerptLen)
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) { // a damaged file must not talk to the terminal
			return '�'
		}
		return r
	}, s[start:end])
	if start > 0 {
		text = "…" + text
	}
	if end < len(s) {
		text += "…"
	}
	return text
}
