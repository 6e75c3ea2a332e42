package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// A tab is one way to look at the event at the cursor.
type tab interface {
	name() string

	// look has the tab tell about another moment, and reports whether it has
	// anything to say about it.
	look(m moment) bool

	update(msg tea.KeyMsg) (handled bool, cmd tea.Cmd)
	view(width, height int) string
	keys() []key.Binding
}

// An eventPane is the pane that tells about the event at the cursor.
type eventPane struct {
	*theme
	tabs    []tab
	offered []bool // those that have something to say
	shown   int    // the one that is seen

	picked map[recorder.Kind]string // by the user

	moment     moment
	recording  *recorder.Recording // what the tabs follow
	dissection *dissection
	views      *follower[*ice.View]
	statistics *statistics

	packet *packetTab
	pairs  *pairsTab
	charts *chartsTab
}

func newEventPane(t *theme) *eventPane {
	e := &eventPane{
		theme:  t,
		picked: make(map[recorder.Kind]string),
		packet: newPacketTab(t),
		pairs:  newPairsTab(t),
		charts: newChartsTab(t),
	}
	e.tabs = []tab{newDataTab(t), e.packet, newSDPTab(t), e.pairs, e.charts, newSourceTab(t)}
	e.offered = make([]bool, len(e.tabs))
	return e
}

func (e *eventPane) title() string { return "Event" }

// look implements [pane]. The tabs look when they are first seen.
func (e *eventPane) look(m moment) {
	if m.recording == nil {
		return
	}
	if m.recording != e.recording {
		e.close()
		e.recording = m.recording
		e.dissection = newDissection(m.recording)
		e.views = iceViews(m.recording)
		e.statistics = newStatistics(m.recording)
		e.packet.dissection, e.pairs.views, e.charts.statistics = e.dissection, e.views, e.statistics
	}
	e.moment = m
	for i, tab := range e.tabs {
		e.offered[i] = tab.look(m)
	}
	e.shown = e.choose()
}

// close ends what the pane does in the background.
func (e *eventPane) close() {
	if e.recording != nil {
		e.dissection.stop()
		e.views.stop()
		e.statistics.stop()
	}
}

// busy reports whether what is seen is still being worked out, so that it is to be
// drawn again soon.
func (e *eventPane) busy() bool {
	if e.recording == nil {
		return false
	}
	switch e.tabs[e.shown] {
	case tab(e.packet):
		return e.dissection.busy()
	case tab(e.pairs):
		return e.views.busy()
	case tab(e.charts):
		return e.statistics.busy()
	}
	return false
}

// choose returns the tab that the user wants for the kind of the event, else the
// best one.
func (e *eventPane) choose() int {
	for _, name := range []string{e.picked[e.moment.event.Kind], best(e.moment.event.Kind), "SDP", "Data"} {
		i := slices.IndexFunc(e.tabs, func(t tab) bool { return t.name() == name })
		if i >= 0 && e.offered[i] {
			return i
		}
	}
	return 0
}

// best is the tab that tells most about a kind of event.
func best(k recorder.Kind) string {
	switch k {
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return "Packet"
	case recorder.KindStep, recorder.KindVerdict, recorder.KindPrediction, recorder.KindAnswer:
		return "Scenario"
	case recorder.KindMedia, recorder.KindRTCP:
		return "Charts"
	case recorder.KindICEConnectionStateChange, recorder.KindICETransportStateChange, recorder.KindSelectedCandidatePairChange:
		return "Pairs"
	}
	return ""
}

var (
	nextTab     = bind([]string{"]"}, "]", "next tab")
	previousTab = bind([]string{"["}, "[", "tab before")
	tabNumber   = bind([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "1 … 6", "tab")
)

func (e *eventPane) keys() []key.Binding {
	return append([]key.Binding{tabNumber, nextTab, previousTab}, e.tabs[e.shown].keys()...)
}

func (e *eventPane) update(msg tea.KeyMsg) (handled bool, cmd tea.Cmd) {
	switch {
	case key.Matches(msg, nextTab):
		e.step(+1)
	case key.Matches(msg, previousTab):
		e.step(-1)
	case key.Matches(msg, tabNumber):
		i, _ := strconv.Atoi(msg.String())
		switch {
		case i > len(e.tabs):
			return false, nil
		case !e.offered[i-1]:
			return true, note(fmt.Sprintf("%s has nothing to say about this event", e.tabs[i-1].name()))
		}
		e.pick(i - 1)
	default:
		return e.tabs[e.shown].update(msg)
	}
	return true, nil
}

// step goes to the next tab that is offered, or to the one before.
func (e *eventPane) step(by int) {
	for i := 1; i < len(e.tabs); i++ {
		next := (e.shown + i*by + i*len(e.tabs)) % len(e.tabs)
		if e.offered[next] {
			e.pick(next)
			return
		}
	}
}

// pick remembers that the user wants a tab for events of this kind.
func (e *eventPane) pick(i int) {
	e.shown = i
	e.picked[e.moment.event.Kind] = e.tabs[i].name()
}

func (e *eventPane) view(width, height int) string {
	if width < 1 || height < 1 {
		return ""
	}
	if e.recording == nil || e.moment.n == 0 && e.recording.Len() == 0 {
		return e.line([]piece{{"no event", e.dim}}, width)
	}
	bar := e.bar(width)
	if height == 1 {
		return bar
	}
	content := e.tabs[e.shown].view(width, height-1)
	// The position is known once the view is made.
	if p, ok := e.tabs[e.shown].(interface{ position() string }); ok {
		if text := p.position(); text != "" {
			if room := width - ansi.StringWidth(bar) - ansi.StringWidth(text); room > 0 {
				bar += strings.Repeat(" ", room) + e.dim.Render(text)
			}
		}
	}
	return bar + "\n" + content
}

// bar shows the tabs that are offered.
func (e *eventPane) bar(width int) string {
	var pieces []piece
	for i, tab := range e.tabs {
		if !e.offered[i] {
			continue
		}
		text := fmt.Sprintf("%d %s", i+1, tab.name())
		if i == e.shown {
			pieces = append(pieces, piece{"[", e.focus}, piece{text, e.bold}, piece{"]", e.focus})
		} else {
			pieces = append(pieces, piece{" " + text + " ", e.dim})
		}
	}
	return e.line(pieces, width)
}
