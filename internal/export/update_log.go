package export

import (
	"encoding/json"
	"reflect"

	"github.com/rtcsim/rtcsim/recorder"
)

// An update is an entry of the log of a connection in a dump of Chrome: a call, its result or an event.
type update struct {
	Type      string  `json:"type"`
	Value     string  `json:"value"`
	Timestamp float64 `json:"timestamp"`
}

// An updateLog becomes the log of a connection.
type updateLog struct {
	r      *recorder.Recording
	hidden bool // what happens is outside the range that is asked for
	slots  []*slot
	// changes are the calls since the last snapshot that change transceivers, each with the place in the log of what it changed.
	changes      []change
	transceivers []transceiver
}

// A slot is a place in the log.
type slot []update

// A change is a call that may have changed transceivers.
type change struct {
	reason string
	hidden bool
	time   float64
	slot   *slot
}

func (l *updateLog) updates() []update {
	all := []update{}
	for _, s := range l.slots {
		all = append(all, *s...)
	}
	return all
}

// note takes an event of the connection's peer into account.
func (l *updateLog) note(n int, e recorder.Event, data any) error {
	at := timestamp(e.Time)
	add := func(name, value string) {
		if !l.hidden {
			l.slots = append(l.slots, &slot{{name, value, at}})
		}
	}
	switch d := data.(type) {
	case recorder.Call:
		if d.Channel != "" || d.Target != "" {
			return nil
		}
		switch d.Method {
		case "createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription":
			add(d.Method, argument(d))
		case "createDataChannel":
			add(d.Method, channelArguments(d.Args))
		case "setConfiguration":
			add(d.Method, configuration(d.Args))
		case "close":
			add(d.Method, "")
		}
	case recorder.Return:
		return l.returned(n, e, d, add)
	case recorder.Negotiation:
		add("onnegotiationneeded", "")
	case recorder.Candidate:
		if !d.End && d.Candidate != "" {
			add("onicecandidate", candidate(d.SDPMid, d.SDPMLineIndex, d.Candidate))
		}
	case recorder.StateChange:
		switch e.Kind {
		case recorder.KindSignalingStateChange, recorder.KindICEGatheringStateChange, recorder.KindICEConnectionStateChange, recorder.KindConnectionStateChange:
			add("on"+string(e.Kind), `"`+d.State+`"`)
		}
	case recorder.ChannelEvent:
		if e.Kind == recorder.KindDataChannel {
			value, err := l.channel(n, e, d)
			if err != nil {
				return err
			}
			add("ondatachannel", value)
		}
	case recorder.Snapshot:
		state, known, err := l.r.StateAt(e.Peer, n)
		if err == nil && known {
			l.compare(transceivers(state))
		}
	}
	return nil
}

// returned notes what came of a call.
func (l *updateLog) returned(n int, e recorder.Event, d recorder.Return, add func(name, value string)) error {
	if d.Channel != "" {
		return nil
	}
	var call recorder.Call
	if cause := l.r.Cause(n); cause > 0 {
		if event, err := l.r.Event(cause); err == nil {
			if value, err := event.Value(); err == nil {
				call, _ = value.(recorder.Call)
			}
		}
	}
	switch d.Method {
	case "createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription":
		switch {
		case d.Error != nil:
			add(d.Method+"OnFailure", d.Error.Message)
		case d.Method == "createOffer" || d.Method == "createAnswer" || argument(call) == "":
			add(d.Method+"OnSuccess", description(d.Result))
		default:
			add(d.Method+"OnSuccess", "")
		}
	case "addIceCandidate":
		value := argument(call)
		switch {
		case value == "": // the end of candidates: Chrome logs nothing
		case d.Error != nil:
			add("addIceCandidateFailed", value)
		default:
			add("addIceCandidate", value)
		}
	}
	switch d.Method {
	case "addTrack", "addTransceiver", "removeTrack", "setLocalDescription", "setRemoteDescription":
		if d.Error == nil {
			s := new(slot)
			l.slots = append(l.slots, s)
			l.changes = append(l.changes, change{d.Method, l.hidden, timestamp(e.Time), s})
		}
	}
	return nil
}

// compare notes how the transceivers differ from what they were before the calls since the last snapshot.
func (l *updateLog) compare(now []transceiver) {
	changes := l.changes
	l.changes = nil
	tell := func(c change, name string, index int, t transceiver) {
		if c.hidden {
			return
		}
		t.Reason, t.Index = c.reason, index
		*c.slot = append(*c.slot, update{name, text(t), c.time})
	}
	last := func(reasons ...string) (change, bool) {
		for i := len(changes) - 1; i >= 0; i-- {
			for _, reason := range reasons {
				if changes[i].reason == reason {
					return changes[i], true
				}
			}
		}
		return change{}, false
	}
	for i, t := range now {
		if i < len(l.transceivers) {
			if reflect.DeepEqual(t, l.transceivers[i]) {
				continue
			}
			if c, ok := last("setLocalDescription", "setRemoteDescription", "removeTrack", "addTrack"); ok {
				tell(c, "transceiverModified", i, t)
			}
			continue
		}
		before := t
		made, ok := change{}, false
		for k, c := range changes { // each makes one
			if c.reason == "addTrack" || c.reason == "addTransceiver" {
				made, ok = c, true
				changes[k].reason = "" // taken
				before.MID, before.CurrentDirection = nil, nil
				break
			}
		}
		if !ok {
			for _, c := range changes {
				if c.reason == "setRemoteDescription" {
					made, ok = c, true
					before.CurrentDirection = nil
					break
				}
			}
		}
		if !ok {
			continue
		}
		tell(made, "transceiverAdded", i, before)
		if c, ok := last("setLocalDescription", "setRemoteDescription"); ok && !reflect.DeepEqual(before, t) {
			tell(c, "transceiverModified", i, t)
		}
	}
	l.transceivers = now
}

// A transceiver is one as Chrome logs it.
type transceiver struct {
	MID    *string `json:"mid"`
	Kind   string  `json:"kind"`
	Sender struct {
		Track     *string    `json:"track"`
		Streams   []string   `json:"streams"`
		Encodings []encoding `json:"encodings"`
	} `json:"sender"`
	Receiver struct {
		Track   *string  `json:"track"`
		Streams []string `json:"streams"`
	} `json:"receiver"`
	Direction        string  `json:"direction"`
	CurrentDirection *string `json:"currentDirection"`
	Reason           string  `json:"reason"`
	Index            int     `json:"transceiverIndex"`
}

type encoding struct {
	Active bool   `json:"active"`
	RID    string `json:"rid,omitempty"`
}

// transceivers returns the transceivers of a state.
func transceivers(state recorder.PeerState) []transceiver {
	var all []transceiver
	for _, s := range state.Transceivers {
		t := transceiver{Kind: s.Kind, Direction: s.Direction, CurrentDirection: s.CurrentDirection}
		t.MID = s.Mid
		t.Sender.Streams, t.Sender.Encodings, t.Receiver.Streams = []string{}, []encoding{}, []string{}
		if s.Sender != nil {
			for _, e := range s.Sender.Encodings {
				t.Sender.Encodings = append(t.Sender.Encodings, encoding{true, e.RID})
			}
			if s.Sender.Track != nil {
				t.Sender.Track = &s.Sender.Track.ID
				t.Sender.Streams = append(t.Sender.Streams, s.Sender.Track.Stream)
			}
		}
		if s.Receiver != nil && s.Receiver.Track != nil {
			t.Receiver.Track = &s.Receiver.Track.ID
			t.Receiver.Streams = append(t.Receiver.Streams, s.Receiver.Track.Stream)
		}
		all = append(all, t)
	}
	return all
}

// text returns a value as JSON; it is of a kind that has some.
func text(v any) string {
	b, err := encode(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// argument returns the argument of a call as Chrome logs it; empty if there is none.
func argument(c recorder.Call) string {
	switch c.Method {
	case "createOffer", "createAnswer":
		if len(c.Args) == 0 {
			return "{}"
		}
		return string(c.Args)
	case "addIceCandidate":
		var d struct {
			Candidate     string  `json:"candidate"`
			SDPMid        *string `json:"sdpMid"`
			SDPMLineIndex *uint16 `json:"sdpMLineIndex"`
		}
		if json.Unmarshal(c.Args, &d) != nil || d.Candidate == "" {
			return ""
		}
		return candidate(d.SDPMid, d.SDPMLineIndex, d.Candidate)
	}
	return description(c.Args)
}

// description returns a description as Chrome logs it; empty if there is none.
func description(data json.RawMessage) string {
	var d struct {
		Type string `json:"type"`
		SDP  string `json:"sdp,omitempty"`
	}
	if len(data) == 0 || json.Unmarshal(data, &d) != nil || d.Type == "" {
		return ""
	}
	return text(d)
}

// candidate returns a candidate as Chrome logs it.
func candidate(mid *string, index *uint16, candidate string) string {
	return text(struct {
		SDPMid        *string `json:"sdpMid"`
		SDPMLineIndex *uint16 `json:"sdpMLineIndex"`
		Candidate     string  `json:"candidate"`
	}{mid, index, candidate})
}

// A loggedChannel is a data channel as Chrome logs it.
type loggedChannel struct {
	Label             string `json:"label"`
	Ordered           bool   `json:"ordered"`
	MaxPacketLifeTime *int   `json:"maxPacketLifeTime,omitempty"`
	MaxRetransmits    *int   `json:"maxRetransmits,omitempty"`
	Protocol          string `json:"protocol,omitempty"`
	Negotiated        bool   `json:"negotiated,omitempty"`
	ID                *int   `json:"id,omitempty"`
}

func channelArguments(args json.RawMessage) string {
	c := loggedChannel{Ordered: true}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &c); err != nil {
			return string(args)
		}
	}
	return text(c)
}

// channel returns a channel that the other side has made.
func (l *updateLog) channel(n int, e recorder.Event, d recorder.ChannelEvent) (string, error) {
	c := loggedChannel{Label: d.Label, Ordered: true}
	// What the event does not tell, the next snapshot does.
	for next, entry := range l.r.Forward(n) {
		if entry.Time > e.Time {
			break
		}
		if entry.Kind != recorder.KindSnapshot || entry.Peer != e.Peer {
			continue
		}
		state, known, err := l.r.StateAt(e.Peer, next)
		if err != nil || !known {
			break
		}
		if s := state.Channels[d.Channel]; s != nil {
			c.Ordered, c.Protocol = s.Ordered, s.Protocol
			c.MaxPacketLifeTime, c.MaxRetransmits = s.MaxPacketLifeTime, s.MaxRetransmits
			break
		}
	}
	return text(c), nil
}
