package recorder

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Entry is what an index keeps of an event: all but its data.
type Entry struct {
	// Seq, Time, Peer, Kind and Cause are those of the [Event]. Kind is empty where the line cannot be read as an event.
	Seq   uint64
	Time  time.Duration
	Peer  string
	Kind  Kind
	Cause uint64
}

// Count is how many events there are of a kind or of a peer.
type Count struct {
	// Name is the kind or the peer; empty for the events of the run as a whole.
	Name   string
	Events int
}

// entry is how an index stores an event. Events without a number that fits have none.
type entry struct {
	start   int64 // where the line begins in the text
	time    int64
	seq     uint32
	cause   uint32 // the Seq of the cause
	effect  uint32 // the number of the last event that this one caused
	sibling uint32 // the number of the event before this one that has the same cause
	peer    uint32 // in index.peers
	kind    uint32 // in index.kinds
}

// maxEvents is how many events an index can hold.
const maxEvents = math.MaxInt32

// pageSize is how many entries are allocated at once, so that growing copies nothing.
const pageSize = 1 << 12

// index holds the entries of all events, which are numbered from 1.
type index struct {
	pages       [][]entry
	length      int
	end         int64 // where the last event's line ends in the text
	gaps        bool  // numbers and Seqs differ
	peers       names
	kinds       names // the first is that of lines that cannot be read
	occurrences occurrences
}

func newIndex() index {
	x := index{peers: newNames(), kinds: newNames(), occurrences: make(occurrences)}
	x.kinds.number("")
	return x
}

// add adds the next event, whose line is from start to end in the text. The zero event stands for a line that cannot be read.
func (x *index) add(e Event, start, end int64) {
	n := x.length + 1
	page := x.length / pageSize
	if page == len(x.pages) {
		x.pages = append(x.pages, make([]entry, 0, pageSize))
	}
	stored := entry{
		start: start,
		time:  int64(e.Time),
		peer:  x.peers.number(e.Peer),
		kind:  x.kinds.number(string(e.Kind)),
	}
	if e.Seq <= maxEvents {
		stored.seq = uint32(e.Seq)
	}
	if e.Cause <= maxEvents {
		stored.cause = uint32(e.Cause)
	}
	x.gaps = x.gaps || e.Seq != uint64(n)
	x.peers.events[stored.peer]++
	x.kinds.events[stored.kind]++
	o := occurrence{stored.peer, stored.kind}
	x.occurrences[o] = append(x.occurrences[o], uint32(n))
	if cause := x.find(e.Cause); cause > 0 {
		c := x.at(cause)
		stored.sibling = c.effect
		c.effect = uint32(n)
	}
	x.pages[page] = append(x.pages[page], stored)
	x.length, x.end = n, end
}

// at returns the entry of event n, which is there.
func (x *index) at(n int) *entry {
	return &x.pages[(n-1)/pageSize][(n-1)%pageSize]
}

// entry returns the entry of event n, the zero Entry where there is none.
func (x *index) entry(n int) Entry {
	if n < 1 || n > x.length {
		return Entry{}
	}
	return x.at(n).entry(x.peers.list, x.kinds.list)
}

func (e *entry) entry(peers, kinds []string) Entry {
	// Field by field: effect may be written meanwhile.
	return Entry{
		Seq:   uint64(e.seq),
		Time:  time.Duration(e.time),
		Peer:  peers[e.peer],
		Kind:  Kind(kinds[e.kind]),
		Cause: uint64(e.cause),
	}
}

// span returns where the line of event n begins and ends in the text, with its newline.
func (x *index) span(n int) (start, end int64) {
	if n == x.length {
		return x.at(n).start, x.end
	}
	return x.at(n).start, x.at(n + 1).start
}

// find returns the number of the event with that Seq, 0 where there is none. Where lines were removed, it assumes that the
// rest is in order.
func (x *index) find(seq uint64) int {
	if seq == 0 || seq > maxEvents {
		return 0
	}
	if seq <= uint64(x.length) && x.at(int(seq)).seq == uint32(seq) {
		return int(seq)
	}
	if !x.gaps {
		return 0
	}
	n := 1 + sort.Search(x.length, func(i int) bool { return x.at(i+1).seq >= uint32(seq) })
	if n > x.length || x.at(n).seq != uint32(seq) {
		return 0
	}
	return n
}

// effects returns the numbers of the events that event n caused.
func (x *index) effects(n int) []int {
	if n < 1 || n > x.length {
		return nil
	}
	var effects []int
	for effect := x.at(n).effect; effect != 0; effect = x.at(int(effect)).sibling {
		effects = append(effects, int(effect))
	}
	slices.Reverse(effects)
	return effects
}

// before counts the events before that time.
func (x *index) before(t time.Duration) int {
	return sort.Search(x.length, func(i int) bool { return x.at(i+1).time >= int64(t) })
}

// density counts the events in n spans of equal length.
func (x *index) density(from, to time.Duration, n int) []int {
	if n < 1 || to < from {
		return nil
	}
	counts := make([]int, n)
	// (to-from)·i/n would not fit.
	step, rest := (to-from)/time.Duration(n), (to-from)%time.Duration(n)
	last := x.before(from)
	for i := range n {
		next := x.until(to)
		if i < n-1 {
			next = x.before(from + step*time.Duration(i+1) + rest*time.Duration(i+1)/time.Duration(n))
		}
		counts[i] = max(0, next-last) // a changed recording may go back in time
		last = next
	}
	return counts
}

// until counts the events up to that time.
func (x *index) until(t time.Duration) int {
	if t == math.MaxInt64 {
		return x.length
	}
	return x.before(t + 1)
}
