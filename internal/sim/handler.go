package sim

import (
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// handler runs steps when an event happens.
type handler struct {
	session *Session
	config  *scenario.Handler
	ran     atomic.Bool
}

func newHandlers(s *Session) []*handler {
	var handlers []*handler
	for _, h := range s.scenario.Handlers {
		handlers = append(handlers, &handler{session: s, config: h})
	}
	return handlers
}

// callbacks are the events that pion tells a peer by calling it back. Their handlers run inside that callback, as an
// application's do: when a handler closes the connection, pion is still waiting for it to return.
var callbacks = map[recorder.Kind]bool{
	recorder.KindNegotiationNeeded:           true,
	recorder.KindICECandidate:                true,
	recorder.KindSignalingStateChange:        true,
	recorder.KindICEGatheringStateChange:     true,
	recorder.KindICEConnectionStateChange:    true,
	recorder.KindConnectionStateChange:       true,
	recorder.KindDataChannel:                 true,
	recorder.KindICETransportStateChange:     true,
	recorder.KindDTLSTransportStateChange:    true,
	recorder.KindSelectedCandidatePairChange: true,
	recorder.KindOpen:                        true,
	recorder.KindMessage:                     true,
	recorder.KindBufferedAmountLow:           true,
	recorder.KindError:                       true,
	recorder.KindClose:                       true,
}

// observe is told of every event, in the goroutine that it happened in.
func (h *handler) observe(e recorder.Event, data any) {
	if !h.config.On.Match(e, data) || h.ran.Swap(true) && h.config.Once {
		return
	}
	s := &script{session: h.session}
	if c, ok := data.(recorder.Candidate); ok && h.config.As != "" {
		s.event = map[string]any{h.config.As: webrtc.ICECandidateInit{
			Candidate:        c.Candidate,
			SDPMid:           c.SDPMid,
			SDPMLineIndex:    c.SDPMLineIndex,
			UsernameFragment: c.UsernameFragment,
		}}
	}
	run := func() {
		s.run(e.Seq, h.config.Do)
		time.Sleep(h.config.Takes)
	}
	if callbacks[e.Kind] {
		run()
		return
	}
	go run()
}
