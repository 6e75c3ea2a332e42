package recorder

import "sort"

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
