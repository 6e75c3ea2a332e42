package sim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// A method carries out a call of the scenario. It returns the arguments for the recording and the function that calls
// pion, which is given the event of the call. The error is about the scenario: what it refers to is not there.
type method func(s *script, p *peer, c *channel, call *scenario.Call) (args any, do func(seq uint64) (any, error), err error)

// methods holds every method that a step can call, by its interface and W3C name. The scenario package has the same
// table with the arguments and their documentation.
var methods map[[2]string]method

func init() { // since some of the methods call others
	methods = map[[2]string]method{
		{"RTCPeerConnection", "createOffer"}:          createOffer,
		{"RTCPeerConnection", "createAnswer"}:         createAnswer,
		{"RTCPeerConnection", "setLocalDescription"}:  setLocalDescription,
		{"RTCPeerConnection", "setRemoteDescription"}: setRemoteDescription,
		{"RTCPeerConnection", "addIceCandidate"}:      addICECandidate,
		{"RTCPeerConnection", "createDataChannel"}:    createDataChannel,
		{"RTCPeerConnection", "restartIce"}:           restartICE,
		{"RTCPeerConnection", "getConfiguration"}:     getConfiguration,
		{"RTCPeerConnection", "setConfiguration"}:     setConfiguration,
		{"RTCPeerConnection", "getStats"}:             getStats,
		{"RTCPeerConnection", "addTrack"}:             addTrack,
		{"RTCPeerConnection", "removeTrack"}:          removeTrack,
		{"RTCPeerConnection", "addTransceiver"}:       addTransceiver,
		{"RTCPeerConnection", "getSenders"}:           getSenders,
		{"RTCPeerConnection", "getReceivers"}:         getReceivers,
		{"RTCPeerConnection", "getTransceivers"}:      getTransceivers,
		{"RTCPeerConnection", "generateCertificate"}:  generateCertificate,
		{"RTCPeerConnection", "close"}:                closePeer,
		{"RTCPeerConnection", "gracefulClose"}:        gracefulClosePeer,
		{"RTCPeerConnection", "addStream"}:            addStream,
		{"RTCPeerConnection", "removeStream"}:         removeStream,
		{"RTCPeerConnection", "getLocalStreams"}:      getLocalStreams,
		{"RTCPeerConnection", "getRemoteStreams"}:     getRemoteStreams,
		{"RTCPeerConnection", "getStreamById"}:        getStreamByID,
		{"RTCPeerConnection", "updateIce"}:            updateICE,
		{"RTCDataChannel", "send"}:                    send,
		{"RTCDataChannel", "close"}:                   closeChannel,
		{"RTCDataChannel", "gracefulClose"}:           gracefulCloseChannel,
		{"RTCDataChannel", "set"}:                     setChannel,
		{"RTCDataChannel", "detach"}:                  detach,
		{"RTCDataChannel", "read"}:                    readChannel,
		{"RTCRtpTransceiver", "stop"}:                 stopTransceiver,
		{"RTCRtpTransceiver", "setCodecPreferences"}:  setCodecPreferences,
		{"RTCRtpSender", "replaceTrack"}:              replaceTrack,
		{"RTCRtpSender", "getParameters"}:             getSenderParameters,
		{"RTCRtpReceiver", "getParameters"}:           getReceiverParameters,
	}
}

// isDerived tells whether pion lacks what a call asks for, so that other methods do it.
func isDerived(call *scenario.Call) bool {
	switch a := call.Args.(type) {
	case *scenario.CreateOffer:
		return a.OfferToReceiveAudio || a.OfferToReceiveVideo
	case *scenario.SetLocalDescription:
		return a.Implicit
	case *scenario.RestartICE, *scenario.UpdateICE, *scenario.AddStream, *scenario.RemoveStream,
		*scenario.GetLocalStreams, *scenario.GetRemoteStreams, *scenario.GetStreamByID:
		return true
	case *scenario.SetChannel:
		return a.BinaryType != nil
	}
	return false
}

// plain is a method that calls nothing but pion.
func plain(args any, do func() (any, error), err error) (any, func(uint64) (any, error), error) {
	return args, func(uint64) (any, error) { return do() }, err
}

// createOffer makes an offer. The legacy options add the transceivers that they ask for, as the standard says in
// "Legacy configuration extensions".
func createOffer(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.CreateOffer)
	args, do, err := p.createOffer(a.ICERestart)
	if !isDerived(call) {
		return plain(args, do, err)
	}
	options := legacyOfferOptions{a.ICERestart, a.OfferToReceiveAudio, a.OfferToReceiveVideo}
	return options, func(seq uint64) (any, error) {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			wanted := kind == webrtc.RTPCodecTypeAudio && a.OfferToReceiveAudio || kind == webrtc.RTPCodecTypeVideo && a.OfferToReceiveVideo
			if !wanted || p.receives(kind) {
				continue
			}
			if _, err := p.addTransceiver(seq, kind); err != nil {
				return nil, err
			}
		}
		return p.session.call(invocation{cause: seq, peer: p, method: "createOffer", args: args}, do)
	}, nil
}

func createAnswer(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(p.createAnswer())
}

func setLocalDescription(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.SetLocalDescription)
	if a.Implicit {
		return nil, p.setImplicitDescription, nil
	}
	d, err := s.description(a.Description)
	if err != nil {
		return nil, nil, err
	}
	return plain(p.setLocalDescription(d))
}

// setImplicitDescription makes the description that the signaling state asks for, and sets it: an offer in stable,
// have-local-offer and have-remote-pranswer, else an answer.
func (p *peer) setImplicitDescription(seq uint64) (any, error) {
	method, prepare := "createAnswer", p.createAnswer
	switch p.pc.SignalingState() {
	case webrtc.SignalingStateStable, webrtc.SignalingStateHaveLocalOffer, webrtc.SignalingStateHaveRemotePranswer:
		method, prepare = "createOffer", func() (any, func() (any, error), error) { return p.createOffer(false) }
	}
	args, do, _ := prepare()
	made, err := p.session.call(invocation{cause: seq, peer: p, method: method, args: args}, do)
	if err != nil {
		return nil, err
	}
	args, do, _ = p.setLocalDescription(made.(webrtc.SessionDescription))
	return p.session.call(invocation{cause: seq, peer: p, method: "setLocalDescription", args: args}, do)
}

func setRemoteDescription(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	d, err := s.description(call.Args.(*scenario.SetRemoteDescription).Description)
	if err != nil {
		return nil, nil, err
	}
	return plain(p.setRemoteDescription(d))
}

func addICECandidate(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	init, err := s.candidate(call.Args.(*scenario.AddICECandidate))
	if err != nil {
		return nil, nil, err
	}
	return plain(p.addICECandidate(init))
}

func createDataChannel(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
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
	return plain(args, func() (any, error) {
		dc, err := p.pc.CreateDataChannel(a.Label, init)
		if err != nil {
			return nil, err
		}
		p.addChannel(dc, name, a.Listen.Or(p.config.Listen.ListenChannel))
		return nil, nil
	}, nil)
}

// restartICE sets the flag that the next createOffer takes, and fires negotiationneeded when the state is stable.
func restartICE(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return nil, func(seq uint64) (any, error) {
		if p.pc.SignalingState() == webrtc.SignalingStateClosed {
			return nil, nil // as the standard has it: nothing happens, and it is no error
		}
		p.restart.Store(seq)
		p.needNegotiation()
		return nil, nil
	}, nil
}

func getStats(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return p.stats() }, nil)
}

func closePeer(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return nil, p.pc.Close() }, nil)
}

func gracefulClosePeer(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return nil, p.pc.GracefulClose() }, nil)
}

func send(_ *script, _ *peer, c *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.Send)
	data := payload(a)
	return plain(message(!a.Binary, data), func() (any, error) {
		if a.Binary {
			return nil, c.dc.Send(data)
		}
		return nil, c.dc.SendText(string(data))
	}, nil)
}

func closeChannel(_ *script, _ *peer, c *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return nil, c.dc.Close() }, nil)
}

func gracefulCloseChannel(_ *script, _ *peer, c *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return nil, c.dc.GracefulClose() }, nil)
}

func setChannel(_ *script, _ *peer, c *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.SetChannel)
	args := channelAttributes{BinaryType: a.BinaryType}
	if a.BufferedAmountLowThreshold != nil {
		args.BufferedAmountLowThreshold = ptr(uint64(*a.BufferedAmountLowThreshold))
	}
	return plain(args, func() (any, error) {
		if args.BufferedAmountLowThreshold != nil {
			c.dc.SetBufferedAmountLowThreshold(*args.BufferedAmountLowThreshold)
		}
		if a.BinaryType != nil {
			c.setBinaryType(*a.BinaryType)
		}
		return nil, nil
	}, nil)
}

func detach(_ *script, _ *peer, c *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return nil, c.detach() }, nil)
}

func readChannel(_ *script, _ *peer, c *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	size := call.Args.(*scenario.ReadChannel).Size
	detached := c.detached()
	if detached == nil {
		return nil, nil, fmt.Errorf("%s has to be detached before it can be read", c.name)
	}
	return plain(readArgs{int(size)}, func() (any, error) { return read(detached, int(size)) }, nil)
}

// channelAttributes are the arguments of set.
type channelAttributes struct {
	BufferedAmountLowThreshold *uint64 `json:"bufferedAmountLowThreshold,omitempty"`
	BinaryType                 *string `json:"binaryType,omitempty"`
}

// readArgs are the arguments of read.
type readArgs struct {
	Size int `json:"size"`
}

// legacyOfferOptions are the arguments of createOffer with its legacy options.
type legacyOfferOptions struct {
	ICERestart          bool `json:"iceRestart,omitempty"`
	OfferToReceiveAudio bool `json:"offerToReceiveAudio,omitempty"`
	OfferToReceiveVideo bool `json:"offerToReceiveVideo,omitempty"`
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

// createOffer makes an offer, which restarts ICE if that is asked for here or was by restartIce.
func (p *peer) createOffer(iceRestart bool) (any, func() (any, error), error) {
	var args any
	restart := p.restart.Load()
	if iceRestart = iceRestart || restart != 0; iceRestart {
		args = offerOptions{true}
	}
	var options *webrtc.OfferOptions
	if iceRestart || p.config.Engine.ICE.Trickle {
		options = &webrtc.OfferOptions{ICERestart: iceRestart}
		options.ICETricklingSupported = p.config.Engine.ICE.Trickle
	}
	return args, func() (any, error) {
		if iceRestart {
			p.books.restartLocal()
		}
		offer, err := p.pc.CreateOffer(options)
		if err == nil && iceRestart {
			// A restartIce that came meanwhile is for the next offer.
			p.restart.CompareAndSwap(restart, 0)
		}
		return offer, err
	}, nil
}

func (p *peer) createAnswer() (any, func() (any, error), error) {
	var options *webrtc.AnswerOptions
	if p.config.Engine.ICE.Trickle {
		options = new(webrtc.AnswerOptions)
		options.ICETricklingSupported = true
	}
	return nil, func() (any, error) { return p.pc.CreateAnswer(options) }, nil
}

func (p *peer) setLocalDescription(d webrtc.SessionDescription) (any, func() (any, error), error) {
	return d, func() (any, error) {
		err := p.pc.SetLocalDescription(d)
		if err == nil {
			p.books.setLocal(d)
			p.hasData(d)
			p.needNegotiation()
		}
		return nil, err
	}, nil
}

func (p *peer) setRemoteDescription(d webrtc.SessionDescription) (any, func() (any, error), error) {
	return d, func() (any, error) {
		p.books.expectRemote(d)
		err := p.pc.SetRemoteDescription(d)
		if err == nil {
			p.changeStreams(p.books.setRemote(d))
			p.hasData(d)
			p.needNegotiation()
		}
		return nil, err
	}, nil
}

func (p *peer) addICECandidate(init webrtc.ICECandidateInit) (any, func() (any, error), error) {
	return init, func() (any, error) {
		err := p.pc.AddICECandidate(init)
		if err == nil {
			p.books.addRemote(init.Candidate)
		}
		return nil, err
	}, nil
}

// hasData takes note of a description that was set and has a data section.
func (p *peer) hasData(d webrtc.SessionDescription) {
	if strings.Contains(d.SDP, "\r\nm=application") {
		p.data.Store(true)
	}
}

// needNegotiation fires the negotiationneeded of restartIce, once, as soon as the signaling state is stable.
func (p *peer) needNegotiation() {
	restart := p.restart.Load()
	if restart == 0 || p.pc.SignalingState() != webrtc.SignalingStateStable || p.restartTold.Swap(restart) == restart {
		return
	}
	go func() { // the standard queues a task
		p.session.log.Add(p.name, recorder.KindNegotiationNeeded, restart, recorder.Negotiation{Now: p.pc.SignalingState().String(), Derived: true})
	}()
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
