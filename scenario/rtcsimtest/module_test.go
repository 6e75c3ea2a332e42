package rtcsimtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestModule tests a project that requires rtcsim as a module.
func TestModule(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it builds a project's tests")
	}
	rtcsim, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// With what rtcsim itself requires, nothing is to be looked up.
	required := regexp.MustCompile(`(?ms)^require \(.*?^\)$`).FindAll(read(filepath.Join(rtcsim, "go.mod")), -1)
	module := fmt.Sprintf("module example.com/call\n\ngo 1.26\n\nrequire github.com/rtcsim/rtcsim v0.0.0\n\nreplace github.com/rtcsim/rtcsim => %q\n", rtcsim)
	for _, block := range required {
		module += "\n" + string(block) + "\n"
	}
	dir := t.TempDir()
	for path, text := range map[string][]byte{
		"go.mod":             []byte(module),
		"go.sum":             read(filepath.Join(rtcsim, "go.sum")),
		"testdata/call.yaml": read("testdata/call.yaml"),
		"call_test.go": []byte(`package call

import (
	"testing"

	"github.com/rtcsim/rtcsim/scenario/rtcsimtest"
)

func TestCall(t *testing.T) { rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Seeds(2)) }
`),
	} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// With -trimpath, the test does not know where rtcsim's sources are.
	for _, flags := range []string{"", "-trimpath"} {
		cmd := exec.Command("go", "test", "-count=1", "-v", "-run", "TestCall/call/delay=40ms/seed=2")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod "+flags)
		out, err := cmd.CombinedOutput()
		if err != nil || !regexp.MustCompile(`(?m)^ +--- PASS: TestCall/call/delay=40ms/seed=2 `).Match(out) {
			t.Errorf("go test %s: %v\n%s", flags, err, out)
		}
	}
}
