package suite

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// A Machine runs scenarios, any number of them at once. *runner.Runner is one.
type Machine interface {
	Header(file string, text []byte, seed uint64, options recorder.Options) recorder.Header
	Run(ctx context.Context, h recorder.Header, limits sandbox.Limits, emit func(line []byte) error) (recorder.End, sandbox.Stats, error)
}

// A Check looks at the recording of a run that came to its end, and returns what is wrong with it. An error is that of a check
// that could not look.
type Check func(run *Run) ([]Failure, error)

// A Run is a run that has come to its end, as a [Check] sees it.
type Run struct {
	Case   *Case
	Header recorder.Header
	End    recorder.End

	trace *trace
}

// Recording returns the recording of the run. It is valid during the check, and closed after it.
func (r *Run) Recording() (*recorder.Recording, error) { return r.trace.recording(r.End) }

// An Executor executes cases. It is safe for concurrent use; its fields must not change meanwhile.
type Executor struct {
	Machine Machine
	// Packets is what is recorded of packets. Default: all.
	Packets string
	// Limits bound each run.
	Limits sandbox.Limits
	// Keep is the folder for the recordings of the cases that do not pass; default: the working directory. KeepAll has those of the others
	// kept as well.
	Keep    string
	KeepAll bool
	// Checks look at each recording.
	Checks []Check

	traces sync.Pool // of *trace
}

// Execute executes a case. The error is ctx's where that was cancelled, or that of a host that could not go on: no result is known then.
func (e *Executor) Execute(ctx context.Context, c *Case) (result *Result, err error) {
	header := c.Source.Header(e.Machine, c.Scenario, c.Seed, recorder.Options{Packets: cmp.Or(e.Packets, recorder.PacketsFull)})
	name := FileName(c)
	result = &Result{
		Case:     c.ID(),
		Index:    c.Index,
		Scenario: c.Source.Name,
		Variant:  c.Scenario.Variant,
		Seed:     c.Seed,
		Again:    e.again(c),
	}
	if !c.Source.BuiltIn {
		result.File = c.Source.File
	}
	first := e.newTrace(name, header)
	defer func() { err = errors.Join(err, e.free(first)) }()
	end, stats, err := e.run(ctx, first, result)
	if err != nil {
		return nil, err
	}
	result.Events, result.Virtual, result.Digest = first.events, stats.Virtual, first.digest.String()
	result.Wall, result.Memory = stats.Wall, stats.Memory
	e.judge(result, end)

	second := e.newTrace(strings.TrimSuffix(name, ".rtcrec")+".second.rtcrec", header)
	defer func() { err = errors.Join(err, e.free(second)) }()
	var secondEnd recorder.End
	if c.Verify && result.Outcome != Limit { // how far a run comes within a time is not to be repeated
		if secondEnd, err = e.verify(ctx, first, second, result); err != nil {
			return nil, err
		}
	}
	run := &Run{Case: c, Header: header, End: end, trace: first}
	if result.Outcome == Passed || result.Outcome == Failed {
		if err := e.check(run, result); err != nil {
			return nil, err
		}
	}
	run.place(result.Failures)
	if err := before(first, result.Failures); err != nil {
		return nil, err
	}
	if result.Why, err = why(run, result.Failures); err != nil {
		return nil, err
	}
	if result.Outcome == Passed && !e.KeepAll {
		return result, nil
	}
	if err := first.keep(end); err != nil {
		return nil, err
	}
	result.Recordings = []string{first.path}
	result.Replay = e.replay(first.path)
	if result.Outcome == Diverged {
		if err := second.keep(secondEnd); err != nil {
			return nil, err
		}
		result.Recordings = append(result.Recordings, second.path)
	}
	return result, nil
}

func (e *Executor) newTrace(name string, header recorder.Header) *trace {
	t, ok := e.traces.Get().(*trace)
	if !ok {
		t = new(trace)
	}
	t.begin(filepath.Clean(e.Keep), name, header)
	return t
}

func (e *Executor) free(t *trace) error {
	err := t.drop()
	e.traces.Put(t)
	return err
}

// run makes a run. Verdicts go to the result, if there is one.
func (e *Executor) run(ctx context.Context, t *trace, result *Result) (recorder.End, sandbox.Stats, error) {
	end, stats, err := e.Machine.Run(ctx, t.header, e.Limits, func(line []byte) error {
		if result != nil {
			if err := result.verdict(line); err != nil {
				return err
			}
		}
		return t.add(line)
	})
	if err == nil && end.Outcome == recorder.OutcomeInterrupted {
		err = cmp.Or(context.Cause(ctx), context.Canceled)
	}
	if err == nil {
		err = t.finish(end)
	}
	return end, stats, err
}

// verdict notes what an event decides, if it is a verdict.
func (r *Result) verdict(line []byte) error {
	if !bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"verdict"`)) {
		return nil
	}
	event, err := recorder.ParseLine(line)
	if err != nil || event.Kind != recorder.KindVerdict {
		return err
	}
	var v recorder.Verdict
	if err := json.Unmarshal(event.Data, &v); err != nil {
		return err
	}
	if v.Held {
		r.Held++
		return nil
	}
	r.Failures = append(r.Failures, Failure{
		Kind: KindExpectation,
		Text: v.Text,
		File: v.File, // from the folder of the scenario, until it is placed
		Line: v.Line,
		Seen: v.Seen,
		Seq:  event.Seq,
		Time: event.Time,
		Near: v.Near,
	})
	return nil
}

// judge makes an outcome of a run's end.
func (e *Executor) judge(r *Result, end recorder.End) {
	switch end.Outcome {
	case recorder.OutcomePassed:
		r.Outcome = Passed
	case recorder.OutcomeFailed:
		r.Outcome = Failed
	case recorder.OutcomeLimit:
		r.Outcome = Limit
		r.Failures = append(r.Failures, Failure{Kind: KindLimit, Text: end.Message, Time: r.Virtual})
	default:
		r.Outcome = Crashed
		r.Failures = append(r.Failures, Failure{Kind: KindCrashed, Text: end.Message, Detail: end.Detail, Time: r.Virtual})
	}
	r.Message = end.Message
}

// verify makes a second run and compares.
func (e *Executor) verify(ctx context.Context, first, second *trace, r *Result) (recorder.End, error) {
	end, _, err := e.run(ctx, second, nil)
	if err != nil {
		return end, err
	}
	if end.Outcome == recorder.OutcomeLimit {
		r.Outcome, r.Message = Limit, "the second run, to verify the first: "+end.Message
		r.Failures = append(r.Failures, Failure{Kind: KindLimit, Text: r.Message, Time: r.Virtual})
		return end, nil
	}
	d, err := compare(first, second)
	if err != nil || d == nil {
		r.Verified = err == nil
		return end, err
	}
	r.Outcome = Diverged
	r.Message = fmt.Sprintf("a second run with the same seed gave other events, from event %d on", d.Seq)
	r.Failures = append(r.Failures, Failure{Kind: KindDiverged, Text: r.Message, Seq: d.Seq, Time: timeOf(d), Detail: describe(d)})
	return end, nil
}

// check has the checks look at the run.
func (e *Executor) check(run *Run, r *Result) error {
	for _, check := range e.Checks {
		failures, err := check(run)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Case, err)
		}
		if len(failures) > 0 && r.Outcome == Passed {
			r.Outcome, r.Message = Failed, failures[0].Text
		}
		r.Failures = append(r.Failures, failures...)
	}
	return nil
}

// place gives the failures of the run the paths of their files, and the texts of their lines.
func (r *Run) place(failures []Failure) {
	for i := range failures {
		f := &failures[i]
		if f.Kind != KindExpectation {
			continue
		}
		text := r.Case.Source.Text
		if f.File == "" {
			f.File = r.Case.Source.File
		} else {
			text = r.Case.Source.Included(f.File)
			f.File = path.Join(path.Dir(filepath.ToSlash(r.Case.Source.File)), f.File)
		}
		if lines := strings.Split(string(text), "\n"); f.Line <= len(lines) {
			f.Source = strings.TrimRight(lines[f.Line-1], " \r")
		}
	}
}
