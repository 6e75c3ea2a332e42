package recorder_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// session makes the events of a long call between two peers, with the kinds and the sizes that one has: mostly packets, a few
// calls, state changes, messages and snapshots.
type session struct {
	log     *recorder.Log
	now     time.Duration
	random  *rand.Rand
	bytes   io.Reader // payloads
	packets uint64
}

var sessionPeers = []string{"alice", "bob"}

// addSession adds at least so many events.
func addSession(sink func(line []byte), events int) {
	count := 0
	payloads := newPayloads()
	s := &session{random: rand.New(rand.NewPCG(1, 2)), bytes: payloads}
	s.log = recorder.NewLog(func() time.Duration { return s.now }, func(line []byte) {
		count++
		sink(line)
	})
	s.begin()
	for n := 0; count < events; n++ {
		s.now += time.Duration(s.random.IntN(5)) * time.Millisecond
		s.packet()
		if n%50 == 49 {
			s.message(n / 50)
		}
		if n%400 == 399 {
			s.stats()
		}
	}
	for _, peer := range sessionPeers {
		s.log.Add(peer, recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: sessionState(peer, 7).Members()})
	}
	s.log.Add("", recorder.KindEnd, 0, recorder.SessionEnd{Reason: "limit"})
}

// sessionState returns a peer's state as a snapshot has it.
func sessionState(peer string, buffered int) recorder.PeerState {
	description := recorder.DescriptionState{Type: "offer", SDP: fmt.Sprintf("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=%s\r\n", peer)}
	return recorder.PeerState{
		SignalingState:          "stable",
		CurrentLocalDescription: &description,
		ICE:                     &recorder.ICEState{State: "new", Role: "controlling", Component: "rtp"},
		DTLS:                    &recorder.DTLSState{State: "new"},
		Channels:                map[string]*recorder.ChannelState{"chat": {ReadyState: "connecting", Label: "chat", BufferedAmount: buffered, Ordered: true}},
	}
}

func (s *session) begin() {
	s.log.Add("", recorder.KindRun, 0, recorder.Run{Identity: sampleHeader().Identity})
	for _, peer := range sessionPeers {
		step := s.log.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 4, Text: peer + ": createOffer"})
		call := s.log.Add(peer, recorder.KindCall, step, recorder.Call{Method: "createOffer"})
		s.log.Add(peer, recorder.KindReturn, call, recorder.Return{Method: "createOffer", Now: &recorder.States{
			Signaling: "stable", ICEGathering: "new", ICEConnection: "new", Connection: "new",
		}})
		s.log.Add(peer, recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: sessionState(peer, 0).Members()})
		for _, state := range []string{"checking", "connected"} {
			s.now += time.Millisecond
			s.log.Add(peer, recorder.KindICEConnectionStateChange, 0, recorder.StateChange{State: state, Now: state})
			s.log.Add(peer, recorder.KindICETransportStateChange, 0, recorder.StateChange{State: state, Now: state})
		}
		s.log.Add(peer, recorder.KindSCTPTransportStateChange, 0, recorder.StateChange{State: "connected", Derived: true})
		s.log.Add(peer, recorder.KindOpen, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open"})
	}
}

// packet sends a packet and has it arrive or get lost.
func (s *session) packet() {
	from := s.random.IntN(2)
	s.packets++
	size := []int{60, 120, 160, 1100, 1200}[s.random.IntN(5)]
	p := recorder.PacketSent{ID: s.packets, Src: "10.0.0.1:5000", Dst: "203.0.113.7:41234", Protocol: "srtp", Types: []string{"rtp"}, Size: size, Payload: make([]byte, size)}
	s.bytes.Read(p.Payload)
	sent := s.log.Add(sessionPeers[from], recorder.KindPacketSent, 0, p)
	end := recorder.PacketEnd{ID: s.packets, Path: []recorder.Hop{
		{At: "home/up", Time: s.now + 1e6, Wait: 12345},
		{At: "home", Time: s.now + 2e6, Src: "198.51.100.1:50123", Dst: "203.0.113.7:41234"},
		{At: "office/down", Time: s.now + 20e6},
	}}
	if s.random.IntN(50) == 0 {
		end.Reason = "loss"
		s.log.Add("home", recorder.KindPacketDropped, sent, end)
		return
	}
	s.log.Add(sessionPeers[1-from], recorder.KindPacketDelivered, sent, end)
}

// message sends a message, with what the snapshots tell of the channel's buffer.
func (s *session) message(n int) {
	call := s.log.Add("alice", recorder.KindCall, 2, recorder.Call{Method: "send", Channel: "chat"})
	s.log.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "send", Channel: "chat"})
	state := sessionState("alice", n%1000)
	if n%7 == 0 {
		state.Channels["chat"].ReadyState = "closing"
	}
	encoded, err := json.Marshal(state.Channels["chat"])
	if err != nil {
		panic(err)
	}
	s.log.Add("alice", recorder.KindSnapshot, 0, recorder.Snapshot{State: map[string]json.RawMessage{"channels/chat": encoded}})
	s.log.Add("bob", recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open", Message: &recorder.Message{Text: "hello", Size: 5}})
}

// stats asks for statistics, whose report is long.
func (s *session) stats() {
	report := make(map[string]int)
	for i := range 100 {
		report[fmt.Sprintf("packetsSent%d", i)] = s.random.IntN(1e6)
	}
	encoded, err := json.Marshal(report)
	if err != nil {
		panic(err)
	}
	call := s.log.Add("bob", recorder.KindCall, 0, recorder.Call{Method: "getStats"})
	s.log.Add("bob", recorder.KindReturn, call, recorder.Return{Method: "getStats", Result: encoded, Now: &recorder.States{
		Signaling: "stable", ICEGathering: "complete", ICEConnection: "connected", Connection: "connected",
	}})
	s.log.Add("bob", recorder.KindRemark, call, recorder.Remark{Rule: "r", Text: "t", Spec: "s"})
}

// writeSession writes a session as a recording.
func writeSession(out io.Writer, events int) error {
	w, err := recorder.NewWriter(out, sampleHeader())
	if err != nil {
		return err
	}
	var failed error
	addSession(func(line []byte) {
		if failed == nil {
			failed = w.Write(line)
		}
	}, events)
	if failed != nil {
		return failed
	}
	return w.Close(recorder.End{Outcome: recorder.OutcomePassed, Time: 1e9})
}
