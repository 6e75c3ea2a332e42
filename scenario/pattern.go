package scenario

import (
	"fmt"
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// A Pattern picks events of the recording. What is empty or nil is not asked for.
type Pattern struct {
	Pos
	Peer      string         `yaml:"peer" doc:"The peer; for events of the network, the network, the server, or signaling." example:"bob"`
	Event     recorder.Kind  `yaml:"event" required:"true" doc:"The kind of event, by its name in the recording: what the W3C has named has the W3C's name." example:"message"`
	State     string         `yaml:"state" doc:"The state that a state change leads to." example:"connected"`
	Channel   string         `yaml:"channel" doc:"The data channel, by its name in the scenario or its label." example:"chat"`
	Label     string         `yaml:"label" doc:"The label of the data channel." example:"chat"`
	Data      *string        `yaml:"data" doc:"The text of a message; of one longer than 1024 bytes, its first 1024." example:"hello"`
	Type      string         `yaml:"type" doc:"The type of a candidate (host, srflx, prflx or relay) or of a signaling message (offer, answer, candidate, …), of an RTCP packet (PLI, NACK, …), or of a packet (binding-request, client-hello, …), as drop rules name it." example:"relay"`
	Method    string         `yaml:"method" doc:"The method that is called or comes back." example:"createOffer"`
	Error     string         `yaml:"error" doc:"The name of the error that a call comes back with; for a data channel, words in the text of its error." example:"InvalidStateError"`
	Reason    string         `yaml:"reason" doc:"Why a packet or a signaling message was dropped; that of a drop rule may be without the rule's name." example:"queue full"`
	At        string         `yaml:"at" doc:"Where a packet was dropped: a link and its direction such as home/up or alice/wifi/down, or a network, peer or server, whose links belong to it." example:"home"`
	Protocol  string         `yaml:"protocol" enum:"stun turn dtls srtp srtcp" doc:"The protocol of a packet." example:"dtls"`
	From      string         `yaml:"from" doc:"The peer or server that sent a packet, or the peer that sent a signaling message." example:"alice"`
	To        string         `yaml:"to" doc:"The peer that a signaling message is for." example:"bob"`
	Interface string         `yaml:"interface" doc:"The interface of the peer that was changed." example:"eth0"`
	Network   string         `yaml:"network" ref:"network" doc:"The network that an interface is on after a change." example:"home"`
	Change    string         `yaml:"change" doc:"What changed in a network or an interface, in words: its beginning." example:"down"`
	Track     string         `yaml:"track" ref:"track" doc:"The track that arrived, was measured, or that an RTCP packet is about." example:"cam"`
	RID       string         `yaml:"rid" doc:"The simulcast layer of the track." example:"high"`
	Kind      string         `yaml:"kind" enum:"audio video" doc:"What the track carries." example:"video"`
	Direction string         `yaml:"direction" enum:"sent received" doc:"Whether the peer sent the RTCP packet or received it." example:"sent"`
	Before    *time.Duration `yaml:"before" doc:"Only events before this virtual time." example:"20s"`
	After     *time.Duration `yaml:"after" doc:"Only events at this virtual time or later." example:"10s"`
	Rule      string         `yaml:"rule" doc:"The rule of a remark about the standard, by its name in docs/standard.md." example:"event-after-close"`
}

// applies lists, for each type of an event's data, the keys of a pattern that ask for something in it.
// The keys peer, event, before and after apply to all.
var applies = map[reflect.Type][]string{
	reflect.TypeFor[recorder.StateChange]():   {"state"},
	reflect.TypeFor[recorder.ChannelEvent]():  {"channel", "label", "data", "error"},
	reflect.TypeFor[recorder.Candidate]():     {"type"},
	reflect.TypeFor[recorder.Signal]():        {"type", "from", "to", "reason"},
	reflect.TypeFor[recorder.Call]():          {"method", "channel"},
	reflect.TypeFor[recorder.Return]():        {"method", "channel", "error"},
	reflect.TypeFor[recorder.PacketSent]():    {"protocol", "type", "from"},
	reflect.TypeFor[recorder.PacketEnd]():     {"protocol", "type", "from", "reason", "at"},
	reflect.TypeFor[recorder.NetworkChange](): {"change"},
	reflect.TypeFor[recorder.Interface]():     {"interface", "network", "change"},
	reflect.TypeFor[recorder.Remark]():        {"rule"},
	reflect.TypeFor[recorder.TrackEvent]():    {"track", "rid", "kind"},
	reflect.TypeFor[recorder.Media]():         {"track", "rid", "kind"},
	reflect.TypeFor[recorder.RTCP]():          {"type", "track", "rid", "direction"},
}

// states lists the states that an event can lead to.
var states = map[recorder.Kind][]string{
	recorder.KindSignalingStateChange:     enumOf[PeerState]("signalingState"),
	recorder.KindICEGatheringStateChange:  enumOf[PeerState]("iceGatheringState"),
	recorder.KindICEConnectionStateChange: enumOf[PeerState]("iceConnectionState"),
	recorder.KindConnectionStateChange:    enumOf[PeerState]("connectionState"),
	recorder.KindICETransportStateChange:  enumOf[PeerState]("iceConnectionState"),
	recorder.KindDTLSTransportStateChange: enumOf[DTLSState]("state"),
	recorder.KindSCTPTransportStateChange: enumOf[SCTPState]("state"),
}

// enumOf returns the possible values of a field.
func enumOf[T any](key string) []string {
	for _, f := range fieldsOf(reflect.TypeFor[T]()) {
		if f.key == key {
			return f.enum
		}
	}
	return nil
}

// typesOf lists the types that an event's candidate or message can have.
var typesOf = map[recorder.Kind][]string{
	recorder.KindICECandidate:    enumOf[CandidateState]("type"),
	recorder.KindSignalSent:      {"offer", "pranswer", "answer", "rollback", "candidate"},
	recorder.KindSignalDelivered: {"offer", "pranswer", "answer", "rollback", "candidate"},
	recorder.KindSignalDropped:   {"offer", "pranswer", "answer", "rollback", "candidate"},
	recorder.KindPacketSent:      PacketTypes(""),
	recorder.KindPacketDelivered: PacketTypes(""),
	recorder.KindPacketDropped:   PacketTypes(""),
	recorder.KindRTCP:            {"SR", "RR", "SDES", "BYE", "NACK", "PLI", "FIR", "REMB", "TWCC"},
}

// reasons lists why packets and signaling messages are dropped. The rules of links and firewalls are numbered.
var reasons = map[recorder.Kind][]string{
	recorder.KindPacketDropped: {
		"loss", "loss in a burst", "too large", "CoDel", "queue full", "network down", "no route", "no NAT mapping",
		"NAT mapping expired", "filtered by the NAT", "no hairpinning", "NAT out of ports", "interface down", "host down",
		"nobody listens", "socket buffer full", "socket closed", "firewall: udp block", "firewall: udp outbound-only",
		"dropped by rule 1", "firewall rule 1"},
	recorder.KindSignalDropped: {"loss", "signaling down"},
}

// numbered recognizes the reasons of rules.
var numbered = regexp.MustCompile(`^(dropped by rule [1-9]\d*( \(.+\))?|firewall rule [1-9]\d*)$`)

func (p *Pattern) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(p).Elem())
	values := map[string]*yaml.Node{}
	var given []string
	for _, pair := range mappingOf(n) {
		values[pair.key] = pair.value
		given = append(given, pair.key)
	}
	at := func(key string) Pos { return position(values[key]) }
	if p.Peer != "" && !slices.Contains(r.networks, p.Peer) && !slices.Contains(r.servers, p.Peer) && p.Peer != "signaling" {
		r.peerExists(at("peer"), p.Peer)
	}
	if p.From != "" {
		r.hostExists(at("from"), p.From)
	}
	if p.To != "" {
		r.hostExists(at("to"), p.To)
	}
	if element, _, _ := strings.Cut(p.At, "/"); p.At != "" {
		r.elementExists(at("at"), element)
	}
	if p.Channel != "" {
		r.later = append(r.later, func() { r.channelExists(at("channel"), p.Channel) })
	}
	if p.Method != "" && !slices.ContainsFunc(Methods, func(m *Method) bool { return m.Name == p.Method }) {
		names := slices.Concat(methodNames("RTCPeerConnection"), methodNames("RTCDataChannel"))
		r.unknown(at("method"), "unknown-method", "method", p.Method, names)
	}
	if p.Rule != "" && standard.RuleOf(p.Rule) == nil {
		var names []string
		for _, rule := range standard.Rules {
			names = append(names, rule.ID)
		}
		r.unknown(at("rule"), "unknown-value", "rule", p.Rule, names)
	}
	if p.Before != nil && p.After != nil && *p.Before <= *p.After {
		r.errorf(at("before"), "never-matches", "", "no time lies before %v and after %v", *p.Before, *p.After)
	}
	if p.Event == "" {
		return
	}
	info, known := p.Event.Info()
	if a, absent := absences["event"][string(p.Event)]; absent {
		r.absent(at("event"), string(p.Event), a)
		return
	} else if !known {
		var names []string
		for _, k := range recorder.Kinds {
			if _, absent := absences["event"][string(k.Kind)]; !absent {
				names = append(names, string(k.Kind))
			}
		}
		r.unknown(at("event"), "unknown-event", "event", string(p.Event), names)
		return
	}
	possible := patternKeys(info)
	for _, key := range given {
		if slices.Contains(keysOf(fieldsOf(reflect.TypeFor[Pattern]())), key) && !slices.Contains(possible, key) {
			r.errorf(at(key), "misplaced-key", oneOf(possible), "a %s event has no %s", p.Event, key)
		}
	}
	if valid := states[p.Event]; valid != nil && p.State != "" && !slices.Contains(valid, p.State) {
		r.unknown(at("state"), "unknown-value", "state", p.State, valid)
	}
	if valid := reasons[p.Event]; valid != nil && p.Reason != "" && !slices.Contains(valid, p.Reason) && !numbered.MatchString(p.Reason) {
		r.unknown(at("reason"), "unknown-value", "reason", p.Reason, valid)
	}
	if valid := typesOf[p.Event]; valid != nil && p.Type != "" && !slices.Contains(valid, p.Type) {
		r.unknown(at("type"), "unknown-value", "type", p.Type, valid)
	}
}

// patternKeys returns the keys that ask for something in a kind of event.
func patternKeys(k recorder.KindInfo) []string {
	return append([]string{"peer", "event", "before", "after"}, applies[reflect.TypeOf(k.Data)]...)
}

// Match tells whether the pattern picks an event. The data is a value of the type of the event's kind,
// as Event.Value returns it.
func (p *Pattern) Match(e recorder.Event, data any) bool {
	switch {
	case e.Kind != p.Event,
		p.Peer != "" && e.Peer != p.Peer,
		p.Before != nil && e.Time >= *p.Before,
		p.After != nil && e.Time < *p.After:
		return false
	}
	switch d := data.(type) {
	case recorder.StateChange:
		return p.State == "" || p.State == d.State
	case recorder.ChannelEvent:
		return p.onChannel(d.Channel, d.Label) &&
			(p.Label == "" || p.Label == d.Label) &&
			(p.Data == nil || d.Message != nil && d.Message.Binary == nil && d.Message.Text == *p.Data) &&
			(p.Error == "" || strings.Contains(d.Error, p.Error))
	case recorder.Candidate:
		return p.Type == "" || p.Type == d.Type
	case recorder.Signal:
		return (p.Type == "" || p.Type == d.Type) && (p.From == "" || p.From == d.From) && (p.To == "" || p.To == d.To) &&
			(p.Reason == "" || p.Reason == d.Reason)
	case recorder.Call:
		return p.onChannel(d.Channel, d.Channel) && (p.Method == "" || p.Method == d.Method)
	case recorder.Return:
		return p.onChannel(d.Channel, d.Channel) && (p.Method == "" || p.Method == d.Method) &&
			(p.Error == "" || d.Error != nil && p.Error == d.Error.Name)
	case recorder.PacketSent:
		return (p.Protocol == "" || p.Protocol == d.Protocol) && (p.Type == "" || slices.Contains(d.Types, p.Type)) &&
			(p.From == "" || p.From == e.Peer)
	case recorder.PacketEnd:
		return (p.Protocol == "" || p.Protocol == d.Protocol) && (p.Type == "" || slices.Contains(d.Types, p.Type)) &&
			(p.From == "" || p.From == d.From) &&
			(p.Reason == "" || p.Reason == d.Reason || strings.HasPrefix(d.Reason, p.Reason+" (")) &&
			(p.At == "" || p.At == e.Peer || strings.HasPrefix(e.Peer, p.At+"/"))
	case recorder.NetworkChange:
		return strings.HasPrefix(d.Change, p.Change)
	case recorder.Interface:
		return (p.Interface == "" || p.Interface == d.Interface) && (p.Network == "" || p.Network == d.Network) &&
			strings.HasPrefix(d.Change, p.Change)
	case recorder.Remark:
		return p.Rule == "" || p.Rule == d.Rule
	case recorder.TrackEvent:
		return p.onTrack(d.Track, d.RID) && (p.Kind == "" || p.Kind == d.Kind)
	case recorder.Media:
		return p.onTrack(d.Track, d.RID) && (p.Kind == "" || p.Kind == d.Kind)
	case recorder.RTCP:
		return p.onTrack(d.Track, d.RID) && (p.Type == "" || p.Type == d.Type) && (p.Direction == "" || p.Direction == d.Direction)
	}
	return true
}

// onChannel tells whether the pattern asks for a channel with this name and label, or for none.
func (p *Pattern) onChannel(name, label string) bool {
	return p.Channel == "" || p.Channel == name || p.Channel == label
}

// onTrack tells whether the pattern asks for a track and a layer with these names, or for none.
func (p *Pattern) onTrack(track, rid string) bool {
	return (p.Track == "" || p.Track == track) && (p.RID == "" || p.RID == rid)
}

// String returns the pattern in one line, such as {peer: bob, event: message}.
func (p *Pattern) String() string {
	var parts []string
	v := reflect.ValueOf(p).Elem()
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		if value.IsZero() {
			continue
		}
		value = reflect.Indirect(value)
		text := fmt.Sprint(value)
		if f.key == "data" {
			text = quote(text)
		}
		parts = append(parts, f.key+": "+text)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Patterns yields the patterns of the scenario's expectations, handlers and steps.
func (s *Scenario) Patterns() iter.Seq[*Pattern] {
	return func(yield func(*Pattern) bool) {
		within := func(e *Expectation) bool {
			for _, p := range append([]*Pattern{e.Never, e.Count}, e.Sequence...) {
				if p != nil && !yield(p) {
					return false
				}
			}
			return true
		}
		for _, h := range s.Handlers {
			if !yield(h.On) {
				return
			}
		}
		for _, e := range s.Expect {
			if !within(e) {
				return
			}
		}
		for step := range s.All() {
			var e *Expectation
			switch a := step.Action.(type) {
			case *Wait:
				e = a.For
			case *Expect:
				e = a.That
			}
			if e != nil && !within(e) || step.Predict != nil && !within(step.Predict.Answer) {
				return
			}
		}
	}
}
