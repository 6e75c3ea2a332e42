package tui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// An sdpTab shows a session description, section by section, with what differs
// from the one before on the same side.
type sdpTab struct {
	*theme
	tree *tree
	head string // what is compared

	moment moment
	found  description
	side   string
	late   bool // the tree is not that of the description yet
}

func newSDPTab(t *theme) *sdpTab { return &sdpTab{theme: t, tree: newTree(t)} }

func (s *sdpTab) name() string { return "SDP" }

func (s *sdpTab) keys() []key.Binding { return s.tree.keys() }

func (s *sdpTab) update(msg tea.KeyMsg) (bool, tea.Cmd) {
	s.build()
	return s.tree.update(msg)
}

func (s *sdpTab) position() string { return s.tree.position() }

// A description is what an event has of a session description or a candidate.
type description struct {
	Type      string  `json:"type"`
	SDP       string  `json:"sdp"`
	Candidate *string `json:"candidate"`
}

// descriptionOf returns the description that an event is about, and which side's
// it is: local, remote, or empty for one that is only made or on its way.
func descriptionOf(m moment) (d description, side string) {
	switch data := m.data.(type) {
	case recorder.Signal:
		return description{data.Type, data.SDP, data.Candidate}, ""
	case recorder.Candidate:
		if !data.End {
			d.Candidate = &data.Candidate
		}
		return d, ""
	case recorder.Call:
		json.Unmarshal(data.Args, &d)
		return d, sideOf(data.Method)
	case recorder.Return:
		side = sideOf(data.Method)
		if side == "" {
			json.Unmarshal(data.Result, &d)
			return d, ""
		}
		if cause := m.recording.Cause(m.n); cause > 0 {
			if e, err := m.recording.Event(cause); err == nil {
				value, _ := e.Value()
				if called, ok := value.(recorder.Call); ok {
					json.Unmarshal(called.Args, &d)
				}
			}
		}
		if d.SDP == "" && data.Error == nil && d.Type != "rollback" { // pion made it itself
			if state := stateDescription(m, m.n, side); state != nil {
				d.Type, d.SDP = state.Type, state.SDP
			}
		}
	}
	return d, side
}

func sideOf(method string) string {
	switch method {
	case "setLocalDescription":
		return "local"
	case "setRemoteDescription":
		return "remote"
	}
	return ""
}

// stateDescription is the description that was set last on a side of the event's
// peer, after event n; nil if there is none.
func stateDescription(m moment, n int, side string) *recorder.DescriptionState {
	state, known, _ := m.recording.StateAt(m.event.Peer, n)
	if !known {
		return nil
	}
	if side == "remote" {
		if state.PendingRemoteDescription != nil {
			return state.PendingRemoteDescription
		}
		return state.CurrentRemoteDescription
	}
	if state.PendingLocalDescription != nil {
		return state.PendingLocalDescription
	}
	return state.CurrentLocalDescription
}

// before returns the description before that of the event, on the same side.
func before(m moment, side string) (d description, what string) {
	switch data := m.data.(type) {
	case recorder.Signal:
		return signalBefore(m, data)
	case recorder.Call:
		if side != "" {
			return fromState(stateDescription(m, m.n-1, side))
		}
	case recorder.Return:
		n := m.n - 1
		if cause := m.recording.Cause(m.n); side != "" && cause > 0 {
			n = cause - 1
		}
		if side == "" {
			side = "local"
		}
		return fromState(stateDescription(m, n, side))
	}
	return d, ""
}

func fromState(s *recorder.DescriptionState) (d description, what string) {
	if s == nil {
		return d, ""
	}
	return description{Type: s.Type, SDP: s.SDP}, "the " + s.Type + " set before"
}

// maxSignals is how many signaling messages are looked at for the description before.
const maxSignals = 500

// signalBefore returns the description that was signaled before, the same way.
func signalBefore(m moment, now recorder.Signal) (d description, what string) {
	looked := 0
	for n, entry := range m.recording.Backward(m.n - 1) {
		if entry.Kind != m.event.Kind || entry.Peer != m.event.Peer {
			continue
		}
		if looked++; looked > maxSignals {
			break
		}
		e, err := m.recording.Event(n)
		if err != nil {
			continue
		}
		value, _ := e.Value()
		if s, ok := value.(recorder.Signal); ok && s.SDP != "" && s.From == now.From && s.To == now.To {
			return description{Type: s.Type, SDP: s.SDP}, fmt.Sprintf("#%d, the %s before", n, s.Type)
		}
	}
	return d, ""
}

func (s *sdpTab) look(m moment) bool {
	s.moment, s.late = m, true
	s.found, s.side = descriptionOf(m)
	return s.found.SDP != "" || s.found.Candidate != nil
}

// build makes the tree of the description.
func (s *sdpTab) build() {
	if !s.late {
		return
	}
	s.late = false
	switch found := s.found; {
	case found.SDP != "":
		previous, what := before(s.moment, s.side)
		s.head = strings.TrimSpace(s.side + " " + found.Type)
		if previous.SDP != "" {
			s.head += ", compared with " + what
		}
		s.tree.show(s.sections(previous.SDP, found.SDP))
	case found.Candidate != nil:
		s.head = "candidate"
		s.tree.show(s.candidate(*found.Candidate))
	default:
		s.head = ""
		s.tree.show(nil)
	}
}

// candidate shows a candidate of its own.
func (s *sdpTab) candidate(attribute string) []*node {
	if attribute == "" {
		return []*node{{id: "end", pieces: []piece{{"end of candidates", s.text}}}}
	}
	nodes := []*node{{id: "line", pieces: s.sdpLine(attribute), text: attribute, folded: true}}
	if words := candidateWords(attribute); words != "" {
		nodes = append(nodes, &node{id: "words", pieces: []piece{{"in words", s.dim}}, text: words})
	}
	fields := strings.Fields(attribute)
	names := []string{"foundation", "component", "transport", "priority", "address", "port"}
	for i, name := range names {
		if i < len(fields) {
			nodes = append(nodes, &node{id: name, pieces: []piece{{name, s.dim}, {"  " + strings.TrimPrefix(fields[i], "candidate:"), s.text}}})
		}
	}
	for i := len(names); i+1 < len(fields); i += 2 {
		nodes = append(nodes, &node{id: fmt.Sprint(fields[i], i), pieces: []piece{{fields[i], s.dim}, {"  " + fields[i+1], s.text}}})
	}
	return nodes
}

// An sdpSection is the part of a description before the first m-line, or an m-line
// with what belongs to it.
type sdpSection struct {
	id    string
	lines []string
}

// splitSections splits a description.
func splitSections(sdp string) []sdpSection {
	sections := []sdpSection{{id: "session"}}
	for _, line := range strings.Split(strings.ReplaceAll(sdp, "\r\n", "\n"), "\n") {
		if line == "" {
			continue
		}
		if strings.HasPrefix(line, "m=") {
			sections = append(sections, sdpSection{id: fmt.Sprint(len(sections) - 1)})
		}
		last := &sections[len(sections)-1]
		last.lines = append(last.lines, line)
	}
	return sections
}

// attribute returns the value of a section's attribute.
func (s sdpSection) attribute(name string) string {
	for _, line := range s.lines {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return value
		}
	}
	return ""
}

// same reports whether two sections are about the same m-line.
func (s sdpSection) same(other sdpSection) bool {
	if s.id == "session" || other.id == "session" {
		return s.id == other.id
	}
	a, b := s.attribute("mid"), other.attribute("mid")
	return a == b && (a != "" || s.id == other.id)
}

// lineKey is what a line of SDP is about: its type, or its attribute with the
// payload type.
func lineKey(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if strings.HasPrefix(line, "a=") {
			switch line[2:] {
			case "sendrecv", "sendonly", "recvonly", "inactive":
				return "direction"
			}
			return line
		}
		return line[:min(2, len(line))]
	}
	switch name {
	case "a=candidate": // another one is not this one changed
		return line
	case "a=rtpmap", "a=fmtp", "a=extmap", "a=rtcp-fb", "a=ssrc":
		first, _, _ := strings.Cut(value, " ")
		return name + ":" + first
	}
	return name
}

// sections are the nodes of a description, compared with the one before it.
func (s *sdpTab) sections(before, after string) []*node {
	var old []sdpSection
	if before != "" {
		old = splitSections(before)
	}
	var nodes []*node
	for _, now := range splitSections(after) {
		var lines []diffLine
		i := slices.IndexFunc(old, now.same)
		if i >= 0 {
			lines = diff(old[i].lines, now.lines, lineKey)
			old = slices.Delete(old, i, i+1)
		} else {
			mark := byte('+')
			if before == "" {
				mark = ' '
			}
			for _, line := range now.lines {
				lines = append(lines, diffLine{mark: mark, text: line})
			}
		}
		nodes = append(nodes, s.section(now, lines, before != ""))
	}
	for _, gone := range old {
		var lines []diffLine
		for _, line := range gone.lines {
			lines = append(lines, diffLine{mark: '-', text: line})
		}
		gone.id = "gone" + gone.id
		nodes = append(nodes, s.section(gone, lines, true))
	}
	return nodes
}

func (s *sdpTab) section(x sdpSection, lines []diffLine, compared bool) *node {
	n := &node{id: x.id, pieces: s.title(x)}
	changes := 0
	for i, line := range lines {
		child := &node{id: fmt.Sprint(i)}
		mark, style := "  ", s.text
		switch line.mark {
		case '+':
			mark, style = "+ ", s.added
		case '-':
			mark, style = "- ", s.removed
		case '~':
			mark, style = "~ ", s.warn
		}
		if line.mark != ' ' {
			changes++
		}
		child.pieces = []piece{{mark, style}}
		switch line.mark {
		case '-':
			child.pieces = append(child.pieces, piece{line.text, s.removed})
		case '+':
			child.pieces = append(child.pieces, piece{line.text, s.added})
		default:
			child.pieces = append(child.pieces, s.sdpLine(line.text)...)
		}
		words := sdpWords(line.text)
		if line.mark == '~' {
			child.pieces = append(child.pieces, piece{"  was " + line.was, s.removed})
			child.text = "was " + line.was
		}
		if words != "" {
			child.text = strings.TrimPrefix(child.text+"\n"+words, "\n")
			child.aside = words
		}
		child.folded = !strings.HasPrefix(line.text, "a=candidate:")
		n.add(child)
	}
	switch {
	case compared && changes == len(lines) && lines[0].mark == '+':
		n.pieces = append(n.pieces, piece{"  new", s.added})
	case compared && changes == len(lines) && lines[0].mark == '-':
		n.pieces = append(n.pieces, piece{"  gone", s.removed})
		n.folded = true
	case changes > 0:
		n.pieces = append(n.pieces, piece{"  " + count(changes, "change"), s.warn})
	case compared:
		n.pieces = append(n.pieces, piece{"  unchanged", s.dim})
		n.folded = true
	}
	return n
}

// title says what a section is about.
func (s *sdpTab) title(x sdpSection) []piece {
	if len(x.lines) == 0 || !strings.HasPrefix(x.lines[0], "m=") {
		return []piece{{"session", s.call}}
	}
	fields := strings.Fields(x.lines[0])
	pieces := []piece{{strings.TrimPrefix(fields[0], "m="), s.call}}
	if mid := x.attribute("mid"); mid != "" {
		pieces = append(pieces, piece{"  mid " + mid, s.text})
	}
	if len(fields) > 1 && fields[1] == "0" {
		pieces = append(pieces, piece{"  rejected", s.bad})
	}
	for _, line := range x.lines {
		switch line {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			pieces = append(pieces, piece{"  " + line[2:], s.change})
		}
	}
	var codecs []string
	for _, line := range x.lines {
		if value, ok := strings.CutPrefix(line, "a=rtpmap:"); ok {
			if _, codec, ok := strings.Cut(value, " "); ok {
				codec, _, _ = strings.Cut(codec, "/")
				if !slices.Contains(codecs, codec) {
					codecs = append(codecs, codec)
				}
			}
		}
	}
	if len(codecs) > 0 {
		pieces = append(pieces, piece{"  " + strings.Join(codecs, " "), s.dim})
	}
	return pieces
}

// sdpLine colours a line of SDP: what it is about, and what it says.
func (s *sdpTab) sdpLine(line string) []piece {
	name, value, ok := strings.Cut(line, ":")
	if kind, rest, cut := strings.Cut(line, "="); cut && kind != "a" {
		return []piece{{kind + "=", s.change}, {rest, s.text}}
	}
	if !ok {
		return []piece{{line, s.change}}
	}
	style := s.text
	switch name {
	case "a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=ssrc":
		style = s.dim
	}
	return []piece{{name + ":", s.change}, {value, style}}
}

// sdpWords explains a line of SDP; empty where there is nothing to say.
func sdpWords(line string) string {
	name, value, _ := strings.Cut(strings.TrimPrefix(line, "a="), ":")
	switch name {
	case "candidate":
		return candidateWords(line)
	case "setup":
		switch value {
		case "actpass":
			return "this side may be the DTLS client or the server: the answerer decides"
		case "active":
			return "this side is the DTLS client, and begins the handshake"
		case "passive":
			return "this side is the DTLS server, and waits"
		}
	case "group":
		if mids, ok := strings.CutPrefix(value, "BUNDLE"); ok {
			return "the sections" + mids + " share one transport"
		}
	case "rtcp-mux":
		return "RTCP comes by the same port as RTP"
	case "rtcp-rsize":
		return "RTCP packets may be of reduced size (RFC 5506)"
	case "ice-lite":
		return "this side only answers checks (RFC 8445, section 2.5)"
	case "ice-options":
		if strings.Contains(value, "trickle") {
			return "this side takes candidates after the description (RFC 8838)"
		}
	case "end-of-candidates":
		return "no more candidates will come"
	case "ice-ufrag":
		return "names this side in connectivity checks; another one begins an ICE restart"
	case "ice-pwd":
		return "the key of the checks that this side is sent"
	case "fingerprint":
		return "the hash of the certificate that this side shows in the DTLS handshake"
	case "extmap-allow-mixed":
		return "RTP header extensions of one and two bytes may be mixed (RFC 8285)"
	case "sctp-port":
		return "data channels are negotiated on this SCTP port (RFC 8841)"
	case "max-message-size":
		return "the largest message that this side takes, in bytes"
	case "msid":
		return "the stream and the track that are sent"
	case "sendrecv":
		return "this side sends and receives"
	case "sendonly":
		return "this side sends and does not receive"
	case "recvonly":
		return "this side receives and does not send"
	case "inactive":
		return "this side neither sends nor receives"
	case "simulcast":
		return "the same track is sent in several encodings"
	}
	return ""
}

func (s *sdpTab) view(width, height int) string {
	s.build()
	head := s.line([]piece{{s.head, s.dim}}, width)
	if height < 2 {
		return head
	}
	return head + "\n" + s.tree.view(width, height-1)
}
