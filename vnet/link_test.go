package vnet

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A testLink is one direction of a link and what came out of it.
type testLink struct {
	*direction
	arrived []time.Duration
	ids     []uint64
	dropped map[Reason]int
}

func newTestLink(d Direction) *testLink {
	l := &testLink{dropped: make(map[Reason]int)}
	l.direction = &direction{
		Direction: d,
		sched:     newScheduler(),
		loss:      rand.New(rand.NewPCG(1, 1)),
		jitter:    rand.New(rand.NewPCG(1, 2)),
		exit: func(p *Packet, now time.Duration) {
			l.arrived = append(l.arrived, now)
			l.ids = append(l.ids, p.ID)
		},
		drop: func(_ *Packet, _ string, why Reason) { l.dropped[why]++ },
	}
	l.sent = l.serialised
	return l
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
		l.enter(&Packet{Payload: make([]byte, 1)}, 5)
	}
	const each = 33142857143
	l.wantArrivals(t, 1000000005+each, 1000000005+2*each, 1000000005+3*each)
}

// The longest datagram at the lowest rate must not overflow.
func TestSerialisationOfTheLongestPacket(t *testing.T) {
	l := newTestLink(Direction{Rate: 1})
	l.enter(&Packet{Payload: make([]byte, maxPayload)}, 0)
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
			l.enter(&Packet{}, 0)
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
	l.enter(&Packet{}, 0)
	l.enter(&Packet{}, 0)
	l.until(2*time.Second - 1)
	l.Loss = 0
	l.wantArrivals(t, 2*time.Second)
	if l.dropped[Loss] != 1 {
		t.Errorf("%d lost, want 1", l.dropped[Loss])
	}
}

// n draws with probability p have the mean np and the variance np(1-p). Five
// standard deviations are left once in 1.7 million.
func TestLossShare(t *testing.T) {
	const n = 100_000
	for _, p := range []float64{0, 0.001, 0.01, 0.1, 0.5, 1} {
		l := newTestLink(Direction{Loss: p})
		for range n {
			l.enter(&Packet{}, 0)
		}
		got, want := float64(l.dropped[Loss]), n*p
		if bound := 5 * math.Sqrt(n*p*(1-p)); math.Abs(got-want) > bound {
			t.Errorf("loss %v: %v of %v packets lost, want %v ± %.0f", p, got, n, want, bound)
		}
	}
}

// The mean of n draws has the standard deviation σ/√n, their deviation that of
// σ/√(2n).
func TestJitter(t *testing.T) {
	const (
		n     = 100_000
		delay = 100 * time.Millisecond
		sigma = 10 * time.Millisecond
	)
	l := newTestLink(Direction{Delay: delay, Jitter: sigma, Reorder: true})
	for range n {
		l.enter(&Packet{}, 0)
	}
	l.until(math.MaxInt64)
	var sum, squares float64
	for _, at := range l.arrived {
		sum += float64(at)
	}
	mean := sum / n
	for _, at := range l.arrived {
		squares += (float64(at) - mean) * (float64(at) - mean)
	}
	deviation := math.Sqrt(squares / n)
	if bound := 5 * float64(sigma) / math.Sqrt(n); math.Abs(mean-float64(delay)) > bound {
		t.Errorf("mean delay %v, want %v ± %v", time.Duration(mean), delay, time.Duration(bound))
	}
	if bound := 5 * float64(sigma) / math.Sqrt(2*n); math.Abs(deviation-float64(sigma)) > bound {
		t.Errorf("standard deviation %v, want %v ± %v", time.Duration(deviation), sigma, time.Duration(bound))
	}
}

func TestReorder(t *testing.T) {
	for _, reorder := range []bool{false, true} {
		l := newTestLink(Direction{Delay: time.Millisecond, Jitter: 5 * time.Millisecond, Reorder: reorder})
		for i := range 1000 {
			now := time.Duration(i) * time.Millisecond
			l.until(now)
			l.enter(&Packet{ID: uint64(i)}, now)
		}
		l.until(math.MaxInt64)
		if inOrder := slices.IsSorted(l.ids); inOrder == reorder {
			t.Errorf("reorder %v: packets arrive in order: %v", reorder, inOrder)
		}
		for i, id := range l.ids {
			if l.arrived[i] < time.Duration(id)*time.Millisecond {
				t.Fatalf("reorder %v: packet %d arrives at %v, before it was sent", reorder, id, l.arrived[i])
			}
		}
	}
}

func TestFlush(t *testing.T) {
	l := newTestLink(Direction{Rate: 224, Delay: time.Minute})
	for range 4 {
		l.enter(&Packet{}, 0)
	}
	l.until(1500 * time.Millisecond)
	l.flush(NetworkDown)
	l.enter(&Packet{}, 1500*time.Millisecond)
	l.wantArrivals(t, 61*time.Second, 62500*time.Millisecond)
	if l.dropped[NetworkDown] != 3 {
		t.Errorf("%d dropped, want 3", l.dropped[NetworkDown])
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
		l.enter(p, now)
	}
}
