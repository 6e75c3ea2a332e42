package tui

import (
	"errors"
	"sort"
	"sync"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A follower reads a recording from its beginning, in the background and only as
// far as it is asked to, for what cannot be told from one event alone. It keeps
// the last results, so that going back is free; what lies before them is read
// anew.
type follower[T any] struct {
	recording *recorder.Recording
	begin     func() reading[T]
	keep      int // how many results are kept

	mu       sync.Mutex
	results  []result[T] // in the order of events
	lost     int         // up to this event, results are no longer there
	reached  int         // the last event that was read
	wanted   int
	anew     bool       // begin again
	current  reading[T] // belongs to the background
	stopped  bool
	failed   error
	finished chan struct{} // is closed when the reading pauses; nil while there is none
}

// A reading takes one event after the other and says what results from it, if
// anything does.
type reading[T any] func(n int, e recorder.Event) (T, bool)

type result[T any] struct {
	n     int
	value T
}

// patience is how long a view waits for a follower: not so long that one notices,
// but long enough for a few hundred events, so that stepping does not flicker.
const patience = 4 * time.Millisecond

func newFollower[T any](r *recorder.Recording, keep int, begin func() reading[T]) *follower[T] {
	return &follower[T]{recording: r, begin: begin, keep: keep, anew: true}
}

// at returns the last result at or before event n, and the event that it is of,
// 0 if there is none. It is false while the follower is on its way there.
func (f *follower[T]) at(n int) (value T, from int, ok bool) {
	f.mu.Lock()
	f.want(n)
	finished := f.finished
	if f.reached < n && finished != nil {
		f.mu.Unlock()
		timer := time.NewTimer(patience)
		select {
		case <-finished:
		case <-timer.C:
		}
		timer.Stop()
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	if f.reached < n && f.failed == nil || n <= f.lost && n > 0 {
		return value, 0, false
	}
	i := sort.Search(len(f.results), func(i int) bool { return f.results[i].n > n })
	if i == 0 {
		return value, 0, true
	}
	return f.results[i-1].value, f.results[i-1].n, true
}

// want has the follower go to event n. The lock is held.
func (f *follower[T]) want(n int) {
	f.wanted = min(n, f.recording.Len())
	if n <= f.lost && n > 0 {
		f.anew = true
		f.results, f.lost, f.reached = nil, 0, 0
	}
	if f.finished == nil && f.reached < f.wanted && !f.stopped && f.failed == nil {
		f.finished = make(chan struct{})
		go f.run()
	}
}

// progress returns how far the follower is on its way, from 0 to 1.
func (f *follower[T]) progress() float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wanted == 0 {
		return 1
	}
	return min(1, float64(f.reached)/float64(f.wanted))
}

// busy reports whether the follower is on its way.
func (f *follower[T]) busy() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.finished != nil
}

// stop ends the reading.
func (f *follower[T]) stop() {
	f.mu.Lock()
	f.stopped = true
	finished := f.finished
	f.mu.Unlock()
	if finished != nil {
		<-finished
	}
}

func (f *follower[T]) run() {
	for {
		n, read, ok := f.next()
		if !ok {
			break
		}
		e, err := f.recording.Event(n)
		var value T
		var has bool
		var damaged *recorder.DamagedError
		switch {
		case err == nil:
			value, has = read.safely(n, e)
		case errors.As(err, &damaged): // the others can be read
			err = nil
		}
		f.take(n, value, has, err)
	}
}

// safely reads an event. One on which the reading panics says nothing: the panic
// would leave the terminal as it is, and nobody would see why.
func (read reading[T]) safely(n int, e recorder.Event) (value T, has bool) {
	defer func() {
		if recover() != nil {
			has = false
		}
	}()
	return read(n, e)
}

// next returns the event to be read now, or ends the reading.
func (f *follower[T]) next() (n int, read reading[T], ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.anew {
		f.anew = false
		f.current = f.begin()
	}
	if f.stopped || f.failed != nil || f.reached >= f.wanted {
		close(f.finished)
		f.finished = nil
		return 0, nil, false
	}
	return f.reached + 1, f.current, true
}

// take notes what came of an event. If the reading begins anew, that is
// forgotten.
func (f *follower[T]) take(n int, value T, has bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.anew {
		return
	}
	if err != nil {
		f.failed = err
		return
	}
	f.reached = n
	if !has {
		return
	}
	if len(f.results) >= f.keep {
		half := len(f.results) / 2
		f.lost = f.results[half].n - 1
		f.results = append([]result[T](nil), f.results[half:]...)
	}
	f.results = append(f.results, result[T]{n, value})
}
