package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenarios"
)

// A completer returns what a word on the command line can become.
type completer = cobra.CompletionFunc

// completeArguments makes the shells complete the arguments and flags of all commands. What is said here of a flag holds for every
// command that has one of this name.
func completeArguments(root *cobra.Command) {
	arguments := map[string]completer{
		"run":      first(completeScenario),
		"new":      first(nil),
		"learn":    first(completeLesson),
		"list":     completeListed,
		"validate": completeScenario,
		"test":     completeScenario,
		"replay":   first(completeRecording),
		"inspect":  first(completeRecording),
		"ice":      first(completeRecording),
		"diff":     completeRecording,
		"show":     first(completeRecording),
		"export":   first(completeRecording),
		"explain":  first(completeRecording),
		"merge":    files(".jsonl"),
		"version":  nothing,
		"schema":   nothing,
	}
	flags := map[string]completer{
		"variant":    completeVariant,
		"tags":       completeTag,
		"from":       completeScenario,
		"packets":    words(recorder.PacketsFull, recorder.PacketsHeaders, recorder.PacketsNone),
		"background": words("dark", "light"),
		"verify":     words("5%", "all", "none"),
		"output":     files(".rtcrec"),
		"junit":      files(".xml"),
		"report":     files(".jsonl"),
		"keep":       folders,
		"peer":       nothing,
		"seed":       nothing,
		"seeds":      nothing,
		"shard":      nothing,
		"run":        nothing,
		"jobs":       nothing,
		"timeout":    nothing,
		"at":         nothing,
		"event":      nothing,
	}
	for _, cmd := range root.Commands() {
		if complete, ok := arguments[cmd.Name()]; ok {
			cmd.ValidArgsFunction = complete
		}
		for name, complete := range flags {
			if _, own := cmd.GetFlagCompletionFunc(name); cmd.Flags().Lookup(name) != nil && !own {
				if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
					panic(err) // the flag is there
				}
			}
		}
	}
}

// nothing is completed, not even with files.
func nothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// folders completes with folders.
func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// first completes the first argument only; with files where complete is nil.
func first(complete completer) completer {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case len(args) > 0:
			return nothing(cmd, args, word)
		case complete == nil:
			return nil, cobra.ShellCompDirectiveDefault
		}
		return complete(cmd, args, word)
	}
}

// words completes with one of some words.
func words(all ...string) completer {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

// files completes with files of these endings, and folders.
func files(endings ...string) completer {
	return func(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completed(filesNamed(word, endings...))
	}
}

// completed returns completions, so that one goes on where it has chosen a folder.
func completed(all []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	if !slices.ContainsFunc(all, func(c cobra.Completion) bool {
		name, _, _ := strings.Cut(c, "\t")
		return !strings.HasSuffix(name, "/")
	}) {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return all, directive
}

// filesNamed returns the files with these endings, and the folders, whose names begin with the word.
func filesNamed(word string, endings ...string) []cobra.Completion {
	folder, begin := filepath.Split(word)
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil
	}
	var found []cobra.Completion
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, begin) || strings.HasPrefix(name, ".") && begin == "" {
			continue
		}
		info, err := os.Stat(filepath.Join(folder, name)) // a link may lead to a folder
		switch {
		case err != nil:
		case info.IsDir():
			found = append(found, folder+name+"/")
		case slices.Contains(endings, filepath.Ext(name)):
			found = append(found, folder+name)
		}
	}
	return found
}

// completeScenario completes with files and with the scenarios of the library: topic first, then name.
func completeScenario(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return completed(append(filesNamed(word, ".yaml", ".yml"), builtInNamed(word, func(listing) bool { return true })...))
}

// completeLesson is the same for lessons.
func completeLesson(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return completed(append(filesNamed(word, ".yaml", ".yml"), builtInNamed(word, listing.isLesson)...))
}

// completeListed completes with topics and scenarios of the library.
func completeListed(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var topics []cobra.Completion
	for _, t := range scenarios.Topics {
		if strings.HasPrefix(t.Name, word) {
			topics = append(topics, cobra.CompletionWithDesc(t.Name, t.Summary))
		}
	}
	if strings.Contains(word, "/") || len(topics) == 1 {
		topics = append(topics, builtInNamed(word, func(listing) bool { return true })...)
	}
	return topics, cobra.ShellCompDirectiveNoFileComp
}

func completeRecording(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return files(".rtcrec")(cmd, args, word)
}

// builtInNamed returns the scenarios of the library whose names begin with the word; their topics, as long as it has no slash.
func builtInNamed(word string, include func(listing) bool) []cobra.Completion {
	all, err := listings()
	if err != nil {
		return nil
	}
	var found []cobra.Completion
	for _, l := range all {
		switch {
		case !strings.HasPrefix(l.Name, word) || !include(l):
		case strings.Contains(word, "/"):
			found = append(found, cobra.CompletionWithDesc(l.Name, l.Title))
		default:
			found = append(found, cobra.CompletionWithDesc(l.Topic+"/", summaryOf(l.Topic)))
		}
	}
	return slices.Compact(found)
}

// completeVariant completes with the values of the scenario's matrix, such as nat=symmetric, and after a comma with
// further ones.
func completeVariant(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) == 0 {
		return nil, directive
	}
	source, err := library.Open(args[0])
	if err != nil {
		return nil, directive
	}
	s, err := source.Read("")
	if err != nil {
		return nil, directive
	}
	before := word[:strings.LastIndex(word, ",")+1]
	var found []cobra.Completion
	for _, axis := range s.Matrix {
		if strings.Contains(","+before, ","+axis.Name+"=") {
			continue
		}
		for _, value := range axis.Values {
			if v := before + axis.Name + "=" + value; strings.HasPrefix(v, word) {
				found = append(found, v)
			}
		}
	}
	return found, directive
}

// completeTag completes with the tags of the library, after a comma and an exclamation mark, too.
func completeTag(_ *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := listings()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	before := word[:strings.LastIndex(word, ",")+1]
	if strings.HasPrefix(word[len(before):], "!") {
		before += "!"
	}
	var found []cobra.Completion
	for _, l := range all {
		for _, tag := range l.Tags {
			if strings.HasPrefix(before+tag, word) {
				found = append(found, before+tag)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
}
