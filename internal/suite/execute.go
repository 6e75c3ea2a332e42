package suite

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Options say how cases are executed.
type Options struct {
	// Jobs is how many runs are made at once. Default: 1.
	Jobs int
	// FailFast begins no further case once one has not passed.
	FailFast bool
	// Finished takes each result as soon as it is known; never two at once. An error stops the suite.
	Finished func(*Result) error
}

// Why a suite ended before its end.
const (
	StoppedInterrupted = "interrupted" // by the user
	StoppedFailFast    = "fail-fast"   // since a case had not passed
	StoppedMissing     = "missing"     // of the reports that were merged, some are missing
)

// Execute executes cases and returns their sums. Where ctx is cancelled, the runs under way are given up, and the sums say so. The error is
// that of a host that could not go on; the sums are of what was finished.
func Execute(ctx context.Context, e *Executor, cases []*Case, o Options) (Sums, error) {
	began := time.Now()
	user := ctx
	ctx, cancel := context.WithCancelCause(user)
	defer cancel(nil)

	var mu sync.Mutex
	sums := Sums{Cases: len(cases)}
	queue := slices.Clone(cases)
	// What takes longest begins first, so that no processor is left with it at the end; then come the seeds one after another, since
	// a machine begins faster with a seed that it has just had.
	slices.SortStableFunc(queue, func(a, b *Case) int {
		return cmp.Or(weight(b)-weight(a), cmp.Compare(a.Seed, b.Seed))
	})
	next := func() *Case {
		mu.Lock()
		defer mu.Unlock()
		if len(queue) == 0 || ctx.Err() != nil || sums.Stopped != "" {
			return nil
		}
		c := queue[0]
		queue = queue[1:]
		return c
	}
	finish := func(r *Result) error {
		mu.Lock()
		defer mu.Unlock()
		sums.Add(r)
		if o.FailFast && r.Outcome != Passed && len(queue) > 0 {
			sums.Stopped = StoppedFailFast
		}
		if o.Finished == nil {
			return nil
		}
		return o.Finished(r)
	}
	var workers sync.WaitGroup
	for range max(1, o.Jobs) {
		workers.Go(func() {
			for c := next(); c != nil; c = next() {
				result, err := e.Execute(ctx, c)
				if err == nil {
					err = finish(result)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	sums.Wall = time.Since(began)
	if user.Err() != nil && sums.Finished < sums.Cases {
		sums.Stopped = StoppedInterrupted
		return sums, nil
	}
	return sums, context.Cause(ctx)
}

// weight estimates how long a case takes: media does, by far.
func weight(c *Case) int {
	if len(c.Scenario.Tracks) > 0 {
		return 1
	}
	return 0
}
