package transcript

import (
	"io"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// Words tells an event as a [Printer] does that prints packets and remarks, without colours. It is empty for an event that no
// printer shows, and has several lines for some.
func Words(e recorder.Event) string {
	return New(io.Discard, lipgloss.NewRenderer(io.Discard), true, true).text(e)
}

// InOrder returns a function that does what [Words] does, for the events of a session in their order: it says at the end of a packet
// what packet it was.
func InOrder() func(recorder.Event) string {
	return New(io.Discard, lipgloss.NewRenderer(io.Discard), true, true).text
}
