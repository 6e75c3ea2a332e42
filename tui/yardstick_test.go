package tui

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// BenchmarkFind looks for something in the whole of a million events: what the
// index decides, what a member of the data does, and words.
func BenchmarkFind(b *testing.B) {
	r, err := recorder.Load(millionEvents(b))
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	<-r.Done()
	for _, text := range []string{"kind:packet-dropped", "reason:loss", `"no route"`} {
		f, err := filter.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				<-filter.Find(r, f).Done()
			}
		})
	}
}

// BenchmarkYardstick does with less and jq what people do without an inspector,
// on the same events: less gets to the end of the lines, and jq picks some of
// them. Both have the text decompressed already.
func BenchmarkYardstick(b *testing.B) {
	text := filepath.Join(b.TempDir(), "million.jsonl")
	file, err := os.Open(millionEvents(b))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	reader, err := zstd.NewReader(file)
	if err != nil {
		b.Fatal(err)
	}
	defer reader.Close()
	out, err := os.Create(text)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := reader.WriteTo(out); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("less to the end", func(b *testing.B) {
		if _, err := exec.LookPath("less"); err != nil {
			b.Skip("SKIPPED: there is no less")
		}
		for b.Loop() {
			command := exec.Command("less", "-S", "+G", text)
			screen, err := pty.StartWithSize(command, &pty.Winsize{Cols: 200, Rows: 60})
			if err != nil {
				b.Fatal(err)
			}
			var seen bytes.Buffer
			for buffer := make([]byte, 1<<16); !bytes.Contains(seen.Bytes(), []byte("(END)")); {
				n, err := screen.Read(buffer)
				if err != nil {
					b.Fatal(err)
				}
				seen.Write(buffer[:n])
			}
			screen.Write([]byte("q"))
			command.Wait()
			screen.Close()
		}
	})
	b.Run("jq", func(b *testing.B) {
		if _, err := exec.LookPath("jq"); err != nil {
			b.Skip("SKIPPED: there is no jq")
		}
		for b.Loop() {
			if err := exec.Command("jq", "-c", `select(.kind == "packet-dropped" and .data.reason == "loss") | .seq`, text).Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open to the end", func(b *testing.B) {
		for b.Loop() {
			begin := time.Now()
			r, err := recorder.Load(millionEvents(b))
			if err != nil {
				b.Fatal(err)
			}
			<-r.Done()
			b.ReportMetric(time.Since(begin).Seconds(), "s")
			r.Close()
		}
	})
}
