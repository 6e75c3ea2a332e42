// Command pictures makes a picture of a terminal's screen: it reads text with
// escape sequences, as tmux capture-pane -e writes it, and writes SVG. The
// script make in this folder takes all pictures of the inspector.
package main

import (
	"flag"
	"fmt"
	"html"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// The size of a character, in pixels.
const (
	charWidth  = 8.43
	charHeight = 18
	fontSize   = 14
	margin     = 12
)

// A look is how characters look.
type look struct {
	fg, bg                           string // empty: the terminal's own
	bold, dim, italic, under, invert bool
}

// A palette is what a terminal has for its own colours.
type palette struct{ fg, bg string }

var palettes = map[string]palette{
	"dark":  {"#d4d4d8", "#16181d"},
	"light": {"#27272a", "#fdfdfc"},
}

func main() {
	log.SetFlags(0)
	theme := flag.String("theme", "dark", "dark or light")
	flag.Parse()
	p, ok := palettes[*theme]
	if !ok {
		log.Fatalf("pictures: no theme %q", *theme)
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal("pictures: ", err)
	}
	if _, err := os.Stdout.WriteString(draw(string(text), p)); err != nil {
		log.Fatal("pictures: ", err)
	}
}

// draw draws the screen.
func draw(screen string, p palette) string {
	lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
	var boxes, texts strings.Builder
	columns := 0
	var l look
	for row, line := range lines {
		column := 0
		run(line, &l, func(text string, l look) {
			width := uniseg.StringWidth(text)
			fg, bg := l.fg, l.bg
			if fg == "" {
				fg = p.fg
			}
			if l.invert {
				if bg == "" {
					bg = p.bg
				}
				fg, bg = bg, fg
			}
			x, y := margin+float64(column)*charWidth, float64(margin+row*charHeight)
			if bg != "" {
				fmt.Fprintf(&boxes, `<rect x="%.2f" y="%.2f" width="%.2f" height="%d" fill="%s"/>`+"\n", x, y, float64(width)*charWidth+0.3, charHeight, bg)
			}
			// Spaces around a text would be taken from it, and those within it
			// made one.
			trimmed := strings.TrimLeft(text, " ")
			x += float64(len(text)-len(trimmed)) * charWidth
			text = strings.ReplaceAll(strings.TrimRight(trimmed, " "), " ", "\u00a0")
			if text != "" {
				var style string
				if l.bold {
					style += ` font-weight="bold"`
				}
				if l.italic {
					style += ` font-style="italic"`
				}
				if l.dim {
					style += ` opacity="0.6"`
				}
				if l.under {
					style += ` text-decoration="underline"`
				}
				fmt.Fprintf(&texts, `<text x="%.2f" y="%.2f" textLength="%.2f" lengthAdjust="spacingAndGlyphs" fill="%s"%s>%s</text>`+"\n",
					x, y+charHeight*0.74, float64(uniseg.StringWidth(text))*charWidth, fg, style, html.EscapeString(text))
			}
			column += width
		})
		columns = max(columns, column)
	}
	width, height := 2*margin+float64(columns)*charWidth, 2*margin+len(lines)*charHeight
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g font-family="'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace" font-size="%d">
%s%s</g>
</svg>
`, width, height, width, height, p.bg, fontSize, boxes.String(), texts.String())
}

// run hands each stretch of a line with one look to each.
func run(line string, l *look, each func(text string, l look)) {
	for line != "" {
		escape := strings.Index(line, "\x1b[")
		if escape != 0 {
			text := line
			if escape > 0 {
				text = line[:escape]
			}
			line = line[len(text):]
			each(text, *l)
			continue
		}
		end := strings.IndexFunc(line[2:], func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			return
		}
		if line[2+end] == 'm' {
			l.set(line[2 : 2+end])
		}
		line = line[2+end+1:]
	}
}

// set changes the look by the numbers of a sequence (ECMA-48, SGR).
func (l *look) set(codes string) {
	var numbers []int
	for code := range strings.SplitSeq(codes, ";") {
		n, _ := strconv.Atoi(code) // none is 0
		numbers = append(numbers, n)
	}
	for i := 0; i < len(numbers); i++ {
		switch n := numbers[i]; {
		case n == 0:
			*l = look{}
		case n == 1:
			l.bold = true
		case n == 2:
			l.dim = true
		case n == 3:
			l.italic = true
		case n == 4:
			l.under = true
		case n == 7:
			l.invert = true
		case n == 22:
			l.bold, l.dim = false, false
		case n == 23:
			l.italic = false
		case n == 24:
			l.under = false
		case n == 27:
			l.invert = false
		case n >= 30 && n <= 37:
			l.fg = colour(n - 30)
		case n == 39:
			l.fg = ""
		case n >= 40 && n <= 47:
			l.bg = colour(n - 40)
		case n == 49:
			l.bg = ""
		case n >= 90 && n <= 97:
			l.fg = colour(n - 90 + 8)
		case n >= 100 && n <= 107:
			l.bg = colour(n - 100 + 8)
		case (n == 38 || n == 48) && i+2 < len(numbers) && numbers[i+1] == 5:
			if n == 38 {
				l.fg = colour(numbers[i+2])
			} else {
				l.bg = colour(numbers[i+2])
			}
			i += 2
		}
	}
}

// basic are the first 16 colours of xterm.
var basic = [...]string{
	"#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
	"#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
}

// colour returns one of xterm's 256 colours.
func colour(n int) string {
	switch {
	case n < 16:
		return basic[max(0, n)]
	case n < 232:
		level := func(i int) int {
			if i == 0 {
				return 0
			}
			return 55 + 40*i
		}
		n -= 16
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + 10*(min(n, 255)-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}
