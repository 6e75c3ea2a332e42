package sim

import (
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/scenario"
)

// localTrack is one encoding of a track of the scenario, as pion sends it.
type localTrack struct {
	peer    *peer
	config  *scenario.Track
	rid     string
	stream  string
	bitrate scenario.Rate
}

var _ webrtc.TrackLocal = (*localTrack)(nil)

// tracks returns a track of the scenario as the peer sends it: one webrtc.TrackLocal for each layer, at least one. The first is
// for AddTrack, AddTransceiverFromTrack or ReplaceTrack, the others for AddEncoding of the sender that came back.
// The same track and stream give the same objects each time. An empty stream is the track's own.
func (p *peer) tracks(name, stream string) ([]webrtc.TrackLocal, error) {
	config := p.session.scenario.Track(name)
	if config == nil {
		return nil, fmt.Errorf("there is no track %s", name)
	}
	if stream == "" {
		stream = config.Stream
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [2]string{name, stream}
	if known := p.local[key]; known != nil {
		return known, nil
	}
	layers := config.Layers
	if layers == nil {
		layers = []*scenario.Layer{{Bitrate: config.Bitrate}}
	}
	var made []webrtc.TrackLocal
	for _, l := range layers {
		made = append(made, &localTrack{peer: p, config: config, rid: l.RID, stream: stream, bitrate: l.Bitrate})
	}
	if p.local == nil {
		p.local = make(map[[2]string][]webrtc.TrackLocal)
	}
	p.local[key] = made
	return made, nil
}

func (t *localTrack) ID() string       { return t.config.Name }
func (t *localTrack) RID() string      { return t.rid }
func (t *localTrack) StreamID() string { return t.stream }

func (t *localTrack) Kind() webrtc.RTPCodecType { return webrtc.NewRTPCodecType(t.config.Kind) }

// Bind is called by pion when the track has been negotiated, or has replaced one that was.
func (t *localTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind is called by pion when the sender has stopped, or when another track has taken this one's place.
func (t *localTrack) Unbind(c webrtc.TrackLocalContext) error { return nil }
