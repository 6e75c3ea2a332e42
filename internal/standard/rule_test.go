package standard_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
)

// ruleTests has for each rule a session that breaks it, and the nearest one that does not.
var ruleTests = map[string]struct {
	wrong, right func(s *session)
	also         []string // other rules that wrong breaks, afterwards
}{
	"glare-refused": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.refuse("alice", "setRemoteDescription", offer("bob", 1), "InvalidModificationError")
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.refuse("alice", "setRemoteDescription", desc{"offer", "not an SDP"}, "OperationError")
			s.set("alice", "setRemoteDescription", offer("bob", 1))
		},
	},
	"rollback-refused": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.refuse("alice", "setLocalDescription", desc{Type: "rollback"}, "InvalidModificationError")
		},
		right: func(s *session) {
			s.refuse("alice", "setLocalDescription", desc{Type: "rollback"}, "InvalidStateError")
			s.makeOffer("alice", 1)
			s.refuse("alice", "setRemoteDescription", desc{Type: "rollback"}, "InvalidStateError")
			s.set("alice", "setLocalDescription", desc{Type: "rollback"})
		},
	},
	"repeated-description-refused": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.refuse("alice", "setLocalDescription", offer("alice", 1), "InvalidModificationError")
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.refuse("alice", "setLocalDescription", offer("alice", 2), "InvalidModificationError") // not the one that was made
			s.set("alice", "setLocalDescription", offer("alice", 1))
			s.set("bob", "setRemoteDescription", offer("alice", 1))
			s.set("bob", "setRemoteDescription", offer("alice", 1))
		},
	},
	"wrong-state-error": {
		wrong: func(s *session) {
			s.refuse("alice", "setRemoteDescription", answer("bob", 1), "InvalidModificationError")
		},
		right: func(s *session) {
			s.refuse("alice", "setRemoteDescription", answer("bob", 1), "InvalidStateError")
			s.refuse("alice", "setLocalDescription", answer("alice", 1), "InvalidModificationError") // none was made
			s.refuse("alice", "setRemoteDescription", desc{"answer", "not an SDP"}, "OperationError")
		},
	},
	"offer-in-wrong-state": {
		wrong: func(s *session) {
			s.set("alice", "setRemoteDescription", offer("bob", 1))
			s.do("alice", "createOffer", nil, offer("alice", 1))
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.do("alice", "createOffer", nil, offer("alice", 1))
			s.set("bob", "setRemoteDescription", offer("alice", 1))
			s.refuse("bob", "createOffer", nil, "InvalidStateError")
		},
	},
	"stale-description-accepted": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.set("alice", "setLocalDescription", offer("alice", 1))
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.refuse("alice", "setLocalDescription", offer("alice", 1), "InvalidModificationError")
			s.do("alice", "createOffer", nil, offer("alice", 1))
			s.set("alice", "setLocalDescription", desc{Type: "offer"})
		},
	},
	"empty-offer-refused": {
		wrong: func(s *session) {
			s.refuse("bob", "setRemoteDescription", desc{"offer", noSections}, "OperationError")
		},
		right: func(s *session) {
			s.refuse("bob", "setRemoteDescription", desc{"offer", "v=1\r\n"}, "OperationError") // no SDP at all
			s.set("bob", "setRemoteDescription", desc{"offer", noSections})
		},
	},
	"state-moved-by-failed-call": {
		wrong: func(s *session) {
			call := s.begin("bob", "setRemoteDescription", offer("alice", 1))
			s.state("bob", recorder.KindSignalingStateChange, "have-remote-offer")
			s.end("bob", "setRemoteDescription", call, nil, "OperationError")
		},
		right: func(s *session) {
			s.refuse("bob", "setRemoteDescription", offer("alice", 1), "OperationError")
			s.set("bob", "setRemoteDescription", offer("alice", 1))
		},
	},
	"data-waits-for-answer": {
		wrong: func(s *session) { pranswer(s, func() {}) },
		right: func(s *session) {
			pranswer(s, func() {
				s.state("alice", recorder.KindSCTPTransportStateChange, "connected")
				s.channel("alice", recorder.KindOpen, "open")
			})
		},
	},
	"offerer-controlled": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.set("alice", "setRemoteDescription", desc{"pranswer", sdp("bob", 1)})
			s.role("alice", "controlled")
			s.role("alice", "controlled")
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.makeAnswer("bob", "alice", 1)
			s.set("alice", "setRemoteDescription", desc{"pranswer", sdp("bob", 1)})
			s.role("alice", "controlling")
			s.role("bob", "controlled")
			s.set("alice", "setRemoteDescription", answer("bob", 1))
			s.makeOffer("bob", 1) // which does not change the roles
			s.set("bob", "setRemoteDescription", desc{"pranswer", sdp("alice", 1)})
			s.role("bob", "controlled")
		},
	},
	"late-event": {
		wrong: func(s *session) {
			s.fire("alice", recorder.KindICEConnectionStateChange, recorder.StateChange{State: "checking", Now: "connected"})
		},
		right: func(s *session) {
			s.fire("alice", recorder.KindICEConnectionStateChange, recorder.StateChange{State: "checking", Now: "checking"})
			s.fire("alice", recorder.KindICEConnectionStateChange, recorder.StateChange{State: "connected"}) // cannot be asked
		},
	},
	"event-after-return": {
		wrong: func(s *session) {
			s.do("alice", "createOffer", nil, offer("alice", 1))
			call := s.begin("alice", "setLocalDescription", offer("alice", 1))
			s.states["alice"].Signaling = "have-local-offer"
			s.end("alice", "setLocalDescription", call, nil, "")
			s.state("alice", recorder.KindSignalingStateChange, "have-local-offer")
		},
		right: func(s *session) { s.makeOffer("alice", 1) },
	},
	"events-out-of-order": {
		wrong: func(s *session) {
			silently(s, "have-remote-offer", "setRemoteDescription", offer("bob", 1))
			s.do("alice", "createAnswer", nil, answer("alice", 1))
			silently(s, "stable", "setLocalDescription", answer("alice", 1))
			s.fire("alice", recorder.KindSignalingStateChange, recorder.StateChange{State: "stable", Now: "stable"})
			s.fire("alice", recorder.KindSignalingStateChange, recorder.StateChange{State: "have-remote-offer"})
		},
		right: func(s *session) { s.makeAnswer("alice", "bob", 1) },
		also:  []string{"event-after-return"},
	},
	"unknown-transition": {
		wrong: func(s *session) { s.state("alice", recorder.KindConnectionStateChange, "disconnected") },
		right: func(s *session) { s.state("alice", recorder.KindConnectionStateChange, "connecting") },
	},
	"repeated-state": {
		wrong: func(s *session) {
			s.state("alice", recorder.KindConnectionStateChange, "connecting")
			s.state("alice", recorder.KindConnectionStateChange, "connecting")
		},
		right: func(s *session) {
			s.state("alice", recorder.KindConnectionStateChange, "connecting")
			s.state("bob", recorder.KindConnectionStateChange, "connecting")
		},
	},
	"event-missing": {
		wrong: func(s *session) { silently(s, "have-remote-offer", "setRemoteDescription", offer("bob", 1)) },
		right: func(s *session) {
			s.checker.Deaf("alice", recorder.KindSignalingStateChange)
			silently(s, "have-remote-offer", "setRemoteDescription", offer("bob", 1))
		},
	},

	"needed-while-negotiating": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
		},
		right: func(s *session) {
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.makeOffer("alice", 1)
		},
	},
	"needed-before-signalingstatechange": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			call := s.begin("alice", "setRemoteDescription", answer("bob", 1))
			s.states["alice"].Signaling = "stable"
			s.fire("alice", recorder.KindNegotiationNeeded, recorder.Negotiation{Now: "stable"})
			s.state("alice", recorder.KindSignalingStateChange, "stable")
			s.end("alice", "setRemoteDescription", call, nil, "")
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			call := s.begin("alice", "setRemoteDescription", answer("bob", 1))
			s.state("alice", recorder.KindSignalingStateChange, "stable")
			s.fire("alice", recorder.KindNegotiationNeeded, recorder.Negotiation{Now: "stable"})
			s.end("alice", "setRemoteDescription", call, nil, "")
		},
	},
	"needed-for-nothing": {
		wrong: func(s *session) {
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.stop("alice", "transceivers[0]")
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
		},
		right: func(s *session) {
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.stop("alice", "transceivers[0]")
			s.stop("alice", "transceivers[0]")
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
		},
	},
	"needed-late": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.set("alice", "setRemoteDescription", answer("bob", 1))
			s.wait(time.Second)
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.set("alice", "setRemoteDescription", answer("bob", 1))
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.wait(time.Second)
			s.do("bob", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.fire("bob", recorder.KindNegotiationNeeded, nil)
		},
	},
	"needed-missing": {
		wrong: func(s *session) {
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.wait(time.Second)
			s.makeOffer("alice", 1)
		},
		right: func(s *session) {
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.do("alice", "addTransceiver", map[string]any{"kind": "audio"}, nil) // it is known already
			s.do("bob", "addTransceiver", map[string]any{"kind": "audio"}, nil)
			s.makeOffer("bob", 1) // nobody has to be told
			s.wait(time.Second)
			s.makeOffer("alice", 1)
		},
	},

	"trickle-not-offered": {
		wrong: func(s *session) { s.do("alice", "createOffer", nil, desc{"offer", "v=0\r\nm=audio\r\n"}) },
		right: func(s *session) {
			s.do("alice", "createOffer", nil, desc{"offer", "v=0\r\na=ice-options:ice2 trickle\r\nm=audio\r\n"})
		},
	},
	"gathering-before-set": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "createOffer", map[string]bool{"iceRestart": true}, offer("alice", 2))
			s.gather("alice", 2)
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.makeOffer("alice", 2)
			s.gather("alice", 2)
			s.makeAnswer("bob", "alice", 2)
			s.gather("bob", 2)
		},
	},
	"restart-loses-connection": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.makeOffer("alice", 2)
			s.state("alice", recorder.KindICETransportStateChange, "checking")
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.state("alice", recorder.KindICETransportStateChange, "checking") // the pair was lost
			s.state("alice", recorder.KindICETransportStateChange, "connected")
			s.state("alice", recorder.KindICETransportStateChange, "disconnected")
			s.makeOffer("alice", 2)
			s.state("alice", recorder.KindICETransportStateChange, "checking")
		},
	},
	"gathering-without-sections": {
		wrong: func(s *session) {
			s.do("alice", "createOffer", nil, desc{"offer", "v=0\r\n"})
			s.set("alice", "setLocalDescription", desc{"offer", "v=0\r\n"})
			s.gather("alice", 1)
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
		},
	},
	"candidate-before-return": {
		wrong: func(s *session) {
			s.do("alice", "createOffer", nil, offer("alice", 1))
			call := s.begin("alice", "setLocalDescription", offer("alice", 1))
			s.gather("alice", 1)
			s.state("alice", recorder.KindSignalingStateChange, "have-local-offer")
			s.end("alice", "setLocalDescription", call, nil, "")
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
		},
	},
	"candidate-without-fragment": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.state("alice", recorder.KindICEGatheringStateChange, "gathering")
			s.fire("alice", recorder.KindICECandidate, recorder.Candidate{Candidate: "candidate:1"})
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
		},
	},
	"empty-candidate-missing": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.state("alice", recorder.KindICEGatheringStateChange, "gathering")
			s.fire("alice", recorder.KindICECandidate, recorder.Candidate{End: true})
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
		},
	},
	"null-candidate-repeated": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
			s.fire("alice", recorder.KindICECandidate, recorder.Candidate{End: true})
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			s.gather("alice", 1)
			s.makeOffer("alice", 2)
			s.gather("alice", 2)
		},
	},
	"candidate-accepted": {
		wrong: func(s *session) {
			s.set("bob", "setRemoteDescription", offer("alice", 1))
			s.do("bob", "addIceCandidate", candidate("alice", 2), nil)
		},
		right: func(s *session) {
			s.set("bob", "setRemoteDescription", offer("alice", 1))
			s.refuse("bob", "addIceCandidate", candidate("alice", 2), "OperationError")
			s.do("bob", "addIceCandidate", candidate("alice", 1), nil)
			s.do("bob", "addIceCandidate", map[string]any{"candidate": "candidate:1", "sdpMLineIndex": 0}, nil)
			s.do("bob", "addIceCandidate", nil, nil)
		},
	},
	"checking-without-candidates": {
		wrong: func(s *session) {
			s.makeAnswer("bob", "alice", 1)
			s.ice("bob", "checking", "connecting")
		},
		right: func(s *session) {
			s.makeAnswer("bob", "alice", 1)
			s.wait(time.Millisecond) // alice may have sent a check
			s.ice("bob", "checking", "connecting")
		},
	},
	"dtls-before-ice": {
		wrong: func(s *session) { s.state("alice", recorder.KindDTLSTransportStateChange, "connecting") },
		right: func(s *session) {
			s.ice("alice", "checking", "connecting")
			s.ice("alice", "connected", "")
			s.state("alice", recorder.KindDTLSTransportStateChange, "connecting")
		},
	},
	"pair-after-state": {
		wrong: func(s *session) {
			s.ice("alice", "checking", "connecting")
			s.ice("alice", "connected", "")
			s.fire("alice", recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{})
		},
		right: func(s *session) {
			s.ice("alice", "checking", "connecting")
			s.fire("alice", recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{})
			s.ice("alice", "connected", "")
			s.fire("alice", recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{}) // a better one
		},
	},
	"completed-missing": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "addIceCandidate", nil, nil)
			s.wait(time.Minute)
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "addIceCandidate", nil, nil)
			s.ice("alice", "completed", "")
			s.wait(time.Minute) // and bob does not know that there are no more
		},
	},

	"event-after-close": {
		wrong: func(s *session) {
			s.close("alice")
			s.state("alice", recorder.KindConnectionStateChange, "closed")
		},
		right: func(s *session) {
			s.close("alice")
			s.fire("alice", recorder.KindSCTPTransportStateChange, recorder.StateChange{State: "closed", Derived: true})
			s.fire("alice", recorder.KindLog, recorder.LogLine{})
			s.fire("bob", recorder.KindConnectionStateChange, recorder.StateChange{State: "connecting"})
		},
	},
	"states-after-close": {
		wrong: func(s *session) {
			call := s.begin("alice", "close", nil)
			s.states["alice"].Signaling, s.states["alice"].Connection = "closed", "closed"
			s.end("alice", "close", call, nil, "")
		},
		right: func(s *session) {
			s.close("alice")
			s.close("alice")
		},
	},
	"call-on-closed": {
		wrong: func(s *session) {
			s.close("alice")
			s.refuse("alice", "createOffer", nil, "OperationError")
		},
		right: func(s *session) {
			s.close("alice")
			s.refuse("alice", "createOffer", nil, "InvalidStateError")
			s.refuse("alice", "setRemoteDescription", offer("bob", 1), "InvalidStateError")
			s.do("alice", "getStats", nil, nil)
		},
	},
	"closed-by-peer": {
		wrong: func(s *session) { s.state("bob", recorder.KindConnectionStateChange, "closed") },
		right: func(s *session) {
			s.connect()
			s.open()
			s.close("alice")
			s.channel("bob", recorder.KindError, "closed")
			s.channel("bob", recorder.KindClose, "closed")
			s.state("bob", recorder.KindSCTPTransportStateChange, "closed")
			s.state("bob", recorder.KindDTLSTransportStateChange, "closed")
			s.wait(time.Minute)
			s.ice("bob", "disconnected", "disconnected")
			s.ice("bob", "failed", "failed")
		},
	},
	"sctp-statechange-missing": {
		wrong: func(s *session) {
			s.fire("alice", recorder.KindSCTPTransportStateChange, recorder.StateChange{State: "connecting", Derived: true})
			s.fire("alice", recorder.KindSCTPTransportStateChange, recorder.StateChange{State: "connected", Derived: true})
		},
		right: func(s *session) {
			s.fire("alice", recorder.KindSCTPTransportStateChange, recorder.StateChange{State: "connecting", Derived: true})
			s.fire("alice", recorder.KindSCTPTransportStateChange, recorder.StateChange{State: "connected"})
		},
	},

	"announced-not-open": {
		wrong: func(s *session) { s.channel("bob", recorder.KindDataChannel, "connecting") },
		right: func(s *session) { s.channel("bob", recorder.KindDataChannel, "open") },
	},
	"closing-missing": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "chat.close", nil, nil)
			s.channel("bob", recorder.KindClose, "closed")
			s.channel("alice", recorder.KindClose, "closed")
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "chat.close", nil, nil)
			s.channel("bob", recorder.KindClosing, "closing")
			s.channel("bob", recorder.KindClose, "closed")
			s.channel("alice", recorder.KindClose, "closed")
		},
	},
	"error-after-close": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.close("alice")
			s.channel("bob", recorder.KindClose, "closed")
			s.channel("bob", recorder.KindError, "closed")
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.close("alice")
			s.channel("bob", recorder.KindError, "closed")
			s.channel("bob", recorder.KindClose, "closed")
		},
	},
	"error-missing": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.close("alice")
			s.channel("bob", recorder.KindClose, "closed")
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.do("bob", "chat.close", nil, nil)
			s.close("alice")
			s.channel("bob", recorder.KindClose, "closed")
		},
	},
	"close-missing": {
		wrong: func(s *session) {
			s.do("alice", "createDataChannel", map[string]any{"label": "chat"}, nil)
			s.do("alice", "chat.close", nil, nil)
			again(s)
		},
		right: func(s *session) {
			s.do("alice", "createDataChannel", map[string]any{"label": "chat"}, nil)
			s.do("alice", "chat.close", nil, nil)
			s.channel("alice", recorder.KindClose, "closed")
			again(s)
		},
	},
	"announcement-missing": {
		wrong: func(s *session) {
			s.connect()
			s.channel("alice", recorder.KindOpen, "open")
			s.wait(time.Minute)
		},
		right: func(s *session) {
			s.connect()
			s.channel("alice", recorder.KindOpen, "open")
			s.wait(time.Second) // it may still come
		},
	},
	"open-before-event": {
		wrong: func(s *session) {
			s.connect()
			s.do("alice", "chat.send", recorder.Message{Size: 1}, nil)
			s.open()
		},
		right: func(s *session) {
			s.connect()
			s.refuse("alice", "chat.send", recorder.Message{Size: 1}, "InvalidStateError")
			s.channel("bob", recorder.KindDataChannel, "open")
			s.do("bob", "chat.send", recorder.Message{Size: 1}, nil)
			s.channel("bob", recorder.KindOpen, "open")
			s.channel("alice", recorder.KindOpen, "open")
		},
	},
	"low-without-send": {
		wrong: func(s *session) {
			s.channel("alice", recorder.KindOpen, "open")
			s.channel("alice", recorder.KindBufferedAmountLow, "open")
		},
		right: func(s *session) {
			s.channel("alice", recorder.KindOpen, "open")
			s.do("alice", "chat.send", recorder.Message{Text: "hi", Size: 2}, nil)
			s.channel("alice", recorder.KindBufferedAmountLow, "open")
		},
	},
	"channel-arguments-accepted": {
		wrong: func(s *session) {
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.do("alice", "createDataChannel", map[string]any{"negotiated": true}, nil)
		},
		right: func(s *session) {
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.refuse("alice", "createDataChannel", map[string]any{"negotiated": true}, "TypeError")
			s.do("alice", "createDataChannel", map[string]any{"id": 65535}, nil) // an id alone is not looked at
			s.do("alice", "createDataChannel", map[string]any{"negotiated": true, "id": 1}, nil)
			s.do("alice", "createDataChannel", map[string]any{"negotiated": true, "id": 2}, nil)
		},
	},
	"send-error": {
		wrong: func(s *session) {
			s.connect()
			s.open()
			s.refuse("alice", "chat.send", recorder.Message{Size: 1001}, "OperationError")
		},
		right: func(s *session) {
			s.connect()
			s.open()
			s.do("alice", "chat.send", recorder.Message{Size: 1000}, nil)
			s.refuse("alice", "chat.send", recorder.Message{Size: 1001}, "TypeError")
			s.do("alice", "chat.close", nil, nil)
			s.refuse("alice", "chat.send", recorder.Message{Size: 1}, "InvalidStateError")
		},
	},

	"track-after-description": {
		wrong: func(s *session) {
			s.makeOffer("alice", 1)
			s.set("alice", "setRemoteDescription", answer("bob", 1))
			s.wait(time.Second)
			s.fire("alice", recorder.KindTrack, recorder.TrackEvent{Track: "cam"})
		},
		right: func(s *session) {
			s.makeOffer("alice", 1)
			call := s.begin("alice", "setRemoteDescription", answer("bob", 1))
			s.state("alice", recorder.KindSignalingStateChange, "stable")
			s.fire("alice", recorder.KindTrack, recorder.TrackEvent{Track: "cam"})
			s.end("alice", "setRemoteDescription", call, nil, "")
		},
	},
	"track-added-twice": {
		wrong: func(s *session) {
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
		},
		right: func(s *session) {
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
			s.refuse("alice", "addTrack", map[string]any{"track": "cam"}, "InvalidAccessError")
			s.do("alice", "addTrack", map[string]any{"track": "mic"}, nil)
			s.do("bob", "addTrack", map[string]any{"track": "cam"}, nil)
			s.do("alice", "removeTrack", map[string]any{"sender": "senders[0]"}, nil)
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
		},
	},
	"second-removal-refused": {
		wrong: func(s *session) {
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
			s.do("alice", "removeTrack", map[string]any{"sender": "camera"}, nil)
			s.refuse("alice", "removeTrack", map[string]any{"sender": "camera"}, "InvalidAccessError")
		},
		right: func(s *session) {
			s.do("alice", "addTrack", map[string]any{"track": "cam"}, nil)
			s.refuse("alice", "removeTrack", map[string]any{"sender": "somebody's"}, "InvalidAccessError")
			s.do("alice", "removeTrack", map[string]any{"sender": "camera"}, nil)
			s.do("alice", "removeTrack", map[string]any{"sender": "camera"}, nil)
		},
	},
	"transceiver-incomplete": {
		wrong: func(s *session) {
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.do("alice", "addTransceiver", nil, map[string]any{"sender": nil, "receiver": 1})
		},
		right: func(s *session) {
			s.fire("alice", recorder.KindNegotiationNeeded, nil)
			s.do("alice", "addTransceiver", nil, map[string]any{"sender": 1, "receiver": 1})
			s.do("alice", "addTransceiver", nil, nil)
		},
	},
}

// silently sets a description of alice, whose event does not come.
// noSections is an SDP without sections.
const noSections = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

func silently(s *session, state, method string, d desc) {
	call := s.begin("alice", method, d)
	s.states["alice"].Signaling = state
	s.end("alice", method, call, nil, "")
}

// pranswer connects alice by a pranswer, does something, and sets the answer five seconds later.
func pranswer(s *session, do func()) {
	s.do("alice", "createDataChannel", map[string]any{"label": "chat"}, nil)
	s.makeOffer("alice", 1)
	s.set("alice", "setRemoteDescription", desc{"pranswer", sdp("bob", 1)})
	s.do("alice", "addIceCandidate", candidate("bob", 1), nil)
	s.state("alice", recorder.KindSCTPTransportStateChange, "connecting")
	s.ice("alice", "checking", "connecting")
	s.ice("alice", "connected", "connected")
	do()
	s.wait(5 * time.Second)
	s.set("alice", "setRemoteDescription", answer("bob", 1))
}

// again connects the peers and lets a minute pass.
func again(s *session) {
	for _, peer := range []string{"alice", "bob"} {
		s.makeOffer(peer, 1)
		s.state(peer, recorder.KindConnectionStateChange, "connecting")
		s.state(peer, recorder.KindConnectionStateChange, "connected")
	}
	s.wait(time.Minute)
}

// TestRules checks that each rule finds what is wrong, nothing else finds it, and nothing is found where all is right.
func TestRules(t *testing.T) {
	for _, r := range standard.Rules {
		t.Run(r.ID, func(t *testing.T) {
			test, ok := ruleTests[r.ID]
			if !ok {
				t.Fatal("the rule has no test")
			}
			s := newSession(t)
			test.wrong(s)
			if got := s.rules(); !slices.Equal(got, append([]string{r.ID}, test.also...)) {
				t.Errorf("wrong session: remarks %q, want %s and %v", texts(s.remarks), r.ID, test.also)
			}
			s = newSession(t)
			test.right(s)
			if got := s.rules(); len(got) > 0 {
				t.Errorf("right session: remarks %v, want none", texts(s.remarks))
			}
		})
	}
}

func texts(remarks []standard.Remark) []string {
	var texts []string
	for _, r := range remarks {
		texts = append(texts, r.Rule.ID+": "+r.Text)
	}
	return texts
}

// TestStandardSession checks that a long session that does all that the standard allows gives no remark.
func TestStandardSession(t *testing.T) {
	s := newSession(t)
	s.connect()
	s.open()
	s.do("alice", "chat.send", recorder.Message{Text: "hi", Size: 2}, nil)
	s.channel("alice", recorder.KindBufferedAmountLow, "open")
	s.channel("bob", recorder.KindMessage, "open")

	s.wait(time.Second) // glare: alice is polite
	s.makeOffer("bob", 1)
	s.makeOffer("alice", 1)
	s.makeAnswer("alice", "bob", 1)
	s.set("bob", "setRemoteDescription", answer("alice", 1))

	s.wait(time.Second) // a restart
	s.makeOffer("alice", 2)
	s.gather("alice", 2)
	s.makeAnswer("bob", "alice", 2)
	s.gather("bob", 2)
	s.set("alice", "setRemoteDescription", answer("bob", 2))
	s.fire("alice", recorder.KindSelectedCandidatePairChange, recorder.CandidatePair{})

	s.wait(time.Second) // an outage
	s.ice("alice", "disconnected", "disconnected")
	s.ice("alice", "connected", "connected")

	s.wait(time.Second) // provisional answers, and rollbacks on both sides
	s.makeOffer("alice", 2)
	s.set("bob", "setRemoteDescription", offer("alice", 2))
	s.set("alice", "setRemoteDescription", desc{"pranswer", sdp("bob", 2)})
	s.set("alice", "setRemoteDescription", desc{"pranswer", sdp("bob", 2)})
	s.set("bob", "setRemoteDescription", desc{Type: "rollback"})
	s.set("alice", "setRemoteDescription", answer("bob", 2))

	s.wait(time.Second)
	s.do("alice", "chat.close", nil, nil)
	s.channel("bob", recorder.KindClosing, "closing")
	s.channel("bob", recorder.KindClose, "closed")
	s.channel("alice", recorder.KindClose, "closed")

	s.wait(time.Minute)
	s.close("alice")
	s.state("bob", recorder.KindSCTPTransportStateChange, "closed")
	s.state("bob", recorder.KindDTLSTransportStateChange, "closed")
	s.ice("bob", "disconnected", "disconnected")
	s.ice("bob", "failed", "failed")
	s.close("bob")
	if got := s.rules(); len(got) > 0 {
		t.Errorf("remarks %v, want none", texts(s.remarks))
	}
}

// TestRuleFields checks that each rule says what is to be said.
func TestRuleFields(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range standard.Rules {
		if seen[r.ID] || !regexp.MustCompile(`^[a-z]+(-[a-z]+)+$`).MatchString(r.ID) {
			t.Errorf("the ID %q is taken or malformed", r.ID)
		}
		seen[r.ID] = true
		if standard.RuleOf(r.ID) != r {
			t.Errorf("RuleOf(%q) is another rule", r.ID)
		}
		if r.Standard == "" || r.Pion == "" || !regexp.MustCompile(`^https://\S+#\S+$`).MatchString(r.Spec) {
			t.Errorf("%s: standard %q, pion %q, spec %q", r.ID, r.Standard, r.Pion, r.Spec)
		}
	}
	if standard.RuleOf("no-such-rule") != nil {
		t.Error("RuleOf knows a rule that is not there")
	}
}

// TestOnce checks that what pion always does is remarked once on each peer.
func TestOnce(t *testing.T) {
	s := newSession(t)
	for _, peer := range []string{"alice", "bob", "alice", "bob"} {
		s.channel(peer, recorder.KindDataChannel, "connecting")
	}
	if got, want := s.rules(), []string{"announced-not-open", "announced-not-open"}; !slices.Equal(got, want) {
		t.Errorf("remarks %v, want %v", got, want)
	}
}
