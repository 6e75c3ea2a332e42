package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// errTold ends a run that has told what it was made for.
var errTold = errors.New("the topology is known")

// Topology returns the simulated internet of the scenario in the header. The run goes no further than to tell it, which is before
// anything happens. The error is ctx's when that was cancelled.
func (r *Runner) Topology(ctx context.Context, h recorder.Header, limits sandbox.Limits) (recorder.Topology, error) {
	var e struct{ Data recorder.Topology }
	end, _, err := r.Run(ctx, h, limits, func(line []byte) error {
		if !bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"topology"`)) {
			return nil
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("read the topology: %w", err)
		}
		return errTold
	})
	switch {
	case errors.Is(err, errTold):
		return e.Data, nil
	case err != nil:
		return recorder.Topology{}, err
	case end.Outcome == recorder.OutcomeInterrupted:
		return recorder.Topology{}, context.Cause(ctx)
	case end.Message != "":
		return recorder.Topology{}, fmt.Errorf("the run ended before it told its topology: %s", end.Message)
	}
	return recorder.Topology{}, errors.New("the run ended before it told its topology")
}
