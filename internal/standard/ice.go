package standard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// iceRules are about gathering, candidates, connectivity and its restart.
var iceRules = []*Rule{
	{
		ID:       "trickle-not-offered",
		Standard: "every offer has a=ice-options:trickle",
		Spec:     jsep + "5.2.1",
		Pion:     "writes it only when the application asks for it, so that the other side's canTrickleIceCandidates is false.",
		Where:    "peerconnection.go:781",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "createOffer" || r.Error != nil {
				return ""
			}
			var d description
			if json.Unmarshal(r.Result, &d) != nil || sections(d.SDP) == 0 {
				return ""
			}
			for _, options := range values(d.SDP, "a=ice-options:") {
				if slices.Contains(strings.Fields(options), "trickle") {
					return ""
				}
			}
			return "createOffer made an offer without a=ice-options:trickle"
		}),
		Once: true,
	},
	{
		ID:       "gathering-before-set",
		Standard: "gathering begins with setLocalDescription, after a restart, too",
		Spec:     webrtc + "dom-peerconnection-setlocaldescription",
		Pion:     "restarts ICE in createOffer({iceRestart: true}) already, and the answerer in setRemoteDescription. The candidates go out before the description that they belong to, and the other side drops them.",
		Where:    "peerconnection.go:695-699, icetransport.go:213-229",
		Chrome:   "gathers when the offer is set.",
		find: func(p *peer, e recorder.Event, data any) string {
			began := false
			switch d := data.(type) {
			case recorder.StateChange:
				began = e.Kind == recorder.KindICEGatheringStateChange && d.State == "gathering"
			case recorder.Candidate: // counts only where the event above did not come
				began = d.Candidate != "" && p.last[recorder.KindICEGatheringStateChange] != "gathering"
			}
			switch {
			case !began || p.close != nil:
				return ""
			case p.restarted != nil:
				return fmt.Sprintf("%s came after %s restarted ICE, without setLocalDescription", e.Kind, p.restarted.cause)
			case p.local == "":
				return fmt.Sprintf("%s came without setLocalDescription", e.Kind)
			}
			return ""
		},
	},
	{
		ID:       "restart-loses-connection",
		Standard: "a connected transport stays connected during a restart, and data flows on over the old pair",
		Spec:     webrtc + "rtcicetransportstate",
		Pion:     "drops the selected pair, and goes back to checking.",
		Where:    "peerconnection.go:695-699, ice agent.go Restart",
		Chrome:   "stays connected.",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			was := p.last[e.Kind]
			if e.Kind != recorder.KindICETransportStateChange || s.State != "checking" || was != "connected" && was != "completed" || !p.restarts {
				return ""
			}
			return fmt.Sprintf("the restart of ICE took the transport from %s back to checking", was)
		}),
	},
	{
		ID:       "gathering-without-sections",
		Standard: "iceGatheringState stays new as long as there is no section to gather for",
		Spec:     webrtc + "rtcicegatheringstate-enum",
		Pion:     "gathers with every first local description.",
		Where:    "peerconnection.go:1158",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			if e.Kind != recorder.KindICEGatheringStateChange || s.State != "gathering" || p.local == "" || sections(p.local) > 0 || p.close != nil {
				return ""
			}
			return "gathering began for a description without sections"
		}),
	},
	{
		ID:       "candidate-before-return",
		Standard: "candidates that are found before setLocalDescription comes back wait until then",
		Spec:     webrtc + "set-the-session-description",
		Pion:     "begins to gather inside setLocalDescription and fires at once.",
		Where:    "peerconnection.go:1156-1161",
		find: on(func(p *peer, e recorder.Event, d recorder.Candidate) string {
			if d.Candidate == "" || p.close != nil || p.inside("setLocalDescription") == nil {
				return ""
			}
			return "icecandidate fired before setLocalDescription came back"
		}),
		Once: true,
	},
	{
		ID:       "candidate-without-fragment",
		Standard: "usernameFragment holds the fragment that the candidate belongs to",
		Spec:     webrtc + "dom-rtcicecandidate-usernamefragment",
		Pion:     "leaves the member out; the text of the candidate has it as an extension.",
		Where:    "icecandidate.go:229-244",
		find: on(func(p *peer, e recorder.Event, d recorder.Candidate) string {
			if d.Candidate == "" || d.UsernameFragment != nil {
				return ""
			}
			return "the usernameFragment of a candidate is null"
		}),
		Once: true,
	},
	{
		ID:       "empty-candidate-missing",
		Standard: "an icecandidate event with an empty candidate ends each generation, before the one with null",
		Spec:     webrtc + "rtcicetransport-gathering",
		Pion:     "has only the one with null.",
		Where:    "icegatherer.go:493-529",
		find: on(func(p *peer, e recorder.Event, d recorder.Candidate) string {
			if !d.End || p.emptyCandidate || p.lastCandidate || p.close != nil {
				return ""
			}
			return "gathering ended without an empty candidate"
		}),
		Once: true,
	},
	{
		ID:       "null-candidate-repeated",
		Standard: "the null candidate comes once, when iceGatheringState becomes complete",
		Spec:     webrtc + "rtcicetransport-gathering",
		Pion:     "fires it again on every later setLocalDescription.",
		Where:    "icegatherer.go:493-529",
		find: on(func(p *peer, e recorder.Event, d recorder.Candidate) string {
			if !d.End || !p.lastCandidate || p.close != nil || !p.listens(recorder.KindICEGatheringStateChange) {
				return ""
			}
			return "icecandidate with null fired again although nothing was gathered"
		}),
	},
	{
		ID:       "candidate-accepted",
		Standard: "addIceCandidate rejects a candidate that belongs to no section of the remote description",
		Spec:     webrtc + "dom-peerconnection-addicecandidate",
		Pion:     "looks at neither sdpMid, sdpMLineIndex nor usernameFragment, and silently drops a candidate whose text has the fragment of another generation.",
		Where:    "peerconnection.go:2102-2150",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "addIceCandidate" || r.Error != nil || p.remote == "" || p.close != nil || p.inside("setRemoteDescription") != nil {
				return ""
			}
			if why := p.wrong(c); why != "" {
				return "addIceCandidate accepted a candidate " + why
			}
			return ""
		}),
	},
	{
		ID:       "checking-without-candidates",
		Standard: "ICE is new until there is a remote candidate",
		Spec:     webrtc + "rtcicetransportstate",
		Pion:     "is checking as soon as both descriptions are there. Without candidates it goes on to disconnected and failed.",
		Where:    "ice agent.go:678, 704-709",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			// At the instant of the description, so that no check of the other side can have brought a candidate.
			if e.Kind != recorder.KindICETransportStateChange || s.State != "checking" || p.candidates || e.Time != p.described || p.close != nil {
				return ""
			}
			return "ICE began to check without a remote candidate"
		}),
		Once: true,
	},
	{
		ID:       "dtls-before-ice",
		Standard: "the ICE transport is connected first, and DTLS begins on it",
		Spec:     webrtc + "dfn-change-the-selected-candidate-pair-and-state",
		Pion:     "tells of DTLS's connecting before it tells of ICE's connected: its slots are not updated together.",
		Where:    "icetransport.go:296-303, peerconnection.go:903-904",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			ice := p.last[recorder.KindICETransportStateChange]
			if e.Kind != recorder.KindDTLSTransportStateChange || s.State != "connecting" || ice == "connected" || ice == "completed" || p.close != nil {
				return ""
			}
			return "DTLS was connecting while the ICE transport was " + ice
		}),
		Once: true,
	},
	{
		ID:       "pair-after-state",
		Standard: "selectedcandidatepairchange fires before the state changes that go with it",
		Spec:     webrtc + "dfn-change-the-selected-candidate-pair-and-state",
		Pion:     "has a queue for each of the two, and tells of the state first.",
		Where:    "ice agent.go:791, 815",
		find: on(func(p *peer, e recorder.Event, _ recorder.CandidatePair) string {
			if p.pair || p.close != nil || p.last[recorder.KindICETransportStateChange] != "connected" || p.iceConnected != e.Time {
				return ""
			}
			return "selectedcandidatepairchange fired after the state was connected"
		}),
		Once: true,
	},
	{
		ID:       "completed-missing",
		Standard: "ICE is completed when gathering has ended, there are no more remote candidates, and all checks are done",
		Spec:     webrtc + "rtcicetransportstate",
		Pion:     "stays connected: it has the state completed and never enters it.",
		Where:    "ice agent.go:573, 678, 709, 812, 942, 2069",
		Chrome:   "stayed connected as well in the sessions that were observed.",
		end: func(p *peer, now time.Duration) []finding {
			// A check is given up after 39.5 s (RFC 8445, section 14.3).
			since := max(p.ended, p.iceConnected)
			if p.ended < 0 || p.close != nil || p.last[recorder.KindICETransportStateChange] != "connected" ||
				p.last[recorder.KindICEGatheringStateChange] != "complete" || now < since+40*time.Second {
				return nil
			}
			return []finding{{"ICE was still connected at the end, with nothing left to check", 0}}
		},
		Once: true,
	},
}

// candidate is an RTCIceCandidateInit.
type candidate struct {
	Candidate        string  `json:"candidate"`
	SDPMid           *string `json:"sdpMid"`
	SDPMLineIndex    *uint16 `json:"sdpMLineIndex"`
	UsernameFragment *string `json:"usernameFragment"`
}

// wrong says why addIceCandidate should have rejected a candidate, nothing where it should not.
func (p *peer) wrong(c *call) string {
	var init candidate
	if json.Unmarshal(c.args, &init) != nil || init.Candidate == "" {
		return ""
	}
	switch {
	case init.SDPMid == nil && init.SDPMLineIndex == nil:
		return "with neither sdpMid nor sdpMLineIndex (TypeError)"
	case init.SDPMid != nil && !slices.Contains(mids(p.remote), *init.SDPMid):
		return fmt.Sprintf("with the sdpMid %q, which no section has (OperationError)", *init.SDPMid)
	case init.SDPMid == nil && int(*init.SDPMLineIndex) >= sections(p.remote):
		return fmt.Sprintf("with the sdpMLineIndex %d, which no section has (OperationError)", *init.SDPMLineIndex)
	}
	fragment := init.UsernameFragment
	if fields := strings.Fields(init.Candidate); fragment == nil {
		// The standard takes it from the text of the candidate.
		if i := slices.Index(fields, "ufrag"); i >= 0 && i+1 < len(fields) {
			fragment = &fields[i+1]
		}
	}
	if fragment != nil && !slices.Contains(ufrags(p.remote), *fragment) {
		return fmt.Sprintf("with the usernameFragment %q, which no section has (OperationError)", *fragment)
	}
	return ""
}
