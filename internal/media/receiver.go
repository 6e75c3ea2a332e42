package media

import (
	"math"
	"time"

	"github.com/pion/rtp"
)

// A Receiver measures an RTP stream, and decides as a decoder would what of it can be decoded.
//
// A frame can be decoded when all its packets are there and all frames before it were decoded, back to a keyframe. What is
// missing may still come, as a retransmission; a complete keyframe makes it unnecessary. A frame is rendered when its turn
// comes by its timestamp, a fixed time after it could have been at the earliest, or when it can be decoded, if that is later.
type Receiver struct {
	codec        *Codec
	pliAfter     time.Duration
	playoutDelay time.Duration
	stats        Stats

	began          bool
	first, highest int64 // extended sequence numbers
	slots          [window]slot
	originals      int // packets that arrived when they were first sent

	jitter      float64 // in units of the clock
	lastTransit float64

	recent []arrival // of the last second

	next        int64         // the packet that the next frame begins with
	needKey     bool          // whether nothing can be decoded without a keyframe
	needKeyFrom time.Duration // since when it has been missed
	lastPLI     time.Duration // -1: none since the last frame
	rendered    time.Duration // when the last frame was; -1: none was
	durations   []time.Duration
	playout     time.Duration // when the first frame was rendered
	ticks       int64         // of the clock, from the first frame to that with the timestamp
	timestamp   uint32
}

// window is how many packets a receiver remembers.
const window = 4096

// slot is what is known about a packet.
type slot struct {
	sequence          int64
	arrived, original bool
	marker, key       bool
	timestamp         uint32
	missed            time.Duration // when it was found missing
}

type arrival struct {
	at   time.Duration
	size int
}

// Stats is what a Receiver has measured. All counts are since the beginning.
type Stats struct {
	// Packets counts different packets, those too that came as a retransmission, Bytes their payloads.
	Packets, Bytes int
	// Bitrate is that of the payloads of the last second, in bits per second.
	Bitrate int
	// Expected counts the packets that the sequence numbers tell of, Lost those of them that did not arrive when they
	// were first sent, Repaired those of the lost ones that a retransmission brought.
	Expected, Lost, Repaired int
	// Duplicates counts packets that had arrived before, Reordered those that came after one with a higher sequence number.
	Duplicates, Reordered int
	// Jitter is the interarrival jitter of RFC 3550 section 6.4.1.
	Jitter time.Duration
	// Frames counts decoded frames, Keyframes the keyframes among them, Skipped packets that arrived in vain.
	Frames, Keyframes, Skipped int
	// Freezes and FreezeTime are freezeCount and totalFreezesDuration of https://www.w3.org/TR/webrtc-stats/.
	Freezes    int
	FreezeTime time.Duration
	// PLIs counts the times that NeedsKeyframe said yes.
	PLIs int
	// FirstPacket, FirstKeyframe and FirstFrame are when the first was there, completely; -1: not yet.
	FirstPacket, FirstKeyframe, FirstFrame time.Duration
}

// NewReceiver returns a receiver. It asks for a keyframe when a packet has been missing for pliAfter; never, if that is 0.
// A frame is rendered playoutDelay after it would have arrived as fast as the first one.
func NewReceiver(codec *Codec, pliAfter, playoutDelay time.Duration) *Receiver {
	return &Receiver{
		codec:        codec,
		pliAfter:     pliAfter,
		playoutDelay: playoutDelay,
		stats:        Stats{FirstPacket: -1, FirstKeyframe: -1, FirstFrame: -1},
		needKey:      codec.Video,
		needKeyFrom:  -1,
		lastPLI:      -1,
		rendered:     -1,
	}
}

// Receive takes a packet that has arrived, in the form that it was first sent in. Repair tells that it came as a
// retransmission in a stream of its own (RFC 4588). It returns whether something rare happened: the first packet or frame, a
// keyframe, a freeze.
func (r *Receiver) Receive(now time.Duration, h *rtp.Header, payload []byte, repair bool) (notable bool) {
	before := r.stats
	r.receive(now, h, payload, repair)
	return r.stats.FirstPacket != before.FirstPacket || r.stats.FirstFrame != before.FirstFrame ||
		r.stats.Keyframes != before.Keyframes || r.stats.Freezes != before.Freezes
}

func (r *Receiver) receive(now time.Duration, h *rtp.Header, payload []byte, repair bool) {
	sequence := int64(h.SequenceNumber)
	switch {
	case !r.began && repair:
		return // of a packet before the first one: the stream begins later
	case !r.began:
		r.began = true
		r.first, r.highest, r.next = sequence, sequence-1, sequence
		r.stats.FirstPacket = now
	default:
		sequence = r.highest + int64(int16(h.SequenceNumber-uint16(r.highest)))
	}
	if sequence < r.first || sequence <= r.highest-window {
		r.stats.Reordered++
		return // from before the stream began, or too old to matter
	}
	if !repair {
		if sequence < r.highest {
			r.stats.Reordered++
		}
		r.updateJitter(now, h.Timestamp)
	}
	r.miss(now, sequence)
	s := &r.slots[sequence%window]
	known := s.arrived
	switch {
	case !repair && !s.original:
		s.original = true
		r.originals++
		if known { // its retransmission was faster
			r.stats.Repaired--
			r.stats.Duplicates++
		}
	case known:
		r.stats.Duplicates++
	case repair:
		r.stats.Repaired++
	}
	if known {
		return
	}
	s.arrived, s.marker, s.key, s.timestamp = true, h.Marker, r.codec.startsKeyframe(payload), h.Timestamp
	r.stats.Packets++
	r.stats.Bytes += len(payload)
	if sequence < r.next {
		r.stats.Skipped++ // too late
	}
	r.recent = append(r.recent, arrival{now, len(payload)})
	r.forget(now)
	r.decode(now)
}

// miss makes room up to a packet with a higher sequence number. All before it that did not come are missing from now on.
func (r *Receiver) miss(now time.Duration, sequence int64) {
	for r.highest < sequence {
		r.highest++
		r.slots[r.highest%window] = slot{sequence: r.highest, missed: now}
	}
	if r.next <= r.highest-window {
		r.next = r.highest - window + 1
		r.needKey = r.codec.Video
	}
}

// updateJitter is the algorithm of RFC 3550 appendix A.8, without its rounding.
func (r *Receiver) updateJitter(now time.Duration, timestamp uint32) {
	arrival := now.Seconds() * float64(r.codec.ClockRate)
	// The timestamp wraps around; the difference to the packet before does not notice.
	transit := math.Mod(arrival-float64(timestamp), 1<<32)
	if r.originals > 0 {
		d := math.Abs(transit - r.lastTransit)
		d = min(d, math.Abs(1<<32-d))
		r.jitter += (d - r.jitter) / 16
	}
	r.lastTransit = transit
}

// forget drops what has arrived more than a second ago.
func (r *Receiver) forget(now time.Duration) {
	n := 0
	for n < len(r.recent) && r.recent[n].at <= now-time.Second {
		n++
	}
	r.recent = r.recent[n:]
}

// decode decodes what can be decoded.
func (r *Receiver) decode(now time.Duration) {
	for r.next <= r.highest {
		last, missing := r.frame(r.next)
		if missing >= 0 {
			if k := r.keyframe(); k >= 0 {
				r.skip(k)
				continue
			}
			return
		}
		key := r.slots[r.next%window].key
		switch {
		case r.codec.Video && !r.slots[last%window].marker:
			// The sender has not sent the end of the frame: nothing can refer to it.
			r.skip(last + 1)
			r.needKey = true
		case !r.needKey || key:
			r.render(now, key)
			r.next = last + 1
		default:
			if r.needKeyFrom < 0 {
				r.needKeyFrom = now
			}
			r.skip(last + 1)
		}
	}
}

// frame returns the last packet of the frame that begins with a packet, or else the first packet of it that is missing.
// The end of a frame that has not arrived is missing, too, unless packets of another frame follow at once.
func (r *Receiver) frame(begin int64) (last, missing int64) {
	for n := begin; n <= r.highest; n++ {
		s := &r.slots[n%window]
		switch {
		case !s.arrived:
			return 0, n
		case s.timestamp != r.slots[begin%window].timestamp:
			return n - 1, -1
		case s.marker || !r.codec.Video:
			return n, -1
		}
	}
	return 0, r.highest + 1
}

// keyframe returns the beginning of a complete keyframe after a gap, -1 if there is none.
func (r *Receiver) keyframe() int64 {
	for n := r.next + 1; n <= r.highest; n++ {
		if s := &r.slots[n%window]; !s.arrived || !s.key {
			if !r.codec.Video && s.arrived {
				return n // every packet of audio stands for itself
			}
			continue
		}
		if _, missing := r.frame(n); missing < 0 {
			return n
		}
	}
	return -1
}

// skip goes on with a later packet. Those before it arrived in vain.
func (r *Receiver) skip(to int64) {
	for ; r.next < to; r.next++ {
		if r.slots[r.next%window].arrived {
			r.stats.Skipped++
		}
	}
}

// render takes a decoded frame into account.
func (r *Receiver) render(now time.Duration, key bool) {
	r.needKey, r.needKeyFrom, r.lastPLI = false, -1, -1
	r.stats.Frames++
	if r.stats.FirstFrame < 0 {
		r.stats.FirstFrame = now
	}
	if !r.codec.Video {
		return
	}
	if key {
		r.stats.Keyframes++
		if r.stats.FirstKeyframe < 0 {
			r.stats.FirstKeyframe = now
		}
	}
	at := r.play(now)
	if r.rendered >= 0 {
		r.measureFreeze(at - r.rendered)
	}
	r.rendered = at
}

// play returns when the frame that begins at next is rendered.
func (r *Receiver) play(now time.Duration) time.Duration {
	timestamp := r.slots[r.next%window].timestamp
	if r.rendered < 0 {
		r.playout, r.timestamp = now+r.playoutDelay, timestamp
	}
	r.ticks += int64(int32(timestamp - r.timestamp))
	r.timestamp = timestamp
	return max(now, r.playout+time.Duration(r.ticks)*time.Second/time.Duration(r.codec.ClockRate))
}

// measureFreeze takes the time between two frames into account: it is a freeze if it is long compared with the average
// of the last 30, see https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount.
func (r *Receiver) measureFreeze(d time.Duration) {
	const frames, margin = 30, 150 * time.Millisecond
	if n := len(r.durations); n > 0 {
		var sum time.Duration
		for _, d := range r.durations {
			sum += d
		}
		average := sum / time.Duration(n)
		if d >= max(3*average, average+margin) {
			r.stats.Freezes++
			r.stats.FreezeTime += d
		}
	}
	r.durations = append(r.durations, d)
	if len(r.durations) > frames {
		r.durations = r.durations[1:]
	}
}

// NeedsKeyframe tells whether the decoder would ask for a keyframe now, which counts as asking: it is false again until
// it is time to repeat the request.
func (r *Receiver) NeedsKeyframe(now time.Duration) bool {
	if r.pliAfter == 0 || !r.codec.Video {
		return false
	}
	due := r.needKeyFrom >= 0 // there were frames that nothing but a keyframe makes decodable
	if _, missing := r.frame(r.next); !due && missing >= 0 && missing <= r.highest {
		due = now-r.slots[missing%window].missed >= r.pliAfter
	}
	if !due || r.lastPLI >= 0 && now-r.lastPLI < r.pliAfter {
		return false
	}
	r.lastPLI = now
	r.stats.PLIs++
	return true
}

// Stats returns what has been measured until now.
func (r *Receiver) Stats(now time.Duration) Stats {
	s := r.stats
	if !r.began {
		return s
	}
	r.forget(now)
	for _, a := range r.recent {
		s.Bitrate += 8 * a.size
	}
	s.Expected = int(r.highest - r.first + 1)
	s.Lost = s.Expected - r.originals
	s.Jitter = time.Duration(r.jitter / float64(r.codec.ClockRate) * float64(time.Second))
	return s
}
