package explain

import (
	"fmt"
	"strings"
)

// negotiationRules are about offers and answers that do not get to where they belong.
var negotiationRules = []Rule{
	{
		Name: "offer-not-made", Answers: NotNegotiated, Suspect: "an offer that nobody makes",
		Doc: "No side has made an offer and set it as its local description.",
		find: stalledAt("not made", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("neither %s nor %s has made an offer", s.from, s.to)}
		}),
	},
	{
		Name: "answer-not-made", Answers: NotNegotiated, Suspect: "an answer that nobody makes",
		Doc: "The offer has arrived and is set, and the application has made no answer to it: createAnswer and setLocalDescription are missing.",
		find: stalledAt("not answered", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("%s has set %s's offer, and made no answer to it", s.from, s.to)}
		}),
	},
	{
		Name: "description-not-set-locally", Answers: NotNegotiated, Suspect: "descriptions that nobody sets locally",
		Doc: "createOffer or createAnswer made a description, and the application never called setLocalDescription with it: until then it counts for nothing, and no candidates are gathered.",
		find: stalledAt("not set locally", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("%s made an %s, and never set it as its local description", s.from, s.kind)}
		}),
	},
	{
		Name: "description-not-signaled", Answers: NotNegotiated, Suspect: "descriptions that nobody sends",
		Doc: "A side has set its local description, and its application never sent it to the other side. Setting it sends nothing: signaling is the application's.",
		find: stalledAt("not signaled", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("%s has set its %s, and never sent it to %s", s.from, s.kind, s.to)}
		}),
	},
	{
		Name: "description-lost", Answers: NotNegotiated, Suspect: "descriptions that signaling loses",
		Doc: "An offer or an answer was sent, and signaling lost it. Nothing in WebRTC sends it again: that is for the application to do.",
		find: stalledAt("lost", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("%s's %s never came to %s: signaling lost it (%s)", s.from, s.kind, s.to, s.signal.Reason)}
		}),
	},
	{
		Name: "description-under-way", Answers: NotNegotiated, Suspect: "slow signaling",
		Doc: "An offer or an answer was sent, and had not arrived at the end.",
		find: stalledAt("under way", func(s *stall) *Cause {
			return &Cause{Peer: s.from, Text: fmt.Sprintf("%s's %s is under way to %s since %s", s.from, s.kind, s.to, seconds(s.signal.Time))}
		}),
	},
	{
		Name: "description-not-set", Answers: NotNegotiated, Suspect: "descriptions that nobody sets",
		Doc: "An offer or an answer arrived, and the application never called setRemoteDescription with it.",
		find: stalledAt("not set", func(s *stall) *Cause {
			return &Cause{Peer: s.to, Text: fmt.Sprintf("%s's %s came to %s at %s, and was never set", s.from, s.kind, s.to, seconds(s.signal.Delivered.Time))}
		}),
	},
	{
		Name: "description-refused", Answers: NotNegotiated, Suspect: "descriptions that are refused",
		Doc: "A call that the negotiation needs was rejected.",
		find: stalledAt("refused", func(s *stall) *Cause {
			return &Cause{Peer: s.call.Peer, asks: []Question{{Symptom: CallFailed, Peer: s.call.Peer, Other: s.other(s.call.Peer), Event: s.call.Returned.Seq}}}
		}),
	},
	{
		Name: "restart-not-negotiated", Answers: Disconnected, Suspect: "an ICE restart whose offer or answer is missing",
		Doc:  "A side has begun an ICE restart, and the other side does not know: both go on with what they had.",
		find: findRestartStalled,
	},
	{
		Name: "restart-offer-unused", Answers: Silent, Suspect: "an offer to restart ICE that is not used",
		Doc:  "createOffer with iceRestart was called, and the offer never set. pion restarts its agent in createOffer already, which gives up a connection that works; in the standard nothing happens before setLocalDescription.",
		find: findRestartUnused,
	},
}

// A stall is where a negotiation came to a halt.
type stall struct {
	// where says it in words: that of a rule.
	where string
	// from is who has or should have made the description, to who should get it, kind is offer or answer.
	from, to, kind string
	// call is the last one that worked, or the one that was rejected; signal the last message that matters.
	call   *Call
	signal *Signal
}

func (s *stall) other(peer string) string {
	if peer == s.from {
		return s.to
	}
	return s.from
}

// stall follows the last negotiation of two peers until it came to a halt; nil where it came to its end.
func (f *Facts) stall(a, b *Peer) *stall {
	offer, rejected := a.described("setLocalDescription", "offer", 0)
	if other, r := b.described("setLocalDescription", "offer", 0); other != nil && (offer == nil || other.Seq > offer.Seq) {
		a, b, offer, rejected = b, a, other, r
	} else if offer == nil && rejected == nil && r != nil {
		a, b, rejected = b, a, r
	}
	if offer == nil {
		if rejected == nil {
			if rejected = a.rejected("createOffer", 0); rejected == nil {
				rejected = b.rejected("createOffer", 0)
			}
		}
		if rejected != nil {
			return &stall{where: "refused", from: a.Name, to: b.Name, kind: "offer", call: rejected}
		}
		for _, p := range []*Peer{a, b} {
			if made := p.Call("createOffer"); made != nil {
				return &stall{where: "not set locally", from: p.Name, to: p.Other, kind: "offer", call: made}
			}
		}
		return &stall{where: "not made", from: a.Name, to: b.Name, kind: "offer"}
	}
	set, s := f.handed(a, b, offer, "offer")
	if s != nil {
		return s
	}
	answer, rejected := b.described("setLocalDescription", "answer", set.Seq)
	if answer == nil {
		if rejected == nil {
			rejected = b.rejected("createAnswer", set.Seq)
		}
		if rejected != nil {
			return &stall{where: "refused", from: b.Name, to: a.Name, kind: "answer", call: rejected}
		}
		if made := b.Call("createAnswer"); made != nil && made.Seq > set.Seq {
			return &stall{where: "not set locally", from: b.Name, to: a.Name, kind: "answer", call: made}
		}
		return &stall{where: "not answered", from: b.Name, to: a.Name, kind: "answer", call: set}
	}
	_, s = f.handed(b, a, answer, "answer")
	return s
}

// handed follows a description from where it was set to the other side, and returns the call that set it there.
func (f *Facts) handed(from, to *Peer, local *Call, kind string) (set *Call, s *stall) {
	set, rejected := to.described("setRemoteDescription", kind, local.Seq)
	if set == nil && rejected == nil {
		set, rejected = to.given(local)
	}
	if set != nil {
		return set, nil
	}
	s = &stall{where: "not signaled", from: from.Name, to: to.Name, kind: kind, call: local}
	if rejected != nil {
		s.where, s.call = "refused", rejected
		return nil, s
	}
	for _, m := range f.Signals {
		if m.From != from.Name || m.To != to.Name || m.Seq < local.Seq || strings.TrimPrefix(m.Type, "pr") != kind {
			continue
		}
		switch {
		case m.Delivered != nil:
			s.where, s.signal = "not set", m
			return nil, s
		case m.Dropped == nil:
			s.where, s.signal = "under way", m
		case s.where == "not signaled":
			s.where, s.signal = "lost", m
		}
	}
	return nil, s
}

// given returns the calls with which a peer was given the description that the other one has set, at whatever time: the one that came
// back well, and the one that was rejected; nil where there is none. The o-line tells descriptions apart (RFC 8866).
func (p *Peer) given(local *Call) (set, rejected *Call) {
	_, sdp := local.Description()
	for _, c := range p.Calls {
		if _, remote := c.Description(); c.Method != "setRemoteDescription" || c.Return == nil || originLine(remote) != originLine(sdp) {
			continue
		}
		if c.Failed() {
			rejected = c
		} else {
			set = c
		}
	}
	return set, rejected
}

// originLine returns the o-line of an SDP.
func originLine(sdp string) string {
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, "o=") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// described returns the last call after an event that set a description of a kind, and the last such call that was rejected; nil
// where there is none.
func (p *Peer) described(method, kind string, after uint64) (set, rejected *Call) {
	for _, c := range p.Calls {
		if c.Method != method || c.Seq <= after {
			continue
		}
		typ, _ := c.Description()
		switch {
		case strings.TrimPrefix(typ, "pr") != kind:
		case c.Failed():
			rejected = c
		case c.Return != nil:
			set = c
		}
	}
	return set, rejected
}

// rejected returns the last call of a method after an event that was rejected, nil where there is none.
func (p *Peer) rejected(method string, after uint64) *Call {
	var last *Call
	for _, c := range p.Calls {
		if c.Method == method && c.Seq > after && c.Failed() {
			last = c
		}
	}
	return last
}

// stalledAt finds negotiations that came to a halt at one place.
func stalledAt(where string, word func(*stall) *Cause) func(*Facts, Question) []*Cause {
	return func(f *Facts, q Question) []*Cause {
		p, other := f.Peer(q.Peer), f.Peer(q.Other)
		if p == nil || other == nil {
			return nil
		}
		s := f.stall(p, other)
		if s == nil || s.where != where {
			return nil
		}
		c := word(s)
		if s.call != nil && !s.call.Failed() {
			text := s.call.Method
			if kind, _ := s.call.Description(); kind != "" {
				text += " of the " + kind
			}
			c.Evidence = append(c.Evidence, s.call.evidence("%s", text))
		}
		if m := s.signal; m != nil {
			c.Evidence = append(c.Evidence, m.evidence("the %s is sent", s.kind))
			switch {
			case m.Delivered != nil:
				c.Evidence = append(c.Evidence, m.Delivered.evidence("the %s arrives", s.kind))
			case m.Dropped != nil:
				c.Evidence = append(c.Evidence, m.Dropped.evidence("the %s is lost: %s", s.kind, m.Reason))
			}
		}
		return []*Cause{c}
	}
}

func findRestartStalled(f *Facts, q Question) []*Cause {
	for _, p := range f.both(q) {
		since, ok := p.Was("signalingState", p.State.SignalingState)
		if _, up := p.First("connectionState", "connected"); !ok || !up || p.State.SignalingState != "have-local-offer" || p.State.PendingLocalDescription == nil || p.State.CurrentLocalDescription == nil {
			continue
		}
		if fragment(p.State.PendingLocalDescription.SDP) == fragment(p.State.CurrentLocalDescription.SDP) {
			continue
		}
		return []*Cause{{
			Peer:     p.Name,
			Text:     fmt.Sprintf("%s began an ICE restart at %s, and has no answer to it", p.Name, seconds(since.Time)),
			Evidence: []Evidence{p.evidence(f, since)},
			asks:     []Question{{Symptom: NotNegotiated, Peer: p.Name, Other: p.Other}},
		}}
	}
	return nil
}

// unusedRestart returns the call that made an offer to restart ICE on a connection that was up, where that offer was never set; nil where
// there is none.
func (p *Peer) unusedRestart() *Call {
	up, ok := p.First("connectionState", "connected")
	var last *Call
	for _, c := range p.Calls {
		var args struct{ ICERestart bool }
		switch {
		case c.Failed() || !ok || c.Time < up.Time:
		case c.Method == "createOffer":
			if unmarshal(c.Args, &args); args.ICERestart {
				last = c
			}
		case c.Method == "setLocalDescription":
			last = nil
		}
	}
	return last
}

func findRestartUnused(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p == nil {
		return nil
	}
	c := p.unusedRestart()
	if c == nil {
		return nil
	}
	return []*Cause{{
		Text:     fmt.Sprintf("%s made an offer to restart ICE at %s and never set it: pion's agent restarts all the same, and %s knows nothing of it", p.Name, seconds(c.Time), p.Other),
		Evidence: []Evidence{c.evidence("createOffer is called with iceRestart")},
	}}
}

// fragment returns the first ICE user name fragment of an SDP.
func fragment(sdp string) string {
	for line := range strings.Lines(sdp) {
		if v, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
