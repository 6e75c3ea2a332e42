package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// A pane is a part of the screen that tells about the moment at the cursor.
type pane interface {
	// title is what stands in the pane's frame.
	title() string

	// look has the pane tell about another moment. It is cheap: what takes
	// work is done by view.
	look(m moment)

	// update takes a key while the pane has the focus, and reports whether it
	// meant something to it.
	update(msg tea.KeyMsg) (handled bool, cmd tea.Cmd)

	// view returns the pane's content: at most so many lines, each at most so
	// wide. It has no frame.
	view(width, height int) string

	// keys are the keys that update understands, for the help.
	keys() []key.Binding
}

// A moment is an event of a recording, right after it has happened.
type moment struct {
	recording *recorder.Recording

	// n is the number of the event, from 1; 0 if there is none.
	n     int
	event recorder.Event
	data  any // of the type of the event's kind; nil if it cannot be read
}

// jumpMsg asks the program to put the cursor on another event.
type jumpMsg struct{ n int }

// jump returns the command for it.
func jump(n int) tea.Cmd { return func() tea.Msg { return jumpMsg{n} } }

// noteMsg asks the program to show a line of text at the bottom.
type noteMsg struct {
	text  string
	wrong bool
}

// note returns the command for it.
func note(text string) tea.Cmd { return func() tea.Msg { return noteMsg{text: text} } }
