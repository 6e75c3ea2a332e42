package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/suite"
)

func (a *app) mergeCommand() *cobra.Command {
	var files reportFiles
	cmd := &cobra.Command{
		Use:   "merge REPORT…",
		Short: "Put the reports of the shards of a test together",
		Long: `Put the reports of the shards of a test together: those that rtcsim test wrote with
--report, or with --json to stdout.

The result is what one machine would have reported that ran all cases, but for the times:
the same summary, the same JUnit, the same report, with the results in the order of the
cases, and the same exit status. So one report alone can be merged, too, to have its
summary or its JUnit later.

Reports of different versions of rtcsim, of different selections, or of scenarios that
were changed meanwhile are not merged, nor two of the same shard. Where a shard is
missing, or rtcsim was killed in the middle of one, the others are merged, and merge
says so.

Exit status: 0 all cases passed; 1 a case failed, or a second run gave other events; 2 the
command line is wrong, or the reports do not belong together; 3 a case hit a limit or
crashed, and no other failed; or not all cases are in the reports.`,
		Example: `  rtcsim merge shard-*.jsonl
  rtcsim merge shard-*.jsonl --junit results.xml --report all.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("%s takes reports that rtcsim test wrote\nusage: %s", cmd.CommandPath(), cmd.UseLine())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.merge(args, files) },
	}
	files.flags(cmd.Flags())
	return cmd
}

func (a *app) merge(paths []string, files reportFiles) error {
	var readings []*suite.Reading
	for _, path := range paths {
		reading, err := readReport(path)
		if err != nil {
			return err
		}
		readings = append(readings, reading)
	}
	m, err := suite.Merge(paths, readings)
	if err != nil {
		return usage("%w", err)
	}
	for _, shard := range m.Missing {
		fmt.Fprintf(a.stderr, "rtcsim: there is no report of shard %v\n", shard)
	}
	for _, shard := range m.Cut {
		fmt.Fprintf(a.stderr, "rtcsim: the report of shard %v has no end: its run was killed\n", shard)
	}
	reports, err := a.openReports(files, m.Header, time.Time{})
	if err != nil {
		return err
	}
	for _, result := range m.Results {
		if err := reports.add(result); err != nil {
			return &exitError{exitFatal, err}
		}
	}
	return a.conclude(suite.Summary{Sums: m.Sums, Results: m.Results}, reports.close(m.Sums))
}

// readReport reads a report from a file.
func readReport(path string) (*suite.Reading, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usage("%w", err)
	}
	defer file.Close()
	reading, err := suite.ReadReport(file)
	if err != nil {
		return nil, &exitError{exitFatal, fmt.Errorf("%s: %w", path, err)}
	}
	return reading, nil
}
