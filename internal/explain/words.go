package explain

import (
	"strings"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// words words an event as a run prints it.
func words(e recorder.Event) string {
	text, _, _ := strings.Cut(transcript.Words(e), "\n")
	if text == "" {
		text = string(e.Kind)
	}
	if e.Peer != "" {
		text = e.Peer + ": " + text
	}
	return text
}
