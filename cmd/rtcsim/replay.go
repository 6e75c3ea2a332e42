package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

func (a *app) replayCommand() *cobra.Command {
	var anyway bool
	var limits sandbox.Limits
	cmd := &cobra.Command{
		Use:   "replay RECORDING",
		Short: "Run a recording again and compare event by event",
		Long: `Run a recording again, from the scenario, seed and options that it holds, and compare
event by event. At the first difference, replay stops and shows both sides with the
five events before.

A recording that was made with another guest, pion, Go or wazero, or whose header was
changed, is not replayed unless --anyway is given: what differs is shown instead.`,
		Example: `  rtcsim replay call.rtcrec
  rtcsim replay call.rtcrec --anyway   # although it was made with another pion`,
		Args: exactly(1, "a recording"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.replay(cmd, args[0], limits, anyway) },
	}
	cmd.Flags().BoolVar(&anyway, "anyway", false, "replay although the header or this machine differs")
	limitFlags(cmd.Flags(), &limits)
	return cmd
}

func (a *app) replay(cmd *cobra.Command, path string, limits sandbox.Limits, anyway bool) error {
	if err := checkLimits(limits); err != nil {
		return err
	}
	open := func() (*recorder.Reader, error) { return recorder.Open(path) }
	recording, err := open() // a file that is no recording needs no guest
	if err != nil {
		return &exitError{exitFatal, err}
	}
	recording.Close()
	r, err := runner.New(cmd.Context(), limits.Memory, a.progress)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	result, err := r.Replay(cmd.Context(), open, limits, anyway)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	if a.json {
		a.replayJSON(result)
	} else {
		a.replayText(result, path, anyway)
	}
	switch {
	case result.Identical(), anyway && result.Divergence == nil && result.Incomplete == nil:
		return nil
	case result.Incomplete != nil && result.Divergence == nil && (anyway || len(result.Header)+len(result.Identity) == 0):
		return &exitError{exitFatal, result.Incomplete}
	}
	return &exitError{status: exitFailed}
}

func (a *app) replayText(r *runner.Replay, path string, anyway bool) {
	style := a.renderer.NewStyle()
	good, bad := style.Bold(true).Foreground(a.colour("28", "78")), style.Bold(true).Foreground(a.colour("160", "203"))
	dim := style.Faint(true)
	list := func(title, left, right string, diffs []recorder.Difference) {
		if len(diffs) == 0 {
			return
		}
		fmt.Fprintf(a.stdout, "%s\n", bad.Render("✗ "+title))
		for _, d := range diffs {
			fmt.Fprintf(a.stdout, "    %-28s %s %s, %s %s\n", d.Field, left, orNone(d.A), right, orNone(d.B))
		}
	}
	list("the header was changed after it was recorded", "header", "recorded", r.Header)
	list("the recording was made by something else than what replays it", "recorded", "here", r.Identity)
	if len(r.Header)+len(r.Identity) > 0 && !anyway {
		fmt.Fprintln(a.stdout, "  not replayed; --anyway replays it all the same")
		return
	}
	if d := r.Divergence; d != nil {
		fmt.Fprintf(a.stdout, "%s\n\n", bad.Render(fmt.Sprintf("✗ event %d differs", d.Seq)))
		for _, e := range d.Before {
			fmt.Fprintln(a.stdout, dim.Render(fmt.Sprintf("  both     %s", eventLine(e))))
		}
		a.side("recorded", d.Recorded)
		a.side("replayed", d.Replayed)
		fmt.Fprintln(a.stdout)
		for _, f := range d.Fields() {
			fmt.Fprintf(a.stdout, "  %s\n    recorded  %s\n    replayed  %s\n", f.Field, shorten(orNone(f.A)), shorten(orNone(f.B)))
		}
		return
	}
	switch {
	case r.Incomplete != nil && r.Equal == 0:
	case r.Incomplete != nil:
		fmt.Fprintf(a.stdout, "%s\n", bad.Render(fmt.Sprintf("✗ the %d events that the recording still holds are the same", r.Equal)))
	default:
		text := fmt.Sprintf("✓ identical: all %d events of %s", r.Equal, path)
		if r.Outcome != recorder.OutcomePassed && r.Outcome != recorder.OutcomeFailed {
			text += fmt.Sprintf(" (the recorded run was stopped: %s)", r.Outcome)
		}
		fmt.Fprintf(a.stdout, "%s\n", good.Render(text))
	}
}

// side prints one side of a difference.
func (a *app) side(name string, line []byte) {
	text := "nothing: the run ended here"
	if line != nil {
		var e recorder.Event
		if json.Unmarshal(line, &e) == nil {
			text = eventLine(e)
		} else {
			text = fmt.Sprintf("no event any more: %s", shorten(string(line)))
		}
	}
	fmt.Fprintf(a.stdout, "  %s %s\n", a.renderer.NewStyle().Bold(true).Render(name), text)
}

// eventLine shows an event on one line: its number, time, peer, kind and the beginning of its data.
func eventLine(e recorder.Event) string {
	return fmt.Sprintf("%6d %s  %-8s %s %s", e.Seq, transcript.Time(e.Time), e.Peer, e.Kind, shorten(string(e.Data)))
}

func shorten(s string) string {
	const most = 160
	s = strings.ReplaceAll(s, "\n", " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// replayJSON prints the result as one object.
func (a *app) replayJSON(r *runner.Replay) {
	type divergence struct {
		Seq      uint64                `json:"seq"`
		Recorded string                `json:"recorded,omitempty"`
		Replayed string                `json:"replayed,omitempty"`
		Before   []recorder.Event      `json:"before"`
		Fields   []recorder.Difference `json:"fields"`
	}
	out := struct {
		Identical  bool                  `json:"identical"`
		Equal      uint64                `json:"equal"`
		Header     []recorder.Difference `json:"header,omitempty"`
		Identity   []recorder.Difference `json:"identity,omitempty"`
		Incomplete string                `json:"incomplete,omitempty"`
		Divergence *divergence           `json:"divergence,omitempty"`
	}{Identical: r.Identical(), Equal: r.Equal, Header: r.Header, Identity: r.Identity}
	if r.Incomplete != nil {
		out.Incomplete = r.Incomplete.Error()
	}
	if d := r.Divergence; d != nil {
		out.Divergence = &divergence{d.Seq, string(d.Recorded), string(d.Replayed), d.Before, d.Fields()}
	}
	fmt.Fprintf(a.stdout, "%s\n", marshal(out))
}

// colour returns a colour for light and dark terminals.
func (a *app) colour(light, dark string) lipgloss.TerminalColor {
	return lipgloss.AdaptiveColor{Light: light, Dark: dark}
}
