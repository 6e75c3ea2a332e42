package main

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"

	"github.com/spf13/cobra"

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
}

func (a *app) testCommand() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test PATH…",
		Short: "Run many scenarios and check what they expect",
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
	f.StringSliceVar(&o.tags, "tags", nil, "only scenarios with one of these tags, and without those with a ! before them")
	f.StringVar(&o.run, "run", "", "only cases whose name, or the scenario's, matches this regular expression")
	f.StringVar(&o.shard, "shard", "", "only this part of the cases, such as 1/4 to 4/4")
	f.StringVar(&o.verify, "verify", "5%", "the part of the cases that is run twice and compared: all, none or a percentage")
	f.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "how many runs are made at once")
	f.BoolVar(&o.failFast, "fail-fast", false, "begin no further case once one has not passed")
	f.StringVar(&o.keep, "keep", "rtcsim-failures", "the folder for the recordings of what did not pass")
	f.BoolVar(&o.keepAll, "keep-all", false, "keep the recordings of what passed, too")
	f.StringVar(&o.packets, "packets", recorder.PacketsFull, "what to record of packets: full, headers (no payload) or none")
	f.DurationVar(&o.limits.Wall, "timeout", 0, "stop a run after this time on the clock on the wall (default 10m)")
	limitFlags(f, &o.limits)
	f.Lookup("max-wall").Hidden = true // by its name in run
	return cmd
}

func (a *app) test(cmd *cobra.Command, args []string, o testOptions) error {
	var s suite.Selection
	var err error
	if s.Seeds, err = suite.ParseSeeds(o.seeds); err != nil {
		return usage("--seeds: %w", err)
	}
	if s.Verify, err = suite.ParseShare(o.verify); err != nil {
		return usage("--verify: %w", err)
	}
	if s.Run, err = regexp.Compile(o.run); err != nil {
		return usage("--run takes a regular expression: %w", err)
	}
	shard, err := suite.ParseShard(o.shard)
	if err != nil {
		return usage("--shard: %w", err)
	}
	if err := checkLimits(o.limits); err != nil {
		return err
	}
	s.Variants, s.Tags = o.variant, o.tags
	sources, err := library.Find(args...)
	if err != nil {
		return usage("%w", err)
	}
	all, err := suite.Select(sources, s)
	var invalid *suite.InvalidError
	if errors.As(err, &invalid) {
		return usage("%s\n%d of %s wrong; nothing was run", invalid.Pretty(), invalid.Invalid, count(invalid.Files, "scenario"))
	}
	if err != nil {
		return usage("%w", err)
	}
	cases := shard.Of(all)
	r, err := runner.New(cmd.Context(), o.limits.Memory, a.progress)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	executor := &suite.Executor{Machine: r, Packets: o.packets, Limits: o.limits, Keep: o.keep, KeepAll: o.keepAll}
	var results []*suite.Result
	sums, err := suite.Execute(cmd.Context(), executor, cases, suite.Options{
		Jobs:     o.jobs,
		FailFast: o.failFast,
		Finished: func(r *suite.Result) error {
			results = append(results, r)
			return nil
		},
	})
	suite.Summary{Sums: sums, Results: results, Cores: o.jobs}.Print(a.stdout, a.renderer)
	if err != nil {
		return &exitError{exitFatal, fmt.Errorf("the suite could not go on: %w", err)}
	}
	switch sums.Status() {
	case suite.SomeFailed:
		return &exitError{status: exitFailed}
	case suite.Incomplete:
		return &exitError{status: exitFatal}
	}
	return nil
}
