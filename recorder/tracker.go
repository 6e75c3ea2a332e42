package recorder

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Tracker puts the state of one peer together from its events and snapshots. The zero Tracker knows nothing yet.
//
// The session tracks each of its peers, too, and records a snapshot of what the tracker gets wrong: so that whoever tracks
// a recording has the state that pion told at each of the peer's events. Between two events, the amount that a data channel
// has buffered is looked at every 100 ms; the statistics are told at the end only, and not of a closed connection.
type Tracker struct {
	state PeerState
	// known tells that a full snapshot has been seen.
	known bool
}

// State returns the state after the events so far. It is false before the peer's first snapshot. The state shares
// memory with the tracker until the next Apply.
func (t *Tracker) State() (PeerState, bool) {
	s := t.state
	s.derive()
	return s, t.known
}

// Apply takes an event of the peer into account. The data is a value of the type of the kind, as Event.Value returns it.
func (t *Tracker) Apply(kind Kind, data any) error {
	s := &t.state
	switch d := data.(type) {
	case Snapshot:
		return t.apply(d)
	case Return:
		if d.Now != nil {
			s.SignalingState, s.ICEGatheringState = d.Now.Signaling, d.Now.ICEGathering
			s.ICEConnectionState, s.ConnectionState = d.Now.ICEConnection, d.Now.Connection
			t.gathering()
		}
	case StateChange:
		// What the object reports, where it could be asked: an event that comes late carries a state of the past.
		state := d.Now
		if state == "" {
			state = d.State
		}
		switch kind {
		case KindSignalingStateChange:
			s.SignalingState = state
		case KindICEGatheringStateChange:
			s.ICEGatheringState = state
			t.gathering()
		case KindICEConnectionStateChange:
			s.ICEConnectionState = state
		case KindConnectionStateChange:
			s.ConnectionState = state
		case KindICETransportStateChange:
			if s.ICE != nil {
				s.ICE = changed(s.ICE)
				s.ICE.State = state
			}
		case KindDTLSTransportStateChange:
			if s.DTLS != nil {
				s.DTLS = changed(s.DTLS)
				s.DTLS.State = state
			}
		case KindSCTPTransportStateChange:
			if s.SCTP == nil {
				s.SCTP = new(SCTPState)
			}
			s.SCTP = changed(s.SCTP)
			s.SCTP.State = state
		}
	case CandidatePair:
		s.SelectedCandidatePair = &CandidatePairState{
			Local:  CandidateState{Type: d.Local.Type, Address: d.Local.Address, Port: int(d.Local.Port)},
			Remote: CandidateState{Type: d.Remote.Type, Address: d.Remote.Address, Port: int(d.Remote.Port)},
		}
	case ChannelEvent:
		if c := s.Channels[d.Channel]; c != nil && c.ReadyState != d.Now {
			c = changed(c)
			c.ReadyState = d.Now
			s.Channels = maps.Clone(s.Channels)
			s.Channels[d.Channel] = c
		}
	}
	return nil
}

// tellsState reports whether an event of the kind says something about its peer's state, so that Apply can do something with it.
func tellsState(kind Kind) bool {
	info := kinds[string(kind)]
	if info == nil {
		return false
	}
	switch info.Data.(type) {
	case Snapshot, Return, StateChange, CandidatePair, ChannelEvent:
		return true
	}
	return false
}

// gathering keeps the ICE transport's gathering state at that of the connection: in pion it is the same.
func (t *Tracker) gathering() {
	if s := &t.state; s.ICE != nil {
		s.ICE = changed(s.ICE)
		s.ICE.GatheringState = s.ICEGatheringState
	}
}

// changed returns a copy to change: a state that was handed out stays as it is.
func changed[T any](v *T) *T {
	c := *v
	return &c
}

// channelPrefix begins the names of data channels among the members of a snapshot.
const channelPrefix = "channels/"

// apply takes a snapshot into account.
func (t *Tracker) apply(d Snapshot) error {
	if d.Full {
		t.state, t.known = PeerState{}, true
	}
	v := reflect.ValueOf(&t.state).Elem()
	channels := maps.Clone(t.state.Channels)
	if channels == nil {
		channels = make(map[string]*ChannelState)
	}
	for _, name := range slices.Sorted(maps.Keys(d.State)) {
		var err error
		if channel, ok := strings.CutPrefix(name, channelPrefix); ok {
			var c *ChannelState
			err = json.Unmarshal(d.State[name], &c)
			channels[channel] = c
		} else if i := memberIndex(name); i >= 0 {
			fresh := reflect.New(v.Field(i).Type())
			err = json.Unmarshal(d.State[name], fresh.Interface())
			v.Field(i).Set(fresh.Elem())
		} else {
			err = fmt.Errorf("there is no such member of a peer's state")
		}
		if err != nil {
			return fmt.Errorf("a snapshot's %s: %w", name, err)
		}
	}
	t.state.Channels = channels
	return nil
}

// Know takes a full snapshot of the peer's actual state into account: Apply need not be called for it. The state must not be changed
// afterwards.
func (t *Tracker) Know(actual PeerState) {
	t.state, t.known = actual, true
}

// Differences returns the members of the peer's actual state that differ from what the events have told, as a snapshot
// has them, and takes that snapshot into account: Apply need not be called for it. The statistics are not compared.
func (t *Tracker) Differences(actual PeerState) map[string]json.RawMessage {
	told := reflect.ValueOf(&t.state).Elem()
	v := reflect.ValueOf(actual)
	differences := make(map[string]json.RawMessage)
	for i, name := range members {
		if name != "" && name != "stats" && name != "channels" && !reflect.DeepEqual(told.Field(i).Interface(), v.Field(i).Interface()) {
			differences[name] = encodeLine(v.Field(i).Interface())
			told.Field(i).Set(v.Field(i))
		}
	}
	channels := maps.Clone(t.state.Channels)
	for name, c := range actual.Channels {
		if !reflect.DeepEqual(t.state.Channels[name], c) {
			differences[channelPrefix+name] = encodeLine(c)
			if channels == nil {
				channels = make(map[string]*ChannelState)
			}
			channels[name] = c
		}
	}
	t.state.Channels = channels
	return differences
}

// Members returns all members of the state, as a full snapshot has them.
func (s PeerState) Members() map[string]json.RawMessage {
	v := reflect.ValueOf(s)
	all := make(map[string]json.RawMessage)
	for i, name := range members {
		if name != "" && name != "channels" {
			all[name] = encodeLine(v.Field(i).Interface())
		}
	}
	for name, c := range s.Channels {
		all[channelPrefix+name] = encodeLine(c)
	}
	return all
}

// derive fills in the members that others tell, which snapshots leave out.
func (s *PeerState) derive() {
	s.LocalDescription = s.PendingLocalDescription
	if s.LocalDescription == nil {
		s.LocalDescription = s.CurrentLocalDescription
	}
	s.RemoteDescription = s.PendingRemoteDescription
	if s.RemoteDescription == nil {
		s.RemoteDescription = s.CurrentRemoteDescription
	}
	s.Senders, s.Receivers, s.LocalStreams = []SenderState{}, []ReceiverState{}, []string{}
	for _, t := range s.Transceivers {
		if t.Sender != nil {
			s.Senders = append(s.Senders, *t.Sender)
			if track := t.Sender.Track; track != nil && !slices.Contains(s.LocalStreams, track.Stream) {
				s.LocalStreams = append(s.LocalStreams, track.Stream)
			}
		}
		if t.Receiver != nil {
			s.Receivers = append(s.Receivers, *t.Receiver)
		}
	}
	s.DefaultICEServers = []ICEServerState{}
}

// members holds the names of PeerState's members by the index of their fields, empty for those that are derived or that
// snapshots leave out.
var members = func() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[PeerState]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch name {
		case "localDescription", "remoteDescription", "senders", "receivers", "localStreams", "defaultIceServers", "-":
			name = ""
		}
		names = append(names, name)
	}
	return names
}()

// memberIndex returns the index of the field of a member, -1 if there is none.
func memberIndex(name string) int {
	if name == "" || name == "channels" {
		return -1
	}
	return slices.Index(members, name)
}

// StateAt returns the state of a peer right after the event with that number, or after the last one if there are fewer. It
// reads the recording's events from the present one on, which should be the first. It is false before the peer's first snapshot.
func StateAt(r *Reader, peer string, seq uint64) (PeerState, bool, error) {
	var t Tracker
	for {
		e, err := r.Next()
		if err == io.EOF || err == nil && e.Seq > seq {
			state, known := t.State()
			return state, known, nil
		}
		if err != nil {
			return PeerState{}, false, err
		}
		if e.Peer != peer || !tellsState(e.Kind) {
			continue
		}
		data, err := e.Value()
		if err == nil {
			err = t.Apply(e.Kind, data)
		}
		if err != nil {
			return PeerState{}, false, fmt.Errorf("event %d: %w", e.Seq, err)
		}
	}
}
