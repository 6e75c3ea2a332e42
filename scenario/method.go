package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// CreateOffer holds the arguments of createOffer.
type CreateOffer struct {
	ICERestart bool `yaml:"iceRestart" default:"false" doc:"Restart ICE." example:"true"`
}

// CreateAnswer holds the arguments of createAnswer.
type CreateAnswer struct{}

// SetLocalDescription holds the arguments of setLocalDescription.
type SetLocalDescription struct {
	Description
}

// SetRemoteDescription holds the arguments of setRemoteDescription.
type SetRemoteDescription struct {
	Description
}

// Description is the W3C's RTCSessionDescriptionInit, with a text that may come from elsewhere.
type Description struct {
	Pos
	// Type is offer, answer or pranswer; empty: that of From.
	Type string `yaml:"type" enum:"offer answer pranswer" required:"true" doc:"The type of the description." example:"answer"`
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

// A Method is a method of the W3C's API that a step can call.
type Method struct {
	// Interface is RTCPeerConnection or RTCDataChannel.
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
		"Sets what this side offers or answers, and starts to gather candidates.",
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
	{"RTCPeerConnection", "close", func() any { return new(Close) }, Nothing,
		"Closes the peer connection, at once and for good.",
		"{alice: close}"},
	{"RTCDataChannel", "send", func() any { return new(Send) }, Nothing,
		"Sends a message.",
		"{alice.chat: send, with: {data: hello}}"},
	{"RTCDataChannel", "close", func() any { return new(CloseChannel) }, Nothing,
		"Closes the data channel. What was sent before still arrives.",
		"{alice.chat: close}"},
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
		case p.key == "type" && p.value.Value == "rollback":
			r.absent(position(p.value), "rollback", absences["method"]["rollback"])
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
