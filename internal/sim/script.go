package sim

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// script runs steps one after the other.
type script struct {
	session *Session
	// event is what the event that started a handler brought, under the handler's name for it.
	event   map[string]any
	current *scenario.Step
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
	for _, step := range steps {
		s.current = step
		if seen := s.step(cause, step); seen != "" {
			s.session.fail(verdict{text: step.Text(), line: step.Line, seen: seen})
			return
		}
	}
}

// step runs one step and returns why the run cannot go on after it, if so.
func (s *script) step(cause uint64, step *scenario.Step) (failure string) {
	switch {
	case step.At != nil:
		time.Sleep(*step.At - s.session.Now())
	case step.After != nil:
		time.Sleep(*step.After)
	}
	seq := s.session.log.Add("", recorder.KindStep, cause, recorder.Step{
		Path: step.Path,
		Line: step.Line,
		Text: step.Text(),
		Note: step.Note,
	})
	switch a := step.Action.(type) {
	case nil:
	case *scenario.Call:
		return s.call(seq, step, a)
	case *scenario.Negotiate:
		if err := s.session.negotiate(seq, step.Line, a); err != nil {
			return err.Error()
		}
	case *scenario.Signal:
		if err := s.signal(seq, a); err != nil {
			return err.Error()
		}
	case *scenario.Wait:
		return s.session.judge.wait(a)
	case *scenario.Expect:
		s.session.judge.expect(a)
	case *scenario.ChangeNetwork:
		if err := s.session.changeNetwork(seq, a); err != nil {
			return err.Error()
		}
	case *scenario.Crash:
		crash(a.How)
	default:
		panic(fmt.Sprintf("sim: a step of unknown kind %T", a))
	}
	return ""
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
		if call.Async {
			go func() {
				if failure := back(s.session.derive(i, do)); failure != "" {
					s.session.fail(verdict{text: step.Text(), line: step.Line, seen: failure})
				}
			}()
			continue
		}
		if failure := back(s.session.derive(i, do)); failure != "" {
			return failure
		}
	}
	return ""
}

// outcome tells whether a call came back as the scenario says, which is: without an error, if it says nothing.
func (s *script) outcome(step *scenario.Step, call *scenario.Call, err error) (failure string) {
	switch {
	case call.Rejects == "" && err == nil:
		return ""
	case call.Rejects == "":
		return fmt.Sprintf("%s: %v", errorName(err), err)
	case err == nil:
		return fmt.Sprintf("the call succeeded, %s was expected", call.Rejects)
	case errorName(err) != call.Rejects:
		return fmt.Sprintf("%s: %v; %s was expected", errorName(err), err, call.Rejects)
	}
	s.session.verdict(verdict{text: step.Text(), line: step.Line})
	return ""
}

// signal runs a step that hands a description or a candidate to another peer, and waits until it is there.
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
	s.session.signaling.send(cause, message, func(uint64) { close(arrived) })
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
		var hoard [][]byte
		for {
			hoard = append(hoard, make([]byte, 1<<20))
		}
	case "exit":
		os.Exit(7)
	}
}
