package sim

import (
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/internal/media"
	"github.com/rtcsim/rtcsim/recorder"
)

// remoteTrack is a track that a peer receives, and the decoder behind it. pion has one for each simulcast layer.
type remoteTrack struct {
	media  *peerMedia
	remote *webrtc.TrackRemote

	ended chan struct{} // closed before the last measurement
	once  sync.Once

	// codec and receiver are there from the first packet on.
	codec    *media.Codec
	mu       sync.Mutex // guards what the receiver holds
	receiver *media.Receiver
}

// measureEvery is how often a track is measured.
const measureEvery = time.Second

// onTrack is called by pion when the first packet of a track has arrived; with engine: {rtp: {trackBeforeRTP: true}} before
// that, when the codec is not known yet.
func (m *peerMedia) onTrack(remote *webrtc.TrackRemote, from *webrtc.RTPReceiver) {
	t := &remoteTrack{media: m, remote: remote, ended: make(chan struct{})}
	event := recorder.TrackEvent{
		Track:  remote.ID(),
		Stream: remote.StreamID(),
		Kind:   remote.Kind().String(),
		Codec:  t.codecName(),
		RID:    remote.RID(),
		SSRC:   uint32(remote.SSRC()),
		Origin: "transport",
	}
	if t := from.RTPTransceiver(); t != nil {
		event.MID = t.Mid()
	}
	go t.read()
	go t.readRTCP(from)
	m.event(recorder.KindTrack, event)
}

// codecName returns the name of the track's codec, empty if it is not known yet.
func (t *remoteTrack) codecName() string {
	_, name, _ := strings.Cut(t.remote.Codec().MimeType, "/")
	return name
}

// begin begins to measure the track, when its first packet has been read. It is false for a codec that no track of a
// scenario has.
func (t *remoteTrack) begin() bool {
	codec := media.CodecOf(t.codecName())
	if codec == nil {
		return false
	}
	m := t.media
	t.codec = codec
	t.receiver = media.NewReceiver(codec, m.config.PLIAfter, m.config.PlayoutDelay)
	m.mu.Lock()
	m.received = append(m.received, t)
	m.mu.Unlock()
	go t.measure()
	return true
}

// read reads the track's packets until it ends.
func (t *remoteTrack) read() {
	b := make([]byte, 1500)
	for {
		n, attributes, err := t.remote.Read(b)
		if err != nil {
			break
		}
		var p rtp.Packet
		if p.Unmarshal(b[:n]) != nil || t.receiver == nil && !t.begin() {
			continue
		}
		repair := attributes.Get(webrtc.AttributeRtxSsrc) != nil
		now := t.media.now()
		t.mu.Lock()
		notable := t.receiver.Receive(now, &p.Header, p.Payload, repair)
		needsKeyframe := t.receiver.NeedsKeyframe(now)
		t.mu.Unlock()
		if notable {
			t.media.peer.session.judge.lookAgain()
		}
		if needsKeyframe {
			// An error means that the connection is closed, and then the next read fails, too.
			t.media.peer.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.remote.SSRC())}})
		}
	}
	if t.receiver != nil {
		t.end()
	}
}

// readRTCP reads the RTCP about the track, without which pion's interceptors would see none of it.
func (t *remoteTrack) readRTCP(from *webrtc.RTPReceiver) {
	read := from.Read
	if rid := t.remote.RID(); rid != "" {
		read = func(b []byte) (int, interceptor.Attributes, error) { return from.ReadSimulcast(b, rid) }
	}
	b := make([]byte, 1500)
	for {
		n, attributes, err := read(b)
		if err != nil {
			return
		}
		packets, err := attributes.GetRTCPPackets(b[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			t.media.recordReceived(uint32(t.remote.SSRC()), p)
		}
	}
}

// measure records a measurement each second until the track ends.
func (t *remoteTrack) measure() {
	ticker := time.NewTicker(measureEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.record(false)
		case <-t.ended:
			return
		}
	}
}

// end records the last measurement.
func (t *remoteTrack) end() {
	t.once.Do(func() {
		close(t.ended)
		t.record(true)
	})
}

// record records a measurement.
func (t *remoteTrack) record(end bool) {
	t.media.event(recorder.KindMedia, recorder.Media{
		Track:      t.remote.ID(),
		RID:        t.remote.RID(),
		SSRC:       uint32(t.remote.SSRC()),
		Kind:       t.remote.Kind().String(),
		End:        end,
		MediaState: *t.state(),
	})
}

// state returns how the track does.
func (t *remoteTrack) state() *recorder.MediaState {
	t.mu.Lock()
	s := t.receiver.Stats(t.media.now())
	t.mu.Unlock()
	return &recorder.MediaState{
		Codec:         t.codec.Name,
		Packets:       s.Packets,
		Bytes:         s.Bytes,
		Bitrate:       s.Bitrate,
		Expected:      s.Expected,
		Lost:          s.Lost,
		Repaired:      s.Repaired,
		Duplicates:    s.Duplicates,
		Reordered:     s.Reordered,
		Jitter:        s.Jitter,
		Frames:        s.Frames,
		Keyframes:     s.Keyframes,
		Skipped:       s.Skipped,
		Freezes:       s.Freezes,
		FreezeTime:    s.FreezeTime,
		PLIs:          s.PLIs,
		FirstPacket:   happened(s.FirstPacket),
		FirstKeyframe: happened(s.FirstKeyframe),
		FirstFrame:    happened(s.FirstFrame),
	}
}

// happened returns a time, nil for -1.
func happened(at time.Duration) *time.Duration {
	if at < 0 {
		return nil
	}
	return &at
}
