package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/recorder"
)

// dispute is a recording of two peers that do not connect: no check of theirs comes through. In another variant, one does, and
// some of the rest is otherwise.
func dispute(t testing.TB, variant int) *recorder.Recording {
	t.Helper()
	tape := newTape(t)
	tape.at(0, "", recorder.KindTopology, recorder.Topology{Hosts: []recorder.TopologyHost{{Name: "alice"}, {Name: "bob"}}})
	tape.at(0, "", recorder.KindStep, recorder.Step{Path: "steps[0]", Line: 3, Text: "alice: createOffer"})
	for _, peer := range []string{"alice", "bob"} {
		call := tape.at(0, peer, recorder.KindCall, recorder.Call{Method: "RTCPeerConnection", Args: []byte("{}")})
		tape.log.Add(peer, recorder.KindReturn, call, recorder.Return{Method: "RTCPeerConnection"})
		tape.begin(peer, recorder.PeerState{})
	}
	sdp := "v=0\r\na=ice-ufrag:alice\r\na=ice-pwd:alice\r\n"
	if variant > 0 {
		sdp += "a=ice-options:trickle\r\na=x-one\r\na=x-two\r\na=x-three\r\na=x-four\r\n"
	}
	call := tape.at(1, "alice", recorder.KindCall, recorder.Call{Method: "setLocalDescription", Args: fmt.Appendf(nil, `{"type":"offer","sdp":%q}`, sdp)})
	tape.log.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "setLocalDescription"})
	offer := tape.log.Add("alice", recorder.KindSignalSent, call, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: sdp})
	tape.now = time.Duration(21+2*variant) * time.Millisecond
	tape.log.Add("bob", recorder.KindSignalDelivered, offer, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: sdp})
	for _, peer := range []string{"alice", "bob"} {
		tape.at(30, peer, recorder.KindICEConnectionStateChange, changeTo("checking"))
		tape.at(30, peer, recorder.KindConnectionStateChange, changeTo("connecting"))
	}
	for i := range 6 {
		sent := tape.at(40+50*i, "alice", recorder.KindPacketSent, recorder.PacketSent{ID: uint64(i + 1), Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000",
			Protocol: "stun", Types: []string{"binding-request"}, Size: 100})
		end := recorder.PacketEnd{ID: uint64(i + 1), From: "alice", Protocol: "stun", Types: []string{"binding-request"}}
		if variant > 0 && i == 5 {
			tape.log.Add("bob", recorder.KindPacketDelivered, sent, end)
			continue
		}
		end.Reason = "no route"
		tape.log.Add("internet", recorder.KindPacketDropped, sent, end)
	}
	if variant > 0 {
		tape.at(1000, "bob", recorder.KindICEConnectionStateChange, changeTo("connected"))
		tape.at(1000, "bob", recorder.KindConnectionStateChange, changeTo("connected"))
	}
	for _, peer := range []string{"alice", "bob"} {
		if variant > 0 && peer == "bob" {
			continue
		}
		tape.at(30_000, peer, recorder.KindICEConnectionStateChange, changeTo("failed"))
		tape.at(30_000, peer, recorder.KindConnectionStateChange, changeTo("failed"))
	}
	tape.at(31_000, "", recorder.KindVerdict, recorder.Verdict{Line: 9, Text: `alice.connectionState == "connected"`, Seen: "failed"})
	tape.at(31_000, "", recorder.KindEnd, recorder.SessionEnd{Reason: "failed"})
	tape.live.Finish(recorder.End{Outcome: recorder.OutcomeFailed, Time: int64(31 * time.Second), Failed: 1})
	return tape.live.Recording
}

// answered carries out what comes of a key, until no command is left. It knows no time: what waits for it is left out.
func answered(m tea.Model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	msg := cmd()
	if side, ok := msg.(sideMsg); ok {
		if _, again := side.msg.(loadMsg); again {
			return
		}
	}
	switch msg := msg.(type) {
	case nil, loadMsg, tea.QuitMsg:
	case tea.BatchMsg:
		for _, cmd := range msg {
			answered(m, cmd)
		}
	default:
		_, next := m.Update(msg)
		answered(m, next)
	}
}

// asks has the inspector say why, at an event.
func asks(t *testing.T, r *recorder.Recording, n int, width, height int, ascii bool) *Model {
	t.Helper()
	m := New(r, Options{Renderer: plainTheme(ascii).renderer, ASCII: ascii})
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	m.moveTo(n)
	answered(m, m.why())
	return m
}

// quarrel is an explanation with all that there can be in one.
func quarrel() *explain.Explanation {
	shows := func(seq uint64, ms int, peer, text string) explain.Evidence {
		return explain.Evidence{Seq: seq, Time: time.Duration(ms) * time.Millisecond, Peer: peer, Text: text}
	}
	connected := 170 * time.Millisecond
	many := []explain.Evidence{}
	for i := range 9 {
		many = append(many, shows(uint64(15+2*i), 40+50*i, "alice", fmt.Sprintf("packet %d of alice", i)))
	}
	return &explain.Explanation{
		Question: "Why did it?",
		Causes: []*explain.Cause{{Text: "alice's connection failed at 30 s", Evidence: []explain.Evidence{shows(30, 30_000, "alice", "connectionState failed")}, Causes: []*explain.Cause{
			{Text: "ICE failed: all 2 pairs of candidates failed", Evidence: []explain.Evidence{shows(29, 30_000, "alice", "ice.state failed")}, Causes: []*explain.Cause{
				{Text: "host–host (10.0.0.1:5000 and 10.0.0.2:5000): 10.0.0.1 and 10.0.0.2 have no route to each other (6 packets dropped)",
					Evidence: []explain.Evidence{shows(18, 40, "internet", "packet 1 of alice dropped: no route"), shows(28, 290, "internet", "packet 6 of alice dropped: no route")}},
				{Text: "srflx–srflx: bob's NAT is symmetric", Evidence: many},
			}},
			{Text: "no relay candidates", RuledOut: []string{"a TURN server that does not answer", "wrong credentials"}},
		}}},
		Notes: []*explain.Cause{{Text: "bob's connection is connected since 0.17 s"}},
		Setups: []*explain.Setup{{Peer: "bob", Connected: &connected, Phases: []explain.Phase{
			{Name: "signaling", To: 40 * time.Millisecond, Done: true, Text: "one way takes 20 ms"},
			{Name: "checks", From: 40 * time.Millisecond, To: connected, Done: true, Text: "2 of 7 checks were answered", Causes: []*explain.Cause{{Text: "5 packets were lost"}}},
			{Name: "dtls", From: connected, Text: "no answer to the ClientHello"},
		}}, {Peer: "carol"}},
	}
}

// quarrels shows that explanation in the place of what rtcsim finds.
func quarrels(t *testing.T, ascii bool) *Model {
	t.Helper()
	r := dispute(t, 0)
	m := asks(t, r, findEvent(t, r, recorder.KindConnectionStateChange, 3), 120, 40, ascii)
	m.reasons.answers[0].answer = quarrel()
	m.reasons.shown, m.reasons.lines = 0, nil
	return m
}

// TestWhyViews looks at an explanation.
func TestWhyViews(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		m := quarrels(t, ascii)
		var views []string
		for _, size := range [][2]int{{70, 24}, {48, 12}} {
			for _, keys := range [][]string{nil, {"j", "j", "j"}, {"G"}, {"ctrl+u"}, {"g"}} {
				for _, k := range keys {
					hit(m, k)
				}
				view := m.reasons.view(size[0], size[1])
				lines := strings.Split(view, "\n")
				if len(lines) > size[1] {
					t.Errorf("%d lines in %d", len(lines), size[1])
				}
				for _, line := range lines {
					if ansi.StringWidth(line) > size[0] {
						t.Errorf("a line is too wide: %q", line)
					}
				}
				if !strings.Contains(view, m.theme.glyphs.arrowRight+" ") {
					t.Errorf("what is chosen cannot be seen:\n%s", view)
				}
				views = append(views, view)
			}
		}
		golden(t, map[bool]string{false: "why", true: "why-ascii"}[ascii], strings.Join(views, "\n"+strings.Repeat("~", 20)+"\n"))
	}
}

// TestWhyAnswers sees that what is asked about is answered first.
func TestWhyAnswers(t *testing.T) {
	r := dispute(t, 0)
	for _, test := range []struct {
		kind  recorder.Kind
		nth   int
		focus int
		want  string
	}{
		{recorder.KindConnectionStateChange, 3, 0, "[1 #30]"}, // it failed
		{recorder.KindPacketDropped, 2, 0, "[1 #20]"},         // it has a cause
		{recorder.KindConnectionStateChange, 3, 1, "[2 alice]"},
		{recorder.KindEnd, 1, 0, "session]"},
	} {
		m := New(r, Options{Renderer: plainTheme(false).renderer})
		t.Cleanup(m.Close)
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
		m.focus = test.focus
		m.moveTo(findEvent(t, r, test.kind, test.nth))
		m.View()
		answered(m, m.why())
		bar, _, _ := strings.Cut(m.reasons.view(80, 20), "\n")
		if !strings.Contains(bar, test.want) {
			t.Errorf("%s %d: the answer is %q, want %q", test.kind, test.nth, bar, test.want)
		}
		if m.focus != 1 || m.panes[0] != pane(m.reasons) {
			t.Error("the pane has not the focus")
		}
	}
}

// TestWhyJumps goes along the evidence and back.
func TestWhyJumps(t *testing.T) {
	m := quarrels(t, false)
	r, failed := m.recording, m.cursor
	m.View()
	seen := map[int]bool{}
	m.reasons.layout(70)
	for range m.reasons.count {
		if n := m.reasons.link(); n > 0 && n != failed {
			hit(m, "enter")
			if m.cursor != n {
				t.Fatalf("enter leads to event %d, not %d", m.cursor, n)
			}
			seen[n] = true
			if m.reasons.asked.n != failed {
				t.Fatal("the answer is another one")
			}
			back := "backspace"
			if len(seen)%2 == 0 {
				back = "ctrl+o"
			}
			hit(m, back)
			if m.cursor != failed {
				t.Fatalf("%s leads to event %d, not %d", back, m.cursor, failed)
			}
		}
		hit(m, "j")
	}
	if len(seen) < 8 {
		t.Errorf("the evidence is only %v", seen)
	}

	// Asked again elsewhere, the way back leads to what was asked first.
	m.moveTo(findEvent(t, r, recorder.KindPacketDropped, 1))
	answered(m, m.why())
	if m.reasons.asked.n == failed {
		t.Fatal("nothing else is asked")
	}
	_, cmd := m.Update(keyMsg("backspace"))
	answered(m, cmd)
	if m.reasons.asked.n != failed || m.cursor != failed || len(m.reasons.answers) == 0 {
		t.Errorf("asked is %d, the cursor at %d", m.reasons.asked.n, m.cursor)
	}
	hit(m, "w")
	if m.panes[0] != pane(m.states) {
		t.Error("w does not close it")
	}
}

// TestWhyOverlaps asks again before there is an answer: only the last one counts.
func TestWhyOverlaps(t *testing.T) {
	r := dispute(t, 0)
	m := New(r, Options{Renderer: plainTheme(false).renderer})
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	m.moveTo(3)
	first := m.why()
	m.moveTo(findEvent(t, r, recorder.KindPacketDropped, 1))
	if second := m.why(); second != nil {
		t.Error("two are answered at once")
	}
	answered(m, first)
	if len(m.reasons.answers) == 0 || m.reasons.answers[0].name != fmt.Sprintf("#%d", m.cursor) || m.reasons.busy() {
		t.Errorf("the answers are %v", m.reasons.answers)
	}
}

// TestWhyHides tells nothing of what a lesson has not come to.
func TestWhyHides(t *testing.T) {
	m := teach(taught(t), 120, 40, false)
	t.Cleanup(m.Close)
	walkBy(m, "enter", "enter")
	until := m.lanes.scope.until
	answered(m, m.why())
	for _, a := range m.reasons.answers {
		if a.answer != nil && a.answer.Event > m.recording.Entry(until).Seq {
			t.Errorf("%s is about event %d, and the lesson has come to %d", a.name, a.answer.Event, until)
		}
	}
}

// TestSafely makes an error of a panic.
func TestSafely(t *testing.T) {
	if err := safely(func() error { panic("the bomb") }); err == nil || !strings.Contains(err.Error(), "the bomb") {
		t.Errorf("the error is %v", err)
	}
	want := errors.New("x")
	if err := safely(func() error { return want }); err != want {
		t.Errorf("the error is %v", err)
	}
}
