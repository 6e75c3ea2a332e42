package tui

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// million is the recording that the benchmarks look at, made once.
var million string

func millionEvents(b *testing.B) string {
	b.Helper()
	if million != "" {
		return million
	}
	events := 1_000_000
	if testing.Short() {
		events /= 20
	}
	dir, err := os.MkdirTemp("", "inspector")
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
	if err := new(longCall).write(out, 2, events); err != nil {
		b.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	return million
}

// inspectMillion opens the recording and waits until all of it is there.
func inspectMillion(b *testing.B) *Model {
	b.Helper()
	r, err := recorder.Load(millionEvents(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close() })
	<-r.Done()
	m := New(r, Options{Name: "million.rtcrec", Renderer: colours()})
	b.Cleanup(m.Close)
	begin := time.Now()
	<-m.problems.Done()
	b.Logf("problems: %v", time.Since(begin))
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	m.Update(loadMsg{})
	return m
}

// BenchmarkOpen is the time to the first picture.
func BenchmarkOpen(b *testing.B) {
	path := millionEvents(b)
	for b.Loop() {
		r, err := recorder.Load(path)
		if err != nil {
			b.Fatal(err)
		}
		m := New(r, Options{Name: "million.rtcrec", Renderer: colours()})
		m.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
		if m.View() == "" {
			b.Fatal("no picture")
		}
		b.StopTimer()
		r.Close()
		b.StartTimer()
	}
}

// BenchmarkKeys presses each key at the beginning, in the middle and at the end, at each zoom, with the
// picture that follows, and reports the slowest.
func BenchmarkKeys(b *testing.B) {
	m := inspectMillion(b)
	all := bindings(m.keys)
	for name, binding := range all {
		if name == "Quit" || name == "Play" {
			continue
		}
		for z := range zooms {
			b.Run(name+"/"+z.String(), func(b *testing.B) {
				var slowest time.Duration
				for b.Loop() {
					for _, n := range []int{1, m.recording.Len() / 2, m.recording.Len()} {
						m.lanes.scope.zoom = z
						m.moveTo(n)
						m.View()
						begin := time.Now()
						m.Update(keyMsg(binding.Keys()[0]))
						m.View()
						slowest = max(slowest, time.Since(begin))
						m.help, m.asking, m.waiting, m.focus, m.alone = help{}, false, 0, 0, false
						clear(m.lanes.scope.hiddenKinds)
						clear(m.lanes.scope.hiddenPeers)
					}
				}
				b.ReportMetric(float64(slowest.Microseconds())/1e3, "ms-slowest")
			})
		}
	}
}
