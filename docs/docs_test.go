// Package docs_test runs the documentation: README.md and the pages of docs/.
//
// A page is a story in a folder of its own, which is empty at the beginning. What its fenced blocks hold is done in
// their order, with rtcsim in PATH:
//
//   - A block whose first line names a file, as "# call.yaml" or "// call_test.go", is written to that file.
//   - A block of console has commands after "$ ", each followed by what it prints, stdout and stderr as they come. A
//     line that ends in a backslash goes on in the next. "…" on a line of its own stands for lines that are left out.
//     A command that fails is followed by "$ echo $?", so that readers see with what status.
//   - A block of sh has commands alone, one a line. They must succeed.
//   - Other blocks are for reading. Each says what it is: text, if nothing else.
//
// What the output may differ in from what is written is in [masks], which commands are not run is in [notRun].
//
//	go test ./docs -update
//
// writes the outputs anew.
package docs_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the outputs of commands in README.md and docs/*.md with what they print")

// notRun are the commands that the test leaves out, by what they begin with.
var notRun = []struct{ command, why string }{
	{"git clone ", "the test is in a clone"},
	{"go run ./cmd/rtcsim", "the test has built rtcsim, and runs the same command with it"},
	{"go install ", "the test has built rtcsim and has it in PATH"},
	{"export PATH=", "it is for the program that go install installs"},
	{"source <(rtcsim completion", "it is for an interactive shell"},
	{"go generate ./internal/sandbox && ", "it would build a guest and a program of 60 MB: TestEmbedded of internal/sandbox is for that"},
	{".ci/run", "it runs this test"},
	{"go test ", "tests that run tests have no end, and benchmarks take long"},
	{"kubectl ", "there is no cluster"},
	{"until kubectl ", "there is no cluster"},
	{"rtcsim inspect ", "it needs a terminal; package tui tests it in one"},
	{"rtcsim learn ", "it needs a terminal; package tui tests it in one"},
}

// masks are what may differ between what is written and what is printed, since it belongs to the machine, the moment
// or the build. Whatever a pattern finds is the same as everything else that it finds.
var masks = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"digests", regexp.MustCompile(`\b[0-9a-f]{16,64}\b|"check":"[0-9a-f]{8}"`)},
	{"wall times", regexp.MustCompile(`\S+ on the wall, \S+ runs a second(, \d+ at once)?`)},
	{"wall times", regexp.MustCompile(`(?: cases?|pass)  (\d+m)?\d+(\.\d+)?(ms|s)$`)},
	{"wall times", regexp.MustCompile(`\b(\d+m)?\d+(\.\d+)?(ns|µs|ms|s|m) on the wall( \(.* as fast\))?`)},
	{"memory", regexp.MustCompile(`\b\d+(\.\d+)? (KiB|MiB|GiB)\b`)},
	{"versions of Go", regexp.MustCompile(`\bgo1\.\d+(\.\d+)?\b`)},
}

// progress are the lines on stderr that only come if something takes long.
var progress = regexp.MustCompile(`(?m)^rtcsim: .*( \(usually about .*\)|: still at it after .*|: done in .*| a second, about .* left)\n`)

// TestPages runs the documentation.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	var needed sync.Map // entries of notRun
	t.Run("page", func(t *testing.T) {
		for _, file := range append([]string{"../README.md"}, pages...) {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				p, err := readPage(file)
				if err != nil {
					t.Fatal(err)
				}
				p.run(t, &needed)
			})
		}
	})
	if t.Failed() || flag.Lookup("test.run").Value.String() != "" {
		return // not all pages have been run
	}
	for _, n := range notRun {
		if _, ok := needed.Load(n.command); !ok {
			t.Errorf("notRun has %q, but no page has it", n.command)
		}
	}
}

// run does what the page says, and compares what it prints; with -update it rewrites the page instead.
func (p *page) run(t *testing.T, needed *sync.Map) {
	dir := t.TempDir()
	sh := &shell{dir: dir}
	for _, b := range p.blocks {
		if b.file != "" {
			file := filepath.Join(dir, filepath.FromSlash(b.file))
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(b.text()), 0o666)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for i, c := range b.commands {
			where := fmt.Sprintf("%s:%d: %s", p.file, c.line, c.text)
			if n := leftOut(c.text); n != "" {
				needed.Store(n, true)
				t.Logf("%s: not run", where)
				continue
			}
			printed := sh.run(t, c.text)
			told := i+1 < len(b.commands) && b.commands[i+1].text == "echo $?"
			if sh.status != 0 && !told {
				t.Errorf("%s: exit status %d, and no '$ echo $?' after it\n%s", where, sh.status, strings.Join(printed, "\n"))
			}
			if b.language == "sh" {
				continue
			}
			if same(c.output, printed) {
				continue
			}
			rewritten, err := rewrite(c.output, printed)
			switch {
			case err != nil:
				t.Errorf("%s: %v; it printed\n%s", where, err, strings.Join(printed, "\n"))
			case *update:
				c.output = rewritten
			default:
				t.Errorf("%s: it prints something else; if that is right: go test ./docs -update (-written +printed)\n%s", where, cmp.Diff(mask(c.output), mask(rewritten)))
			}
		}
	}
	if *update {
		if err := p.write(); err != nil {
			t.Fatal(err)
		}
	}
}

// leftOut returns the entry of notRun that a command has, if any.
func leftOut(command string) string {
	for _, n := range notRun {
		if strings.HasPrefix(command, n.command) {
			return n.command
		}
	}
	return ""
}

// shell runs commands, one after the other.
type shell struct {
	dir    string
	status int // of the last command
}

// run runs a command and returns the lines that it printed.
func (s *shell) run(t *testing.T, command string) []string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", fmt.Sprintf("(exit %d)\n%s", s.status, command))
	cmd.Dir = s.dir
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "GITHUB_ACTIONS" && name != "GITHUB_STEP_SUMMARY" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "LC_ALL=C.UTF-8")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	s.status = cmd.ProcessState.ExitCode()
	text := strings.TrimSuffix(progress.ReplaceAllString(out.String(), ""), "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

// bin is the folder for what the pages have in PATH.
var bin string

// build builds rtcsim, and sees to it that its guest is in the cache.
var build = sync.OnceValue(func() error {
	// The go command keeps the result of a test until something changes that the test has looked at.
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		return err
	}
	program := filepath.Join(bin, "rtcsim")
	for _, cmd := range []*exec.Cmd{
		exec.Command("go", "build", "-o", program, "../cmd/rtcsim"),
		exec.Command(program, "version"),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", cmd, err, out)
		}
	}
	return nil
})

func TestMain(m *testing.M) {
	var err error
	if bin, err = os.MkdirTemp("", "rtcsim-docs-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(bin)
	os.Exit(status)
}
