package media_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/rtcsim/rtcsim/internal/media"
)

const ms = time.Millisecond

// packet is a packet that arrives.
type packet struct {
	at        time.Duration
	sequence  uint16
	timestamp uint32
	repair    bool
}

// TestJitter compares with what RFC 3550 section 6.4.1 gives by hand, for a clock of 8000 Hz.
func TestJitter(t *testing.T) {
	for _, test := range []struct {
		name    string
		packets []packet
		want    time.Duration
	}{
		{"one packet", []packet{{at: 7 * ms, timestamp: 1000}}, 0},
		{"even", []packet{{at: 0, timestamp: 0}, {at: 20 * ms, timestamp: 160}, {at: 40 * ms, timestamp: 320}}, 0},
		// D = 5 ms = 40 ticks; J = 40/16 = 2.5 ticks.
		{"one late", []packet{{at: 0, timestamp: 0}, {at: 25 * ms, timestamp: 160}}, 312500},
		// J = 2.5; then D = -40: J = 2.5 + (40-2.5)/16 = 4.84375 ticks = 605.46875 µs.
		{"late, then in time", []packet{{at: 0, timestamp: 0}, {at: 25 * ms, timestamp: 160}, {at: 40 * ms, timestamp: 320}}, 605468},
		{"the timestamp wraps", []packet{{at: 0, timestamp: 1<<32 - 80}, {at: 25 * ms, timestamp: 80}}, 312500},
		{"retransmissions do not count", []packet{{at: 0, timestamp: 0}, {at: 25 * ms, timestamp: 160},
			{at: 90 * ms, timestamp: 240, sequence: 7, repair: true}}, 312500},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := media.NewReceiver(media.CodecOf("PCMU"), 0, 0)
			for i, p := range test.packets {
				if p.sequence == 0 {
					p.sequence = uint16(10 + i)
				}
				r.Receive(p.at, &rtp.Header{SequenceNumber: p.sequence, Timestamp: p.timestamp}, make([]byte, 160), p.repair)
			}
			got := r.Stats(time.Second).Jitter
			if d := got - test.want; d < -1 || d > 1 {
				t.Errorf("jitter %v, want %v", got, test.want)
			}
		})
	}
}

// TestCounts checks what sequence numbers tell.
func TestCounts(t *testing.T) {
	for _, test := range []struct {
		name    string
		packets []packet
		// packets, expected, lost, repaired, duplicates, reordered
		want [6]int
	}{
		{"all", seq(1, 2, 3), [6]int{3, 3, 0, 0, 0, 0}},
		{"a gap", seq(1, 2, 5), [6]int{3, 5, 2, 0, 0, 0}},
		{"around zero", seq(65534, 65535, 1), [6]int{3, 4, 1, 0, 0, 0}},
		{"a duplicate", seq(1, 2, 2, 3), [6]int{3, 3, 0, 0, 1, 0}},
		{"a late duplicate", seq(1, 2, 3, 1), [6]int{3, 3, 0, 0, 1, 1}},
		{"reordered", seq(1, 3, 2, 4), [6]int{4, 4, 0, 0, 0, 1}},
		{"repaired", append(seq(1, 3), packet{sequence: 2, repair: true}), [6]int{3, 3, 1, 1, 0, 0}},
		{"repaired twice", append(seq(1, 3), packet{sequence: 2, repair: true}, packet{sequence: 2, repair: true}), [6]int{3, 3, 1, 1, 1, 0}},
		{"repaired, then late", append(seq(1, 3), packet{sequence: 2, repair: true}, packet{sequence: 2}), [6]int{3, 3, 0, 0, 1, 1}},
		{"late, then repaired", append(seq(1, 3, 2), packet{sequence: 2, repair: true}), [6]int{3, 3, 0, 0, 1, 1}},
		{"from before the beginning", seq(5, 4, 6), [6]int{2, 2, 0, 0, 0, 1}},
		{"more than the window lost", seq(1, 10000), [6]int{2, 10000, 9998, 0, 0, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, codec := range []string{"opus", "VP8"} {
				r := media.NewReceiver(media.CodecOf(codec), 0, 0)
				for _, p := range test.packets {
					r.Receive(p.at, &rtp.Header{SequenceNumber: p.sequence, Marker: true}, []byte{0x10, 0}, p.repair)
				}
				s := r.Stats(0)
				if got := [6]int{s.Packets, s.Expected, s.Lost, s.Repaired, s.Duplicates, s.Reordered}; got != test.want {
					t.Errorf("%s: packets, expected, lost, repaired, duplicates, reordered: %v, want %v", codec, got, test.want)
				}
			}
		})
	}
}

func seq(numbers ...uint16) []packet {
	var packets []packet
	for _, n := range numbers {
		packets = append(packets, packet{sequence: n})
	}
	return packets
}

// video plays a VP8 stream of 30 frames per second, each of two packets, to a receiver.
type video struct {
	*media.Receiver
	t *testing.T
}

func newVideo(t *testing.T, pliAfter, playoutDelay time.Duration) video {
	return video{media.NewReceiver(media.CodecOf("VP8"), pliAfter, playoutDelay), t}
}

// frame sends a packet of a frame: the first or the second.
func (v video) packet(at time.Duration, frame, part int, key bool) {
	const start, interframe = 0x10, 1
	payload := []byte{0, 0}
	if part == 0 {
		payload[0] = start
		if !key {
			payload[1] = interframe
		}
	}
	v.Receive(at, &rtp.Header{
		SequenceNumber: uint16(65530 + 2*frame + part),
		Timestamp:      uint32(3000 * frame),
		Marker:         part == 1,
	}, payload, false)
}

// frames sends whole frames, at their time.
func (v video) frames(from, to int) {
	for f := from; f <= to; f++ {
		v.packet(frameTime(f), f, 0, f == 0)
		v.packet(frameTime(f), f, 1, false)
	}
}

func frameTime(frame int) time.Duration { return time.Duration(frame) * time.Second / 30 }

func (v video) want(frames, keyframes, skipped int) {
	v.t.Helper()
	s := v.Stats(0)
	if s.Frames != frames || s.Keyframes != keyframes || s.Skipped != skipped {
		v.t.Errorf("%d frames, %d keyframes, %d packets skipped; want %d, %d, %d", s.Frames, s.Keyframes, s.Skipped, frames, keyframes, skipped)
	}
}

// TestDecode checks which frames can be decoded.
func TestDecode(t *testing.T) {
	t.Run("all", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(0, 9)
		v.want(10, 1, 0)
	})
	t.Run("a missing packet stops everything until it comes", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(0, 2)
		v.packet(frameTime(3), 3, 0, false)
		v.frames(4, 6)
		v.want(3, 1, 0)
		v.packet(frameTime(7), 3, 1, false)
		v.want(7, 1, 0)
	})
	t.Run("or until a keyframe comes", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(0, 2)
		v.packet(frameTime(3), 3, 0, false)
		v.frames(4, 6)
		v.packet(frameTime(7), 7, 0, true)
		v.want(3, 1, 0) // it is not complete
		v.packet(frameTime(7), 7, 1, false)
		v.want(4, 2, 7)
		v.packet(frameTime(8), 3, 1, false)
		v.want(4, 2, 8) // too late
	})
	t.Run("a frame whose end was never sent", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(0, 2)
		send := func(sequence uint16, timestamp uint32, marker bool, payload ...byte) {
			v.Receive(0, &rtp.Header{SequenceNumber: sequence, Timestamp: timestamp, Marker: marker}, payload, false)
		}
		send(0, 9000, false, 0x10, 1)  // the beginning of a frame
		send(1, 12000, true, 0x10, 1)  // a frame that refers to it
		send(2, 15000, false, 0x10, 0) // a keyframe
		send(3, 15000, true, 0, 0)
		v.want(4, 2, 2)
	})
	t.Run("without a keyframe at the beginning", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(5, 9)
		v.want(0, 0, 10)
		if s := v.Stats(0); s.FirstFrame != -1 || s.FirstPacket != frameTime(5) {
			t.Errorf("first packet %v, first frame %v", s.FirstPacket, s.FirstFrame)
		}
	})
	t.Run("a longer gap than the window", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(0, 2)
		v.frames(3000, 3001)
		v.want(3, 1, 0)
		v.packet(frameTime(3002), 3002, 0, true)
		v.packet(frameTime(3002), 3002, 1, false)
		v.want(4, 2, 4)
	})
}

// TestNeedsKeyframe checks when a keyframe is asked for.
func TestNeedsKeyframe(t *testing.T) {
	t.Run("when a packet has been missing for too long", func(t *testing.T) {
		v := newVideo(t, 200*ms, 0)
		var asked []int
		for f := range 20 {
			if f != 3 {
				v.frames(f, f)
			}
			if v.NeedsKeyframe(frameTime(f)) {
				asked = append(asked, f)
			}
		}
		// Frame 4 shows that 3 is missing; 200 ms are six frames.
		if got := fmt.Sprint(asked); got != "[10 16]" {
			t.Errorf("asked at frames %v, want [10 16]", got)
		}
		v.packet(frameTime(20), 20, 0, true)
		v.packet(frameTime(20), 20, 1, false)
		if v.NeedsKeyframe(frameTime(30)) {
			t.Error("asked again after the keyframe")
		}
	})
	t.Run("at once when there is nothing to decode without", func(t *testing.T) {
		v := newVideo(t, 200*ms, 0)
		v.frames(5, 5)
		if !v.NeedsKeyframe(frameTime(5)) || v.NeedsKeyframe(frameTime(6)) {
			t.Error("not asked once")
		}
	})
	t.Run("never while all is well", func(t *testing.T) {
		v := newVideo(t, 200*ms, 0)
		v.frames(0, 3)
		v.packet(frameTime(4), 4, 0, false)
		if v.NeedsKeyframe(frameTime(40)) {
			t.Error("asked for a frame that has not been sent completely")
		}
	})
	t.Run("never if it is off", func(t *testing.T) {
		v := newVideo(t, 0, 0)
		v.frames(5, 50)
		if v.NeedsKeyframe(time.Minute) {
			t.Error("asked")
		}
	})
}

// TestFreezes checks the definition of freezeCount: with frames each 33 ms a freeze is a gap of 33 + 150 ms or more.
func TestFreezes(t *testing.T) {
	for _, test := range []struct {
		late, playoutDelay time.Duration
		freezes            int
		freezeTime         time.Duration
	}{
		{late: 149 * ms, freezes: 0},
		{late: 151 * ms, freezes: 1, freezeTime: 33333333 + 151*ms},
		{late: 151 * ms, playoutDelay: 100 * ms, freezes: 0},
		{late: 251 * ms, playoutDelay: 100 * ms, freezes: 1, freezeTime: 33333333 + 151*ms},
	} {
		t.Run(fmt.Sprintf("%v late, delay %v", test.late, test.playoutDelay), func(t *testing.T) {
			v := newVideo(t, 0, test.playoutDelay)
			v.frames(0, 40)
			for part := range 2 {
				v.packet(frameTime(41)+test.late, 41, part, false)
			}
			s := v.Stats(0)
			if d := s.FreezeTime - test.freezeTime; s.Freezes != test.freezes || d < -2 || d > 2 {
				t.Errorf("%d freezes, %v; want %d, %v", s.Freezes, s.FreezeTime, test.freezes, test.freezeTime)
			}
		})
	}
}

func TestReceivedBitrate(t *testing.T) {
	r := media.NewReceiver(media.CodecOf("PCMU"), 0, 0)
	for i := range 100 {
		r.Receive(time.Duration(i)*20*ms, &rtp.Header{SequenceNumber: uint16(i)}, make([]byte, 160), false)
	}
	if got := r.Stats(1980 * ms).Bitrate; got != 64000 {
		t.Errorf("bit rate %d, want 64000", got)
	}
	if got := r.Stats(5 * time.Second).Bitrate; got != 0 {
		t.Errorf("bit rate %d after the end, want 0", got)
	}
}
