package media

import (
	"math/rand/v2"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// A Codec is what the package knows about a codec.
type Codec struct {
	// Name is the subtype of the media type, such as VP8.
	Name  string
	Video bool
	// ClockRate is that of RTP timestamps, in Hz.
	ClockRate int

	// payloader splits frames into the payloads of packets.
	payloader func(random *rand.Rand) rtp.Payloader
	// frame makes a frame of about so many bytes.
	frame func(random *rand.Rand, size int, key bool) []byte
	// startsKeyframe tells whether a payload is the first of a keyframe.
	startsKeyframe func(payload []byte) bool
}

// codecsByName holds all codecs.
var codecsByName = map[string]*Codec{
	"opus": audio("opus", 48000, &codecs.OpusPayloader{}, opusFrame),
	"G722": audio("G722", 8000, &codecs.G722Payloader{}, filler), // RFC 3551 section 4.5.2: the clock of G722 is wrong and stays so
	"PCMU": audio("PCMU", 8000, &codecs.G711Payloader{}, filler),
	"PCMA": audio("PCMA", 8000, &codecs.G711Payloader{}, filler),
	"VP8": {
		Name: "VP8", Video: true, ClockRate: 90000,
		payloader:      func(*rand.Rand) rtp.Payloader { return &codecs.VP8Payloader{EnablePictureID: true} },
		frame:          vp8Frame,
		startsKeyframe: vp8StartsKeyframe,
	},
	"VP9": {
		Name: "VP9", Video: true, ClockRate: 90000,
		payloader: func(random *rand.Rand) rtp.Payloader {
			first := uint16(random.Uint32N(1 << 15))
			return &codecs.VP9Payloader{InitialPictureIDFn: func() uint16 { return first }}
		},
		frame:          vp9Frame,
		startsKeyframe: vp9StartsKeyframe,
	},
	"H264": {
		Name: "H264", Video: true, ClockRate: 90000,
		payloader:      func(*rand.Rand) rtp.Payloader { return &codecs.H264Payloader{} },
		frame:          h264Frame,
		startsKeyframe: h264StartsKeyframe,
	},
	"AV1": {
		Name: "AV1", Video: true, ClockRate: 90000,
		payloader:      func(*rand.Rand) rtp.Payloader { return &codecs.AV1Payloader{} },
		frame:          av1Frame,
		startsKeyframe: av1StartsKeyframe,
	},
}

// CodecOf returns the codec of that name, nil if the package does not know it.
func CodecOf(name string) *Codec { return codecsByName[name] }

// audio returns an audio codec. Its frames are independent of each other, and each is one packet.
func audio(name string, clockRate int, p rtp.Payloader, frame func(*rand.Rand, int) []byte) *Codec {
	return &Codec{
		Name:           name,
		ClockRate:      clockRate,
		payloader:      func(*rand.Rand) rtp.Payloader { return p },
		frame:          func(random *rand.Rand, size int, _ bool) []byte { return frame(random, size) },
		startsKeyframe: func([]byte) bool { return false },
	}
}

// The size of all video, in pixels. Nobody decodes it.
const width, height = 640, 360

// filler returns random bytes, none of them 0, so that they hold no start code of H.264.
func filler(random *rand.Rand, size int) []byte {
	b := make([]byte, max(size, 1))
	for i := 0; i < len(b); i += 8 {
		n := random.Uint64()
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = byte(n) | 1
			n >>= 8
		}
	}
	return b
}

// withHeader returns a frame that begins with a header.
func withHeader(random *rand.Rand, size int, header []byte) []byte {
	return append(header, filler(random, size-len(header))...)
}

// opusFrame has the TOC byte of RFC 6716 section 3.1: one frame of 20 ms, CELT, fullband, stereo.
func opusFrame(random *rand.Rand, size int) []byte {
	const celtFullband20ms, stereo, one = 31 << 3, 1 << 2, 0
	return withHeader(random, size, []byte{celtFullband20ms | stereo | one})
}

// vp8Frame has the frame header of RFC 6386 section 9.1.
func vp8Frame(random *rand.Rand, size int, key bool) []byte {
	const interframe, show = 1, 1 << 4
	if !key {
		return withHeader(random, size, []byte{interframe | show, 0, 0})
	}
	return withHeader(random, size, []byte{show, 0, 0, 0x9d, 0x01, 0x2a,
		width & 0xff, width >> 8, height & 0xff, height >> 8})
}

func vp8StartsKeyframe(payload []byte) bool {
	var p codecs.VP8Packet
	frame, err := p.Unmarshal(payload)
	return err == nil && p.S == 1 && p.PID == 0 && len(frame) > 0 && frame[0]&1 == 0
}

// vp9Frame has the uncompressed header of the VP9 bitstream specification, section 6.2, for profile 0.
func vp9Frame(random *rand.Rand, size int, key bool) []byte {
	const marker, interframe, show = 0b10 << 6, 1 << 2, 1 << 1
	if !key {
		return withHeader(random, size, []byte{marker | interframe | show})
	}
	// Four bits of color configuration come before the size.
	const bt709 = 2 << 1
	const config = (bt709<<32 | (width-1)<<16 | (height - 1)) << 4
	return withHeader(random, size, []byte{marker | show, 0x49, 0x83, 0x42,
		config >> 32, config >> 24 & 0xff, config >> 16 & 0xff, config >> 8 & 0xff, config & 0xff})
}

func vp9StartsKeyframe(payload []byte) bool {
	var p codecs.VP9Packet
	_, err := p.Unmarshal(payload)
	return err == nil && p.B && !p.P
}

// The types of H.264's NAL units, ITU-T H.264 table 7-1, and of their packets, RFC 6184 table 1.
const (
	nalSlice = 1
	nalIDR   = 5
	nalSPS   = 7
	nalPPS   = 8
	nalSTAPA = 24
	nalFUA   = 28
)

// h264Frame is in the byte stream format of ITU-T H.264 annex B. A keyframe is an IDR picture behind its parameter sets.
func h264Frame(random *rand.Rand, size int, key bool) []byte {
	const important = 3 << 5 // nal_ref_idc
	start := []byte{0, 0, 0, 1}
	if !key {
		return withHeader(random, size, append(start, important|nalSlice))
	}
	header := append(start, important|nalSPS, 0x42, 0xe0, 0x1f, 0xda, 0x05, 0x07, 0xc4)
	header = append(append(header, start...), important|nalPPS, 0xce, 0x3c, 0x80)
	return withHeader(random, size, append(append(header, start...), important|nalIDR))
}

func h264StartsKeyframe(payload []byte) bool {
	if len(payload) < 4 {
		return false
	}
	nal := payload[0] & 0x1f
	if nal == nalSTAPA {
		nal = payload[3] & 0x1f // of the first unit, behind its length
	}
	return nal == nalSPS
}

// av1Frame is in the low-overhead format of the AV1 specification, section 5.2: open bitstream units with their sizes.
func av1Frame(random *rand.Rand, size int, key bool) []byte {
	const (
		hasSize           = 1 << 1
		temporalDelimiter = 2<<3 | hasSize
		sequenceHeader    = 1<<3 | hasSize
		frame             = 6<<3 | hasSize
	)
	header := []byte{temporalDelimiter, 0}
	if key {
		header = append(header, sequenceHeader, 4, 0x00, 0x01, 0x01, 0x01)
	}
	content := filler(random, size-len(header)-3)
	header = append(header, frame)
	n := len(content)
	for ; n >= 0x80; n >>= 7 {
		header = append(header, byte(n)|0x80) // leb128
	}
	return append(append(header, byte(n)), content...)
}

// av1StartsKeyframe looks for the N bit of the aggregation header: a new coded video sequence begins.
func av1StartsKeyframe(payload []byte) bool { return len(payload) > 0 && payload[0]&0x08 != 0 }
