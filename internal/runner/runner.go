// Package runner runs scenarios: it gives the guest its input, writes what the guest emits to a recording, and says how
// the run ended. Replaying is running once more and comparing.
package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// Runner runs scenarios on one machine, one after another or side by side.
type Runner struct {
	image   *sandbox.Image
	machine *sandbox.Machine
}

// New gets the guest, from the cache or by building it, and makes the machine. Memory is the guests' limit in bytes, 0
// for the default.
func New(ctx context.Context, memory int64, progress sandbox.Progress) (*Runner, error) {
	cache, err := sandbox.CacheDir()
	if err != nil {
		return nil, err
	}
	image, err := sandbox.LoadImage(ctx, cache, progress)
	if err != nil {
		return nil, err
	}
	machine, err := sandbox.NewMachine(ctx, image, sandbox.MachineConfig{
		CacheDir: cache,
		Memory:   memory,
		Workers:  runtime.GOMAXPROCS(0),
		Progress: progress,
	})
	if err != nil {
		return nil, err
	}
	return &Runner{image: image, machine: machine}, nil
}

// Close frees the machine.
func (r *Runner) Close() error { return r.machine.Close() }

// Header returns the header of a run: the scenario with its text, and everything else that can move a trace.
func (r *Runner) Header(file string, text []byte, seed uint64, options recorder.Options) recorder.Header {
	sum := sha256.Sum256(text)
	return recorder.Header{
		Format: recorder.Format,
		Rtcsim: Version(),
		Identity: recorder.Identity{
			Guest:       r.image.Digest,
			Machine:     sandbox.Version,
			Modules:     r.image.Modules,
			Go:          r.image.Go,
			Wazero:      r.image.Wazero,
			GC:          sandbox.GC,
			Schedule:    sandbox.Schedule,
			Seed:        seed,
			Options:     options,
			Scenario:    filepath.Base(file),
			ScenarioSum: hex.EncodeToString(sum[:]),
		},
		Text: string(text),
	}
}

// Run runs the scenario in the header and hands each event to emit, as one line that is valid during the call. An error is
// emit's, or that of a host that could not even begin; all else that ends a run is in the End.
func (r *Runner) Run(ctx context.Context, h recorder.Header, limits sandbox.Limits, emit func(line []byte) error) (recorder.End, sandbox.Stats, error) {
	h.Rtcsim = "" // what the guest is told must be the same whoever runs it
	input, err := json.Marshal(h)
	if err != nil {
		return recorder.End{}, sandbox.Stats{}, err
	}
	failed := 0
	var emitErr error
	var inside *dissection.Dissection
	if h.Options.Dissect {
		inside = dissection.New()
	}
	stats, err := r.machine.Run(ctx, sandbox.Run{
		Seed:   h.Seed,
		Input:  input,
		Limits: limits,
		Emit: func(line []byte) error {
			if isFailure(line) {
				failed++
			}
			if inside != nil {
				if line, emitErr = inside.Line(line); emitErr != nil {
					return emitErr
				}
			}
			emitErr = emit(line)
			return emitErr
		},
	})
	if emitErr != nil {
		return recorder.End{}, stats, emitErr
	}
	end := recorder.End{Time: int64(stats.Virtual)}
	var limit *sandbox.LimitError
	var crash *sandbox.CrashError
	switch {
	case err == nil && failed == 0:
		end.Outcome = recorder.OutcomePassed
	case err == nil:
		end.Outcome = recorder.OutcomeFailed
		end.Message = fmt.Sprintf("%d of what was expected did not hold", failed)
	case errors.Is(err, context.Canceled):
		end.Outcome = recorder.OutcomeInterrupted
		end.Message = fmt.Sprintf("interrupted at virtual time %v", stats.Virtual)
	case errors.As(err, &limit):
		end.Outcome = recorder.OutcomeLimit
		end.Message = limit.Error()
	case errors.As(err, &crash):
		end.Outcome = recorder.OutcomeCrashed
		end.Message, end.Detail = crash.Error(), crash.Output
	default:
		return end, stats, err
	}
	return end, stats, nil
}

// isFailure tells whether an event is a verdict against the run, without parsing all the others.
func isFailure(line []byte) bool {
	head := line[:min(len(line), 128)]
	if !bytes.Contains(head, []byte(`"kind":"verdict"`)) {
		return false
	}
	var e struct{ Data recorder.Verdict }
	return json.Unmarshal(line, &e) == nil && !e.Data.Held
}

// Record runs the scenario in the header and writes a recording to path. Each event is handed to watch, too, which may
// be nil. A *[recorder.WriteError] tells what of the recording is safe.
func (r *Runner) Record(ctx context.Context, path string, h recorder.Header, limits sandbox.Limits, watch func(line []byte)) (recorder.End, sandbox.Stats, error) {
	w, err := recorder.Create(path, h)
	if err != nil {
		return recorder.End{}, sandbox.Stats{}, err
	}
	end, stats, err := r.Run(ctx, h, limits, func(line []byte) error {
		if watch != nil {
			watch(line)
		}
		return w.Write(line)
	})
	if err != nil {
		if abandoned := w.Abandon(); !errors.Is(abandoned, err) { // the writer's own error comes back from there
			err = errors.Join(err, abandoned)
		}
		return end, stats, err
	}
	if err := w.Close(end); err != nil {
		return end, stats, err
	}
	return w.End(), stats, nil
}

// Version returns the version of rtcsim.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// VersionInfo tells what this rtcsim is made of.
type VersionInfo struct {
	Rtcsim  string            `json:"rtcsim"`
	Guest   string            `json:"guest"`
	Machine int               `json:"machine"`
	Go      string            `json:"go"`
	Wazero  string            `json:"wazero"`
	Modules []recorder.Module `json:"modules"`
}

// Versions returns what the runner is made of.
func (r *Runner) Versions() VersionInfo { return versions(r.image) }

func versions(image *sandbox.Image) VersionInfo {
	return VersionInfo{Version(), image.Digest, sandbox.Version, image.Go, image.Wazero, image.Modules}
}

// Versions returns what this rtcsim is made of. It needs the guest, but not the machine.
func Versions(ctx context.Context, progress sandbox.Progress) (VersionInfo, error) {
	cache, err := sandbox.CacheDir()
	if err != nil {
		return VersionInfo{}, err
	}
	image, err := sandbox.LoadImage(ctx, cache, progress)
	if err != nil {
		return VersionInfo{}, err
	}
	return versions(image), nil
}
