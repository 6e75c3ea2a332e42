package tui

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/muesli/termenv"
)

// hexText shows bytes in hexadecimal, 16 a line.
func hexText(data []byte) string {
	var b strings.Builder
	for from := 0; from < len(data); from += 16 {
		line := data[from:min(from+16, len(data))]
		fmt.Fprintf(&b, "%04x  % x\n", from, line)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// hexWidth is how wide bytes are that are shown so many a line.
func hexWidth(perLine int) int { return 4 + 2 + 3*perLine + 1 + perLine }

// perLine is how many bytes a line of that width has room for.
func perLine(width int) int {
	for _, n := range []int{16, 8, 4, 2} {
		if hexWidth(n) <= width {
			return n
		}
	}
	return 1
}

// hexView shows bytes in hexadecimal and as text, with a range highlighted, from
// a line on such that the range is seen.
func (t *theme) hexView(x extent, width, height int) string {
	if height < 1 {
		return ""
	}
	n := perLine(width)
	from, to := max(0, min(x.from, len(x.data))), max(0, min(x.to, len(x.data)))
	total := (len(x.data) + n - 1) / n
	top := 0
	if from < to {
		first, last := from/n, (to-1)/n
		if last >= height {
			if height > 2 {
				first-- // with what comes before it
			}
			top = max(0, min(first, total-height))
		}
	}
	// Without colours, brackets mark the range.
	brackets := t.renderer.ColorProfile() == termenv.Ascii
	var lines []string
	for line := top; line < min(total, top+height); line++ {
		lines = append(lines, t.hexLine(x.data, line*n, n, from, to, brackets, width))
	}
	return strings.Join(lines, "\n")
}

func (t *theme) hexLine(data []byte, at, n, from, to int, brackets bool, width int) string {
	pieces := []piece{{fmt.Sprintf("%04x ", at), t.dim}}
	marked := func(i int) bool { return i >= from && i < to && i < len(data) }
	for i := at; i <= at+n; i++ {
		// What stands before byte i.
		gap := piece{" ", t.text}
		switch {
		case brackets && i > at && marked(i-1) && (i == at+n || !marked(i)):
			gap.text = "]"
		case brackets && marked(i) && (i == at || !marked(i-1)):
			gap.text = "["
		case i > at && i < at+n && marked(i) && marked(i-1):
			gap.style = t.mark
		}
		pieces = append(pieces, gap)
		if i == at+n {
			break
		}
		style := t.text
		if marked(i) {
			style = t.mark
		}
		if i < len(data) {
			pieces = append(pieces, piece{hex.EncodeToString(data[i : i+1]), style})
		} else {
			pieces = append(pieces, piece{"  ", t.text})
		}
	}
	pieces = append(pieces, piece{" ", t.text})
	for i := at; i < min(at+n, len(data)); i++ {
		style, text := t.dim, "."
		if data[i] >= ' ' && data[i] < 0x7f {
			text, style = string(rune(data[i])), t.text
		}
		if marked(i) {
			style = t.mark
		}
		pieces = append(pieces, piece{text, style})
	}
	return t.line(join(pieces), width)
}

// join puts neighbours of the same style together.
func join(pieces []piece) []piece {
	var joined []piece
	for _, p := range pieces {
		if last := len(joined) - 1; last >= 0 && alike(joined[last], p) {
			joined[last].text += p.text
			continue
		}
		joined = append(joined, p)
	}
	return joined
}

func alike(a, b piece) bool {
	return a.style.GetForeground() == b.style.GetForeground() && a.style.GetBackground() == b.style.GetBackground()
}
