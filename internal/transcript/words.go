package transcript

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/recorder"
)

// Words returns a function that says in words, without colour, what an event is; it is to be asked for all events in their order.
// It gives what [Printer] prints of an event, packets and remarks too, without time and peer; empty for an event that is not printed.
func Words() func(recorder.Event) string {
	p := New(io.Discard, lipgloss.NewRenderer(io.Discard, termenv.WithProfile(termenv.Ascii)), true, true)
	return p.text
}
