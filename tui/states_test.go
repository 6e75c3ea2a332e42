package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
)

// A tape makes a recording for tests of views.
type tape struct {
	testing testing.TB
	live    *recorder.Live
	log     *recorder.Log
	now     time.Duration
}

func newTape(t testing.TB) *tape {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	tape := &tape{testing: t, live: live}
	tape.log = recorder.NewLog(func() time.Duration { return tape.now }, tape.raw)
	return tape
}

// raw adds a line as it is.
func (t *tape) raw(line []byte) {
	if err := t.live.Append(line); err != nil {
		t.testing.Fatal(err)
	}
}

// at adds an event at a time, in milliseconds, without a cause.
func (t *tape) at(ms int, peer string, kind recorder.Kind, data any) uint64 {
	t.now = time.Duration(ms) * time.Millisecond
	return t.log.Add(peer, kind, 0, data)
}

func (t *tape) remark(peer string, cause uint64, rule, text string) {
	t.log.Add(peer, recorder.KindRemark, cause, recorder.Remark{Rule: rule, Text: text})
}

// begin begins a peer.
func (t *tape) begin(peer string, s recorder.PeerState) {
	s.SignalingState, s.ICEGatheringState, s.ICEConnectionState, s.ConnectionState = "stable", "new", "new", "new"
	s.ICE, s.DTLS = &recorder.ICEState{State: "new", Role: "controlling"}, &recorder.DTLSState{State: "new"}
	t.at(0, peer, recorder.KindSnapshot, recorder.Snapshot{Full: true, State: s.Members()})
}

func changeTo(state string) recorder.StateChange {
	return recorder.StateChange{State: state, Now: state}
}

// session is a connection of alice, which bob closes after ten seconds: it
// connects, loses the other side, finds it again, and does some things that the
// standard does not know.
func session(t testing.TB) *recorder.Recording {
	tape := newTape(t)
	mid, current := "0", "recvonly"
	tape.begin("alice", recorder.PeerState{Transceivers: []recorder.TransceiverState{{Mid: &mid, Kind: "audio", Direction: "sendrecv", CurrentDirection: &current}}})
	tape.begin("bob", recorder.PeerState{})
	call := tape.at(1, "alice", recorder.KindCall, recorder.Call{Method: "setLocalDescription"})
	tape.at(1, "alice", recorder.KindICEGatheringStateChange, changeTo("gathering"))
	tape.at(1, "alice", recorder.KindSignalingStateChange, changeTo("have-local-offer"))
	tape.log.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "setLocalDescription",
		Now: &recorder.States{Signaling: "have-local-offer", ICEGathering: "gathering", ICEConnection: "new", Connection: "new"}})
	tape.at(5, "alice", recorder.KindICEGatheringStateChange, changeTo("complete"))
	tape.at(5, "alice", recorder.KindSCTPTransportStateChange, changeTo("connecting"))
	chat := &recorder.ChannelState{ReadyState: "connecting", Label: "chat"}
	state, err := json.Marshal(chat)
	if err != nil {
		t.Fatal(err)
	}
	tape.at(6, "alice", recorder.KindSnapshot, recorder.Snapshot{State: map[string]json.RawMessage{"channels/chat": state}})
	call = tape.at(80, "alice", recorder.KindCall, recorder.Call{Method: "setRemoteDescription"})
	late := tape.at(80, "alice", recorder.KindSignalingStateChange, changeTo("stable"))
	tape.remark("alice", late, "event-after-return", "signalingstatechange to stable fired after the call had come back; in the standard, it fires before")
	tape.log.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "setRemoteDescription"})
	for _, step := range []struct {
		ms    int
		kind  recorder.Kind
		state string
	}{
		{90, recorder.KindICETransportStateChange, "checking"},
		{90, recorder.KindICEConnectionStateChange, "checking"},
		{90, recorder.KindConnectionStateChange, "connecting"},
		{120, recorder.KindICETransportStateChange, "connected"},
		{120, recorder.KindICEConnectionStateChange, "connected"},
		{121, recorder.KindDTLSTransportStateChange, "connecting"},
		{250, recorder.KindDTLSTransportStateChange, "connected"},
		{250, recorder.KindConnectionStateChange, "connected"},
		{300, recorder.KindSCTPTransportStateChange, "connected"},
	} {
		tape.at(step.ms, "alice", step.kind, changeTo(step.state))
	}
	tape.at(250, "alice", recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{
		Local: recorder.PairEnd{Type: "host", Address: "203.0.113.1", Port: 58452}, Remote: recorder.PairEnd{Type: "srflx", Address: "198.51.100.1", Port: 56374}})
	tape.at(310, "alice", recorder.KindOpen, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open"})
	tape.at(320, "alice", recorder.KindReturn, recorder.Return{Method: "send", Channel: "chat"})
	tape.at(320, "alice", recorder.KindPacketSent, recorder.PacketSent{ID: 1})
	tape.at(330, "bob", recorder.KindPacketDelivered, recorder.PacketEnd{ID: 1})
	tape.at(5120, "alice", recorder.KindICETransportStateChange, changeTo("disconnected"))
	tape.at(5120, "alice", recorder.KindICEConnectionStateChange, changeTo("disconnected"))
	tape.at(5120, "alice", recorder.KindConnectionStateChange, changeTo("disconnected"))
	tape.at(7000, "alice", recorder.KindICETransportStateChange, changeTo("connected"))
	tape.at(7000, "alice", recorder.KindICEConnectionStateChange, changeTo("connected"))
	tape.at(7000, "alice", recorder.KindConnectionStateChange, changeTo("connected"))
	tape.at(9000, "bob", recorder.KindConnectionStateChange, changeTo("connected")) // from new
	closing := tape.at(10000, "alice", recorder.KindClosing, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "closing"})
	tape.remark("alice", closing, "event-after-close", "closing on data channel \"chat\" fired after close(); in the standard, nothing fires after close() but ended on tracks")
	return tape.live.Recording
}

// paneAt returns the pane at an event of a recording.
func paneAt(r *recorder.Recording, n int, ascii bool) *states {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	p := newStates(newTheme(renderer, ascii))
	p.look(looking(r, n))
	return p
}

func looking(r *recorder.Recording, n int) moment {
	m := moment{recording: r, n: n}
	if e, err := r.Event(n); err == nil {
		m.event = e
		m.data, _ = e.Value()
	}
	return m
}

// shows appends a view to what is compared with a golden file.
func shows(b *bytes.Buffer, p *states, caption string, width, height int) {
	fmt.Fprintf(b, "%s, %d×%d\n", caption, width, height)
	for line := range strings.SplitSeq(p.view(width, height), "\n") {
		fmt.Fprintf(b, "%s\n", strings.TrimRight(line, " "))
	}
	b.WriteString("\n")
}

func TestStatesTable(t *testing.T) {
	r := session(t)
	var b bytes.Buffer
	for _, size := range [][2]int{{39, 9}, {50, 17}, {80, 8}, {96, 20}, {20, 5}} {
		shows(&b, paneAt(r, r.Len(), false), "the end", size[0], size[1])
	}
	shows(&b, paneAt(r, 12, false), "setRemoteDescription came back", 96, 20)
	shows(&b, paneAt(r, 0, false), "before the first event", 60, 6)
	shows(&b, paneAt(r, r.Len(), true), "ASCII", 96, 18)
	golden(t, "states", b.String())
}

func TestStatesMachines(t *testing.T) {
	r := session(t)
	for _, ascii := range []bool{false, true} {
		var b bytes.Buffer
		p := paneAt(r, r.Len(), ascii)
		p.refresh()
		drawn := make(map[*standard.Machine]bool)
		for _, m := range p.all["alice"] {
			p.chosen, p.mode = m.attribute, modeDiagram
			drawn[m.standard] = true
			for _, size := range [][2]int{{56, 16}, {100, 22}, {50, 45}} {
				shows(&b, p, m.name, size[0], size[1])
			}
			p.mode = modeList
			shows(&b, p, m.name, 44, 12)
		}
		for _, m := range standard.Machines {
			if !drawn[m] {
				t.Errorf("%s.%s is not shown", m.Interface, m.Attribute)
			}
		}
		golden(t, map[bool]string{false: "machines", true: "machines-ascii"}[ascii], b.String())
	}

	// What the standard does not know.
	var b bytes.Buffer
	p := paneAt(r, r.Len(), false)
	p.refresh()
	p.peer, p.chosen, p.mode = "bob", "connectionState", modeDiagram
	shows(&b, p, "from new to connected", 50, 15)
	shows(&b, p, "from new to connected", 90, 15)
	golden(t, "machines-strange", b.String())
}

// TestDiagrams checks that what is drawn is what the standard has.
func TestDiagrams(t *testing.T) {
	for _, m := range standard.Machines {
		t.Run(m.Interface+"."+m.Attribute, func(t *testing.T) {
			d := diagrams[m]
			if d == nil {
				t.Fatal("it is not drawn")
			}
			if d.width > 50 || d.height > 15 {
				t.Errorf("it takes %d×%d, more than 50×15", d.width, d.height)
			}
			want := make(map[[2]string]bool)
			for _, tr := range m.Transitions {
				want[[2]string{tr.From, tr.To}] = true
			}
			got := make(map[[2]string]bool)
			arrowheads := 0
			for _, row := range d.cells {
				for _, r := range row {
					if headOf(r) >= 0 {
						arrowheads++
					}
				}
			}
			if arrowheads != len(d.lines) {
				t.Errorf("%d of %d arrowheads are understood", len(d.lines), arrowheads)
			}
			for _, l := range d.lines {
				for _, s := range m.States {
					if l.leads(s.Name, l.to) {
						got[[2]string{s.Name, l.to}] = true
					}
				}
			}
			for state := range d.loops {
				got[[2]string{state, state}] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("transitions (-standard +drawn):\n%s", diff)
			}
			for _, s := range m.States {
				if _, ok := d.boxes[s.Name]; !ok {
					t.Errorf("there is no box for %s", s.Name)
				}
			}
		})
	}
}

// TestDiagramRoute checks what is drawn heavy.
func TestDiagramRoute(t *testing.T) {
	p := paneAt(session(t), 1, false)
	view := strings.Join(diagrams[&standard.SCTPTransport].view(p.theme, route{
		present: "closed",
		entered: map[string]time.Duration{"connecting": 0, "closed": 1500 * time.Millisecond},
		taken:   map[[2]string]bool{{"connecting", "closed"}: true},
		last:    [2]string{"connecting", "closed"},
	}), "\n")
	for _, want := range []string{"━1.50s┛", "╰─────┰────0s╯", "      ┃ rejected", "├─────────────────────▶│ connected │", "╰─────┬─────╯"} {
		if !strings.Contains(view, want) {
			t.Errorf("there is no %q in\n%s", want, view)
		}
	}
	for _, tr := range standard.SCTPTransport.Transitions {
		if !slices.ContainsFunc(diagrams[&standard.SCTPTransport].lines, func(l line) bool { return l.leads(tr.From, tr.To) }) {
			t.Errorf("no line leads from %s to %s", tr.From, tr.To)
		}
	}
}

func TestStatesPresentIsInverted(t *testing.T) {
	r := session(t)
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.TrueColor)
	p := newStates(newTheme(renderer, false))
	p.look(looking(r, r.Len()))
	p.refresh()
	p.chosen, p.mode = "sctp.state", modeDiagram
	view := p.view(56, 16)
	inverted := strings.Index(view, "\x1b[1;7")
	if inverted < 0 || !strings.Contains(view[inverted:inverted+60], " connected ") {
		t.Errorf("connected is not inverted in\n%q", view)
	}
}

func TestStatesKeys(t *testing.T) {
	r := session(t)
	press := func(p *states, keys ...string) (handled bool, cmd tea.Cmd) {
		for _, k := range keys {
			msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
			switch k {
			case "enter":
				msg = tea.KeyMsg{Type: tea.KeyEnter}
			case "esc":
				msg = tea.KeyMsg{Type: tea.KeyEsc}
			case "down":
				msg = tea.KeyMsg{Type: tea.KeyDown}
			}
			handled, cmd = p.update(msg)
		}
		return handled, cmd
	}
	last := r.Len()
	tests := []struct {
		keys         string
		at           int
		peer, chosen string
		mode         stateMode
		handled      bool
		msg          tea.Msg
	}{
		{"j", last, "alice", "iceGatheringState", modeTable, true, nil},
		{"j down k k k", last, "alice", "signalingState", modeTable, true, nil},
		{"l", last, "bob", "signalingState", modeTable, true, nil},
		{"l l h h", last, "alice", "signalingState", modeTable, true, nil},
		{"enter", last, "alice", "signalingState", modeDiagram, true, nil},
		{"enter enter", last, "alice", "signalingState", modeList, true, nil},
		{"enter enter enter j", last, "alice", "iceGatheringState", modeDiagram, true, nil},
		{"enter esc", last, "alice", "signalingState", modeTable, true, nil},
		{"esc", last, "alice", "signalingState", modeTable, false, nil},
		{"x", last, "alice", "signalingState", modeTable, false, nil},
		{"[", last, "alice", "signalingState", modeTable, true, jumpMsg{11}},
		{"[", 11, "alice", "signalingState", modeTable, true, jumpMsg{5}},
		{"[", 1, "alice", "signalingState", modeTable, true, noteMsg{text: "signaling of alice has not changed before"}},
		{"]", 1, "alice", "signalingState", modeTable, true, jumpMsg{5}},
		{"]", 0, "alice", "signalingState", modeTable, true, jumpMsg{1}},
		{"]", last, "alice", "signalingState", modeTable, true, noteMsg{text: "signaling of alice does not change any more"}},
		{"j j j j j j j ]", 9, "alice", "channels.chat.readyState", modeTable, true, jumpMsg{24}},
		{"G", last, "alice", "signalingState", modeTable, false, nil},
	}
	for _, test := range tests {
		t.Run(test.keys, func(t *testing.T) {
			p := paneAt(r, test.at, false)
			if strings.HasPrefix(test.keys, "j j j") { // alice's transceiver comes before her channel
				p.refresh()
				p.chosen = "transceivers[0]"
				press(p, "j")
				if p.chosen != "channels.chat.readyState" {
					t.Fatalf("below the transceiver is %s", p.chosen)
				}
				test.keys = "]"
			}
			handled, cmd := press(p, strings.Fields(test.keys)...)
			if handled != test.handled || p.peer != test.peer || p.chosen != test.chosen || p.mode != test.mode {
				t.Errorf("handled %t, %s's %s in mode %d, want %t, %s's %s in mode %d", handled, p.peer, p.chosen, p.mode, test.handled, test.peer, test.chosen, test.mode)
			}
			var msg tea.Msg
			if cmd != nil {
				msg = cmd()
			}
			if diff := cmp.Diff(fmt.Sprint(test.msg), fmt.Sprint(msg)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStatesFit checks that every view fits, whatever the size and the data.
func TestStatesFit(t *testing.T) {
	odd := newTape(t)
	odd.begin("Ａ\x1b[31m\nlong name of a peer", recorder.PeerState{Channels: map[string]*recorder.ChannelState{"日本\n.x": {ReadyState: "öpen", Label: "\x1b"}}})
	odd.raw([]byte(`{"seq":2,"time":0,"peer":"x","kind":"connectionstatechange","data":{"state":7}}`))
	odd.raw([]byte(`{"seq":3,"time":0,"peer":"x","kind":"connectionstatechange","data":{"state":"日本日本日本日本日本日本"}}`))
	odd.raw([]byte(`{"seq":4,"time":0,"peer":"x","kind":"remark","cause":3,"data":[]}`))
	odd.raw([]byte(`{"seq":5,"time":-5,"peer":"x","kind":"snapshot","data":{"full":true,"state":{"ice":7,"transceivers":[{}],"channels/c":null}}}`))
	odd.raw([]byte(`{"seq":6,"time":0,"peer":"x","kind":"nonsense","cause":6,"data":{}}`))
	crowd := newTape(t)
	for i := range 12 {
		crowd.begin(fmt.Sprintf("peer%d", i), recorder.PeerState{})
	}
	for name, r := range map[string]*recorder.Recording{
		"a session": session(t), "odd": odd.live.Recording, "12 peers": crowd.live.Recording, "empty": newTape(t).live.Recording,
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{0, 1, r.Len() / 2, r.Len()} {
				p := paneAt(r, n, false)
				p.refresh()
				for _, peer := range append([]string{""}, p.peers...) {
					p.peer = peer
					for _, mode := range []stateMode{modeTable, modeDiagram, modeList} {
						p.mode = mode
						for i, size := range [][2]int{{0, 0}, {1, 1}, {2, 3}, {5, 1}, {17, 7}, {39, 5}, {49, 16}, {50, 15}, {50, 16}, {51, 18}, {84, 8}, {87, 17}, {120, 50}} {
							if all := p.all[peer]; len(all) > 0 {
								p.chosen = all[(i+n)%len(all)].attribute
							}
							lines := strings.Split(p.view(size[0], size[1]), "\n")
							if len(lines) > max(1, size[1]) {
								t.Errorf("at %d, %v: %d lines", n, size, len(lines))
							}
							for _, line := range lines {
								if w := ansi.StringWidth(line); w > size[0] || strings.ContainsAny(line, "\x1b\r\t") {
									t.Errorf("at %d, %v: %q is %d wide", n, size, line, w)
								}
							}
						}
					}
				}
			}
		})
	}
	paneWithout := newStates(newTheme(lipgloss.DefaultRenderer(), false))
	paneWithout.view(80, 24) // before it was told of anything
}

// TestStatesFollow checks that a pane that looks elsewhere shows what is there.
func TestStatesFollow(t *testing.T) {
	r := session(t)
	p := paneAt(r, r.Len(), false)
	for n := r.Len(); n >= 0; n-- {
		p.view(96, 20)
		p.look(looking(r, n))
		if diff := cmp.Diff(paneAt(r, n, false).view(96, 20), p.view(96, 20)); diff != "" {
			t.Errorf("at %d (-alone +after others):\n%s", n, diff)
		}
	}
}

func TestRulesOf(t *testing.T) {
	for m, rules := range rulesOf {
		for _, id := range rules {
			if standard.RuleOf(id) == nil {
				t.Errorf("%s.%s: there is no rule %s", m.Interface, m.Attribute, id)
			}
		}
	}
}

func TestBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 7: "7ns", 1500: "1.5µs", 80 * time.Millisecond: "80ms", 1234567: "1.2ms", 320125 * time.Microsecond: "320ms",
		1234 * time.Millisecond: "1.23s", 12345 * time.Millisecond: "12.3s", 100 * time.Second: "100s", time.Hour: "60m", -1: "0s",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func BenchmarkStatesView(b *testing.B) {
	r := session(b)
	p := paneAt(r, r.Len(), false)
	n := 0
	for b.Loop() {
		p.mode = stateMode(n % 3)
		p.look(looking(r, r.Len()-n%10))
		p.view(100, 40)
		n++
	}
}
