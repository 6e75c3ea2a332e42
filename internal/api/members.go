package api

// A Member is a member of an interface or dictionary of the API.
type Member struct {
	Interface string
	Name      string
	Status    Status
	// Use is how a scenario uses it, By the word for that: a method, an event, the path of a condition after the peer, or a key.
	// For what is not supported, By is the table of package scenario that has the reason, and the word in it where that is
	// another than Name.
	Use Use
	By  string
	// Note says what is different in pion; empty: nothing that matters.
	Note string
}

// Status is where a member is specified.
type Status string

// The states that a member can have.
const (
	Standard Status = "standard" // in the W3C Recommendation of 2025
	Legacy   Status = "legacy"   // optional in it
	Moved    Status = "moved"    // to another document: webrtc-identity, mediacapture
	Removed  Status = "removed"  // from the standard, before it became a Recommendation
	Pion     Status = "pion"     // never in the standard
)

// Use is how a scenario uses a member.
type Use string

// The ways to use a member.
const (
	Step        Use = "step"
	Event       Use = "event"
	Condition   Use = "condition"
	Key         Use = "key"           // of the scenario, or of a step's with
	Unsupported Use = "not supported" // reading a scenario that has it says why
)

// Members lists all members.
var Members = []Member{
	{"RTCPeerConnection", "new RTCPeerConnection(configuration)", Standard, Key, "peers", "each entry is one connection, made at the start"},
	{"RTCPeerConnection", "new RTCPeerConnection(…, constraints)", Removed, Unsupported, "Peer constraints", ""},
	{"RTCConfiguration", "iceServers", Standard, Key, "configuration.iceServers", ""},
	{"RTCConfiguration", "iceTransportPolicy", Standard, Key, "configuration.iceTransportPolicy", ""},
	{"RTCConfiguration", "bundlePolicy", Standard, Key, "configuration.bundlePolicy", "kept; pion always uses one transport"},
	{"RTCConfiguration", "rtcpMuxPolicy", Standard, Key, "configuration.rtcpMuxPolicy", "kept; pion always multiplexes"},
	{"RTCConfiguration", "certificates", Standard, Key, "configuration.certificates", ""},
	{"RTCConfiguration", "iceCandidatePoolSize", Standard, Key, "configuration.iceCandidatePoolSize", "0 and 1 only"},
	{"RTCConfiguration", "peerIdentity", Moved, Unsupported, "Configuration", ""},
	{"RTCPeerConnection", "localDescription", Standard, Condition, "localDescription", ""},
	{"RTCPeerConnection", "currentLocalDescription", Standard, Condition, "currentLocalDescription", ""},
	{"RTCPeerConnection", "pendingLocalDescription", Standard, Condition, "pendingLocalDescription", ""},
	{"RTCPeerConnection", "remoteDescription", Standard, Condition, "remoteDescription", "without trickled candidates"},
	{"RTCPeerConnection", "currentRemoteDescription", Standard, Condition, "currentRemoteDescription", "without trickled candidates"},
	{"RTCPeerConnection", "pendingRemoteDescription", Standard, Condition, "pendingRemoteDescription", "without trickled candidates"},
	{"RTCPeerConnection", "signalingState", Standard, Condition, "signalingState", ""},
	{"RTCPeerConnection", "iceGatheringState", Standard, Condition, "iceGatheringState", ""},
	{"RTCPeerConnection", "iceConnectionState", Standard, Condition, "iceConnectionState", "never completed"},
	{"RTCPeerConnection", "connectionState", Standard, Condition, "connectionState", ""},
	{"RTCPeerConnection", "canTrickleIceCandidates", Standard, Condition, "canTrickleIceCandidates", "false for a peer of pion, unless that has engine: {ice: {trickle: true}}"},
	{"RTCPeerConnection", "sctp", Standard, Condition, "sctp", "nil until a description with data channels was set; pion always has one"},
	{"RTCPeerConnection", "peerIdentity", Moved, Unsupported, "attribute", ""},
	{"RTCPeerConnection", "idpLoginUrl", Moved, Unsupported, "attribute", ""},
	{"RTCPeerConnection", "idpErrorInfo", Moved, Unsupported, "attribute", ""},
	{"RTCPeerConnection", "defaultIceServers", Removed, Condition, "defaultIceServers", "derived: always empty"},
	{"RTCPeerConnection", "getDefaultIceServers()", Removed, Unsupported, "method getDefaultIceServers", ""},

	{"RTCPeerConnection", "createOffer()", Standard, Step, "createOffer", "also where the standard refuses it, in have-remote-offer"},
	{"RTCOfferOptions", "iceRestart", Standard, Key, "createOffer iceRestart", "restarts at once, not in setLocalDescription"},
	{"RTCOfferOptions", "offerToReceiveAudio", Legacy, Key, "createOffer offerToReceiveAudio", "derived: adds a recvonly transceiver; false is refused"},
	{"RTCOfferOptions", "offerToReceiveVideo", Legacy, Key, "createOffer offerToReceiveVideo", "derived: adds a recvonly transceiver; false is refused"},
	{"RTCOfferOptions", "voiceActivityDetection", Removed, Unsupported, "CreateOffer", ""},
	{"RTCPeerConnection", "createAnswer()", Standard, Step, "createAnswer", ""},
	{"RTCPeerConnection", "setLocalDescription(description)", Standard, Step, "setLocalDescription", ""},
	{"RTCPeerConnection", "setLocalDescription()", Standard, Step, "setLocalDescription", "derived: createOffer or createAnswer first"},
	{"RTCPeerConnection", "setLocalDescription({type: rollback})", Standard, Unsupported, "method rollback", "with engine: force a step, which pion refuses"},
	{"RTCPeerConnection", "setRemoteDescription(description)", Standard, Step, "setRemoteDescription", "no implicit rollback"},
	{"RTCPeerConnection", "setRemoteDescription({type: rollback})", Standard, Unsupported, "method rollback", "with engine: force a step, which pion refuses"},
	{"RTCPeerConnection", "addIceCandidate()", Standard, Step, "addIceCandidate", "pion ignores sdpMid, sdpMLineIndex and usernameFragment"},
	{"RTCPeerConnection", "restartIce()", Standard, Step, "restartIce", "derived: the next createOffer has iceRestart, and negotiationneeded fires"},
	{"RTCPeerConnection", "getConfiguration()", Standard, Step, "getConfiguration", ""},
	{"RTCPeerConnection", "setConfiguration()", Standard, Step, "setConfiguration", ""},
	{"RTCPeerConnection", "close()", Standard, Step, "close", "fires events that the standard forbids"},
	{"RTCPeerConnection", "gracefulClose()", Pion, Step, "gracefulClose", ""},
	{"RTCPeerConnection", "createDataChannel()", Standard, Step, "createDataChannel", ""},
	{"RTCPeerConnection", "addTrack(track, stream)", Standard, Step, "addTrack", ""},
	{"RTCPeerConnection", "addTrack(track, stream, stream, …)", Standard, Unsupported, "AddTrack streams", ""},
	{"RTCPeerConnection", "removeTrack()", Standard, Step, "removeTrack", "the sender leaves getSenders; a second call is an InvalidAccessError"},
	{"RTCPeerConnection", "addTransceiver()", Standard, Step, "addTransceiver", ""},
	{"RTCRtpTransceiverInit", "direction: inactive", Standard, Unsupported, "method inactive", "with engine: force a step, which pion refuses"},
	{"RTCRtpTransceiverInit", "direction: recvonly, with a track", Standard, Unsupported, "method recvonly", "with engine: force a step, which pion refuses"},
	{"RTCRtpTransceiverInit", "sendEncodings", Standard, Unsupported, "AddTransceiver", ""},
	{"RTCPeerConnection", "getSenders()", Standard, Step, "getSenders", ""},
	{"RTCPeerConnection", "getSenders()", Standard, Condition, "senders", ""},
	{"RTCPeerConnection", "getReceivers()", Standard, Step, "getReceivers", ""},
	{"RTCPeerConnection", "getReceivers()", Standard, Condition, "receivers", ""},
	{"RTCPeerConnection", "getTransceivers()", Standard, Step, "getTransceivers", ""},
	{"RTCPeerConnection", "getTransceivers()", Standard, Condition, "transceivers", ""},
	{"RTCPeerConnection", "getStats()", Standard, Step, "getStats", "no outbound-rtp"},
	{"RTCPeerConnection", "getStats()", Standard, Condition, "stats", "the most important ones"},
	{"RTCPeerConnection", "getStats(selector)", Standard, Unsupported, "GetStats selector", ""},
	{"RTCPeerConnection", "generateCertificate()", Standard, Step, "generateCertificate", ""},
	{"RTCPeerConnection", "addStream()", Removed, Step, "addStream", "derived: addTrack for each track"},
	{"RTCPeerConnection", "removeStream()", Removed, Step, "removeStream", "derived: removeTrack for each sender"},
	{"RTCPeerConnection", "getLocalStreams()", Removed, Step, "getLocalStreams", "derived from the senders"},
	{"RTCPeerConnection", "getLocalStreams()", Removed, Condition, "localStreams", "derived from the senders"},
	{"RTCPeerConnection", "getRemoteStreams()", Removed, Step, "getRemoteStreams", "derived from the remote description"},
	{"RTCPeerConnection", "getRemoteStreams()", Removed, Condition, "remoteStreams", "derived from the remote description"},
	{"RTCPeerConnection", "getStreamById()", Removed, Step, "getStreamById", "derived from the senders and the remote description"},
	{"RTCPeerConnection", "createDTMFSender()", Removed, Unsupported, "method createDTMFSender", ""},
	{"RTCPeerConnection", "updateIce(configuration)", Removed, Step, "updateIce", "derived: setConfiguration"},
	{"RTCPeerConnection", "updateIce(…, constraints)", Removed, Unsupported, "UpdateICE constraints", ""},
	{"RTCPeerConnection", "setIdentityProvider()", Moved, Unsupported, "method setIdentityProvider", ""},
	{"RTCPeerConnection", "getIdentityAssertion()", Moved, Unsupported, "method getIdentityAssertion", ""},

	{"RTCPeerConnection", "negotiationneeded", Standard, Event, "negotiationneeded", "a race in pion"},
	{"RTCPeerConnection", "icecandidate", Standard, Event, "icecandidate", "null comes again with each later setLocalDescription, and there is none with an empty candidate"},
	{"RTCPeerConnection", "icecandidateerror", Standard, Unsupported, "event", ""},
	{"RTCPeerConnection", "signalingstatechange", Standard, Event, "signalingstatechange", "may come late"},
	{"RTCPeerConnection", "iceconnectionstatechange", Standard, Event, "iceconnectionstatechange", ""},
	{"RTCPeerConnection", "icegatheringstatechange", Standard, Event, "icegatheringstatechange", ""},
	{"RTCPeerConnection", "connectionstatechange", Standard, Event, "connectionstatechange", "may come late"},
	{"RTCPeerConnection", "datachannel", Standard, Event, "datachannel", "the channel is still connecting"},
	{"RTCPeerConnection", "track", Standard, Event, "track", "with the first RTP packet, not in setRemoteDescription"},
	{"RTCPeerConnection", "addstream", Removed, Event, "addstream", "derived from a=msid in setRemoteDescription"},
	{"RTCPeerConnection", "removestream", Removed, Event, "removestream", "derived from a=msid in setRemoteDescription"},
	{"RTCPeerConnection", "identityresult", Removed, Unsupported, "event", ""},
	{"RTCPeerConnection", "idpassertionerror", Moved, Unsupported, "event", ""},
	{"RTCPeerConnection", "idpvalidationerror", Moved, Unsupported, "event", ""},
	{"RTCPeerConnection", "peeridentity", Removed, Unsupported, "event", ""},
	{"RTCPeerConnection", "fingerprintfailure", Removed, Unsupported, "event", ""},
	{"RTCPeerConnection", "isolationchange", Removed, Unsupported, "event", ""},
	{"RTCPeerConnection", "statsended", Removed, Unsupported, "event", ""},

	{"RTCDataChannel", "label", Standard, Condition, "channels.NAME.label", ""},
	{"RTCDataChannel", "ordered", Standard, Condition, "channels.NAME.ordered", ""},
	{"RTCDataChannel", "maxPacketLifeTime", Standard, Condition, "channels.NAME.maxPacketLifeTime", ""},
	{"RTCDataChannel", "maxRetransmits", Standard, Condition, "channels.NAME.maxRetransmits", ""},
	{"RTCDataChannel", "protocol", Standard, Condition, "channels.NAME.protocol", ""},
	{"RTCDataChannel", "negotiated", Standard, Condition, "channels.NAME.negotiated", ""},
	{"RTCDataChannel", "id", Standard, Condition, "channels.NAME.id", "assigned when the channel opens"},
	{"RTCDataChannel", "readyState", Standard, Condition, "channels.NAME.readyState", ""},
	{"RTCDataChannel", "bufferedAmount", Standard, Condition, "channels.NAME.bufferedAmount", "counts the message that opens the channel, too"},
	{"RTCDataChannel", "bufferedAmountLowThreshold", Standard, Condition, "channels.NAME.bufferedAmountLowThreshold", ""},
	{"RTCDataChannel", "bufferedAmountLowThreshold =", Standard, Step, "set", ""},
	{"RTCDataChannel", "binaryType", Standard, Condition, "channels.NAME.binaryType", "kept, without effect"},
	{"RTCDataChannel", "binaryType =", Standard, Step, "set", "kept, without effect"},
	{"RTCDataChannel", "send()", Standard, Step, "send", "its errors have no name"},
	{"RTCDataChannel", "close()", Standard, Step, "close", ""},
	{"RTCDataChannel", "gracefulClose()", Pion, Step, "gracefulClose", ""},
	{"RTCDataChannel", "detach()", Pion, Step, "detach", ""},
	{"RTCDataChannel", "read()", Pion, Step, "read", ""},
	{"RTCDataChannel", "onDial", Pion, Unsupported, "method onDial", ""},
	{"RTCDataChannel", "open", Standard, Event, "open", ""},
	{"RTCDataChannel", "message", Standard, Event, "message", "lost before there is a handler"},
	{"RTCDataChannel", "bufferedamountlow", Standard, Event, "bufferedamountlow", ""},
	{"RTCDataChannel", "error", Standard, Event, "error", "may come after close"},
	{"RTCDataChannel", "closing", Standard, Event, "closing", "pion never fires it: a channel that the other side closes is closed at once"},
	{"RTCDataChannel", "close", Standard, Event, "close", ""},
	{"RTCDataChannel", "reliable", Removed, Unsupported, "attribute", ""},
	{"RTCDataChannel", "maxRetransmitTime", Removed, Unsupported, "attribute", ""},
	{"RTCDataChannelInit", "ordered", Standard, Key, "createDataChannel ordered", ""},
	{"RTCDataChannelInit", "maxPacketLifeTime", Standard, Key, "createDataChannel maxPacketLifeTime", ""},
	{"RTCDataChannelInit", "maxRetransmits", Standard, Key, "createDataChannel maxRetransmits", ""},
	{"RTCDataChannelInit", "protocol", Standard, Key, "createDataChannel protocol", ""},
	{"RTCDataChannelInit", "negotiated", Standard, Key, "createDataChannel negotiated", ""},
	{"RTCDataChannelInit", "id", Standard, Key, "createDataChannel id", "taken without negotiated, and twice"},
	{"RTCDataChannelInit", "priority", Standard, Unsupported, "CreateDataChannel", ""},
	{"RTCDataChannelInit", "reliable", Removed, Unsupported, "CreateDataChannel", ""},
	{"RTCDataChannelInit", "maxRetransmitTime", Removed, Unsupported, "CreateDataChannel", ""},

	{"RTCRtpTransceiver", "mid", Standard, Condition, "transceivers[0].mid", "there as soon as an offer was created"},
	{"RTCRtpTransceiver", "sender", Standard, Condition, "transceivers[0].sender", "nil for recvonly"},
	{"RTCRtpTransceiver", "receiver", Standard, Condition, "transceivers[0].receiver", "nil for sendonly"},
	{"RTCRtpTransceiver", "direction", Standard, Condition, "transceivers[0].direction", "inactive where the standard says stopped"},
	{"RTCRtpTransceiver", "direction =", Standard, Unsupported, "SetChannel direction", ""},
	{"RTCRtpTransceiver", "currentDirection", Standard, Condition, "transceivers[0].currentDirection", "derived from the answer"},
	{"RTCRtpTransceiver", "stop()", Standard, Step, "stop", "at once, without stopping and without negotiationneeded"},
	{"RTCRtpTransceiver", "setCodecPreferences()", Standard, Step, "setCodecPreferences", ""},
	{"RTCRtpSender", "track", Standard, Condition, "senders[0].track", ""},
	{"RTCRtpSender", "transport", Standard, Condition, "senders[0].transport", "the state of the one transport"},
	{"RTCRtpSender", "replaceTrack()", Standard, Step, "replaceTrack", ""},
	{"RTCRtpSender", "getParameters()", Standard, Step, "getParameters", ""},
	{"RTCRtpSender", "setParameters()", Standard, Unsupported, "method setParameters", ""},
	{"RTCRtpSender", "setStreams()", Standard, Unsupported, "method setStreams", ""},
	{"RTCRtpSender", "getStats()", Standard, Unsupported, "GetStats selector", ""},
	{"RTCRtpSender", "getCapabilities()", Standard, Unsupported, "method getCapabilities", ""},
	{"RTCRtpSender", "dtmf", Standard, Unsupported, "attribute", ""},
	{"RTCRtpReceiver", "track", Standard, Condition, "receivers[0].track", "nil until it is announced"},
	{"RTCRtpReceiver", "transport", Standard, Condition, "receivers[0].transport", "the state of the one transport"},
	{"RTCRtpReceiver", "getParameters()", Standard, Step, "getParameters", ""},
	{"RTCRtpReceiver", "getContributingSources()", Standard, Unsupported, "method getContributingSources", ""},
	{"RTCRtpReceiver", "getSynchronizationSources()", Standard, Unsupported, "method getSynchronizationSources", ""},
	{"RTCRtpReceiver", "getStats()", Standard, Unsupported, "GetStats selector", ""},
	{"RTCRtpReceiver", "jitterBufferTarget", Standard, Unsupported, "attribute", ""},
	{"RTCRtpReceiver", "getCapabilities()", Standard, Unsupported, "method getCapabilities", ""},
	{"MediaStreamTrack", "muted", Moved, Unsupported, "attribute", ""},
	{"MediaStreamTrack", "mute", Moved, Unsupported, "event", ""},
	{"MediaStreamTrack", "unmute", Moved, Unsupported, "event", ""},
	{"MediaStreamTrack", "ended", Moved, Unsupported, "event", ""},
	{"MediaStream", "removetrack", Moved, Unsupported, "event", ""},
	{"RTCDTMFSender", "insertDTMF()", Standard, Unsupported, "method insertDTMF", ""},
	{"RTCDTMFSender", "canInsertDTMF", Standard, Unsupported, "attribute", ""},
	{"RTCDTMFSender", "toneBuffer", Standard, Unsupported, "attribute", ""},
	{"RTCDTMFSender", "tonechange", Standard, Unsupported, "event", ""},
	{"MediaDevices", "getUserMedia()", Moved, Unsupported, "method getUserMedia", ""},

	{"RTCIceTransport", "state", Standard, Condition, "ice.state", "never completed"},
	{"RTCIceTransport", "role", Standard, Condition, "ice.role", ""},
	{"RTCIceTransport", "component", Standard, Condition, "ice.component", "always rtp"},
	{"RTCIceTransport", "gatheringState", Standard, Condition, "ice.gatheringState", ""},
	{"RTCIceTransport", "getSelectedCandidatePair()", Standard, Condition, "selectedCandidatePair", ""},
	{"RTCIceTransport", "getLocalParameters()", Standard, Condition, "ice.localParameters", "derived from the local description"},
	{"RTCIceTransport", "getRemoteParameters()", Standard, Condition, "ice.remoteParameters", "derived from the remote description"},
	{"RTCIceTransport", "getLocalCandidates()", Standard, Condition, "ice.localCandidates", "derived from icecandidate events"},
	{"RTCIceTransport", "getRemoteCandidates()", Standard, Condition, "ice.remoteCandidates", "derived from the remote description and addIceCandidate"},
	{"RTCIceTransport", "the pairs it checks", Pion, Condition, "candidatePairs", ""},
	{"RTCIceTransport", "statechange", Standard, Event, "icetransportstatechange", ""},
	{"RTCIceTransport", "gatheringstatechange", Standard, Event, "icegatheringstatechange", "in pion that of the connection"},
	{"RTCIceTransport", "selectedcandidatepairchange", Standard, Event, "selectedcandidatepairchange", ""},
	{"RTCDtlsTransport", "state", Standard, Condition, "dtls.state", ""},
	{"RTCDtlsTransport", "iceTransport", Standard, Condition, "ice", "there is one"},
	{"RTCDtlsTransport", "getRemoteCertificates()", Standard, Condition, "dtls.remoteCertificates", "their fingerprints"},
	{"RTCDtlsTransport", "statechange", Standard, Event, "dtlstransportstatechange", ""},
	{"RTCDtlsTransport", "error", Standard, Event, "dtlstransportstatechange", "pion has no error event: failed is the state"},
	{"RTCSctpTransport", "state", Standard, Condition, "sctp.state", ""},
	{"RTCSctpTransport", "transport", Standard, Condition, "dtls", "there is one"},
	{"RTCSctpTransport", "maxMessageSize", Standard, Condition, "sctp.maxMessageSize", ""},
	{"RTCSctpTransport", "maxChannels", Standard, Condition, "sctp.maxChannels", "nil until connected; pion always says 65535"},
	{"RTCSctpTransport", "statechange", Standard, Event, "sctptransportstatechange", "derived: pion has no event for it"},
	{"RTCCertificate", "expires", Standard, Condition, "configuration.certificates[0].expires", ""},
	{"RTCCertificate", "getFingerprints()", Standard, Condition, "configuration.certificates[0].fingerprints", "SHA-256 only"},
	{"RTCSessionDescription", "type", Standard, Condition, "localDescription.type", ""},
	{"RTCSessionDescription", "sdp", Standard, Condition, "localDescription.sdp", ""},
	{"RTCIceCandidate", "candidate, sdpMid, sdpMLineIndex, usernameFragment", Standard, Key, "addIceCandidate candidate", ""},
	{"RTCError", "name", Standard, Key, "rejects", "an error of pion without a name counts as OperationError"},
}
