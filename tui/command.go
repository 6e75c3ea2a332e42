package tui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// onCommand takes a key while a command is written.
func (m *Model) onCommand(msg tea.KeyMsg) tea.Cmd {
	switch msg.String() {
	case "esc", "ctrl+c":
		m.asking = false
		m.command.Blur()
		return nil
	case "enter":
		m.asking = false
		m.command.Blur()
		return m.carryOut(strings.TrimSpace(m.command.Value()))
	}
	var cmd tea.Cmd
	m.command, cmd = m.command.Update(msg)
	return cmd
}

// commandHelp says what commands there are.
const commandHelp = "a time (12.5s), #EVENT, zoom N, hide KIND, hide PEER, show, lesson, why, export, theme dark, theme light, q"

// carryOut carries out a command.
func (m *Model) carryOut(text string) tea.Cmd {
	wrong := func(format string, args ...any) tea.Cmd {
		return func() tea.Msg { return noteMsg{text: fmt.Sprintf(format, args...), wrong: true} }
	}
	word, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case text == "":
		return nil
	case text == "q", text == "quit":
		return m.leave()
	case text == "help":
		return note(commandHelp)
	case text == "lesson":
		return m.toggleLesson()
	case text == "why":
		return m.why()
	case text == "export":
		return m.beginExport()
	case word == "theme":
		if rest != "dark" && rest != "light" {
			return wrong("theme takes dark or light, the terminal's background")
		}
		m.theme.renderer.SetHasDarkBackground(rest == "dark")
		return nil
	case text == "show":
		clear(m.lanes.scope.hiddenKinds)
		clear(m.lanes.scope.hiddenPeers)
		return nil
	case word == "hide":
		if _, known := recorder.Kind(rest).Info(); known {
			m.lanes.scope.hiddenKinds[recorder.Kind(rest)] = true
			return nil
		}
		for _, p := range m.recording.Peers() {
			if p.Name == rest && rest != "" {
				m.lanes.scope.hiddenPeers[rest] = true
				return nil
			}
		}
		return wrong("there is no kind of event and no peer called %q", rest)
	case word == "zoom":
		for z := range zooms {
			if rest == z.String() || rest == strconv.Itoa(int(z)) {
				m.lanes.scope.zoom = z
				return nil
			}
		}
		return wrong("zoom takes 0 to %d, or outline, session, packets, everything", zooms-1)
	case strings.HasPrefix(text, "#"):
		n, err := strconv.ParseUint(text[1:], 10, 64)
		if at := m.recording.Find(n); err == nil && at > 0 {
			m.jumpTo(at)
			return nil
		}
		return wrong("there is no event %s", text)
	}
	if t, err := time.ParseDuration(text); err == nil {
		m.goToTime(t)
		return nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		m.goToTime(time.Duration(seconds * float64(time.Second)))
		return nil
	}
	return wrong("unknown command %q: %s", word, commandHelp)
}

// goToTime puts the cursor on the last event at a time. What is shown stays: it is
// the time that is asked for, not the event.
func (m *Model) goToTime(t time.Duration) {
	n := max(1, m.recording.At(t))
	if n == m.cursor || m.recording.Len() == 0 {
		return
	}
	m.back, m.forward = append(m.back, m.cursor), nil
	m.place = 0.4
	m.moveTo(n)
}
