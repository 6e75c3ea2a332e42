package explain

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// A Layout is how an explanation is written for people.
type Layout struct {
	// Width is how wide lines may be, in columns; 0: 80.
	Width int
	// ASCII draws with ASCII characters only.
	ASCII bool
	// Renderer decides about colour; nil: none.
	Renderer *lipgloss.Renderer
	// Short leaves out the evidence.
	Short bool
}

// most is how many events are shown of a cause's evidence.
const most = 4

// narrowest is how wide a text is at least, however deep it is.
const narrowest = 24

// Write writes an explanation as an indented tree: each cause with its evidence, the causes below it further to the right.
func Write(out io.Writer, x *Explanation, l Layout) {
	w := &writer{out: out, Layout: l}
	if w.Width <= 0 {
		w.Width = 80
	}
	if w.Renderer == nil {
		w.Renderer = lipgloss.NewRenderer(io.Discard)
	}
	w.bold, w.dim = w.Renderer.NewStyle().Bold(true), w.Renderer.NewStyle().Faint(true)
	w.explanation(x)
}

type writer struct {
	Layout
	out       io.Writer
	bold, dim lipgloss.Style
}

func (w *writer) explanation(x *Explanation) {
	if x.Fine {
		w.block("", "", "Nothing went wrong.", w.bold)
	}
	for _, list := range [][]*Cause{x.Causes, x.Notes} {
		for _, c := range list {
			w.cause(c, "", "", w.bold)
		}
	}
	for i, s := range x.Setups {
		if i+len(x.Causes) > 0 {
			fmt.Fprintln(w.out)
		}
		w.setup(s)
	}
}

// cause writes a cause: first leads its first line, rest the others.
func (w *writer) cause(c *Cause, first, rest string, style lipgloss.Style) {
	continued := rest
	if c.linked && first != rest {
		continued += "  "
	}
	w.block(first, continued, c.Text, style)
	branch, last, bar, indent := "├─ ", "└─ ", "│  ", "   "
	if w.ASCII {
		branch, last, bar = "|- ", "`- ", "|  "
	}
	if len(c.Causes) == 1 && c.Causes[0].linked { // a chain does not move to the right
		if !w.Short {
			w.evidence(c.Evidence, rest+"  ")
		}
		w.cause(c.Causes[0], rest+"← ", rest, w.Renderer.NewStyle())
		return
	}
	lead := rest
	if len(c.Causes) > 0 {
		lead += bar
	} else {
		lead += indent
	}
	if !w.Short {
		w.evidence(c.Evidence, lead)
	}
	if len(c.RuledOut) > 0 {
		w.block(lead, lead, "No cause was found. Not: "+strings.Join(c.RuledOut, ", ")+".", w.dim)
	}
	for i, below := range c.Causes {
		if i == len(c.Causes)-1 {
			w.cause(below, rest+last, rest+indent, w.Renderer.NewStyle())
		} else {
			w.cause(below, rest+branch, rest+bar, w.Renderer.NewStyle())
		}
	}
}

func (w *writer) evidence(list []Evidence, lead string) {
	for i, e := range list {
		if i == most && len(list) > most+1 {
			w.block(lead, lead, fmt.Sprintf("… and %d more", len(list)-most), w.dim)
			return
		}
		text := e.Text
		if e.Peer != "" && !strings.HasPrefix(text, e.Peer+" ") {
			text = e.Peer + ": " + text
		}
		mark := fmt.Sprintf("#%d %s  ", e.Seq, seconds(e.Time))
		w.block(lead+mark, lead+strings.Repeat(" ", lipgloss.Width(mark)), text, w.dim)
	}
}

// block writes a text, wrapped: first leads its first line, rest the others.
func (w *writer) block(first, rest, text string, style lipgloss.Style) {
	if w.ASCII {
		text = ascii.Replace(text)
		first, rest = ascii.Replace(first), ascii.Replace(rest)
	}
	width := max(w.Width-lipgloss.Width(first), narrowest)
	for i, line := range wrap(text, width) {
		lead := first
		if i > 0 {
			lead = rest
		}
		fmt.Fprintf(w.out, "%s%s\n", w.dim.Render(lead), style.Render(line))
	}
}

// ascii replaces what is not ASCII in the texts of rules.
var ascii = strings.NewReplacer("–", "-", "…", "...", "↔", "<->", "→", "->", "←", "<-", "⇢", "->", "⇠", "<-", "×", "x", "✗", "x", "✓", "v", "≠", "!=", "─", "-", "│", "|", "├", "|", "└", "`")

// wrap breaks a text between words into lines of a width, in columns. A word that is longer has a line of its own.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && lipgloss.Width(line)+1+lipgloss.Width(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// setup writes where the time went as a table, with what made a phase slow below its line.
func (w *writer) setup(s *Setup) {
	head := fmt.Sprintf("%s was never connected", s.Peer)
	if len(s.Phases) == 0 {
		head = fmt.Sprintf("%s has negotiated nothing", s.Peer)
	} else if s.Connected != nil {
		head = fmt.Sprintf("%s was connected after %s", s.Peer, seconds(*s.Connected-s.Began))
	}
	w.block("", "", head, w.bold)
	plain := w.Renderer.NewStyle()
	for _, p := range s.Phases {
		name, took := p.Name, seconds(p.To-p.From)
		if !p.Done {
			took = "never done"
		}
		lead := fmt.Sprintf("  %-10s %10s  ", name, took)
		rest := strings.Repeat(" ", lipgloss.Width(lead))
		w.block(lead, rest, p.Text, plain)
		for _, c := range p.Causes {
			w.cause(c, rest, rest, plain)
		}
	}
}
