package vnet

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A Link joins a network to the core of the internet. All hosts of the network
// share it: in each direction there is one queue. The zero value is a perfect
// link, which takes no time and loses nothing, with an MTU of 1500 bytes.
type Link struct {
	Up   Direction // from the hosts to the core
	Down Direction // from the core to the hosts
}

// A Direction is what a [Link] does to the packets that go one way.
// Probabilities are from 0 to 1.
type Direction struct {
	// Delay is the one-way propagation delay, at least 0.
	Delay time.Duration

	// Jitter is the size of a random deviation that is added to Delay for
	// each packet. The sum never falls below 0.
	Jitter time.Duration

	// JitterDistribution is the shape of the deviation. The zero value is
	// [Normal], of which Jitter is the standard deviation.
	JitterDistribution Distribution

	// JitterCorrelation, ρ, makes a packet's deviation follow the one before
	// it: it is (1-ρ) of a fresh one and ρ of the last. From 0 to 1.
	JitterCorrelation float64

	// Reorder lets packets overtake each other by jitter, or when Delay is
	// made shorter. Without it a packet arrives no earlier than the one before
	// it.
	Reorder bool

	// Loss is the probability with which a packet is lost, each independently
	// of the others unless Burst is set.
	Loss float64

	// Burst is the mean number of packets in a row that are lost, while the
	// share of all that are lost stays Loss. It must be greater than
	// Loss/(1-Loss), rounded up. 0 means independent losses.
	Burst float64

	// GilbertElliott is a full model of loss. nil means none; it excludes Loss
	// and Burst.
	GilbertElliott *GilbertElliott

	// Rate is the capacity in bits per second, headers included. 0 means
	// unlimited.
	Rate int64

	// RateTrace is a capacity that changes with time, from the start of the
	// internet's clock. It takes the place of Rate. nil means none.
	RateTrace *RateTrace

	// Queue is the number of packets that may wait while another one is being
	// sent; what comes when the queue is full is dropped. 0 means 1000, or no
	// limit where QueueBytes is set.
	Queue int

	// QueueBytes is the number of bytes, headers included, that may wait. 0
	// means that only packets are counted.
	QueueBytes int

	// CoDel keeps the queue short. nil means that packets are dropped only
	// when the queue is full.
	CoDel *CoDel

	// Overhead is the length of the headers that each packet takes with it, in
	// bytes. 0 means 28, those of IPv4 and UDP; a negative number means none.
	Overhead int

	// MTU is the length of the longest packet that the link takes, in bytes,
	// with the 28 of its IPv4 and UDP headers, whatever Overhead is. Longer
	// ones are dropped: nothing is fragmented. 0 means 1500.
	MTU int

	// Duplicate is the probability with which a packet arrives twice.
	Duplicate float64

	// Corrupt is the probability with which one bit of a packet's payload is
	// flipped.
	Corrupt float64

	// Drop has rules by which packets are dropped that come to the link. A new
	// list counts anew; the same slice, set again, counts on.
	Drop []DropRule
}

const (
	defaultQueue = 1000
	defaultMTU   = 1500
	maxOverhead  = 1500
)

func (l Link) validate() error {
	if err := l.Up.validate(); err != nil {
		return fmt.Errorf("up: %w", err)
	}
	if err := l.Down.validate(); err != nil {
		return fmt.Errorf("down: %w", err)
	}
	return nil
}

func (d *Direction) validate() error {
	switch {
	case d.Delay < 0:
		return errors.New("negative delay")
	case d.Jitter < 0:
		return errors.New("negative jitter")
	case d.JitterDistribution > Pareto:
		return errors.New("unknown distribution of jitter")
	case !isShare(d.JitterCorrelation):
		return errors.New("correlation of jitter is not between 0 and 1")
	case d.Rate < 0:
		return errors.New("negative rate")
	case d.Queue < 0, d.QueueBytes < 0:
		return errors.New("negative queue")
	case d.CoDel != nil && (d.CoDel.Target < 0 || d.CoDel.Interval < 0):
		return errors.New("CoDel: negative time")
	case d.Overhead > maxOverhead:
		return fmt.Errorf("overhead of more than %d bytes", maxOverhead)
	case d.MTU != 0 && d.MTU < overhead:
		return fmt.Errorf("MTU of less than %d bytes, which are the headers", overhead)
	case !isShare(d.Duplicate):
		return errors.New("duplicate is not between 0 and 1")
	case !isShare(d.Corrupt):
		return errors.New("corrupt is not between 0 and 1")
	}
	for i := range d.Drop {
		if err := d.Drop[i].validate(); err != nil {
			return fmt.Errorf("drop rule %d: %w", i+1, err)
		}
	}
	return d.validateLoss()
}

func (d *Direction) mtu() int { return cmp.Or(d.MTU, defaultMTU) }

// headers is the length of a packet's headers on this link.
func (d *Direction) headers() int { return max(0, cmp.Or(d.Overhead, overhead)) }

// direction is a Direction at work. A packet that enters it goes through, in
// this order, the drop rules, the check of its size, the queue with its tail
// drop, CoDel, serialisation at the link's rate, loss, corruption, delay and
// jitter, and duplication; then it leaves to exit, or it was dropped.
//
// The settings may be replaced at any time. Its methods are called by one
// goroutine at a time, in the order of time.
type direction struct {
	Direction
	where string // for drops and paths, as "home/up"

	sched *scheduler
	exit  hop
	start func(p *Packet)
	drop  func(p *Packet, where string, why Reason)
	sent  hop // d.serialised, kept because a method value allocates

	// Each of their streams is drawn from once for each packet that the link
	// carries, whatever the settings are: changing a setting changes what it
	// does and nothing else.
	losses     losses
	jitters    jitters
	duplicates *rand.Rand
	corruption *rand.Rand

	drops   drops
	codel   codel
	credit  credit
	sending *Packet       // the packet whose bits are going out, or nil
	queue   []*Packet     // those that wait for it
	waiting int           // bytes of payload in the queue
	last    time.Duration // the latest time at which a packet leaves the link
}

// set changes the settings. The random streams go on where they are.
func (d *direction) set(settings Direction) { d.Direction = settings }

// newDirection returns a direction of the given name, which hands the packets
// that it carried to exit. Its random streams are called name/loss,
// name/state, name/jitter, name/duplicate and name/corrupt.
func (in *Internet) newDirection(name string, d Direction, exit hop) *direction {
	dir := &direction{
		Direction:  d,
		where:      name,
		sched:      in.sched,
		exit:       exit,
		start:      in.flight.start,
		drop:       in.flight.dropped,
		losses:     losses{turns: in.random(name + "/state"), luck: in.random(name + "/loss")},
		jitters:    jitters{draws: in.random(name + "/jitter")},
		duplicates: in.random(name + "/duplicate"),
		corruption: in.random(name + "/corrupt"),
	}
	dir.sent = dir.serialised
	return dir
}

func (d *direction) enter(p *Packet, now time.Duration) {
	p.enters(d.where, now)
	switch why := d.drops.next(d.Drop, p, now); {
	case why != "":
		d.drop(p, d.where, why)
	case p.size() > d.mtu():
		d.drop(p, d.where, TooLarge)
	case d.sending == nil:
		d.send(p, now)
	case d.full(p):
		d.drop(p, d.where, QueueFull)
	default:
		d.queue = append(d.queue, p)
		d.waiting += len(p.Payload)
	}
}

// full reports whether there is no room for the packet in the queue.
func (d *direction) full(p *Packet) bool {
	packets := d.Queue
	if packets == 0 && d.QueueBytes == 0 {
		packets = defaultQueue
	}
	return packets > 0 && len(d.queue) >= packets ||
		d.QueueBytes > 0 && d.queued()+d.size(p) > d.QueueBytes
}

// size is the packet's length on this link, in bytes.
func (d *direction) size(p *Packet) int { return len(p.Payload) + d.headers() }

// queued is the length of the queue in bytes.
func (d *direction) queued() int { return d.waiting + len(d.queue)*d.headers() }

// pop takes the head of the queue, or nil.
func (d *direction) pop(now time.Duration) *Packet {
	if len(d.queue) == 0 {
		return nil
	}
	p := d.queue[0]
	d.queue[0] = nil
	d.queue = d.queue[1:]
	d.waiting -= len(p.Payload)
	p.hop().Wait = now - p.hop().Time
	return p
}

// dequeue takes the packet from the queue that is to be sent next, or nil.
func (d *direction) dequeue(now time.Duration) *Packet {
	if d.CoDel == nil {
		d.codel = codel{}
		return d.pop(now)
	}
	return d.codel.dequeue(d, now)
}

// send puts the packet's bits on the link.
func (d *direction) send(p *Packet, now time.Duration) {
	through := now
	switch {
	case d.RateTrace != nil:
		through = d.credit.spend(d.RateTrace, d.size(p), p.hop().Time, now)
	case d.Rate != 0:
		through += d.serialisation(d.size(p))
	default:
		d.propagate(p, now)
		return
	}
	d.sending = p
	d.sched.add(through, d.sent, p)
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
	for d.sending == nil {
		next := d.dequeue(now)
		if next == nil {
			return
		}
		d.send(next, now)
	}
}

func (d *direction) propagate(p *Packet, now time.Duration) {
	lost, deviation := d.losses.next(&d.Direction), d.jitters.next(&d.Direction)
	twice, corruption := d.duplicates.Float64() < d.Duplicate, d.corruption.Uint64()
	if lost != "" {
		d.drop(p, d.where, lost)
		return
	}
	d.corrupt(p, corruption)
	at := now + max(0, d.Delay+deviation)
	if !d.Reorder {
		at = max(at, d.last)
	}
	d.last = max(at, d.last)
	d.sched.add(at, d.exit, p)
	if twice {
		d.sched.add(at, d.exit, d.duplicate(p))
	}
}

// corrupt flips a bit of the payload, if the draw says so. Its upper half
// decides whether, and its lower half which.
func (d *direction) corrupt(p *Packet, draw uint64) {
	if float64(draw>>32) >= d.Corrupt*(1<<32) || len(p.Payload) == 0 {
		return
	}
	bit := int(uint64(uint32(draw)) * uint64(8*len(p.Payload)) >> 32)
	p.Payload = slices.Clone(p.Payload) // the sender's bytes are the observer's
	p.Payload[bit/8] ^= 0x80 >> (bit % 8)
	p.Corrupted = append(p.Corrupted, bit)
}

// duplicate makes a copy of the packet, which has come the same way.
func (d *direction) duplicate(p *Packet) *Packet {
	c := &Packet{
		From:      d.where,
		Src:       p.Src,
		Dst:       p.Dst,
		Payload:   p.Payload,
		CopyOf:    p.ID,
		Info:      p.Info,
		Corrupted: slices.Clone(p.Corrupted),
		site:      p.site,
		src:       p.src,
		dst:       p.dst,
		path:      slices.Clone(p.path),
	}
	d.start(c)
	c.setTag()
	return c
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
	d.codel.firstAbove, d.codel.dropping = 0, false
	d.credit = credit{}
}
