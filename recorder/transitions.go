package recorder

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"
)

// Transition is a change of one attribute of a peer's state, as [Recording.StateAt] has it.
type Transition struct {
	// N is the number of the event that told of it, Time when that was.
	N    int
	Time time.Duration
	// Attribute names what changed as conditions of a scenario do: signalingState, iceGatheringState, iceConnectionState,
	// connectionState, ice.state, dtls.state, sctp.state, channels.NAME.readyState, and the direction and currentDirection
	// of transceivers[INDEX].
	Attribute string
	// From and To are its values before and after; empty where there is none.
	From, To string
}

// transitions are those of one peer, in their order.
type transitions struct {
	list   []Transition
	values map[string]string // the last value of each attribute
}

// note compares the state right after event n with what it was before.
func (t *transitions) note(n int, at time.Duration, data any, s *PeerState) {
	if t.values == nil {
		t.values = make(map[string]string)
	}
	change := func(attribute, value string) {
		if was := t.values[attribute]; was != value {
			t.list = append(t.list, Transition{n, at, attribute, was, value})
			t.values[attribute] = value
		}
	}
	switch d := data.(type) {
	case ChannelEvent: // there may be many of them
		if c := s.Channels[d.Channel]; c != nil {
			change("channels."+d.Channel+".readyState", c.ReadyState)
		}
	case Return, StateChange:
		connectionStates(s, change)
	case Snapshot:
		var there map[string]bool
		if d.Full { // what it does not have is gone
			there = make(map[string]bool)
		}
		each := func(attribute, value string) {
			change(attribute, value)
			if there != nil {
				there[attribute] = true
			}
		}
		connectionStates(s, each)
		for _, name := range slices.Sorted(maps.Keys(s.Channels)) {
			if c := s.Channels[name]; c != nil {
				each("channels."+name+".readyState", c.ReadyState)
			}
		}
		for i, tr := range s.Transceivers {
			each(fmt.Sprintf("transceivers[%d].direction", i), tr.Direction)
			current := ""
			if tr.CurrentDirection != nil {
				current = *tr.CurrentDirection
			}
			each(fmt.Sprintf("transceivers[%d].currentDirection", i), current)
		}
		if there == nil {
			return
		}
		for _, attribute := range slices.Sorted(maps.Keys(t.values)) {
			if !there[attribute] {
				change(attribute, "")
			}
		}
	}
}

// connectionStates calls each with the states of the peer connection and of its transports.
func connectionStates(s *PeerState, each func(attribute, value string)) {
	each("signalingState", s.SignalingState)
	each("iceGatheringState", s.ICEGatheringState)
	each("iceConnectionState", s.ICEConnectionState)
	each("connectionState", s.ConnectionState)
	var ice, dtls, sctp string
	if s.ICE != nil {
		ice = s.ICE.State
	}
	if s.DTLS != nil {
		dtls = s.DTLS.State
	}
	if s.SCTP != nil {
		sctp = s.SCTP.State
	}
	each("ice.state", ice)
	each("dtls.state", dtls)
	each("sctp.state", sctp)
}

// Transitions returns the changes of a peer's state machines up to event n, in their order; none for what is not a peer.
// The slice must not be changed.
func (r *Recording) Transitions(peer string, n int) []Transition {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.histories[peer]
	if h == nil {
		return nil
	}
	list := h.transitions.list
	return slices.Clip(list[:sort.Search(len(list), func(i int) bool { return list[i].N > n })])
}

// MessagesSent returns how many messages a peer has sent on its data channels up to event n.
func (r *Recording) MessagesSent(peer string, n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.histories[peer]
	if h == nil {
		return 0
	}
	return sort.Search(len(h.sent), func(i int) bool { return int(h.sent[i]) > n })
}

// isSend tells whether a message was sent.
func isSend(data any) bool {
	r, ok := data.(Return)
	return ok && r.Channel != "" && r.Error == nil && r.Method == "send"
}
