package sim

import (
	"fmt"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/stats"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/internal/media"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// peerMedia is what a peer's application does with RTP: it sends the tracks of the scenario and receives those of others.
type peerMedia struct {
	peer   *peer
	config scenario.PeerMedia
	// secured is closed when DTLS is connected: an application encodes nothing before.
	secured chan struct{}
	once    sync.Once

	mu       sync.Mutex
	local    map[[2]string][]webrtc.TrackLocal // by name and stream
	senders  []*mediaSender
	received []*remoteTrack
}

// ssrc is what is known about a synchronization source.
type ssrc struct {
	track, rid string
	repairs    string // the track whose retransmissions the source carries
	clockRate  int
}

// newMedia returns the peer's media and the options for pion's API that it needs: what NewAPI would do by default, but for the
// interceptors that the scenario has switched off and one more, which records RTCP.
func newMedia(p *peer) (*peerMedia, []func(*webrtc.API), error) {
	m := &peerMedia{peer: p, config: p.config.Media, secured: make(chan struct{}), local: make(map[[2]string][]webrtc.TrackLocal)}
	engine := &webrtc.MediaEngine{}
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return nil, nil, err
	}
	registry := &interceptor.Registry{}
	// The first in the chain is the nearest to the wire: it sees what the others send.
	registry.Add(rtcpRecorder{media: m})
	log := loggers{p.session, p.name}
	on := p.config.Engine.Interceptors
	for _, configure := range []struct {
		on bool
		do func() error
	}{
		{on.NACK, func() error {
			return webrtc.ConfigureNackWithOptions(engine, registry, []nack.GeneratorOption{nack.WithGeneratorLoggerFactory(log)},
				nack.WithResponderLoggerFactory(log))
		}},
		{on.Reports, func() error {
			return webrtc.ConfigureRTCPReportsWithOptions(registry, []report.ReceiverOption{report.WithReceiverLoggerFactory(log)},
				report.WithSenderLoggerFactory(log))
		}},
		{true, func() error { return webrtc.ConfigureSimulcastExtensionHeaders(engine) }},
		{true, func() error {
			return webrtc.ConfigureStatsInterceptorWithOptions(registry, stats.WithLoggerFactory(log))
		}},
		{on.TWCC, func() error {
			return webrtc.ConfigureTWCCSenderWithOptions(engine, registry, twcc.WithLoggerFactory(log))
		}},
		{on.TWCCHeader, func() error { return webrtc.ConfigureTWCCHeaderExtensionSender(engine, registry) }},
	} {
		if !configure.on {
			continue
		}
		if err := configure.do(); err != nil {
			return nil, nil, err
		}
	}
	return m, []func(*webrtc.API){webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry)}, nil
}

// secure is told that DTLS is connected.
func (m *peerMedia) secure() { m.once.Do(func() { close(m.secured) }) }

// tracks returns a track of the scenario as the peer sends it: one webrtc.TrackLocal for each layer, at least one. The
// first is for AddTrack, AddTransceiverFromTrack or ReplaceTrack, the others for AddEncoding of the sender that came back.
// The same track and stream give the same objects each time. An empty stream is the track's own.
func (p *peer) tracks(name, stream string) ([]webrtc.TrackLocal, error) {
	config := p.session.scenario.Track(name)
	if config == nil {
		return nil, fmt.Errorf("there is no track %s", name)
	}
	if stream == "" {
		stream = config.Stream
	}
	m := p.media
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{name, stream}
	if known := m.local[key]; known != nil {
		return known, nil
	}
	layers := config.Layers
	if layers == nil {
		layers = []*scenario.Layer{{Bitrate: config.Bitrate}}
	}
	for _, l := range layers {
		m.local[key] = append(m.local[key], &localTrack{
			media:  m,
			name:   name,
			kind:   webrtc.NewRTPCodecType(config.Kind),
			rid:    l.RID,
			stream: stream,
			encoding: media.Encoding{
				Codec:         media.CodecOf(config.Codec),
				Bitrate:       int(l.Bitrate),
				FPS:           config.FPS,
				KeyframeEvery: config.KeyframeEvery,
			},
		})
	}
	return m.local[key], nil
}

// ssrc returns what is known about a source, one of this peer or one that it receives.
func (m *peerMedia) ssrc(n uint32) ssrc {
	if n == 0 { // nothing is about no source, and no retransmissions are sent in stream 0
		return ssrc{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.senders {
		switch known := s.info(); n {
		case s.ssrc:
			return known
		case s.repair:
			return ssrc{repairs: known.track, clockRate: known.clockRate}
		}
	}
	for _, t := range m.received {
		switch webrtc.SSRC(n) {
		case t.remote.SSRC():
			return ssrc{track: t.remote.ID(), rid: t.remote.RID(), clockRate: t.codec.ClockRate}
		case t.remote.RtxSSRC():
			return ssrc{repairs: t.remote.ID(), clockRate: t.codec.ClockRate}
		}
	}
	return ssrc{}
}

// finishMedia records the last measurements, at the end of the run.
func (s *Session) finishMedia() {
	for _, config := range s.scenario.Peers {
		p := s.peers[config.Name]
		if p == nil || p.media == nil { // the run failed before
			continue
		}
		for _, t := range p.media.tracksReceived() {
			t.end()
		}
	}
}

func (m *peerMedia) tracksReceived() []*remoteTrack {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.received[:len(m.received):len(m.received)]
}

// state returns the received tracks by the name that conditions have for them: the id, and the rid after a dot. Of
// several with the same name it is the newest.
func (m *peerMedia) state() map[string]*recorder.MediaState {
	states := make(map[string]*recorder.MediaState)
	for _, t := range m.tracksReceived() {
		name := t.remote.ID()
		if rid := t.remote.RID(); rid != "" {
			name += "." + rid
		}
		states[name] = t.state()
	}
	return states
}

// event records an event of the peer.
func (m *peerMedia) event(kind recorder.Kind, data any) { m.peer.event(kind, data) }

func (m *peerMedia) now() time.Duration { return m.peer.session.Now() }
