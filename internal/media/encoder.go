package media

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
)

// audioFrame is the length of a frame of audio.
const audioFrame = 20 * time.Millisecond

// maxPayload is the most that goes into one packet: pion's MTU for its own tracks, without the RTP header.
const maxPayload = 1200 - 12

// An Encoding says how to encode.
type Encoding struct {
	Codec *Codec
	// Bitrate is in bits per second, without any headers.
	Bitrate int
	// FPS is the number of frames per second of video. Audio always has 50.
	FPS int
	// KeyframeEvery is the time between keyframes of video; 0: only the first frame and those asked for.
	KeyframeEvery time.Duration
}

// An Encoder makes frame after frame.
type Encoder struct {
	Encoding
	random    *rand.Rand
	payloader rtp.Payloader

	frames  int  // that were made
	lastKey int  // the last of them that was a keyframe
	wantKey bool // whether someone has asked for a keyframe
	debt    float64
}

// NewEncoder returns an encoder. Sizes and contents are drawn from random.
func NewEncoder(e Encoding, random *rand.Rand) *Encoder {
	return &Encoder{Encoding: e, random: random, payloader: e.Codec.payloader(random), wantKey: e.Codec.Video}
}

// RequestKeyframe makes the next frame a keyframe.
func (e *Encoder) RequestKeyframe() { e.wantKey = e.Codec.Video }

// Time returns when a frame is due, counted from the first.
func (e *Encoder) Time(frame int) time.Duration {
	if !e.Codec.Video {
		return time.Duration(frame) * audioFrame
	}
	return time.Duration(frame) * time.Second / time.Duration(e.FPS)
}

// What the sizes of frames look like. The rest follows from the bit rate.
const (
	keyframeSize = 5.0  // of a keyframe, in average frames
	smallest     = 0.25 // a frame is no smaller than this, in average frames
	recovery     = 30   // frames over which an encoder makes up for what a frame was too large

	// The standard deviations of sizes.
	videoSpread    = 0.2
	keyframeSpread = 0.1
	audioSpread    = 0.1 // for opus, the one audio codec with a variable bit rate
)

// Next returns the payloads of the packets of the next frame, and whether it is a keyframe.
func (e *Encoder) Next() (payloads [][]byte, key bool) {
	key = e.wantKey || e.Codec.Video && e.KeyframeEvery > 0 && e.Time(e.frames-e.lastKey) >= e.KeyframeEvery
	if key {
		e.wantKey, e.lastKey = false, e.frames
	}
	e.frames++
	return e.payloader.Payload(maxPayload, e.Codec.frame(e.random, e.size(key), key)), key
}

// size returns the size of the next frame in bytes. What one frame takes too much the next ones take less, so that the
// bit rate holds over any second or two.
func (e *Encoder) size(key bool) int {
	average := float64(e.Bitrate) / 8 * e.Time(1).Seconds()
	spread := videoSpread
	switch {
	case e.Codec.Name == "opus":
		spread = audioSpread
	case !e.Codec.Video:
		return int(average)
	case key:
		spread = keyframeSpread
	}
	size := average * (1 + spread*min(max(e.random.NormFloat64(), -3), 3))
	if key {
		size *= keyframeSize
	} else {
		size = max(size-e.debt/recovery, smallest*average)
	}
	e.debt += size - average
	return int(size + 0.5)
}
