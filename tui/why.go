package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/recorder"
)

// A whyPane shows why something is as it is: causes down to the ground, with the events that show them. It stays with what was
// asked while the cursor goes to those events and back.
type whyPane struct {
	*theme
	recording *recorder.Recording

	asked   inquiry
	before  []inquiry // what was asked before
	cursor  int       // where it is
	running bool      // an inquiry is being answered
	lost    bool      // it is not the one that was asked last

	answers []answer // in the order of the tabs
	shown   int      // of them
	picked  bool     // by the user

	at     int // the chosen reason
	top    int // the first line that is seen
	width  int
	height int
	lines  []whyLine // of the answer that is shown, for the width
	count  int       // of its reasons
}

// An inquiry is what is asked: about an event and about the peers at its time.
type inquiry struct {
	n     int
	peer  string // the one that is asked about where the event has nothing to say
	first bool   // ask about the peer first
	until int    // what comes after it is not known
}

// An answer is an explanation with its place among the tabs.
type answer struct {
	name   string // of its tab
	peer   string
	whole  bool // it is about the whole session
	answer *explain.Explanation
	err    error
}

// A whyLine is a line of an answer. Several make up a reason.
type whyLine struct {
	lead   string
	text   string
	style  lipgloss.Style
	reason int // which one, from 0
	link   int // the event that enter leads to; 0 for none
}

func newWhyPane(t *theme, r *recorder.Recording) *whyPane { return &whyPane{theme: t, recording: r} }

func (p *whyPane) title() string { return "Why" }

func (p *whyPane) look(m moment) { p.cursor = m.n }

// busy reports whether an answer is to come.
func (p *whyPane) busy() bool { return p.running }

// whyKeys are the keys of the pane.
var whyKeys = struct{ down, up, pageDown, pageUp, first, last, enter, back, tab, next, previous, leave key.Binding }{
	bind([]string{"j", "down"}, "j ↓", "next reason"),
	bind([]string{"k", "up"}, "k ↑", "reason before"),
	bind([]string{"ctrl+d", "pgdown"}, "^d", "half a pane down"),
	bind([]string{"ctrl+u", "pgup"}, "^u", "half a pane up"),
	bind([]string{"g", "home"}, "g", "first reason"),
	bind([]string{"G", "end"}, "G", "last reason"),
	bind([]string{"enter"}, "enter", "to the event that shows it"),
	bind([]string{"backspace"}, "⌫", "back to what was asked about"),
	bind([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "1 … 9", "event, peers, session, setup"),
	bind([]string{"]"}, "]", "next tab"),
	bind([]string{"["}, "[", "tab before"),
	bind([]string{"esc"}, "esc", "leave it"),
}

func (p *whyPane) keys() []key.Binding {
	k := whyKeys
	return []key.Binding{k.down, k.up, k.pageDown, k.pageUp, k.first, k.last, k.enter, k.back, k.tab, k.next, k.previous, k.leave}
}

// whyDoneMsg leaves the pane.
type whyDoneMsg struct{}

func (p *whyPane) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	k := whyKeys
	p.layout(p.width)
	switch {
	case key.Matches(msg, k.down):
		p.choose(p.at + 1)
	case key.Matches(msg, k.up):
		p.choose(p.at - 1)
	case key.Matches(msg, k.pageDown):
		p.page(1)
	case key.Matches(msg, k.pageUp):
		p.page(-1)
	case key.Matches(msg, k.first):
		p.choose(0)
	case key.Matches(msg, k.last):
		p.choose(p.count - 1)
	case key.Matches(msg, k.enter):
		if n := p.link(); n > 0 {
			return true, jump(n)
		}
		return true, note("no event shows it; those below may")
	case key.Matches(msg, k.back):
		switch last := len(p.before) - 1; {
		case p.cursor != p.asked.n:
			return true, jump(p.asked.n)
		case last >= 0:
			asked := p.before[last]
			p.before = p.before[:last]
			return true, tea.Batch(jump(asked.n), p.inquire(asked))
		}
		return true, note("nothing was asked before")
	case key.Matches(msg, k.tab):
		i, _ := strconv.Atoi(msg.String())
		if i > len(p.answers) {
			return true, note(fmt.Sprintf("there is no tab %d", i))
		}
		p.show(i-1, true)
	case key.Matches(msg, k.next) && len(p.answers) > 0:
		p.show((p.shown+1)%len(p.answers), true)
	case key.Matches(msg, k.previous) && len(p.answers) > 0:
		p.show((p.shown+len(p.answers)-1)%len(p.answers), true)
	case key.Matches(msg, k.leave):
		return true, func() tea.Msg { return whyDoneMsg{} }
	default:
		return false, nil
	}
	return true, nil
}

// show shows another answer.
func (p *whyPane) show(i int, picked bool) {
	if i != p.shown || p.lines == nil {
		p.shown, p.at, p.top, p.lines = i, 0, 0, nil
	}
	p.picked = p.picked || picked
}

func (p *whyPane) choose(reason int) {
	p.at = max(0, min(reason, p.count-1))
	// All of it is to be seen, as far as there is room.
	first := slices.IndexFunc(p.lines, func(l whyLine) bool { return l.reason == p.at })
	last := first
	for last+1 < len(p.lines) && p.lines[last+1].reason == p.at {
		last++
	}
	room := max(1, p.height-1)
	p.top = max(min(p.top, first), min(first, last-room+1), 0)
}

// page goes half a pane in a direction.
func (p *whyPane) page(by int) {
	at := slices.IndexFunc(p.lines, func(l whyLine) bool { return l.reason == p.at })
	at = max(0, min(at+by*max(1, p.height/2), len(p.lines)-1))
	if at >= len(p.lines) {
		return
	}
	to := p.lines[at].reason
	if to == p.at { // it is longer than that
		to += by
	}
	p.choose(to)
}

// link is the event that shows the chosen reason.
func (p *whyPane) link() int {
	for _, l := range p.lines {
		if l.reason == p.at && l.link > 0 {
			return l.link
		}
	}
	return 0
}

// ask begins to answer what is asked at an event.
func (p *whyPane) ask(i inquiry) tea.Cmd {
	if p.asked.n > 0 && p.asked != i {
		p.before = append(p.before, p.asked)
	}
	return p.inquire(i)
}

func (p *whyPane) inquire(i inquiry) tea.Cmd {
	p.asked, p.answers, p.shown, p.picked, p.lines = i, nil, 0, false, nil
	p.at, p.top = 0, 0
	if p.running {
		p.lost = true
		return nil
	}
	p.running = true
	return answerMoment(p.recording, i)
}

// whyMsg brings answers.
type whyMsg struct {
	asked   inquiry
	answers []answer
	over    bool // they are all
}

// take takes answers. One to what is no longer asked makes room for another one.
func (p *whyPane) take(msg whyMsg) tea.Cmd {
	switch {
	case p.lost:
		p.lost = false
		return answerMoment(p.recording, p.asked)
	case msg.over:
		p.running = false
	}
	if msg.asked != p.asked {
		return nil
	}
	p.answers = append(p.answers, msg.answers...)
	if !p.picked {
		p.show(p.best(), false)
	}
	if !msg.over {
		return answerSession(p.recording, p.asked)
	}
	return nil
}

// best is the answer that says most about what was asked.
func (p *whyPane) best() int {
	about := func(a answer) bool { return a.peer != "" && a.peer == p.asked.peer }
	if p.asked.first {
		if i := slices.IndexFunc(p.answers, about); i >= 0 {
			return i
		}
	}
	if x := p.answers[0].answer; x != nil && (len(x.Causes) > 0 || len(x.Notes) > 0 && len(x.Notes[0].Causes) > 0) {
		return 0
	}
	switch p.recording.Entry(p.asked.n).Kind {
	case recorder.KindEnd, recorder.KindVerdict, recorder.KindRun, recorder.KindTopology:
		about = func(a answer) bool { return a.whole }
	}
	return max(0, slices.IndexFunc(p.answers, about))
}

// answerMoment explains the event and the peers at its time, in the background.
func answerMoment(r *recorder.Recording, i inquiry) tea.Cmd {
	return func() tea.Msg {
		var answers []answer
		err := safely(func() error {
			facts, err := explain.Gather(r, i.n)
			if err != nil {
				return err
			}
			x, err := explain.Event(facts)
			answers = append(answers, answer{name: fmt.Sprintf("#%d", i.n), answer: x, err: err})
			for _, peer := range facts.Peers {
				answers = append(answers, answer{name: peer.Name, peer: peer.Name, answer: explain.Why(facts, peer.Name)})
			}
			return nil
		})
		if err != nil {
			answers = append(answers[:0], answer{name: fmt.Sprintf("#%d", i.n), err: err})
		}
		return whyMsg{asked: i, answers: answers}
	}
}

// answerSession explains how the session ended, and where the time to connected went.
func answerSession(r *recorder.Recording, i inquiry) tea.Cmd {
	return func() tea.Msg {
		answers := []answer{{name: "session", whole: true}}
		err := safely(func() error {
			until := r.Len()
			if i.until > 0 {
				until = min(until, i.until)
			}
			facts, err := explain.Gather(r, until)
			if err != nil {
				return err
			}
			answers[0].answer = explain.Session(facts)
			answers = append(answers, answer{name: "setup", answer: explain.Slow(facts, "")})
			return nil
		})
		if err != nil {
			answers = []answer{{name: "session", whole: true, err: err}}
		}
		return whyMsg{asked: i, answers: answers, over: true}
	}
}

// layout makes the lines of the answer that is shown.
func (p *whyPane) layout(width int) {
	if p.lines != nil && width == p.width || len(p.answers) == 0 || width < 1 {
		return
	}
	p.width, p.lines, p.count = width, []whyLine{}, 0
	a := p.answers[min(p.shown, len(p.answers)-1)]
	if a.err != nil {
		p.reason("", "", oneLine(a.err), p.bad, 0)
		return
	}
	x := a.answer
	if x.Fine && len(x.Setups) == 0 && a.peer+x.Question != "" && (a.whole || a.peer != "") {
		p.reason("", "", "Nothing went wrong.", p.good, 0)
	}
	for _, list := range [][]*explain.Cause{x.Causes, x.Notes} {
		for _, c := range list {
			p.cause(c, "", "", p.bold)
		}
	}
	for _, s := range x.Setups {
		p.setup(s)
	}
	p.at = max(0, min(p.at, p.count-1))
}

// reason adds a reason: first leads its first line, rest the others.
func (p *whyPane) reason(first, rest, text string, style lipgloss.Style, link int) {
	text = p.asciiOnly(text)
	for i, line := range wrapped(text, max(16, p.width-2-ansi.StringWidth(first))) {
		lead := first
		if i > 0 {
			lead = rest
		}
		p.lines = append(p.lines, whyLine{lead: lead, text: line, style: style, reason: p.count, link: link})
	}
	p.count++
}

// asciiOnly replaces what is not ASCII in the words of an explanation, where only that is drawn.
func (t *theme) asciiOnly(text string) string {
	if t.words == nil {
		return text
	}
	return explanations.Replace(text)
}

var explanations = strings.NewReplacer("–", "-", "…", "...", "↔", "<->", "→", "->", "←", "<-", "⇢", "->", "⇠", "<-", "×", "x", "✗", "x", "✓", "v", "≠", "!=",
	"─", "-", "“", `"`, "”", `"`, "‘", "'", "’", "'", "µ", "u")

// mostEvidence is how many events are shown of a cause.
const mostEvidence = 6

func (p *whyPane) cause(c *explain.Cause, first, rest string, style lipgloss.Style) {
	g := p.glyphs
	link := 0
	if len(c.Evidence) > 0 {
		link = p.recording.Find(c.Evidence[0].Seq)
	}
	p.reason(first, rest, c.Text, style, link)
	lead := rest + "  "
	if len(c.Causes) > 0 {
		lead = rest + g.vertical + " "
	}
	for i, e := range c.Evidence {
		if i == mostEvidence && len(c.Evidence) > mostEvidence+1 {
			p.reason(lead, lead, fmt.Sprintf("and %d more", len(c.Evidence)-i), p.dim, 0)
			break
		}
		mark := fmt.Sprintf("%s #%d  ", g.diamond, e.Seq)
		text := e.Text
		if e.Peer != "" && !strings.HasPrefix(text, e.Peer+" ") {
			text = e.Peer + ": " + text
		}
		p.reason(lead+mark, lead+strings.Repeat(" ", ansi.StringWidth(mark)), instant(e.Time)+" s  "+text, p.dim, p.recording.Find(e.Seq))
	}
	if len(c.RuledOut) > 0 {
		p.reason(lead, lead, "No cause was found. Not: "+strings.Join(c.RuledOut, ", ")+".", p.dim, 0)
	}
	branch, last := g.teeRight+" ", g.bottomLeft+" "
	for i, below := range c.Causes {
		if i == len(c.Causes)-1 {
			p.cause(below, rest+last, rest+"  ", p.text)
		} else {
			p.cause(below, rest+branch, rest+g.vertical+" ", p.text)
		}
	}
}

// instant formats a virtual time as seconds, with no more digits than it has, to the microsecond.
func instant(t time.Duration) string {
	return strings.TrimSuffix(strings.TrimRight(clock(t, false), "0"), ".")
}

// setup shows where the time went until a peer was connected.
func (p *whyPane) setup(s *explain.Setup) {
	head := s.Peer + " was never connected"
	switch {
	case len(s.Phases) == 0:
		head = s.Peer + " has negotiated nothing"
	case s.Connected != nil:
		head = fmt.Sprintf("%s was connected after %s", s.Peer, span(*s.Connected-s.Began))
	}
	p.reason("", "", head, p.bold, 0)
	for _, phase := range s.Phases {
		took := "never done"
		if phase.Done {
			took = span(phase.To - phase.From)
		}
		lead := fmt.Sprintf("  %-10s %10s  ", phase.Name, took)
		rest := strings.Repeat(" ", ansi.StringWidth(lead))
		p.reason(lead, rest, phase.Text, p.text, p.recording.At(phase.To))
		for _, c := range phase.Causes {
			p.cause(c, "    ", "    ", p.text)
		}
	}
}

func (p *whyPane) view(width, height int) string {
	if width < 1 || height < 1 {
		return ""
	}
	bar := p.bar(width)
	if len(p.answers) == 0 {
		return bar + "\n" + p.line([]piece{{p.plain("  looking for causes…"), p.dim}}, width)
	}
	p.layout(width)
	if p.height != height {
		p.height = height
		p.choose(p.at)
	}
	room := max(0, height-1)
	p.top = max(0, min(p.top, len(p.lines)-room))
	lines := []string{bar}
	for _, l := range p.lines[p.top:min(len(p.lines), p.top+room)] {
		mark, style := "  ", l.style
		if l.reason == p.at {
			if len(lines) == 1 || p.lines[p.top+len(lines)-2].reason != p.at {
				mark = p.glyphs.arrowRight + " "
			}
			style = style.Bold(true)
		}
		lead, link := l.lead, ""
		if i := strings.Index(lead, p.glyphs.diamond); i >= 0 {
			lead, link = lead[:i], lead[i:]
		}
		lines = append(lines, p.line([]piece{{mark, p.focus}, {lead, p.dim}, {link, p.change}, {l.text, style}}, width))
	}
	return strings.Join(lines, "\n")
}

// bar shows the tabs, and where in the answer one is.
func (p *whyPane) bar(width int) string {
	var pieces []piece
	for i, a := range p.answers {
		text := fmt.Sprintf("%d %s", i+1, a.name)
		if i == p.shown {
			pieces = append(pieces, piece{"[", p.focus}, piece{text, p.bold}, piece{"]", p.focus})
		} else {
			pieces = append(pieces, piece{" " + text + " ", p.dim})
		}
	}
	if n := p.asked.n; n > 0 && p.cursor != n {
		pieces = append(pieces, piece{"  " + p.plain("⌫ #") + strconv.Itoa(n), p.dim})
	}
	return p.line(pieces, width)
}

// why opens the pane with what there is to say at the cursor, or closes it if that is what it shows.
func (m *Model) why() tea.Cmd {
	if m.cursor == 0 {
		return note("there is no event")
	}
	asked := inquiry{n: m.cursor, peer: m.states.peer, first: m.focus > 0 && m.panes[m.focus-1] == pane(m.states), until: m.lanes.scope.until}
	if e := m.recording.Entry(m.cursor); !asked.first && slices.Contains(m.lanes.peers, e.Peer) {
		asked.peer = e.Peer
	}
	if m.reasons.asked.n == m.cursor && m.panes[0] == pane(m.reasons) {
		m.closeWhy()
		return nil
	}
	if m.panes[0] != pane(m.reasons) {
		m.panes[0] = m.reasons
		m.reasons.before, m.reasons.asked = nil, inquiry{}
	}
	m.focus, m.last = 1, 0
	m.look()
	return m.reasons.ask(asked)
}

// closeWhy puts the states back.
func (m *Model) closeWhy() {
	m.panes[0] = m.states
	if m.focus == 1 {
		m.focus, m.alone = 0, false
	}
	m.look()
}
