package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/rtcsim/rtcsim/internal/golden"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/recorder"
)

// goldenOptions are the flags of test about golden recordings.
type goldenOptions struct {
	compare, update bool
}

func (o *goldenOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.compare, "golden", false, "compare each run with the golden recording beside its scenario, NAME.golden")
	f.BoolVar(&o.update, "update", false, "with --golden, write what the runs do into the golden recordings instead of comparing")
}

// open returns the golden recordings of a suite of these scenarios, nil unless they were asked for.
func (o goldenOptions) open(sources []*library.Source, packets string) (*golden.Files, error) {
	switch {
	case o.update && !o.compare:
		return nil, usage("--update is about golden recordings: give --golden, too")
	case !o.compare:
		return nil, nil
	case packets == recorder.PacketsNone:
		return nil, usage("--golden tells which types of packets were sent: leave out --packets none")
	}
	for _, s := range sources {
		if o.update && s.BuiltIn {
			return nil, usage("%s is built in, so that its golden recording cannot be rewritten: give a file on disk", s.Name)
		}
	}
	return &golden.Files{Update: o.update}, nil
}

// writeGolden writes what an update has changed, and says so.
func (a *app) writeGolden(files *golden.Files, sources []*library.Source) error {
	changes, err := files.Write()
	for _, c := range changes {
		what := "rewritten"
		if c.New {
			what = "new"
		}
		text := fmt.Sprintf("%s: %s, %s", c.Path, what, count(c.Updated, "section"))
		if c.Removed > 0 {
			text += fmt.Sprintf(", %d removed", c.Removed)
		}
		fmt.Fprintln(a.stderr, text)
	}
	if files.Update && len(changes) == 0 && err == nil {
		fmt.Fprintln(a.stderr, "no golden recording has changed")
	}
	abandoned, errAbandoned := golden.Abandoned(sources)
	for _, path := range abandoned {
		fmt.Fprintf(a.stderr, "rtcsim: %s stands beside no scenario: remove it, or give it its scenario's name\n", path)
	}
	return errors.Join(err, errAbandoned)
}
