package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// signaling carries messages between the applications. Each direction between two peers keeps its order, unless the
// scenario says otherwise.
type signaling struct {
	session *Session

	mu       sync.Mutex
	config   scenario.Signaling
	ways     map[[2]string]*way
	underWay []arrival // in the order in which they arrive
	wake     chan struct{}
}

// arrival is what happens when a message arrives.
type arrival struct {
	at time.Duration
	do func()
}

// way is one direction between two peers. Each message takes one draw of each stream, whatever the settings are.
type way struct {
	jitter, loss *rand.Rand
	last         time.Duration // when the last message arrives
}

// signalingName is the name under which changes of the signaling network are recorded.
const signalingName = "signaling"

// Why messages get lost.
const (
	signalLost = "loss"
	signalDown = "signaling down"
)

func newSignaling(s *Session) *signaling {
	g := &signaling{session: s, config: s.scenario.Signaling, ways: make(map[[2]string]*way), wake: make(chan struct{}, 1)}
	go g.carry()
	return g
}

// way returns the way from one peer to another. It is made when it is first taken: of a hundred peers, most never talk to most
// others. The lock is held.
func (g *signaling) way(from, to string) *way {
	key := [2]string{from, to}
	w := g.ways[key]
	if w == nil {
		name := "signaling/" + from + "/" + to
		w = &way{jitter: g.session.random(name + "/jitter"), loss: g.session.random(name + "/loss")}
		g.ways[key] = w
	}
	return w
}

// carry lets messages arrive at their time; those of the same time in the order in which they were sent.
func (g *signaling) carry() {
	for {
		g.mu.Lock()
		var next time.Duration
		waiting := len(g.underWay) > 0
		if waiting {
			next = g.underWay[0].at - g.session.Now()
		}
		var do func()
		if waiting && next <= 0 {
			do = g.underWay[0].do
			g.underWay = g.underWay[1:]
		}
		g.mu.Unlock()
		switch {
		case do != nil:
			do()
		case waiting:
			timer := time.NewTimer(next)
			select {
			case <-g.wake:
			case <-timer.C:
			}
			timer.Stop()
		default:
			<-g.wake
		}
	}
}

// arrive has something happen at a time. The lock is held.
func (g *signaling) arrive(at time.Duration, do func()) {
	i := sort.Search(len(g.underWay), func(i int) bool { return g.underWay[i].at > at })
	g.underWay = slices.Insert(g.underWay, i, arrival{at, do})
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// send sends a message. When it arrives, deliver is called with the event of its arrival; when it is lost, lost, which may
// be nil. Neither may block.
func (g *signaling) send(cause uint64, m recorder.Signal, deliver func(seq uint64), lost func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := g.way(m.From, m.To)
	seq := g.session.log.Add(m.From, recorder.KindSignalSent, cause, m)
	deviation, luck := w.jitter.NormFloat64(), w.loss.Float64()
	drop := func(why string) {
		m.Reason = why
		g.session.log.Add(m.To, recorder.KindSignalDropped, seq, m)
		if lost != nil {
			lost()
		}
	}
	switch {
	case g.config.Down:
		drop(signalDown)
		return
	case luck < float64(g.config.Loss):
		drop(signalLost)
		return
	}
	now := g.session.Now()
	arrives := now + max(0, g.config.Delay+time.Duration(math.Round(deviation*float64(g.config.Jitter))))
	if g.config.Order {
		arrives = max(arrives, w.last)
	}
	w.last = max(w.last, arrives)
	g.arrive(arrives, func() {
		g.mu.Lock()
		down := g.config.Down
		g.mu.Unlock()
		if down {
			drop(signalDown)
			return
		}
		deliver(g.session.log.Add(m.To, recorder.KindSignalDelivered, seq, m))
	})
}

// change makes a change to the signaling network.
func (g *signaling) change(cause uint64, change string, set func(*scenario.Signaling)) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	seq := g.session.log.Add(signalingName, recorder.KindNetwork, cause, recorder.NetworkChange{Change: change})
	set(&g.config)
	return seq
}

// sendCandidate trickles a candidate to the other peer, whose application adds it at once, or when it has set the
// remote description.
func (p *peer) sendCandidate(cause uint64, to *peer, init webrtc.ICECandidateInit) {
	message := recorder.Signal{From: p.name, To: to.name, Type: "candidate", Candidate: &init.Candidate}
	p.session.signaling.send(cause, message, func(seq uint64) {
		to.inbox <- func() { to.receiveCandidate(seq, init) }
	}, nil)
}
