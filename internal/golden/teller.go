package golden

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// tell makes the lines of a recording.
func tell(r *recorder.Recording) ([]line, error) {
	t := teller{
		calls: make(map[uint64]pending),
		wire:  make(map[string]map[string][]string),
		said:  make(map[string][]string),
	}
	for n, entry := range r.Forward(1) {
		if entry.Kind == recorder.KindPacketDelivered || entry.Kind == recorder.KindRemark {
			continue
		}
		e, err := r.Event(n)
		if err != nil {
			return nil, err
		}
		data, err := e.Value()
		if err != nil {
			return nil, err
		}
		t.event(e, data)
	}
	for _, p := range r.Peers() {
		t.transitions(p.Name, r.Transitions(p.Name, r.Len()))
	}
	return t.finish(), nil
}

// teller puts the lines of a session together.
type teller struct {
	lines []told
	calls map[uint64]pending             // those that have not come back, by their numbers
	wire  map[string]map[string][]string // the types of packets that each peer has sent, by protocol
	said  map[string][]string            // the last description that each peer has set, on either side
	peers []string                       // in the order they appeared
	media []line
	// What the run has decided, in the order of the scenario.
	verdicts []verdict
}

// told is a line, with what the description says that its call has set.
type told struct {
	line
	description []string
}

// pending is a call that has not come back.
type pending struct {
	recorder.Call
	line int
}

type verdict struct {
	file string
	line int
	text string
}

// add adds a line.
func (t *teller) add(at time.Duration, who, format string, args ...any) {
	t.lines = append(t.lines, told{line: line{at: at, who: who, text: scrub(fmt.Sprintf(format, args...))}})
}

func (t *teller) event(e recorder.Event, data any) {
	name := string(e.Kind)
	switch d := data.(type) {
	case recorder.Step:
		t.add(e.Time, "", "── %s", d.Text)
	case recorder.Call:
		if d.Method == "RTCPeerConnection" {
			t.peers = append(t.peers, e.Peer)
		}
		t.call(e, d)
	case recorder.Return:
		t.returned(e, d)
	case recorder.StateChange:
		t.add(e.Time, e.Peer, "%s %s", name, d.State)
	case recorder.Negotiation:
		t.add(e.Time, e.Peer, "%s", name)
	case recorder.Candidate:
		if d.End {
			t.add(e.Time, e.Peer, "%s null", name)
		} else {
			t.add(e.Time, e.Peer, "%s %s %s", name, d.Type, d.Address)
		}
	case recorder.CandidateError:
		t.add(e.Time, e.Peer, "%s %s %d %s", name, d.URL, d.Code, d.Text)
	case recorder.CandidatePair:
		t.add(e.Time, e.Peer, "%s %s %s ↔ %s %s", name, d.Local.Type, d.Local.Address, d.Remote.Type, d.Remote.Address)
	case recorder.ChannelEvent:
		text := name + " " + d.Channel
		if d.Message != nil {
			text += " " + transcript.Content(d.Message)
		}
		if d.Error != "" {
			text += ": " + d.Error
		}
		t.add(e.Time, e.Peer, "%s", text)
	case recorder.Signal:
		if e.Kind == recorder.KindSignalDropped {
			t.add(e.Time, e.Peer, "%s %s of %s: %s", name, d.Type, d.From, d.Reason)
		}
	case recorder.NetworkChange:
		t.add(e.Time, e.Peer, "%s %s", name, d.Change)
	case recorder.Interface:
		t.add(e.Time, e.Peer, "%s %s %s", name, d.Interface, d.Change)
	case recorder.TrackEvent:
		t.add(e.Time, e.Peer, "%s %s %s %s", name, transcript.Layer(d.Track, d.RID), d.Kind, d.Codec)
	case recorder.Stream:
		t.add(e.Time, e.Peer, "%s %s", name, d.Stream)
	case recorder.Media:
		if d.End {
			t.media = append(t.media, line{at: noTime, who: e.Peer, text: mediaText(d)})
		}
	case recorder.PacketSent:
		if d.CopyOf == 0 {
			t.sent(e.Peer, d)
		}
	case recorder.Verdict:
		mark := "✓ "
		if !d.Held {
			mark = "✗ "
		}
		t.verdicts = append(t.verdicts, verdict{d.File, d.Line, mark + d.Text})
	case recorder.Answer:
		mark := "? yes: "
		if !d.Holds {
			mark = "? no: "
		}
		t.verdicts = append(t.verdicts, verdict{"", 0, mark + d.Condition})
	case recorder.SessionEnd:
		text := "the end: " + d.Reason
		if len(d.Pending) > 0 {
			text += ", never came back: " + strings.Join(d.Pending, "; ")
		}
		t.add(e.Time, "", "%s", text)
	}
}

// call adds the line of a call. What becomes of it is added when it has come back.
func (t *teller) call(e recorder.Event, d recorder.Call) {
	name := d.Method
	switch {
	case d.Channel != "":
		name = d.Channel + "." + name
	case d.Target != "":
		name = d.Target + "." + name
	}
	t.calls[e.Seq] = pending{d, len(t.lines)}
	t.add(e.Time, e.Peer, "%s(%s)", name, transcript.Arguments(d))
}

// returned adds how a call came back to its line. One that came back well and at once says nothing of it.
func (t *teller) returned(e recorder.Event, d recorder.Return) {
	call, ok := t.calls[e.Cause]
	if !ok {
		return
	}
	delete(t.calls, e.Cause)
	l := &t.lines[call.line].line
	switch {
	case d.Error != nil:
		message := strings.TrimPrefix(d.Error.Message, d.Error.Name+": ")
		l.text += " → " + scrub(d.Error.Name+": "+message)
	case d.Method == "setLocalDescription":
		t.lines[call.line].description = t.describe(e.Peer, call.Args)
	case d.Method == "setRemoteDescription":
		t.describe(e.Peer, call.Args) // the other peer's line has it
	}
	if d.Took >= 10*time.Millisecond {
		l.text += " after " + about(d.Took)
	}
}

// transitions adds the changes of state that no event tells of.
func (t *teller) transitions(peer string, list []recorder.Transition) {
	seen := make(map[string]bool)
	for _, c := range list {
		if !strings.HasPrefix(c.Attribute, "transceivers[") || c.To == "" {
			continue
		}
		// The first look at a transceiver tells of what its calls did, and not of a change.
		if !seen[c.Attribute] && strings.HasSuffix(c.Attribute, ".direction") {
			seen[c.Attribute] = true
			continue
		}
		t.add(c.Time, peer, "%s %s", c.Attribute, c.To)
	}
	slices.SortStableFunc(t.lines, func(a, b told) int { return cmp.Compare(a.at, b.at) })
}

// sent notes what kind of packet a peer sent.
func (t *teller) sent(peer string, d recorder.PacketSent) {
	if t.wire[peer] == nil {
		t.wire[peer] = make(map[string][]string)
	}
	types := t.wire[peer][d.Protocol]
	for _, kind := range d.Types {
		switch {
		case kind == "handshake" || strings.HasSuffix(kind, "-response"): // says nothing beside the words for what is in it
		case kind == "nack" || kind == "pli" || kind == "fir": // asks for what was lost
		case !slices.Contains(types, kind):
			types = append(types, kind)
		}
	}
	t.wire[peer][d.Protocol] = types
}

// finish returns the lines, with those about the whole session at the end.
func (t *teller) finish() []line {
	lines := collapse(t.lines)
	for _, peer := range t.peers {
		for _, protocol := range slices.Sorted(maps.Keys(t.wire[peer])) {
			types := slices.Sorted(slices.Values(t.wire[peer][protocol]))
			lines = append(lines, line{at: noTime, who: peer, text: strings.TrimSpace("sent " + protocol + " " + strings.Join(types, " "))})
		}
	}
	slices.SortStableFunc(t.media, func(a, b line) int { return strings.Compare(a.who+" "+a.text, b.who+" "+b.text) })
	lines = append(lines, t.media...)
	slices.SortStableFunc(t.verdicts, func(a, b verdict) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	for _, v := range t.verdicts {
		lines = append(lines, line{at: noTime, text: scrub(v.text)})
	}
	return lines
}

// soon is how soon a line must come again to be a repetition: what is half a minute apart deserves lines of its own.
const soon = 1500 * time.Millisecond

// collapse makes one line of those that say the same and follow one another soon in their lane.
func collapse(all []told) []line {
	type run struct {
		at    int // where its line is
		times int
		until time.Duration
	}
	var lines []line
	var runs []*run
	last := make(map[string]*run)
	for _, l := range all {
		lane := l.lane()
		if r := last[lane]; r != nil && lines[r.at].text == l.text && len(l.description) == 0 && l.at-r.until <= soon {
			r.times++
			r.until = l.at
			continue
		}
		last[lane] = &run{at: len(lines), times: 1, until: l.at}
		runs = append(runs, last[lane])
		lines = append(lines, l.line)
		for _, text := range l.description {
			lines = append(lines, line{at: l.at, who: l.who, text: text, more: true})
		}
	}
	for _, r := range runs {
		if r.times > 1 {
			lines[r.at].text += fmt.Sprintf(", %d times until %s", r.times, about(r.until))
		}
	}
	return lines
}

// mediaText tells how a track did.
func mediaText(d recorder.Media) string {
	text := fmt.Sprintf("media %s %s %s: ~%d packets", transcript.Layer(d.Track, d.RID), d.Kind, d.Codec, d.Packets)
	if d.Kind == "video" {
		text += fmt.Sprintf(", ~%d frames, ~%d keyframes", d.Frames, d.Keyframes)
	}
	some := func(n int, what string) string {
		if n == 0 {
			return ", no " + what
		}
		return ", some " + what
	}
	text += some(d.Lost, "losses")
	if d.Lost > 0 {
		text += some(d.Repaired, "repairs")
	}
	if d.Kind == "video" {
		text += some(d.Freezes, "freezes")
	}
	return text
}

// about writes a time that is compared with a tolerance.
func about(d time.Duration) string { return fmt.Sprintf("~%.2fs", d.Seconds()) }

// volatile finds what differs from one build or seed to the next, wherever it stands in a text.
var volatile = []struct {
	found   *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`0x[0-9a-f]{3,}`), "0x…"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "…"}, // names of mDNS
	{regexp.MustCompile(`\b(\d+\.\d+\.\d+\.\d+):\d+`), "$1"},                                  // ports
}

// scrub takes out of a text what differs from one build to the next.
func scrub(text string) string {
	for _, v := range volatile {
		text = v.found.ReplaceAllString(text, v.instead)
	}
	return strings.Join(strings.Fields(text), " ")
}
