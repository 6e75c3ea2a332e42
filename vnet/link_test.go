package vnet

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// A testLink is one direction of a link, what entered it and what became of
// that.
type testLink struct {
	*direction
	in      *Internet
	packets []*Packet // by ID, from 1
	fates   []fate    // by ID, from 1
	arrived []time.Duration
	ids     []uint64 // of those that arrived, in their order
	dropped map[Reason]int
}

// A fate is the end of a packet: when it arrived, or why not.
type fate struct {
	at  time.Duration
	why Reason
}

func newTestLink(d Direction) *testLink {
	l := &testLink{dropped: make(map[Reason]int)}
	l.in = &Internet{random: testStream, sched: newScheduler(), flight: newFlight(l)}
	l.direction = l.in.newDirection("home/up", d, func(p *Packet, now time.Duration) {
		l.arrived = append(l.arrived, now)
		l.ids = append(l.ids, p.ID)
		l.fates[p.ID-1].at = now
		l.in.flight.delivered(p, "bob")
	})
	return l
}

// testStream is the random stream of the name.
func testStream(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(1, h.Sum64()))
}

func (l *testLink) Sent(p *Packet) {
	l.packets = append(l.packets, p)
	l.fates = append(l.fates, fate{})
}

func (l *testLink) Delivered(*Packet, string) {}

func (*testLink) Mapped(Mapping) {}

func (l *testLink) Dropped(p *Packet, _ string, why Reason) {
	l.dropped[why]++
	l.fates[p.ID-1].why = why
}

// send has a packet with so many bytes of payload enter the link.
func (l *testLink) send(bytes int, now time.Duration) {
	p := &Packet{Payload: zeros[:bytes]}
	l.in.flight.start(p)
	l.enter(p, now)
}

// zeros is the payload of all packets of testLinks, which leave it as it is.
var zeros [maxPayload]byte

// stream sends n packets, the first at 0 and each a gap after the one before
// it, and waits for the last.
func (l *testLink) stream(n, bytes int, gap time.Duration) {
	for i := range n {
		now := time.Duration(i) * gap
		l.until(now)
		l.send(bytes, now)
	}
	l.until(math.MaxInt64)
}

// until carries out what happens up to the given time.
func (l *testLink) until(t time.Duration) {
	for {
		e, _, ok := l.sched.next(t)
		if !ok {
			return
		}
		e.hop(e.p, e.at)
	}
}

func (l *testLink) wantArrivals(t *testing.T, want ...time.Duration) {
	t.Helper()
	l.until(math.MaxInt64)
	if !slices.Equal(l.arrived, want) {
		t.Errorf("arrived at %v, want %v", l.arrived, want)
	}
}

func TestSerialisationIsRoundedUp(t *testing.T) {
	// 29 bytes at 7 bit/s: 232/7 s = 33.142857142857… s.
	l := newTestLink(Direction{Rate: 7, Delay: time.Second})
	for range 3 {
		l.send(1, 5)
	}
	const each = 33142857143
	l.wantArrivals(t, 1000000005+each, 1000000005+2*each, 1000000005+3*each)
}

// The longest datagram at the lowest rate must not overflow.
func TestSerialisationOfTheLongestPacket(t *testing.T) {
	l := newTestLink(Direction{Rate: 1, MTU: 65535})
	l.send(maxPayload, 0)
	l.wantArrivals(t, 8*65535*time.Second)
}

func TestQueueLength(t *testing.T) {
	for _, test := range []struct{ queue, bytes, want int }{
		{0, 0, 1001},
		{1, 0, 2},
		{5, 0, 6},
		{0, 10*overhead + 1, 11}, // an empty packet has only headers
		{0, 2000 * overhead, 2000},
		{5, 10 * overhead, 6},
		{20, 10 * overhead, 11},
		{0, overhead - 1, 1},
	} {
		l := newTestLink(Direction{Rate: 1e6, Queue: test.queue, QueueBytes: test.bytes})
		for range 2000 {
			l.send(0, 0)
		}
		l.until(math.MaxInt64)
		if len(l.arrived) != test.want || l.dropped[QueueFull] != 2000-test.want {
			t.Errorf("queue %d, %d bytes: %d arrived, %d dropped; want %d arrived",
				test.queue, test.bytes, len(l.arrived), l.dropped[QueueFull], test.want)
		}
	}
}

// A lost packet takes its time on the link like any other.
func TestLostPacketsUseCapacity(t *testing.T) {
	l := newTestLink(Direction{Rate: 224, Loss: 1}) // one packet a second
	l.send(0, 0)
	l.send(0, 0)
	l.until(2*time.Second - 1)
	l.Loss = 0
	l.wantArrivals(t, 2*time.Second)
	if l.dropped[Loss] != 1 {
		t.Errorf("%d lost, want 1", l.dropped[Loss])
	}
}

func TestReorder(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		l := newTestLink(Direction{Delay: time.Millisecond, Jitter: 5 * time.Millisecond, Reorder: reorder})
		l.stream(1000, 0, time.Millisecond)
		if inOrder := slices.IsSorted(l.ids); inOrder == reorder {
			t.Errorf("reorder %v: packets arrive in order: %v", reorder, inOrder)
		}
		for i, id := range l.ids {
			if l.arrived[i] < time.Duration(id-1)*time.Millisecond {
				t.Fatalf("reorder %v: packet %d arrives at %v, before it was sent", reorder, id, l.arrived[i])
			}
		}
	}
}

func TestFlush(t *testing.T) {
	l := newTestLink(Direction{Rate: 224, Delay: time.Minute})
	for range 4 {
		l.send(0, 0)
	}
	l.until(1500 * time.Millisecond)
	l.flush(NetworkDown)
	l.send(0, 1500*time.Millisecond)
	l.wantArrivals(t, 61*time.Second, 62500*time.Millisecond)
	if l.dropped[NetworkDown] != 3 {
		t.Errorf("%d dropped, want 3", l.dropped[NetworkDown])
	}
}

// The headers count as they are set, except for the MTU.
func TestOverheadAndMTU(t *testing.T) {
	for _, test := range []struct {
		settings Direction
		bytes    int
		want     time.Duration // 0: too large
	}{
		{Direction{}, 72, 100 * time.Millisecond},
		{Direction{Overhead: 40}, 72, 112 * time.Millisecond},
		{Direction{Overhead: -1}, 72, 72 * time.Millisecond},
		{Direction{}, 1472, 1500 * time.Millisecond},
		{Direction{}, 1473, 0},
		{Direction{Overhead: -1}, 1473, 0},
		{Direction{Overhead: 40}, 1472, 1512 * time.Millisecond},
		{Direction{MTU: 1280}, 1252, 1280 * time.Millisecond},
		{Direction{MTU: 1280}, 1253, 0},
		{Direction{MTU: 9000}, 1473, 1501 * time.Millisecond},
	} {
		test.settings.Rate = 8000 // a byte takes a millisecond
		l := newTestLink(test.settings)
		l.send(test.bytes, 0)
		if test.want != 0 {
			l.wantArrivals(t, test.want)
		} else if l.dropped[TooLarge] != 1 || len(l.arrived) != 0 {
			t.Errorf("%+v: %d bytes are not too large", test.settings, test.bytes)
		}
	}
}

// A queue's length in bytes stays right when the overhead changes.
func TestOverheadChanges(t *testing.T) {
	l := newTestLink(Direction{Rate: 8000, QueueBytes: 1000})
	for range 6 {
		l.send(72, 0) // one is being sent and 5 wait
	}
	l.Overhead = 28 + 100
	if got := l.queued(); got != 1000 {
		t.Errorf("%d bytes are queued, want 1000", got)
	}
	l.send(72, 0)
	l.until(math.MaxInt64)
	if l.dropped[QueueFull] != 1 || l.queued() != 0 {
		t.Errorf("%d dropped, want 1; %d bytes are queued, want 0", l.dropped[QueueFull], l.queued())
	}
}

func TestPath(t *testing.T) {
	l := newTestLink(Direction{Rate: 8000, Queue: 1})
	l.send(972, 5*time.Second)
	l.send(972, 5*time.Second+1)
	l.send(972, 5*time.Second+2)
	l.until(math.MaxInt64)
	for i, want := range []Hop{
		{At: "home/up", Time: 5 * time.Second},
		{At: "home/up", Time: 5*time.Second + 1, Wait: time.Second - 1},
		{At: "home/up", Time: 5*time.Second + 2}, // dropped: the queue was full
	} {
		if got := l.packets[i].Path(); len(got) != 1 || got[0] != want {
			t.Errorf("path of packet %d: %+v, want %+v", i+1, got, want)
		}
	}
}

// A copy has a number and an end of its own, and arrives right behind its
// original.
func TestDuplicate(t *testing.T) {
	l := newTestLink(Direction{Duplicate: 1, Corrupt: 1, Delay: time.Second})
	l.send(10, 7)
	l.send(10, 7)
	l.wantArrivals(t, time.Second+7, time.Second+7, time.Second+7, time.Second+7)
	if want := []uint64{1, 2, 3, 4}; !slices.Equal(l.ids, want) {
		t.Errorf("arrived: %v, want %v", l.ids, want)
	}
	if n := l.in.flight.count(); n != 0 {
		t.Errorf("%d packets have not ended", n)
	}
	for i := 0; i < 4; i += 2 {
		p, c := l.packets[i], l.packets[i+1]
		if p.CopyOf != 0 || c.CopyOf != p.ID || c.From != "home/up" {
			t.Errorf("packet %d is a copy of %d; packet %d is a copy of %d, from %q", p.ID, p.CopyOf, c.ID, c.CopyOf, c.From)
		}
		if !bytes.Equal(p.Payload, c.Payload) || !slices.Equal(p.Corrupted, c.Corrupted) || !slices.Equal(p.path, c.path) {
			t.Errorf("packet %d: %+v, its copy: %+v", p.ID, p, c)
		}
	}
}

// One bit of a copy of the payload is flipped; the sender's bytes stay.
func TestCorrupt(t *testing.T) {
	l := newTestLink(Direction{Corrupt: 1})
	for range 100 {
		sent := []byte("abc")
		p := &Packet{Payload: sent}
		l.in.flight.start(p)
		l.enter(p, 0)
		if string(sent) != "abc" {
			t.Fatalf("the sender's payload became %q", sent)
		}
		flipped := 0
		for i := range sent {
			flipped += bits.OnesCount8(sent[i] ^ p.Payload[i])
		}
		if flipped != 1 || len(p.Corrupted) != 1 {
			t.Fatalf("%d bits are flipped, bits %v are told", flipped, p.Corrupted)
		}
		bit := p.Corrupted[0]
		if p.Payload[bit/8]^sent[bit/8] != 1<<(7-bit%8) {
			t.Fatalf("bit %d is told, the payload is %q", bit, p.Payload)
		}
	}
	l.send(0, 0)
	if p := l.packets[100]; len(p.Corrupted) != 0 {
		t.Errorf("bits %v of an empty payload are flipped", p.Corrupted)
	}
}

// A deviation that exceeds the delay makes it 0.
func TestJitterNeverTurnsDelayNegative(t *testing.T) {
	for _, distribution := range []Distribution{Normal, Uniform, Pareto} {
		l := newTestLink(Direction{Delay: time.Millisecond, Jitter: time.Second, JitterDistribution: distribution, Reorder: true})
		l.stream(1000, 0, time.Second)
		early := 0
		for i, f := range l.fates {
			switch delay := f.at - time.Duration(i)*time.Second; {
			case delay < 0:
				t.Fatalf("%v: packet %d arrives %v before it is sent", distribution, i+1, -delay)
			case delay == 0:
				early++
			}
		}
		if early == 0 {
			t.Errorf("%v: no packet arrives at once", distribution)
		}
	}
}

// The longest deviation of the longest jitter does not overflow.
func TestJitterHasABound(t *testing.T) {
	d := Direction{Jitter: math.MaxInt64, JitterDistribution: Pareto}
	j := jitters{draws: rand.New(constant(math.MaxUint64))}
	if got := j.next(&d); got != time.Duration(maxDeviation) {
		t.Errorf("got %v, want %v", got, time.Duration(maxDeviation))
	}
}

// constant is a random source of one number.
type constant uint64

func (c constant) Uint64() uint64 { return uint64(c) }

// The state of a loss model outlives a change of settings.
func TestLossStateStays(t *testing.T) {
	l := newTestLink(Direction{GilbertElliott: &GilbertElliott{P: 1, LossBad: 1}})
	l.send(0, 0)
	l.Direction = Direction{GilbertElliott: &GilbertElliott{LossBad: 1}, Delay: 1}
	l.send(0, 0)
	if l.dropped[BurstLoss] != 2 {
		t.Errorf("%d packets lost, want 2", l.dropped[BurstLoss])
	}
	l.Direction = Direction{Loss: 1} // a model that has no bad state
	l.send(0, 0)
	if l.dropped[Loss] != 1 {
		t.Errorf("%d packets lost outside bursts, want 1", l.dropped[Loss])
	}
	l.Direction = Direction{}
	l.send(0, 0)
	l.wantArrivals(t, 0)
}

// A packet that was overtaken is not overtaken any more once that is forbidden.
func TestReorderEnds(t *testing.T) {
	l := newTestLink(Direction{Delay: time.Minute})
	l.send(0, 0)
	l.Direction = Direction{Delay: time.Second, Reorder: true}
	l.send(0, 0)
	l.Direction = Direction{Delay: time.Second}
	l.send(0, 0)
	l.wantArrivals(t, time.Second, time.Minute, time.Minute)
}

// A tape is a random source that writes down what it gives.
type tape struct {
	rand.Source
	draws []uint64
}

func (s *tape) Uint64() uint64 {
	n := s.Source.Uint64()
	s.draws = append(s.draws, n)
	return n
}

// changes are settings each of which changes one thing.
var changes = map[string]Direction{
	"none":           {},
	"delay":          {Delay: time.Second},
	"jitter":         {Jitter: time.Second, Delay: time.Minute},
	"distribution":   {Jitter: time.Second, JitterDistribution: Pareto},
	"correlation":    {Jitter: time.Second, JitterCorrelation: 0.5},
	"reorder":        {Jitter: time.Second, Reorder: true},
	"loss":           {Loss: 0.5},
	"burst":          {Loss: 0.5, Burst: 5},
	"GilbertElliott": {GilbertElliott: &GilbertElliott{0.1, 0.2, 0.3, 0.4}},
	"rate":           {Rate: 1e6},
	"trace":          {RateTrace: &RateTrace{times: []time.Duration{time.Millisecond}}},
	"queue":          {Rate: 1e5, Queue: 1},
	"CoDel":          {Rate: 1e5, CoDel: &CoDel{}},
	"duplicate":      {Duplicate: 0.5},
	"corrupt":        {Corrupt: 0.5},
	"drop":           {Drop: []DropRule{{Every: 2}}},
	"MTU":            {MTU: 100},
}

// Changing one link's setting leaves every other link's draws as they were.
// Its own streams go on, too, with one draw for each packet that it carries.
func TestDrawsStayApart(t *testing.T) {
	purposes := []string{"loss", "state", "jitter", "duplicate", "corrupt"}
	run := func(change Direction) (tapes map[string]*tape, carried map[string]int) {
		tapes, carried = make(map[string]*tape), make(map[string]int)
		var links map[string]*direction
		o := &dropLog{}
		in := &Internet{sched: newScheduler(), flight: newFlight(o)}
		in.random = func(name string) *rand.Rand {
			if tapes[name] != nil {
				t.Errorf("the stream %s is made twice", name)
			}
			h := fnv.New64a()
			h.Write([]byte(name))
			tapes[name] = &tape{Source: rand.NewPCG(1, h.Sum64())}
			return rand.New(tapes[name])
		}
		end := func(p *Packet, _ time.Duration) { in.flight.delivered(p, "bob") }
		everything := Direction{Delay: time.Second, Jitter: time.Second, Loss: 0.1, Duplicate: 0.1, Corrupt: 0.1}
		links = map[string]*direction{"office/down": in.newDirection("office/down", everything, end)}
		links["home/up"] = in.newDirection("home/up", everything, links["office/down"].enter)
		links["far/up"] = in.newDirection("far/up", everything, end)
		until := func(now time.Duration) {
			for e, _, ok := in.sched.next(now); ok; e, _, ok = in.sched.next(now) {
				e.hop(e.p, e.at)
			}
		}
		const n = 500
		for i := range n {
			now := time.Duration(i) * time.Millisecond
			until(now)
			if i == n/5 {
				links["home/up"].Direction = change
			}
			for _, name := range []string{"home/up", "far/up"} {
				p := &Packet{Payload: make([]byte, 100)}
				in.flight.start(p)
				links[name].enter(p, now)
			}
		}
		until(math.MaxInt64)
		if left := in.flight.count(); left != 0 {
			t.Errorf("%d packets have not ended", left)
		}
		// A packet is carried by the link that it entered, unless that
		// dropped it before its bits were through.
		for _, p := range o.ended {
			// A copy came into being behind the link that it is from.
			made := slices.IndexFunc(p.path, func(h Hop) bool { return h.At == p.From })
			for i, hop := range p.path {
				if i <= made || i == len(p.path)-1 && !slices.Contains([]Reason{"", Loss, BurstLoss}, o.why[p]) {
					continue
				}
				carried[hop.At]++
			}
		}
		return tapes, carried
	}
	want, _ := run(Direction{Delay: time.Second, Jitter: time.Second, Loss: 0.1, Duplicate: 0.1, Corrupt: 0.1})
	for name, change := range changes {
		got, carried := run(change)
		for _, purpose := range purposes {
			if stream := "far/up/" + purpose; !slices.Equal(got[stream].draws, want[stream].draws) {
				t.Errorf("%s: the draws of %s change", name, stream)
			}
			for _, link := range []string{"home/up", "office/down", "far/up"} {
				stream := link + "/" + purpose
				g, w := got[stream].draws, want[stream].draws
				if n := min(len(g), len(w)); n == 0 || !slices.Equal(g[:n], w[:n]) {
					t.Errorf("%s: the draws of %s change", name, stream)
				}
				if len(g) != carried[link] {
					t.Errorf("%s: %d draws of %s for %d packets", name, len(g), stream, carried[link])
				}
			}
		}
		if len(got) != 3*len(purposes) {
			t.Errorf("%s: %d streams, want %d", name, len(got), 3*len(purposes))
		}
	}
}

// A dropLog collects the packets that ended.
type dropLog struct {
	ended []*Packet
	why   map[*Packet]Reason
}

func (*dropLog) Sent(*Packet) {}

func (l *dropLog) Delivered(p *Packet, _ string) { l.ended = append(l.ended, p) }

func (*dropLog) Mapped(Mapping) {}

func (l *dropLog) Dropped(p *Packet, _ string, why Reason) {
	l.ended = append(l.ended, p)
	if l.why == nil {
		l.why = make(map[*Packet]Reason)
	}
	l.why[p] = why
}

// There is a change for each setting.
func TestChangesAreComplete(t *testing.T) {
	settings := reflect.TypeFor[Direction]()
	for i := range settings.NumField() {
		set := false
		for _, change := range changes {
			set = set || !reflect.ValueOf(change).Field(i).IsZero()
		}
		if name := settings.Field(i).Name; !set && name != "QueueBytes" && name != "Overhead" {
			t.Errorf("no change sets %s", name)
		}
	}
}

func TestDirectionErrors(t *testing.T) {
	for _, test := range []struct {
		d    Direction
		want string
	}{
		{Direction{Delay: -1}, "negative delay"},
		{Direction{Jitter: -1}, "negative jitter"},
		{Direction{JitterDistribution: 3}, "unknown distribution of jitter"},
		{Direction{JitterCorrelation: 1.1}, "correlation of jitter is not between 0 and 1"},
		{Direction{Loss: math.NaN()}, "loss is not between 0 and 1"},
		{Direction{Burst: 2}, "burst without loss"},
		{Direction{Loss: 0.1, Burst: -1}, "burst is not a length"},
		{Direction{Loss: 0.1, Burst: math.Inf(1)}, "burst is not a length"},
		{Direction{Loss: 0.1, Burst: 1}, "burst is too short for so much loss: it must be longer than loss/(1-loss), rounded up"},
		{Direction{Loss: 0.1, Burst: 1.01}, ""},
		{Direction{Loss: 0.8, Burst: 4.01}, "burst is too short for so much loss: it must be longer than loss/(1-loss), rounded up"},
		{Direction{Loss: 0.75, Burst: 3.01}, ""},
		{Direction{Loss: 1, Burst: 1e300}, "burst is too short for so much loss: it must be longer than loss/(1-loss), rounded up"},
		{Direction{Loss: 0.1, GilbertElliott: &GilbertElliott{}}, "Gilbert-Elliott takes the place of loss and burst, which must not be set"},
		{Direction{Burst: 2, GilbertElliott: &GilbertElliott{}}, "Gilbert-Elliott takes the place of loss and burst, which must not be set"},
		{Direction{GilbertElliott: &GilbertElliott{P: 2}}, "Gilbert-Elliott: a probability is not between 0 and 1"},
		{Direction{GilbertElliott: &GilbertElliott{R: -1}}, "Gilbert-Elliott: a probability is not between 0 and 1"},
		{Direction{GilbertElliott: &GilbertElliott{LossGood: 2}}, "Gilbert-Elliott: a probability is not between 0 and 1"},
		{Direction{GilbertElliott: &GilbertElliott{LossBad: math.NaN()}}, "Gilbert-Elliott: a probability is not between 0 and 1"},
		{Direction{GilbertElliott: &GilbertElliott{1, 1, 1, 1}}, ""},
		{Direction{Rate: -1}, "negative rate"},
		{Direction{Queue: -1}, "negative queue"},
		{Direction{QueueBytes: -1}, "negative queue"},
		{Direction{CoDel: &CoDel{Target: -1}}, "CoDel: negative time"},
		{Direction{CoDel: &CoDel{Interval: -1}}, "CoDel: negative time"},
		{Direction{Overhead: 1501}, "overhead of more than 1500 bytes"},
		{Direction{Overhead: -5}, ""},
		{Direction{MTU: 27}, "MTU of less than 28 bytes, which are the headers"},
		{Direction{MTU: -1}, "MTU of less than 28 bytes, which are the headers"},
		{Direction{MTU: 28}, ""},
		{Direction{Duplicate: -0.1}, "duplicate is not between 0 and 1"},
		{Direction{Corrupt: 1.1}, "corrupt is not between 0 and 1"},
		{Direction{Drop: []DropRule{{}, {From: -1}}}, "drop rule 2: negative time"},
		{Direction{Drop: []DropRule{{To: -1}}}, "drop rule 1: negative time"},
		{Direction{Drop: []DropRule{{From: 2, To: 2}}}, "drop rule 1: it ends before it begins"},
		{Direction{Drop: []DropRule{{First: -1}}}, "drop rule 1: negative number"},
		{Direction{Drop: []DropRule{{Every: -1}}}, "drop rule 1: negative number"},
		{Direction{Drop: []DropRule{{Nth: []int{1, 0}}}}, "drop rule 1: packets are counted from 1"},
	} {
		got := ""
		if err := (Link{Down: test.d}).validate(); err != nil {
			got = err.Error()
		}
		want := test.want
		if want != "" {
			want = "down: " + want
		}
		if got != want {
			t.Errorf("%+v: %q, want %q", test.d, got, want)
		}
	}
	if got, want := fmt.Sprint(Normal, Uniform, Pareto, Distribution(3)), "normal uniform pareto Distribution(3)"; got != want {
		t.Errorf("distributions %s, want %s", got, want)
	}
}

func TestSchedulerOrder(t *testing.T) {
	s := newScheduler()
	r := rand.New(rand.NewPCG(1, 1))
	const n = 1000
	for i := range n {
		s.add(time.Duration(r.IntN(20)), nil, &Packet{ID: uint64(i)})
	}
	var last event
	for i := range n {
		e, _, ok := s.next(20)
		if !ok {
			t.Fatalf("%d events, want %d", i, n)
		}
		if i > 0 && (e.at < last.at || e.at == last.at && e.p.ID < last.p.ID) {
			t.Fatalf("packet %d at %v comes after packet %d at %v", e.p.ID, e.at, last.p.ID, last.at)
		}
		last = e
	}
}

func BenchmarkLink(b *testing.B) {
	l := newTestLink(Direction{Rate: 1e9, Delay: time.Millisecond, Jitter: time.Millisecond, Loss: 0.01})
	l.exit = func(*Packet, time.Duration) {}
	p := &Packet{Payload: make([]byte, 1200)}
	b.ReportAllocs()
	for i := range b.N {
		now := time.Duration(i) * 10 * time.Microsecond
		l.until(now)
		p.path = p.path[:0]
		l.enter(p, now)
	}
}
