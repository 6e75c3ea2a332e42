package sim

import (
	"fmt"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// negotiation is one offer and answer exchange, as two applications do it over signaling.
type negotiation struct {
	session *Session
	line    int
	from    *peer
	to      *peer
	options scenario.NegotiateOptions
	done    chan error
}

// candidateWaiting is a candidate that came before the remote description.
type candidateWaiting struct {
	cause uint64
	init  webrtc.ICECandidateInit
}

// negotiate runs a negotiate step and returns when the offerer has set the answer.
func (s *Session) negotiate(cause uint64, line int, a *scenario.Negotiate) error {
	n := &negotiation{session: s, line: line, from: s.peers[a.From], to: s.peers[a.To], options: a.With, done: make(chan error, 1)}
	if a.With.Trickle {
		n.from.trickle(n.to)
		n.to.trickle(n.from)
	}
	if err := n.offer(cause); err != nil {
		return err
	}
	return <-n.done
}

// offer is the offerer's part.
func (n *negotiation) offer(cause uint64) error {
	offer, err := n.make(cause, n.from, "createOffer", func() (any, func() (any, error), error) { return n.from.createOffer(n.options.ICERestart) })
	if err != nil {
		return err
	}
	n.send(cause, n.from, n.to, offer, func(seq uint64) {
		if err := n.answer(seq, offer); err != nil {
			n.done <- err
		}
	})
	return nil
}

// answer is what the answerer does when the offer is there.
func (n *negotiation) answer(cause uint64, offer webrtc.SessionDescription) error {
	if err := n.setRemote(cause, n.to, offer); err != nil {
		return err
	}
	answer, err := n.make(cause, n.to, "createAnswer", n.to.createAnswer)
	if err != nil {
		return err
	}
	n.send(cause, n.to, n.from, answer, func(seq uint64) {
		n.done <- n.setRemote(seq, n.from, answer)
	})
	return nil
}

// make creates a description and sets it, and waits for all candidates where they do not trickle.
func (n *negotiation) make(cause uint64, p *peer, method string, create func() (any, func() (any, error), error)) (webrtc.SessionDescription, error) {
	result, err := n.call(cause, p, method, create)
	if err != nil {
		return webrtc.SessionDescription{}, err
	}
	desc := result.(webrtc.SessionDescription)
	gathered := webrtc.GatheringCompletePromise(p.pc)
	_, err = n.call(cause, p, "setLocalDescription", func() (any, func() (any, error), error) { return p.setLocalDescription(desc) })
	if err != nil {
		return desc, err
	}
	if !n.options.Trickle {
		<-gathered
		if local := p.pc.LocalDescription(); local != nil {
			desc = *local
		}
	}
	return desc, nil
}

// setRemote sets the remote description, and adds the candidates that came before it.
func (n *negotiation) setRemote(cause uint64, p *peer, desc webrtc.SessionDescription) error {
	_, err := n.call(cause, p, "setRemoteDescription", func() (any, func() (any, error), error) { return p.setRemoteDescription(desc) })
	if err != nil {
		return err
	}
	p.mu.Lock()
	early := p.early
	p.early = nil
	p.mu.Unlock()
	for _, c := range early {
		p.addCandidate(c.cause, c.init)
	}
	return nil
}

func (n *negotiation) call(cause uint64, p *peer, method string, m func() (any, func() (any, error), error)) (any, error) {
	args, do, err := m()
	if err != nil {
		return nil, err
	}
	result, err := n.session.call(invocation{cause: cause, peer: p, method: method, args: args, line: n.line}, do)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %s: %w", p.name, method, errorName(err), err)
	}
	return result, nil
}

// send signals a description. What the receiver does about it runs in its application, one message after the other.
func (n *negotiation) send(cause uint64, from, to *peer, desc webrtc.SessionDescription, receive func(seq uint64)) {
	message := recorder.Signal{From: from.name, To: to.name, Type: desc.Type.String(), SDP: desc.SDP}
	n.session.signaling.send(cause, message, func(seq uint64) {
		to.inbox <- func() { receive(seq) }
	}, nil)
}

// trickle has the peer send its candidates to the other one from now on.
func (p *peer) trickle(to *peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trickleTo = to
}

// receiveCandidate is what the application does with a candidate from the other side: it keeps it until there is a
// remote description, since addIceCandidate would reject it before.
func (p *peer) receiveCandidate(cause uint64, init webrtc.ICECandidateInit) {
	if p.pc.RemoteDescription() == nil {
		p.mu.Lock()
		p.early = append(p.early, candidateWaiting{cause, init})
		p.mu.Unlock()
		return
	}
	p.addCandidate(cause, init)
}

// addCandidate adds a trickled candidate. An error is recorded with the call and is no failure of the run: an
// application goes on without the candidate.
func (p *peer) addCandidate(cause uint64, init webrtc.ICECandidateInit) {
	args, do, _ := p.addICECandidate(init)
	p.session.call(invocation{cause: cause, peer: p, method: "addIceCandidate", args: args}, do)
}
