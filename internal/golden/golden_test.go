package golden

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

// session makes a live recording of the events that add adds, at the times that it sets.
func session(t *testing.T, add func(l *recorder.Log, at func(time.Duration))) *Session {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{Identity: recorder.Identity{
		Modules: []recorder.Module{{Path: "github.com/pion/webrtc/v4", Version: "v4.2.20"}},
		Seed:    7,
		Options: recorder.Options{Variant: "nat=open"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	var now time.Duration
	add(recorder.NewLog(func() time.Duration { return now }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Fatal(err)
		}
	}), func(at time.Duration) { now = at })
	live.Finish(recorder.End{Outcome: recorder.OutcomePassed})
	s, err := Read(live.Recording)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const offer = "v=0\r\no=- 8470484405321523894 1767225600 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 19:A8\r\na=group:BUNDLE 0\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:0\r\na=ice-ufrag:ZgXM\r\na=ice-pwd:ZDVT\r\n" +
	"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:97 nack\r\n" +
	"a=extmap:2 urn:b\r\na=extmap:1 urn:a\r\na=ssrc:71669737 cname:stream\r\na=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=sendrecv\r\n"

func TestText(t *testing.T) {
	answer := strings.NewReplacer("actpass", "active", "sendrecv", "recvonly").Replace(offer)
	description := func(kind, sdp string) json.RawMessage {
		b, err := json.Marshal(map[string]string{"type": kind, "sdp": sdp})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	s := session(t, func(l *recorder.Log, at func(time.Duration)) {
		call := func(peer string, c recorder.Call, r recorder.Return) {
			r.Method, r.Channel = c.Method, c.Channel
			l.Add(peer, recorder.KindReturn, l.Add(peer, recorder.KindCall, 0, c), r)
		}
		l.Add("", recorder.KindRun, 0, recorder.Run{})
		call("alice", recorder.Call{Method: "RTCPeerConnection", Args: json.RawMessage(`{}`)}, recorder.Return{})
		l.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 3, Text: "negotiate: alice -> bob"})
		call("alice", recorder.Call{Method: "setLocalDescription", Args: description("offer", "m=a")},
			recorder.Return{Error: &recorder.CallError{Name: "SyntaxError", Message: "SyntaxError: at 0xc000123"}})
		call("alice", recorder.Call{Method: "setLocalDescription", Args: description("offer", offer)}, recorder.Return{})
		l.Add("alice", recorder.KindLog, 0, recorder.LogLine{Level: "warn", Scope: "ice", Text: "noise"})
		l.Add("alice", recorder.KindICECandidate, 0, recorder.Candidate{Type: "host", Address: "10.0.0.1", Port: 58452})
		at(1234567890)
		call("alice", recorder.Call{Method: "setRemoteDescription", Args: description("answer", answer)}, recorder.Return{Took: 250 * time.Millisecond})
		call("alice", recorder.Call{Method: "setLocalDescription", Args: description("offer", offer)}, recorder.Return{})
		l.Add("alice", recorder.KindSignalingStateChange, 0, recorder.StateChange{State: "stable", Now: "closed"})
		for range 3 {
			at(2 * time.Second)
			call("alice", recorder.Call{Method: "send", Channel: "chat", Args: json.RawMessage(`{"text":"hi","size":2}`)}, recorder.Return{})
			l.Add("alice", recorder.KindError, 0, recorder.ChannelEvent{Channel: "chat", Error: "[0xb6a008] 192.168.0.1:4711 is gone"})
		}
		sent := l.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Protocol: "stun", Types: []string{"binding-success", "binding-response"}})
		l.Add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 1})
		l.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 2, Protocol: "dtls", Types: []string{"finished", "certificate"}})
		l.Add("home", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "down"})
		l.Add("alice", recorder.KindMedia, 0, recorder.Media{Track: "cam", Kind: "video", End: true,
			MediaState: recorder.MediaState{Codec: "VP8", Packets: 100, Frames: 30, Keyframes: 1, Lost: 2, Freezes: 1}})
		l.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "the second", Line: 9})
		l.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "the first", Line: 8, Held: true})
		at(3 * time.Second)
		l.Add("", recorder.KindEnd, 0, recorder.SessionEnd{Reason: "limit"})
	})
	want := `
    0.00s  alice     RTCPeerConnection({})
    0.00s            ── negotiate: alice -> bob
    0.00s  alice     setLocalDescription(offer) → SyntaxError: at 0x…
    0.00s  alice     setLocalDescription(offer)
                     │ a=group:BUNDLE 0
                     │ m=video UDP/TLS/RTP/SAVPF
                     │ a=setup:actpass
                     │ a=mid:0
                     │ format 96 VP8/90000 [nack] rtx 97
                     │ a=extmap:1 urn:a
                     │ a=extmap:2 urn:b
                     │ a=sendrecv
    0.00s  alice     icecandidate host 10.0.0.1
    1.23s  alice     setRemoteDescription(answer) after ~0.25s
    1.23s  alice     setLocalDescription(offer)
                     │  m=video UDP/TLS/RTP/SAVPF
                     │ -a=setup:active
                     │ +a=setup:actpass
                     │ -a=recvonly
                     │ +a=sendrecv
    1.23s  alice     signalingstatechange stable
    2.00s  alice     chat.send("hi"), 3 times until ~2.00s
    2.00s  alice     error chat: [0x…] 192.168.0.1 is gone, 3 times until ~2.00s
    2.00s  home      network down
    3.00s            the end: limit
           alice     sent dtls certificate finished
           alice     sent stun binding-success
           alice     media cam video VP8: ~100 packets, ~30 frames, ~1 keyframes, some losses, no repairs, some freezes
                     ✓ the first
                     ✗ the second
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), string(s.Text())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f := New("calls/call.yaml")
	f.Update(s)
	again, err := Parse("call.yaml", f.Text())
	if err != nil {
		t.Fatal(err)
	}
	if d := again.Compare(s); d != nil {
		t.Errorf("written and read again it differs: %v", d)
	}
	if diff := cmp.Diff(string(f.Text()), string(again.Text())); diff != "" {
		t.Errorf("written, read and written again, it is another file:\n%s", diff)
	}
}

const base = `
    0.00s  alice     createOffer()
    0.00s  alice     setLocalDescription(offer)
                     │ a=mid:0
                     │ a=sendrecv
    0.00s  alice     signalingstatechange have-local-offer
    0.00s  alice     icegatheringstatechange gathering
    0.04s  bob       setRemoteDescription(offer)
    0.04s  bob       signalingstatechange have-remote-offer
    5.00s  bob       open chat
    5.00s  bob       message chat "hi"
    5.00s  alice     connectionstatechange disconnected
   30.00s  alice     connectionstatechange failed
           bob       media mic audio opus: ~1000 packets, no losses
`

// TestCompare changes the base, and says what the comparison finds: nothing, or these lines.
func TestCompare(t *testing.T) {
	swap := func(a, b string) []string { return []string{a, "\x00", b, a, "\x00", b} }
	for _, test := range []struct {
		name    string
		replace []string
		want    string
	}{
		{"nothing", nil, ""},
		{"hundredths of a second", []string{"5.00s", "5.04s"}, ""},
		{"a fiftieth", []string{"30.00s", "30.60s"}, ""},
		{"more than a fiftieth", []string{"30.00s", "30.70s"}, `
-   30.00s  alice     connectionstatechange failed
+   30.70s  alice     connectionstatechange failed
`},
		{"another time-out", []string{"    5.00s  alice", "   25.00s  alice"}, `
-    5.00s  alice     connectionstatechange disconnected
+   25.00s  alice     connectionstatechange disconnected
`},
		{"a peer before another", swap("    0.04s  bob       setRemoteDescription(offer)\n", "    0.00s  alice     icegatheringstatechange gathering\n"), ""},
		{"a state machine before another", swap("    0.00s  alice     signalingstatechange have-local-offer\n", "    0.00s  alice     icegatheringstatechange gathering\n"), ""},
		{"a channel's events in another order", swap("    5.00s  bob       open chat\n", "    5.00s  bob       message chat \"hi\"\n"), `
-    5.00s  bob       open chat
+    5.00s  bob       open chat
`},
		{"calls in another order", []string{"createOffer()", "x()", "setLocalDescription(offer)\n", "createOffer()\n"}, `
+    0.00s  alice     x()
-    0.00s  alice     setLocalDescription(offer)
`},
		{"an event less", []string{"    5.00s  bob       open chat\n", ""}, `
-    5.00s  bob       open chat
`},
		{"an event more", []string{"    5.00s  bob       open chat\n", "    4.00s  bob       open x\n    5.00s  bob       open chat\n"}, `
+    4.00s  bob       open x
`},
		{"a line of a description", []string{"a=sendrecv", "a=recvonly"}, `
-                     │ a=sendrecv
+                     │ a=recvonly
`},
		{"a few packets", []string{"~1000", "~1090"}, ""},
		{"many packets", []string{"~1000", "~1200"}, `
-           bob       media mic audio opus: ~1000 packets, no losses
+           bob       media mic audio opus: ~1200 packets, no losses
`},
		{"losses", []string{"no losses", "some losses"}, `
-           bob       media mic audio opus: ~1000 packets, no losses
+           bob       media mic audio opus: ~1000 packets, some losses
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := base
			for i := 0; i < len(test.replace); i += 2 {
				if !strings.Contains(changed, test.replace[i]) {
					t.Fatalf("there is no %q", test.replace[i])
				}
				changed = strings.Replace(changed, test.replace[i], test.replace[i+1], 1)
			}
			f, now := parse(t, "=== seed 1 (pion/webrtc v1)\n"+base), parse(t, "=== seed 1 (pion/webrtc v2)\n"+changed)
			var got string
			if d := f.Compare(now.sections[0]); d != nil {
				got = "\n"
				for line := range strings.Lines(d.Lines) {
					if line[0] == '-' || line[0] == '+' {
						got += line
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			// Updated, it says the same as the new one, and keeps what it can.
			if f.Update(now.sections[0]) != (test.want != "") {
				t.Error("Update and Compare do not agree")
			}
			if d := f.Compare(now.sections[0]); d != nil {
				t.Errorf("updated, it still differs: %v", d)
			}
			if test.want == "" && !strings.Contains(string(f.Text()), base) {
				t.Errorf("the update changed what need not change:\n%s", f.Text())
			}
		})
	}
}

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("call.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestDifference(t *testing.T) {
	f := parse(t, "=== seed 1 (pion/webrtc v1)\n"+base)
	now := parse(t, "=== seed 1 (pion/webrtc v2)\n"+strings.ReplaceAll(base, "30.00s", "12.00s"))
	want := `the session is not as its golden text: 1 line gone, 1 new
--- golden, of pion/webrtc v1
+++ this run, of pion/webrtc v2
@@ 8 lines @@
     5.00s  bob       open chat
     5.00s  bob       message chat "hi"
     5.00s  alice     connectionstatechange disconnected
-   30.00s  alice     connectionstatechange failed
+   12.00s  alice     connectionstatechange failed
            bob       media mic audio opus: ~1000 packets, no losses
`
	d := f.Compare(now.sections[0])
	if diff := cmp.Diff(want, d.String()+"\n"+d.Diff()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d.Line != 14 {
		t.Errorf("the difference is at line %d, want 14", d.Line)
	}
	if d := f.Compare(&Session{Case: Case{"loss=5%", 2}}); d == nil || !d.Missing || d.String() != "there is no golden text for loss=5%, seed 2" {
		t.Errorf("of a case without a text it says %v", d)
	}
}

func TestSections(t *testing.T) {
	f := parse(t, "# a comment\n\n=== b=2, seed 1 (x)\n=== gone=1, seed 1 (x)\n=== a=1, seed 10 (x)\n=== a=1, seed 2 (x)\n    0.00s  alice     close()\n")
	variants := []string{"a=1", "b=2"}
	if diff := cmp.Diff([]Case{{"gone=1", 1}}, f.Stale(variants)); diff != "" {
		t.Errorf("stale: -want +got:\n%s", diff)
	}
	f.Tidy(variants)
	if diff := cmp.Diff([]Case{{"a=1", 2}, {"a=1", 10}, {"b=2", 1}}, f.Cases()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"    0.00s  alice     close()\n":                   `line 1 stands before the first section: "    0.00s  alice     close()"`,
		"=== seed one (x)\n":                               `line 1: a section begins with '=== [VARIANT, ]seed N', not "=== seed one (x)"`,
		"=== seed 1 (x)\n=== seed 1 (y)\n":                 `line 2: there are two sections for seed 1`,
		"=== seed 1 (x)\n<<<<<<< HEAD\n":                   `line 2 is none of a golden file: "<<<<<<< HEAD"`,
		"=== seed 1 (x)\n   soon  alice     close()\n":     `line 2 is none of a golden file: "   soon  alice     close()"`,
		"=== seed 1 (x)\n                     │ a=mid:0\n": `line 2 is none of a golden file: "                     │ a=mid:0"`,
	} {
		if _, err := Parse("call.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}
