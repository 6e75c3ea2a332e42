package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// runOptions are the flags of run.
type runOptions struct {
	output  string
	seed    uint64
	packets string
	tui     bool
	dissect bool
	variant []string
	verbose bool
	remarks bool
	limits  sandbox.Limits

	topology, ascii bool
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario, show what happens, check its expectations, write a recording",
		Long: `Run a scenario, show what happens, check its expectations, write a recording.

SCENARIO is a file, or a scenario of the library such as nat/symmetric-both. One
with a matrix is run once for each combination of its values; each run writes
a recording of its own.`,
		Example: `  rtcsim run call.yaml
  rtcsim run nat/symmetric-both        # of the library, in any folder
  rtcsim run call.yaml --seed 7 -o call-7.rtcrec
  rtcsim run call.yaml -v              # with every packet
  rtcsim run nats.yaml --variant nat=symmetric
  rtcsim run call.yaml --remarks       # where pion differs from the standard
  rtcsim run call.yaml --json | jq .   # the recording's lines on stdout
  rtcsim run call.yaml --topology      # a drawing of the network instead of a run`,
		Args: exactly(1, "a scenario"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.ascii && !o.topology && !o.tui:
				return usage("--ascii is about what --topology and --tui draw")
			case o.topology && cmd.Flags().Changed("output"):
				return usage("--topology runs nothing, so there is no recording for -o")
			case !cmd.Flags().Changed("output"):
				base := filepath.Base(args[0])
				o.output = strings.TrimSuffix(base, filepath.Ext(base)) + ".rtcrec"
			}
			return a.run(cmd, args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "where to write the recording (default: the scenario's name with .rtcrec, in this folder)")
	f.Uint64Var(&o.seed, "seed", 0, "the seed, instead of the scenario's")
	f.BoolVar(&o.tui, "tui", false, "look at the session in the inspector, as it goes")
	f.BoolVar(&o.dissect, "dissect", false, "record packets dissected, with what is inside their encryption")
	f.StringVar(&o.packets, "packets", recorder.PacketsFull, "what to record of packets: full, headers (no payload) or none")
	f.StringSliceVar(&o.variant, "variant", nil, "of a scenario with a matrix, run only the variants with these values, such as nat=symmetric,loss=5%")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "show every packet")
	f.BoolVar(&o.remarks, "remarks", false, "show and list where pion differs from the standard")
	f.BoolVar(&o.topology, "topology", false, "draw the networks, hosts and links, and the ways between the peers; run and record nothing")
	f.BoolVar(&o.ascii, "ascii", false, "with --topology or --tui, draw with ASCII characters only")
	limitFlags(f, &o.limits)
	return cmd
}

// limitFlags adds the flags for the limits of a run.
func limitFlags(f *pflag.FlagSet, l *sandbox.Limits) {
	f.DurationVar(&l.Wall, "max-wall", 0, "stop after this time on the clock on the wall (default 10m)")
	f.DurationVar(&l.Virtual, "max-virtual", 0, "stop at this virtual time (default 25h)")
	f.Var((*size)(&l.Memory), "max-memory", "stop when the simulation needs more memory, such as 512MiB (default 1GiB)")
	f.Uint64Var(&l.Events, "max-events", 0, "stop after so many events (default 20000000)")
	f.Var((*size)(&l.Bytes), "max-bytes", "stop after so many bytes of events, such as 1GiB (default 8GiB)")
	f.Uint64Var(&l.Spin, "max-spin", 0, "stop when it passes so many million loop heads without sleeping (default 4000)")
	for _, name := range []string{"max-virtual", "max-events", "max-bytes", "max-spin"} {
		f.Lookup(name).Hidden = true
	}
}

// checkLimits refuses limits that no run can have.
func checkLimits(l sandbox.Limits) error {
	switch {
	case l.Wall < 0:
		return usage("--max-wall takes a time above 0, not %v", l.Wall)
	case l.Virtual < 0:
		return usage("--max-virtual takes a time above 0, not %v", l.Virtual)
	case l.Memory > sandbox.MaxMemory:
		return usage("--max-memory takes at most %dGiB: a guest cannot have more", sandbox.MaxMemory>>30)
	}
	return nil
}

// exactly returns a check that there are n arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("%s takes %s\nusage: %s", cmd.CommandPath(), what, cmd.UseLine())
		}
		return nil
	}
}

func (a *app) run(cmd *cobra.Command, path string, o runOptions) error {
	switch o.packets {
	case recorder.PacketsFull, recorder.PacketsHeaders, recorder.PacketsNone:
	default:
		return usage("--packets takes full, headers or none, not %q", o.packets)
	}
	if o.dissect && o.packets != recorder.PacketsFull {
		return usage("--dissect needs the packets' payloads: leave out --packets %s", o.packets)
	}
	if o.tui && a.json {
		return usage("--tui and --json exclude each other")
	}
	if o.output == "" {
		return usage("-o takes the name of a file")
	}
	if err := checkLimits(o.limits); err != nil {
		return err
	}
	source, err := library.Open(path)
	if err != nil {
		return usage("%w", err)
	}
	variants, err := source.Variants(o.variant)
	if err != nil {
		return wrong(err)
	}
	r, err := runner.New(cmd.Context(), o.limits.Memory, a.progress)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	worst := exitOK
	for i, s := range variants {
		if len(variants) > 1 && !a.json {
			if i > 0 {
				fmt.Fprintln(a.stdout)
			}
			fmt.Fprintf(a.stdout, "%s\n", a.renderer.NewStyle().Bold(true).Render(s.Variant))
		}
		seed := s.Seed
		if cmd.Flags().Changed("seed") {
			seed = o.seed
		}
		header := source.Header(r, s, seed, recorder.Options{Packets: o.packets, Dissect: o.dissect})
		if o.topology {
			if err := a.drawTopology(cmd.Context(), r, header, o.limits, o.ascii); err != nil {
				return err
			}
			continue
		}
		err := a.runOnce(cmd, r, header, o, variantPath(o.output, s.Variant))
		var exit *exitError
		if errors.As(err, &exit) && exit.status == exitFailed {
			worst = exitFailed
		} else if err != nil {
			return err
		}
	}
	if worst != exitOK {
		return &exitError{status: worst}
	}
	return nil
}

// variantPath puts the name of a variant into the name of its recording.
func variantPath(path, variant string) string {
	if variant == "" {
		return path
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, variant)
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "." + name + ext
}

// runOnce makes one run and writes its recording to output.
func (a *app) runOnce(cmd *cobra.Command, r *runner.Runner, header recorder.Header, o runOptions, output string) error {
	printer := transcript.New(a.stdout, a.renderer, o.verbose, o.remarks)
	watch := printer.Line
	if a.json {
		watch = a.jsonLines(header)
	}
	var found remarks
	if o.remarks {
		show := watch
		watch = func(line []byte) {
			show(line)
			found.line(line)
		}
	}
	var end recorder.End
	var stats sandbox.Stats
	var err error
	if o.tui {
		end, stats, err = a.recordLive(cmd.Context(), r, header, o, output)
	} else {
		end, stats, err = r.Record(cmd.Context(), output, header, o.limits, watch)
	}
	printer.Flush()
	if err != nil {
		return &exitError{exitFatal, err}
	}
	if a.json {
		watch(marshal(map[string]any{"end": end}))
		if o.remarks {
			fmt.Fprintf(a.stdout, "%s\n", marshal(map[string]any{"remarks": found}))
		}
	} else {
		a.listRemarks(found)
		a.summary(end, stats, output, o.remarks)
		if end.Outcome == recorder.OutcomeFailed {
			if err := a.why(output); err != nil {
				return &exitError{exitFatal, err}
			}
		}
	}
	switch end.Outcome {
	case recorder.OutcomePassed:
		return nil
	case recorder.OutcomeFailed:
		return &exitError{status: exitFailed}
	}
	return &exitError{exitFatal, fmt.Errorf("%s\n%swhat happened until then is in %s", end.Message, detail(end), output)}
}

// detail returns the beginning of what a crashed guest printed.
func detail(end recorder.End) string {
	lines := strings.SplitAfterN(end.Detail, "\n", 12)
	if len(lines) < 2 {
		return ""
	}
	text := strings.Join(lines[1:len(lines)-1], "")
	if len(lines) == 12 {
		text += "…\n"
	}
	return text
}

// jsonLines prints the header and returns the function that prints each event: the lines of the recording.
func (a *app) jsonLines(h recorder.Header) func(line []byte) {
	out := func(line []byte) { fmt.Fprintf(a.stdout, "%s\n", line) }
	out(marshal(h))
	return out
}

// marshal returns v as JSON on one line, with characters escaped as in a recording.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // our own types are all JSON
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// summary prints what became of the run.
func (a *app) summary(end recorder.End, stats sandbox.Stats, recording string, remarks bool) {
	style := a.renderer.NewStyle()
	good, bad := style.Bold(true).Foreground(a.colour("28", "78")), style.Bold(true).Foreground(a.colour("160", "203"))
	verdict := good.Render(fmt.Sprintf("✓ %s held", count(end.Held, "expectation")))
	if end.Outcome != recorder.OutcomePassed {
		verdict = bad.Render("✗ "+string(end.Outcome)) + fmt.Sprintf(": %s held, %d did not", count(end.Held, "expectation"), end.Failed)
	} else if end.Held == 0 {
		verdict = good.Render("✓ it ran to its end") + "; the scenario expects nothing"
	}
	speed := float64(stats.Virtual) / float64(max(stats.Wall, time.Microsecond))
	fmt.Fprintf(a.stdout, "\n%s\n", verdict)
	fmt.Fprintf(a.stdout, "  time       %v virtual, %v on the wall (%.0f times as fast)\n", stats.Virtual, stats.Wall.Round(time.Millisecond), speed)
	fmt.Fprintf(a.stdout, "  memory     %d MiB for the simulation\n", (stats.Memory+1<<20-1)>>20)
	sent, delivered, dropped := end.Counts[recorder.KindPacketSent], end.Counts[recorder.KindPacketDelivered], end.Counts[recorder.KindPacketDropped]
	fmt.Fprintf(a.stdout, "  events     %d; packets: %d sent, %d delivered, %d dropped\n", end.Events, sent, delivered, dropped)
	if n := int(end.Counts[recorder.KindRemark]); n > 0 {
		hint := "; --remarks lists them"
		if remarks {
			hint = ""
		}
		fmt.Fprintf(a.stdout, "  standard   %s where pion differs from it%s\n", count(n, "remark"), hint)
	}
	fmt.Fprintf(a.stdout, "  digest     %s\n", end.Digest)
	fmt.Fprintf(a.stdout, "  recording  %s\n", recording)
	fmt.Fprintf(a.stdout, "  again      rtcsim replay %s\n", recording)
}

// why ends what is printed of a run that failed with the reason.
func (a *app) why(recording string) error {
	r, err := recorder.Load(recording)
	if err != nil {
		return err
	}
	defer r.Close()
	<-r.Done()
	facts, err := explain.Gather(r, r.Len())
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s\n", a.renderer.NewStyle().Bold(true).Render("Why"))
	explain.Write(a.stdout, explain.Session(facts), explain.Layout{Width: a.columns(), Renderer: a.renderer, Short: true})
	fmt.Fprintf(a.stdout, "  evidence   rtcsim explain %s\n", recording)
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size is a flag for a number of bytes.
type size int64

func (s *size) String() string { return "" }
func (s *size) Type() string   { return "size" }
func (s *size) Set(text string) error {
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			var n int64
			if _, err := fmt.Sscan(number, &n); err == nil && n > 0 && n <= math.MaxInt64/u.bytes {
				*s = size(n * u.bytes)
				return nil
			}
			break
		}
	}
	return errors.New("give a whole number with a unit, such as 512MiB")
}

var _ pflag.Value = (*size)(nil)
