package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// Replay is what a replay found.
type Replay struct {
	// Identity tells what here differs from where the recording was made.
	Identity []recorder.Difference
	// Header tells what was changed in the recording's header after it was recorded.
	Header []recorder.Difference
	// Divergence is the first event that differs, nil if none does.
	Divergence *recorder.Divergence
	// Equal counts the events that were the same.
	Equal uint64
	// Incomplete is why the recording does not hold the whole run; nil if it does.
	Incomplete error
	// Outcome is how the recorded run ended; empty where the recording does not tell.
	Outcome recorder.Outcome
}

// Identical tells whether the replay gave what was recorded.
func (r *Replay) Identical() bool {
	return len(r.Identity) == 0 && len(r.Header) == 0 && r.Divergence == nil && r.Incomplete == nil
}

// errEnough stops a guest whose replay is decided.
var errEnough = errors.New("the replay is decided")

// Replay runs a recording again and compares event by event. Where the recording's header was changed or this machine's
// identity is not the recorded one, it says so and goes on only if anyway is set; then the run event, which holds the
// identity, is not compared.
//
// The reader must be new; open opens the recording a second time.
func (r *Runner) Replay(ctx context.Context, open func() (*recorder.Reader, error), limits sandbox.Limits, anyway bool) (*Replay, error) {
	result, err := r.examine(open)
	if err != nil || !anyway && (len(result.Identity) > 0 || len(result.Header) > 0) {
		return result, err
	}
	recording, err := open()
	if err != nil {
		return nil, err
	}
	defer recording.Close()

	var compare recorder.Comparer
	ended := false
	next := func() []byte {
		for !ended {
			_, err := recording.Next()
			if line := recording.Line(); line != nil {
				return line
			}
			var damaged *recorder.DamagedError
			ended = err != nil && !errors.As(err, &damaged)
		}
		return nil
	}
	skipRun := len(result.Identity) > 0 || len(result.Header) > 0
	end, _, err := r.Run(ctx, recording.Header(), limits, func(line []byte) error {
		recorded := next()
		if recorded == nil && result.stoppedEarly() {
			return errEnough
		}
		if skipRun {
			skipRun = false
			recorded = bytes.Clone(line)
		}
		if result.Divergence = compare.Compare(recorded, line); result.Divergence != nil {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if end.Outcome == recorder.OutcomeInterrupted {
		return nil, errors.New(end.Message)
	}
	if err == nil {
		recorded := next()
		if recorded != nil && end.Outcome == recorder.OutcomeLimit {
			return nil, fmt.Errorf("%s; the %d events until then are the same", end.Message, compare.Equal())
		}
		result.Divergence = compare.Compare(recorded, nil)
	}
	result.Equal = compare.Equal()
	return result, nil
}

// stoppedEarly tells whether the recorded run was stopped from outside, so that there may be more events in a replay.
func (r *Replay) stoppedEarly() bool {
	switch r.Outcome {
	case recorder.OutcomePassed, recorder.OutcomeFailed:
		return false
	}
	return true
}

// examine reads the recording through and says what is wrong with it before it is replayed.
func (r *Runner) examine(open func() (*recorder.Reader, error)) (*Replay, error) {
	recording, err := open()
	if err != nil {
		return nil, err
	}
	defer recording.Close()
	result := &Replay{}
	for {
		_, err := recording.Next()
		var damaged *recorder.DamagedError
		if errors.As(err, &damaged) {
			// The comparison will show which event was changed, and the header is looked at below.
			if damaged.Event == 0 && damaged.Line > 1 {
				result.Incomplete = err
			}
			continue
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			result.Incomplete = err
			break
		}
	}
	if end, ok := recording.End(); ok {
		result.Outcome = end.Outcome
	}
	h := recording.Header()
	result.Header = recording.HeaderChanges()
	here := r.Header(h.Scenario, []byte(h.Text), h.Seed, h.Options).Identity
	here.ScenarioSum, here.Includes = h.ScenarioSum, h.Includes // a changed text is a changed header
	result.Identity = h.Identity.Diff(here)
	return result, nil
}
