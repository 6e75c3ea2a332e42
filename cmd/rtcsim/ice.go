package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// iceOptions are the flags of ice.
type iceOptions struct {
	peer    string
	at      time.Duration
	end     bool // no time was given
	changes bool
}

func (a *app) iceCommand() *cobra.Command {
	var o iceOptions
	cmd := &cobra.Command{
		Use:   "ice RECORDING",
		Short: "Show what ICE did: candidates, pairs, checks, nomination, consent",
		Long: `Show what ICE did in a recorded session: each peer's candidates, the pairs that they
form, how often each pair was checked, what became of the last check, nomination, and
consent. An ICE restart begins a new generation with a table of its own.

The table is that of the end of the recording, or of another time. --changes shows what
changed until then, one line for each change, with the number of the event that shows it.`,
		Example: `  rtcsim ice call.rtcrec
  rtcsim ice call.rtcrec --at 250ms --peer alice
  rtcsim ice call.rtcrec --changes
  rtcsim ice call.rtcrec --json | jq '.peers[].generations[-1].pairs'`,
		Args: exactly(1, "a recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.end = !cmd.Flags().Changed("at")
			return a.ice(args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.peer, "peer", "", "show this peer only")
	f.DurationVar(&o.at, "at", 0, "show the table at this virtual time, such as 1.5s (default: at the end)")
	f.BoolVar(&o.changes, "changes", false, "show what changed, in place of the table")
	return cmd
}

func (a *app) ice(path string, o iceOptions) error {
	if !o.end && o.at < 0 {
		return usage("--at %v is before the session begins", o.at)
	}
	r, err := recorder.Open(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	view, err := iceAt(r, o)
	if view == nil {
		return &exitError{exitFatal, err}
	}
	view, unknown := onlyPeer(view, o.peer)
	if unknown != nil && err == nil {
		return unknown
	}
	switch {
	case a.json && o.changes:
		fmt.Fprintf(a.stdout, "%s\n", marshal(view.Changes))
	case a.json:
		fmt.Fprintf(a.stdout, "%s\n", marshal(view))
	default:
		p := a.icePrinter()
		if o.changes {
			p.changes(view)
		} else {
			p.view(view)
		}
	}
	if err != nil { // what could be read has been shown
		return &exitError{exitFatal, err}
	}
	return nil
}

// iceAt reads the recording up to the time that was asked for. The error may come with what could be read until then.
func iceAt(r *recorder.Reader, o iceOptions) (*ice.View, error) {
	table := ice.New()
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			if !o.end {
				table.Advance(o.at)
			}
			return table.At(), nil
		case err == nil && !o.end && e.Time > o.at:
			table.Advance(o.at)
			return table.At(), nil
		case err == nil:
			err = table.Add(e)
		}
		if err != nil {
			return table.At(), err
		}
	}
}

// onlyPeer returns the view with one peer only, or with all if no name is given.
func onlyPeer(v *ice.View, name string) (*ice.View, error) {
	if name == "" {
		return v, nil
	}
	only := *v
	only.Peers = slices.DeleteFunc(slices.Clone(v.Peers), func(p ice.Peer) bool { return p.Name != name })
	only.Changes = slices.DeleteFunc(slices.Clone(v.Changes), func(c ice.Change) bool { return c.Peer != name })
	if len(only.Peers) == 0 {
		var names []string
		for _, p := range v.Peers {
			names = append(names, p.Name)
		}
		return &only, usage("the recording has no peer %q; it has %s", name, orNone(strings.Join(names, ", ")))
	}
	return &only, nil
}

// icePrinter prints tables of ICE.
type icePrinter struct {
	out                        io.Writer
	bold, dim, good, bad, warn lipgloss.Style
}

func (a *app) icePrinter() icePrinter {
	style := a.renderer.NewStyle()
	return icePrinter{
		out:  a.stdout,
		bold: style.Bold(true),
		dim:  style.Faint(true),
		good: style.Foreground(a.colour("28", "78")),
		bad:  style.Bold(true).Foreground(a.colour("160", "203")),
		warn: style.Foreground(a.colour("130", "214")),
	}
}

func (p icePrinter) line(format string, args ...any) {
	fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// iceTime formats a virtual time as transcript.Time does, without the space before it.
func iceTime(t time.Duration) string { return strings.TrimSpace(transcript.Time(t)) }

// missing says what the table lacks since the recording lacks it.
func (p icePrinter) missing(v *ice.View) {
	switch v.Packets {
	case recorder.PacketsHeaders:
		p.line("%s", p.warn.Render("recorded without payloads: relayed checks and user name fragments are not seen"))
	case recorder.PacketsNone:
		p.line("%s", p.warn.Render("recorded without packets: checks are not seen"))
	}
}

func (p icePrinter) view(v *ice.View) {
	p.missing(v)
	for i, peer := range v.Peers {
		for j, g := range peer.Generations {
			if i+j > 0 || v.Packets != recorder.PacketsFull {
				p.line("")
			}
			p.generation(peer.Name, g, v.Time)
		}
	}
}

func (p icePrinter) generation(peer string, g *ice.Generation, now time.Duration) {
	head := p.bold.Render(peer)
	if g.Number > 1 {
		head += fmt.Sprintf("  generation %d", g.Number)
	}
	for _, s := range []string{g.State, g.Role} {
		if s != "" {
			head += "  " + s
		}
	}
	if g.Lite {
		head += "  lite"
	}
	p.line("%s  %s", head, p.dim.Render("at "+iceTime(now)))
	if g.Ended != nil {
		p.line("  %s", p.warn.Render(fmt.Sprintf("ended at %s (%s); what was there until then:", iceTime(g.Ended.Time), g.Ended.Reason)))
	}
	p.candidates("local candidate", g.Local)
	p.candidates("remote candidate", g.Remote)
	if len(g.Pairs) == 0 {
		p.line("  %s", p.dim.Render("no pairs"))
		return
	}
	p.line("  %s", p.dim.Render(fmt.Sprintf("%-8s %-11s %5s %8s %8s %8s  %s", "pair", "state", "sent", "answered", "received", "answered", "round trip")))
	for _, pair := range g.Pairs {
		p.pair(pair, g)
	}
}

func (p icePrinter) candidates(title string, list []*ice.Candidate) {
	if len(list) == 0 {
		p.line("  %s", p.dim.Render("no "+title+"s"))
		return
	}
	p.line("  %s", p.dim.Render(fmt.Sprintf("%-34s %10s %13s  %s", title, "priority", "since", "from")))
	for _, c := range list {
		from := string(c.Source)
		if c.Interface != "" && c.Source == ice.Gathered {
			from = c.Interface
		}
		typ := c.Type
		if typ == "" {
			typ = "?"
		}
		p.line("  %-4s%-6s%-24s %10d %13s  %s", c.Label, typ, strings.TrimPrefix(c.String(), c.Type+" "), c.Priority, iceTime(c.Since), from)
	}
}

func (p icePrinter) pair(pair *ice.Pair, g *ice.Generation) {
	state := fmt.Sprintf("%-11s", pair.State)
	switch pair.State {
	case ice.Succeeded:
		state = p.good.Render(state)
	case ice.Failed:
		state = p.bad.Render(state)
	}
	roundTrip := ""
	if pair.Answered.N > 0 {
		roundTrip = pair.RoundTrip.String()
	}
	p.line("  %s %s %5d %8d %8d %8d  %s", fixed(pair.Label(), 8), state, pair.Sent.N, pair.Answered.N, pair.Received.N, pair.Responded.N, roundTrip)
	if pair.Selected || pair.Nomination != nil {
		p.line("           %s", p.nomination(pair))
	}
	if c := pair.Last; c != nil && c.Outcome != ice.Answered {
		p.check(c)
	}
	if c := pair.Consent; c != nil && g.Ended == nil {
		text := fmt.Sprintf("consent until %s, answered %s", iceTime(c.Expires), iceTime(c.Answered))
		if c.Expired {
			text = p.bad.Render("consent ran out at " + iceTime(c.Expires))
		}
		p.line("           %s", text)
	}
}

func (p icePrinter) nomination(pair *ice.Pair) string {
	var parts []string
	if pair.Selected {
		parts = append(parts, p.good.Render("selected"))
	}
	if n := pair.Nomination; n != nil {
		word := "to be nominated"
		if pair.Nominated {
			word = "nominated"
		}
		parts = append(parts, fmt.Sprintf("%s by packet %d at %s", word, n.Packet, iceTime(n.Time)))
	}
	return strings.Join(parts, ", ")
}

// check prints what became of a pair's last check.
func (p icePrinter) check(c *ice.Check) {
	text := fmt.Sprintf("last check %s, packet %d: %s", iceTime(c.Sent), c.Packet, c.Outcome)
	if c.At != "" {
		text += " at " + c.At
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	if c.Detail != "" {
		text += ": " + c.Detail
	}
	style := p.dim
	if c.Outcome == ice.Lost || c.Outcome == ice.AnswerLost || c.Outcome == ice.Ignored {
		style = p.warn
	}
	for _, line := range wrap(text, 68) {
		p.line("           %s", style.Render(line))
	}
}

// wrap breaks a text between words into lines of a width.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

func (p icePrinter) changes(v *ice.View) {
	p.missing(v)
	width := 0
	for _, peer := range v.Peers {
		width = max(width, len([]rune(peer.Name)))
	}
	for _, c := range v.Changes {
		text := p.dim.Render(transcript.Time(c.Time)) + "  " + fixed(c.Peer, width) + "  "
		if c.Subject != "" {
			text += fixed(c.Subject, 7) + " "
		}
		switch c.Aspect {
		case ice.AspectGeneration:
			text += fmt.Sprintf("generation %d ", c.Generation)
		case ice.AspectTransport, ice.AspectRole, ice.AspectConsent:
			text += string(c.Aspect) + " "
		}
		if c.From != "" {
			text += c.From + " → "
		}
		text += p.bold.Render(c.To)
		if c.Why != "" {
			text += p.dim.Render(" (" + c.Why + ")")
		}
		if c.Event != 0 {
			text += p.dim.Render(fmt.Sprintf("  #%d", c.Event))
		}
		p.line("%s", text)
	}
}

// fixed pads a text to a width.
func fixed(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-len([]rune(s))))
}
