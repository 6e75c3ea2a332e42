//go:build wasip1

// The guest is the program inside the deterministic machine: one run of a scenario. The machine drives it through its
// exported functions; see package sandbox for the host's side.
//
// It is built with -buildmode=c-shared, so that main never runs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/rtcsim/rtcsim/internal/sim"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// tick is called by the countdown that the machine puts into every loop of the guest, and by nobody else.
//
//go:wasmimport rtcsim tick
func tick()

// input copies the run's input, a recording's header, to the given memory if it fits, and returns its length.
//
//go:wasmimport rtcsim input
func input(p unsafe.Pointer, size uint32) uint32

// emit hands one event to the host.
//
//go:wasmimport rtcsim emit
func emit(p unsafe.Pointer, size uint32)

var (
	began time.Time
	done  = make(chan struct{})
)

// prepare does what is the same in every run and needs no input.
//
//go:wasmexport prepare
func prepare() { sim.Prepare() }

// start begins the run.
//
//go:wasmexport start
func start() {
	began = time.Now()
	var header recorder.Header
	text := make([]byte, input(nil, 0))
	input(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
	if err := json.Unmarshal(text, &header); err != nil {
		refuse("the input: %v", err)
	}
	s, err := scenario.Source{
		File:    header.Scenario,
		Text:    []byte(header.Text),
		Open:    header.Included,
		Variant: header.Options.Variant,
	}.Read()
	if err != nil {
		refuse("the scenario: %v", err)
	}
	session := sim.New(s, header.Identity, func(line []byte) {
		emit(unsafe.Pointer(unsafe.SliceData(line)), uint32(len(line)))
	})
	go func() {
		defer close(done)
		session.Run()
	}()
}

// refuse ends the guest over an input that the host should not have given it.
func refuse(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(2)
}

// step runs the session until the given virtual time in nanoseconds, and returns 1 if the session has ended before.
//
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

func main() { tick() }
