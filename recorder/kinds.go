package recorder

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// KindInfo describes one kind of event.
type KindInfo struct {
	Kind Kind
	// Meaning says in half a sentence what happened.
	Meaning string
	// Data is the zero value of the type of the event's data.
	Data any
	// Spec is where the event is specified; empty for what is rtcsim's own.
	Spec string
}

const (
	webrtc   = "https://www.w3.org/TR/webrtc/#"
	channels = "https://www.w3.org/TR/webrtc/#event-datachannel-"
	legacy   = "https://www.w3.org/TR/2015/WD-webrtc-20150210/"
)

// Kinds lists all kinds of events.
var Kinds = []KindInfo{
	{KindRun, "the run begins: its identity; always the first event", Run{}, ""},
	{KindStep, "a step of the scenario begins", Step{}, ""},
	{KindVerdict, "an expectation was decided", Verdict{}, ""},
	{KindLog, "pion wrote a log line at warning or above", LogLine{}, ""},
	{KindEnd, "the session is over; the last event of a run that was not cut short", SessionEnd{}, ""},

	{KindCall, "a method of the API is called", Call{}, webrtc + "rtcpeerconnection-interface"},
	{KindReturn, "the call came back, with a result or an error", Return{}, webrtc + "rtcpeerconnection-interface"},

	{KindNegotiationNeeded, "a negotiation is needed", Negotiation{}, webrtc + "event-negotiation"},
	{KindICECandidate, "a local candidate was found, or gathering is complete", Candidate{}, webrtc + "event-icecandidate"},
	{KindICECandidateError, "gathering a candidate failed", CandidateError{}, webrtc + "event-icecandidateerror"},
	{KindSignalingStateChange, "signalingState changed", StateChange{}, webrtc + "event-signalingstatechange"},
	{KindICEGatheringStateChange, "iceGatheringState changed", StateChange{}, webrtc + "event-icegatheringstatechange"},
	{KindICEConnectionStateChange, "iceConnectionState changed", StateChange{}, webrtc + "event-iceconnectionstatechange"},
	{KindConnectionStateChange, "connectionState changed", StateChange{}, webrtc + "event-connectionstatechange"},
	{KindDataChannel, "the other peer made a data channel", ChannelEvent{}, webrtc + "event-datachannel"},

	{KindICETransportStateChange, "the state of an RTCIceTransport changed", StateChange{}, webrtc + "event-icetransport-statechange"},
	{KindDTLSTransportStateChange, "the state of an RTCDtlsTransport changed", StateChange{}, webrtc + "event-dtlstransport-statechange"},
	{KindSCTPTransportStateChange, "the state of the RTCSctpTransport changed", StateChange{}, webrtc + "event-sctptransport-statechange"},
	{KindSelectedCandidatePairChange, "ICE selected another candidate pair", CandidatePair{}, webrtc + "event-icetransport-selectedcandidatepairchange"},

	{KindOpen, "a data channel is open", ChannelEvent{}, channels + "open"},
	{KindMessage, "a message arrived on a data channel", ChannelEvent{}, channels + "message"},
	{KindBufferedAmountLow, "what a data channel has to send fell to its threshold", ChannelEvent{}, channels + "bufferedamountlow"},
	{KindError, "a data channel failed", ChannelEvent{}, channels + "error"},
	{KindClosing, "the other peer closes a data channel", ChannelEvent{}, channels + "closing"},
	{KindClose, "a data channel is closed", ChannelEvent{}, channels + "close"},

	{KindPacketSent, "a peer sent a UDP packet", PacketSent{}, ""},
	{KindPacketDelivered, "a packet reached a socket", PacketEnd{}, ""},
	{KindPacketDropped, "a packet was dropped on its way", PacketEnd{}, ""},
	{KindTopology, "the simulated internet as the run begins", Topology{}, ""},
	{KindNetwork, "a link, a network, a server or the signaling was changed", NetworkChange{}, ""},
	{KindInterface, "an interface was changed", Interface{}, ""},
	{KindNATMapping, "a NAT has mapped an address to one of its own", NATMapping{}, "https://www.rfc-editor.org/rfc/rfc4787#section-4.1"},
	{KindDTLSSecret, "a DTLS connection has agreed on its master secret", DTLSSecret{}, "https://www.rfc-editor.org/rfc/rfc5246#section-8.1"},

	{KindTrack, "the first packet of a remote track arrived, which is when pion announces it; in the standard setRemoteDescription does", TrackEvent{}, webrtc + "event-track"},
	{KindMedia, "how a received track does: measured each second, and at its end", Media{}, ""},
	{KindRTCP, "an RTCP packet was sent or received", RTCP{}, "https://www.rfc-editor.org/rfc/rfc3550#section-6"},

	{KindSignalSent, "a peer sent a signaling message", Signal{}, ""},
	{KindSignalDelivered, "a signaling message arrived", Signal{}, ""},
	{KindSignalDropped, "a signaling message got lost", Signal{}, ""},

	{KindRemark, "what pion did differs from the standard; its cause is the event that differs", Remark{}, ""},

	{KindSnapshot, "what of a peer's state differs from what the events before it tell", Snapshot{}, ""},

	{KindAddStream, "the other peer sends a new stream; the standard has dropped the event", Stream{}, legacy + "#dom-rtcpeerconnection-addstream"},
	{KindRemoveStream, "the other peer sends a stream no more; the standard has dropped the event", Stream{}, legacy + "#dom-rtcpeerconnection-removestream"},

	{KindPrediction, "the scenario asks those who watch what will come", Prediction{}, ""},
	{KindAnswer, "the run has answered the question", Answer{}, ""},
}

// kinds finds the description of a kind by its name.
var kinds = func() map[string]*KindInfo {
	m := make(map[string]*KindInfo, len(Kinds))
	for i := range Kinds {
		m[string(Kinds[i].Kind)] = &Kinds[i]
	}
	return m
}()

// Info describes the kind. It is false for a kind that this version of rtcsim does not know.
func (k Kind) Info() (KindInfo, bool) {
	if info := kinds[string(k)]; info != nil {
		return *info, true
	}
	return KindInfo{}, false
}

// Value decodes the event's data into a value of its kind's data type.
func (e Event) Value() (any, error) {
	info, ok := e.Kind.Info()
	if !ok {
		return nil, fmt.Errorf("event %d is of the unknown kind %q", e.Seq, e.Kind)
	}
	v := reflect.New(reflect.TypeOf(info.Data))
	if err := json.Unmarshal(e.Data, v.Interface()); err != nil {
		return nil, fmt.Errorf("event %d, a %s: %w", e.Seq, e.Kind, err)
	}
	return v.Elem().Interface(), nil
}
