package tui

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// scrubber is the line with the whole session in it: how much happens when,
// where the cursor is, and what is marked.
type scrubber struct {
	theme *theme

	// The density is made anew when the width or the recording has changed.
	width, length int
	density       []int
	most          int
}

// times are the first and the last time of a recording.
func times(r *recorder.Recording) (first, last time.Duration) {
	if n := r.Len(); n > 0 {
		return 0, max(r.Entry(n).Time, 1)
	}
	return 0, 1
}

// column is where a time lies on the line.
func (s *scrubber) column(r *recorder.Recording, t time.Duration, width int) int {
	_, last := times(r)
	return min(max(0, int(float64(t)/float64(last)*float64(width-1)+0.5)), width-1)
}

// time is that of a column.
func (s *scrubber) time(r *recorder.Recording, column, width int) time.Duration {
	_, last := times(r)
	return time.Duration(float64(last) * float64(column) / float64(max(1, width-1)))
}

// view returns two lines: the density, and below it the cursor and the marks,
// which are by event.
func (s *scrubber) view(r *recorder.Recording, cursor, width int, marks map[int]string, problems []int) string {
	if width <= 0 {
		return "\n"
	}
	if s.width != width || s.length != r.Len() {
		s.width, s.length, s.most = width, r.Len(), 0
		first, last := times(r)
		s.density = r.Density(first, last+1, width)
		for _, n := range s.density {
			s.most = max(s.most, n)
		}
	}
	t := s.theme
	c := newCanvas(width)
	at := s.column(r, r.Entry(cursor).Time, width)
	for x, n := range s.density {
		style := t.dim
		if x <= at {
			style = t.focus
		}
		c.draw(x, width, t.glyphs.blocks[level8(n, s.most)], style)
	}
	below := newCanvas(width)
	below.line(0, width, t.glyphs.horizontal, t.frame)
	for _, n := range problems {
		below.draw(s.column(r, r.Entry(n).Time, width), width, t.glyphs.lost, t.bad)
	}
	for n, name := range marks {
		below.draw(s.column(r, r.Entry(n).Time, width), width, name, t.warn)
	}
	below.draw(at, width, t.glyphs.diamond, t.focus.Bold(true))
	return c.render(nil) + "\n" + below.render(nil)
}

// level8 maps a number to 0 to 8, so that the square of it is proportional and
// what is not nothing can be seen.
func level8(n, most int) int {
	if n == 0 || most == 0 {
		return 0
	}
	for l := 1; l < 8; l++ {
		if n*64 <= most*l*l {
			return l
		}
	}
	return 8
}
