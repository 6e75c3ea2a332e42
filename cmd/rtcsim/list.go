package main

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/spelling"
	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/scenarios"
)

func (a *app) listCommand() *cobra.Command {
	var tags []string
	cmd := &cobra.Command{
		Use:   "list [TOPIC | SCENARIO | WORD…]",
		Short: "List the built-in scenarios, or show one of them",
		Long: `List the built-in scenarios, by topic: each with its name, its title, its tags and the first
sentence of its description. TOPIC lists one topic; WORDs list the scenarios that have all of
them in their name, title, description or tags. SCENARIO shows one in full, and how to run it,
test it, look at it and copy it.

Every command that takes a scenario file takes the name of a built-in one as well.`,
		Example: `  rtcsim list
  rtcsim list nat
  rtcsim list symmetric turn
  rtcsim list --tags nat,turn
  rtcsim list nat/symmetric-both
  rtcsim list --json | jq -r '.[].name'`,
		RunE: func(_ *cobra.Command, args []string) error { return a.list(args, tags) },
	}
	cmd.Flags().StringSliceVar(&tags, "tags", nil, "only scenarios with one of these tags, and without those with a ! before them")
	return cmd
}

// A listing is a built-in scenario as list tells of it.
type listing struct {
	// Name is what commands take.
	Name     string   `json:"name"`
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Summary  string   `json:"summary"`
	Tags     []string `json:"tags"`
	Variants []string `json:"variants,omitempty"`
	// Notes counts the texts that stand alone, Questions what a reader is asked.
	Notes     int `json:"notes"`
	Questions int `json:"questions"`

	source   *library.Source
	scenario *scenario.Scenario
}

// listings returns the built-in scenarios by topic, in the order of the topics, and name.
func listings() ([]listing, error) {
	var all []listing
	for _, name := range library.Names() {
		source, err := library.BuiltIn(name)
		if err != nil {
			return nil, err
		}
		s, err := source.Read("")
		if err != nil {
			return nil, err
		}
		l := listing{
			Name: name, Topic: path.Dir(name), Title: title(source, s), Summary: scenario.Summary(s.Description), Tags: s.Tags,
			source: source, scenario: s,
		}
		if variants := s.Variants(); len(variants) > 1 {
			l.Variants = variants
		}
		for step := range s.All() {
			if step.Predict != nil {
				l.Questions++
			} else if step.Note != "" { // else it explains the answer
				l.Notes++
			}
		}
		all = append(all, l)
	}
	order := map[string]int{}
	for i, topic := range scenarios.Topics {
		order[topic.Name] = i
	}
	slices.SortStableFunc(all, func(a, b listing) int { return cmp.Compare(order[a.Topic], order[b.Topic]) })
	return all, nil
}

// placeholder is what stands in a scenario's name for a value of the matrix, with the parentheses that often hold it.
var placeholder = regexp.MustCompile(` *\([^()]*\$\{[^()]*\)|\$\{\w+\}`)

// title returns the name of a scenario for all its variants.
func title(source *library.Source, s *scenario.Scenario) string {
	var written struct{ Name string }
	if len(s.Matrix) == 0 || yaml.Unmarshal(source.Text, &written) != nil {
		return s.Name
	}
	return placeholder.ReplaceAllStringFunc(written.Name, func(found string) string {
		if strings.HasSuffix(found, ")") {
			return ""
		}
		return "…"
	})
}

// leastStations is how many notes and questions make a scenario a lesson.
const leastStations = 3

// isLesson tells whether the scenario has enough to say and something to ask.
func (l listing) isLesson() bool { return l.Questions > 0 && l.Notes+l.Questions >= leastStations }

// hasTags tells whether the scenario has one of the tags, and none of those with an exclamation mark, as test chooses.
func (l listing) hasTags(tags []string) bool {
	wanted, found := false, false
	for _, tag := range tags {
		if not, ok := strings.CutPrefix(tag, "!"); ok {
			if slices.Contains(l.Tags, not) {
				return false
			}
			continue
		}
		wanted = true
		found = found || slices.Contains(l.Tags, tag)
	}
	return found || !wanted
}

// hasWords tells whether the scenario has all of the words in its name, title, description or tags, in any case.
func (l listing) hasWords(words []string) bool {
	text := strings.ToLower(strings.Join(append([]string{l.Name, l.Title, l.scenario.Description}, l.Tags...), "\n"))
	for _, word := range words {
		if !strings.Contains(text, strings.ToLower(word)) {
			return false
		}
	}
	return true
}

func (a *app) list(args, tags []string) error {
	all, err := listings()
	if err != nil {
		return &exitError{exitFatal, err}
	}
	if err := knownTags(all, tags); err != nil {
		return err
	}
	if len(args) == 1 {
		name := strings.TrimSuffix(strings.TrimPrefix(args[0], "library/"), ".yaml")
		if i := slices.IndexFunc(all, func(l listing) bool { return l.Name == name }); i >= 0 {
			if len(tags) > 0 {
				return usage("--tags chooses among scenarios, and %s is one", name)
			}
			return a.showScenario(all[i])
		}
	}
	found := slices.DeleteFunc(slices.Clone(all), func(l listing) bool { return !l.hasTags(tags) })
	if len(args) == 1 && slices.ContainsFunc(scenarios.Topics, func(t scenarios.Topic) bool { return t.Name == args[0] }) {
		found = slices.DeleteFunc(found, func(l listing) bool { return l.Topic != args[0] })
	} else {
		found = slices.DeleteFunc(found, func(l listing) bool { return !l.hasWords(args) })
	}
	if a.json {
		if found == nil {
			found = []listing{}
		}
		fmt.Fprintf(a.stdout, "%s\n", marshal(found))
		return nil
	}
	if len(found) == 0 {
		return nothingListed(all, args)
	}
	a.printListings(found)
	name := found[0].Name
	fmt.Fprintf(a.stdout, "\n%s; more about one: rtcsim list %s; now: rtcsim run %s\n", count(len(found), "scenario"), name, name)
	return nil
}

// knownTags refuses tags that no scenario has.
func knownTags(all []listing, tags []string) error {
	var known []string
	for _, l := range all {
		known = append(known, l.Tags...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, tag := range tags {
		tag = strings.TrimPrefix(tag, "!")
		if !slices.Contains(known, tag) {
			return usage("no built-in scenario has the tag %q%s\nthere are: %s", tag, didYouMean(tag, known), strings.Join(known, ", "))
		}
	}
	return nil
}

// nothingListed returns the error for words that nothing has.
func nothingListed(all []listing, words []string) error {
	var names []string
	for _, t := range scenarios.Topics {
		names = append(names, t.Name)
	}
	for _, l := range all {
		names = append(append(names, l.Name, path.Base(l.Name)), l.Tags...)
	}
	hint := ""
	if len(words) == 1 {
		hint = didYouMean(words[0], names)
	}
	return usage("no built-in scenario is about %s%s\n'rtcsim list' lists them all", strings.Join(words, " "), hint)
}

// didYouMean returns a hint at the nearest of the names, or nothing.
func didYouMean(name string, names []string) string {
	if nearest := spelling.Nearest(name, names); nearest != "" {
		return fmt.Sprintf("; did you mean %s?", nearest)
	}
	return ""
}

// listStyles are those of names and of what is said beside them.
func (a *app) listStyles() (bold, dim lipgloss.Style) {
	style := a.renderer.NewStyle()
	return style.Bold(true), style.Foreground(a.colour("245", "242"))
}

func (a *app) printListings(found []listing) {
	bold, dim := a.listStyles()
	width := 0
	for _, l := range found {
		width = max(width, len(l.Name))
	}
	indent := strings.Repeat(" ", width+4)
	topic := ""
	for _, l := range found {
		if l.Topic != topic {
			if topic != "" {
				fmt.Fprintln(a.stdout)
			}
			topic = l.Topic
			fmt.Fprintln(a.stdout, bold.Render(topic)+"  "+summaryOf(topic))
		}
		extras := strings.Join(l.Tags, ", ")
		if len(l.Variants) > 0 {
			extras += "; " + count(len(l.Variants), "variant")
		}
		if l.isLesson() {
			extras += "; a lesson"
		}
		fmt.Fprintf(a.stdout, "  %-*s  %s  %s\n", width, l.Name, l.Title, dim.Render(extras))
		if l.Summary != "" {
			text := ansi.Wordwrap(l.Summary, max(a.columns()-len(indent), 0), "")
			fmt.Fprintf(a.stdout, "%s%s\n", indent, strings.ReplaceAll(text, "\n", "\n"+indent))
		}
	}
}

// summaryOf returns the sentence about a topic.
func summaryOf(topic string) string {
	for _, t := range scenarios.Topics {
		if t.Name == topic {
			return t.Summary
		}
	}
	return ""
}

// showScenario shows one scenario in full.
func (a *app) showScenario(l listing) error {
	s := l.scenario
	var notes, questions, expected []string
	for step := range s.All() {
		if step.Predict != nil {
			questions = append(questions, step.Predict.Question)
		} else if step.Note != "" { // else it gives the answer away
			notes = append(notes, step.Note)
		}
	}
	for _, e := range s.Expect {
		expected = append(expected, e.Text)
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(struct {
			listing
			Description string   `json:"description"`
			Expect      []string `json:"expect"`
			Text        string   `json:"text"`
		}{l, s.Description, expected, string(l.source.Text)}))
		return nil
	}
	bold, dim := a.listStyles()
	fmt.Fprintf(a.stdout, "%s  %s\n", bold.Render(l.Name), l.Title)
	fmt.Fprintln(a.stdout, dim.Render(strings.Join(l.Tags, ", ")))
	fmt.Fprintf(a.stdout, "\n%s\n", strings.TrimSpace(s.Description))
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(a.stdout, "\n%s\n", bold.Render(title))
		for _, line := range lines {
			fmt.Fprintf(a.stdout, "  %s\n", strings.ReplaceAll(strings.TrimSpace(line), "\n", "\n  "))
		}
	}
	var axes []string
	for _, axis := range s.Matrix {
		axes = append(axes, fmt.Sprintf("%s: %s", axis.Name, strings.Join(axis.Values, ", ")))
	}
	section("One run for each combination of", axes)
	section("Notes", notes)
	section("Questions", questions)
	section("It expects", expected)

	file := path.Base(l.Name)
	commands := [][2]string{
		{"run it", "rtcsim run " + l.Name},
		{"look at it", fmt.Sprintf("rtcsim run --tui %s", l.Name)},
		{"its network", fmt.Sprintf("rtcsim run --topology %s", l.Name)},
		{"test it", fmt.Sprintf("rtcsim test %s --seeds 20", l.Name)},
		{"start from it", fmt.Sprintf("rtcsim new --from %s %s.yaml", l.Name, file)},
	}
	if l.isLesson() {
		commands = slices.Insert(commands, 2, [2]string{"be led through it", "rtcsim learn " + l.Name})
	}
	width := 0
	for _, c := range commands {
		width = max(width, len(c[0]))
	}
	fmt.Fprintln(a.stdout)
	for _, c := range commands {
		fmt.Fprintf(a.stdout, "%-*s  %s\n", width, c[0], c[1])
	}
	return nil
}
