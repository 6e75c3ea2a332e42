package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/scenario"
)

// template is the scenario that new writes.
//
//go:embed template.yaml
var template []byte

// schemaName is the file with the schema that the template names.
const schemaName = "scenario.schema.json"

func (a *app) newCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new [FILE]",
		Short: "Write a commented scenario to start from",
		Long: `Write a commented scenario to start from, and beside it the JSON Schema that lets an
editor complete and explain every key. Without FILE, print the scenario. Nothing that is
there already is overwritten.`,
		Example: `  rtcsim new call.yaml
  rtcsim run call.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s takes one file\nusage: %s", cmd.CommandPath(), cmd.UseLine())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				if _, err := a.stdout.Write(template); err != nil {
					return &exitError{exitFatal, err}
				}
				return nil
			}
			return a.newScenario(args[0])
		},
	}
}

func (a *app) newScenario(path string) error {
	if err := writeNew(path, template); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return usage("%s is there already; choose another name", path)
		}
		return &exitError{exitFatal, err}
	}
	fmt.Fprintf(a.stdout, "wrote %s\n", path)
	schema := filepath.Join(filepath.Dir(path), schemaName)
	switch err := writeNew(schema, scenario.Schema()); {
	case err == nil:
		fmt.Fprintf(a.stdout, "wrote %s, for editors\n", schema)
	case !errors.Is(err, fs.ErrExist):
		return &exitError{exitFatal, err}
	}
	fmt.Fprintf(a.stdout, "now: rtcsim run %s\n", path)
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
