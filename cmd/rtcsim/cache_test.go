package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// TestEmptyCache starts rtcsim several times at once where no guest is cached. One of them builds it, for all.
func TestEmptyCache(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: it builds the guest")
	}
	needGuest(t) // so that the go command has all but the link in its own cache
	cache := t.TempDir()
	version := func() *exec.Cmd {
		cmd := exec.Command("rtcsim", "version")
		cmd.Env = append(os.Environ(), guestEnv(t)...)
		cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cache)
		return cmd
	}
	cmds := []*exec.Cmd{version(), version(), version()}
	results := make([]result, len(cmds))
	var wg sync.WaitGroup
	for i, cmd := range cmds {
		wg.Go(func() {
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.Run()
			results[i] = result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
		})
	}
	wg.Wait()
	building := regexp.MustCompile(`(?m)^rtcsim: building the guest from .* \(usually about .*\)\n(rtcsim: .*\n)*rtcsim: building the guest from .*: done in `)
	built := 0
	for _, r := range results {
		r.want(t, exitOK, "guest    sha256:", "")
		if r.stdout != results[0].stdout {
			t.Errorf("two say different things: %v\n%v", r, results[0])
		}
		if building.MatchString(r.stderr) {
			built++
		}
	}
	if built > 1 { // none says so where it is built in no time
		t.Errorf("%d built the guest, want 1: %v", built, results)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "rtcsim/guest/*.wasm*")); len(left) != 1 {
		t.Errorf("the cache has the guests %v, want one", left)
	}

	// And from then on nobody does.
	r := execute(t, version())
	r.want(t, exitOK, results[0].stdout, "")
	if strings.Contains(r.stderr, "building") {
		t.Errorf("it built the guest again: %v", r)
	}
	if here := rtcsim(t, "", "version"); here.stdout != r.stdout {
		t.Errorf("a guest built anew is another one: %v\n%v", r, here)
	}
}
