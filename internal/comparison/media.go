package comparison

import (
	"strconv"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// media compares the last measurements of the tracks.
func (c *Comparison) media() (tracks []Track) {
	a, b := c.sides[0], c.sides[1]
	if a.cut || b.cut {
		return nil // they are of different times
	}
	for _, key := range a.order {
		if y, both := b.media[key]; both {
			if members := c.options.measurements(a.media[key], y); len(members) > 0 {
				tracks = append(tracks, Track{key.peer, key.what, members})
			}
		} else {
			tracks = append(tracks, Track{key.peer, key.what, []recorder.Difference{{Field: "packets", A: strconv.Itoa(a.media[key].Packets)}}})
		}
	}
	for _, key := range b.order {
		if _, both := a.media[key]; !both {
			tracks = append(tracks, Track{key.peer, key.what, []recorder.Difference{{Field: "packets", B: strconv.Itoa(b.media[key].Packets)}}})
		}
	}
	return tracks
}

// measurements compares two measurements. How large packets are is drawn at random, and with it what depends on it: what is
// within 10 % of each other counts as the same; numbers of what happened, within 2 %.
func (o Options) measurements(a, b recorder.Media) (members []recorder.Difference) {
	count := func(field string, x, y int) {
		if x != y && (o.All || !(Total{A: x, B: y}).Slight()) {
			members = append(members, recorder.Difference{Field: field, A: strconv.Itoa(x), B: strconv.Itoa(y)})
		}
	}
	about := func(field string, x, y int, text func(int) string) {
		if difference := max(x-y, y-x); x != y && (o.All || 10*difference > max(x, y)) {
			members = append(members, recorder.Difference{Field: field, A: text(x), B: text(y)})
		}
	}
	duration := func(n int) string { return time.Duration(n).Round(100 * time.Microsecond).String() }
	if a.Codec != b.Codec {
		members = append(members, recorder.Difference{Field: "codec", A: a.Codec, B: b.Codec})
	}
	about("packets", a.Packets, b.Packets, strconv.Itoa)
	about("bytes", a.Bytes, b.Bytes, strconv.Itoa)
	count("lost", a.Lost, b.Lost)
	count("repaired", a.Repaired, b.Repaired)
	count("duplicates", a.Duplicates, b.Duplicates)
	count("reordered", a.Reordered, b.Reordered)
	about("jitter", int(a.Jitter), int(b.Jitter), duration)
	count("frames", a.Frames, b.Frames)
	count("keyframes", a.Keyframes, b.Keyframes)
	count("skipped", a.Skipped, b.Skipped)
	count("freezes", a.Freezes, b.Freezes)
	about("freezeTime", int(a.FreezeTime), int(b.FreezeTime), duration)
	count("plis", a.PLIs, b.PLIs)
	return members
}
