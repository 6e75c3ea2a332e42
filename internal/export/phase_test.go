package export

import (
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestPhases follows a session that connects, negotiates again, restarts ICE and fails.
func TestPhases(t *testing.T) {
	type happening struct {
		kind recorder.Kind
		peer string
		data any
		want phase
	}
	call := func(peer, method string, want phase) happening {
		return happening{recorder.KindCall, peer, recorder.Call{Method: method}, want}
	}
	change := func(kind recorder.Kind, peer, state string, want phase) happening {
		return happening{kind, peer, recorder.StateChange{State: state}, want}
	}
	packet := func(want phase, types ...string) happening {
		return happening{recorder.KindPacketSent, "alice", recorder.PacketSent{Types: types}, want}
	}
	p := newPhases()
	for i, h := range []happening{
		call("alice", "RTCPeerConnection", noPhase),
		call("alice", "createDataChannel", noPhase),
		call("alice", "createOffer", signalingPhase),
		change(recorder.KindSignalingStateChange, "alice", "have-local-offer", signalingPhase),
		change(recorder.KindICEConnectionStateChange, "bob", "checking", icePhase),
		change(recorder.KindSignalingStateChange, "alice", "stable", icePhase),
		packet(icePhase, "binding-request"),
		change(recorder.KindICEConnectionStateChange, "alice", "connected", icePhase),
		packet(dtlsPhase, "handshake", "client-hello"),
		change(recorder.KindICEConnectionStateChange, "bob", "connected", dtlsPhase), // a little late
		change(recorder.KindConnectionStateChange, "alice", "connected", dtlsPhase),
		packet(sctpPhase, "application-data"),
		change(recorder.KindConnectionStateChange, "bob", "connected", sctpPhase), // no channel is open yet
		{recorder.KindOpen, "bob", recorder.ChannelEvent{}, sctpPhase},            // what ends a phase is in it
		packet(noPhase, "application-data"),
		call("alice", "createOffer", signalingPhase), // another negotiation
		change(recorder.KindSignalingStateChange, "alice", "have-local-offer", signalingPhase),
		change(recorder.KindSignalingStateChange, "alice", "stable", signalingPhase),
		packet(noPhase, "application-data"),
		change(recorder.KindICEConnectionStateChange, "alice", "checking", icePhase), // a restart
		change(recorder.KindConnectionStateChange, "alice", "failed", icePhase),
		change(recorder.KindConnectionStateChange, "bob", "failed", icePhase), // now all have
		packet(noPhase, "binding-request"),
	} {
		p.note(recorder.Event{Kind: h.kind, Peer: h.peer}, h.data)
		if p.now != h.want {
			t.Fatalf("after happening %d, %s of %s %v, the phase is %q, want %q", i, h.kind, h.peer, h.data, p.now, h.want)
		}
	}
}
