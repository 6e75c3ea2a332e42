package recorder

import (
	"encoding/json"
	"time"
)

// Run is the data of KindRun: everything that can move a trace, as the guest was told it.
type Run struct {
	Identity
}

// Step is the data of KindStep.
type Step struct {
	// Path leads to the step in the scenario, such as "steps[3]" or "handlers[0].do[1]".
	Path string `json:"path"`
	// Line is the step's line in its file, from 1.
	Line int `json:"line"`
	// File is the included file that the step is in; empty for the scenario's own.
	File string `json:"file,omitempty"`
	// Text is the step in one line, such as "alice: createOffer".
	Text string `json:"text"`
	// Note is the step's note: Markdown for people who learn from the recording.
	Note string `json:"note,omitempty"`
}

// Verdict is the data of KindVerdict.
type Verdict struct {
	// Text is the expectation as the scenario has it, on one line.
	Text string `json:"text"`
	// Line is its line in its file, from 1.
	Line int `json:"line"`
	// File is the included file that it is in; empty for the scenario's own.
	File string `json:"file,omitempty"`
	// Held tells whether it was met.
	Held bool `json:"held"`
	// Seen is what was seen instead, in words; empty where it held.
	Seen string `json:"seen,omitempty"`
	// Near are the events that come nearest to what was expected, the last few of them; empty where it held.
	Near []Nearby `json:"near,omitempty"`
}

// Nearby is an event that comes near to what was expected.
type Nearby struct {
	// Seq is the event's number, Time its virtual time in nanoseconds.
	Seq  uint64        `json:"seq"`
	Time time.Duration `json:"time"`
	// Text is the event in a few words, such as "bob connectionstatechange connected".
	Text string `json:"text"`
}

// LogLine is the data of KindLog: one line that pion logged.
type LogLine struct {
	// Level is "warn" or "error".
	Level string `json:"level"`
	// Scope is the part of pion that speaks: pc, ice, dtls, sctp, …
	Scope string `json:"scope"`
	Text  string `json:"text"`
}

// SessionEnd is the data of KindEnd.
type SessionEnd struct {
	// Reason is "limit" (the scenario's limit was reached) or "failed" (an awaited condition did not come true).
	Reason string `json:"reason"`
	// Pending lists the steps and calls that had not come back, such as "alice: createAnswer (line 12)".
	Pending []string `json:"pending,omitempty"`
	// InFlight counts the packets that were still under way.
	InFlight int `json:"inFlight"`
}

// Call is the data of KindCall.
type Call struct {
	// Method is the W3C name, such as "createOffer".
	Method string `json:"method"`
	// Channel names the data channel that the method belongs to; empty for RTCPeerConnection.
	Channel string `json:"channel,omitempty"`
	// Args are the arguments under their W3C names.
	Args json.RawMessage `json:"args,omitempty"`
	// Target names the transceiver, sender or receiver that the method belongs to, as the scenario does, such as
	// "transceivers[0]".
	Target string `json:"target,omitempty"`
	// Changed holds, where the call sets a description, the lines in which it differs from the one that was set before it
	// on the same side: with a - before a line that is gone and a + before one that is new.
	Changed []string `json:"changed,omitempty"`
	// Derived tells that pion has no such method: rtcsim does what the standard says with what pion has. The calls
	// that it makes for that have this event as their cause.
	Derived bool `json:"derived,omitempty"`
}

// Return is the data of KindReturn; its Cause is the call.
type Return struct {
	Method  string `json:"method"`
	Channel string `json:"channel,omitempty"`
	// Took is how long the call took, in nanoseconds of virtual time.
	Took time.Duration `json:"took"`
	// Result is what came back, for methods that return something.
	Result json.RawMessage `json:"result,omitempty"`
	Error  *CallError      `json:"error,omitempty"`
	// Now holds the states that the object reports right after the call.
	Now *States `json:"now,omitempty"`
	// Target and Derived are those of the call.
	Target  string `json:"target,omitempty"`
	Derived bool   `json:"derived,omitempty"`
}

// CallError is how a call failed.
type CallError struct {
	// Name is the W3C's name for the error, such as "InvalidStateError". An error that pion returns
	// without such a name is "OperationError".
	Name string `json:"name"`
	// Message is pion's text.
	Message string `json:"message"`
}

// States are the state attributes of an RTCPeerConnection at one moment.
type States struct {
	Signaling     string `json:"signalingState"`
	ICEGathering  string `json:"iceGatheringState"`
	ICEConnection string `json:"iceConnectionState"`
	Connection    string `json:"connectionState"`
}

// StateChange is the data of the state change events of the peer connection and its transports.
type StateChange struct {
	// State is the state that the event carries.
	State string `json:"state"`
	// Now is the state that the object reports while the event is handled. It differs from State when
	// pion, which starts a goroutine for each event, delivered an event late or out of order.
	// Empty where the object cannot be asked (pion holds a lock during the event).
	Now string `json:"now,omitempty"`
	// Derived tells that pion has no such event and rtcsim saw the change by asking the object.
	Derived bool `json:"derived,omitempty"`
}

// Negotiation is the data of KindNegotiationNeeded.
type Negotiation struct {
	// Now is the signalingState that the peer connection reports while the event is handled; empty where it cannot be asked.
	Now string `json:"now,omitempty"`
	// Derived tells that restartIce is the reason, which pion does not know.
	Derived bool `json:"derived,omitempty"`
}

// Candidate is the data of KindICECandidate.
type Candidate struct {
	// Candidate is the candidate-attribute of RFC 8839; empty for the event that ends gathering.
	Candidate string `json:"candidate"`
	// End marks the event whose candidate is null: gathering is complete.
	End              bool    `json:"end,omitempty"`
	SDPMid           *string `json:"sdpMid,omitempty"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex,omitempty"`
	UsernameFragment *string `json:"usernameFragment,omitempty"`
	// Type is host, srflx, prflx or relay.
	Type    string `json:"type,omitempty"`
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
}

// CandidateError is the data of KindICECandidateError.
type CandidateError struct {
	// Address and Port are those of the local interface; empty where they are not known.
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
	// URL is the STUN or TURN server that failed.
	URL string `json:"url"`
	// Code is the STUN error code, 701 where the server could not be reached; Text is its reason.
	Code int    `json:"errorCode"`
	Text string `json:"errorText"`
}

// CandidatePair is the data of KindSelectedCandidatePairChange.
type CandidatePair struct {
	Local  PairEnd `json:"local"`
	Remote PairEnd `json:"remote"`
}

// PairEnd is one end of a candidate pair.
type PairEnd struct {
	Type    string `json:"type"`
	Address string `json:"address"`
	Port    uint16 `json:"port"`
}

// ChannelEvent is the data of the data channel's events, of KindDataChannel and KindMessage too.
type ChannelEvent struct {
	// Channel is the scenario's name for the channel, else its label.
	Channel string `json:"channel"`
	Label   string `json:"label"`
	// ID is the SCTP stream, where it is assigned.
	ID *uint16 `json:"id,omitempty"`
	// Now is the readyState that the channel reports while the event is handled.
	Now string `json:"now"`
	// Message is there on message events.
	Message *Message `json:"message,omitempty"`
	// Error is pion's text, on error events.
	Error string `json:"error,omitempty"`
}

// MessageHead is how many bytes of a message are recorded.
const MessageHead = 1024

// Message is one message on a data channel.
type Message struct {
	// Text holds a text message; of one longer than [MessageHead], its beginning.
	Text string `json:"text,omitempty"`
	// Binary holds a binary message in base64; of one longer than [MessageHead], its beginning.
	Binary []byte `json:"binary,omitempty"`
	// Size is the length of the whole message in bytes.
	Size int `json:"size"`
}

// Signal is the data of KindSignalSent, whose Peer is the sender, and of KindSignalDelivered and KindSignalDropped, whose
// Peer is the receiver.
type Signal struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Type is offer, pranswer, answer, rollback or candidate.
	Type string `json:"type"`
	// SDP is there for descriptions, Candidate for candidates (empty: end of candidates).
	SDP       string  `json:"sdp,omitempty"`
	Candidate *string `json:"candidate,omitempty"`
	// Reason says why a message was dropped: "loss" or "signaling down".
	Reason string `json:"reason,omitempty"`
}

// Remark is the data of KindRemark. Peer is the peer that it is about; the Cause is the event that differs from the
// standard, or where an event is missing, the one that should have led to it.
type Remark struct {
	// Rule names the rule that found it, such as "event-after-close"; docs/standard.md explains all rules.
	Rule string `json:"rule"`
	// Text says in a sentence what pion did and what the standard says.
	Text string `json:"text"`
	// Spec is a link to the section of the standard.
	Spec string `json:"spec"`
}

// Stream is the data of KindAddStream and KindRemoveStream. pion has no such events: they are derived from the a=msid
// lines of the remote descriptions, in setRemoteDescription as the standard had them.
type Stream struct {
	// Stream is the id of the MediaStream.
	Stream string `json:"stream"`
	// Tracks are the ids of its tracks.
	Tracks []string `json:"tracks,omitempty"`
	// Derived is always true.
	Derived bool `json:"derived"`
}

// Snapshot is the data of KindSnapshot: what of a peer's state differs from what the events before it tell. [StateAt]
// puts a peer's state at any moment together from the events and the snapshots.
type Snapshot struct {
	// Full marks a snapshot that holds the whole state; a peer's first one, and its last at the end of the run.
	Full bool `json:"full,omitempty"`
	// State holds members of [PeerState] by their names. The names of data channels are "channels/NAME".
	State map[string]json.RawMessage `json:"state"`
}

// Prediction is the data of KindPrediction.
type Prediction struct {
	// Path leads to the step that asks.
	Path string `json:"path"`
	// Question is the question, in Markdown.
	Question string `json:"question"`
	// Condition is what answers it, as the scenario has it, on one line.
	Condition string `json:"condition"`
}

// Answer is the data of KindAnswer; its Cause is the prediction.
type Answer struct {
	Question  string `json:"question"`
	Condition string `json:"condition"`
	// Holds tells whether the condition came true.
	Holds bool `json:"holds"`
	// Seen is what was seen instead, in words; empty where it holds.
	Seen string `json:"seen,omitempty"`
	// Near are the events that come nearest to the condition; empty where it holds.
	Near []Nearby `json:"near,omitempty"`
}
