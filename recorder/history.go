package recorder

import (
	"cmp"
	"slices"
	"sort"
)

// history is what it takes to have the state of one peer at any event.
type history struct {
	tracker     Tracker      // knows all events so far
	events      []uint32     // the numbers of the events that say something about the state
	checkpoints []checkpoint // in the order of events
	transitions transitions
	sent        []uint32 // the numbers of the events that tell of a message that was sent
	failed      int      // the number of the first event that could not be applied
	err         error    // why
}

// checkpoint is the state of a peer after some of its events.
type checkpoint struct {
	events  int   // how many of the history's events
	start   int64 // where the line of the last one begins in the text
	tracker Tracker
}

// A checkpoint is made so often that the way from the last one to any event is at most so many events, in so many bytes
// of text. It keeps a pointer to everything in the state, and what has changed since the last one.
const (
	checkpointEvents = 64
	checkpointText   = 1 << 20
)

// add adds event n, with the outcome of its application to the tracker.
func (h *history) add(n int, start int64, err error) {
	if err != nil && h.err == nil {
		h.failed, h.err = n, err
	}
	h.events = append(h.events, uint32(n))
	var last checkpoint
	if len(h.checkpoints) > 0 {
		last = h.checkpoints[len(h.checkpoints)-1]
	}
	if len(h.events)-last.events >= checkpointEvents || start-last.start >= checkpointText {
		h.checkpoints = append(h.checkpoints, checkpoint{len(h.events), start, h.tracker})
	}
}

// at returns the last checkpoint at or before event n, and the events to be applied to it.
func (h *history) at(n int) (Tracker, []uint32) {
	events, found := slices.BinarySearchFunc(h.events, n, func(e uint32, n int) int { return cmp.Compare(int(e), n) })
	if found {
		events++
	}
	i := sort.Search(len(h.checkpoints), func(i int) bool { return h.checkpoints[i].events > events })
	var last checkpoint
	if i > 0 {
		last = h.checkpoints[i-1]
	}
	return last.tracker, slices.Clone(h.events[last.events:events])
}
