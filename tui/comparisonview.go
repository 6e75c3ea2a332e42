package tui

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/comparison"
	"github.com/rtcsim/rtcsim/recorder"
)

// comparisonAbove are the lines of the screen above the rows: title, summary, the names of the recordings.
const comparisonAbove = 3

// middle is the width between the two sides, for what differs and how much later it is.
const middle = 13

// leastLanes is how wide a side must be to be drawn as lanes.
const leastLanes = 84

// mostDetails is how many lines of details are seen at most.
const mostDetails = 11

// halves are the widths of the two sides.
func (c *Comparison) halves() (left, right int) {
	rest := max(0, c.width-middle)
	return rest / 2, rest - rest/2
}

// body is how many lines there are for rows and details, without their titles.
func (c *Comparison) body() int { return max(0, c.height-comparisonAbove-1-below) }

// room is how many rows fit.
func (c *Comparison) room() int { return max(1, c.body()-c.detailLines()) }

// detailLines is how many lines the details take.
func (c *Comparison) detailLines() int { return min(max(4, c.body()*32/100), mostDetails) }

// View implements [tea.Model].
func (c *Comparison) View() string {
	switch {
	case c.quit || c.width == 0 || c.height == 0:
		return ""
	case c.inside:
		return c.inspectors[c.side].View()
	case c.width < leastWidth || c.height < leastHeight:
		text := fmt.Sprintf("The inspector needs %d columns and %d lines; here are %d and %d.", leastWidth, leastHeight, c.width, c.height)
		return fit(lipgloss.NewStyle().Width(c.width).Render(text), c.width, c.height)
	}
	t := c.theme
	parts := []string{c.title()}
	if c.help.open {
		parts = append(parts, t.rule("Keys", c.width, true), c.help.view(t, c.keys.groups(), c.width, c.height-above-below-1))
	} else {
		summary := newCanvas(c.width)
		text, style := c.summary()
		summary.text(1, c.width, text, style, t.glyphs.ellipsis)
		details := ""
		if c.alignment != nil {
			lines := c.details.of(c, c.width)
			c.details.scroll = max(0, min(c.details.scroll, len(lines)-c.detailLines()))
			details = strings.Join(lines[c.details.scroll:], "\n")
		}
		parts = append(parts, summary.render(nil), c.names(), fit(strings.Join(c.pairs(), "\n"), c.width, c.room()),
			t.rule(c.details.title(c), c.width, false), fit(details, c.width, c.detailLines()))
	}
	bar := "\n"
	if c.alignment != nil {
		bar = c.bar.view(c)
	}
	view := strings.Join(append(parts, bar, c.status()), "\n")
	if t.words != nil {
		view = strings.ReplaceAll(view, "µ", "u") // of microseconds
	}
	return view
}

// title is the first line: what is compared.
func (c *Comparison) title() string {
	l := newCanvas(c.width)
	t := c.theme
	x := l.text(1, c.width, "rtcsim", t.focus.Bold(true), "")
	var scenarios []string
	for _, r := range c.recordings {
		h := r.Header()
		scenarios = append(scenarios, fmt.Sprintf("%s, seed %d", h.Scenario, h.Seed))
	}
	text := "two recordings of " + scenarios[0]
	if scenarios[0] != scenarios[1] {
		text = scenarios[0] + " and " + scenarios[1]
	}
	l.text(x+2, c.width, text, t.bold, t.glyphs.ellipsis)
	return l.render(nil)
}

// names are the titles of the two sides.
func (c *Comparison) names() string {
	t := c.theme
	left, right := c.halves()
	var parts []string
	for side, width := range []int{left, right} {
		r := c.recordings[side]
		text := fmt.Sprintf("%c %s", 'A'+side, clean(c.options[side].Name))
		if end, ok := r.End(); ok {
			glyph := t.glyphs.check
			if end.Outcome != recorder.OutcomePassed {
				glyph = t.glyphs.lost
			}
			text += fmt.Sprintf("  %s %s", glyph, end.Outcome)
		}
		if width >= 48 {
			text += fmt.Sprintf(", %d events", r.Len())
		}
		parts = append(parts, t.rule(text, width, c.side == side))
	}
	return parts[0] + strings.Repeat(" ", c.width-left-right) + parts[1]
}

// pairs are the lines of the two sides.
func (c *Comparison) pairs() []string {
	t := c.theme
	if c.alignment == nil {
		return nil
	}
	if len(c.lines) == 0 {
		text := "there are no events"
		if c.listed.only {
			text = "nothing differs at this zoom"
		}
		return []string{"  " + t.dim.Render(text)}
	}
	c.top = max(0, min(c.top, len(c.lines)-c.room()))
	at := find(c.lines, c.at)
	if at < c.top || at >= c.top+c.room() { // the screen has become smaller
		c.top = max(0, min(at-c.room()/2, len(c.lines)-c.room()))
	}
	var lines []string
	for i := c.top; i < min(len(c.lines), c.top+c.room()); i++ {
		lines = append(lines, c.pair(c.lines[i], i == at))
	}
	return lines
}

// diffMarks say how a row differs. They are those of rtcsim diff.
var diffMarks = map[comparison.Status]string{
	comparison.Same: " ", comparison.Shifted: ">", comparison.Changed: "~", comparison.OnlyA: "-", comparison.OnlyB: "+",
}

// statusStyle is how a difference looks.
func (t *theme) statusStyle(s comparison.Status) lipgloss.Style {
	switch s {
	case comparison.OnlyA:
		return t.removed.Bold(true)
	case comparison.OnlyB:
		return t.added.Bold(true)
	case comparison.Changed:
		return t.warn.Bold(true)
	case comparison.Shifted:
		return t.change
	}
	return t.dim
}

// pair draws a line: both sides, and between them what differs.
func (c *Comparison) pair(line couple, cursor bool) string {
	t := c.theme
	over := func(s lipgloss.Style) lipgloss.Style {
		if line.differs == 0 && s.GetForeground() != t.bad.GetForeground() && s.GetForeground() != t.frame.GetForeground() {
			s = t.dim // what differs is to be seen first
		}
		if cursor {
			return atCursor(s)
		}
		return s
	}
	left, right := c.halves()
	m := newCanvas(c.width - left - right)
	if line.first == headRow {
		m.draw(2, len(m.cells), t.glyphs.unlike, t.warn.Bold(true))
		return c.made(0, left).render(over) + m.render(over) + c.made(1, right).render(over)
	}
	row := c.Rows()[line.first]
	switch {
	case line.folded && line.differs > 0:
		m.text(1, len(m.cells), fmt.Sprintf("%s %d", t.glyphs.unlike, line.differs), t.dim, t.glyphs.ellipsis)
	case line.folded:
	default:
		style := t.statusStyle(row.Status)
		mark := diffMarks[row.Status]
		if row.Ignored {
			mark, style = " ", t.dim
		}
		if finding := c.finding(line.first); finding != nil {
			m.draw(0, len(m.cells), t.glyphs.diamond, style)
		}
		m.draw(2, len(m.cells), mark, style)
		if row.A != 0 && row.B != 0 && row.Shift != 0 {
			if row.Status != comparison.Shifted && row.Shift.Abs() <= tolerance {
				style = t.dim
			}
			m.text(4, len(m.cells), signed(row.Shift), style, "")
		}
	}
	if cursor {
		m.draw(1, len(m.cells), t.glyphs.arrowRight, t.focus)
	}
	return c.half(0, line, row, left, cursor).render(over) + m.render(over) + c.half(1, line, row, right, cursor).render(over)
}

// signed is how much later something is, with its sign.
func signed(d time.Duration) string {
	if d < 0 {
		return "-" + span(-d)
	}
	return "+" + span(d)
}

// made is the line about what a recording was made with.
func (c *Comparison) made(side, width int) *canvas {
	t := c.theme
	l := newCanvas(width)
	h := c.report.Header
	var parts []string
	for _, d := range h.Identity {
		parts = append(parts, d.Field+" "+orNothing([2]string{d.A, d.B}[side]))
	}
	if len(h.Scenario) > 0 {
		parts = append(parts, "another scenario")
	}
	l.text(1, width, "made with "+clean(strings.Join(parts, ", ")), t.text, t.glyphs.ellipsis)
	return l
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// half draws one side of a line: as lanes where there is room.
func (c *Comparison) half(side int, line couple, row comparison.Row, width int, cursor bool) *canvas {
	t := c.theme
	l := &c.lanes[side]
	r := c.recordings[side]
	n := event(row, side)
	wide := width >= leastLanes && len(l.peers) > 0
	columns := l.columns(l.gutter(), width-l.gutter())
	frame := func() *canvas {
		x := newCanvas(width)
		if wide {
			for _, lane := range columns {
				x.draw(lane.x, width, t.glyphs.gap, t.frame)
			}
		}
		return x
	}
	switch {
	case line.folded:
		x := frame()
		counts := line.packets[side]
		if !wide {
			columns = []column{{name: network, x: c.peerAt(), w: width - c.peerAt()}}
		}
		if counts.sent+counts.dropped > 0 || event(row, side) > 0 {
			l.drawCounts(x, columns, counts.sent, counts.dropped)
		}
		return x
	case n == 0: // a gap
		x := frame()
		if !wide {
			for at := 1; at < width-1; at += 4 {
				x.draw(at, width, t.glyphs.gap, t.frame)
			}
		}
		return x
	case wide:
		return l.paint(r, rowOf(r, n), -1, false, width, "")
	}
	x := newCanvas(width)
	e, err := r.Event(n)
	if err != nil {
		x.text(1, width, "an event that cannot be read: "+err.Error(), t.bad, t.glyphs.ellipsis)
		return x
	}
	data, _ := e.Value()
	text, style := t.label(e, data)
	switch d := data.(type) {
	case recorder.Signal:
		if e.Kind == recorder.KindSignalSent {
			text = t.glyphs.arrowRight + " " + text + " to " + d.To
		} else {
			text += " from " + d.From
		}
	case recorder.PacketEnd:
		if e.Kind == recorder.KindPacketDelivered {
			text = t.glyphs.arrowRight + " " + text
		}
	}
	at := fmt.Sprintf("%.3f", e.Time.Seconds())
	x.text(max(0, c.peerAt()-2-len(at)), c.peerAt()-1, at, t.dim, "")
	from := c.peerAt()
	if e.Peer != "" {
		i := -1
		for j, p := range l.peers {
			if p == e.Peer {
				i = j
			}
		}
		from = x.text(from, min(width, from+12), clean(e.Peer), t.peer(i), t.glyphs.ellipsis) + 1
	}
	x.text(from, width, clean(text), style, t.glyphs.ellipsis)
	return x
}

// peerAt is the column where the names of peers begin.
func (c *Comparison) peerAt() int {
	var last time.Duration
	for _, r := range c.recordings {
		_, t := times(r)
		last = max(last, t)
	}
	return len(fmt.Sprintf("%.3f", last.Seconds())) + 2
}

// rowOf is the row of an event.
func rowOf(r *recorder.Recording, n int) row {
	return row{first: n, last: n, time: r.Entry(n).Time}
}

// details tell about the line at the cursor.
type details struct {
	scroll int

	// What the lines were made for.
	row, width int
	made       *alignment
	lines      []string
}

// title says where the cursor is in both recordings.
func (d *details) title(c *Comparison) string {
	if c.alignment == nil || c.at < 0 {
		return "Difference"
	}
	row := c.Rows()[c.at]
	parts := []string{}
	for side, name := range []string{"A", "B"} {
		if n := event(row, side); n > 0 {
			parts = append(parts, fmt.Sprintf("%s #%d at %s s", name, n, clock(c.recordings[side].Entry(n).Time, false)))
		} else {
			parts = append(parts, "not in "+name)
		}
	}
	return strings.Join(parts, ", ")
}

// of returns the lines.
func (d *details) of(c *Comparison, width int) []string {
	if d.made == c.alignment && d.row == c.at && d.width == width && d.lines != nil {
		return d.lines
	}
	d.made, d.row, d.width, d.lines = c.alignment, c.at, width, []string{}
	t := c.theme
	if c.at < 0 {
		for _, x := range c.report.Header.Identity {
			d.lines = append(d.lines, t.member(x, width)...)
		}
		for _, line := range c.report.Header.Scenario {
			d.lines = append(d.lines, t.diffLine(line, width))
		}
		return d.lines
	}
	if len(c.lines) == 0 {
		return nil
	}
	if line := c.lines[find(c.lines, c.at)]; line.folded {
		text := "packets, all alike in both"
		if line.differs > 0 {
			text = fmt.Sprintf("packets; %d of %d rows differ: + shows them", line.differs, line.last-line.first+1)
		}
		d.lines = append(d.lines, t.line([]piece{{"  " + text, t.text}}, width))
		for side, name := range []string{"A", "B"} {
			n := line.packets[side]
			d.lines = append(d.lines, t.line([]piece{{fmt.Sprintf("  %s  %d sent, %d dropped", name, n.sent, n.dropped), t.dim}}, width))
		}
		return d.lines
	}
	row := c.Rows()[c.at]
	f, err := c.Finding(c.at)
	if err != nil {
		d.lines = append(d.lines, t.line([]piece{{"  " + oneLine(err), t.bad}}, width))
		return d.lines
	}
	words := [...]string{"the same", "at another time", "changed", "only in A", "only in B"}[row.Status]
	style := t.statusStyle(row.Status)
	switch {
	case row.Ignored:
		words, style = "not compared", t.dim
	case row.A != 0 && row.B != 0 && row.Shift != 0:
		later := " later in B"
		if row.Shift < 0 {
			later = " earlier in B"
		}
		words += ", " + span(row.Shift.Abs()) + later
	}
	pieces := []piece{{"  " + words, style}}
	if c.report.First != nil && c.report.First.Row == c.at {
		pieces = append(pieces, piece{"  the first divergence", t.bold})
	}
	if found := c.finding(c.at); found != nil && found.More > 0 {
		pieces = append(pieces, piece{"  " + count(found.More, "more difference") + " from it or like it", t.dim})
	}
	who := ""
	if f.Peer != "" {
		who = f.Peer + "  "
	}
	d.lines = append(d.lines, t.line(pieces, width))
	for i, line := range wrapped(t.asciiOnly(who+f.Text), width-4) {
		if i == 4 {
			break
		}
		d.lines = append(d.lines, "  "+t.text.Render(line))
	}
	for _, x := range f.Members {
		d.lines = append(d.lines, t.member(x, width)...)
	}
	side := 0
	if row.A == 0 {
		side = 1
	}
	if row.Differs() {
		d.lines = append(d.lines, t.causes(c.recordings[side], event(row, side), width)...)
	}
	return d.lines
}

// causes tells what led to an event.
func (t *theme) causes(r *recorder.Recording, n, width int) (lines []string) {
	e, err := r.Event(n)
	if err != nil {
		return nil
	}
	m := moment{recording: r, n: n, event: e}
	for range 3 {
		if n = r.Cause(n); n == 0 {
			break
		}
		lines = append(lines, t.line(append([]piece{{"  after ", t.dim}}, t.reference(m, n)...), width))
	}
	return lines
}

// member shows what changed in a member of an event's data.
func (t *theme) member(x recorder.Difference, width int) []string {
	name := strings.TrimPrefix(x.Field, "data.")
	if strings.Contains(x.A+x.B, "\n") {
		lines := []string{t.line([]piece{{"  " + name, t.bold}}, width)}
		split := func(text string) []string {
			if text == "" {
				return nil
			}
			return strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r", ""), "\n"), "\n")
		}
		for _, l := range diff(split(x.A), split(x.B), func(line string) string {
			key, _, _ := strings.Cut(line, ":")
			return key
		}) {
			switch l.mark {
			case ' ':
			case '~':
				lines = append(lines, t.diffLine("-"+l.was, width), t.diffLine("+"+l.text, width))
			default:
				lines = append(lines, t.diffLine(string(l.mark)+l.text, width))
			}
		}
		return lines
	}
	a, b := orNothing(clean(x.A)), orNothing(clean(x.B))
	if ansi.StringWidth(name+a+b)+8 <= width {
		return []string{t.line([]piece{{"  " + name + "  ", t.bold}, {a, t.removed}, {" " + t.glyphs.arrowRight + " ", t.dim}, {b, t.added}}, width)}
	}
	return []string{t.line([]piece{{"  " + name, t.bold}}, width), t.diffLine("-"+a, width), t.diffLine("+"+b, width)}
}

// diffLine shows a line with its - or + before it.
func (t *theme) diffLine(line string, width int) string {
	style := t.removed
	if strings.HasPrefix(line, "+") {
		style = t.added
	}
	return t.line([]piece{{"    " + line[:1] + " ", style.Bold(true)}, {line[1:], style}}, width)
}

// A bar is the line with both sessions in it: when how much differs, and where the cursor is.
type bar struct {
	width   int
	made    *alignment
	density []int
	most    int
}

func (b *bar) view(c *Comparison) string {
	t, width := c.theme, c.width
	last := time.Duration(1)
	for _, r := range c.recordings {
		_, end := times(r)
		last = max(last, end)
	}
	column := func(at time.Duration) int {
		return min(max(0, int(float64(at)/float64(last)*float64(width-1)+0.5)), width-1)
	}
	if b.width != width || b.made != c.alignment {
		b.width, b.made, b.density, b.most = width, c.alignment, make([]int, width), 0
		for x, from := 0, 0; x < width; x++ {
			end := time.Duration((float64(x) + 0.5) / float64(width-1) * float64(last))
			to := sort.Search(len(c.times), func(i int) bool { return c.times[i] > end })
			if x == width-1 {
				to = len(c.times)
			}
			b.density[x] = to - from
			b.most = max(b.most, to-from)
			from = to
		}
	}
	upper, lower := newCanvas(width), newCanvas(width)
	for x, n := range b.density {
		upper.draw(x, width, t.glyphs.blocks[level8(n, b.most)], t.warn)
	}
	lower.line(0, width, t.glyphs.horizontal, t.frame)
	if f := c.report.First; f != nil {
		lower.draw(column(c.Time(c.Rows()[f.Row])), width, t.glyphs.unlike, t.warn)
	}
	if c.at >= 0 {
		lower.draw(column(c.Time(c.Rows()[c.at])), width, t.glyphs.diamond, t.focus.Bold(true))
	} else {
		lower.draw(0, width, t.glyphs.diamond, t.focus.Bold(true))
	}
	return upper.render(nil) + "\n" + lower.render(nil)
}

// status is the last line: where the cursor is, and what there is to say.
func (c *Comparison) status() string {
	l := newCanvas(c.width)
	t := c.theme
	x := 1
	if c.alignment != nil {
		if c.at >= 0 {
			x = l.text(x, c.width, clock(c.Time(c.Rows()[c.at]), false)+" s", t.bold, "") + 2
		}
		x = l.text(x, c.width, fmt.Sprintf("line %d of %d", min(len(c.lines), find(c.lines, c.at)+1), len(c.lines)), t.dim, "") + 2
		what := c.listed.zoom.String()
		if c.listed.only {
			what += ", only what differs"
		}
		x = l.text(x, c.width, what, t.dim, "") + 2
	}
	if c.message.text != "" {
		style := t.change
		if c.message.wrong {
			style = t.bad
		}
		l.text(x, c.width, clean(c.message.text), style, t.glyphs.ellipsis)
		return l.render(nil)
	}
	hint := "? help   q quit"
	l.text(max(x, c.width-1-len(hint)), c.width, hint, t.dim, "")
	return l.render(nil)
}
