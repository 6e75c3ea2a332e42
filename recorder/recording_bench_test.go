package recorder_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// million is the recording that the benchmarks read, made once.
var million string

// TestMain removes the recording of the benchmarks.
func TestMain(m *testing.M) {
	status := m.Run()
	if million != "" {
		os.RemoveAll(filepath.Dir(million))
	}
	os.Exit(status)
}

// millionEvents returns a recording of a million events; with -short, of a twentieth.
func millionEvents(b *testing.B) string {
	b.Helper()
	if million != "" {
		return million
	}
	events := 1_000_000
	if testing.Short() {
		events /= 20
	}
	dir, err := os.MkdirTemp("", "recorder")
	if err != nil {
		b.Fatal(err)
	}
	million = filepath.Join(dir, "million.rtcrec")
	file, err := os.Create(million)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriterSize(file, 1<<20)
	if err := writeSession(out, events); err != nil {
		b.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	return million
}

// BenchmarkMillionRead is the yardstick: a Reader from the beginning to the end.
func BenchmarkMillionRead(b *testing.B) {
	path := millionEvents(b)
	for b.Loop() {
		r, err := recorder.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		r.Close()
	}
}

// BenchmarkMillionFirstScreen opens the recording and reads its first and, from the end of the file, how it ended.
func BenchmarkMillionFirstScreen(b *testing.B) {
	path := millionEvents(b)
	for b.Loop() {
		r, err := recorder.Load(path)
		if err != nil {
			b.Fatal(err)
		}
		for n := 1; n <= 60; n++ {
			if _, err := r.Event(n); err != nil {
				b.Fatal(err)
			}
		}
		if _, ok := r.End(); !ok {
			b.Fatal("no end")
		}
		r.Close()
	}
}

// BenchmarkMillionLoad loads the recording to its end.
func BenchmarkMillionLoad(b *testing.B) {
	path := millionEvents(b)
	var memory, events float64
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r, err := recorder.Load(path)
		if err != nil {
			b.Fatal(err)
		}
		<-r.Done()
		if err := r.Err(); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		memory, events = float64(after.HeapAlloc-before.HeapAlloc), float64(r.Len())
		r.Close()
	}
	b.ReportMetric(memory/events, "B/event")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}

// loadMillion loads the recording for a benchmark.
func loadMillion(b *testing.B) *recorder.Recording {
	b.Helper()
	r, err := recorder.Load(millionEvents(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	<-r.Done()
	return r
}

func BenchmarkMillionEvent(b *testing.B) {
	r := loadMillion(b)
	random := rand.New(rand.NewPCG(1, 2))
	slowest := newSlowest(b)
	for b.Loop() {
		slowest.time(func() {
			if _, err := r.Event(1 + random.IntN(r.Len())); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkMillionState(b *testing.B) {
	r := loadMillion(b)
	random := rand.New(rand.NewPCG(1, 2))
	slowest := newSlowest(b)
	for b.Loop() {
		slowest.time(func() {
			if _, _, err := r.StateAt(sessionPeers[random.IntN(2)], 1+random.IntN(r.Len())); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkMillionScan looks for the next event of a kind that there is none of.
func BenchmarkMillionScan(b *testing.B) {
	r := loadMillion(b)
	for b.Loop() {
		for n, e := range r.Forward(1) {
			if e.Kind == recorder.KindRTCP {
				b.Fatal(n)
			}
		}
	}
}

func BenchmarkMillionDensity(b *testing.B) {
	r := loadMillion(b)
	end := r.Entry(r.Len()).Time
	for b.Loop() {
		if counts := r.Density(0, end, 200); len(counts) != 200 {
			b.Fatal(fmt.Sprint(counts))
		}
	}
}

// slowest reports the slowest of many operations.
type slowest struct{ longest time.Duration }

func newSlowest(b *testing.B) *slowest {
	s := new(slowest)
	b.Cleanup(func() { b.ReportMetric(float64(s.longest.Microseconds())/1e3, "ms-slowest") })
	return s
}

func (s *slowest) time(f func()) {
	begin := time.Now()
	f()
	s.longest = max(s.longest, time.Since(begin))
}
