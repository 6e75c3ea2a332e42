package recorder

import "time"

// TrackEvent is the data of KindTrack.
type TrackEvent struct {
	// Track is the id of the track: for tracks of the scenario, its name. Stream is the id of its MediaStream.
	Track  string `json:"track"`
	Stream string `json:"stream,omitempty"`
	// Kind is audio or video.
	Kind string `json:"kind"`
	// Codec is the name of the codec, such as "VP8"; empty where the event came before the first packet.
	Codec string `json:"codec,omitempty"`
	// RID is the RTP stream identifier of a simulcast layer. pion announces each layer as a track of its own.
	RID string `json:"rid,omitempty"`
	// SSRC is the synchronization source of its packets, MID the transceiver's.
	SSRC uint32 `json:"ssrc"`
	MID  string `json:"mid,omitempty"`
	// Origin is "transport": a packet led to the event, not setRemoteDescription.
	Origin string `json:"origin"`
}

// Media is the data of KindMedia.
type Media struct {
	// Track is the id of the track, RID tells its simulcast layer, SSRC its synchronization source.
	Track string `json:"track"`
	RID   string `json:"rid,omitempty"`
	SSRC  uint32 `json:"ssrc"`
	// Kind is audio or video.
	Kind string `json:"kind"`
	// End marks the last measurement of the track.
	End bool `json:"end,omitempty"`
	MediaState
}

// MediaState is how a received track does, and what conditions of a scenario can ask about it. All counts are since the
// track began.
type MediaState struct {
	// Codec is the name of the codec, such as "VP8".
	Codec string `json:"codec" yaml:"codec" doc:"The name of the codec."`
	// Packets counts the different packets that arrived, retransmissions of lost ones included; Bytes are those of their payloads.
	Packets int `json:"packets" yaml:"packets" doc:"How many different packets arrived, retransmissions of lost ones included."`
	Bytes   int `json:"bytes" yaml:"bytes" doc:"How many bytes of payload arrived in them."`
	// Bitrate is that of the payloads of the last second, in bits per second.
	Bitrate int `json:"bitrate" yaml:"bitrate" doc:"The bits of payload that arrived in the last second."`
	// Expected counts the packets that the sequence numbers tell of (RFC 3550, appendix A.3).
	Expected int `json:"expected" yaml:"expected" doc:"How many packets the sequence numbers tell of (RFC 3550, appendix A.3)."`
	// Lost counts those that did not arrive when they were first sent. Repaired counts those among them that a
	// retransmission in a stream of its own brought (RFC 4588).
	Lost     int `json:"lost" yaml:"lost" doc:"How many of them did not arrive when they were first sent."`
	Repaired int `json:"repaired" yaml:"repaired" doc:"How many of the lost ones a retransmission brought (RFC 4588)."`
	// Duplicates counts packets that had arrived before, Reordered those that came after one with a higher sequence number.
	Duplicates int `json:"duplicates" yaml:"duplicates" doc:"How many packets arrived that had arrived before."`
	Reordered  int `json:"reordered" yaml:"reordered" doc:"How many packets came after one with a higher sequence number."`
	// Jitter is the interarrival jitter of RFC 3550, section 6.4.1, in nanoseconds.
	Jitter time.Duration `json:"jitter" yaml:"jitter" doc:"The interarrival jitter (RFC 3550, section 6.4.1)."`
	// Frames counts the frames that a decoder could decode, Keyframes the keyframes among them. For audio each packet is a frame.
	Frames    int `json:"frames" yaml:"frames" doc:"How many frames a decoder could decode; for audio each packet is one."`
	Keyframes int `json:"keyframes" yaml:"keyframes" doc:"How many of them were keyframes."`
	// Skipped counts the packets that arrived in vain: frames without all of their packets, or without those that they refer to.
	Skipped int `json:"skipped" yaml:"skipped" doc:"How many packets arrived in vain: frames without all of their packets, or without those that they refer to."`
	// Freezes and FreezeTime are freezeCount and totalFreezesDuration of the W3C's statistics; FreezeTime is in nanoseconds.
	Freezes    int           `json:"freezes" yaml:"freezes" doc:"How often video froze, as freezeCount of the W3C's statistics counts."`
	FreezeTime time.Duration `json:"freezeTime" yaml:"freezeTime" doc:"How long video froze, as totalFreezesDuration of the W3C's statistics."`
	// PLIs counts the keyframes that the receiver asked for.
	PLIs int `json:"plis" yaml:"plis" doc:"How often the receiver asked for a keyframe."`
	// FirstPacket, FirstKeyframe and FirstFrame are the virtual times at which they were there, the two latter completely, in nanoseconds.
	FirstPacket   *time.Duration `json:"firstPacket,omitempty" yaml:"firstPacket" doc:"The virtual time of the first packet."`
	FirstKeyframe *time.Duration `json:"firstKeyframe,omitempty" yaml:"firstKeyframe" doc:"The virtual time at which the first keyframe was complete; nil before it."`
	FirstFrame    *time.Duration `json:"firstFrame,omitempty" yaml:"firstFrame" doc:"The virtual time at which the first frame could be decoded; nil before it."`
}

// RTCP is the data of KindRTCP: one packet of a compound packet.
type RTCP struct {
	// Direction is sent or received.
	Direction string `json:"direction"`
	// Type is SR, RR, SDES, BYE, NACK, PLI, FIR, REMB, TWCC or another type's number.
	Type string `json:"type"`
	// SSRC is the media source that the packet is about, and Track the id of that track, where it is known.
	SSRC  uint32 `json:"ssrc,omitempty"`
	Track string `json:"track,omitempty"`
	// RID is the track's simulcast layer.
	RID string `json:"rid,omitempty"`
	// Repairs is the id of the track whose retransmissions the source carries, where it is such a source (RFC 4588).
	Repairs string `json:"repairs,omitempty"`
	// Lost holds the sequence numbers that a NACK asks for.
	Lost []uint16 `json:"lost,omitempty"`
	// Reports are those of an SR or RR.
	Reports []RTCPReport `json:"reports,omitempty"`
	// Packets and Octets are what an SR says the sender has sent.
	Packets uint32 `json:"packets,omitempty"`
	Octets  uint32 `json:"octets,omitempty"`
	// Bitrate is the estimate of a REMB, in bits per second.
	Bitrate int `json:"bitrate,omitempty"`
	// Feedback is what a TWCC says.
	Feedback *TWCC `json:"feedback,omitempty"`
}

// RTCPReport is a reception report of an SR or RR.
type RTCPReport struct {
	// SSRC is the source that is reported on, and Track the id of that track, where it is known.
	SSRC  uint32 `json:"ssrc"`
	Track string `json:"track,omitempty"`
	// FractionLost is the share of packets lost since the last report, from 0 to 1, and TotalLost how many in all.
	FractionLost float64 `json:"fractionLost"`
	TotalLost    int     `json:"totalLost"`
	// Jitter is in nanoseconds.
	Jitter time.Duration `json:"jitter"`
	// RTT is the round-trip time by RFC 3550, section 6.4.1, in nanoseconds. It is there where the report was received and
	// refers to a sender report.
	RTT *time.Duration `json:"rtt,omitempty"`
}

// TWCC is what a transport-wide congestion control feedback packet says.
type TWCC struct {
	// Base is the first transport-wide sequence number, Packets how many there are from it on, Received how many of those arrived.
	Base     uint16 `json:"base"`
	Packets  int    `json:"packets"`
	Received int    `json:"received"`
}
