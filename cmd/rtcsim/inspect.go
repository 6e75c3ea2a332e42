package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/tui"
)

func (a *app) inspectCommand() *cobra.Command {
	var o tui.Options
	cmd := &cobra.Command{
		Use:   "inspect RECORDING [RECORDING]",
		Short: "Look at a recorded session in the terminal",
		Long: `Look at a recorded session in the terminal: what happened as lanes, one for each peer; the
state machines of each peer at any moment; each event and packet with all that it holds.
Press ? there for the keys.

Two recordings are shown side by side, aligned by what happened, with what differs marked,
as 'rtcsim diff' finds it.`,
		Example: `  rtcsim inspect call.rtcrec
  rtcsim inspect before.rtcrec after.rtcrec`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly(1, "a recording, or two")(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 2 {
				return a.inspectBoth(args, o)
			}
			return a.inspect(args[0], o)
		},
	}
	inspectorFlags(cmd.Flags(), &o)
	return cmd
}

// inspectorFlags are the flags of all commands that open the inspector.
func inspectorFlags(f *pflag.FlagSet, o *tui.Options) {
	f.BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	f.StringVar(&o.Background, "background", "", "the terminal's background: dark or light (default: ask the terminal)")
	f.BoolVar(&o.NoMouse, "no-mouse", false, "leave the mouse to the terminal")
}

func (a *app) inspect(path string, o tui.Options) error {
	r, err := recorder.Load(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	return show(r, of(r, path, o))
}

// inspectBoth compares two recordings.
func (a *app) inspectBoth(paths []string, o tui.Options) error {
	var recordings [2]*recorder.Recording
	var options [2]tui.Options
	for i, path := range paths {
		r, err := recorder.Load(path)
		if err != nil {
			return &exitError{exitFatal, err}
		}
		defer r.Close()
		recordings[i], options[i] = r, of(r, path, o)
		if filepath.Base(paths[0]) == filepath.Base(paths[1]) {
			options[i].Name = path
		}
	}
	return shown(o, func() error { return tui.Compare(recordings[0], recordings[1], options[0], options[1]) })
}

// of completes the options for a recording.
func of(r *recorder.Recording, path string, o tui.Options) tui.Options {
	o.Name, o.Path = filepath.Base(path), path
	if end, ok := r.End(); ok {
		o.Digest = end.Digest
	}
	return o
}

// show runs the inspector until it is left.
func show(r *recorder.Recording, o tui.Options) error {
	return shown(o, func() error { return tui.Run(r, o) })
}

// shown checks the options, and runs an inspector.
func shown(o tui.Options, run func() error) error {
	switch o.Background {
	case "", "dark", "light":
	default:
		return usage("--background is dark or light, not %q", o.Background)
	}
	if err := run(); err != nil {
		return &exitError{exitFatal, fmt.Errorf("the inspector: %w", err)}
	}
	return nil
}

// recordLive makes a run and shows it in the inspector as it goes. Leaving the inspector ends a run that still goes on.
func (a *app) recordLive(ctx context.Context, r *runner.Runner, header recorder.Header, o runOptions, output string) (end recorder.End, stats sandbox.Stats, err error) {
	live, err := recorder.NewLive(header)
	if err != nil {
		return end, stats, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var lost error
		end, stats, err = r.Record(ctx, output, header, o.limits, func(line []byte) {
			lost = cmp.Or(lost, live.Append(line))
		})
		err = errors.Join(err, lost)
		live.Finish(end)
	}()
	shown := show(live.Recording, tui.Options{Name: output, Path: output, ASCII: o.ascii, Follow: true})
	cancel()
	<-done
	return end, stats, errors.Join(err, shown)
}
