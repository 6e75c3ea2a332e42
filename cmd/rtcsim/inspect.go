package main

import (
	"os"
	"path/filepath"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/tui"
)

func (a *app) inspectCommand() *cobra.Command {
	var o tui.Options
	cmd := &cobra.Command{
		Use:   "inspect RECORDING",
		Short: "Look at a recorded session in the terminal",
		Long: `Look at a recorded session in the terminal: what happened as lanes, one for each peer; the
state machines of each peer at any moment; each event and packet with all that it holds.
Press ? there for the keys.`,
		Args: exactly(1, "a recording"),
		RunE: func(_ *cobra.Command, args []string) error { return a.inspect(args[0], o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&o.NoMouse, "no-mouse", false, "leave the mouse to the terminal")
	return cmd
}

func (a *app) inspect(path string, o tui.Options) error {
	r, err := recorder.Load(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	o.Name, o.Path, o.Output = filepath.Base(path), path, os.Stdout
	if end, ok := r.End(); ok {
		o.Digest = end.Digest
	}
	options := []tea.ProgramOption{tea.WithAltScreen()}
	if !o.NoMouse {
		options = append(options, tea.WithMouseCellMotion())
	}
	_, err = tea.NewProgram(tui.New(r, o), options...).Run()
	return err
}
