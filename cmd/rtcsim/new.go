package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/scenario"
)

// template is the scenario that new writes.
//
//go:embed template.yaml
var template []byte

// schemaName is the file with the schema that the template names.
const schemaName = "scenario.schema.json"

func (a *app) newCommand() *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "new [FILE]",
		Short: "Write a commented scenario to start from",
		Long: `Write a commented scenario to start from, and beside it the JSON Schema that lets an
editor complete and explain every key. Without FILE, print the scenario. Nothing that is
there already is overwritten.

With --from, it is a copy of another scenario, built in or a file, with what that includes.`,
		Example: `  rtcsim new call.yaml
  rtcsim run call.yaml
  rtcsim new --from nat/symmetric-both office.yaml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s takes one file\nusage: %s", cmd.CommandPath(), cmd.UseLine())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			draft := draft{text: template}
			if from != "" {
				var err error
				if draft, err = copyOf(from); err != nil {
					return err
				}
			}
			if len(args) == 0 {
				if _, err := a.stdout.Write(draft.text); err != nil {
					return &exitError{exitFatal, err}
				}
				return nil
			}
			return a.newScenario(args[0], draft)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "copy this scenario: a built-in one, such as nat/symmetric-both, or a file")
	return cmd
}

// A draft is a scenario to be written.
type draft struct {
	text []byte
	// included are the texts of the files that it includes, by their paths from its folder.
	included map[string][]byte
}

// schemaLine leads editors to the schema.
const schemaLine = "# yaml-language-server: $schema=" + schemaName + "\n"

// copyOf returns a draft that is another scenario.
func copyOf(name string) (draft, error) {
	source, err := library.Open(name)
	if err != nil {
		return draft{}, usage("%w", err)
	}
	all, err := source.All()
	if err != nil {
		return draft{}, wrong(err)
	}
	d := draft{text: source.Text, included: map[string][]byte{}}
	if !bytes.Contains(d.text, []byte("# yaml-language-server:")) {
		d.text = append([]byte(schemaLine), d.text...)
	}
	for _, s := range all {
		for _, file := range s.Files[1:] {
			d.included[file] = source.Included(file)
		}
	}
	return d, nil
}

func (a *app) newScenario(path string, d draft) error {
	if err := writeNew(path, d.text); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return usage("%s is there already; choose another name", path)
		}
		return &exitError{exitFatal, err}
	}
	fmt.Fprintf(a.stdout, "wrote %s\n", path)
	for _, file := range slices.Sorted(maps.Keys(d.included)) {
		target := filepath.Join(filepath.Dir(path), filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return &exitError{exitFatal, err}
		}
		switch err := writeNew(target, d.included[file]); {
		case err == nil:
			fmt.Fprintf(a.stdout, "wrote %s, which it includes\n", target)
		case errors.Is(err, fs.ErrExist):
			fmt.Fprintf(a.stdout, "left %s as it is, which it includes\n", target)
		default:
			return &exitError{exitFatal, err}
		}
	}
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
