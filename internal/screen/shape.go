package screen

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Sides of a cell that a line leads to.
const (
	toLeft = 1 << iota
	toRight
	toTop
	toBottom
)

// lines are the characters that are drawn as lines from the middle of the cell.
var lines = map[rune]int{
	'─': toLeft | toRight, '━': toLeft | toRight, '│': toTop | toBottom, '┃': toTop | toBottom,
	'╭': toRight | toBottom, '╮': toLeft | toBottom, '╰': toRight | toTop, '╯': toLeft | toTop,
	'┌': toRight | toBottom, '┐': toLeft | toBottom, '└': toRight | toTop, '┘': toLeft | toTop,
	'├': toRight | toTop | toBottom, '┤': toLeft | toTop | toBottom, '┬': toLeft | toRight | toBottom, '┴': toLeft | toRight | toTop,
	'┼': toLeft | toRight | toTop | toBottom,
	'╴': toLeft, '╶': toRight, '╵': toTop, '╷': toBottom,
}

// isShape reports whether a character is drawn as a shape.
func isShape(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	_, line := lines[r]
	return size == len(text) && (line || r >= '▁' && r <= '█' || r == '▀' || r == '┆' || r >= 0x2800 && r <= 0x28ff)
}

func wide(text string) bool { return uniseg.StringWidth(text) > 1 }

// shape draws a character in the cell at a place, if it is one that is drawn.
func (p *picture) shape(colour string, x, y int, text string) bool {
	if !isShape(text) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text)
	const middleX, middleY = cellWidth / 2, cellHeight / 2
	switch {
	case r >= '▁' && r <= '█':
		height := (cellHeight*int(r-'▁'+1) + 4) / 8
		p.fill(colour, x, y+cellHeight-height, cellWidth, height)
	case r == '▀':
		p.fill(colour, x, y, cellWidth, cellHeight/2)
	case r == '┆':
		for i := 1; i < cellHeight; i += 6 {
			p.fill(colour, x+middleX, y+i, 1, 3)
		}
	case r >= 0x2800:
		// Dots 1 to 3 and 7 are those on the left from the top, 4 to 6 and 8 those on the right.
		for bit, place := range [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
			if int(r-0x2800)>>bit&1 == 1 {
				p.fill(colour, x+1+4*place[0], y+1+4*place[1], 2, 2)
			}
		}
	default:
		sides := lines[r]
		width := 1
		if r == '┃' || r == '━' {
			width = 3
		}
		if sides&(toLeft|toRight) != 0 {
			from, to := middleX, middleX+1
			if sides&toLeft != 0 {
				from = 0
			}
			if sides&toRight != 0 {
				to = cellWidth
			}
			p.fill(colour, x+from, y+middleY-width/2, to-from, width)
		}
		if sides&(toTop|toBottom) != 0 {
			from, to := middleY, middleY+1
			if sides&toTop != 0 {
				from = 0
			}
			if sides&toBottom != 0 {
				to = cellHeight
			}
			p.fill(colour, x+middleX-width/2, y+from, width, to-from)
		}
	}
	return true
}

// fill fills a rectangle.
func (p *picture) fill(colour string, x, y, width, height int) {
	if p.paths == nil {
		p.paths = make(map[string]*strings.Builder)
	}
	path := p.paths[colour]
	if path == nil {
		path = new(strings.Builder)
		p.paths[colour] = path
		p.colour = append(p.colour, colour)
	}
	fmt.Fprintf(path, "M%d %dh%dv%dh-%dz", x, y, width, height, width)
}

// shapes are all rectangles.
func (p *picture) shapes() []byte {
	var b bytes.Buffer
	for _, colour := range p.colour {
		fmt.Fprintf(&b, "<path fill=\"%s\" d=\"%s\"/>\n", colour, p.paths[colour])
	}
	return b.Bytes()
}
