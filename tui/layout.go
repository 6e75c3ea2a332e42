package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// The smallest screen on which the inspector is of use.
const (
	leastWidth  = 60
	leastHeight = 20
)

// A rect is a part of the screen, its title line included.
type rect struct{ x, y, w, h int }

func (r rect) contains(x, y int) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// A layout says where things are. A pane that is not on the screen has a rect
// without height.
type layout struct {
	lanes rect
	panes []rect
	bar   rect // the scrubber
}

// Lines of the screen that are not body: title, scrubber of two, status.
const (
	above = 1
	below = 3
)

// arrange lays out the lanes and n panes. focus is 0 for the lanes and i+1 for
// pane i; alone gives the whole body to it. last is the pane that is shown
// where there is room for one only.
func arrange(width, height, n, focus, last int, alone bool) layout {
	l := layout{panes: make([]rect, n), bar: rect{0, height - below, width, 2}}
	body := rect{0, above, width, max(0, height-above-below)}
	switch {
	case alone && focus == 0 || n == 0:
		l.lanes = body
	case alone:
		l.panes[focus-1] = body
	case width >= 160:
		lanes := width * 48 / 100
		l.lanes = rect{0, body.y, lanes, body.h}
		x := lanes + 1
		for i := range n {
			w := (width - x - (n - 1 - i)) / (n - i)
			l.panes[i] = rect{x, body.y, w, body.h}
			x += w + 1
		}
	case width >= 100:
		lanes := width * 58 / 100
		l.lanes = rect{0, body.y, lanes, body.h}
		y := body.y
		for i := range n {
			h := (body.y + body.h - y) / (n - i)
			l.panes[i] = rect{lanes + 1, y, width - lanes - 1, h}
			y += h
		}
	default:
		lanes := max(6, body.h*58/100)
		l.lanes = rect{0, body.y, width, min(lanes, body.h)}
		l.panes[last] = rect{0, body.y + l.lanes.h, width, body.h - l.lanes.h}
	}
	return l
}

// rule is the line above a pane, with its title.
func (t *theme) rule(title string, width int, focused bool) string {
	style, caption, line := t.frame, t.dim, t.glyphs.horizontal
	if focused {
		style, caption, line = t.focus, t.caption, t.glyphs.heavy
	}
	title = ansi.Truncate(title, max(0, width-6), t.glyphs.ellipsis)
	rest := max(0, width-4-ansi.StringWidth(title))
	if width < 6 {
		return style.Render(strings.Repeat(line, max(0, width)))
	}
	return style.Render(strings.Repeat(line, 2)) + " " + caption.Render(title) + " " +
		style.Render(strings.Repeat(line, rest))
}

// beside puts blocks of lines beside each other, with a line between.
func (t *theme) beside(height int, blocks ...string) string {
	separator := fit(strings.Repeat(t.frame.Render(t.glyphs.vertical)+"\n", height), 1, height)
	var parts []string
	for i, b := range blocks {
		if i > 0 {
			parts = append(parts, separator)
		}
		parts = append(parts, b)
	}
	return lipgloss.JoinHorizontal(lipgloss.Top, parts...)
}
