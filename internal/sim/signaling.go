package sim

import (
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// signaling carries messages between the applications. Each direction between two peers keeps its order.
type signaling struct {
	session *Session
	ways    map[[2]string]*way
}

// way is one direction between two peers.
type way struct {
	messages chan letter
	jitter   func() float64

	mu   sync.Mutex
	last time.Duration // when the last message arrives
}

// letter is a message under way.
type letter struct {
	recorder.Signal
	sent    uint64 // the event
	arrives time.Duration
	deliver func(seq uint64)
}

func newSignaling(s *Session) *signaling {
	g := &signaling{session: s, ways: make(map[[2]string]*way)}
	for _, from := range s.scenario.Peers {
		for _, to := range s.scenario.Peers {
			if from == to {
				continue
			}
			w := &way{
				messages: make(chan letter, 4096),
				jitter:   s.random("signaling/" + from.Name + "/" + to.Name + "/jitter").NormFloat64,
			}
			g.ways[[2]string{from.Name, to.Name}] = w
			go g.carry(w)
		}
	}
	return g
}

// send sends a message. When it arrives, deliver is called with the event of its arrival; it must not block.
func (g *signaling) send(cause uint64, m recorder.Signal, deliver func(seq uint64)) {
	w := g.ways[[2]string{m.From, m.To}]
	w.mu.Lock()
	defer w.mu.Unlock()
	config := g.session.scenario.Signaling
	delay := config.Delay
	if config.Jitter > 0 {
		delay = max(0, delay+time.Duration(w.jitter()*float64(config.Jitter)))
	}
	w.last = max(w.last, g.session.Now()+delay)
	seq := g.session.log.Add(m.From, recorder.KindSignalSent, cause, m)
	w.messages <- letter{Signal: m, sent: seq, arrives: w.last, deliver: deliver}
}

func (g *signaling) carry(w *way) {
	for m := range w.messages {
		time.Sleep(m.arrives - g.session.Now())
		m.deliver(g.session.log.Add(m.To, recorder.KindSignalDelivered, m.sent, m.Signal))
	}
}

// sendCandidate trickles a candidate to the other peer, whose application adds it at once, or when it has set the
// remote description.
func (p *peer) sendCandidate(cause uint64, to *peer, init webrtc.ICECandidateInit) {
	message := recorder.Signal{From: p.name, To: to.name, Type: "candidate", Candidate: &init.Candidate}
	p.session.signaling.send(cause, message, func(seq uint64) {
		to.inbox <- func() { to.receiveCandidate(seq, init) }
	})
}
