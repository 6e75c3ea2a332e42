package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/comparison"
	"github.com/rtcsim/rtcsim/recorder"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	comparison.Options
	packets, verbose bool
}

func (a *app) diffCommand() *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Show what differs between two recordings",
		Long: `Show what differs between two recordings. Events are aligned by meaning, not by line: by
peer, kind, what they are about, and order. First come the differences in what the
recordings were made with, then the first divergence in what happened, then what
follows: what is only in one (- in A, + in B), what changed (~), what is earlier or
later (>); and, as numbers, what there is much of, such as packets.

What is random by nature is not compared: user name fragments, passwords, fingerprints,
SSRCs, ids, ports from 5000 on, the sizes and contents of packets. --all compares
everything.

Exit status: 0 the same, whatever they were made with; 1 they differ; 2 the command line
is wrong; 3 a recording is damaged or cut off: what can be read was compared.`,
		Example: `  rtcsim diff before.rtcrec after.rtcrec
  rtcsim diff before.rtcrec after.rtcrec --tolerance 50ms
  rtcsim diff before.rtcrec after.rtcrec -v           # everything, side by side
  rtcsim diff before.rtcrec after.rtcrec --packets    # and each packet that differs
  rtcsim diff before.rtcrec after.rtcrec --json | jq .first`,
		Args: exactly(2, "two recordings"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(args[0], args[1], o) },
	}
	f := cmd.Flags()
	f.DurationVar(&o.Tolerance, "tolerance", time.Millisecond, "how much earlier or later counts as the same time")
	f.BoolVar(&o.All, "all", false, "compare what is random by nature, too")
	f.BoolVar(&o.packets, "packets", false, "show each packet that differs")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "show everything, aligned")
	return cmd
}

func (a *app) diff(pathA, pathB string, o diffOptions) error {
	if o.Tolerance < 0 {
		return usage("--tolerance %v is less than nothing", o.Tolerance)
	}
	var recordings [2]*recorder.Recording
	for i, path := range []string{pathA, pathB} {
		r, err := recorder.Load(path)
		if err != nil {
			return &exitError{exitFatal, err}
		}
		defer r.Close()
		recordings[i] = r
	}
	c, err := comparison.New(recordings[0], recordings[1], o.Options)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	report, err := c.Report()
	if err != nil {
		return &exitError{exitFatal, err}
	}
	p := diffPrinter{icePrinter: a.icePrinter(), comparison: c, Report: report, diffOptions: o, paths: [2]string{pathA, pathB}, recordings: recordings}
	switch {
	case a.json:
		err = p.json()
	case o.verbose:
		err = p.aligned()
	default:
		err = p.report()
	}
	if err != nil {
		return &exitError{exitFatal, err}
	}
	for _, r := range recordings {
		if err := r.Err(); err != nil { // what could be read has been compared
			return &exitError{exitFatal, err}
		}
	}
	if !report.Same {
		return &exitError{status: exitFailed}
	}
	return nil
}

// diffPrinter prints a comparison.
type diffPrinter struct {
	icePrinter
	comparison *comparison.Comparison
	*comparison.Report
	diffOptions
	paths      [2]string
	recordings [2]*recorder.Recording
}

// The most lines that a part of a report has; of recordings that have little in common, a third.
const (
	mostFindings = 24
	mostTexts    = 15
	mostTotals   = 15
	mostMembers  = 6
)

// most is how many lines a part of the report may have.
func (p diffPrinter) most(lines int) int {
	if p.unlike() {
		return lines / 3
	}
	return lines
}

// unlike reports whether most events of one recording, at least, have no counterpart.
func (p diffPrinter) unlike() bool {
	both := p.Counts.Same + p.Counts.Shifted + p.Counts.Changed
	return max(p.Counts.OnlyA, p.Counts.OnlyB) > both
}

// marks say what a line is about. They are ASCII, so that they can be searched for.
var diffMarks = map[comparison.Status]string{
	comparison.Same: " ", comparison.Shifted: ">", comparison.Changed: "~", comparison.OnlyA: "-", comparison.OnlyB: "+",
}

func (p diffPrinter) style(s comparison.Status) lipgloss.Style {
	switch s {
	case comparison.OnlyA:
		return p.bad
	case comparison.OnlyB:
		return p.good
	case comparison.Changed:
		return p.warn
	}
	return p.bold.UnsetBold()
}

func (p diffPrinter) report() error {
	p.sides()
	p.header()
	if p.Same {
		p.line("")
		p.summary()
		return nil
	}
	if p.First != nil {
		p.first()
	}
	p.findings()
	p.media()
	p.totals()
	if p.packets {
		p.line("")
		p.line("%s", p.bold.Render("packets"))
		if err := p.rows(func(row comparison.Row, kind recorder.Kind) bool { return row.Differs() && isPacket(kind) }); err != nil {
			return err
		}
	}
	p.line("")
	p.summary()
	return nil
}

// sides names the two recordings and says how they ended.
func (p diffPrinter) sides() {
	var names [2]string
	for i, path := range p.paths {
		names[i] = filepath.Base(path)
		if filepath.Base(p.paths[0]) == filepath.Base(p.paths[1]) {
			names[i] = path
		}
	}
	width := max(len([]rune(names[0])), len([]rune(names[1])))
	for i, name := range names {
		r := p.recordings[i]
		text := fmt.Sprintf("cut off after %d events", r.Len())
		if end, ok := r.End(); ok {
			text = fmt.Sprintf("%s, %v, %d events", end.Outcome, time.Duration(end.Time), end.Events)
			if end.Failed > 0 {
				text = fmt.Sprintf("%s (%d of %d), %v, %d events", end.Outcome, end.Failed, end.Held+end.Failed, time.Duration(end.Time), end.Events)
			}
		}
		p.line("%s  %s  %s", p.bold.Render(string(rune('A'+i))), fixed(name, width), p.dim.Render(text))
	}
}

func (p diffPrinter) header() {
	h := p.Header
	if len(h.Identity)+len(h.Scenario) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.bold.Render("made with"))
	width := 0
	for _, d := range h.Identity {
		width = max(width, len(d.Field))
	}
	for _, d := range h.Identity {
		p.line("  %s  %s → %s", fixed(d.Field, width), digest(orNone(d.A)), digest(orNone(d.B)))
	}
	p.texts(h.Scenario, "  ")
}

// digest shortens a digest.
func digest(s string) string {
	if len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" {
		return s[:12] + "…"
	}
	return s
}

// texts prints lines with a - or a + before them.
func (p diffPrinter) texts(lines []string, indent string) {
	for i, line := range lines {
		if i == p.most(mostTexts) && len(lines) > i+1 {
			p.line("%s%s", indent, p.dim.Render(fmt.Sprintf("… and %d more lines", len(lines)-i)))
			return
		}
		style := p.bad
		if line[0] == '+' {
			style = p.good
		}
		p.line("%s%s", indent, style.Render(cutTo(line[:1]+" "+strings.TrimSpace(line[1:]), 78-len(indent))))
	}
}

// cutTo cuts a text to a width.
func cutTo(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return s
}

func (p diffPrinter) first() {
	p.line("")
	p.line("%s", p.bold.Render("first divergence"))
	p.finding(*p.First)
	for _, c := range p.First.Causes {
		p.line("    %s", p.dim.Render(cutTo(fmt.Sprintf("after %s %s  %s#%d", c.Peer, c.Text, strings.ToUpper(c.Side), c.N), 74)))
	}
}

func (p diffPrinter) findings() {
	rest := slices.DeleteFunc(slices.Clone(p.Findings), func(f comparison.Finding) bool { return p.First != nil && f.Row == p.First.Row })
	if len(rest) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.bold.Render("what differs"))
	for i, f := range rest {
		if i == p.most(mostFindings) && len(rest) > i+1 {
			p.line("  %s", p.dim.Render(fmt.Sprintf("… and %d more (-v shows everything)", len(rest)-i)))
			return
		}
		p.finding(f)
	}
}

// finding prints a finding: when, what and where, and below it what changed.
func (p diffPrinter) finding(f comparison.Finding) {
	style := p.style(f.Status)
	at, number := f.TimeA, fmt.Sprintf("A#%d", f.A)
	switch {
	case f.A == 0:
		at, number = f.TimeB, fmt.Sprintf("B#%d", f.B)
	case f.B != 0:
		number += fmt.Sprintf(" B#%d", f.B)
	}
	text := f.Text
	if f.Peer != "" {
		text = f.Peer + "  " + text
	}
	if f.Shift != 0 && f.Status == comparison.Shifted {
		text += ": " + later(f.Shift)
	}
	if f.More > 0 {
		number += fmt.Sprintf(", and %d more", f.More)
	}
	head := fmt.Sprintf("%s %12s  ", diffMarks[f.Status], iceTime(at))
	width := 78 - len(head) - 2
	lines := wrap(text, width)
	if slices.ContainsFunc(lines, func(line string) bool { return len([]rune(line)) > width }) {
		lines = []string{cutTo(text, width)} // the arguments of a call
	}
	for i, line := range lines {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		tail := ""
		if i == len(lines)-1 {
			tail = "  " + number
			if len([]rune(head+line+tail)) > 78 {
				p.line("  %s%s", head, style.Render(line))
				p.line("  %s%s", strings.Repeat(" ", len(head)), p.dim.Render(number))
				break
			}
		}
		p.line("  %s%s%s", style.Render(head), style.Render(line), p.dim.Render(tail))
	}
	p.members(f.Members, strings.Repeat(" ", len(head)+2))
}

// members prints what changed in an event's data.
func (p diffPrinter) members(list []recorder.Difference, indent string) {
	for i, d := range list {
		if i == p.most(mostMembers) && len(list) > i+1 {
			p.line("%s%s", indent, p.dim.Render(fmt.Sprintf("… and %d more members", len(list)-i)))
			return
		}
		switch {
		case d.Field == "kind" || d.Field == "peer":
			continue // the text says so
		case strings.Contains(d.A+d.B, "\n") || strings.HasSuffix(d.Field, "sdp"):
			p.line("%s%s", indent, member(d.Field))
			var lines []string
			for _, side := range []struct{ mark, text string }{{"-", d.A}, {"+", d.B}} {
				for line := range strings.Lines(side.text) {
					lines = append(lines, side.mark+strings.TrimSpace(line))
				}
			}
			p.texts(lines, indent)
		default:
			width := max(16, (70-len(indent)-len(member(d.Field)))/2)
			p.line("%s%s  %s → %s", indent, member(d.Field), p.bad.Render(cutTo(orNone(d.A), width)), p.good.Render(cutTo(orNone(d.B), width)))
		}
	}
}

// member names a member of an event's data.
func member(field string) string { return strings.TrimPrefix(field, "data.") }

// later says how much later or earlier something is.
func later(shift time.Duration) string {
	word := "later"
	if shift < 0 {
		word = "earlier"
	}
	shift = shift.Abs()
	switch {
	case shift >= time.Second:
		shift = shift.Round(10 * time.Millisecond)
	case shift >= time.Millisecond:
		shift = shift.Round(10 * time.Microsecond)
	}
	return shift.String() + " " + word
}

func (p diffPrinter) media() {
	if len(p.Media) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.bold.Render("media received"))
	width := 0
	for _, t := range p.Media {
		width = max(width, len([]rune(t.Peer+" "+t.Track)))
	}
	for _, t := range p.Media {
		var parts []string
		for _, d := range t.Members {
			parts = append(parts, fmt.Sprintf("%s %s → %s", d.Field, orNone(d.A), orNone(d.B)))
		}
		name := fixed(t.Peer+" "+t.Track, width)
		for i, line := range wrapParts(parts, 74-width) {
			if i > 0 {
				name = strings.Repeat(" ", width)
			}
			p.line("  %s  %s", name, line)
		}
	}
}

// wrapParts joins parts with commas, in lines of a width.
func wrapParts(parts []string, width int) (lines []string) {
	line := ""
	for i, part := range parts {
		if i < len(parts)-1 {
			part += ","
		}
		if line != "" && len([]rune(line))+1+len([]rune(part)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + part)
	}
	return append(lines, line)
}

func (p diffPrinter) totals() {
	shown, slight := p.shownTotals()
	if len(shown)+slight+p.Moved == 0 {
		return
	}
	p.line("")
	p.line("%s", p.bold.Render("how often"))
	wide, digits := 0, 0
	for i, t := range shown {
		if i < p.most(mostTotals) {
			wide = max(wide, min(len([]rune(t.Peer+" "+t.What)), 54))
			digits = max(digits, len(fmt.Sprint(t.A)))
		}
	}
	for i, t := range shown {
		if i == p.most(mostTotals) && len(shown) > i+1 {
			p.line("  %s", p.dim.Render(fmt.Sprintf("… and %d more numbers (--json has them)", len(shown)-i)))
			break
		}
		line := fmt.Sprintf("  %s  %*d → %d", fixed(cutTo(t.Peer+" "+t.What, 54), wide), digits, t.A, t.B)
		if t.A == t.B {
			line += p.dim.Render(fmt.Sprintf("  (%d are others)", t.OnlyA))
		}
		p.line("%s", line)
	}
	if slight > 0 {
		p.line("  %s", p.dim.Render(fmt.Sprintf("%s by no more than 2 %% (--json has them)", several(slight, "number differs", "numbers differ"))))
	}
	if p.Moved > 0 {
		p.line("  %s", p.dim.Render(fmt.Sprintf("%s, by up to %v", several(p.Moved, "packet or the like is at another time", "packets and the like are at another time"), p.Most.Abs().Round(10*time.Microsecond))))
	}
}

// shownTotals returns the totals that are worth a line, and how many others there are.
func (p diffPrinter) shownTotals() (shown []comparison.Total, slight int) {
	for _, t := range p.Totals {
		if t.Slight() {
			slight++
		} else {
			shown = append(shown, t)
		}
	}
	return shown, slight
}

// several says how many.
func several(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// summary is the last line.
func (p diffPrinter) summary() {
	n := p.Counts
	compared := ""
	for i, r := range p.recordings {
		if _, ok := r.End(); !ok {
			compared += fmt.Sprintf(" up to where %c is cut off", 'A'+i)
		}
	}
	switch {
	case p.Same && n.Same == 0:
		p.line("%s", p.warn.Render("there is nothing to compare"))
	case p.Identical:
		p.line("%s", p.good.Render(fmt.Sprintf("✓ identical: all %d events", p.recordings[0].Len())))
	case p.Same:
		what := "but for what is random by nature"
		if p.All {
			what = "to " + p.Tolerance.String()
		}
		p.line("%s", p.good.Render(fmt.Sprintf("✓ the same%s: %d events, %s", compared, n.Same, what)))
	default:
		parts := []string{fmt.Sprintf("%d events are the same", n.Same)}
		for _, part := range []struct {
			n    int
			text string
		}{{n.Shifted, "earlier or later"}, {n.Changed, "changed"}, {n.OnlyA, "only in A"}, {n.OnlyB, "only in B"}} {
			if part.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
			}
		}
		text := "✗ they differ" + compared + ": " + strings.Join(parts, ", ")
		if p.unlike() {
			text += "; they have little in common"
		}
		for _, line := range wrap(text, 78) {
			p.line("%s", p.bad.Render(line))
		}
	}
}

// aligned prints everything, side by side.
func (p diffPrinter) aligned() error {
	p.sides()
	p.header()
	p.line("")
	err := p.rows(func(_ comparison.Row, kind recorder.Kind) bool {
		return (p.packets || !isPacket(kind)) && kind != recorder.KindSnapshot
	})
	p.media()
	p.totals()
	p.line("")
	p.summary()
	return err
}

// rows prints the rows that are picked, one a line.
func (p diffPrinter) rows(pick func(comparison.Row, recorder.Kind) bool) error {
	for i, row := range p.comparison.Rows() {
		r, n := p.recordings[0], row.A
		if n == 0 {
			r, n = p.recordings[1], row.B
		}
		if !pick(row, r.Entry(n).Kind) {
			continue
		}
		f, err := p.comparison.Finding(i)
		if err != nil {
			return err
		}
		mark, style := diffMarks[row.Status], p.style(row.Status)
		if row.Ignored {
			mark, style = diffMarks[comparison.Same], p.dim
		}
		shift := ""
		if row.Shift != 0 {
			shift = "  " + later(row.Shift)
		}
		at := max(f.TimeA, f.TimeB)
		if row.A != 0 {
			at = f.TimeA
		}
		p.line("%s %6s %6s %12s  %s%s", mark, numbered(row.A), numbered(row.B), iceTime(at),
			style.Render(strings.TrimSpace(f.Peer+"  "+f.Text)), p.dim.Render(shift))
		if !row.Ignored {
			p.members(f.Members, strings.Repeat(" ", 30))
		}
	}
	return nil
}

// numbered is the number of an event, if there is one.
func numbered(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// isPacket reports whether events of a kind are about packets.
func isPacket(k recorder.Kind) bool {
	return k == recorder.KindPacketSent || k == recorder.KindPacketDelivered || k == recorder.KindPacketDropped
}

// json prints the report as one object, with all rows where everything is asked for.
func (p diffPrinter) json() error {
	type row struct {
		comparison.Finding
		Ignored bool `json:"ignored,omitempty"`
	}
	out := struct {
		A string `json:"a"`
		B string `json:"b"`
		*comparison.Report
		Rows []row `json:"rows,omitempty"`
	}{A: p.paths[0], B: p.paths[1], Report: p.Report}
	for i, r := range p.comparison.Rows() {
		n, side := r.A, p.recordings[0]
		if n == 0 {
			n, side = r.B, p.recordings[1]
		}
		packet := isPacket(side.Entry(n).Kind)
		if p.verbose && (p.packets || !packet) || !p.verbose && p.packets && packet && r.Differs() {
			f, err := p.comparison.Finding(i)
			if err != nil {
				return err
			}
			out.Rows = append(out.Rows, row{f, r.Ignored})
		}
	}
	_, err := io.WriteString(p.out, string(marshal(out))+"\n")
	return err
}
