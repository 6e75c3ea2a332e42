package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/term"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/topology"
	"github.com/rtcsim/rtcsim/recorder"
)

// drawTopology prints the simulated internet of a scenario.
func (a *app) drawTopology(ctx context.Context, r *runner.Runner, header recorder.Header, limits sandbox.Limits, ascii bool) error {
	t, err := r.Topology(ctx, header, limits)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(struct {
			Variant string `json:"variant,omitempty"`
			recorder.Topology
		}{header.Options.Variant, t}))
		return nil
	}
	if err := topology.Draw(a.stdout, a.renderer, t, topology.Options{Width: a.columns(), ASCII: ascii}); err != nil {
		return &exitError{exitFatal, err}
	}
	return nil
}

// columns returns how wide stdout is; 0 if it is no terminal.
func (a *app) columns() int {
	file, ok := a.stdout.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}
