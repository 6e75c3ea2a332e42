package vnet

import (
	"cmp"
	"math"
	"time"
)

// CoDel is the active queue management of RFC 8289: it drops packets at the
// queue's head when they have been waiting for longer than Target for all of
// an Interval. The square root of the number of drops sets their pace. It
// lets the queue alone while that holds no more than one packet of the MTU.
type CoDel struct {
	Target   time.Duration // 0 means 5 ms
	Interval time.Duration // 0 means 100 ms
}

const (
	defaultTarget   = 5 * time.Millisecond
	defaultInterval = 100 * time.Millisecond
)

// codel is CoDel at work, with the names of RFC 8289, section 5.
type codel struct {
	firstAbove time.Duration // when the wait will have been too long for an interval; 0: it is not too long
	dropNext   time.Duration
	count      int // drops since the dropping state was entered
	lastCount  int
	dropping   bool
}

// dequeue takes the next packet to send from the queue, or nil, and drops
// those that waited too long.
func (c *codel) dequeue(d *direction, now time.Duration) *Packet {
	p, late := c.head(d, now)
	switch {
	case c.dropping:
		c.dropping = late
		for c.dropping && now >= c.dropNext {
			d.drop(p, d.where, CoDelDrop)
			c.count++
			if p, late = c.head(d, now); late {
				c.dropNext = c.controlLaw(d.CoDel, c.dropNext)
			}
			c.dropping = late
		}
	case late:
		d.drop(p, d.where, CoDelDrop)
		p, _ = c.head(d, now)
		c.dropping = true
		// If the last dropping state is not long gone, begin at the pace
		// that it had come to.
		delta := c.count - c.lastCount
		c.count = 1
		if delta > 1 && now-c.dropNext < 16*d.CoDel.interval() {
			c.count = delta
		}
		c.dropNext = c.controlLaw(d.CoDel, now)
		c.lastCount = c.count
	}
	return p
}

// head takes the head of the queue, or nil, and reports whether it may be
// dropped: waits have been too long for an interval.
func (c *codel) head(d *direction, now time.Duration) (p *Packet, late bool) {
	p = d.pop(now)
	switch {
	case p == nil, p.hop().Wait < d.CoDel.target(), d.queued() <= d.mtu():
		c.firstAbove = 0
	case c.firstAbove == 0:
		c.firstAbove = now + d.CoDel.interval()
	default:
		late = now >= c.firstAbove
	}
	return p, late
}

// controlLaw is the time of the drop that follows one at t.
func (c *codel) controlLaw(settings *CoDel, t time.Duration) time.Duration {
	return t + time.Duration(float64(settings.interval())/math.Sqrt(float64(c.count)))
}

func (c *CoDel) target() time.Duration   { return cmp.Or(c.Target, defaultTarget) }
func (c *CoDel) interval() time.Duration { return cmp.Or(c.Interval, defaultInterval) }
