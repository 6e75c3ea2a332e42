package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/tui"
)

// learnOptions are the flags of learn.
type learnOptions struct {
	list    bool
	variant []string
	seed    uint64
	show    tui.Options
}

func (a *app) learnCommand() *cobra.Command {
	var o learnOptions
	cmd := &cobra.Command{
		Use:   "learn [LESSON]",
		Short: "Learn from a session: read, guess what comes, see it",
		Long: `Learn from a session: read, guess what comes, see it.

A lesson is a scenario with notes and questions. Its session is run and opened in the
inspector, which leads through it: it explains, asks before it shows, and keeps the
score. Without LESSON, the lessons of the library are listed. LESSON can be a scenario
file of one's own, too.`,
		Example: `  rtcsim learn
  rtcsim learn signaling/glare
  rtcsim learn network/blackout --variant length=40s`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s takes one lesson\nusage: %s", cmd.CommandPath(), cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return a.listLessons()
			case o.list:
				return usage("--list lists all lessons, it takes none")
			case a.json:
				return usage("--json is for the list of the lessons")
			}
			return a.learn(cmd, args[0], o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "list the lessons; the default without LESSON")
	f.StringSliceVar(&o.variant, "variant", nil, "of a lesson with a matrix, the variant with these values, such as length=40s (default: the first one)")
	f.Uint64Var(&o.seed, "seed", 0, "the seed, instead of the lesson's")
	inspectorFlags(f, &o.show)
	return cmd
}

// lessons returns the scenarios of the library that are lessons, by topic and name.
func lessons() ([]listing, error) {
	all, err := listings()
	return slices.DeleteFunc(all, func(l listing) bool { return !l.isLesson() }), err
}

func (a *app) listLessons() error {
	all, err := lessons()
	if err != nil {
		return &exitError{exitFatal, err}
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(all))
		return nil
	}
	bold, dim := a.listStyles()
	width := 0
	for _, l := range all {
		width = max(width, len(l.Name))
	}
	topic := ""
	for _, l := range all {
		if l.Topic != topic {
			if topic != "" {
				fmt.Fprintln(a.stdout)
			}
			topic = l.Topic
			fmt.Fprintln(a.stdout, bold.Render(topic))
		}
		size := count(l.Questions, "question")
		if l.Notes > 0 {
			size = count(l.Notes, "note") + ", " + size
		}
		indent := strings.Repeat(" ", width+4)
		fmt.Fprintf(a.stdout, "  %-*s  %s  %s\n", width, l.Name, l.Title, dim.Render(size))
		fmt.Fprintf(a.stdout, "%s%s\n", indent, l.Summary)
		if len(l.Variants) > 0 {
			fmt.Fprintf(a.stdout, "%s%s\n", indent, dim.Render("--variant "+strings.Join(l.Variants, ", ")))
		}
	}
	fmt.Fprintf(a.stdout, "\nnow: rtcsim learn %s\n", all[0].Name)
	return nil
}

// openLesson opens a lesson of the library by its name, or a scenario file.
func openLesson(name string) (*library.Source, error) {
	if s, err := library.BuiltIn(name); err == nil {
		return s, nil
	}
	if _, err := os.Stat(name); err == nil {
		source, err := library.Open(name)
		if err != nil {
			return nil, usage("%w", err)
		}
		return source, nil
	}
	// The last part of the name will do where it is the only one.
	found := slices.DeleteFunc(library.Names(), func(n string) bool { return path.Base(n) != name })
	switch {
	case len(found) == 1:
		return library.BuiltIn(found[0])
	case len(found) > 1:
		return nil, usage("there are several lessons %q: %s", name, strings.Join(found, ", "))
	}
	return nil, usage("there is no lesson and no file %q; 'rtcsim learn' lists the lessons", name)
}

// learn runs the session of a lesson and leads through it.
func (a *app) learn(cmd *cobra.Command, name string, o learnOptions) error {
	source, err := openLesson(name)
	if err != nil {
		return err
	}
	variants, err := source.Variants(o.variant)
	if err != nil {
		return wrong(err)
	}
	s := variants[0]
	teaches := false
	for step := range s.All() {
		teaches = teaches || step.Note != "" || step.Predict != nil
	}
	if !teaches {
		return usage("%s has no notes and no questions; 'rtcsim learn' lists the lessons", name)
	}
	if out, ok := a.stdout.(*os.File); !ok || !term.IsTerminal(int(out.Fd())) {
		return usage("a lesson needs a terminal")
	}
	r, err := runner.New(cmd.Context(), 0, a.progress)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	if !cmd.Flags().Changed("seed") {
		o.seed = s.Seed
	}
	header := source.Header(r, s, o.seed, recorder.Options{Packets: recorder.PacketsFull, Dissect: true})
	recording, err := a.recordInMemory(cmd.Context(), r, header)
	if err != nil {
		return err
	}
	defer recording.Close()
	o.show.Name, o.show.Lesson = name, true
	return show(recording.Recording, o.show)
}

// recordInMemory makes a run of which no file is left.
func (a *app) recordInMemory(ctx context.Context, r *runner.Runner, header recorder.Header) (*recorder.Live, error) {
	live, err := recorder.NewLive(header)
	if err != nil {
		return nil, &exitError{exitFatal, err}
	}
	done := a.progress("running "+header.Scenario, time.Second)
	end, _, err := r.Run(ctx, header, sandbox.Limits{}, live.Append)
	done()
	switch end.Outcome {
	case recorder.OutcomePassed, recorder.OutcomeFailed:
	default:
		err = cmp.Or(err, errors.New(end.Message))
	}
	if err != nil {
		return nil, &exitError{exitFatal, errors.Join(err, live.Close())}
	}
	live.Finish(end)
	return live, nil
}
