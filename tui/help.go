package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// A help lists all keys.
type help struct {
	open bool
	from int // the first line that is shown
	more int // how many lines there are below the last
}

// update takes a key: it scrolls, or closes the help.
func (h *help) update(msg tea.KeyMsg, k keyMap, height int) {
	switch {
	case key.Matches(msg, k.Down):
		h.from += min(1, h.more)
	case key.Matches(msg, k.PageDown):
		h.from += min(max(1, height/2), h.more)
	case key.Matches(msg, k.Up):
		h.from = max(0, h.from-1)
	case key.Matches(msg, k.PageUp):
		h.from = max(0, h.from-max(1, height/2))
	default:
		*h = help{}
	}
}

// view shows the keys, in as many columns as fit.
func (h *help) view(t *theme, groups []group, width, height int) string {
	var blocks [][]string
	for _, g := range groups {
		block := []string{t.caption.Render(g.title)}
		for _, b := range g.keys {
			block = append(block, keyLine(t, b))
		}
		blocks = append(blocks, append(block, ""))
	}
	const column = 40
	columns := max(1, min(width/column, len(blocks)))
	lists := make([][]string, columns)
	for _, block := range blocks {
		// The shortest list gets the next one.
		short := 0
		for i := range lists {
			if len(lists[i]) < len(lists[short]) {
				short = i
			}
		}
		lists[short] = append(lists[short], block...)
	}
	var lines []string
	for i := 0; ; i++ {
		var line strings.Builder
		more := false
		for _, list := range lists {
			text := ""
			if i < len(list) {
				text, more = list[i], true
			}
			text = ansi.Truncate(text, column-1, t.glyphs.ellipsis)
			line.WriteString(text + strings.Repeat(" ", column-ansi.StringWidth(text)))
		}
		if !more {
			break
		}
		lines = append(lines, line.String())
	}
	for len(lines) > 0 && strings.TrimSpace(ansi.Strip(lines[len(lines)-1])) == "" {
		lines = lines[:len(lines)-1]
	}
	h.from = min(h.from, max(0, len(lines)-height))
	lines = lines[h.from:]
	if h.more = max(0, len(lines)-height); h.more > 0 && height > 0 {
		lines[height-1] = t.dim.Render("  " + t.glyphs.ellipsis + t.plain(" j ↓ for more"))
		h.more++
	}
	return fit(strings.Join(lines, "\n"), width, height)
}

func keyLine(t *theme, b key.Binding) string {
	name := t.plain(b.Help().Key)
	return "  " + t.focus.Render(name) + strings.Repeat(" ", max(1, 8-ansi.StringWidth(name))) + t.plain(b.Help().Desc)
}
