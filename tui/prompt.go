package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"github.com/rtcsim/rtcsim/internal/filter"
)

// promptHeight is how many lines a prompt makes good use of, at most.
const promptHeight = 8

// maxHistory is how many filters a prompt remembers.
const maxHistory = 100

// A prompt is where a filter is written. It completes what is written, and
// explains it, or says what is wrong with it, with each key.
type prompt struct {
	theme *theme
	keys  promptKeys
	names *filter.Names // of the recording; they may come while the prompt is open
	input textinput.Model

	filter  *filter.Filter // what is written; nil if that is wrong
	wrong   *filter.Error
	pressed bool // enter, though it was wrong

	completions []filter.Completion
	chosen      int    // of them; -1 as long as none is
	written     string // what they complete
	at          int    // where the cursor was in it, in bytes

	history []string // older ones first
	place   int      // in the history; its length for what is being written
	draft   string   // what was being written
}

// promptKeys are the keys of a prompt beside those that edit a line.
type promptKeys struct {
	Complete, CompleteBack, Older, Newer, Accept, Leave key.Binding
}

// What has become of a prompt.
type promptState int

const (
	promptOpen promptState = iota
	promptAccepted
	promptLeft
)

func newPrompt(t *theme, names *filter.Names) *prompt {
	p := &prompt{
		theme: t,
		keys: promptKeys{
			Complete:     bind([]string{"tab"}, "tab", "complete, then the next way to"),
			CompleteBack: bind([]string{"shift+tab"}, "shift+tab", "the way before"),
			Older:        bind([]string{"up", "ctrl+p"}, "↑", "what was looked for before"),
			Newer:        bind([]string{"down", "ctrl+n"}, "↓", "what was looked for after that"),
			Accept:       bind([]string{"enter"}, "enter", "look for it"),
			Leave:        bind([]string{"esc", "ctrl+c"}, "esc", "leave it as it was"),
		},
		names: names,
		input: textinput.New(),
	}
	// The terminal pastes; ctrl+v would ask the system, which may be another one.
	p.input.KeyMap.Paste.SetEnabled(false)
	p.input.Cursor.SetMode(cursor.CursorStatic)
	p.input.Focus()
	p.open("")
	return p
}

// open begins with a text.
func (p *prompt) open(text string) {
	p.place, p.draft = len(p.history), ""
	p.set(text, len(text))
	p.read()
}

// update takes a key.
func (p *prompt) update(msg tea.KeyMsg) (promptState, tea.Cmd) {
	p.pressed = false
	switch {
	case key.Matches(msg, p.keys.Accept):
		if p.filter == nil && p.chosen < 0 {
			p.pressed = true
			return promptOpen, nil
		}
		if p.filter == nil { // the completion is not the end of it
			p.read()
			return promptOpen, nil
		}
		p.remember()
		return promptAccepted, nil
	case key.Matches(msg, p.keys.Leave):
		if p.chosen < 0 || msg.String() == "ctrl+c" {
			return promptLeft, nil
		}
		p.set(p.written, p.at)
		p.read()
	case key.Matches(msg, p.keys.Complete):
		p.complete(1)
	case key.Matches(msg, p.keys.CompleteBack):
		p.complete(-1)
	case key.Matches(msg, p.keys.Older):
		p.recall(p.place - 1)
	case key.Matches(msg, p.keys.Newer):
		p.recall(p.place + 1)
	case msg.String() == "backspace" && p.input.Value() == "":
		return promptLeft, nil
	default:
		var cmd tea.Cmd
		p.input, cmd = p.input.Update(msg)
		p.read()
		return promptOpen, cmd
	}
	return promptOpen, nil
}

// set writes a text and puts the cursor at one of its bytes.
func (p *prompt) set(text string, at int) {
	p.input.SetValue(text)
	p.input.SetCursor(utf8.RuneCountInString(text[:at]))
}

// cursor returns the byte that the cursor is at.
func (p *prompt) cursor() int {
	text := []rune(p.input.Value())
	return len(string(text[:min(p.input.Position(), len(text))]))
}

// read takes in what is written.
func (p *prompt) read() {
	p.parse()
	p.written, p.at, p.chosen = p.input.Value(), p.cursor(), -1
	p.completions = filter.Complete(p.written, p.at, p.names)
}

func (p *prompt) parse() {
	p.filter, p.wrong = nil, nil
	parsed, err := filter.Parse(p.input.Value())
	if err != nil {
		p.wrong = err.(*filter.Error)
		return
	}
	p.filter = parsed
}

// complete writes the next of the completions, or the one before.
func (p *prompt) complete(by int) {
	n := len(p.completions)
	if n == 0 {
		return
	}
	if p.chosen < 0 && by < 0 {
		p.chosen = 0
	}
	p.chosen = (p.chosen + by + n) % n
	p.set(p.completions[p.chosen].Apply(p.written))
	p.parse()
	if n == 1 { // there is nothing to choose: go on
		p.read()
	}
}

// recall writes what is at a place in the history.
func (p *prompt) recall(place int) {
	if place < 0 || place > len(p.history) {
		return
	}
	if p.place == len(p.history) {
		p.draft = p.input.Value()
	}
	p.place = place
	text := p.draft
	if place < len(p.history) {
		text = p.history[place]
	}
	p.set(text, len(text))
	p.read()
}

// remember adds what is written to the history.
func (p *prompt) remember() {
	text := strings.TrimSpace(p.input.Value())
	if text == "" {
		return
	}
	var others []string
	for _, h := range p.history {
		if h != text {
			others = append(others, h)
		}
	}
	p.history = append(others, text)
	p.history = p.history[max(0, len(p.history)-maxHistory):]
}

// keyBindings are the keys, for the help.
func (p *prompt) keyBindings() []key.Binding {
	k := p.keys
	return []key.Binding{k.Complete, k.CompleteBack, k.Older, k.Newer, k.Accept, k.Leave}
}

// lines is how many lines the prompt makes good use of now.
func (p *prompt) lines() int { return min(2+len(p.completions), promptHeight) }

// view returns so many lines: completions, what is written, and what that
// means or what is wrong with it. Where there is little room, the completions
// give way first, then the explanation.
func (p *prompt) view(width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	var lines []string
	if height > 2 {
		lines = p.menu(width, height-2)
	}
	problem := p.problem()
	line, column := p.line(width, problem)
	lines = append(lines, line)
	if height > 1 {
		lines = append(lines, p.below(width, problem, column))
	}
	return fit(strings.Join(lines, "\n"), width, height)
}

// menu shows the completions, the chosen one among them.
func (p *prompt) menu(width, height int) []string {
	t := p.theme
	n := len(p.completions)
	shown := min(n, height)
	if n > height {
		shown-- // the last line says how many there are
	}
	first := max(0, min(p.chosen-shown/2, n-shown))
	column := 0
	for _, c := range p.completions[first : first+shown] {
		column = max(column, ansi.StringWidth(c.Text))
	}
	column = min(column, max(1, width/2))

	lines := make([]string, height-min(n, height), height)
	for i := range lines {
		lines[i] = newCanvas(width).render(nil)
	}
	for i, completion := range p.completions[first : first+shown] {
		c := newCanvas(width)
		style := t.text
		if first+i == p.chosen {
			c.draw(0, width, t.glyphs.arrowRight, t.focus)
			style = t.selected
		}
		c.text(2, min(width, 2+column), completion.Text, style, t.glyphs.ellipsis)
		c.text(2+column+3, width, t.plain(completion.Explains), t.dim, t.glyphs.ellipsis)
		lines = append(lines, c.render(nil))
	}
	if n > shown {
		c := newCanvas(width)
		text := fmt.Sprintf("%d in all", n)
		if p.chosen >= 0 {
			text = fmt.Sprintf("%d of %d", p.chosen+1, n)
		}
		c.text(2, width, text, t.dim, t.glyphs.ellipsis)
		lines = append(lines, c.render(nil))
	}
	return lines
}

// line shows what is written, as much of it as there is room for around the
// cursor. column says in which column a byte of it is.
func (p *prompt) line(width int, problem *filter.Error) (line string, column func(at int) int) {
	t := p.theme
	text := p.input.Value()
	cursor := p.cursor()
	before := 1 // the slash
	if width < 3 {
		before = 0
	}
	offset := 0 // columns of the text that do not fit
	if end := ansi.StringWidth(text[:cursor]) + 1; end > width-before {
		offset = end - (width - before)
	}
	column = func(at int) int {
		return before + ansi.StringWidth(text[:min(at, len(text))]) - offset
	}

	c := newCanvas(width)
	x := before - offset
	at, state := 0, -1
	for rest := text; rest != ""; {
		var cluster string
		var columns int
		cluster, rest, columns, state = uniseg.FirstGraphemeClusterInString(rest, state)
		style := t.text
		if problem != nil && at >= problem.From && at < problem.To {
			style = p.problemStyle().Underline(true)
		}
		if at <= cursor && cursor < at+len(cluster) {
			style = t.cursor
		}
		if x >= before {
			c.draw(x, width, cluster, style)
		}
		x += columns
		at += len(cluster)
	}
	if cursor == len(text) {
		c.draw(max(x, before), width, " ", t.cursor)
	}
	if before > 0 {
		c.draw(0, width, "/", t.focus)
		if offset > 0 {
			c.draw(0, width, t.glyphs.ellipsis, t.dim)
		}
	}
	return c.render(nil), column
}

// problem is what is wrong with what is written, or what it asks for that is
// not there.
func (p *prompt) problem() *filter.Error {
	if p.wrong != nil {
		return p.wrong
	}
	return p.names.Check(p.filter)
}

func (p *prompt) problemStyle() lipgloss.Style {
	switch {
	case p.wrong == nil:
		return p.theme.warn
	case p.wrong.Incomplete && !p.pressed:
		return p.theme.dim
	}
	return p.theme.bad
}

// below says what is written means; or what is wrong with it, with a caret
// under the place.
func (p *prompt) below(width int, problem *filter.Error, column func(at int) int) string {
	t := p.theme
	c := newCanvas(width)
	if problem == nil {
		text := p.theme.plain(p.filter.Explain())
		if p.filter.Empty() {
			text = "what is to be found, such as peer:bob lost; tab shows what can be asked"
		}
		c.text(1, width, text, t.dim, t.glyphs.ellipsis)
		return c.render(nil)
	}

	style := p.problemStyle()
	text := p.theme.plain(problem.Error())
	from := min(max(0, column(problem.From)), width-1)
	to := min(max(from+1, column(problem.To)), width)
	carets := strings.Repeat("^", to-from)
	switch need := ansi.StringWidth(text); {
	case to+1+need <= width:
		c.draw(to+1, width, text, style)
	case need+1 <= from:
		c.draw(from-1-need, width, text, style)
	default: // what is underlined says where
		c.text(1, width, text, style, t.glyphs.ellipsis)
		return c.render(nil)
	}
	c.draw(from, width, carets, style)
	return c.render(nil)
}
