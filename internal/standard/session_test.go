package standard_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
)

// session writes the events of a session for the checker and collects its remarks. Its methods do what the standard says;
// fire and refuse do what one likes.
type session struct {
	t       *testing.T
	checker standard.Checker
	seq     uint64
	time    time.Duration
	states  map[string]*recorder.States
	remarks []standard.Remark
}

func newSession(t *testing.T) *session {
	s := &session{t: t, states: make(map[string]*recorder.States)}
	for _, peer := range []string{"alice", "bob"} {
		s.states[peer] = &recorder.States{Signaling: "stable", ICEGathering: "new", ICEConnection: "new", Connection: "new"}
		s.do(peer, "RTCPeerConnection", nil, nil)
	}
	return s
}

func (s *session) add(peer string, kind recorder.Kind, cause uint64, data any) uint64 {
	s.seq++
	e := recorder.Event{Seq: s.seq, Time: s.time, Peer: peer, Kind: kind, Cause: cause}
	s.remarks = append(s.remarks, s.checker.Event(e, data)...)
	return s.seq
}

// rules returns the rules of the remarks, at the end of the session.
func (s *session) rules() []string {
	s.remarks = append(s.remarks, s.checker.End(s.time)...)
	var rules []string
	for _, r := range s.remarks {
		rules = append(rules, r.Rule.ID)
	}
	return rules
}

func (s *session) wait(d time.Duration) { s.time += d }

// fire fires an event.
func (s *session) fire(peer string, kind recorder.Kind, data any) { s.add(peer, kind, 0, data) }

// state fires a change of a state that is at once told.
func (s *session) state(peer string, kind recorder.Kind, state string) {
	switch kind {
	case recorder.KindSignalingStateChange:
		s.states[peer].Signaling = state
	case recorder.KindICEGatheringStateChange:
		s.states[peer].ICEGathering = state
	case recorder.KindICEConnectionStateChange:
		s.states[peer].ICEConnection = state
	case recorder.KindConnectionStateChange:
		s.states[peer].Connection = state
	}
	s.add(peer, kind, 0, recorder.StateChange{State: state, Now: state})
}

// begin calls a method, on a data channel if the name has a point, and returns the call.
func (s *session) begin(peer, method string, args any) uint64 {
	channel, name := split(method)
	return s.add(peer, recorder.KindCall, 0, recorder.Call{Method: name, Channel: channel, Args: marshal(args)})
}

// end has a call come back.
func (s *session) end(peer, method string, call uint64, result any, failure string) {
	channel, name := split(method)
	now := *s.states[peer]
	r := recorder.Return{Method: name, Channel: channel, Result: marshal(result), Now: &now}
	if failure != "" {
		r.Error = &recorder.CallError{Name: failure, Message: "because"}
	}
	s.add(peer, recorder.KindReturn, call, r)
}

// do calls a method that succeeds and changes no state.
func (s *session) do(peer, method string, args, result any) {
	s.end(peer, method, s.begin(peer, method, args), result, "")
}

// refuse calls a method that fails.
func (s *session) refuse(peer, method string, args any, failure string) {
	s.end(peer, method, s.begin(peer, method, args), nil, failure)
}

// set sets a description, local or remote, with the events that it fires.
func (s *session) set(peer, method string, d desc) {
	s.t.Helper()
	call := s.begin(peer, method, d)
	t, ok := standard.Signaling.Next(s.states[peer].Signaling, fmt.Sprintf("%s(%s)", method, d.Type))
	if !ok {
		s.t.Fatalf("%s cannot set %s in %s", peer, d.Type, s.states[peer].Signaling)
	}
	if len(t.Fires) == 2 {
		s.state(peer, recorder.KindSignalingStateChange, "stable")
	}
	if len(t.Fires) > 0 {
		s.state(peer, recorder.KindSignalingStateChange, t.To)
	}
	s.end(peer, method, call, nil, "")
}

// The descriptions of the sessions.
type desc struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func sdp(peer string, generation int) string {
	return fmt.Sprintf("v=0\r\na=ice-options:trickle\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=ice-ufrag:%s%d\r\na=max-message-size:1000\r\n", peer, generation)
}

func offer(peer string, generation int) desc  { return desc{"offer", sdp(peer, generation)} }
func answer(peer string, generation int) desc { return desc{"answer", sdp(peer, generation)} }

// candidate returns a candidate for addIceCandidate or icecandidate.
func candidate(peer string, generation int) candidateInit {
	return candidateInit{Candidate: "candidate:1 1 udp 1 10.0.0.1 1 typ host", SDPMid: "0", UsernameFragment: fmt.Sprint(peer, generation)}
}

type candidateInit struct {
	Candidate        string `json:"candidate"`
	SDPMid           string `json:"sdpMid"`
	UsernameFragment string `json:"usernameFragment"`
}

// makeOffer has a peer make and set an offer.
func (s *session) makeOffer(peer string, generation int) {
	s.t.Helper()
	var options any
	if generation > 1 {
		options = map[string]bool{"iceRestart": true}
	}
	d := offer(peer, generation)
	s.do(peer, "createOffer", options, d)
	s.set(peer, "setLocalDescription", d)
}

// makeAnswer has a peer take an offer and answer it.
func (s *session) makeAnswer(peer, from string, generation int) {
	s.t.Helper()
	s.set(peer, "setRemoteDescription", offer(from, generation))
	d := answer(peer, generation)
	s.do(peer, "createAnswer", nil, d)
	s.set(peer, "setLocalDescription", d)
}

// gather has a peer find its only candidate.
func (s *session) gather(peer string, generation int) {
	s.state(peer, recorder.KindICEGatheringStateChange, "gathering")
	c := candidate(peer, generation)
	s.fire(peer, recorder.KindICECandidate, recorder.Candidate{Candidate: c.Candidate, UsernameFragment: &c.UsernameFragment})
	s.fire(peer, recorder.KindICECandidate, recorder.Candidate{})
	s.state(peer, recorder.KindICEGatheringStateChange, "complete")
	s.fire(peer, recorder.KindICECandidate, recorder.Candidate{End: true})
}

// connect has both peers connect, from offer to connected, over a data channel that alice makes.
func (s *session) connect() {
	s.t.Helper()
	s.do("alice", "createDataChannel", map[string]any{"label": "chat"}, nil)
	s.fire("alice", recorder.KindNegotiationNeeded, recorder.Negotiation{Now: "stable"})
	s.makeOffer("alice", 1)
	s.gather("alice", 1)
	s.wait(40 * time.Millisecond)
	s.makeAnswer("bob", "alice", 1)
	s.gather("bob", 1)
	s.wait(40 * time.Millisecond)
	s.set("alice", "setRemoteDescription", answer("bob", 1))
	s.do("alice", "addIceCandidate", candidate("bob", 1), nil)
	s.do("bob", "addIceCandidate", candidate("alice", 1), nil)
	for _, peer := range []string{"alice", "bob"} {
		s.ice(peer, "checking", "connecting")
	}
	s.wait(40 * time.Millisecond)
	for _, peer := range []string{"alice", "bob"} {
		s.fire(peer, recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{})
		s.ice(peer, "connected", "")
		s.state(peer, recorder.KindDTLSTransportStateChange, "connecting")
		s.state(peer, recorder.KindDTLSTransportStateChange, "connected")
		s.state(peer, recorder.KindConnectionStateChange, "connected")
		s.state(peer, recorder.KindSCTPTransportStateChange, "connecting")
		s.state(peer, recorder.KindSCTPTransportStateChange, "connected")
	}
}

// open opens the data channel that alice has made.
func (s *session) open() {
	s.channel("alice", recorder.KindOpen, "open")
	s.channel("bob", recorder.KindDataChannel, "open")
	s.channel("bob", recorder.KindOpen, "open")
}

// ice fires the changes of the ICE transport and of what follows it.
func (s *session) ice(peer, state, connection string) {
	s.state(peer, recorder.KindICETransportStateChange, state)
	s.state(peer, recorder.KindICEConnectionStateChange, state)
	if connection != "" {
		s.state(peer, recorder.KindConnectionStateChange, connection)
	}
}

// channel fires an event of the data channel.
func (s *session) channel(peer string, kind recorder.Kind, now string) {
	s.fire(peer, kind, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: now})
}

// close closes a peer connection.
func (s *session) close(peer string) {
	call := s.begin(peer, "close", nil)
	states := s.states[peer]
	states.Signaling, states.ICEConnection, states.Connection = "closed", "closed", "closed"
	s.end(peer, "close", call, nil, "")
}

// role has a snapshot tell the role of a peer's ICE agent.
func (s *session) role(peer, role string) {
	state := map[string]json.RawMessage{"ice": marshal(map[string]string{"role": role})}
	s.fire(peer, recorder.KindSnapshot, recorder.Snapshot{State: state})
}

// stop stops a transceiver.
func (s *session) stop(peer, target string) {
	call := s.add(peer, recorder.KindCall, 0, recorder.Call{Method: "stop", Target: target})
	s.end(peer, "stop", call, nil, "")
}

func split(method string) (channel, name string) {
	for i := range method {
		if method[i] == '.' {
			return method[:i], method[i+1:]
		}
	}
	return "", method
}

func marshal(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
