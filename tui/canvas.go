package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
)

// A canvas is one line of cells, on which things are drawn over each other.
type canvas struct {
	cells []cell
}

// cell is what stands in one column. The second column of a wide character is
// empty and continues the first.
type cell struct {
	text      string
	style     lipgloss.Style
	styled    bool
	continues bool
}

func newCanvas(width int) *canvas { return &canvas{make([]cell, max(0, width))} }

// draw draws text from a column on, as far as there is room up to the column
// limit, and returns the column after it.
func (c *canvas) draw(x, limit int, text string, style lipgloss.Style) int {
	limit = min(limit, len(c.cells))
	state := -1
	for text != "" {
		var cluster string
		var width int
		cluster, text, width, state = uniseg.FirstGraphemeClusterInString(text, state)
		if cluster == "\n" || cluster == "\r" || cluster == "\t" {
			cluster, width = " ", 1
		}
		if width == 0 {
			continue
		}
		if x < 0 || x+width > limit {
			return x
		}
		c.cells[x] = cell{text: cluster, style: style, styled: true}
		for i := 1; i < width; i++ {
			c.cells[x+i] = cell{continues: true}
		}
		x += width
	}
	return x
}

// line draws the same character from one column to before another.
func (c *canvas) line(from, to int, char string, style lipgloss.Style) {
	for x := max(0, from); x < min(to, len(c.cells)); x++ {
		c.cells[x] = cell{text: char, style: style, styled: true}
	}
}

// text draws text that is cut with an ellipsis if there is no room.
func (c *canvas) text(x, limit int, text string, style lipgloss.Style, ellipsis string) int {
	limit = min(limit, len(c.cells))
	if limit <= x {
		return x
	}
	return c.draw(x, limit, ansi.Truncate(text, limit-x, ellipsis), style)
}

// render returns the line. over, if not nil, changes every style.
func (c *canvas) render(over func(lipgloss.Style) lipgloss.Style) string {
	var b strings.Builder
	for i := 0; i < len(c.cells); {
		j := i + 1
		for j < len(c.cells) && (c.cells[j].continues || same(c.cells[j], c.cells[i])) {
			j++
		}
		var run strings.Builder
		for _, cell := range c.cells[i:j] {
			switch {
			case cell.continues:
			case cell.text == "":
				run.WriteByte(' ')
			default:
				run.WriteString(cell.text)
			}
		}
		style := c.cells[i].style
		switch {
		case over != nil:
			b.WriteString(over(style).Render(run.String()))
		case c.cells[i].styled:
			b.WriteString(style.Render(run.String()))
		default:
			b.WriteString(run.String())
		}
		i = j
	}
	return b.String()
}

// same reports whether two cells have the same style.
func same(a, b cell) bool {
	return a.styled == b.styled && (!a.styled ||
		a.style.GetForeground() == b.style.GetForeground() && a.style.GetBackground() == b.style.GetBackground() &&
			a.style.GetBold() == b.style.GetBold() && a.style.GetReverse() == b.style.GetReverse() &&
			a.style.GetUnderline() == b.style.GetUnderline())
}

// fit makes a text exactly so many lines, each exactly so wide.
func fit(text string, width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	lines := strings.Split(text, "\n")
	if len(lines) > height {
		lines = lines[:height]
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > width {
			line = ansi.Truncate(line, width, "")
			w = ansi.StringWidth(line)
			lines[i] = line + strings.Repeat(" ", width-w)
		} else {
			lines[i] = line + strings.Repeat(" ", width-w)
		}
	}
	return strings.Join(lines, "\n")
}
