package suite

import (
	"fmt"
	"strings"
)

// text returns all that is known of a result that did not pass, for people, without colour.
func (r *Result) text() string {
	var b strings.Builder
	for _, f := range r.Failures {
		b.WriteString(f.text())
	}
	if r.Why != "" {
		b.WriteString("why:\n")
	}
	for line := range strings.Lines(r.Why) {
		b.WriteString("  " + line)
	}
	if r.Replay != "" {
		fmt.Fprintf(&b, "replay: %s\n", r.Replay)
	}
	if r.Again != "" {
		fmt.Fprintf(&b, "again: %s\n", r.Again)
	}
	return b.String()
}

// text returns all that is known of a failure.
func (f Failure) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, f.Text)
	if f.Line > 0 {
		fmt.Fprintf(&b, "  %s:%d: %s\n", f.File, f.Line, strings.TrimSpace(f.Source))
	}
	if f.Seen != "" {
		fmt.Fprintf(&b, "  at %v: %s\n", f.Time, f.Seen)
	}
	for line := range strings.Lines(f.Detail) {
		fmt.Fprintf(&b, "  %s\n", strings.TrimRight(line, "\n"))
	}
	for _, e := range f.Near {
		fmt.Fprintf(&b, "  near it: %v %s\n", e.Time, e.Text)
	}
	for _, e := range f.Before {
		fmt.Fprintf(&b, "  before it: %v %s\n", e.Time, e.Text)
	}
	return b.String()
}

// Text returns all that is known of a result that did not pass, for people, without colour.
func (r *Result) Text() string { return r.text() }
