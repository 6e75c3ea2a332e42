package main

import (
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/scenario"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenarios, for editors",
		Long: `Print the JSON Schema (draft-07) of scenario files. An editor with a YAML language
server completes and explains every key with it: name the file in the first line of a
scenario, as rtcsim new does.

  # yaml-language-server: $schema=scenario.schema.json`,
		Example: `  rtcsim schema > scenario.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := a.stdout.Write(scenario.Schema()); err != nil {
				return &exitError{exitFatal, err}
			}
			return nil
		},
	}
}
