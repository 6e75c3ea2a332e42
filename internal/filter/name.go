package filter

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// A nameField is something that an event has which has a name.
type nameField struct {
	name string
	// means says what it is, and example is a name, for those who write a filter.
	means, example string
	// called is what the events are called that have it, if they are of one sort.
	called string
	// of is how the clause with the name begins.
	of string
	// kinds are the kinds of which events may have it; nil for all.
	kinds []recorder.Kind
	// names gives is the names that an event has, until it returns true. It reports whether it did.
	names func(s *subject, is func(name []byte) bool) bool
	// entry gives what can be said without the event's data, where that is more than its kind says.
	entry func(e recorder.Entry, is func(name []byte) bool) Answer
	// prose tells that what is asked for need only be a part.
	prose bool
	// ahead tells that events after an event can give it a name.
	ahead bool
	// all returns all names that are possible, where these are known.
	all func() []string
}

var nameFields = []*nameField{
	{
		name: "peer", means: "the peer or the place in the network that it belongs to", example: "bob", of: "of",
		names: func(s *subject, is func([]byte) bool) bool {
			return is([]byte(s.entry.Peer)) || s.isKind(recorder.KindPacketDropped) && is(s.member("from"))
		},
		entry: func(e recorder.Entry, is func([]byte) bool) Answer {
			switch {
			case e.Kind == "":
				return No
			case is([]byte(e.Peer)):
				return Yes
			case e.Kind == recorder.KindPacketDropped:
				return Maybe // its peer is the place where it was dropped
			}
			return No
		},
	},
	{
		name: "proto", means: "the protocol of a packet", example: "stun", called: "packets", of: "of",
		kinds: packetKinds,
		names: func(s *subject, is func([]byte) bool) bool {
			return is(s.member("protocol")) || isSCTP(s) && is([]byte("sctp"))
		},
		all: func() []string {
			names := []string{"unknown"}
			for _, p := range scenario.PacketProtocols {
				names = append(names, p.Name)
			}
			return names
		},
	},
	{
		name: "type", means: "the type of a packet, a candidate, a signaling message", example: "binding-request", of: "of type",
		kinds: slices.Concat(packetKinds, signalKinds, []recorder.Kind{
			recorder.KindICECandidate, recorder.KindRTCP, recorder.KindSelectedCandidatePairChange}),
		names: func(s *subject, is func([]byte) bool) bool {
			if s.isKind(recorder.KindSelectedCandidatePairChange) {
				return is(text(member(member(s.data(), "local"), "type"))) || is(text(member(member(s.data(), "remote"), "type")))
			}
			return is(s.member("type")) || anyText(member(s.data(), "types"), is)
		},
	},
	{
		name: "reason", means: "why a packet or a signaling message was lost, or any part of that", example: "loss",
		called: "packets and signaling messages", of: "lost for the reason",
		kinds: []recorder.Kind{recorder.KindPacketDropped, recorder.KindSignalDropped},
		names: textOf("reason"), prose: true,
	},
	{
		name: "at", means: "the link, the NAT or the network on a packet's way", example: "home", of: "at",
		kinds: []recorder.Kind{recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindNetwork,
			recorder.KindNATMapping, recorder.KindInterface},
		names: func(s *subject, is func([]byte) bool) bool {
			if !s.isKind(recorder.KindPacketDelivered) && isPlace([]byte(s.entry.Peer), is) ||
				s.isKind(recorder.KindInterface) && is(s.member("network")) {
				return true
			}
			for hop := range elements(member(s.data(), "path")) {
				if isPlace(text(member(hop, "at")), is) {
					return true
				}
			}
			return false
		},
	},
	{
		name: "from", means: "who sent the packet or the message, or its source address", example: "alice", of: "from",
		kinds: slices.Concat(packetKinds, signalKinds),
		names: func(s *subject, is func([]byte) bool) bool {
			if s.isKind(recorder.KindPacketSent) {
				if is([]byte(s.entry.Peer)) {
					return true
				}
			} else if is(s.member("from")) {
				return true
			}
			return isAddress(s, "src", is)
		},
	},
	{
		name: "to", means: "for whom the packet or the message is, or its destination address", example: "bob", of: "to",
		kinds: slices.Concat(packetKinds, signalKinds), ahead: true,
		names: func(s *subject, is func([]byte) bool) bool {
			switch s.entry.Kind {
			case recorder.KindPacketDelivered:
				if is([]byte(s.entry.Peer)) {
					return true
				}
			case recorder.KindPacketSent, recorder.KindPacketDropped:
				if end, ok := s.effect(recorder.KindPacketDelivered); ok {
					if is([]byte(end.Peer)) {
						return true
					}
				} else if sent := s.sent(); sent != nil && is([]byte(s.directory().host(sent.member("dst")))) {
					return true
				}
			default:
				return is(s.member("to"))
			}
			return isAddress(s, "dst", is)
		},
	},
	{
		name: "state", means: "the state that a peer connection, a transport or a channel came to", example: "failed",
		called: "state changes", of: "to",
		kinds: append([]recorder.Kind{recorder.KindOpen, recorder.KindClosing, recorder.KindClose}, stateKinds...),
		names: func(s *subject, is func([]byte) bool) bool {
			if s.isKind(recorder.KindOpen, recorder.KindClosing, recorder.KindClose) {
				return is(s.member("now"))
			}
			return is(s.member("state"))
		},
	},
	{
		name: "channel", means: "the data channel", example: "chat", of: "on the channel",
		kinds: slices.Concat(callKinds, channelKinds), names: textOf("channel"),
	},
	{
		name: "method", means: "the method that is called", example: "createOffer", called: "calls", of: "of",
		kinds: callKinds, names: textOf("method"),
	},
	{
		name: "error", means: "the name of the error, or any part of its text", example: "InvalidStateError", of: "with the error",
		kinds: []recorder.Kind{recorder.KindReturn, recorder.KindError, recorder.KindICECandidateError},
		names: func(s *subject, is func([]byte) bool) bool {
			failed := member(s.data(), "error")
			return is(text(failed)) || is(text(member(failed, "name"))) || is(text(member(failed, "message"))) || is(s.member("errorText"))
		},
		prose: true,
	},
	{
		name: "rule", means: "the rule of the standard that a remark is about", example: "event-after-close",
		called: "remarks", of: "by the rule",
		kinds: []recorder.Kind{recorder.KindRemark}, names: textOf("rule"),
	},
	{
		name: "track", means: "the track of media", example: "cam", of: "of the track",
		kinds: []recorder.Kind{recorder.KindTrack, recorder.KindMedia, recorder.KindRTCP}, names: textOf("track"),
	},
	{
		name: "level", means: "how bad pion's log line is", example: "warn", called: "log lines of pion", of: "of the level",
		kinds: []recorder.Kind{recorder.KindLog}, names: textOf("level"),
		all: func() []string { return []string{"warn", "error"} },
	},
	{
		name: "scope", means: "the part of pion that logs", example: "ice", called: "log lines of pion", of: "of the scope",
		kinds: []recorder.Kind{recorder.KindLog}, names: textOf("scope"),
	},
}

// textOf has the text of a member of the data as the name.
func textOf(member string) func(s *subject, is func([]byte) bool) bool {
	return func(s *subject, is func([]byte) bool) bool { return is(s.member(member)) }
}

// anyText gives is the texts in an array.
func anyText(array []byte, is func([]byte) bool) bool {
	for value := range elements(array) {
		if is(text(value)) {
			return true
		}
	}
	return false
}

// isPlace gives is a place in the network, such as "home/up", and what it belongs to, "home".
func isPlace(place []byte, is func([]byte) bool) bool {
	if is(place) {
		return true
	}
	for i, c := range place {
		if c == '/' {
			return is(place[:i])
		}
	}
	return false
}

// isAddress gives is an address of the packet, with and without its port.
func isAddress(s *subject, member string, is func([]byte) bool) bool {
	if !s.addresses || !s.isKind(packetKinds...) {
		return false
	}
	sent := s.sent()
	if sent == nil {
		return false
	}
	address := sent.member(member)
	if is(address) {
		return true
	}
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == ':' {
			return is(address[:i])
		}
	}
	return false
}

// isSCTP reports whether the packet is known to hold SCTP.
func isSCTP(s *subject) bool {
	return anyText(member(s.data(), "types"), func(typ []byte) bool { return sctpTypes[string(typ)] })
}

var sctpTypes = func() map[string]bool {
	types := make(map[string]bool)
	for _, typ := range scenario.PacketTypes("sctp") {
		types[typ] = true
	}
	return types
}()

// nameTerm asks for names.
type nameTerm struct {
	field    *nameField
	values   []string
	patterns []pattern
	// addresses tells that one of them may be an address.
	addresses bool
	// directory is that of the recording that was asked last.
	directory atomic.Pointer[directory]
}

func newNameTerm(f *nameField, values []string) *nameTerm {
	t := &nameTerm{field: f, values: values}
	for _, v := range values {
		t.patterns = append(t.patterns, newPattern(v))
		t.addresses = t.addresses || strings.ContainsAny(v, ".:*")
	}
	return t
}

// is reports whether a name is one of those that are asked for. An event without a name has none that could be.
func (t *nameTerm) is(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	for i := range t.patterns {
		if t.field.prose && t.patterns[i].within(name) || t.patterns[i].matches(name) {
			return true
		}
	}
	return false
}

func (t *nameTerm) entry(e recorder.Entry) Answer {
	switch {
	case t.field.entry != nil:
		return t.field.entry(e, t.is)
	case slices.Contains(t.field.kinds, e.Kind):
		return Maybe
	}
	return No
}

func (t *nameTerm) match(s *subject) bool {
	if answer := t.entry(s.entry); answer != Maybe {
		return answer == Yes
	}
	s.addresses, s.known = t.addresses, &t.directory
	return t.field.names(s, t.is)
}

func (t *nameTerm) String() string { return t.field.name + ":" + joinValues(t.values) }
func (t *nameTerm) noun() string   { return t.field.called }

// joinValues writes values as they are read again.
func joinValues(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = v
		if v == "" || strings.ContainsAny(v, " \t\r\n(),\"") || strings.ContainsAny(v[:1], "=<>") {
			quoted[i] = quote(v)
		}
	}
	return strings.Join(quoted, ",")
}
