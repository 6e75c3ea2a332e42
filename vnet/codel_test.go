package vnet

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// rfcQueue is the pseudo-code of RFC 8289, section 5, as literally as Go can
// say it, with the RFC's names.
type rfcQueue struct {
	TARGET, INTERVAL time.Duration
	MAXPACKET        int

	packets []*rfcPacket
	bytes   int
	drop    func(p *rfcPacket)

	first_above_time_ time.Duration
	drop_next_        time.Duration
	count_            uint32
	lastcount_        uint32
	dropping_         bool

	entered, resumed int // what the test wants to know: how often it began to drop, and at an earlier pace
}

type rfcPacket struct {
	id     int
	size   int
	tstamp time.Duration
}

type dodequeue_result struct {
	p          *rfcPacket
	ok_to_drop bool
}

func (q *rfcQueue) enqueue(p *rfcPacket, now time.Duration) {
	p.tstamp = now
	q.packets = append(q.packets, p)
	q.bytes += p.size
}

func (q *rfcQueue) queue_t_dequeue() *rfcPacket {
	if len(q.packets) == 0 {
		return nil
	}
	p := q.packets[0]
	q.packets = q.packets[1:]
	q.bytes -= p.size
	return p
}

func (q *rfcQueue) dodequeue(now time.Duration) dodequeue_result {
	r := dodequeue_result{q.queue_t_dequeue(), false}
	if r.p == nil {
		q.first_above_time_ = 0
		return r
	}
	sojourn_time := now - r.p.tstamp
	if sojourn_time < q.TARGET || q.bytes <= q.MAXPACKET {
		q.first_above_time_ = 0
	} else {
		if q.first_above_time_ == 0 {
			q.first_above_time_ = now + q.INTERVAL
		} else if now >= q.first_above_time_ {
			r.ok_to_drop = true
		}
	}
	return r
}

func (q *rfcQueue) control_law(t time.Duration, count uint32) time.Duration {
	return t + time.Duration(float64(q.INTERVAL)/math.Sqrt(float64(count)))
}

func (q *rfcQueue) dequeue(now time.Duration) *rfcPacket {
	r := q.dodequeue(now)
	var delta uint32
	if q.dropping_ {
		if !r.ok_to_drop {
			q.dropping_ = false
		}
		for now >= q.drop_next_ && q.dropping_ {
			q.drop(r.p)
			q.count_++
			r = q.dodequeue(now)
			if !r.ok_to_drop {
				q.dropping_ = false
			} else {
				q.drop_next_ = q.control_law(q.drop_next_, q.count_)
			}
		}
	} else if r.ok_to_drop {
		q.drop(r.p)
		r = q.dodequeue(now)
		q.dropping_ = true
		delta = q.count_ - q.lastcount_
		q.count_ = 1
		if delta > 1 && now-q.drop_next_ < 16*q.INTERVAL {
			q.count_ = delta
			q.resumed++
		}
		q.drop_next_ = q.control_law(now, q.count_)
		q.lastcount_ = q.count_
		q.entered++
	}
	return r.p
}

// The link drops the packets that RFC 8289 drops, and sends the others when
// it does, to the nanosecond. The load comes and goes.
func TestCoDelIsRFC8289(t *testing.T) {
	const (
		n    = 100_000
		rate = 4_000_000
	)
	for _, test := range []struct {
		codel            CoDel
		target, interval time.Duration
		mtu              int
	}{
		{CoDel{}, 5 * time.Millisecond, 100 * time.Millisecond, 1500},
		{CoDel{Target: time.Millisecond, Interval: 20 * time.Millisecond}, time.Millisecond, 20 * time.Millisecond, 1500},
		{CoDel{Target: 15 * time.Millisecond}, 15 * time.Millisecond, 100 * time.Millisecond, 9000},
	} {
		// A server that takes its packets from the RFC's queue. ends are the
		// times at which the packets are through, or -1.
		ends, waits := make([]time.Duration, n), make([]time.Duration, n)
		q := &rfcQueue{TARGET: test.target, INTERVAL: test.interval, MAXPACKET: test.mtu}
		q.drop = func(p *rfcPacket) { ends[p.id] = -1 }
		var through time.Duration // of the packet that is being sent
		sending := false
		turn := func(now time.Duration) {
			p := q.dequeue(now)
			if sending = p != nil; sending {
				waits[p.id] = now - p.tstamp
				through = now + time.Duration(math.Ceil(float64(p.size)*8e9/rate))
				ends[p.id] = through
			}
		}

		l := newTestLink(Direction{Rate: rate, Queue: n, CoDel: &test.codel, MTU: test.mtu})
		r := rand.New(rand.NewPCG(1, 1))
		var now time.Duration
		for i := range n {
			load := 0.7
			if i/500%2 == 1 {
				load = 1.5
			}
			size := 100 + r.IntN(1300)
			now += time.Duration(r.ExpFloat64() * 750 * 8e9 / rate / load)
			for sending && through <= now {
				turn(through)
			}
			q.enqueue(&rfcPacket{id: i, size: size}, now)
			if !sending {
				turn(now)
			}
			l.until(now)
			l.send(size-overhead, now)
		}
		for sending {
			turn(through)
		}
		l.until(math.MaxInt64)

		drops := 0
		for i, f := range l.fates {
			switch {
			case f.why == CoDelDrop:
				drops++
				f.at = -1
			case f.why != "":
				t.Fatalf("packet %d: %s", i, f.why)
			case l.packets[i].path[0].Wait != waits[i]:
				t.Fatalf("%+v: packet %d waits for %v, by RFC 8289 for %v", test.codel, i, l.packets[i].path[0].Wait, waits[i])
			}
			if f.at != ends[i] {
				t.Fatalf("%+v: packet %d arrives at %v, by RFC 8289 at %v", test.codel, i, f.at, ends[i])
			}
		}
		if drops < 1000 || q.entered < 50 || q.resumed < 10 {
			t.Errorf("%+v: the load is too weak: %d drops in %d dropping states, %d of them at an earlier pace",
				test.codel, drops, q.entered, q.resumed)
		}
	}
}

// A constant overload by packets of one size, which take S each: a packets
// come and c = 1/S are sent in a second, so that the queue grows by e = a-c.
// Behind a packet that comes to its turn after a wait of W there are those that
// came meanwhile, which are W·a. So the wait is that of the target when the
// queue holds target·a packets, and an interval I later, when dropping begins,
// it holds
//
//	Q = target·a + e·I.
//
// The k-th drop after the first comes I·(1+1/√2+…+1/√k) later, which is
// between 2I·(√(k+1)-1) and 2I·√k. So after a time t between (t/2I)² and
// (t/2I+1)² packets are dropped, and the longest queue is between
//
//	max over t of Q + e·t - (t/2I+1)² = Q + (eI)² - 2eI  and
//	max over t of Q + e·t - (t/2I)²   = Q + (eI)².
//
// The longest wait is 1/a of that. Counts are whole: of the queue at the
// target and at its longest, and of the drops, which makes 3 packets; and three
// times something waits for a packet's turn, up to S, while the queue grows by
// e·S. Later dropping states begin at a higher pace and do not exceed the first.
func TestCoDelSojournInOverload(t *testing.T) {
	const (
		S        = time.Millisecond // 1250 bytes at 10 Mbit/s
		target   = 5 * time.Millisecond
		interval = 100 * time.Millisecond
	)
	for _, overload := range []float64{0.02, 0.05, 0.1, 0.2} {
		c := 1 / S.Seconds()
		a, e := c*(1+overload), c*overload
		l := newTestLink(Direction{Rate: 10_000_000, Queue: 1e6, CoDel: &CoDel{Target: target, Interval: interval}})
		l.stream(100_000, 1250-overhead, time.Duration(float64(S)/(1+overload)))

		eI := e * interval.Seconds()
		begin := target.Seconds()*a + eI
		slack := 3 + 3*e*S.Seconds()
		low, high := (begin+eI*eI-2*eI-slack)/a, (begin+eI*eI+slack)/a
		var longest time.Duration
		for _, p := range l.packets {
			longest = max(longest, p.path[0].Wait)
		}
		if got := longest.Seconds(); got < low || got > high {
			t.Errorf("overload %v: the longest wait is %.4f s, want between %.4f and %.4f", overload, got, low, high)
		}
		if l.dropped[CoDelDrop] == 0 || l.dropped[QueueFull] != 0 {
			t.Errorf("overload %v: dropped: %v", overload, l.dropped)
		}
	}
}

// CoDel forgets how long packets waited when it is taken away.
func TestCoDelBeginsAnew(t *testing.T) {
	run := func(codel *CoDel) int {
		l := newTestLink(Direction{Rate: 10_000_000, CoDel: &CoDel{}, Queue: 1e6})
		for i := range 400 {
			now := time.Duration(i) * time.Millisecond / 2
			l.until(now)
			if i == 100 {
				l.CoDel = codel
			}
			if i == 200 {
				l.CoDel = &CoDel{}
			}
			l.send(1250-overhead, now)
		}
		l.until(150 * time.Millisecond)
		return l.dropped[CoDelDrop]
	}
	if with, without := run(&CoDel{}), run(nil); with == 0 || without != 0 {
		t.Errorf("%d drops by 150 ms, and %d after a break at 100 ms; want some and none", with, without)
	}
}
