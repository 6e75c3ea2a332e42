package recorder

// Kind names what an event is. Events that the W3C defines have the name that the W3C gives them.
type Kind string

// The kinds of events.
const (
	// The run and its script.
	KindRun     Kind = "run"     // the first event: the identity of the run
	KindStep    Kind = "step"    // a step of the scenario begins
	KindVerdict Kind = "verdict" // an expectation was decided
	KindLog     Kind = "log"     // pion wrote a log line at warning or above
	KindEnd     Kind = "end"     // the session is over; the last event of a run that was not cut short

	// Calls of the API.
	KindCall   Kind = "call"   // a method is called
	KindReturn Kind = "return" // the call came back, with a result or an error

	// Events of RTCPeerConnection.
	KindNegotiationNeeded        Kind = "negotiationneeded"
	KindICECandidate             Kind = "icecandidate"
	KindICECandidateError        Kind = "icecandidateerror"
	KindSignalingStateChange     Kind = "signalingstatechange"
	KindICEGatheringStateChange  Kind = "icegatheringstatechange"
	KindICEConnectionStateChange Kind = "iceconnectionstatechange"
	KindConnectionStateChange    Kind = "connectionstatechange"
	KindDataChannel              Kind = "datachannel"

	// Events of the transports. The W3C calls the first three "statechange" on RTCIceTransport,
	// RTCDtlsTransport and RTCSctpTransport; one name each keeps a recording readable.
	KindICETransportStateChange     Kind = "icetransportstatechange"
	KindDTLSTransportStateChange    Kind = "dtlstransportstatechange"
	KindSCTPTransportStateChange    Kind = "sctptransportstatechange"
	KindSelectedCandidatePairChange Kind = "selectedcandidatepairchange"

	// Events of RTCDataChannel.
	KindOpen              Kind = "open"
	KindMessage           Kind = "message"
	KindBufferedAmountLow Kind = "bufferedamountlow"
	KindError             Kind = "error"
	KindClosing           Kind = "closing"
	KindClose             Kind = "close"

	// The network.
	KindPacketSent      Kind = "packet-sent"
	KindPacketDelivered Kind = "packet-delivered"
	KindPacketDropped   Kind = "packet-dropped"
	KindTopology        Kind = "topology"    // the simulated internet as the run begins
	KindNetwork         Kind = "network"     // a link, a network, a server or signaling was changed
	KindInterface       Kind = "interface"   // an interface was changed
	KindNATMapping      Kind = "nat-mapping" // a NAT has mapped an address
	KindDTLSSecret      Kind = "dtls-secret" // a DTLS connection has agreed on its keys

	// Media.
	KindTrack Kind = "track"
	KindMedia Kind = "media" // how a received track does, measured
	KindRTCP  Kind = "rtcp"  // an RTCP packet was sent or received

	// Signaling, the application's own channel between the peers.
	KindSignalSent      Kind = "signal-sent"
	KindSignalDelivered Kind = "signal-delivered"
	KindSignalDropped   Kind = "signal-dropped"

	// The standard.
	KindRemark Kind = "remark" // what pion did differs from the standard

	// What no event tells.
	KindSnapshot Kind = "snapshot" // what of a peer's state differs from what the events before it tell

	// Events that the standard has dropped.
	KindAddStream    Kind = "addstream"
	KindRemoveStream Kind = "removestream"

	// Questions to those who watch.
	KindPrediction Kind = "prediction" // a step asks what will come
	KindAnswer     Kind = "answer"     // what came of it
)
