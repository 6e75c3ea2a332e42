package rtcsimtest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario/rtcsimtest"
)

// collect is an option that notes which cases were run.
type collect struct {
	mu    sync.Mutex
	cases []string
}

func (c *collect) option() rtcsimtest.Option {
	return rtcsimtest.Check(func(t *testing.T, s *rtcsimtest.Session) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cases = append(c.cases, fmt.Sprintf("%s %s %d %s", s.Scenario, s.Variant, s.Seed, t.Name()))
		if end, ok := s.Recording.End(); !ok || end.Outcome != recorder.OutcomePassed {
			t.Errorf("the recording ends with %v", end)
		}
	})
}

func (c *collect) want(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(c.cases)
	if diff := cmp.Diff(want, c.cases); diff != "" {
		t.Errorf("the cases: -want +got:\n%s", diff)
	}
}

func TestRun(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	var seen collect
	t.Run("all", func(t *testing.T) {
		rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Seeds(2), rtcsimtest.Keep(keep), rtcsimtest.Verify("all"), seen.option())
	})
	want := []string{
		"testdata/call.yaml delay=0ms 1 TestRun/all/call/delay=0ms/seed=1",
		"testdata/call.yaml delay=0ms 2 TestRun/all/call/delay=0ms/seed=2",
		"testdata/call.yaml delay=40ms 1 TestRun/all/call/delay=40ms/seed=1",
		"testdata/call.yaml delay=40ms 2 TestRun/all/call/delay=40ms/seed=2",
	}
	if testing.Short() {
		want = []string{want[0], want[2]}
	}
	seen.want(t, want...)
	if _, err := os.Stat(keep); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("cases that pass leave %s: %v", keep, err)
	}
}

func TestSelection(t *testing.T) {
	var seen collect
	rtcsimtest.Run(t, "testdata/[cf]*.yaml", rtcsimtest.Tags("chat"), rtcsimtest.Variants("delay=40ms"), rtcsimtest.SeedRange(7, 7), seen.option())
	seen.want(t, "testdata/call.yaml delay=40ms 7 TestSelection/call/delay=40ms/seed=7")
}

func TestLibrary(t *testing.T) {
	var seen collect
	rtcsimtest.Run(t, "closing/mdn-peerconnection-close", rtcsimtest.Golden(), seen.option())
	seen.want(t, "closing/mdn-peerconnection-close  1 TestLibrary/mdn-peerconnection-close/seed=1")
}

func TestRecord(t *testing.T) {
	r := rtcsimtest.Record(t, "testdata/call.yaml", rtcsimtest.Variants("delay=40ms"))
	state, known, err := r.StateAt("bob", r.Len())
	if err != nil || !known || state.ConnectionState != "connected" {
		t.Errorf("bob is %q, %v", state.ConnectionState, err)
	}
}

// failing is the environment variable that has these tests run, in a process of their own. Its value is the folder for
// their recordings.
const failing = "RTCSIMTEST_FAILING"

// TestFailing fails, each time in another way.
func TestFailing(t *testing.T) {
	keep := os.Getenv(failing)
	if keep == "" {
		t.Skip("TestFailures runs it")
	}
	t.Run("expectation", func(t *testing.T) { rtcsimtest.Run(t, "testdata/failing.yaml", rtcsimtest.Keep(keep)) })
	t.Run("golden", func(t *testing.T) {
		rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Variants("delay=0ms"), rtcsimtest.Golden(), rtcsimtest.Keep(keep))
	})
	t.Run("check", func(t *testing.T) {
		rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Variants("delay=0ms"), rtcsimtest.Keep(keep),
			rtcsimtest.Check(func(t *testing.T, s *rtcsimtest.Session) { t.Fatal("this is not what I want") }))
	})
	t.Run("wrong", func(t *testing.T) { rtcsimtest.Run(t, "testdata/wrong.yaml") })
	t.Run("none", func(t *testing.T) { rtcsimtest.Run(t, "testdata/cal.yaml") })
	t.Run("several", func(t *testing.T) { rtcsimtest.Record(t, "testdata/call.yaml") })
	t.Run("artifacts", func(t *testing.T) { rtcsimtest.Run(t, "testdata/failing.yaml") })
}

// TestFailures looks at what tests say that fail, and at what they leave.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	keep, out := filepath.Join(dir, "kept"), filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailing$", "-test.artifacts", "-test.outputdir="+out)
	cmd.Env = append(os.Environ(), failing+"="+keep)
	b, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("it ended with %v:\n%s", err, b)
	}
	// How far lines are indented is up to package testing.
	var text string
	for line := range strings.Lines(strings.ReplaceAll(string(b), dir, "$DIR")) {
		text += strings.TrimLeft(line, " ")
	}
	for _, want := range []string{
		`--- FAIL: TestFailing/expectation/failing/seed=1 `,
		`testdata/failing.yaml seed=1 failed
bob received "hello" on chat
testdata/failing.yaml:9: - bob received "hello" on chat
at 2s: it did not happen
before it: `,
		`
replay: rtcsim replay $DIR/kept/TestFailing.expectation/testdata/failing.seed=1.rtcrec
again: rtcsim run testdata/failing.yaml
`,
		`
there is no golden text for delay=0ms, seed 1 in testdata/call.golden
to write it: rtcsim test --golden --update testdata/call.yaml, then read it
`,
		`: this is not what I want
`,
		`
replay: rtcsim replay $DIR/kept/TestFailing.check/testdata/call.delay=0ms.seed=1.rtcrec
again: rtcsim run testdata/call.yaml --variant delay=0ms
`,
		`: 1 of 1 scenarios wrong
testdata/wrong.yaml:4:12: unknown method "creatOffer" [unknown-method]
`,
		`: testdata/cal.yaml: no such file or folder`,
		`: Record takes one case, and these are 2: choose with Variants and SeedRange among
testdata/call.yaml delay=0ms seed=1
testdata/call.yaml delay=40ms seed=1
`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say\n%s", want)
		}
	}
	// It is said where the test is, and not in this package.
	for line := range strings.Lines(text) {
		if place, _, ok := strings.Cut(line, ".go:"); ok && place != "run_test" {
			t.Errorf("it speaks of another file: %s", line)
		}
	}
	for _, kept := range []string{
		filepath.Join(keep, "TestFailing.expectation/testdata/failing.seed=1.rtcrec"),
		filepath.Join(keep, "TestFailing.check/testdata/call.delay=0ms.seed=1.rtcrec"),
	} {
		if r, err := recorder.Load(kept); err != nil {
			t.Error(err)
		} else if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	var artifacts []string
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".rtcrec" {
			artifacts = append(artifacts, filepath.Base(path))
		}
		return err
	})
	if diff := cmp.Diff([]string{"failing.seed=1.rtcrec"}, artifacts); diff != "" || err != nil {
		t.Errorf("artifacts: %v\n%s", err, diff)
	}
	if t.Failed() {
		t.Logf("it says:\n%s", text)
	}
}
