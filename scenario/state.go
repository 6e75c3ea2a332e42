package scenario

import "time"

// Env answers what a condition asks about, at one moment of the run.
type Env interface {
	// Now returns the virtual time since the start of the run.
	Now() time.Duration
	// Attribute returns an attribute of a peer. The name is one of the yaml tags of PeerState, but never "channels",
	// and the value has the type of that field, or is nil where that is a pointer.
	Attribute(peer, name string) any
	// Channel returns a data channel of a peer by its name in the scenario or its label, nil while there is none.
	Channel(peer, name string) *ChannelState
}

// PeerState lists the attributes of a peer that a condition can ask for. Nobody fills it as a whole, since a
// condition asks for one attribute at a time: it is the table of their names, types and meanings.
type PeerState struct {
	SignalingState           string                   `yaml:"signalingState" enum:"stable have-local-offer have-remote-offer have-local-pranswer have-remote-pranswer closed" doc:"The state of offer and answer."`
	ICEGatheringState        string                   `yaml:"iceGatheringState" enum:"new gathering complete" doc:"The state of gathering candidates."`
	ICEConnectionState       string                   `yaml:"iceConnectionState" enum:"new checking connected completed disconnected failed closed" doc:"The state of ICE."`
	ConnectionState          string                   `yaml:"connectionState" enum:"new connecting connected disconnected failed closed" doc:"The state of ICE and DTLS together."`
	CanTrickleICECandidates  *bool                    `yaml:"canTrickleIceCandidates" doc:"Whether the other side accepts trickled candidates; nil while unknown."`
	LocalDescription         *DescriptionState        `yaml:"localDescription" doc:"The pending local description, else the current one; nil while there is none."`
	CurrentLocalDescription  *DescriptionState        `yaml:"currentLocalDescription" doc:"The local description of the last finished negotiation; nil before it."`
	PendingLocalDescription  *DescriptionState        `yaml:"pendingLocalDescription" doc:"The local description of the negotiation under way; nil while there is none."`
	RemoteDescription        *DescriptionState        `yaml:"remoteDescription" doc:"The pending remote description, else the current one; nil while there is none."`
	CurrentRemoteDescription *DescriptionState        `yaml:"currentRemoteDescription" doc:"The remote description of the last finished negotiation; nil before it."`
	PendingRemoteDescription *DescriptionState        `yaml:"pendingRemoteDescription" doc:"The remote description of the negotiation under way; nil while there is none."`
	SCTP                     *SCTPState               `yaml:"sctp" doc:"The SCTP transport; nil until a description with data channels was set."`
	DTLS                     *DTLSState               `yaml:"dtls" doc:"The DTLS transport; nil while there is none."`
	SelectedCandidatePair    *CandidatePairState      `yaml:"selectedCandidatePair" doc:"The candidates that ICE uses; nil while there are none."`
	Media                    map[string]*MediaState   `yaml:"media" doc:"The received tracks by name, with the rid after it for a simulcast layer (bob.media.cam.high); nil while there is none of that name."`
	Channels                 map[string]*ChannelState `yaml:"channels" doc:"The data channels by their name in the scenario or their label; nil while there is none of that name."`
}

// MediaState is how a received track does. All counts are since the track began.
type MediaState struct {
	Codec         string         `yaml:"codec" doc:"The name of the codec."`
	Packets       int            `yaml:"packets" doc:"How many different packets arrived, retransmissions of lost ones included."`
	Bytes         int            `yaml:"bytes" doc:"How many bytes of payload arrived in them."`
	Bitrate       int            `yaml:"bitrate" doc:"The bits of payload that arrived in the last second; 0 when the track has ended."`
	Expected      int            `yaml:"expected" doc:"How many packets the sequence numbers tell of (RFC 3550, appendix A.3)."`
	Lost          int            `yaml:"lost" doc:"How many of them did not arrive when they were first sent."`
	Repaired      int            `yaml:"repaired" doc:"How many of the lost ones a retransmission brought."`
	Duplicates    int            `yaml:"duplicates" doc:"How many packets arrived that had arrived before."`
	Reordered     int            `yaml:"reordered" doc:"How many packets came after one with a higher sequence number."`
	Jitter        time.Duration  `yaml:"jitter" doc:"The interarrival jitter (RFC 3550, section 6.4.1)."`
	Frames        int            `yaml:"frames" doc:"How many frames a decoder could decode; for audio each packet is one."`
	Keyframes     int            `yaml:"keyframes" doc:"How many of them were keyframes."`
	Skipped       int            `yaml:"skipped" doc:"How many packets arrived in vain: frames without all of their packets, or without those that they refer to."`
	Freezes       int            `yaml:"freezes" doc:"How often video froze, as freezeCount of the W3C's statistics counts."`
	FreezeTime    time.Duration  `yaml:"freezeTime" doc:"How long video froze, as totalFreezesDuration of the W3C's statistics."`
	PLIs          int            `yaml:"plis" doc:"How often the receiver asked for a keyframe."`
	FirstPacket   *time.Duration `yaml:"firstPacket" doc:"The virtual time of the first packet; nil before it."`
	FirstKeyframe *time.Duration `yaml:"firstKeyframe" doc:"The virtual time at which the first keyframe was complete; nil before it."`
	FirstFrame    *time.Duration `yaml:"firstFrame" doc:"The virtual time at which the first frame could be decoded; nil before it."`
}

// DescriptionState is a description that a peer has.
type DescriptionState struct {
	Type string `yaml:"type" enum:"offer answer pranswer rollback" doc:"The type of the description."`
	SDP  string `yaml:"sdp" doc:"The SDP."`
}

// SCTPState is the state of a peer's SCTP transport.
type SCTPState struct {
	State string `yaml:"state" enum:"connecting connected closed" doc:"The state of the SCTP transport."`
}

// DTLSState is the state of a peer's DTLS transport.
type DTLSState struct {
	State string `yaml:"state" enum:"new connecting connected closed failed" doc:"The state of the DTLS transport."`
}

// CandidatePairState is the pair of candidates that a peer uses.
type CandidatePairState struct {
	Local  CandidateState `yaml:"local" doc:"The peer's own candidate."`
	Remote CandidateState `yaml:"remote" doc:"The other peer's candidate."`
}

// CandidateState is one candidate of a pair.
type CandidateState struct {
	Type    string `yaml:"type" enum:"host srflx prflx relay" doc:"The type of the candidate."`
	Address string `yaml:"address" doc:"The IP address."`
	Port    int    `yaml:"port" doc:"The port."`
}

// ChannelState is the state of a data channel.
type ChannelState struct {
	ReadyState                 string `yaml:"readyState" enum:"connecting open closing closed" doc:"The state of the channel."`
	Label                      string `yaml:"label" doc:"The label."`
	ID                         *int   `yaml:"id" doc:"The SCTP stream; nil until it is assigned."`
	BufferedAmount             int    `yaml:"bufferedAmount" doc:"How many bytes wait to be sent."`
	BufferedAmountLowThreshold int    `yaml:"bufferedAmountLowThreshold" doc:"At how many bytes bufferedamountlow fires."`
	Ordered                    bool   `yaml:"ordered" doc:"Whether messages arrive in order."`
	MaxPacketLifeTime          *int   `yaml:"maxPacketLifeTime" doc:"For how many milliseconds a message may be sent again; nil: no limit."`
	MaxRetransmits             *int   `yaml:"maxRetransmits" doc:"How often a message may be sent again; nil: no limit."`
	Protocol                   string `yaml:"protocol" doc:"The name of the application's protocol."`
	Negotiated                 bool   `yaml:"negotiated" doc:"Whether both sides created the channel."`
}
