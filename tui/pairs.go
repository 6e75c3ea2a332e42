package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// keptViews is how many tables of ICE are kept: those of the last events that
// changed something. Two that follow each other share most of their memory.
const keptViews = 16384

// iceViews follows a recording with a table of ICE.
func iceViews(r *recorder.Recording) *follower[*ice.View] {
	return newFollower(r, keptViews, func() reading[*ice.View] {
		table := ice.New()
		var last *ice.View
		return func(n int, e recorder.Event) (*ice.View, bool) {
			table.Add(e) // what cannot be read is left out
			view := table.At()
			if last != nil && sameTables(last, view) {
				return nil, false
			}
			last = view
			return view, true
		}
	})
}

// sameTables reports whether two views tell the same about ICE.
func sameTables(a, b *ice.View) bool {
	return a.Packets == b.Packets && slices.EqualFunc(a.Peers, b.Peers, func(a, b ice.Peer) bool {
		return slices.Equal(a.Generations, b.Generations)
	})
}

// A pairsTab shows the candidate pairs of a peer as ICE sees them at the cursor.
type pairsTab struct {
	*theme
	views *follower[*ice.View]

	moment moment
	peer   string // the one that is shown
	picked string // by the user; empty: the event's
	pair   string // the label of the one that is selected
	top    int

	peers []string // that have ICE
	pairs []*ice.Pair
}

func newPairsTab(t *theme) *pairsTab { return &pairsTab{theme: t} }

func (p *pairsTab) name() string { return "Pairs" }

func (p *pairsTab) look(m moment) bool {
	if m.event.Peer != p.moment.event.Peer {
		p.picked = ""
	}
	p.moment = m
	return true
}

var pairKeys = struct{ left, right, enter key.Binding }{
	left:  bind([]string{"h", "left"}, "h ←", "peer before"),
	right: bind([]string{"l", "right"}, "l →", "next peer"),
	enter: bind([]string{"enter"}, "enter", "to the pair's last check"),
}

func (p *pairsTab) keys() []key.Binding {
	return []key.Binding{treeKeys.down, treeKeys.up, treeKeys.first, treeKeys.last, pairKeys.left, pairKeys.right, pairKeys.enter}
}

func (p *pairsTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	at := p.at()
	switch {
	case key.Matches(msg, treeKeys.down):
		p.choose(at + 1)
	case key.Matches(msg, treeKeys.up):
		p.choose(at - 1)
	case key.Matches(msg, treeKeys.first):
		p.choose(0)
	case key.Matches(msg, treeKeys.last):
		p.choose(len(p.pairs) - 1)
	case key.Matches(msg, pairKeys.left):
		p.other(-1)
	case key.Matches(msg, pairKeys.right):
		p.other(+1)
	case key.Matches(msg, pairKeys.enter):
		if at < len(p.pairs) && p.pairs[at].Last != nil {
			if n := p.moment.recording.Find(p.pairs[at].Last.Event); n > 0 {
				return true, jump(n)
			}
		}
	default:
		return false, nil
	}
	return true, nil
}

func (p *pairsTab) at() int {
	return max(0, slices.IndexFunc(p.pairs, func(x *ice.Pair) bool { return x.Label() == p.pair }))
}

func (p *pairsTab) choose(i int) {
	if i = max(0, min(i, len(p.pairs)-1)); i < len(p.pairs) {
		p.pair = p.pairs[i].Label()
	}
}

func (p *pairsTab) other(by int) {
	if i := slices.Index(p.peers, p.peer); i >= 0 {
		p.picked = p.peers[(i+by+len(p.peers))%len(p.peers)]
		p.pair = ""
	}
}

func (p *pairsTab) view(width, height int) string {
	if p.moment.n == 0 || p.views == nil {
		return ""
	}
	view, _, ok := p.views.at(p.moment.n)
	if !ok {
		return p.line([]piece{{fmt.Sprintf("%s reading what came before: %.0f %%", p.glyphs.circle, 100*p.views.progress()), p.warn}}, width)
	}
	generation := p.find(view)
	if generation == nil {
		p.pairs = nil
		return p.line([]piece{{"no peer has begun ICE yet", p.dim}}, width)
	}
	// The best pairs first, as a checklist has them (RFC 8445, section 6.1.2.4).
	p.pairs = slices.Clone(generation.Pairs)
	slices.SortStableFunc(p.pairs, func(a, b *ice.Pair) int {
		switch {
		case a.Priority > b.Priority:
			return -1
		case a.Priority < b.Priority:
			return 1
		}
		return 0
	})
	if p.pair == "" {
		if selected := generation.Selected(); selected != nil {
			p.pair = selected.Label()
		}
	}

	lines := p.head(view, generation, width)
	lines = append(lines, p.table(view, generation, width, max(2, height/2))...)
	if at := p.at(); at < len(p.pairs) {
		lines = append(lines, p.detail(p.pairs[at], width)...)
	}
	lines = append(lines, p.candidates("local", generation.Local, width)...)
	lines = append(lines, p.candidates("remote", generation.Remote, width)...)
	return strings.Join(lines[:min(len(lines), height)], "\n")
}

// find returns the generation that is shown.
func (p *pairsTab) find(view *ice.View) *ice.Generation {
	p.peers = p.peers[:0]
	for _, peer := range view.Peers {
		p.peers = append(p.peers, peer.Name)
	}
	wanted := []string{p.picked, p.moment.event.Peer}
	if end, ok := p.moment.data.(recorder.PacketEnd); ok {
		wanted = append(wanted, end.From)
	}
	wanted = append(wanted, p.peer)
	for _, name := range wanted {
		if i := slices.Index(p.peers, name); i >= 0 {
			p.peer = name
			return view.Peers[i].Current()
		}
	}
	if len(p.peers) == 0 {
		return nil
	}
	p.peer = p.peers[0]
	return view.Peers[0].Current()
}

func (p *pairsTab) head(view *ice.View, g *ice.Generation, width int) []string {
	pieces := []piece{}
	for _, name := range p.peers {
		style := p.dim
		if name == p.peer {
			name, style = "["+name+"]", p.call
		}
		pieces = append(pieces, piece{name + "  ", style})
	}
	pieces = append(pieces, piece{g.State + "  ", p.state(g.State)})
	if g.Role != "" {
		pieces = append(pieces, piece{g.Role + "  ", p.text})
	}
	if g.Lite {
		pieces = append(pieces, piece{"lite  ", p.warn})
	}
	if g.Number > 1 {
		pieces = append(pieces, piece{"after " + count(g.Number-1, "restart") + "  ", p.warn})
	}
	if g.Ended != nil {
		pieces = append(pieces, piece{"ended: " + g.Ended.Reason, p.warn})
	}
	lines := []string{p.line(pieces, width)}
	switch view.Packets {
	case recorder.PacketsHeaders:
		lines = append(lines, p.line([]piece{{"recorded without payloads: relayed checks are not seen", p.warn}}, width))
	case recorder.PacketsNone:
		lines = append(lines, p.line([]piece{{"recorded without packets: checks are not seen", p.warn}}, width))
	}
	return lines
}

// A field is a column of a table.
type field struct {
	title string
	right bool // adjusted to the right
	give  int  // the lower, the more it matters when there is no room for all; 0: it is always there
	cell  func(x *ice.Pair) (string, lipgloss.Style)
}

func (p *pairsTab) fields() []field {
	return []field{
		{"pair", false, 0, func(x *ice.Pair) (string, lipgloss.Style) { return p.label(x.Label()), p.call }},
		{"state", false, 0, func(x *ice.Pair) (string, lipgloss.Style) { return string(x.State), p.pairState(x.State) }},
		{"", false, 1, func(x *ice.Pair) (string, lipgloss.Style) {
			switch {
			case x.Selected:
				return "selected", p.good
			case x.Nominated:
				return "nominated", p.change
			case x.Nomination != nil:
				return "nominating", p.change
			}
			return "", p.text
		}},
		{"local", false, 3, func(x *ice.Pair) (string, lipgloss.Style) { return end(x.Local), p.text }},
		{"remote", false, 3, func(x *ice.Pair) (string, lipgloss.Style) { return end(x.Remote), p.text }},
		{"sent", true, 2, func(x *ice.Pair) (string, lipgloss.Style) { return strconv.Itoa(x.Sent.N), p.text }},
		{"answered", true, 2, func(x *ice.Pair) (string, lipgloss.Style) {
			if x.Answered.N < x.Sent.N {
				return strconv.Itoa(x.Answered.N), p.warn
			}
			return strconv.Itoa(x.Answered.N), p.text
		}},
		{"received", true, 4, func(x *ice.Pair) (string, lipgloss.Style) { return strconv.Itoa(x.Received.N), p.text }},
		{"round trip", true, 2, func(x *ice.Pair) (string, lipgloss.Style) {
			if x.Answered.N == 0 {
				return "", p.dim
			}
			return span(x.RoundTrip), p.text
		}},
		{"last check", false, 5, func(x *ice.Pair) (string, lipgloss.Style) {
			if x.Last == nil {
				return "", p.dim
			}
			return outcome(x.Last), p.outcomeStyle(x.Last)
		}},
	}
}

// label is a pair's label in the characters of the theme.
func (p *pairsTab) label(text string) string {
	return strings.ReplaceAll(text, "–", p.glyphs.horizontal)
}

func end(c *ice.Candidate) string {
	typ := c.Type
	if typ == "" {
		typ = "?"
	}
	return fmt.Sprintf("%s %s:%d", typ, c.Address, c.Port)
}

func outcome(c *ice.Check) string {
	text := string(c.Outcome)
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}

func (p *pairsTab) outcomeStyle(c *ice.Check) lipgloss.Style {
	switch c.Outcome {
	case ice.Answered:
		return p.good
	case ice.UnderWay, ice.Arrived, ice.Responded:
		return p.change
	}
	return p.warn
}

func (p *pairsTab) pairState(s ice.State) lipgloss.Style {
	switch s {
	case ice.Succeeded:
		return p.good
	case ice.Failed:
		return p.bad
	case ice.InProgress:
		return p.change
	}
	return p.dim
}

// table is the table of pairs: a header, and at most so many lines in all.
func (p *pairsTab) table(view *ice.View, g *ice.Generation, width, height int) []string {
	if len(p.pairs) == 0 {
		return []string{p.line([]piece{{"no pairs: it takes a local and a remote candidate", p.dim}}, width)}
	}
	changed := make(map[string]bool)
	for i := len(view.Changes) - 1; i >= 0 && view.Changes[i].Event == p.moment.event.Seq; i-- {
		if c := view.Changes[i]; c.Peer == p.peer {
			changed[c.Subject] = true
		}
	}
	fields := p.fields()
	widths := make([]int, len(fields))
	cells := make([][]piece, len(p.pairs))
	for i, x := range p.pairs {
		for j, f := range fields {
			text, style := f.cell(x)
			cells[i] = append(cells[i], piece{text, style})
			widths[j] = max(widths[j], ansi.StringWidth(text))
		}
	}
	for j, f := range fields {
		if widths[j] > 0 {
			widths[j] = max(widths[j], len(f.title))
		}
	}
	leaveOut(fields, widths, width-4)

	row := func(mark piece, cells []piece) string {
		pieces := []piece{mark}
		for j, c := range cells {
			if widths[j] == 0 {
				continue
			}
			room := strings.Repeat(" ", max(0, widths[j]-ansi.StringWidth(c.text)))
			if fields[j].right {
				pieces = append(pieces, piece{room, p.text}, c, piece{"  ", p.text})
			} else {
				pieces = append(pieces, c, piece{room + "  ", p.text})
			}
		}
		last := &pieces[len(pieces)-1]
		last.text = strings.TrimRight(last.text, " ")
		return p.line(pieces, width)
	}
	titles := make([]piece, len(fields))
	for j, f := range fields {
		titles[j] = piece{f.title, p.dim}
	}
	lines := []string{row(piece{"    ", p.text}, titles)}
	at := p.at()
	room := height - 1
	p.top = max(0, min(p.top, len(p.pairs)-room))
	p.top = max(min(p.top, at), at-room+1)
	for i := p.top; i < min(len(p.pairs), p.top+room); i++ {
		mark := piece{"    ", p.text}
		switch isChanged := changed[p.pairs[i].Label()]; {
		case i == at && isChanged:
			mark = piece{p.glyphs.arrowRight + " " + p.glyphs.dot + " ", p.focus}
		case i == at:
			mark = piece{p.glyphs.arrowRight + "   ", p.focus}
		case isChanged:
			mark = piece{"  " + p.glyphs.dot + " ", p.focus}
		}
		lines = append(lines, row(mark, cells[i]))
	}
	if len(p.pairs) > room {
		lines = append(lines, p.line([]piece{{fmt.Sprintf("    %d of %d pairs", min(room, len(p.pairs)), len(p.pairs)), p.dim}}, width))
	}
	return lines
}

// leaveOut leaves out the columns for which there is no room.
func leaveOut(fields []field, widths []int, room int) {
	most := 0
	for _, f := range fields {
		most = max(most, f.give)
	}
	for give := range most + 1 { // those that belong together stay or go together
		need := 0
		for j, w := range widths {
			if fields[j].give == give && w > 0 {
				need += w + 2
			}
		}
		if need <= room+2 || give == 0 {
			room -= need
			continue
		}
		for j := range widths {
			if fields[j].give == give {
				widths[j] = 0
			}
		}
	}
}

// detail tells about the pair that is selected.
func (p *pairsTab) detail(x *ice.Pair, width int) []string {
	lines := []string{""}
	add := func(pieces ...piece) { lines = append(lines, p.line(pieces, width)) }
	add(piece{p.label(x.Label()), p.call},
		piece{"  " + end(x.Local) + " " + p.glyphs.arrowRight + " " + end(x.Remote), p.text})
	add(piece{"  formed at " + at(x.Since), p.dim},
		piece{fmt.Sprintf("; checks: %d sent, %d answered; %d received, %d responded to", x.Sent.N, x.Answered.N, x.Received.N, x.Responded.N), p.text})
	if c := x.Last; c != nil {
		pieces := []piece{{fmt.Sprintf("  last check: packet %d at %s, ", c.Packet, at(c.Sent)), p.dim}, {string(c.Outcome), p.outcomeStyle(c)}}
		if c.Reason != "" {
			pieces = append(pieces, piece{" at " + c.At + ": " + c.Reason, p.warn})
		}
		if c.RoundTrip > 0 {
			pieces = append(pieces, piece{" after " + span(c.RoundTrip), p.text})
		}
		add(pieces...)
		if c.Detail != "" {
			add(piece{"  " + c.Detail, p.dim})
		}
	}
	if n := x.Nomination; n != nil {
		text := fmt.Sprintf("  nominated by packet %d at %s", n.Packet, at(n.Time))
		if !x.Nominated {
			text += ", not answered yet"
		}
		add(piece{text, p.change})
	}
	if c := x.Consent; c != nil {
		if c.Expired {
			add(piece{"  consent ran out at " + at(c.Expires), p.bad})
		} else {
			add(piece{"  consent until " + at(c.Expires), p.text})
		}
	}
	return lines
}

// at formats a moment.
func at(t time.Duration) string { return clock(t, false) + " s" }

func (p *pairsTab) candidates(side string, candidates []*ice.Candidate, width int) []string {
	if len(candidates) == 0 {
		return nil
	}
	lines := []string{"", p.line([]piece{{side + " candidates", p.dim}}, width)}
	for _, c := range candidates {
		pieces := []piece{{"  " + c.Label + "  ", p.call}, {end(c), p.text}, {"  " + at(c.Since) + ", " + string(c.Source), p.dim}}
		if c.Related != "" && !strings.HasPrefix(c.Related, "0.0.0.0:") { // which says nothing
			pieces = append(pieces, piece{", seen from " + c.Related, p.dim})
		}
		if c.Resolved != "" && c.Resolved != fmt.Sprintf("%s:%d", c.Address, c.Port) {
			pieces = append(pieces, piece{", is " + c.Resolved, p.dim})
		}
		lines = append(lines, p.line(pieces, width))
	}
	return lines
}
