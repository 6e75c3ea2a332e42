package tui

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/recorder"
)

// taught is a session with two notes and three questions; the answer to the
// second one comes after that to the third.
func taught(t testing.TB) *recorder.Recording {
	t.Helper()
	tape := newTape(t)
	live, err := recorder.NewLive(recorder.Header{Text: `name: A call of ${length}
description: |
  What becomes of a call of ${length}. It gives everything away.

  - https://www.w3.org/TR/webrtc/ (all of it)
`, Identity: recorder.Identity{Options: recorder.Options{Variant: "length=3s"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	tape.live = live
	step := func(ms int, path, text, note string) {
		tape.at(ms, "", recorder.KindStep, recorder.Step{Path: path, Text: text, Note: note})
	}
	ask := func(ms int, path, question, condition string) uint64 {
		return tape.at(ms, "", recorder.KindPrediction, recorder.Prediction{Path: path, Question: question, Condition: condition})
	}
	answer := func(ms int, question uint64, a recorder.Answer) {
		tape.now = time.Duration(ms) * time.Millisecond
		tape.log.Add("", recorder.KindAnswer, question, a)
	}
	tape.at(0, "alice", recorder.KindCall, recorder.Call{Method: "RTCPeerConnection"})
	tape.at(0, "bob", recorder.KindCall, recorder.Call{Method: "RTCPeerConnection"})
	step(0, "steps[0]", "alice: createOffer as offer", "An *offer* alone changes `nothing`. See [the standard](https://www.w3.org/TR/webrtc/#dfn-create-an-offer) for what it is, which is much, and for what it is not.")
	tape.at(0, "alice", recorder.KindCall, recorder.Call{Method: "createOffer"})
	first := ask(1000, "steps[1]", "Is alice `stable` afterwards?", `alice.signalingState == "have-local-offer"`)
	step(1000, "steps[1]", "alice: setLocalDescription $offer", "Setting it is what counts.")
	tape.at(1000, "alice", recorder.KindSignalingStateChange, changeTo("have-local-offer"))
	answer(1000, first, recorder.Answer{Question: "Is alice `stable` afterwards?", Condition: `alice.signalingState == "have-local-offer"`, Holds: true})
	second := ask(2000, "steps[2]", "Will it fail?", `{peer: alice, event: connectionstatechange, state: failed}`)
	step(2000, "steps[2]", "signal: alice -> bob", "")
	third := ask(2500, "steps[3]", "Will bob hear of it?", `bob.signalingState == "have-remote-offer" within 1s`)
	step(2500, "steps[3]", "wait", "")
	near := tape.at(3000, "bob", recorder.KindConnectionStateChange, changeTo("connecting"))
	step(3000, "handlers[0].do[0]", "bob: createAnswer", "Said once.")
	step(3100, "handlers[0].do[0]", "bob: createAnswer", "Said once.")
	answer(3500, third, recorder.Answer{Question: "Will bob hear of it?", Condition: "…", Seen: `bob.signalingState was "stable"`,
		Near: []recorder.Nearby{{Seq: near}}})
	tape.at(9000, "alice", recorder.KindConnectionStateChange, changeTo("failed"))
	answer(9000, second, recorder.Answer{Question: "Will it fail?", Condition: `{peer: alice, event: connectionstatechange, state: failed}`, Holds: true})
	tape.at(9500, "bob", recorder.KindConnectionStateChange, changeTo("closed"))
	live.Finish(recorder.End{Outcome: recorder.OutcomePassed})
	return live.Recording
}

// teach opens the lesson of a recording.
func teach(r *recorder.Recording, width, height int, ascii bool) *Model {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	m := New(r, Options{Renderer: renderer, ASCII: ascii, Lesson: true})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

// walkBy presses keys, and after each lets the walk come to its end.
func walkBy(m *Model, keys ...string) {
	for _, k := range keys {
		m.Update(keyMsg(k))
		for m.walk.on {
			m.Update(walkMsg{m.walk.session})
		}
	}
}

// TestLessonViews looks at the panel at each kind of station.
func TestLessonViews(t *testing.T) {
	stations := []struct {
		name string
		keys []string
	}{
		{"begin", nil},
		{"note", []string{"enter"}},
		{"question", []string{"enter", "enter"}},
		{"right", []string{"enter", "enter", "y"}},
		{"wrong", []string{"enter", "enter", "n"}},
		{"missed", []string{"enter", "enter", "n", "enter", "n", "y", "enter"}},
		{"score", []string{"enter", "enter", "n", "enter", "n", "y", "enter", "enter", "enter"}},
		{"all-right", []string{"enter", "enter", "y", "enter", "y", "n", "enter", "enter", "enter"}},
	}
	for _, size := range []struct {
		name          string
		width, height int
		ascii         bool
	}{{"80x24", 80, 24, false}, {"120x40", 120, 40, false}, {"ascii", 60, 20, true}} {
		var all []string
		for _, s := range stations {
			m := teach(taught(t), size.width, size.height, size.ascii)
			walkBy(m, s.keys...)
			all = append(all, "=== "+s.name, m.lessonView())
		}
		golden(t, "lesson-"+size.name, strings.Join(all, "\n"))
	}
}

// TestLessonWalk goes through a lesson by keys, and looks at what can be seen on the way.
func TestLessonWalk(t *testing.T) {
	m := teach(taught(t), 120, 40, false)
	steps := []struct {
		key        string
		panel      string // is in the panel
		seen, hide string // is in the lanes, and is not
	}{
		{"", "What becomes of a call of 3s.", "RTCPeerConnection", "createOffer"},
		{"enter", "An offer alone changes nothing.", "createOffer()", "setLocalDescription"},
		{"enter", "? Is alice stable afterwards?", "? Is alice", "setLocalDescription"},
		{"enter", "? Is alice stable afterwards?", "? Is alice", "setLocalDescription"}, // without a guess it does not go on
		{"G", "? Is alice stable afterwards?", "? Is alice", "setLocalDescription"},     // and nothing leads past it
		{"y", "✓ Right, it is yes.", "have-local-offer", "Will it fail"},
		{"backspace", "You say yes.", "have-local-offer", "Will it fail"}, // what was seen stays
		{"n", "You say yes.", "have-local-offer", "Will it fail"},         // and cannot be guessed again
		{" ", "✓ Right, it is yes.", "have-local-offer", "Will it fail"},
		{" ", "? Will it fail?", "? Will it fail?", "signal: alice"},
		{"n", "? Will bob hear of it?", "signal: alice", "connecting"},
		{"n", "Said once.", "● connection con", "no: Will bob"},
		{"enter", "✓ Right, it is no.", "no: Will bob", "failed"},
		{"1", "1 ▶ 3.000000 s  bob  ● connection connecting", "● connection con", "failed"},
		{"enter", "✗ You said no, and it is yes.  Will it fail?", "connection failed", "no such text"},
		{"enter", "2 of 3 right.  Look at these again:", "● connection clo", "no such text"},
		{"1", "1 ▶ ✗ yes  Will it fail?", "connection failed", "no such text"},
	}
	for i, s := range steps {
		if s.key != "" {
			walkBy(m, s.key)
		}
		screen := ansi.Strip(m.View())
		panel := m.lessonView()
		lanes := strings.TrimSuffix(screen, panel)
		if at := strings.Index(screen, "── A call of 3s"); at >= 0 {
			lanes = screen[:at]
		}
		if !strings.Contains(panel, s.panel) {
			t.Errorf("step %d, %q: the panel does not say %q:\n%s", i, s.key, s.panel, panel)
		}
		if !strings.Contains(lanes, s.seen) || strings.Contains(lanes, s.hide) {
			t.Errorf("step %d, %q: the lanes must have %q and not %q:\n%s", i, s.key, s.seen, s.hide, lanes)
		}
	}
	if n := m.cursor; m.recording.Entry(n).Time != 9*time.Second {
		t.Errorf("the link leads to event %d", n)
	}

	// It can be left, and gone on with.
	walkBy(m, "W")
	if m.lessonView() != "" || m.lanes.scope.until != 0 {
		t.Error("the lesson is still there")
	}
	walkBy(m, "W")
	if !strings.Contains(m.lessonView(), "2 of 3 right") {
		t.Errorf("the lesson is not where it was:\n%s", m.lessonView())
	}
	walkBy(m, "enter")
	if m.teaching() {
		t.Error("the end does not lead out of the lesson")
	}
}

// TestLessonPlays sees that the cursor goes to the answer step by step, and that a key cuts it short.
func TestLessonPlays(t *testing.T) {
	m := teach(taught(t), 80, 24, false)
	walkBy(m, "enter", "enter", "y", "enter", "n", "n", "enter") // at the answer to the third question
	m.Update(keyMsg("enter"))
	var way []int
	for m.walk.on {
		if m.lanes.scope.until < m.cursor {
			t.Fatalf("the cursor is at %d, and all is hidden from %d on", m.cursor, m.lanes.scope.until)
		}
		way = append(way, m.cursor)
		m.Update(walkMsg{m.walk.session})
	}
	if !slices.IsSorted(way) || len(way) < leastWalk {
		t.Errorf("the way was %v", way)
	}
	walkBy(m, "backspace", "backspace")
	m = teach(taught(t), 80, 24, false)
	m.Update(keyMsg("enter"))
	m.Update(walkMsg{m.walk.session + 1}) // of another walk
	if m.walk.frame != 0 {
		t.Error("a picture of another walk moved this one on")
	}
	m.Update(keyMsg("enter"))
	if m.walk.on || m.lesson.at != 1 {
		t.Errorf("the walk goes on: %v, at station %d", m.walk.on, m.lesson.at)
	}
}

// TestLessonFits draws a lesson at all stations in many sizes.
func TestLessonFits(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {61, 21}, {80, 24}, {99, 30}, {100, 30}, {160, 50}, {200, 60}, {59, 10}, {1, 1}} {
		m := teach(taught(t), size[0], size[1], false)
		for _, key := range []string{"", "enter", "enter", "tab", "y", "shift+tab", " ", "y", "y", "?", "?", "enter", "enter", "enter", "enter"} {
			walkBy(m, key)
			lines := strings.Split(m.View(), "\n")
			if len(lines) != size[1] {
				t.Fatalf("%v after %q: %d lines", size, key, len(lines))
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > size[0] {
					t.Fatalf("%v after %q: a line is %d wide: %q", size, key, w, line)
				}
			}
		}
	}
}

// TestLessonless opens what has nothing to teach, or less than it should.
func TestLessonless(t *testing.T) {
	t.Run("no events", func(t *testing.T) {
		live, err := recorder.NewLive(recorder.Header{})
		if err != nil {
			t.Fatal(err)
		}
		defer live.Close()
		m := teach(live.Recording, 80, 24, false) // more may come
		walkBy(m, "enter", "enter", "backspace", "y", "1", "W", "W")
		m.View()
		live.Finish(recorder.End{})
		walkBy(m, "W", "W", "W")
		m.View()
	})
	t.Run("no notes", func(t *testing.T) {
		m := teach(session(t), 80, 24, false)
		walkBy(m, "W", "enter", "enter", "backspace")
		m.View()
	})
	t.Run("a question without an answer", func(t *testing.T) {
		tape := newTape(t)
		tape.at(0, "", recorder.KindPrediction, recorder.Prediction{Path: "steps[0]", Question: "Will it?"})
		tape.log.Add("", recorder.KindAnswer, 77, recorder.Answer{Holds: true})
		tape.raw([]byte(`{"seq":3,"time":5,"kind":"prediction","data":{"question":7}}`))
		m := teach(tape.live.Recording, 80, 24, false)
		walkBy(m, "enter", "y", "enter")
		if !strings.Contains(m.lessonView(), "You say yes") { // the run goes on
			t.Errorf("the lesson is at\n%s", m.lessonView())
		}
		tape.live.Finish(recorder.End{})
		walkBy(m, "n")
		if !strings.Contains(m.lessonView(), "with no question answered") {
			t.Errorf("the lesson ends with\n%s", m.lessonView())
		}
	})
}

// TestEvidence looks for the event that an answer stands on.
func TestEvidence(t *testing.T) {
	tests := []struct{ name, condition, want string }{
		{"a state", `bob.iceConnectionState == "connected"`, "bob iceconnectionstatechange"},
		{"an event", `{peer: alice, event: message}`, "alice message"},
		{"a channel", `alice.channels.chat.readyState == "open" within 1s`, "alice open"},
		{"only names", `bob.channels.chat.label == "x"`, ""},
		{"something else", `now > 3s`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tape := newTape(t)
			tape.at(0, "bob", recorder.KindICEConnectionStateChange, changeTo("connected")) // too long ago
			tape.at(5, "alice", recorder.KindOpen, recorder.ChannelEvent{Channel: "chat", Now: "open"})
			tape.at(5, "alice", recorder.KindMessage, recorder.ChannelEvent{Channel: "chat", Now: "open", Message: &recorder.Message{Text: "hi", Size: 2}})
			tape.at(5, "bob", recorder.KindICEConnectionStateChange, changeTo("connected"))
			tape.at(5, "bob", recorder.KindBufferedAmountLow, recorder.ChannelEvent{Channel: "chat", Now: "open"})
			n := int(tape.at(5, "", recorder.KindAnswer, recorder.Answer{}))
			got := ""
			for _, i := range evidence(tape.live.Recording, n, recorder.Answer{Holds: true, Condition: test.condition}) {
				e := tape.live.Entry(i)
				got += e.Peer + " " + string(e.Kind)
				if e.Time != 5*time.Millisecond {
					t.Errorf("event %d is too old", i)
				}
			}
			if got != test.want {
				t.Errorf("the evidence is %q, want %q", got, test.want)
			}
		})
	}
}
