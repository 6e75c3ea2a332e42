package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// A walk is the way from one station of a lesson to the next: the cursor goes
// there event by event, in about a second whatever time that takes.
type walk struct {
	on       bool
	from, to int // events
	target   int // where the lesson is then
	frames   int
	frame    int
	session  int // tells ticks of this walk from those of one before
}

// Limits for the length of a walk in pictures of [frame].
const (
	leastWalk = 4
	mostWalk  = 30
)

// walkMsg moves a walk on.
type walkMsg struct{ session int }

func (w *walk) tick() tea.Cmd {
	session := w.session
	return tea.Tick(frame, func(time.Time) tea.Msg { return walkMsg{session} })
}

// begin starts a walk.
func (w *walk) begin(from, to, target int) tea.Cmd {
	*w = walk{on: true, from: from, to: to, target: target, frames: min(max(leastWalk, to-from), mostWalk), session: w.session + 1}
	return w.tick()
}

// advance returns the event of the next picture.
func (w *walk) advance() int {
	w.frame++
	return w.from + (w.to-w.from)*min(w.frame, w.frames)/w.frames
}

// lessonKeys are the keys of a lesson.
var lessonKeys = struct{ next, back, yes, no, event, leave key.Binding }{
	bind([]string{"enter", " "}, "enter", "go on"),
	bind([]string{"backspace"}, "⌫", "back to the station before"),
	bind([]string{"y"}, "y", "yes"),
	bind([]string{"n"}, "n", "no"),
	bind([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "1 … 9", "to the event with the number"),
	bind([]string{"W"}, "W", "begin or leave the lesson"),
}

// lessonGroup is the part of the help about lessons.
func lessonGroup() group {
	k := lessonKeys
	return group{"Lesson", []key.Binding{k.leave, k.next, k.back, k.yes, k.no, k.event}}
}

// teaching reports whether a lesson is on the screen.
func (m *Model) teaching() bool { return m.lesson != nil && !m.lessonAway }

// toggleLesson shows the lesson, at the place where it was left, or takes it away.
func (m *Model) toggleLesson() tea.Cmd {
	if m.teaching() {
		m.lessonAway, m.walk.on, m.lanes.scope.until = true, false, 0
		return nil
	}
	l := m.lesson
	if l == nil {
		l = newLesson(m.recording)
	}
	if len(l.stations) == 0 && m.loaded() {
		return note("this recording has no notes and no questions")
	}
	m.lesson, m.lessonAway = l, false
	m.follow, m.play.on = false, false
	m.stopAt(l.at)
	return nil
}

// stopAt puts the lesson and the cursor at a station.
func (m *Model) stopAt(at int) {
	m.walk.on = false
	m.lesson.arrive(at)
	m.lanes.scope.until = m.lesson.until(m.lesson.reached)
	m.place = 0.4
	m.moveTo(m.lesson.place(m.lesson.at))
}

// goOn leads to the next station.
func (m *Model) goOn() tea.Cmd {
	l := m.lesson
	_, guessed := l.guessed(l.at - 1)
	switch {
	case m.walk.on:
		m.stopAt(m.walk.target)
	case l.ended():
		return m.toggleLesson()
	case l.open() && !guessed:
		return note("y or n?")
	case l.at < l.reached:
		m.stopAt(l.at + 1)
	case l.at == len(l.stations) && !m.loaded():
		return note("the run goes on")
	default:
		from, to := max(1, m.lanes.scope.until), l.place(l.at+1)
		if l.at < len(l.stations) {
			to = l.stations[l.at].n
		}
		if at := l.here(); at == nil || at.kind != stationQuestion {
			from = min(m.cursor, to)
		}
		if l.at == len(l.stations) || to <= from {
			m.stopAt(l.at + 1)
			return nil
		}
		return m.walk.begin(from, to, l.at+1)
	}
	return nil
}

// walkOn shows the next picture of a walk.
func (m *Model) walkOn(msg walkMsg) tea.Cmd {
	if !m.walk.on || msg.session != m.walk.session || !m.teaching() {
		return nil
	}
	n := m.walk.advance()
	if m.walk.frame >= m.walk.frames {
		m.stopAt(m.walk.target)
		return nil
	}
	m.lanes.scope.until = max(m.lanes.scope.until, n)
	m.moveTo(n)
	return m.walk.tick()
}

// onLesson takes a key while there is a lesson.
func (m *Model) onLesson(msg tea.KeyMsg) (handled bool, cmd tea.Cmd) {
	if !m.teaching() {
		return false, nil
	}
	l, k := m.lesson, lessonKeys
	switch {
	case key.Matches(msg, k.next):
		return true, m.goOn()
	case key.Matches(msg, k.back):
		m.stopAt(l.at - 1)
	case (key.Matches(msg, k.yes) || key.Matches(msg, k.no)) && (l.open() || m.walk.on):
		if m.walk.on {
			return true, nil
		}
		l.guess(key.Matches(msg, k.yes))
		return true, m.goOn()
	case key.Matches(msg, k.event):
		n, ok := l.linked(int(msg.Runes[0] - '1'))
		if !ok {
			return false, nil
		}
		m.jumpTo(n)
	default:
		return false, nil
	}
	return true, nil
}

// panelHeight is how many lines the lesson takes.
func (m *Model) panelHeight() int {
	if !m.teaching() || m.help.open {
		return 0
	}
	return m.panel.height(m.lesson, m.width, m.height)
}

// lessonView returns the lesson with a newline, or nothing.
func (m *Model) lessonView() string {
	h := m.panelHeight()
	if h == 0 {
		return ""
	}
	return m.panel.view(m.lesson, m.walk.on, m.width, h)
}
