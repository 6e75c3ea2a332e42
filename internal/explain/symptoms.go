package explain

import (
	"fmt"
	"strings"
)

const (
	// Closed is a connection that is closed, which is no fault.
	Closed Symptom = "closed"
	// Silent is a peer that sends nothing any more.
	Silent Symptom = "silent"
	// Stopped is a run that could not go on.
	Stopped Symptom = "stopped"
)

// symptoms are what a session shows by itself, in the order in which it is told. Each finds what there is to be asked.
var symptoms = []struct {
	symptom Symptom
	find    func(f *Facts) []Question
}{
	{Stopped, findStopped},
	{ExpectationFailed, findExpectations},
	{NotConnected, findConnections},
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

// symptom returns the symptom of a peer's connection, empty where there is none.
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
		return Closed
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
		verb := map[string]string{"failed": "failed", "disconnected": "was lost", "connecting": "is not up: it is still connecting", "new": "is not up: it has not begun to connect"}[state]
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
