package tui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/recorder"
)

// Limits for the panel of a lesson: its lines, and the width at which text is
// read with ease.
const (
	leastPanel  = 5
	mostPanel   = 12
	readingLine = 96
)

// A panel is how a lesson looks: a rule with the progress, the text of the
// station, and the keys. Its height stays the same from station to station.
type panel struct {
	theme *theme

	// What the height was made for.
	width, stations int
	lines           int
}

// height is that of the panel on a screen.
func (p *panel) height(l *lesson, width, height int) int {
	if p.width != width || p.stations != len(l.stations) || p.lines == 0 {
		p.width, p.stations, p.lines = width, len(l.stations), leastPanel
		for at := range len(l.stations) + 2 {
			p.lines = max(p.lines, 2+len(p.text(l, at, false, width)))
		}
		p.lines = max(p.lines, 3+len(l.asked)+len(l.links)) // all of them wrong, at the end
	}
	return max(0, min(p.lines, mostPanel, height*45/100))
}

// view returns the panel. walking is whether it is on the way to the next station.
func (p *panel) view(l *lesson, walking bool, width, height int) string {
	text := p.text(l, l.at, walking, width)
	room := max(0, height-2)
	if len(text) > room && room > 0 {
		text = text[:room]
		text[room-1] = ansi.Truncate(text[room-1], max(0, width-3), "") + p.theme.dim.Render(" "+p.theme.glyphs.ellipsis)
	}
	lines := append([]string{p.rule(l, width)}, text...)
	return fit(strings.Join(lines, "\n"), width, height-1) + "\n" + fit(p.keys(l, walking), width, 1)
}

// rule is the first line: what the lesson is, how far it is, and the score.
func (p *panel) rule(l *lesson, width int) string {
	c := newCanvas(width)
	t := p.theme
	c.line(0, width, t.glyphs.horizontal, t.focus)
	right, answered, _ := l.score()
	score := ""
	if answered > 0 {
		score = fmt.Sprintf("  %d of %d right", right, answered)
	}
	place := fmt.Sprintf("%d of %d", l.number(), l.total())
	x := width - 4 - ansi.StringWidth(place+score)
	c.text(x, width-2, " "+place, t.caption, "")
	c.text(x+1+ansi.StringWidth(place), width-2, score, t.text, "")
	c.draw(width-3, width, " ", t.text)
	if dots := 2*l.total() + 1; dots < width/3 {
		x -= dots
		p.dots(c, x, l)
	}
	title := ansi.Truncate(" "+l.title+" ", max(0, x-4), t.glyphs.ellipsis+" ")
	c.text(2, x, title, t.caption, "")
	return c.render(nil)
}

// dots draws each note and question: seen or to come, right or wrong.
func (p *panel) dots(c *canvas, x int, l *lesson) {
	t := p.theme
	c.line(x, x+2*l.total()+1, " ", t.text)
	for i, s := range l.stations {
		if s.kind == stationAnswer {
			continue
		}
		glyph, style := t.glyphs.circle, t.dim
		yes, guessed := l.guessed(i)
		switch {
		case s.kind == stationQuestion && guessed && s.decided > 0 && l.reached > s.decided && yes == l.stations[s.decided].answer.Holds:
			glyph, style = t.glyphs.check, t.good
		case s.kind == stationQuestion && guessed && s.decided > 0 && l.reached > s.decided:
			glyph, style = t.glyphs.lost, t.bad
		case s.kind == stationQuestion:
			glyph = "?"
			if l.reached > i {
				style = t.warn
			}
		case l.reached > i:
			glyph, style = t.glyphs.dot, t.focus
		}
		if here := l.here(); here != nil && here.number == s.number {
			style = style.Reverse(true)
		}
		x = c.draw(x+1, len(c.cells), glyph, style)
	}
}

// number is that of the note or question where the walk is.
func (l *lesson) number() int {
	if s := l.here(); s != nil {
		return s.number
	}
	if l.ended() {
		return l.total()
	}
	return 0
}

// text is what stands in the panel at a station.
func (p *panel) text(l *lesson, at int, walking bool, width int) []string {
	t := p.theme
	reading := max(1, min(width-4, readingLine))
	var lines []string
	add := func(more ...string) {
		for _, line := range more {
			lines = append(lines, "  "+line)
		}
	}
	switch {
	case at < 1:
		if l.lead != "" {
			add(t.markdown(l.lead, reading)...)
			add("")
		}
		add(t.spans(contents(l.notes, len(l.asked)), "", reading)...)
	case at > len(l.stations):
		add(p.end(l, reading)...)
	default:
		s := &l.stations[at-1]
		switch s.kind {
		case stationNote:
			add(t.markdown(s.text, reading)...)
		case stationQuestion:
			add(t.spans(clean(strings.TrimSpace(s.text)), t.warn.Render("?")+" ", reading)...)
			add("")
			yes, guessed := l.guessed(at - 1)
			switch {
			case guessed && walking:
				add(t.dim.Render("You say " + yesNo(yes) + ". Watch."))
			case guessed:
				add(t.dim.Render("You say " + yesNo(yes) + "."))
			default:
				add(t.dim.Render("Think, and guess: what comes now is not shown yet."))
			}
		case stationAnswer:
			add(p.answer(l, s, reading)...)
		}
	}
	return lines
}

// contents says what is in a lesson.
func contents(notes, questions int) string {
	var parts []string
	if notes > 0 {
		parts = append(parts, count(notes, "note"))
	}
	if questions > 0 {
		parts = append(parts, count(questions, "question"))
	}
	if len(parts) == 0 {
		return "This recording has no notes and no questions."
	}
	return "Here " + map[bool]string{true: "is ", false: "are "}[notes+questions == 1] + strings.Join(parts, " and ") + "."
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// answer says whether the guess was right, and why the answer is what it is.
func (p *panel) answer(l *lesson, s *station, width int) []string {
	t := p.theme
	verdict, style := "The answer is "+yesNo(s.answer.Holds)+".", t.change
	if yes, ok := l.guessed(s.question); ok {
		if yes == s.answer.Holds {
			verdict, style = t.glyphs.check+" Right, it is "+yesNo(s.answer.Holds)+".", t.good
		} else {
			verdict, style = t.glyphs.lost+" You said "+yesNo(yes)+", and it is "+yesNo(s.answer.Holds)+".", t.bad
		}
	}
	question := "  " + plain(s.text)
	if at := l.reached - 1; s.question == at-1 || ansi.StringWidth(verdict+question) > width {
		question = ""
	}
	lines := []string{t.line([]piece{{verdict, style.Bold(true)}, {question, t.dim}}, width)}
	if text := l.stations[s.question].explanation; text != "" {
		lines = append(lines, t.markdown(text, width)...)
	}
	if s.answer.Seen != "" && s.answer.Seen != "it did not happen" {
		lines = append(lines, t.line([]piece{{"seen  ", t.dim}, {s.answer.Seen, t.text}}, width))
	}
	for i, n := range s.evidence {
		lines = append(lines, p.link(l, i, n, width))
	}
	return lines
}

// link names an event that a digit leads to.
func (p *panel) link(l *lesson, i, n, width int) string {
	t := p.theme
	entry := l.recording.Entry(n)
	pieces := []piece{{strconv.Itoa(i + 1), t.focus}, {" " + t.glyphs.arrowRight + " ", t.dim}, {clock(entry.Time, false) + " s  ", t.text}}
	if entry.Peer != "" {
		pieces = append(pieces, piece{entry.Peer + "  ", t.text})
	}
	text, style := "an event that cannot be read", t.bad
	if e, err := l.recording.Event(n); err == nil {
		data, _ := e.Value()
		text, style = t.label(e, data)
		switch e.Kind {
		case recorder.KindSignalSent, recorder.KindPacketSent:
			text += " sent"
		}
	}
	return t.line(append(pieces, piece{text, style}), width)
}

// end is the score, with the questions that were answered wrong.
func (p *panel) end(l *lesson, width int) []string {
	t := p.theme
	right, answered, wrong := l.score()
	var lines []string
	switch {
	case len(l.asked) == 0:
		lines = append(lines, t.bold.Render("That was it."))
	case answered == 0:
		lines = append(lines, t.bold.Render("That was it, with no question answered."))
	case right == answered:
		lines = append(lines, t.line([]piece{{t.glyphs.check + " ", t.good}, {fmt.Sprintf("%d of %d right.", right, answered), t.good.Bold(true)}}, width))
	default:
		lines = append(lines, t.line([]piece{{fmt.Sprintf("%d of %d right.", right, answered), t.bold}, {"  Look at these again:", t.text}}, width))
	}
	for i, at := range wrong {
		s := l.stations[at]
		pieces := []piece{{t.glyphs.lost + " ", t.bad}, {yesNo(s.answer.Holds), t.bold}, {"  " + plain(s.text), t.text}}
		if i < 9 {
			pieces = append([]piece{{strconv.Itoa(i + 1), t.focus}, {" " + t.glyphs.arrowRight + " ", t.dim}}, pieces...)
		}
		lines = append(lines, t.line(pieces, width))
	}
	for i, link := range l.links {
		head := "           "
		if i == 0 {
			head = "To read on "
		}
		lines = append(lines, t.line([]piece{{head, t.dim}, {link, t.change}}, width))
	}
	return lines
}

// linked returns the event that a digit leads to.
func (l *lesson) linked(i int) (n int, ok bool) {
	list := []int(nil)
	if s := l.here(); s != nil && s.kind == stationAnswer {
		list = s.evidence
	} else if l.ended() {
		_, _, wrong := l.score()
		for _, at := range wrong {
			list = append(list, l.place(at+1))
		}
	}
	if i < 0 || i >= len(list) {
		return 0, false
	}
	return list[i], true
}

// keys are those that mean something now.
func (p *panel) keys(l *lesson, walking bool) string {
	t := p.theme
	var parts []string
	key := func(name, what string, style lipgloss.Style) {
		parts = append(parts, style.Render(name)+" "+what)
	}
	strong := t.focus.Bold(true)
	switch _, guessed := l.guessed(l.at - 1); {
	case walking:
		key("enter", "at once", t.focus)
	case l.at == 0 && len(l.stations) > 0:
		key("enter", "begin", strong)
	case l.ended():
		key("enter", "look around", strong)
	case l.open() && !guessed:
		key("y", "yes", strong)
		key("n", "no", strong)
	default:
		key("enter", "go on", strong)
	}
	if l.at > 0 {
		key(backspace, "back", t.focus)
	}
	key("W", "leave the lesson", t.focus)
	return "  " + strings.Join(parts, t.dim.Render("   "))
}

const backspace = "backspace"
