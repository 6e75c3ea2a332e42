package vnet

import (
	"sync"
	"time"
)

// A scheduler moves packets from one hop to the next when their time has
// come. Times are durations since its epoch.
//
// A hop is told the time for which it was scheduled, not the time at which
// the scheduler came to it. What the hop computes from that is exact, however
// late the machine is.
type scheduler struct {
	epoch time.Time
	wake  chan struct{} // holds one value when the first event has changed
	done  chan struct{}

	mu   sync.Mutex
	seq  uint64
	heap []event // ordered by before; heap[0] is the next one
}

// A hop is a place on a packet's way.
type hop func(p *Packet, now time.Duration)

type event struct {
	at  time.Duration
	seq uint64 // events of the same time keep the order in which they were added
	hop hop
	p   *Packet
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.seq < o.seq
}

func newScheduler() *scheduler {
	return &scheduler{
		epoch: time.Now(),
		wake:  make(chan struct{}, 1),
		done:  make(chan struct{}),
	}
}

func (s *scheduler) now() time.Duration { return time.Since(s.epoch) }

// add has the packet be at the hop at the given time, or at once if that has
// passed.
func (s *scheduler) add(at time.Duration, h hop, p *Packet) {
	s.mu.Lock()
	s.seq++
	seq := s.seq
	s.push(event{at: at, seq: seq, hop: h, p: p})
	first := s.heap[0].seq == seq
	s.mu.Unlock()
	if !first {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next removes and returns the first event if it is due at now. If not, wait
// is the time until it is due, or negative if there is none.
func (s *scheduler) next(now time.Duration) (e event, wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.heap) == 0:
		return event{}, -1, false
	case s.heap[0].at > now:
		return event{}, s.heap[0].at - now, false
	}
	return s.pop(), 0, true
}

// run carries out the events, each with the lock held, until close is called.
func (s *scheduler) run(lock sync.Locker) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		e, wait, ok := s.next(s.now())
		if ok {
			lock.Lock()
			e.hop(e.p, e.at)
			lock.Unlock()
			continue
		}
		timer.Stop()
		if wait >= 0 {
			timer.Reset(wait)
		}
		select {
		case <-s.wake:
		case <-timer.C:
		case <-s.done:
			return
		}
	}
}

func (s *scheduler) close() { close(s.done) }

// push and pop are container/heap's, without an allocation for each event.

func (s *scheduler) push(e event) {
	s.heap = append(s.heap, e)
	h := s.heap
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(&h[parent]) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (s *scheduler) pop() event {
	h := s.heap
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	s.heap = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if right := child + 1; right < last && h[right].before(&h[child]) {
			child = right
		}
		if !h[child].before(&h[i]) {
			break
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
	return first
}
