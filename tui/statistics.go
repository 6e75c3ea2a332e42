package tui

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// statistics are the series of a recording, over its whole length. They are read
// in the background; the packets of a link have come through it before they end.
type statistics struct {
	*follower[struct{}]

	mu     sync.Mutex
	series map[seriesKey]*series
	order  []*series
	media  map[seriesKey]recorder.MediaState // the last of each track
	times  map[seriesKey]time.Duration       // when that was
	last   time.Duration
}

// A seriesKey says what a series is of: a track that a peer receives, or sends,
// or a link; and what is measured.
type seriesKey struct{ peer, subject, what string }

// A series is something that is measured over time.
type series struct {
	seriesKey
	unit   string
	rate   bool // it counts, and is shown per second
	points []sample

	histogram // in the place of points, for what comes with every packet
}

// A sample is one measurement.
type sample struct {
	time  time.Duration
	value float64
}

// A histogram holds values by time in a limited number of bins, which become
// wider with time.
type histogram struct {
	width time.Duration // of a bin; 0 for a series with points
	bins  []float64
	seen  []bool
}

const (
	finestBin = 10 * time.Millisecond
	maxBins   = 4096
)

// add adds a value to the bin of a time: it is counted, or the highest stays.
func (h *histogram) add(t time.Duration, value float64, count bool) {
	if t < 0 {
		return
	}
	for int(t/h.width) >= maxBins {
		for i := range h.bins {
			j := i / 2
			switch {
			case i%2 == 0:
				h.bins[j], h.seen[j] = h.bins[i], h.seen[i]
			case count:
				h.bins[j], h.seen[j] = h.bins[j]+h.bins[i], h.seen[j] || h.seen[i]
			default:
				h.bins[j], h.seen[j] = max(h.bins[j], h.bins[i]), h.seen[j] || h.seen[i]
			}
		}
		n := (len(h.bins) + 1) / 2
		h.bins, h.seen = h.bins[:n], h.seen[:n]
		h.width *= 2
	}
	i := int(t / h.width)
	for len(h.bins) <= i {
		h.bins, h.seen = append(h.bins, 0), append(h.seen, false)
	}
	if count {
		h.bins[i] += value
	} else {
		h.bins[i] = max(h.bins[i], value)
	}
	h.seen[i] = true
}

func newStatistics(r *recorder.Recording) *statistics {
	s := new(statistics)
	s.follower = newFollower(r, 1, func() reading[struct{}] {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.series, s.order, s.last = make(map[seriesKey]*series), nil, 0
		s.media, s.times = make(map[seriesKey]recorder.MediaState), make(map[seriesKey]time.Duration)
		return func(n int, e recorder.Event) (struct{}, bool) {
			s.read(e)
			return struct{}{}, false
		}
	})
	return s
}

// get returns a series, made if need be. The lock is held.
func (s *statistics) get(key seriesKey, unit string) *series {
	x := s.series[key]
	if x == nil {
		x = &series{seriesKey: key, unit: unit}
		s.series[key] = x
		s.order = append(s.order, x)
	}
	return x
}

func (s *statistics) sample(key seriesKey, unit string, t time.Duration, value float64) {
	x := s.get(key, unit)
	x.points = append(x.points, sample{t, value})
}

func (s *statistics) bin(key seriesKey, unit string, t time.Duration, value float64, count bool) {
	x := s.get(key, unit)
	if x.width == 0 {
		x.width, x.rate = finestBin, count
	}
	x.histogram.add(t, value, count)
}

// read takes an event into account.
func (s *statistics) read(e recorder.Event) {
	var data any
	switch e.Kind {
	case recorder.KindMedia, recorder.KindRTCP, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		var err error
		if data, err = e.Value(); err != nil {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = max(s.last, e.Time)
	switch d := data.(type) {
	case recorder.Media:
		s.readMedia(e, d)
	case recorder.RTCP:
		if d.Direction != "received" {
			return
		}
		for _, r := range d.Reports {
			if r.Track == "" {
				continue
			}
			key := seriesKey{e.Peer, "sends " + r.Track, "reported loss"}
			s.sample(key, "%", e.Time, 100*r.FractionLost)
			if r.RTT != nil {
				key.what = "round trip"
				s.sample(key, "ms", e.Time, milliseconds(*r.RTT))
			}
		}
	case recorder.PacketEnd:
		for _, hop := range d.Path {
			if hop.Src == "" && hop.Dst == "" {
				s.bin(seriesKey{"", hop.At, "packets"}, "/s", hop.Time, 1, true)
				s.bin(seriesKey{"", hop.At, "queue"}, "ms", hop.Time, milliseconds(hop.Wait), false)
			}
		}
		if e.Kind == recorder.KindPacketDropped {
			s.bin(seriesKey{"", e.Peer, "drops"}, "/s", e.Time, 1, true)
		}
	}
}

func (s *statistics) readMedia(e recorder.Event, d recorder.Media) {
	track := d.Track
	if d.RID != "" {
		track += "." + d.RID
	}
	key := seriesKey{e.Peer, "receives " + track, ""}
	before, then := s.media[key], s.times[key]
	if d.FirstPacket != nil {
		then = max(then, *d.FirstPacket)
	}
	add := func(what, unit string, value float64) {
		s.sample(seriesKey{key.peer, key.subject, what}, unit, e.Time, value)
	}
	if took := (e.Time - then).Seconds(); took > 0 {
		add("frames", "/s", float64(d.Frames-before.Frames)/took)
	}
	add("bitrate", "bit/s", float64(d.Bitrate))
	loss := 0.0
	if expected := d.Expected - before.Expected; expected > 0 {
		loss = max(0, 100*float64(d.Lost-before.Lost)/float64(expected))
	}
	add("loss", "%", loss)
	add("jitter", "ms", milliseconds(d.Jitter))
	if d.Kind == "video" {
		add("freezes", "", float64(d.Freezes))
	}
	s.media[key], s.times[key] = d.MediaState, e.Time
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// all returns the series, those of one subject together, those of the peer and
// the subject that come to mind at an event first.
func (s *statistics) all(peer, subject string) []*series {
	s.mu.Lock()
	defer s.mu.Unlock()
	group := make(map[string]int)
	for _, x := range s.order {
		if name := x.peer + " " + x.subject; group[name] == 0 {
			group[name] = len(group) + 1
		}
	}
	rank := func(x *series) int {
		switch {
		case subject != "" && x.peer == peer && strings.Contains(x.subject, subject), x.peer == "" && peer != "" && x.subject == peer:
			return 0
		case x.peer == peer && peer != "":
			return 1
		case x.peer != "":
			return 2
		}
		return 3
	}
	all := slices.Clone(s.order)
	slices.SortStableFunc(all, func(a, b *series) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(group[a.peer+" "+a.subject], group[b.peer+" "+b.subject]))
	})
	return all
}

// something reports whether there is anything but 0 in a series up to a moment.
func (s *statistics) something(x *series, now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range x.points {
		if p.time > now {
			break
		}
		if p.value > 0 {
			return true
		}
	}
	for i, value := range x.bins {
		if time.Duration(i)*x.width > now {
			break
		}
		if value > 0 {
			return true
		}
	}
	return false
}

// columns returns the series' values up to a moment in n equal spans of the time
// from 0 to end; where has is false there is none.
func (s *statistics) columns(x *series, now, end time.Duration, n int) (values []float64, has []bool) {
	values, has = make([]float64, n), make([]bool, n)
	if n == 0 || end <= 0 {
		return values, has
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	column := func(t time.Duration) int {
		return max(0, min(n-1, int(float64(t)/float64(end)*float64(n))))
	}
	if x.width == 0 {
		last := -1
		for _, p := range x.points {
			if p.time > now {
				break
			}
			i := column(p.time)
			for j := last + 1; last >= 0 && j < i; j++ { // it is what it was, until it is measured again
				values[j], has[j] = values[last], true
			}
			values[i], has[i], last = p.value, true, i
		}
		return values, has
	}
	if x.rate { // nothing counted is 0, once there was something
		for i := range column(now) + 1 {
			has[i] = true
		}
	}
	span := float64(end) / float64(n)
	for i, value := range x.bins {
		from := time.Duration(i) * x.width
		if from > now {
			break
		}
		if !x.rate {
			if x.seen[i] {
				j := column(from)
				values[j], has[j] = max(values[j], value), true
			}
			continue
		}
		// A bin may lie in several columns.
		for j := column(from); j <= column(from+x.width-1); j++ {
			a, b := max(float64(from), float64(j)*span), min(float64(from+x.width), float64(j+1)*span)
			if b > a {
				values[j] += value * (b - a) / float64(x.width)
			}
		}
	}
	if x.rate {
		for j := range values {
			length := min(span, max(float64(now)-float64(j)*span, float64(x.width)))
			values[j] /= length / float64(time.Second)
		}
	}
	return values, has
}
