package filter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtcsim/rtcsim/internal/spelling"
	"github.com/rtcsim/rtcsim/recorder"
)

// Names are the names that occur in a recording, by the fields that have them: what [Complete] offers and [Names.Check]
// checks. The zero Names has none; nil is like it. It is safe for concurrent use.
type Names struct {
	mu     sync.Mutex
	fields map[string]*tally
	whole  bool // all events are counted
}

// tally counts names.
type tally struct {
	order  []string // in which they came first
	events map[string]int
}

// maxNames is how many names of a field are kept. A recording with more has names that nobody remembers.
const maxNames = 1000

// maxNameLength is how long a name may be, in bytes, to be kept.
const maxNameLength = 80

func (t *tally) add(name string, events int) {
	if _, known := t.events[name]; !known {
		if len(t.order) == maxNames || len(name) > maxNameLength || name == "" {
			return
		}
		t.order = append(t.order, name)
	}
	t.events[name] += events
}

// Collect adds the names in a recording, those in events that come while it runs too. It takes a few seconds for a million
// events, and returns when no more come, or with the context's error when that is over.
func (n *Names) Collect(ctx context.Context, r Recording) error {
	var batch tallies
	var known atomic.Pointer[directory]
	for next := 1; ; {
		select {
		case <-r.Done():
		default:
			if next > r.Len() {
				n.merge(batch, false)
				batch = nil
				if err := grown(ctx, r, next); err != nil {
					return err
				}
			}
		}
		last := r.Len()
		if next > last {
			break
		}
		for ; next <= last; next++ {
			if next%pageSize == 0 {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				n.merge(batch, false)
				batch = nil
			}
			batch.addSafely(&subject{recording: r, n: next, entry: r.Entry(next), known: &known})
		}
	}
	n.merge(batch, true)
	return nil
}

// tallies are tallies by the names of the fields.
type tallies map[string]*tally

// addSafely adds what occurs in an event, as much of it as can be told without a panic.
func (t *tallies) addSafely(s *subject) {
	defer func() { _ = recover() }()
	t.add(s)
}

func (t *tallies) add(s *subject) {
	t.count("kind", string(s.entry.Kind))
	for _, f := range nameFields {
		if f.name == "peer" {
			t.count("peer", s.entry.Peer)
			continue
		}
		if !slices.Contains(f.kinds, s.entry.Kind) {
			continue
		}
		f.names(s, func(name []byte) bool {
			t.count(f.name, string(name))
			return false
		})
	}
}

func (t *tallies) count(field, name string) {
	if *t == nil {
		*t = make(tallies)
	}
	counts := (*t)[field]
	if counts == nil {
		counts = &tally{events: make(map[string]int)}
		(*t)[field] = counts
	}
	counts.add(name, 1)
}

func (n *Names) merge(batch tallies, whole bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.whole = whole
	if n.fields == nil {
		n.fields = make(map[string]*tally)
	}
	for field, counts := range batch {
		all := n.fields[field]
		if all == nil {
			all = &tally{events: make(map[string]int)}
			n.fields[field] = all
		}
		for _, name := range counts.order {
			all.add(name, counts.events[name])
		}
	}
}

// Of returns the names of a field and how many events have them, in the order in which they came first.
func (n *Names) Of(field string) []recorder.Count {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	counts := n.fields[field]
	if counts == nil {
		return nil
	}
	names := make([]recorder.Count, len(counts.order))
	for i, name := range counts.order {
		names[i] = recorder.Count{Name: name, Events: counts.events[name]}
	}
	return names
}

// complete reports whether all names are known.
func (n *Names) complete() bool {
	if n == nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.whole
}

// Check returns what is right as language, but asks for a name that does not occur in the recording; nil if there is nothing
// such, or not all names are known yet.
func (n *Names) Check(f *Filter) *Error {
	if !n.complete() {
		return nil
	}
	for t := range f.terms() {
		var field string
		var values []string
		occurs := func(string, recorder.Count) bool { return false }
		switch asks := t.predicate.(type) {
		case *kindTerm:
			field, values = "kind", asks.values
			occurs = func(value string, c recorder.Count) bool {
				kinds, _ := kindsOf(value)
				return slices.Contains(kinds, recorder.Kind(c.Name))
			}
		case *nameTerm:
			if asks.addresses || asks.field.name == "error" {
				continue // not all of these are kept
			}
			field, values = asks.field.name, asks.values
			occurs = func(value string, c recorder.Count) bool {
				p := newPattern(value)
				return p.matches([]byte(c.Name)) || asks.field.prose && p.within([]byte(c.Name))
			}
		}
		for _, value := range values {
			known := n.Of(field)
			if len(known) == maxNames || slices.ContainsFunc(known, func(c recorder.Count) bool { return occurs(value, c) }) {
				continue
			}
			e := &Error{From: t.from, To: t.to, Message: fmt.Sprintf("no event in this recording has the %s %q", field, value)}
			names := make([]string, len(known))
			for i, c := range known {
				names[i] = c.Name
				if e.Hint == "" && len(value) > 1 && strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(value)) {
					e.Hint = "did you mean " + c.Name + "?"
				}
			}
			if near := spelling.Nearest(value, names); near != "" {
				e.Hint = "did you mean " + near + "?"
			}
			return e
		}
	}
	return nil
}

// grown waits until event n is there, or no more events come.
func grown(ctx context.Context, r Recording, n int) error {
	// Whoever reads a recording as it grows looks at it as often as people do.
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for r.Len() < n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.Done():
			return nil
		case <-tick.C:
		}
	}
	return nil
}
