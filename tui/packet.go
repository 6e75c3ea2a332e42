package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// A packetTab shows the packet at the cursor: what became of it, its fields
// beside its bytes, and its way through the network.
type packetTab struct {
	*theme
	tree       *tree
	dissection *dissection

	moment moment
	n      int // the event that sent it
	sent   recorder.Event
	data   recorder.PacketSent

	recorded *packet.Packet // what the recording itself says
	shown    *packet.Packet // what the tree is of
	ended    bool           // whether it knows the packet's end
}

func newPacketTab(t *theme) *packetTab { return &packetTab{theme: t, tree: newTree(t)} }

func (p *packetTab) name() string { return "Packet" }

// sentOf returns the event that sent the packet that an event is about.
func sentOf(m moment) (n int, e recorder.Event, data recorder.PacketSent, ok bool) {
	switch m.data.(type) {
	case recorder.PacketSent:
		n = m.n
	case recorder.PacketEnd, recorder.NATMapping:
		n = m.recording.Cause(m.n)
	}
	if n == 0 || m.recording.Entry(n).Kind != recorder.KindPacketSent {
		return 0, e, data, false
	}
	e, err := m.recording.Event(n)
	if err != nil {
		return 0, e, data, false
	}
	value, _ := e.Value()
	data, ok = value.(recorder.PacketSent)
	return n, e, data, ok
}

func (p *packetTab) look(m moment) bool {
	n, e, data, ok := sentOf(m)
	p.moment, p.n, p.sent, p.data = m, n, e, data
	p.recorded, p.shown, p.ended = nil, nil, false
	if whole, ok := recorded(data); ok {
		p.recorded = whole
	}
	return ok
}

func (p *packetTab) keys() []key.Binding { return p.tree.keys() }

func (p *packetTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	if p.n > 0 {
		p.dissect()
	}
	return p.tree.update(msg)
}

func (p *packetTab) position() string { return p.tree.position() }

// besideFrom is from which width on the bytes are beside the fields.
const besideFrom = 100

func (p *packetTab) view(width, height int) string {
	if p.n == 0 {
		return ""
	}
	hint := p.dissect()
	head := p.head(hint, width, height/4)
	lines := strings.Split(head, "\n")
	if height <= len(lines) {
		return strings.Join(lines[:max(0, height)], "\n")
	}
	height -= len(lines)
	selected := extent{data: p.data.Payload, name: "payload"}
	if n := p.tree.current(); n != nil && n.extent.data != nil {
		selected = n.extent
	}
	switch {
	case len(p.data.Payload) == 0 && selected.data == nil:
		return head + "\n" + p.tree.view(width, height)
	case width >= besideFrom:
		perLine := 8
		if width-hexWidth(16)-3 >= 56 {
			perLine = 16
		}
		right := hexWidth(perLine)
		left := width - right - 3
		return head + "\n" + beside(p.theme, p.tree.view(left, height), p.bytes(selected, right, height), left, right, height)
	}
	below := min(height/3, 1+(len(selected.data)+perLine(width)-1)/perLine(width))
	if below < 3 {
		return head + "\n" + p.tree.view(width, height)
	}
	return head + "\n" + fit(p.tree.view(width, height-below), width, height-below) + "\n" + p.bytes(selected, width, below)
}

// beside puts two views side by side.
func beside(t *theme, left, right string, leftWidth, rightWidth, height int) string {
	l := strings.Split(fit(left, leftWidth, height), "\n")
	r := strings.Split(fit(right, rightWidth, height), "\n")
	for i := range l {
		l[i] += " " + t.frame.Render(t.glyphs.vertical) + " " + r[i]
	}
	return strings.Join(l, "\n")
}

func (p *packetTab) bytes(x extent, width, height int) string {
	caption := fmt.Sprintf("%s, %s", x.name, count(len(x.data), "byte"))
	if x.from < x.to {
		caption += fmt.Sprintf("; %d to %d", x.from, x.to-1)
	}
	return p.line([]piece{{caption, p.dim}}, width) + "\n" + p.hexView(x, width, height-1)
}

// dissect has the tree show the packet, as far as it can be read by now. The
// hint says what is missing.
func (p *packetTab) dissect() (hint string) {
	whole := p.recorded
	if p.dissection != nil {
		found, n, done := p.dissection.at(p.n)
		switch {
		case whole != nil:
		case len(p.data.Payload) == 0 && p.data.Size > 0:
			hint = "recorded without its payload"
		case done && n == p.n:
			whole = found
		case !done:
			hint = fmt.Sprintf("not decrypted yet: %.0f %% of what came before it is read", 100*p.dissection.progress())
		}
	}
	if whole == nil && p.shown == nil {
		whole = alone(p.sent.Peer, p.data)
	}
	_, _, _, ended := p.end()
	if ended == p.ended && p.shown != nil && (whole == nil || whole == p.shown) {
		return hint
	}
	p.ended = ended
	if whole != nil {
		p.shown = whole
	}
	whole = p.shown
	var nodes []*node
	for i, l := range whole.Layers {
		nodes = append(nodes, p.layer(i, l, extent{data: p.data.Payload, name: "payload"}))
	}
	p.tree.show(append(nodes, p.way()))
	return hint
}

func (p *packetTab) layer(i int, l packet.Layer, in extent) *node {
	if l.Data != nil {
		in = extent{data: l.Data, name: l.Protocol + ", decrypted"}
		if l.Protocol == "dtls" {
			in.name = "dtls, put together"
		}
	}
	in.from, in.to = l.From, l.To
	n := &node{id: fmt.Sprint(l.Protocol, i), extent: in, pieces: []piece{
		{strings.ToUpper(l.Protocol), p.call},
		{"  " + l.Summary, p.text},
	}}
	n.children = p.fields(l.Fields, in)
	for i, inner := range l.Layers {
		n.add(p.layer(i, inner, in))
	}
	return n
}

func (p *packetTab) fields(fields []packet.Field, in extent) []*node {
	nodes := make([]*node, len(fields))
	names := make(map[string]int)
	for i, f := range fields {
		names[f.Name]++
		style := p.text
		if f.Name == "malformed" {
			style = p.bad
		}
		in.from, in.to = f.From, f.To
		n := &node{id: fmt.Sprint(f.Name, names[f.Name]), extent: in, pieces: []piece{{f.Name, p.dim}}, children: p.fields(f.Fields, in), folded: true}
		if f.Value != "" {
			n.pieces = append(n.pieces, piece{"  " + f.Value, style})
		}
		if len(f.Value) > short && len(f.Fields) == 0 {
			n.text = f.Value
		}
		nodes[i] = n
	}
	return nodes
}

// head says what the packet is and what became of it.
func (p *packetTab) head(hint string, width, most int) string {
	what := packetLabel(p.data.Protocol, p.data.Types)
	if p.shown != nil && p.shown.Summary != "" {
		what = p.shown.Summary
	}
	lines := []string{
		p.line([]piece{
			{fmt.Sprintf("packet %d  ", p.data.ID), p.call},
			{what, p.text},
		}, width),
		p.line([]piece{
			{p.sent.Peer + "  ", p.text},
			{p.data.Src + " " + p.glyphs.arrowRight + " " + p.data.Dst, p.text},
			{"  " + count(p.data.Size, "byte"), p.dim},
		}, width),
	}
	add := func(text string, style lipgloss.Style) {
		for _, line := range wrapped(text, width) {
			lines = append(lines, p.line([]piece{{line, style}}, width))
		}
	}
	fate, detail, style := p.fate()
	add(fate, style)
	if hint != "" {
		add(p.glyphs.circle+" "+hint, p.warn)
	}
	if p.shown != nil && p.shown.Malformed != "" {
		add(p.glyphs.lost+" malformed: "+p.shown.Malformed, p.bad)
	}
	if p.shown != nil && p.shown.Retransmission {
		add("it repeats what was sent before", p.warn)
	}
	if detail != "" {
		add(detail, p.dim)
	}
	return strings.Join(lines[:min(len(lines), max(most, 3))], "\n")
}

// end returns the end of the packet, if it is there.
func (p *packetTab) end() (int, recorder.Event, recorder.PacketEnd, bool) {
	for _, n := range p.moment.recording.Effects(p.n) {
		entry := p.moment.recording.Entry(n)
		if entry.Kind != recorder.KindPacketDelivered && entry.Kind != recorder.KindPacketDropped {
			continue
		}
		e, err := p.moment.recording.Event(n)
		if err != nil {
			continue
		}
		value, _ := e.Value()
		// Of a copy there are events as well.
		if end, ok := value.(recorder.PacketEnd); ok && end.ID == p.data.ID {
			return n, e, end, true
		}
	}
	return 0, recorder.Event{}, recorder.PacketEnd{}, false
}

// fate says in words what became of the packet, and why.
func (p *packetTab) fate() (text, detail string, style lipgloss.Style) {
	_, e, end, ok := p.end()
	if !ok {
		return p.glyphs.circle + " on its way at the end of the recording", "", p.dim
	}
	after := span(e.Time - p.sent.Time)
	if e.Kind == recorder.KindPacketDelivered {
		text = fmt.Sprintf("%s delivered to %s after %s", p.glyphs.check, e.Peer, after)
		if len(end.Corrupted) > 0 {
			return text + ", with " + count(len(end.Corrupted), "flipped bit"), "", p.warn
		}
		return text, "", p.good
	}
	return fmt.Sprintf("%s dropped at %s after %s: %s", p.glyphs.lost, e.Peer, after, end.Reason), strings.TrimSpace(reasonWords(end.Reason) + " " + sentence(end.Detail)), p.bad
}

func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// reasonWords explains why a packet was dropped.
func reasonWords(reason string) string {
	switch reason {
	case "loss":
		return "The link lost it by chance."
	case "loss in a burst":
		return "The link lost it, while its loss model was in the bad state."
	case "too large":
		return "It was longer than the link's MTU, with its headers."
	case "queue full":
		return "Too many packets waited for the link."
	case "CoDel":
		return "It had waited too long for the link, and CoDel keeps the queue short."
	case "network down":
		return "The network was down."
	case "no NAT mapping":
		return "The NAT has no mapping for it."
	case "NAT mapping expired":
		return "Nothing had gone out by the mapping for its lifetime."
	case "filtered by the NAT":
		return "The mapping lets in nothing from there."
	case "no hairpinning":
		return "It was for the NAT that its sender is behind."
	case "NAT out of ports":
		return "It needed a new mapping, and all ports of the NAT have been used."
	case "no route":
		return "Nobody has the address that it was sent to."
	case "interface down":
		return "The interface was down, or has gone to another network."
	case "host down":
		return "The host was down."
	case "nobody listens":
		return "No socket has the port that it was sent to."
	case "socket buffer full":
		return "Too many packets waited in the socket."
	case "socket closed":
		return "It waited in the socket when that was closed."
	}
	switch {
	case strings.HasPrefix(reason, "dropped by rule"):
		return "A drop rule of the link picked it."
	case strings.HasPrefix(reason, "firewall rule"):
		return "A rule of the firewall blocks it."
	case strings.HasPrefix(reason, "firewall"):
		return "No rule of the firewall picked it, and its policy does not let it pass."
	}
	return ""
}

// way shows the places that the packet came through.
func (p *packetTab) way() *node {
	way := &node{id: "way", pieces: []piece{{"WAY", p.call}}}
	at := func(t time.Duration) piece { return piece{clock(t, true) + "  ", p.dim} }
	way.add(&node{id: "sent", link: other(p.n, p.moment.n), pieces: []piece{at(p.sent.Time), {"sent by " + p.sent.Peer, p.text}}})
	n, e, end, ok := p.end()
	for i, hop := range end.Path {
		next := e.Time
		if i+1 < len(end.Path) {
			next = end.Path[i+1].Time
		}
		pieces := []piece{at(hop.Time), {hop.At, p.text}}
		switch {
		case hop.Src != "":
			pieces = append(pieces, piece{"  the NAT made its source " + hop.Src, p.change})
		case hop.Dst != "":
			pieces = append(pieces, piece{"  the NAT made its destination " + hop.Dst, p.change})
		default:
			pieces = append(pieces, piece{" ", p.dim})
			if hop.Wait > 0 {
				pieces = append(pieces, piece{" waited " + span(hop.Wait) + ",", p.warn})
			}
			if rest := next - hop.Time - hop.Wait; rest >= 0 {
				pieces = append(pieces, piece{" on it for " + span(rest), p.dim})
			}
		}
		way.add(&node{id: fmt.Sprint("hop", i), pieces: pieces})
	}
	if ok {
		text, _, style := p.fate()
		way.add(&node{id: "end", link: other(n, p.moment.n), pieces: []piece{at(e.Time), {text, style}}})
	}
	for i, bit := range end.Corrupted {
		way.add(&node{id: fmt.Sprint("bit", i), pieces: []piece{{fmt.Sprintf("bit %d of byte %d was flipped", bit%8, bit/8), p.warn}},
			extent: extent{data: p.data.Payload, name: "payload", from: bit / 8, to: bit/8 + 1}})
	}
	if p.dissection != nil {
		link := func(id uint64, what string) {
			if n := p.dissection.event(id); id > 0 && n > 0 {
				way.add(&node{id: what, link: n, pieces: append([]piece{{what + "  ", p.dim}}, p.reference(p.moment, n)...)})
			}
		}
		link(p.data.Answers, "answers")
		link(p.data.CopyOf, "is a copy of")
	}
	return way
}

// other returns n unless it is the one where we are.
func other(n, here int) int {
	if n == here {
		return 0
	}
	return n
}
