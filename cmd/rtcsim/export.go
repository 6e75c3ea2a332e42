package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rtcsim/rtcsim/internal/export"
	"github.com/rtcsim/rtcsim/internal/spelling"
	"github.com/rtcsim/rtcsim/recorder"
)

// exportOptions are the flags of export.
type exportOptions struct {
	format string
	output string
	list   bool
	export.Options
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export RECORDING --format FORMAT",
		Short: "Turn a recording into what other programs read",
		Long: `Turn a recording into what other programs read:

` + formatList() + `
The file gets the recording's name with the format's ending, unless -o says otherwise.
docs/export.md tells what is in each format.`,
		Example: `  rtcsim export call.rtcrec --format pcapng            # then: wireshark call.pcapng
  rtcsim export call.rtcrec --format pcapng --at alice # what alice's interfaces see
  rtcsim export call.rtcrec --format perfetto          # then: open it in ui.perfetto.dev
  rtcsim export call.rtcrec --format jsonl --dissect --peer alice --from 1s --to 2s -o - | jq .`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return exactly(0, "no recording with --list")(cmd, args)
			}
			return exactly(1, "a recording")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return a.listFormats()
			}
			return a.export(cmd, args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.format, "format", "f", "", "the format: "+strings.Join(formatNames(), ", "))
	f.StringVarP(&o.output, "output", "o", "", "where to write it, - for stdout (default: the recording's name with the format's ending)")
	f.BoolVar(&o.list, "list", false, "list the formats")
	f.DurationVar(&o.From, "from", 0, "leave out what was before this virtual time, such as 1.5s")
	f.DurationVar(&o.To, "to", 0, "leave out what was after this virtual time (default: the end)")
	f.StringSliceVar(&o.Peers, "peer", nil, "export only what is about these peers")
	f.BoolVar(&o.Dissect, "dissect", false, "jsonl: add what is in each packet, with what is inside its encryption")
	f.StringSliceVar(&o.At, "at", nil, "pcapng: capture at these peers and servers, as a program there would (default: between the NATs, each packet once)")
	f.StringSliceVar(&o.Show, "show", nil, "mermaid: what the diagram shows: "+topicList())
	for name, complete := range map[string]completer{
		"format": completeFormat,
		"show":   completeTopic,
		"from":   nothing, // of other commands, these are files
		"to":     nothing,
		"output": func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // any file
		},
	} {
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag is there
		}
	}
	return cmd
}

// completeFormat completes the name of a format.
func completeFormat(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var all []string
	for _, f := range export.Formats {
		all = append(all, cobra.CompletionWithDesc(f.Name, f.Summary))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// formatNames returns the names of all formats.
func formatNames() []string {
	var names []string
	for _, f := range export.Formats {
		names = append(names, f.Name)
	}
	return names
}

// formatList returns a line for each format.
func formatList() string {
	var list strings.Builder
	for _, f := range export.Formats {
		fmt.Fprintf(&list, "  %-17s%s\n", f.Name, f.Summary)
	}
	return list.String()
}

// completeTopic returns the topics of a diagram. Several are separated by commas.
func completeTopic(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before := word[:strings.LastIndex(word, ",")+1]
	var all []cobra.Completion
	for _, t := range export.Topics {
		all = append(all, cobra.CompletionWithDesc(before+t.Name, t.Summary))
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// topicNames returns the names of all topics of a diagram.
func topicNames() []string {
	var names []string
	for _, t := range export.Topics {
		names = append(names, t.Name)
	}
	return names
}

// topicList names the topics of a diagram, the usual ones first.
func topicList() string {
	var usual, others []string
	for _, t := range export.Topics {
		if t.Usual {
			usual = append(usual, t.Name)
		} else {
			others = append(others, t.Name)
		}
	}
	return strings.Join(usual, ", ") + " (the default); " + strings.Join(others, ", ")
}

func (a *app) listFormats() error {
	if !a.json {
		fmt.Fprint(a.stdout, formatList())
		return nil
	}
	type format struct {
		Name      string   `json:"name"`
		Extension string   `json:"extension"`
		Summary   string   `json:"summary"`
		Takes     []string `json:"takes"`
	}
	var all []format
	for _, f := range export.Formats {
		all = append(all, format{f.Name, f.Extension, f.Summary, f.Takes})
	}
	fmt.Fprintf(a.stdout, "%s\n", marshal(all))
	return nil
}

func (a *app) export(cmd *cobra.Command, path string, o exportOptions) error {
	format, err := exportFormat(cmd, o)
	if err != nil {
		return err
	}
	r, err := recorder.Load(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	done := a.progress("reading "+path, 5*time.Second)
	select {
	case <-r.Done():
	case <-cmd.Context().Done():
	}
	done()
	if err := cmd.Context().Err(); err != nil {
		return &exitError{exitFatal, errors.New("interrupted: nothing was exported")}
	}
	if err := known("peer", o.Peers, export.Peers(r)); err != nil {
		return err
	}
	if err := known("host", o.At, export.Hosts(r)); err != nil {
		return err
	}
	base := strings.TrimSuffix(path, ".rtcrec")
	if o.Title == "" {
		o.Title = filepath.Base(base)
	}
	if o.output == "" {
		o.output = base + format.Extension
	}
	if o.output == "-" {
		err = format.Write(a.stdout, r, o.Options)
	} else {
		err = export.WriteFile(o.output, true, func(w io.Writer) error { return format.Write(w, r, o.Options) })
	}
	if err != nil {
		return &exitError{exitFatal, fmt.Errorf("%s: %w", path, err)}
	}
	switch {
	case o.output == "-":
	case a.json:
		fmt.Fprintf(a.stdout, "%s\n", marshal(struct {
			File   string `json:"file"`
			Format string `json:"format"`
		}{o.output, format.Name}))
	default:
		fmt.Fprintf(a.stdout, "%s\n", o.output)
	}
	if err := r.Err(); err != nil { // what could be read has been exported
		return &exitError{exitFatal, err}
	}
	return nil
}

// exportFormat returns the format that is asked for, if it can do what else is.
func exportFormat(cmd *cobra.Command, o exportOptions) (export.Format, error) {
	names := formatNames()
	format, ok := export.Find(o.format)
	switch {
	case o.format == "":
		return format, usage("--format is missing: it is one of %s", strings.Join(names, ", "))
	case !ok:
		if near := spelling.Nearest(o.format, names); near != "" {
			return format, usage("there is no format %q; did you mean %s?", o.format, near)
		}
		return format, usage("there is no format %q: it is one of %s", o.format, strings.Join(names, ", "))
	case o.From < 0:
		return format, usage("--from %v is before the session begins", o.From)
	case cmd.Flags().Changed("to") && (o.To <= 0 || o.To < o.From):
		return format, usage("--to %v leaves nothing: it is a virtual time after --from", o.To)
	}
	for _, topic := range o.Show {
		if slices.Contains(topicNames(), topic) {
			continue
		}
		if near := spelling.Nearest(topic, topicNames()); near != "" {
			return format, usage("a diagram cannot show %q; did you mean %s?", topic, near)
		}
		return format, usage("a diagram cannot show %q, but %s", topic, strings.Join(topicNames(), ", "))
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "format", "output", "json":
			return
		}
		if err == nil && !slices.Contains(format.Takes, f.Name) {
			err = usage("--%s has no effect on %s, which takes %s", f.Name, format.Name, flagNames(format.Takes))
		}
	})
	return format, err
}

// flagNames lists flags.
func flagNames(names []string) string {
	if len(names) == 0 {
		return "no options"
	}
	return "--" + strings.Join(names, ", --")
}

// known returns an error if one of the names is none of those that the recording has.
func known(what string, names, all []string) error {
	for _, name := range names {
		if !slices.Contains(all, name) {
			return usage("the recording has no %s %q; it has %s", what, name, orNone(strings.Join(all, ", ")))
		}
	}
	return nil
}
