package filter

import "github.com/rtcsim/rtcsim/recorder"

// Filter picks events. It does not change; it is safe for concurrent use.
type Filter struct {
	root node // nil picks everything
}

// Answer is what can be said of an event by what the index has of it.
type Answer int8

// The answers.
const (
	No    Answer = iota - 1 // the filter does not pick the event
	Maybe                   // it depends on more than that
	Yes                     // it picks the event
)

// Empty reports whether the filter says nothing, and so picks everything.
func (f *Filter) Empty() bool { return f.root == nil }

// Match reports whether the filter picks event n. An event that cannot be read has nothing that can be asked for.
func (f *Filter) Match(r Recording, n int) bool {
	e := r.Entry(n)
	if answer := f.MatchEntry(e); answer != Maybe {
		return answer == Yes
	}
	return f.root.match(&subject{recording: r, n: n, entry: e})
}

// MatchEvent reports whether the filter picks an event that is known without its recording: what only others tell of it,
// as that a packet that was sent got lost, it has not.
func (f *Filter) MatchEvent(e recorder.Event) bool {
	if f.root == nil {
		return true
	}
	return f.root.match(&subject{
		entry: recorder.Entry{Seq: e.Seq, Time: e.Time, Peer: e.Peer, Kind: e.Kind, Cause: e.Cause},
		event: e,
		read:  true,
	})
}

// MatchEntry says what is known of an event without its data.
func (f *Filter) MatchEntry(e recorder.Entry) Answer {
	if f.root == nil {
		return Yes
	}
	return f.root.entry(e)
}

// looksAhead reports whether an event can come to be picked by events after it.
func (f *Filter) looksAhead() bool {
	for t := range f.terms() {
		if t.ahead {
			return true
		}
	}
	return false
}

// String returns the filter as it can be read again.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	return f.root.String()
}
