package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// rtcsim runs the program and returns its exit status, stdout and stderr.
func rtcsim(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = Main(args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// write writes files into a new folder, which becomes the working directory.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSchemaCommand(t *testing.T) {
	if status, stdout, _ := rtcsim("schema"); status != exitOK || stdout != string(scenario.Schema()) {
		t.Errorf("status %d, or not the schema", status)
	}
}

func TestNew(t *testing.T) {
	write(t, nil)
	if status, stdout, stderr := rtcsim("new", "hello.yaml"); status != exitOK {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	if schema, err := os.ReadFile("scenario.schema.json"); err != nil || !bytes.Equal(schema, scenario.Schema()) {
		t.Errorf("the schema is not beside it: %v", err)
	}
	if status, _, stderr := rtcsim("new", "hello.yaml"); status != exitUsage || !strings.Contains(stderr, "hello.yaml is there already") {
		t.Errorf("status %d for a file that is there already: %s", status, stderr)
	}
	for _, seed := range []string{"1", "2"} {
		if status, stdout, stderr := rtcsim("run", "hello.yaml", "--seed", seed); status != exitOK {
			t.Errorf("seed %s: status %d\n%s%s", seed, status, stdout, stderr)
		}
	}
}

// matrix is a scenario with a matrix, whose network is in another file.
var matrix = map[string]string{
	"calls/matrix.yaml": `
name: Loss
limit: 10s
include: common/networks.yaml
matrix: {loss: [0%, 100%], text: [a, "1"]}
peers: {alice: {network: home}, bob: {}}
steps:
  - alice: createDataChannel
    with: {label: "${text}"}
  - use: connect
expect:
  - alice.connectionState == "connected"
`,
	"calls/common/networks.yaml": `
network:
  home: {link: {delay: 20ms, loss: "${loss}"}}
blocks:
  connect:
    - negotiate: alice -> bob
`,
}

func TestRunVariants(t *testing.T) {
	write(t, matrix)
	status, stdout, stderr := rtcsim("run", "calls/matrix.yaml", "--variant", "text=1")
	if status != exitFailed {
		t.Fatalf("status %d, want %d: without any packet nothing connects\n%s%s", status, exitFailed, stdout, stderr)
	}
	for name, want := range map[string]recorder.Outcome{"matrix.loss=0%,text=1.rtcrec": recorder.OutcomePassed, "matrix.loss=100%,text=1.rtcrec": recorder.OutcomeFailed} {
		r, err := recorder.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		end, _ := r.End()
		h := r.Header()
		r.Close()
		if end.Outcome != want {
			t.Errorf("%s: %s, want %s", name, end.Outcome, want)
		}
		if len(h.Includes) != 1 || h.Includes[0].Path != "common/networks.yaml" || h.IncludedTexts[0] != matrix["calls/common/networks.yaml"] {
			t.Errorf("%s holds the included files %v", name, h.Includes)
		}
	}
	if recordings, _ := filepath.Glob("*.rtcrec"); len(recordings) != 2 {
		t.Errorf("recordings %v, want those with text=1", recordings)
	}
	// The recording is all that a replay needs.
	if err := os.RemoveAll("calls"); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := rtcsim("replay", "matrix.loss=0%,text=1.rtcrec"); status != exitOK {
		t.Errorf("replay: status %d\n%s%s", status, stdout, stderr)
	}
}

func TestVariantThatIsNotThere(t *testing.T) {
	write(t, matrix)
	status, _, stderr := rtcsim("run", "calls/matrix.yaml", "--variant", "loss=5%")
	if status != exitUsage || !strings.Contains(stderr, "loss=100%,text=a") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestValidateIncludes(t *testing.T) {
	write(t, matrix)
	if status, stdout, stderr := rtcsim("validate", "calls"); status != exitOK || strings.TrimSpace(stdout) != "calls/matrix.yaml: ok: Loss (4 variants)" {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	// Only one of the variants is wrong, in the included file.
	if err := os.WriteFile("calls/matrix.yaml", []byte(strings.Replace(matrix["calls/matrix.yaml"], "100%", "101%", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := rtcsim("validate", "calls")
	if want := "calls/common/networks.yaml:3:36: 101% is not between 0% and 100% [out-of-range]"; status != exitUsage || strings.Count(stderr, "[out-of-range]") != 1 || !strings.Contains(stderr, want) {
		t.Errorf("status %d, want %s once:\n%s", status, want, stderr)
	}
	// A link that leads out of the folder is no way out, either.
	if err := os.Remove("calls/common/networks.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("secret.yaml", []byte(matrix["calls/common/networks.yaml"]), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../secret.yaml", "calls/common/networks.yaml"); err != nil {
		t.Skip(err)
	}
	if status, _, stderr := rtcsim("validate", "calls/matrix.yaml"); status != exitUsage || !strings.Contains(stderr, "[unreadable]") {
		t.Errorf("status %d for a link that leads out\n%s", status, stderr)
	}
}
