package sim

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// judge decides what was expected. It counts the events that expectations are about, and looks at conditions after each
// event, in a goroutine of its own: asking pion for a state inside one of its callbacks could wait for a lock that the
// callback itself holds.
type judge struct {
	session *Session
	watches []*watch
	byStep  map[*scenario.Expectation]*watch
	packets bool // whether any expectation is about packets

	mu     sync.Mutex
	queue  []func()
	wake   chan struct{}
	closed bool
}

// watch is an expectation and what was seen of it so far.
type watch struct {
	*scenario.Expectation
	seen    int           // events of a sequence in order, of never, or of count
	from    time.Duration // when a limited time begins
	began   bool          // whether it has begun
	active  bool          // whether someone waits for the verdict
	decided bool
	failed  bool         // the verdict was against it
	result  chan verdict // for a wait step: why it failed, or nothing

	near    []*nearby   // by the sequence's patterns; one for any other form
	predict *prediction // for the answer to a question
}

// prediction is a question of the scenario, whose answer a watch gives. The watch is active when it has been asked.
type prediction struct {
	*scenario.Predict
	asked uint64 // the event
}

func newJudge(s *Session) *judge {
	j := &judge{session: s, byStep: make(map[*scenario.Expectation]*watch), wake: make(chan struct{}, 1)}
	add := func(e *scenario.Expectation) *watch {
		w := newWatch(e)
		j.watches = append(j.watches, w)
		j.byStep[e] = w
		for _, p := range w.patterns() {
			j.packets = j.packets || isPacket(p.Event)
		}
		return w
	}
	for _, e := range s.scenario.Expect {
		w := add(e)
		w.active = true
	}
	for step := range s.scenario.All() {
		if step.Predict != nil {
			w := add(step.Predict.Answer)
			w.predict = &prediction{Predict: step.Predict}
		}
		switch a := step.Action.(type) {
		case *scenario.Wait:
			add(a.For)
		case *scenario.Expect:
			add(a.That)
		}
	}
	return j
}

func newWatch(e *scenario.Expectation) *watch {
	w := &watch{Expectation: e}
	switch {
	case e.Never != nil:
		w.near = []*nearby{nearMatches(e.Never)}
	case e.Count != nil && e.AtLeast > 0:
		w.near = []*nearby{nearPattern(e.Count)}
	case e.Count != nil:
		w.near = []*nearby{nearMatches(e.Count)}
	case e.Condition != nil:
		w.near = []*nearby{nearCondition(e.Condition)}
	}
	for _, p := range e.Sequence {
		w.near = append(w.near, nearPattern(p))
	}
	if e.Not && e.Condition == nil { // what speaks against it are the events themselves
		w.near = nil
		for _, p := range w.patterns() {
			w.near = append(w.near, nearMatches(p))
		}
	}
	return w
}

func (w *watch) patterns() []*scenario.Pattern {
	all := append(slices.Clone(w.Sequence), w.Never, w.Count)
	return slices.DeleteFunc(all, func(p *scenario.Pattern) bool { return p == nil })
}

// run decides, one thing after the other.
func (j *judge) run() {
	for _, w := range j.watches {
		if w.active && w.Of == nil {
			j.begin(w, 0)
		}
	}
	for range j.wake {
		for {
			j.mu.Lock()
			if len(j.queue) == 0 {
				closed := j.closed
				j.mu.Unlock()
				if closed {
					return
				}
				break
			}
			do := j.queue[0]
			j.queue = j.queue[1:]
			j.mu.Unlock()
			do()
		}
	}
}

// do has the judge do something, after all that it has to do already.
func (j *judge) do(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.queue = append(j.queue, f)
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// observe is told of every event.
func (j *judge) observe(e recorder.Event, data any) {
	if isPacket(e.Kind) && !j.packets || e.Kind == recorder.KindVerdict || e.Kind == recorder.KindEnd {
		return
	}
	j.do(func() {
		for _, w := range j.watches {
			j.count(w, e, data)
		}
		for _, w := range j.watches {
			if w.active && !w.decided {
				j.look(w)
			}
		}
	})
}

// count takes an event into account.
func (j *judge) count(w *watch, e recorder.Event, data any) {
	if w.predict != nil && !w.active {
		return // the answer lies in what comes after the question
	}
	if !w.decided {
		for _, n := range w.near {
			n.add(e, data)
		}
	}
	switch {
	case w.Never != nil && w.Never.Match(e, data), w.Count != nil && w.Count.Match(e, data):
		w.seen++
	case w.seen < len(w.Sequence) && w.Sequence[w.seen].Match(e, data):
		w.seen++
	}
	if call, ok := data.(recorder.Call); ok && w.Of != nil && !w.began &&
		e.Peer == w.Of.Peer && call.Channel == w.Of.Channel && call.Method == w.Of.Method {
		j.begin(w, e.Time)
	}
}

// begin starts the time that an expectation is limited to.
func (j *judge) begin(w *watch, at time.Duration) {
	w.began, w.from = true, at
	if w.Within > 0 {
		time.AfterFunc(at+w.Within-j.session.Now(), func() {
			j.do(func() {
				if w.active && !w.decided {
					j.final(w)
				}
			})
		})
	}
}

// look decides an expectation if that is possible before the end.
func (j *judge) look(w *watch) {
	switch {
	case w.Never != nil:
		if w.seen > 0 {
			j.decide(w, "it happened")
		}
	case w.Count != nil:
		switch {
		case w.AtMost >= 0 && w.seen > w.AtMost:
			j.decide(w, fmt.Sprintf("it happened %d times", w.seen))
		case w.seen >= w.AtLeast && (w.AtMost < 0 || w.result != nil):
			j.decide(w, "")
		}
	case w.Sequence != nil:
		if w.seen == len(w.Sequence) {
			j.decide(w, "")
		}
	case w.Condition != nil && (w.Within > 0 || w.result != nil):
		if !w.began {
			return
		}
		if holds, _ := w.Condition.Eval(env{j.session}); holds {
			j.decide(w, "")
		}
	}
}

// holds evaluates a condition, and says what it saw if it does not hold.
func (j *judge) holds(w *watch) (bool, string) {
	holds, err := w.Condition.Eval(env{j.session})
	if err != nil {
		return false, err.Error()
	}
	if holds {
		return true, ""
	}
	return false, w.Condition.Observed(env{j.session})
}

// final decides an expectation at the end of what it is about.
func (j *judge) final(w *watch) {
	seen := ""
	switch {
	case w.Never != nil:
		if w.seen > 0 {
			seen = "it happened"
		}
	case w.Count != nil:
		if w.seen < w.AtLeast || w.AtMost >= 0 && w.seen > w.AtMost {
			seen = fmt.Sprintf("it happened %d times", w.seen)
		}
	case w.Sequence != nil:
		switch {
		case w.seen == len(w.Sequence):
		case len(w.Sequence) == 1:
			seen = "it did not happen"
		default:
			seen = fmt.Sprintf("%d of %d happened; then there was no %s", w.seen, len(w.Sequence), w.Sequence[w.seen])
		}
	case w.Of != nil && !w.began:
		seen = fmt.Sprintf("%s was never called", w.Of)
	default:
		if holds, why := j.holds(w); !holds {
			seen = why
		}
	}
	j.decide(w, seen)
}

// decide records the verdict. What was seen speaks against the expectation; where that is turned around, against what it is
// about.
func (j *judge) decide(w *watch, seen string) {
	if w.Not {
		if seen == "" {
			seen = "it held"
		} else {
			seen = ""
		}
	}
	w.decided, w.failed = true, seen != ""
	v := verdict{text: w.Text, at: w.Pos, seen: seen}
	if w.failed && len(w.near) > 0 {
		v.near = w.near[min(w.seen, len(w.near)-1)].events()
	}
	switch {
	case w.predict != nil:
		j.session.log.Add("", recorder.KindAnswer, w.predict.asked, recorder.Answer{
			Question:  w.predict.Question,
			Condition: w.Text,
			Holds:     !w.failed,
			Seen:      v.seen,
			Near:      v.near,
		})
	case w.result == nil:
		j.session.verdict(v)
	default:
		if !w.failed {
			j.session.verdict(v)
		}
		w.result <- v
	}
}

// ask begins to look for the answer to a question, in what comes from now on.
func (j *judge) ask(seq uint64, p *scenario.Predict) {
	done := make(chan struct{})
	j.do(func() {
		defer close(done)
		w := j.byStep[p.Answer]
		w.active, w.predict.asked = true, seq
		if w.Of == nil {
			j.begin(w, j.session.Now())
		}
		j.look(w)
	})
	<-done
}

// wait runs a wait step. What the verdict saw is why the run cannot go on, if so.
func (j *judge) wait(a *scenario.Wait) verdict {
	w := j.byStep[a.For]
	result := make(chan verdict, 1)
	j.do(func() {
		w.active, w.decided, w.result = true, false, result
		if w.Of == nil {
			j.begin(w, j.session.Now())
		}
		j.look(w)
	})
	if a.Within != nil {
		timer := time.AfterFunc(*a.Within, func() {
			j.do(func() {
				if w.active && !w.decided {
					j.final(w)
				}
			})
		})
		defer timer.Stop()
	}
	v := <-result
	if v.seen != "" && a.Within != nil {
		v.seen = fmt.Sprintf("after %v: %s", *a.Within, v.seen)
	}
	return v
}

// expect runs an expect step. A verdict against it does not stop the steps.
func (j *judge) expect(a *scenario.Expect) {
	done := make(chan struct{})
	j.do(func() {
		defer close(done)
		j.final(j.byStep[a.That])
	})
	<-done
}

// finish decides all that is open, at the end of the run, and tells whether a wait step failed by it: its script will
// fail the run.
func (j *judge) finish() (waited bool) {
	done := make(chan struct{})
	j.do(func() {
		defer close(done)
		for _, w := range j.watches {
			if w.active && !w.decided {
				j.final(w)
				waited = waited || w.result != nil && w.failed
			}
		}
		j.mu.Lock()
		j.closed = true
		j.mu.Unlock()
	})
	<-done
	return waited
}

// lookAgain looks at the conditions after a change that no event tells of at once.
func (j *judge) lookAgain() {
	j.do(func() {
		for _, w := range j.watches {
			if w.active && !w.decided {
				j.look(w)
			}
		}
	})
}
