package sim

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// env answers what conditions ask about, with what the objects report at that moment.
type env struct{ session *Session }

func (e env) Now() time.Duration { return e.session.Now() }

func (e env) Attribute(name, attribute string) any {
	p := e.session.peers[name]
	if p == nil || p.pc == nil {
		return nil // the peers could not be made
	}
	pc := p.pc
	switch attribute {
	case "signalingState":
		return pc.SignalingState().String()
	case "iceGatheringState":
		return pc.ICEGatheringState().String()
	case "iceConnectionState":
		return pc.ICEConnectionState().String()
	case "connectionState":
		return pc.ConnectionState().String()
	case "canTrickleIceCandidates":
		return p.canTrickle()
	case "localDescription":
		return descriptionState(pc.LocalDescription())
	case "currentLocalDescription":
		return descriptionState(pc.CurrentLocalDescription())
	case "pendingLocalDescription":
		return descriptionState(pc.PendingLocalDescription())
	case "remoteDescription":
		return descriptionState(pc.RemoteDescription())
	case "currentRemoteDescription":
		return descriptionState(pc.CurrentRemoteDescription())
	case "pendingRemoteDescription":
		return descriptionState(pc.PendingRemoteDescription())
	case "sctp":
		return p.sctp()
	case "media":
		return p.media.state()
	case "dtls":
		return p.dtlsTransport()
	case "ice":
		return p.ice()
	case "selectedCandidatePair":
		return p.selectedCandidatePair()
	case "candidatePairs":
		return p.candidatePairs()
	case "transceivers":
		return p.transceiverStates()
	case "senders":
		return p.senderStates()
	case "receivers":
		return p.receiverStates()
	case "localStreams":
		return p.localStreams()
	case "remoteStreams":
		return idsOf(p.books.streams())
	case "configuration":
		return configurationState(pc.GetConfiguration())
	case "defaultIceServers":
		return []recorder.ICEServerState{}
	case "stats":
		return p.statsState()
	}
	panic("sim: no attribute " + attribute)
}

func (e env) Channel(name, channel string) *scenario.ChannelState {
	p := e.session.peers[name]
	if p == nil {
		return nil
	}
	c := p.channel(channel)
	if c == nil {
		return nil
	}
	return c.state()
}

// state returns the state of the peer, but for what is slow to ask for; see snapshot.
func (p *peer) state() recorder.PeerState {
	s := recorder.PeerState{
		SignalingState:          p.pc.SignalingState().String(),
		ICEGatheringState:       p.pc.ICEGatheringState().String(),
		ICEConnectionState:      p.pc.ICEConnectionState().String(),
		ConnectionState:         p.pc.ConnectionState().String(),
		CanTrickleICECandidates: p.canTrickle(),
		SCTP:                    p.sctp(),
		DTLS:                    p.dtlsTransport(),
		ICE:                     p.ice(),
		Transceivers:            p.transceiverStates(),
		RemoteStreams:           idsOf(p.books.streams()),
		Channels:                make(map[string]*recorder.ChannelState),
	}
	p.mu.Lock()
	channels := p.channels[:len(p.channels):len(p.channels)]
	p.mu.Unlock()
	for _, c := range channels {
		name := c.name
		for n := 2; s.Channels[name] != nil; n++ {
			name = fmt.Sprintf("%s (%d)", c.name, n)
		}
		s.Channels[name] = c.state()
	}
	return s
}

func (p *peer) canTrickle() *bool {
	switch p.pc.CanTrickleICECandidates() {
	case webrtc.ICETrickleCapabilitySupported:
		return ptr(true)
	case webrtc.ICETrickleCapabilityUnsupported:
		return ptr(false)
	}
	return nil
}

func (p *peer) sctp() *recorder.SCTPState {
	state, ok := p.sctpState()
	if !ok {
		return nil
	}
	transport := p.pc.SCTP()
	s := &recorder.SCTPState{State: state, MaxMessageSize: int(transport.GetCapabilities().MaxMessageSize)}
	if state == webrtc.SCTPTransportStateConnected.String() {
		// pion tells a number before that, where the standard has null.
		s.MaxChannels = ptr(int(transport.MaxChannels()))
	}
	return s
}

// dtlsState returns the state of the DTLS transport that its last event told.
func (p *peer) dtlsState() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dtls
}

func (p *peer) dtlsTransport() *recorder.DTLSState {
	s := &recorder.DTLSState{State: p.dtlsState(), RemoteCertificates: []string{}}
	if der := p.pc.SCTP().Transport().GetRemoteCertificate(); der != nil {
		s.RemoteCertificates = append(s.RemoteCertificates, p.remoteCertificate.of(der))
	}
	return s
}

// fingerprint is the last fingerprint that was asked for, since it is asked for after each event.
type fingerprint struct {
	mu   sync.Mutex
	der  []byte
	text string
}

// of returns the SHA-256 fingerprint of a certificate.
func (f *fingerprint) of(der []byte) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !bytes.Equal(f.der, der) {
		sum := sha256.Sum256(der)
		f.der, f.text = bytes.Clone(der), strings.ReplaceAll(fmt.Sprintf("% x", sum[:]), " ", ":")
	}
	return f.text
}

func (p *peer) ice() *recorder.ICEState {
	transport := p.pc.SCTP().Transport().ICETransport()
	s := &recorder.ICEState{
		State:          transport.State().String(),
		Role:           transport.Role().String(),
		Component:      "rtp",
		GatheringState: p.pc.ICEGatheringState().String(),
	}
	if transport.Role() == webrtc.ICERoleUnknown {
		s.Role = "unknown"
	}
	// pion makes an ICE agent when it is asked for these.
	s.LocalCandidates, s.RemoteCandidates, s.LocalParameters, s.RemoteParameters = p.books.candidates()
	return s
}

func (p *peer) selectedCandidatePair() *recorder.CandidatePairState {
	pair, err := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return nil
	}
	return &recorder.CandidatePairState{Local: candidateState(pair.Local), Remote: candidateState(pair.Remote)}
}

func descriptionState(d *webrtc.SessionDescription) *recorder.DescriptionState {
	if d == nil {
		return nil
	}
	return &recorder.DescriptionState{Type: d.Type.String(), SDP: d.SDP}
}

func candidateState(c *webrtc.ICECandidate) recorder.CandidateState {
	return recorder.CandidateState{Type: c.Typ.String(), Address: c.Address, Port: int(c.Port)}
}

func ptr[T any](v T) *T { return &v }

func intPtr(v *uint16) *int {
	if v == nil {
		return nil
	}
	return ptr(int(*v))
}
