package sim

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
	"github.com/rtcsim/rtcsim/vnet"
)

// peer is one RTCPeerConnection and the application around it.
type peer struct {
	session *Session
	name    string
	host    *vnet.Host
	pc      *webrtc.PeerConnection

	// looks wakes the goroutine that looks at what pion has no event for.
	looks chan struct{}
	// associated tells that the SCTP transport was seen connected.
	associated atomic.Bool
	// inbox holds what the application has to do about messages that signaling brought, in their order.
	inbox chan func()
	// data tells that a description with a data section was set.
	data atomic.Bool

	mu        sync.Mutex
	channels  []*channel
	dtls      string             // the last state that an event told
	trickleTo *peer              // who gets the candidates, once a negotiation trickles
	early     []candidateWaiting // candidates that came before the remote description
}

// open makes the peer connection, with pion's defaults for all that the scenario does not set.
func (p *peer) open(config *scenario.Peer) error {
	engine := webrtc.SettingEngine{LoggerFactory: loggers{p.session, p.name}}
	engine.SetNet(p.host.Net())
	// The simulated network has no multicast. pion would warn about that and go on without.
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if t := config.Engine.ICE; t.DisconnectedTimeout != nil || t.FailedTimeout != nil || t.KeepaliveInterval != nil {
		// One call sets all three, so that what is not given needs pion's default; see its ice package.
		disconnected, failed, keepalive := iceDisconnectedTimeout, iceFailedTimeout, iceKeepaliveInterval
		set(&disconnected, t.DisconnectedTimeout)
		set(&failed, t.FailedTimeout)
		set(&keepalive, t.KeepaliveInterval)
		engine.SetICETimeouts(disconnected, failed, keepalive)
	}
	configuration := configurationOf(config.Configuration)
	p.looks = make(chan struct{}, 1)
	p.inbox = make(chan func(), 1024)
	p.dtls = webrtc.DTLSTransportStateNew.String()

	_, err := p.session.call(invocation{peer: p, method: "RTCPeerConnection", args: configuration}, func() (any, error) {
		var err error
		p.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(engine)).NewPeerConnection(configuration)
		return nil, err
	})
	if err != nil {
		return err
	}
	p.listen()
	go p.watch()
	go func() {
		for task := range p.inbox {
			task()
		}
	}()
	return nil
}

func configurationOf(c scenario.Configuration) webrtc.Configuration {
	w := webrtc.Configuration{
		ICETransportPolicy: webrtc.NewICETransportPolicy(c.ICETransportPolicy),
	}
	for _, s := range c.ICEServers {
		server := webrtc.ICEServer{URLs: s.URLs, Username: s.Username}
		if s.Credential != "" {
			server.Credential = s.Credential
		}
		w.ICEServers = append(w.ICEServers, server)
	}
	if c.BundlePolicy != "" {
		// pion can only read these two from JSON.
		w.BundlePolicy.UnmarshalJSON([]byte(`"` + c.BundlePolicy + `"`))
	}
	if c.RTCPMuxPolicy != "" {
		w.RTCPMuxPolicy.UnmarshalJSON([]byte(`"` + c.RTCPMuxPolicy + `"`))
	}
	set(&w.ICECandidatePoolSize, c.ICECandidatePoolSize)
	return w
}

// event records an event of this peer.
func (p *peer) event(kind recorder.Kind, data any) { p.session.log.Add(p.name, kind, 0, data) }

// listen registers for everything that pion tells about the connection and its transports.
func (p *peer) listen() {
	pc := p.pc
	pc.OnNegotiationNeeded(func() { p.event(recorder.KindNegotiationNeeded, nil) })
	pc.OnICECandidate(p.onICECandidate)
	pc.OnSignalingStateChange(func(state webrtc.SignalingState) {
		p.event(recorder.KindSignalingStateChange, recorder.StateChange{State: state.String(), Now: pc.SignalingState().String()})
	})
	pc.OnICEGatheringStateChange(func(state webrtc.ICEGatheringState) {
		p.event(recorder.KindICEGatheringStateChange, recorder.StateChange{State: state.String(), Now: pc.ICEGatheringState().String()})
	})
	pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		p.event(recorder.KindICEConnectionStateChange, recorder.StateChange{State: state.String(), Now: pc.ICEConnectionState().String()})
	})
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		p.event(recorder.KindConnectionStateChange, recorder.StateChange{State: state.String(), Now: pc.ConnectionState().String()})
	})
	pc.OnDataChannel(func(dc *webrtc.DataChannel) {
		c := p.addChannel(dc, p.session.channelName(p, dc.Label()))
		c.event(recorder.KindDataChannel, recorder.ChannelEvent{})
	})

	dtls := pc.SCTP().Transport()
	dtls.OnStateChange(func(state webrtc.DTLSTransportState) {
		p.mu.Lock()
		p.dtls = state.String()
		p.mu.Unlock()
		// pion holds the transport's lock here: asking it for its state would never return.
		p.event(recorder.KindDTLSTransportStateChange, recorder.StateChange{State: state.String()})
	})
	transport := dtls.ICETransport()
	transport.OnConnectionStateChange(func(state webrtc.ICETransportState) {
		p.event(recorder.KindICETransportStateChange, recorder.StateChange{State: state.String(), Now: transport.State().String()})
	})
	transport.OnSelectedCandidatePairChange(func(pair *webrtc.ICECandidatePair) {
		p.event(recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{Local: pairEnd(pair.Local), Remote: pairEnd(pair.Remote)})
	})
}

func pairEnd(c *webrtc.ICECandidate) recorder.PairEnd {
	return recorder.PairEnd{Type: c.Typ.String(), Address: c.Address, Port: c.Port}
}

func (p *peer) onICECandidate(c *webrtc.ICECandidate) {
	if c == nil {
		p.event(recorder.KindICECandidate, recorder.Candidate{End: true})
		return
	}
	init := c.ToJSON()
	seq := p.session.log.Add(p.name, recorder.KindICECandidate, 0, recorder.Candidate{
		Candidate:        init.Candidate,
		SDPMid:           init.SDPMid,
		SDPMLineIndex:    init.SDPMLineIndex,
		UsernameFragment: init.UsernameFragment,
		Type:             c.Typ.String(),
		Address:          c.Address,
		Port:             c.Port,
	})
	p.mu.Lock()
	to := p.trickleTo
	p.mu.Unlock()
	if to != nil {
		p.sendCandidate(seq, to, init)
	}
}

// look asks for a look at what pion has no event for.
func (p *peer) look() {
	select {
	case p.looks <- struct{}{}:
	default:
	}
}

// watch looks at the SCTP transport after each event of the peer and records its changes, for which pion has no event.
// It is a goroutine of its own since pion fires some events with locks held.
func (p *peer) watch() {
	last := ""
	for range p.looks {
		state, ok := p.sctpState()
		if !ok || state == last {
			continue
		}
		last = state
		p.associated.Store(state == webrtc.SCTPTransportStateConnected.String())
		p.event(recorder.KindSCTPTransportStateChange, recorder.StateChange{State: state, Now: state, Derived: true})
	}
}

// sctpState returns the state of the SCTP transport. In the standard there is none until a description with a data
// section was set (RTCPeerConnection.sctp is null); pion always has one.
func (p *peer) sctpState() (state string, ok bool) {
	if !p.data.Load() {
		for _, d := range []*webrtc.SessionDescription{p.pc.LocalDescription(), p.pc.RemoteDescription()} {
			if d != nil && strings.Contains(d.SDP, "\r\nm=application") {
				p.data.Store(true)
			}
		}
	}
	return p.pc.SCTP().State().String(), p.data.Load()
}

// states returns the state attributes as they are now.
func (p *peer) states() *recorder.States {
	if p.pc == nil {
		return nil
	}
	return &recorder.States{
		Signaling:     p.pc.SignalingState().String(),
		ICEGathering:  p.pc.ICEGatheringState().String(),
		ICEConnection: p.pc.ICEConnectionState().String(),
		Connection:    p.pc.ConnectionState().String(),
	}
}
