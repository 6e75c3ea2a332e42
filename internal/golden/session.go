package golden

import (
	"fmt"

	"github.com/rtcsim/rtcsim/recorder"
)

// Case is a run of a scenario: its variant, empty without a matrix, and its seed.
type Case struct {
	Variant string
	Seed    uint64
}

// String names the case as the file does, such as "nat=symmetric, seed 1".
func (c Case) String() string {
	if c.Variant == "" {
		return fmt.Sprintf("seed %d", c.Seed)
	}
	return fmt.Sprintf("%s, seed %d", c.Variant, c.Seed)
}

// Session is what one run did, without what differs from one build to the next. It does not change.
type Session struct {
	Case
	// with says which pion it is of: information for whoever looks at a difference. It is not compared.
	with   string
	number int // the line of the file at which it begins
	lines  []line
}

// Read reads a finished recording. It waits until the recording is loaded. The error is that of a recording that is damaged or
// cut off: what is left of a run is no measure for others.
func Read(r *recorder.Recording) (*Session, error) {
	<-r.Done()
	if err := r.Err(); err != nil {
		return nil, err
	}
	lines, err := tell(r)
	if err != nil {
		return nil, err
	}
	h := r.Header()
	s := &Session{Case: Case{h.Options.Variant, h.Seed}, with: "an unknown pion", lines: lines}
	for _, m := range h.Modules {
		if m.Path == "github.com/pion/webrtc/v4" {
			s.with = "pion/webrtc " + m.Version
		}
	}
	return s, nil
}

// Text returns what the session did, in lines.
func (s *Session) Text() []byte { return appendLines(nil, s.lines) }
