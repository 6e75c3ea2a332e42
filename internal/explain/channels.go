package explain

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// channelRules are about data channels that are not there, and about messages that do not arrive.
var channelRules = []Rule{
	{
		Name: "channel-not-created", Answers: ChannelNotOpen, Suspect: "channels that nobody creates",
		Doc:  "No side has created a data channel of that name.",
		find: betweenTwo(findNotCreated),
	},
	{
		Name: "channel-not-negotiated", Answers: ChannelNotOpen, Suspect: "channels that are created after the negotiation",
		Doc:  "The data channel was created after the offer, and the descriptions have no section for data: it waits for a negotiation, which negotiationneeded asks for.",
		find: betweenTwo(findChannelNotNegotiated),
	},
	{
		Name: "sctp-incomplete", Answers: ChannelNotOpen, Suspect: "SCTP",
		Doc:  "DTLS is connected, but the SCTP association over it has not come up: connectionState does not show it.",
		find: betweenTwo(findSCTP),
	},
	{
		Name: "channel-on-one-side", Answers: ChannelNotOpen, Suspect: "negotiated channels that one side lacks",
		Doc:  "A channel with negotiated: true has to be created by both sides with the same id. Only one has: there it opens at once, and what it sends goes nowhere.",
		find: betweenTwo(findOneSide),
	},
	{
		Name: "channel-unwanted", Answers: ChannelNotOpen, Suspect: "an application that does not listen for channels",
		Doc:  "The other side's application has no handler of datachannel events. pion then closes the channel; in the standard it stays open and nobody has it.",
		find: betweenTwo(findUnwanted),
	},
	{
		Name: "channel-open-dropped", Answers: ChannelNotOpen, Suspect: "DATA_CHANNEL_OPEN messages that are dropped",
		Doc:  "The message with which a data channel is announced to the other side was dropped on its way.",
		find: betweenTwo(findOpenDropped),
	},
	{
		Name: "channel-closed", Answers: ChannelNotOpen, Suspect: "channels that are closed",
		Doc:  "The data channel was open, and is closed.",
		find: betweenTwo(findChannelClosed),
	},
	{
		Name: "channel-closed-by-application", Answers: ChannelClosed, Suspect: "an application that closes the channel",
		Doc:  "The application of this side closed the data channel.",
		find: betweenTwo(closedChannel(false)),
	},
	{
		Name: "channel-closed-by-other-side", Answers: ChannelClosed, Suspect: "the other side, which closes the channel",
		Doc:  "The application of the other side closed the data channel: both sides lose it.",
		find: betweenTwo(closedChannel(true)),
	},
	{
		Name: "channel-closed-with-connection", Answers: ChannelClosed, Suspect: "a connection that is closed",
		Doc:  "The data channel is closed since its connection is.",
		find: betweenTwo(findClosedWithConnection),
	},
	{
		Name: "message-without-channel", Answers: MessageMissing, Suspect: "channels that are not open",
		Doc:  "The data channel over which the message was to go is not open.",
		find: findMessageWithoutChannel,
	},
	{
		Name: "message-not-sent", Answers: MessageMissing, Suspect: "messages that nobody sends",
		Doc:  "Nobody has sent such a message.",
		find: findNotSent,
	},
	{
		Name: "message-refused", Answers: MessageMissing, Suspect: "messages that are refused",
		Doc:  "The call that was to send the message was rejected.",
		find: findMessageRefused,
	},
	{
		Name: "message-differs", Answers: MessageMissing, Suspect: "messages with another text",
		Doc:  "Messages arrived, with another text than is expected.",
		find: findDiffers,
	},
	{
		Name: "message-handler-late", Answers: MessageMissing, Suspect: "handlers of messages that are set too late",
		Doc:  "Messages arrived while the application had no handler of message events. pion drops them; a browser keeps them until the task with the datachannel event has ended. Set the handler in the datachannel event.",
		find: findHandlerLate,
	},
	{
		Name: "closed-with-data", Answers: MessageMissing, Suspect: "data that is lost by close()",
		Doc:  "The connection was closed while data was waiting to be sent: close() does not wait. Close the data channel first, or wait until bufferedAmount is 0 and the other side has answered.",
		find: findClosedWithData,
	},
	{
		Name: "message-dropped", Answers: MessageMissing, Suspect: "messages that are dropped on their way",
		Doc:  "The packets that carry the message were dropped: all of them, or just once on a channel that does not send again.",
		find: findMessageDropped,
	},
	{
		Name: "message-under-way", Answers: MessageMissing, Fallback: true, Suspect: "messages that wait to be sent",
		Doc:  "The message waits behind others: more was sent than the way can carry in that time.",
		find: findUnderWay,
	},
}

// betweenTwo asks a rule only where there are two peers.
func betweenTwo(find func(*Facts, Question) []*Cause) func(*Facts, Question) []*Cause {
	return func(f *Facts, q Question) []*Cause {
		if f.Peer(q.Peer) == nil || f.Peer(q.Other) == nil {
			return nil
		}
		return find(f, q)
	}
}

// channel returns the name and the state of a peer's data channel by its name or label; nil where it has none.
func (p *Peer) channel(name string) (string, *recorder.ChannelState) {
	if c := p.State.Channels[name]; c != nil {
		return name, c
	}
	for _, n := range slices.Sorted(maps.Keys(p.State.Channels)) {
		if c := p.State.Channels[n]; c != nil && (c.Label == name || name == "") {
			return n, c
		}
	}
	return "", nil
}

// channels returns the names and labels of the data channels that the peers have or have created, without doubles.
func (f *Facts) channels() []string {
	var list []string
	add := func(name string) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, p := range f.Peers {
		for _, name := range slices.Sorted(maps.Keys(p.State.Channels)) {
			if c := p.State.Channels[name]; c != nil {
				add(name)
				add(c.Label)
			}
		}
	}
	return list
}

// ends returns a peer's data channel and that of the other side with the same label.
func (f *Facts) ends(q Question) (p, other *Peer, name, otherName string, own, theirs *recorder.ChannelState) {
	p, other = f.Peer(q.Peer), f.Peer(q.Other)
	name, own = p.channel(q.Subject)
	otherName, theirs = other.channel(q.Subject)
	if own != nil && theirs == nil {
		otherName, theirs = other.channel(own.Label)
	}
	if theirs != nil && own == nil {
		name, own = p.channel(theirs.Label)
	}
	return p, other, name, otherName, own, theirs
}

// called returns the last call of a method on a peer's channel that came back well, nil where there is none.
func (p *Peer) called(channel string, methods ...string) *Call {
	var last *Call
	for _, c := range p.Calls {
		if c.Channel == channel && slices.Contains(methods, c.Method) && !c.Failed() {
			last = c
		}
	}
	return last
}

// created returns the call that made a peer's data channel, nil where the other side did.
func (p *Peer) created(label string) *Call {
	for _, c := range p.Calls {
		var args struct{ Label string }
		if c.Method == "createDataChannel" && !c.Failed() {
			if unmarshal(c.Args, &args); args.Label == label {
				return c
			}
		}
	}
	return nil
}

// opened tells whether a peer's channel was ever open.
func (p *Peer) opened(channel string) bool {
	_, ok := p.First("channels."+channel+".readyState", "open")
	return ok
}

func findNotCreated(f *Facts, q Question) []*Cause {
	if _, _, _, _, own, theirs := f.ends(q); own != nil || theirs != nil {
		return nil
	}
	return []*Cause{{Text: fmt.Sprintf("neither %s nor %s has created a data channel %s", q.Peer, q.Other, q.Subject)}}
}

// hasData tells whether the descriptions of the last finished negotiation have a section for data channels.
func (p *Peer) hasData() bool {
	d := p.State.CurrentLocalDescription
	return d != nil && strings.Contains(d.SDP, "m=application")
}

func findChannelNotNegotiated(f *Facts, q Question) []*Cause {
	p, other, name, otherName, own, theirs := f.ends(q)
	for _, side := range []struct {
		peer  *Peer
		name  string
		state *recorder.ChannelState
	}{{p, name, own}, {other, otherName, theirs}} {
		if side.state == nil || side.peer.opened(side.name) || side.peer.hasData() || side.peer.State.CurrentLocalDescription == nil {
			continue
		}
		call := side.peer.created(side.state.Label)
		set := side.peer.Call("setLocalDescription")
		if call == nil || set == nil || call.Seq < set.Seq {
			continue
		}
		c := &Cause{
			Peer:     side.peer.Name,
			Text:     fmt.Sprintf("%s created the channel %s at %s, after the negotiation, and has not negotiated again", side.peer.Name, side.name, seconds(call.Time)),
			Evidence: []Evidence{set.evidence("setLocalDescription, without a section for data"), call.evidence("createDataChannel is called")},
		}
		for _, e := range side.peer.Events {
			if e.Kind == recorder.KindNegotiationNeeded && e.Seq > call.Seq {
				c.Evidence = append(c.Evidence, e.evidence("negotiationneeded"))
				break
			}
		}
		return []*Cause{c}
	}
	return nil
}

func findSCTP(f *Facts, q Question) []*Cause {
	p, _, name, _, own, theirs := f.ends(q)
	if own != nil && p.opened(name) || own == nil && theirs == nil {
		return nil
	}
	since, ok := p.First("dtls.state", "connected")
	if !ok || p.State.SCTP == nil || p.State.SCTP.State != "connecting" || !p.hasData() {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("DTLS is connected since %s, SCTP is not yet", seconds(since.Time)), Evidence: []Evidence{p.evidence(f, since)}}
	var lost []*Packet
	for _, packet := range f.Packets {
		if packet.Lost() && (packet.Peer == q.Peer || packet.Peer == q.Other) && packet.Is(association...) {
			lost = append(lost, packet)
		}
	}
	if len(lost) > 0 {
		c.asks = []Question{{Symptom: Dropped, Peer: q.Peer, Other: q.Other, Packets: lost}}
	}
	return []*Cause{c}
}

func findOneSide(f *Facts, q Question) []*Cause {
	p, other, name, otherName, own, theirs := f.ends(q)
	if own == nil && theirs != nil && theirs.Negotiated {
		p, other, name, own = other, p, otherName, theirs
	} else if own == nil || theirs != nil || !own.Negotiated {
		return nil
	}
	c := &Cause{Peer: other.Name, Text: fmt.Sprintf("%s created the negotiated channel %s, and %s did not", p.Name, name, other.Name)}
	if own.ID != nil {
		c.Text += fmt.Sprintf(" (id %d)", *own.ID)
	}
	if call := p.created(own.Label); call != nil {
		c.Evidence = []Evidence{call.evidence("createDataChannel with negotiated: true")}
	}
	return []*Cause{c}
}

func findUnwanted(f *Facts, q Question) []*Cause {
	p, other, name, _, own, theirs := f.ends(q)
	if own == nil && theirs != nil {
		p, other, own = other, p, theirs
		name, _ = p.channel(theirs.Label)
	} else if own == nil || theirs != nil {
		return nil
	}
	t, closed := p.Was("channels."+name+".readyState", "closed", "closing")
	if own.Negotiated || !closed || !p.opened(name) || p.close() != nil || other.close() != nil || p.called(name, "close", "gracefulClose") != nil || p.State.ConnectionState != "connected" {
		return nil
	}
	return []*Cause{{
		Peer:     other.Name,
		Text:     fmt.Sprintf("%s's application does not listen for data channels: pion closed %s on both sides at %s", other.Name, name, seconds(t.Time)),
		Evidence: []Evidence{p.evidence(f, t)},
	}}
}

func findOpenDropped(f *Facts, q Question) []*Cause {
	if _, _, _, _, own, theirs := f.ends(q); (own == nil) == (theirs == nil) {
		return nil
	}
	var sent, lost []*Packet
	for _, packet := range f.Packets {
		if packet.Is("dcep-open") && (packet.Peer == q.Peer || packet.Peer == q.Other) {
			sent = append(sent, packet)
			if packet.Lost() {
				lost = append(lost, packet)
			}
		}
	}
	if len(lost) == 0 || len(lost) < len(sent) {
		return nil
	}
	return []*Cause{{asks: []Question{{Symptom: Dropped, Peer: q.Peer, Other: q.Other, Packets: lost}}}}
}

func findChannelClosed(f *Facts, q Question) []*Cause {
	p, _, name, _, own, _ := f.ends(q)
	if own == nil || !p.opened(name) || own.ReadyState == "open" || own.ReadyState == "connecting" || findUnwanted(f, q) != nil {
		return nil
	}
	return []*Cause{{asks: []Question{{Symptom: ChannelClosed, Peer: q.Peer, Other: q.Other, Subject: name}}}}
}

// closedChannel finds the call that closed a data channel, on this side or on the other one.
func closedChannel(far bool) func(*Facts, Question) []*Cause {
	return func(f *Facts, q Question) []*Cause {
		p, other, name, otherName, _, _ := f.ends(q)
		own, theirs := p.called(name, "close", "gracefulClose"), other.called(otherName, "close", "gracefulClose")
		call := own
		if far {
			if own != nil && (theirs == nil || own.Seq < theirs.Seq) {
				return nil
			}
			call = theirs
		} else if theirs != nil && own != nil && theirs.Seq < own.Seq {
			return nil
		}
		if call == nil {
			return nil
		}
		return []*Cause{{
			Peer:     call.Peer,
			Text:     fmt.Sprintf("%s's application closed the channel %s at %s", call.Peer, call.Channel, seconds(call.Time)),
			Evidence: []Evidence{call.evidence("close is called")},
		}}
	}
}

func findClosedWithConnection(f *Facts, q Question) []*Cause {
	p, other, name, otherName, _, _ := f.ends(q)
	if p.called(name, "close", "gracefulClose") != nil || other.called(otherName, "close", "gracefulClose") != nil {
		return nil
	}
	about, ok := f.connection(p)
	if !ok || about.Symptom != Closed {
		return nil
	}
	return []*Cause{{asks: []Question{about}}}
}

// messageText finds the text of a message that an expectation asks for.
var messageText = regexp.MustCompile(`(?:received |data: )("(?:[^"\\]|\\.)*"|'[^']*')`)

// wanted returns the text of the message that a failed expectation asks for, empty where it does not matter.
func (f *Facts) wanted(q Question) string {
	for _, v := range f.Verdicts {
		if v.Seq == q.Event {
			if match := messageText.FindStringSubmatch(v.Text); match != nil {
				return strings.Trim(match[1], `"'`)
			}
		}
	}
	return ""
}

// messages are the messages that a peer has got, on one channel if a name is given.
func (p *Peer) messages(channel string) (list []Occurrence) {
	for _, e := range p.Events {
		if d, ok := e.Data.(recorder.ChannelEvent); ok && e.Kind == recorder.KindMessage && (channel == "" || d.Channel == channel || d.Label == channel) {
			list = append(list, e)
		}
	}
	return list
}

// sent are the calls with which a peer sent messages and that were not rejected, on one channel if a name is given.
func (p *Peer) sent(channel string) (sent, rejected []*Call) {
	for _, c := range p.Calls {
		if c.Channel == "" || channel != "" && c.Channel != channel || !sends(c.Method) {
			continue
		}
		if c.Failed() {
			rejected = append(rejected, c)
		} else {
			sent = append(sent, c)
		}
	}
	return sent, rejected
}

// flow is what a question about messages is about.
type flow struct {
	receiver, sender *Peer
	// channel is the sender's name for it, empty where any channel will do; state is that of the sender.
	channel        string
	state          *recorder.ChannelState
	sent, rejected []*Call
}

func (f *Facts) flow(q Question) *flow {
	if f.Peer(q.Peer) == nil || f.Peer(q.Other) == nil {
		return nil
	}
	p, other, _, name, _, theirs := f.ends(q)
	w := &flow{receiver: p, sender: other, state: theirs}
	if q.Subject != "" {
		w.channel = name
	}
	w.sent, w.rejected = other.sent(w.channel)
	return w
}

func findMessageWithoutChannel(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.rejected) > 0 {
		return nil
	}
	name, state := w.sender.channel(q.Subject)
	if state != nil && w.sender.opened(name) && !(state.Negotiated && len(w.sent) > 0) {
		return nil
	}
	return []*Cause{{asks: []Question{{Symptom: ChannelNotOpen, Peer: q.Peer, Other: q.Other, Subject: q.Subject}}}}
}

func findNotSent(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.sent)+len(w.rejected) > 0 || w.state == nil || !w.sender.opened(w.name(q)) {
		return nil
	}
	c := &Cause{Peer: q.Other, Text: fmt.Sprintf("%s has sent nothing on the channel %s, which was open", q.Other, w.name(q))}
	if t, ok := w.sender.First("channels."+w.name(q)+".readyState", "open"); ok {
		c.Evidence = []Evidence{w.sender.evidence(f, t)}
	}
	c.asks = []Question{{Symptom: NotReached, Peer: q.Other}}
	return []*Cause{c}
}

// name is the sender's name for the channel.
func (w *flow) name(q Question) string {
	name, _ := w.sender.channel(q.Subject)
	return name
}

func findMessageRefused(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.rejected) == 0 || len(w.sent) > 0 {
		return nil
	}
	return []*Cause{{asks: []Question{{Symptom: CallFailed, Peer: q.Other, Other: q.Peer, Event: w.rejected[0].Returned.Seq}}}}
}

func findDiffers(f *Facts, q Question) []*Cause {
	w, text := f.flow(q), f.wanted(q)
	if w == nil || text == "" || len(w.sent) == 0 {
		return nil
	}
	for _, c := range w.sent {
		var args struct{ Text string }
		if unmarshal(c.Args, &args); args.Text == text {
			return nil
		}
	}
	last := w.sent[len(w.sent)-1]
	return []*Cause{{
		Peer:     q.Other,
		Text:     fmt.Sprintf("%s has sent %s to %s, none of them %q", q.Other, plural(len(w.sent), "message"), q.Peer, text),
		Evidence: []Evidence{last.evidence("%s", strings.TrimSpace(fmt.Sprintf("%s is called: %s", last.Method, abridged(last.Args))))},
	}}
}

// abridged shortens the arguments of a call.
func abridged(args []byte) string {
	if len(args) > 60 {
		return string(args[:60]) + "…"
	}
	return string(args)
}

func findHandlerLate(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.sent) == 0 || w.receiver.State.Stats == nil {
		return nil
	}
	received, told := w.receiver.State.Stats.Messages.Received, len(w.receiver.messages(""))
	if received <= told {
		return nil
	}
	c := &Cause{
		Peer:     q.Peer,
		Text:     fmt.Sprintf("%s of %s's arrived at %s when nobody listened: the handler of message events was set too late, or never", plural(received-told, "message"), q.Other, q.Peer),
		Evidence: []Evidence{w.sent[0].evidence("%s is called", w.sent[0].Method)},
	}
	for _, packet := range f.Packets {
		if packet.Peer == q.Other && packet.Seq > w.sent[0].Seq && packet.Is("data") && packet.Delivered() {
			c.Evidence = append(c.Evidence, packet.End.evidence("packet %d arrives: %s", packet.ID, strings.Join(packet.Types, " ")))
			break
		}
	}
	return []*Cause{c}
}

func findClosedWithData(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.sent) == 0 {
		return nil
	}
	for _, p := range []*Peer{w.sender, w.receiver} {
		closed := p.close()
		if closed == nil || len(w.receiver.messages(w.channel)) >= len(w.sent) {
			continue
		}
		before := 0
		for _, c := range w.sent {
			if c.Seq < closed.Seq {
				before++
			}
		}
		arrived := 0
		for _, m := range w.receiver.messages(w.channel) {
			if m.Time <= closed.Time {
				arrived++
			}
		}
		if before <= arrived {
			continue
		}
		last := w.sent[before-1]
		return []*Cause{{
			Peer:     p.Name,
			Text:     fmt.Sprintf("%s's application closed the connection %s after the last of %s was sent, when %d had arrived: close() does not wait for the others", p.Name, seconds(closed.Time-last.Time), plural(before, "message"), arrived),
			Evidence: []Evidence{last.evidence("%s is called", last.Method), closed.evidence("close is called")},
		}}
	}
	return nil
}

// data are the packets with a peer's messages from an event on.
func (f *Facts) data(peer string, since uint64) []*Packet {
	var list []*Packet
	for _, p := range f.Packets {
		if p.Peer == peer && p.Seq > since && p.Is("data") && p.CopyOf == nil {
			list = append(list, p)
		}
	}
	return list
}

// lastPackets is how many packets have to be lost at the end for a message on a reliable channel to be taken for lost.
const lastPackets = 3

func findMessageDropped(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.sent) == 0 || findHandlerLate(f, q) != nil || findClosedWithData(f, q) != nil {
		return nil
	}
	packets := f.data(q.Other, w.sent[0].Seq)
	var lost []*Packet
	for _, p := range packets {
		if p.Lost() {
			lost = append(lost, p)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	reliable := w.state == nil || w.state.MaxRetransmits == nil && w.state.MaxPacketLifeTime == nil
	if reliable {
		for _, p := range packets[max(0, len(packets)-lastPackets):] {
			if !p.Lost() {
				return nil // what was lost is being sent again
			}
		}
	}
	c := &Cause{asks: []Question{{Symptom: Dropped, Peer: q.Other, Other: q.Peer, Packets: lost}}}
	switch {
	case !reliable && w.state.MaxRetransmits != nil:
		c.Text = fmt.Sprintf("the channel %s sends a message again %s at most (maxRetransmits), and it was lost", w.name(q), times(*w.state.MaxRetransmits))
		if *w.state.MaxRetransmits == 0 {
			c.Text = fmt.Sprintf("the channel %s does not send a message again that is lost (maxRetransmits: 0)", w.name(q))
		}
	case !reliable:
		c.Text = fmt.Sprintf("the channel %s sends a message again for %d ms at most (maxPacketLifeTime), and it was lost", w.name(q), *w.state.MaxPacketLifeTime)
	default:
		c.Text = fmt.Sprintf("%s's message was sent again and again, and the last %s with it were dropped", q.Other, plural(min(len(packets), lastPackets), "packet"))
		if len(packets) == len(lost) {
			c.Text = fmt.Sprintf("all %s with %s's message were dropped", plural(len(packets), "packet"), q.Other)
		}
	}
	return []*Cause{c}
}

func findUnderWay(f *Facts, q Question) []*Cause {
	w := f.flow(q)
	if w == nil || len(w.sent) == 0 || w.state == nil {
		return nil
	}
	got := len(w.receiver.messages(w.channel))
	if got >= len(w.sent) {
		return nil
	}
	c := &Cause{
		Peer:     q.Other,
		Text:     fmt.Sprintf("%d of the %d messages that %s sent on %s had arrived", got, len(w.sent), q.Other, w.name(q)),
		Evidence: []Evidence{w.sent[0].evidence("the first one is sent"), w.sent[len(w.sent)-1].evidence("the last one is sent")},
	}
	if w.state.BufferedAmount > 0 {
		c.Text += fmt.Sprintf("; %d bytes wait to be sent", w.state.BufferedAmount)
	}
	if at, wait, packet := longestWait(f.data(q.Other, w.sent[0].Seq)); wait > 0 {
		c.Text += fmt.Sprintf(": the link %s carries less than that in this time, and packets wait for up to %s in its queue", at, seconds(wait))
		c.Evidence = append(c.Evidence, packet.evidence("packet %d waits for %s", packet.ID, seconds(wait)))
	}
	return []*Cause{c}
}

// longestWait returns the packet that waited longest in the queue of a link, and for how long; nothing where none waited.
func longestWait(packets []*Packet) (at string, wait time.Duration, packet *Packet) {
	for _, p := range packets {
		if p.End == nil {
			continue
		}
		for _, h := range p.End.Path {
			if h.Wait > wait {
				at, wait, packet = h.At, h.Wait, p
			}
		}
	}
	return at, wait, packet
}
