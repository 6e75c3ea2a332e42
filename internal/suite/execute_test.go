package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestExecuteAll sees that results do not depend on how many runs are made at once.
func TestExecuteAll(t *testing.T) {
	all := cases(t, Selection{Seeds: seeds(t, "30"), Verify: share(t, "all")}, two)
	var first []*Result
	for _, jobs := range []int{1, 7, 100} {
		var results []*Result
		e := &Executor{Machine: &fakeMachine{lines: quiet}, Keep: "kept"}
		sums, err := Execute(t.Context(), e, all, Options{Jobs: jobs, Finished: func(r *Result) error {
			results = append(results, r)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if sums.Finished != len(all) || sums.Passed != len(all) || sums.Verified != len(all) || sums.Status() != AllPassed {
			t.Errorf("with %d jobs, the sums are %+v", jobs, sums)
		}
		results = sorted(results)
		if first == nil {
			first = results
		}
		if diff := cmp.Diff(first, results); diff != "" {
			t.Errorf("with %d jobs, the results are others:\n%s", jobs, diff)
		}
	}
}

func TestExecuteFailFast(t *testing.T) {
	all := cases(t, Selection{Seeds: seeds(t, "30")}, two)
	m := &fakeMachine{lines: func(h recorder.Header, n int) []string {
		if h.Seed == 3 {
			return []string{`{"text":"seed != 3","line":1,"held":false}`}
		}
		return quiet(h, n)
	}}
	// Three variants with seeds 1 and 2, and the first one with 3.
	sums, err := Execute(t.Context(), &Executor{Machine: m, Keep: "kept"}, all, Options{Jobs: 1, FailFast: true})
	if err != nil || sums.Finished != 7 || sums.Failed != 1 || sums.Stopped != StoppedFailFast || sums.Status() != SomeFailed {
		t.Errorf("the sums are %+v, %v", sums, err)
	}
}

// TestExecuteInterrupted sees that what was finished is told, and what was not is not.
func TestExecuteInterrupted(t *testing.T) {
	all := cases(t, Selection{Seeds: seeds(t, "30")}, two)
	ctx, cancel := context.WithCancelCause(t.Context())
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b *Case) int { return int(a.Seed) - int(b.Seed) })
	var finished []string
	sums, err := Execute(ctx, &Executor{Machine: &fakeMachine{lines: quiet}, Keep: "kept"}, all, Options{Jobs: 1, Finished: func(r *Result) error {
		if finished = append(finished, r.Case); len(finished) == 5 {
			cancel(errors.New("interrupt"))
		}
		return nil
	}})
	if err != nil || sums.Finished != 5 || sums.Stopped != StoppedInterrupted || sums.Status() != Incomplete || !slices.Equal(finished, ids(order)[:5]) {
		t.Errorf("the sums are %+v, %v after %v", sums, err, finished)
	}
}

// TestExecuteCannotGoOn sees that an error of the host ends the suite, and that the first one is told.
func TestExecuteCannotGoOn(t *testing.T) {
	all := cases(t, Selection{Seeds: seeds(t, "30")}, two)
	full := errors.New("no space left on device")
	n := 0
	sums, err := Execute(t.Context(), &Executor{Machine: &fakeMachine{lines: quiet}, Keep: "kept"}, all, Options{Jobs: 4, Finished: func(*Result) error {
		if n++; n < 5 {
			return nil
		}
		return full
	}})
	if !errors.Is(err, full) || sums.Finished >= len(all) {
		t.Errorf("the sums are %+v, %v", sums, err)
	}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		sums Sums
		want Status
	}{
		{Sums{}, AllPassed},
		{Sums{Cases: 3, Finished: 3, Passed: 3}, AllPassed},
		{Sums{Cases: 3, Finished: 3, Passed: 2, Failed: 1}, SomeFailed},
		{Sums{Cases: 3, Finished: 3, Passed: 2, Diverged: 1}, SomeFailed},
		{Sums{Cases: 3, Finished: 3, Passed: 2, Limit: 1}, Incomplete},
		{Sums{Cases: 3, Finished: 3, Passed: 2, Crashed: 1}, Incomplete},
		{Sums{Cases: 3, Finished: 3, Passed: 1, Crashed: 1, Failed: 1}, SomeFailed},
		{Sums{Cases: 3, Finished: 2, Passed: 1, Failed: 1, Stopped: StoppedFailFast}, SomeFailed},
		{Sums{Cases: 3, Finished: 2, Passed: 1, Failed: 1, Stopped: StoppedInterrupted}, Incomplete},
		{Sums{Cases: 3, Finished: 2, Passed: 1, Failed: 1, Stopped: StoppedMissing}, Incomplete},
		{Sums{Cases: 3, Finished: 2, Passed: 2}, Incomplete},
	} {
		if got := test.sums.Status(); got != test.want {
			t.Errorf("the status of %s is %d, want %d", fmt.Sprint(test.sums), got, test.want)
		}
	}
}
