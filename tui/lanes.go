package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// lanes is the session as it went: time runs down, and each peer has a lane.
// What goes from one peer to another is an arrow through the lanes between.
type lanes struct {
	theme *theme
	scope scope
	peers []string // in the order in which they came
	first int      // the first peer whose lane is on the screen
	found *filter.Matches
}

// network is the name of the lane for what happens between the peers.
const network = "network"

// A column is a lane on the screen.
type column struct {
	name string
	x, w int
	peer int // the peer's number, -1 for the network
}

// Widths that a lane should have.
const (
	leastLane   = 18
	leastPair   = 16 // of two, which are shown even where it is narrow
	networkLane = 16
)

// columns lays the lanes out. The network lies between two peers, and after
// more of them.
func (l *lanes) columns(x, width int) []column {
	if width <= 0 {
		return nil
	}
	peers := l.peers
	if fits := max(min(2, width/leastPair), 1, (width-networkLane)/leastLane); len(peers) > fits {
		l.first = min(max(0, l.first), len(peers)-fits)
		peers = peers[l.first : l.first+fits]
	} else {
		l.first = 0
	}
	names := slices.Clone(peers)
	if len(names) == 2 && len(l.peers) == 2 {
		names = []string{names[0], network, names[1]}
	} else {
		names = append(names, network)
	}
	between := min(networkLane+width/12, width/3)
	if len(names) == 1 {
		between = width
	}
	each := 0
	if len(names) > 1 {
		each = (width - between) / (len(names) - 1)
	}
	var all []column
	for _, name := range names {
		c := column{name: name, x: x, w: each, peer: slices.Index(l.peers, name)}
		if name == network {
			c.w = between
		}
		all = append(all, c)
		x += c.w
	}
	if n := len(all) - 1; n >= 0 {
		all[n].w += width - (each*(len(names)-1) + between)
	}
	return all
}

// of returns the lane of a name; what is no peer is the network's.
func of(columns []column, name string) int {
	rest := len(columns) - 1
	for i, c := range columns {
		if c.name == name {
			return i
		}
		if c.name == network {
			rest = i
		}
	}
	return rest
}

// gutter is the width of the time and of the mark beside it.
func (l *lanes) gutter() int {
	if l.scope.zoom == zoomAll {
		return 17
	}
	return 14
}

// head returns the line with the names of the lanes.
func (l *lanes) head(width int) string {
	c := newCanvas(width)
	t := l.theme
	c.text(2, l.gutter(), "time / s", t.dim, "")
	columns := l.columns(l.gutter(), width-l.gutter())
	for _, lane := range columns {
		style := t.peer(lane.peer).Bold(true)
		c.text(lane.x+1, lane.x+lane.w, lane.name, style, t.glyphs.ellipsis)
	}
	if l.first > 0 && len(columns) > 0 {
		c.draw(l.gutter()-1, width, t.glyphs.arrowLeft, t.warn)
	}
	if len(columns) > 0 && l.first+len(columns)-1 < len(l.peers) {
		c.draw(width-1, width, t.glyphs.arrowRight, t.warn)
	}
	return c.render(nil)
}

// view returns the rows around the cursor, and the rows themselves, for the
// mouse. The cursor's row stands where place says: 0 at the top, 1 at the
// bottom.
func (l *lanes) view(r *recorder.Recording, cursor, width, height int, place float64, marks map[int]string) (string, []row) {
	if width <= 0 || height <= 0 {
		return "", nil
	}
	at, ok := l.scope.at(r, cursor)
	if !ok {
		c := newCanvas(width)
		text := "there are no events"
		if r.Len() > 0 {
			text = "all events are hidden; X shows them"
		}
		c.text(2, width, text, l.theme.dim, l.theme.glyphs.ellipsis)
		return fit(c.render(nil), width, height), nil
	}
	before := int(place * float64(height-1))
	above := l.scope.above(r, at.first, before)
	below := l.scope.below(r, at.last+1, height-1-len(above))
	if missing := height - 1 - len(above) - len(below); missing > 0 {
		above = l.scope.above(r, at.first, len(above)+missing)
	}
	rows := append(append(above, at), below...)
	var lines []string
	var shown []row
	last := time.Duration(-1)
	if first := rows[0].first; first > 1 {
		if previous := l.scope.above(r, first, 1); len(previous) == 1 {
			last = r.Entry(previous[0].last).Time
		}
	}
	// A gap in time takes a line of its own, as long as the cursor stays.
	var gaps int
	for _, row := range rows {
		if last >= 0 && row.time-last >= gapFrom {
			gaps++
		}
		last = r.Entry(row.last).Time
	}
	drop := min(gaps, len(rows)-1)
	for drop > 0 && len(rows) > 1 {
		// Take lines away on the side that has more of them.
		i := slices.IndexFunc(rows, func(x row) bool { return x.first == at.first })
		if i > len(rows)-1-i {
			rows = rows[1:]
		} else {
			rows = rows[:len(rows)-1]
		}
		drop--
	}
	last = -1
	if first := rows[0].first; first > 1 {
		if previous := l.scope.above(r, first, 1); len(previous) == 1 {
			last = r.Entry(previous[0].last).Time
		}
	}
	for _, x := range rows {
		if last >= 0 && x.time-last >= gapFrom && len(lines) < height-1 {
			lines = append(lines, l.gap(x.time-last, width))
			shown = append(shown, row{})
		}
		lines = append(lines, l.row(r, x, last, x.first == at.first, width, marks[x.first]))
		shown = append(shown, x)
		last = r.Entry(x.last).Time
	}
	if len(lines) > height {
		// The cursor's line must stay.
		i := slices.IndexFunc(shown, func(x row) bool { return x.first == at.first })
		from := min(max(0, i-height+1), len(lines)-height)
		lines, shown = lines[from:from+height], shown[from:from+height]
	}
	return fit(strings.Join(lines, "\n"), width, height), shown
}

// gapFrom is the length of a time without events that is shown as a gap.
const gapFrom = 500 * time.Millisecond

func (l *lanes) gap(d time.Duration, width int) string {
	c := newCanvas(width)
	t := l.theme
	for _, lane := range l.columns(l.gutter(), width-l.gutter()) {
		c.draw(lane.x, width, t.glyphs.gap, t.frame)
	}
	text := span(d)
	c.text(2+max(0, 10-ansi.StringWidth(text)), l.gutter(), text, t.dim.Italic(true), "")
	return c.render(nil)
}

// row draws one row.
func (l *lanes) row(r *recorder.Recording, x row, last time.Duration, cursor bool, width int, mark string) string {
	c := l.paint(r, x, last, cursor, width, mark)
	if cursor {
		return c.render(atCursor)
	}
	return c.render(nil)
}

// atCursor is how a style looks at the cursor.
func atCursor(s lipgloss.Style) lipgloss.Style {
	return s.Background(lipgloss.AdaptiveColor{Light: "254", Dark: "236"})
}

// paint draws one row on a canvas.
func (l *lanes) paint(r *recorder.Recording, x row, last time.Duration, cursor bool, width int, mark string) *canvas {
	c := newCanvas(width)
	t := l.theme
	columns := l.columns(l.gutter(), width-l.gutter())
	for _, lane := range columns {
		c.draw(lane.x, width, t.glyphs.vertical, t.frame)
	}
	if cursor {
		c.draw(0, width, t.glyphs.arrowRight, t.focus)
	}
	if l.found != nil && !x.folded && l.found.Has(x.first) {
		c.draw(1, 2, t.glyphs.diamond, t.change)
	}
	if mark != "" {
		c.draw(1, 2, mark, t.warn)
	}
	style := t.text
	if x.time == last {
		style = t.dim
	}
	text := clock(x.time, l.scope.zoom == zoomAll)
	c.text(2+max(0, l.gutter()-4-len(text)), l.gutter()-1, text, style, "")
	if x.folded {
		l.drawFolded(c, r, x, columns)
	} else if e, err := r.Event(x.first); err != nil {
		c.text(l.gutter()+2, width, "an event that cannot be read: "+err.Error(), t.bad, t.glyphs.ellipsis)
	} else {
		l.drawEvent(c, r, x.first, e, columns)
	}
	return c
}

// drawFolded draws what the folded packets of a row come to.
func (l *lanes) drawFolded(c *canvas, r *recorder.Recording, x row, columns []column) {
	count := func(kind recorder.Kind) (n int) {
		for _, p := range r.Peers() {
			n += r.Count(p.Name, kind, x.last) - r.Count(p.Name, kind, x.first-1)
		}
		return n
	}
	l.drawCounts(c, columns, count(recorder.KindPacketSent), count(recorder.KindPacketDropped))
}

// drawCounts says how many packets were sent and dropped.
func (l *lanes) drawCounts(c *canvas, columns []column, sent, dropped int) {
	t := l.theme
	lane := columns[of(columns, network)]
	text := fmt.Sprintf("%s %d packets", t.glyphs.fold, sent)
	switch sent {
	case 0:
		text = t.glyphs.fold + " packets arrive"
	case 1:
		text = t.glyphs.fold + " 1 packet"
	}
	end := c.text(lane.x+2, lane.x+lane.w, text, t.dim, t.glyphs.ellipsis)
	if dropped > 0 {
		c.text(end+1, len(c.cells), fmt.Sprintf("%s %d", t.glyphs.lost, dropped), t.warn, t.glyphs.ellipsis)
	}
}

// drawEvent draws an event: in its lane, through all lanes, or as an arrow.
func (l *lanes) drawEvent(c *canvas, r *recorder.Recording, n int, e recorder.Event, columns []column) {
	t := l.theme
	data, _ := e.Value()
	text, style := t.label(e, data)
	switch d := data.(type) {
	case recorder.PacketSent:
		l.drawArrow(c, r, n, e, text, style, columns, t.glyphs.horizontal)
		return
	case recorder.Signal:
		if e.Kind == recorder.KindSignalSent {
			l.drawArrow(c, r, n, e, text, style, columns, t.glyphs.horizontal)
			return
		}
		if e.Kind == recorder.KindSignalDelivered {
			text = t.glyphs.arrowRight + " " + text + " from " + d.From
		}
	case recorder.PacketEnd:
		if e.Kind == recorder.KindPacketDelivered {
			text = t.glyphs.arrowRight + " " + text
		}
	}
	if e.Peer == "" {
		// What belongs to nobody goes through all lanes.
		c.text(columns[0].x+1, len(c.cells), text, style, t.glyphs.ellipsis)
		return
	}
	lane := columns[of(columns, e.Peer)]
	limit := lane.x + lane.w
	if ansi.StringWidth(text) > lane.w-2 {
		limit = len(c.cells) // the lanes behind it are empty
	}
	c.text(lane.x+2, limit, text, style, t.glyphs.ellipsis)
}

// drawArrow draws something that goes from one peer to another, with what
// became of it: how long it took, or where and why it got lost.
func (l *lanes) drawArrow(c *canvas, r *recorder.Recording, n int, e recorder.Event, text string, style lipgloss.Style, columns []column, line string) {
	t := l.theme
	from := of(columns, e.Peer)
	to, fate, lost := of(columns, network), "under way", false
	for _, i := range r.Effects(n) {
		if l.scope.beyond(i) {
			break
		}
		entry := r.Entry(i)
		switch entry.Kind {
		case recorder.KindPacketDelivered, recorder.KindSignalDelivered:
			to, fate = of(columns, entry.Peer), span(entry.Time-e.Time)
		case recorder.KindPacketDropped, recorder.KindSignalDropped:
			to, lost = of(columns, network), true
			if end, err := r.Event(i); err == nil {
				switch d, _ := end.Value(); d := d.(type) {
				case recorder.PacketEnd:
					fate = d.Reason
				case recorder.Signal:
					fate = d.Reason
				}
			}
		default:
			continue
		}
		break
	}
	if from == to {
		lane := columns[from]
		if lost {
			text += " " + t.glyphs.lost + " " + fate
		} else {
			text += " " + fate
		}
		c.text(lane.x+2, len(c.cells), text, style, t.glyphs.ellipsis)
		return
	}
	a, b := columns[min(from, to)], columns[max(from, to)]
	start, end := a.x, b.x // the arrow lies between the two lifelines
	if lost && b.name == network {
		end = b.x + 2
	}
	if lost && a.name == network {
		start = a.x + a.w - 2
	}
	c.line(start+1, end, line, style)
	c.draw(start, end+1, t.glyphs.teeRight, t.frame)
	space := end - start - 7 - ansi.StringWidth(fate)
	label := " " + ansi.Truncate(text, max(0, space), t.glyphs.ellipsis) + " "
	switch {
	case lost && from < to:
		c.draw(start+2, end, label, style)
		c.draw(end, len(c.cells), t.glyphs.lost, t.bad)
		c.text(end+2, len(c.cells), fate, t.warn, t.glyphs.ellipsis)
	case lost:
		c.text(b.x+2, len(c.cells), text, style, t.glyphs.ellipsis) // its own lane has the room
		c.draw(end, end+1, t.glyphs.teeLeft, t.frame)
		c.draw(start, len(c.cells), t.glyphs.lost, t.bad)
		width := ansi.StringWidth(fate)
		c.text(max(a.x+2, start-1-width), start, fate, t.warn, t.glyphs.ellipsis)
	case from < to:
		c.draw(start+2, end, label, style)
		c.text(max(start+2, end-2-ansi.StringWidth(fate)), end-1, fate, t.dim, "")
		c.draw(end-1, end, t.glyphs.arrowRight, style)
	default:
		width := ansi.StringWidth(label)
		c.draw(max(start+2, end-2-width), end, label, style)
		c.text(start+3, end, fate+" ", t.dim, "")
		c.draw(start+1, end, t.glyphs.arrowLeft, style)
		c.draw(start, end, t.glyphs.vertical, t.frame)
		c.draw(end, end+1, t.glyphs.teeLeft, t.frame)
	}
}
