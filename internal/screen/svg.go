package screen

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Theme is a terminal's own colours.
type Theme struct {
	Foreground, Background string   // as CSS has them
	Basic                  []string // the first 16 of the 256
}

// The themes of the pictures.
var (
	Dark = Theme{"#d0d4dc", "#14161b", []string{
		"#14161b", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d4dc",
		"#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff"}}
	Light = Theme{"#24292f", "#ffffff", []string{
		"#000000", "#b3261e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#6e7781",
		"#57606a", "#b3261e", "#116329", "#7d4e00", "#0550ae", "#8250df", "#1b7c83", "#ffffff"}}
)

// Sizes in pixels.
const (
	cellWidth  = 8
	cellHeight = 17
	fontSize   = 13
	baseline   = 13
	margin     = 10
)

// SVG writes the screen as a picture.
func (s Screen) SVG(out io.Writer, t Theme) error {
	p := &picture{theme: t, classes: make(map[string]string)}
	for y, line := range s.Lines {
		p.line(y, line)
	}
	width, height := s.Width*cellWidth+2*margin, len(s.Lines)*cellHeight+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", width, height, width, height)
	fmt.Fprintf(&b, "<style>text{font:%dpx 'DejaVu Sans Mono','Menlo','Consolas',monospace;white-space:pre;fill:%s}", fontSize, t.Foreground)
	for _, css := range slices.Sorted(maps.Keys(p.classes)) {
		fmt.Fprintf(&b, ".%s{%s}", p.classes[css], css)
	}
	b.WriteString("</style>\n")
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\"/>\n", width, height, t.Background)
	fmt.Fprintf(&b, "<g transform=\"translate(%d,%d)\">\n", margin, margin)
	for _, part := range [][]byte{p.grounds.Bytes(), p.shapes(), p.text.Bytes()} {
		b.Write(part)
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := out.Write(b.Bytes())
	return err
}

// picture is what a screen is made of.
type picture struct {
	theme   Theme
	classes map[string]string // by their CSS
	grounds bytes.Buffer
	text    bytes.Buffer

	paths  map[string]*strings.Builder // shapes that are filled, by colour
	colour []string                    // in the order in which they came
}

func (p *picture) line(y int, cells []Cell) {
	for x := 0; x < len(cells); {
		from := x
		for x < len(cells) && cells[x].Style == cells[from].Style {
			x++
		}
		p.run(from, y, cells[from:x])
	}
}

// run draws cells of one style.
func (p *picture) run(x, y int, cells []Cell) {
	style := cells[0].Style
	foreground, background := p.css(style.Foreground, p.theme.Foreground), p.css(style.Background, p.theme.Background)
	if style.Reverse {
		foreground, background = background, foreground
	}
	if background != p.theme.Background {
		fmt.Fprintf(&p.grounds, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", x*cellWidth, y*cellHeight, len(cells)*cellWidth, cellHeight, background)
	}
	var css []string
	if foreground != p.theme.Foreground {
		css = append(css, "fill:"+foreground)
	}
	if style.Bold {
		css = append(css, "font-weight:bold")
	}
	if style.Dim {
		css = append(css, "opacity:.6")
	}
	if style.Italic {
		css = append(css, "font-style:italic")
	}
	class := ""
	if len(css) > 0 {
		class = fmt.Sprintf(" class=\"%s\"", p.class(strings.Join(css, ";")))
	}
	if style.Underline {
		p.fill(foreground, x*cellWidth, y*cellHeight+baseline+2, len(cells)*cellWidth, 1)
	}
	// Words stand where they belong, whatever the width of the characters.
	for i := 0; i < len(cells); {
		if cells[i].Text == "" {
			i++
			continue
		}
		if p.shape(foreground, (x+i)*cellWidth, y*cellHeight, cells[i].Text) {
			i++
			continue
		}
		from := i
		var word strings.Builder
		for i < len(cells) && cells[i].Text != "" && !isShape(cells[i].Text) {
			word.WriteString(cells[i].Text)
			i++
			for i < len(cells) && cells[i].Text == "" && wide(cells[i-1].Text) {
				i++
			}
		}
		var escaped bytes.Buffer
		xml.EscapeText(&escaped, []byte(word.String()))
		fmt.Fprintf(&p.text, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"%s>%s</text>\n", (x+from)*cellWidth, y*cellHeight+baseline, (i-from)*cellWidth, class, escaped.Bytes())
	}
}

// class names a style of text.
func (p *picture) class(css string) string {
	name, ok := p.classes[css]
	if !ok {
		name = fmt.Sprintf("s%d", len(p.classes))
		p.classes[css] = name
	}
	return name
}

// css is a colour as CSS has it.
func (p *picture) css(c Colour, own string) string {
	switch {
	case !c.Set:
		return own
	case c.Direct:
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	case c.Index < 16:
		return p.theme.Basic[c.Index]
	case c.Index < 232:
		level := func(n uint8) uint8 {
			if n == 0 {
				return 0
			}
			return 55 + 40*n
		}
		n := c.Index - 16
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + 10*(c.Index-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}
