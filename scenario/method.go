package scenario

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// CreateOffer holds the arguments of createOffer.
type CreateOffer struct {
	ICERestart bool `yaml:"iceRestart" default:"false" doc:"Restart ICE." example:"true"`
	// OfferToReceiveAudio and OfferToReceiveVideo are the legacy options of the standard's section 4.4.3. pion has none:
	// true adds a recvonly transceiver where the connection has no receiver of that kind. False would change the direction of
	// transceivers, which pion cannot.
	OfferToReceiveAudio bool `yaml:"offerToReceiveAudio" default:"false" doc:"Legacy: true offers to receive audio, with a recvonly transceiver where nothing would receive any. Derived: pion has no such option." example:"true"`
	OfferToReceiveVideo bool `yaml:"offerToReceiveVideo" default:"false" doc:"Legacy: true offers to receive video, with a recvonly transceiver where nothing would receive any. Derived: pion has no such option." example:"true"`
}

// CreateAnswer holds the arguments of createAnswer.
type CreateAnswer struct{}

// SetLocalDescription holds the arguments of setLocalDescription.
type SetLocalDescription struct {
	Description
	// Implicit tells that the step gives no description: an offer or an answer is made, as the signaling state asks for.
	Implicit bool
}

// SetRemoteDescription holds the arguments of setRemoteDescription.
type SetRemoteDescription struct {
	Description
}

// Description is the W3C's RTCSessionDescriptionInit, with a text that may come from elsewhere.
type Description struct {
	Pos
	// Type is offer, answer, pranswer or rollback; empty: that of From. A rollback may do without SDP.
	Type string `yaml:"type" enum:"offer answer pranswer rollback" required:"true" doc:"The type of the description. pion refuses rollback, which therefore needs engine: force." example:"answer"`
	// From names a description whose SDP is taken; with no name it is SDP.
	From Reference
	// SDP is the text, where From has no name.
	SDP string `yaml:"sdp" required:"true" doc:"The text of the description; $name.sdp takes that of another." example:"$answer.sdp"`
	// Edit changes the SDP.
	Edit []Edit `yaml:"edit" doc:"Changes to the SDP, one after the other." example:"[{replace: 'a=setup:active', by: 'a=setup:passive'}]"`
}

// Edit replaces every occurrence of a text in an SDP. A text that does not occur is an error when the step runs.
type Edit struct {
	Pos
	Replace string `yaml:"replace" required:"true" doc:"The text to replace, wherever it occurs." example:"a=setup:active"`
	By      string `yaml:"by" required:"true" doc:"What to put in its place." example:"a=setup:passive"`
}

// AddICECandidate holds the arguments of addIceCandidate: the W3C's RTCIceCandidateInit.
type AddICECandidate struct {
	Pos
	// From names a candidate that an event brought; with no name it is the fields below.
	From Reference
	// End tells that there are no more candidates (null).
	End              bool
	Candidate        string  `yaml:"candidate" required:"true" doc:"The candidate-attribute of RFC 8839; empty for the end of candidates." example:"'candidate:1 1 udp 2130706431 10.0.0.7 5000 typ host'"`
	SDPMid           *string `yaml:"sdpMid" doc:"The media stream identification of the m-line that the candidate belongs to." example:"'0'"`
	SDPMLineIndex    *uint16 `yaml:"sdpMLineIndex" doc:"The index of the m-line that the candidate belongs to, from 0." example:"0"`
	UsernameFragment *string `yaml:"usernameFragment" doc:"The ICE user name fragment that the candidate belongs to." example:"abcd"`
}

// CreateDataChannel holds the arguments of createDataChannel: the label and the W3C's RTCDataChannelInit.
// What is nil is not set.
type CreateDataChannel struct {
	Label             string  `yaml:"label" doc:"The label of the channel; empty by default." example:"chat"`
	Ordered           *bool   `yaml:"ordered" default:"true" doc:"Whether messages arrive in order." example:"false"`
	MaxPacketLifeTime *uint16 `yaml:"maxPacketLifeTime" doc:"For how many milliseconds a message may be sent again." example:"500"`
	MaxRetransmits    *uint16 `yaml:"maxRetransmits" doc:"How often a message may be sent again." example:"0"`
	Protocol          *string `yaml:"protocol" doc:"The name of the application's protocol on the channel." example:"json"`
	Negotiated        *bool   `yaml:"negotiated" default:"false" doc:"Whether both sides create the channel, with the same id." example:"true"`
	ID                *uint16 `yaml:"id" doc:"The SCTP stream, 0 to 65534; needed when negotiated." example:"1"`
	// Listen says when the application sets the channel's handlers. What it leaves out is as the peer has it.
	Listen ListenChannel `yaml:"listen" doc:"When the application sets the channel's handlers, by event: at once, after a time, or never. The default is what the peer's listen says." example:"{message: after 100ms}"`
}

// Close is for close of a peer connection, which has no arguments.
type Close struct{}

// GracefulClose is for gracefulClose of a peer connection, which has no arguments.
type GracefulClose struct{}

// RestartICE is for restartIce, which has no arguments.
type RestartICE struct{}

// GetConfiguration is for getConfiguration, which has no arguments.
type GetConfiguration struct{}

// SetConfiguration holds the argument of setConfiguration.
type SetConfiguration struct {
	Configuration
}

// UpdateICE holds the argument of the legacy updateIce.
type UpdateICE struct {
	Configuration
}

// GetStats is for getStats, which takes no selector in pion.
type GetStats struct{}

// AddTrack holds the arguments of addTrack.
type AddTrack struct {
	Track string `yaml:"track" required:"true" ref:"track" doc:"The track to send." example:"mic"`
	// Stream is the id of the MediaStream; empty: that of the track. A track of pion is in one stream.
	Stream string `yaml:"stream" doc:"The id of the MediaStream that the track is sent in; by default the track's own." example:"camera"`
}

// RemoveTrack holds the argument of removeTrack.
type RemoveTrack struct {
	Sender Target `yaml:"sender" required:"true" doc:"The sender: the name that addTrack's step gave it, or senders[0], or transceivers[0].sender." example:"camera"`
}

// AddTransceiver holds the arguments of addTransceiver: a kind, or a track, and the W3C's RTCRtpTransceiverInit.
type AddTransceiver struct {
	Kind      string `yaml:"kind" enum:"audio video" doc:"The kind of media, where there is no track to send yet." example:"audio"`
	Track     string `yaml:"track" ref:"track" doc:"The track to send, instead of a kind. A track with layers is sent in simulcast." example:"cam"`
	Direction string `yaml:"direction" enum:"sendrecv sendonly recvonly inactive" default:"sendrecv" doc:"The direction. pion refuses inactive, and recvonly with a track, which therefore need engine: force." example:"recvonly"`
	Stream    string `yaml:"stream" doc:"The id of the MediaStream that the track is sent in; by default the track's own." example:"camera"`
}

// GetSenders is for getSenders, GetReceivers for getReceivers and GetTransceivers for getTransceivers. None has arguments.
type (
	GetSenders      struct{}
	GetReceivers    struct{}
	GetTransceivers struct{}
)

// GenerateCertificate holds the argument of the static generateCertificate.
type GenerateCertificate struct {
	Certificate
}

// A Certificate is a new RTCCertificate, or one that a step before has generated.
type Certificate struct {
	Pos
	// From names one that a step has generated; with no name it is the fields below.
	From Reference
	Name string `yaml:"name" enum:"ECDSA RSASSA-PKCS1-v1_5" default:"ECDSA" doc:"The kind of key: ECDSA on the curve P-256, or RSASSA-PKCS1-v1_5 with 2048 bits." example:"ECDSA"`
	// Expires is how long the certificate is valid; 0: pion's default.
	Expires time.Duration `yaml:"expires" default:"0s" doc:"How long it is valid; 0s: pion's default of a month." example:"24h"`
}

// AddStream holds the arguments of the legacy addStream: the id of a MediaStream and its tracks.
type AddStream struct {
	ID     string   `yaml:"id" required:"true" doc:"The id of the stream." example:"camera"`
	Tracks []string `yaml:"tracks" required:"true" ref:"track" doc:"The tracks of the stream." example:"[mic, cam]"`
}

// RemoveStream holds the argument of the legacy removeStream.
type RemoveStream struct {
	ID string `yaml:"id" required:"true" doc:"The id of the stream." example:"camera"`
}

// GetStreamByID holds the argument of the legacy getStreamById.
type GetStreamByID struct {
	ID string `yaml:"id" required:"true" doc:"The id of the stream." example:"camera"`
}

// GetLocalStreams is for the legacy getLocalStreams, GetRemoteStreams for getRemoteStreams. Neither has arguments.
type (
	GetLocalStreams  struct{}
	GetRemoteStreams struct{}
)

// StopTransceiver is for stop of a transceiver, which has no arguments.
type StopTransceiver struct{}

// SetCodecPreferences holds the argument of a transceiver's setCodecPreferences.
type SetCodecPreferences struct {
	// Codecs are MIME types; pion's parameters for them are used. None: back to the default.
	Codecs []string `yaml:"codecs" required:"true" doc:"The MIME types of the codecs in the order of preference, such as video/VP8; [] goes back to the default. pion's parameters for them are used." example:"[video/VP9, video/VP8]"`
}

// ReplaceTrack holds the argument of a sender's replaceTrack.
type ReplaceTrack struct {
	// Track is the track to send instead; empty: none (null).
	Track string `yaml:"track" ref:"track" doc:"The track to send instead; without it, null: nothing is sent." example:"screen"`
}

// GetParameters is for getParameters of a sender or receiver, which has no arguments.
type GetParameters struct{}

// Send holds the arguments of a data channel's send.
type Send struct {
	// Data is the message; nil: Size bytes of filler, the same for the same size.
	Data *string `yaml:"data" doc:"The text to send." example:"hello"`
	Size Size    `yaml:"size" doc:"Send so much filler, in bytes, instead of data." example:"16KB"`
	// Binary tells to send the bytes as a binary message rather than as text.
	Binary bool `yaml:"binary" default:"false" doc:"Send a binary message, not text." example:"true"`
	// Repeat is how many times to send the message, at least 1.
	Repeat int `yaml:"repeat" default:"1" doc:"How many times to send it, one right after the other." example:"100"`
}

// CloseChannel is for close of a data channel, which has no arguments.
type CloseChannel struct{}

// GracefulCloseChannel is for gracefulClose of a data channel, which has no arguments.
type GracefulCloseChannel struct{}

// Detach is for detach of a data channel, which has no arguments.
type Detach struct{}

// ReadChannel holds the argument of read, which reads a message from a detached data channel.
type ReadChannel struct {
	// Size is the length of the buffer.
	Size Size `yaml:"size" default:"65535B" doc:"The length of the buffer. A longer message is an error." example:"16KB"`
}

// SetChannel holds the attributes of a data channel that set sets. What is nil stays as it is.
type SetChannel struct {
	BufferedAmountLowThreshold *Size   `yaml:"bufferedAmountLowThreshold" doc:"At how many bytes bufferedamountlow fires." example:"64KB"`
	BinaryType                 *string `yaml:"binaryType" enum:"arraybuffer blob" doc:"The type of binary messages. It is kept and has no effect: a message of pion is bytes." example:"arraybuffer"`
}

// A Method is a method of the W3C's API that a step can call.
type Method struct {
	// Interface is RTCPeerConnection, RTCDataChannel, RTCRtpTransceiver, RTCRtpSender or RTCRtpReceiver.
	Interface string
	// Name is the W3C name.
	Name string
	// Args returns a pointer to new arguments with their defaults.
	Args func() any
	// Returns says what as names.
	Returns Result
	// Doc says what it does, Example is a step.
	Doc, Example string
}

// Result is what a method returns.
type Result string

// What methods return.
const (
	Nothing            Result = ""
	SessionDescription Result = "description"
	DataChannel        Result = "data channel"
	Candidate          Result = "candidate"
	Transceiver        Result = "transceiver"
	Sender             Result = "sender"
	KeyCertificate     Result = "certificate"
)

// Methods lists the methods that a step can call. A new one is an entry here and a type for its arguments.
var Methods = []*Method{
	{"RTCPeerConnection", "createOffer", func() any { return new(CreateOffer) }, SessionDescription,
		"Makes an offer. It changes nothing until setLocalDescription.",
		"{alice: createOffer, as: offer}"},
	{"RTCPeerConnection", "createAnswer", func() any { return new(CreateAnswer) }, SessionDescription,
		"Makes an answer to the remote offer. It changes nothing until setLocalDescription.",
		"{bob: createAnswer, as: answer}"},
	{"RTCPeerConnection", "setLocalDescription", func() any { return new(SetLocalDescription) }, Nothing,
		"Sets what this side offers or answers, and starts to gather candidates. Without a description it makes one first, as the signaling state asks for; pion cannot, so that is derived from createOffer or createAnswer.",
		"{alice: setLocalDescription, with: $offer}"},
	{"RTCPeerConnection", "setRemoteDescription", func() any { return new(SetRemoteDescription) }, Nothing,
		"Sets what the other side offers or answers.",
		"{bob: setRemoteDescription, with: $offer}"},
	{"RTCPeerConnection", "addIceCandidate", func() any { return new(AddICECandidate) }, Nothing,
		"Adds a candidate of the other side; null says that there are no more.",
		"{bob: addIceCandidate, with: {candidate: 'candidate:1 1 udp 2130706431 10.0.0.7 5000 typ host', sdpMid: '0'}}"},
	{"RTCPeerConnection", "createDataChannel", func() any { return new(CreateDataChannel) }, DataChannel,
		"Makes a data channel. Its name in later steps is that of as, else its label.",
		"{alice: createDataChannel, with: {label: chat, ordered: false}}"},
	{"RTCPeerConnection", "restartIce", func() any { return new(RestartICE) }, Nothing,
		"Has the next offer restart ICE, and says that a negotiation is needed. pion has no such method, so both are derived.",
		"{alice: restartIce}"},
	{"RTCPeerConnection", "getConfiguration", func() any { return new(GetConfiguration) }, Nothing,
		"Records the configuration.",
		"{alice: getConfiguration}"},
	{"RTCPeerConnection", "setConfiguration", func() any { return new(SetConfiguration) }, Nothing,
		"Changes the configuration. What may not change is refused with InvalidModificationError.",
		"{alice: setConfiguration, with: {iceTransportPolicy: relay}}"},
	{"RTCPeerConnection", "getStats", func() any { return new(GetStats) }, Nothing,
		"Records all statistics that pion has, sorted by their type and id.",
		"{alice: getStats}"},
	{"RTCPeerConnection", "addTrack", func() any { return new(AddTrack) }, Sender,
		"Sends a track. What comes back, and what as names, is its sender.",
		"{alice: addTrack, with: {track: mic}, as: voice}"},
	{"RTCPeerConnection", "removeTrack", func() any { return new(RemoveTrack) }, Nothing,
		"Stops sending a track. pion takes the sender away for good.",
		"{alice: removeTrack, with: {sender: voice}}"},
	{"RTCPeerConnection", "addTransceiver", func() any { return new(AddTransceiver) }, Transceiver,
		"Adds a transceiver for a kind of media, or for a track.",
		"{alice: addTransceiver, with: {kind: video, direction: recvonly}}"},
	{"RTCPeerConnection", "getSenders", func() any { return new(GetSenders) }, Nothing,
		"Records the senders.",
		"{alice: getSenders}"},
	{"RTCPeerConnection", "getReceivers", func() any { return new(GetReceivers) }, Nothing,
		"Records the receivers.",
		"{alice: getReceivers}"},
	{"RTCPeerConnection", "getTransceivers", func() any { return new(GetTransceivers) }, Nothing,
		"Records the transceivers.",
		"{alice: getTransceivers}"},
	{"RTCPeerConnection", "generateCertificate", func() any { return new(GenerateCertificate) }, KeyCertificate,
		"Makes a key and a certificate for it.",
		"{alice: generateCertificate, with: {name: ECDSA}, as: cert}"},
	{"RTCPeerConnection", "close", func() any { return new(Close) }, Nothing,
		"Closes the peer connection, at once and for good.",
		"{alice: close}"},
	{"RTCPeerConnection", "gracefulClose", func() any { return new(GracefulClose) }, Nothing,
		"Closes the peer connection as close does, and comes back when all of pion's goroutines for it have ended. The standard has no such method.",
		"{alice: gracefulClose}"},
	{"RTCPeerConnection", "addStream", func() any { return new(AddStream) }, Nothing,
		"Legacy: sends the tracks of a stream. Derived from addTrack for each track.",
		"{alice: addStream, with: {id: camera, tracks: [mic, cam]}}"},
	{"RTCPeerConnection", "removeStream", func() any { return new(RemoveStream) }, Nothing,
		"Legacy: stops sending the tracks of a stream. Derived from removeTrack for each sender with a track of the stream.",
		"{alice: removeStream, with: {id: camera}}"},
	{"RTCPeerConnection", "getLocalStreams", func() any { return new(GetLocalStreams) }, Nothing,
		"Legacy: records the ids of the streams that are sent. Derived from the senders.",
		"{alice: getLocalStreams}"},
	{"RTCPeerConnection", "getRemoteStreams", func() any { return new(GetRemoteStreams) }, Nothing,
		"Legacy: records the ids of the streams that are received. Derived from the receivers.",
		"{bob: getRemoteStreams}"},
	{"RTCPeerConnection", "getStreamById", func() any { return new(GetStreamByID) }, Nothing,
		"Legacy: records a stream's tracks, or null. Derived from the senders and receivers.",
		"{alice: getStreamById, with: {id: camera}}"},
	{"RTCPeerConnection", "updateIce", func() any { return new(UpdateICE) }, Nothing,
		"Legacy: changes the configuration. Derived from setConfiguration.",
		"{alice: updateIce, with: {iceTransportPolicy: relay}}"},
	{"RTCDataChannel", "send", func() any { return new(Send) }, Nothing,
		"Sends a message.",
		"{alice.chat: send, with: {data: hello}}"},
	{"RTCDataChannel", "close", func() any { return new(CloseChannel) }, Nothing,
		"Closes the data channel. What was sent before still arrives.",
		"{alice.chat: close}"},
	{"RTCDataChannel", "gracefulClose", func() any { return new(GracefulCloseChannel) }, Nothing,
		"Closes the data channel as close does, and comes back when the channel's goroutines have ended. The standard has no such method.",
		"{alice.chat: gracefulClose}"},
	{"RTCDataChannel", "set", func() any { return new(SetChannel) }, Nothing,
		"Sets attributes of the data channel.",
		"{alice.chat: set, with: {bufferedAmountLowThreshold: 64KB}}"},
	{"RTCDataChannel", "detach", func() any { return new(Detach) }, Nothing,
		"Takes the data channel from pion: no more message events, the application reads. It needs engine: {dataChannels: {detach: true}} and an open channel. The standard has no such method.",
		"{alice.chat: detach}"},
	{"RTCDataChannel", "read", func() any { return new(ReadChannel) }, Nothing,
		"Waits for a message on a detached data channel and records it. The standard has no such method.",
		"{alice.chat: read}"},
	{"RTCRtpTransceiver", "stop", func() any { return new(StopTransceiver) }, Nothing,
		"Stops the transceiver. In pion at once, without the standard's stopping and without negotiationneeded; the direction is inactive.",
		"{'alice.transceivers[0]': stop}"},
	{"RTCRtpTransceiver", "setCodecPreferences", func() any { return new(SetCodecPreferences) }, Nothing,
		"Sets which codecs the next description offers, and in which order.",
		"{'alice.transceivers[0]': setCodecPreferences, with: {codecs: [video/VP9]}}"},
	{"RTCRtpSender", "replaceTrack", func() any { return new(ReplaceTrack) }, Nothing,
		"Sends another track of the same kind, or none, without a negotiation.",
		"{'alice.senders[0]': replaceTrack, with: {track: screen}}"},
	{"RTCRtpSender", "getParameters", func() any { return new(GetParameters) }, Nothing,
		"Records the codecs, header extensions and encodings.",
		"{'alice.senders[0]': getParameters}"},
	{"RTCRtpReceiver", "getParameters", func() any { return new(GetParameters) }, Nothing,
		"Records the codecs and header extensions.",
		"{'bob.receivers[0]': getParameters}"},
}

// methodOf returns the method of an interface, nil if there is none of this name.
func methodOf(iface, name string) *Method {
	for _, m := range Methods {
		if m.Interface == iface && m.Name == name {
			return m
		}
	}
	return nil
}

// methodNames returns the names of an interface's methods.
func methodNames(iface string) []string {
	var names []string
	for _, m := range Methods {
		if m.Interface == iface {
			names = append(names, m.Name)
		}
	}
	return names
}

// knownMethod tells whether a word is the name of a method, one that does not work among them.
func knownMethod(name string) bool {
	_, absent := absences["method"][name]
	return absent || slices.ContainsFunc(Methods, func(m *Method) bool { return m.Name == name })
}

func (c *CreateOffer) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(c).Elem())
	for _, p := range mappingOf(n) {
		if strings.HasPrefix(p.key, "offerToReceive") && p.value.Value == "false" {
			r.errorf(position(p.value), "not-in-pion", "leave it out", "%s: false does not work with pion: %s", p.key, noDirection)
		}
	}
}

func (d *SetLocalDescription) read(r *reader, n *yaml.Node) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.Pos, d.Implicit = position(n), true
		return
	}
	d.Description.read(r, n)
}

func (c *Certificate) read(r *reader, n *yaml.Node) {
	c.Pos = position(n)
	if n.Kind == yaml.ScalarNode {
		c.From.read(r, n)
		return
	}
	r.fields(n, reflect.ValueOf(c).Elem())
}

func (c *GenerateCertificate) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(c).Elem())
}

func (a *AddTransceiver) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(a).Elem())
	switch {
	case r.failures > before:
	case (a.Kind == "") == (a.Track == ""):
		r.errorf(position(n), "wrong-arguments", "such as with: {kind: video, direction: recvonly} or with: {track: cam}", "addTransceiver needs either a kind or a track")
	case a.Track != "" && a.Direction == "recvonly" && !r.forced:
		r.absent(position(n), "recvonly with a track", absences["method"]["recvonly"])
	case a.Direction == "inactive" && !r.forced:
		r.absent(position(n), "inactive", absences["method"]["inactive"])
	case a.Stream != "" && a.Track == "":
		r.errorf(position(n), "wrong-arguments", "a stream belongs to a track", "without a track there is no stream")
	}
}

func (s *SetChannel) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(s).Elem())
	if r.failures == before && s.BufferedAmountLowThreshold == nil && s.BinaryType == nil {
		r.errorf(position(n), "wrong-arguments", "such as with: {bufferedAmountLowThreshold: 64KB}", "set needs an attribute to set")
	}
}

func (d *Description) read(r *reader, n *yaml.Node) {
	d.Pos = position(n)
	if n.Kind == yaml.ScalarNode || len(n.Content) == 0 {
		if n.Kind == yaml.MappingNode {
			r.errorf(d.Pos, "missing-key", "such as with: $offer or with: {type: offer, sdp: $offer.sdp}", "the description is missing")
		} else if m := reference.FindStringSubmatch(n.Value); m == nil || m[2] != "" {
			r.expected(n, "a description", "such as with: $offer or with: {type: offer, sdp: $offer.sdp}")
		} else {
			d.From.read(r, n)
		}
		return
	}
	pairs, ok := r.pairs(n)
	if !ok {
		return
	}
	var sdp *yaml.Node
	for _, p := range pairs {
		switch {
		case p.key == "type" && p.value.Value == "rollback" && !r.forced:
			r.absent(position(p.value), "rollback", absences["method"]["rollback"])
			return
		case p.key == "type" && p.value.Value == "rollback" && len(pairs) == 1:
			d.Type = p.value.Value
			return
		case p.key == "sdp":
			sdp = p.value
		}
	}
	r.mapping(n, pairs, reflect.ValueOf(d).Elem(), nil)
	if strings.HasPrefix(d.SDP, "$") {
		if m := reference.FindStringSubmatch(d.SDP); m == nil || m[2] == "" {
			r.errorf(position(sdp), "wrong-arguments", "such as $offer.sdp", "%s is not the sdp of a description", quote(d.SDP))
		} else {
			d.From = Reference{position(sdp), m[1]}
			d.SDP = ""
		}
	}
}

func (a *AddICECandidate) read(r *reader, n *yaml.Node) {
	switch {
	case isNull(n):
		a.Pos, a.End = position(n), true
	case n.Kind == yaml.ScalarNode:
		a.Pos = position(n)
		a.From.read(r, n)
	default:
		r.fields(n, reflect.ValueOf(a).Elem())
	}
}

func (s *Send) read(r *reader, n *yaml.Node) {
	const maxSize, maxRepeat = 64e6, 1e6
	before := r.failures
	r.fields(n, reflect.ValueOf(s).Elem())
	switch {
	case r.failures > before:
	case (s.Data != nil) == (s.Size != 0):
		r.errorf(position(n), "wrong-arguments", "such as with: {data: hello} or with: {size: 16KB}", "send needs either data or size")
	case s.Size > maxSize:
		r.errorf(position(n), "out-of-range", "64MB is the most", "a message of %v is too large", s.Size)
	case s.Repeat < 1 || s.Repeat > maxRepeat:
		r.errorf(position(n), "out-of-range", "", "repeat is not between 1 and %d", int(maxRepeat))
	}
}

func (c *CreateOffer) String() string {
	if c.ICERestart {
		return "iceRestart"
	}
	return ""
}

func (d *SetLocalDescription) String() string {
	if d.Implicit {
		return ""
	}
	return d.Description.String()
}

func (a *AddTrack) String() string { return a.Track }

func (a *RemoveTrack) String() string { return a.Sender.String() }

func (a *AddTransceiver) String() string { return cmp.Or(a.Track, a.Kind) + " " + a.Direction }

func (a *ReplaceTrack) String() string { return cmp.Or(a.Track, "null") }

func (a *AddStream) String() string { return quote(a.ID) }

func (a *RemoveStream) String() string { return quote(a.ID) }

func (d *Description) String() string {
	switch {
	case d.From.Name == "":
		return d.Type
	case d.Type == "" || len(d.Edit) == 0:
		return "$" + d.From.Name
	}
	return "$" + d.From.Name + ", edited"
}

func (a *AddICECandidate) String() string {
	switch {
	case a.End:
		return "null"
	case a.From.Name != "":
		return "$" + a.From.Name
	}
	return quote(a.Candidate)
}

func (c *CreateDataChannel) String() string { return quote(c.Label) }

func (s *Send) String() string {
	text := s.Size.String()
	if s.Data != nil {
		text = quote(*s.Data)
	}
	if s.Binary {
		text += " binary"
	}
	if s.Repeat > 1 {
		text += fmt.Sprint(" × ", s.Repeat)
	}
	return text
}
