package explain

import (
	"bytes"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// words words an event as a run prints it, without its time.
func words(e recorder.Event) string {
	renderer := lipgloss.NewRenderer(io.Discard, termenv.WithProfile(termenv.Ascii))
	var b bytes.Buffer
	p := transcript.New(&b, renderer, true, true)
	p.Event(e)
	first, _, _ := strings.Cut(b.String(), "\n")
	first = strings.TrimSpace(first)
	if _, after, ok := strings.Cut(first, " "); ok {
		first = strings.Join(strings.Fields(after), " ")
	}
	if first == "" {
		first = strings.TrimSpace(e.Peer + " " + string(e.Kind))
	}
	return first
}
