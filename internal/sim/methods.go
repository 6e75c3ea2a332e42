package sim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/scenario"
)

// A method carries out a call of the scenario. It returns the arguments for the recording and the function that calls
// pion. The error is about the scenario: what it refers to is not there.
type method func(s *script, p *peer, c *channel, call *scenario.Call) (args any, do func() (any, error), err error)

// methods holds every method that a step can call, by its interface and W3C name. The scenario package has the same
// table with the arguments and their documentation.
var methods = map[[2]string]method{
	{"RTCPeerConnection", "createOffer"}: func(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func() (any, error), error) {
		var options *webrtc.OfferOptions
		if call.Args.(*scenario.CreateOffer).ICERestart {
			options = &webrtc.OfferOptions{ICERestart: true}
		}
		return p.createOffer(options)
	},
	{"RTCPeerConnection", "createAnswer"}: func(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func() (any, error), error) {
		return p.createAnswer()
	},
	{"RTCPeerConnection", "setLocalDescription"}: func(s *script, p *peer, _ *channel, call *scenario.Call) (any, func() (any, error), error) {
		d, err := s.description(call.Args.(*scenario.SetLocalDescription).Description)
		if err != nil {
			return nil, nil, err
		}
		return p.setLocalDescription(d)
	},
	{"RTCPeerConnection", "setRemoteDescription"}: func(s *script, p *peer, _ *channel, call *scenario.Call) (any, func() (any, error), error) {
		d, err := s.description(call.Args.(*scenario.SetRemoteDescription).Description)
		if err != nil {
			return nil, nil, err
		}
		return p.setRemoteDescription(d)
	},
	{"RTCPeerConnection", "addIceCandidate"}: func(s *script, p *peer, _ *channel, call *scenario.Call) (any, func() (any, error), error) {
		init, err := s.candidate(call.Args.(*scenario.AddICECandidate))
		if err != nil {
			return nil, nil, err
		}
		return p.addICECandidate(init)
	},
	{"RTCPeerConnection", "createDataChannel"}: func(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func() (any, error), error) {
		a := call.Args.(*scenario.CreateDataChannel)
		name := call.As
		if name == "" {
			name = a.Label
		}
		args := dataChannelArgs{a.Label, a.Ordered, a.MaxPacketLifeTime, a.MaxRetransmits, a.Protocol, a.Negotiated, a.ID}
		init := &webrtc.DataChannelInit{
			Ordered:           a.Ordered,
			MaxPacketLifeTime: a.MaxPacketLifeTime,
			MaxRetransmits:    a.MaxRetransmits,
			Protocol:          a.Protocol,
			Negotiated:        a.Negotiated,
			ID:                a.ID,
		}
		return args, func() (any, error) {
			dc, err := p.pc.CreateDataChannel(a.Label, init)
			if err != nil {
				return nil, err
			}
			p.addChannel(dc, name)
			return nil, nil
		}, nil
	},
	{"RTCPeerConnection", "close"}: func(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func() (any, error), error) {
		return nil, func() (any, error) { return nil, p.pc.Close() }, nil
	},
	{"RTCDataChannel", "send"}: func(_ *script, _ *peer, c *channel, call *scenario.Call) (any, func() (any, error), error) {
		a := call.Args.(*scenario.Send)
		data := payload(a)
		return message(!a.Binary, data), func() (any, error) {
			if a.Binary {
				return nil, c.dc.Send(data)
			}
			return nil, c.dc.SendText(string(data))
		}, nil
	},
	{"RTCDataChannel", "close"}: func(_ *script, _ *peer, c *channel, _ *scenario.Call) (any, func() (any, error), error) {
		return nil, func() (any, error) { return nil, c.dc.Close() }, nil
	},
}

// dataChannelArgs are the arguments of createDataChannel under their W3C names, as the recording has them.
type dataChannelArgs struct {
	Label             string  `json:"label"`
	Ordered           *bool   `json:"ordered,omitempty"`
	MaxPacketLifeTime *uint16 `json:"maxPacketLifeTime,omitempty"`
	MaxRetransmits    *uint16 `json:"maxRetransmits,omitempty"`
	Protocol          *string `json:"protocol,omitempty"`
	Negotiated        *bool   `json:"negotiated,omitempty"`
	ID                *uint16 `json:"id,omitempty"`
}

type offerOptions struct {
	ICERestart bool `json:"iceRestart"`
}

func (p *peer) createOffer(options *webrtc.OfferOptions) (any, func() (any, error), error) {
	var args any
	if options != nil {
		args = offerOptions{options.ICERestart}
	}
	return args, func() (any, error) { return p.pc.CreateOffer(options) }, nil
}

func (p *peer) createAnswer() (any, func() (any, error), error) {
	return nil, func() (any, error) { return p.pc.CreateAnswer(nil) }, nil
}

func (p *peer) setLocalDescription(d webrtc.SessionDescription) (any, func() (any, error), error) {
	return d, func() (any, error) { return nil, p.pc.SetLocalDescription(d) }, nil
}

func (p *peer) setRemoteDescription(d webrtc.SessionDescription) (any, func() (any, error), error) {
	return d, func() (any, error) { return nil, p.pc.SetRemoteDescription(d) }, nil
}

func (p *peer) addICECandidate(init webrtc.ICECandidateInit) (any, func() (any, error), error) {
	return init, func() (any, error) { return nil, p.pc.AddICECandidate(init) }, nil
}

// description puts together the description that a step sets.
func (s *script) description(d scenario.Description) (webrtc.SessionDescription, error) {
	desc := webrtc.SessionDescription{SDP: d.SDP}
	if d.From.Name != "" {
		v, err := s.value(d.From.Name)
		if err != nil {
			return desc, err
		}
		from, ok := v.(webrtc.SessionDescription)
		if !ok {
			return desc, fmt.Errorf("$%s is not a description", d.From.Name)
		}
		desc = from
	}
	if d.Type != "" {
		desc.Type = webrtc.NewSDPType(d.Type)
	}
	for _, e := range d.Edit {
		if !strings.Contains(desc.SDP, e.Replace) {
			return desc, fmt.Errorf("line %d: the SDP does not contain %q", e.Line, e.Replace)
		}
		desc.SDP = strings.ReplaceAll(desc.SDP, e.Replace, e.By)
	}
	return desc, nil
}

// candidate returns the candidate that a step adds.
func (s *script) candidate(a *scenario.AddICECandidate) (webrtc.ICECandidateInit, error) {
	if a.From.Name == "" {
		return webrtc.ICECandidateInit{
			Candidate:        a.Candidate,
			SDPMid:           a.SDPMid,
			SDPMLineIndex:    a.SDPMLineIndex,
			UsernameFragment: a.UsernameFragment,
		}, nil
	}
	v, err := s.value(a.From.Name)
	if err != nil {
		return webrtc.ICECandidateInit{}, err
	}
	init, ok := v.(webrtc.ICECandidateInit)
	if !ok {
		return init, fmt.Errorf("$%s is not a candidate", a.From.Name)
	}
	return init, nil
}

// payload returns what a send step sends: its data, or filler of the size it asks for.
func payload(a *scenario.Send) []byte {
	if a.Data != nil {
		return []byte(*a.Data)
	}
	const filler = "0123456789abcdefghijklmnopqrstuvwxyz "
	return []byte(strings.Repeat(filler, int(a.Size)/len(filler)+1)[:a.Size])
}

// errNoChannel is the error of a step that needs a data channel which is not there.
var errNoChannel = errors.New("the peer has no such data channel yet")
