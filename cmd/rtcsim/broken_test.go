package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBrokenScenarios runs every broken scenario that the scenario language is tested with, and expects the same words.
func TestBrokenScenarios(t *testing.T) {
	t.Parallel()
	dir := absolute(t, "../../scenario/testdata/errors")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 15 {
		t.Fatalf("there are %d broken scenarios, want 15 at least", len(files))
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(strings.TrimSuffix(file, ".yaml") + ".out")
			if err != nil {
				t.Fatal(err)
			}
			output := filepath.Join(t.TempDir(), "never.rtcrec")
			r := rtcsim(t, dir, "run", name, "-o", output)
			if got, want := strings.TrimSpace(r.stderr), "rtcsim: "+strings.TrimSpace(string(want)); got != want || r.stdout != "" || r.status != exitUsage {
				t.Errorf("want exit status %d and on stderr:\n%s\nit was: %v", exitUsage, want, r)
			}
			if strings.Contains(r.stderr, "goroutine ") {
				t.Errorf("there is a stack: %v", r)
			}
			if left, _ := filepath.Glob(output + "*"); left != nil {
				t.Errorf("it left %v", left)
			}
			validate := rtcsim(t, dir, "validate", name)
			validate.want(t, exitUsage, "", strings.TrimSpace(string(want)))
		})
	}
}
