package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/recorder"
)

// states is the pane with the state machines of the peers at the cursor.
type states struct {
	theme *theme
	at    moment
	peers []string // in the order in which they came

	peer   string // whose machines are chosen from
	chosen string // the attribute of the chosen machine
	mode   stateMode

	all    map[string][]*machine         // of each peer at the cursor
	told   map[string]recorder.PeerState // what else is known of it
	errors map[string]error

	// What was read of the recording, which does not change.
	remarks  map[uint32]difference
	triggers map[stepOf]string

	known struct {
		recording *recorder.Recording
		n, length int
	}
}

// A stateMode is what the pane shows.
type stateMode int

const (
	modeTable   stateMode = iota // all machines
	modeDiagram                  // the chosen one, drawn where there is room
	modeList                     // the chosen one in words
)

func newStates(t *theme) *states { return &states{theme: t, chosen: fixed[0].attribute} }

func (p *states) title() string { return "States" }

// look implements [pane].
func (p *states) look(m moment) { p.at = m }

// stateKeys are the keys of the pane.
var stateKeys = struct{ up, down, left, right, open, back, previous, next key.Binding }{
	bind([]string{"up", "k"}, "k ↑", "machine before"),
	bind([]string{"down", "j"}, "j ↓", "next machine"),
	bind([]string{"left", "h"}, "h ←", "peer before"),
	bind([]string{"right", "l"}, "l →", "next peer"),
	bind([]string{"enter"}, "enter", "diagram of the machine, or in words"),
	bind([]string{"esc"}, "esc", "all machines"),
	bind([]string{"["}, "[", "to the machine's change before"),
	bind([]string{"]"}, "]", "to the machine's next change"),
}

// keys implements [pane].
func (p *states) keys() []key.Binding {
	k := stateKeys
	return []key.Binding{k.up, k.down, k.left, k.right, k.open, k.back, k.previous, k.next}
}

// update implements [pane].
func (p *states) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	p.refresh()
	k := stateKeys
	switch {
	case key.Matches(msg, k.up):
		p.choose(-1)
	case key.Matches(msg, k.down):
		p.choose(1)
	case key.Matches(msg, k.left):
		p.choosePeer(-1)
	case key.Matches(msg, k.right):
		p.choosePeer(1)
	case key.Matches(msg, k.open):
		if p.mode == modeDiagram {
			p.mode = modeList
		} else {
			p.mode = modeDiagram
		}
	case key.Matches(msg, k.back):
		if p.mode == modeTable {
			return false, nil
		}
		p.mode = modeTable
	case key.Matches(msg, k.previous):
		return true, p.toChange(-1)
	case key.Matches(msg, k.next):
		return true, p.toChange(1)
	default:
		return false, nil
	}
	return true, nil
}

// choose chooses another machine of the peer.
func (p *states) choose(by int) {
	all := p.all[p.peer]
	if len(all) == 0 {
		return
	}
	i := min(max(0, p.index(all)+by), len(all)-1)
	p.chosen = all[i].attribute
}

// choosePeer chooses another peer, and its machine of the same name.
func (p *states) choosePeer(by int) {
	if i := slices.Index(p.peers, p.peer); i >= 0 {
		p.peer = p.peers[min(max(0, i+by), len(p.peers)-1)]
	}
}

// index is the place of the chosen machine among those of a peer. A machine
// that is not there at the cursor stays chosen, and another one stands for it.
func (p *states) index(all []*machine) int {
	return max(0, slices.IndexFunc(all, func(m *machine) bool { return m.attribute == p.chosen }))
}

// toChange goes to the change of the chosen machine that comes next.
func (p *states) toChange(by int) tea.Cmd {
	all := p.all[p.peer]
	if len(all) == 0 {
		return nil
	}
	m := all[p.index(all)]
	r, to := p.at.recording, 0
	for _, tr := range r.Transitions(p.peer, r.Len()) {
		if tr.Attribute != m.attribute && (m.standard != nil || !strings.HasPrefix(tr.Attribute, m.attribute+".")) {
			continue
		}
		if by < 0 && tr.N < p.at.n {
			to = tr.N
		}
		if by > 0 && tr.N > p.at.n {
			to = tr.N
			break
		}
	}
	switch {
	case to > 0:
		return jump(to)
	case by < 0:
		return note(fmt.Sprintf("%s of %s has not changed before", printable(m.name), printable(p.peer)))
	}
	return note(fmt.Sprintf("%s of %s does not change any more", printable(m.name), printable(p.peer)))
}

// now is the time at the cursor.
func (p *states) now() time.Duration { return p.at.recording.Entry(p.at.n).Time }

// changed reports whether the event at the cursor has changed a machine of the
// chosen peer, or tells of its change.
func (p *states) changed(m *machine) bool { return p.changedOf(p.peer, m) }

func (p *states) changedOf(peer string, m *machine) bool {
	step, ok := m.since()
	return ok && step.N == p.at.n || p.at.event.Peer == peer && m.tells(p.at.event, p.at.data)
}

// refresh has the states at the cursor, unless they are there.
func (p *states) refresh() {
	r := p.at.recording
	if r == nil {
		p.peers, p.all = nil, nil
		return
	}
	length := r.Len()
	defer func() {
		if !slices.Contains(p.peers, p.peer) && len(p.peers) > 0 {
			p.peer = p.peers[0]
		}
	}()
	if p.all != nil && p.known.recording == r && p.known.n == p.at.n && (p.known.length == length || p.known.length >= p.at.n) && len(p.peers) > 0 {
		return
	}
	if p.known.recording != r {
		p.peers = nil
		p.remarks, p.triggers = make(map[uint32]difference), make(map[stepOf]string)
	}
	p.known.recording, p.known.n, p.known.length = r, p.at.n, length
	for _, c := range r.Peers() {
		if c.Name != "" && !slices.Contains(p.peers, c.Name) && len(r.Transitions(c.Name, length)) > 0 {
			p.peers = append(p.peers, c.Name)
		}
	}
	p.all = make(map[string][]*machine)
	p.told = make(map[string]recorder.PeerState)
	p.errors = make(map[string]error)
	for _, peer := range p.peers {
		p.all[peer] = machines(r.Transitions(peer, p.at.n))
	}
}

// state is what else is known of a peer at the cursor.
func (p *states) state(peer string) (recorder.PeerState, error) {
	if s, ok := p.told[peer]; ok {
		return s, p.errors[peer]
	}
	s, _, err := p.at.recording.StateAt(peer, p.at.n)
	p.told[peer], p.errors[peer] = s, err
	return s, err
}

// Widths of the table.
const (
	marksWidth = 2
	nameWidth  = 15
	leastTable = 39
)

// view implements [pane].
func (p *states) view(width, height int) string {
	if width < 1 || height < 1 {
		return ""
	}
	p.refresh()
	var lines []string
	switch all := p.all[p.peer]; {
	case len(p.peers) == 0:
		lines = []string{p.theme.dim.Render(ansi.Truncate("no peer yet", width, ""))}
	case p.mode != modeTable:
		lines = p.opened(all[p.index(all)], p.peer, width, height)
	default:
		lines = p.table(width, height)
	}
	if len(lines) > height {
		lines = lines[:height]
	}
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, width, p.theme.glyphs.ellipsis)
	}
	return strings.Join(lines, "\n")
}

// table shows the machines of as many peers as there is room for beside each
// other.
func (p *states) table(width, height int) []string {
	const gap = 3
	fits := min(len(p.peers), max(1, (width+gap)/(leastTable+gap)))
	first := min(max(0, slices.Index(p.peers, p.peer)-fits+1), len(p.peers)-fits)
	shown := p.peers[first : first+fits]

	var lines []string
	if fits < len(p.peers) && height > 4 {
		lines = append(lines, p.tabs(width))
	}
	rows := 1
	for _, peer := range shown {
		rows = max(rows, 1+len(p.all[peer]))
	}
	rows = min(rows, height-len(lines))
	var columns [][]string
	w := (width - gap*(fits-1)) / fits
	for _, peer := range shown {
		columns = append(columns, p.column(peer, w, rows))
	}
	for y := range rows {
		var row []string
		for _, c := range columns {
			row = append(row, c[y])
		}
		lines = append(lines, strings.Join(row, strings.Repeat(" ", gap)))
	}
	return append(lines, p.foot(width, height-len(lines))...)
}

// tabs is a line with all peers. Those that have changed at this event are
// marked.
func (p *states) tabs(width int) string {
	t := p.theme
	c := newCanvas(width)
	// The chosen one must be seen.
	x, chosen := 0, slices.Index(p.peers, p.peer)
	for i := range p.peers {
		if need := ansi.StringWidth(strings.Join(p.peers[i:chosen+1], "   ")) + 4; i == chosen || need <= width {
			if i > 0 {
				x = c.text(0, width, t.glyphs.arrowLeft+" ", t.dim, "")
			}
			for j := i; j < len(p.peers); j++ {
				style := p.peerStyle(p.peers[j])
				if j == chosen {
					style = style.Bold(true).Underline(true)
				}
				mark := " "
				if slices.ContainsFunc(p.all[p.peers[j]], func(m *machine) bool { return p.changedOf(p.peers[j], m) }) {
					mark = t.glyphs.diamond
				}
				x = c.text(x, width, mark, t.change, "")
				x = c.text(x, width, printable(p.peers[j]), style, t.glyphs.ellipsis)
				x++
			}
			break
		}
	}
	return c.render(nil)
}

// column is the table of one peer, of exactly so many lines.
func (p *states) column(peer string, width, height int) []string {
	t := p.theme
	all := p.all[peer]
	// Where the columns end: state, since, for, and where "before" begins.
	name := min(nameWidth, width/2)
	state := width
	since, lasted, before := 0, 0, width
	from := marksWidth + name
	switch {
	case width >= from+20+11+10+2+10:
		state, since = from+20, from+20+11
		lasted, before = since+10, since+12
	case width >= from+21+10:
		state, lasted = from+20, from+20+11
		if width >= lasted+2+14 {
			before = lasted + 2
		}
	case width >= from+13+9:
		state = width - 9
		lasted = width
	}
	right := func(c *canvas, end int, text string, style lipgloss.Style) {
		if x := end - ansi.StringWidth(text); end > 0 && x > from {
			c.text(x, end, text, style, "")
		}
	}

	head := newCanvas(width)
	style := p.peerStyle(peer).Bold(true)
	if peer == p.peer && len(p.peers) > 1 {
		style = style.Underline(true)
	}
	head.text(0, from-1, printable(peer), style, t.glyphs.ellipsis)
	if state > from {
		head.text(from, state, "state", t.dim, "")
	}
	right(head, since, "since", t.dim)
	right(head, lasted, "for", t.dim)
	if before < width {
		head.text(before, width, "before", t.dim, "")
	}
	lines := []string{head.render(nil)}

	// Of many machines, those around the chosen one.
	first := 0
	if room := height - 1; len(all) > room {
		first = min(max(0, p.index(all)-room/2), len(all)-room)
	}
	for i := first; i < len(all) && len(lines) < height; i++ {
		m := all[i]
		c := newCanvas(width)
		style := t.text
		if peer == p.peer && i == p.index(all) {
			c.text(0, width, t.glyphs.fold, t.focus, "")
			style = t.bold
		}
		value, valueStyle := m.present(), t.state(m.present())
		if m.standard == nil && value != "" {
			valueStyle = t.text
		}
		if value == "" {
			value, valueStyle = t.glyphs.horizontal, t.dim
		}
		if p.changedOf(peer, m) {
			c.text(1, width, t.glyphs.diamond, t.change, "")
			valueStyle = valueStyle.Bold(true).Underline(true)
		}
		c.text(marksWidth, from-1, printable(p.nameOf(peer, m)), style, t.glyphs.ellipsis)
		c.text(from, state, printable(value), valueStyle, t.glyphs.ellipsis)
		if step, ok := m.since(); ok {
			right(c, since, clock(step.Time, false), t.text)
			right(c, lasted, span(max(0, p.now()-step.Time).Round(time.Millisecond)), t.dim)
			if before < width {
				was, style := step.From, t.dim
				if !m.known(step) {
					was, style = t.glyphs.lost+" "+was, t.warn
				}
				c.text(before, width, printable(was), style, t.glyphs.ellipsis)
			}
		}
		lines = append(lines, c.render(nil))
	}
	for len(lines) < height {
		lines = append(lines, newCanvas(width).render(nil))
	}
	return lines
}

// nameOf names a machine. A transceiver is named by what it is for.
func (p *states) nameOf(peer string, m *machine) string {
	var i int
	if _, err := fmt.Sscanf(m.attribute, "transceivers[%d]", &i); err != nil || m.standard != nil {
		return m.name
	}
	s, _ := p.state(peer)
	if i < 0 || i >= len(s.Transceivers) {
		return m.name
	}
	tr := s.Transceivers[i]
	if tr.Mid == nil {
		return tr.Kind
	}
	return tr.Kind + " " + *tr.Mid
}

// foot tells of the chosen peer what the machines do not, in at most so many
// lines.
func (p *states) foot(width, height int) []string {
	if height < 1 {
		return nil
	}
	t, r := p.theme, p.at.recording
	var lines []string
	add := func(name, text string, style lipgloss.Style) {
		c := newCanvas(width)
		c.text(marksWidth, width, name, t.dim, t.glyphs.ellipsis)
		c.text(marksWidth+nameWidth, width, printable(text), style, t.glyphs.ellipsis)
		lines = append(lines, c.render(nil))
	}
	if all := p.all[p.peer]; len(all) > 0 {
		m := all[p.index(all)]
		if step, ok := m.since(); ok {
			text := fmt.Sprintf("%s, #%d", clock(step.Time, false), r.Entry(step.N).Seq)
			if cause := p.trigger(m, p.peer, step); cause != "" {
				text += ", " + cause
			}
			if !m.known(step) {
				text = t.glyphs.lost + " not in the standard, " + text
			}
			add("changed", text, t.text)
			if step.From != "" && len(m.steps) > 1 {
				add("before", fmt.Sprintf("%s, for %s", step.From, span(step.Time-m.steps[len(m.steps)-2].Time)), t.text)
			} else {
				add("before", t.glyphs.horizontal, t.dim)
			}
		} else {
			add("changed", "never yet", t.dim)
			add("before", t.glyphs.horizontal, t.dim)
		}
	}
	s, err := p.state(p.peer)
	if pair := s.SelectedCandidatePair; pair != nil {
		add("pair", candidate(pair.Local)+" "+t.glyphs.arrowLeft+t.glyphs.arrowRight+" "+candidate(pair.Remote), t.text)
	} else {
		add("pair", "none selected", t.dim)
	}
	if s.ICE != nil && s.ICE.Role != "" {
		add("ICE role", s.ICE.Role, t.text)
	}
	for _, m := range p.all[p.peer] {
		if c := s.Channels[m.channel]; m.channel != "" && m.attribute == p.chosen && c != nil {
			text := fmt.Sprintf("%q", c.Label)
			if c.ID != nil {
				text += fmt.Sprintf(", id %d", *c.ID)
			}
			add("channel", fmt.Sprintf("%s, %d bytes buffered", text, c.BufferedAmount), t.text)
		}
	}
	n := p.at.n
	add("packets", fmt.Sprintf("%d sent, %d received", r.Count(p.peer, recorder.KindPacketSent, n), r.Count(p.peer, recorder.KindPacketDelivered, n)), t.text)
	add("messages", fmt.Sprintf("%d sent, %d received", r.MessagesSent(p.peer, n), r.Count(p.peer, recorder.KindMessage, n)), t.text)
	if err != nil {
		add("damaged", err.Error(), t.bad)
	}
	if len(lines) < height {
		lines = append([]string{""}, lines...)
	}
	return lines[:min(len(lines), height)]
}

// candidate names a candidate by its type and address.
func candidate(c recorder.CandidateState) string {
	return fmt.Sprintf("%s %s:%d", c.Type, c.Address, c.Port)
}

// printable replaces what would move the terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, s)
}
