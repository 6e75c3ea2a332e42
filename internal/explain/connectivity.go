package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// connectivityRules are about connections that ICE or DTLS never brought up.
var connectivityRules = []Rule{
	{
		Name: "closed-before-up", Answers: NotConnected, Suspect: "the other side, which closes",
		Doc:  "The other side's application closed its connection before this one was up.",
		find: findClosedBeforeUp,
	},
	{
		Name: "negotiation-incomplete", Answers: NotConnected, Suspect: "an offer or answer that is missing",
		Doc:  "A peer lacks one of the two descriptions: without both there is nobody to connect to.",
		find: findNegotiation,
	},
	{
		Name: "ice-failed", Answers: NotConnected, Suspect: "ICE",
		Doc:  "ICE found no pair of candidates on which packets go both ways. Below is what became of each pair, and which candidates there are not.",
		find: findICE,
	},
	{
		Name: "ice-restart-failed", Answers: Disconnected, Suspect: "an ICE restart that fails",
		Doc:  "ICE was restarted, and the new generation has found no pair of candidates on which packets go both ways.",
		find: findRestart,
	},
	{
		Name: "dtls-incomplete", Answers: NotConnected, Suspect: "DTLS",
		Doc:  "ICE has found a way, but the DTLS handshake over it has not come to its end.",
		find: findDTLS,
	},
	{
		Name: "ended-too-soon", Answers: NotConnected, Fallback: true, Suspect: "a session that ended too soon",
		Doc:  "The session ended while everything was still on its way. A longer limit shows how it goes on.",
		find: findTooSoon,
	},
	{
		Name: "still-connecting", Answers: NotConnected, Fallback: true,
		Doc:  "Everything goes as it should, and is not over yet.",
		find: findConnecting,
	},
	{
		Name: "checks-dropped", Answers: PairFailed, Suspect: "checks that are dropped on their way",
		Doc:  "The connectivity checks of a pair, or the answers to them, were dropped on their way.",
		find: findChecksDropped,
	},
	{
		Name: "checks-ignored", Answers: PairFailed, Suspect: "checks that are not accepted",
		Doc:  "Connectivity checks arrived, and the other side did not accept them: they were made for other descriptions than it has, or it is gone.",
		find: findChecksIgnored,
	},
	{
		Name: "packets-not-recorded", Answers: PairFailed, Fallback: true,
		Doc: "The recording has no packets (`--packets none`), so that nobody knows what became of the checks.",
		find: func(f *Facts, q Question) []*Cause {
			if f.ICE.Packets != recorder.PacketsNone {
				return nil
			}
			return []*Cause{{Text: "the recording has no packets, and so not what became of the checks"}}
		},
	},
	{
		Name: "checks-unanswered", Answers: PairFailed, Fallback: true, Suspect: "checks that nobody answers",
		Doc:  "Connectivity checks arrived, and nobody answered them.",
		find: findUnanswered,
	},
}

// both returns the peers that a question is about.
func (f *Facts) both(q Question) []*Peer {
	list := []*Peer{f.Peer(q.Peer)}
	if other := f.Peer(q.Other); q.Both && other != nil {
		list = append(list, other)
	}
	return list
}

// closedBefore returns the close() of the other side's application, where this side was not up by then; nil where there is none.
func (f *Facts) closedBefore(q Question) *Call {
	other := f.Peer(q.Other)
	if other == nil || q.Both {
		return nil
	}
	return other.close()
}

func findClosedBeforeUp(f *Facts, q Question) []*Cause {
	call := f.closedBefore(q)
	if call == nil {
		return nil
	}
	return []*Cause{{
		Peer:     q.Other,
		Text:     fmt.Sprintf("%s's application closed the connection at %s, before it was up", q.Other, seconds(call.Time)),
		Evidence: []Evidence{call.evidence("close is called")},
	}}
}

func findNegotiation(f *Facts, q Question) []*Cause {
	if f.closedBefore(q) != nil {
		return nil
	}
	var list []*Cause
	for _, p := range f.both(q) {
		state := p.State.SignalingState // which is there before the descriptions are
		local := p.State.LocalDescription != nil || strings.Contains(state, "local")
		remote := p.State.RemoteDescription != nil || strings.Contains(state, "remote")
		if p.negotiated() || local && remote && p.everChecked() {
			continue
		}
		c := &Cause{Peer: p.Name, asks: []Question{{Symptom: NotNegotiated, Peer: p.Name, Other: p.Other}}}
		switch {
		case !local && !remote:
			c.Text = fmt.Sprintf("%s has neither a local nor a remote description", p.Name)
		case !remote:
			c.Text = fmt.Sprintf("%s has no remote description", p.Name)
		case !local:
			c.Text = fmt.Sprintf("%s has no local description", p.Name)
		default:
			c.Text = fmt.Sprintf("%s has not finished the negotiation", p.Name)
		}
		c.Text += ": the signaling state is " + state
		if t, ok := p.Was("signalingState", state); ok && t.From != "" {
			c.Text += " since " + seconds(t.Time)
			c.Evidence = append(c.Evidence, p.evidence(f, t))
		}
		if len(list) > 0 { // it is one negotiation
			list[0].Text += "; " + c.Text
			list[0].Evidence = append(list[0].Evidence, c.Evidence...)
			continue
		}
		list = append(list, c)
	}
	return list
}

// negotiated tells whether a negotiation of the peer has come to its end.
func (p *Peer) negotiated() bool {
	return slices.ContainsFunc(p.Transitions, func(t recorder.Transition) bool {
		return t.Attribute == "signalingState" && t.To == "stable" && strings.HasPrefix(t.From, "have-")
	})
}

// everChecked tells whether the peer's ICE agent has ever had both descriptions.
func (p *Peer) everChecked() bool {
	_, ok := p.First("ice.state", "checking")
	return ok
}

func findICE(f *Facts, q Question) []*Cause {
	if f.closedBefore(q) != nil {
		return nil
	}
	return f.findICE(q, 0, "ICE")
}

func findRestart(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if len(p.ICE.Generations) < 2 || p.State.SignalingState != "stable" || p.unusedRestart() != nil { // it is not negotiated
		return nil
	}
	return f.findICE(q, p.ICE.Current().Began, "the ICE restart")
}

// patience is how long the checks of what there is may take before it is asked what there is not: pion checks a pair for 1.4 s.
const patience = 2 * time.Second

// mostPairs is how many pairs are told of.
const mostPairs = 8

// findICE finds that ICE has brought up nothing since a time.
func (f *Facts) findICE(q Question, since time.Duration, name string) []*Cause {
	c := &Cause{}
	failed, concerned := false, false
	for _, p := range f.both(q) {
		if !p.negotiated() && (p.State.LocalDescription == nil || p.State.RemoteDescription == nil) {
			return nil // without a negotiation there is nothing to be expected of ICE
		}
		if t, up := p.Was("ice.state", "connected", "completed"); up && t.Time >= since || p.State.ICE == nil {
			continue
		}
		concerned = true
		failed = failed || p.State.ICE.State == "failed"
		if t, ok := p.Was("ice.state", p.State.ICE.State); ok {
			c.Evidence = append(c.Evidence, p.evidence(f, t))
		}
	}
	pairs := f.Pairs(q.Peer, q.Other)
	dead := slices.DeleteFunc(slices.Clone(pairs), f.works)
	checked := func(p *Pair) bool { return len(f.Checks(p, p.A))+len(f.Checks(p, p.B)) > 0 }
	if !concerned || !failed && (len(pairs) > len(dead) || len(dead) > 0 && f.ICE.Packets != recorder.PacketsNone && !slices.ContainsFunc(dead, checked)) {
		return nil // there is a pair that works, or nothing was tried yet: it is a matter of time
	}
	switch n := len(dead); {
	case n == 0:
		c.Text = name + " failed: there were no pairs of candidates to be checked"
	case !failed:
		c.Text = fmt.Sprintf("%s has found no pair that works yet (of %s)", name, plural(n, "pair"))
	case n == 1:
		c.Text = name + " failed: the only pair of candidates failed"
	case n == 2:
		c.Text = name + " failed: both pairs of candidates failed"
	default:
		c.Text = fmt.Sprintf("%s failed: all %d pairs of candidates failed", name, n)
	}
	if !failed {
		c.Text = strings.Replace(c.Text, "failed: there were", "has nothing to check: there are", 1)
	}
	for i, p := range dead {
		if f.ICE.Packets == recorder.PacketsNone && i > 0 {
			break // there is nothing to say that is of one pair only
		}
		if i == mostPairs {
			c.Text += fmt.Sprintf("; below are the first %d", i)
			break
		}
		c.asks = append(c.asks, Question{Symptom: PairFailed, Peer: p.A, Other: p.B, Pair: p})
	}
	ends := f.both(Question{Peer: q.Peer, Other: q.Other, Both: true})
	for _, p := range ends {
		told := func(c *ice.Candidate) bool {
			return c.Source != ice.Checked && (c.Resolved != "" || !strings.HasSuffix(c.Address, ".local"))
		}
		if len(p.ICE.Generations) > 0 && !slices.ContainsFunc(p.ICE.Current().Remote, told) {
			c.asks = append(c.asks, Question{Symptom: NoRemoteCandidate, Peer: p.Name, Other: p.Other})
		}
	}
	if began, ok := f.Peer(q.Peer).Was("ice.state", "checking"); failed || ok && f.Now-began.Time >= patience {
		c.asks = append(c.asks, f.lacking(ends, dead)...)
	}
	return []*Cause{c}
}

// lacking asks for the candidates that the peers lack beside others and that would have been of use, since the network between them
// lets those others not through.
func (f *Facts) lacking(ends []*Peer, dead []*Pair) []Question {
	blocked := slices.ContainsFunc(dead, func(p *Pair) bool { return f.blocked(p, true) })
	relayHelps := slices.ContainsFunc(dead, func(p *Pair) bool { return f.blocked(p, false) })
	var list []Question
	for _, typ := range []string{"host", "srflx", "relay"} {
		var without []*Peer
		for _, p := range ends {
			if !p.has(typ) && blocked && p.has("") && (relayHelps || len(p.servers()) > 0) {
				without = append(without, p)
			}
		}
		if len(without) == 2 && typ == "relay" && !without[0].hasTURN() && !without[1].hasTURN() {
			list = append(list, Question{Symptom: NoCandidate, Peer: without[0].Name, Other: without[1].Name, Both: true, Subject: typ})
			continue
		}
		for _, p := range without {
			list = append(list, Question{Symptom: NoCandidate, Peer: p.Name, Other: p.Other, Subject: typ})
		}
	}
	return list
}

// blocked tells whether a NAT, a firewall or a missing route is what a pair has failed by. A firewall that blocks UDP, and so TURN over
// UDP as well, counts only if that is wanted.
func (f *Facts) blocked(p *Pair, udp bool) bool {
	for _, peer := range []string{p.A, p.B} {
		for _, c := range f.Checks(p, peer) {
			if lost := c.Lost(); lost != nil && (lost.End.Reason == "no route" || lost.End.Reason == "no hairpinning" ||
				strings.Contains(lost.End.Reason, "NAT") || strings.Contains(lost.End.Reason, "firewall") && (udp || !strings.HasSuffix(lost.End.Reason, "udp block"))) {
				return true
			}
		}
	}
	return false
}

// hasTURN tells whether the peer's configuration has a TURN server.
func (p *Peer) hasTURN() bool { return slices.ContainsFunc(p.servers(), serverURL.turn) }

// has tells whether the peer has gathered a candidate of a type; of any, if it is empty.
func (p *Peer) has(typ string) bool {
	return slices.ContainsFunc(p.Candidates, func(c Candidate) bool { return !c.End && (typ == "" || c.Type == typ) })
}

// works tells whether a check was answered on the pair.
func (f *Facts) works(p *Pair) bool {
	for _, own := range []*ice.Pair{p.Own, p.Their} {
		if own != nil && own.Answered.N > 0 {
			return true
		}
	}
	return false
}

// label begins the sentence about a pair.
func (p *Pair) label() string {
	return fmt.Sprintf("%s (%s and %s)", p.Types(), addressOf(p.Near), addressOf(p.Far))
}

func findChecksDropped(f *Facts, q Question) []*Cause {
	var lost []*Packet
	for _, peer := range []string{q.Pair.A, q.Pair.B} {
		for _, check := range f.Checks(q.Pair, peer) {
			if p := check.Lost(); p != nil && !check.Answered() {
				lost = append(lost, p)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return []*Cause{{Text: q.Pair.label(), label: true, asks: []Question{{Symptom: Dropped, Peer: q.Peer, Other: q.Other, Pair: q.Pair, Packets: lost}}}}
}

func findChecksIgnored(f *Facts, q Question) []*Cause {
	var list []*Cause
	for i, own := range []*ice.Pair{q.Pair.Own, q.Pair.Their} {
		if own == nil || own.Last == nil || own.Last.Outcome != ice.Ignored && own.Last.Outcome != ice.Refused {
			continue
		}
		from, to := q.Pair.A, q.Pair.B
		if i == 1 {
			from, to = to, from
		}
		why := own.Last.Reason
		if strings.HasPrefix(why, "USERNAME is") {
			why += ", so that the two have different descriptions of each other"
		}
		list = append(list, &Cause{
			Peer:     from,
			Text:     fmt.Sprintf("%s: %s's checks arrived, and %s did not accept them: %s", q.Pair.label(), from, to, why),
			Evidence: f.cite(own.Last.Event, "check sent"),
		})
	}
	return list
}

// cite makes evidence of an event by its number.
func (f *Facts) cite(seq uint64, format string, args ...any) []Evidence {
	a, ok := f.event(seq)
	if !ok {
		return nil
	}
	return []Evidence{a.evidence(format, args...)}
}

func findUnanswered(f *Facts, q Question) []*Cause {
	var list []*Cause
	for _, peer := range []string{q.Pair.A, q.Pair.B} {
		checks := f.Checks(q.Pair, peer)
		if len(checks) == 0 || slices.ContainsFunc(checks, (*Check).Answered) {
			continue
		}
		last := checks[len(checks)-1].Requests[0]
		if slices.ContainsFunc(checks, (*Check).underWay) {
			list = append(list, &Cause{
				Peer:     peer,
				Text:     fmt.Sprintf("%s: a check of %s's, or the answer to it, is still under way", q.Pair.label(), peer),
				Evidence: []Evidence{last.evidence("last check sent, packet %d", last.ID)},
			})
			continue
		}
		list = append(list, &Cause{
			Peer:     peer,
			Text:     fmt.Sprintf("%s: nobody answered %s's %s", q.Pair.label(), peer, plural(len(checks), "check")),
			Evidence: []Evidence{last.evidence("last check sent, packet %d", last.ID)},
		})
	}
	return list
}

// handshakeTime is how long a DTLS handshake takes at most where nothing is lost.
const handshakeTime = 3 * time.Second

func findDTLS(f *Facts, q Question) []*Cause {
	for _, p := range f.both(q) {
		t, up := p.First("ice.state", "connected", "completed")
		if !up || p.State.DTLS == nil || p.State.DTLS.State == "connected" {
			continue
		}
		if p.State.DTLS.State != "failed" && f.Now-t.Time < handshakeTime && len(f.lostHandshake(q)) == 0 {
			continue // it goes as it should
		}
		c := &Cause{Peer: p.Name, Text: fmt.Sprintf("ICE is connected since %s, DTLS is %s", seconds(t.Time), p.State.DTLS.State)}
		c.Evidence = append(c.Evidence, p.evidence(f, t))
		if t, ok := p.Was("dtls.state", p.State.DTLS.State); ok && t.From != "" {
			c.Evidence = append(c.Evidence, p.evidence(f, t))
		}
		c.asks = append(c.asks, Question{Symptom: DTLSFailed, Peer: p.Name, Other: p.Other, Both: q.Both, Time: t.Time})
		return []*Cause{c}
	}
	return nil
}

func findTooSoon(f *Facts, q Question) []*Cause {
	if f.End == nil {
		return nil
	}
	p := f.Peer(q.Peer)
	t, ok := p.First("connectionState", "connecting")
	if !ok || p.State.ConnectionState != "connecting" {
		return nil
	}
	text := fmt.Sprintf("the session ended %s after it had begun to connect, with %s under way", seconds(f.Now-t.Time), plural(f.End.InFlight, "packet"))
	if f.End.Reason == "failed" {
		text = fmt.Sprintf("a step that failed ended the session %s after it had begun to connect", seconds(f.Now-t.Time))
	}
	return []*Cause{{
		Text:     text,
		Evidence: []Evidence{p.evidence(f, t), f.End.evidence("the session ends: %s", f.End.Reason)},
	}}
}

func findConnecting(f *Facts, q Question) []*Cause {
	var list []*Cause
	for _, p := range f.both(q) {
		s := f.setup(p)
		if f.End != nil || len(s.Phases) == 0 || s.Phases[len(s.Phases)-1].Done {
			continue
		}
		phase := s.Phases[len(s.Phases)-1]
		text := fmt.Sprintf("%s is on its way since %s, and now at this: %s", p.Name, seconds(s.Began), phase.Name)
		if phase.Text != "" {
			text += ", " + phase.Text
		}
		list = append(list, &Cause{Peer: p.Name, Text: text})
	}
	return list
}
