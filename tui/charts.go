package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/recorder"
)

// A chartsTab shows what is measured in a session up to the cursor: how received
// tracks do, what reports say, and what the links carry.
type chartsTab struct {
	*theme
	statistics *statistics

	moment moment
	whole  bool // shows what comes after the cursor as well
	top    int  // the first group that is seen
	groups int
}

func newChartsTab(t *theme) *chartsTab { return &chartsTab{theme: t} }

func (c *chartsTab) name() string { return "Charts" }

func (c *chartsTab) look(m moment) bool {
	c.moment = m
	return m.n > 0
}

var chartKeys = struct{ down, up, whole key.Binding }{
	down:  bind([]string{"j", "down"}, "j ↓", "next charts"),
	up:    bind([]string{"k", "up"}, "k ↑", "charts before"),
	whole: bind([]string{"a"}, "a", "the whole session, or up to the cursor"),
}

func (c *chartsTab) keys() []key.Binding {
	return []key.Binding{chartKeys.down, chartKeys.up, treeKeys.first, treeKeys.last, chartKeys.whole}
}

func (c *chartsTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	switch {
	case key.Matches(msg, chartKeys.down):
		c.top++
	case key.Matches(msg, chartKeys.up):
		c.top--
	case key.Matches(msg, treeKeys.first):
		c.top = 0
	case key.Matches(msg, treeKeys.last):
		c.top = c.groups
	case key.Matches(msg, chartKeys.whole):
		c.whole = !c.whole
	default:
		return false, nil
	}
	c.top = max(0, min(c.top, c.groups-1))
	return true, nil
}

func (c *chartsTab) position() string {
	if c.groups < 2 {
		return ""
	}
	return fmt.Sprintf("%d/%d", c.top+1, c.groups)
}

// end is the time up to which the charts go: that of the session's end.
func (c *chartsTab) end() time.Duration {
	r := c.moment.recording
	end := r.Entry(r.Len()).Time
	if e, ok := r.End(); ok {
		end = max(end, time.Duration(e.Time))
	}
	return max(end, c.moment.event.Time, 1)
}

// subject is what the event is about, to begin with the charts of that.
func (c *chartsTab) subject() (peer, subject string) {
	peer = c.moment.event.Peer
	switch d := c.moment.data.(type) {
	case recorder.Media:
		return peer, "receives " + d.Track
	case recorder.RTCP:
		subject = d.Track
		for _, r := range d.Reports {
			if subject == "" {
				subject = r.Track
			}
		}
	}
	return peer, subject
}

const (
	chartHeight = 3  // of its drawing
	chartAxis   = 13 // how wide the labels of its axis are
)

func (c *chartsTab) view(width, height int) string {
	if c.moment.n == 0 || c.statistics == nil || height < 1 {
		return ""
	}
	r := c.moment.recording
	_, _, done := c.statistics.at(r.Len())
	peer, subject := c.subject()
	groups, silent := c.grouped(c.statistics.all(peer, subject))
	c.groups = len(groups)
	c.top = max(0, min(c.top, c.groups-1))

	var lines []string
	if !done {
		lines = append(lines, c.line([]piece{{fmt.Sprintf("%s %.0f %% read", c.glyphs.circle, 100*c.statistics.progress()), c.warn}}, width))
	}
	if len(groups) == 0 {
		if len(silent) > 0 {
			lines = append(lines, c.silence(silent, width)...)
		} else if done {
			lines = append(lines, c.line([]piece{{"nothing is measured in this session: no packets, no media", c.dim}}, width))
		}
		return strings.Join(lines[:min(len(lines), height)], "\n")
	}
	columns := 1
	if width >= besideFrom {
		columns = 2
	}
	each := (width - 3*(columns-1)) / columns
	for _, g := range groups[c.top:] {
		if len(lines) >= height-1 {
			break
		}
		lines = append(lines, c.group(g, columns, each, width)...)
	}
	if len(lines) < height-2 && len(silent) > 0 {
		lines = append(append(lines, ""), c.silence(silent, width)...)
	}
	lines = lines[:min(len(lines), height-1)]
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	axis := c.axis(each)
	if columns == 2 {
		axis = fit(axis, each, 1) + "   " + axis
	}
	return strings.Join(append(lines, axis), "\n")
}

// grouped puts the series of one subject together. Where all that is seen of a
// subject is 0, only its name is returned.
func (c *chartsTab) grouped(all []*series) (groups [][]*series, silent []string) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].peer == all[0].peer && all[n].subject == all[0].subject {
			n++
		}
		if slices.ContainsFunc(all[:n], c.something) {
			groups = append(groups, all[:n])
		} else {
			silent = append(silent, strings.TrimSpace(all[0].peer+" "+all[0].subject))
		}
		all = all[n:]
	}
	return groups, silent
}

// silence names what there is nothing to show of.
func (c *chartsTab) silence(silent []string, width int) []string {
	var lines []string
	for _, line := range wrapped("nothing until here: "+strings.Join(silent, ", "), width) {
		lines = append(lines, c.line([]piece{{line, c.dim}}, width))
	}
	return lines
}

// until is up to which time the charts are drawn.
func (c *chartsTab) until() time.Duration {
	if c.whole {
		return c.end()
	}
	return c.moment.event.Time
}

// something reports whether there is anything but 0 in a series.
func (c *chartsTab) something(x *series) bool {
	return c.statistics.something(x, c.until())
}

// group draws the charts of one subject. Those that are 0 all the time take one
// line for all of them.
func (c *chartsTab) group(all []*series, columns, each, width int) []string {
	lines := []string{c.line([]piece{{strings.TrimSpace(all[0].peer + " " + all[0].subject), c.call}}, width)}
	var charts [][]string
	var still []string
	for _, x := range all {
		if c.something(x) {
			charts = append(charts, c.chart(x, each))
		} else {
			still = append(still, x.what)
		}
	}
	for row := range slices.Chunk(charts, columns) {
		for i := range row[0] {
			line := row[0][i]
			if len(row) > 1 {
				line = fit(line, each, 1) + "   " + row[1][i]
			}
			lines = append(lines, line)
		}
	}
	if len(still) > 0 {
		lines = append(lines, c.line([]piece{{"  no " + strings.Join(still, ", no "), c.dim}}, width))
	}
	return lines
}

// chart draws a series that is not 0 everywhere.
func (c *chartsTab) chart(x *series, width int) []string {
	n := max(1, width-chartAxis)
	values, has := c.statistics.columns(x, c.until(), c.end(), n)
	low, high, now := math.Inf(1), math.Inf(-1), math.NaN()
	here := c.column(c.moment.event.Time, n)
	for i, v := range values {
		if has[i] {
			low, high = min(low, v), max(high, v)
			if i <= here {
				now = v
			}
		}
	}
	lines := []string{c.caption(x, now, low, high, width)}
	levels := len(c.glyphs.blocks) - 1
	for row := chartHeight - 1; row >= 0; row-- {
		label := ""
		switch row {
		case chartHeight - 1:
			label = quantity(high, x.unit)
		case 0:
			label = quantity(0, x.unit)
		}
		label = strings.Repeat(" ", max(0, chartAxis-2-ansi.StringWidth(label))) + ansi.Truncate(label, chartAxis-2, "")
		pieces := []piece{{label + " ", c.dim}, {c.glyphs.teeLeft, c.frame}}
		for i := range n {
			text, style := " ", c.change
			if has[i] {
				level := int(math.Round(values[i] / high * float64(levels*chartHeight)))
				if values[i] > 0 {
					level = max(level, 1)
				}
				text = c.glyphs.blocks[max(0, min(levels, level-row*levels))]
			}
			if i > here {
				style = c.dim
			}
			if i == here && strings.TrimSpace(text) == "" {
				text, style = c.glyphs.gap, c.focus
			}
			pieces = append(pieces, piece{text, style})
		}
		lines = append(lines, c.line(join(pieces), width))
	}
	return lines
}

// caption names a series, with what it is at the cursor and its range.
func (c *chartsTab) caption(x *series, now, low, high float64, width int) string {
	left := []piece{{"  " + x.what, c.text}}
	if !math.IsNaN(now) {
		left = append(left, piece{"  " + quantity(now, x.unit), c.focus})
	}
	reach := fmt.Sprintf("%s to %s", quantity(low, x.unit), quantity(high, x.unit))
	if low == high {
		reach = ""
	}
	used := 0
	for _, p := range left {
		used += ansi.StringWidth(p.text)
	}
	if room := width - used - ansi.StringWidth(reach); room >= 2 {
		left = append(left, piece{strings.Repeat(" ", room) + reach, c.dim})
	}
	return c.line(left, width)
}

func (c *chartsTab) column(t time.Duration, n int) int {
	return max(0, min(n-1, int(float64(t)/float64(c.end())*float64(n))))
}

// axis is the axis of time below all charts, with a mark where the cursor is.
func (c *chartsTab) axis(width int) string {
	n := max(1, width-chartAxis)
	here := c.column(c.moment.event.Time, n)
	first, last, now := "0", span(c.end()), span(c.moment.event.Time)
	line := newCanvas(width)
	x := chartAxis
	line.line(x, x+n, c.glyphs.horizontal, c.frame)
	line.draw(x, width, first+" ", c.dim)
	line.draw(width-len(last)-1, width, " "+last, c.dim)
	text := c.glyphs.teeUp + now
	if at := x + here; at+ansi.StringWidth(text) <= width {
		line.draw(at, width, text, c.focus)
	} else {
		line.draw(max(0, at-len(now)), width, now+c.glyphs.teeUp, c.focus)
	}
	return line.render(nil)
}

// quantity formats a number with its unit.
func quantity(v float64, unit string) string {
	if unit == "bit/s" {
		return scaled(v, unit)
	}
	var text string
	switch {
	case v == 0:
		text = "0"
	case math.Abs(v) < 10:
		text = strconv.FormatFloat(v, 'g', 2, 64)
	default:
		text = strconv.FormatFloat(v, 'f', 0, 64)
	}
	if unit == "" || unit == "/s" {
		return text + unit
	}
	return text + " " + unit
}
