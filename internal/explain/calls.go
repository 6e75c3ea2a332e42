package explain

import (
	"fmt"
	"slices"
	"strings"
)

// callRules are about calls of the API that are rejected.
var callRules = []Rule{
	{
		Name: "glare", Answers: CallFailed, Suspect: "glare",
		Doc:  "Both sides made an offer at the same time. In the standard the side that gives way rolls its own offer back; pion has no rollback, so that both are stuck. Agree beforehand on who makes the offers.",
		find: findGlare,
	},
	{
		Name: "answer-twice", Answers: CallFailed, Suspect: "an answer that is set twice",
		Doc:  "An answer was set again after it had been set already: in the state stable there is no place for it. Signaling, or the application, delivered it twice.",
		find: findAnswerTwice,
	},
	{
		Name: "wrong-signaling-state", Answers: CallFailed, Suspect: "descriptions in the wrong state",
		Doc:  "A description was made or set in a signaling state in which there is no place for it.",
		find: findWrongState,
	},
	{
		Name: "candidate-before-description", Answers: CallFailed, Suspect: "candidates that are added before the remote description",
		Doc:  "addIceCandidate was called before setRemoteDescription. Candidates that come early have to wait for the description.",
		find: findCandidateBefore,
	},
	{
		Name: "nothing-offered", Answers: CallFailed, Suspect: "an offer without channels and media",
		Doc:  "The offer has no media section: no data channel was created and no track or transceiver added before createOffer.",
		find: findNothingOffered,
	},
	{
		Name: "no-common-codec", Answers: CallFailed, Suspect: "codecs that the two sides do not share",
		Doc:  "The two sides share no codec for a kind of media. setCodecPreferences, or a codec that one side does not have, is the usual reason.",
		find: findNoCodec,
	},
	{
		Name: "send-before-open", Answers: CallFailed, Suspect: "messages that are sent before the channel is open",
		Doc:  "send was called before the data channel was open. Wait for its open event.",
		find: findSendBeforeOpen,
	},
	{
		Name: "send-after-close", Answers: CallFailed, Suspect: "messages that are sent after the channel is closed",
		Doc:  "send was called when the data channel was closing or closed.",
		find: findSendAfterClose,
	},
	{
		Name: "message-too-large", Answers: CallFailed, Suspect: "messages that are too large",
		Doc:  "The message is larger than the other side accepts, as its a=max-message-size says. Send it in pieces.",
		find: findTooLarge,
	},
	{
		Name: "call-after-close", Answers: CallFailed, Suspect: "calls after close()",
		Doc:  "The peer connection was closed already when a method was called.",
		find: findAfterClose,
	},
	{
		Name: "call-rejected", Answers: CallFailed, Fallback: true,
		Doc:  "A call was rejected, for the reason that its error tells.",
		find: findRejected,
	},
}

// call returns the call that a question is about by its return, nil where there is none.
func (f *Facts) call(q Question) *Call {
	p := f.Peer(q.Peer)
	if p == nil {
		return nil
	}
	i := slices.IndexFunc(p.Calls, func(c *Call) bool { return c.Failed() && c.Returned.Seq == q.Event })
	if i < 0 {
		return nil
	}
	return p.Calls[i]
}

// rejection makes the cause of a call that was rejected.
func (c *Call) rejection(format string, args ...any) []*Cause {
	return []*Cause{{
		Peer: c.Peer,
		Text: fmt.Sprintf(format, args...),
		Evidence: []Evidence{
			c.evidence("%s is called", c.Method),
			c.Returned.evidence("it is rejected: %s", c.Return.Error.Message),
		},
	}}
}

// stateful tells whether the call failed since there was no place for it in the signaling state, and which state that was.
func (c *Call) stateful() (state string, ok bool) {
	if c.Return.Now == nil || c.Return.Error.Name != "InvalidStateError" && c.Return.Error.Name != "InvalidModificationError" {
		return "", false
	}
	switch c.Method {
	case "setLocalDescription", "setRemoteDescription", "createAnswer", "createOffer":
		return c.Return.Now.Signaling, c.Return.Now.Signaling != "closed"
	}
	return "", false
}

func findGlare(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Method != "setRemoteDescription" {
		return nil
	}
	typ, _ := c.Description()
	if state, ok := c.stateful(); !ok || state != "have-local-offer" || typ != "offer" {
		return nil
	}
	causes := c.rejection("glare: %s was given %s's offer while its own was waiting for an answer, and pion takes none back", q.Peer, q.other())
	for _, name := range []string{q.Peer, q.Other} {
		if p := f.Peer(name); p != nil {
			if own, _ := p.described("setLocalDescription", "offer", 0); own != nil {
				causes[0].Evidence = append(causes[0].Evidence, own.evidence("%s sets its own offer", name))
			}
		}
	}
	slices.SortFunc(causes[0].Evidence, func(a, b Evidence) int { return int(a.Seq) - int(b.Seq) })
	return causes
}

func findAnswerTwice(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Method != "setRemoteDescription" {
		return nil
	}
	typ, sdp := c.Description()
	if state, ok := c.stateful(); !ok || state != "stable" || typ != "answer" {
		return nil
	}
	for _, before := range f.Peer(q.Peer).Calls {
		if _, same := before.Description(); before.Seq < c.Seq && before.Method == c.Method && !before.Failed() && same == sdp {
			causes := c.rejection("%s was given the same answer twice: at %s it was stable already", q.Peer, seconds(c.Time))
			causes[0].Evidence = slices.Insert(causes[0].Evidence, 0, before.evidence("the answer is set"))
			return causes
		}
	}
	return nil
}

func findWrongState(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || findGlare(f, q) != nil || findAnswerTwice(f, q) != nil {
		return nil
	}
	state, ok := c.stateful()
	if !ok {
		return nil
	}
	what := c.Method
	if typ, _ := c.Description(); typ != "" {
		what += " of an " + typ
		if typ != "offer" && typ != "answer" {
			what = c.Method + " of a " + typ
		}
	}
	return c.rejection("%s was in %s, where there is no place for %s", q.Peer, state, what)
}

func findCandidateBefore(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Method != "addIceCandidate" {
		return nil
	}
	for _, set := range f.Peer(q.Peer).Calls {
		if set.Method == "setRemoteDescription" && set.Return != nil && !set.Failed() && set.Returned.Seq < c.Returned.Seq {
			return nil
		}
	}
	return c.rejection("%s was given a candidate of %s's before its description", q.Peer, q.other())
}

func findNothingOffered(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Method != "setRemoteDescription" {
		return nil
	}
	typ, sdp := c.Description()
	if typ != "offer" || strings.Contains(sdp, "\nm=") {
		return nil
	}
	return c.rejection("%s's offer has neither a data channel nor media: there is nothing to connect for", q.other())
}

func findNoCodec(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || !strings.Contains(strings.ToLower(c.Return.Error.Message), "codec") {
		return nil
	}
	own, theirs := f.preferred(q.Peer), f.preferred(q.Other)
	text := fmt.Sprintf("%s and %s have no codec in common", q.Peer, q.other())
	if own != "" && theirs != "" {
		text += fmt.Sprintf(": %s takes %s, %s takes %s", q.Peer, own, q.Other, theirs)
	}
	return c.rejection("%s", text)
}

// preferred words the codecs that a peer has set, empty where it has set none.
func (f *Facts) preferred(peer string) string {
	p := f.Peer(peer)
	if p == nil {
		return ""
	}
	var list []string
	for _, c := range p.Calls {
		var args struct{ Codecs []struct{ MimeType string } }
		if c.Method != "setCodecPreferences" || c.Failed() {
			continue
		}
		unmarshal(c.Args, &args)
		for _, codec := range args.Codecs {
			if !slices.Contains(list, codec.MimeType) {
				list = append(list, codec.MimeType)
			}
		}
	}
	return strings.Join(list, " and ")
}

// sends tells whether a method of a channel sends a message.
func sends(method string) bool { return strings.HasPrefix(method, "send") }

func findSendBeforeOpen(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Channel == "" || !sends(c.Method) || f.wasOpen(f.Peer(q.Peer), c.Channel, c.Seq) {
		return nil
	}
	text := fmt.Sprintf("%s sent on the channel %s at %s, before it was open", q.Peer, c.Channel, seconds(c.Time))
	if t, ok := f.Peer(q.Peer).First("channels."+c.Channel+".readyState", "open"); ok {
		text += fmt.Sprintf("; it was open at %s", seconds(t.Time))
	}
	return c.rejection("%s", text)
}

func findSendAfterClose(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Channel == "" || !sends(c.Method) || !f.wasOpen(f.Peer(q.Peer), c.Channel, c.Seq) {
		return nil
	}
	t, ok := f.Peer(q.Peer).First("channels."+c.Channel+".readyState", "closing", "closed")
	if !ok || f.Recording.Entry(t.N).Seq > c.Returned.Seq {
		return nil
	}
	causes := c.rejection("%s sent on the channel %s at %s, when it was %s since %s", q.Peer, c.Channel, seconds(c.Time), t.To, seconds(t.Time))
	causes[0].asks = []Question{{Symptom: ChannelClosed, Peer: q.Peer, Other: q.Other, Subject: c.Channel}}
	return causes
}

// wasOpen tells whether a peer's channel was open before an event.
func (f *Facts) wasOpen(p *Peer, channel string, before uint64) bool {
	t, ok := p.First("channels."+channel+".readyState", "open")
	return ok && f.Recording.Entry(t.N).Seq < before
}

func findTooLarge(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || !sends(c.Method) || !strings.Contains(c.Return.Error.Message, "maximum message size") {
		return nil
	}
	var args struct{ Size int }
	unmarshal(c.Args, &args)
	text := fmt.Sprintf("%s sent a message that is larger than %s accepts", q.Peer, q.other())
	if s := f.Peer(q.Peer).State.SCTP; s != nil && args.Size > 0 {
		text = fmt.Sprintf("%s sent a message of %d bytes, and %s accepts %d at most", q.Peer, args.Size, q.other(), s.MaxMessageSize)
	}
	return c.rejection("%s", text)
}

func findAfterClose(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil || c.Return.Now == nil || c.Return.Now.Signaling != "closed" || c.Channel != "" {
		return nil
	}
	closed := f.Peer(q.Peer).close()
	if closed == nil || closed.Seq > c.Seq {
		return nil
	}
	causes := c.rejection("%s called %s at %s, after close() at %s", q.Peer, c.Method, seconds(c.Time), seconds(closed.Time))
	causes[0].Evidence = slices.Insert(causes[0].Evidence, 0, closed.evidence("close is called"))
	return causes
}

func findRejected(f *Facts, q Question) []*Cause {
	c := f.call(q)
	if c == nil {
		return nil
	}
	err := c.Return.Error
	return c.rejection("%s's %s was rejected with %s: %s", q.Peer, c.Method, err.Name, strings.TrimPrefix(err.Message, err.Name+": "))
}
