package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/rtcerr"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// invocation is one call of a method of the API.
type invocation struct {
	cause   uint64 // the event that led to it
	peer    *peer
	channel *channel // nil for methods of RTCPeerConnection
	method  string   // the W3C name
	args    any      // the arguments, for the recording; nil for none
	line    int      // of the step, 0 for none
	target  string   // the transceiver, sender or receiver that the method belongs to; empty for none
	derived bool     // pion has no such method
}

// invocationOf is the call of a step.
func invocationOf(cause uint64, p *peer, c *channel, call *scenario.Call, args any, line int) invocation {
	i := invocation{cause: cause, peer: p, channel: c, method: call.Method.Name, args: args, line: line, derived: isDerived(call)}
	if call.Target != (scenario.Target{}) {
		i.target = call.Target.String()
	}
	return i
}

// text names the call for people.
func (i invocation) text() string {
	name := i.peer.name
	if i.channel != nil {
		name += "." + i.channel.name
	} else if i.target != "" {
		name += "." + i.target
	}
	name += ": " + i.method
	if i.line > 0 {
		name += fmt.Sprintf(" (line %d)", i.line)
	}
	return name
}

// changed returns what a description that is set changes against the one before it.
func (i invocation) changed() []string {
	d, ok := i.args.(webrtc.SessionDescription)
	if !ok {
		return nil
	}
	return i.peer.books.change(i.method == "setLocalDescription", d.SDP)
}

// call calls a method and records the call and how it came back.
func (s *Session) call(i invocation, do func() (any, error)) (any, error) {
	return s.derive(i, func(uint64) (any, error) { return do() })
}

// derive does the same for a method that is made up of others: do is given the event of the call, the cause of theirs.
func (s *Session) derive(i invocation, do func(seq uint64) (any, error)) (any, error) {
	channel := ""
	if i.channel != nil {
		channel = i.channel.name
	}
	seq := s.log.Add(i.peer.name, recorder.KindCall, i.cause,
		recorder.Call{Method: i.method, Channel: channel, Args: marshal(i.args), Target: i.target, Changed: i.changed(), Derived: i.derived})
	back := s.pending.add(i.text())
	began := s.Now()
	result, err := do(seq)
	back()
	data := recorder.Return{
		Method:  i.method,
		Channel: channel,
		Took:    s.Now() - began,
		Result:  marshal(result),
		Now:     i.peer.states(),
		Target:  i.target,
		Derived: i.derived,
	}
	if err != nil {
		data.Result = nil
		data.Error = &recorder.CallError{Name: errorName(err), Message: err.Error()}
	}
	s.log.Add(i.peer.name, recorder.KindReturn, seq, data)
	return result, err
}

// marshal returns v as JSON, nil for nil.
func marshal(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("sim: arguments that are not JSON: %v", err))
	}
	return json.RawMessage(strings.TrimSpace(b.String()))
}

// errorName returns the W3C's name for an error. pion returns many errors without one; they count as OperationError,
// the standard's name for a failure that has no other.
func errorName(err error) string {
	switch {
	case is[*rtcerr.InvalidStateError](err):
		return "InvalidStateError"
	case is[*rtcerr.InvalidAccessError](err):
		return "InvalidAccessError"
	case is[*rtcerr.InvalidModificationError](err):
		return "InvalidModificationError"
	case is[*rtcerr.NotSupportedError](err):
		return "NotSupportedError"
	case is[*rtcerr.NotReadableError](err):
		return "NotReadableError"
	case is[*rtcerr.SyntaxError](err):
		return "SyntaxError"
	case is[*rtcerr.TypeError](err):
		return "TypeError"
	case is[*rtcerr.RangeError](err):
		return "RangeError"
	case is[*rtcerr.UnknownError](err):
		return "UnknownError"
	}
	return "OperationError"
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}
