package ice

import (
	"container/heap"
	"time"
)

// A timer is a moment at which something is over that no event tells of.
type timer struct {
	at         time.Duration
	generation *generation
	pair       *pair
	failure    bool // of the pair; else consent runs out
}

// timers are the timers to come, the next one first.
type timers []timer

func (t *timers) add(x timer) { heap.Push(t, x) }

// Len, Less, Swap, Push and Pop are for container/heap.
func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return t[i].at < t[j].at }
func (t timers) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)        { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
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
