package sandbox

import (
	"context"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero/experimental"
)

// pageSize is the unit in which a guest's memory grows.
const pageSize = 64 << 10

// memories keeps the memory of guests that have ended for those that begin: asking the operating system for 16 MiB takes
// longer than to fill them.
type memories struct {
	mu   sync.Mutex
	free [][]byte // with the length up to which they were written
}

// keptMemories is how many are kept, and largestKept the largest of them.
const keptMemories, largestKept = 8, 64 << 20

// context returns the context in which a guest gets its memory from here.
func (p *memories) context(ctx context.Context, s *snapshot) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory {
		return p.get(s)
	}))
}

// get returns a memory that begins with zeroes, but for what is going to be overwritten by the snapshot, if there is one.
func (p *memories) get(s *snapshot) *linearMemory {
	m := &linearMemory{pool: p}
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		m.bytes, p.free = p.free[n-1], p.free[:n-1]
	}
	p.mu.Unlock()
	kept := 0
	if s != nil {
		kept = min(len(s.memory), len(m.bytes))
	}
	clear(m.bytes[kept:])
	return m
}

// linearMemory is the memory of one guest. Beyond its length it holds zeroes.
type linearMemory struct {
	pool  *memories
	bytes []byte
	high  int
}

// Reallocate makes the memory size bytes long; it only grows.
func (m *linearMemory) Reallocate(size uint64) []byte {
	if n := int(size); n > cap(m.bytes) {
		m.bytes = slices.Grow(m.bytes[:m.high], max(n, 24<<20, 2*m.high)-m.high)
	}
	m.high = max(m.high, int(size))
	m.bytes = m.bytes[:m.high]
	return m.bytes
}

// Free gives the memory back.
func (m *linearMemory) Free() {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if cap(m.bytes) <= largestKept && len(m.pool.free) < keptMemories {
		m.pool.free = append(m.pool.free, m.bytes)
	}
	m.bytes = nil
}
