package ice

import (
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// session feeds a table with events that are made by hand. alice (10.0.0.1:1) is behind a NAT (1.1.1.1:9), bob is 2.2.2.2:2.
type session struct {
	t      *testing.T
	table  *Table
	now    time.Duration
	seq    uint64
	packet uint64
}

func (s *session) add(peer string, kind recorder.Kind, cause uint64, data any) uint64 {
	s.t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.seq++
	if err := s.table.Add(recorder.Event{Seq: s.seq, Time: s.now, Peer: peer, Kind: kind, Cause: cause, Data: text}); err != nil {
		s.t.Error(err)
	}
	return s.seq
}

func (s *session) call(peer, method, args string) {
	s.t.Helper()
	seq := s.add(peer, recorder.KindCall, 0, recorder.Call{Method: method, Args: json.RawMessage(args)})
	s.add(peer, recorder.KindReturn, seq, recorder.Return{Method: method})
}

const (
	alice = "10.0.0.1:1"
	bob   = "2.2.2.2:2"
)

// begin returns a session in which alice has offered to bob and both know each other's host candidate.
func begin(t *testing.T) *session {
	s := &session{t: t, table: New()}
	s.add("", recorder.KindRun, 0, recorder.Run{Identity: recorder.Identity{Options: recorder.Options{Packets: recorder.PacketsFull}}})
	description := func(typ, name string) string {
		return fmt.Sprintf(`{"type":%q,"sdp":"v=0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"}`, typ, name, name)
	}
	for _, name := range []string{"alice", "bob"} {
		s.call(name, "RTCPeerConnection", "{}")
	}
	s.call("alice", "setLocalDescription", description("offer", "alice"))
	s.call("bob", "setRemoteDescription", description("offer", "alice"))
	s.call("bob", "setLocalDescription", description("answer", "bob"))
	s.call("alice", "setRemoteDescription", description("answer", "bob"))
	s.add("alice", recorder.KindICECandidate, 0, recorder.Candidate{Candidate: "candidate:1 1 udp 2130706431 10.0.0.1 1 typ host ufrag alice"})
	s.add("bob", recorder.KindICECandidate, 0, recorder.Candidate{Candidate: "candidate:1 1 udp 2130706431 2.2.2.2 2 typ host ufrag bob"})
	s.call("alice", "addIceCandidate", `{"candidate":"candidate:1 1 udp 2130706431 2.2.2.2 2 typ host ufrag bob"}`)
	return s
}

// send sends a STUN message from alice to bob, or from bob to alice's NAT.
func (s *session) send(peer string, setters ...stun.Setter) (event uint64) {
	s.t.Helper()
	m, err := stun.Build(setters...)
	if err != nil {
		s.t.Fatal(err)
	}
	src, dst := alice, bob
	if peer == "bob" {
		src, dst = bob, "1.1.1.1:9"
	}
	s.packet++
	return s.add(peer, recorder.KindPacketSent, 0, recorder.PacketSent{ID: s.packet, Src: src, Dst: dst, Protocol: "stun", Size: len(m.Raw), Payload: m.Raw})
}

// number is a transaction's, made of a number.
func number(n byte) stun.Setter { return stun.NewTransactionIDSetter([12]byte{n}) }

// check sends a check of alice's.
func (s *session) check(n byte, more ...stun.Setter) uint64 {
	s.t.Helper()
	role := stun.RawAttribute{Type: stun.AttrICEControlling, Value: []byte{0, 0, 0, 0, 0, 0, 0, 7}}
	return s.send("alice", append([]stun.Setter{stun.BindingRequest, number(n), stun.NewUsername("bob:alice"), role}, more...)...)
}

// respond sends bob's answer to a check.
func (s *session) respond(n byte, typ stun.MessageType, more ...stun.Setter) uint64 {
	s.t.Helper()
	mapped := &stun.XORMappedAddress{IP: net.IPv4(1, 1, 1, 1), Port: 9}
	return s.send("bob", append([]stun.Setter{typ, number(n), mapped}, more...)...)
}

// out is a packet's way from alice to bob, and in the way back.
var (
	out = []recorder.Hop{{At: "home", Src: "1.1.1.1:9", Dst: bob}}
	in  = []recorder.Hop{{At: "home", Src: bob, Dst: alice}}
)

// pair returns the only pair of a peer with that remote address.
func (s *session) pair(peer, remote string) *Pair {
	s.t.Helper()
	for _, p := range s.table.At().Peers {
		for _, pair := range p.Current().Pairs {
			if p.Name == peer && strings.HasSuffix(pair.Remote.String(), remote) {
				return pair
			}
		}
	}
	s.t.Fatalf("%s has no pair with %s", peer, remote)
	return nil
}

// TestOutcome lets one check of alice's come to each possible end.
func TestOutcome(t *testing.T) {
	var (
		delivered = func(s *session, to string, sent uint64, path []recorder.Hop) {
			s.add(to, recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: s.packet, Path: path})
		}
		dropped = func(s *session, sent uint64) {
			s.add("home", recorder.KindPacketDropped, sent, recorder.PacketEnd{ID: s.packet, Reason: "filtered by the NAT", Detail: "no permission"})
		}
	)
	for _, test := range []struct {
		name  string
		do    func(s *session)
		want  Check
		state State
	}{
		{"under way", func(s *session) { s.check(1) }, Check{Outcome: UnderWay}, InProgress},
		{"lost", func(s *session) { dropped(s, s.check(1)) },
			Check{Outcome: Lost, At: "home", Reason: "filtered by the NAT", Detail: "no permission"}, InProgress},
		{"corrupted", func(s *session) {
			s.add("bob", recorder.KindPacketDelivered, s.check(1), recorder.PacketEnd{ID: 1, Path: out, Corrupted: []int{3}})
		}, Check{Outcome: Lost, At: "bob", Reason: "corrupted"}, InProgress},
		{"arrived", func(s *session) { delivered(s, "bob", s.check(1), out) }, Check{Outcome: Arrived}, InProgress},
		{"ignored", func(s *session) {
			sent := s.send("alice", stun.BindingRequest, number(1), stun.NewUsername("bobby:alice"))
			delivered(s, "bob", sent, out)
		}, Check{Outcome: Ignored, At: "bob", Reason: "USERNAME is for bobby, not bob"}, InProgress},
		{"answer under way", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			s.respond(1, stun.BindingSuccess)
		}, Check{Outcome: Responded}, InProgress},
		{"answer lost", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			dropped(s, s.respond(1, stun.BindingSuccess))
		}, Check{Outcome: AnswerLost, At: "home", Reason: "filtered by the NAT", Detail: "no permission"}, InProgress},
		{"answered", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			sent := s.respond(1, stun.BindingSuccess)
			s.now += 30 * time.Millisecond
			delivered(s, "alice", sent, in)
		}, Check{Outcome: Answered, RoundTrip: 30 * time.Millisecond}, Succeeded},
		{"lost, but for a copy", func(s *session) {
			sent := s.check(1)
			second := s.add("home/up", recorder.KindPacketSent, sent, recorder.PacketSent{ID: 2, CopyOf: 1, Src: alice, Dst: bob, Protocol: "stun"})
			dropped(s, sent)
			delivered(s, "bob", second, out)
		}, Check{Outcome: Arrived}, InProgress},
		{"late", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			sent := s.respond(1, stun.BindingSuccess)
			s.now += 4 * time.Second
			delivered(s, "alice", sent, in)
		}, Check{Outcome: Late}, InProgress},
		{"asymmetric", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			delivered(s, "alice", s.respond(1, stun.BindingSuccess), []recorder.Hop{{At: "home", Src: "2.2.2.2:3", Dst: alice}})
		}, Check{Outcome: Asymmetric, At: "2.2.2.2:3"}, InProgress},
		{"refused", func(s *session) {
			delivered(s, "bob", s.check(1), out)
			delivered(s, "alice", s.respond(1, stun.BindingError, stun.CodeRoleConflict), in)
		}, Check{Outcome: Refused, Reason: "error 487"}, InProgress},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := begin(t)
			s.now = time.Second
			test.do(s)
			p := s.pair("alice", bob)
			got := *p.Last
			if got.Sent != time.Second || got.Packet != 1 || (got.EndEvent == 0) != (got.Outcome == UnderWay) {
				t.Errorf("sent at %v as packet %d, ended by event %d", got.Sent, got.Packet, got.EndEvent)
			}
			got.Packet, got.Event, got.Sent, got.End, got.EndEvent = 0, 0, 0, 0, 0
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want (-), got (+)\n%s", diff)
			}
			if p.State != test.state {
				t.Errorf("the pair is %s, want %s", p.State, test.state)
			}
		})
	}
}

// TestReflexive follows a check through a NAT: each side learns a candidate from it.
func TestReflexive(t *testing.T) {
	s := begin(t)
	sent := s.check(1, stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{0x6e, 0, 0, 0xff}})
	s.add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 1, Path: out})
	sent = s.respond(1, stun.BindingSuccess)
	s.add("alice", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 2, Path: in})

	p := s.pair("bob", "1.1.1.1:9")
	if p.Remote.Type != "prflx" || p.Remote.Priority != 0x6e0000ff || p.Received.N != 1 || p.Responded.N != 1 {
		t.Errorf("bob: %v with priority %#x, %d received, %d answered", p.Remote, p.Remote.Priority, p.Received.N, p.Responded.N)
	}
	g := s.table.At().Peers[0].Current()
	if len(g.Local) != 2 || g.Local[1].String() != "prflx 1.1.1.1:9" || g.Local[1].Base != alice || len(g.Pairs) != 1 {
		t.Errorf("alice has %v and %d pairs, want a peer-reflexive candidate that forms none", g.Local, len(g.Pairs))
	}

	// Once it is signalled, it is what the signalling says.
	s.call("bob", "addIceCandidate", `{"candidate":"candidate:2 1 udp 1694498815 1.1.1.1 9 typ srflx raddr 10.0.0.1 rport 1 ufrag alice"}`)
	if q := s.pair("bob", "1.1.1.1:9"); q.Remote.Type != "srflx" || q.Remote.Label != p.Remote.Label || q.Received.N != 1 || p.Remote.Type != "prflx" {
		t.Errorf("bob: %v and %v", q.Remote, p.Remote)
	}
}

// TestTime sees what time alone brings.
func TestTime(t *testing.T) {
	s := begin(t)
	for n := range byte(8) {
		s.now = time.Duration(n) * time.Second
		s.check(n + 1)
	}
	last := s.now
	for _, test := range []struct {
		at   time.Duration
		want State
	}{{last, InProgress}, {last + 200*time.Millisecond - 1, InProgress}, {last + 200*time.Millisecond, Failed}} {
		if s.table.Advance(test.at); s.pair("alice", bob).State != test.want {
			t.Errorf("at %v: %s, want %s", test.at, s.pair("alice", bob).State, test.want)
		}
	}

	// A pair that has failed succeeds all the same when it is answered.
	s.now = last + 300*time.Millisecond
	s.add("bob", recorder.KindPacketDelivered, s.check(9, stun.RawAttribute{Type: stun.AttrUseCandidate}), recorder.PacketEnd{ID: 9, Path: out})
	s.add("alice", recorder.KindPacketDelivered, s.respond(9, stun.BindingSuccess), recorder.PacketEnd{ID: 10, Path: in})
	s.add("alice", recorder.KindSelectedCandidatePairChange, 0, recorder.CandidatePair{
		Local: recorder.PairEnd{Type: "host", Address: "10.0.0.1", Port: 1}, Remote: recorder.PairEnd{Type: "host", Address: "2.2.2.2", Port: 2},
	})
	p := s.pair("alice", bob)
	if p.State != Succeeded || !p.Selected || !p.Nominated || p.Nomination.Packet != 9 {
		t.Fatalf("%+v", p)
	}
	for _, test := range []struct {
		at   time.Duration
		want bool
	}{{s.now + 30*time.Second - 1, false}, {s.now + 30*time.Second, true}} {
		s.table.Advance(test.at)
		if c := s.pair("alice", bob).Consent; c == nil || c.Expired != test.want || c.Expires != s.now+30*time.Second {
			t.Errorf("at %v: %+v", test.at, c)
		}
	}
	i := slices.IndexFunc(s.table.At().Changes, func(c Change) bool { return c.Aspect == AspectConsent })
	if i < 0 {
		t.Fatal("no change tells that consent ran out")
	}
	if c := s.table.At().Changes[i]; c.Time != s.now+30*time.Second || c.Event != 0 || c.Subject != p.Label() {
		t.Errorf("%+v", c)
	}
}

// TestViews sees that a view never changes, and that what has not changed is shared.
func TestViews(t *testing.T) {
	s := begin(t)
	s.check(1)
	before := s.table.At()
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	changes := len(before.Changes)
	s.now = time.Second
	s.check(2)
	s.add("alice", recorder.KindICETransportStateChange, 0, recorder.StateChange{State: "failed"})
	after := s.table.At()
	if again, _ := json.Marshal(before); string(again) != string(text) || len(before.Changes) != changes {
		t.Errorf("a view has changed\nfrom %s\nto   %s", text, again)
	}
	if before.Peers[0].Current() == after.Peers[0].Current() {
		t.Error("alice's generation has not changed")
	}
	if before.Peers[1].Current() != after.Peers[1].Current() {
		t.Error("bob's generation has been made anew, although nothing has changed")
	}
	if e := after.Peers[0].Current().Ended; e == nil || e.Reason != "failed" || e.Time != time.Second {
		t.Errorf("ended: %+v", e)
	}
}

// TestTypes follows a check of which there is no payload.
func TestTypes(t *testing.T) {
	s := begin(t)
	sent := s.add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: alice, Dst: bob, Protocol: "stun", Types: []string{"binding-request", "use-candidate"}})
	s.add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 1, Path: out})
	sent = s.add("bob", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 2, Src: bob, Dst: "1.1.1.1:9", Protocol: "stun", Types: []string{"binding-success", "binding-response"}, Answers: 1})
	s.add("alice", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 2, Path: in})
	p, q := s.pair("alice", bob), s.pair("bob", "1.1.1.1:9")
	if p.State != Succeeded || p.Answered.N != 1 || !p.Nominated || q.Received.N != 1 || q.Responded.N != 1 || q.Nomination == nil {
		t.Errorf("alice %+v\nbob %+v", p, q)
	}
}

func TestUnreadable(t *testing.T) {
	s := begin(t)
	before, _ := json.Marshal(s.table.At().Peers)
	for _, e := range []recorder.Event{
		{Kind: recorder.KindCall, Peer: "alice", Data: json.RawMessage(`{"method":7}`)},
		{Kind: recorder.KindPacketSent, Peer: "alice", Data: json.RawMessage(`{"src":"nowhere","dst":"2.2.2.2:2","protocol":"stun"}`)},
		{Kind: recorder.KindPacketSent, Peer: "alice", Data: json.RawMessage(`{"src":"2.2.2.2:2","dst":"","protocol":"stun"}`)},
		{Kind: recorder.KindSnapshot, Peer: "alice", Data: json.RawMessage(`{"state":{"candidatePairs":7}}`)},
	} {
		e.Seq, e.Time = s.seq, s.now
		if s.table.Add(e) == nil {
			t.Errorf("no error about a %s with %s", e.Kind, e.Data)
		}
	}
	// What is no STUN, or no candidate, is no error: peers may send what they like.
	for _, payload := range [][]byte{nil, {0}, {0x40, 0, 0xff, 0xff}, []byte("\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl")} {
		s.packet++
		s.add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: s.packet, Src: alice, Dst: bob, Protocol: "stun", Payload: payload})
	}
	s.call("alice", "addIceCandidate", `{"candidate":"candidate:nonsense"}`)
	if after, _ := json.Marshal(s.table.At().Peers); string(after) != string(before) {
		t.Errorf("the table has changed\nfrom %s\nto   %s", before, after)
	}
}

func TestParseCandidate(t *testing.T) {
	for _, test := range []struct {
		text, want, related, base string
		err                       bool
	}{
		{"candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host ufrag abc", "host 10.0.0.1:5000", "", "10.0.0.1:5000", false},
		{"1 1 UDP 1 1.2.3.4 5 typ srflx raddr 0.0.0.0 rport 9", "srflx 1.2.3.4:5", "0.0.0.0:9", "0.0.0.0:9", false},
		{"candidate:1 1 tcp 1 ::1 9 typ host tcptype active", "host [::1]:9", "", "[::1]:9", false},
		{"candidate:1 1 udp 1 abc.local 5 typ host", "host abc.local:5", "", "invalid AddrPort", false},
		{"candidate:1 1 udp x 1.2.3.4 5 typ host", "", "", "", true},
		{"candidate:1 1 udp 1 1.2.3.4 70000 typ host", "", "", "", true},
		{"candidate:1 1 udp 1 1.2.3.4 5 type host", "", "", "", true},
		{"", "", "", "", true},
	} {
		c, err := parseCandidate(test.text)
		if (err != nil) != test.err {
			t.Errorf("%q: error %v", test.text, err)
		}
		if err == nil && (c.String() != test.want || c.Related != test.related || c.base.String() != test.base) {
			t.Errorf("%q: %v, related %s, base %v", test.text, c, c.Related, c.base)
		}
	}
}

// TestPriority compares pair priorities with RFC 8445, section 6.1.2.3, computed by hand.
func TestPriority(t *testing.T) {
	const host, srflx = 2130706431, 1694498815
	for _, test := range []struct {
		local, remote uint32
		role          string
		want          uint64
	}{
		{host, host, Controlling, 9151314442783293438},
		{host, srflx, Controlling, 1694498815<<32 + 2*2130706431 + 1},
		{host, srflx, Controlled, 1694498815<<32 + 2*2130706431},
		{srflx, host, Controlled, 1694498815<<32 + 2*2130706431 + 1},
		{host, srflx, "", 0},
		{host, 0, Controlling, 0},
	} {
		p := pair{local: &candidate{Candidate: Candidate{Priority: test.local}}, remote: &candidate{Candidate: Candidate{Priority: test.remote}}}
		if got := p.priority(test.role); got != test.want {
			t.Errorf("%d and %d, %s: %d, want %d", test.local, test.remote, test.role, got, test.want)
		}
	}
}
