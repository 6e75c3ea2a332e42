package filter

import (
	"context"
	"math/bits"
	"sync"

	"github.com/rtcsim/rtcsim/recorder"
)

// pageSize is how many events are decided at once.
const pageSize = 4096

// Matches are all events that a filter picks in a recording, found in the background. It follows a recording that grows.
// It is safe for concurrent use.
type Matches struct {
	recording Recording
	filter    *Filter
	cancel    context.CancelFunc
	done      chan struct{}

	mu      sync.Mutex
	pages   []*page
	decided int // events, from the first on
	count   int
}

// page is what is picked of pageSize events.
type page struct {
	bits  [pageSize / 64]uint64
	count int
	known int // how many events were there when it was decided last
}

// Find begins to look for all events that the filter picks. It goes on until no more events come or Stop is called.
func Find(r Recording, f *Filter) *Matches {
	ctx, cancel := context.WithCancel(context.Background())
	m := &Matches{recording: r, filter: f, cancel: cancel, done: make(chan struct{})}
	go m.find(ctx)
	return m
}

func (m *Matches) find(ctx context.Context) {
	defer close(m.done)
	ahead := m.filter.looksAhead()
	picked := make([]int, 0, pageSize)
	for {
		select {
		case <-m.recording.Done(): // before Len, so that it is the last one
			if m.decided == m.recording.Len() {
				return
			}
		default:
			if m.decided == m.recording.Len() && grown(ctx, m.recording, m.decided+1) != nil {
				return
			}
		}
		if ctx.Err() != nil {
			return
		}

		known := m.recording.Len()
		first := m.decided + 1 // only this goroutine writes to it
		last := min(known, (m.decided/pageSize+1)*pageSize)
		picked = picked[:0]
		for n := first; n <= last; n++ {
			if m.picks(n) {
				picked = append(picked, n)
			}
		}
		m.decide(picked, last, known)
		if ahead {
			m.lookBack(first, last)
		}
	}
}

// picks reports whether the filter picks event n. It does not pick one on which it panics: nobody could catch that here, and a
// program that has the terminal would leave it as it is.
func (m *Matches) picks(n int) (picked bool) {
	defer func() {
		if recover() != nil {
			picked = false
		}
	}()
	return m.filter.Match(m.recording, n)
}

// decide notes which events are picked among those up to last that were not decided yet.
func (m *Matches) decide(picked []int, last, known int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := m.decided / pageSize; i <= (last-1)/pageSize; i++ {
		if i == len(m.pages) {
			m.pages = append(m.pages, &page{known: known})
		}
	}
	for _, n := range picked {
		m.set(n, true)
	}
	m.decided = last
}

// lookBack decides anew what was decided before its effects were there.
func (m *Matches) lookBack(first, last int) {
	for n := first; n <= last; n++ {
		switch m.recording.Entry(n).Kind {
		case recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindSignalDelivered, recorder.KindSignalDropped:
		default:
			continue
		}
		cause := m.recording.Cause(n)
		// A page that is decided in parts keeps what was known at first.
		if cause == 0 || cause > m.decided || n <= m.pages[(cause-1)/pageSize].known {
			continue
		}
		picked := m.picks(cause)
		m.mu.Lock()
		m.set(cause, picked)
		m.mu.Unlock()
	}
}

// set notes whether event n is picked.
func (m *Matches) set(n int, picked bool) {
	p := m.pages[(n-1)/pageSize]
	i, bit := (n-1)%pageSize/64, uint64(1)<<((n-1)%64)
	switch was := p.bits[i]&bit != 0; {
	case picked && !was:
		p.bits[i] |= bit
		p.count++
		m.count++
	case !picked && was:
		p.bits[i] &^= bit
		p.count--
		m.count--
	}
}

// Filter returns the filter.
func (m *Matches) Filter() *Filter { return m.filter }

// Stop ends the search. What was found stays.
func (m *Matches) Stop() {
	m.cancel()
	<-m.done
}

// Done returns a channel that is closed when the search is over.
func (m *Matches) Done() <-chan struct{} { return m.done }

// Decided returns how many events were looked at, from the first on.
func (m *Matches) Decided() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.decided
}

// Count returns how many events were found so far.
func (m *Matches) Count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

// Has reports whether event n was found.
func (m *Matches) Has(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return n >= 1 && n <= m.decided && m.pages[(n-1)/pageSize].bits[(n-1)%pageSize/64]>>((n-1)%64)&1 == 1
}

// Rank returns how many events were found up to event n: "the third of 12".
func (m *Matches) Rank(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n = min(n, m.decided)
	rank := 0
	for _, p := range m.pages {
		if n < pageSize {
			return rank + p.rank(n)
		}
		rank += p.count
		n -= pageSize
	}
	return rank
}

// rank counts what is picked of the first n events.
func (p *page) rank(n int) int {
	rank := 0
	for i := 0; n > 0; i, n = i+1, n-64 {
		word := p.bits[i]
		if n < 64 {
			word &= 1<<n - 1
		}
		rank += bits.OnesCount64(word)
	}
	return rank
}

// Next returns the first event that was found after event n, 0 if there is none so far.
func (m *Matches) Next(n int) int { return m.Nth(m.Rank(max(n, 0)) + 1) }

// Previous returns the last event that was found before event n, 0 if there is none.
func (m *Matches) Previous(n int) int { return m.Nth(m.Rank(max(n, 1) - 1)) }

// Nth returns the event that was found as the rank-th, from 1; 0 if there is none so far.
func (m *Matches) Nth(rank int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rank < 1 {
		return 0
	}
	for i, p := range m.pages {
		if rank > p.count {
			rank -= p.count
			continue
		}
		for j, word := range p.bits {
			if ones := bits.OnesCount64(word); rank > ones {
				rank -= ones
				continue
			}
			for ; rank > 1; rank-- {
				word &= word - 1
			}
			return i*pageSize + j*64 + bits.TrailingZeros64(word) + 1
		}
	}
	return 0
}
