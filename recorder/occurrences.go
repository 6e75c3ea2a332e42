package recorder

import (
	"slices"
	"sort"
)

// occurrences are the numbers of the events of each kind of each peer.
type occurrences map[occurrence][]uint32

// occurrence is a kind of event of a peer, by their numbers in the index.
type occurrence struct{ peer, kind uint32 }

// Numbers returns the numbers of a peer's events of a kind up to event n, in ascending order; the empty peer is the run as a
// whole. The slice must not be changed.
func (r *Recording) Numbers(peer string, kind Kind, n int) []uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, known := r.index.peers.numbers[peer]
	if !known {
		return nil
	}
	k, known := r.index.kinds.numbers[string(kind)]
	if !known {
		return nil
	}
	list := r.index.occurrences[occurrence{p, k}]
	i := sort.Search(len(list), func(i int) bool { return int(list[i]) > n })
	return list[:i:i]
}

// Count returns how many events of a kind a peer has up to event n.
func (r *Recording) Count(peer string, kind Kind, n int) int { return len(r.Numbers(peer, kind, n)) }

// After returns the number of the first event after event n of a peer and a kind for which match is true, 0 where there is
// none. It asks match once for each kind of event that a peer has. match must not use the recording.
func (r *Recording) After(n int, match func(peer string, kind Kind) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := 0
	for o, list := range r.index.occurrences { // in any order: the least number counts
		if int(list[len(list)-1]) <= n || !match(r.index.peers.list[o.peer], Kind(r.index.kinds.list[o.kind])) {
			continue
		}
		i, _ := slices.BinarySearch(list, uint32(max(n, 0)+1))
		if first := int(list[i]); next == 0 || first < next {
			next = first
		}
	}
	return next
}

// Before is [Recording.After] in the other direction: the last event before event n.
func (r *Recording) Before(n int, match func(peer string, kind Kind) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	previous := 0
	for o, list := range r.index.occurrences {
		if int(list[0]) >= n || !match(r.index.peers.list[o.peer], Kind(r.index.kinds.list[o.kind])) {
			continue
		}
		i := sort.Search(len(list), func(i int) bool { return int(list[i]) >= n })
		previous = max(previous, int(list[i-1]))
	}
	return previous
}
