package explain_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/recorder"
)

// session is a recording that is made by hand.
type session struct {
	t    *testing.T
	now  time.Duration
	log  *recorder.Log
	live *recorder.Live
}

func newSession(t *testing.T) *session {
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	s := &session{t: t, live: live}
	s.log = recorder.NewLog(func() time.Duration { return s.now }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *session) call(peer, method, args string) {
	seq := s.log.Add(peer, recorder.KindCall, 0, recorder.Call{Method: method, Args: json.RawMessage(args)})
	s.log.Add(peer, recorder.KindReturn, seq, recorder.Return{Method: method})
}

// finish ends the session and returns its facts.
func (s *session) finish(end recorder.End) *explain.Facts {
	s.t.Helper()
	s.live.Finish(end)
	return gather(s.t, s.live.Recording, s.live.Len())
}

// names are the rules of an explanation, in the order of its text.
func names(x *explain.Explanation) string {
	var list []string
	for _, c := range x.Causes {
		c.Walk(func(c *explain.Cause, _ int) {
			list = append(list, c.Rule)
		})
	}
	return strings.TrimSpace(strings.Join(list, " "))
}

// TestRunStopped explains a run that crashed.
func TestRunStopped(t *testing.T) {
	s := newSession(t)
	s.call("alice", "RTCPeerConnection", "{}")
	x := explain.Session(s.finish(recorder.End{Outcome: recorder.OutcomeCrashed, Message: "panic: no reason"}))
	if got := names(x); got != "run-stopped" || x.Causes[0].Text != "the simulated program crashed: panic: no reason" {
		t.Errorf("explained by %s:\n%s", got, written(x))
	}
}

// TestPorts explains packets that were dropped by a NAT without ports, which takes 16,384 mappings to come by.
func TestPorts(t *testing.T) {
	s := newSession(t)
	s.log.Add("", recorder.KindTopology, 0, recorder.Topology{Networks: []recorder.TopologyNetwork{{Name: "home", NAT: "symmetric"}}})
	sent := s.log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "192.168.0.1:1", Dst: "198.19.0.1:1", Protocol: "stun"})
	s.log.Add("home", recorder.KindPacketDropped, sent, recorder.PacketEnd{ID: 1, Reason: "NAT out of ports"})
	x, err := explain.Event(s.finish(recorder.End{Outcome: recorder.OutcomePassed}))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(x); got != "nat-ports" {
		t.Errorf("explained by %q:\n%s", got, written(x))
	}
}

// TestRefused explains that a TURN server refuses with an error that no scenario can bring about.
func TestRefused(t *testing.T) {
	s := newSession(t)
	message := func(setters ...stun.Setter) []byte {
		return stun.MustBuild(append(setters, stun.NewTransactionIDSetter([12]byte{1}))...).Raw
	}
	s.log.Add("", recorder.KindTopology, 0, recorder.Topology{
		Networks: []recorder.TopologyNetwork{{Name: "internet"}},
		Hosts: []recorder.TopologyHost{
			{Name: "turn.example.net", Server: "turn:3478", Interfaces: []recorder.TopologyInterface{{Name: "eth0", Network: "internet", Address: "198.19.0.1", Up: true}}},
			{Name: "alice", Interfaces: []recorder.TopologyInterface{{Name: "eth0", Network: "internet", Address: "198.19.0.2", Up: true}}},
			{Name: "bob", Interfaces: []recorder.TopologyInterface{{Name: "eth0", Network: "internet", Address: "198.19.0.3", Up: true}}},
		},
	})
	const configuration = `{"iceServers":[{"urls":["turn:turn.example.net"],"username":"alice","credential":"secret"}],"iceTransportPolicy":"relay"}`
	for _, peer := range []string{"alice", "bob"} {
		s.call(peer, "RTCPeerConnection", configuration)
		s.log.Add(peer, recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: map[string]json.RawMessage{
			"connectionState":          json.RawMessage(`"failed"`),
			"signalingState":           json.RawMessage(`"stable"`),
			"ice":                      json.RawMessage(`{"state":"failed"}`),
			"currentLocalDescription":  json.RawMessage(`{"type":"offer","sdp":""}`),
			"currentRemoteDescription": json.RawMessage(`{"type":"answer","sdp":""}`),
			"configuration":            json.RawMessage(configuration),
		}})
		s.call(peer, "setLocalDescription", `{"type":"offer","sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"}`)
	}
	request := s.log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{
		ID: 1, Src: "198.19.0.2:5000", Dst: "198.19.0.1:3478", Protocol: "turn", Types: []string{"allocate-request"},
		Payload: message(stun.NewType(stun.MethodAllocate, stun.ClassRequest)),
	})
	s.log.Add("turn.example.net", recorder.KindPacketDelivered, request, recorder.PacketEnd{ID: 1})
	answer := s.log.Add("turn.example.net", recorder.KindPacketSent, 0, recorder.PacketSent{
		ID: 2, Src: "198.19.0.1:3478", Dst: "198.19.0.2:5000", Protocol: "turn", Types: []string{"allocate-error"}, Answers: 1,
		Payload: message(stun.NewType(stun.MethodAllocate, stun.ClassErrorResponse), stun.ErrorCodeAttribute{Code: 508}),
	})
	s.log.Add("alice", recorder.KindPacketDelivered, answer, recorder.PacketEnd{ID: 2})
	x := explain.Session(s.finish(recorder.End{Outcome: recorder.OutcomePassed}))
	if text := string(written(x)); !strings.Contains(names(x), "turn-refused") || !strings.Contains(strings.Join(strings.Fields(text), " "), "508 Insufficient Capacity") {
		t.Errorf("explained by %q:\n%s", names(x), text)
	}
}

// TestLayout lays an explanation out.
func TestLayout(t *testing.T) {
	x := &explain.Explanation{Causes: []*explain.Cause{{
		Text:     "the first – of all",
		Evidence: []explain.Evidence{{Seq: 7, Time: time.Second, Peer: "alice", Text: "something happens"}},
		Causes: []*explain.Cause{
			{Text: "one cause that is longer than a line", RuledOut: []string{"this", "that"}},
			{Text: "another"},
		},
	}}}
	for _, test := range []struct {
		name   string
		layout explain.Layout
		want   string
	}{
		{"a tree", explain.Layout{Width: 40}, `
the first – of all
│  #7 1 s  alice: something happens
├─ one cause that is longer than a line
│     No cause was found. Not: this,
│     that.
└─ another
`},
		{"ASCII", explain.Layout{Width: 40, ASCII: true}, "\n" +
			"the first - of all\n" +
			"|  #7 1 s  alice: something happens\n" +
			"|- one cause that is longer than a line\n" +
			"|     No cause was found. Not: this,\n" +
			"|     that.\n" +
			"`- another\n"},
		{"narrow and short", explain.Layout{Width: 28, Short: true}, `
the first – of all
├─ one cause that is longer
│  than a line
│     No cause was found. Not:
│     this, that.
└─ another
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			explain.Write(&b, x, test.layout)
			if got := "\n" + b.String(); got != test.want {
				t.Errorf("got:%s\nwant:%s", got, test.want)
			}
		})
	}
}
