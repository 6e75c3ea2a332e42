package standard

import "github.com/rtcsim/rtcsim/recorder"

// The documents.
const (
	webrtc = "https://www.w3.org/TR/webrtc/#"
	jsep   = "https://www.rfc-editor.org/rfc/rfc9429#section-"
)

// What transitions fire.
var (
	silent              []recorder.Kind
	firesSignaling      = []recorder.Kind{recorder.KindSignalingStateChange}
	firesSignalingTwice = []recorder.Kind{recorder.KindSignalingStateChange, recorder.KindSignalingStateChange}
	firesGathering      = []recorder.Kind{recorder.KindICEGatheringStateChange}
	firesICEConnection  = []recorder.Kind{recorder.KindICEConnectionStateChange}
	firesConnection     = []recorder.Kind{recorder.KindConnectionStateChange}
	firesICE            = []recorder.Kind{recorder.KindICETransportStateChange}
	firesDTLS           = []recorder.Kind{recorder.KindDTLSTransportStateChange}
	firesSCTP           = []recorder.Kind{recorder.KindSCTPTransportStateChange}
)

// Where transitions are specified.
const (
	setDescription   = webrtc + "set-the-session-description"
	closeSpec        = webrtc + "dfn-close-the-connection"
	changePair       = webrtc + "dfn-change-the-selected-candidate-pair-and-state"
	updateConnection = webrtc + "update-the-connection-state"
	gatheringSpec    = webrtc + "rtcicetransport-gathering"
	iceStates        = webrtc + "rtcicetransportstate"
	dtlsStates       = webrtc + "rtcdtlstransportstate-enum"
	sctpStates       = webrtc + "rtcsctptransportstate"
)

// Machines lists all state machines.
var Machines = []*Machine{
	&Signaling, &Gathering, &ICEConnection, &Connection,
	&ICETransport, &DTLSTransport, &SCTPTransport, &DataChannel,
}

// Signaling is the machine of offers and answers.
var Signaling = Machine{
	Interface: "RTCPeerConnection",
	Attribute: "signalingState",
	Kind:      recorder.KindSignalingStateChange,
	Spec:      webrtc + "rtcsignalingstate-enum",
	States: []State{
		{"stable", "no exchange of offer and answer is under way"},
		{"have-local-offer", "a local offer is set"},
		{"have-remote-offer", "a remote offer is set"},
		{"have-local-pranswer", "a remote offer and a provisional local answer are set"},
		{"have-remote-pranswer", "a local offer and a provisional remote answer are set"},
		{"closed", "the connection was closed"},
	},
	Transitions: []Transition{
		{"stable", "have-local-offer", "setLocalDescription(offer)", firesSignaling, setDescription},
		{"stable", "have-remote-offer", "setRemoteDescription(offer)", firesSignaling, setDescription},
		{"have-local-offer", "have-local-offer", "setLocalDescription(offer)", silent, setDescription},
		{"have-local-offer", "stable", "setRemoteDescription(answer)", firesSignaling, setDescription},
		{"have-local-offer", "have-remote-pranswer", "setRemoteDescription(pranswer)", firesSignaling, setDescription},
		{"have-local-offer", "stable", "setLocalDescription(rollback)", firesSignaling, setDescription},
		// The implicit rollback: to stable and on, with an event for each.
		{"have-local-offer", "have-remote-offer", "setRemoteDescription(offer)", firesSignalingTwice, setDescription},
		{"have-remote-pranswer", "have-remote-pranswer", "setRemoteDescription(pranswer)", silent, setDescription},
		{"have-remote-pranswer", "stable", "setRemoteDescription(answer)", firesSignaling, setDescription},
		{"have-remote-offer", "have-remote-offer", "setRemoteDescription(offer)", silent, setDescription},
		{"have-remote-offer", "stable", "setLocalDescription(answer)", firesSignaling, setDescription},
		{"have-remote-offer", "have-local-pranswer", "setLocalDescription(pranswer)", firesSignaling, setDescription},
		{"have-remote-offer", "stable", "setRemoteDescription(rollback)", firesSignaling, setDescription},
		{"have-local-pranswer", "have-local-pranswer", "setLocalDescription(pranswer)", silent, setDescription},
		{"have-local-pranswer", "stable", "setLocalDescription(answer)", firesSignaling, setDescription},
		{"stable", "closed", "close()", silent, closeSpec},
		{"have-local-offer", "closed", "close()", silent, closeSpec},
		{"have-remote-offer", "closed", "close()", silent, closeSpec},
		{"have-local-pranswer", "closed", "close()", silent, closeSpec},
		{"have-remote-pranswer", "closed", "close()", silent, closeSpec},
	},
}

// Gathering is the machine of gathering candidates.
var Gathering = Machine{
	Interface: "RTCPeerConnection",
	Attribute: "iceGatheringState",
	Kind:      recorder.KindICEGatheringStateChange,
	Spec:      webrtc + "rtcicegatheringstate-enum",
	States: []State{
		{"new", "there is no transport, or none has begun to gather"},
		{"gathering", "candidates are being gathered"},
		{"complete", "all candidates have been gathered"},
	},
	Transitions: []Transition{
		{"new", "gathering", "setLocalDescription sets a description with a transport", firesGathering, gatheringSpec},
		{"gathering", "complete", "the last candidate was found", firesGathering, gatheringSpec},
		{"complete", "gathering", "setLocalDescription sets a restart of ICE, or a new transport", firesGathering, gatheringSpec},
		{"gathering", "new", "the last transport has gone, by a rollback or a rejected section", firesGathering, gatheringSpec},
		{"complete", "new", "the last transport has gone, by a rollback or a rejected section", firesGathering, gatheringSpec},
	},
}

// ICEConnection is the machine of iceConnectionState, which sums up the ICE transports.
var ICEConnection = Machine{
	Interface: "RTCPeerConnection",
	Attribute: "iceConnectionState",
	Kind:      recorder.KindICEConnectionStateChange,
	Spec:      webrtc + "rtciceconnectionstate-enum",
	States: []State{
		{"new", "no transport, or all are new or closed"},
		{"checking", "a transport is new or checks candidate pairs, and none is disconnected or failed"},
		{"connected", "all transports can send; some still look for better pairs"},
		{"completed", "all transports can send and have ended their checks"},
		{"disconnected", "a transport has lost the other side, and may find it again"},
		{"failed", "a transport has given up"},
		{"closed", "the connection was closed"},
	},
	Transitions: append(iceTransitions(firesICEConnection, changePair),
		Transition{"checking", "new", "the last transport has gone", firesICEConnection, changePair},
		Transition{"connected", "new", "the last transport has gone", firesICEConnection, changePair},
		Transition{"completed", "new", "the last transport has gone", firesICEConnection, changePair},
		Transition{"disconnected", "new", "the last transport has gone", firesICEConnection, changePair},
		Transition{"failed", "new", "the last transport has gone", firesICEConnection, changePair},
	),
}

// Connection is the machine of connectionState, which sums up the ICE and DTLS transports.
var Connection = Machine{
	Interface: "RTCPeerConnection",
	Attribute: "connectionState",
	Kind:      recorder.KindConnectionStateChange,
	Spec:      webrtc + "rtcpeerconnectionstate-enum",
	States: []State{
		{"new", "nothing has begun"},
		{"connecting", "ICE looks for a way, or DTLS shakes hands"},
		{"connected", "ICE and DTLS are connected"},
		{"disconnected", "iceConnectionState is disconnected"},
		{"failed", "ICE or DTLS has failed"},
		{"closed", "the connection was closed"},
	},
	Transitions: []Transition{
		{"new", "connecting", "ICE begins its checks", firesConnection, updateConnection},
		{"connecting", "connected", "ICE and DTLS are connected", firesConnection, updateConnection},
		{"connecting", "disconnected", "ICE is disconnected", firesConnection, updateConnection},
		{"connecting", "failed", "ICE or DTLS fails", firesConnection, updateConnection},
		{"connecting", "new", "the last transport has gone", firesConnection, updateConnection},
		{"connected", "connecting", "ICE checks again, or there is a new transport", firesConnection, updateConnection},
		{"connected", "disconnected", "ICE is disconnected", firesConnection, updateConnection},
		{"connected", "failed", "ICE or DTLS fails", firesConnection, updateConnection},
		{"connected", "new", "the last transport has gone", firesConnection, updateConnection},
		{"disconnected", "connecting", "ICE checks again", firesConnection, updateConnection},
		{"disconnected", "connected", "ICE is connected again", firesConnection, updateConnection},
		{"disconnected", "failed", "ICE or DTLS fails", firesConnection, updateConnection},
		{"disconnected", "new", "the last transport has gone", firesConnection, updateConnection},
		{"failed", "connecting", "ICE is restarted", firesConnection, updateConnection},
		{"failed", "connected", "a restarted ICE is connected", firesConnection, updateConnection},
		{"failed", "new", "the last transport has gone", firesConnection, updateConnection},
		{"new", "closed", "close()", silent, closeSpec},
		{"connecting", "closed", "close()", silent, closeSpec},
		{"connected", "closed", "close()", silent, closeSpec},
		{"disconnected", "closed", "close()", silent, closeSpec},
		{"failed", "closed", "close()", silent, closeSpec},
	},
}

// ICETransport is the machine of one ICE transport.
var ICETransport = Machine{
	Interface: "RTCIceTransport",
	Attribute: "state",
	Kind:      recorder.KindICETransportStateChange,
	Spec:      webrtc + "rtcicetransportstate",
	States: []State{
		{"new", "it gathers, or waits for remote candidates"},
		{"checking", "it has a remote candidate and checks pairs"},
		{"connected", "it has a pair that works, and still looks for better ones"},
		{"completed", "it has a pair that works, and all checks have ended"},
		{"disconnected", "it has lost the other side, and may find it again"},
		{"failed", "all pairs have failed and no more candidates will come"},
		{"closed", "the connection was closed"},
	},
	Transitions: iceTransitions(firesICE, iceStates),
}

// iceTransitions are the transitions of an ICE transport, with what they fire.
func iceTransitions(fires []recorder.Kind, spec string) []Transition {
	return []Transition{
		{"new", "checking", "the first remote candidate", fires, spec},
		{"new", "failed", "there will be no remote candidates", fires, spec},
		{"checking", "connected", "a pair works", fires, spec},
		{"checking", "completed", "a pair works, and it was the last one to check", fires, spec},
		{"checking", "disconnected", "all pairs have failed, and more candidates may come", fires, spec},
		{"checking", "failed", "all pairs have failed, and no more candidates will come", fires, spec},
		{"connected", "completed", "all checks have ended, and no more candidates will come", fires, spec},
		{"connected", "checking", "the pair is lost, and there are others to check", fires, spec},
		{"connected", "disconnected", "the pair is lost, and there is none to check", fires, spec},
		{"connected", "failed", "all pairs are lost, and no more candidates will come", fires, spec},
		{"completed", "connected", "a restart", fires, spec},
		{"completed", "disconnected", "the pair is lost for now", fires, spec},
		{"completed", "failed", "consent is lost on all pairs", fires, spec},
		{"disconnected", "checking", "a restart, or new candidates", fires, spec},
		{"disconnected", "connected", "the pair works again", fires, spec},
		{"disconnected", "completed", "the pair works again, and all checks have ended", fires, spec},
		{"disconnected", "failed", "all pairs have failed, and no more candidates will come", fires, spec},
		{"failed", "checking", "a restart", fires, spec},
		{"new", "closed", "close()", silent, closeSpec},
		{"checking", "closed", "close()", silent, closeSpec},
		{"connected", "closed", "close()", silent, closeSpec},
		{"completed", "closed", "close()", silent, closeSpec},
		{"disconnected", "closed", "close()", silent, closeSpec},
		{"failed", "closed", "close()", silent, closeSpec},
	}
}

// DTLSTransport is the machine of one DTLS transport.
var DTLSTransport = Machine{
	Interface: "RTCDtlsTransport",
	Attribute: "state",
	Kind:      recorder.KindDTLSTransportStateChange,
	Spec:      dtlsStates,
	States: []State{
		{"new", "the handshake has not begun"},
		{"connecting", "the handshake is under way, and the fingerprint is checked"},
		{"connected", "the handshake is complete"},
		{"closed", "the other side said goodbye, or the connection was closed"},
		{"failed", "an alert, or a fingerprint that does not match"},
	},
	Transitions: []Transition{
		{"new", "connecting", "ICE is connected", firesDTLS, dtlsStates},
		{"connecting", "connected", "the handshake is complete", firesDTLS, dtlsStates},
		{"connecting", "failed", "an alert, or a wrong fingerprint", firesDTLS, dtlsStates},
		{"connecting", "closed", "the other side says close_notify", firesDTLS, dtlsStates},
		{"connected", "failed", "an alert", firesDTLS, dtlsStates},
		{"connected", "closed", "the other side says close_notify", firesDTLS, dtlsStates},
		{"new", "closed", "close()", silent, closeSpec},
		{"connecting", "closed", "close()", silent, closeSpec},
		{"connected", "closed", "close()", silent, closeSpec},
		{"failed", "closed", "close()", silent, closeSpec},
	},
}

// SCTPTransport is the machine of the SCTP transport. It is made when a description with a data section is set.
var SCTPTransport = Machine{
	Interface: "RTCSctpTransport",
	Attribute: "state",
	Kind:      recorder.KindSCTPTransportStateChange,
	Spec:      sctpStates,
	States: []State{
		{"connecting", "the association is being set up"},
		{"connected", "the association is up"},
		{"closed", "the association has ended, or cannot begin"},
	},
	Transitions: []Transition{
		{"connecting", "connected", "the association is up", firesSCTP, webrtc + "sctp-transport-connected"},
		{"connecting", "closed", "the data section is rejected, or DTLS has ended", firesSCTP, sctpStates},
		{"connected", "closed", "SHUTDOWN or ABORT came, or DTLS has ended", firesSCTP, sctpStates},
		{"connecting", "closed", "close()", silent, closeSpec},
		{"connected", "closed", "close()", silent, closeSpec},
	},
}

// DataChannel is the machine of a data channel.
var DataChannel = Machine{
	Interface: "RTCDataChannel",
	Attribute: "readyState",
	Spec:      webrtc + "dom-rtcdatachannelstate",
	States: []State{
		{"connecting", "the transport of its data is not there yet"},
		{"open", "messages can be sent"},
		{"closing", "it is being closed; what was sent before still goes out"},
		{"closed", "it is closed, or could not be made"},
	},
	Transitions: []Transition{
		{"connecting", "open", "the SCTP transport is connected", []recorder.Kind{recorder.KindOpen}, webrtc + "announcing-a-data-channel-as-open"},
		{"connecting", "closing", "close() of the channel", silent, webrtc + "dom-rtcdatachannel-close"},
		{"open", "closing", "close() of the channel", silent, webrtc + "dom-rtcdatachannel-close"},
		{"open", "closing", "the other peer closes the channel", []recorder.Kind{recorder.KindClosing}, webrtc + "closing-procedure"},
		{"closing", "closed", "its stream is reset both ways", []recorder.Kind{recorder.KindClose}, webrtc + "announcing-a-data-channel-as-closed"},
		{"connecting", "closed", "the transport is lost, or there is no stream for it", []recorder.Kind{recorder.KindError, recorder.KindClose}, webrtc + "announcing-a-data-channel-as-closed"},
		{"open", "closed", "the transport is lost", []recorder.Kind{recorder.KindError, recorder.KindClose}, webrtc + "announcing-a-data-channel-as-closed"},
		{"closing", "closed", "the transport is lost", []recorder.Kind{recorder.KindError, recorder.KindClose}, webrtc + "announcing-a-data-channel-as-closed"},
		{"connecting", "closed", "close() of the peer connection", silent, closeSpec},
		{"open", "closed", "close() of the peer connection", silent, closeSpec},
		{"closing", "closed", "close() of the peer connection", silent, closeSpec},
	},
}
