package explain

import (
	"fmt"
	"time"
)

// A Symptom is what there is to be explained.
type Symptom string

// The symptoms. Those that a session shows by itself are in [symptoms].
const (
	// ExpectationFailed is a verdict that did not hold, a wait that ran out of time, a call that failed and was not to.
	ExpectationFailed Symptom = "expectation-failed"
	// NotConnected is a connectionState that is not connected, of a connection that was never up.
	NotConnected Symptom = "not-connected"
	// Disconnected is a connection that was up and is not any more.
	Disconnected Symptom = "disconnected"
	// PairFailed is a candidate pair on which no check was answered.
	PairFailed Symptom = "pair-failed"
	// NoCandidate is that a peer has no candidate of a type.
	NoCandidate Symptom = "no-candidate"
	// NoRemoteCandidate is that a peer knows none of the other peer's candidates.
	NoRemoteCandidate Symptom = "no-remote-candidate"
	// NotNegotiated is that a peer lacks one of the two descriptions.
	NotNegotiated Symptom = "not-negotiated"
	// DTLSFailed is that ICE is connected and DTLS is not.
	DTLSFailed Symptom = "dtls-failed"
	// Dropped are packets that did not arrive.
	Dropped Symptom = "dropped"
	// ServerSilent is a STUN or TURN server that has not given what a peer asked for.
	ServerSilent Symptom = "server-silent"
	// ChannelNotOpen is a data channel that did not open.
	ChannelNotOpen Symptom = "channel-not-open"
	// MessageMissing is a message that was sent on a data channel and did not arrive.
	MessageMissing Symptom = "message-missing"
	// MediaMissing is a track that is sent and does not arrive as it should.
	MediaMissing Symptom = "media-missing"
	// ChannelClosed is a data channel that was open and is closed.
	ChannelClosed Symptom = "channel-closed"
	// CallFailed is a call of the API that was rejected.
	CallFailed Symptom = "call-failed"
	// NotReached is something that steps of the scenario would have brought about.
	NotReached Symptom = "not-reached"
)

// A Question asks for the causes of a symptom.
type Question struct {
	Symptom Symptom
	// Peer is who has the symptom, Other the peer at the other end.
	Peer, Other string
	// Both tells that Other has the same symptom and needs no question of its own.
	Both bool
	// Subject says more about what is asked: the type of a candidate, the name of a channel or a track, the URL of a server.
	Subject string
	// Event is the number of the event that is asked about, 0 where there is none, and Time its time.
	Event uint64
	Time  time.Duration
	// Pair is what [PairFailed] asks about.
	Pair *Pair
	// Packets are what [Dropped] asks about: those that arrived among them are left out.
	Packets []*Packet
}

// other is the name of the peer at the other end, in words where it is not known.
func (q Question) other() string {
	if q.Other == "" {
		return "the other side"
	}
	return q.Other
}

// key tells questions apart; the same is answered once.
func (q Question) key() string {
	key := fmt.Sprint(q.Symptom, " ", q.Peer, " ", q.Other, " ", q.Subject, " ", q.Event)
	if q.Pair != nil {
		key += " " + q.Pair.name()
	}
	for _, p := range q.Packets {
		key += fmt.Sprint(" ", p.ID)
	}
	return key
}
