package tui

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/rtcsim/rtcsim/recorder"
)

const testScenario = `name: A call
network:
  home: {link: {delay: 20ms}}
peers:
  alice: {network: home}
  bob: {}
steps:
  - alice: createDataChannel   # nothing is sent yet
    with: {label: chat}
    note: |
      The channel is *connecting* until SCTP is there.

      - See [the standard](https://www.w3.org/TR/webrtc/).
      - It is ` + "`connecting`" + ` for two round trips.
  - negotiate: alice -> bob
expect:
  - bob received "hi" on chat
`

const testOffer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:0\r\n" +
	"a=ice-ufrag:abcd\r\na=sctp-port:5000\r\na=candidate:1 1 udp 2130706431 192.168.0.1 5000 typ host\r\n"

var testSecondOffer = strings.NewReplacer("- 1 1", "- 1 2", "BUNDLE 0", "BUNDLE 0 1", "abcd", "efgh").Replace(testOffer) +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:111 opus/48000/2\r\na=sendrecv\r\n"

// testSTUN is a Binding request.
const testSTUN = "000100442112a4429b2bb18140bf761371bea0500006000965666768" + "3a616263640000008029000809" + "91421dd326052100240004" + "7effffff" +
	"0008001488d22a73899be0c1e6ac3acb3d07e28481641393802800043c513e4e"

// testSession is a recording in which there is something of everything.
func testSession(t testing.TB) *recorder.Recording {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{
		Identity: recorder.Identity{Scenario: "call.yaml", Options: recorder.Options{Packets: "full"}},
		Text:     testScenario,
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Duration(0)
	last := uint64(0)
	log := recorder.NewLog(func() time.Duration { return now }, func(line []byte) {
		last++
		if err := live.Append(line); err != nil {
			t.Fatal(err)
		}
	})
	add := func(after time.Duration, peer string, kind recorder.Kind, cause uint64, data any) uint64 {
		now += after
		return log.Add(peer, kind, cause, data)
	}
	object := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	payload, err := hex.DecodeString(testSTUN)
	if err != nil {
		t.Fatal(err)
	}
	description := func(sdp string) json.RawMessage { return object(map[string]string{"type": "offer", "sdp": sdp}) }

	add(0, "", recorder.KindRun, 0, recorder.Run{Identity: recorder.Identity{Scenario: "call.yaml", Seed: 7, Options: recorder.Options{Packets: "full"}}})
	step := add(0, "", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 8, Text: "alice: createDataChannel",
		Note: "The channel is *connecting* until SCTP is there.\n\n- See [the standard](https://www.w3.org/TR/webrtc/).\n- It is `connecting` for two round trips.\n"})
	add(0, "alice", recorder.KindCall, 0, recorder.Call{Method: "RTCPeerConnection", Args: object(map[string]string{"bundlePolicy": "balanced"})})
	add(0, "alice", recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: recorder.PeerState{SignalingState: "stable"}.Members()})
	create := add(0, "alice", recorder.KindCall, step, recorder.Call{Method: "createDataChannel", Args: object(map[string]any{"label": "chat"})})
	add(0, "alice", recorder.KindReturn, create, recorder.Return{Method: "createDataChannel", Now: &recorder.States{Signaling: "stable", ICEGathering: "new", ICEConnection: "new", Connection: "new"}})
	set := add(0, "alice", recorder.KindCall, step, recorder.Call{Method: "setLocalDescription", Args: description(testOffer)})
	add(1500*time.Microsecond, "alice", recorder.KindReturn, set, recorder.Return{Method: "setLocalDescription", Took: 1500 * time.Microsecond, Now: &recorder.States{Signaling: "have-local-offer", ICEGathering: "gathering", ICEConnection: "new", Connection: "new"}})
	add(0, "alice", recorder.KindSnapshot, 0, recorder.Snapshot{State: map[string]json.RawMessage{"pendingLocalDescription": description(testOffer)}})
	sent := add(0, "alice", recorder.KindSignalSent, set, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: testOffer})
	add(40*time.Millisecond, "bob", recorder.KindSignalDelivered, sent, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: testOffer})
	add(0, "alice", recorder.KindICECandidate, 0, recorder.Candidate{Candidate: "candidate:1 1 udp 2130706431 192.168.0.1 5000 typ host", Type: "host", Address: "192.168.0.1", Port: 5000})
	add(0, "alice", recorder.KindCall, 0, recorder.Call{Method: "addIceCandidate", Args: object(map[string]string{"candidate": "candidate:2 1 udp 1694498815 198.51.100.1 6000 typ srflx raddr 192.168.1.1 rport 6000"})})
	packet := add(2*time.Millisecond, "alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "192.168.0.1:5000", Dst: "198.51.100.1:6000", Protocol: "stun",
		Types: []string{"binding-request"}, Size: len(payload), Payload: payload})
	add(0, "home", recorder.KindNATMapping, packet, recorder.NATMapping{Local: "192.168.0.1:5000", Public: "203.0.113.1:49152", Remote: "198.51.100.1:6000"})
	path := []recorder.Hop{{At: "home", Time: now, Src: "203.0.113.1:49152"}, {At: "home/up", Time: now, Wait: 3 * time.Millisecond}, {At: "office/down", Time: now + 23*time.Millisecond}}
	add(33*time.Millisecond, "bob", recorder.KindPacketDelivered, packet, recorder.PacketEnd{ID: 1, From: "alice", Protocol: "stun", Types: []string{"binding-request"}, Path: path, Corrupted: []int{13}})
	packet = add(0, "bob", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 2, Src: "198.51.100.1:6000", Dst: "203.0.113.1:49152", Protocol: "stun",
		Types: []string{"binding-request"}, Size: len(payload), Payload: payload})
	add(20*time.Millisecond, "home", recorder.KindPacketDropped, packet, recorder.PacketEnd{ID: 2, From: "bob", Protocol: "stun", Types: []string{"binding-request"},
		Reason: "filtered by the NAT", Detail: "address-dependent filtering: 192.168.0.1:5000 has sent nothing to 198.51.100.1", Path: []recorder.Hop{{At: "office/up", Time: now}}})
	add(0, "alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 3, Src: "192.168.0.1:5000", Dst: "198.51.100.1:6000", Protocol: "dtls",
		Types: []string{"handshake"}, Size: 3, Payload: []byte{22, 254, 253}})
	for second := range 8 {
		add(time.Second, "bob", recorder.KindMedia, 0, recorder.Media{Track: "cam", SSRC: 9, Kind: "video", MediaState: recorder.MediaState{Codec: "VP8", Bitrate: 400_000 + 50_000*second*(second%3),
			Expected: 100 * (second + 1), Lost: 3 * (second / 2), Frames: 30*second - second*second, Jitter: time.Duration(second) * time.Millisecond, Freezes: second / 5}})
		trip := 40*time.Millisecond + time.Duration(second*second)*time.Millisecond
		add(0, "alice", recorder.KindRTCP, 0, recorder.RTCP{Direction: "received", Type: "RR", SSRC: 9, Track: "cam",
			Reports: []recorder.RTCPReport{{SSRC: 9, Track: "cam", FractionLost: 0.03, TotalLost: 3, RTT: &trip}}})
	}
	set = add(0, "alice", recorder.KindCall, 0, recorder.Call{Method: "setLocalDescription", Args: description(testSecondOffer)})
	add(0, "alice", recorder.KindReturn, set, recorder.Return{Method: "setLocalDescription", Error: &recorder.CallError{Name: "InvalidStateError", Message: "wrong"}})
	add(0, "alice", recorder.KindSignalSent, set, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: testSecondOffer})
	add(0, "bob", recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open", Message: &recorder.Message{Text: "zwei 世界\x1b[31m\n\tlines", Size: 22}})
	add(0, "bob", recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open", Message: &recorder.Message{Binary: payload, Size: len(payload)}})
	add(0, "", recorder.KindVerdict, 0, recorder.Verdict{Text: `bob received "hi" on chat`, Line: 17, Seen: `bob received "zwei" on chat`,
		Near: []recorder.Nearby{{Seq: last - 1, Time: now, Text: "bob message chat"}}})
	add(0, "alice", recorder.KindRemark, set, recorder.Remark{Rule: "event-after-close", Text: "pion did what it must not", Spec: "https://www.w3.org/TR/webrtc/"})
	add(0, "alice", "hologram", 0, map[string]any{"new": []any{1, "two", nil, map[string]any{}}, "deep": map[string]any{"er": true}})
	now += time.Second
	line := fmt.Sprintf(`{"seq":%d,"time":%d,"peer":"alice","kind":"call","data":[1,{"a":null}]}`, last+1, now)
	if err := live.Append([]byte(line)); err != nil {
		t.Fatal(err)
	}
	live.Finish(recorder.End{Time: int64(10 * time.Second)})
	return live.Recording
}

// plainTheme is the theme of a terminal without colours.
func plainTheme(ascii bool) *theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	return newTheme(r, ascii)
}

func momentAt(r *recorder.Recording, n int) moment {
	m := moment{recording: r, n: n}
	m.event, _ = r.Event(n)
	m.data, _ = m.event.Value()
	return m
}

// findEvent returns the number of the nth event of a kind, from 1.
func findEvent(t testing.TB, r *recorder.Recording, kind recorder.Kind, nth int) int {
	t.Helper()
	for n, e := range r.Forward(1) {
		if e.Kind == kind {
			if nth--; nth == 0 {
				return n
			}
		}
	}
	t.Fatalf("there are not so many events of the kind %s", kind)
	return 0
}

// press gives keys to a pane, each by its name.
func press(p pane, keys ...string) (cmd tea.Cmd) {
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "enter":
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		case "up":
			msg = tea.KeyMsg{Type: tea.KeyUp}
		case "down":
			msg = tea.KeyMsg{Type: tea.KeyDown}
		case "left":
			msg = tea.KeyMsg{Type: tea.KeyLeft}
		case "right":
			msg = tea.KeyMsg{Type: tea.KeyRight}
		case "pgdown":
			msg = tea.KeyMsg{Type: tea.KeyPgDown}
		case "pgup":
			msg = tea.KeyMsg{Type: tea.KeyPgUp}
		}
		_, cmd = p.update(msg)
	}
	return cmd
}

// settled returns the view when all that it needs is read.
func settled(p *eventPane, width, height int) string {
	for {
		view := p.view(width, height)
		if !p.busy() {
			return p.view(width, height)
		}
		_ = view
		time.Sleep(time.Millisecond) // it reads in the background
	}
}

func TestEventViews(t *testing.T) {
	r := testSession(t)
	tests := []struct {
		name  string
		kind  recorder.Kind
		nth   int
		keys  []string
		ascii bool
	}{
		{"data-call", recorder.KindCall, 2, nil, false},
		{"data-return", recorder.KindReturn, 1, nil, false},
		{"data-message", recorder.KindMessage, 1, []string{"down", "down", "down", "down", "down", "l"}, false},
		{"data-verdict", recorder.KindVerdict, 1, []string{"1"}, false},
		{"data-unknown", "hologram", 1, nil, false},
		{"data-damaged", recorder.KindCall, 6, nil, false},
		{"packet-sent", recorder.KindPacketSent, 1, nil, false},
		{"packet-field", recorder.KindPacketSent, 1, []string{"down", "down", "down"}, false},
		{"packet-dropped", recorder.KindPacketDropped, 1, []string{"G", "up"}, false},
		{"packet-malformed", recorder.KindPacketSent, 3, nil, false},
		{"packet-ascii", recorder.KindPacketDelivered, 1, []string{"down", "down"}, true},
		{"sdp-first", recorder.KindCall, 3, nil, false},
		{"sdp-second", recorder.KindCall, 5, nil, false},
		{"sdp-ascii", recorder.KindSignalSent, 2, nil, true},
		{"sdp-candidate", recorder.KindICECandidate, 1, nil, false},
		{"pairs", recorder.KindPacketDelivered, 1, []string{"4"}, false},
		{"charts", recorder.KindMedia, 6, nil, false},
		{"charts-whole", recorder.KindRTCP, 3, []string{"a"}, false},
		{"charts-ascii", recorder.KindMedia, 6, nil, true},
		{"scenario-step", recorder.KindStep, 1, nil, false},
		{"scenario-verdict", recorder.KindVerdict, 1, nil, false},
		{"scenario-ascii", recorder.KindReturn, 1, []string{"6"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var views []string
			for _, size := range [][2]int{{60, 20}, {100, 30}} {
				p := newEventPane(plainTheme(test.ascii))
				p.look(momentAt(r, findEvent(t, r, test.kind, test.nth)))
				settled(p, size[0], size[1])
				for _, k := range test.keys {
					press(p, k)
					settled(p, size[0], size[1])
				}
				view := settled(p, size[0], size[1])
				var lines []string
				for _, line := range strings.Split(view, "\n") {
					lines = append(lines, strings.TrimRight(line, " "))
				}
				views = append(views, fmt.Sprintf("%d×%d\n%s", size[0], size[1], strings.Join(lines, "\n")))
				p.close()
			}
			got := strings.Join(views, "\n\n")
			if test.ascii {
				for _, r := range strings.ReplaceAll(got, "×", "") {
					if r > 0x7e {
						t.Errorf("%q is not ASCII", r)
					}
				}
			}
			golden(t, "event-"+test.name, got)
		})
	}
}

// checkSize reports where a view is larger than it may be.
func checkSize(t testing.TB, view string, width, height int, what string) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) > height {
		t.Errorf("%s: %d lines at a height of %d", what, len(lines), height)
	}
	for _, line := range lines {
		if w := ansi.StringWidth(line); w > width {
			t.Errorf("%s: a line of %d at a width of %d: %q", what, w, width, line)
		}
		if strings.ContainsAny(ansi.Strip(line), "\x1b\t\r") {
			t.Errorf("%s: control characters in %q", what, line)
		}
	}
}

// TestEventSizes has every tab show every event at many sizes, while keys are
// pressed at random.
func TestEventSizes(t *testing.T) {
	r := testSession(t)
	coloured := lipgloss.NewRenderer(io.Discard)
	coloured.SetColorProfile(termenv.TrueColor)
	themes := []*theme{plainTheme(true), newTheme(coloured, false)}
	sizes := [][2]int{{1, 1}, {1, 7}, {2, 2}, {3, 40}, {7, 3}, {13, 9}, {25, 4}, {40, 12}, {79, 23}, {100, 3}, {101, 30}, {160, 50}, {300, 5}}
	random := rand.New(rand.NewPCG(1, 2))
	for _, theme := range themes {
		p := newEventPane(theme)
		defer p.close()
		keys := []string{"up", "down", "left", "right", "enter", "g", "G", "[", "]", "a", "pgdown", "pgup", "q"}
		for n := 0; n <= r.Len(); n++ {
			p.look(momentAt(r, n))
			for i := range p.tabs {
				press(p, fmt.Sprint(i+1))
				for _, size := range sizes {
					press(p, keys[random.IntN(len(keys))])
					checkSize(t, p.view(size[0], size[1]), size[0], size[1], fmt.Sprintf("event %d, tab %s", n, p.tabs[p.shown].name()))
				}
			}
		}
	}
}

func TestEventEmpty(t *testing.T) {
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	p := newEventPane(plainTheme(false))
	checkSize(t, p.view(60, 20), 60, 20, "before the first look")
	press(p, "1", "2", "j", "enter", "[", "]")
	p.look(moment{recording: live.Recording})
	for i := range p.tabs {
		press(p, fmt.Sprint(i+1), "j", "k", "enter", "h", "l", "G")
		checkSize(t, p.view(60, 20), 60, 20, "an empty recording")
	}
	p.close()
}

func TestEventChoosesTab(t *testing.T) {
	r := testSession(t)
	p := newEventPane(plainTheme(false))
	defer p.close()
	shown := func(kind recorder.Kind, nth int) string {
		p.look(momentAt(r, findEvent(t, r, kind, nth)))
		return p.tabs[p.shown].name()
	}
	tests := []struct {
		kind recorder.Kind
		nth  int
		want string
	}{
		{recorder.KindPacketSent, 1, "Packet"},
		{recorder.KindPacketDropped, 1, "Packet"},
		{recorder.KindNATMapping, 1, "Data"},
		{recorder.KindCall, 2, "Data"},
		{recorder.KindCall, 3, "SDP"},
		{recorder.KindSignalDelivered, 1, "SDP"},
		{recorder.KindMedia, 1, "Charts"},
		{recorder.KindVerdict, 1, "Scenario"},
	}
	for _, test := range tests {
		if got := shown(test.kind, test.nth); got != test.want {
			t.Errorf("%s %d is shown as %s, want %s", test.kind, test.nth, got, test.want)
		}
	}

	// What the user picks counts for the kind.
	shown(recorder.KindPacketSent, 1)
	press(p, "1")
	if got := shown(recorder.KindPacketSent, 2); got != "Data" {
		t.Errorf("after 1 the next sent packet is shown as %s, want Data", got)
	}
	if got := shown(recorder.KindPacketDropped, 1); got != "Packet" {
		t.Errorf("after 1 on another kind a dropped packet is shown as %s, want Packet", got)
	}
	shown(recorder.KindVerdict, 1)
	cmd := press(p, "2")
	if got := p.tabs[p.shown].name(); got != "Scenario" {
		t.Errorf("a tab that is not offered was chosen: %s", got)
	}
	if cmd == nil {
		t.Error("nothing says why there is no such tab")
	}
}

// TestEventJumps follows links.
func TestEventJumps(t *testing.T) {
	r := testSession(t)
	sent := findEvent(t, r, recorder.KindPacketSent, 1)
	delivered := findEvent(t, r, recorder.KindPacketDelivered, 1)
	set := findEvent(t, r, recorder.KindCall, 3)
	tests := []struct {
		name string
		n    int
		keys []string
		want int
	}{
		{"to the cause", delivered, []string{"1", "G", "enter"}, sent},
		{"to the first effect", set, []string{"1", "G", "up", "enter"}, set + 1},
		{"to the end of a packet", sent, []string{"G", "up", "enter"}, delivered},
		{"to the step", set, []string{"6", "enter"}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newEventPane(plainTheme(false))
			defer p.close()
			p.look(momentAt(r, test.n))
			for _, k := range test.keys[:len(test.keys)-1] {
				press(p, k)
				settled(p, 100, 30)
			}
			cmd := press(p, test.keys[len(test.keys)-1])
			if cmd == nil {
				t.Fatalf("nothing happens in\n%s", settled(p, 100, 30))
			}
			if got := cmd(); got != (jumpMsg{test.want}) {
				t.Errorf("the jump is %v, want to %d", got, test.want)
			}
		})
	}
}
