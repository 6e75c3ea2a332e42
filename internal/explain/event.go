package explain

import (
	"fmt"

	"github.com/rtcsim/rtcsim/recorder"
)

// longestChain is how many events a chain of events has at most.
const longestChain = 100

// Event explains why an event happened: the chain of events that led to it, and where it shows that something went wrong, the causes
// of that. The facts are those up to the event, which is their last.
func Event(f *Facts) (*Explanation, error) {
	n := f.Until
	e, err := f.Recording.Event(n)
	if err != nil {
		return nil, err
	}
	x := newExplanation(f, fmt.Sprintf("Why did event %d happen?", e.Seq))
	engine := &engine{f, make(map[string]*Cause)}
	for _, q := range f.questions(e) {
		x.tell(f, engine, q)
	}
	below := f.link(e, "")
	x.Notes = append(x.Notes, below)
	for range longestChain {
		next, how := f.before(n, e)
		if next == 0 {
			if f.Peer(e.Peer) != nil && how != "" {
				below.Causes = append(below.Causes, &Cause{Peer: e.Peer, Text: how, linked: true})
			}
			return x, nil
		}
		n = next
		if e, err = f.Recording.Event(n); err != nil {
			return x, err
		}
		c := f.link(e, how)
		below.Causes = append(below.Causes, c)
		below = c
	}
	return x, nil
}

// link is an event as a link of a chain.
func (f *Facts) link(e recorder.Event, how string) *Cause {
	return &Cause{Peer: e.Peer, Text: how + f.words(e), Evidence: []Evidence{at(e).evidence("%s", e.Kind)}, linked: true}
}

// before returns the number of the event that led to event n. Where the recording does not name it, it is the last thing that happened
// to the same peer at the same time: virtual time stands still while code runs, so what a peer does at a moment comes from
// what has happened to it at that moment, or from a timer. It is 0 where there is none; how says how it is known.
func (f *Facts) before(n int, e recorder.Event) (before int, how string) {
	if n := f.Recording.Cause(n); n != 0 {
		return n, ""
	}
	if p := f.packets[e.Seq]; p != nil && p.Answers != nil && p.Answers.End != nil {
		return f.Recording.Find(p.Answers.End.Seq), "an answer to "
	}
	switch e.Kind {
	case recorder.KindRun, recorder.KindTopology, recorder.KindStep, recorder.KindVerdict, recorder.KindSnapshot, recorder.KindEnd, recorder.KindPrediction:
		return 0, ""
	}
	for n, entry := range f.Recording.Backward(n - 1) {
		if entry.Time != e.Time {
			break
		}
		switch entry.Kind {
		case recorder.KindPacketDelivered, recorder.KindSignalDelivered, recorder.KindCall, recorder.KindInterface:
			if entry.Peer == e.Peer {
				return n, "right after "
			}
		}
	}
	return 0, fmt.Sprintf("a timer: nothing happened to %s at that time", e.Peer)
}
