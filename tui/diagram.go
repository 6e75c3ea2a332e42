package tui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/internal/standard"
)

// A diagram is the drawing of a state machine, understood: where its states
// are, and which cells its transitions go through.
type diagram struct {
	machine       *standard.Machine
	width, height int
	cells         [][]rune
	boxes         map[string]box
	lines         []line
	loops         map[string]stretch // where a transition from a state to itself is written
}

// A box is where a state is drawn, with its border.
type box struct{ left, top, right, bottom int }

func (b box) contains(p point) bool {
	return p.x >= b.left && p.x <= b.right && p.y >= b.top && p.y <= b.bottom
}

// A line is a transition as it is drawn.
type line struct {
	from, to string // from is empty for every state that is not an end
	way      []point
}

type point struct{ x, y int }

// stretch is a part of one row.
type stretch struct{ x, y, w int }

// The arms of a line in a cell: where it goes on from there.
const (
	armUp = iota
	armRight
	armDown
	armLeft
)

var (
	steps = [4]point{{0, -1}, {1, 0}, {0, 1}, {-1, 0}}
	heads = [4]rune{'▲', '▶', '▼', '◀'}
)

func (p point) step(arm int) point { return point{p.x + steps[arm].x, p.y + steps[arm].y} }

func opposite(arm int) int { return (arm + 2) % 4 }

// weights are how heavy a line's arms are in a cell: 0 for none, 1 or 2.
type weights [4]uint8

// lineGlyphs are the characters for all weights, in the order of
// 27·up + 9·right + 3·down + left.
var lineGlyphs = []rune(" ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋")

func (w weights) glyph() rune {
	return lineGlyphs[27*int(w[armUp])+9*int(w[armRight])+3*int(w[armDown])+int(w[armLeft])]
}

// plain is the glyph without box drawing. Heavy lines are doubled, and heavy
// corners are as light ones.
func (w weights) plain() rune {
	upright, level := max(w[armUp], w[armDown]), max(w[armRight], w[armLeft])
	switch {
	case upright > 0 && level > 0:
		return '+'
	case upright > 0:
		return [...]rune{'|', '#'}[upright-1]
	case level > 0:
		return [...]rune{'-', '='}[level-1]
	}
	return ' '
}

// weightsOf are the weights of what was drawn by hand.
var weightsOf = func() map[rune]weights {
	known := make(map[rune]weights)
	for i, r := range lineGlyphs {
		known[r] = weights{uint8(i / 27), uint8(i / 9 % 3), uint8(i / 3 % 3), uint8(i % 3)}
	}
	delete(known, ' ')
	return known
}()

// headOf returns where an arrowhead points, -1 for what is none.
func headOf(r rune) int {
	for arm, head := range heads {
		if r == head {
			return arm
		}
	}
	return -1
}

const loopGlyph = '↺'

// newDiagram understands a drawing.
func newDiagram(m *standard.Machine, art string) *diagram {
	d := &diagram{machine: m, boxes: make(map[string]box), loops: make(map[string]stretch)}
	for row := range strings.SplitSeq(strings.Trim(art, "\n"), "\n") {
		d.cells = append(d.cells, []rune(row))
		d.width = max(d.width, utf8.RuneCountInString(row))
	}
	d.height = len(d.cells)
	for y := range d.cells {
		for len(d.cells[y]) < d.width {
			d.cells[y] = append(d.cells[y], ' ')
		}
	}
	for _, s := range m.States {
		if b, ok := d.find(s.Name); ok {
			d.boxes[s.Name] = b
		}
	}
	for y, row := range d.cells {
		for x, r := range row {
			if arm := headOf(r); arm >= 0 {
				if l, ok := d.trace(point{x, y}, arm); ok {
					d.lines = append(d.lines, l)
				}
			}
			if r == loopGlyph {
				w := 1
				for x+w < d.width && (row[x+w] == ' ' || unicode.IsLetter(row[x+w])) {
					w++
				}
				d.loops[d.at(point{x, y})] = stretch{x, y, w}
			}
		}
	}
	return d
}

func (d *diagram) rune(p point) rune {
	if p.y < 0 || p.y >= d.height || p.x < 0 || p.x >= d.width {
		return ' '
	}
	return d.cells[p.y][p.x]
}

// find finds the box around the name of a state.
func (d *diagram) find(name string) (box, bool) {
	upright := func(r rune) bool { return r == '│' || r == '├' || r == '┤' }
	for y, row := range d.cells {
		text := string(row)
		for at := 0; ; {
			i := strings.Index(text[at:], name)
			if i < 0 {
				break
			}
			x := utf8.RuneCountInString(text[:at+i])
			at += i + len(name)
			left, right := x-1, x+len(name)
			for d.rune(point{left, y}) == ' ' && left > 0 {
				left--
			}
			for d.rune(point{right, y}) == ' ' && right < d.width {
				right++
			}
			if !upright(d.rune(point{left, y})) || !upright(d.rune(point{right, y})) {
				continue // it is among other words
			}
			top, bottom := y, y
			for upright(d.rune(point{left, top})) {
				top--
			}
			for upright(d.rune(point{left, bottom})) {
				bottom++
			}
			if d.rune(point{left, top}) == '╭' && d.rune(point{right, top}) == '╮' &&
				d.rune(point{left, bottom}) == '╰' && d.rune(point{right, bottom}) == '╯' {
				return box{left, top, right, bottom}, true
			}
		}
	}
	return box{}, false
}

// at returns the state whose box a cell is in.
func (d *diagram) at(p point) string {
	for _, s := range d.machine.States {
		if b, ok := d.boxes[s.Name]; ok && b.contains(p) {
			return s.Name
		}
	}
	return ""
}

// trace follows a line from its head back to where it begins.
func (d *diagram) trace(head point, arm int) (line, bool) {
	l := line{to: d.at(head.step(arm)), way: []point{head}}
	if l.to == "" {
		return line{}, false
	}
	for p, back := head.step(opposite(arm)), opposite(arm); ; p = p.step(back) {
		l.way = append([]point{p}, l.way...)
		if l.from = d.at(p); l.from != "" {
			return l, true
		}
		r := d.rune(p)
		if headOf(r) == back {
			continue // the head of the way back, on the same line
		}
		w, drawn := weightsOf[r]
		switch {
		case !drawn:
			l.way = l.way[1:]
			return l, true
		case w[opposite(back)] == 0:
			return line{}, false
		case w[back] > 0:
		case w[(back+1)%4] > 0:
			back = (back + 1) % 4
		default:
			back = (back + 3) % 4
		}
	}
}

// leads tells whether a line is the transition between two states.
func (l line) leads(from, to string) bool {
	return l.to == to && (l.from == from || l.from == "" && from != to && from != "closed")
}

// A route is what has happened in a state machine, as a diagram shows it.
type route struct {
	present string
	entered map[string]time.Duration // when each state was entered last
	taken   map[[2]string]bool
	last    [2]string // the last transition
}

// Ranks of what is drawn over each other.
const (
	rankDim = iota
	rankPossible
	rankTaken
	rankLast
	rankPresent
	rankName
	rankTime
)

// view draws the diagram with the route taken so far: what was taken is heavy,
// the present state is heavy and inverted, and what is out of reach from there
// is dim.
func (d *diagram) view(t *theme, r route) []string {
	type drawn struct {
		weights weights
		char    rune // instead of a line
		rank    int
	}
	grid := make([][]drawn, d.height)
	for y, row := range d.cells {
		grid[y] = make([]drawn, d.width)
		for x, char := range row {
			if w, ok := weightsOf[char]; ok {
				grid[y][x].weights = w
			} else {
				grid[y][x].char = char
			}
		}
	}
	raise := func(p point, rank int) { grid[p.y][p.x].rank = max(grid[p.y][p.x].rank, rank) }

	for _, l := range d.lines {
		rank := rankDim
		for _, tr := range d.machine.Transitions {
			if !l.leads(tr.From, tr.To) {
				continue
			}
			step := [2]string{tr.From, tr.To}
			switch {
			case step == r.last:
				rank = rankLast
			case r.taken[step]:
				rank = max(rank, rankTaken)
			case tr.From == r.present:
				rank = max(rank, rankPossible)
			}
		}
		for i, p := range l.way {
			if d.at(p) == "" {
				raise(p, rank)
			}
			if rank < rankTaken {
				continue
			}
			for arm := range steps {
				w := &grid[p.y][p.x].weights[arm]
				onWay := i+1 < len(l.way) && p.step(arm) == l.way[i+1] || i > 0 && p.step(arm) == l.way[i-1] ||
					i == 0 && l.from == "" && len(l.way) > 1 && p.step(opposite(arm)) == l.way[1]
				if onWay && *w > 0 {
					*w = 2
				}
			}
		}
	}
	for _, s := range d.machine.States {
		b, ok := d.boxes[s.Name]
		if !ok {
			continue
		}
		at, visited := r.entered[s.Name]
		rank := rankDim
		if visited {
			rank = rankTaken
		}
		if s.Name == r.present {
			rank = rankPresent
		}
		for y := b.top; y <= b.bottom; y++ {
			for x := b.left; x <= b.right; x++ {
				c := &grid[y][x]
				border := x == b.left || x == b.right || y == b.top || y == b.bottom
				if border {
					if s.Name == r.present {
						for arm := range steps {
							if n := (point{x, y}).step(arm); b.contains(n) && c.weights[arm] > 0 &&
								(n.x == b.left || n.x == b.right || n.y == b.top || n.y == b.bottom) {
								c.weights[arm] = 2
							}
						}
					}
					c.rank = max(c.rank, rank)
				} else if c.rank = rank; s.Name == r.present {
					c.rank = rankName
				}
			}
		}
		if visited {
			text := []rune(brief(at))
			if x, y, ok := d.border(b, len(text)); ok {
				for i, char := range text {
					grid[y][x+i] = drawn{char: char, rank: rankTime}
				}
			}
		}
	}
	for name, loop := range d.loops {
		if name == r.present {
			for i := range loop.w {
				raise(point{loop.x + i, loop.y}, rankPresent)
			}
		}
	}

	present := t.state(r.present)
	if r.present == "new" || r.present == "closed" { // which are dim elsewhere
		present = t.text
	}
	styles := [...]lipgloss.Style{
		rankDim:      t.dim,
		rankPossible: t.text,
		rankTaken:    t.change,
		rankLast:     t.change.Bold(true),
		rankPresent:  present.Bold(true),
		rankName:     present.Bold(true).Reverse(true),
		rankTime:     t.text,
	}
	ascii := t.glyphs.horizontal == asciiGlyphs.horizontal
	lines := make([]string, d.height)
	for y, row := range grid {
		c := newCanvas(d.width)
		for x, cell := range row {
			char := cell.char
			switch {
			case char == 0 && ascii:
				char = cell.weights.plain()
			case char == 0:
				char = cell.weights.glyph()
			case ascii && char == loopGlyph:
				char = '@'
			case ascii && headOf(char) >= 0:
				char = [...]rune{'^', '>', 'v', '<'}[headOf(char)]
			}
			c.draw(x, d.width, string(char), styles[cell.rank])
		}
		lines[y] = c.render(nil)
	}
	return lines
}

// border returns where on a box's border there is room for so many characters,
// at the bottom if possible.
func (d *diagram) border(b box, w int) (x, y int, ok bool) {
	for _, y := range []int{b.bottom, b.top} {
		free := 0
		for x := b.right - 1; x > b.left; x-- {
			if free++; d.cells[y][x] != '─' {
				free = 0
			}
			if free == w {
				return x, y, true
			}
		}
	}
	return 0, 0, false
}

// brief formats a time with at most five characters, as far as it goes.
func brief(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d < unit.size {
			continue
		}
		v := float64(d) / float64(unit.size)
		switch {
		case d >= 1000*time.Second:
			return fmt.Sprintf("%.0fm", d.Minutes())
		case v >= 100 || unit.name != "s" && v >= 10:
			return fmt.Sprintf("%.0f%s", v, unit.name)
		case v >= 10 || unit.name != "s":
			return fmt.Sprintf("%.1f%s", v, unit.name)
		}
		return fmt.Sprintf("%.2f%s", v, unit.name)
	}
	if d <= 0 {
		return "0s"
	}
	return fmt.Sprintf("%dns", d.Nanoseconds())
}
