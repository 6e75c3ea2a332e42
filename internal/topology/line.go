package topology

import (
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// A span is text of one style.
type span struct {
	style lipgloss.Style
	text  string
}

// lines is text that is written from left to right, in lines that are no wider than width as far as words allow.
type lines struct {
	strings.Builder
	marks marks
	width int
	spans []span // of the line that is being written
}

// text appends to the line.
func (l *lines) text(style lipgloss.Style, text string) {
	l.spans = append(l.spans, span{style, text})
}

// column is where the line goes on.
func (l *lines) column() int {
	n := 0
	for _, s := range l.spans {
		n += lipgloss.Width(s.text)
	}
	return n
}

// end ends the line. No spaces are left at its end.
func (l *lines) end() {
	for n := len(l.spans) - 1; n >= 0; n-- {
		s := &l.spans[n]
		if s.text = strings.TrimRight(s.text, " "); s.text != "" {
			break
		}
	}
	for _, s := range l.spans {
		if s.text != "" {
			l.WriteString(s.style.Render(s.text))
		}
	}
	l.spans = l.spans[:0]
	l.blank()
}

// blank ends a line that has nothing, or nothing more.
func (l *lines) blank() { l.WriteByte('\n') }

// flow appends parts with a separator between them, and ends the line. What does not fit goes on in another line, which
// begins with margin; a part that is wider than a line is broken at its commas, or else at its spaces. Empty parts are left out.
func (l *lines) flow(margin, separator string, parts []span) {
	dim := lipgloss.NewStyle()
	if len(l.spans) > 0 {
		dim = l.spans[0].style
	}
	turn := func() {
		l.end()
		l.text(dim, margin)
	}
	parts = slices.DeleteFunc(parts, func(p span) bool { return p.text == "" })
	for i, p := range parts {
		room := l.width
		if i < len(parts)-1 {
			room -= lipgloss.Width(strings.TrimRight(separator, " ")) // a line may end with one
		}
		if i > 0 {
			l.text(dim, separator)
			if l.column()+lipgloss.Width(p.text) > room {
				turn()
			}
		}
		if l.column()+lipgloss.Width(p.text) <= room {
			l.text(p.style, p.text)
			continue
		}
		for j, word := range pieces(p.text, room-lipgloss.Width(margin)) {
			if j > 0 {
				if l.column()+1+lipgloss.Width(word) <= room {
					word = " " + word
				} else {
					turn()
				}
			}
			l.text(p.style, word)
		}
	}
	l.end()
}

// pieces cuts text at its spaces: at those after a comma, but for what is wider than room.
func pieces(text string, room int) []string {
	var all []string
	for i, piece := range strings.Split(text, ", ") {
		if i > 0 {
			all[len(all)-1] += ","
		}
		if lipgloss.Width(piece)+1 <= room {
			all = append(all, piece)
		} else {
			all = append(all, strings.Fields(piece)...)
		}
	}
	return all
}

// pad appends spaces up to a width.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}
