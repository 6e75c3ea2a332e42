package filter_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// session makes a small recording. Its events have the numbers in the comments.
func session(t testing.TB) *recorder.Live {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := live.Close(); err != nil {
			t.Error(err)
		}
	})
	addSession(t, live)
	live.Finish(recorder.End{})
	return live
}

func addSession(t testing.TB, live *recorder.Live) {
	var now time.Duration
	log := recorder.NewLog(func() time.Duration { return now }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Error(err)
		}
	})
	ms := func(n int) { now = time.Duration(n) * time.Millisecond }
	candidate := "candidate:1 1 udp 1 192.168.1.5 5000 typ host"

	log.Add("", recorder.KindRun, 0, recorder.Run{})                                                                                                 // 1
	step := log.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 12, Text: "alice: createOffer", Note: "# Offer"})                // 2
	call := log.Add("alice", recorder.KindCall, step, recorder.Call{Method: "createOffer"})                                                          // 3
	log.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "createOffer", Result: json.RawMessage(`{"sdp":"v=0\r\na=setup:actpass"}`)}) // 4
	sent := log.Add("alice", recorder.KindSignalSent, call, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: "v=0"})                    // 5
	lost := log.Add("alice", recorder.KindSignalSent, 0, recorder.Signal{From: "alice", To: "bob", Type: "candidate", Candidate: &candidate})        // 6
	ms(40)
	log.Add("bob", recorder.KindSignalDelivered, sent, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: "v=0"})                 // 7
	log.Add("bob", recorder.KindSignalDropped, lost, recorder.Signal{From: "alice", To: "bob", Type: "candidate", Reason: "signaling down"}) // 8
	ms(1000)
	p1 := log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "10.0.0.1:5000", Dst: "203.0.113.7:41234", Protocol: "stun", Types: []string{"binding-request", "use-candidate"}, Size: 120, Payload: []byte("HiMe")}) // 9
	p2 := log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 2, Src: "10.0.0.1:5000", Dst: "203.0.113.7:41234", Protocol: "dtls", Types: []string{"application-data", "sack"}, Size: 1300})                                 // 10
	log.Add("home", recorder.KindNATMapping, p1, recorder.NATMapping{Local: "10.0.0.1:5000", Public: "198.51.100.1:50000", Remote: "203.0.113.7:41234"})                                                                                      // 11
	ms(1120)
	log.Add("bob", recorder.KindPacketDelivered, p1, recorder.PacketEnd{ID: 1, From: "alice", Protocol: "stun", Types: []string{"binding-request", "use-candidate"}, Path: []recorder.Hop{ // 12
		{At: "home/up", Time: 1e9, Wait: 20e6}, {At: "home", Time: 1e9}, {At: "office/down", Time: 1e9}}})
	log.Add("home/up", recorder.KindPacketDropped, p2, recorder.PacketEnd{ID: 2, From: "alice", Protocol: "dtls", Types: []string{"application-data", "sack"}, Reason: "queue full"}) // 13
	log.Add("bob", recorder.KindConnectionStateChange, 0, recorder.StateChange{State: "failed", Now: "failed"})                                                                       // 14
	log.Add("bob", recorder.KindSignalingStateChange, 0, recorder.StateChange{State: "stable", Now: "closed"})                                                                        // 15
	log.Add("bob", recorder.KindICETransportStateChange, 0, recorder.StateChange{State: "connected", Derived: true})                                                                  // 16
	log.Add("bob", recorder.KindOpen, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open"})                                                                          // 17
	log.Add("bob", recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open", Message: &recorder.Message{Text: "Grüße, bob", Size: 12}})             // 18
	ms(2000)
	call = log.Add("bob", recorder.KindCall, 0, recorder.Call{Method: "send", Channel: "chat"}) // 19
	ms(3500)
	log.Add("bob", recorder.KindReturn, call, recorder.Return{Method: "send", Channel: "chat", Took: 1500 * time.Millisecond, Error: &recorder.CallError{Name: "InvalidStateError", Message: "no route"}}) // 20
	log.Add("bob", recorder.KindRemark, call, recorder.Remark{Rule: "event-after-close", Text: "It differs."})                                                                                             // 21
	log.Add("bob", recorder.KindLog, 0, recorder.LogLine{Level: "error", Scope: "ice", Text: "no route"})                                                                                                  // 22
	log.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "bob connected", Line: 30, Held: false})                                                                                                   // 23
	log.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "alice connected", Line: 31, Held: true})                                                                                                  // 24
	log.Add("bob", recorder.KindSelectedCandidatePairChange, 0, recorder.CandidatePair{Local: recorder.PairEnd{Type: "host"}, Remote: recorder.PairEnd{Type: "relay"}})                                    // 25
	log.Add("bob", recorder.KindICECandidateError, 0, recorder.CandidateError{URL: "stun:x", Code: 701, Text: "unreachable"})                                                                              // 26
	log.Add("bob", recorder.KindRTCP, 0, recorder.RTCP{Direction: "sent", Type: "NACK", SSRC: 77, Track: "cam"})                                                                                           // 27
	log.Add("office", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "down"})                                                                                                                     // 28
	log.Add("", recorder.KindEnd, 0, recorder.SessionEnd{Reason: "failed"})                                                                                                                                // 29
}

func picked(t testing.TB, r filter.Recording, text string) []int {
	t.Helper()
	f, err := filter.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	picked := []int{}
	for n := 1; n <= r.Len(); n++ {
		is := f.Match(r, n)
		if is {
			picked = append(picked, n)
		}
		if answer := f.MatchEntry(r.Entry(n)); answer == filter.Yes && !is || answer == filter.No && is {
			t.Errorf("%q: event %d is picked: %t, but by the index the answer is %d", text, n, is, answer)
		}
	}
	return picked
}

func TestMatch(t *testing.T) {
	r := session(t)
	for _, tt := range []struct {
		text string
		want []int
	}{
		// Words.
		{`"no route"`, []int{20, 22}},
		{"NO ROUTE", []int{20, 22}},
		{"queue", []int{13}},
		{"createoffer", []int{2, 3, 4}},
		{"grüsse or GRÜSSE or grüße or GRÜßE", []int{18}},
		{`"\r"`, nil},
		{"0a", nil},
		{`"a=setup"`, []int{4}},
		{"SGlNZQ", nil}, // base64 of a payload
		{"701", []int{26}},
		{"70", nil},
		{"payload", nil},
		{"home", []int{11, 12, 13}},
		{"packet-d", []int{12, 13}},
		{"192.168.1.5", []int{6}},

		// Kinds.
		{"kind:packet", []int{9, 10, 12, 13}},
		{"kind:PACKET-sent", []int{9, 10}},
		{"kind:packet-d", []int{12, 13}},
		{"kind:state", []int{14, 15, 16}},
		{"kind:call", []int{3, 4, 19, 20}},
		{"kind:signal", []int{5, 6, 7, 8}},
		{"kind:signaling*", []int{15}},
		{"kind:channel", []int{17, 18}},
		{"kind:candidate", []int{25, 26}},
		{"kind:media", []int{27}},
		{"kind:network", []int{11, 28}},
		{"kind:script", []int{2}},
		{"kind:log,verdict", []int{22, 23, 24}},
		{"kind!=packet seq<12", []int{1, 2, 3, 4, 5, 6, 7, 8, 11}},

		// Names.
		{"peer:alice", []int{3, 4, 5, 6, 9, 10, 13}},
		{"peer:alice -kind:packet", []int{3, 4, 5, 6}},
		{"peer:office,home", []int{11, 28}},
		{"peer:al*", []int{3, 4, 5, 6, 9, 10, 13}},
		{"proto:stun", []int{9, 12}},
		{"proto:sctp", []int{10, 13}},
		{"type:binding-request", []int{9, 12}},
		{"type:use-*", []int{9, 12}},
		{"type:offer", []int{5, 7}},
		{"type:relay", []int{25}},
		{"type:nack", []int{27}},
		{"reason:queue", []int{13}},
		{`reason:"queue full"`, []int{13}},
		{`reason:"*down"`, []int{8}},
		{"reason:*", []int{8, 13}},
		{"at:home", []int{11, 12, 13}},
		{"at:home/up", []int{12, 13}},
		{"at:office", []int{12, 28}},
		{"from:alice", []int{5, 6, 7, 8, 9, 10, 12, 13}},
		{"from:10.0.0.1", []int{9, 10, 12, 13}},
		{"to:bob", []int{5, 6, 7, 8, 9, 12}},
		{"to:203.0.113.7:41234", []int{9, 10, 12, 13}},
		{"to:203.0.113.7:1", nil},
		{"state:failed", []int{14}},
		{"state:open,stable", []int{15, 17}},
		{"channel:chat", []int{17, 18, 19, 20}},
		{"method:create*", []int{3, 4}},
		{"error:invalid", []int{20}},
		{"error:unreach", []int{26}},
		{"rule:event-after-close", []int{21}},
		{"track:cam", []int{27}},
		{"level:error", []int{22}},
		{"scope:ice", []int{22}},

		// Qualities.
		{"lost", []int{6, 8, 10, 13}},
		{"is:lost kind:packet", []int{10, 13}},
		{"delivered", []int{5, 7, 9, 12}},
		{"error", []int{20, 22, 26}},
		{"failed", []int{14, 23, 29}},
		{"late", []int{15}},
		{"derived", []int{16}},
		{"note", []int{2}},
		{"remark", []int{21}},
		{"step", []int{2}},
		{"is:step,remark", []int{2, 21}},

		// Numbers.
		{"seq:12", []int{12}},
		{"seq:12..14", []int{12, 13, 14}},
		{"seq>27", []int{28, 29}},
		{"seq>=28", []int{28, 29}},
		{"seq<2", []int{1}},
		{"seq<=1", []int{1}},
		{"seq<0", nil},
		{"seq>9223372036854775807", nil},
		{"seq:..2", []int{1, 2}},
		{"seq:28..", []int{28, 29}},
		{"seq:>28", []int{29}},
		{"seq!=1 seq<4", []int{2, 3}},
		{"time>2s", []int{20, 21, 22, 23, 24, 25, 26, 27, 28, 29}},
		{"time:40ms", []int{7, 8}},
		{"time:1s..1.1s", []int{9, 10, 11}},
		{"time:1..1.1", []int{9, 10, 11}},
		{"cause:3", []int{4, 5}},
		{"cause:0", nil},
		{"size>1200", []int{10, 13}},
		{"size:120", []int{9, 12}},
		{"size<20", []int{18}},
		{"delay>100ms", []int{12}},
		{"delay:40ms", []int{7}},
		{"wait>=20ms", []int{12}},
		{"took>1s", []int{20}},
		{"id:2", []int{10, 13}},
		{"line:12", []int{2}},
		{"ssrc:77", []int{27}},

		// How they join.
		{"", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}},
		{"peer:bob remark", []int{21}},
		{"peer:bob AND remark", []int{21}},
		{"step or remark", []int{2, 21}},
		{"step | remark | late", []int{2, 15, 21}},
		{"step or peer:bob late", []int{2, 15}},
		{"(step or peer:bob) (late or note)", []int{2, 15}},
		{"not (kind:packet or seq>3)", []int{1, 2, 3}},
		{"-seq>3", []int{1, 2, 3}},
		{"!-(seq:2)", []int{2}},
		{"not lost kind:packet", []int{9, 12}},
	} {
		if tt.want == nil {
			tt.want = []int{}
		}
		if diff := cmp.Diff(tt.want, picked(t, r, tt.text)); diff != "" {
			t.Errorf("%q picks other events (-want +got):\n%s", tt.text, diff)
		}
	}
}

// Of a packet that did not arrive, the topology tells for whom it was.
func TestRecipient(t *testing.T) {
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	log := recorder.NewLog(func() time.Duration { return 0 }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Error(err)
		}
	})
	host := func(name, network, address, server string) recorder.TopologyHost {
		return recorder.TopologyHost{Name: name, Server: server, Interfaces: []recorder.TopologyInterface{{Name: "eth0", Network: network, Address: address}}}
	}
	log.Add("", recorder.KindTopology, 0, recorder.Topology{ // 1
		Networks: []recorder.TopologyNetwork{
			{Name: "internet"},
			{Name: "carrier", Behind: "internet", Public: []string{"198.51.100.1"}},
			{Name: "home", Behind: "carrier", Public: []string{"100.64.0.2"}},
			{Name: "shop", Behind: "carrier", Public: []string{"100.64.0.3"}},
			{Name: "loop", Behind: "loop", Public: []string{"100.64.0.4"}},
		},
		Hosts: []recorder.TopologyHost{
			host("alice", "home", "192.168.1.2", ""), host("bob", "internet", "203.0.113.7", ""), host("carol", "shop", "192.168.1.2", ""),
			host("relay", "internet", "203.0.113.9", "turn:3478"), host("dave", "loop", "10.0.0.1", ""),
		},
	})
	for i, dst := range []string{"203.0.113.7:1", "100.64.0.2:1", "198.51.100.1:1", "192.168.1.2:1", "203.0.113.9:3478", "nobody", "100.64.0.4:2"} {
		sent := log.Add("x", recorder.KindPacketSent, 0, recorder.PacketSent{ID: uint64(i + 1), Dst: dst, Protocol: "stun"}) // 2, 4, …
		log.Add("home/up", recorder.KindPacketDropped, sent, recorder.PacketEnd{ID: uint64(i + 1), From: "x", Reason: "loss"})
	}
	for range 100 {
		log.Add("", recorder.KindStep, 0, recorder.Step{})
	}
	live.Finish(recorder.End{})
	var names filter.Names
	if err := names.Collect(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	if e := names.Check(parse(t, "to:bob,dave")); e != nil {
		t.Error(e)
	}
	for _, tt := range []struct {
		text string
		want []int
	}{
		{"to:bob lost", []int{2, 3}},
		{"to:alice", []int{4, 5}},
		{"to:carol", []int{}}, // 198.51.100.1 and 192.168.1.2 may be alice's
		{"to:relay", []int{10, 11}},
		{"to:dave", []int{14, 15}},
	} {
		if diff := cmp.Diff(tt.want, picked(t, live, tt.text)); diff != "" {
			t.Errorf("%q picks other events (-want +got):\n%s", tt.text, diff)
		}
	}
}

// An event alone is as one in a recording, but for what others tell of it.
func TestMatchEvent(t *testing.T) {
	r := session(t)
	for _, tt := range []struct {
		text string
		want []int
	}{
		{"lost", []int{8, 13}},
		{"peer:alice lost", []int{13}},
		{"to:bob", []int{5, 6, 7, 8, 12}},
		{"size>1", []int{9, 10, 18}},
		{"delay>1ms", nil},
		{"kind:state", []int{14, 15, 16}},
		{"chat took>1s", []int{20}},
		{"", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}},
	} {
		f, err := filter.Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for n := 1; n <= r.Len(); n++ {
			e, err := r.Event(n)
			if err != nil {
				t.Fatal(err)
			}
			if f.MatchEvent(e) {
				got = append(got, n)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q picks other events (-want +got):\n%s", tt.text, diff)
		}
	}
}

// A damaged event is picked by nothing that is asked of an event.
func TestDamaged(t *testing.T) {
	broken := recorder.Event{Kind: recorder.KindPacketSent, Data: json.RawMessage(`{"id":1,"types":["a",{"size":`)}
	for _, text := range []string{"proto:stun", "type:b*", "size>0", "from:1.1.1.1", "at:home", "words", "lost", `"a"`} {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if text != `"a"` && f.MatchEvent(broken) {
			t.Errorf("%s picks an event that is cut off", text)
		}
		if f.MatchEvent(recorder.Event{}) {
			t.Errorf("%s picks an event of which nothing is known", text)
		}
		if f.MatchEntry(recorder.Entry{}) == filter.Yes {
			t.Errorf("%s picks an entry of which nothing is known", text)
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"  ", ""},
		{" Peer:bob   LOST ", "peer:bob lost"},
		{`peer="bob"`, "peer:bob"},
		{`reason:"queue full",loss`, `reason:"queue full",loss`},
		{"a and b or c", "a b or c"},
		{"(a or b) c", "(a or b) c"},
		{"((a)) (b (c))", "a b c"},
		{"not not a", "a"},
		{"not (a b)", "-(a b)"},
		{"-peer:bob", "-peer:bob"},
		{"peer!=bob", "-peer:bob"},
		{`"lost"`, `"lost"`},
		{`"or" "a=b" "x\"y\\"`, `"or" "a=b" "x\"y\\"`},
		{`"one"`, "one"},
		{"size:>1200", "size>1200"},
		{"time:1", "time:1s"},
		{"time:..2", "time<=2s"},
		{"time:1s..2s", "time:1s..2s"},
		{"is:lost,error", "lost or error"},
		{"10.0.0.1:5000", "10.0.0.1:5000"},
	} {
		f, err := filter.Parse(tt.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.text, err)
			continue
		}
		if got := f.String(); got != tt.want {
			t.Errorf("%q is %q, want %q", tt.text, got, tt.want)
		}
		if f.Empty() != (tt.want == "") {
			t.Errorf("%q is empty: %t", tt.text, f.Empty())
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ text, at, want string }{
		{"pere:bob", "pere", `events have no "pere"; did you mean peer?`},
		{"lost foo:bar", "foo", `events have no "foo"; quote it to look for the text`},
		{"peer:", "peer:", "a name is missing, as in peer:bob …"},
		{"peer: bob", "peer:", "a name is missing, as in peer:bob"},
		{"peer:a,", "peer:a,", "a name is missing, as in peer:bob …"},
		{"peer>bob", ">", "peer is a name: it cannot be compared with >; use peer:"},
		{"kind:pakcet", "pakcet", `there is no kind "pakcet"; did you mean packet?`},
		{"kind:xyz", "xyz", `there is no kind "xyz"`},
		{"proto:udp", "udp", `there is no proto "udp"; possible are unknown, stun, turn, dtls, srtp, srtcp, sctp`},
		{"proto:rtp", "rtp", `there is no proto "rtp"; did you mean srtp?`},
		{"proto:s,xx", "s", `there is no proto "s"; possible are unknown, stun, turn, dtls, srtp, srtcp, sctp`},
		{"is:lots", "lots", `there is no quality "lots"; did you mean lost?`},
		{"size>big", "big", "big is no whole number; as in size>1200"},
		{"size>-1", "-1", "-1 is no whole number; as in size>1200"},
		{"size>99999999999999999999", "99999999999999999999", "99999999999999999999 is too large; as in size>1200"},
		{"size>", "size>", "a number is missing, as in size>1200 …"},
		{"time>1x", "1x", "1x is no duration; as in time:1s..2s"},
		{"time:1s..x", "x", "x is no duration; as in time:1s..2s"},
		{"time>1s..2s", "1s..2s", "> takes a single number; use time:1s..2s"},
		{"time:2s..1s x", "2s..1s", "the range ends before it begins"},
		{"time:..", "..", "both ends of the range are missing …"},
		{"seq:1,2", ",", "only one number can stand here; use seq:FROM..TO, or join terms with or"},
		{`"no route`, `"no route`, "the closing quote is missing …"},
		{`reason:"queue`, `"queue`, "the closing quote is missing …"},
		{`""`, `""`, "there is nothing between the quotes"},
		{"(a", "(", "the parenthesis is not closed …"},
		{"a)", ")", "nothing is open that this could close; text with parentheses needs quotes"},
		{"send()", "()", "there is nothing between the parentheses; text with parentheses needs quotes"},
		{"or a", "or", `nothing stands before "or"; write "or" in quotes to look for it`},
		{"and a", "and", `nothing stands before "and"; write "and" in quotes to look for it`},
		{"a or", "", "an alternative is missing …"},
		{"a or or b", "o", "an alternative is missing"},
		{"(a or) b", ")", "an alternative is missing"},
		{"a and", "", `something is missing after "and" …`},
		{"a and and b", "and", `something is missing before "and"; write "and" in quotes to look for it`},
		{"not &a", "&", `something is missing before "&"; write "&" in quotes to look for it`},
		{"not", "", `something is missing after "not" …`},
		{"a -", "", `something is missing after "-" …`},
		{"(-)", "-", `something is missing after "-"`},
		{strings.Repeat("(", 1000), "(", "it is nested too deep"},
		{strings.Repeat("-", 1000) + "a", "-", "it is nested too deep"},
	} {
		f, err := filter.Parse(tt.text)
		e, ok := err.(*filter.Error)
		if !ok || f != nil {
			t.Errorf("%.20q is read as %v, with the error %v", tt.text, f, err)
			continue
		}
		got := e.Error()
		if e.Incomplete {
			got += " …"
		}
		if got != tt.want {
			t.Errorf("%.20q: %s\nwant %s", tt.text, got, tt.want)
		}
		if at := tt.text[e.From:e.To]; at != tt.at {
			t.Errorf("%.20q: the error is at %q, want %q", tt.text, at, tt.at)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "all events"},
		{"kind:packet peer:bob proto:stun lost", "packets that bob sent or received, of STUN, that were lost"},
		{"peer:bob", "events of bob"},
		{"lost", "packets and signaling messages that were lost"},
		{"remark", "remarks"},
		{"-remark", "events that are no remarks"},
		{"remark peer:alice,bob", "remarks of alice or bob"},
		{`"no route"`, "events that mention “no route”"},
		{"-hello world", "events that do not mention “hello”, that mention “world”"},
		{"state:failed", "state changes to failed"},
		{"method:createOffer", "calls of createOffer"},
		{"method:createOffer error", "calls of createOffer, that are errors"},
		{"reason:loss", "packets and signaling messages lost for the reason “loss”"},
		{"kind:packet-dropped reason:loss at:home", "dropped packets lost for the reason “loss”, at home"},
		{"size>1200", "events of more than 1200 bytes"},
		{"kind:packet size:100..200", "packets of 100 to 200 bytes"},
		{"time>1s", "events after 1s"},
		{"time>=1s time<2s", "events from 1s on, before 2s"},
		{"time:1s..2s", "events from 1s to 2s"},
		{"time:1s", "events at exactly 1s"},
		{"cause:120", "events caused by event 120"},
		{"took>1s", "calls that took more than 1s"},
		{"kind:log,state", "log lines of pion and state changes"},
		{"kind:icec", "icecandidate, icecandidateerror and iceconnectionstatechange events"},
		{"kind:s", "s… events"},
		{"kind:datachannel", "datachannel events"},
		{"kind:packet -kind:packet-sent", "packets that are not sent packets"},
		{"lost or error", "packets and signaling messages that were lost; or events that are errors"},
		{"peer:bob (lost or error)", "events of bob, that are either packets and signaling messages that were lost or events that are errors"},
		{"-(step or remark)", "events that are neither steps of the scenario nor remarks"},
		{"-(step peer:bob)", "events that are not steps of the scenario of bob"},
		{"-peer:bob kind:packet", "packets that bob neither sent nor received"},
	} {
		f, err := filter.Parse(tt.text)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.text, err)
			continue
		}
		if got := f.Explain(); got != tt.want {
			t.Errorf("%q picks %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestComplete(t *testing.T) {
	r := session(t)
	var names filter.Names
	if err := names.Collect(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string // with | for the cursor
		want []string
	}{
		{"pee|", []string{"peer:|"}},
		{"-pee|", []string{"-peer:|"}},
		{"lost (pee|", []string{"lost (peer:|"}},
		{"pee| lost", []string{"peer:| lost"}},
		{"pe|:bob", []string{"peer:|bob"}},
		{"peer:|", []string{"peer:alice|", "peer:bob|", "peer:home|", "peer:home/up|", "peer:office|"}},
		{"peer:b|", []string{"peer:bob|"}},
		{"peer:B|", []string{"peer:bob|"}},
		{"peer:bob|", nil},
		{"peer:alice,b|", []string{"peer:alice,bob|"}},
		{"peer:a|,bob", []string{"peer:alice|,bob"}},
		{"reason:q|", []string{`reason:"queue full"|`}},
		{`reason:"q|`, []string{`reason:"queue full"|`}},
		{"reason:full|", []string{`reason:"queue full"|`}},
		{"kind:packet-d|", []string{"kind:packet-delivered|", "kind:packet-dropped|"}},
		{"kind:sig|", []string{"kind:signal|", "kind:signal-sent|", "kind:signal-delivered|", "kind:signal-dropped|", "kind:signalingstatechange|"}},
		{"is:lo|", []string{"is:lost|"}},
		{"createo|", []string{"method:createOffer|"}},
		{"bob|", []string{"peer:bob|"}},
		{"siz|", []string{"size>|"}},
		{"size>|", nil},
		{`"pee|`, nil},
		{"xyzzy|", nil},
		{"ste|", []string{"step|", "kind:step|"}},
	} {
		text, rest, _ := strings.Cut(tt.text, "|")
		var got []string
		for _, c := range filter.Complete(text+rest, len(text), &names) {
			completed, cursor := c.Apply(text + rest)
			got = append(got, completed[:cursor]+"|"+completed[cursor:])
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q has other completions (-want +got):\n%s", tt.text, diff)
		}
	}
}

// All that can begin a term is offered where nothing is written yet, and is explained.
func TestCompleteNothing(t *testing.T) {
	for _, text := range []string{"", "lost ", "(", "lost or "} {
		got := filter.Complete(text, len(text), nil)
		if len(got) < 30 {
			t.Errorf("%q has only %d completions", text, len(got))
		}
		for _, c := range got {
			if c.Explains == "" || c.From != len(text) || c.To != len(text) {
				t.Errorf("%q: the completion is %+v", text, c)
			}
			// Each is right as far as it goes.
			completed, _ := c.Apply(text)
			if _, err := filter.Parse(completed); err != nil && !err.(*filter.Error).Incomplete {
				t.Errorf("%q cannot be read: %v", completed, err)
			}
		}
	}
}

func TestCompletionExplains(t *testing.T) {
	var names filter.Names
	if err := names.Collect(t.Context(), session(t)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"peer:al", "6 events"},
		{"reason:queue", "1 event"},
		{"kind:pack", "packets, 4 events"},
		{"method:se", "2 events"},
		{"kind:rem", "what pion did differs from the standard; its cause is the event that differs, 1 event"},
		{"los", "packets and signaling messages that did not arrive"},
		{"dela", "how long a packet or a message was under way, as in delay>100ms"},
	} {
		got := filter.Complete(tt.text, len(tt.text), &names)
		if len(got) == 0 || got[0].Explains != tt.want {
			t.Errorf("%q: %+v, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	var names filter.Names
	if f, _ := filter.Parse("peer:bobb"); names.Check(f) != nil {
		t.Error("a name is called unknown before all are known")
	}
	if err := names.Collect(t.Context(), session(t)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"peer:bob lost", ""},
		{"lost peer:bobb", `peer:bobb: no event in this recording has the peer "bobb"; did you mean bob?`},
		{"peer:bob,carol", `peer:bob,carol: no event in this recording has the peer "carol"`},
		{"peer:b*", ""},
		{"reason:queue", ""},
		{"reason:cue", `reason:cue: no event in this recording has the reason "cue"`},
		{"kind:packet", ""},
		{"kind:snapshot", `kind:snapshot: no event in this recording has the kind "snapshot"`},
		{"method:create", `method:create: no event in this recording has the method "create"; did you mean createOffer?`},
		{"at:home", ""},
		{"to:10.1.2.3", ""},
		{"words size>1", ""},
	} {
		f, err := filter.Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e := names.Check(f); e != nil {
			got = tt.text[e.From:e.To] + ": " + e.Error()
		}
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "peer:bob kind:packet proto:stun lost", `"no route" or -(a b)`, "time:1s..2s size>1200", "not not -!a", "(((", `"\"\\`, "is:lost,error",
		"a|b&c", "peer!=a,\"b c\"", "seq:..", "time>1e9", "é ü:x", "\xff", "-", "not &0", "or", "kind:*",
	} {
		f.Add(text, 3)
	}
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		for _, c := range filter.Complete(text, cursor, nil) {
			if completed, at := c.Apply(text); at > len(completed) {
				t.Fatalf("%q: %+v puts the cursor at %d of %d", text, c, at, len(completed))
			}
		}
		parsed, err := filter.Parse(text)
		if err != nil {
			e := err.(*filter.Error)
			if e.From < 0 || e.To < e.From || e.To > len(text) || e.Message == "" {
				t.Fatalf("%q: the error is %+v", text, e)
			}
			return
		}
		if parsed.Explain() == "" {
			t.Fatalf("%q is not explained", text)
		}
		again, err := filter.Parse(parsed.String())
		if err != nil {
			t.Fatalf("%q is %q, which cannot be read: %v", text, parsed, err)
		}
		if again.String() != parsed.String() || again.Explain() != parsed.Explain() {
			t.Fatalf("%q is %q, which is read as %q", text, parsed, again)
		}
	})
}

func FuzzMatchEvent(f *testing.F) {
	var filters []*filter.Filter
	for _, text := range []string{
		"word 12", "proto:stun", "type:a*", "at:home", "from:1.2.3.4", "to:bob", "size>1", "wait>1ms", "error:x", "failed", "lost", "state:failed", "took>1s",
	} {
		parsed, err := filter.Parse(text)
		if err != nil {
			f.Fatal(err)
		}
		filters = append(filters, parsed)
	}
	var kinds []string
	for _, info := range recorder.Kinds {
		kinds = append(kinds, string(info.Kind))
	}
	f.Add(0, []byte(`{"a":["b",{"c":1}],"types":["x"]}`))
	f.Add(15, []byte(`{"path":[{"at":"home/up","wait":12},`))
	f.Add(20, []byte(`{"a\"":"\u00e9\\","b":}`))
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		e := recorder.Event{Seq: 1, Kind: recorder.Kind(kinds[uint(kind)%uint(len(kinds))]), Data: data}
		for _, f := range filters {
			f.MatchEvent(e)
		}
	})
}

// What is found in the background is what each event says of itself.
func TestFind(t *testing.T) {
	r := session(t)
	for _, text := range []string{"", "peer:alice", "lost", "nothing-at-all", "seq:1", "seq:29"} {
		f, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		want := picked(t, r, text)
		m := filter.Find(r, f)
		<-m.Done()
		checkMatches(t, m, want, r.Len())
	}
}

func checkMatches(t *testing.T, m *filter.Matches, want []int, events int) {
	t.Helper()
	if m.Count() != len(want) || m.Decided() != events {
		t.Errorf("%q: %d of %d found, want %d of %d", m.Filter(), m.Count(), m.Decided(), len(want), events)
	}
	rank := 0
	for n := -1; n <= events+1; n++ {
		has := slices.Contains(want, n)
		next, previous := 0, 0
		if rank > 0 {
			previous = want[rank-1]
		}
		if has {
			rank++
		}
		if rank < len(want) {
			next = want[rank]
		}
		got := fmt.Sprint(m.Has(n), m.Rank(n), m.Next(n), m.Previous(n), m.Nth(rank))
		nth := 0
		if rank > 0 {
			nth = want[rank-1]
		}
		if want := fmt.Sprint(has, rank, next, previous, nth); got != want {
			t.Fatalf("%q, event %d: has, rank, next, previous, nth are %s, want %s", m.Filter(), n, got, want)
		}
	}
}
