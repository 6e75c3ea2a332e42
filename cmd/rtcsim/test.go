package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rtcsim/rtcsim/internal/golden"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/internal/suite"
	"github.com/rtcsim/rtcsim/recorder"
)

// testOptions are the flags of test.
type testOptions struct {
	seeds, verify, run, shard string
	variant, tags             []string
	jobs                      int
	failFast                  bool
	keep                      string
	keepAll                   bool
	packets                   string
	limits                    sandbox.Limits
	files                     reportFiles
	golden                    goldenOptions
}

func (a *app) testCommand() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test PATH…",
		Short: "Run many scenarios, with many seeds, and check what they expect",
		Long: `Run many scenarios, with many seeds, and check what they expect.

PATH is a file, a folder, a pattern such as 'calls/**/nat-*.yaml', or a scenario or topic
of the library; library is all of it. Of a folder, all files in it and below that end in
.yaml or .yml are scenarios, except those that others include. A file on disk comes before
a scenario of the library with the same name; library/nat means the one in the library.

A case is a scenario in one variant of its matrix, with one seed, such as
  nat/matrix left=symmetric,right=open,servers=turn seed=3
--seeds has each variant run with several seeds. --run, --tags and --variant choose among
the cases, and --shard 2/4 takes the second of four parts, which never depend on the
machine: each case is in exactly one. rtcsim merge puts their reports together.

Cases run on all processors, each in a simulation of its own. One that spins, crashes or
needs too much memory or time is stopped and told, and the others go on. What a case does
is the same however many run at once. To see that it is so, 5 % of the cases are run twice
and compared event by event; --verify all has it done with every one.

The recordings of cases that did not pass are kept in rtcsim-failures, or where --keep
says, in files named after the cases. What is there of an earlier time is replaced or
stays. Nothing is left of cases that passed, unless --keep-all is given.

The summary shows, of what did not hold, the line of the scenario, what was seen instead,
the events before it, and the commands that show it again. Cases of one variant that
failed alike are shown once, with their seeds. Meanwhile stderr has the progress.

With --golden, each run is also compared with the golden recording beside its scenario:
a readable text of what its session did, which was reviewed before. --update writes it.

For machines:
  --junit FILE   JUnit XML, as Jenkins and GitLab read it
  --report FILE  JSON Lines: a header, each result as soon as it is known, the sums
  --json         the same lines on stdout, instead of the summary
Each of them holds all that is finished at any time, whatever ends rtcsim.
Where GITHUB_ACTIONS is true, what did not hold is annotated in the pull request, and
GITHUB_STEP_SUMMARY gets the summary as Markdown.

Exit status: 0 all cases passed; 1 a case failed, or a second run gave other events; 2 the
command line or a scenario is wrong, and nothing was run; 3 a case hit a limit or crashed,
and no other failed; or it was interrupted.`,
		Example: `  rtcsim test calls                          # all scenarios in a folder
  rtcsim test library --seeds 20             # the library, each with the seeds 1 to 20
  rtcsim test call.yaml --seeds 100..199 --fail-fast
  rtcsim test calls --tags 'turn,!slow' --run 'seed=[1-5]$'
  rtcsim test calls --seeds 50 --shard 2/4 --report shard-2.jsonl
  rtcsim test calls --verify all --junit results.xml
  rtcsim test calls --golden                 # does it still do what was reviewed?`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s takes scenarios: files, folders, patterns, or what is in the library\nusage: %s", cmd.CommandPath(), cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.test(cmd, args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.seeds, "seeds", "", "the seeds: how many (20), a range (100..199) or a list (1,7,9) (default: the scenario's own)")
	f.StringSliceVar(&o.variant, "variant", nil, "only the variants with these values of the matrix, such as nat=symmetric,loss=5%")
	f.StringSliceVar(&o.tags, "tags", nil, "only scenarios with one of these tags, and with none that has a ! before it, such as nat,!slow")
	f.StringVar(&o.run, "run", "", "only cases whose name, or whose scenario's title, matches this regular expression")
	f.StringVar(&o.shard, "shard", "", "only this part of the cases, such as 2/4, the second of four")
	f.StringVar(&o.verify, "verify", "5%", "the part of the cases that is run twice and compared: all, none or a percentage")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "how many runs are made at once")
	f.BoolVar(&o.failFast, "fail-fast", false, "begin no further case once one has not passed")
	f.StringVar(&o.keep, "keep", "rtcsim-failures", "the folder for the recordings of what did not pass")
	f.BoolVar(&o.keepAll, "keep-all", false, "keep the recordings of what passed, too")
	f.StringVar(&o.packets, "packets", recorder.PacketsFull, "what to record of packets: full, headers (no payload) or none")
	f.DurationVar(&o.limits.Wall, "timeout", 0, "stop a run after this time on the clock on the wall (default 10m)")
	o.golden.flags(f)
	limitFlags(f, &o.limits)
	f.Lookup("max-wall").Hidden = true // its name in run
	o.files.flags(f)
	return cmd
}

// selection reads what the flags choose.
func (o testOptions) selection() (s suite.Selection, shard suite.Shard, err error) {
	if s.Seeds, err = suite.ParseSeeds(o.seeds); err != nil {
		return s, shard, usage("--seeds: %w", err)
	}
	if s.Verify, err = suite.ParseShare(o.verify); err != nil {
		return s, shard, usage("--verify: %w", err)
	}
	if s.Run, err = regexp.Compile(o.run); err != nil {
		return s, shard, usage("--run takes a regular expression: %w", err)
	}
	if shard, err = suite.ParseShard(o.shard); err != nil {
		return s, shard, usage("--shard: %w", err)
	}
	s.Variants, s.Tags = o.variant, o.tags
	return s, shard, nil
}

// check refuses options that make no sense.
func (o testOptions) check() error {
	switch {
	case !slices.Contains([]string{recorder.PacketsFull, recorder.PacketsHeaders, recorder.PacketsNone}, o.packets):
		return usage("--packets takes full, headers or none, not %q", o.packets)
	case o.jobs < 1:
		return usage("--jobs takes a number above 0, not %d", o.jobs)
	case o.keep == "":
		return usage("--keep takes the name of a folder")
	}
	return checkLimits(o.limits)
}

func (a *app) test(cmd *cobra.Command, args []string, o testOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	selection, shard, err := o.selection()
	if err != nil {
		return err
	}
	sources, err := library.Find(args...)
	if err != nil {
		return usage("%w", err)
	}
	all, err := suite.Select(sources, selection)
	var invalid *suite.InvalidError
	if errors.As(err, &invalid) {
		return usage("%s\n%d of %s wrong; nothing was run", invalid.Pretty(), invalid.Invalid, count(invalid.Files, "scenario"))
	}
	if err != nil {
		return usage("%w", err)
	}
	reviewed, err := o.golden.open(sources, o.packets)
	if err != nil {
		return err
	}
	var checks []string
	if reviewed != nil {
		checks = append(checks, golden.Kind)
	}
	cases := shard.Of(all)

	r, err := runner.New(cmd.Context(), o.limits.Memory, a.progress)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	versions := r.Versions()
	header := suite.Header{
		Rtcsim: versions.Rtcsim, Guest: versions.Guest, Machine: versions.Machine, Go: versions.Go, Wazero: versions.Wazero, Modules: versions.Modules,
		Selection: suite.SelectionText{
			Paths: args, Seeds: o.seeds, Variants: o.variant, Tags: o.tags, Run: o.run, Verify: o.verify, Packets: o.packets, Checks: checks,
		},
		Cases: len(all),
		Sum:   suite.Sum(all),
		Shard: shard,
	}
	reports, err := a.openReports(o.files, header, time.Now())
	if err != nil {
		return err
	}
	executor := &suite.Executor{Machine: r, Packets: o.packets, Limits: o.limits, Keep: o.keep, KeepAll: o.keepAll}
	if reviewed != nil {
		executor.Checks = append(executor.Checks, reviewed.Check)
	}
	progress := suite.NewProgress(a.stderr, isTerminal(a.stderr), len(cases))
	sums, err := suite.Execute(cmd.Context(), executor, cases, suite.Options{
		Jobs:     o.jobs,
		FailFast: o.failFast,
		Finished: func(r *suite.Result) error {
			err := reports.add(r)
			progress.Add(r)
			return err
		},
	})
	progress.Close()
	if err != nil {
		sums.Stopped = suite.StoppedInterrupted
	}
	if reviewed != nil {
		err = errors.Join(err, a.writeGolden(reviewed, sources))
	}
	err = errors.Join(err, reports.close(sums))
	summary := suite.Summary{Sums: sums, Results: reports.results, Cores: min(o.jobs, max(1, len(cases))), Memory: peakMemory()}
	return a.conclude(summary, err)
}

// conclude tells what a suite has come to: to people, to GitHub, and as exit status. The error is why it could not go on.
func (a *app) conclude(s suite.Summary, err error) error {
	if !a.json {
		s.Print(a.stdout, a.renderer)
	}
	err = errors.Join(err, a.tellGitHub(s))
	if err != nil {
		return &exitError{exitFatal, err}
	}
	switch s.Sums.Status() {
	case suite.SomeFailed:
		return &exitError{status: exitFailed}
	case suite.Incomplete:
		if s.Sums.Stopped == suite.StoppedInterrupted {
			return &exitError{exitFatal, fmt.Errorf("interrupted: %d of %s executed", s.Sums.Finished, count(s.Sums.Cases, "case"))}
		}
		return &exitError{status: exitFatal}
	}
	return nil
}

// tellGitHub annotates the pull request and adds to the summary of the job, where this is a job of GitHub's.
func (a *app) tellGitHub(s suite.Summary) error {
	if os.Getenv("GITHUB_ACTIONS") != "true" {
		return nil
	}
	var out io.Writer = a.stdout
	if a.json { // the runner reads both
		out = a.stderr
	}
	err := suite.Annotate(out, s.Results, os.Getenv("GITHUB_WORKSPACE"))
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return err
	}
	file, opened := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if opened != nil {
		return errors.Join(err, opened)
	}
	return cmp.Or(err, errors.Join(s.Markdown(file), file.Close()))
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
