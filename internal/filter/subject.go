package filter

import (
	"slices"
	"sync/atomic"

	"github.com/rtcsim/rtcsim/recorder"
)

// Recording is what a filter asks of a recording. A [recorder.Recording] is one.
type Recording interface {
	// Len returns the number of events that are there. They are numbered from 1.
	Len() int
	// Done returns a channel that is closed when no more events come.
	Done() <-chan struct{}
	// Entry returns what the index has of event n.
	Entry(n int) recorder.Entry
	// Event returns event n with its data.
	Event(n int) (recorder.Event, error)
	// Cause returns the number of the event that led to event n, 0 where there is none.
	Cause(n int) int
	// Effects returns the numbers of the events that event n led to.
	Effects(n int) []int
}

// subject is an event that a filter looks at, with what it needs of others.
type subject struct {
	recording Recording // nil for an event without one
	n         int
	entry     recorder.Entry

	event recorder.Event
	read  bool // event is there
	// addresses has terms look at addresses too, where they go by names first: these take more time.
	addresses bool
	// known, if not nil, keeps the directory of the recording that was asked for last.
	known *atomic.Pointer[directory]
}

// directory returns that of the recording, nil without one.
func (s *subject) directory() *directory {
	if s.recording == nil || s.known == nil {
		return nil
	}
	d := s.known.Load()
	if d == nil || d.recording != s.recording {
		if d = newDirectory(s.recording); d != nil {
			s.known.Store(d)
		}
	}
	return d
}

// data returns the event's data, nil where it cannot be read.
func (s *subject) data() []byte {
	if !s.read {
		s.read = true
		if e, err := s.recording.Event(s.n); err == nil {
			s.event = e
		}
	}
	return s.event.Data
}

// member returns the text of a member of the event's data, nil where there is none.
func (s *subject) member(name string) []byte { return text(member(s.data(), name)) }

// number returns a member of the event's data that is a whole number.
func (s *subject) number(name string) (int64, bool) { return number(member(s.data(), name)) }

// isKind reports whether the event is of one of the kinds.
func (s *subject) isKind(kinds ...recorder.Kind) bool { return slices.Contains(kinds, s.entry.Kind) }

// cause returns the event that led to this one, if it is of that kind.
func (s *subject) cause(kind recorder.Kind) *subject {
	if s.recording == nil {
		return nil
	}
	n := s.recording.Cause(s.n)
	if n == 0 {
		return nil
	}
	e := s.recording.Entry(n)
	if e.Kind != kind {
		return nil
	}
	return &subject{recording: s.recording, n: n, entry: e}
}

// effect returns what the index has of the first event of that kind that this one led to.
func (s *subject) effect(kind recorder.Kind) (recorder.Entry, bool) {
	if s.recording == nil {
		return recorder.Entry{}, false
	}
	for _, n := range s.recording.Effects(s.n) {
		if e := s.recording.Entry(n); e.Kind == kind {
			return e, true
		}
	}
	return recorder.Entry{}, false
}

// sent returns the event in which the packet was sent that this event is about: itself or its cause.
func (s *subject) sent() *subject {
	if s.entry.Kind == recorder.KindPacketSent {
		return s
	}
	return s.cause(recorder.KindPacketSent)
}
