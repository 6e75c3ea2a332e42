package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// Closed is a connection that is closed, which is no fault.
	Closed Symptom = "closed"
	// Silent is a peer that sends nothing any more.
	Silent Symptom = "silent"
	// Stopped is a run that could not go on.
	Stopped Symptom = "stopped"
)

// openPatience is how long a data channel may take to open on a connection that is up, without anybody asking why.
const openPatience = time.Second

// symptoms are what a session shows by itself, in the order in which it is told. Each finds what there is to be asked.
var symptoms = []struct {
	symptom Symptom
	find    func(f *Facts) []Question
}{
	{Stopped, findStopped},
	{ExpectationFailed, findExpectations},
	{NotConnected, findConnections},
	{ChannelNotOpen, findChannels},
}

// findStopped finds that the run could not go on.
func findStopped(f *Facts) []Question {
	if end, ok := f.Recording.End(); ok && f.Until == f.Recording.Len() {
		switch end.Outcome {
		case "crashed", "limit", "interrupted":
			return []Question{{Symptom: Stopped, Time: f.Now}}
		}
	}
	return nil
}

// findExpectations finds expectations that have failed.
func findExpectations(f *Facts) []Question {
	var list []Question
	for _, v := range f.Verdicts {
		if !v.Held {
			list = append(list, Question{Symptom: ExpectationFailed, Event: v.Seq, Time: v.Time})
		}
	}
	return list
}

// findConnections finds connections that are not up.
func findConnections(f *Facts) []Question {
	var list []Question
	for _, p := range f.Peers {
		if q, ok := f.connection(p); ok {
			list = append(list, q)
		}
	}
	return list
}

// findChannels finds data channels that wait to be open although the connection is up. Where an expectation has failed, that says what
// matters.
func findChannels(f *Facts) []Question {
	if slices.ContainsFunc(f.Verdicts, func(v Verdict) bool { return !v.Held }) {
		return nil
	}
	var list []Question
	for _, p := range f.Peers {
		since, up := p.First("connectionState", "connected")
		if !up || p.State.ConnectionState != "connected" || f.Now-since.Time < openPatience {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.State.Channels)) {
			if c := p.State.Channels[name]; c != nil && c.ReadyState == "connecting" {
				list = append(list, Question{Symptom: ChannelNotOpen, Peer: p.Name, Other: p.Other, Subject: name})
			}
		}
	}
	return list
}

// connection returns what there is to ask about a peer's connection; false where it is up, or nobody wanted it to be. Two peers
// with the same symptom share a question.
func (f *Facts) connection(p *Peer) (Question, bool) {
	s := f.symptom(p)
	if s == "" {
		return Question{}, false
	}
	q := Question{Symptom: s, Peer: p.Name, Other: p.Other}
	other := f.Peer(p.Other)
	if other == nil || s == Closed || other.Other != p.Name || f.symptom(other) != s {
		return q, true
	}
	q.Both = true
	for _, first := range f.Peers {
		if first == p || first == other {
			q.Peer, q.Other = first.Name, first.Other
			break
		}
	}
	return q, true
}

// tried tells whether the peer has begun to negotiate.
func (p *Peer) tried() bool {
	return p.Call("setLocalDescription") != nil || p.Call("setRemoteDescription") != nil
}

// symptom returns the symptom of a peer's connection, empty where there is none. A connection that ended before it was up without
// anybody having closed it, as pion does after a DTLS handshake that failed, is not taken for closed.
func (f *Facts) symptom(p *Peer) Symptom {
	other := f.Peer(p.Other)
	if !p.tried() && (other == nil || !other.tried()) && p.State.ConnectionState != "closed" {
		return "" // nobody has
	}
	_, up := p.First("connectionState", "connected")
	switch p.State.ConnectionState {
	case "", "connected":
		return ""
	case "closed":
		if up || p.close() != nil || other != nil && other.close() != nil {
			return Closed
		}
	case "failed", "disconnected":
		if up {
			return Disconnected
		}
	case "connecting":
		if up { // ICE is being restarted, or has come back and DTLS has not told yet
			return Disconnected
		}
	}
	return NotConnected
}

// heading words a symptom that the session shows; nil for one that is only asked about.
func (f *Facts) heading(q Question) *Cause {
	switch q.Symptom {
	case NotConnected, Disconnected:
		return f.connectionHeading(q)
	case ExpectationFailed:
		return f.expectationHeading(q)
	}
	return nil
}

// connectionHeading words the state of one or two connections.
func (f *Facts) connectionHeading(q Question) *Cause {
	names := []string{q.Peer}
	if q.Both {
		names = append(names, q.Other)
	}
	c := &Cause{Peer: q.Peer}
	var parts []string
	for _, name := range names {
		p := f.Peer(name)
		state, since := p.State.ConnectionState, ""
		if t, ok := p.Was("connectionState", state); ok && state != "new" {
			since = " at " + seconds(t.Time)
			c.Evidence = append(c.Evidence, p.evidence(f, t))
		}
		verb := map[string]string{"failed": "failed", "disconnected": "was lost", "closed": "never came up, and ended", "connecting": "is not up: it is still connecting", "new": "is not up: it has not begun to connect"}[state]
		if state == "connecting" || state == "new" {
			since = ""
		}
		parts = append(parts, verb+since)
	}
	words := func(verb string) string {
		return strings.Replace(strings.Replace(verb, "is not up: it is", "are not up: they are", 1), "is not up: it has", "are not up: they have", 1)
	}
	switch {
	case len(parts) == 1:
		c.Text = fmt.Sprintf("%s's connection %s", q.Peer, parts[0])
	case parts[0] == parts[1]:
		c.Text = fmt.Sprintf("the connections of %s and %s %s", q.Peer, q.Other, strings.Replace(words(parts[0]), "was lost", "were lost", 1))
	default:
		c.Text = fmt.Sprintf("%s's connection %s, %s's %s", q.Peer, parts[0], q.Other, parts[1])
	}
	return c
}
