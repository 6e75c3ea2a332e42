package sim

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	header "github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/internal/media"
)

// localTrack is one encoding of a track of the scenario, as pion sends it.
type localTrack struct {
	media    *peerMedia
	name     string
	kind     webrtc.RTPCodecType
	rid      string
	stream   string
	encoding media.Encoding
	bindings atomic.Int32
}

var _ webrtc.TrackLocal = (*localTrack)(nil)

func (t *localTrack) ID() string                { return t.name }
func (t *localTrack) RID() string               { return t.rid }
func (t *localTrack) StreamID() string          { return t.stream }
func (t *localTrack) Kind() webrtc.RTPCodecType { return t.kind }

// Bind is called by pion when the track has been negotiated, or has replaced one that was. It refuses, as pion's own tracks
// do, when the codec was not negotiated.
func (t *localTrack) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := strings.ToLower(t.kind.String() + "/" + t.encoding.Codec.Name)
	for _, codec := range c.CodecParameters() {
		if strings.ToLower(codec.MimeType) == mime {
			t.media.sender(c).start(t, codec)
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind is called by pion when the sender has stopped, or when another track takes this one's place.
func (t *localTrack) Unbind(c webrtc.TrackLocalContext) error {
	t.media.sender(c).stop()
	return nil
}

// mediaSender sends the packets of one synchronization source, whatever track they come from: replaceTrack changes the
// track and goes on with the same sequence numbers and the same clock.
type mediaSender struct {
	media      *peerMedia
	ssrc       uint32
	repair     uint32 // the source of its retransmissions, 0 if it has none
	write      webrtc.TrackLocalWriter
	extensions map[string]uint8 // the ids of header extensions by URI

	// reported tells that the other side has reported on the source: it knows what it belongs to, and the packets need not
	// say so any more (RFC 8852, section 3.3, leaves that to the sender; browsers do the same).
	reported atomic.Bool

	mu        sync.Mutex
	track     *localTrack
	source    *mediaSource // nil while nothing is sent
	sequence  uint16       // of the next packet
	timestamp uint32       // at the start of the run
}

// mediaSource is a track while a sender sends it.
type mediaSource struct {
	wantKey atomic.Bool
	stopped chan struct{}
}

// sender returns the sender of a source, which it makes at the first call.
func (m *peerMedia) sender(c webrtc.TrackLocalContext) *mediaSender {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.senders {
		if s.ssrc == uint32(c.SSRC()) {
			return s
		}
	}
	random := m.peer.session.random(fmt.Sprintf("media/%s/sender/%d", m.peer.name, len(m.senders)))
	s := &mediaSender{
		media:      m,
		ssrc:       uint32(c.SSRC()),
		repair:     uint32(c.SSRCRetransmission()),
		write:      c.WriteStream(),
		extensions: make(map[string]uint8),
		sequence:   uint16(random.Uint32()),
		timestamp:  random.Uint32(),
	}
	for _, e := range c.HeaderExtensions() {
		s.extensions[e.URI] = uint8(e.ID)
	}
	m.senders = append(m.senders, s)
	go s.read(c.RTCPReader())
	return s
}

// info tells what the sender's source is.
func (s *mediaSender) info() ssrc {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.track == nil {
		return ssrc{}
	}
	return ssrc{track: s.track.name, rid: s.track.rid, clockRate: s.track.encoding.Codec.ClockRate}
}

// start begins to send a track.
func (s *mediaSender) start(t *localTrack, codec webrtc.RTPCodecParameters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.media
	name := fmt.Sprintf("media/%s/%s/%s/%d", m.peer.name, t.name, t.rid, t.bindings.Add(1))
	s.track = t
	s.source = &mediaSource{stopped: make(chan struct{})}
	go s.send(s.source, media.NewEncoder(t.encoding, m.peer.session.random(name)), uint8(codec.PayloadType))
}

// stop ends sending.
func (s *mediaSender) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.source != nil {
		close(s.source.stopped)
		s.source = nil
	}
}

// pacing is how much faster than its bit rate a source may send the packets of one frame, as libwebrtc's pacer does.
const pacing = 2.5

// send sends frame after frame until the source is stopped.
func (s *mediaSender) send(source *mediaSource, encoder *media.Encoder, payloadType uint8) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	// sleep waits until a time of the run. It is false if the source is stopped before.
	sleep := func(until time.Duration) bool {
		timer.Reset(until - s.media.now())
		select {
		case <-timer.C:
			return true
		case <-source.stopped:
			return false
		}
	}
	select {
	case <-s.media.secured:
	case <-source.stopped:
		return
	}
	codec := encoder.Codec
	begin := s.media.now() + encoder.Time(1)
	mid := ""
	free := begin // when the pacer lets the next packet go
	for frame := 0; ; frame++ {
		captured := begin + encoder.Time(frame)
		if !sleep(captured) {
			return
		}
		if source.wantKey.Swap(false) {
			encoder.RequestKeyframe()
		}
		payloads, _ := encoder.Next()
		// A frame that has begun is sent to its end, at once if the source is stopped meanwhile.
		pace := true
		ticks := (captured*time.Duration(codec.ClockRate) + time.Second/2) / time.Second
		for i, payload := range payloads {
			if free > s.media.now() {
				pace = pace && sleep(free)
			}
			h := rtp.Header{
				Version:        2,
				PayloadType:    payloadType,
				SSRC:           s.ssrc,
				SequenceNumber: s.nextSequence(),
				Timestamp:      s.timestamp + uint32(ticks),
				Marker:         codec.Video && i == len(payloads)-1,
			}
			if codec.Video && !s.reported.Load() {
				if mid == "" {
					mid = s.mid()
				}
				s.identify(&h, mid)
			}
			if _, err := s.write.WriteRTP(&h, payload); err != nil {
				return // the sender or the connection is closed
			}
			free = max(free, s.media.now()) + time.Duration(float64(8*len(payload))/(pacing*float64(encoder.Bitrate))*float64(time.Second))
		}
	}
}

func (s *mediaSender) nextSequence() uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.sequence
	s.sequence++
	return n
}

// identify has a packet say which transceiver and which simulcast layer it belongs to, where that was negotiated.
func (s *mediaSender) identify(h *rtp.Header, mid string) {
	s.mu.Lock()
	rid := s.track.rid
	s.mu.Unlock()
	for _, e := range [][2]string{{header.SDESMidURI, mid}, {header.SDESRTPStreamIDURI, rid}} {
		if id := s.extensions[e[0]]; id != 0 && e[1] != "" {
			h.SetExtension(id, []byte(e[1]))
		}
	}
}

// mid returns the media stream identification of the transceiver that the source belongs to.
func (s *mediaSender) mid() string {
	for _, t := range s.media.peer.pc.GetTransceivers() {
		if t.Sender() == nil {
			continue
		}
		for _, e := range t.Sender().GetParameters().Encodings {
			if uint32(e.SSRC) == s.ssrc {
				return t.Mid()
			}
		}
	}
	return ""
}

// read reads the RTCP about the source, without which pion's interceptors would see none of it.
func (s *mediaSender) read(from interceptor.RTCPReader) {
	b := make([]byte, 1500)
	for {
		n, attributes, err := from.Read(b, nil)
		if err != nil {
			return
		}
		packets, err := attributes.GetRTCPPackets(b[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			s.media.recordReceived(s.ssrc, p)
			switch p := p.(type) {
			case *rtcp.ReceiverReport:
				s.reported.Store(true)
			case *rtcp.PictureLossIndication:
				s.refresh(p.MediaSSRC)
			case *rtcp.FullIntraRequest:
				for _, e := range p.FIR {
					s.refresh(e.SSRC)
				}
			}
		}
	}
}

// refresh makes the next frame a keyframe if the request is about this source.
func (s *mediaSender) refresh(ssrc uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ssrc == s.ssrc && s.source != nil {
		s.source.wantKey.Store(true)
	}
}
