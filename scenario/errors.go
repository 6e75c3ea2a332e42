package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Error is one thing that is wrong with a scenario file.
type Error struct {
	// File is the name of the file, as it was given to Read.
	File string `json:"file"`
	Pos
	// Code names the kind of error and never changes, such as "unknown-key".
	Code string `json:"code"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Hint says what would be right; may be empty.
	Hint string `json:"hint,omitempty"`

	source string // the line of the file
}

// Error returns the error on one line: file:line:column: message [code].
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s [%s]", e.File, e.Line, e.Column, e.Message, e.Code)
}

// Pretty returns the error for people: below the line of Error stand the line of the file, a caret under the
// very word, and the hint.
func (e *Error) Pretty() string {
	var b strings.Builder
	b.WriteString(e.Error())
	if source, column := excerpt([]rune(e.source), e.Column); source != "" {
		number := fmt.Sprint(e.Line)
		fmt.Fprintf(&b, "\n%s | %s", number, source)
		fmt.Fprintf(&b, "\n%*s | %*s^", len(number), "", column-1, "")
	}
	if e.Hint != "" {
		b.WriteString("\n  hint: " + e.Hint)
	}
	return b.String()
}

// excerpt cuts a line that is too long to show around a column, and makes it safe to print: what is no printable
// character becomes a space, so that the caret stays below its word.
func excerpt(line []rune, column int) (string, int) {
	const before, width = 60, 120
	cut := max(0, min(column-1-before, len(line)-width))
	line = line[cut:min(cut+width, len(line))]
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0xfeff || r == 0xfffd {
			return ' '
		}
		return r
	}, string(line))
	return strings.TrimRight(text, " "), column - cut
}

// An ErrorList is what is wrong with a scenario file, in the order of the file: the first maxErrors of it.
type ErrorList []*Error

// Error returns all errors, one a line.
func (l ErrorList) Error() string {
	return l.join((*Error).Error, "\n")
}

// Pretty returns all errors as Error.Pretty does, with an empty line between them.
func (l ErrorList) Pretty() string {
	return l.join((*Error).Pretty, "\n\n")
}

func (l ErrorList) join(text func(*Error) string, separator string) string {
	texts := make([]string, len(l))
	for i, e := range l {
		texts[i] = text(e)
	}
	return strings.Join(texts, separator)
}

// Unwrap returns the errors one by one, for errors.As.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

const (
	// maxErrors is how many errors are told: nobody reads more at once.
	maxErrors = 20
	// maxCollected is how many errors are collected before they are sorted. It bounds the work on garbage.
	maxCollected = 500
)

// sorted returns the list in the order of the file, without repetitions and cut to maxErrors.
func (l ErrorList) sorted() ErrorList {
	slices.SortStableFunc(l, func(a, b *Error) int {
		return cmp.Or(a.Pos.File-b.Pos.File, a.Line-b.Line, a.Column-b.Column)
	})
	// An anchor's errors are found again wherever it is used.
	l = slices.CompactFunc(l, func(a, b *Error) bool {
		return a.Pos == b.Pos && a.Message == b.Message
	})
	return l[:min(len(l), maxErrors)]
}
