package tui

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// Model is the inspector.
type Model struct {
	recording *recorder.Recording
	name      string // of the recording, for the title
	path      string // of its file
	keys      keyMap
	theme     *theme
	output    io.Writer // the terminal, for what is copied
	width     int
	height    int

	lanes    lanes
	rows     []row // on the screen
	panes    []pane
	states   *states  // of panes, unless the reasons are there
	reasons  *whyPane // takes the place of the states
	focus    int      // 0 for the lanes, i+1 for pane i
	last     int      // the pane that had the focus last
	alone    bool
	scrubber scrubber

	cursor  int     // the event, from 1; 0 as long as there is none
	place   float64 // where the cursor's row is on the screen, from 0 to 1
	back    []int   // where the cursor was before jumps
	forward []int
	play    playback
	follow  bool

	marks    *bookmarks
	failures []int           // expectations that did not hold
	problems *filter.Matches // all that failed, and the remarks
	known    int             // how many events are known for their peers and failures
	polling  bool            // the next look at what goes on in the background is under way

	names   *filter.Names // what occurs in the recording, for completions
	prompt  *prompt
	finding bool            // the prompt is open
	found   *filter.Matches // nil if nothing is looked for
	pursuit *pursuit        // what is jumped to as soon as it is found; nil for nothing
	ctx     context.Context // of what goes on in the background
	cancel  context.CancelFunc

	waiting  rune // for the letter of a bookmark: m or '
	command  textinput.Model
	exporter *exporter
	exports  sync.WaitGroup // that are under way
	asking   bool
	help     help
	message  noteMsg
	mouse    bool
	quit     bool
	done     tea.Cmd // leaves the inspector
	within   bool    // of a comparison, to which leaving leads
	memory   string  // where it is kept

	lesson     *lesson // nil until it has begun
	lessonAway bool    // it was left, and can be gone on with
	panel      panel
	walk       walk
}

// Options say how the inspector begins.
type Options struct {
	// Name is shown in the title: the recording's file.
	Name string

	// Path is the recording's file, beside which bookmarks are kept. Empty
	// keeps none.
	Path string

	// Digest names the recording for what is remembered about it. Empty
	// remembers nothing.
	Digest string

	// Renderer knows the colours of the terminal. nil means the default one.
	Renderer *lipgloss.Renderer

	// Background is "dark" or "light" where the terminal cannot be asked, or
	// gives the wrong answer. Empty asks it.
	Background string

	// ASCII draws with ASCII characters only.
	ASCII bool

	// NoMouse leaves the mouse to the terminal, until M is pressed.
	NoMouse bool

	// Follow keeps the cursor at the end of a run that goes on.
	Follow bool

	// Lesson begins with the walk through the scenario's notes and questions.
	Lesson bool

	// Output is the terminal.
	Output io.Writer
}

// New returns an inspector of the recording.
func New(r *recorder.Recording, o Options) *Model {
	if o.Renderer == nil {
		o.Renderer = lipgloss.DefaultRenderer()
	}
	if o.Background != "" {
		o.Renderer.SetHasDarkBackground(o.Background == "dark")
	}
	t := newTheme(o.Renderer, o.ASCII)
	command := textinput.New()
	command.Prompt = ":"
	m := &Model{
		recording: r,
		name:      o.Name,
		path:      o.Path,
		done:      tea.Quit,
		keys:      newKeyMap(),
		theme:     t,
		output:    o.Output,
		lanes: lanes{theme: t, scope: scope{
			zoom:        zoomSession,
			hiddenKinds: make(map[recorder.Kind]bool),
			hiddenPeers: make(map[string]bool),
		}},
		scrubber: scrubber{theme: t},
		place:    0.4,
		play:     playback{speed: normalSpeed},
		follow:   o.Follow,
		marks:    loadBookmarks(bookmarksOf(o.Path)),
		command:  command,
		mouse:    !o.NoMouse,
		memory:   memoryPath(o.Digest),
		names:    new(filter.Names),
		panel:    panel{theme: t},
	}
	m.prompt = newPrompt(t, m.names)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	go m.names.Collect(m.ctx, r)
	m.problems = filter.Find(r, problems)
	m.panes = newPanes(t)
	m.states = m.panes[0].(*states)
	m.reasons = newWhyPane(t, r)
	m.exporter = newExporter(t)
	m.load()
	if known, ok := loadMemory(m.memory); ok {
		m.lanes.scope.zoom = min(max(0, zoom(known.Zoom)), zooms-1)
		m.cursor = min(max(1, known.Cursor), max(1, r.Len()))
		m.focus = min(max(0, known.Focus), len(m.panes))
		m.last = max(0, m.focus-1)
		if f, err := filter.Parse(known.Filter); err == nil && !f.Empty() {
			m.find(f)
		}
	}
	m.look()
	if o.Lesson {
		m.toggleLesson()
	}
	return m
}

// loadMsg comes while a recording is loaded or a run goes on.
type loadMsg struct{}

func (m *Model) poll() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return loadMsg{} })
}

// loaded reports whether no more events come.
func (m *Model) loaded() bool {
	select {
	case <-m.recording.Done():
		return true
	default:
		return false
	}
}

// load takes note of events that have come.
func (m *Model) load() {
	n := m.recording.Len()
	for i, e := range m.recording.Forward(m.known + 1) {
		if i > n {
			break
		}
		switch e.Kind {
		case recorder.KindVerdict:
			if problems.Match(m.recording, i) {
				m.failures = append(m.failures, i)
			}
		case recorder.KindCall:
			if e.Peer != "" && !slices.Contains(m.lanes.peers, e.Peer) {
				m.lanes.peers = append(m.lanes.peers, e.Peer)
			}
		}
	}
	m.known = n
	if m.cursor == 0 && n > 0 {
		m.cursor = 1
	}
	if m.follow && n > 0 {
		m.cursor = n
	}
	if m.lesson != nil {
		m.lesson.load()
		if m.teaching() && !m.walk.on {
			m.lanes.scope.until = m.lesson.until(m.lesson.reached)
		}
	}
}

// Init implements [tea.Model].
func (m *Model) Init() tea.Cmd { return m.poll() }

// busy reports whether something goes on in the background that will be seen.
func (m *Model) busy() bool {
	if !m.loaded() || m.known < m.recording.Len() || m.pursuit != nil || m.found != nil && !over(m.found) {
		return true
	}
	return slices.ContainsFunc(m.panes, func(p pane) bool {
		b, ok := p.(interface{ busy() bool })
		return ok && b.busy()
	})
}

// Close stops what goes on in the background.
func (m *Model) Close() {
	m.cancel()
	m.exports.Wait()
	m.problems.Stop()
	if m.found != nil {
		m.found.Stop()
	}
	for _, p := range m.panes {
		if c, ok := p.(interface{ close() }); ok {
			c.close()
		}
	}
}

// find looks for what a filter picks.
func (m *Model) find(f *filter.Filter) {
	if m.found != nil {
		m.found.Stop()
	}
	m.found, m.lanes.scope.only = nil, nil
	if !f.Empty() {
		m.found = filter.Find(asking(m.recording, f), f)
	}
	m.lanes.found = m.found
}

// Update implements [tea.Model].
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	// What is drawn next may begin to read something, so that one more look is
	// due after everything that is done.
	if _, polled := msg.(loadMsg); !m.polling && (!polled || m.busy()) {
		m.polling = true
		cmd = tea.Batch(cmd, m.poll())
	}
	return m, cmd
}

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case leaveMsg:
		return m.leave()
	case loadMsg:
		m.polling = false
		if m.known < m.recording.Len() {
			m.load()
			m.look()
		}
		return m.pursue()
	case tickMsg:
		return m.playOn(msg)
	case walkMsg:
		return m.walkOn(msg)
	case jumpMsg:
		m.jumpTo(msg.n)
	case noteMsg:
		m.message = msg
	case whyMsg:
		return m.reasons.take(msg)
	case whyDoneMsg:
		m.closeWhy()
	case exportedMsg:
		return m.exported(msg)
	case tea.ResumeMsg:
		if m.mouse {
			return tea.EnableMouseCellMotion
		}
	case tea.MouseMsg:
		return m.onMouse(msg)
	case tea.KeyMsg:
		if msg.Type == tea.KeyRunes && !msg.Paste && len(msg.Runes) > 1 {
			// Keys that come fast, such as one that is held down, come as one.
			var all []tea.Cmd
			for _, r := range msg.Runes {
				all = append(all, m.onKey(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
			}
			return tea.Batch(all...)
		}
		return m.onKey(msg)
	}
	return nil
}

// moveTo puts the cursor on an event.
func (m *Model) moveTo(n int) {
	if n < 1 || n > m.recording.Len() {
		return
	}
	if m.lanes.scope.beyond(n) {
		n = m.lanes.scope.until
	}
	m.cursor = n
	m.look()
}

// jumpTo does so from afar: the way back is remembered.
func (m *Model) jumpTo(n int) {
	if n < 1 || n > m.recording.Len() || n == m.cursor {
		return
	}
	m.back, m.forward = append(m.back, m.cursor), nil
	if level(m.recording.Entry(n).Kind) > m.lanes.scope.zoom && m.lanes.scope.only == nil {
		// What one jumps to must be there.
		m.lanes.scope.zoom = level(m.recording.Entry(n).Kind)
	}
	m.place = 0.4
	m.moveTo(n)
}

// look tells the panes where the cursor is.
func (m *Model) look() {
	at := moment{recording: m.recording, n: m.cursor}
	if m.cursor > 0 {
		if e, err := m.recording.Event(m.cursor); err == nil {
			at.event = e
			at.data, _ = e.Value()
		}
	}
	for _, p := range m.panes {
		p.look(at)
	}
}

func (m *Model) playOn(msg tickMsg) tea.Cmd {
	if !m.play.on || msg.session != m.play.session {
		return nil
	}
	m.play.advance()
	_, last := times(m.recording)
	if m.play.now < 0 || m.play.now > last {
		m.play.on = m.play.now > last && !m.loaded() && !m.play.back
		m.play.now = min(max(0, m.play.now), last)
	}
	m.moveTo(max(1, m.recording.At(m.play.now)))
	if !m.play.on {
		return nil
	}
	return m.play.tick()
}

func (m *Model) onMouse(msg tea.MouseMsg) tea.Cmd {
	l := m.layout()
	switch {
	case msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonWheelDown:
		m.step(3)
	case msg.Action == tea.MouseActionPress && msg.Button == tea.MouseButtonWheelUp:
		m.step(-3)
	case msg.Button != tea.MouseButtonLeft || msg.Action == tea.MouseActionRelease:
	case l.bar.contains(msg.X, msg.Y):
		m.moveTo(max(1, m.recording.At(m.scrubber.time(m.recording, msg.X-l.bar.x, l.bar.w))))
	case l.lanes.contains(msg.X, msg.Y):
		m.focus = 0
		if i := msg.Y - l.lanes.y - 1; i >= 0 && i < len(m.rows) && m.rows[i].first > 0 {
			if h := l.lanes.h - 1; h > 1 {
				m.place = float64(i) / float64(h-1)
			}
			m.moveTo(m.rows[i].first)
		}
	default:
		for i, r := range l.panes {
			if r.contains(msg.X, msg.Y) {
				m.focus, m.last = i+1, i
			}
		}
	}
	return nil
}

// step moves the cursor by so many rows.
func (m *Model) step(by int) {
	at, ok := m.lanes.scope.at(m.recording, m.cursor)
	if !ok {
		return
	}
	height := max(1, m.layout().lanes.h-1)
	m.place = min(max(0.1, m.place+float64(by)/float64(height)), 0.9)
	if by > 0 {
		if rows := m.lanes.scope.below(m.recording, at.last+1, by); len(rows) > 0 {
			m.moveTo(rows[len(rows)-1].first)
		}
		return
	}
	if rows := m.lanes.scope.above(m.recording, at.first, -by); len(rows) > 0 {
		m.moveTo(rows[0].first)
	}
}

// seek jumps to the next event of some kinds in a direction.
func (m *Model) seek(by int, what string, kinds func(recorder.Kind) bool) tea.Cmd {
	find := m.recording.After
	if by < 0 {
		find = m.recording.Before
	}
	if n := find(m.cursor, func(_ string, k recorder.Kind) bool { return kinds(k) }); n > 0 {
		m.jumpTo(n)
		return nil
	}
	return note("no " + what + map[bool]string{true: " after this", false: " before this"}[by > 0])
}

func (m *Model) onKey(msg tea.KeyMsg) tea.Cmd {
	m.message, m.pursuit = noteMsg{}, nil
	switch {
	case key.Matches(msg, m.keys.Suspend):
		return tea.Sequence(tea.DisableMouse, tea.Suspend)
	case m.exporter.open:
		return m.onExport(msg)
	case m.asking:
		return m.onCommand(msg)
	case m.waiting != 0:
		return m.onMark(msg)
	case m.finding:
		return m.onPrompt(msg)
	case m.help.open:
		m.help.update(msg, m.keys, m.height-above-below-1)
		if key.Matches(msg, m.keys.Quit) && msg.String() == "ctrl+c" {
			return m.leave()
		}
		return nil
	case msg.String() == "ctrl+c":
		return m.leave()
	}
	if m.focus > 0 {
		if handled, cmd := m.panes[m.focus-1].update(msg); handled {
			return cmd
		}
	}
	if handled, cmd := m.onLesson(msg); handled {
		return cmd
	}
	k := m.keys
	switch {
	case key.Matches(msg, lessonKeys.leave):
		return m.toggleLesson()
	case key.Matches(msg, k.Quit):
		return m.leave()
	case key.Matches(msg, k.Help):
		m.help.open = true
	case key.Matches(msg, k.Down):
		m.step(1)
	case key.Matches(msg, k.Up):
		m.step(-1)
	case key.Matches(msg, k.PageDown):
		m.step(max(1, m.layout().lanes.h/2))
	case key.Matches(msg, k.PageUp):
		m.step(-max(1, m.layout().lanes.h/2))
	case key.Matches(msg, k.First):
		m.place = 0
		m.jumpTo(1)
	case key.Matches(msg, k.Last):
		m.place = 0.9
		m.jumpTo(m.recording.Len())
	case key.Matches(msg, k.NextChange):
		return m.seek(1, "transition", isTransition)
	case key.Matches(msg, k.PreviousChange):
		return m.seek(-1, "transition", isTransition)
	case key.Matches(msg, k.NextStep):
		return m.seek(1, "step", isStep)
	case key.Matches(msg, k.PrevStep):
		return m.seek(-1, "step", isStep)
	case key.Matches(msg, k.NextProblem):
		return m.goTo(m.problems, 1, "failure or remark")
	case key.Matches(msg, k.PreviousProblem):
		return m.goTo(m.problems, -1, "failure or remark")
	case key.Matches(msg, k.Cause):
		if n := m.recording.Cause(m.cursor); n > 0 {
			m.jumpTo(n)
		} else {
			return note("nothing is known to have caused it")
		}
	case key.Matches(msg, k.Effect):
		if effects := m.recording.Effects(m.cursor); len(effects) > 0 {
			m.jumpTo(effects[0])
		} else {
			return note("it is not known to have led to anything")
		}
	case key.Matches(msg, k.Why):
		return m.why()
	case key.Matches(msg, k.Export):
		return m.beginExport()
	case key.Matches(msg, k.Back):
		m.travel(&m.back, &m.forward)
	case key.Matches(msg, k.Forward):
		m.travel(&m.forward, &m.back)
	case key.Matches(msg, k.Left):
		m.lanes.first--
	case key.Matches(msg, k.Right):
		m.lanes.first++
	case key.Matches(msg, k.ZoomIn):
		m.lanes.scope.zoom = min(m.lanes.scope.zoom+1, zooms-1)
		return note("showing " + m.lanes.scope.zoom.String())
	case key.Matches(msg, k.ZoomOut):
		m.lanes.scope.zoom = max(m.lanes.scope.zoom-1, 0)
		return note("showing " + m.lanes.scope.zoom.String())
	case key.Matches(msg, k.Play):
		m.follow = false
		return m.play.toggle(m.recording.Entry(m.cursor).Time)
	case key.Matches(msg, k.Reverse):
		m.play.back = !m.play.back
	case key.Matches(msg, k.Faster):
		m.play.change(1)
	case key.Matches(msg, k.Slower):
		m.play.change(-1)
	case key.Matches(msg, k.Filter):
		text := ""
		if m.found != nil {
			text = m.found.Filter().String()
		}
		m.finding = true
		m.prompt.open(text)
	case key.Matches(msg, k.Next):
		return m.goToFound(1)
	case key.Matches(msg, k.Previous):
		return m.goToFound(-1)
	case key.Matches(msg, k.Only):
		switch found := m.found; {
		case m.lanes.scope.only != nil:
			m.lanes.scope.only = nil
		case found == nil:
			return note("nothing is looked for: / finds")
		default:
			m.lanes.scope.only = found
		}
	case key.Matches(msg, k.Hide):
		if e := m.recording.Entry(m.cursor); e.Kind != "" {
			m.lanes.scope.hiddenKinds[e.Kind] = true
			return note("hidden: " + string(e.Kind) + "; X shows all")
		}
	case key.Matches(msg, k.HidePeer):
		if e := m.recording.Entry(m.cursor); e.Peer != "" {
			m.lanes.scope.hiddenPeers[e.Peer] = true
			return note("hidden: " + e.Peer + "; X shows all")
		}
	case key.Matches(msg, k.Show):
		clear(m.lanes.scope.hiddenKinds)
		clear(m.lanes.scope.hiddenPeers)
	case key.Matches(msg, k.Mark):
		m.waiting = 'm'
	case key.Matches(msg, k.GoToMark):
		m.waiting = '\''
	case key.Matches(msg, k.Command):
		m.asking = true
		m.command.SetValue("")
		return m.command.Focus()
	case key.Matches(msg, k.Copy):
		return m.copy()
	case key.Matches(msg, k.Follow):
		m.follow = !m.follow && !m.loaded()
		m.load()
		m.look()
	case key.Matches(msg, k.NextPane):
		m.refocus(1)
	case key.Matches(msg, k.PreviousPane):
		m.refocus(-1)
	case key.Matches(msg, k.Maximise):
		m.alone = !m.alone
	case key.Matches(msg, k.Mouse):
		m.mouse = !m.mouse
		if m.mouse {
			return tea.EnableMouseCellMotion
		}
		return tea.DisableMouse
	case key.Matches(msg, k.Escape):
		switch {
		case m.alone || m.focus > 0:
			m.alone, m.focus = false, 0
		case m.found != nil:
			m.find(new(filter.Filter))
		case m.within:
			return m.leave()
		}
	}
	return nil
}

// onPrompt takes a key while a filter is written.
func (m *Model) onPrompt(msg tea.KeyMsg) tea.Cmd {
	state, cmd := m.prompt.update(msg)
	switch state {
	case promptAccepted:
		m.finding = false
		m.find(m.prompt.filter)
		if m.found != nil && !m.found.Has(m.cursor) {
			return m.goToFound(1)
		}
	case promptLeft:
		m.finding = false
	}
	return cmd
}

// goToFound goes from the cursor to another event that was found.
func (m *Model) goToFound(by int) tea.Cmd {
	if m.found == nil {
		return note("nothing is looked for: / finds")
	}
	return m.goTo(m.found, by, "event that is found")
}

func (m *Model) refocus(by int) {
	n := len(m.panes) + 1
	m.focus = (m.focus + by + n) % n
	if m.focus > 0 {
		m.last = m.focus - 1
	}
}

// travel goes to where the cursor was, or back from there.
func (m *Model) travel(from, to *[]int) {
	n := len(*from)
	if n == 0 {
		return
	}
	*to = append(*to, m.cursor)
	at := (*from)[n-1]
	*from = (*from)[:n-1]
	m.moveTo(at)
}

func (m *Model) onMark(msg tea.KeyMsg) tea.Cmd {
	what, name := m.waiting, msg.String()
	m.waiting = 0
	if len(name) != 1 || name == " " {
		return nil
	}
	if what == 'm' {
		if err := m.marks.set(name, m.cursor); err != nil {
			return func() tea.Msg { return noteMsg{text: "the bookmark is not kept: " + err.Error(), wrong: true} }
		}
		return nil
	}
	if n, ok := m.marks.marks[name]; ok {
		m.jumpTo(n)
		return nil
	}
	return note("there is no bookmark " + name)
}

// copy hands the event to the terminal's clipboard.
func (m *Model) copy() tea.Cmd {
	line, err := m.recording.Raw(m.cursor)
	if err != nil || m.output == nil {
		return note("there is nothing to copy")
	}
	termenv.NewOutput(m.output).Copy(string(line))
	return note(fmt.Sprintf("event %d is in the clipboard, if the terminal allows it (OSC 52)", m.cursor))
}

func (m *Model) leave() tea.Cmd {
	m.quit = true
	known := memory{Cursor: m.cursor, Zoom: int(m.lanes.scope.zoom), Focus: m.focus}
	if m.found != nil {
		known.Filter = m.found.Filter().String()
	}
	known.save(m.memory)
	return m.done
}

func (m *Model) layout() layout {
	h := m.panelHeight()
	// Beside a lesson, a small screen has no room for two things.
	alone := m.alone || h > 0 && m.width < 100
	l := arrange(m.width, m.height-h, len(m.panes), m.focus, m.last, alone)
	l.bar.y += h
	return l
}

// View implements [tea.Model].
func (m *Model) View() string {
	if m.quit || m.width == 0 || m.height == 0 {
		return ""
	}
	if m.width < leastWidth || m.height < leastHeight {
		text := fmt.Sprintf("The inspector needs %d columns and %d lines; here are %d and %d.", leastWidth, leastHeight, m.width, m.height)
		return fit(lipgloss.NewStyle().Width(m.width).Render(text), m.width, m.height)
	}
	parts := []string{m.title()}
	if m.help.open {
		body := m.height - above - below
		parts = append(parts, m.theme.rule("Keys", m.width, true), m.help.view(m.theme, m.groups(), m.width, body-1))
	} else {
		parts = append(parts, m.body())
		if lesson := m.lessonView(); lesson != "" {
			parts = append(parts, lesson)
		}
	}
	if m.finding {
		// The prompt covers the lower end of what is above it.
		lines := min(m.prompt.lines(), m.height/2)
		text := strings.Split(strings.Join(parts, "\n"), "\n")
		text = append(text[:len(text)-lines], strings.Split(m.prompt.view(m.width, lines), "\n")...)
		parts = []string{strings.Join(text, "\n")}
	}
	if m.exporter.open {
		// As the prompt does.
		lines := min(exportLines, m.height/2)
		text := strings.Split(strings.Join(parts, "\n"), "\n")
		text = append(text[:len(text)-lines], strings.Split(m.exporter.view(m.width, lines), "\n")...)
		parts = []string{strings.Join(text, "\n")}
	}
	parts = append(parts, m.scrubber.view(m.recording, m.cursor, m.width, m.marks.byEvent(), m.knownFailures()), m.status())
	view := strings.Join(parts, "\n")
	if m.theme.words != nil {
		view = strings.ReplaceAll(view, "µ", "u") // of microseconds
	}
	return view
}

// groups are the keys for the help, with those of the panes.
func (m *Model) groups() []group {
	groups := append(m.keys.groups(), lessonGroup())
	for _, p := range m.panes {
		groups = append(groups, group{p.title(), p.keys()})
	}
	if m.panes[0] != pane(m.reasons) {
		groups = append(groups, group{m.reasons.title(), m.reasons.keys()})
	}
	return append(groups, group{"While finding", m.prompt.keyBindings()}, group{"Export", m.exporter.keys()})
}

func (m *Model) body() string {
	l := m.layout()
	var view string
	var blocks []string
	if l.lanes.h > 0 {
		height := max(0, l.lanes.h-1)
		view, m.rows = m.lanes.view(m.recording, m.cursor, l.lanes.w, height-1, m.place, m.marks.byEvent())
		m.rows = append([]row{{}}, m.rows...)
		blocks = append(blocks, m.theme.rule(m.lanesTitle(), l.lanes.w, m.focus == 0)+"\n"+m.lanes.head(l.lanes.w)+"\n"+view)
	}
	height := m.height - above - below - m.panelHeight()
	var panes []string
	for i, p := range m.panes {
		if r := l.panes[i]; r.h > 0 {
			panes = append(panes, m.theme.rule(p.title(), r.w, m.focus == i+1)+"\n"+fit(p.view(r.w, r.h-1), r.w, r.h-1))
		}
	}
	switch {
	case m.width >= 160 || m.alone:
		return m.theme.beside(height, append(blocks, panes...)...)
	case m.width >= 100 && len(panes) > 0:
		return m.theme.beside(height, append(blocks, strings.Join(panes, "\n"))...)
	}
	return strings.Join(append(blocks, panes...), "\n")
}

func (m *Model) lanesTitle() string {
	text := "Session"
	if m.lanes.scope.zoom != zoomSession {
		text += " (" + m.lanes.scope.zoom.String() + ")"
	}
	if n := len(m.lanes.scope.hiddenKinds) + len(m.lanes.scope.hiddenPeers); n > 0 {
		text += fmt.Sprintf(", %d hidden", n)
	}
	return text
}

// title is the first line: what is looked at, and how it ended.
func (m *Model) title() string {
	c := newCanvas(m.width)
	t := m.theme
	h := m.recording.Header()
	x := c.text(1, m.width, "rtcsim", t.focus.Bold(true), "")
	x = c.text(x+2, m.width-24, m.name, t.bold, t.glyphs.ellipsis)
	x = c.text(x+2, m.width-24, fmt.Sprintf("%s, seed %d", h.Scenario, h.Seed), t.dim, t.glyphs.ellipsis)
	_ = x
	text, style := m.outcome()
	c.text(m.width-1-ansi.StringWidth(text), m.width, text, style, "")
	return c.render(nil)
}

func (m *Model) outcome() (string, lipgloss.Style) {
	t := m.theme
	if err := m.recording.Err(); err != nil {
		return t.glyphs.lost + " damaged", t.bad
	}
	if !m.loaded() {
		if p := m.recording.Progress(); p > 0 && p < 1 {
			return fmt.Sprintf("loading %d %%", int(100*p)), t.dim
		}
		return "running", t.change
	}
	end, ok := m.recording.End()
	switch {
	case !ok:
		return t.glyphs.lost + " not complete", t.warn
	case end.Outcome == recorder.OutcomePassed:
		return t.glyphs.check + " passed", t.good
	}
	return t.glyphs.lost + " " + string(end.Outcome), t.bad
}

// knownFailures are those up to where a lesson has come.
func (m *Model) knownFailures() []int {
	i, _ := slices.BinarySearchFunc(m.failures, 0, func(n, _ int) int {
		if m.lanes.scope.beyond(n) {
			return 1
		}
		return -1
	})
	return m.failures[:i]
}

// status is the last line: where the cursor is, and what there is to say.
func (m *Model) status() string {
	c := newCanvas(m.width)
	t := m.theme
	if m.asking {
		return fit(m.command.View(), m.width, 1)
	}
	e := m.recording.Entry(m.cursor)
	x := c.text(1, m.width, clock(e.Time, true)+" s", t.bold, "")
	x = c.text(x+2, m.width, fmt.Sprintf("event %d of %d", m.cursor, m.recording.Len()), t.dim, "")
	x = c.text(x+2, m.width, m.play.text(&t.glyphs), t.dim, "")
	if m.follow {
		x = c.text(x+2, m.width, "following", t.change, "")
	}
	if m.found != nil {
		text := fmt.Sprintf("/%s: %d found", m.found.Filter(), m.found.Count())
		if m.found.Has(m.cursor) {
			text = fmt.Sprintf("/%s: %d of %d", m.found.Filter(), m.found.Rank(m.cursor), m.found.Count())
		}
		x = c.text(x+2, m.width, text, t.mark, t.glyphs.ellipsis)
	}
	switch {
	case m.waiting == 'm':
		c.text(x+2, m.width, "bookmark: press a letter", t.warn, t.glyphs.ellipsis)
	case m.waiting == '\'':
		c.text(x+2, m.width, "to which bookmark?", t.warn, t.glyphs.ellipsis)
	case m.pursuit != nil:
		c.text(x+2, m.width, m.pursuit.text(m.recording), t.change, t.glyphs.ellipsis)
	case m.message.text != "":
		style := t.change
		if m.message.wrong {
			style = t.bad
		}
		c.text(x+2, m.width, m.message.text, style, t.glyphs.ellipsis)
	default:
		hint := "? help   q quit"
		if m.within {
			hint = "? help   q back to the comparison"
		}
		c.text(max(x+2, m.width-1-len(hint)), m.width, hint, t.dim, "")
	}
	return c.render(nil)
}
