package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"time"
)

// parseEvent reads an event's line without its check. The event's Data is a part of the line.
// A line as [Log] makes it costs no more than a scan of its head; its data is not looked into.
func parseEvent(line []byte) (Event, error) {
	if e, ok := parseCanonical(line); ok {
		return e, nil
	}
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, err
	}
	if e.Seq == 0 || e.Kind == "" || len(e.Data) == 0 {
		return Event{}, errors.New("seq, kind or data is missing")
	}
	return e, nil
}

// parseCanonical reads a line whose members have the order and the form that [Log] gives them, without check.
func parseCanonical(line []byte) (e Event, ok bool) {
	s := scanner{rest: line, ok: true}
	s.expect(`{"seq":`)
	e.Seq = s.number()
	s.expect(`,"time":`)
	e.Time = time.Duration(s.number())
	if s.skip(`,"peer":"`) {
		e.Peer = string(s.text())
	}
	s.expect(`,"kind":"`)
	kind := s.text()
	if info := kinds[string(kind)]; info != nil {
		e.Kind = info.Kind // allocates nothing
	} else {
		e.Kind = Kind(kind)
	}
	if s.skip(`,"cause":`) {
		e.Cause = s.number()
	}
	s.expect(`,"data":{`)
	if !s.ok || e.Seq == 0 || e.Kind == "" || !bytes.HasSuffix(s.rest, []byte("}}")) {
		return Event{}, false
	}
	e.Data = line[len(line)-len(s.rest)-1 : len(line)-1]
	return e, true
}

// scanner reads a line from left to right. Once ok is false it stays so.
type scanner struct {
	rest []byte
	ok   bool
}

// skip skips the text if it comes next and tells whether it did.
func (s *scanner) skip(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

// expect skips the text, which must come next.
func (s *scanner) expect(text string) {
	s.ok = s.skip(text) && s.ok
}

// number reads a whole number that fits an int64.
func (s *scanner) number() uint64 {
	var n uint64
	i := 0
	for ; i < len(s.rest) && '0' <= s.rest[i] && s.rest[i] <= '9'; i++ {
		if n > (math.MaxInt64-9)/10 {
			s.ok = false
			return 0
		}
		n = 10*n + uint64(s.rest[i]-'0')
	}
	s.ok = s.ok && i > 0
	s.rest = s.rest[i:]
	return n
}

// text reads the rest of a string that has no escapes.
func (s *scanner) text() []byte {
	end := bytes.IndexByte(s.rest, '"')
	if end < 0 || bytes.IndexByte(s.rest[:end], '\\') >= 0 {
		s.ok = false
		return nil
	}
	text := s.rest[:end]
	s.rest = s.rest[end+1:]
	return text
}
