package docs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// The validators, which the tests fetch where they can.
const (
	actionlint    = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
	gitlabCILocal = "gitlab-ci-local@4.59.0" // has GitLab's JSON Schema inside
	kubernetesAPI = "k8s.io/api@v0.37.1"
	kubernetesYML = "sigs.k8s.io/yaml@v1.6.0"
)

// patience is for how long a test waits for its validator. What has come by then is in a cache, and the next test has less to wait for.
const patience = 2 * time.Minute

// TestWorkflow has a linter look at the workflow of GitHub Actions.
func TestWorkflow(t *testing.T) {
	documents(t, "ci/github-actions.yaml")
	cmd := exec.Command("go", "run", actionlint, "-no-color", "-shellcheck=", "-pyflakes=", "ci/github-actions.yaml")
	out, err := cmd.CombinedOutput()
	if err != nil && bytes.Contains(out, []byte(actionlint)) {
		t.Skipf("NOT CHECKED: there is no actionlint here:\n%s", out)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestGitLab checks the pipeline of GitLab with its schema.
func TestGitLab(t *testing.T) {
	documents(t, "ci/gitlab-ci.yml")
	modules := npm(t, gitlabCILocal)
	dir := t.TempDir()
	text, err := os.ReadFile("ci/gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitlab-ci.yml"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"git", "init", "-q"},
		{"git", "remote", "add", "origin", "https://gitlab.example.com/calls/calls.git"},
		{filepath.Join(modules, ".bin", "gitlab-ci-local"), "--list-json"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}

// TestKubernetes reads the objects of Kubernetes into its own types, which must know every key.
func TestKubernetes(t *testing.T) {
	if documents := documents(t, "ci/kubernetes-job.yaml"); len(documents) != 3 {
		t.Errorf("%d documents, want 3", len(documents))
	}
	text, err := os.ReadFile("ci/kubernetes-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const program = `package main

import (
	"bytes"
	"io"
	"log"
	"os"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal(document, &kind); err != nil {
			log.Fatal(err)
		}
		objects := map[string]any{"Job": &batch.Job{}, "PersistentVolumeClaim": &core.PersistentVolumeClaim{}}
		if err := yaml.UnmarshalStrict(document, objects[kind.Kind]); err != nil {
			log.Fatalf("%s: %v", kind.Kind, err)
		}
	}
}
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"mod", "init", "example.com/strict"}, {"get", kubernetesAPI, kubernetesYML}, {"mod", "tidy"}} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("NOT CHECKED: the types of Kubernetes are not here: go %v: %v\n%s", args, err, out)
		}
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// documents returns the documents in a YAML file.
func documents(t *testing.T, file string) []any {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []any
	for dec := yaml.NewDecoder(f); ; {
		var document any
		switch err := dec.Decode(&document); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, document)
	}
}

// npm installs a package in the user's cache, and returns the folder that it is in. Where that cannot be, the test is skipped.
func npm(t *testing.T, pkg string) (modules string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("NOT CHECKED: no place for %s: %v", pkg, err)
	}
	dir := filepath.Join(cache, "rtcsim-test", pkg)
	modules = filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, ".package-lock.json")); err == nil {
		return modules
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", dir, pkg).CombinedOutput()
	if err != nil {
		t.Skipf("NOT CHECKED: there is no %s here: %v\n%s", pkg, err, strings.TrimSpace(string(out)))
	}
	return modules
}
