package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/scenario"
)

// The exit statuses.
const (
	exitOK     = 0 // all held
	exitFailed = 1 // an expectation failed, or a replay or another recording differed
	exitUsage  = 2 // the command line or a scenario is wrong
	exitFatal  = 3 // rtcsim could not go on: a limit, a crash, an interrupt, a damaged recording, a full disk
)

// exitError ends the program with a status. The error was printed already if there is none in it.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage returns an error about the command line.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// wrong returns an error about a scenario: all that is wrong with it, with its lines.
func wrong(err error) error {
	var list scenario.ErrorList
	if errors.As(err, &list) {
		err = errors.New(list.Pretty())
	}
	return &exitError{exitUsage, err}
}

// app is the program with its streams: stdout is for results, stderr for progress and errors.
type app struct {
	stdout, stderr io.Writer
	renderer       *lipgloss.Renderer // of stdout
	json           bool
}

// Main runs rtcsim and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, renderer: lipgloss.NewRenderer(stdout)}
	// The first interrupt ends what is going on in good order. The second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := &cobra.Command{
		Use:   "rtcsim",
		Short: "Record and replay WebRTC sessions, exactly",
		Long: `rtcsim runs a WebRTC session that is described in YAML: on the real pion/webrtc stack,
over a simulated network, in virtual time. It records everything that happens, and
replays the recording bit for bit.

  rtcsim run closing/mdn-peerconnection-close
  rtcsim replay mdn-peerconnection-close.rtcrec

Exit status: 0 all held; 1 an expectation failed, or a replay or two recordings differed;
2 the command line or a scenario is wrong; 3 rtcsim could not go on (a limit, a crash, an
interrupt, a damaged recording, a full disk).`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.PersistentFlags().BoolVar(&a.json, "json", false, "make stdout machine-readable")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w\nrun '%s --help' for what it takes", err, cmd.CommandPath())
	})
	root.AddCommand(
		a.runCommand(), a.replayCommand(), a.testCommand(), a.mergeCommand(),
		a.inspectCommand(), a.explainCommand(), a.iceCommand(), a.showCommand(), a.diffCommand(), a.exportCommand(),
		a.listCommand(), a.learnCommand(), a.newCommand(), a.validateCommand(), a.schemaCommand(), a.versionCommand(),
	)

	completeArguments(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var exit *exitError
	switch {
	case !errors.As(err, &exit):
		// What cobra itself finds is about the command line.
		exit = &exitError{exitUsage, err}
	case exit.err == nil:
		return exit.status
	}
	if text := exit.err.Error(); text != "" {
		fmt.Fprintf(stderr, "rtcsim: %s\n", strings.TrimSpace(text))
	}
	return exit.status
}
