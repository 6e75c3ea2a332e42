package tui

import (
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// problems picks what goes wrong, and what is remarkable.
var problems = func() *filter.Filter {
	f, err := filter.Parse("failed or error or remark")
	if err != nil {
		panic(err)
	}
	return f
}()

// A pursuit goes to the next of some events, which are still being looked for.
type pursuit struct {
	matches *filter.Matches
	from    int
	by      int    // the direction, 1 or -1
	what    string // is looked for
}

// next returns the event, 0 if there is none; false as long as that is not known.
func (p *pursuit) next() (n int, known bool) {
	done := over(p.matches) // before what is found so far, or that may be old
	if p.by < 0 {
		return p.matches.Previous(p.from), done || p.matches.Decided() >= p.from-1
	}
	n = p.matches.Next(p.from)
	return n, done || n > 0
}

// text says how far it is.
func (p *pursuit) text(r *recorder.Recording) string {
	return fmt.Sprintf("looking for the next %s: %d %%", p.what, 100*p.matches.Decided()/max(1, r.Len()))
}

// over reports whether all events have been looked at.
func over(m *filter.Matches) bool {
	select {
	case <-m.Done():
		return true
	default:
		return false
	}
}

// goTo goes from the cursor to the next of some events in a direction: at once, or
// as soon as it is found, unless a key is pressed meanwhile.
func (m *Model) goTo(matches *filter.Matches, by int, what string) tea.Cmd {
	m.pursuit = &pursuit{matches: matches, from: m.cursor, by: by, what: what}
	if _, known := m.pursuit.next(); !known {
		select { // it may take no time that one notices
		case <-matches.Done():
		case <-time.After(patience):
		}
	}
	return m.pursue()
}

// pursue goes to what is looked for, if it is found by now.
func (m *Model) pursue() tea.Cmd {
	p := m.pursuit
	if p == nil {
		return nil
	}
	n, known := p.next()
	switch {
	case !known && m.recording.Progress() == 0 && p.matches.Decided() >= m.recording.Len():
		// Of a run that goes on, nobody knows whether one will come.
	case !known:
		return nil
	case n > 0:
		m.pursuit = nil
		m.jumpTo(n)
		return nil
	}
	m.pursuit = nil
	return note("no " + p.what + map[bool]string{true: " after this", false: " before this"}[p.by > 0])
}
