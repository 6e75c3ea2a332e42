package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// A snapshot is a guest between two calls, when its stack is empty: its memory, its globals and its entropy are all there
// is to it. The clock has not moved yet.
//
// Much of what a guest does first is the same in every run with the same seed: it initializes its packages, and prepares tables
// and caches. A machine does it once for a seed, and begins each run at the snapshot. A run is the same, to the byte, as one that
// did it all itself.
type snapshot struct {
	memory  []byte
	globals []uint64
	entropy rand.ChaCha8
}

// prepare runs a guest with the seed up to where it asks for its input, and takes the snapshot there.
func prepare(m *Machine, seed uint64) (*snapshot, error) {
	limits := Limits{}.withDefaults()
	g := &guest{
		ctx:      context.Background(), // other runs need the snapshot, too
		run:      Run{Seed: seed},
		limits:   limits,
		deadline: time.Now().Add(limits.Wall),
	}
	g.limits.Memory = m.memory
	// The guest's packages are initialized one tick before the run begins. Programs measure time from a reference that they
	// take then, and some, pion's ICE among them, take a distance of 0 for "never".
	g.clock.now = beforeRun
	s := &snapshot{entropy: *newEntropy(seed)}
	ctx := g.context()
	mod, err := g.instantiate(m.memories.context(ctx, nil), m, &s.entropy)
	if err != nil {
		return nil, g.stopped(err)
	}
	defer mod.Close(ctx)
	for _, name := range []string{"_initialize", "prepare"} {
		if _, err := mod.ExportedFunction(name).Call(ctx); err != nil {
			g.memory = int64(mod.Memory().Size())
			return nil, g.stopped(err)
		}
	}
	if g.clock.now != beforeRun {
		return nil, &CrashError{Message: "the guest slept while it prepared itself", At: g.clock.now}
	}
	memory, _ := mod.Memory().Read(0, mod.Memory().Size())
	s.memory = append(s.memory, memory...)
	for i := 0; ; i++ {
		global := mod.ExportedGlobal(globalName(i))
		if global == nil {
			return s, nil
		}
		s.globals = append(s.globals, global.Get())
	}
}

// restore makes an instance of the guest that is where the snapshot was taken.
func (s *snapshot) restore(ctx context.Context, m *Machine, g *guest) (api.Module, error) {
	entropy := s.entropy
	mod, err := g.instantiate(m.memories.context(ctx, s), m, &entropy)
	if err != nil {
		return nil, err
	}
	memory := mod.Memory()
	if missing := uint32(len(s.memory)) - memory.Size(); missing > 0 {
		memory.Grow(missing / pageSize)
	}
	if !memory.Write(0, s.memory) {
		return nil, fmt.Errorf("no memory for the %d bytes of a guest", len(s.memory))
	}
	for i, value := range s.globals {
		mod.ExportedGlobal(globalName(i)).(api.MutableGlobal).Set(value)
	}
	return mod, nil
}

// snapshots keeps the snapshots of the last seeds.
type snapshots struct {
	mu     sync.Mutex
	latest []*preparation
}

// keptSnapshots is how many are kept, each of some 12 MiB: enough for workers that go through the seeds in order.
const keptSnapshots = 4

// A preparation is a snapshot that is made when it is first asked for.
type preparation struct {
	seed uint64
	get  func() (*snapshot, error)
}

func (c *snapshots) get(m *Machine, seed uint64) (*snapshot, error) { return c.of(m, seed).get() }

func (c *snapshots) of(m *Machine, seed uint64) *preparation {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range c.latest {
		if p.seed == seed {
			copy(c.latest[1:i+1], c.latest[:i])
			c.latest[0] = p
			return p
		}
	}
	p := &preparation{seed, sync.OnceValues(func() (*snapshot, error) { return prepare(m, seed) })}
	c.latest = append([]*preparation{p}, c.latest[:min(len(c.latest), keptSnapshots-1)]...)
	return p
}
