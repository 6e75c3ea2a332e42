package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/modfile"

	"github.com/rtcsim/rtcsim/recorder"
)

const (
	modulePath   = "github.com/rtcsim/rtcsim"
	guestPackage = "./internal/guest"
)

// buildFlags make the guest the same on every machine: no paths, no version control, no debug information.
var buildFlags = []string{"-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

// buildEnv keeps the user's own settings for other builds away from the guest.
var buildEnv = []string{"GOOS=wasip1", "GOARCH=wasm", "GOWASM=", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off"}

// rewriting is what this program does to the module that the go command builds. A guest that another one has rewritten is not
// this program's.
//
//go:embed instrument.go
var rewriting []byte

// source is a folder with rtcsim's own sources, and the go command to build them with.
type source struct {
	dir string
	// tool is the path of the go command; toolID tells apart one toolchain from the next without starting it, and one rewriting.
	tool, toolID string
}

// findSource finds the sources that this program was built from: its checkout, or its module in the module cache.
func findSource(ctx context.Context) (*source, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("this rtcsim has no guest inside and must build one, but there is no go command in PATH\n" +
			"install Go from https://go.dev/dl, or use a release binary, which needs none")
	}
	info, err := os.Stat(tool)
	if err != nil {
		return nil, err
	}
	s := &source{
		tool:   tool,
		toolID: fmt.Sprintf("%s %d %d %s %x", tool, info.Size(), info.ModTime().UnixNano(), os.Getenv("GOTOOLCHAIN"), sha256.Sum256(rewriting)),
	}
	// The compiler left the path of this file in the program, unless it was built with -trimpath.
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if s.dir = filepath.Dir(filepath.Dir(filepath.Dir(file))); isModule(s.dir) {
			return s, nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == modulePath && strings.HasPrefix(info.Main.Version, "v") {
		if dir, err := s.download(ctx, info.Main.Version); err == nil {
			s.dir = dir
			return s, nil
		}
	}
	// A test of a project that requires rtcsim, built with -trimpath, runs in a folder of the project.
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != modulePath {
		if dir, err := s.required(ctx); err == nil && isModule(dir) {
			s.dir = dir
			return s, nil
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for s.dir = wd; ; s.dir = filepath.Dir(s.dir) {
		if isModule(s.dir) {
			return s, nil
		}
		if s.dir == filepath.Dir(s.dir) {
			return nil, errors.New("this rtcsim has no guest inside, and the sources that it was built from are gone\n" +
				"run it inside a checkout of " + modulePath + ", or install it again")
		}
	}
}

func isModule(dir string) bool {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && bytes.HasPrefix(mod, []byte("module "+modulePath+"\n"))
}

// download fetches a released version of rtcsim's module and returns its folder in the module cache.
func (s *source) download(ctx context.Context, version string) (string, error) {
	cmd := exec.CommandContext(ctx, s.tool, "mod", "download", "-json", modulePath+"@"+version)
	cmd.Dir = os.TempDir() // away from any go.mod
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return "", err
	}
	return m.Dir, nil
}

// required returns the folder of the rtcsim that the module around the working directory requires.
func (s *source) required(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, s.tool, "list", "-m", "-f", "{{.Dir}}", modulePath).Output()
	return strings.TrimSpace(string(out)), err
}

// record is what the cache knows of the last build from one source folder.
type record struct {
	Tool   string   `json:"tool"`
	Inputs []string `json:"inputs"` // the folders whose Go files went into the guest
	Sum    string   `json:"sum"`    // over the inputs, go.mod and go.sum
	Digest string   `json:"digest"` // of the image
	Manifest
}

// load returns the guest of these sources, from the cache if it is up to date.
func (s *source) load(ctx context.Context, cacheDir string, progress Progress) (*Image, error) {
	images := filepath.Join(cacheDir, "guest")
	if err := os.MkdirAll(images, 0o755); err != nil {
		return nil, fmt.Errorf("no place for the guest: %w", err)
	}
	key := sha256.Sum256([]byte(s.dir))
	recordFile := filepath.Join(images, hex.EncodeToString(key[:8])+".json")
	if image := s.cached(images, recordFile); image != nil {
		return image, nil
	}
	// One builds, the others wait for it, and find the image in the cache.
	unlock, err := lockedfile.MutexAt(recordFile + ".lock").Lock()
	if err != nil {
		return nil, fmt.Errorf("lock the cache of guests: %w", err)
	}
	defer unlock()
	if image := s.cached(images, recordFile); image != nil {
		return image, nil
	}
	defer progress("building the guest from "+s.dir, 40*time.Second)()
	image, inputs, err := s.build(ctx)
	if err != nil {
		return nil, err
	}
	sum, err := s.sum(inputs)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(images, image.Digest+".wasm"), image.Wasm); err != nil {
		return nil, err
	}
	r, err := json.MarshalIndent(record{s.toolID, inputs, sum, image.Digest, image.Manifest}, "", "\t")
	if err != nil {
		return nil, err
	}
	return image, writeFile(recordFile, r)
}

// cached returns the image in the cache if it is that of the sources as they are now. It starts no process: comparing
// the sources' contents takes some milliseconds.
func (s *source) cached(images, recordFile string) *Image {
	var r record
	if b, err := os.ReadFile(recordFile); err != nil || json.Unmarshal(b, &r) != nil || r.Tool != s.toolID {
		return nil
	}
	if sum, err := s.sum(r.Inputs); err != nil || sum != r.Sum {
		return nil
	}
	wasm, err := os.ReadFile(filepath.Join(images, r.Digest+".wasm"))
	if err != nil {
		return nil
	}
	if image := newImage(wasm, r.Manifest); image.Digest == r.Digest {
		return image
	}
	return nil
}

// sum digests the names and contents of all Go files in the folders that went into the guest. A package that becomes
// part of the guest is imported by a file in one of them, so that the sum changes then, too.
func (s *source) sum(inputs []string) (string, error) {
	h := sha256.New()
	add := func(path string) error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.Base(path), len(b))
		h.Write(b)
		return nil
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := add(filepath.Join(s.dir, name)); err != nil {
			return "", err
		}
	}
	for _, dir := range inputs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s\n", dir)
		for _, e := range entries {
			if name := e.Name(); filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
				if err := add(filepath.Join(dir, name)); err != nil {
					return "", err
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// build builds the guest and returns it with the folders that its own sources came from.
func (s *source) build(ctx context.Context) (*Image, []string, error) {
	inputs, manifest, err := s.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	tmp, err := os.MkdirTemp("", "rtcsim-guest-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(tmp)
	out := filepath.Join(tmp, "guest.wasm")
	if _, err := s.run(ctx, append(append([]string{"build", "-o", out}, buildFlags...), guestPackage)...); err != nil {
		return nil, nil, err
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		return nil, nil, err
	}
	if wasm, err = instrument(wasm); err != nil {
		return nil, nil, fmt.Errorf("prepare the guest: %w", err)
	}
	return newImage(wasm, manifest), inputs, nil
}

// list asks the go command what the guest is made of.
func (s *source) list(ctx context.Context) (inputs []string, m Manifest, err error) {
	out, err := s.run(ctx, "list", "-deps", "-json=Dir,Standard,Module", guestPackage)
	if err != nil {
		return nil, m, err
	}
	type module struct {
		Path, Version string
		Main          bool
		Replace       *module
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p struct {
			Dir      string
			Standard bool
			Module   *module
		}
		if err := dec.Decode(&p); err != nil {
			return nil, m, err
		}
		if p.Standard || p.Module == nil {
			continue
		}
		mod := recorder.Module{Path: p.Module.Path, Version: p.Module.Version}
		local := p.Module.Main
		if r := p.Module.Replace; r != nil {
			mod.Version = strings.TrimSpace(r.Path + " " + r.Version)
			local = local || r.Version == ""
		}
		if local {
			inputs = append(inputs, p.Dir)
		}
		if !p.Module.Main && !slices.Contains(m.Modules, mod) {
			m.Modules = append(m.Modules, mod)
		}
	}
	slices.Sort(inputs)
	slices.SortFunc(m.Modules, func(a, b recorder.Module) int { return strings.Compare(a.Path, b.Path) })
	version, err := s.run(ctx, "env", "GOVERSION")
	if err != nil {
		return nil, m, err
	}
	m.Go = strings.TrimSpace(string(version))
	m.Wazero, err = s.requires("github.com/tetratelabs/wazero")
	return inputs, m, err
}

// requires returns the version of a module that the sources ask for, or nothing if they do not.
func (s *source) requires(path string) (string, error) {
	const name = "go.mod"
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return "", err
	}
	mod, err := modfile.ParseLax(name, text, nil)
	if err != nil {
		return "", err
	}
	for _, r := range mod.Require {
		if r.Mod.Path == path {
			return r.Mod.Version, nil
		}
	}
	return "", nil
}

// run runs the go command in the source folder.
func (s *source) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.tool, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), buildEnv...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("build the guest: go %s in %s: %w\n%s", args[0], s.dir, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// writeFile puts a whole file in place at once, so that whoever reads it at the same time finds all or nothing.
func writeFile(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		os.Remove(tmp.Name())
	}
	return err
}

// WriteEmbedded builds the guest and writes it to dir in the form that the build tag embedguest takes into the program.
func WriteEmbedded(ctx context.Context, dir string) error {
	src, err := findSource(ctx)
	if err != nil {
		return err
	}
	image, _, err := src.build(ctx)
	if err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(image.Manifest, "", "\t")
	if err != nil {
		return err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return errors.Join(
		writeFile(filepath.Join(dir, "guest.wasm.zst"), enc.EncodeAll(image.Wasm, nil)),
		writeFile(filepath.Join(dir, "manifest.json"), manifest))
}
