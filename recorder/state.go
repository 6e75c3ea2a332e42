package recorder

// PeerState is the state of an RTCPeerConnection and of everything that belongs to it, at one moment. A snapshot holds it,
// and conditions of a scenario ask for its members by the same names. Where a member is nil, the standard has null.
type PeerState struct {
	SignalingState           string                   `json:"signalingState" yaml:"signalingState" enum:"stable have-local-offer have-remote-offer have-local-pranswer have-remote-pranswer closed" doc:"The state of offer and answer."`
	ICEGatheringState        string                   `json:"iceGatheringState" yaml:"iceGatheringState" enum:"new gathering complete" doc:"The state of gathering candidates."`
	ICEConnectionState       string                   `json:"iceConnectionState" yaml:"iceConnectionState" enum:"new checking connected completed disconnected failed closed" doc:"The state of ICE."`
	ConnectionState          string                   `json:"connectionState" yaml:"connectionState" enum:"new connecting connected disconnected failed closed" doc:"The state of ICE and DTLS together."`
	CanTrickleICECandidates  *bool                    `json:"canTrickleIceCandidates" yaml:"canTrickleIceCandidates" doc:"Whether the other side accepts trickled candidates; nil while unknown."`
	LocalDescription         *DescriptionState        `json:"localDescription" yaml:"localDescription" doc:"The pending local description, else the current one; nil while there is none."`
	CurrentLocalDescription  *DescriptionState        `json:"currentLocalDescription" yaml:"currentLocalDescription" doc:"The local description of the last finished negotiation; nil before it."`
	PendingLocalDescription  *DescriptionState        `json:"pendingLocalDescription" yaml:"pendingLocalDescription" doc:"The local description of the negotiation under way; nil while there is none."`
	RemoteDescription        *DescriptionState        `json:"remoteDescription" yaml:"remoteDescription" doc:"The pending remote description, else the current one; nil while there is none."`
	CurrentRemoteDescription *DescriptionState        `json:"currentRemoteDescription" yaml:"currentRemoteDescription" doc:"The remote description of the last finished negotiation; nil before it."`
	PendingRemoteDescription *DescriptionState        `json:"pendingRemoteDescription" yaml:"pendingRemoteDescription" doc:"The remote description of the negotiation under way; nil while there is none."`
	SCTP                     *SCTPState               `json:"sctp" yaml:"sctp" doc:"The SCTP transport; nil until a description with data channels was set."`
	DTLS                     *DTLSState               `json:"dtls" yaml:"dtls" doc:"The DTLS transport; nil while there is none."`
	ICE                      *ICEState                `json:"ice" yaml:"ice" doc:"The ICE transport; nil while there is none."`
	SelectedCandidatePair    *CandidatePairState      `json:"selectedCandidatePair" yaml:"selectedCandidatePair" doc:"The candidates that ICE uses; nil while there are none."`
	CandidatePairs           []CheckedPairState       `json:"candidatePairs" yaml:"candidatePairs" doc:"The pairs of candidates that ICE checks, in the order of their addresses."`
	Transceivers             []TransceiverState       `json:"transceivers" yaml:"transceivers" doc:"The transceivers, in the order they were made."`
	Senders                  []SenderState            `json:"senders" yaml:"senders" doc:"The senders of the transceivers that have one. pion has none for a recvonly transceiver."`
	Receivers                []ReceiverState          `json:"receivers" yaml:"receivers" doc:"The receivers of the transceivers that have one. pion has none for a sendonly transceiver."`
	LocalStreams             []string                 `json:"localStreams" yaml:"localStreams" doc:"The ids of the streams that the senders' tracks belong to. Derived: the standard has dropped getLocalStreams."`
	RemoteStreams            []string                 `json:"remoteStreams" yaml:"remoteStreams" doc:"The ids of the streams that the receivers' tracks belong to. Derived: the standard has dropped getRemoteStreams."`
	Channels                 map[string]*ChannelState `json:"channels" yaml:"channels" doc:"The data channels by their name in the scenario or their label; nil while there is none of that name."`
	Media                    map[string]*MediaState   `json:"-" yaml:"media" doc:"The received tracks by name, with the rid after it for a simulcast layer (bob.media.cam.high); nil while there is none of that name. Snapshots leave them out: media events have them."`
	Configuration            *ConfigurationState      `json:"configuration" yaml:"configuration" doc:"What getConfiguration returns."`
	DefaultICEServers        []ICEServerState         `json:"defaultIceServers" yaml:"defaultIceServers" doc:"Always empty, as the drafts that had it allowed. Derived: the standard has dropped it."`
	Stats                    *StatsState              `json:"stats,omitempty" yaml:"stats" doc:"Statistics, the most important of getStats. A snapshot has them at the end only, and not of a closed connection."`
}

// DescriptionState is a description that a peer has.
type DescriptionState struct {
	Type string `json:"type" yaml:"type" enum:"offer answer pranswer rollback" doc:"The type of the description."`
	SDP  string `json:"sdp" yaml:"sdp" doc:"The SDP."`
}

// SCTPState is the state of a peer's SCTP transport.
type SCTPState struct {
	State          string `json:"state" yaml:"state" enum:"connecting connected closed" doc:"The state of the SCTP transport."`
	MaxMessageSize int    `json:"maxMessageSize" yaml:"maxMessageSize" doc:"The largest message that the other side accepts, in bytes."`
	MaxChannels    *int   `json:"maxChannels" yaml:"maxChannels" doc:"The most data channels there can be; nil until the transport is connected."`
}

// DTLSState is the state of a peer's DTLS transport.
type DTLSState struct {
	State              string   `json:"state" yaml:"state" enum:"new connecting connected closed failed" doc:"The state of the DTLS transport."`
	RemoteCertificates []string `json:"remoteCertificates" yaml:"remoteCertificates" doc:"The SHA-256 fingerprints of the other side's certificates."`
}

// ICEState is the state of a peer's ICE transport. pion has one per peer connection.
type ICEState struct {
	State            string              `json:"state" yaml:"state" enum:"new checking connected completed disconnected failed closed" doc:"The state of the ICE transport."`
	Role             string              `json:"role" yaml:"role" enum:"unknown controlling controlled" doc:"Whether this side decides which pair of candidates is used."`
	Component        string              `json:"component" yaml:"component" enum:"rtp rtcp" doc:"Always rtp: pion multiplexes RTCP."`
	GatheringState   string              `json:"gatheringState" yaml:"gatheringState" enum:"new gathering complete" doc:"The state of gathering candidates."`
	LocalParameters  *ICEParametersState `json:"localParameters" yaml:"localParameters" doc:"The user name fragment and password of this side; nil while there are none."`
	RemoteParameters *ICEParametersState `json:"remoteParameters" yaml:"remoteParameters" doc:"The user name fragment and password of the other side; nil while there are none."`
	LocalCandidates  []CandidateState    `json:"localCandidates" yaml:"localCandidates" doc:"The candidates that icecandidate events have told since the last ICE restart. Derived: pion's transport does not list them."`
	RemoteCandidates []CandidateState    `json:"remoteCandidates" yaml:"remoteCandidates" doc:"The candidates of the remote description and of addIceCandidate since the last ICE restart. Derived: pion's transport does not list them."`
}

// ICEParametersState are the credentials of one side's ICE transport.
type ICEParametersState struct {
	UsernameFragment string `json:"usernameFragment" yaml:"usernameFragment" doc:"The ICE user name fragment."`
	Password         string `json:"password" yaml:"password" doc:"The ICE password."`
}

// CandidatePairState is the pair of candidates that a peer uses.
type CandidatePairState struct {
	Local  CandidateState `json:"local" yaml:"local" doc:"The peer's own candidate."`
	Remote CandidateState `json:"remote" yaml:"remote" doc:"The other peer's candidate."`
}

// CheckedPairState is a pair of candidates on ICE's checklist.
type CheckedPairState struct {
	State     string         `json:"state" yaml:"state" enum:"frozen waiting in-progress failed succeeded" doc:"The state of the pair's checks."`
	Nominated bool           `json:"nominated" yaml:"nominated" doc:"Whether the pair was nominated."`
	Local     CandidateState `json:"local" yaml:"local" doc:"The peer's own candidate."`
	Remote    CandidateState `json:"remote" yaml:"remote" doc:"The other peer's candidate."`
}

// CandidateState is one candidate.
type CandidateState struct {
	Type    string `json:"type" yaml:"type" enum:"host srflx prflx relay" doc:"The type of the candidate."`
	Address string `json:"address" yaml:"address" doc:"The IP address."`
	Port    int    `json:"port" yaml:"port" doc:"The port."`
}

// TransceiverState is the state of an RTCRtpTransceiver.
type TransceiverState struct {
	Mid              *string        `json:"mid" yaml:"mid" doc:"The mid of its m-line; nil until a description was set. pion assigns it when an offer is made."`
	Kind             string         `json:"kind" yaml:"kind" enum:"audio video" doc:"The kind of media."`
	Direction        string         `json:"direction" yaml:"direction" enum:"sendrecv sendonly recvonly inactive stopped" doc:"The direction it wants. pion says inactive where the standard says stopped."`
	CurrentDirection *string        `json:"currentDirection" yaml:"currentDirection" enum:"sendrecv sendonly recvonly inactive stopped" doc:"The direction that was negotiated; nil before. Derived from the answer."`
	Sender           *SenderState   `json:"sender" yaml:"sender" doc:"Its sender; in pion nil for recvonly."`
	Receiver         *ReceiverState `json:"receiver" yaml:"receiver" doc:"Its receiver; in pion nil for sendonly."`
}

// SenderState is the state of an RTCRtpSender.
type SenderState struct {
	Track     *TrackState     `json:"track" yaml:"track" doc:"The track it sends; nil where there is none."`
	Transport string          `json:"transport" yaml:"transport" enum:"new connecting connected closed failed" doc:"The state of its DTLS transport."`
	Encodings []EncodingState `json:"encodings" yaml:"encodings" doc:"What it sends of the track: one encoding, or several in simulcast."`
}

// ReceiverState is the state of an RTCRtpReceiver.
type ReceiverState struct {
	Track     *TrackState  `json:"track" yaml:"track" doc:"The track it receives; in pion nil until the other side has announced it."`
	Tracks    []TrackState `json:"tracks" yaml:"tracks" doc:"All tracks it receives: more than one in simulcast. The standard knows one."`
	Transport string       `json:"transport" yaml:"transport" enum:"new connecting connected closed failed" doc:"The state of its DTLS transport."`
}

// TrackState describes a track of a sender or a receiver.
type TrackState struct {
	ID     string `json:"id" yaml:"id" doc:"The id of the track."`
	Kind   string `json:"kind" yaml:"kind" enum:"audio video" doc:"The kind of media."`
	Stream string `json:"stream" yaml:"stream" doc:"The id of the stream that it belongs to."`
	RID    string `json:"rid,omitempty" yaml:"rid" doc:"The id of the simulcast layer; empty where there is none."`
}

// EncodingState is one encoding of a sender.
type EncodingState struct {
	RID  string `json:"rid,omitempty" yaml:"rid" doc:"The id of the simulcast layer; empty where there is none."`
	SSRC int    `json:"ssrc" yaml:"ssrc" doc:"The synchronization source."`
}

// ChannelState is the state of a data channel.
type ChannelState struct {
	ReadyState                 string `json:"readyState" yaml:"readyState" enum:"connecting open closing closed" doc:"The state of the channel."`
	Label                      string `json:"label" yaml:"label" doc:"The label."`
	ID                         *int   `json:"id" yaml:"id" doc:"The SCTP stream; nil until it is assigned."`
	BufferedAmount             int    `json:"bufferedAmount" yaml:"bufferedAmount" doc:"How many bytes wait to be sent."`
	BufferedAmountLowThreshold int    `json:"bufferedAmountLowThreshold" yaml:"bufferedAmountLowThreshold" doc:"At how many bytes bufferedamountlow fires."`
	BinaryType                 string `json:"binaryType" yaml:"binaryType" enum:"arraybuffer blob" doc:"The type of binary messages. It is kept and has no effect: a message of pion is bytes."`
	Ordered                    bool   `json:"ordered" yaml:"ordered" doc:"Whether messages arrive in order."`
	MaxPacketLifeTime          *int   `json:"maxPacketLifeTime" yaml:"maxPacketLifeTime" doc:"For how many milliseconds a message may be sent again; nil: no limit."`
	MaxRetransmits             *int   `json:"maxRetransmits" yaml:"maxRetransmits" doc:"How often a message may be sent again; nil: no limit."`
	Protocol                   string `json:"protocol" yaml:"protocol" doc:"The name of the application's protocol."`
	Negotiated                 bool   `json:"negotiated" yaml:"negotiated" doc:"Whether both sides created the channel."`
	Detached                   bool   `json:"detached,omitempty" yaml:"detached" doc:"Whether the application reads from the channel itself (detach)."`
}

// ConfigurationState is the W3C's RTCConfiguration as a peer connection has it.
type ConfigurationState struct {
	ICEServers           []ICEServerState   `json:"iceServers" yaml:"iceServers" doc:"The STUN and TURN servers that ICE may use."`
	ICETransportPolicy   string             `json:"iceTransportPolicy" yaml:"iceTransportPolicy" enum:"all relay" doc:"Which candidates ICE may use."`
	BundlePolicy         string             `json:"bundlePolicy" yaml:"bundlePolicy" enum:"balanced max-compat max-bundle" doc:"How media is bundled. pion keeps the value and always uses one transport."`
	RTCPMuxPolicy        string             `json:"rtcpMuxPolicy" yaml:"rtcpMuxPolicy" enum:"negotiate require" doc:"Whether RTCP shares a port with RTP. pion keeps the value and always multiplexes."`
	ICECandidatePoolSize int                `json:"iceCandidatePoolSize" yaml:"iceCandidatePoolSize" doc:"The number of candidates gathered ahead."`
	Certificates         []CertificateState `json:"certificates" yaml:"certificates" doc:"The certificates that the peer may show the other side."`
}

// ICEServerState is the W3C's RTCIceServer.
type ICEServerState struct {
	URLs       []string `json:"urls" yaml:"urls" doc:"The URLs."`
	Username   string   `json:"username,omitempty" yaml:"username" doc:"The user name for a TURN server."`
	Credential string   `json:"credential,omitempty" yaml:"credential" doc:"The password for a TURN server."`
}

// CertificateState describes an RTCCertificate.
type CertificateState struct {
	// Expires is in milliseconds since 1970, as in the standard.
	Expires      int64              `json:"expires" yaml:"expires" doc:"When it expires, in milliseconds since 1970."`
	Fingerprints []FingerprintState `json:"fingerprints" yaml:"fingerprints" doc:"Its fingerprints."`
}

// FingerprintState is the W3C's RTCDtlsFingerprint.
type FingerprintState struct {
	Algorithm string `json:"algorithm" yaml:"algorithm" doc:"The hash function, such as sha-256."`
	Value     string `json:"value" yaml:"value" doc:"The fingerprint in hexadecimal, bytes separated by colons."`
}

// StatsState are the statistics that conditions can ask for. The step getStats records all that pion has.
type StatsState struct {
	DataChannelsOpened   int                `json:"dataChannelsOpened" yaml:"dataChannelsOpened" doc:"How many data channels were ever open."`
	DataChannelsClosed   int                `json:"dataChannelsClosed" yaml:"dataChannelsClosed" doc:"How many data channels are closing or closed, those too that never opened."`
	DataChannelsAccepted int                `json:"dataChannelsAccepted" yaml:"dataChannelsAccepted" doc:"How many data channels the other side has made."`
	BytesSent            int                `json:"bytesSent" yaml:"bytesSent" doc:"How many bytes the ICE transport has sent."`
	BytesReceived        int                `json:"bytesReceived" yaml:"bytesReceived" doc:"How many bytes the ICE transport has received."`
	RoundTripTime        float64            `json:"roundTripTime" yaml:"roundTripTime" doc:"The last round trip of an ICE check on the pair in use, in seconds."`
	Messages             ChannelTotalsState `json:"messages" yaml:"messages" doc:"Totals over all data channels."`
}

// ChannelTotalsState are totals over all data channels of a peer.
type ChannelTotalsState struct {
	Sent          int `json:"sent" yaml:"sent" doc:"How many messages were sent."`
	Received      int `json:"received" yaml:"received" doc:"How many messages were received."`
	BytesSent     int `json:"bytesSent" yaml:"bytesSent" doc:"How many bytes of messages were sent."`
	BytesReceived int `json:"bytesReceived" yaml:"bytesReceived" doc:"How many bytes of messages were received."`
}
