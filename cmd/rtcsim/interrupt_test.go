//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// idle is a scenario whose run takes long: two peers connect and keep the connection alive for a day.
const idle = `limit: 24h
network:
  home: {link: {delay: 20ms}}
peers: {alice: {network: home}, bob: {}}
steps:
  - alice: createDataChannel
    with: {label: chat}
  - negotiate: alice -> bob
`

// startIdle starts the idle scenario in a folder and returns when the peers are connected.
func startIdle(t *testing.T, dir string) (cmd *exec.Cmd, stderr *strings.Builder) {
	t.Helper()
	needGuest(t)
	cmd = exec.Command("rtcsim", "run", "call.yaml")
	cmd.Dir = dir
	stderr = new(strings.Builder)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.HasSuffix(lines.Text(), "bob       connectionstatechange connected") {
			go io.Copy(io.Discard, stdout) // until it ends
			return cmd, stderr
		}
	}
	t.Fatalf("it never connected: %v\n%s", cmd.Wait(), stderr)
	return nil, nil
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := write(t, "call.yaml", idle)
			cmd, stderr := startIdle(t, dir)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFatal {
				t.Errorf("it ended with %v, want exit status %d", err, exitFatal)
			}
			if !regexp.MustCompile(`(?m)^rtcsim: interrupted at virtual time .*\nwhat happened until then is in call\.rtcrec$`).MatchString(stderr.String()) {
				t.Errorf("stderr is %q", stderr)
			}
			path := filepath.Join(dir, "call.rtcrec")
			if _, err := os.Stat(path + ".part"); !os.IsNotExist(err) {
				t.Errorf("the unfinished recording is still there: %v", err)
			}
			events, end := readRecording(t, path)
			if end.Outcome != recorder.OutcomeInterrupted || end.Events != uint64(len(events)) || end.Time <= 0 {
				t.Errorf("the end is %+v after %d events", end, len(events))
			}
			if last := events[len(events)-1]; last.Kind == recorder.KindEnd {
				t.Error("the session came to its own end")
			}
			rtcsim(t, dir, "replay", path).want(t, exitOK, "(the recorded run was stopped: interrupted)\n", "")
		})
	}
}

// TestKill kills a run without warning. What it had flushed can be read.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := write(t, "call.yaml", idle)
	cmd, _ := startIdle(t, dir)
	part := filepath.Join(dir, "call.rtcrec.part")
	// The writer flushes by the clock on the wall, so that there is nothing else to wait for than the file itself.
	deadline := time.Now().Add(30 * time.Second)
	for readable(t, part) < 100 {
		if time.Now().After(deadline) {
			t.Fatal("the recording does not grow")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	n := readable(t, part)
	if n < 100 {
		t.Errorf("%d events can be read after it was killed, want 100 at least", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "call.rtcrec")); !os.IsNotExist(err) {
		t.Errorf("there is a recording without an end: %v", err)
	}
	r := rtcsim(t, dir, "replay", part)
	r.want(t, exitFatal, "events that the recording still holds are the same\n", "call.rtcrec.part: the recording is cut off after event ")
}

// readable returns how many events of an unfinished recording can be read.
func readable(t *testing.T, path string) int {
	t.Helper()
	r, err := recorder.Open(path)
	if err != nil {
		return 0 // not even the header was flushed
	}
	defer r.Close()
	n := 0
	for {
		_, err := r.Next()
		if err != nil {
			var cut *recorder.CutError
			if !errors.As(err, &cut) || cut.After != uint64(n) || cut.Err != io.ErrUnexpectedEOF {
				t.Fatalf("after %d events: %v", n, err)
			}
			return n
		}
		n++
	}
}
