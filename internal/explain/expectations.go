package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// expectationRules are about what the scenario expects.
var expectationRules = []Rule{
	{
		Name: "expectation-after-the-end", Answers: ExpectationFailed,
		Doc:  "A step failed and ended the session before what is expected could come.",
		find: findCutShort,
	},
	{
		Name: "expectation-of-a-call", Answers: ExpectationFailed, Suspect: "calls that are rejected",
		Doc:  "A call was rejected, and the scenario does not say that it is.",
		find: whole(findExpectedCall),
	},
	{
		Name: "expectation-of-a-connection", Answers: ExpectationFailed, Suspect: "connections",
		Doc:  "The expectation is about peers whose connection is not up.",
		find: whole(findExpectedConnection),
	},
	{
		Name: "expectation-of-a-channel", Answers: ExpectationFailed, Suspect: "data channels",
		Doc:  "The expectation is about a data channel that is not open.",
		find: whole(findExpectedChannel),
	},
	{
		Name: "expectation-of-a-message", Answers: ExpectationFailed, Suspect: "messages",
		Doc:  "The expectation is about a message that has not arrived.",
		find: whole(findExpectedMessage),
	},
	{
		Name: "expectation-of-media", Answers: ExpectationFailed, Suspect: "media",
		Doc:  "The expectation is about a track that does not arrive as it should.",
		find: whole(findExpectedMedia),
	},
	{
		Name: "expectation-too-early", Answers: ExpectationFailed, Suspect: "conditions that come true too late",
		Doc:  "What is expected came, but later than the expectation gives it time for.",
		find: whole(findTooEarly),
	},
	{
		Name: "expectation-at-another-time", Answers: ExpectationFailed, Suspect: "events that come at another time",
		Doc:  "The event that is expected came, but outside of the time that the expectation gives it.",
		find: whole(findAnotherTime),
	},
	{
		Name: "expectation-of-nothing", Answers: ExpectationFailed, Suspect: "events that must not happen",
		Doc:  "Something happened that must not.",
		find: whole(findHappened),
	},
	{
		Name: "expectation-of-a-closed-connection", Answers: ExpectationFailed, Fallback: true,
		Doc:  "The connection that the expectation is about was closed.",
		find: whole(findExpectedClosed),
	},
	{
		Name: "expectation-not-met", Answers: ExpectationFailed, Fallback: true,
		Doc:  "The connections that the expectation is about are up, and the event that is expected never happened: nothing in the session led to it.",
		find: whole(findNotMet),
	},
	{
		Name: "steps-pending", Answers: NotReached,
		Doc:  "The steps of the scenario did not get to where it would have happened: one was still under way at the end.",
		find: findPending,
	},
}

// verdict returns the verdict that a question is about, nil where there is none.
func (f *Facts) verdict(q Question) *Verdict {
	for i := range f.Verdicts {
		if f.Verdicts[i].Seq == q.Event {
			return &f.Verdicts[i]
		}
	}
	return nil
}

// expectationHeading words an expectation that has failed.
func (f *Facts) expectationHeading(q Question) *Cause {
	v := f.verdict(q)
	if v == nil {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("expected %s (%s): %s", v.Text, v.place(), v.Seen), Evidence: []Evidence{v.evidence("the expectation fails")}}
	for _, n := range v.Near {
		c.Evidence = append(c.Evidence, Evidence{Seq: n.Seq, Time: n.Time, Text: "near it: " + n.Text})
	}
	return c
}

// place is where the expectation stands in the scenario.
func (v *Verdict) place() string {
	if v.File != "" {
		return fmt.Sprintf("%s, line %d", v.File, v.Line)
	}
	return fmt.Sprintf("line %d", v.Line)
}

// names tells whether a text has a name as a word of its own.
func names(text, name string) bool {
	return name != "" && regexp.MustCompile(`(^|[^\w-])`+regexp.QuoteMeta(name)+`($|[^\w-])`).MatchString(text)
}

// about returns the peers that an expectation names; all of them where it names none.
func (f *Facts) about(text string) []*Peer {
	var list []*Peer
	for _, p := range f.Peers {
		if names(text, p.Name) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return f.Peers
	}
	return list
}

// ender returns the verdict about the step that failed and ended the session, nil where none did. What is expected at the end is
// decided after it.
func (f *Facts) ender() *Verdict {
	if f.End == nil || f.End.Reason != "failed" {
		return nil
	}
	for i := range f.Verdicts {
		if v := &f.Verdicts[i]; !v.Held && v.Time == f.End.Time {
			return v
		}
	}
	return nil
}

// cutShort returns the verdict about the step that ended the session before what a question is about could come; nil where none did.
func (f *Facts) cutShort(q Question) *Verdict {
	v, ender := f.verdict(q), f.ender()
	if v == nil || ender == nil || v.Seq <= ender.Seq || f.rejectedCall(v) != nil || strings.HasPrefix(v.Text, "never ") {
		return nil
	}
	return ender
}

// whole asks a rule only about expectations that had the whole session.
func whole(find func(*Facts, *Verdict, Question) []*Cause) func(*Facts, Question) []*Cause {
	return func(f *Facts, q Question) []*Cause {
		v := f.verdict(q)
		if v == nil || f.cutShort(q) != nil {
			return nil
		}
		return find(f, v, q)
	}
}

func findCutShort(f *Facts, q Question) []*Cause {
	ender := f.cutShort(q)
	if ender == nil {
		return nil
	}
	return []*Cause{{
		Text:     fmt.Sprintf("the step in %s failed, and ended the session at %s", ender.place(), seconds(ender.Time)),
		Evidence: []Evidence{ender.evidence("%s: %s", ender.Text, ender.Seen)},
	}}
}

// rejectedCall returns the call whose error a verdict tells of, nil where it tells of none. A negotiation names the peer beside
// the error.
func (f *Facts) rejectedCall(v *Verdict) *Call {
	var last *Call
	for _, p := range f.Peers {
		for _, c := range p.Calls {
			if !c.Failed() || c.Returned.Seq > v.Seq || c.Returned.Time != v.Time {
				continue
			}
			err := c.Return.Error.Name + ": " + c.Return.Error.Message
			if v.Seen != err && v.Seen != p.Name+": "+c.Method+": "+err {
				continue
			}
			if last == nil || c.Seq > last.Seq {
				last = c
			}
		}
	}
	return last
}

func findExpectedCall(f *Facts, v *Verdict, _ Question) []*Cause {
	c := f.rejectedCall(v)
	if c == nil {
		return nil
	}
	return []*Cause{{Peer: c.Peer, asks: []Question{{Symptom: CallFailed, Peer: c.Peer, Other: f.Peer(c.Peer).Other, Event: c.Returned.Seq, Subject: c.Method}}}}
}

// connected tells whether the connections that an expectation is about are up.
func (f *Facts) connected(v *Verdict) bool {
	return !slices.ContainsFunc(f.about(v.Text), func(p *Peer) bool {
		q, ok := f.connection(p)
		return ok && q.Symptom != Closed
	})
}

func findExpectedConnection(f *Facts, v *Verdict, _ Question) []*Cause {
	if f.rejectedCall(v) != nil || f.come(v) != nil {
		return nil
	}
	var list []*Cause
	asked := make(map[string]bool)
	for _, p := range f.about(v.Text) {
		about, ok := f.connection(p)
		if !ok && p.State.ConnectionState == "new" { // nobody has tried, and somebody should have
			about, ok = Question{Symptom: NotConnected, Peer: p.Name, Other: p.Other}, true
		}
		if !ok || about.Symptom == Closed || asked[about.key()] {
			continue
		}
		asked[about.key()] = true
		list = append(list, &Cause{Peer: p.Name, asks: []Question{about}})
	}
	return list
}

var (
	// ofMessages are expectations of messages, ofChannels those of data channels that are to be open, ofMedia those of tracks.
	ofMessages = regexp.MustCompile(`\breceived\b|event: message\b`)
	ofChannels = regexp.MustCompile(`readyState == "open"|event: (open|datachannel)\b|channels\S+ != nil`)
	ofMedia    = regexp.MustCompile(`\.media\b|event: (track|media)\b`)
	// namedChannel and namedTrack find what an expectation calls a data channel or a track.
	namedChannel = regexp.MustCompile(`channels\.(\w+)|channels\["([^"]+)"\]|channel: ([^,}]+)`)
	namedTrack   = regexp.MustCompile(`\.media\.(\w+)|\.media\["([^"]+)"\]|track: ([^,}]+)`)
)

// subject returns the first of the names that an expectation has, or else what it calls a channel or a track itself; empty where it
// names none.
func subject(text string, list []string, named *regexp.Regexp) string {
	for _, name := range list {
		if names(text, name) {
			return name
		}
	}
	match := named.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return strings.Join(match[1:], "") // one of the alternatives
}

// asking makes the cause of an expectation that is about something that a peer lacks.
func (f *Facts) asking(v *Verdict, s Symptom, p *Peer, subject string) []*Cause {
	return []*Cause{{Peer: p.Name, asks: []Question{{Symptom: s, Peer: p.Name, Other: p.Other, Subject: subject, Event: v.Seq}}}}
}

func findExpectedChannel(f *Facts, v *Verdict, _ Question) []*Cause {
	if len(f.Peers) == 0 || !ofChannels.MatchString(v.Text) || !f.connected(v) || f.come(v) != nil {
		return nil
	}
	return f.asking(v, ChannelNotOpen, f.about(v.Text)[0], subject(v.Text, f.channels(), namedChannel))
}

func findExpectedMessage(f *Facts, v *Verdict, _ Question) []*Cause {
	if len(f.Peers) == 0 || !ofMessages.MatchString(v.Text) || strings.HasPrefix(v.Text, "never ") || !f.connected(v) {
		return nil
	}
	receiver := f.about(v.Text)[0]
	for _, p := range f.about(v.Text) {
		if other := f.Peer(p.Other); other != nil {
			if sent, rejected := other.sent(""); len(sent)+len(rejected) > 0 {
				receiver = p
				break
			}
		}
	}
	return f.asking(v, MessageMissing, receiver, subject(v.Text, f.channels(), namedChannel))
}

func findExpectedMedia(f *Facts, v *Verdict, _ Question) []*Cause {
	if len(f.Peers) == 0 || !ofMedia.MatchString(v.Text) || strings.HasPrefix(v.Text, "never ") || !f.connected(v) {
		return nil
	}
	return f.asking(v, MediaMissing, f.about(v.Text)[0], subject(v.Text, f.tracks(), namedTrack))
}

// arrival is when what an expectation asks for came after all.
type arrival struct {
	peer       *Peer
	transition recorder.Transition
}

// come returns when a state that an expectation asks for came after it was decided; nil where it did not.
func (f *Facts) come(v *Verdict) *arrival {
	for _, p := range f.about(v.Text) {
		for _, t := range p.Transitions {
			if t.Time >= v.Time && strings.Contains(v.Text, p.Name+"."+t.Attribute+` == "`+t.To+`"`) {
				return &arrival{p, t}
			}
		}
	}
	return nil
}

func findTooEarly(f *Facts, v *Verdict, _ Question) []*Cause {
	came := f.come(v)
	if came == nil {
		return nil
	}
	c := &Cause{
		Peer:     came.peer.Name,
		Text:     fmt.Sprintf("%s.%s was %s at %s, %s later than expected", came.peer.Name, came.transition.Attribute, came.transition.To, seconds(came.transition.Time), seconds(came.transition.Time-v.Time)),
		Evidence: []Evidence{came.peer.evidence(f, came.transition)},
	}
	if came.transition.Attribute == "connectionState" && came.transition.To == "connected" {
		c.Causes = f.phases(came.peer, came.transition.Time)
	}
	return []*Cause{c}
}

// phases are what the time went to until a peer was connected, as far as that was before a time.
func (f *Facts) phases(p *Peer, before time.Duration) []*Cause {
	var list []*Cause
	for _, phase := range f.setup(p).Phases {
		if phase.To > phase.From && phase.From < before {
			list = append(list, &Cause{Peer: p.Name, Text: fmt.Sprintf("%s of it for %s: %s", seconds(phase.To-phase.From), phase.Name, phase.Text), Causes: phase.Causes})
		}
	}
	return list
}

// timeBound finds the bounds of the time of an event in the text of an expectation.
var timeBound = regexp.MustCompile(`\b(before|after): ([0-9a-zµ.]+)`)

func findAnotherTime(f *Facts, v *Verdict, _ Question) []*Cause {
	if strings.HasPrefix(v.Text, "never ") {
		return nil
	}
	for _, bound := range timeBound.FindAllStringSubmatch(v.Text, -1) {
		given, err := time.ParseDuration(bound[2])
		if err != nil {
			continue
		}
		for _, near := range slices.Backward(v.Near) {
			by, how := near.Time-given, "too late"
			if bound[1] == "after" {
				by, how = -by, "too early"
			}
			n := f.Recording.Find(near.Seq)
			if by <= 0 || n == 0 {
				continue
			}
			e, err := f.Recording.Event(n)
			if err != nil {
				return nil
			}
			c := &Cause{
				Peer:     e.Peer,
				Text:     fmt.Sprintf("it came at %s, %s %s: %s", seconds(e.Time), seconds(by), how, near.Text),
				Evidence: []Evidence{at(e).evidence("%s", e.Kind)},
			}
			if p := f.Peer(e.Peer); p != nil && bound[1] == "before" {
				c.Causes = f.phases(p, given)
			}
			return []*Cause{c}
		}
	}
	return nil
}

func findHappened(f *Facts, v *Verdict, _ Question) []*Cause {
	if !strings.HasPrefix(v.Text, "never ") || len(v.Near) == 0 {
		return nil
	}
	near := v.Near[len(v.Near)-1]
	n := f.Recording.Find(near.Seq)
	if n == 0 {
		return nil
	}
	e, err := f.Recording.Event(n)
	if err != nil {
		return nil
	}
	c := &Cause{Peer: e.Peer, Text: fmt.Sprintf("it happened at %s: %s", seconds(e.Time), f.words(e)), Evidence: []Evidence{at(e).evidence("%s", e.Kind)}, asks: f.questions(e)}
	if n := f.Recording.Cause(n); n != 0 {
		if cause, err := f.Recording.Event(n); err == nil {
			c.Evidence = slices.Insert(c.Evidence, 0, at(cause).evidence("%s", f.words(cause)))
		}
	}
	if sent := f.sentAs(e); sent != nil {
		c.Evidence = slices.Insert(c.Evidence, 0, sent.evidence("%s is called", sent.Method))
	}
	return []*Cause{c}
}

// sentAs returns the call that sent the message that an event is about; nil for other events.
func (f *Facts) sentAs(e recorder.Event) *Call {
	value, _ := e.Value()
	d, ok := value.(recorder.ChannelEvent)
	p := f.Peer(e.Peer)
	if !ok || d.Message == nil || p == nil || f.Peer(p.Other) == nil {
		return nil
	}
	sent, _ := f.Peer(p.Other).sent("")
	for _, c := range slices.Backward(sent) {
		var args struct {
			Text string
			Size int
		}
		if unmarshal(c.Args, &args); c.Seq < e.Seq && args.Text == d.Message.Text && args.Size == d.Message.Size {
			return c
		}
	}
	return nil
}

func findExpectedClosed(f *Facts, v *Verdict, _ Question) []*Cause {
	if strings.Contains(v.Text, "close") || f.rejectedCall(v) != nil {
		return nil
	}
	var list []*Cause
	for _, p := range f.about(v.Text) {
		if about, ok := f.connection(p); ok && about.Symptom == Closed && len(list) == 0 {
			list = append(list, &Cause{Peer: p.Name, asks: []Question{about}})
		}
	}
	return list
}

func findNotMet(f *Facts, v *Verdict, _ Question) []*Cause {
	var up []string
	for _, p := range f.about(v.Text) {
		if p.State.ConnectionState != "connected" {
			return nil
		}
		up = append(up, p.Name+"'s")
	}
	if len(up) == 0 || f.Header.Options.Packets != recorder.PacketsFull || !strings.Contains(v.Seen, "did not happen") || ofChannels.MatchString(v.Text) || ofMessages.MatchString(v.Text) || ofMedia.MatchString(v.Text) {
		return nil // there may be a cause that no rule knows
	}
	text := strings.Join(up, " and ") + " connection is up"
	if len(up) > 1 {
		text = strings.Join(up, " and ") + " connections are up"
	}
	return []*Cause{{Text: text + ", and nothing in the session led to it"}}
}

func findPending(f *Facts, _ Question) []*Cause {
	if f.End == nil {
		return nil
	}
	var list []*Cause
	for _, v := range f.Verdicts {
		if v.Time == f.End.Time && !v.Held && strings.HasPrefix(v.Text, "wait: ") {
			list = append(list, &Cause{
				Text:     fmt.Sprintf("the steps did not get there: they were still at %s (%s)", v.Text, v.place()),
				Evidence: []Evidence{f.End.evidence("the session ends: %s", f.End.Reason)},
			})
		}
	}
	return list
}
