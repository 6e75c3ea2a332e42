package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// Comparison is the inspector of two recordings: side by side, aligned by what happened, with a cursor in both. Each of them
// can be inspected from there.
type Comparison struct {
	recordings [2]*recorder.Recording
	options    [2]Options
	theme      *theme
	keys       comparisonKeys
	lanes      [2]lanes
	width      int
	height     int

	*alignment       // nil until it is there
	failed     error // why it never will be
	lines      []couple
	listed     listing // what lines are of
	wanted     listing

	at      int // the row; headRow for what the recordings were made with
	top     int // the first line on the screen
	side    int // that is chosen
	details details
	bar     bar

	help    help
	message noteMsg
	mouse   bool
	quit    bool

	inspectors [2]*Model // of each recording; nil until it was asked for
	inside     bool      // the inspector of the chosen side is on the screen
}

// A listing is a choice of lines.
type listing struct {
	zoom zoom
	only bool // what differs
}

// comparisonKeys is what keys do in a comparison.
type comparisonKeys struct {
	Down, Up, PageDown, PageUp, First, Last key.Binding
	NextDifference, PreviousDifference      key.Binding
	NextFinding, PreviousFinding            key.Binding
	Only, ZoomIn, ZoomOut                   key.Binding
	Side, Inspect, Why, Export              key.Binding
	DetailsDown, DetailsUp                  key.Binding
	Mouse, Suspend, Help, Quit              key.Binding
}

func newComparisonKeys() comparisonKeys {
	m := newKeyMap()
	return comparisonKeys{
		Down: m.Down, Up: m.Up, PageDown: m.PageDown, PageUp: m.PageUp, First: m.First, Last: m.Last,
		NextDifference:     bind([]string{"d"}, "d", "next difference"),
		PreviousDifference: bind([]string{"D"}, "D", "difference before"),
		NextFinding:        bind([]string{"f"}, "f", "next that others follow from"),
		PreviousFinding:    bind([]string{"F"}, "F", "the one of these before"),
		Only:               bind([]string{"o"}, "o", "show only what differs"),
		ZoomIn:             m.ZoomIn,
		ZoomOut:            m.ZoomOut,
		Side:               bind([]string{"tab", "h", "l", "left", "right"}, "tab", "the other recording"),
		Inspect:            bind([]string{"enter"}, "enter", "inspect this recording"),
		Why:                bind([]string{"w"}, "w", "why, in this recording"),
		Export:             bind([]string{"e"}, "e", "export this recording"),
		DetailsDown:        bind([]string{"J"}, "J", "scroll the details down"),
		DetailsUp:          bind([]string{"K"}, "K", "scroll the details up"),
		Mouse:              m.Mouse, Suspend: m.Suspend, Help: m.Help, Quit: m.Quit,
	}
}

// groups are the keys as the help shows them.
func (k comparisonKeys) groups() []group {
	return []group{
		{"Move", []key.Binding{k.Down, k.Up, k.PageDown, k.PageUp, k.First, k.Last}},
		{"Differences", []key.Binding{k.NextDifference, k.PreviousDifference, k.NextFinding, k.PreviousFinding, k.DetailsDown, k.DetailsUp}},
		{"Show", []key.Binding{k.Only, k.ZoomIn, k.ZoomOut}},
		{"One recording", []key.Binding{k.Side, k.Inspect, k.Why, k.Export}},
		{"Screen", []key.Binding{k.Mouse, k.Suspend, k.Help, k.Quit}},
	}
}

// NewComparison returns an inspector of two recordings. What the options say about the terminal are those of the first.
func NewComparison(a, b *recorder.Recording, first, second Options) *Comparison {
	if first.Renderer == nil {
		first.Renderer = lipgloss.DefaultRenderer()
	}
	if first.Background != "" {
		first.Renderer.SetHasDarkBackground(first.Background == "dark")
	}
	second.Renderer, second.Background, second.ASCII, second.NoMouse, second.Output = first.Renderer, "", first.ASCII, first.NoMouse, first.Output
	first.Background = "" // it is set
	c := &Comparison{
		recordings: [2]*recorder.Recording{a, b},
		options:    [2]Options{first, second},
		theme:      newTheme(first.Renderer, first.ASCII),
		keys:       newComparisonKeys(),
		mouse:      !first.NoMouse,
		listed:     listing{zoom: zoomSession},
		at:         headRow,
	}
	c.wanted = c.listed
	for side := range c.lanes {
		c.lanes[side] = lanes{theme: c.theme, scope: scope{zoom: zoomSession}}
	}
	return c
}

// Compare shows two recordings side by side on the terminal until the user leaves. It is as careful with the terminal as [Run].
func Compare(a, b *recorder.Recording, first, second Options) error {
	c := NewComparison(a, b, first, second)
	defer c.Close()
	return run(c, c.mouse)
}

// Close stops what goes on in the background.
func (c *Comparison) Close() {
	for _, m := range c.inspectors {
		if m != nil {
			m.Close()
		}
	}
}

// alignedMsg brings the comparison.
type alignedMsg struct {
	alignment *alignment
	lines     []couple
	peers     [2][]string
	err       error
}

// linesMsg brings other lines.
type linesMsg struct {
	listing
	lines []couple
}

// inspectorMsg brings the inspector of a recording, and says what is to be done in it.
type inspectorMsg struct {
	side  int
	model *Model
	then  func(*Model) tea.Cmd
}

// backMsg leads from an inspector to the comparison.
type backMsg struct{}

// sideMsg is a message for the inspector of a side.
type sideMsg struct {
	side int
	msg  tea.Msg
}

// Init implements [tea.Model].
func (c *Comparison) Init() tea.Cmd { return tea.Batch(c.align(), c.poll()) }

// align compares the recordings, in the background.
func (c *Comparison) align() tea.Cmd {
	recordings, l := c.recordings, c.listed
	return func() tea.Msg {
		var msg alignedMsg
		err := safely(func() (err error) {
			if msg.alignment, err = align(recordings); err != nil {
				return err
			}
			msg.lines = msg.alignment.couples(l.zoom, l.only)
			for side, r := range recordings {
				for n, e := range r.Forward(1) {
					if n > r.Len() {
						break
					}
					if e.Kind == recorder.KindCall && e.Peer != "" && !slices.Contains(msg.peers[side], e.Peer) {
						msg.peers[side] = append(msg.peers[side], e.Peer)
					}
				}
			}
			return nil
		})
		if err != nil {
			return alignedMsg{err: err}
		}
		return msg
	}
}

// poll looks at how far the recordings are loaded.
func (c *Comparison) poll() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return loadMsg{} })
}

// list makes the lines that are wanted, in the background.
func (c *Comparison) list() tea.Cmd {
	a, l := c.alignment, c.wanted
	if a == nil || l == c.listed {
		return nil
	}
	return func() tea.Msg {
		var lines []couple
		if err := safely(func() error { lines = a.couples(l.zoom, l.only); return nil }); err != nil {
			return noteMsg{text: err.Error(), wrong: true}
		}
		return linesMsg{l, lines}
	}
}

// inspect shows the inspector of the chosen side at the event of the cursor.
func (c *Comparison) inspect(then func(*Model) tea.Cmd) tea.Cmd {
	if c.alignment == nil {
		return note("the recordings are being compared")
	}
	if c.at >= 0 && event(c.Rows()[c.at], c.side) == 0 {
		c.side = 1 - c.side // it is there only
	}
	side := c.side
	if m := c.inspectors[side]; m != nil {
		return func() tea.Msg { return inspectorMsg{side, m, then} }
	}
	r, o := c.recordings[side], c.options[side]
	o.Name = string(rune('A'+side)) + "  " + o.Name
	return func() tea.Msg { return inspectorMsg{side, New(r, o), then} }
}

// enter puts an inspector on the screen.
func (c *Comparison) enter(msg inspectorMsg) tea.Cmd {
	m := c.inspectors[msg.side]
	if m == nil {
		m = msg.model
		m.done, m.within = func() tea.Msg { return backMsg{} }, true
		c.inspectors[msg.side] = m
	} else if m != msg.model {
		msg.model.Close() // it was asked for twice
	}
	c.side, c.inside = msg.side, true
	m.quit, m.mouse, m.message = false, c.mouse, noteMsg{}
	_, cmd := m.Update(tea.WindowSizeMsg{Width: c.width, Height: c.height})
	if c.at >= 0 {
		m.jumpTo(event(c.Rows()[c.at], c.side))
	}
	all := []tea.Cmd{cmd}
	if msg.then != nil {
		all = append(all, msg.then(m))
	}
	return c.of(c.side, tea.Batch(all...))
}

// leaveInspector shows the comparison again, at the place where the inspector was.
func (c *Comparison) leaveInspector() {
	m := c.inspectors[c.side]
	c.inside, c.mouse = false, m.mouse
	if m.cursor > 0 {
		c.moveTo(c.row(c.side, m.cursor))
	}
}

// of has what comes of a command go to the inspector of a side.
func (c *Comparison) of(side int, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for i := range msg {
				msg[i] = c.of(side, msg[i])
			}
			return msg
		case loadMsg, tickMsg, walkMsg, jumpMsg, noteMsg, whyMsg, whyDoneMsg, exportedMsg:
			return sideMsg{side, msg}
		default: // Bubble Tea's
			return msg
		}
	}
}

// Update implements [tea.Model].
func (c *Comparison) Update(msg tea.Msg) (tea.Model, tea.Cmd) { return c, c.update(msg) }

func (c *Comparison) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		c.width, c.height = msg.Width, msg.Height
		for _, m := range c.inspectors {
			if m != nil {
				m.width, m.height = msg.Width, msg.Height
			}
		}
		return nil
	case leaveMsg:
		c.quit = true
		return tea.Quit
	case alignedMsg:
		c.alignment, c.failed, c.lines = msg.alignment, msg.err, msg.lines
		for side := range c.lanes {
			c.lanes[side].peers = msg.peers[side]
		}
		if len(c.lines) > 0 {
			c.at = c.lines[0].first
		}
		return c.list()
	case linesMsg:
		if msg.listing != c.wanted {
			return nil
		}
		c.lines, c.listed, c.details.lines = msg.lines, msg.listing, nil
		for side := range c.lanes {
			c.lanes[side].scope.zoom = msg.zoom
		}
		if len(c.lines) > 0 {
			c.moveTo(c.at)
		}
		return nil
	case loadMsg:
		if c.alignment == nil && c.failed == nil {
			return c.poll()
		}
		return nil
	case inspectorMsg:
		return c.enter(msg)
	case backMsg:
		if c.inside {
			c.leaveInspector()
		}
		return nil
	case sideMsg:
		_, cmd := c.inspectors[msg.side].Update(msg.msg)
		return c.of(msg.side, cmd)
	case noteMsg:
		c.message = msg
		return nil
	}
	if c.inside {
		m := c.inspectors[c.side]
		if k, ok := msg.(tea.KeyMsg); ok && k.String() == "ctrl+c" && !m.finding && !m.asking && !m.exporter.open {
			c.quit = true
			return tea.Quit
		}
		_, cmd := m.Update(msg)
		return c.of(c.side, cmd)
	}
	switch msg := msg.(type) {
	case tea.ResumeMsg:
		if c.mouse {
			return tea.EnableMouseCellMotion
		}
	case tea.MouseMsg:
		c.onMouse(msg)
	case tea.KeyMsg:
		if msg.Type == tea.KeyRunes && !msg.Paste && len(msg.Runes) > 1 {
			var all []tea.Cmd
			for _, r := range msg.Runes {
				all = append(all, c.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
			}
			return tea.Batch(all...)
		}
		return c.onKey(msg)
	}
	return nil
}

func (c *Comparison) onKey(msg tea.KeyMsg) tea.Cmd {
	c.message = noteMsg{}
	k := c.keys
	switch {
	case key.Matches(msg, k.Suspend):
		return tea.Sequence(tea.DisableMouse, tea.Suspend)
	case msg.String() == "ctrl+c":
		c.quit = true
		return tea.Quit
	case c.help.open:
		c.help.update(msg, newKeyMap(), c.height-above-below-1)
	case key.Matches(msg, k.Quit):
		c.quit = true
		return tea.Quit
	case key.Matches(msg, k.Help):
		c.help.open = true
	case key.Matches(msg, k.Down):
		c.step(1)
	case key.Matches(msg, k.Up):
		c.step(-1)
	case key.Matches(msg, k.PageDown):
		c.step(max(1, c.room()/2))
	case key.Matches(msg, k.PageUp):
		c.step(-max(1, c.room()/2))
	case key.Matches(msg, k.First):
		c.step(-len(c.lines))
	case key.Matches(msg, k.Last):
		c.step(len(c.lines))
	case key.Matches(msg, k.NextDifference):
		return c.seek(1)
	case key.Matches(msg, k.PreviousDifference):
		return c.seek(-1)
	case key.Matches(msg, k.NextFinding):
		return c.seekFinding(1)
	case key.Matches(msg, k.PreviousFinding):
		return c.seekFinding(-1)
	case key.Matches(msg, k.Only):
		c.wanted.only = !c.wanted.only
		return c.list()
	case key.Matches(msg, k.ZoomIn):
		c.wanted.zoom = min(c.wanted.zoom+1, zooms-1)
		return tea.Batch(note("showing "+c.wanted.zoom.String()), c.list())
	case key.Matches(msg, k.ZoomOut):
		c.wanted.zoom = max(c.wanted.zoom-1, 0)
		return tea.Batch(note("showing "+c.wanted.zoom.String()), c.list())
	case key.Matches(msg, k.Side):
		c.side = 1 - c.side
	case key.Matches(msg, k.Inspect):
		return c.inspect(nil)
	case key.Matches(msg, k.Why):
		return c.inspect(func(m *Model) tea.Cmd {
			if m.panes[0] == pane(m.reasons) && m.reasons.asked.n == m.cursor {
				return nil // it is there
			}
			return m.why()
		})
	case key.Matches(msg, k.Export):
		return c.inspect((*Model).beginExport)
	case key.Matches(msg, k.DetailsDown):
		c.details.scroll++
	case key.Matches(msg, k.DetailsUp):
		c.details.scroll = max(0, c.details.scroll-1)
	case key.Matches(msg, k.Mouse):
		c.mouse = !c.mouse
		if c.mouse {
			return tea.EnableMouseCellMotion
		}
		return tea.DisableMouse
	}
	return nil
}

func (c *Comparison) onMouse(msg tea.MouseMsg) {
	first := comparisonAbove
	switch {
	case c.help.open || msg.Action != tea.MouseActionPress:
	case msg.Button == tea.MouseButtonWheelDown:
		c.step(3)
	case msg.Button == tea.MouseButtonWheelUp:
		c.step(-3)
	case msg.Button == tea.MouseButtonLeft && msg.Y >= first && msg.Y < first+c.room() && c.top+msg.Y-first < len(c.lines):
		c.at = c.lines[c.top+msg.Y-first].first
		c.details.scroll = 0
		if left, right := c.halves(); msg.X < left {
			c.side = 0
		} else if msg.X >= c.width-right {
			c.side = 1
		}
	}
}

// step goes so many lines on.
func (c *Comparison) step(by int) {
	if len(c.lines) > 0 {
		c.moveTo(c.lines[min(max(0, find(c.lines, c.at)+by), len(c.lines)-1)].first)
	}
}

// moveTo puts the cursor on the line of a row.
func (c *Comparison) moveTo(row int) {
	if len(c.lines) == 0 {
		return
	}
	at := find(c.lines, row)
	if line := c.lines[at]; row < line.first || row > line.last {
		row = line.first
	}
	if c.lines[at].folded {
		row = c.lines[at].first
	}
	if row != c.at {
		c.details.scroll = 0
	}
	c.at = row
	// Some lines around it are to be seen.
	room := c.room()
	margin := min(3, max(0, room-1)/2)
	c.top = min(max(c.top, at+margin-room+1), at-margin)
	c.top = max(0, min(c.top, len(c.lines)-room))
}

// seek goes to the next line that differs in a direction. Folded packets are passed over: + unfolds them.
func (c *Comparison) seek(by int) tea.Cmd {
	for i := find(c.lines, c.at) + by; i >= 0 && i < len(c.lines); i += by {
		if line := c.lines[i]; line.differs > 0 && !line.folded {
			c.jumpTo(line.first)
			return nil
		}
	}
	return note("no difference" + map[bool]string{true: " after this", false: " before this"}[by > 0])
}

// jumpTo goes to a row from afar.
func (c *Comparison) jumpTo(row int) {
	if at := find(c.lines, row); at < c.top || at >= c.top+c.room() {
		c.top = at - c.room()*2/5
	}
	c.moveTo(row)
}

// seekFinding goes to the next row in a direction that the report has something to say about.
func (c *Comparison) seekFinding(by int) tea.Cmd {
	if c.alignment == nil {
		return nil
	}
	i, found := slices.BinarySearch(c.rows, c.at)
	if by < 0 {
		i--
	} else if found {
		i++
	}
	if i < 0 || i >= len(c.rows) {
		return note("no difference that others follow from" + map[bool]string{true: " after this", false: " before this"}[by > 0])
	}
	row := c.rows[i]
	if _, e := c.entry(c.Rows()[row]); level(e.Kind) > c.listed.zoom { // it must be there
		c.wanted.zoom = level(e.Kind)
		c.at = row
		return c.list()
	}
	c.jumpTo(row)
	return nil
}

// summary says what differs in all.
func (c *Comparison) summary() (string, lipgloss.Style) {
	t := c.theme
	switch {
	case c.failed != nil:
		return t.glyphs.lost + " they cannot be compared: " + oneLine(c.failed), t.bad
	case c.alignment == nil:
		text := t.plain("comparing…")
		for side, r := range c.recordings {
			if p := r.Progress(); p > 0 && p < 1 {
				text = fmt.Sprintf("loading %c: %d %%", 'A'+side, int(100*p))
			}
		}
		return text, t.change
	}
	n := c.report.Counts
	switch {
	case c.report.Identical:
		return fmt.Sprintf("%s identical: all %d events", t.glyphs.check, c.recordings[0].Len()), t.good
	case c.report.Same:
		return fmt.Sprintf("%s the same: %d events, but for what is random by nature", t.glyphs.check, n.Same), t.good
	}
	parts := []string{fmt.Sprintf("%d events are the same", n.Same)}
	shifted := "earlier or later"
	if c.width < 110 {
		parts[0], shifted = fmt.Sprintf("%d the same", n.Same), "shifted"
	}
	for _, part := range []struct {
		n    int
		text string
	}{{n.Shifted, shifted}, {n.Changed, "changed"}, {n.OnlyA, "only in A"}, {n.OnlyB, "only in B"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	return t.glyphs.unlike + " they differ: " + strings.Join(parts, ", "), t.warn
}
