package sim

import (
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/scenario"
)

// env answers what conditions ask about, with what the objects report at that moment.
type env struct{ session *Session }

func (e env) Now() time.Duration { return e.session.Now() }

func (e env) Attribute(name, attribute string) any {
	p := e.session.peers[name]
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
		switch pc.CanTrickleICECandidates() {
		case webrtc.ICETrickleCapabilitySupported:
			return ptr(true)
		case webrtc.ICETrickleCapabilityUnsupported:
			return ptr(false)
		}
		return (*bool)(nil)
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
		state, ok := p.sctpState()
		if !ok {
			return (*scenario.SCTPState)(nil)
		}
		return &scenario.SCTPState{State: state}
	case "media":
		return p.media.state()
	case "dtls":
		p.mu.Lock()
		defer p.mu.Unlock()
		return &scenario.DTLSState{State: p.dtls}
	case "selectedCandidatePair":
		pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil {
			return (*scenario.CandidatePairState)(nil)
		}
		return &scenario.CandidatePairState{Local: candidateState(pair.Local), Remote: candidateState(pair.Remote)}
	}
	panic("sim: no attribute " + attribute)
}

func (e env) Channel(name, channel string) *scenario.ChannelState {
	c := e.session.peers[name].channel(channel)
	if c == nil {
		return nil
	}
	return &scenario.ChannelState{
		ReadyState:                 c.dc.ReadyState().String(),
		Label:                      c.dc.Label(),
		ID:                         intPtr(c.dc.ID()),
		BufferedAmount:             int(c.dc.BufferedAmount()),
		BufferedAmountLowThreshold: int(c.dc.BufferedAmountLowThreshold()),
		Ordered:                    c.dc.Ordered(),
		MaxPacketLifeTime:          intPtr(c.dc.MaxPacketLifeTime()),
		MaxRetransmits:             intPtr(c.dc.MaxRetransmits()),
		Protocol:                   c.dc.Protocol(),
		Negotiated:                 c.dc.Negotiated(),
	}
}

func descriptionState(d *webrtc.SessionDescription) *scenario.DescriptionState {
	if d == nil {
		return nil
	}
	return &scenario.DescriptionState{Type: d.Type.String(), SDP: d.SDP}
}

func candidateState(c *webrtc.ICECandidate) scenario.CandidateState {
	return scenario.CandidateState{Type: c.Typ.String(), Address: c.Address, Port: int(c.Port)}
}

func ptr[T any](v T) *T { return &v }

func intPtr(v *uint16) *int {
	if v == nil {
		return nil
	}
	return ptr(int(*v))
}
