package scenario

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Track is a source of synthetic media. Each sender that it is given to encodes it anew, as in a browser, so that the
// same track can be sent by several peers.
type Track struct {
	Pos
	Name string
	// Kind is audio or video.
	Kind string `yaml:"kind" required:"true" enum:"audio video" doc:"What the track carries." example:"video"`
	// Codec is one of Codecs, in its spelling.
	Codec string `yaml:"codec" enum:"opus G722 PCMU PCMA VP8 VP9 H264 AV1" doc:"The codec: opus, G722, PCMU or PCMA for audio, VP8, VP9, H264 or AV1 for video. By default opus and VP8." example:"VP8"`
	// Bitrate is that of the encoder, without headers. It is never 0, except with layers.
	Bitrate Rate `yaml:"bitrate" doc:"The bit rate of the encoder, without headers. By default 32kbps for opus, 64kbps for the other audio codecs, which have no other, and 800kbps for video." example:"800kbps"`
	// FPS is the number of frames per second of video.
	FPS int `yaml:"fps" default:"30" doc:"The frames per second of video, 1 to 120." example:"30"`
	// KeyframeEvery is the time between keyframes of video; 0: only the first frame is one, and what PLI and FIR ask for.
	KeyframeEvery time.Duration `yaml:"keyframeEvery" default:"0s" doc:"The time from one keyframe of video to the next. 0s: the first frame is a keyframe, and the one after each request (PLI or FIR), as in browsers." example:"3s"`
	// Stream is the id of the MediaStream that the track is sent in, unless the step that adds it names another.
	Stream string `yaml:"stream" default:"stream" doc:"The id of the MediaStream that the track belongs to (msid), unless the step that adds it names another." example:"screen"`
	// Layers are the encodings of a simulcast video track, at least two; nil: one encoding, without a rid.
	Layers []*Layer `yaml:"layers" doc:"The encodings of a simulcast video track, each with its rid (RFC 8853)." example:"[{rid: low, bitrate: 150kbps}, {rid: high, bitrate: 800kbps}]"`
}

// A Layer is one encoding of a simulcast track.
type Layer struct {
	Pos
	// RID is the RTP stream identifier of RFC 8852.
	RID     string `yaml:"rid" required:"true" doc:"The RTP stream identifier (RFC 8852): letters and digits." example:"high"`
	Bitrate Rate   `yaml:"bitrate" required:"true" doc:"The bit rate of this encoding." example:"800kbps"`
}

// EngineInterceptors tells which of pion's default interceptors the peer has. The stats interceptor is always there.
type EngineInterceptors struct {
	// NACK is the generator of NACKs and the responder to them (RFC 4585).
	NACK bool `yaml:"nack" default:"true" doc:"Ask for lost video packets with NACK, and answer NACKs with retransmissions." example:"false"`
	// Reports are sender and receiver reports (RFC 3550).
	Reports bool `yaml:"reports" default:"true" doc:"Send RTCP sender reports and receiver reports." example:"false"`
	// TWCC is the transport-wide feedback of draft-holmer-rmcat-transport-wide-cc-extensions-01.
	TWCC bool `yaml:"twcc" default:"true" doc:"Send transport-wide congestion control feedback about packets that are numbered for it." example:"false"`
	// TWCCHeader numbers sent packets for the other side's TWCC, which pion does not do by default.
	TWCCHeader bool `yaml:"twccHeader" default:"false" doc:"Number the packets that are sent, for the other side's transport-wide feedback. pion does not by default, so that two pions send no such feedback." example:"true"`
}

// PeerMedia is how a peer's application receives media.
type PeerMedia struct {
	// PLIAfter is how long a packet of video may be missing until the decoder asks for a keyframe; 0: it never does.
	PLIAfter time.Duration `yaml:"pliAfter" default:"200ms" doc:"How long the next packet of a video may be missing until the decoder gives it up and asks for a keyframe with PLI (RFC 4585), and how often it asks again. 0s: it never asks." example:"500ms"`
	// PlayoutDelay is how long frames of video wait for those that come late.
	PlayoutDelay time.Duration `yaml:"playoutDelay" default:"100ms" doc:"How long a frame of video waits before it is shown, so that one that comes late is no freeze: the jitter buffer, with a fixed delay." example:"50ms"`
}

// codecs lists the codecs of each kind, the default first.
var codecs = map[string][]string{
	"audio": {"opus", "G722", "PCMU", "PCMA"},
	"video": {"VP8", "VP9", "H264", "AV1"},
}

// Track returns the track of that name, nil if there is none.
func (s *Scenario) Track(name string) *Track {
	for _, t := range s.Tracks {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// hasLayer tells whether the track has a layer with that rid.
func (t *Track) hasLayer(rid string) bool {
	return slices.ContainsFunc(t.Layers, func(l *Layer) bool { return l.RID == rid })
}

func (t *Track) setName(r *reader, pos Pos, name string) {
	t.Name = name
	if !isIdentifier(name) {
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _, and does not begin with a digit", "%s cannot be the name of a track", quote(name))
	}
}

func (r *reader) trackExists(pos Pos, name string) {
	if !slices.Contains(r.tracks, name) {
		if len(r.tracks) == 0 {
			r.errorf(pos, "unknown-track", "such as tracks: {mic: {kind: audio}}", "unknown track %s: the scenario has no tracks", quote(name))
			return
		}
		r.unknown(pos, "unknown-track", "track", name, r.tracks)
	}
}

func (t *Track) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(t).Elem())
	if r.failures > before {
		return
	}
	pairs := mappingOf(n)
	at := func(key string) Pos { return keyPos(pairs, key) }
	given := func(key string) bool { return at(key) != Pos{} }
	if t.Codec == "" {
		t.Codec = codecs[t.Kind][0]
	}
	fixed := t.Codec == "G722" || t.Codec == "PCMU" || t.Codec == "PCMA"
	switch {
	case !slices.Contains(codecs[t.Kind], t.Codec):
		r.errorf(at("codec"), "wrong-codec", oneOf(codecs[t.Kind]), "%s is not a codec for %s", t.Codec, t.Kind)
	case fixed && given("bitrate") && t.Bitrate != 64e3:
		r.errorf(at("bitrate"), "out-of-range", "leave it out", "%s always has 64kbps", t.Codec)
	case t.Kind == "audio" && t.Bitrate > 510e3:
		r.errorf(at("bitrate"), "out-of-range", "", "510kbps is the most that opus knows")
	case given("bitrate") && t.Bitrate < 1e3, t.Bitrate > 100e6:
		r.errorf(at("bitrate"), "out-of-range", "", "a bit rate of a track lies between 1kbps and 100Mbps")
	case t.FPS < 1 || t.FPS > 120:
		r.errorf(at("fps"), "out-of-range", "", "fps is not between 1 and 120")
	case given("bitrate") && t.Layers != nil:
		r.errorf(at("bitrate"), "misplaced-key", "leave it out", "each layer has a bitrate of its own")
	}
	for _, key := range []string{"fps", "keyframeEvery", "layers"} {
		if t.Kind == "audio" && given(key) {
			r.errorf(at(key), "misplaced-key", "", "audio has no %s", key)
		}
	}
	t.checkLayers(r, at("layers"))
	switch {
	case t.Bitrate != 0 || t.Layers != nil:
	case t.Kind == "video":
		t.Bitrate = 800e3
	case fixed:
		t.Bitrate = 64e3
	default:
		t.Bitrate = 32e3
	}
}

// checkLayers says what is wrong with the layers.
func (t *Track) checkLayers(r *reader, pos Pos) {
	if t.Layers == nil {
		return
	}
	if len(t.Layers) < 2 {
		r.errorf(pos, "out-of-range", "give bitrate: to the track instead", "simulcast has at least two layers")
	}
	seen := map[string]bool{}
	for _, l := range t.Layers {
		switch {
		case strings.Trim(l.RID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || !isIdentifier(l.RID):
			r.errorf(l.Pos, "bad-name", "a rid consists of letters and digits, and begins with a letter", "%s cannot be a rid", quote(l.RID))
		case seen[l.RID]:
			r.errorf(l.Pos, "duplicate-rid", "", "two layers have the rid %s", quote(l.RID))
		case l.Bitrate < 1e3 || l.Bitrate > 100e6:
			r.errorf(l.Pos, "out-of-range", "", "a bit rate of a layer lies between 1kbps and 100Mbps")
		}
		seen[l.RID] = true
	}
}
