package scenario

import (
	"math"
	"reflect"
	"time"

	"gopkg.in/yaml.v3"
)

// EngineDTLS holds settings of pion's DTLS transport. What is nil or empty has pion's default.
type EngineDTLS struct {
	AnsweringRole          string         `yaml:"answeringRole" enum:"client server" default:"client" doc:"Which side of the handshake this peer is when it answers (a=setup active or passive)." example:"server"`
	RetransmissionInterval *time.Duration `yaml:"retransmissionInterval" default:"1s" doc:"How long a handshake message may be unanswered before it is sent again; doubles each time." example:"100ms"`
	SkipHelloVerify        bool           `yaml:"skipHelloVerify" default:"false" doc:"As server, do without the HelloVerifyRequest: one round trip less." example:"true"`
	ExtendedMasterSecret   string         `yaml:"extendedMasterSecret" enum:"request require disable" default:"request" doc:"Whether to use RFC 7627's extended master secret." example:"require"`
	SkipFingerprint        bool           `yaml:"skipFingerprint" default:"false" doc:"Do not compare the other side's certificate with the fingerprint in its description." example:"true"`
	CloseConnection        bool           `yaml:"closeConnection" default:"true" doc:"Close the whole peer connection when the other side closes DTLS. That is pion's way; in the standard the connection stays." example:"false"`
	ReplayProtectionWindow *uint16        `yaml:"replayProtectionWindow" default:"64" doc:"How many records back a replay is recognized." example:"128"`
	MediaLevelFingerprints bool           `yaml:"mediaLevelFingerprints" default:"false" doc:"Write the fingerprint into each media section rather than once for the session." example:"true"`
}

// EngineSCTP holds settings of pion's SCTP transport. What is nil has pion's default.
type EngineSCTP struct {
	RTOMax               *time.Duration `yaml:"rtoMax" default:"60s" doc:"The longest time until a chunk is sent again." example:"1s"`
	MaxReceiveBufferSize *Size          `yaml:"maxReceiveBufferSize" default:"1048576B" doc:"How many bytes may wait to be read, which is what the other side is told of as the window." example:"64KB"`
	MaxMessageSize       *Size          `yaml:"maxMessageSize" default:"1073741823B" doc:"The largest message this side accepts (a=max-message-size)." example:"16KB"`
	ZeroChecksum         bool           `yaml:"zeroChecksum" default:"false" doc:"Offer to do without checksums (RFC 9653)." example:"true"`
	SNAP                 bool           `yaml:"snap" default:"false" doc:"Put the INIT chunk into the description, which saves round trips." example:"true"`
	MinCongestionWindow  *Size          `yaml:"minCongestionWindow" doc:"The congestion window is never smaller." example:"64KB"`
	FastRetransmitWindow *Size          `yaml:"fastRetransmitWindow" doc:"The window of fast retransmission." example:"64KB"`
	AvoidanceStep        *Size          `yaml:"avoidanceStep" doc:"By how much the congestion window grows at a time in congestion avoidance." example:"4KB"`
}

// EngineDataChannels holds settings of pion's data channels.
type EngineDataChannels struct {
	Detach     bool `yaml:"detach" default:"false" doc:"Let the application detach data channels. pion then delivers no messages by itself: every channel of the peer has to be detached when it opens." example:"true"`
	BlockWrite bool `yaml:"blockWrite" default:"false" doc:"Sending on a detached channel waits until the data is on its way, instead of filling a buffer without limit. It needs detach." example:"true"`
}

// EngineSRTP holds settings of pion's SRTP sessions. What is nil has pion's default.
type EngineSRTP struct {
	ReplayProtectionWindow     *uint16 `yaml:"replayProtectionWindow" default:"64" doc:"How many SRTP packets back a replay is recognized." example:"128"`
	RTCPReplayProtectionWindow *uint16 `yaml:"rtcpReplayProtectionWindow" default:"64" doc:"How many SRTCP packets back a replay is recognized." example:"128"`
	ReplayProtection           bool    `yaml:"replayProtection" default:"true" doc:"Drop SRTP packets that were received before." example:"false"`
	RTCPReplayProtection       bool    `yaml:"rtcpReplayProtection" default:"true" doc:"Drop SRTCP packets that were received before." example:"false"`
}

// EngineRTP holds settings of how pion receives RTP.
type EngineRTP struct {
	TrackBeforeRTP bool    `yaml:"trackBeforeRTP" default:"false" doc:"Fire track when DTLS is connected rather than at the first RTP packet. In the standard, track fires in setRemoteDescription." example:"true"`
	ReceiveMTU     *uint16 `yaml:"receiveMTU" default:"1500" doc:"The largest packet that can be received, in bytes." example:"1200"`
	UndeclaredSSRC bool    `yaml:"undeclaredSSRC" default:"false" doc:"Accept media that comes before the answer, when the description does not name its SSRC." example:"true"`
	IgnoreRIDPause bool    `yaml:"ignoreRIDPause" default:"false" doc:"Leave out in an answer which simulcast layers the offer pauses." example:"true"`
}

// PortRange is the range of UDP ports for host candidates, both ends included.
type PortRange struct {
	Min uint16 `yaml:"min" required:"true" doc:"The lowest port." example:"50000"`
	Max uint16 `yaml:"max" required:"true" doc:"The highest port." example:"50100"`
}

func (p *PortRange) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(p).Elem())
	if r.failures == before && (p.Min == 0 || p.Max < p.Min) {
		r.errorf(position(n), "out-of-range", "such as {min: 50000, max: 50100}", "there are no ports from %d to %d", p.Min, p.Max)
	}
}

func (e *EngineSCTP) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(e).Elem())
	for _, size := range []*Size{e.MaxReceiveBufferSize, e.MaxMessageSize, e.MinCongestionWindow, e.FastRetransmitWindow, e.AvoidanceStep} {
		if size != nil && *size > math.MaxUint32 {
			r.errorf(position(n), "out-of-range", "4GB is the most", "%v is too large for SCTP", *size)
		}
	}
}

func (e *EngineDataChannels) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(e).Elem())
	if r.failures == before && e.BlockWrite && !e.Detach {
		r.errorf(position(n), "missing-key", "add detach: true", "blockWrite works on detached channels only")
	}
}
