package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
)

// A machine is one state machine of a peer with the way it has taken.
type machine struct {
	attribute string // as in [recorder.Transition]
	name      string // in a few words
	channel   string
	standard  *standard.Machine // nil for what the standard has no machine for
	steps     []recorder.Transition
}

// fixed are the machines that every peer has.
var fixed = []machine{
	{attribute: "signalingState", name: "signaling", standard: &standard.Signaling},
	{attribute: "iceGatheringState", name: "gathering", standard: &standard.Gathering},
	{attribute: "iceConnectionState", name: "ICE connection", standard: &standard.ICEConnection},
	{attribute: "connectionState", name: "connection", standard: &standard.Connection},
	{attribute: "ice.state", name: "ICE transport", standard: &standard.ICETransport},
	{attribute: "dtls.state", name: "DTLS transport", standard: &standard.DTLSTransport},
	{attribute: "sctp.state", name: "SCTP transport", standard: &standard.SCTPTransport},
}

// machines sorts the transitions of a peer by what they are of: first what
// every peer has, then data channels and transceivers as they came.
func machines(transitions []recorder.Transition) []*machine {
	var all []*machine
	for _, m := range fixed {
		all = append(all, &m)
	}
	for _, tr := range transitions {
		attribute, channel := tr.Attribute, ""
		if name, ok := strings.CutPrefix(attribute, "channels."); ok {
			channel = strings.TrimSuffix(name, ".readyState")
		} else if name, ok := strings.CutPrefix(attribute, "transceivers["); ok {
			index, _, _ := strings.Cut(name, "]")
			attribute = "transceivers[" + index + "]"
		}
		i := slices.IndexFunc(all, func(m *machine) bool { return m.attribute == attribute })
		if i < 0 {
			m := &machine{attribute: attribute, name: attribute}
			if channel != "" {
				m.name, m.channel, m.standard = "channel "+channel, channel, &standard.DataChannel
			}
			i, all = len(all), append(all, m)
		}
		all[i].add(tr)
	}
	return all
}

// add adds a transition. The two directions of a transceiver are one state, as
// direction/currentDirection.
func (m *machine) add(tr recorder.Transition) {
	if m.attribute == tr.Attribute || m.standard != nil {
		m.steps = append(m.steps, tr)
		return
	}
	wanted, current, _ := strings.Cut(m.present(), "/")
	if strings.HasSuffix(tr.Attribute, ".direction") {
		wanted = tr.To
	} else if current = tr.To; current == "" {
		current = "-"
	}
	if current == "" {
		current = "-"
	}
	was := m.present()
	tr.From, tr.To = was, wanted+"/"+current
	if last := len(m.steps) - 1; last >= 0 && m.steps[last].N == tr.N {
		m.steps[last].To = tr.To // both at once
		return
	}
	m.steps = append(m.steps, tr)
}

// present is the state that the machine is in; empty before there is one.
func (m *machine) present() string {
	if len(m.steps) == 0 {
		return ""
	}
	return m.steps[len(m.steps)-1].To
}

// since is when it came there; false before there is a state.
func (m *machine) since() (recorder.Transition, bool) {
	if len(m.steps) == 0 {
		return recorder.Transition{}, false
	}
	return m.steps[len(m.steps)-1], true
}

// tells reports whether an event of the machine's peer tells of its state.
func (m *machine) tells(e recorder.Event, data any) bool {
	if m.standard == nil {
		return false
	}
	if m.channel == "" {
		return m.standard.Kind == e.Kind
	}
	d, ok := data.(recorder.ChannelEvent)
	return ok && d.Channel == m.channel && e.Kind != recorder.KindMessage && e.Kind != recorder.KindBufferedAmountLow
}

// known reports whether the standard has the transition. The first state is
// where a machine begins, which is none.
func (m *machine) known(step recorder.Transition) bool {
	if m.standard == nil || step.From == "" {
		return true
	}
	return slices.ContainsFunc(m.standard.Transitions, func(tr standard.Transition) bool {
		return tr.From == step.From && tr.To == step.To
	})
}

// strange are the steps that the standard does not have.
func (m *machine) strange() []recorder.Transition {
	var strange []recorder.Transition
	for _, step := range m.steps {
		if !m.known(step) {
			strange = append(strange, step)
		}
	}
	return strange
}

// route is the way taken, for the diagram.
func (m *machine) route() route {
	r := route{present: m.present(), entered: make(map[string]time.Duration), taken: make(map[[2]string]bool)}
	for _, step := range m.steps {
		r.entered[step.To] = step.Time
		r.last = [2]string{step.From, step.To}
		r.taken[r.last] = true
	}
	return r
}

// trigger is the trigger of a step, which is found once.
func (p *states) trigger(m *machine, peer string, step recorder.Transition) string {
	at := stepOf{peer, m.attribute, step.N}
	cause, known := p.triggers[at]
	if !known {
		cause = m.trigger(p.at.recording, peer, step)
		p.triggers[at] = cause
	}
	return cause
}

// stepOf names a step of a machine.
type stepOf struct {
	peer, attribute string
	n               int
}

// callsBefore is how many events before a transition are searched for the call
// that made it.
const callsBefore = 200

// trigger says what made a transition, as the standard has it; nothing where
// that is not clear.
func (m *machine) trigger(r *recorder.Recording, peer string, step recorder.Transition) string {
	if m.standard == nil || step.From == "" {
		return ""
	}
	var causes []standard.Transition
	for _, tr := range m.standard.Transitions {
		if tr.From == step.From && tr.To == step.To {
			causes = append(causes, tr)
		}
	}
	if len(causes) < 2 {
		if len(causes) == 1 {
			return causes[0].Cause
		}
		return ""
	}
	call := m.callBefore(r, peer, step)
	kind := r.Entry(step.N).Kind
	fits := func(tr standard.Transition) bool {
		switch call.Method {
		case "close":
			if call.Channel == "" {
				return tr.Cause == "close()" || tr.Cause == "close() of the peer connection"
			}
			return tr.Cause == "close() of the channel"
		case "setLocalDescription", "setRemoteDescription":
			if m.standard == &standard.Signaling {
				return strings.HasPrefix(tr.Cause, call.Method)
			}
		}
		if strings.HasPrefix(tr.Cause, "close()") {
			return false
		}
		return m.channel == "" || slices.Contains(tr.Fires, kind) || !isTransition(kind)
	}
	causes = slices.DeleteFunc(causes, func(tr standard.Transition) bool { return !fits(tr) })
	if len(causes) != 1 {
		return ""
	}
	return causes[0].Cause
}

// callBefore returns the call that was made last before a transition, at the
// same instant.
func (m *machine) callBefore(r *recorder.Recording, peer string, step recorder.Transition) recorder.Call {
	seen := 0
	for n, e := range r.Backward(step.N) {
		if seen++; seen > callsBefore || e.Time != step.Time {
			break
		}
		if e.Peer != peer || e.Kind != recorder.KindCall && (e.Kind != recorder.KindReturn || n != step.N) {
			continue
		}
		event, err := r.Event(n)
		if err != nil {
			continue
		}
		data, _ := event.Value()
		switch d := data.(type) {
		case recorder.Return:
			return recorder.Call{Method: d.Method, Channel: d.Channel}
		case recorder.Call:
			if d.Method == "close" && d.Channel != "" && d.Channel != m.channel {
				continue // another channel's
			}
			if d.Method == "close" || strings.HasPrefix(d.Method, "set") {
				return d
			}
		}
	}
	return recorder.Call{}
}

// rulesOf are the rules of the standard about each machine, where the event
// that a remark is about does not say so: it is a call.
var rulesOf = map[*standard.Machine][]string{
	&standard.Signaling: {
		"glare-refused", "rollback-refused", "repeated-description-refused", "wrong-state-error", "offer-in-wrong-state",
		"stale-description-accepted", "empty-offer-refused", "state-moved-by-failed-call", "event-missing", "states-after-close",
	},
	&standard.Gathering:     {"gathering-before-set", "gathering-without-sections", "empty-candidate-missing", "null-candidate-repeated", "states-after-close"},
	&standard.ICEConnection: {"restart-loses-connection", "states-after-close"},
	&standard.Connection:    {"states-after-close"},
	&standard.ICETransport:  {"offerer-controlled", "checking-without-candidates", "pair-after-state", "completed-missing", "restart-loses-connection"},
	&standard.SCTPTransport: {"data-waits-for-answer"},
	&standard.DataChannel: {
		"announced-not-open", "closing-missing", "error-after-close", "error-missing", "close-missing", "open-before-event", "send-error",
	},
}

// A difference is a remark, with the event that it is about.
type difference struct {
	n       int
	remark  recorder.Remark
	kind    recorder.Kind
	channel string // of the event, if it is of one
}

// about tells whether the remark is about the machine.
func (d difference) about(m *machine) bool {
	if m.standard == nil || d.n == 0 {
		return false
	}
	if slices.Contains(rulesOf[m.standard], d.remark.Rule) {
		return d.channel == m.channel
	}
	if m.channel != "" { // all channels have the same machine
		return d.channel == m.channel
	}
	return d.kind != "" && d.kind == m.standard.Kind
}

// readDifference reads a remark; its n is 0 where that is not possible.
func readDifference(r *recorder.Recording, n int) difference {
	event, err := r.Event(n)
	if err != nil {
		return difference{}
	}
	data, _ := event.Value()
	remark, ok := data.(recorder.Remark)
	if !ok {
		return difference{}
	}
	d := difference{n: n, remark: remark, kind: r.Entry(r.Cause(n)).Kind}
	if cause, err := r.Event(r.Cause(n)); err == nil {
		data, _ := cause.Value()
		switch data := data.(type) {
		case recorder.ChannelEvent:
			d.channel = data.Channel
		case recorder.Return:
			d.channel = data.Channel
		case recorder.Call:
			d.channel = data.Channel
		}
	}
	return d
}

// differences are the remarks about a machine up to the cursor, with those
// about the event there.
func (p *states) differences(m *machine, peer string) []difference {
	r := p.at.recording
	numbers := r.Numbers(peer, recorder.KindRemark, p.at.n)
	for _, effect := range r.Effects(p.at.n) {
		if e := r.Entry(effect); e.Kind == recorder.KindRemark && e.Peer == peer {
			numbers = append(slices.Clip(numbers), uint32(effect))
		}
	}
	var found []difference
	for _, n := range numbers {
		d, read := p.remarks[n]
		if !read {
			d = readDifference(r, int(n))
			p.remarks[n] = d
		}
		if d.about(m) {
			found = append(found, d)
		}
	}
	return found
}

// next are the transitions that the standard has from the present state.
func (m *machine) next() []standard.Transition {
	if m.standard == nil {
		return nil
	}
	if len(m.steps) == 0 {
		return nil
	}
	return m.standard.Possible(m.present())
}

// A section is a part of what is told about a machine, with a caption.
type section struct {
	caption string
	items   [][]string // each of one line or more
	newest  bool       // where there is no room, the first items are left out
}

// leastSection is how many lines a section has at least, if it has so many.
const leastSection = 3

// stack puts sections below each other within so many lines, the first ones if
// there is no room for all. What is left out is counted.
func (t *theme) stack(sections []section, height int) []string {
	sections = slices.DeleteFunc(sections, func(s section) bool { return len(s.items) == 0 })
	length := func(s section) int {
		lines := 1
		for _, item := range s.items {
			lines += len(item)
		}
		return lines
	}
	// Each has its fair share, and what another one does not need.
	var share []int
	rest := height
	for i, s := range sections {
		need := min(length(s), leastSection)
		if i > 0 {
			need++
		}
		if need > rest {
			sections = sections[:i]
			break
		}
		share, rest = append(share, min(length(s), leastSection)), rest-need
	}
	for gave := true; gave && rest > 0; {
		gave = false
		for i, s := range sections {
			if rest > 0 && share[i] < length(s) {
				share[i]++
				rest--
				gave = true
			}
		}
	}

	var lines []string
	for i, s := range sections {
		if i > 0 {
			lines = append(lines, "")
		}
		var part []string
		shown := 0
		for shown < len(s.items) {
			item := s.items[shown]
			if s.newest {
				item = s.items[len(s.items)-1-shown]
			}
			room := share[i] - 1 - len(part)
			if len(item) > room && (shown > 0 || room < 1) {
				break
			}
			item = item[:min(len(item), room)]
			if shown++; s.newest {
				part = append(slices.Clip(item), part...)
			} else {
				part = append(part, item...)
			}
		}
		caption := t.caption.Render(s.caption)
		if left := len(s.items) - shown; left > 0 {
			where := "more"
			if s.newest {
				where = "before"
			}
			caption += t.dim.Render(fmt.Sprintf("  %s %d %s", t.glyphs.ellipsis, left, where))
		}
		lines = append(append(lines, caption), part...)
	}
	return lines
}

// sections tell of a machine in words.
func (p *states) sections(m *machine, peer string, width int) []section {
	r, t := p.at.recording, p.theme
	states := 0
	if m.standard != nil {
		for _, s := range m.standard.States {
			states = max(states, len(s.Name))
		}
	}
	for _, step := range m.steps {
		states = max(states, ansi.StringWidth(step.To))
	}

	way := section{caption: "the way here", newest: true}
	for i, step := range m.steps {
		c, style, mark := newCanvas(width), t.text, " "
		what := p.trigger(m, peer, step)
		if !m.known(step) {
			style, mark, what = t.warn, t.glyphs.lost, "not in the standard"
		}
		if i == len(m.steps)-1 {
			style = t.state(step.To).Bold(true)
			if !m.known(step) {
				style = t.warn.Bold(true)
			}
		}
		if step.N == p.at.n {
			mark = t.glyphs.diamond
		}
		c.text(0, width, mark, t.warn, "")
		time := fmt.Sprintf("%11s", clock(step.Time, false))
		c.text(1, width, time, t.dim, t.glyphs.ellipsis)
		to := step.To
		if to == "" {
			to = "gone"
		}
		x := c.text(14, width, to, style, t.glyphs.ellipsis)
		whatStyle := t.dim
		if !m.known(step) {
			whatStyle = t.warn
		}
		way.items = append(way.items, t.withCause(c, x, 14, states, what, whatStyle))
	}

	next := section{caption: "from here"}
	for _, tr := range m.next() {
		c := newCanvas(width)
		c.text(1, width, t.glyphs.arrowRight, t.dim, "")
		x := c.text(3, width, tr.To, t.state(tr.To), t.glyphs.ellipsis)
		cause := tr.Cause
		if tr.To == tr.From {
			cause += ", again"
		}
		if len(tr.Fires) == 0 && width >= 70 {
			cause += "; fires nothing"
		}
		next.items = append(next.items, t.withCause(c, x, 3, states, cause, t.dim))
	}
	if m.standard != nil && len(m.steps) > 0 && len(next.items) == 0 && m.present() != "" {
		next.items = [][]string{{t.dim.Render(ansi.Truncate("   nothing: it is the end", width, t.glyphs.ellipsis))}}
	}

	other := section{caption: "where pion differs, newest first"}
	for _, d := range slices.Backward(p.differences(m, peer)) {
		head := newCanvas(width)
		x := head.text(1, width, t.glyphs.lost, t.warn, "")
		x = head.text(x+1, width, d.remark.Rule, t.remark, t.glyphs.ellipsis)
		head.text(x+2, width, clock(r.Entry(d.n).Time, false), t.dim, t.glyphs.ellipsis)
		item := []string{head.render(nil)}
		for _, text := range strings.Split(ansi.Wordwrap(printable(d.remark.Text), max(1, width-3), ""), "\n") {
			c := newCanvas(width)
			c.text(3, width, text, t.dim, t.glyphs.ellipsis)
			item = append(item, c.render(nil))
		}
		other.items = append(other.items, item)
	}
	if p.mode == modeDiagram { // which has the way, and what comes next
		return []section{other, next, way}
	}
	return []section{way, next, other}
}

// withCause puts a cause behind a state, which ends at x and begins at indent,
// in a column of its own; below it, where it would be cut.
func (t *theme) withCause(c *canvas, x, indent, states int, cause string, style lipgloss.Style) []string {
	width := len(c.cells)
	at := max(x, indent+states) + 2
	if at+ansi.StringWidth(cause) <= width || cause == "" {
		c.text(at, width, cause, style, t.glyphs.ellipsis)
		return []string{c.render(nil)}
	}
	lines := []string{c.render(nil)}
	for text := range strings.SplitSeq(ansi.Wordwrap(cause, max(1, width-indent-2), ""), "\n") {
		below := newCanvas(width)
		below.text(indent+2, width, text, style, t.glyphs.ellipsis)
		lines = append(lines, below.render(nil))
	}
	return lines
}

// besideDiagram is the least width of words beside a diagram.
const besideDiagram = 34

// opened is the view of one machine: its diagram, if there is room for it, with
// the words around it.
func (p *states) opened(m *machine, peer string, width, height int) []string {
	t := p.theme
	lines := []string{p.heading(m, peer, width)}
	d := diagrams[m.standard]
	if p.mode == modeList || d == nil || width < d.width || height-1 < d.height {
		return append(lines, t.stack(p.sections(m, peer, width), height-1)...)
	}
	drawing := d.view(t, m.route())
	if width-d.width-3 >= besideDiagram {
		at := d.width + 3
		words := p.strangers(m, width-at)
		if len(words) > 0 {
			words = append(words, "")
		}
		words = append(words, t.stack(p.sections(m, peer, width-at), height-1-len(words))...)
		for y := range max(len(drawing), len(words)) {
			left, right := strings.Repeat(" ", d.width), ""
			if y < len(drawing) {
				left = drawing[y]
			}
			if y < len(words) {
				right = words[y]
			}
			lines = append(lines, left+"   "+right)
		}
		return lines
	}
	lines = append(lines, drawing...)
	if rest := height - len(lines); rest > 0 {
		strange := p.strangers(m, width)
		lines = append(lines, strange[:min(len(strange), rest)]...)
	}
	if rest := height - len(lines) - 1; rest >= 2 {
		lines = append(append(lines, ""), t.stack(p.sections(m, peer, width), rest)...)
	}
	return lines
}

// strangers draws the transitions that the standard does not have.
func (p *states) strangers(m *machine, width int) []string {
	t := p.theme
	var lines []string
	var drawn [][2]string
	for _, step := range m.strange() {
		pair := [2]string{step.From, step.To}
		if slices.Contains(drawn, pair) {
			continue
		}
		drawn = append(drawn, pair)
		c := newCanvas(width)
		to := step.To
		if to == "" {
			to = "gone"
		}
		x := c.text(0, width, t.glyphs.lost+" "+step.From+" ", t.warn, t.glyphs.ellipsis)
		x = c.text(x, width, strings.Repeat(t.glyphs.gap, 3)+t.glyphs.arrowRight, t.warn, "")
		x = c.text(x+1, width, to, t.warn.Bold(true), t.glyphs.ellipsis)
		c.text(x+2, width, brief(step.Time)+", not in the standard", t.dim, t.glyphs.ellipsis)
		lines = append(lines, c.render(nil))
	}
	return lines
}

// heading is the first line of an opened machine.
func (p *states) heading(m *machine, peer string, width int) string {
	t := p.theme
	c := newCanvas(width)
	x := c.text(0, width, printable(peer), p.peerStyle(peer).Bold(true), t.glyphs.ellipsis)
	x = c.text(x+1, width, printable(m.name), t.caption, t.glyphs.ellipsis)
	state, style := m.present(), t.state(m.present()).Bold(true)
	if state == "" {
		state, style = "not there yet", t.dim
	}
	x = c.text(x+2, width, printable(state), style, t.glyphs.ellipsis)
	if step, ok := m.since(); ok {
		text := "for " + span(p.now()-step.Time)
		if p.changed(m) {
			text = t.glyphs.diamond + " at this event"
		}
		x = c.text(x+2, width, text, t.dim, t.glyphs.ellipsis)
	}
	if n := len(m.strange()); n > 0 {
		c.text(x+2, width, fmt.Sprintf("%s %d not in the standard", t.glyphs.lost, n), t.warn, t.glyphs.ellipsis)
	}
	return c.render(nil)
}

// peerStyle is the style of a peer, by its name.
func (p *states) peerStyle(peer string) lipgloss.Style {
	return p.theme.peer(slices.Index(p.peers, peer))
}
