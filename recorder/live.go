package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Live is the recording of a session that still runs, in memory: everything that can be done with a recording, while events
// are appended to it.
type Live struct {
	*Recording
	over bool
}

// NewLive begins a live recording. The header's Format is filled in.
func NewLive(h Header) (*Live, error) {
	h.Format = Format
	text, err := newText(nil)
	if err != nil {
		return nil, err
	}
	return &Live{Recording: newRecording(h, text)}, nil
}

// Append adds an event: the line as [Log] made it and a [Writer] takes it, of which nothing is kept. Of the methods of
// Live, Append and Finish must not be called concurrently with one another; all others can be.
func (l *Live) Append(line []byte) error {
	if l.over {
		return os.ErrClosed
	}
	n := l.index.length + 1 // only this goroutine writes to it
	e, err := parseEvent(line)
	if err == nil && bytes.IndexByte(line, '\n') >= 0 {
		err = errors.New("it has a newline")
	}
	if err == nil && e.Seq != uint64(n) {
		err = fmt.Errorf("its number is %d", e.Seq)
	}
	if err == nil && n > maxEvents {
		err = errors.New("there are too many")
	}
	if err != nil {
		return fmt.Errorf("line %d is not the next event: %w", n, err)
	}
	start := l.index.end
	l.text.append(line, []byte("\n"))
	l.add(e, start, start+int64(len(line))+1, nil)
	return nil
}

// Finish notes that the session is over and how it ended, such as [Writer.End] has it.
func (l *Live) Finish(end End) {
	if l.over {
		return
	}
	l.over = true
	l.mu.Lock()
	l.end = &end
	l.mu.Unlock()
	close(l.done)
}
