package standard

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// peer is what the checker knows of one peer connection.
type peer struct {
	checker *Checker
	name    string
	noted   map[*Rule]bool

	// last holds the state that the last event of each kind told; before the first, the initial state.
	last map[recorder.Kind]string
	// signaling is the signalingState as the last call left it.
	signaling string
	// calls are the calls that have not come back.
	calls []*call
	// due are the signalingstatechange events that calls have led to and that did not come yet.
	due []dueEvent

	// lastOffer and lastAnswer are the standard's [[LastCreatedOffer]] and [[LastCreatedAnswer]].
	lastOffer, lastAnswer string
	// local and remote are the SDPs set last, exchanged tells that an exchange came to its end.
	local, remote string
	exchanged     bool

	// needed is the standard's negotiation-needed flag as the events show it. trigger is a call after which a
	// negotiationneeded event is still to come, waits since when nothing has been in its way.
	needed  bool
	trigger *call
	waits   time.Duration

	// described is when a description was set last, -1 before; restarted the call that asked for a restart of ICE and that no
	// setLocalDescription has followed yet.
	described time.Duration
	restarted *call
	restarts  bool // ICE restarts, and is not connected again yet
	// candidates tells that there are remote candidates, ended when it was said that there are no more, -1 before.
	candidates bool
	ended      time.Duration
	// connected and iceConnected are when connectionState and the ICE transport became connected.
	connected, iceConnected time.Duration
	pair                    bool // a candidate pair was selected since ICE checked
	lastCandidate           bool // this generation's null candidate came
	emptyCandidate          bool // this generation's empty candidate came

	// made counts the calls that may have made a transceiver, transceivers the addTransceivers among them; stopped names
	// those that were stopped again.
	made, transceivers int
	stopped            []string
	// added are the tracks that were added, removed names the senders whose tracks were removed.
	added, removed []string

	// close is the call that closed the connection.
	close    *call
	channels []*channel
	unclear  bool // which of the channels some calls were about is not known
}

// call is a call of a method.
type call struct {
	seq     uint64
	time    time.Duration
	name    string // the method
	cause   string // the method with the type of its description, as the signaling machine has it
	channel string
	target  string // the transceiver, sender or receiver that it is about
	args    json.RawMessage
	desc    description
	state   string // signalingState when it was called
	told    bool   // the signalingstatechange that it leads to has come
	// gathering is the iceGatheringState when it was called.
	gathering string
}

// dueEvent is a signalingstatechange that is to come.
type dueEvent struct {
	state string
	cause uint64
}

// description is an RTCSessionDescription.
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// channel is a data channel as its peer sees it.
type channel struct {
	name, label string
	created     *call  // nil if the other peer made it, or if its name is all that is known
	announced   bool   // datachannel fired
	sent        bool   // send was called
	opened      bool   // open fired
	closing     bool   // closing fired
	failed      bool   // error fired
	closed      uint64 // the event close
	closeCall   *call  // the first close() of this side
}

func newPeer(c *Checker, name string) *peer {
	p := &peer{
		checker:   c,
		name:      name,
		noted:     make(map[*Rule]bool),
		last:      make(map[recorder.Kind]string),
		signaling: Signaling.States[0].Name,
		described: -1,
		ended:     -1,
	}
	for _, m := range Machines {
		if m != &SCTPTransport { // of which there is none at first
			p.last[m.Kind] = m.States[0].Name
		}
	}
	return p
}

// underWay returns the call with this event, nil if it came back already.
func (p *peer) underWay(seq uint64) *call {
	for _, c := range p.calls {
		if c.seq == seq {
			return c
		}
	}
	return nil
}

// inside returns a call of one of these methods that is under way, or nil.
func (p *peer) inside(methods ...string) *call {
	for _, c := range p.calls {
		if slices.Contains(methods, c.name) {
			return c
		}
	}
	return nil
}

// channel returns the peer's channel of that name, the newest if there are several, or nil.
func (p *peer) channel(name string) *channel {
	for _, c := range slices.Backward(p.channels) {
		if c.name == name {
			return c
		}
	}
	return nil
}

// named returns the peer's channel that a call names. One that has not had an event yet is known by its label only.
func (p *peer) named(name string) *channel {
	if ch := p.channel(name); ch != nil {
		return ch
	}
	var unnamed []*channel
	for _, ch := range p.channels {
		if ch.name == "" {
			unnamed = append(unnamed, ch)
		}
	}
	i := slices.IndexFunc(unnamed, func(ch *channel) bool { return ch.label == name })
	switch {
	case i >= 0:
	case len(unnamed) == 1:
		i = 0
	default:
		p.unclear = true
		ch := &channel{name: name, label: name}
		p.channels = append(p.channels, ch)
		return ch
	}
	unnamed[i].name = name
	return unnamed[i]
}

// listens tells whether the peer's application listens to a kind of event; what it does not listen to cannot be missing.
func (p *peer) listens(kind recorder.Kind) bool {
	return !slices.Contains(p.checker.deaf, deafness{p.name, kind})
}

// others returns the other peers.
func (p *peer) others() []*peer {
	return slices.DeleteFunc(slices.Clone(p.checker.peers), func(other *peer) bool { return other == p })
}

// apply takes an event into account.
func (p *peer) apply(e recorder.Event, data any) {
	switch d := data.(type) {
	case recorder.Call:
		p.applyCall(e, d)
	case recorder.Return:
		if c := p.underWay(e.Cause); c != nil {
			p.calls = slices.DeleteFunc(p.calls, func(other *call) bool { return other == c })
			p.applyReturn(c, e.Time, d)
		}
	case recorder.StateChange:
		p.applyState(e, d)
	case recorder.Candidate:
		switch {
		case d.End:
			p.lastCandidate = true
		case d.Candidate == "":
			p.emptyCandidate = true
		}
	case recorder.CandidatePair:
		p.pair = true
	case recorder.ChannelEvent:
		p.applyChannel(e, d)
	}
	if e.Kind == recorder.KindNegotiationNeeded {
		p.needed, p.trigger = true, nil
	}
}

func (p *peer) applyCall(e recorder.Event, d recorder.Call) {
	c := &call{
		seq:       e.Seq,
		time:      e.Time,
		name:      d.Method,
		cause:     d.Method + "()",
		channel:   d.Channel,
		target:    d.Target,
		args:      d.Args,
		state:     p.signaling,
		gathering: p.last[recorder.KindICEGatheringStateChange],
	}
	if d.Derived {
		return // pion has no such method; what it is asked to do instead are calls of their own
	}
	p.calls = append(p.calls, c)
	switch {
	case c.channel != "":
		ch := p.named(c.channel)
		switch {
		case c.name == "send":
			ch.sent = true
		case isClose(c.name) && ch.closeCall == nil:
			ch.closeCall = c
		}
	case c.name == "setLocalDescription" || c.name == "setRemoteDescription":
		json.Unmarshal(c.args, &c.desc) // what is no description has no type
		if c.desc.Type == "" {
			c.desc.Type = implicitType(p.signaling)
		}
		c.cause = c.name + "(" + c.desc.Type + ")"
		p.trigger = nil // the negotiation that goes on needs no event
		p.described = c.time
		if c.name == "setLocalDescription" {
			p.restarted = nil
			p.local = c.sdp(p)
			break
		}
		if old := ufrags(p.remote); len(old) > 0 && c.desc.Type == "offer" && !slices.Equal(old, ufrags(c.desc.SDP)) {
			p.restarted, p.restarts = c, true
		}
		p.learn(c.desc.SDP, c.time)
	case c.name == "createOffer":
		var options struct {
			ICERestart bool `json:"iceRestart"`
		}
		if json.Unmarshal(c.args, &options); options.ICERestart {
			p.restarted, p.restarts = c, true
		}
	case c.name == "addIceCandidate":
		var init candidate
		if json.Unmarshal(c.args, &init); init.Candidate == "" {
			p.ended = c.time
		} else {
			p.candidates = true
		}
	case isClose(c.name) && p.close == nil:
		p.close = c
	}
}

// learn takes the candidates in a remote description into account.
func (p *peer) learn(sdp string, now time.Duration) {
	if hasLine(sdp, "a=candidate:") {
		p.candidates = true
	}
	if hasLine(sdp, "a=end-of-candidates") {
		p.ended = now
	}
}

// implicitType is the type of the description that setLocalDescription() makes without argument.
func implicitType(signaling string) string {
	switch signaling {
	case "have-remote-offer", "have-local-pranswer":
		return "answer"
	}
	return "offer"
}

// sdp is the SDP that a setLocalDescription sets: an empty one stands for what was created last.
func (c *call) sdp(p *peer) string {
	switch {
	case c.desc.SDP != "" || c.desc.Type == "rollback":
		return c.desc.SDP
	case c.desc.Type == "offer":
		return p.lastOffer
	}
	return p.lastAnswer
}

// chained are the methods whose calls run one after the other, in the standard's operations chain.
var chained = []string{"createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription", "addIceCandidate", "replaceTrack"}

// isClose tells whether a method of RTCPeerConnection closes it.
func isClose(method string) bool { return method == "close" || method == "gracefulClose" }

func (p *peer) applyReturn(c *call, now time.Duration, d recorder.Return) {
	if slices.Contains(chained, c.name) {
		p.waits = now // negotiationneeded comes when the chain is empty
	}
	before := p.signaling
	if d.Now != nil {
		p.signaling = d.Now.Signaling
	}
	if d.Error != nil {
		return
	}
	switch {
	case c.channel != "":
	case c.name == "createOffer" || c.name == "createAnswer":
		var made description
		json.Unmarshal(d.Result, &made)
		if c.name == "createOffer" {
			p.lastOffer = made.SDP
		} else {
			p.lastAnswer = made.SDP
		}
	case c.desc.Type != "":
		if c.name == "setRemoteDescription" {
			p.remote = c.desc.SDP
		}
		if t, ok := Signaling.Next(c.state, c.cause); ok && !c.told && p.listens(recorder.KindSignalingStateChange) {
			for i := range t.Fires {
				state := t.To
				if i < len(t.Fires)-1 {
					state = "stable" // on the way of an implicit rollback
				}
				p.due = append(p.due, dueEvent{state, c.seq})
			}
		}
		if before != "stable" && p.signaling == "stable" {
			p.lastOffer, p.lastAnswer = "", ""
			p.needed = false
			p.exchanged = true
		}
	case c.name == "createDataChannel":
		p.channels = append(p.channels, &channel{label: c.dataChannel().Label, created: c})
	}
	needs := p.needsNegotiation(c)
	switch c.name {
	case "addTransceiver":
		p.made++
		p.transceivers++
	case "addTrack":
		p.made++
		p.added = append(p.added, c.track())
	case "removeTrack":
		p.removed = append(p.removed, string(c.args))
	case "stop":
		if !slices.Contains(p.stopped, c.target) {
			p.stopped = append(p.stopped, c.target)
		}
	}
	if p.close == nil && p.signaling == "stable" && !p.needed && needs && p.inside(chained...) == nil {
		p.trigger, p.waits = c, now
	}
}

func (p *peer) applyState(e recorder.Event, d recorder.StateChange) {
	switch e.Kind {
	case recorder.KindSignalingStateChange:
		if i := slices.IndexFunc(p.due, func(due dueEvent) bool { return due.state == d.State }); i >= 0 {
			p.due = slices.Delete(p.due, i, i+1)
		} else if c := p.inside("setLocalDescription", "setRemoteDescription"); c != nil {
			c.told = true
		}
	case recorder.KindICEGatheringStateChange:
		if d.State == "gathering" {
			p.lastCandidate, p.emptyCandidate = false, false
		}
	case recorder.KindICETransportStateChange:
		switch d.State {
		case "checking":
			p.pair = false
		case "connected", "completed":
			p.restarts = false
			p.iceConnected = e.Time
		}
	case recorder.KindConnectionStateChange:
		if d.State == "connected" {
			p.connected = e.Time
		}
	}
	p.last[e.Kind] = d.State
}

func (p *peer) applyChannel(e recorder.Event, d recorder.ChannelEvent) {
	ch := p.channel(d.Channel)
	if ch == nil {
		// A channel that this side made has its name from here on; the other side's begins here.
		i := slices.IndexFunc(p.channels, func(c *channel) bool { return c.name == "" && c.label == d.Label })
		if i < 0 || e.Kind == recorder.KindDataChannel {
			i = len(p.channels)
			p.channels = append(p.channels, &channel{label: d.Label})
		}
		ch = p.channels[i]
		ch.name = d.Channel
	}
	switch e.Kind {
	case recorder.KindDataChannel:
		ch.announced = true
	case recorder.KindOpen:
		ch.opened = true
	case recorder.KindClosing:
		ch.closing = true
	case recorder.KindError:
		ch.failed = true
	case recorder.KindClose:
		ch.closed = e.Seq
	}
}
