package ice

import (
	"container/heap"
	"time"
)

// A timer is a moment at which something is over that no event tells of.
type timer struct {
	at         time.Duration
	number     int // in the order in which they were set
	generation *generation
	pair       *pair
	failure    bool // of the pair; else consent runs out
}

// timers are the timers to come.
type timers struct {
	queue timerQueue
	set   int // so far
}

func (t *timers) add(x timer) {
	t.set++
	x.number = t.set
	heap.Push(&t.queue, x)
}

// next takes out the next timer that is due before a time, or at it if that counts.
func (t *timers) next(now time.Duration, due bool) (timer, bool) {
	if len(t.queue) == 0 || t.queue[0].at > now || t.queue[0].at == now && !due {
		return timer{}, false
	}
	return heap.Pop(&t.queue).(timer), true
}

// timerQueue is a heap, for container/heap.
type timerQueue []timer

func (q timerQueue) Len() int { return len(q) }
func (q timerQueue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].number < q[j].number
}
func (q timerQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *timerQueue) Push(x any)   { *q = append(*q, x.(timer)) }
func (q *timerQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// expire does what the timer is for, if it still holds.
func (x timer) expire() {
	g, p := x.generation, x.pair
	if g.ended != nil {
		return
	}
	if x.failure {
		if p.State == InProgress && p.pings == maxChecks && g.selected == nil && !g.nominating {
			g.setPairState(p, Failed, "no answer to 8 checks")
		}
		return
	}
	if p == g.selected && p.Answered.Last+consentTime == x.at && !p.expired {
		p.expired = true
		g.changed(Change{Subject: p.label(), Aspect: AspectConsent, From: "fresh", To: "expired", Why: "no answer for 30s"})
	}
}
