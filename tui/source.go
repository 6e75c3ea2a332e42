package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/recorder"
)

// A sourceTab shows the lines of the scenario that made an event happen.
type sourceTab struct {
	*theme

	recording *recorder.Recording
	moment    moment
	late      bool // the place is not that of the moment yet
	place     place
	file      string   // whose lines are shown
	lines     []string // of the file
	colours   [][]piece
	scroll    int // lines away from the step

	stepFor, step int // the last step that was looked for, and where it was found
	height        int
}

// A place is where in the scenario something comes from.
type place struct {
	n      int    // the event that tells: a step, a verdict
	file   string // empty for the scenario's own
	line   int
	note   string
	what   string // how it has to do with the event
	seen   string // what was seen in the place of what was expected
	failed bool
}

func newSourceTab(t *theme) *sourceTab { return &sourceTab{theme: t} }

func (s *sourceTab) name() string { return "Scenario" }

func (s *sourceTab) keys() []key.Binding {
	k := treeKeys
	return []key.Binding{k.down, k.up, k.pageDown, k.pageUp, k.first, k.last, sourceKeys}
}

var sourceKeys = bind([]string{"enter"}, "enter", "to the step")

func (s *sourceTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	s.locate()
	half := max(1, s.height/2)
	switch {
	case key.Matches(msg, treeKeys.down):
		s.scroll++
	case key.Matches(msg, treeKeys.up):
		s.scroll--
	case key.Matches(msg, treeKeys.pageDown):
		s.scroll += half
	case key.Matches(msg, treeKeys.pageUp):
		s.scroll -= half
	case key.Matches(msg, treeKeys.first):
		s.scroll = -len(s.lines)
	case key.Matches(msg, treeKeys.last):
		s.scroll = len(s.lines)
	case key.Matches(msg, sourceKeys):
		if s.place.n > 0 {
			return true, jump(s.place.n)
		}
	default:
		return false, nil
	}
	return true, nil
}

func (s *sourceTab) look(m moment) bool {
	if m.recording != s.recording {
		*s = sourceTab{theme: s.theme, recording: m.recording}
		s.load("")
	}
	s.moment, s.late = m, true
	return len(s.lines) > 0
}

// locate finds the place of the moment.
func (s *sourceTab) locate() {
	if !s.late {
		return
	}
	s.late = false
	var found place
	if s.moment.n > 0 {
		found = s.find(s.moment)
	}
	if found.n != s.place.n {
		s.scroll = 0
	}
	s.place = found
	if found.file != s.file {
		s.load(found.file)
	}
}

// load reads the text of a file that the recording holds.
func (s *sourceTab) load(file string) {
	header := s.recording.Header()
	text := header.Text
	if file != "" {
		included, err := header.Included(file)
		text = string(included)
		if err != nil {
			text = "# " + err.Error()
		}
	}
	s.file, s.lines, s.colours = file, nil, nil
	if text != "" {
		s.lines = strings.Split(strings.TrimRight(text, "\n"), "\n")
	}
	for _, line := range s.lines {
		s.colours = append(s.colours, s.yaml(strings.TrimSuffix(line, "\r")))
	}
}

// maxCauses is how far back causes are followed.
const maxCauses = 1000

// find looks for what made an event happen: the step that is among its causes,
// else the step that came last before it.
func (s *sourceTab) find(m moment) place {
	what := "this step"
	for n, i := m.n, 0; n > 0 && i < maxCauses; n, i = s.recording.Cause(n), i+1 {
		kind := s.recording.Entry(n).Kind
		switch kind {
		case recorder.KindStep, recorder.KindVerdict, recorder.KindPrediction:
			if p, ok := s.told(n); ok {
				p.what = what
				if kind == recorder.KindVerdict {
					p.what = "this expectation"
				}
				return p
			}
		}
		what = "caused by this step"
	}
	if n := s.lastStep(m.n); n > 0 {
		if p, ok := s.told(n); ok {
			p.what = "the step before it"
			return p
		}
	}
	return place{}
}

// lastStep returns the last step at or before event n.
func (s *sourceTab) lastStep(n int) int {
	last := 0
	if s.stepFor <= n {
		last = s.step
	}
	for i, entry := range s.recording.Backward(n) {
		if i <= s.stepFor && s.stepFor <= n {
			break
		}
		if entry.Kind == recorder.KindStep {
			last = i
			break
		}
	}
	s.stepFor, s.step = n, last
	return last
}

// told returns the place that an event tells.
func (s *sourceTab) told(n int) (place, bool) {
	e, err := s.recording.Event(n)
	if err != nil {
		return place{}, false
	}
	data, _ := e.Value()
	switch d := data.(type) {
	case recorder.Step:
		return place{n: n, file: d.File, line: d.Line, note: d.Note}, true
	case recorder.Verdict:
		return place{n: n, file: d.File, line: d.Line, seen: d.Seen, failed: !d.Held}, true
	case recorder.Prediction:
		if step := s.recording.Cause(n); step > 0 && s.recording.Entry(step).Kind == recorder.KindStep {
			return s.told(step)
		}
		// The step that asks is the last one of its path.
		for i, entry := range s.recording.Backward(n) {
			if entry.Kind != recorder.KindStep {
				continue
			}
			if p, ok := s.told(i); ok {
				return p, true
			}
		}
	}
	return place{}, false
}

// block returns the lines of the step, from first to before last, counted from 0.
func (s *sourceTab) block() (first, last int) {
	first = s.place.line - 1
	if first < 0 || first >= len(s.lines) {
		return 0, 0
	}
	indent := indentOf(s.lines[first])
	last = first + 1
	for i := last; i < len(s.lines); i++ {
		text := strings.TrimSpace(s.lines[i])
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if indentOf(s.lines[i]) <= indent {
			break
		}
		last = i + 1
	}
	return first, last
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func (s *sourceTab) view(width, height int) string {
	s.locate()
	if height < 1 || len(s.lines) == 0 {
		return ""
	}
	s.height = height
	first, last := s.block()
	head := s.title(width)
	var after []string
	if s.place.seen != "" {
		for _, line := range wrapped(s.place.seen, width-10) {
			after = append(after, s.bad.Render(line))
		}
	}
	if s.place.note != "" {
		after = append(after, s.markdown(s.place.note, min(width-10, 100))...)
	}
	digits := len(fmt.Sprint(len(s.lines)))
	var lines []string
	start := 0
	for i := range s.lines {
		in := i >= first && i < last
		mark := piece{"  ", s.text}
		number := piece{fmt.Sprintf("%*d ", digits, i+1), s.dim}
		if in {
			mark = piece{s.glyphs.bar + " ", s.focus}
			number.style = s.focus
		}
		if i == first && in {
			start = len(lines)
			mark = piece{s.glyphs.arrowRight + " ", s.focus}
		}
		lines = append(lines, s.line(append([]piece{mark, number, {" ", s.text}}, s.colours[i]...), width))
		if in && i == last-1 {
			for _, line := range after {
				lines = append(lines, ansi.Truncate(strings.Repeat(" ", 4+digits)+s.remark.Render(s.glyphs.vertical)+" "+line, width, s.glyphs.ellipsis))
			}
		}
	}
	room := height - 1
	top := start - room/3
	least, most := -max(0, top), max(0, len(lines)-room)-max(0, top)
	s.scroll = max(least, min(s.scroll, max(least, most)))
	top = max(0, min(max(0, top)+s.scroll, len(lines)-room))
	return strings.Join(append([]string{head}, lines[top:min(len(lines), top+max(0, room))]...), "\n")
}

// title says which file it is, and what is marked in it.
func (s *sourceTab) title(width int) string {
	name := s.file
	if name == "" {
		name = s.recording.Header().Scenario
	}
	if name == "" {
		name = "scenario"
	}
	pieces := []piece{{name, s.text}}
	if s.place.line > 0 {
		pieces = append(pieces, piece{fmt.Sprintf("  line %d: %s", s.place.line, s.place.what), s.dim})
	}
	if s.place.failed {
		pieces = append(pieces, piece{", which failed", s.bad})
	}
	return s.line(pieces, width)
}

// yaml colours a line of YAML: comments, keys, and the rest.
func (s *sourceTab) yaml(line string) []piece {
	code, comment := line, ""
	if i := commentStart(line); i >= 0 {
		code, comment = line[:i], line[i:]
	}
	var pieces []piece
	body := strings.TrimLeft(code, " ")
	lead := code[:len(code)-len(body)]
	for strings.HasPrefix(body, "- ") {
		lead += "- "
		body = body[2:]
	}
	name, value, found := strings.Cut(body, ":")
	switch {
	case found && !strings.ContainsAny(name, "\"'{[ ") && (value == "" || value[0] == ' '):
		pieces = []piece{{lead, s.dim}, {name + ":", s.change}, {value, s.text}}
	default:
		pieces = []piece{{lead, s.dim}, {body, s.text}}
	}
	return append(pieces, piece{comment, s.dim})
}

// commentStart returns where the comment of a line of YAML begins, -1 if there is none.
func commentStart(line string) int {
	quote := byte(0)
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" {[,:", line[i-1]) >= 0):
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return i
		}
	}
	return -1
}
