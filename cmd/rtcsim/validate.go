package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/scenario"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH…",
		Short: "Check scenario files without running them",
		Long: `Check scenario files without running them.

PATH is a file, a folder, a pattern such as 'calls/**/nat-*.yaml', or a scenario or topic
of the library; library is all of it. Of a folder, all files in it and below that end in
.yaml or .yml are checked, except those that others include: they are checked as a part
of these.`,
		Example: `  rtcsim validate call.yaml
  rtcsim validate scenarios`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("validate takes scenario files or folders\nusage: %s", cmd.UseLine())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) },
	}
}

// problem is one thing that is wrong with a file, for --json.
type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) validate(args []string) error {
	sources, err := library.Find(args...)
	if err != nil {
		return usage("%w", err)
	}
	bad := 0
	problems := []problem{}
	for _, source := range sources {
		variants, err := source.All()
		var list scenario.ErrorList
		if errors.As(err, &list) {
			bad++
			for _, e := range list {
				problems = append(problems, problem{e.File, e.Line, e.Column, e.Code, e.Message, e.Hint})
			}
			if !a.json {
				fmt.Fprintln(a.stderr, list.Pretty())
			}
			continue
		}
		if !a.json {
			text := fmt.Sprintf("%s: ok: %s", source.File, variants[0].Name)
			if len(variants) > 1 {
				text += fmt.Sprintf(" (%d variants)", len(variants))
			}
			fmt.Fprintln(a.stdout, text)
		}
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(problems))
	}
	if bad == 0 {
		return nil
	}
	if a.json {
		return &exitError{status: exitUsage}
	}
	return usage("%d of %s wrong", bad, count(len(sources), "file"))
}
