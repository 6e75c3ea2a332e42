package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
)

// A canvas is one line of cells, on which things are drawn over each other.
type canvas struct {
	cells  []cell
	styles []lipgloss.Style // that were drawn with
}

// cell is what stands in one column. The second column of a wide character is
// empty and continues the first.
type cell struct {
	text      string
	style     int // in the canvas's styles, from 1; 0 for none
	continues bool
}

func newCanvas(width int) *canvas {
	return &canvas{cells: make([]cell, max(0, width)), styles: make([]lipgloss.Style, 0, 8)}
}

// style returns the number of a style.
func (c *canvas) style(s lipgloss.Style) int {
	c.styles = append(c.styles, s)
	// The same as the one before, as a rule.
	if n := len(c.styles); n > 1 && c.same(n, n-1) {
		c.styles = c.styles[:n-1]
	}
	return len(c.styles)
}

// draw draws text from a column on, as far as there is room up to the column
// limit, and returns the column after it.
func (c *canvas) draw(x, limit int, text string, style lipgloss.Style) int {
	limit = min(limit, len(c.cells))
	number, state := c.style(style), -1
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
		c.cells[x] = cell{text: cluster, style: number}
		for i := 1; i < width; i++ {
			c.cells[x+i] = cell{continues: true}
		}
		x += width
	}
	return x
}

// line draws the same character from one column to before another.
func (c *canvas) line(from, to int, char string, style lipgloss.Style) {
	number := c.style(style)
	for x := max(0, from); x < min(to, len(c.cells)); x++ {
		c.cells[x] = cell{text: char, style: number}
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
		for j < len(c.cells) && (c.cells[j].continues || c.same(c.cells[j].style, c.cells[i].style)) {
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
		var style lipgloss.Style
		if number := c.cells[i].style; number > 0 {
			style = c.styles[number-1]
		}
		switch {
		case over != nil:
			b.WriteString(over(style).Render(run.String()))
		case c.cells[i].style > 0:
			b.WriteString(style.Render(run.String()))
		default:
			b.WriteString(run.String())
		}
		i = j
	}
	return b.String()
}

// same reports whether two numbers of styles stand for the same.
func (c *canvas) same(i, j int) bool {
	if i == j || i == 0 || j == 0 {
		return i == j
	}
	a, b := c.styles[i-1], c.styles[j-1]
	return a.GetForeground() == b.GetForeground() && a.GetBackground() == b.GetBackground() &&
		a.GetBold() == b.GetBold() && a.GetReverse() == b.GetReverse() && a.GetUnderline() == b.GetUnderline()
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
