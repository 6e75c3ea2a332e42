package sim

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

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
	config  *scenario.Peer
	api     *webrtc.API
	pc      *webrtc.PeerConnection
	books   books
	media   *peerMedia

	// looks wakes the goroutine that looks at what pion has no event for. Stirred tells that it is for more than the state of
	// the SCTP transport.
	looks   chan struct{}
	stirred atomic.Bool
	// tracked is what the events have told; stale tells that what is slow to ask for may have changed since slow was asked.
	tracked   tracked
	stale     atomic.Bool
	snapshots sync.Mutex
	slow      recorder.PeerState
	// remoteCertificate is the fingerprint of the other side's.
	remoteCertificate fingerprint
	// associated tells that the SCTP transport was seen connected.
	associated atomic.Bool
	// inbox holds what the application has to do about messages that signaling brought, in their order.
	inbox chan func()
	// data tells that a description with a data section was set.
	data atomic.Bool
	// restart is the event of the last restartIce that no offer has taken up, restartTold that of the last one that
	// negotiationneeded told; 0 for none.
	restart, restartTold atomic.Uint64

	mu        sync.Mutex
	channels  []*channel
	dtls      string             // the last state that an event told
	trickleTo *peer              // who gets the candidates, once a negotiation trickles
	early     []candidateWaiting // candidates that came before the remote description
	serials   *rand.Rand         // for serial numbers of certificates
}

// open makes the peer connection, with pion's defaults for all that the scenario does not set.
func (p *peer) open(config *scenario.Peer) error {
	p.config = config
	p.serials = p.session.random("certificate/" + p.name + "/serial")
	engine, err := p.settingEngine(config.Engine)
	if err != nil {
		return err
	}
	configuration := configurationOf(config.Configuration)
	for _, c := range config.Configuration.Certificates {
		certificate, err := p.newCertificate(c)
		if err != nil {
			return err
		}
		configuration.Certificates = append(configuration.Certificates, *certificate)
	}
	p.looks = make(chan struct{}, 1)
	p.inbox = make(chan func(), 1024)
	p.dtls = webrtc.DTLSTransportStateNew.String()

	media, options, err := newMedia(p)
	if err != nil {
		return err
	}
	p.media = media
	p.api = webrtc.NewAPI(append(options, webrtc.WithSettingEngine(engine))...)
	args := configurationArgs(*configurationState(configuration))
	_, err = p.session.call(invocation{peer: p, method: "RTCPeerConnection", args: args}, func() (any, error) {
		var err error
		p.pc, err = p.api.NewPeerConnection(configuration)
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

// event records an event of this peer.
func (p *peer) event(kind recorder.Kind, data any) { p.session.log.Add(p.name, kind, 0, data) }

// hear sets a handler when the scenario says so: at once, if it says nothing.
func hear(when *scenario.Hearing, set func()) {
	switch {
	case when == nil:
		set()
	case when.Never:
	case when.After > 0:
		time.AfterFunc(when.After, set)
	default:
		set()
	}
}

// listen registers for what pion tells about the connection, when the scenario says so, and about its transports.
func (p *peer) listen() {
	pc, when := p.pc, p.config.Listen
	hear(when.NegotiationNeeded, func() {
		pc.OnNegotiationNeeded(func() { p.event(recorder.KindNegotiationNeeded, nil) })
	})
	hear(when.ICECandidate, func() { pc.OnICECandidate(p.onICECandidate) })
	hear(when.SignalingStateChange, func() {
		pc.OnSignalingStateChange(func(state webrtc.SignalingState) {
			p.event(recorder.KindSignalingStateChange, recorder.StateChange{State: state.String(), Now: pc.SignalingState().String()})
		})
	})
	hear(when.ICEGatheringStateChange, func() {
		pc.OnICEGatheringStateChange(func(state webrtc.ICEGatheringState) {
			p.event(recorder.KindICEGatheringStateChange, recorder.StateChange{State: state.String(), Now: pc.ICEGatheringState().String()})
		})
	})
	hear(when.ICEConnectionStateChange, func() {
		pc.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
			p.event(recorder.KindICEConnectionStateChange, recorder.StateChange{State: state.String(), Now: pc.ICEConnectionState().String()})
		})
	})
	hear(when.ConnectionStateChange, func() {
		pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
			p.event(recorder.KindConnectionStateChange, recorder.StateChange{State: state.String(), Now: pc.ConnectionState().String()})
		})
	})
	hear(when.Track, func() { pc.OnTrack(p.media.onTrack) })
	hear(when.DataChannel, func() {
		pc.OnDataChannel(func(dc *webrtc.DataChannel) {
			c := p.addChannel(dc, p.session.channelName(p, dc.Label()), when.ListenChannel)
			c.event(recorder.KindDataChannel, recorder.ChannelEvent{})
		})
	})

	dtls := pc.SCTP().Transport()
	dtls.OnStateChange(func(state webrtc.DTLSTransportState) {
		p.mu.Lock()
		p.dtls = state.String()
		p.mu.Unlock()
		if state == webrtc.DTLSTransportStateConnected {
			p.media.secure()
		}
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
	p.books.addLocal(c)
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

// sctpState returns the state of the SCTP transport. In the standard there is none until a description with a data
// section was set (RTCPeerConnection.sctp is null); pion always has one.
func (p *peer) sctpState() (state string, ok bool) {
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
