package standard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// closingRules are about close() of a peer connection, on both sides.
var closingRules = []*Rule{
	{
		ID:       "event-after-close",
		Standard: "nothing fires after close() but ended on tracks",
		Spec:     closeSpec,
		Pion:     "fires the state changes of the connection and its transports, and error and close on data channels; some after close() has come back.",
		Where:    "peerconnection.go:2614, ice agent.go:573, dtlstransport.go:650, datachannel.go:429-433",
		Chrome:   "fires closing and close on data channels, and no state changes.",
		find: func(p *peer, e recorder.Event, data any) string {
			if p.close == nil || !isAPIEvent(e.Kind) {
				return ""
			}
			switch d := data.(type) {
			case recorder.StateChange:
				if d.Derived {
					return "" // pion fired nothing
				}
				return fmt.Sprintf("%s (%s) fired after close()", e.Kind, d.State)
			case recorder.ChannelEvent:
				return fmt.Sprintf("%s on data channel %q fired after close()", e.Kind, d.Label)
			}
			return fmt.Sprintf("%s fired after close()", e.Kind)
		},
	},
	{
		ID:       "states-after-close",
		Standard: "close() leaves signalingState, iceConnectionState and connectionState closed, and iceGatheringState as it was",
		Spec:     closeSpec,
		Pion:     "leaves iceConnectionState new where ICE never began, and may still show connected for a moment; iceGatheringState becomes complete.",
		Where:    "peerconnection.go:2605-2614, 2705-2718",
		Chrome:   "does as the standard says.",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c != p.close || r.Now == nil {
				return ""
			}
			var wrong []string
			for _, s := range []struct{ attribute, is, want string }{
				{"signalingState", r.Now.Signaling, "closed"},
				{"iceConnectionState", r.Now.ICEConnection, "closed"},
				{"connectionState", r.Now.Connection, "closed"},
				{"iceGatheringState", r.Now.ICEGathering, c.gathering},
			} {
				if s.is != s.want {
					wrong = append(wrong, s.attribute+" "+s.is)
				}
			}
			if len(wrong) == 0 {
				return ""
			}
			return "close() left " + strings.Join(wrong, " and ")
		}),
	},
	{
		ID:       "call-on-closed",
		Standard: "the call is rejected with InvalidStateError on a closed connection",
		Spec:     webrtc + "chain-an-asynchronous-operation",
		Pion:     "does not ask everywhere whether the connection is closed.",
		Where:    "peerconnection.go:2102-2150",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if p.close == nil || c.seq < p.close.seq || c.channel != "" || !slices.Contains(rejectedOnClosed, c.name) {
				return ""
			}
			switch {
			case r.Error == nil:
				return c.cause + " succeeded after close()"
			case r.Error.Name != "InvalidStateError":
				return c.cause + " was rejected after close() with " + r.Error.Name
			}
			return ""
		}),
	},
	{
		ID:       "closed-by-peer",
		Standard: "a connection closes only by its own close(): signalingState stays as it was, and ICE notices by and by",
		Spec:     closeSpec,
		Pion:     "closes the connection on its own when DTLS says goodbye (SettingEngine.DisableCloseByDTLS turns that off).",
		Where:    "peerconnection.go:2819-2831, sctptransport.go:244-285",
		Chrome:   "leaves the connection as it is.",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			if s.State != "closed" || p.close != nil {
				return ""
			}
			switch e.Kind {
			case recorder.KindICETransportStateChange, recorder.KindICEConnectionStateChange,
				recorder.KindConnectionStateChange, recorder.KindSignalingStateChange:
				return fmt.Sprintf("%s told of closed although close() was never called here", e.Kind)
			}
			return ""
		}),
		Once: true,
	},
	{
		ID:       "sctp-statechange-missing",
		Standard: "RTCSctpTransport fires statechange",
		Spec:     webrtc + "event-sctptransport-statechange",
		Pion:     "has no such event; rtcsim saw the state by asking.",
		Where:    "sctptransport.go",
		find: on(func(p *peer, e recorder.Event, s recorder.StateChange) string {
			// The transport is made in the state connecting, and close() fires nothing.
			if e.Kind != recorder.KindSCTPTransportStateChange || !s.Derived || s.State == "connecting" || p.close != nil {
				return ""
			}
			return "the SCTP transport became " + s.State + " without an event"
		}),
		Once: true,
	},
}

// isAPIEvent tells whether a kind is an event of the W3C's API, of which the standard says when it may fire.
func isAPIEvent(k recorder.Kind) bool {
	switch k {
	case recorder.KindCall, recorder.KindReturn:
		return false
	}
	info, ok := k.Info()
	return ok && strings.Contains(info.Spec, "event-")
}

// rejectedOnClosed are the methods that a closed connection rejects.
var rejectedOnClosed = []string{
	"createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription", "addIceCandidate",
	"createDataChannel", "addTrack", "removeTrack", "addTransceiver", "setConfiguration",
}
