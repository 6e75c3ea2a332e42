package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestMDNCloseExample reads the recording of MDN's example for RTCPeerConnection.close() and checks that it holds all
// that the two peers did and all that pion fired. The scenario's links take 20 ms and 10 ms, its signaling 40 ms.
//
// pion starts a goroutine for many events, so the order is checked per object only.
func TestMDNCloseExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rtcsim(t, dir, "run", absolute(t, "../../scenarios/closing/mdn-peerconnection-close.yaml")).want(t, exitOK, "", "")
	events, end := readRecording(t, filepath.Join(dir, "mdn-peerconnection-close.rtcrec"))
	if end.Outcome != recorder.OutcomePassed || end.Failed != 0 || time.Duration(end.Time) != time.Minute {
		t.Errorf("the end is %+v", end)
	}
	const path, signaling = 30 * time.Millisecond, 40 * time.Millisecond

	// find returns the only event of a kind on a peer whose data contains the text.
	find := func(peer string, kind recorder.Kind, match func(recorder.Event) bool) recorder.Event {
		t.Helper()
		var found []recorder.Event
		for _, e := range events {
			if e.Peer == peer && e.Kind == kind && match(e) {
				found = append(found, e)
			}
		}
		if len(found) != 1 {
			t.Fatalf("%s has %d such events %s, want 1", peer, len(found), kind)
		}
		return found[0]
	}
	isCall := func(method string) func(recorder.Event) bool {
		return func(e recorder.Event) bool { return decode[recorder.Call](t, e).Method == method }
	}
	isState := func(state string) func(recorder.Event) bool {
		return func(e recorder.Event) bool { return decode[recorder.StateChange](t, e).State == state }
	}
	any := func(recorder.Event) bool { return true }

	// The calls, and how each came back.
	for peer, want := range map[string][]string{
		"alice": {"RTCPeerConnection", "createDataChannel", "createOffer", "setLocalDescription", "setRemoteDescription", "addIceCandidate", "close"},
		"bob":   {"RTCPeerConnection", "setRemoteDescription", "createAnswer", "setLocalDescription", "addIceCandidate", "send"},
	} {
		var got []string
		for _, e := range events {
			if e.Peer != peer || e.Kind != recorder.KindCall {
				continue
			}
			method := decode[recorder.Call](t, e).Method
			got = append(got, method)
			back := find(peer, recorder.KindReturn, func(r recorder.Event) bool { return r.Cause == e.Seq })
			if r := decode[recorder.Return](t, back); r.Method != method || r.Error != nil || r.Now == nil {
				t.Errorf("%s: %s came back as %s", peer, method, back.Data)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s called %q, want %q", peer, got, want)
		}
	}

	// The states, object by object. close() changes signalingState without an event, in the standard as in pion.
	for _, test := range []struct {
		peer string
		kind recorder.Kind
		want []string
	}{
		{"alice", recorder.KindSignalingStateChange, []string{"have-local-offer", "stable"}},
		{"bob", recorder.KindSignalingStateChange, []string{"have-remote-offer", "stable"}},
		{"alice", recorder.KindICEGatheringStateChange, []string{"gathering", "complete"}},
		{"bob", recorder.KindICEGatheringStateChange, []string{"gathering", "complete"}},
		{"alice", recorder.KindICETransportStateChange, []string{"checking", "connected", "closed"}},
		{"bob", recorder.KindICETransportStateChange, []string{"checking", "connected", "closed"}},
		{"alice", recorder.KindICEConnectionStateChange, []string{"checking", "connected", "closed"}},
		{"bob", recorder.KindICEConnectionStateChange, []string{"checking", "connected", "closed"}},
		{"alice", recorder.KindDTLSTransportStateChange, []string{"connecting", "connected", "closed"}},
		{"bob", recorder.KindDTLSTransportStateChange, []string{"connecting", "connected", "closed"}},
		{"alice", recorder.KindSCTPTransportStateChange, []string{"connecting", "connected", "closed"}},
		{"bob", recorder.KindSCTPTransportStateChange, []string{"connecting", "connected", "closed"}},
		{"alice", recorder.KindConnectionStateChange, []string{"connecting", "connected", "closed"}},
		{"bob", recorder.KindConnectionStateChange, []string{"connecting", "connected", "closed"}},
	} {
		var got []string
		for _, e := range events {
			if e.Peer == test.peer && e.Kind == test.kind {
				got = append(got, decode[recorder.StateChange](t, e).State)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %s to %q, want %q", test.peer, test.kind, got, test.want)
		}
	}

	// Offer and answer, with their times.
	offer := find("bob", recorder.KindSignalDelivered, func(e recorder.Event) bool { return decode[recorder.Signal](t, e).Type == "offer" })
	answer := find("alice", recorder.KindSignalDelivered, func(e recorder.Event) bool { return decode[recorder.Signal](t, e).Type == "answer" })
	if offer.Time != signaling || answer.Time != 2*signaling {
		t.Errorf("the offer arrived at %v and the answer at %v, want %v and %v", offer.Time, answer.Time, signaling, 2*signaling)
	}
	order(t,
		find("alice", recorder.KindCall, isCall("createOffer")),
		find("alice", recorder.KindCall, isCall("setLocalDescription")),
		offer,
		find("bob", recorder.KindCall, isCall("setRemoteDescription")),
		find("bob", recorder.KindCall, isCall("createAnswer")),
		find("bob", recorder.KindCall, isCall("setLocalDescription")),
		answer,
		find("alice", recorder.KindCall, isCall("setRemoteDescription")),
		find("alice", recorder.KindSignalingStateChange, isState("stable")),
	)

	// One layer after the other, on both sides.
	for _, peer := range []string{"alice", "bob"} {
		order(t,
			find(peer, recorder.KindICETransportStateChange, isState("connected")),
			find(peer, recorder.KindDTLSTransportStateChange, isState("connected")),
			find(peer, recorder.KindConnectionStateChange, isState("connected")),
			find(peer, recorder.KindOpen, any),
		)
		order(t,
			find(peer, recorder.KindDTLSTransportStateChange, isState("connected")),
			find(peer, recorder.KindSCTPTransportStateChange, isState("connected")),
		)
		find(peer, recorder.KindSelectedCandidatePairChange, any)
	}
	order(t, find("bob", recorder.KindDataChannel, any), find("bob", recorder.KindOpen, any), find("bob", recorder.KindCall, isCall("send")))

	// The message, and the close() in its handler.
	sent := find("bob", recorder.KindCall, isCall("send"))
	message := find("alice", recorder.KindMessage, any)
	if m := decode[recorder.ChannelEvent](t, message).Message; m == nil || m.Text != "hi" || message.Time != sent.Time+path {
		t.Errorf("alice's message is %s at %v, sent at %v", message.Data, message.Time, sent.Time)
	}
	closeCall := find("alice", recorder.KindCall, isCall("close"))
	if step := events[closeCall.Cause-1]; step.Kind != recorder.KindStep || step.Cause != message.Seq {
		t.Errorf("close() was not called by the handler of the message: its cause is %s, whose cause is event %d", step.Kind, step.Cause)
	}
	closed := find("alice", recorder.KindReturn, func(e recorder.Event) bool { return e.Cause == closeCall.Seq })
	if now := *decode[recorder.Return](t, closed).Now; now.Signaling != "closed" || now.ICEConnection != "closed" || now.Connection != "closed" {
		t.Errorf("after close() returned, alice's states are %+v", now)
	}
	order(t, message, closeCall, closed)

	// What pion fired because of it: on alice's side, where the standard allows nothing, all at the same instant and some
	// after close() had returned.
	fired := []recorder.Event{
		find("alice", recorder.KindDTLSTransportStateChange, isState("closed")),
		find("alice", recorder.KindICETransportStateChange, isState("closed")),
		find("alice", recorder.KindICEConnectionStateChange, isState("closed")),
		find("alice", recorder.KindConnectionStateChange, isState("closed")),
		find("alice", recorder.KindError, any),
		find("alice", recorder.KindClose, any),
	}
	late := 0
	for _, e := range fired {
		if e.Seq < closeCall.Seq || e.Time != closeCall.Time {
			t.Errorf("alice's %s is event %d at %v, close() is event %d at %v", e.Kind, e.Seq, e.Time, closeCall.Seq, closeCall.Time)
		}
		if e.Seq > closed.Seq {
			late++
		}
	}
	if late == 0 {
		t.Error("pion fired nothing after close() had returned")
	}
	if got := decode[recorder.ChannelEvent](t, find("alice", recorder.KindClose, any)); got.Now != "closed" {
		t.Errorf("readyState is %q in alice's close event", got.Now)
	}

	// On bob's side, as soon as the goodbye arrives. That he closes himself is pion's own idea.
	for _, e := range []recorder.Event{find("bob", recorder.KindError, any), find("bob", recorder.KindClose, any)} {
		if e.Time != closeCall.Time+path {
			t.Errorf("bob's %s is at %v, want %v", e.Kind, e.Time, closeCall.Time+path)
		}
	}
	for _, kind := range []recorder.Kind{recorder.KindDTLSTransportStateChange, recorder.KindICETransportStateChange,
		recorder.KindICEConnectionStateChange, recorder.KindConnectionStateChange} {
		if e := find("bob", kind, isState("closed")); e.Time < closeCall.Time+path || e.Time > closeCall.Time+time.Second {
			t.Errorf("bob's %s to closed is at %v, close() was at %v", kind, e.Time, closeCall.Time)
		}
	}

	// Nothing more after that, but the states at the end.
	for _, e := range events {
		if e.Peer != "" && e.Kind != recorder.KindSnapshot && e.Time > closeCall.Time+time.Second {
			t.Errorf("%s: %s at %v", e.Peer, e.Kind, e.Time)
		}
	}
}

// order checks that the events happened in this order.
func order(t *testing.T, events ...recorder.Event) {
	t.Helper()
	for i := 1; i < len(events); i++ {
		if a, b := events[i-1], events[i]; a.Seq >= b.Seq || a.Time > b.Time {
			t.Errorf("%s: %s (event %d) did not happen before %s: %s (event %d)", a.Peer, a.Kind, a.Seq, b.Peer, b.Kind, b.Seq)
		}
	}
}
