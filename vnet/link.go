package vnet

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A Link joins a network to the core of the internet. All hosts of the network
// share it: in each direction there is one queue. The zero value is a perfect
// link, which takes no time and loses nothing.
type Link struct {
	Up   Direction // from the hosts to the core
	Down Direction // from the core to the hosts
}

// A Direction is what a [Link] does to the packets that go one way.
type Direction struct {
	// Delay is the one-way propagation delay, at least 0.
	Delay time.Duration

	// Jitter is the standard deviation of a normal distribution that is added
	// to Delay for each packet. The sum never falls below 0.
	Jitter time.Duration

	// Reorder lets packets overtake each other by jitter, or when Delay is
	// made shorter. Without it a packet arrives no earlier than the one before
	// it.
	Reorder bool

	// Loss is the probability with which a packet is lost, each independently
	// of the others, from 0 to 1.
	Loss float64

	// Rate is the capacity in bits per second, IP and UDP headers included.
	// 0 means unlimited.
	Rate int64

	// Queue is the number of packets that may wait while another one is being
	// sent; what comes when the queue is full is dropped. 0 means 1000, or no
	// limit where QueueBytes is set.
	Queue int

	// QueueBytes is the number of bytes, IP and UDP headers included, that may
	// wait. 0 means that only packets are counted.
	QueueBytes int
}

const defaultQueue = 1000

func (l Link) validate() error {
	if err := l.Up.validate(); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	if err := l.Down.validate(); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

func (d Direction) validate() error {
	switch {
	case d.Delay < 0:
		return errors.New("negative delay")
	case d.Jitter < 0:
		return errors.New("negative jitter")
	case !(d.Loss >= 0 && d.Loss <= 1): // NaN, too
		return errors.New("loss is not between 0 and 1")
	case d.Rate < 0:
		return errors.New("negative rate")
	case d.Queue < 0, d.QueueBytes < 0:
		return errors.New("negative queue")
	}
	return nil
}

// direction is a Direction at work. A packet that enters it goes through, in
// this order, the queue with its tail drop, serialisation at the link's rate,
// loss, delay and jitter; then it leaves to exit, or it was dropped.
//
// Its methods are called by one goroutine at a time, in the order of time.
type direction struct {
	Direction
	where string // for drops, as "home/up"

	sched *scheduler
	exit  hop
	drop  func(p *Packet, where string, why Reason)
	sent  hop // d.serialised, kept because a method value allocates

	// Both streams are drawn from once for each packet, whatever the settings
	// are: changing a setting changes what it does and nothing else.
	loss, jitter *rand.Rand

	sending *Packet       // the packet whose bits are going out, or nil
	queue   []*Packet     // those that wait for it
	waiting int           // bytes in the queue
	last    time.Duration // the latest time at which a packet leaves the link
}

// set changes the settings. The random streams go on where they are.
func (d *direction) set(settings Direction) { d.Direction = settings }

func (d *direction) enter(p *Packet, now time.Duration) {
	if d.sending == nil {
		d.send(p, now)
		return
	}
	if d.full(p) {
		d.drop(p, d.where, QueueFull)
		return
	}
	d.queue = append(d.queue, p)
	d.waiting += p.size()
}

// full reports whether there is no room for the packet in the queue.
func (d *direction) full(p *Packet) bool {
	packets := d.Queue
	if packets == 0 && d.QueueBytes == 0 {
		packets = defaultQueue
	}
	return packets > 0 && len(d.queue) >= packets ||
		d.QueueBytes > 0 && d.waiting+p.size() > d.QueueBytes
}

// send puts the packet's bits on the link.
func (d *direction) send(p *Packet, now time.Duration) {
	if d.Rate == 0 {
		d.propagate(p, now)
		return
	}
	d.sending = p
	d.sched.add(now+d.serialisation(p.size()), d.sent, p)
}

// serialisation is the time that so many bytes take at the link's rate. It is
// rounded up to a nanosecond: the packet is not through before its last bit is.
func (d *direction) serialisation(bytes int) time.Duration {
	bits := 8 * int64(bytes)
	return time.Duration((bits*int64(time.Second) + d.Rate - 1) / d.Rate)
}

// serialised is reached when the packet's last bit is on the link.
func (d *direction) serialised(p *Packet, now time.Duration) {
	if d.sending != p {
		return // it was dropped by flush
	}
	d.sending = nil
	d.propagate(p, now)
	for d.sending == nil && len(d.queue) > 0 {
		next := d.queue[0]
		d.queue[0] = nil
		d.queue = d.queue[1:]
		d.waiting -= next.size()
		d.send(next, now)
	}
}

func (d *direction) propagate(p *Packet, now time.Duration) {
	luck, deviation := d.loss.Float64(), d.jitter.NormFloat64()
	if luck < d.Loss {
		d.drop(p, d.where, Loss)
		return
	}
	at := now + max(0, d.Delay+time.Duration(math.Round(deviation*float64(d.Jitter))))
	if !d.Reorder {
		at = max(at, d.last)
	}
	d.last = max(at, d.last)
	d.sched.add(at, d.exit, p)
}

// flush drops what waits for the link or is being sent. What has been sent
// goes on.
func (d *direction) flush(why Reason) {
	if d.sending != nil {
		d.drop(d.sending, d.where, why)
	}
	for _, p := range d.queue {
		d.drop(p, d.where, why)
	}
	d.sending, d.queue, d.waiting = nil, nil, 0
}
