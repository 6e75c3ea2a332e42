package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// An Explanation answers why something went as it did.
type Explanation struct {
	// Question is what was asked, in words.
	Question string `json:"question"`
	// Time and Event are the moment up to which the recording was looked at.
	Time  time.Duration `json:"time"`
	Event uint64        `json:"event"`
	// Fine tells that nothing was found to be wrong, where that was the question.
	Fine bool `json:"fine,omitempty"`
	// Causes are what went wrong, each with what lies below it; none where nothing did.
	Causes []*Cause `json:"causes"`
	// Notes are what is no fault, such as a connection that the application has closed.
	Notes []*Cause `json:"notes,omitempty"`
	// Setups are where the time to connected went, for each peer, where that was asked for.
	Setups []*Setup `json:"setups,omitempty"`
}

// engine answers questions.
type engine struct {
	f *Facts
	// answered are the headings of the questions that were answered.
	answered map[string]*Cause
}

// maxDepth is how many questions deep it goes. Rules ask downwards; this guards against two that ask each other.
const maxDepth = 12

// Session explains why the session ended as it did: expectations that failed first, then whatever else its symptoms show.
func Session(f *Facts) *Explanation {
	x := newExplanation(f, "Why did the session end as it did?")
	e := &engine{f, make(map[string]*Cause)}
	for _, s := range symptoms {
		for _, q := range s.find(f) {
			if q.Symptom == NotConnected && f.ender() != nil {
				continue // it was not to be: the step that ended the session is told of
			}
			x.tell(f, e, q)
		}
	}
	x.Fine = len(x.Causes) == 0 && len(f.Peers) > 0 // of a recording that was cut off at its beginning nobody knows
	if len(x.Causes)+len(x.Notes) == 0 {
		for _, p := range f.Peers {
			x.Notes = append(x.Notes, standing(f, p))
		}
	}
	return x
}

// Why explains why a peer is in the state that it is in. It is nil where there is no such peer.
func Why(f *Facts, peer string) *Explanation {
	p := f.Peer(peer)
	if p == nil {
		return nil
	}
	x := newExplanation(f, fmt.Sprintf("Why is %s's connection %s?", peer, p.State.ConnectionState))
	e := &engine{f, make(map[string]*Cause)}
	for _, s := range symptoms {
		for _, q := range s.find(f) {
			if q.Symptom != ExpectationFailed && (q.Peer == peer || q.Both && q.Other == peer) {
				x.tell(f, e, q)
			}
		}
	}
	x.Fine = len(x.Causes) == 0
	if len(x.Causes)+len(x.Notes) == 0 {
		x.Notes = append(x.Notes, standing(f, p))
	}
	return x
}

// questions returns what there is to ask about an event that shows that something went wrong.
func (f *Facts) questions(e recorder.Event) []Question {
	q := Question{Peer: e.Peer, Event: e.Seq, Time: e.Time}
	if p := f.Peer(e.Peer); p != nil {
		q.Other = p.Other
	}
	value, err := e.Value()
	if err != nil {
		return nil
	}
	switch d := value.(type) {
	case recorder.Verdict:
		if !d.Held {
			q.Symptom = ExpectationFailed
			return []Question{q}
		}
	case recorder.Return:
		if d.Error != nil {
			q.Symptom = CallFailed
			return []Question{q}
		}
	case recorder.PacketEnd:
		if p := f.packets[e.Cause]; p != nil && p.Lost() {
			q.Symptom, q.Peer, q.Packets = Dropped, p.Peer, []*Packet{p}
			return []Question{q}
		}
	case recorder.ChannelEvent:
		if e.Kind == recorder.KindClose || e.Kind == recorder.KindClosing {
			q.Symptom, q.Subject = ChannelClosed, d.Channel
			return []Question{q}
		}
	case recorder.StateChange:
		switch e.Kind {
		case recorder.KindConnectionStateChange, recorder.KindICEConnectionStateChange, recorder.KindICETransportStateChange, recorder.KindDTLSTransportStateChange:
			if p := f.Peer(e.Peer); p != nil && slices.Contains([]string{"failed", "disconnected", "closed"}, d.State) {
				if q, ok := f.connection(p); ok {
					return []Question{q}
				}
			}
		}
	}
	return nil
}

func newExplanation(f *Facts, question string) *Explanation {
	x := &Explanation{Question: question, Time: f.Now, Causes: []*Cause{}}
	if f.Until > 0 {
		x.Event = f.Recording.Entry(f.Until).Seq
	}
	return x
}

// tell answers a question that was not answered yet, and puts the answer where it belongs.
func (x *Explanation) tell(f *Facts, e *engine, q Question) {
	if e.answered[q.key()] != nil {
		return
	}
	for _, c := range e.ask(q, 0) {
		switch {
		case q.Symptom == Closed:
			x.Notes = append(x.Notes, c)
		default:
			x.Causes = append(x.Causes, c)
		}
	}
}

// ask answers a question: a heading with the causes below it, or just the causes where the symptom needs no words of its own.
func (e *engine) ask(q Question, depth int) []*Cause {
	if told := e.answered[q.key()]; told != nil {
		return []*Cause{{Peer: told.Peer, Text: told.Text + " (explained above)"}}
	}
	heading := e.f.heading(q)
	if heading == nil {
		list := e.causes(q, depth)
		if q.Symptom == Closed && len(list) > 0 {
			e.answered[q.key()] = list[0]
		}
		return list
	}
	e.answered[q.key()] = heading
	heading.Causes = e.causes(q, depth)
	if len(heading.Causes) == 0 {
		heading.RuledOut = suspects(q.Symptom)
	}
	return []*Cause{heading}
}

// causes asks the rules.
func (e *engine) causes(q Question, depth int) []*Cause {
	if depth > maxDepth {
		return nil
	}
	var list []*Cause
	for _, fallback := range []bool{false, true} {
		for _, r := range rulesFor(q.Symptom, fallback) {
			for _, c := range r.find(e.f, q) {
				if c.Rule == "" {
					c.Rule = r.Name
				}
				if c.Peer == "" {
					c.Peer = q.Peer
				}
				for _, below := range c.asks {
					c.Causes = append(c.Causes, e.ask(below, depth+1)...)
				}
				if len(c.Causes) == 0 {
					for _, below := range c.asks {
						c.RuledOut = union(c.RuledOut, suspects(below.Symptom))
					}
				}
				list = append(list, joined(c)...)
			}
		}
		if len(list) > 0 {
			break
		}
	}
	return list
}

// joined makes one sentence of a label and the only cause below it. A cause without words of its own leaves its place to those below.
func joined(c *Cause) []*Cause {
	switch {
	case c.Text == "":
		for _, below := range c.Causes {
			below.Via = slices.Concat([]string{c.Rule}, below.Via)
		}
		return c.Causes
	case !c.label || len(c.Causes) != 1:
		return []*Cause{c}
	}
	below := *c.Causes[0]
	below.Text = c.Text + ": " + below.Text
	below.Via = slices.Concat(c.Via, []string{c.Rule}, below.Via)
	below.Evidence = slices.Concat(c.Evidence, below.Evidence)
	return []*Cause{&below}
}

// union returns a list and what else another has.
func union(list, other []string) []string {
	for _, s := range other {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// suspects returns what the rules of a symptom look for, and those of the symptoms that they ask about.
func suspects(s Symptom) []string {
	var list []string
	for _, r := range rules {
		if (r.Answers == s || slices.Contains(asked[s], r.Answers)) && r.Suspect != "" && !slices.Contains(list, r.Suspect) {
			list = append(list, r.Suspect)
		}
	}
	return list
}

// asked are the symptoms that the rules of a symptom ask about.
var asked = map[Symptom][]Symptom{
	NotConnected: {NotNegotiated, NoRemoteCandidate, NoCandidate, PairFailed, Dropped, ServerSilent, DTLSFailed},
	Disconnected: {Silent, Dropped},
	PairFailed:   {Dropped},
	NoCandidate:  {ServerSilent, Dropped},
	DTLSFailed:   {Dropped},
}

// standing says what is right about a peer.
func standing(f *Facts, p *Peer) *Cause {
	c := &Cause{Peer: p.Name, Text: fmt.Sprintf("%s's connection is %s", p.Name, p.State.ConnectionState)}
	if t, ok := p.Was("connectionState", p.State.ConnectionState); ok {
		c.Text += " since " + seconds(t.Time)
		c.Evidence = append(c.Evidence, p.evidence(f, t))
	}
	if last := f.heard(p, f.Now); last != nil {
		c.Text += fmt.Sprintf("; the last packet from %s arrived at %s", last.Peer, seconds(last.End.Time))
		c.Evidence = append(c.Evidence, last.End.evidence("packet %d arrived: %s", last.ID, strings.Join(last.Types, " ")))
	}
	return c
}
