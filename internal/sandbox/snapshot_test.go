package sandbox

import (
	"slices"
	"testing"
)

// TestSnapshot sees that a run does not depend on the runs before it on the same machine: on whose snapshot it begins at, whose memory
// it gets, and how they ended.
func TestSnapshot(t *testing.T) {
	busy, quiet := tinyMachine(t, 64<<20), tinyMachine(t, 64<<20)
	for _, what := range []string{"random", "sleep", "look around"} {
		for _, seed := range []uint64{1, 2, 3, 4, 5, 6} { // more than are kept
			want, wantStats, err := try(quiet, t.Context(), what, seed, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			try(busy, t.Context(), "panic", seed, Limits{})
			for range 2 {
				got, stats, err := try(busy, t.Context(), what, seed, Limits{})
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s, seed %d: said %q, error %v; on another machine %q", what, seed, got, err, want)
				}
				if stats.Memory != wantStats.Memory || stats.Virtual != wantStats.Virtual {
					t.Errorf("%s, seed %d: %+v, on another machine %+v", what, seed, stats, wantStats)
				}
			}
		}
		if _, _, err := try(busy, t.Context(), "hoard", 1, Limits{}); err == nil {
			t.Error("hoarding came to an end")
		}
	}
	if n := len(busy.prepared.latest); n != keptSnapshots {
		t.Errorf("%d snapshots are kept, want %d", n, keptSnapshots)
	}
}

// TestSnapshotsSideBySide has many runs with few seeds begin at once.
func TestSnapshotsSideBySide(t *testing.T) {
	m := tinyMachine(t, 0)
	const seeds, runs = 3, 30
	said := make([]chan []string, runs)
	for i := range said {
		said[i] = make(chan []string, 1)
		go func() {
			lines, _, err := try(m, t.Context(), "random", uint64(i%seeds), Limits{})
			if err != nil {
				lines = []string{err.Error()}
			}
			said[i] <- lines
		}()
	}
	var first [seeds][]string
	for i := range said {
		lines := <-said[i]
		if i < seeds {
			first[i] = lines
		} else if !slices.Equal(lines, first[i%seeds]) {
			t.Errorf("run %d with seed %d said %q, run %d said %q", i, i%seeds, lines, i%seeds, first[i%seeds])
		}
	}
	if slices.Equal(first[0], first[1]) || slices.Equal(first[1], first[2]) {
		t.Errorf("seeds do not differ: %q", first)
	}
}

// TestLinearMemory sees that memory which is used again holds nothing of its last use.
func TestLinearMemory(t *testing.T) {
	var pool memories
	get := func(s *snapshot) *linearMemory { return pool.get(s) }
	a := get(nil)
	b := a.Reallocate(100)
	for i := range b {
		b[i] = 1
	}
	b = a.Reallocate(200)
	if b[99] != 1 || b[100] != 0 || len(b) != 200 {
		t.Errorf("memory grew to %d bytes, %d and %d around where it ended before", len(b), b[99], b[100])
	}
	b[199] = 1
	a.Free()

	again := get(nil).Reallocate(300)
	if slices.ContainsFunc(again, func(v byte) bool { return v != 0 }) {
		t.Error("memory that was used before does not begin with zeroes")
	}
	again[250] = 1
	(&linearMemory{pool: &pool, bytes: again}).Free()
	over := get(&snapshot{memory: make([]byte, 50)}).Reallocate(300) // its first 50 bytes are going to be overwritten
	if slices.ContainsFunc(over[50:], func(v byte) bool { return v != 0 }) {
		t.Error("memory beyond a snapshot does not begin with zeroes")
	}
}
