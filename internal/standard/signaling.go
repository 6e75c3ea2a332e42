package standard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// signalingRules are about offers, answers, and the events that tell of them.
var signalingRules = []*Rule{
	{
		ID:       "glare-refused",
		Standard: "the local offer is rolled back and the remote one set",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "setRemoteDescription(offer) fails in have-local-offer: there is no implicit rollback, so that perfect negotiation cannot work.",
		Where:    "signalingstate.go:124-199",
		Chrome:   "rolls back, as the standard says.",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.cause != "setRemoteDescription(offer)" || c.state != "have-local-offer" || !p.refused(c, r) {
				return ""
			}
			return c.refusal(r)
		}),
	},
	{
		ID:       "rollback-refused",
		Standard: "it is a way back to stable, whatever its SDP",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "has no rollback. Without SDP it fails before the state machine is asked, with SDP in it.",
		Where:    "peerconnection.go:1113-1124, signalingstate.go:124-199",
		Chrome:   "rolls back and fires signalingstatechange.",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if _, legal := Signaling.Next(c.state, c.cause); c.desc.Type != "rollback" || !legal || r.Error == nil {
				return ""
			}
			return c.refusal(r)
		}),
	},
	{
		ID:       "repeated-description-refused",
		Standard: "it takes the place of the one before, and the state stays as it is",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "takes a second offer, or a second pranswer, for a wrong state.",
		Where:    "signalingstate.go:131-194",
		Chrome:   "accepts the same offer again on both sides.",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if t, legal := Signaling.Next(c.state, c.cause); !legal || t.From != t.To || !p.refused(c, r) {
				return ""
			}
			return c.refusal(r)
		}),
	},
	{
		ID:       "wrong-state-error",
		Standard: "a description that does not fit the state is rejected with InvalidStateError",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "says InvalidModificationError.",
		Where:    "signalingstate.go:196",
		Chrome:   "says InvalidStateError.",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if _, legal := Signaling.Next(c.state, c.cause); legal || c.state == "closed" || !p.refused(c, r) || r.Error.Name == "InvalidStateError" {
				return ""
			}
			return c.refusal(r)
		}),
	},
	{
		ID:       "offer-in-wrong-state",
		Standard: "createOffer is rejected with InvalidStateError but in stable and have-local-offer",
		Spec:     webrtc + "dfn-create-an-offer",
		Pion:     "does not look at the state.",
		Where:    "peerconnection.go:686-693",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			switch c.state {
			case "have-remote-offer", "have-local-pranswer", "have-remote-pranswer":
				if c.name == "createOffer" && r.Error == nil {
					return "createOffer succeeded in " + c.state
				}
			}
			return ""
		}),
	},
	{
		ID:       "stale-description-accepted",
		Standard: "only what createOffer or createAnswer made last can be set, and reaching stable forgets it (InvalidModificationError)",
		Spec:     webrtc + "dom-peerconnection-setlocaldescription",
		Pion:     "never forgets the last offer and the last answer.",
		Where:    "peerconnection.go:1014,1024",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "setLocalDescription" || c.desc.Type == "rollback" || r.Error != nil || p.matches(c) {
				return ""
			}
			return c.cause + " accepted an SDP of an exchange that is over"
		}),
	},
	{
		ID:       "empty-offer-refused",
		Standard: "an offer may have no sections",
		Spec:     jsep + "5.2.1",
		Pion:     "makes and sets an offer without sections, but cannot accept one: it looks for ICE credentials.",
		Where:    "sdp.go:1039",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.cause != "setRemoteDescription(offer)" || c.state != "stable" || r.Error == nil || !parses(c.desc.SDP) || sections(c.desc.SDP) > 0 {
				return ""
			}
			return "setRemoteDescription rejected an offer without sections: " + r.Error.Message
		}),
	},
	{
		ID:       "state-moved-by-failed-call",
		Standard: "a call that fails leaves signalingState as it was",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "sets the state first and looks at the transport's parameters afterwards.",
		Where:    "peerconnection.go:1091-1098, 1191-1300",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			alone := len(p.calls) == 1 && len(p.due) == 0
			if c.desc.Type == "" || r.Error == nil || r.Now == nil || r.Now.Signaling == c.state || r.Now.Signaling == "closed" || !alone {
				return ""
			}
			return fmt.Sprintf("%s failed, and yet signalingState went from %s to %s", c.cause, c.state, r.Now.Signaling)
		}),
	},
	{
		ID:       "data-waits-for-answer",
		Standard: "a pranswer starts the transports as an answer does, and a data channel opens when they are connected",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "starts SCTP and RTP with the final answer only.",
		Where:    "peerconnection.go:1225, 1352-1380",
		find: on(func(p *peer, e recorder.Event, _ recorder.Call) string {
			// Three seconds are more than the handshake of SCTP takes, but on a network that loses nearly all.
			const enough = 3 * time.Second
			if p.signaling != "have-remote-pranswer" && p.signaling != "have-local-pranswer" ||
				p.last[recorder.KindConnectionStateChange] != "connected" || e.Time < p.connected+enough || !hasLine(p.remote, "m=application") {
				return ""
			}
			waiting := func(ch *channel) bool {
				return ch.created != nil && !ch.opened && ch.closed == 0 && ch.closeCall == nil
			}
			if i := slices.IndexFunc(p.channels, waiting); i >= 0 && p.last[recorder.KindSCTPTransportStateChange] != "connected" {
				return fmt.Sprintf("the data channel %q has not opened %v after the connection was connected with a pranswer", p.channels[i].label, e.Time-p.connected)
			}
			return ""
		}),
		Once: true,
	},
	{
		ID:       "offerer-controlled",
		Standard: "the offerer's ICE agent is the controlling one",
		Spec:     webrtc + "rtcicerole",
		Pion:     "takes a remote pranswer for an offer, so that both agents begin controlled; they find out when the roles conflict, after some 200 ms.",
		Where:    "peerconnection.go:1225, 1352-1380",
		find: on(func(p *peer, e recorder.Event, s recorder.Snapshot) string {
			var ice struct {
				Role string `json:"role"`
			}
			// Roles stay when the other side offers later, and a lite agent is always controlled.
			if p.signaling != "have-remote-pranswer" || p.exchanged || hasLine(p.local, "a=ice-lite") || json.Unmarshal(s.State["ice"], &ice) != nil || ice.Role != "controlled" {
				return ""
			}
			return "the ICE agent of the side that made the offer is controlled after a pranswer"
		}),
		Once: true,
	},
	{
		ID:       "late-event",
		Standard: "the event is fired when the state changes, before anything else can change it",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "sets the state at once and fires the event later, in a goroutine of its own.",
		Where:    "peerconnection.go:294, 546",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			if s.Derived || s.Now == "" || s.Now == s.State || p.close != nil || s.Now == "closed" {
				return ""
			}
			return fmt.Sprintf("%s told of %s when the state was %s already", e.Kind, s.State, s.Now)
		}),
	},
	{
		ID:       "event-after-return",
		Standard: "signalingstatechange fires before the call that changed the state comes back",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "fires it in a goroutine of its own.",
		Where:    "peerconnection.go:294",
		Chrome:   "fires it before.",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			if e.Kind != recorder.KindSignalingStateChange || p.close != nil || len(p.due) == 0 || p.due[0].state != s.State {
				return ""
			}
			return fmt.Sprintf("signalingstatechange to %s fired after the call had come back", s.State)
		}),
		Once: true,
	},
	{
		ID:       "events-out-of-order",
		Standard: "events come in the order of the changes",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "fires each in a goroutine of its own, which may overtake each other.",
		Where:    "peerconnection.go:294",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			if e.Kind != recorder.KindSignalingStateChange || p.close != nil || len(p.due) == 0 || p.due[0].state == s.State {
				return ""
			}
			if !slices.ContainsFunc(p.due, func(d dueEvent) bool { return d.state == s.State }) {
				return ""
			}
			return fmt.Sprintf("signalingstatechange to %s came before the one to %s, which happened first", s.State, p.due[0].state)
		}),
	},
	{
		ID:       "unknown-transition",
		Standard: "there is no such transition",
		Spec:     webrtc + "state-definitions",
		Pion:     "may do so where events overtake each other, as its goroutines can.",
		Where:    "peerconnection.go:294, 546",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			m := machineOf(e.Kind)
			from := p.last[e.Kind]
			overtakes := len(p.due) > 0 && p.due[0].state != s.State // has a rule of its own
			if m == nil || !p.listens(e.Kind) || from == "" || s.State == from || s.State == "closed" || from == "closed" || p.close != nil ||
				m == &Signaling && overtakes || m.Allows(from, s.State) {
				return ""
			}
			return fmt.Sprintf("%s went from %s to %s", e.Kind, from, s.State)
		}),
	},
	{
		ID:       "repeated-state",
		Standard: "the event fires only when the state changes",
		Spec:     webrtc + "state-definitions",
		Pion:     "may do so where two changes come close together: the first event tells of the second state, too.",
		Where:    "peerconnection.go:294, 546",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			overtakes := len(p.due) > 0 && p.due[0].state != s.State
			if machineOf(e.Kind) == nil || s.Derived || s.State != p.last[e.Kind] || p.close != nil ||
				e.Kind == recorder.KindSignalingStateChange && overtakes {
				return ""
			}
			return fmt.Sprintf("%s told of %s again", e.Kind, s.State)
		}),
	},
	{
		ID:       "event-missing",
		Standard: "signalingstatechange fires for each change",
		Spec:     webrtc + "event-signalingstatechange",
		Pion:     "should fire it as well; none is known to be missing.",
		end: func(p *peer, _ time.Duration) []finding {
			var missing []finding
			for _, d := range p.due {
				if p.close == nil && p.signaling != "closed" {
					missing = append(missing, finding{"signalingstatechange to " + d.state + " never fired", d.cause})
				}
			}
			return missing
		},
	},
}

// machineOf returns the machine whose changes are events of this kind, or nil.
func machineOf(kind recorder.Kind) *Machine {
	for _, m := range Machines {
		if m.Kind == kind {
			return m
		}
	}
	return nil
}

// refused tells whether a call was rejected over the signaling state, and not over its SDP.
func (p *peer) refused(c *call, r recorder.Return) bool {
	if r.Error == nil || c.desc.Type == "" {
		return false
	}
	switch r.Error.Name {
	case "InvalidStateError":
		return true
	case "InvalidModificationError":
		// It is the name for an SDP that was not created last, too.
		return c.name == "setRemoteDescription" || c.desc.Type == "rollback" || p.matches(c)
	}
	return false
}

// matches tells whether a setLocalDescription sets what was created last.
func (p *peer) matches(c *call) bool {
	last := p.lastOffer
	if c.desc.Type != "offer" {
		last = p.lastAnswer
	}
	return c.desc.SDP == "" || c.desc.SDP == last
}

// refusal says that a call was rejected.
func (c *call) refusal(r recorder.Return) string {
	return fmt.Sprintf("%s was rejected in %s with %s", c.cause, c.state, strings.TrimSpace(r.Error.Name))
}
