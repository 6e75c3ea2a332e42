package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/x/ansi"
)

// helpView lists all keys, in as many columns as fit.
func helpView(t *theme, groups []group, width, height int) string {
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
	return fit(strings.Join(lines, "\n"), width, height)
}

func keyLine(t *theme, b key.Binding) string {
	name := b.Help().Key
	return "  " + t.focus.Render(name) + strings.Repeat(" ", max(1, 8-ansi.StringWidth(name))) + b.Help().Desc
}
