package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the versions of rtcsim and of everything that can move a trace",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v, err := runner.Versions(cmd.Context(), a.progress)
			if err != nil {
				return &exitError{exitFatal, err}
			}
			if a.json {
				fmt.Fprintf(a.stdout, "%s\n", marshal(v))
				return nil
			}
			fmt.Fprintf(a.stdout, "rtcsim   %s\nguest    sha256:%s\nmachine  %d (%s, schedule %s)\nGo       %s\nwazero   %s\n",
				v.Rtcsim, v.Guest, v.Machine, sandbox.GC, sandbox.Schedule, v.Go, v.Wazero)
			for _, m := range v.Modules {
				if strings.HasPrefix(m.Path, "github.com/pion/") {
					fmt.Fprintf(a.stdout, "%s %s\n", m.Path, m.Version)
				}
			}
			return nil
		},
	}
}
