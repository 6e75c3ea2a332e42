package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/scenario"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH…",
		Short: "Check scenario files without running them",
		Long:  "Check scenario files without running them. Of a folder, all files ending in .yaml or .yml are checked,\nexcept those that others include: they are checked as a part of these.",
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

// reading is what reading a scenario file gave.
type reading struct {
	variants []*scenario.Scenario
	err      error
}

func (a *app) validate(args []string) error {
	files, err := scenarioFiles(args)
	if err != nil {
		return err
	}
	checked, wrong := 0, 0
	problems := []problem{}
	readings := make([]reading, len(files))
	included := map[string]bool{}
	for i, file := range files {
		source, err := openScenario(file)
		if err != nil {
			return err
		}
		readings[i].variants, readings[i].err = source.readAll()
		source.Close()
		for path := range source.included {
			included[filepath.Join(filepath.Dir(file), filepath.FromSlash(path))] = true
		}
	}
	for i, file := range files {
		if included[filepath.Clean(file)] && !slices.Contains(args, file) {
			continue // part of other scenarios, not one itself
		}
		checked++
		variants, err := readings[i].variants, readings[i].err
		var list scenario.ErrorList
		if errors.As(err, &list) {
			wrong++
			for _, e := range list {
				problems = append(problems, problem{e.File, e.Line, e.Column, e.Code, e.Message, e.Hint})
			}
			if !a.json {
				fmt.Fprintln(a.stderr, list.Pretty())
			}
			continue
		}
		if !a.json {
			text := fmt.Sprintf("%s: ok: %s", file, variants[0].Name)
			if len(variants) > 1 {
				text += fmt.Sprintf(" (%d variants)", len(variants))
			}
			fmt.Fprintln(a.stdout, text)
		}
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(problems))
	}
	if wrong == 0 {
		return nil
	}
	if a.json {
		return &exitError{status: exitUsage}
	}
	return usage("%d of %s wrong", wrong, count(checked, "file"))
}

// scenarioFiles returns the files that the arguments name, with those in folders.
func scenarioFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, usage("%w", err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err == nil && !d.IsDir() && (ext == ".yaml" || ext == ".yml") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, usage("%w", err)
		}
		if len(files) == before {
			return nil, usage("%s: no file in this folder ends in .yaml", arg)
		}
	}
	return files, nil
}
