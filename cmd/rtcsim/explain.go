package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/recorder"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	peer  string
	at    time.Duration
	timed bool // a time was given
	event uint64
	slow  bool
	ascii bool
}

func (a *app) explainCommand() *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain RECORDING",
		Short: "Say why a session ended as it did",
		Long: `Say why a recorded session ended as it did: a tree of causes down to the ground, each with
the events that show it. Where it finds nothing, it says what it can rule out.

With --peer it says why that peer is in the state that it is in, with --at at another time
than the end, with --event why an event happened. --slow shows where the time went until
the peers were connected. The numbers of events are those that 'rtcsim inspect' jumps to.`,
		Example: `  rtcsim explain call.rtcrec
  rtcsim explain call.rtcrec --peer bob --at 12s
  rtcsim explain call.rtcrec --event 118
  rtcsim explain call.rtcrec --slow
  rtcsim explain call.rtcrec --json | jq -r '.causes[] | .. | .rule? // empty'`,
		Args: exactly(1, "a recording"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.timed = cmd.Flags().Changed("at")
			if cmd.Flags().Changed("event") && (o.timed || o.peer != "" || o.slow) {
				return usage("--event goes with none of --peer, --at and --slow")
			}
			return a.explain(args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.peer, "peer", "", "explain the state of this peer only")
	f.DurationVar(&o.at, "at", 0, "explain what was at this virtual time, such as 1.5s (default: at the end)")
	f.Uint64Var(&o.event, "event", 0, "explain why the event with this number happened")
	f.BoolVar(&o.slow, "slow", false, "show where the time went until the peers were connected")
	f.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only")
	return cmd
}

func (a *app) explain(path string, o explainOptions) error {
	if o.timed && o.at < 0 {
		return usage("--at %v is before the session begins", o.at)
	}
	r, err := recorder.Load(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	<-r.Done()
	until := r.Len()
	if o.timed {
		until = r.At(o.at)
	}
	if o.event != 0 {
		if until = r.Find(o.event); until == 0 {
			return usage("the recording has no event %d; it has %d of them", o.event, r.Len())
		}
	}
	facts, unread := explain.Gather(r, until)
	if o.peer != "" && facts.Peer(o.peer) == nil {
		var names []string
		for _, p := range facts.Peers {
			names = append(names, p.Name)
		}
		return usage("the recording has no peer %q; it has %s", o.peer, orNone(strings.Join(names, ", ")))
	}
	var x *explain.Explanation
	switch {
	case o.event != 0:
		x, err = explain.Event(facts)
	case o.slow:
		x = explain.Slow(facts, o.peer)
	case o.peer != "":
		x = explain.Why(facts, o.peer)
	default:
		x = explain.Session(facts)
	}
	switch {
	case err != nil:
		return &exitError{exitFatal, err}
	case a.json:
		fmt.Fprintf(a.stdout, "%s\n", marshal(x))
	default:
		explain.Write(a.stdout, x, explain.Layout{Width: a.columns(), ASCII: o.ascii, Renderer: a.renderer})
	}
	for _, err := range []error{unread, r.Err()} {
		if err != nil { // what could be read has been explained
			return &exitError{exitFatal, err}
		}
	}
	return nil
}
