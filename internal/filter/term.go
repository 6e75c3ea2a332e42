package filter

import "github.com/rtcsim/rtcsim/recorder"

// A term is the smallest part of a filter: one thing that is asked of an event.
type term struct {
	predicate
	// from and to are where it stands in the text.
	from, to int
	// ahead tells that events after an event can bring it to hold.
	ahead bool
}

// A predicate is what a term asks.
type predicate interface {
	node
	// noun is what the events are called that it can hold for, empty if these are events of all sorts.
	noun() string
	// clause says of what it asks that it holds and that it does not, as it follows the noun.
	clause(noun string) (holds, fails string)
}

var (
	_ predicate = word("")
	_ predicate = (*flag)(nil)
	_ predicate = (*kindTerm)(nil)
	_ predicate = (*nameTerm)(nil)
	_ predicate = (*numberTerm)(nil)
)

// kindTerm asks for kinds.
type kindTerm struct {
	values []string
	kinds  map[recorder.Kind]bool
	called string
}

func newKindTerm(values []string) *kindTerm {
	t := &kindTerm{values: values, kinds: make(map[recorder.Kind]bool)}
	called := make([]string, len(values))
	for i, v := range values {
		var kinds []recorder.Kind
		kinds, called[i] = kindsOf(v)
		for _, k := range kinds {
			t.kinds[k] = true
		}
	}
	t.called = list(called, "and")
	return t
}

func (t *kindTerm) entry(e recorder.Entry) Answer {
	if t.kinds[e.Kind] {
		return Yes
	}
	return No
}

func (t *kindTerm) match(s *subject) bool { return t.kinds[s.entry.Kind] }
func (t *kindTerm) String() string        { return "kind:" + joinValues(t.values) }
func (t *kindTerm) noun() string          { return t.called }

func (t *kindTerm) clause(string) (holds, fails string) {
	return "that are " + t.called, "that are not " + t.called
}
