// Package screen draws what a terminal shows as SVG: the same picture on every machine, without a browser.
//
// It takes lines of text with the escape sequences of colours and styles, as "tmux capture-pane -e" prints them. Lines and blocks
// are drawn as shapes, so that they meet whatever the font; all else is text on a grid.
package screen

import (
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// Screen is what a terminal shows: lines of cells.
type Screen struct {
	Width int
	Lines [][]Cell
}

// Cell is one column of a line.
type Cell struct {
	// Text is the character, empty for a blank and for the second column of a wide one.
	Text  string
	Style Style
}

// Style is how a cell looks. The zero Style is that of plain text.
type Style struct {
	Foreground, Background Colour
	Bold, Dim, Italic      bool
	Underline, Reverse     bool
}

// Colour is a colour of a terminal. The zero Colour is the terminal's own.
type Colour struct {
	Set     bool
	Index   uint8 // of the 256 colours
	Direct  bool  // RGB counts, not Index
	R, G, B uint8
}

// Parse reads lines with escape sequences. Each line gets width cells; what is beyond them is left out.
func Parse(text string, width int) Screen {
	s := Screen{Width: width}
	var style Style
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		cells := make([]Cell, width)
		x, state := 0, -1
		for line != "" {
			if rest, ok := strings.CutPrefix(line, "\x1b"); ok {
				line, state = escape(rest, &style), -1
				continue
			}
			var cluster string
			var columns int
			cluster, line, columns, state = uniseg.FirstGraphemeClusterInString(line, state)
			if columns == 0 || x+columns > width {
				continue
			}
			cells[x] = Cell{cluster, style}
			for i := 1; i < columns; i++ {
				cells[x+i] = Cell{"", style}
			}
			if cluster == " " {
				cells[x].Text = ""
			}
			x += columns
		}
		s.Lines = append(s.Lines, cells)
	}
	return s
}

// escape reads an escape sequence without its first character and returns what follows it. Only styles mean something.
func escape(text string, s *Style) string {
	if text == "" {
		return ""
	}
	if text[0] != '[' {
		text = strings.TrimLeft(text, " !\"#$%&'()*+,-./") // intermediate bytes
		return text[min(1, len(text)):]
	}
	end := strings.IndexFunc(text[1:], func(r rune) bool { return r >= '@' && r <= '~' }) + 1
	if end == 0 {
		return ""
	}
	if text[end] == 'm' {
		s.set(text[1:end])
	}
	return text[end+1:]
}

// set carries out the parameters of a Select Graphic Rendition sequence (ECMA-48, section 8.3.117).
func (s *Style) set(parameters string) {
	var numbers []int
	for _, p := range strings.FieldsFunc(parameters+";", func(r rune) bool { return r == ';' || r == ':' }) {
		n, _ := strconv.Atoi(p)
		numbers = append(numbers, n)
	}
	if len(numbers) == 0 {
		numbers = []int{0}
	}
	for i := 0; i < len(numbers); i++ {
		switch n := numbers[i]; {
		case n == 0:
			*s = Style{}
		case n == 1:
			s.Bold = true
		case n == 2:
			s.Dim = true
		case n == 3:
			s.Italic = true
		case n == 4:
			s.Underline = true
		case n == 7:
			s.Reverse = true
		case n == 22:
			s.Bold, s.Dim = false, false
		case n == 23:
			s.Italic = false
		case n == 24:
			s.Underline = false
		case n == 27:
			s.Reverse = false
		case n == 39:
			s.Foreground = Colour{}
		case n == 49:
			s.Background = Colour{}
		case n == 38 || n == 48:
			colour, used := extended(numbers[i+1:])
			if n == 38 {
				s.Foreground = colour
			} else {
				s.Background = colour
			}
			i += used
		case n >= 30 && n <= 37:
			s.Foreground = Colour{Set: true, Index: uint8(n - 30)}
		case n >= 40 && n <= 47:
			s.Background = Colour{Set: true, Index: uint8(n - 40)}
		case n >= 90 && n <= 97:
			s.Foreground = Colour{Set: true, Index: uint8(n - 82)}
		case n >= 100 && n <= 107:
			s.Background = Colour{Set: true, Index: uint8(n - 92)}
		}
	}
}

// extended reads a colour of 256 or a direct one, and how many numbers it takes.
func extended(numbers []int) (c Colour, used int) {
	switch {
	case len(numbers) >= 2 && numbers[0] == 5:
		return Colour{Set: true, Index: uint8(numbers[1])}, 2
	case len(numbers) >= 4 && numbers[0] == 2:
		return Colour{Set: true, Direct: true, R: uint8(numbers[1]), G: uint8(numbers[2]), B: uint8(numbers[3])}, 4
	}
	return Colour{}, len(numbers)
}
