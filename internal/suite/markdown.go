package suite

import (
	"fmt"
	"io"
	"strings"
)

// maxMarkdown is how many bytes of failures a summary in Markdown has: GitHub takes 1 MiB of a step.
const maxMarkdown = 512 << 10

// Markdown writes the summary for a page such as the summary of a GitHub job: the sums, the topics, and what did not pass.
func (s Summary) Markdown(out io.Writer) error {
	var b strings.Builder
	sums := s.Sums
	mark := "✅"
	if sums.Status() != AllPassed {
		mark = "❌"
	}
	fmt.Fprintf(&b, "### %s rtcsim test: %d of %s passed\n\n", mark, sums.Passed, plural(sums.Cases, "case"))
	if left := sums.Cases - sums.Finished; left > 0 {
		fmt.Fprintf(&b, "%s not executed", were(left, "case"))
		if sums.Stopped != "" {
			fmt.Fprintf(&b, " (%s)", sums.Stopped)
		}
		b.WriteString(".\n\n")
	}
	b.WriteString("| topic | cases | passed | failed | diverged | limit | crashed |\n|---|--:|--:|--:|--:|--:|--:|\n")
	var topics []string
	byTopic := map[string]*Sums{}
	for _, r := range sorted(s.Results) {
		t := byTopic[r.Topic()]
		if t == nil {
			t = &Sums{}
			byTopic[r.Topic()] = t
			topics = append(topics, r.Topic())
		}
		t.Add(r)
	}
	for _, name := range topics {
		t := byTopic[name]
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d |\n", escapeMarkdown(name), t.Finished, t.Passed, t.Failed, t.Diverged, t.Limit, t.Crashed)
	}
	fmt.Fprintf(&b, "\n%s made twice, with the same events. %v on the wall, %v virtual.\n", were(sums.Verified, "run"), round(sums.Wall), round(sums.Virtual))
	for _, g := range groups(s.Results) {
		text := g.first.text()
		if len(g.seeds) > 0 {
			text = strings.TrimSpace(others(g)) + "\n" + text
		}
		if b.Len()+len(text) > maxMarkdown {
			b.WriteString("\nThe log has the others.\n")
			break
		}
		fence := strings.Repeat("`", max(3, 1+longestRun(text, '`')))
		fmt.Fprintf(&b, "\n<details><summary>❌ <code>%s</code> %s</summary>\n\n%s\n%s%[3]s\n\n</details>\n", escapeXML(g.first.Case), g.first.Outcome, fence, text)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// escapeMarkdown makes a text safe in a cell of a table.
func escapeMarkdown(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "_", `\_`, "*", `\*`, "\n", " ").Replace(text)
}

// longestRun returns how often a character comes in a row, at the most.
func longestRun(text string, c rune) int {
	longest, n := 0, 0
	for _, r := range text {
		if r == c {
			n++
		} else {
			n = 0
		}
		longest = max(longest, n)
	}
	return longest
}
