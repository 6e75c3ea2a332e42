package recorder_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestTransitions checks that a recording tells what changes a peer's state, and counts its events.
func TestTransitions(t *testing.T) {
	live, err := recorder.NewLive(sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	var now time.Duration
	log := recorder.NewLog(func() time.Duration { return now }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Fatal(err)
		}
	})
	id, none := 1, json.RawMessage(`[]`)
	full := func(s recorder.PeerState) recorder.Snapshot {
		return recorder.Snapshot{Full: true, State: s.Members()}
	}
	open := recorder.PeerState{SignalingState: "stable", ICE: &recorder.ICEState{State: "new"}}
	log.Add("alice", recorder.KindSnapshot, 0, full(open)) // 1
	now = time.Second
	log.Add("alice", recorder.KindReturn, 0, recorder.Return{Method: "setLocalDescription", Now: &recorder.States{Signaling: "have-local-offer"}}) // 2
	log.Add("alice", recorder.KindSignalingStateChange, 0, recorder.StateChange{State: "have-local-offer", Now: "have-local-offer"})               // 3
	open.SignalingState = "have-local-offer"
	open.Channels = map[string]*recorder.ChannelState{"b": {ReadyState: "connecting", ID: &id}, "a": {ReadyState: "connecting"}}
	open.Transceivers = []recorder.TransceiverState{{Direction: "sendonly"}}
	log.Add("alice", recorder.KindSnapshot, 0, full(open)) // 4
	now = 2 * time.Second
	log.Add("alice", recorder.KindOpen, 0, recorder.ChannelEvent{Channel: "b", Now: "open"})                                                    // 5
	log.Add("alice", recorder.KindReturn, 0, recorder.Return{Method: "send", Channel: "b"})                                                     // 6
	log.Add("alice", recorder.KindReturn, 0, recorder.Return{Method: "send", Channel: "b", Error: &recorder.CallError{}})                       // 7
	log.Add("alice", recorder.KindICETransportStateChange, 0, recorder.StateChange{State: "checking", Now: "connected"})                        // 8
	log.Add("bob", recorder.KindSCTPTransportStateChange, 0, recorder.StateChange{State: "connecting"})                                         // 9
	log.Add("alice", recorder.KindSnapshot, 0, recorder.Snapshot{State: map[string]json.RawMessage{"transceivers": none}})                      // 10
	log.Add("alice", recorder.KindSnapshot, 0, full(recorder.PeerState{SignalingState: "closed", Transceivers: []recorder.TransceiverState{}})) // 11
	log.Add("internet", recorder.KindPacketDropped, 0, recorder.PacketEnd{ID: 1})                                                               // 12

	want := []recorder.Transition{
		{1, 0, "signalingState", "", "stable"},
		{1, 0, "ice.state", "", "new"},
		{2, time.Second, "signalingState", "stable", "have-local-offer"},
		{4, time.Second, "channels.a.readyState", "", "connecting"},
		{4, time.Second, "channels.b.readyState", "", "connecting"},
		{4, time.Second, "transceivers[0].direction", "", "sendonly"},
		{5, 2 * time.Second, "channels.b.readyState", "connecting", "open"},
		{8, 2 * time.Second, "ice.state", "new", "connected"},
		{11, 2 * time.Second, "signalingState", "have-local-offer", "closed"},
		{11, 2 * time.Second, "ice.state", "connected", ""},
		{11, 2 * time.Second, "channels.a.readyState", "connecting", ""},
		{11, 2 * time.Second, "channels.b.readyState", "open", ""},
		{11, 2 * time.Second, "transceivers[0].direction", "sendonly", ""},
	}
	if diff := cmp.Diff(want, live.Transitions("alice", live.Len())); diff != "" {
		t.Errorf("transitions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:6], live.Transitions("alice", 4)); diff != "" {
		t.Errorf("transitions up to event 4 (-want +got):\n%s", diff)
	}
	if got := live.Transitions("internet", 100); got != nil {
		t.Errorf("transitions of a network: %v", got)
	}
	for n, want := range map[int]int{0: 0, 5: 0, 6: 1, 100: 1} {
		if got := live.MessagesSent("alice", n); got != want {
			t.Errorf("%d messages sent up to event %d, want %d", got, n, want)
		}
	}
	if got, want := live.Numbers("alice", recorder.KindReturn, 6), []uint32{2, 6}; !slices.Equal(got, want) {
		t.Errorf("returns are events %v, want %v", got, want)
	}
	for _, c := range []struct {
		peer string
		kind recorder.Kind
		n    int
		want int
	}{
		{"alice", recorder.KindReturn, 100, 3}, {"alice", recorder.KindReturn, 1, 0},
		{"internet", recorder.KindPacketDropped, 12, 1}, {"nobody", recorder.KindReturn, 12, 0}, {"alice", "nothing", 12, 0},
	} {
		if got := live.Count(c.peer, c.kind, c.n); got != c.want {
			t.Errorf("%s has %d %s up to event %d, want %d", c.peer, got, c.kind, c.n, c.want)
		}
	}
}
