package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// Version is the version of the machine's behaviour: how it hands out clock, entropy and input, and how it drives the
// guest. Whoever changes what a guest can observe, raises it.
const Version = 2

// GC is the setting of the guest's garbage collector. Collections are part of a guest's schedule, and so of a run's
// identity. The value trades memory for speed; see docs/performance.md.
const GC = "GOGC=200"

// Schedule names how the guest picks the next goroutine: Go's scheduler on WebAssembly is first in, first out.
const Schedule = "fifo"

// stepLength is how much virtual time the guest runs between two returns to the host. Between steps the guest's stack is
// empty, so that its memory is the whole simulation.
const stepLength = time.Second

// Machine is a guest image compiled to machine code, ready for any number of runs, one after another or side by side.
type Machine struct {
	runtime  wazero.Runtime
	module   wazero.CompiledModule
	memory   int64
	memories memories
	prepared snapshots
}

// MachineConfig says how a machine is made.
type MachineConfig struct {
	// CacheDir is where compiled images are kept; empty for none.
	CacheDir string
	// Memory is Limits.Memory for all runs on this machine.
	Memory int64
	// Workers is how many processors may compile. Default: 1.
	Workers int
	// Progress hears when the compilation begins. It may be nil.
	Progress Progress
}

// NewMachine compiles the image. The compilation takes some seconds, or a fifth of one when it is in the cache.
func NewMachine(ctx context.Context, image *Image, c MachineConfig) (*Machine, error) {
	memory := Limits{Memory: c.Memory}.withDefaults().Memory
	if memory < 0 || memory > MaxMemory {
		return nil, fmt.Errorf("a guest cannot have %d bytes of memory: %d is the most", memory, int64(MaxMemory))
	}
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32((memory + pageSize - 1) / pageSize))
	if c.CacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(c.CacheDir, "code"))
		if err != nil {
			return nil, fmt.Errorf("open the cache of compiled guests: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	r := wazero.NewRuntimeWithConfig(ctx, config)
	m := &Machine{runtime: r, memory: memory}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if err := instantiateHost(ctx, r); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if c.Progress != nil {
		defer c.Progress("preparing the guest for this machine", 5*time.Second)()
	}
	var err error
	m.module, err = r.CompileModule(experimental.WithCompilationWorkers(ctx, max(1, c.Workers)), image.Wasm)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("compile the guest: %w", err), m.Close())
	}
	return m, nil
}

// Close frees the machine's code. No run may be under way.
func (m *Machine) Close() error { return m.runtime.Close(context.Background()) }

// Run is one run of the guest.
type Run struct {
	// Seed decides the guest's entropy.
	Seed uint64
	// Input is what the guest reads when it starts.
	Input []byte
	// Emit takes one line that the guest emits; the line is valid during the call only. An error stops the run.
	Emit func(line []byte) error
	// Limits bound the run.
	Limits Limits
}

// Stats tells what a run took.
type Stats struct {
	Virtual time.Duration // how far the virtual clock went
	Wall    time.Duration // how long the host took
	Memory  int64         // bytes of memory; a guest never gives any back, so this is the most that it had
	Events  uint64        // lines emitted
}

// Run runs the guest to its end. The error is nil when the guest came to an end of its own, ctx's error when ctx was
// cancelled, a *LimitError, a *CrashError, or what Emit returned.
func (m *Machine) Run(ctx context.Context, run Run) (Stats, error) {
	started := time.Now()
	g := &guest{
		ctx:      ctx,
		run:      run,
		limits:   run.Limits.withDefaults(),
		deadline: started.Add(run.Limits.withDefaults().Wall),
	}
	g.limits.Memory = m.memory
	err := g.live(m)
	return Stats{Virtual: g.clock.now, Wall: time.Since(started), Memory: g.memory, Events: g.events}, err
}

// guest is one running guest, as the host sees it.
type guest struct {
	ctx      context.Context
	run      Run
	limits   Limits
	deadline time.Time

	clock  clock
	ticks  uint64 // since the clock last moved
	events uint64
	bytes  int64
	memory int64
	stderr boundedBuffer
}

// live drives the guest, from where it is prepared, step by step until it is done.
func (g *guest) live(m *Machine) error {
	prepared, err := m.prepared.get(m, g.run.Seed)
	if err != nil {
		return err
	}
	ctx := g.context()
	mod, err := prepared.restore(ctx, m, g)
	if err != nil {
		return g.stopped(err)
	}
	defer mod.Close(ctx)
	defer func() { g.memory = int64(mod.Memory().Size()) }()

	if _, err := mod.ExportedFunction("start").Call(ctx); err != nil {
		g.memory = int64(mod.Memory().Size())
		return g.stopped(err)
	}
	step := mod.ExportedFunction("step")
	for until := stepLength; ; until += stepLength {
		status, err := step.Call(ctx, uint64(until))
		if err != nil {
			g.memory = int64(mod.Memory().Size())
			return g.stopped(err)
		}
		if api.DecodeI32(status[0]) != 0 {
			return nil
		}
	}
}

// context returns the context of the guest's calls: the host functions find the guest in it. It cannot be cancelled;
// check looks at the caller's.
func (g *guest) context() context.Context {
	return context.WithValue(context.WithoutCancel(g.ctx), guestKey{}, g)
}

// instantiate makes an instance of the guest with its clock and entropy, in which no code has run yet.
func (g *guest) instantiate(ctx context.Context, m *Machine, entropy io.Reader) (api.Module, error) {
	config := wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithStdout(&g.stderr).
		WithStderr(&g.stderr).
		WithEnv("GOGC", strings.TrimPrefix(GC, "GOGC=")).
		WithWalltime(g.clock.walltime, sys.ClockResolution(1)).
		WithNanotime(g.clock.nanotime, sys.ClockResolution(1)).
		WithNanosleep(g.sleep).
		WithRandSource(entropy)
	return m.runtime.InstantiateModule(ctx, m.module, config)
}

// stopped makes of wazero's error what it means to the caller.
func (g *guest) stopped(err error) error {
	var stop *hostStop
	if errors.As(err, &stop) {
		return stop.err
	}
	output := g.stderr.String()
	if g.memory >= g.limits.Memory-(4<<20) && strings.Contains(output, "out of memory") {
		return &LimitError{Limit: "memory", Max: fmt.Sprintf("%d MiB", g.limits.Memory>>20), At: g.clock.now}
	}
	message, _, _ := strings.Cut(output, "\n")
	if message == "" {
		message, _, _ = strings.Cut(err.Error(), "\n")
	}
	return &CrashError{Message: message, Output: output, At: g.clock.now}
}

// check stops the guest when the caller gave up or the wall time is over. It is called from every host function that
// the guest cannot avoid for long.
func (g *guest) check() {
	if err := g.ctx.Err(); err != nil {
		panic(&hostStop{err})
	}
	if time.Now().After(g.deadline) {
		panic(&hostStop{&LimitError{Limit: "wall time", Max: g.limits.Wall.String(), At: g.clock.now}})
	}
}

// sleep is called when every goroutine of the guest sleeps: the clock jumps to the next deadline.
func (g *guest) sleep(ns int64) {
	if ns > 0 {
		g.clock.now += time.Duration(ns)
		g.ticks = 0
	}
	if g.clock.now > g.limits.Virtual {
		g.clock.now = g.limits.Virtual
		panic(&hostStop{&LimitError{Limit: "virtual time", Max: g.limits.Virtual.String(), At: g.clock.now}})
	}
	g.check()
}

// tick is called every ticksEvery loop heads.
func (g *guest) tick() {
	g.ticks++
	if g.ticks*ticksEvery > g.limits.Spin*1_000_000 {
		panic(&hostStop{&LimitError{Limit: "spin", Max: fmt.Sprintf("%d million", g.limits.Spin), At: g.clock.now}})
	}
	g.check()
}

// emit takes a line from the guest.
func (g *guest) emit(line []byte) {
	if g.events == g.limits.Events {
		panic(&hostStop{&LimitError{Limit: "events", Max: fmt.Sprint(g.limits.Events), At: g.clock.now}})
	}
	if g.bytes+int64(len(line)) > g.limits.Bytes {
		panic(&hostStop{&LimitError{Limit: "bytes", Max: fmt.Sprint(g.limits.Bytes), At: g.clock.now}})
	}
	g.events++
	g.bytes += int64(len(line))
	if err := g.run.Emit(line); err != nil {
		panic(&hostStop{err})
	}
}

// hostStop is the panic by which a host function ends the guest. wazero unwinds the guest and hands it on as an error.
type hostStop struct{ err error }

func (s *hostStop) Error() string { return s.err.Error() }

// guestKey is the context key of the guest that calls a host function.
type guestKey struct{}

func guestOf(ctx context.Context) *guest { return ctx.Value(guestKey{}).(*guest) }

// instantiateHost offers the guest what internal/guest imports from "rtcsim".
func instantiateHost(ctx context.Context, r wazero.Runtime) error {
	i32 := api.ValueTypeI32
	_, err := r.NewHostModuleBuilder(tickModule).
		NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(ctx context.Context, _ []uint64) { guestOf(ctx).tick() }), nil, nil).
		Export(tickName).
		// input(address, capacity) copies the input to the guest if it fits, and returns its length.
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
			input := guestOf(ctx).run.Input
			if len(input) <= int(api.DecodeU32(stack[1])) {
				mod.Memory().Write(api.DecodeU32(stack[0]), input)
			}
			stack[0] = api.EncodeI32(int32(len(input)))
		}), []api.ValueType{i32, i32}, []api.ValueType{i32}).
		Export("input").
		// emit(address, length) hands one event to the host.
		NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
			line, ok := mod.Memory().Read(api.DecodeU32(stack[0]), api.DecodeU32(stack[1]))
			if !ok {
				panic(&hostStop{errors.New("the guest emitted an event from outside its memory")})
			}
			guestOf(ctx).emit(line)
		}), []api.ValueType{i32, i32}, nil).
		Export("emit").
		Instantiate(ctx)
	return err
}

// boundedBuffer keeps the first 256 KiB of what a guest prints: its last words, not a flood.
type boundedBuffer struct{ b []byte }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	const limit = 256 << 10
	b.b = append(b.b, p[:min(len(p), limit-len(b.b))]...)
	return len(p), nil
}

func (b *boundedBuffer) String() string { return string(b.b) }

// CacheDir returns the folder in which rtcsim keeps guests and their compilation.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the guest: %w (set HOME or XDG_CACHE_HOME)", err)
	}
	return filepath.Join(dir, "rtcsim"), nil
}
