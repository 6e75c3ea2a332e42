package suite

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

const (
	// maxShown is how many groups of failures are shown with all that is known of them; the others in a line each.
	maxShown = 20
	// maxSlowest is how many of the slowest cases are told.
	maxSlowest = 5
)

// A Summary tells people what became of a suite.
type Summary struct {
	Sums    Sums
	Results []*Result
	// Cores is how many runs were made at once, 0 where that is not known.
	Cores int
	// Memory is the most memory that the whole program had, in bytes; 0 where that is not known.
	Memory int64
}

// Print prints the summary: what did not pass, how each topic fared, the slowest cases, and the sums. The renderer decides
// about colour.
func (s Summary) Print(out io.Writer, renderer *lipgloss.Renderer) {
	p := printer{
		out:  out,
		bold: renderer.NewStyle().Bold(true),
		dim:  renderer.NewStyle().Faint(true),
		good: renderer.NewStyle().Bold(true).Foreground(lipgloss.AdaptiveColor{Light: "28", Dark: "78"}),
		bad:  renderer.NewStyle().Bold(true).Foreground(lipgloss.AdaptiveColor{Light: "160", Dark: "203"}),
	}
	p.failures(groups(s.Results))
	p.topics(s.Results)
	p.slowest(s.Results)
	p.sums(s)
}

type printer struct {
	out                  io.Writer
	bold, dim, good, bad lipgloss.Style
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p *printer) failures(all []*group) {
	for i, g := range all {
		r := g.first
		head := p.bad.Render("✗ "+r.Case) + "  " + string(r.Outcome)
		if i >= maxShown {
			p.printf("%s%s\n", head, p.dim.Render(others(g)))
			if i == len(all)-1 {
				p.printf("\n")
			}
			continue
		}
		p.printf("%s\n", head)
		const most = 5
		for _, f := range r.Failures[:min(len(r.Failures), most)] {
			p.failure(f)
		}
		if n := len(r.Failures) - most; n > 0 {
			p.printf("    … and %d more that did not hold\n", n)
		}
		if len(g.seeds) > 0 {
			p.printf("    %s\n", strings.TrimSpace(others(g)))
		}
		if r.Why != "" {
			p.printf("    why\n")
		}
		for line := range strings.Lines(r.Why) {
			p.printf("      %s", line)
		}
		if r.Replay != "" {
			p.printf("    replay    %s\n", r.Replay)
		}
		for _, other := range r.Recordings[min(1, len(r.Recordings)):] {
			p.printf("    recorded  %s\n", other)
		}
		p.printf("    again     %s\n\n", r.Again)
	}
}

// others tells which seeds failed alike.
func others(g *group) string {
	if len(g.seeds) == 0 {
		return ""
	}
	return fmt.Sprintf("  the same with %s %s", plural(len(g.seeds), "other seed"), ranges(g.seeds))
}

func (p *printer) failure(f Failure) {
	place := ""
	if f.Line > 0 {
		place = p.dim.Render(fmt.Sprintf("  %s:%d", f.File, f.Line))
	}
	p.printf("    %s%s\n", p.bad.Render(f.Text), place)
	if f.Source != "" {
		p.printf("    %s\n", p.dim.Render(fmt.Sprintf("%6d | %s", f.Line, f.Source)))
	}
	if f.Seen != "" {
		p.printf("      at %v: %s\n", f.Time, f.Seen)
	}
	if f.Detail != "" {
		lines := strings.Split(strings.TrimRight(f.Detail, "\n"), "\n")
		const most = 40
		for _, line := range lines[:min(len(lines), most)] {
			p.printf("      %s\n", line)
		}
		if n := len(lines) - most; n > 0 {
			p.printf("      … and %s more\n", plural(n, "line"))
		}
	}
	p.events("near it", f.Near)
	p.events("before it", f.Before)
}

func (p *printer) events(title string, events []recorder.Nearby) {
	for i, e := range events {
		if i > 0 {
			title = ""
		}
		p.printf("%s\n", p.dim.Render(fmt.Sprintf("      %-10s %12.6f  %s", title, e.Time.Seconds(), e.Text)))
	}
}

func (p *printer) topics(results []*Result) {
	type topic struct {
		name          string
		cases, passed int
		wall          time.Duration
	}
	var all []*topic
	width := 0
	for _, r := range sorted(results) {
		name := r.Topic()
		i := slices.IndexFunc(all, func(t *topic) bool { return t.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &topic{name: name})
			width = max(width, len(name))
		}
		all[i].cases++
		all[i].wall += r.Wall
		if r.Outcome == Passed {
			all[i].passed++
		}
	}
	for _, t := range all {
		mark, bad := p.good.Render("✓"), ""
		if n := t.cases - t.passed; n > 0 {
			mark, bad = p.bad.Render("✗"), p.bad.Render(fmt.Sprintf("  %d did not pass", n))
		}
		p.printf("%s %-*s  %s%s  %s\n", mark, width, t.name, plural(t.cases, "case"), bad, p.dim.Render(round(t.wall).String()))
	}
}

func (p *printer) slowest(results []*Result) {
	const leastCases = 2 * maxSlowest // of a few cases, those that take long are no news
	if len(results) < leastCases {
		return
	}
	slow := slices.Clone(results)
	slices.SortStableFunc(slow, func(a, b *Result) int { return int(b.Wall - a.Wall) })
	p.printf("\nslowest\n")
	for _, r := range slow[:maxSlowest] {
		p.printf("  %8v  %s\n", round(r.Wall), r.Case)
	}
}

func (p *printer) sums(s Summary) {
	sums := s.Sums
	verdict := p.good.Render(fmt.Sprintf("✓ %s passed", plural(sums.Passed, "case")))
	if sums.Finished == 0 {
		verdict = "no case was executed"
	}
	var bad []string
	for _, n := range []struct {
		count int
		what  string
	}{{sums.Failed, "failed"}, {sums.Diverged, "diverged: the same seed gave other events"}, {sums.Limit, "stopped by a limit"}, {sums.Crashed, "crashed"}} {
		if n.count > 0 {
			bad = append(bad, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	if len(bad) > 0 {
		verdict = p.bad.Render(fmt.Sprintf("✗ of %s, %s", plural(sums.Finished, "case"), strings.Join(bad, ", ")))
	}
	p.printf("\n%s", verdict)
	if left := sums.Cases - sums.Finished; left > 0 {
		p.printf("; %s not executed", were(left, "case"))
		if sums.Stopped != "" {
			p.printf(" (%s)", sums.Stopped)
		}
	}
	p.printf("\n")
	if sums.Verified > 0 {
		p.printf("  verified  %s made twice, with the same events\n", were(sums.Verified, "run"))
	}
	speed := ""
	if sums.Wall > 0 && sums.Finished > 0 {
		speed = fmt.Sprintf(", %.1f runs a second", float64(sums.Finished)/sums.Wall.Seconds())
		if s.Cores > 0 {
			speed += fmt.Sprintf(", %d at once", s.Cores)
		}
	}
	p.printf("  time      %v on the wall%s; %v virtual\n", round(sums.Wall), speed, round(sums.Virtual))
	memory := fmt.Sprintf("%d MiB for the largest simulation", mebi(sums.Memory))
	if s.Memory > 0 {
		memory = fmt.Sprintf("%d MiB at the most, %s", mebi(s.Memory), memory)
	}
	p.printf("  memory    %s\n", memory)
}

func mebi(bytes int64) int64 { return (bytes + 1<<20 - 1) >> 20 }

// round leaves as much of a duration as people want to read.
func round(d time.Duration) time.Duration {
	switch {
	case d > time.Minute:
		return d.Round(time.Second)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func were(n int, what string) string {
	if n == 1 {
		return "1 " + what + " was"
	}
	return fmt.Sprintf("%d %ss were", n, what)
}
