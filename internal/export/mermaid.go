package export

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rtcsim/rtcsim/recorder"
)

var mermaid = Format{
	Name:      "mermaid",
	Extension: ".mmd",
	Summary:   "a Mermaid sequence diagram, for Markdown, issues and slides",
	Takes:     []string{"from", "to", "peer", "show"},
	Write:     writeMermaid,
}

// mermaidMost is how long a diagram may be: Mermaid takes no more than 50,000 characters unless it is told to.
const mermaidMost = 49_000

// writeMermaid writes the session as a sequence diagram. What is more than Mermaid takes is left out at the end, which the diagram says.
func writeMermaid(w io.Writer, r *recorder.Recording, o Options) error {
	s, err := readSequence(r, o)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, newStage(s, o).draw())
	return err
}

// A stage draws a sequence.
type stage struct {
	*sequence
	participants []string
	ids          map[string]string
	over         string // all participants that a broad note is over
	text         strings.Builder
	active       map[string]int
	time         time.Duration
	timed        bool // time has been shown
}

// newStage lets those take part who are in a scene, the peers in any case: half of them on the left, then the signaling and the servers, then the
// other half, each with its NATs.
func newStage(s *sequence, o Options) *stage {
	st := &stage{sequence: s, ids: make(map[string]string), active: make(map[string]int)}
	needed := make(map[string]bool)
	for _, scene := range s.scenes {
		for _, name := range append([]string{scene.from, scene.to}, scene.via...) {
			needed[name] = true
		}
	}
	var peers []string
	for _, peer := range s.cast.peers {
		if len(o.Peers) == 0 || slices.Contains(o.Peers, peer) || needed[peer] {
			peers = append(peers, peer)
		}
	}
	half := (len(peers) + 1) / 2
	left, right := peers[:half], peers[half:]
	add := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(st.participants, name) {
				st.participants = append(st.participants, name)
			}
		}
	}
	nats := func(of []string) []string {
		var names []string
		for _, nat := range s.cast.translators {
			if needed[nat] && slices.ContainsFunc(s.cast.behind[nat], func(peer string) bool { return slices.Contains(of, peer) }) {
				names = append(names, nat)
			}
		}
		return names
	}
	add(left...)
	outward := nats(left) // the outermost comes first in a scenario or not; those behind others are nearer to the peers
	slices.SortStableFunc(outward, func(a, b string) int { return len(s.cast.behind[a]) - len(s.cast.behind[b]) })
	add(outward...)
	if needed[signaling] {
		add(signaling)
	}
	for _, server := range s.cast.serverNames {
		if needed[server] {
			add(server)
		}
	}
	inward := nats(right)
	slices.SortStableFunc(inward, func(a, b string) int { return len(s.cast.behind[b]) - len(s.cast.behind[a]) })
	add(inward...)
	add(right...)
	for _, name := range slices.Sorted(func(yield func(string) bool) { // networks that came later, and nobody
		for name := range needed {
			if name != "" && !yield(name) {
				return
			}
		}
	}) {
		add(name)
	}
	for i, name := range st.participants {
		id := name
		if !plainID.MatchString(name) || keywords.MatchString(name) || slices.Contains(st.participants, fmt.Sprintf("p%d", i+1)) {
			id = fmt.Sprintf("p%d", i+1)
		}
		st.ids[name] = id
	}
	if len(st.participants) > 0 {
		first, last := st.ids[st.participants[0]], st.ids[st.participants[len(st.participants)-1]]
		st.over = first
		if last != first {
			st.over += "," + last
		}
	}
	return st
}

var (
	plainID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	// Mermaid takes a name that begins with one of its words for that word.
	keywords = regexp.MustCompile(`(?i)^(acc|activate|actor|alt|and|as|autonumber|box|break|create|critical|deactivate|destroy|details|else|end|left|link|loop|note|off|on|opt|over|par|properties|rect|right|sequence|title|wrap|nowrap)`)
)

// mermaidHead begins each diagram. Without its settings a session would be half as long again.
const mermaidHead = `---
config:
  sequence:
    noteAlign: left
    messageMargin: 18
    boxMargin: 8
    noteMargin: 8
---
sequenceDiagram
`

// colours are those of the phases; they leave the text legible on white and on black.
var colours = map[phase]string{
	signalingPhase: "rgba(66, 133, 244, 0.13)",
	icePhase:       "rgba(251, 140, 0, 0.13)",
	dtlsPhase:      "rgba(156, 39, 176, 0.13)",
	sctpPhase:      "rgba(0, 150, 136, 0.13)",
}

// draw returns the diagram.
func (st *stage) draw() string {
	st.text.WriteString(mermaidHead)
	if st.title != "" {
		st.line(1, "title "+mermaidText(st.title))
	}
	for _, name := range st.participants {
		if id := st.ids[name]; id == name {
			st.line(1, "participant "+id)
		} else {
			st.line(1, "participant "+id+" as "+mermaidText(name))
		}
	}
	if len(st.participants) == 0 {
		return st.text.String() + "    participant nobody\n"
	}
	left := len(st.scenes)
	for i := 0; i < len(st.scenes); {
		end := i
		for end < len(st.scenes) && st.scenes[end].phase == st.scenes[i].phase {
			end++
		}
		left -= end - i
		if !st.part(st.scenes[i].phase, fold(st.scenes[i:end]), left) {
			break
		}
		i = end
	}
	for _, name := range st.participants {
		for range st.active[name] {
			st.line(1, "deactivate "+st.ids[name])
		}
	}
	return st.text.String()
}

// part draws the scenes of a phase. It is false if there is no room for all of them.
func (st *stage) part(p phase, passages []passage, left int) bool {
	depth := 1
	if p != noPhase {
		st.line(1, "rect "+colours[p])
		depth = 2
		st.line(2, "Note over "+st.over+": "+p.String())
	}
	complete := true
	for i, passage := range passages {
		if !complete {
			break
		}
		inner := depth
		if passage.times > 1 {
			last := passage.scenes[len(passage.scenes)-1]
			st.line(depth, fmt.Sprintf("loop %d times until %s", passage.times, seconds(last.until)))
			inner++
			for i := range passage.scenes { // the loop says how often
				if s := &passage.scenes[i]; s.count%passage.times == 0 {
					s.count /= passage.times
				}
				passage.scenes[i].until = passage.scenes[i].time
			}
		}
		for j := 0; j < len(passage.scenes); {
			j += st.scene(inner, passage.scenes[j:])
			if st.text.Len() > mermaidMost-1000 {
				complete = false
				more := left + len(passage.scenes) - j
				for _, later := range passages[i+1:] {
					more += len(later.scenes) * later.times
				}
				if more > 0 {
					cut := fmt.Sprintf("… and %d more: Mermaid takes 50,000 characters; narrow it with --show, --peer, --from and --to", more)
					st.line(inner, "Note over "+st.over+": "+mermaidText(cut))
				}
				break
			}
		}
		if passage.times > 1 {
			st.line(depth, "end")
		}
	}
	if p != noPhase {
		st.line(1, "end")
	}
	return complete
}

// scene draws the first of some scenes, and returns how many it was: what happens to a participant at a time shares a box.
func (st *stage) scene(depth int, scenes []scene) int {
	s := scenes[0]
	when := ""
	if !st.timed || s.time != st.time {
		st.time, st.timed = s.time, true
		when = seconds(s.time)
	}
	if s.boxed() {
		return st.box(depth, when, scenes)
	}
	text := mermaidText(s.describe())
	if when != "" {
		text = when + " · " + text
	}
	from, to := st.ids[s.from], st.ids[s.to]
	for i, nat := range s.via {
		if nat == s.to && i == len(s.via)-1 {
			break
		}
		if i == 0 && s.form == lossForm {
			text = strings.TrimSuffix(text, mermaidText(" ("+s.outcome+")")) // the last leg says it
		}
		st.line(depth, from+"->>"+st.ids[nat]+": "+text)
		from, text = st.ids[nat], "…"
	}
	arrow := "->>"
	switch s.form {
	case asyncForm:
		arrow = "-)"
	case lossForm:
		arrow = "-x"
		if text == "…" {
			text = mermaidText(s.outcome)
		}
	}
	st.line(depth, from+arrow+to+": "+text)
	return 1
}

// box draws a note with all that happens to a participant at a time, and returns how many scenes it was.
func (st *stage) box(depth int, when string, scenes []scene) int {
	s := scenes[0]
	var lines []string
	if when != "" {
		lines = append(lines, when)
	}
	n := 0
	for ; n < len(scenes); n++ {
		next := scenes[n]
		if !next.boxed() || next.from != s.from || next.time != s.time {
			break
		}
		if next.returns && n > 0 { // a box of its own, where the activation ends
			break
		}
		for _, line := range wrapped(next.mark() + next.describe()) {
			lines = append(lines, mermaidText(line))
		}
		if next.begins || next.returns {
			n++
			break
		}
	}
	over := st.over
	if s.from != "" {
		over = st.ids[s.from]
	}
	st.line(depth, "Note over "+over+": "+strings.Join(lines, "<br/>"))
	switch last := scenes[n-1]; {
	case last.begins:
		st.active[s.from]++
		st.line(depth, "activate "+over)
	case last.returns && st.active[s.from] > 0:
		st.active[s.from]--
		st.line(depth, "deactivate "+over)
	}
	return n
}

// boxed tells whether a scene is about one participant, or about all.
func (s scene) boxed() bool { return s.to == "" }

// mark tells calls, events and states apart.
func (s scene) mark() string {
	switch s.form {
	case callForm:
		return "▸ "
	case errorForm:
		return "✗ "
	case returnForm:
		return "◂ "
	case eventForm:
		return "• "
	}
	return ""
}

// wrapped returns text as lines that are not too long for a note.
func wrapped(text string) []string {
	const most, lines = 66, 6
	var all []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && len([]rune(line))+1+len([]rune(word)) > most {
				all = append(all, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		all = append(all, line)
	}
	if len(all) > lines {
		all = append(all[:lines-1], all[lines-1]+" …")
	}
	return all
}

// describe says what a scene shows.
func (s scene) describe() string {
	text := s.text
	if s.count > 1 {
		if s.several != "" {
			text = s.several
		}
		text += fmt.Sprintf(" ×%d", s.count)
	}
	var more []string
	if s.outcome != "" {
		more = append(more, s.outcome)
	}
	if s.count > 1 && s.until != s.time {
		more = append(more, "until "+seconds(s.until))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// seconds shows a virtual time.
func seconds(t time.Duration) string {
	return fmt.Sprintf("%.3f s", t.Seconds())
}

func (st *stage) line(depth int, text string) {
	st.text.WriteString(strings.Repeat("    ", depth) + text + "\n")
}

// mermaidText returns text as Mermaid shows it and takes it for nothing else: no statement, comment, directive, formula or HTML. It leaves
// alone what it can: Mermaid makes room for what stands there, not for what it shows.
func mermaidText(text string) string {
	const most = 120
	runes := []rune(text)
	if len(runes) > most {
		runes = append(runes[:most:most], '…')
	}
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return 0
		}
		return runes[i]
	}
	var b strings.Builder
	for i, r := range runes {
		switch {
		case r == '\n':
			b.WriteString("<br/>")
		case r < ' ': // as the symbol for it
			b.WriteRune('␀' + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case r == '#', r == ';', r == '<', r == '>',
			(r == '%' || r == '$') && (at(i-1) == r || at(i+1) == r),
			r == '&' && (unicode.IsLetter(at(i+1)) || at(i+1) == '#'):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
