package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// tinyGuest is a guest without a session: it does what its input says. It is driven like the real one, and built in a
// second.
const tinyGuest = `//go:build wasip1

package main

import (
	crand "crypto/rand"
	"fmt"
	"math/rand"
	"os"
	"time"
	"unsafe"
)

//go:wasmimport rtcsim tick
func tick()

//go:wasmimport rtcsim input
func input(p unsafe.Pointer, size uint32) uint32

//go:wasmimport rtcsim emit
func emit(p unsafe.Pointer, size uint32)

var (
	began time.Time
	done  = make(chan struct{})
	hoard [][]byte
)

//go:wasmexport prepare
func prepare() {}

//go:wasmexport start
func start() {
	began = time.Now()
	text := make([]byte, input(nil, 0))
	input(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
	go func() {
		defer close(done)
		run(string(text))
	}()
}

//go:wasmexport step
func step(until int64) int32 {
	t := time.NewTimer(time.Duration(until) - time.Since(began))
	defer t.Stop()
	select {
	case <-done:
		return 1
	case <-t.C:
		return 0
	}
}

func say(format string, args ...any) {
	line := fmt.Appendf(nil, format, args...)
	emit(unsafe.Pointer(unsafe.SliceData(line)), uint32(len(line)))
}

func run(what string) {
	say("begin %v", time.Since(began))
	switch what {
	case "sleep":
		time.Sleep(90 * time.Minute)
	case "sleep for ever":
		for {
			time.Sleep(time.Hour)
		}
	case "wait for ever":
		select {}
	case "spin":
		for n := uint(0); ; n++ {
		}
	case "work":
		for n := 0; n < 1000; n++ {
			for i := 0; i < 100_000; i++ {
				hoard = hoard[:0]
			}
			time.Sleep(time.Millisecond)
		}
	case "talk":
		for {
			say("0123456789")
		}
	case "panic":
		panic("on purpose")
	case "exit":
		os.Exit(5)
	case "hoard":
		for {
			hoard = append(hoard, make([]byte, 1<<20))
		}
	case "random":
		b := make([]byte, 16)
		crand.Read(b)
		order := ""
		for k := range map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true} {
			order += fmt.Sprint(k)
		}
		say("%x %d %s", b, rand.Int63(), order)
	case "look around":
		_, err := os.ReadDir("/")
		_, err2 := os.Create("file")
		say("%q %q %v %v %s", os.Args, os.Environ(), err != nil, err2 != nil, time.Now().UTC().Format(time.RFC3339Nano))
	}
	say("end %v", time.Since(began))
}

func main() { tick() }
`

// tinySource makes a module with the tiny guest in a new folder.
func tinySource(t *testing.T) *source {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module " + modulePath + "\n\ngo 1.26\n",
		"go.sum":                 "",
		"internal/guest/main.go": tinyGuest,
	} {
		writeText(t, filepath.Join(dir, name), text)
	}
	return &source{dir: dir, tool: tool, toolID: "the go command"}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// tinyMachine returns a machine with the tiny guest.
func tinyMachine(t *testing.T, memory int64) *Machine {
	t.Helper()
	tiny.once.Do(func() { tiny.image, _, tiny.err = tinySource(t).build(context.Background()) })
	if tiny.err != nil {
		t.Fatal(tiny.err)
	}
	m, err := NewMachine(t.Context(), tiny.image, MachineConfig{Memory: memory, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

var tiny struct {
	once  sync.Once
	image *Image
	err   error
}

// try runs the tiny guest and returns what it said.
func try(m *Machine, ctx context.Context, what string, seed uint64, limits Limits) ([]string, Stats, error) {
	var lines []string
	stats, err := m.Run(ctx, Run{Seed: seed, Input: []byte(what), Limits: limits, Emit: func(line []byte) error {
		lines = append(lines, string(line))
		return nil
	}})
	return lines, stats, err
}

func TestMachine(t *testing.T) {
	m := tinyMachine(t, 32<<20)
	for _, test := range []struct {
		what    string
		limits  Limits
		lines   []string // the last ones
		limit   string
		crash   string
		virtual time.Duration
	}{
		{what: "sleep", lines: []string{"begin 0s", "end 1h30m0s"}, virtual: 90 * time.Minute},
		{what: "look around", lines: []string{"begin 0s", `[] ["GOGC=` + strings.TrimPrefix(GC, "GOGC=") + `"] true true 2026-01-01T00:00:00Z`, "end 0s"}},
		{what: "work", limits: Limits{Spin: 3}, lines: []string{"begin 0s", "end 1s"}, virtual: time.Second},
		{what: "sleep for ever", lines: []string{"begin 0s"}, limit: "virtual time", virtual: 25 * time.Hour},
		{what: "sleep for ever", limits: Limits{Virtual: 1500 * time.Millisecond}, lines: []string{"begin 0s"}, limit: "virtual time", virtual: 1500 * time.Millisecond},
		{what: "wait for ever", limits: Limits{Virtual: time.Minute}, lines: []string{"begin 0s"}, limit: "virtual time", virtual: time.Minute},
		{what: "spin", limits: Limits{Spin: 10}, lines: []string{"begin 0s"}, limit: "spin"},
		{what: "spin", limits: Limits{Wall: time.Nanosecond}, limit: "wall time", lines: []string{"begin 0s"}},
		{what: "talk", limits: Limits{Events: 3}, lines: []string{"begin 0s", "0123456789", "0123456789"}, limit: "events"},
		{what: "talk", limits: Limits{Bytes: 30}, lines: []string{"begin 0s", "0123456789", "0123456789"}, limit: "bytes"},
		{what: "hoard", lines: []string{"begin 0s"}, limit: "memory"},
		{what: "panic", lines: []string{"begin 0s"}, crash: "panic: on purpose"},
		{what: "exit", lines: []string{"begin 0s"}, crash: "exit_code(5)"},
	} {
		t.Run(test.what+" "+test.limit, func(t *testing.T) {
			lines, stats, err := try(m, t.Context(), test.what, 1, test.limits)
			var limit *LimitError
			var crash *CrashError
			switch {
			case test.limit != "":
				if !errors.As(err, &limit) || limit.Limit != test.limit || limit.At != stats.Virtual {
					t.Errorf("got error %v, want the limit %q", err, test.limit)
				}
			case test.crash != "":
				if !errors.As(err, &crash) || !strings.Contains(crash.Message, test.crash) {
					t.Errorf("got error %v, want a crash with %q", err, test.crash)
				}
			case err != nil:
				t.Error(err)
			}
			if !slices.Equal(lines, test.lines) {
				t.Errorf("it said %q, want %q", lines, test.lines)
			}
			// A crash takes the guest some virtual time to talk about.
			if crash == nil && limit == nil && stats.Virtual != test.virtual || test.limit == "virtual time" && stats.Virtual != test.virtual {
				t.Errorf("it ended at %v, want %v", stats.Virtual, test.virtual)
			}
			if stats.Events != uint64(len(lines)) || stats.Wall <= 0 || stats.Memory <= 0 || stats.Memory > 32<<20 {
				t.Errorf("the figures are %+v", stats)
			}
		})
	}
	t.Run("stack", func(t *testing.T) {
		_, _, err := try(m, t.Context(), "panic", 1, Limits{})
		var crash *CrashError
		if !errors.As(err, &crash) || !strings.Contains(crash.Output, "goroutine ") || !strings.Contains(crash.Output, "main.run") {
			t.Errorf("the guest's stack is missing: %v", err)
		}
	})
}

// TestMachineCancel cancels runs that would never end, out of what they emit, so that it happens at a known place.
func TestMachineCancel(t *testing.T) {
	m := tinyMachine(t, 0)
	for _, what := range []string{"spin", "sleep for ever", "wait for ever"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := m.Run(ctx, Run{Input: []byte(what), Emit: func([]byte) error { cancel(); return nil }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want %v", what, err, context.Canceled)
		}
	}
	full := errors.New("no space")
	n := 0
	stats, err := m.Run(t.Context(), Run{Input: []byte("talk"), Emit: func([]byte) error {
		if n++; n == 5 {
			return full
		}
		return nil
	}})
	if err != full || n != 5 || stats.Events != 5 {
		t.Errorf("got error %v after %d lines (%+v), want %v after 5", err, n, stats, full)
	}
}

// TestMachineEntropy: the seed alone decides what is random, in crypto/rand, math/rand and the order of maps.
func TestMachineEntropy(t *testing.T) {
	m := tinyMachine(t, 0)
	want := make([][]string, 8)
	for seed := range want {
		lines, _, err := try(m, t.Context(), "random", uint64(seed), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range want[:seed] {
			if slices.Equal(lines, other) {
				t.Errorf("seed %d gives what another gives: %q", seed, lines)
			}
		}
		want[seed] = lines
	}
	// Side by side, with others that die among them.
	var wg sync.WaitGroup
	got := make([][]string, len(want))
	errs := make([]error, len(want))
	for seed := range want {
		wg.Go(func() { got[seed], _, errs[seed] = try(m, t.Context(), "random", uint64(seed), Limits{}) })
		wg.Go(func() {
			try(m, t.Context(), []string{"panic", "spin", "exit", "talk"}[seed%4], 1, Limits{Spin: 20, Events: 99})
		})
	}
	wg.Wait()
	for seed := range want {
		if errs[seed] != nil || !slices.Equal(got[seed], want[seed]) {
			t.Errorf("seed %d side by side: got %q, error %v; want %q", seed, got[seed], errs[seed], want[seed])
		}
	}
}

// counter is a Progress that counts what it hears.
type counter struct {
	mu    sync.Mutex
	count int
}

func (c *counter) progress(string, time.Duration) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	return func() {}
}

// TestLoad changes the sources step by step and checks when the guest is built anew.
func TestLoad(t *testing.T) {
	s := tinySource(t)
	cache := t.TempDir()
	guest := filepath.Join(s.dir, "internal/guest")
	digests := make(map[string]string) // by the step that built it
	current := ""
	for _, test := range []struct {
		name   string
		change func()
		builds bool
		same   string // the step whose guest this one must be
	}{
		{"first", func() {}, true, ""},
		{"nothing", func() {}, false, "first"},
		{"touch", func() { writeText(t, filepath.Join(guest, "main.go"), tinyGuest) }, false, "first"},
		{"a test", func() { writeText(t, filepath.Join(guest, "main_test.go"), "package main\n") }, false, "first"},
		{"another package", func() { writeText(t, filepath.Join(s.dir, "tui/tui.go"), "package tui\n") }, false, "first"},
		{"a changed file", func() {
			writeText(t, filepath.Join(guest, "main.go"), strings.Replace(tinyGuest, "on purpose", "indeed", 1))
		}, true, ""},
		{"changed back", func() { writeText(t, filepath.Join(guest, "main.go"), tinyGuest) }, true, "first"},
		{"a new file", func() { writeText(t, filepath.Join(guest, "more.go"), "package main\n\nvar More = 1\n") }, true, ""},
		{"a removed file", func() { os.Remove(filepath.Join(guest, "more.go")) }, true, "first"},
		{"go.mod", func() { writeText(t, filepath.Join(s.dir, "go.mod"), "module "+modulePath+"\n\ngo 1.25\n") }, true, ""},
		{"another toolchain", func() { s.toolID = "another go command" }, true, ""},
		{"a new import", func() {
			writeText(t, filepath.Join(s.dir, "vnet/vnet.go"), "package vnet\n\nfunc Name() string { return \"old\" }\n")
			writeText(t, filepath.Join(guest, "vnet.go"), "package main\n\nimport \""+modulePath+"/vnet\"\n\nfunc init() { hoard = append(hoard, []byte(vnet.Name())) }\n")
		}, true, ""},
		{"what it imports", func() {
			writeText(t, filepath.Join(s.dir, "vnet/vnet.go"), "package vnet\n\nfunc Name() string { return \"new\" }\n")
		}, true, ""},
		{"a damaged image", func() {
			writeText(t, filepath.Join(cache, "guest", current+".wasm"), "garbage")
		}, true, "what it imports"},
		{"a lost image", func() { os.Remove(filepath.Join(cache, "guest", current+".wasm")) }, true, "what it imports"},
		{"a damaged record", func() {
			records, _ := filepath.Glob(filepath.Join(cache, "guest/*.json"))
			if len(records) != 1 {
				t.Fatalf("the records are %v", records)
			}
			writeText(t, records[0], "{")
		}, true, "what it imports"},
		{"nothing again", func() {}, false, "what it imports"},
	} {
		test.change()
		var builds counter
		tool := s.tool
		if !test.builds {
			s.tool = filepath.Join(s.dir, "no go command") // not even started
		}
		image, err := s.load(t.Context(), cache, builds.progress)
		s.tool = tool
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if got := builds.count == 1; got != test.builds || builds.count > 1 {
			t.Errorf("%s: built %d times, want it built: %v", test.name, builds.count, test.builds)
		}
		if test.same != "" && image.Digest != digests[test.same] {
			t.Errorf("%s: the guest is not that of %q", test.name, test.same)
		}
		if fresh := test.builds && test.same == "" && strings.Contains(test.name, "a changed file") || test.name == "what it imports"; fresh && image.Digest == current {
			t.Errorf("%s: the guest is the same as before", test.name)
		}
		current = image.Digest
		digests[test.name] = current
	}
}

// TestLoadAtOnce starts several loads where nothing is cached.
func TestLoadAtOnce(t *testing.T) {
	s := tinySource(t)
	cache := t.TempDir()
	var builds counter
	images := make([]*Image, 4)
	errs := make([]error, len(images))
	var wg sync.WaitGroup
	for i := range images {
		wg.Go(func() { images[i], errs[i] = s.load(t.Context(), cache, builds.progress) })
	}
	wg.Wait()
	for i := range images {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if images[i].Digest != images[0].Digest {
			t.Errorf("load %d got another guest", i)
		}
	}
	if builds.count != 1 {
		t.Errorf("built %d times, want once", builds.count)
	}
}

func TestLoadFailures(t *testing.T) {
	var builds counter
	t.Run("sources that do not compile", func(t *testing.T) {
		s := tinySource(t)
		writeText(t, filepath.Join(s.dir, "internal/guest/bad.go"), "package main\n\nvar x int = \"text\"\n")
		cache := t.TempDir()
		for range 2 { // a failure is not cached
			_, err := s.load(t.Context(), cache, builds.progress)
			if err == nil || !strings.Contains(err.Error(), "bad.go:3:") {
				t.Errorf("got error %v, want the compiler's", err)
			}
		}
		os.Remove(filepath.Join(s.dir, "internal/guest/bad.go"))
		if _, err := s.load(t.Context(), cache, builds.progress); err != nil {
			t.Errorf("when it is mended: %v", err)
		}
	})
	t.Run("no guest", func(t *testing.T) {
		s := tinySource(t)
		os.RemoveAll(filepath.Join(s.dir, "internal"))
		if _, err := s.load(t.Context(), t.TempDir(), builds.progress); err == nil {
			t.Error("no error")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := tinySource(t).load(ctx, t.TempDir(), builds.progress); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
	})
	t.Run("no place for the cache", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		writeText(t, file, "")
		if _, err := tinySource(t).load(t.Context(), file, builds.progress); err == nil {
			t.Error("no error")
		}
	})
}

// TestManifest: an image tells what it was made of.
func TestManifest(t *testing.T) {
	image, inputs, err := tinySource(t).build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(image.Go, "go1.") || len(image.Modules) != 0 || len(inputs) != 1 || filepath.Base(inputs[0]) != "guest" {
		t.Errorf("Go %q, modules %v, inputs %v", image.Go, image.Modules, inputs)
	}
	b, err := json.Marshal(image.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	var back Manifest
	if err := json.Unmarshal(b, &back); err != nil || fmt.Sprint(back) != fmt.Sprint(image.Manifest) {
		t.Errorf("%s reads as %v, error %v", b, back, err)
	}
}
