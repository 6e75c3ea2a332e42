package page

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// A group is the charts of one subject: a peer, a track that it receives or sends, a link.
type group struct {
	Name   string  `json:"name"`
	Charts []chart `json:"charts"`
	// Still names what is 0 all the time.
	Still []string `json:"still,omitempty"`

	rank int
}

// A chart is one quantity over time.
type chart struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	// Times are in seconds, and common to all series.
	Times  []float64 `json:"times"`
	Series []series  `json:"series"`
}

// A series has a value for each time, null where there is none.
type series struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
}

// The ranks of groups, in whose order they are.
const (
	rankPeer = iota
	rankReceives
	rankSends
	rankLink
)

// charts measures a session while its events are read.
type charts struct {
	length, width time.Duration // of the session, and of a bin
	order         []*quantity
	quantities    map[[3]string]*quantity
	sizes         map[int]int // bytes of the packets under way, by the events that sent them
	requests      map[uint64]request
	answers       map[int]uint64 // the packets that those under way answer
	media         map[[2]string]recorder.MediaState
}

type request struct {
	peer string
	sent time.Duration
}

// A quantity is a series that grows.
type quantity struct {
	group, chart, name string
	rank               int
	unit               string
	how                how
	bins, of           []float64 // by time; of is what a share is of
	seen               []bool
	times, values      []float64 // of single measurements
}

// how says what becomes of the values in one bin.
type how int

const (
	single  how = iota // there are no bins
	rate               // they are added, and shown per second
	highest            // the highest stays
	share              // they are a share of something, in percent
)

// binWidths are those that a page may have. The first is taken that makes at most maxBins.
var binWidths = []time.Duration{
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, time.Hour,
}

const maxBins = 150

func newCharts(length time.Duration) *charts {
	c := &charts{
		length:     length,
		width:      binWidths[len(binWidths)-1],
		quantities: make(map[[3]string]*quantity),
		sizes:      make(map[int]int),
		requests:   make(map[uint64]request),
		answers:    make(map[int]uint64),
		media:      make(map[[2]string]recorder.MediaState),
	}
	for _, w := range slices.Backward(binWidths) {
		if length/w <= maxBins {
			c.width = w
		}
	}
	return c
}

// get returns a quantity, made if need be.
func (c *charts) get(rank int, group, chart, name, unit string, how how) *quantity {
	key := [3]string{group, chart, name}
	q := c.quantities[key]
	if q == nil {
		q = &quantity{group: group, chart: chart, name: name, rank: rank, unit: unit, how: how}
		c.quantities[key] = q
		c.order = append(c.order, q)
	}
	return q
}

// bin returns the bin of a time.
func (c *charts) bin(q *quantity, t time.Duration) int {
	i := max(0, int(t/c.width))
	for len(q.bins) <= i {
		q.bins, q.of, q.seen = append(q.bins, 0), append(q.of, 0), append(q.seen, false)
	}
	q.seen[i] = true
	return i
}

func (c *charts) count(q *quantity, t time.Duration, value float64) { q.bins[c.bin(q, t)] += value }

func (c *charts) top(q *quantity, t time.Duration, value float64) {
	i := c.bin(q, t)
	q.bins[i] = max(q.bins[i], value)
}

func (q *quantity) add(t time.Duration, value float64) {
	q.times, q.values = append(q.times, t.Seconds()), append(q.values, value)
}

// read takes an event into account.
func (c *charts) read(n, cause int, e recorder.Event, data any) {
	switch d := data.(type) {
	case recorder.PacketSent:
		c.sizes[n] = d.Size
		if d.CopyOf != 0 {
			break
		}
		c.count(c.get(rankPeer, e.Peer, "bitrate on the wire", "sent", "bit/s", rate), e.Time, 8*float64(d.Size))
		lost := c.get(rankPeer, e.Peer, "lost of what it sent", "lost", "%", share)
		lost.of[c.bin(lost, e.Time)]++
		if d.Protocol == "stun" {
			if d.Answers != 0 {
				c.answers[n] = d.Answers
			} else {
				c.requests[d.ID] = request{e.Peer, e.Time}
			}
		}
	case recorder.PacketEnd:
		size := 8 * float64(c.sizes[cause])
		delete(c.sizes, cause)
		for _, hop := range d.Path {
			if hop.Src != "" || hop.Dst != "" {
				continue
			}
			link, direction := cutLast(hop.At)
			c.count(c.get(rankLink, "link "+link, "bitrate", direction, "bit/s", rate), hop.Time, size)
			c.top(c.get(rankLink, "link "+link, "time in the queue", direction, "ms", highest), hop.Time, milliseconds(hop.Wait))
		}
		if e.Kind == recorder.KindPacketDelivered {
			c.count(c.get(rankPeer, e.Peer, "bitrate on the wire", "received", "bit/s", rate), e.Time, size)
			if r, ok := c.requests[c.answers[cause]]; ok && r.peer == e.Peer {
				c.get(rankPeer, e.Peer, "round trip of STUN", "round trip", "ms", single).add(e.Time, milliseconds(e.Time-r.sent))
			}
		} else {
			link, direction := cutLast(e.Peer)
			if direction != "" {
				c.count(c.get(rankLink, "link "+link, "drops", direction, "/s", rate), e.Time, 1)
			}
			if d.From != "" {
				lost := c.get(rankPeer, d.From, "lost of what it sent", "lost", "%", share)
				lost.bins[c.bin(lost, e.Time)]++
			}
		}
		delete(c.answers, cause)
	case recorder.Media:
		c.readMedia(e, d)
	case recorder.RTCP:
		if d.Direction != "received" {
			return
		}
		for _, r := range d.Reports {
			if r.Track == "" {
				continue
			}
			name := e.Peer + " sends " + r.Track
			c.get(rankSends, name, "loss by reports", "loss", "%", single).add(e.Time, 100*r.FractionLost)
			if r.RTT != nil {
				c.get(rankSends, name, "round trip", "round trip", "ms", single).add(e.Time, milliseconds(*r.RTT))
			}
		}
	}
}

func (c *charts) readMedia(e recorder.Event, d recorder.Media) {
	track := transcript.Layer(d.Track, d.RID)
	name, key := e.Peer+" receives "+track, [2]string{e.Peer, track}
	before := c.media[key]
	add := func(chart, unit string, value float64) {
		c.get(rankReceives, name, chart, chart, unit, single).add(e.Time, value)
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
	c.media[key] = d.MediaState
}

// groups returns what was measured, with the peers in their order.
func (c *charts) groups(peers []string) []group {
	var all []*group
	find := func(q *quantity) *group {
		for _, g := range all {
			if g.Name == q.group {
				return g
			}
		}
		g := &group{Name: q.group, rank: q.rank}
		all = append(all, g)
		return g
	}
	for _, q := range c.order {
		g := find(q)
		times, values := c.points(q)
		i := slices.IndexFunc(g.Charts, func(x chart) bool { return x.Name == q.chart })
		if i < 0 {
			i = len(g.Charts)
			g.Charts = append(g.Charts, chart{Name: q.chart, Unit: q.unit, Times: times})
		}
		x := &g.Charts[i]
		if len(times) > len(x.Times) { // bins are the same for all, but some end earlier
			x.Times = times
		}
		x.Series = append(x.Series, series{q.name, values})
	}
	for _, g := range all {
		g.Charts = slices.DeleteFunc(g.Charts, func(x chart) bool {
			if x.something() {
				return false
			}
			g.Still = append(g.Still, x.Name)
			return true
		})
		for i := range g.Charts {
			for j := range g.Charts[i].Series {
				s := &g.Charts[i].Series[j]
				for len(s.Values) < len(g.Charts[i].Times) {
					s.Values = append(s.Values, nil)
				}
			}
			slices.SortStableFunc(g.Charts[i].Series, func(a, b series) int { return cmp.Compare(place(a.Name), place(b.Name)) })
		}
	}
	// Servers come after the peers.
	peer := func(g *group) int {
		if i := slices.Index(peers, g.Name); i >= 0 {
			return i
		}
		return len(peers)
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(peer(a), peer(b)))
	})
	list := make([]group, 0, len(all))
	for _, g := range all {
		if g.rank == rankPeer && peer(g) == len(peers) { // a server
			continue
		}
		list = append(list, *g)
	}
	return list
}

// place orders the series of a chart.
func place(name string) int { return slices.Index([]string{"sent", "up", "received", "down"}, name) }

func (x chart) something() bool {
	for _, s := range x.Series {
		for _, v := range s.Values {
			if v != nil && *v > 0 {
				return true
			}
		}
	}
	return false
}

// points returns a quantity's values and their times in seconds.
func (c *charts) points(q *quantity) (times []float64, values []*float64) {
	if q.how == single {
		for _, v := range q.values {
			values = append(values, rounded(v))
		}
		return q.times, values
	}
	for i := 0; i == 0 || time.Duration(i)*c.width < c.length; i++ {
		times = append(times, (time.Duration(i) * c.width).Seconds())
		var bin, of float64
		seen := false
		if i < len(q.bins) {
			bin, of, seen = q.bins[i], q.of[i], q.seen[i]
		}
		switch q.how {
		case rate: // nothing counted is 0
			values = append(values, rounded(bin/min(c.width, max(c.length-time.Duration(i)*c.width, c.width/10)).Seconds()))
		case highest:
			if !seen {
				values = append(values, nil)
				continue
			}
			values = append(values, rounded(bin))
		case share:
			if of == 0 {
				values = append(values, nil)
				continue
			}
			values = append(values, rounded(min(100, 100*bin/of)))
		}
	}
	return times, values
}

// rounded leaves the digits that a chart can show.
func rounded(v float64) *float64 {
	v = math.Round(v*1000) / 1000
	return &v
}

// cutLast cuts off the direction of a link.
func cutLast(link string) (name, direction string) {
	i := strings.LastIndexByte(link, '/')
	if i < 0 {
		return link, ""
	}
	return link[:i], link[i+1:]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
