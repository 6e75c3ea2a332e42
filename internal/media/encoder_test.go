package media_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"github.com/rtcsim/rtcsim/internal/media"
)

// stream returns the random stream of a seed.
func stream(seed byte) *rand.Rand { return rand.New(rand.NewChaCha8([32]byte{seed})) }

// TestBitrate makes a minute of media and measures its bit rate, without what packetization adds.
func TestBitrate(t *testing.T) {
	for _, e := range []media.Encoding{
		{Codec: media.CodecOf("opus"), Bitrate: 32e3},
		{Codec: media.CodecOf("opus"), Bitrate: 6e3},
		{Codec: media.CodecOf("PCMU"), Bitrate: 64e3},
		{Codec: media.CodecOf("G722"), Bitrate: 64e3},
		{Codec: media.CodecOf("VP8"), Bitrate: 800e3, FPS: 30},
		{Codec: media.CodecOf("VP8"), Bitrate: 150e3, FPS: 15, KeyframeEvery: 2 * time.Second},
		{Codec: media.CodecOf("VP9"), Bitrate: 2e6, FPS: 60, KeyframeEvery: 3 * time.Second},
		{Codec: media.CodecOf("H264"), Bitrate: 800e3, FPS: 25},
		{Codec: media.CodecOf("AV1"), Bitrate: 800e3, FPS: 30, KeyframeEvery: time.Second},
	} {
		t.Run(fmt.Sprint(e.Codec.Name, " ", e.Bitrate), func(t *testing.T) {
			encoder := media.NewEncoder(e, stream(1))
			size, packets := 0, 0
			for frame := 0; encoder.Time(frame) < time.Minute; frame++ {
				payloads, _ := encoder.Next()
				for _, p := range payloads {
					if len(p) > 1188 {
						t.Fatalf("a payload has %d bytes", len(p))
					}
					size += len(p)
					packets++
				}
			}
			const descriptor = 12 // bytes that a payload descriptor can have at most
			got, most := float64(size)*8/60, float64(packets*descriptor)*8/60
			if want := float64(e.Bitrate); got < 0.98*want || got > 1.02*want+most {
				t.Errorf("bit rate %.0f, want %.0f", got, want)
			}
		})
	}
}

// TestKeyframes checks which frames are keyframes, and that they are larger than the others.
func TestKeyframes(t *testing.T) {
	encoder := media.NewEncoder(media.Encoding{
		Codec: media.CodecOf("VP8"), Bitrate: 800e3, FPS: 30, KeyframeEvery: time.Second,
	}, stream(1))
	var got []int
	for frame := range 100 {
		if frame == 45 {
			encoder.RequestKeyframe()
		}
		payloads, key := encoder.Next()
		size := len(bytes.Join(payloads, nil))
		const average = 800e3 / 8 / 30
		if key {
			got = append(got, frame)
		}
		if key != (float64(size) > 2.5*average) {
			t.Errorf("frame %d has %d bytes, keyframe: %v", frame, size, key)
		}
	}
	if want := []int{0, 30, 45, 75}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("keyframes are %v, want %v", got, want)
	}
}

func TestTime(t *testing.T) {
	video := media.NewEncoder(media.Encoding{Codec: media.CodecOf("VP8"), Bitrate: 1e5, FPS: 30}, stream(1))
	if got := video.Time(30 * 3600); got != time.Hour {
		t.Errorf("108000 frames at 30 fps take %v", got)
	}
	audio := media.NewEncoder(media.Encoding{Codec: media.CodecOf("opus"), Bitrate: 1e5}, stream(1))
	if got := audio.Time(7); got != 140*time.Millisecond {
		t.Errorf("7 frames of opus take %v", got)
	}
}

// TestSeed sees that the stream decides everything.
func TestSeed(t *testing.T) {
	for _, name := range []string{"opus", "VP8", "VP9", "H264", "AV1"} {
		all := func(seed byte) []byte {
			encoder := media.NewEncoder(media.Encoding{Codec: media.CodecOf(name), Bitrate: 500e3, FPS: 30}, stream(seed))
			var b []byte
			for range 20 {
				payloads, _ := encoder.Next()
				b = append(b, bytes.Join(payloads, nil)...)
			}
			return b
		}
		if !bytes.Equal(all(1), all(1)) {
			t.Errorf("%s differs between two runs", name)
		}
		if bytes.Equal(all(1), all(2)) {
			t.Errorf("%s is the same for two seeds", name)
		}
	}
}

// TestDepacketizers has pion's depacketizers take the frames apart.
func TestDepacketizers(t *testing.T) {
	for name, isKey := range map[string]func(t *testing.T, payloads [][]byte) bool{
		"VP8": func(t *testing.T, payloads [][]byte) bool {
			var frame []byte
			for i, b := range payloads {
				var p codecs.VP8Packet
				part, err := p.Unmarshal(b)
				if err != nil || (p.S == 1) != (i == 0) {
					t.Errorf("packet %d: start %d, error %v", i, p.S, err)
				}
				frame = append(frame, part...)
			}
			return frame[0]&1 == 0 && bytes.Equal(frame[3:6], []byte{0x9d, 0x01, 0x2a})
		},
		"VP9": func(t *testing.T, payloads [][]byte) bool {
			key := false
			for i, b := range payloads {
				var p codecs.VP9Packet
				if _, err := p.Unmarshal(b); err != nil || p.B != (i == 0) || p.E != (i == len(payloads)-1) {
					t.Errorf("packet %d: start %v, end %v, error %v", i, p.B, p.E, err)
				}
				key = key || p.B && !p.P
				if p.V && (p.Width[0] != 640 || p.Height[0] != 360) {
					t.Errorf("the size is %d × %d", p.Width[0], p.Height[0])
				}
			}
			return key
		},
		"H264": func(t *testing.T, payloads [][]byte) bool {
			var p codecs.H264Packet
			var frame []byte
			for i, b := range payloads {
				part, err := p.Unmarshal(b)
				if err != nil {
					t.Errorf("packet %d: %v", i, err)
				}
				frame = append(frame, part...)
			}
			var types []int
			for _, unit := range bytes.Split(frame, []byte{0, 0, 0, 1})[1:] {
				types = append(types, int(unit[0]&0x1f))
			}
			return fmt.Sprint(types) == "[7 8 5]"
		},
		"AV1": func(t *testing.T, payloads [][]byte) bool {
			var d codecs.AV1Depacketizer
			var frame []byte
			for i, b := range payloads {
				part, err := d.Unmarshal(b)
				if err != nil {
					t.Errorf("packet %d: %v", i, err)
				}
				frame = append(frame, part...)
			}
			const sequenceHeader = 1
			return frame[0]>>3 == sequenceHeader
		},
	} {
		t.Run(name, func(t *testing.T) {
			encoder := media.NewEncoder(media.Encoding{Codec: media.CodecOf(name), Bitrate: 800e3, FPS: 30, KeyframeEvery: time.Second}, stream(1))
			for frame := range 65 {
				payloads, key := encoder.Next()
				if got := isKey(t, payloads); got != key {
					t.Errorf("frame %d is a keyframe for the depacketizer: %v, want %v", frame, got, key)
				}
			}
		})
	}
}

// TestSpread sees that frames differ in size, around their average.
func TestSpread(t *testing.T) {
	encoder := media.NewEncoder(media.Encoding{Codec: media.CodecOf("opus"), Bitrate: 32e3}, stream(1))
	var sum, squares float64
	const n = 2000
	for range n {
		payloads, _ := encoder.Next()
		size := float64(len(payloads[0]))
		sum += size
		squares += size * size
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	if mean < 79 || mean > 81 || deviation < 6 || deviation > 10 {
		t.Errorf("frames have %.1f ± %.1f bytes, want 80 ± 8", mean, deviation)
	}
}
