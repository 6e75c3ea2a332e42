//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/joshdk/go-junit"

	"github.com/rtcsim/rtcsim/internal/suite"
)

// endless are scenarios of which there are three each. They are run in the order of their names, and the last ones take long.
var endless = map[string]string{
	"a-quick": "limit: 1s\npeers: {alice: {}}\n",
	"b-fails": "limit: 1s\npeers: {alice: {}}\nexpect: [alice.connectionState == \"connected\"]\n",
	"c-idle":  idle,
}

// startSuite starts a suite in a folder, and returns when so many results are in its report.
func startSuite(t *testing.T, results int) (cmd *exec.Cmd, dir string, stdout, stderr *strings.Builder) {
	t.Helper()
	needGuest(t)
	dir = t.TempDir()
	for name, text := range endless {
		for n := range 3 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", name, n)), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd = exec.Command("rtcsim", "test", ".", "--jobs", "1", "--verify", "none", "--junit", "results.xml", "--report", "report.jsonl")
	cmd.Dir = dir
	stdout, stderr = new(strings.Builder), new(strings.Builder)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	deadline := time.Now().Add(time.Minute)
	for {
		// Results are written as they come, so that there is nothing else to wait for than the file itself.
		if r := readResults(t, dir); r != nil && len(r.Results) >= results {
			return cmd, dir, stdout, stderr
		}
		if time.Now().After(deadline) {
			t.Fatalf("there are not %d results:\n%s%s", results, stdout, stderr)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// readResults reads the report in a folder; nil while there is none.
func readResults(t *testing.T, dir string) *suite.Reading {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "report.jsonl"))
	if err != nil {
		return nil
	}
	defer file.Close()
	r, err := suite.ReadReport(file)
	if err != nil {
		return nil // not even the header is there
	}
	return r
}

// junitHas sees that the JUnit file in a folder holds the results.
func junitHas(t *testing.T, dir string, results []*suite.Result) {
	t.Helper()
	suites, err := junit.IngestFile(filepath.Join(dir, "results.xml"))
	if err != nil || len(suites) != 1 {
		t.Fatalf("the JUnit file cannot be read: %v, %d suites", err, len(suites))
	}
	var got, want []string
	for _, test := range suites[0].Tests {
		got = append(got, fmt.Sprintf("%s.yaml %s: %t", test.Classname, test.Name, test.Error == nil))
	}
	for _, r := range results {
		want = append(want, fmt.Sprintf("%s: %t", r.Case, r.Outcome == suite.Passed))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the JUnit file has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSuiteInterrupted sees that a suite that is interrupted tells what was finished, in all its reports.
func TestSuiteInterrupted(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, dir, stdout, stderr := startSuite(t, 6)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFatal {
				t.Errorf("it ended with %v, want exit status %d", err, exitFatal)
			}
			if want := "✗ of 6 cases, 3 failed; 3 cases were not executed (interrupted)\n"; !strings.Contains(stdout.String(), want) {
				t.Errorf("%q is missing in\n%s", want, stdout)
			}
			if want := "rtcsim: interrupted: 6 of 9 cases executed\n"; !strings.HasSuffix(stderr.String(), want) {
				t.Errorf("stderr does not end with %q:\n%s", want, stderr)
			}
			r := readResults(t, dir)
			if r.Cut || r.Sums.Stopped != suite.StoppedInterrupted || len(r.Results) != 6 || r.Sums.Finished != 6 || r.Sums.Cases != 9 {
				t.Errorf("the report is cut: %t, with the sums %+v", r.Cut, r.Sums)
			}
			junitHas(t, dir, r.Results)
			kept, err := filepath.Glob(filepath.Join(dir, "rtcsim-failures", "*"))
			if err != nil || len(kept) != 3 {
				t.Errorf("kept are %v, %v", kept, err)
			}
			rtcsim(t, dir, "merge", "report.jsonl").want(t, exitFatal, "3 cases were not executed (interrupted)", "interrupted: 6 of 9 cases executed")
		})
	}
}

// TestSuiteKilled kills a suite without warning. All that was finished can be read, in all its reports.
func TestSuiteKilled(t *testing.T) {
	t.Parallel()
	for _, results := range []int{1, 4, 6} {
		t.Run(fmt.Sprint(results), func(t *testing.T) {
			t.Parallel()
			cmd, dir, _, _ := startSuite(t, results)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			r := readResults(t, dir)
			if r == nil || !r.Cut || len(r.Results) < results {
				t.Fatalf("the report is %+v", r)
			}
			suites, err := junit.IngestFile(filepath.Join(dir, "results.xml"))
			if err != nil || len(suites) != 1 {
				t.Fatalf("the JUnit file cannot be read: %v", err)
			}
			// A kill between the two files leaves the last result in one of them only.
			if n := len(suites[0].Tests); n < len(r.Results)-1 || n > len(r.Results) {
				t.Errorf("the JUnit file has %d results, and the report %d", n, len(r.Results))
			}
			m := rtcsim(t, dir, "merge", "report.jsonl", "--junit", "results.xml")
			m.want(t, exitFatal, "cases were not executed (interrupted)\n", "rtcsim: the report of shard 1/1 has no end: its run was killed\n")
			junitHas(t, dir, r.Results)
			if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); left != nil {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// TestSuiteProgress sees what a suite tells where there is no terminal: nothing but what does not pass.
func TestSuiteProgress(t *testing.T) {
	t.Parallel()
	dir := write(t, "fails.yaml", endless["b-fails"])
	r := rtcsim(t, dir, "test", ".", "--seeds", "2", "--jobs", "1")
	want := "rtcsim: ✗ fails.yaml seed=1 failed: alice.connectionState == \"connected\" (fails.yaml:3)\n" +
		"rtcsim: ✗ fails.yaml seed=2 failed: alice.connectionState == \"connected\" (fails.yaml:3)\n"
	// What is slow on a busy machine tells of itself, too.
	told := regexp.MustCompile(`(?m)^rtcsim: preparing the guest.*\n`).ReplaceAllString(r.stderr, "")
	if told != want || strings.Contains(r.stdout, "\x1b") {
		t.Errorf("it was: %v", r)
	}
}
