package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/export"
)

// An exporter is the dialogue in which one says what is written for other programs, and where.
type exporter struct {
	theme *theme
	open  bool

	base    string // the file's name without its ending
	field   int    // the chosen line
	format  int    // of export.Formats
	file    textinput.Model
	named   bool // the user has written the file's name
	ranges  []timeRange
	span    int // of ranges
	peers   []string
	peer    int  // of peers, from 1; 0 for all
	exists  bool // the file is there: may it be overwritten?
	writing bool
	wrong   string
}

// The lines of the dialogue.
const (
	exportFormat = iota
	exportFile
	exportTime
	exportPeer
	exportFields
)

// exportLines is how many lines the dialogue takes.
const exportLines = exportFields + 4

// A timeRange is a part of the session. to is 0 for the end.
type timeRange struct {
	from, to time.Duration
	words    string
}

// exportKeys are the keys of the dialogue beside those that edit the file's name.
var exportKeys = struct{ next, previous, left, right, write, overwrite, leave key.Binding }{
	bind([]string{"down", "tab"}, "↓ tab", "next line"),
	bind([]string{"up", "shift+tab"}, "↑", "line before"),
	bind([]string{"left"}, "←", "another choice"),
	bind([]string{"right"}, "→", "another choice"),
	bind([]string{"enter"}, "enter", "write the file"),
	bind([]string{"y"}, "y", "overwrite the file that is there"),
	bind([]string{"esc", "ctrl+c"}, "esc", "leave"),
}

func newExporter(t *theme) *exporter {
	e := &exporter{theme: t, file: textinput.New()}
	e.file.KeyMap.Paste.SetEnabled(false) // the terminal pastes
	return e
}

func (e *exporter) keys() []key.Binding {
	k := exportKeys
	return []key.Binding{k.next, k.previous, k.left, k.right, k.write, k.overwrite, k.leave}
}

// begin opens the dialogue. What was chosen before stays.
func (e *exporter) begin(path string, peers []string, ranges []timeRange) {
	e.open, e.exists, e.wrong, e.field = true, false, "", exportFormat
	e.base, e.peers, e.ranges = strings.TrimSuffix(path, ".rtcrec"), peers, ranges
	e.span = min(e.span, len(ranges)-1)
	e.peer = min(e.peer, len(peers))
	e.propose()
}

// propose names the file, unless the user has.
func (e *exporter) propose() {
	if !e.named {
		e.file.SetValue(e.base + export.Formats[e.format].Extension)
		e.file.CursorEnd()
	}
}

// takes reports whether the format can write a part of the recording.
func (e *exporter) takes(field int) bool {
	name := map[int]string{exportTime: "from", exportPeer: "peer"}[field]
	return name == "" || slices.Contains(export.Formats[e.format].Takes, name)
}

// options are what is chosen.
func (e *exporter) options() export.Options {
	o := export.Options{Title: filepath.Base(e.base)}
	if e.takes(exportTime) {
		o.From, o.To = e.ranges[e.span].from, e.ranges[e.span].to
	}
	if e.takes(exportPeer) && e.peer > 0 {
		o.Peers = []string{e.peers[e.peer-1]}
	}
	return o
}

// update takes a key. It reports whether the file is to be written, and whether over one that is there.
func (e *exporter) update(msg tea.KeyMsg) (write, overwrite bool) {
	k := exportKeys
	exists := e.exists
	e.exists, e.wrong = false, ""
	switch {
	case key.Matches(msg, k.leave):
		e.open = exists && msg.String() != "ctrl+c" // from the question to the dialogue
	case e.writing:
	case exists:
		return key.Matches(msg, k.overwrite), true
	case key.Matches(msg, k.write):
		if strings.TrimSpace(e.file.Value()) == "" {
			e.wrong, e.field = "the file needs a name", exportFile
			return false, false
		}
		return true, false
	case key.Matches(msg, k.next):
		e.field = (e.field + 1) % exportFields
	case key.Matches(msg, k.previous):
		e.field = (e.field + exportFields - 1) % exportFields
	case e.field == exportFile:
		before := e.file.Value()
		e.file.Focus()
		e.file, _ = e.file.Update(msg)
		e.file.Blur()
		e.named = e.named || e.file.Value() != before
		if e.file.Value() == "" {
			e.named = false // proposed again with the next format
		}
	case key.Matches(msg, k.left):
		e.change(-1)
	case key.Matches(msg, k.right):
		e.change(1)
	}
	return false, false
}

// change takes another choice of the chosen line.
func (e *exporter) change(by int) {
	turn := func(i, n int) int { return (i + by + n) % n }
	switch {
	case !e.takes(e.field):
	case e.field == exportFormat:
		e.format = turn(e.format, len(export.Formats))
		e.propose()
	case e.field == exportTime:
		e.span = turn(e.span, len(e.ranges))
	case e.field == exportPeer:
		e.peer = turn(e.peer, len(e.peers)+1)
	}
}

// view returns the dialogue in so many lines.
func (e *exporter) view(width, height int) string {
	t := e.theme
	lines := []string{t.rule("Export", width, true)}
	format := export.Formats[e.format]
	all := "all of it: " + format.Name + " takes no part"
	during, peer := e.ranges[e.span].words, "all"
	if e.peer > 0 {
		peer = e.peers[e.peer-1]
	}
	if !e.takes(exportTime) {
		during = all
	}
	if !e.takes(exportPeer) {
		peer = all
	}
	for field, text := range []string{exportFormat: format.Name, exportFile: "", exportTime: during, exportPeer: peer} {
		c := newCanvas(width)
		name, style := []string{"format", "file", "time", "peer"}[field], t.dim
		if field == e.field {
			c.draw(1, width, t.glyphs.arrowRight, t.focus)
			style = t.focus
		}
		c.text(3, width, name, style, "")
		const at = 11
		switch {
		case field == exportFile:
			e.drawFile(c, at, width-1)
		case !e.takes(field):
			c.text(at, width-1, text, t.dim, t.glyphs.ellipsis)
		default:
			x := c.text(at, width-1, "< "+clean(text)+" >", t.bold, t.glyphs.ellipsis)
			if field == exportFormat {
				c.text(x+2, width-1, fmt.Sprintf("%d of %d", e.format+1, len(export.Formats)), t.dim, t.glyphs.ellipsis)
			}
		}
		lines = append(lines, c.render(nil))
		if field == exportFormat {
			c := newCanvas(width)
			c.text(at, width-1, t.plain(format.Summary), t.dim, t.glyphs.ellipsis)
			lines = append(lines, c.render(nil))
		}
	}
	c := newCanvas(width)
	switch {
	case e.exists:
		c.text(3, width-1, "There is such a file. y overwrites it; any other key goes back.", t.warn, t.glyphs.ellipsis)
	case e.writing:
		c.text(3, width-1, t.plain("writing… esc leaves the dialogue, and the writing goes on"), t.change, t.glyphs.ellipsis)
	case e.wrong != "":
		c.text(3, width-1, t.glyphs.lost+" "+clean(e.wrong), t.bad, t.glyphs.ellipsis)
	default:
		c.text(3, width-1, t.plain("enter writes it   ↑ ↓ line   ← → choice   esc leaves"), t.dim, t.glyphs.ellipsis)
	}
	return fit(strings.Join(append(lines, "", c.render(nil)), "\n"), width, height)
}

// drawFile draws the file's name: the end of it, where there is little room, or what is around the cursor.
func (e *exporter) drawFile(c *canvas, x, limit int) {
	t := e.theme
	text := []rune(clean(e.file.Value()))
	at := min(e.file.Position(), len(text))
	if e.field != exportFile {
		at = len(text)
	}
	text = append(text, ' ')
	from := 0
	for from < at && ansi.StringWidth(string(text[from:at+1])) > limit-x-1 {
		from++
	}
	if from > 0 {
		x = c.draw(x, limit, t.glyphs.ellipsis, t.dim)
	}
	x = c.draw(x, limit, string(text[from:at]), t.text)
	style := t.text
	if e.field == exportFile {
		style = t.cursor
	}
	x = c.draw(x, limit, string(text[at]), style)
	c.draw(x, limit, string(text[at+1:]), t.text)
}

// ranges are the parts of the session that can be exported: between bookmarks, up to the cursor and from there.
func (m *Model) ranges() []timeRange {
	all := []timeRange{{words: "the whole session"}}
	if m.recording.Len() == 0 {
		return all
	}
	between := func(from, to int, what string) {
		a, b := m.recording.Entry(from).Time, m.recording.Entry(to).Time
		all = append(all, timeRange{from: a, to: max(b, 1), words: fmt.Sprintf("%s, %s to %s", what, span(a), span(b))})
	}
	byEvent := m.marks.byEvent()
	marked := make([]int, 0, len(byEvent))
	for n := range byEvent {
		if n >= 1 && n <= m.recording.Len() {
			marked = append(marked, n)
		}
	}
	slices.Sort(marked)
	switch last := len(marked) - 1; {
	case last > 0:
		between(marked[0], marked[last], fmt.Sprintf("from bookmark %s to %s", byEvent[marked[0]], byEvent[marked[last]]))
	case last == 0:
		between(min(marked[0], m.cursor), max(marked[0], m.cursor), "between bookmark "+byEvent[marked[0]]+" and the cursor")
	}
	now := m.recording.Entry(m.cursor).Time
	return append(all,
		timeRange{to: max(now, 1), words: "up to the cursor, " + span(now)},
		timeRange{from: now, words: "from the cursor on, " + span(now)})
}

// beginExport opens the dialogue.
func (m *Model) beginExport() tea.Cmd {
	if !m.loaded() {
		return note("the run goes on: it can be exported when it is over")
	}
	path := m.path
	if path == "" {
		path = "session"
	}
	m.exporter.begin(path, m.lanes.peers, m.ranges())
	return nil
}

// onExport takes a key while the dialogue is open.
func (m *Model) onExport(msg tea.KeyMsg) tea.Cmd {
	write, overwrite := m.exporter.update(msg)
	if !write {
		return nil
	}
	m.exporter.writing = true
	e, ctx := m.exporter, m.ctx
	format, options, path := export.Formats[e.format], e.options(), strings.TrimSpace(e.file.Value())
	m.exports.Add(1)
	return func() tea.Msg {
		defer m.exports.Done()
		var size int64
		err := safely(func() error {
			return export.WriteFile(path, overwrite, func(w io.Writer) error {
				out := &pipe{ctx: ctx, out: w}
				err := format.Write(out, m.recording, options)
				size = out.written
				return err
			})
		})
		return exportedMsg{path: path, size: size, err: err}
	}
}

// exportedMsg says what became of an export.
type exportedMsg struct {
	path string
	size int64
	err  error
}

// exported takes note of it.
func (m *Model) exported(msg exportedMsg) tea.Cmd {
	e := m.exporter
	e.writing = false
	text := ""
	switch {
	case msg.err == nil:
		e.open, e.named = false, false
		return note(fmt.Sprintf("wrote %s, %s", msg.path, count(int(msg.size), "byte")))
	case errors.Is(msg.err, fs.ErrExist):
		if e.open {
			e.exists = true
			return nil
		}
		text = msg.path + " is there already"
	default:
		text = oneLine(msg.err)
		if e.open {
			e.wrong = text
			return nil
		}
	}
	return func() tea.Msg { return noteMsg{text: "nothing was exported: " + text, wrong: true} }
}

// oneLine is an error in one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// safely does something in the background. A panic becomes an error: nobody could read it while the inspector has the terminal.
func safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is a fault of rtcsim: %v", p)
		}
	}()
	return do()
}

// A pipe writes on until it is to stop, and counts.
type pipe struct {
	ctx     context.Context
	out     io.Writer
	written int64
}

func (p *pipe) Write(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.out.Write(b)
	p.written += int64(n)
	return n, err
}
