package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// A theme is how things look: styles by what they are for, and the characters
// that lines and arrows are drawn with. All colours are told apart by people
// who do not see red and green as others do, and nothing is told by colour
// alone.
type theme struct {
	renderer *lipgloss.Renderer

	text, dim, bold        lipgloss.Style
	good, bad, warn, mark  lipgloss.Style // it held; it failed; something to look at; what was searched for
	cursor, selected       lipgloss.Style // the line at the cursor; what is chosen within a pane
	frame, focus, caption  lipgloss.Style // of panes; of the one that has the focus; their titles
	step, call, change     lipgloss.Style // what the script does, what is called, what changes
	packet, signal, remark lipgloss.Style
	added, removed         lipgloss.Style // in a comparison
	peers                  []lipgloss.Style

	glyphs glyphs
	// words replaces what else is not ASCII in the program's own texts, where
	// only that is drawn.
	words *strings.Replacer
}

// glyphs are characters, each one cell wide.
type glyphs struct {
	horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight string
	teeDown, teeUp, teeRight, teeLeft, cross                         string
	arrowRight, arrowLeft, lost, dot, circle, diamond, gap, ellipsis string
	play, pause, bar, fold, unfold, check, unlike                    string
	heavy                                                            string   // a horizontal line
	blocks                                                           []string // from low to high
}

var unicodeGlyphs = glyphs{
	"─", "│", "╭", "╮", "╰", "╯", "┬", "┴", "├", "┤", "┼",
	"▶", "◀", "✗", "●", "○", "◆", "┆", "…",
	"▶", "‖", "┃", "▸", "▾", "✓", "≠",
	"━",
	[]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
}

var asciiGlyphs = glyphs{
	"-", "|", "+", "+", "+", "+", "+", "+", "+", "+", "+",
	">", "<", "x", "*", "o", "#", ":", "~",
	">", "=", "|", "+", "-", "v", "#",
	"=",
	[]string{" ", ".", ".", ":", ":", "-", "=", "#", "#"},
}

// newTheme returns the theme for a terminal. The renderer knows its colours and
// whether its background is dark.
func newTheme(r *lipgloss.Renderer, ascii bool) *theme {
	style := func() lipgloss.Style { return r.NewStyle() }
	colour := func(light, dark string) lipgloss.Style {
		return style().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	t := &theme{
		renderer: r,
		text:     style(),
		dim:      colour("242", "245"),
		bold:     style().Bold(true),
		good:     colour("29", "79"),
		bad:      colour("161", "204").Bold(true),
		warn:     colour("130", "214"),
		mark:     style().Foreground(lipgloss.Color("0")).Background(lipgloss.AdaptiveColor{Light: "222", Dark: "222"}),
		cursor:   style().Reverse(true),
		selected: style().Bold(true).Underline(true),
		frame:    colour("250", "239"),
		focus:    colour("25", "75"),
		caption:  style().Bold(true),
		step:     colour("240", "247").Bold(true),
		call:     style().Bold(true),
		change:   colour("25", "117"),
		packet:   colour("242", "245"),
		signal:   colour("97", "140"),
		remark:   colour("130", "179"),
		added:    colour("25", "75"),
		removed:  colour("130", "215"),
		peers:    []lipgloss.Style{colour("25", "75"), colour("130", "215"), colour("90", "177"), colour("30", "80"), colour("94", "186"), colour("61", "105")},
		glyphs:   unicodeGlyphs,
	}
	if ascii {
		t.glyphs = asciiGlyphs
		t.words = strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right", "⇧", "shift+", "⌫", "bksp",
			"…", "..", "“", `"`, "”", `"`, "‘", "'", "’", "'", "–", "-", "×", "x")
	}
	return t
}

// plain is a text of the program in the characters that are drawn.
func (t *theme) plain(text string) string {
	if t.words == nil {
		return text
	}
	return t.words.Replace(text)
}

// peer returns the style of a peer, by its place among the peers.
func (t *theme) peer(i int) lipgloss.Style {
	if i < 0 {
		return t.dim
	}
	return t.peers[i%len(t.peers)]
}

// state returns the style of a state: whether it is one that is hoped for, one
// on the way, or an end.
func (t *theme) state(state string) lipgloss.Style {
	switch state {
	case "connected", "completed", "stable", "open", "complete", "succeeded":
		return t.good
	case "failed":
		return t.bad
	case "disconnected", "closing":
		return t.warn
	case "closed", "new", "":
		return t.dim
	}
	return t.change
}
