package filter_test

import (
	"testing"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// A trap is a recording that panics at an event.
type trap struct {
	*recorder.Live
	n int
}

func (t trap) Event(n int) (recorder.Event, error) {
	if n == t.n {
		panic("the trap")
	}
	return t.Live.Event(n)
}

// TestPanic finds the others where an event makes the search panic.
func TestPanic(t *testing.T) {
	live := session(t)
	live.Finish(recorder.End{})
	f, err := filter.Parse(`-"no such text"`) // which reads every event
	if err != nil {
		t.Fatal(err)
	}
	all := filter.Find(live, f)
	<-all.Done()
	n := all.Nth(1)
	if n == 0 || all.Count() < 2 {
		t.Fatal("nothing is found")
	}
	rest := filter.Find(trap{live, n}, f)
	<-rest.Done()
	if rest.Has(n) || rest.Count() != all.Count()-1 {
		t.Errorf("%d are found of %d", rest.Count(), all.Count())
	}
	var names filter.Names
	if err := names.Collect(t.Context(), trap{live, n}); err != nil {
		t.Error(err)
	}
}
