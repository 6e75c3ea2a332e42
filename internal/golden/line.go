package golden

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// noTime is the time of a line about the whole session: they come last.
const noTime = time.Duration(math.MaxInt64)

// line is one line of the text.
type line struct {
	at   time.Duration
	who  string // the peer or the network element; empty for the script and the whole session
	text string
	// more tells that the line belongs to the one before it: it is a line of the description that a call sets.
	more bool
	// number is the line's in its file, from 1; 0 for one that comes from a recording.
	number int
}

// moreMark begins a line that belongs to the one before it.
const moreMark = "│ "

// appendLines appends the lines as text.
func appendLines(b []byte, lines []line) []byte {
	for _, l := range lines {
		at, who, text := fmt.Sprintf("%.2fs", l.at.Seconds()), l.who, l.text
		if l.at == noTime || l.more {
			at = ""
		}
		if l.more {
			who, text = "", moreMark+text
		}
		b = fmt.Appendf(b, "%9s  %-8s  %s\n", at, who, text)
	}
	return b
}

// parseLine reads a line as appendLines writes it. The line before it is nil for the first one.
func parseLine(text string, before *line) (line, bool) {
	if more, ok := strings.CutPrefix(strings.TrimLeft(text, " "), moreMark); ok && before != nil {
		return line{at: before.at, who: before.who, text: more, more: true}, true
	}
	l := line{at: noTime}
	const timeColumns = 11
	if len(text) < timeColumns {
		return l, false
	}
	at, rest := strings.TrimSpace(text[:timeColumns]), text[timeColumns:]
	if at != "" {
		seconds, err := strconv.ParseFloat(strings.TrimSuffix(at, "s"), 64)
		if err != nil {
			return l, false
		}
		l.at = time.Duration(math.Round(seconds*1000)) * time.Millisecond
	}
	who, text, ok := strings.Cut(rest, "  ")
	l.who, l.text = who, strings.TrimLeft(text, " ")
	return l, ok && l.text != "" && !strings.HasPrefix(l.text, moreMark)
}

// lane names the sequence of lines in which a line has its place: the script, the calls of a peer, and the events of one of its
// objects, which is a state machine, the gathering, a data channel or a track.
func (l line) lane() string {
	first, rest, _ := strings.Cut(l.text, " ")
	switch {
	case l.more || strings.Contains(first, "("):
		return l.who + " call"
	case first == "──":
		return first
	}
	switch first {
	case "datachannel", "open", "message", "bufferedamountlow", "error", "closing", "close":
		channel, _, _ := strings.Cut(rest, " ")
		return l.who + " channel " + strings.TrimSuffix(channel, ":")
	case "track":
		track, _, _ := strings.Cut(rest, " ")
		return l.who + " track " + track
	case "icecandidate", "icegatheringstatechange":
		return l.who + " gathering"
	}
	return l.who + " " + first
}
