package sim

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// script runs steps one after the other.
type script struct {
	session *Session
	// event is what the event that started a handler brought, under the handler's name for it.
	event map[string]any
	// name says that the script has come to its end, and done is closed then; not for handlers and branches.
	name string
	done chan struct{}
	// failed tells that a step has failed, so that no other one runs.
	failed bool

	mu       sync.Mutex
	current  *scenario.Step
	branches []*script // of the parallel step under way
}

// values holds what steps have named: webrtc.SessionDescription or webrtc.ICECandidateInit. All scripts share it.
type values struct {
	mu     sync.Mutex
	byName map[string]any
}

func (v *values) set(name string, value any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byName == nil {
		v.byName = make(map[string]any)
	}
	v.byName[name] = value
}

// value returns what a step has named.
func (s *script) value(name string) (any, error) {
	if v, ok := s.event[name]; ok {
		return v, nil
	}
	s.session.values.mu.Lock()
	defer s.session.values.mu.Unlock()
	v, ok := s.session.values.byName[name]
	if !ok {
		return nil, fmt.Errorf("there is no $%s: the step that names it has not succeeded", name)
	}
	return v, nil
}

// run runs the steps. A step that fails ends the run.
func (s *script) run(cause uint64, steps []*scenario.Step) {
	s.list(cause, steps)
	if s.done != nil && !s.failed {
		close(s.done)
	}
}

// list runs a list of steps: the script's own, or one that a step of it uses.
func (s *script) list(cause uint64, steps []*scenario.Step) {
	for _, step := range steps {
		s.mu.Lock()
		s.current = step
		s.mu.Unlock()
		if v := s.step(cause, step); v.seen != "" {
			v.text, v.at = step.Text(), step.Pos
			s.failed = true
			s.session.fail(v)
		}
		if s.failed {
			return
		}
	}
}

// finish says at the end of the run if the script has not come to its own.
func (s *script) finish() {
	select {
	case <-s.done:
		return
	default:
	}
	steps := s.underway()
	texts := make([]string, len(steps))
	for i, step := range steps {
		texts[i] = strconv.Quote(step.Text())
	}
	s.session.verdict(verdict{
		text: s.name,
		at:   steps[0].Pos,
		seen: fmt.Sprintf("%s was still under way at the limit of %v", strings.Join(texts, ", "), s.session.scenario.Limit),
	})
}

// underway returns the steps that the script is at.
func (s *script) underway() []*scenario.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	var steps []*scenario.Step
	for _, branch := range s.branches {
		select {
		case <-branch.done:
		default:
			steps = append(steps, branch.underway()...)
		}
	}
	if len(steps) == 0 {
		steps = []*scenario.Step{s.current}
	}
	return steps
}

// parallel runs lists of steps that begin at the same instant, and waits for all of them.
func (s *script) parallel(cause uint64, lists []scenario.Branch) {
	branches := make([]*script, len(lists))
	for i := range lists {
		branches[i] = &script{session: s.session, event: s.event, done: make(chan struct{})}
	}
	s.mu.Lock()
	s.branches = branches
	s.mu.Unlock()
	var all sync.WaitGroup
	for i, branch := range branches {
		all.Go(func() { branch.run(cause, lists[i]) })
	}
	all.Wait()
	s.mu.Lock()
	s.branches = nil
	s.mu.Unlock()
	for _, branch := range branches {
		s.failed = s.failed || branch.failed
	}
}

// step runs one step. What was seen in the verdict is why the run cannot go on after it, if so.
func (s *script) step(cause uint64, step *scenario.Step) verdict {
	switch {
	case step.At != nil:
		time.Sleep(*step.At - s.session.Now())
	case step.After != nil:
		time.Sleep(*step.After)
	}
	if step.Predict != nil {
		seq := s.session.log.Add("", recorder.KindPrediction, cause, recorder.Prediction{
			Path:      step.Path,
			Question:  step.Predict.Question,
			Condition: step.Predict.Answer.Text,
		})
		s.session.judge.ask(seq, step.Predict)
	}
	seq := s.session.log.Add("", recorder.KindStep, cause, recorder.Step{
		Path: step.Path,
		Line: step.Line,
		File: s.session.file(step.Pos),
		Text: step.Text(),
		Note: step.Note,
	})
	var err error
	switch a := step.Action.(type) {
	case nil:
	case *scenario.Call:
		return verdict{seen: s.call(seq, step, a)}
	case *scenario.Negotiate:
		err = s.session.negotiate(seq, step.Line, a)
	case *scenario.Signal:
		err = s.signal(seq, a)
	case *scenario.Wait:
		return s.session.judge.wait(a)
	case *scenario.Expect:
		s.session.judge.expect(a)
	case *scenario.Parallel:
		s.parallel(seq, a.Branches)
	case *scenario.Use:
		s.list(seq, a.Steps)
	case *scenario.ChangeNetwork:
		err = s.session.network.changeNetwork(seq, a)
	case *scenario.ChangeInterface:
		err = s.session.network.changeInterface(seq, a)
	case *scenario.ChangeServer:
		err = s.session.network.changeServer(seq, a)
	case *scenario.ChangeSignaling:
		s.session.signaling.changeSignaling(seq, &a.Change)
	case *scenario.Crash:
		crash(a.How)
	default:
		panic(fmt.Sprintf("sim: a step of unknown kind %T", a))
	}
	if err != nil {
		return verdict{seen: err.Error()}
	}
	return verdict{}
}

// call runs a step that calls a method.
func (s *script) call(cause uint64, step *scenario.Step, call *scenario.Call) (failure string) {
	p := s.session.peers[call.Peer]
	var c *channel
	if call.Channel != "" {
		if c = p.channel(call.Channel); c == nil {
			return errNoChannel.Error()
		}
	}
	m, ok := methods[[2]string{call.Method.Interface, call.Method.Name}]
	if !ok {
		panic(fmt.Sprintf("sim: no method %s.%s", call.Method.Interface, call.Method.Name))
	}
	times := 1
	if send, ok := call.Args.(*scenario.Send); ok {
		times = send.Repeat
	}
	for range times {
		args, do, err := m(s, p, c, call)
		if err != nil {
			return err.Error()
		}
		i := invocationOf(cause, p, c, call, args, step.Line)
		back := func(result any, err error) string {
			if desc, ok := result.(webrtc.SessionDescription); ok && call.As != "" && err == nil {
				s.session.values.set(call.As, desc)
			}
			return s.outcome(step, call, err)
		}
		run := func() string { return back(s.session.derive(i, do)) }
		switch {
		case call.Returns != nil && call.Returns.Never:
			s.never(step, run)
			continue
		case call.Returns != nil:
			run = within(call.Returns.Within, run)
		}
		if call.Async {
			go func() {
				if failure := run(); failure != "" {
					s.session.fail(verdict{text: step.Text(), at: step.Pos, seen: failure})
				}
			}()
			continue
		}
		if failure := run(); failure != "" {
			return failure
		}
	}
	return ""
}

// never makes a call that must not come back, and does not wait for it.
func (s *script) never(step *scenario.Step, run func() (failure string)) {
	began := s.session.Now()
	var back atomic.Bool
	go func() {
		failure := run()
		back.Store(true)
		seen := fmt.Sprintf("it came back after %v", s.session.Now()-began)
		if failure != "" {
			seen += ": " + failure
		}
		s.session.fail(verdict{text: step.Text(), at: step.Pos, seen: seen})
	}()
	s.session.pending.expect(func() {
		if !back.Load() {
			s.session.verdict(verdict{text: step.Text(), at: step.Pos})
		}
	})
}

// within makes of a call one that fails if it does not come back in time.
func within(limit time.Duration, run func() (failure string)) func() string {
	return func() string {
		back := make(chan string, 1)
		go func() { back <- run() }()
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case failure := <-back:
			return failure
		case <-timer.C:
			return fmt.Sprintf("it had not come back after %v", limit)
		}
	}
}

// outcome tells whether a call came back as the scenario says, which is: without an error, if it says nothing.
func (s *script) outcome(step *scenario.Step, call *scenario.Call, err error) (failure string) {
	switch {
	case call.Returns != nil && call.Returns.Never:
		if err != nil {
			return fmt.Sprintf("%s: %v", errorName(err), err)
		}
		return ""
	case call.Rejects == "" && err == nil:
		if call.Returns == nil {
			return ""
		}
	case call.Rejects == "":
		return fmt.Sprintf("%s: %v", errorName(err), err)
	case err == nil:
		return fmt.Sprintf("the call succeeded, %s was expected", call.Rejects)
	case errorName(err) != call.Rejects:
		return fmt.Sprintf("%s: %v; %s was expected", errorName(err), err, call.Rejects)
	}
	s.session.verdict(verdict{text: step.Text(), at: step.Pos})
	return ""
}

// signal runs a step that hands a description or a candidate to another peer, and waits until it is there, or lost.
func (s *script) signal(cause uint64, a *scenario.Signal) error {
	v, err := s.value(a.Send.Name)
	if err != nil {
		return err
	}
	if a.Via == "none" {
		return nil // the steps share their values: it is there already
	}
	message := recorder.Signal{From: a.From, To: a.To}
	switch v := v.(type) {
	case webrtc.SessionDescription:
		message.Type, message.SDP = v.Type.String(), v.SDP
	case webrtc.ICECandidateInit:
		message.Type, message.Candidate = "candidate", &v.Candidate
	}
	arrived := make(chan struct{})
	s.session.signaling.send(cause, message, func(uint64) { close(arrived) }, func() { close(arrived) })
	<-arrived
	return nil
}

// crash makes the simulation die.
func crash(how string) {
	switch how {
	case "panic":
		panic("a crash step of the scenario")
	case "spin":
		for n := 0; ; n++ {
			if n < 0 {
				n = 0
			}
		}
	case "memory":
		for {
			hoard = append(hoard, make([]byte, 1<<20))
		}
	case "exit":
		os.Exit(7)
	}
}

// hoard is what a crash step of the kind memory keeps.
var hoard [][]byte
