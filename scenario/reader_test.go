package scenario_test

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

func ptr[T any](v T) *T { return &v }

// read reads a file of testdata/good.
func read(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	text, err := os.ReadFile("testdata/good/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Read(name+".yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ignore leaves positions and what conditions are compiled to out of a comparison, and compares methods by name.
var ignore = cmp.Options{
	cmpopts.IgnoreTypes(scenario.Pos{}),
	cmpopts.EquateComparable(netip.Prefix{}),
	cmpopts.IgnoreUnexported(scenario.Condition{}),
	cmp.Comparer(func(a, b *scenario.Method) bool { return a == b }),
}

func method(t *testing.T, iface, name string) *scenario.Method {
	t.Helper()
	for _, m := range scenario.Methods {
		if m.Interface == iface && m.Name == name {
			return m
		}
	}
	t.Fatalf("there is no %s.%s", iface, name)
	return nil
}

func TestRead(t *testing.T) {
	got := read(t, "outage")
	chat := &scenario.Call{
		Peer:   "alice",
		Method: method(t, "RTCPeerConnection", "createDataChannel"),
		Args:   &scenario.CreateDataChannel{Label: "chat", Ordered: ptr(false)},
	}
	closing := &scenario.Call{Peer: "alice", Method: method(t, "RTCPeerConnection", "close"), Args: &scenario.Close{}}
	hello := &scenario.Pattern{Peer: "bob", Event: recorder.KindMessage, Channel: "chat", Data: ptr("hello")}
	configuration := scenario.Configuration{ICETransportPolicy: "all", BundlePolicy: "balanced", RTCPMuxPolicy: "require"}
	media := scenario.PeerMedia{PLIAfter: 200 * time.Millisecond, PlayoutDelay: 100 * time.Millisecond}
	engine := scenario.Engine{
		DTLS:         scenario.EngineDTLS{AnsweringRole: "client", ExtendedMasterSecret: "request", CloseConnection: true},
		SRTP:         scenario.EngineSRTP{ReplayProtection: true, RTCPReplayProtection: true},
		Interceptors: scenario.EngineInterceptors{NACK: true, Reports: true, TWCC: true},
	}
	engine.ICE.MDNS = "off"
	patient := engine
	patient.ICE.FailedTimeout = ptr(10 * time.Second)
	want := &scenario.Scenario{
		File:  "outage.yaml",
		Files: []string{"outage.yaml"},
		Name:  "Test",
		Seed:  3,
		Limit: 2 * time.Minute,
		Networks: []*scenario.Network{
			{Name: "internet"},
			{Name: "home", Behind: "internet", Link: scenario.Link{
				Up: scenario.Direction{Delay: ptr(20 * time.Millisecond), Loss: ptr(scenario.Share(0.005)),
					Rate: ptr(scenario.Capacity(1e6)), Queue: &scenario.Queue{Bytes: 64000}},
				Down: scenario.Direction{Delay: ptr(20 * time.Millisecond), Loss: ptr(scenario.Share(0.005))},
			}},
		},
		Peers: []*scenario.Peer{
			{Name: "alice", Network: "home", Interfaces: []*scenario.Interface{{Name: "eth0", Network: "home", Up: true}},
				Configuration: configuration, Media: media, Engine: patient},
			{Name: "bob", Network: "internet", Interfaces: []*scenario.Interface{{Name: "eth0", Network: "internet", Up: true}},
				Configuration: configuration, Media: media, Engine: engine},
		},
		Signaling: scenario.Signaling{Delay: 40 * time.Millisecond, Order: true},
		Steps: []*scenario.Step{
			{Path: "steps[0]", Action: chat},
			{Path: "steps[1]", Action: &scenario.Negotiate{Between: scenario.Between{From: "alice", To: "bob"}, With: scenario.NegotiateOptions{Trickle: true}}},
			{Path: "steps[2]", Action: &scenario.Wait{
				For: &scenario.Expectation{Text: `bob.connectionState == "connected"`,
					Condition: &scenario.Condition{Text: `bob.connectionState == "connected"`}},
				Within: ptr(10 * time.Second),
			}},
			{Path: "steps[3]", Action: &scenario.Call{Peer: "alice", Channel: "chat", Method: method(t, "RTCDataChannel", "send"),
				Args: &scenario.Send{Data: ptr("hello"), Repeat: 1}}},
			{Path: "steps[4]", Action: &scenario.Expect{That: &scenario.Expectation{
				Text: `bob received "hello" on chat`, Sequence: []*scenario.Pattern{hello}}}},
			{Path: "steps[5]", At: ptr(20 * time.Second), Action: &scenario.ChangeNetwork{Name: "home",
				Set: &scenario.Settings{Link: &scenario.Link{
					Up: scenario.Direction{Loss: ptr(scenario.Share(0.3))}, Down: scenario.Direction{Loss: ptr(scenario.Share(0.3))}}}}},
			{Path: "steps[6]", Action: &scenario.ChangeNetwork{Name: "home", Outage: scenario.Outage{Down: true, DownFor: 15 * time.Second}}},
			{Path: "steps[7]", Action: closing},
		},
		Handlers: []*scenario.Handler{{
			Path: "handlers[0]",
			On:   &scenario.Pattern{Peer: "alice", Channel: "chat", Event: recorder.KindMessage},
			Once: true,
			Do:   []*scenario.Step{{Path: "handlers[0].do[0]", Action: closing}},
		}},
		Expect: []*scenario.Expectation{
			{Text: `alice.connectionState == "closed"`, Condition: &scenario.Condition{Text: `alice.connectionState == "closed"`}},
			{Text: `bob.connectionState == "failed" within 30s of alice.close`, Condition: &scenario.Condition{Text: `bob.connectionState == "failed"`},
				Within: 30 * time.Second, Of: &scenario.CallName{Peer: "alice", Method: "close"}},
			{Text: `never {peer: bob, event: iceconnectionstatechange, state: failed, before: 20s}`,
				Never: &scenario.Pattern{Peer: "bob", Event: recorder.KindICEConnectionStateChange, State: "failed", Before: ptr(20 * time.Second)}},
			{Text: `sequence {peer: bob, event: connectionstatechange, state: connected}, {peer: bob, event: message}`,
				Sequence: []*scenario.Pattern{
					{Peer: "bob", Event: recorder.KindConnectionStateChange, State: "connected"},
					{Peer: "bob", Event: recorder.KindMessage},
				}},
			{Text: `count {peer: bob, event: icecandidate, type: relay} is 1`,
				Count: &scenario.Pattern{Peer: "bob", Event: recorder.KindICECandidate, Type: "relay"}, AtLeast: 1, AtMost: 1},
		},
	}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReadArguments(t *testing.T) {
	var got []any
	s := read(t, "by-hand")
	for _, step := range append(s.Steps, s.Handlers[0].Do...) {
		switch a := step.Action.(type) {
		case *scenario.Call:
			got = append(got, a.Args)
		case *scenario.Signal:
			got = append(got, a)
		}
	}
	alice := scenario.Between{From: "alice", To: "bob"}
	want := []any{
		&scenario.CreateDataChannel{Label: "my channel", Negotiated: ptr(true), ID: ptr(uint16(1)), Protocol: ptr("json"), MaxPacketLifeTime: ptr(uint16(500))},
		&scenario.CreateOffer{},
		&scenario.SetLocalDescription{Description: scenario.Description{From: scenario.Reference{Name: "offer"}}},
		&scenario.Signal{Between: alice, Send: scenario.Reference{Name: "offer"}, Via: "signaling"},
		&scenario.SetRemoteDescription{Description: scenario.Description{From: scenario.Reference{Name: "offer"}}},
		&scenario.CreateAnswer{},
		&scenario.SetLocalDescription{Description: scenario.Description{From: scenario.Reference{Name: "answer"}}},
		&scenario.Signal{Between: scenario.Between{From: "bob", To: "alice"}, Send: scenario.Reference{Name: "answer"}, Via: "none"},
		&scenario.AddICECandidate{Candidate: "candidate:1 1 udp 2130706431 10.0.0.7 5000 typ host", SDPMid: ptr("0"), SDPMLineIndex: ptr(uint16(0))},
		&scenario.AddICECandidate{End: true},
		&scenario.SetRemoteDescription{Description: scenario.Description{Type: "answer", From: scenario.Reference{Name: "answer"},
			Edit: []scenario.Edit{{Replace: "a=setup:active", By: "a=setup:passive"}}}},
		&scenario.Send{Size: 16000, Binary: true, Repeat: 3},
		&scenario.CloseChannel{},
		&scenario.Signal{Between: alice, Send: scenario.Reference{Name: "candidate"}, Via: "signaling"},
		&scenario.AddICECandidate{From: scenario.Reference{Name: "candidate"}},
	}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestStepText(t *testing.T) {
	var got []string
	for _, step := range read(t, "by-hand").Steps {
		got = append(got, fmt.Sprintf("%d %s", step.Line, step.Text()))
	}
	want := strings.Split(`4 alice: createDataChannel "my channel" as chat
7 alice: createOffer as offer
10 alice: setLocalDescription $offer
12 signal: alice -> bob $offer
14 bob: setRemoteDescription $offer
16 bob: createAnswer as answer
18 bob: setLocalDescription $answer
21 signal: bob -> alice $answer at once
24 bob: addIceCandidate "candidate:1 1 udp 2130706431 10.0.0.7 50…"
27 bob: addIceCandidate null
29 alice: setRemoteDescription $answer, edited
31 after 2s
32 alice.chat: send 16KB binary × 3
35 alice.my channel: close
36 crash: panic`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMethodExamples reads the example of every method.
func TestMethodExamples(t *testing.T) {
	for _, m := range scenario.Methods {
		text := "peers: {alice: {}, bob: {}}\n" +
			"tracks: {mic: {kind: audio}, cam: {kind: video}, screen: {kind: video}}\nsteps:\n" +
			"  - {alice: createDataChannel, with: {label: chat}}\n" +
			"  - {alice: createOffer, as: offer}\n" +
			"  - {alice: addTrack, with: {track: mic}, as: voice}\n" +
			"  - " + m.Example + "\n"
		s, err := scenario.Read(m.Name+".yaml", []byte(text))
		if err != nil {
			t.Errorf("the example of %s.%s: %v", m.Interface, m.Name, err)
			continue
		}
		if c, ok := s.Steps[3].Action.(*scenario.Call); !ok || c.Method != m {
			t.Errorf("the example of %s.%s is one of something else", m.Interface, m.Name)
		}
	}
}

// TestReadIsBounded reads what is meant to take for ever.
func TestReadIsBounded(t *testing.T) {
	const peers = "peers: {alice: {}, bob: {}}\n"
	repeat := func(before, text string, n int, after string) string {
		return before + strings.Repeat(text, n) + after
	}
	tests := map[string]string{
		"anchors":     repeat(peers+"steps: &s\n", "  - {wait: now > 3s}\n", 2000, "handlers:\n") + strings.Repeat("  - {on: {event: open}, do: *s}\n", 2000),
		"names":       repeat("peers:\n", "  p: {network: q}\n", 50_000, ""),
		"many peers":  peersNamed(50_000),
		"one line":    repeat(peers+"steps: [", "{negotiate: alice -> bob}, ", 15_000, "]\n"),
		"conditions":  repeat(peers+"expect:\n", "  - bob.connectionState == \"closed\" or now < 1s\n", 15_000, ""),
		"wrong words": repeat(peers+"steps:\n", "  - {alcie: createOfer, asd: foo}\n", 20_000, ""),
		"lists":       strings.Repeat("[", 1<<20),
		"deep blocks": strings.Repeat("- ", 1<<19),
		"deep keys":   strings.Repeat("? ", 1<<19),
		"mappings":    strings.Repeat("{a: ", 1<<18),
		"brackets":    peers + "expect: ['" + strings.Repeat("(", 1<<20-100) + "']",
		"too large":   strings.Repeat("#", 1<<20+1),
		"blocks":      peers + doubling(40),
		"parallel":    peers + "steps: [" + strings.Repeat("{parallel: [[", 200) + strings.Repeat("]]}", 200) + "]",
		"branches":    repeat(peers+"steps:\n  - parallel:\n", "    - {alice: createOffer, as: a}\n    - {bob: setRemoteDescription, with: $b}\n", 6000, "  - {bob: createOffer, as: b}\n"),
		"includes":    repeat(peers+"include: [", "a.yaml, ", 20_000, "a.yaml]\n"),
		"matrix":      repeat(peers+"matrix:\n", "  a: [1, 2, 3, 4, 5, 6, 7, 8]\n", 10_000, ""),
		"variables":   repeat(peers+"matrix: {a: [1]}\ntags: [", "'${a}${b}', ", 40_000, "x]\n"),
		"references":  repeat(peers+"steps:\n", "  - {alice: createOffer, as: a}\n  - {bob: setRemoteDescription, with: $b}\n", 5000, ""),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := scenario.Read("bomb.yaml", []byte(text))
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("Read took %v", took)
			} else if testing.Verbose() {
				t.Logf("took %v: %.80v", took, err)
			}
		})
	}
}

// doubling returns blocks that each use the one before twice.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("blocks:\n  b0: [{after: 1s}]\n")
	for i := range n {
		fmt.Fprintf(&b, "  b%d: [{use: b%d}, {use: b%d}]\n", i+1, i, i)
	}
	fmt.Fprintf(&b, "steps: [{use: b%d}]\n", n)
	return b.String()
}

// peersNamed returns a scenario with so many peers, and as many steps.
func peersNamed(n int) string {
	var b strings.Builder
	b.WriteString("peers:\n")
	for i := range n {
		fmt.Fprintf(&b, "  p%d:\n", i)
	}
	b.WriteString("steps:\n")
	for i := range n / 3 {
		fmt.Fprintf(&b, "  - p%d: close\n", n-i)
	}
	return b.String()
}
