package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// TestDeterminism runs one scenario wherever and however it may run. The recordings must be the same to the last byte
// (before compression, which depends on when the file was flushed).
func TestDeterminism(t *testing.T) {
	t.Parallel()
	dir := write(t, "call.yaml", call)
	rtcsim(t, dir, "run", "call.yaml", "-o", "first.rtcrec").want(t, exitOK, "", "")
	want := text(t, filepath.Join(dir, "first.rtcrec"))

	same := func(t *testing.T, path string) {
		t.Helper()
		got := text(t, path)
		if bytes.Equal(got, want) {
			return
		}
		a, b := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
		for i := range min(len(a), len(b)) {
			if !bytes.Equal(a[i], b[i]) {
				t.Fatalf("line %d differs:\n%s\nwant:\n%s", i+1, b[i], a[i])
			}
		}
		t.Fatalf("%d lines, want %d", len(b), len(a))
	}
	process := func(t *testing.T, cmd *exec.Cmd) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "again.rtcrec")
		cmd.Args = append(cmd.Args, "-o", out)
		execute(t, cmd).want(t, exitOK, "", "")
		same(t, out)
	}

	t.Run("one process", func(t *testing.T) {
		r := newRunner(t)
		header := r.Header("call.yaml", []byte(call), 1, recorder.Options{Packets: recorder.PacketsFull})
		again := func(path string) error {
			_, _, err := r.Record(context.Background(), path, header, sandbox.Limits{}, nil)
			return err
		}
		for i := range 10 {
			path := filepath.Join(t.TempDir(), "again.rtcrec")
			if err := again(path); err != nil {
				t.Fatal(err)
			}
			t.Log("run", i)
			same(t, path)
		}
		dir := t.TempDir()
		errs := make([]error, 10)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = again(filepath.Join(dir, fmt.Sprint(i))) })
		}
		wg.Wait()
		for i, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
			same(t, filepath.Join(dir, fmt.Sprint(i)))
		}
	})

	t.Run("processes", func(t *testing.T) {
		for i := range 20 {
			cmd := exec.Command("rtcsim", "run", "call.yaml")
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), fmt.Sprint("GOMAXPROCS=", 1+i%2))
			process(t, cmd)
		}
	})

	t.Run("busy machine", func(t *testing.T) {
		for range 4 {
			spin := exec.Command("spin")
			stdin, err := spin.StdinPipe() // whose end ends it
			if err != nil {
				t.Fatal(err)
			}
			if err := spin.Start(); err != nil {
				t.Fatal(err)
			}
			defer spin.Wait()
			defer stdin.Close()
		}
		for range 3 {
			cmd := exec.Command("rtcsim", "run", "call.yaml")
			cmd.Dir = dir
			process(t, cmd)
		}
	})

	t.Run("another folder", func(t *testing.T) {
		other := t.TempDir()
		path, err := filepath.Rel(other, filepath.Join(dir, "call.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("rtcsim", "run", path)
		cmd.Dir = other
		process(t, cmd)
	})

	t.Run("another environment", func(t *testing.T) {
		cmd := exec.Command("rtcsim", "run", "call.yaml")
		cmd.Dir = dir
		cmd.Env = append(guestEnv(t),
			"PATH="+os.Getenv("PATH"), // for the go command
			"TZ=Pacific/Chatham",
			"LANG=tr_TR.UTF-8",
			"LC_ALL=tr_TR.UTF-8",
			"GOGC=7",
			"GOMEMLIMIT=64MiB",
			"GODEBUG=randautoseed=0,asynctimerchan=1",
			"PION_LOG_TRACE=all",
			"odd name=two\nlines, a \xff and an =",
		)
		process(t, cmd)
	})

	t.Run("race detector", func(t *testing.T) {
		// This binary may have been built either way. The other way is the one to compare with.
		with := []string{"-race=true", "-race=false"}[boolToInt(raceEnabled())]
		if with == "-race=true" {
			if _, err := exec.LookPath(compiler(t)); err != nil {
				t.Skipf("SKIPPED: the race detector needs a C compiler: %v", err)
			}
		}
		binary := filepath.Join(t.TempDir(), "rtcsim")
		if out, err := exec.Command("go", "build", with, "-buildvcs=false", "-o", binary, ".").CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", with, err, out)
		}
		for range 2 {
			cmd := exec.Command(binary, "run", "call.yaml")
			cmd.Dir = dir
			process(t, cmd)
		}
	})

	t.Run("another seed", func(t *testing.T) {
		rtcsim(t, dir, "run", "call.yaml", "--seed", "2", "-o", "second.rtcrec").want(t, exitOK, "", "")
		first, a := readRecording(t, filepath.Join(dir, "first.rtcrec"))
		second, b := readRecording(t, filepath.Join(dir, "second.rtcrec"))
		if a.Digest == b.Digest {
			t.Error("the digest is the same with another seed")
		}
		// The seed itself is in the first event. It must reach the packets, too.
		if x, y := payloads(t, first), payloads(t, second); x == y {
			t.Error("the packets are the same with another seed")
		}
	})
}

// text returns a recording's decompressed text.
func text(t *testing.T, path string) []byte {
	t.Helper()
	return bytes.Join(unpack(t, path), []byte("\n"))
}

// payloads returns what all packets carry.
func payloads(t *testing.T, events []recorder.Event) string {
	t.Helper()
	var all strings.Builder
	for _, e := range events {
		if e.Kind == recorder.KindPacketSent {
			all.Write(decode[recorder.PacketSent](t, e).Payload)
		}
	}
	if all.Len() == 0 {
		t.Fatal("there are no packets")
	}
	return all.String()
}

func newRunner(t *testing.T) *runner.Runner {
	t.Helper()
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// raceEnabled tells whether this binary was built with the race detector.
func raceEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compiler returns the C compiler that the go command would use.
func compiler(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	return name
}
