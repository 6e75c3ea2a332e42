package explain

import (
	"fmt"
	"strings"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// words words an event as a run prints it; the end of a packet with what it is.
func (f *Facts) words(e recorder.Event) string {
	if p := f.packets[e.Cause]; p != nil && p.End != nil && p.End.Seq == e.Seq {
		text := fmt.Sprintf("%s: packet %d of %s arrives", e.Peer, p.ID, p.Peer)
		if p.Lost() {
			text = fmt.Sprintf("%s: packet %d of %s is dropped, %s", e.Peer, p.ID, p.Peer, p.End.Reason)
		}
		if len(p.Types) > 0 {
			return text + ": " + strings.Join(p.Types, " ")
		}
		return text + ": " + p.Protocol
	}
	text, _, _ := strings.Cut(transcript.Words(e), "\n")
	if text == "" {
		text = string(e.Kind)
	}
	if e.Peer != "" {
		text = e.Peer + ": " + text
	}
	return text
}
