package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// mediaRules are about tracks that do not arrive as they should.
var mediaRules = []Rule{
	{
		Name: "track-not-added", Answers: MediaMissing, Suspect: "tracks that nobody adds",
		Doc:  "The other side sends no such track: its application has not added it.",
		find: findNotAddedTrack,
	},
	{
		Name: "track-taken-away", Answers: MediaMissing, Suspect: "tracks that are taken away",
		Doc:  "The other side's application took the track away from its sender with replaceTrack or removeTrack.",
		find: findTakenAway,
	},
	{
		Name: "track-not-negotiated", Answers: MediaMissing, Suspect: "tracks that are added after the negotiation",
		Doc:  "The track was added after the offer, and there was no negotiation since: negotiationneeded asks for one.",
		find: findTrackNotNegotiated,
	},
	{
		Name: "direction", Answers: MediaMissing, Suspect: "directions that do not fit",
		Doc:  "By what the two sides have negotiated, the track is not sent: a side offered or answered recvonly or inactive.",
		find: findDirection,
	},
	{
		Name: "media-dropped", Answers: MediaMissing, Suspect: "media that is dropped on its way",
		Doc:  "The packets with the media were dropped on their way, all or many of them.",
		find: findMediaDropped,
	},
	{
		Name: "keyframe-missing", Answers: MediaMissing, Suspect: "keyframes that are missing",
		Doc:  "Packets arrive, but no frame can be decoded: the keyframe that they build on was lost, and nobody has asked for another one or none was sent.",
		find: findKeyframe,
	},
	{
		Name: "track-unwanted", Answers: MediaMissing, Fallback: true, Suspect: "an application that does not listen for tracks",
		Doc:  "Packets of the track arrive, and the application has no handler of track events.",
		find: findTrackUnwanted,
	},
}

// tracks returns the names of the tracks that the peers send or have sent, without doubles.
func (f *Facts) tracks() []string {
	var list []string
	for _, p := range f.Peers {
		for _, c := range p.Calls {
			if t := trackOf(c); t != "" && !slices.Contains(list, t) {
				list = append(list, t)
			}
		}
	}
	return list
}

// trackOf returns the track that a call brings, empty for other calls.
func trackOf(c *Call) string {
	var args struct{ Track string }
	switch c.Method {
	case "addTrack", "addTransceiver", "replaceTrack", "addStream":
		if !c.Failed() {
			unmarshal(c.Args, &args)
		}
	}
	return args.Track
}

// transceiver returns the transceiver by which a peer sends a track, nil where there is none.
func (p *Peer) transceiver(track string) *recorder.TransceiverState {
	for i, t := range p.State.Transceivers {
		if t.Sender != nil && t.Sender.Track != nil && (t.Sender.Track.ID == track || track == "") {
			return &p.State.Transceivers[i]
		}
	}
	return nil
}

// added returns the first call that brought a track, nil where there is none.
func (p *Peer) added(track string) *Call {
	for _, c := range p.Calls {
		if t := trackOf(c); t != "" && (t == track || track == "") {
			return c
		}
	}
	return nil
}

func findNotAddedTrack(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil || other.added(q.Subject) != nil {
		return nil
	}
	what := "no track at all"
	if q.Subject != "" {
		what = "no track " + q.Subject
	}
	return []*Cause{{Peer: q.Other, Text: fmt.Sprintf("%s sends %s: its application has added none", q.Other, what)}}
}

func findTakenAway(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil || other.added(q.Subject) == nil || other.transceiver(q.Subject) != nil {
		return nil
	}
	for i := len(other.Calls) - 1; i >= 0; i-- {
		c := other.Calls[i]
		if (c.Method == "replaceTrack" || c.Method == "removeTrack" || c.Method == "stop") && !c.Failed() {
			return []*Cause{{
				Peer:     q.Other,
				Text:     fmt.Sprintf("%s's application took the track away at %s (%s)", q.Other, seconds(c.Time), c.Method),
				Evidence: []Evidence{c.evidence("%s is called", c.Method)},
			}}
		}
	}
	return nil
}

// negotiatedAfter tells whether a peer has set a local description after an event.
func (p *Peer) negotiatedAfter(seq uint64) bool {
	return slices.ContainsFunc(p.Calls, func(c *Call) bool { return c.Method == "setLocalDescription" && c.Seq > seq && !c.Failed() })
}

func findTrackNotNegotiated(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil {
		return nil
	}
	t, call := other.transceiver(q.Subject), other.added(q.Subject)
	if t == nil || call == nil || t.CurrentDirection != nil || other.State.CurrentLocalDescription == nil || other.negotiatedAfter(call.Seq) {
		return nil
	}
	c := &Cause{
		Peer:     q.Other,
		Text:     fmt.Sprintf("%s added the track %s at %s, after the negotiation, and has not negotiated again", q.Other, t.Sender.Track.ID, seconds(call.Time)),
		Evidence: []Evidence{call.evidence("%s is called", call.Method)},
	}
	for _, e := range other.Events {
		if e.Kind == recorder.KindNegotiationNeeded && e.Seq > call.Seq {
			c.Evidence = append(c.Evidence, e.evidence("negotiationneeded"))
			break
		}
	}
	return []*Cause{c}
}

func findDirection(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil {
		return nil
	}
	t := other.transceiver(q.Subject)
	if t == nil || t.CurrentDirection == nil || strings.HasPrefix(*t.CurrentDirection, "send") {
		return nil
	}
	c := &Cause{Peer: q.Other, Text: fmt.Sprintf("%s's transceiver for the track %s is %s by the negotiation, so that %s does not take it", q.Other, t.Sender.Track.ID, *t.CurrentDirection, q.Peer)}
	if t.Direction != *t.CurrentDirection {
		c.Text += fmt.Sprintf(" (it wanted %s)", t.Direction)
	}
	for _, kind := range []string{"offer", "answer"} {
		for _, p := range []*Peer{other, f.Peer(q.Peer)} {
			if p == nil {
				continue
			}
			set, _ := p.described("setRemoteDescription", kind, 0)
			if set == nil || t.Mid == nil {
				continue
			}
			_, sdp := set.Description()
			if d := direction(sdp, *t.Mid); d != "" {
				c.Evidence = append(c.Evidence, set.evidence("the %s that %s sets says a=%s", kind, p.Name, d))
			}
		}
	}
	return []*Cause{c}
}

// direction returns the direction of the media section with a mid, empty where there is none.
func direction(sdp, mid string) string {
	for _, section := range strings.Split(sdp, "\nm=")[1:] {
		if !strings.Contains(section, "a=mid:"+mid+"\r") && !strings.Contains(section, "a=mid:"+mid+"\n") {
			continue
		}
		for line := range strings.Lines(section) {
			switch line = strings.TrimSpace(line); line {
			case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
				return line[len("a="):]
			}
		}
	}
	return ""
}

// muchMedia is which share of the media has to be dropped for that to be worth telling: a tenth.
const muchMedia = 10

func findMediaDropped(f *Facts, q Question) []*Cause {
	var lost []*Packet
	sent := 0
	for _, p := range f.Packets {
		if p.Peer != q.Other || p.Protocol != "srtp" || p.CopyOf != nil {
			continue
		}
		sent++
		if p.Lost() {
			lost = append(lost, p)
		}
	}
	if len(lost) == 0 || len(lost) < sent/muchMedia {
		return nil
	}
	c := &Cause{Peer: q.Other, Text: fmt.Sprintf("%d of the %d media packets that %s sent were dropped", len(lost), sent, q.Other), asks: []Question{{Symptom: Dropped, Peer: q.Other, Other: q.Peer, Packets: lost}}}
	if len(lost) == sent {
		c.Text = fmt.Sprintf("all %s with %s's media were dropped", plural(sent, "packet"), q.Other)
	}
	return []*Cause{c}
}

// measured returns the last measurement of a track that a peer receives, false where there is none.
func (p *Peer) measured(track string) (last Occurrence, ok bool) {
	for _, e := range p.Events {
		if m, is := e.Data.(recorder.Media); is && (m.Track == track || track == "") {
			last, ok = e, true
		}
	}
	return last, ok
}

func findKeyframe(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p == nil {
		return nil
	}
	e, ok := p.measured(q.Subject)
	m, _ := e.Data.(recorder.Media)
	if !ok || m.Kind != "video" || m.Packets == 0 || m.Frames > 0 || len(findMediaDropped(f, q)) > 0 {
		return nil
	}
	c := &Cause{
		Text:     fmt.Sprintf("%s got %s of %s and could decode none: there was no complete keyframe", q.Peer, plural(m.Packets, "packet"), m.Track),
		Evidence: []Evidence{e.evidence("%d packets have arrived, %d are missing", m.Packets, m.Lost-m.Repaired)},
	}
	if m.PLIs == 0 {
		c.Text += ", and nobody asked for one"
	} else {
		c.Text += fmt.Sprintf(", although it was asked for one %s", times(m.PLIs))
	}
	var lost []*Packet
	for _, packet := range f.Packets {
		if packet.Peer == q.Other && packet.Protocol == "srtp" && packet.Lost() {
			lost = append(lost, packet)
		}
	}
	if len(lost) > 0 {
		c.asks = []Question{{Symptom: Dropped, Peer: q.Other, Other: q.Peer, Packets: lost}}
	}
	return []*Cause{c}
}

func findTrackUnwanted(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p == nil || slices.ContainsFunc(p.Events, func(e Occurrence) bool { return e.Kind == recorder.KindTrack }) {
		return nil
	}
	for _, packet := range f.Packets {
		if packet.Peer == q.Other && packet.Protocol == "srtp" && packet.Delivered() && packet.End.Peer == q.Peer {
			return []*Cause{{
				Text:     fmt.Sprintf("media of %s's arrives, and %s's application does not listen for tracks", q.Other, q.Peer),
				Evidence: []Evidence{packet.End.evidence("packet %d arrives: %s", packet.ID, packet.Protocol)},
			}}
		}
	}
	return nil
}
