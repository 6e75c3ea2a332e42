package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rtcsim/rtcsim/internal/runner"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata with what the tests see")

// TestMain makes this binary the command rtcsim, too: for the scripts, and for every test that needs a process.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rtcsim": main,
		// spin keeps a processor busy until its standard input ends.
		"spin": func() {
			go func() {
				io.Copy(io.Discard, os.Stdin)
				os.Exit(0)
			}()
			for n := uint(0); ; n++ {
			}
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	needGuest(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for _, v := range guestEnv(t) {
				name, value, _ := strings.Cut(v, "=")
				env.Setenv(name, value)
			}
			env.Setenv("SCENARIOS", absolute(t, "../../scenarios"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    scriptExits,
			"unpack":   scriptUnpack,
			"json":     scriptJSON,
			"timeless": scriptTimeless,
			"head":     scriptHead,
			"cut":      scriptCut,
		},
	})
}

// scriptExits is "exits STATUS COMMAND…": like exec, for a command that fails with this very status.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// scriptUnpack is "unpack RECORDING FILE": it writes the lines of a recording, without their checks, to the file.
func scriptUnpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unpack recording file")
	}
	lines, err := readLines(ts.MkAbs(args[0]))
	ts.Check(err)
	var out bytes.Buffer
	for _, line := range lines {
		out.Write(withoutCheck(line))
		out.WriteByte('\n')
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o666))
}

// scriptCut is "cut RECORDING FILE": it writes the first half of the recording's lines, with their checks, to the file.
func scriptCut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut recording file")
	}
	lines, err := readLines(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(writeLines(ts.MkAbs(args[1]), lines[:len(lines)/2]))
}

// scriptJSON is "json FILE": every line of the file must be a JSON object or array.
func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: json file")
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	for i, line := range lines {
		if !json.Valid([]byte(line)) || !strings.ContainsAny(line[:1], "{[") {
			ts.Fatalf("%s:%d: no JSON: %s", args[0], i+1, line)
		}
	}
}

// times finds what depends on the clock on the wall in the reports of a suite and in its summary.
var times = regexp.MustCompile(`("wall":)[0-9]+|( time=")[0-9.]+" *|(\d+ cases?.*  )[0-9.]+m?s$|(time +).*(; .* virtual)|^( +)[0-9.]+m?s(  .* seed=)`)

// scriptTimeless is "timeless FILE…": it takes the times out of reports and summaries.
func scriptTimeless(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: timeless file...")
	}
	for _, file := range args {
		var out strings.Builder
		for line := range strings.Lines(ts.ReadFile(file)) {
			if strings.HasPrefix(line, "slowest") {
				break // and what is behind it
			}
			out.WriteString(times.ReplaceAllString(strings.TrimSuffix(line, "\n"), "$1$2$3$4$5"))
			out.WriteByte('\n')
		}
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(out.String()), 0o666))
	}
}

// scriptHead is "head -c BYTES FROM TO": it copies the beginning of a file.
func scriptHead(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: head -c bytes from to")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := ts.ReadFile(args[2])
	if len(text) <= n {
		ts.Fatalf("%s has only %d bytes", args[2], len(text))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(text[:n]), 0o666))
}

// needGuest sees to it that the guest is built and compiled, so that no test waits for it.
func needGuest(t *testing.T) {
	t.Helper()
	if err := guestReady(); err != nil {
		t.Fatal(err)
	}
}

var guestReady = sync.OnceValue(func() error {
	r, err := runner.New(context.Background(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		return err
	}
	return r.Close()
})

// guestEnv returns what a process needs in its environment to find the guest and, where it must, to build it.
func guestEnv(t *testing.T) []string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOPATH", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	env := []string{"HOME=" + home, "XDG_CACHE_HOME=" + cache}
	for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		env = append(env, []string{"GOPATH=", "GOCACHE=", "GOMODCACHE="}[i]+value)
	}
	return env
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// result is what a process did.
type result struct {
	status         int
	stdout, stderr string
}

func (r result) String() string {
	return fmt.Sprintf("exit status %d\nstdout:\n%s\nstderr:\n%s", r.status, r.stdout, r.stderr)
}

// rtcsim runs the command in a folder and returns what it did. What no command may ever do fails the test here.
func rtcsim(t *testing.T, dir string, args ...string) result {
	t.Helper()
	needGuest(t)
	cmd := exec.Command("rtcsim", args...)
	cmd.Dir = dir
	return execute(t, cmd)
}

func execute(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	r.noHostPanic(t)
	return r
}

// noHostPanic fails the test if rtcsim itself died. A guest that dies leaves its stack on stderr, with its own path.
func (r result) noHostPanic(t *testing.T) {
	t.Helper()
	if strings.HasPrefix(r.stderr, "panic:") || strings.Contains(r.stderr, "\npanic:") || strings.Contains(r.stderr, "main.main()") {
		t.Fatalf("rtcsim panicked: %v", r)
	}
}

// want checks the exit status and that stdout and stderr contain what is given for them.
func (r result) want(t *testing.T, status int, stdout, stderr string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d", r.status, status)
	}
	if !strings.Contains(r.stdout, stdout) {
		t.Errorf("stdout does not contain %q", stdout)
	}
	if !strings.Contains(r.stderr, stderr) {
		t.Errorf("stderr does not contain %q", stderr)
	}
	if t.Failed() {
		t.Fatalf("it was: %v", r)
	}
}

// call is the scenario that most tests run: two peers connect, and two seconds pass.
const call = `name: A short call
limit: 2s
network:
  home: {link: {delay: 20ms}}
peers: {alice: {network: home}, bob: {}}
steps:
  - alice: createDataChannel
    with: {label: chat}
  - negotiate: alice -> bob
handlers:
  - on: {peer: bob, channel: chat, event: open}
    do:
      - bob.chat: send
        with: {data: "hi <&> there"}
expect:
  - alice received "hi <&> there" on chat
  - bob.connectionState == "connected"
`

// write writes a scenario to a new folder and returns the folder.
func write(t *testing.T, name, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}
