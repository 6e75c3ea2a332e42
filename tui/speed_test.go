package tui

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/creack/pty"

	"github.com/rtcsim/rtcsim/internal/filter"
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

// BenchmarkView draws the picture, at each zoom.
func BenchmarkView(b *testing.B) {
	m := inspectMillion(b)
	for z := range zooms {
		b.Run(z.String(), func(b *testing.B) {
			m.lanes.scope.zoom = z
			m.moveTo(m.recording.Len() / 2)
			for b.Loop() {
				m.View()
			}
		})
	}
}

// BenchmarkStep goes to the next row, with the picture.
func BenchmarkStep(b *testing.B) {
	m := inspectMillion(b)
	for z := range zooms {
		b.Run(z.String(), func(b *testing.B) {
			m.lanes.scope.zoom = z
			m.moveTo(m.recording.Len() / 20)
			for b.Loop() {
				m.Update(keyMsg("j"))
				m.View()
			}
		})
	}
}

// The filters that BenchmarkFilter looks with, and what jq has for them.
var yardsticks = []struct{ name, filter, jq string }{
	{"kind", "kind:remark", `select(.kind=="remark")`},
	{"field", "kind:packet-sent size>1150", `select(.kind=="packet-sent" and .data.size>1150)`},
	{"text", `"an event after close"`, `select(.data.text // "" | contains("an event after close"))`},
}

// BenchmarkFilter looks for all events that a filter picks.
func BenchmarkFilter(b *testing.B) {
	m := inspectMillion(b)
	for _, y := range yardsticks {
		f, err := filter.Parse(y.filter)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(y.name, func(b *testing.B) {
			var found *filter.Matches
			for b.Loop() {
				found = filter.Find(m.recording, f)
				<-found.Done()
			}
			b.ReportMetric(float64(found.Count()), "found")
		})
	}
}

// BenchmarkYardstick does with jq and less what the inspector does, on the same
// events, decompressed.
func BenchmarkYardstick(b *testing.B) {
	file, err := os.ReadFile(millionEvents(b))
	if err != nil {
		b.Fatal(err)
	}
	lines := filepath.Join(filepath.Dir(million), "million.jsonl")
	if err := os.WriteFile(lines, []byte(decompress(b, file)), 0o644); err != nil {
		b.Fatal(err)
	}
	for _, y := range yardsticks {
		b.Run("jq "+y.name, func(b *testing.B) {
			for b.Loop() {
				need(b, "jq", "-c", y.jq, lines)
			}
		})
	}
	// To the first picture, and to the end and back.
	for name, keys := range map[string]string{"less open": "q", "less end": "Gq", "less find": "/\"remark\"\rq"} {
		b.Run(name, func(b *testing.B) {
			if _, err := exec.LookPath("less"); err != nil {
				b.Skip(err)
			}
			for b.Loop() {
				less := exec.Command("less", lines)
				less.Env = append(os.Environ(), "TERM=xterm-256color", "LESS=")
				terminal, err := pty.StartWithSize(less, &pty.Winsize{Cols: 200, Rows: 60})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := terminal.WriteString(keys); err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, terminal) // until it has ended
				less.Wait()
				terminal.Close()
			}
		})
	}
}

// need runs a program that may not be there.
func need(b *testing.B, name string, args ...string) {
	b.Helper()
	if _, err := exec.LookPath(name); err != nil {
		b.Skip(err)
	}
	if err := exec.Command(name, args...).Run(); err != nil {
		b.Fatal(err)
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
