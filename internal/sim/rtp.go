package sim

import (
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// owned is a transceiver, a sender or a certificate that a step has named, and the peer that it belongs to.
type owned[T any] struct {
	peer  *peer
	value T
}

// named returns what a step of this peer has named.
func named[T any](s *script, p *peer, name string) (T, error) {
	var none T
	v, err := s.value(name)
	if err != nil {
		return none, err
	}
	o, ok := v.(owned[T])
	switch {
	case !ok:
		return none, fmt.Errorf("$%s is something else", name)
	case o.peer != p:
		return none, fmt.Errorf("%s belongs to %s, not to %s", name, o.peer.name, p.name)
	}
	return o.value, nil
}

// at returns an element of one of a peer's lists.
func at[T any](p *peer, list []T, t scenario.Target) (T, error) {
	var none T
	if t.Index >= len(list) {
		return none, fmt.Errorf("there is no %s: %s has %d %s", t, p.name, len(list), t.List)
	}
	return list[t.Index], nil
}

// transceiver returns the transceiver of a target.
func (s *script) transceiver(p *peer, t scenario.Target) (*webrtc.RTPTransceiver, error) {
	if t.Name != "" {
		return named[*webrtc.RTPTransceiver](s, p, t.Name)
	}
	return at(p, p.pc.GetTransceivers(), t)
}

// sender returns the sender of a target.
func (s *script) sender(p *peer, t scenario.Target) (*webrtc.RTPSender, error) {
	switch {
	case t.Part != "":
		tr, err := s.transceiver(p, t)
		if err != nil {
			return nil, err
		}
		if sender := tr.Sender(); sender != nil {
			return sender, nil
		}
		return nil, fmt.Errorf("pion has no %s: the transceiver is %s", t, tr.Direction())
	case t.Name != "":
		return named[*webrtc.RTPSender](s, p, t.Name)
	}
	return at(p, p.pc.GetSenders(), t)
}

// receiver returns the receiver of a target.
func (s *script) receiver(p *peer, t scenario.Target) (*webrtc.RTPReceiver, error) {
	if t.Part == "" {
		return at(p, p.pc.GetReceivers(), t)
	}
	tr, err := s.transceiver(p, t)
	if err != nil {
		return nil, err
	}
	if receiver := tr.Receiver(); receiver != nil {
		return receiver, nil
	}
	return nil, fmt.Errorf("pion has no %s: the transceiver is %s", t, tr.Direction())
}

// trackArgs are the arguments of addTrack and replaceTrack. A replaceTrack without track has null.
type trackArgs struct {
	Track  *string `json:"track"`
	Stream string  `json:"stream,omitempty"`
}

func addTrack(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.AddTrack)
	tracks, err := p.tracks(a.Track, a.Stream)
	if err != nil {
		return nil, nil, err
	}
	return plain(trackArgs{&a.Track, tracks[0].StreamID()}, func() (any, error) {
		sender, err := p.send(tracks)
		if err != nil {
			return nil, err
		}
		if call.As != "" {
			s.session.values.set(call.As, owned[*webrtc.RTPSender]{p, sender})
		}
		return p.senderState(sender), nil
	}, nil)
}

// send adds a track, with all of its layers.
func (p *peer) send(tracks []webrtc.TrackLocal) (*webrtc.RTPSender, error) {
	sender, err := p.pc.AddTrack(tracks[0])
	if err != nil {
		return nil, err
	}
	return sender, addLayers(sender, tracks)
}

// addLayers gives a sender the further layers of a track.
func addLayers(sender *webrtc.RTPSender, tracks []webrtc.TrackLocal) error {
	for _, layer := range tracks[1:] {
		if err := sender.AddEncoding(layer); err != nil {
			return err
		}
	}
	return nil
}

// senderArgs are the arguments of removeTrack.
type senderArgs struct {
	Sender string `json:"sender"`
}

func removeTrack(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	t := call.Args.(*scenario.RemoveTrack).Sender
	sender, err := s.sender(p, t)
	if err != nil {
		return nil, nil, err
	}
	return plain(senderArgs{t.String()}, func() (any, error) { return nil, p.pc.RemoveTrack(sender) }, nil)
}

// transceiverArgs are the arguments of addTransceiver.
type transceiverArgs struct {
	Kind      string `json:"kind,omitempty"`
	Track     string `json:"track,omitempty"`
	Direction string `json:"direction"`
	Stream    string `json:"stream,omitempty"`
}

func addTransceiver(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.AddTransceiver)
	args := transceiverArgs{a.Kind, a.Track, a.Direction, a.Stream}
	init := webrtc.RTPTransceiverInit{Direction: webrtc.NewRTPTransceiverDirection(a.Direction)}
	add := func() (*webrtc.RTPTransceiver, error) {
		return p.pc.AddTransceiverFromKind(webrtc.NewRTPCodecType(a.Kind), init)
	}
	if a.Track != "" {
		tracks, err := p.tracks(a.Track, a.Stream)
		if err != nil {
			return nil, nil, err
		}
		args.Stream = tracks[0].StreamID()
		add = func() (*webrtc.RTPTransceiver, error) {
			tr, err := p.pc.AddTransceiverFromTrack(tracks[0], init)
			if err != nil {
				return nil, err
			}
			return tr, addLayers(tr.Sender(), tracks)
		}
	}
	return plain(args, func() (any, error) {
		tr, err := add()
		if err != nil {
			return nil, err
		}
		if call.As != "" {
			s.session.values.set(call.As, owned[*webrtc.RTPTransceiver]{p, tr})
		}
		return p.transceiverState(tr), nil
	}, nil)
}

// addTransceiver adds a transceiver that receives, for the legacy options of createOffer.
func (p *peer) addTransceiver(cause uint64, kind webrtc.RTPCodecType) (any, error) {
	args := transceiverArgs{Kind: kind.String(), Direction: "recvonly"}
	return p.session.call(invocation{cause: cause, peer: p, method: "addTransceiver", args: args}, func() (any, error) {
		tr, err := p.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return nil, err
		}
		return p.transceiverState(tr), nil
	})
}

// receives tells whether a transceiver of the peer would receive media of a kind.
func (p *peer) receives(kind webrtc.RTPCodecType) bool {
	for _, tr := range p.pc.GetTransceivers() {
		if d := tr.Direction(); tr.Kind() == kind && (d == webrtc.RTPTransceiverDirectionSendrecv || d == webrtc.RTPTransceiverDirectionRecvonly) {
			return true
		}
	}
	return false
}

func getSenders(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return p.senderStates(), nil }, nil)
}

func getReceivers(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return p.receiverStates(), nil }, nil)
}

func getTransceivers(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return p.transceiverStates(), nil }, nil)
}

func stopTransceiver(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	tr, err := s.transceiver(p, call.Target)
	return plain(nil, func() (any, error) { return nil, tr.Stop() }, err)
}

// codecsArgs are the arguments of setCodecPreferences.
type codecsArgs struct {
	Codecs []string `json:"codecs"`
}

func setCodecPreferences(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.SetCodecPreferences)
	tr, err := s.transceiver(p, call.Target)
	if err != nil {
		return nil, nil, err
	}
	codecs, err := p.codecs(tr.Kind(), a.Codecs)
	return plain(codecsArgs{a.Codecs}, func() (any, error) { return nil, tr.SetCodecPreferences(codecs) }, err)
}

// codecs returns pion's parameters for codecs. One that pion does not know has no parameters: pion refuses it.
func (p *peer) codecs(kind webrtc.RTPCodecType, names []string) ([]webrtc.RTPCodecParameters, error) {
	// A receiver of no transceiver tells what there is, whatever a transceiver prefers by now.
	receiver, err := p.api.NewRTPReceiver(kind, p.pc.SCTP().Transport())
	if err != nil {
		return nil, err
	}
	var codecs []webrtc.RTPCodecParameters
	for _, name := range names {
		found := false
		for _, c := range receiver.GetParameters().Codecs {
			if strings.EqualFold(c.MimeType, name) {
				codecs, found = append(codecs, c), true
			}
		}
		if !found {
			codecs = append(codecs, webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: name}})
		}
	}
	return codecs, nil
}

func replaceTrack(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.ReplaceTrack)
	sender, err := s.sender(p, call.Target)
	if err != nil {
		return nil, nil, err
	}
	if a.Track == "" {
		return plain(trackArgs{}, func() (any, error) { return nil, sender.ReplaceTrack(nil) }, nil)
	}
	stream := ""
	if current := sender.Track(); current != nil {
		stream = current.StreamID()
	}
	tracks, err := p.tracks(a.Track, stream)
	if err != nil {
		return nil, nil, err
	}
	return plain(trackArgs{Track: &a.Track}, func() (any, error) { return nil, sender.ReplaceTrack(tracks[0]) }, nil)
}

// parameters is the W3C's RTCRtpParameters, with the encodings of a sender.
type parameters struct {
	Codecs           []codec           `json:"codecs"`
	HeaderExtensions []headerExtension `json:"headerExtensions"`
	Encodings        []encoding        `json:"encodings,omitempty"`
}

type codec struct {
	PayloadType uint8  `json:"payloadType"`
	MimeType    string `json:"mimeType"`
	ClockRate   uint32 `json:"clockRate"`
	Channels    uint16 `json:"channels,omitempty"`
	SDPFmtpLine string `json:"sdpFmtpLine,omitempty"`
}

type headerExtension struct {
	URI string `json:"uri"`
	ID  int    `json:"id"`
}

// encoding is the W3C's RTCRtpEncodingParameters as far as pion has them, and what pion has besides.
type encoding struct {
	RID         string `json:"rid,omitempty"`
	SSRC        uint32 `json:"ssrc"`
	RTX         uint32 `json:"rtxSsrc,omitempty"`
	PayloadType uint8  `json:"payloadType"`
}

func parametersOf(p webrtc.RTPParameters) parameters {
	var w parameters
	for _, c := range p.Codecs {
		w.Codecs = append(w.Codecs, codec{uint8(c.PayloadType), c.MimeType, c.ClockRate, c.Channels, c.SDPFmtpLine})
	}
	for _, e := range p.HeaderExtensions {
		w.HeaderExtensions = append(w.HeaderExtensions, headerExtension{e.URI, e.ID})
	}
	return w
}

func getSenderParameters(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	sender, err := s.sender(p, call.Target)
	return plain(nil, func() (any, error) {
		got := sender.GetParameters()
		w := parametersOf(got.RTPParameters)
		for _, e := range got.Encodings {
			w.Encodings = append(w.Encodings, encoding{e.RID, uint32(e.SSRC), uint32(e.RTX.SSRC), uint8(e.PayloadType)})
		}
		return w, nil
	}, err)
}

func getReceiverParameters(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	receiver, err := s.receiver(p, call.Target)
	return plain(nil, func() (any, error) { return parametersOf(receiver.GetParameters()), nil }, err)
}

func (p *peer) transceiverStates() []recorder.TransceiverState {
	states := []recorder.TransceiverState{}
	for _, tr := range p.pc.GetTransceivers() {
		states = append(states, p.transceiverState(tr))
	}
	return states
}

func (p *peer) transceiverState(tr *webrtc.RTPTransceiver) recorder.TransceiverState {
	s := recorder.TransceiverState{Kind: tr.Kind().String(), Direction: tr.Direction().String()}
	if mid := tr.Mid(); mid != "" {
		s.Mid = &mid
		s.CurrentDirection = p.books.direction(mid)
	}
	if sender := tr.Sender(); sender != nil {
		s.Sender = ptr(p.senderState(sender))
	}
	if receiver := tr.Receiver(); receiver != nil {
		s.Receiver = ptr(p.receiverState(receiver))
	}
	return s
}

func (p *peer) senderStates() []recorder.SenderState {
	states := []recorder.SenderState{}
	for _, sender := range p.pc.GetSenders() {
		states = append(states, p.senderState(sender))
	}
	return states
}

func (p *peer) senderState(sender *webrtc.RTPSender) recorder.SenderState {
	s := recorder.SenderState{Transport: p.dtlsState(), Encodings: []recorder.EncodingState{}}
	if track := sender.Track(); track != nil {
		s.Track = &recorder.TrackState{ID: track.ID(), Kind: track.Kind().String(), Stream: track.StreamID(), RID: track.RID()}
	}
	for _, e := range sender.GetParameters().Encodings {
		s.Encodings = append(s.Encodings, recorder.EncodingState{RID: e.RID, SSRC: int(e.SSRC)})
	}
	return s
}

func (p *peer) receiverStates() []recorder.ReceiverState {
	states := []recorder.ReceiverState{}
	for _, receiver := range p.pc.GetReceivers() {
		states = append(states, p.receiverState(receiver))
	}
	return states
}

func (p *peer) receiverState(receiver *webrtc.RTPReceiver) recorder.ReceiverState {
	s := recorder.ReceiverState{Transport: p.dtlsState(), Tracks: []recorder.TrackState{}}
	for _, track := range receiver.Tracks() {
		s.Tracks = append(s.Tracks, recorder.TrackState{ID: track.ID(), Kind: track.Kind().String(), Stream: track.StreamID(), RID: track.RID()})
	}
	if len(s.Tracks) > 0 {
		s.Track = &s.Tracks[0]
	}
	return s
}
