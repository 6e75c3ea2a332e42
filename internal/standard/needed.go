package standard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

const updateFlag = webrtc + "updating-the-negotiation-needed-flag"

// neededRules are about negotiationneeded.
var neededRules = []*Rule{
	{
		ID:       "needed-while-negotiating",
		Standard: "negotiationneeded fires only in stable",
		Spec:     updateFlag,
		Pion:     "looks at the state in a goroutine of its own, and fires although the application has gone on meanwhile.",
		Where:    "peerconnection.go:318-384, operations.go:62",
		Chrome:   "fires it before the first offer is set.",
		find: func(p *peer, e recorder.Event, data any) string {
			if e.Kind != recorder.KindNegotiationNeeded || p.close != nil {
				return ""
			}
			state := p.signaling
			if d, ok := data.(recorder.Negotiation); ok && d.Derived {
				return "" // pion did not fire it
			} else if ok && d.Now != "" {
				state = d.Now
			} else if p.inside("setLocalDescription", "setRemoteDescription") != nil {
				return "" // nobody knows the state
			}
			if state == "stable" || state == "closed" {
				return ""
			}
			return "negotiationneeded fired in " + state
		},
	},
	{
		ID:       "needed-before-signalingstatechange",
		Standard: "the signalingstatechange to stable fires first",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "asks for negotiationneeded before it tells of the new state.",
		Where:    "peerconnection.go:1092-1098",
		find: func(p *peer, e recorder.Event, data any) string {
			if e.Kind != recorder.KindNegotiationNeeded || p.close != nil {
				return ""
			}
			due := len(p.due) > 0 && p.due[len(p.due)-1].state == "stable"
			if c := p.inside("setLocalDescription", "setRemoteDescription"); c != nil && !c.told {
				t, ok := Signaling.Next(c.state, c.cause)
				d, _ := data.(recorder.Negotiation)
				due = ok && t.From != t.To && t.To == "stable" && d.Now == "stable"
			}
			if !due {
				return ""
			}
			return "negotiationneeded fired before the signalingstatechange to stable"
		},
	},
	{
		ID:       "needed-for-nothing",
		Standard: "negotiationneeded does not fire when nothing is left to negotiate",
		Spec:     webrtc + "dfn-check-if-negotiation-is-needed",
		Pion:     "fires before the first negotiation whatever there is.",
		Where:    "peerconnection.go:397",
		find: func(p *peer, e recorder.Event, _ any) string {
			if e.Kind != recorder.KindNegotiationNeeded || p.close != nil || p.local != "" || p.remote != "" ||
				p.made == 0 || p.made > len(p.stopped) || len(p.channels) > 0 || len(p.calls) > 0 {
				return ""
			}
			return "negotiationneeded fired although all transceivers were stopped"
		},
	},
	{
		ID:       "needed-late",
		Standard: "negotiationneeded waits for the operations chain only, which is empty when the last call has come back",
		Spec:     updateFlag,
		Pion:     "asks for it in the queue in which its transports start, so that it waits until they are connected.",
		Where:    "peerconnection.go:318-384, operations.go:62",
		find: func(p *peer, e recorder.Event, data any) string {
			if e.Kind != recorder.KindNegotiationNeeded || p.close != nil || p.trigger == nil || e.Time < p.waits+settled {
				return ""
			}
			if d, ok := data.(recorder.Negotiation); ok && d.Derived {
				return "" // rtcsim did
			}
			return fmt.Sprintf("negotiationneeded fired %v after %s had made it necessary", e.Time-p.waits, p.trigger.cause)
		},
	},
	{
		ID:       "needed-missing",
		Standard: "negotiationneeded fires when something is to be negotiated",
		Spec:     updateFlag,
		Pion:     "does not ask for it when a transceiver is stopped, and may lose the race against a negotiation that begins at once.",
		Where:    "peerconnection.go:412, 463",
		find: on(func(p *peer, e recorder.Event, d recorder.Call) string {
			if p.trigger == nil || p.close != nil || e.Time < p.waits+settled || !p.listens(recorder.KindNegotiationNeeded) {
				return ""
			}
			return "no negotiationneeded came after " + p.trigger.cause
		}),
		end: func(p *peer, now time.Duration) []finding {
			if p.trigger == nil || p.close != nil || p.signaling == "closed" || now < p.waits+settled || !p.listens(recorder.KindNegotiationNeeded) {
				return nil
			}
			return []finding{{"no negotiationneeded came after " + p.trigger.cause, p.trigger.seq}}
		},
		Once: true,
	},
}

// settled is the time after which an event that waits for nothing on the network has come.
const settled = 10 * time.Millisecond

// needsNegotiation tells whether a call that succeeded has made something that is still to be negotiated. It is true only
// for calls after which there is no doubt.
func (p *peer) needsNegotiation(c *call) bool {
	switch c.name {
	case "createDataChannel":
		return len(p.channels) == 1 && !hasLine(p.local, "m=application")
	case "addTransceiver":
		return true
	case "setLocalDescription", "setRemoteDescription":
		// What was added while the negotiation was under way, and is in no section.
		return c.state != "stable" && p.transceivers-len(p.stopped) > mediaSections(p.local)
	case "stop":
		// A transceiver that was never in a description takes nothing away.
		index, ok := strings.CutPrefix(c.target, "transceivers[")
		n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		return ok && err == nil && p.remote != "" && n < mediaSections(p.local) && !slices.Contains(p.stopped, c.target)
	}
	return false
}

// dataChannelArgs are the arguments of createDataChannel.
type dataChannelArgs struct {
	Label      string  `json:"label"`
	Negotiated bool    `json:"negotiated"`
	ID         *uint16 `json:"id"`
}

func (c *call) dataChannel() dataChannelArgs {
	var args dataChannelArgs
	json.Unmarshal(c.args, &args)
	return args
}
