package filter

import (
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// A flag is a quality that an event has or has not. It is asked for by its name alone.
type flag struct {
	name string
	// means says what it is, for those who write a filter.
	means string
	// called is what its events are called, if they are of one sort.
	called string
	// holds and fails are the clauses.
	holds, fails string
	// yes are the kinds of which all events have it; maybe are those of which some have it.
	yes, maybe []recorder.Kind
	// has asks an event of one of the latter kinds.
	has func(s *subject) bool
	// ahead tells that events after an event can give it the quality.
	ahead bool
}

var flags = []*flag{
	{
		name: "lost", means: "packets and signaling messages that did not arrive",
		called: "packets and signaling messages", holds: "that were lost", fails: "that were not lost",
		yes:   []recorder.Kind{recorder.KindPacketDropped, recorder.KindSignalDropped},
		maybe: []recorder.Kind{recorder.KindPacketSent, recorder.KindSignalSent},
		has: func(s *subject) bool {
			_, packet := s.effect(recorder.KindPacketDropped)
			_, signal := s.effect(recorder.KindSignalDropped)
			return packet || signal
		},
		ahead: true,
	},
	{
		name: "delivered", means: "packets and signaling messages that arrived",
		called: "packets and signaling messages", holds: "that arrived", fails: "that did not arrive",
		yes:   []recorder.Kind{recorder.KindPacketDelivered, recorder.KindSignalDelivered},
		maybe: []recorder.Kind{recorder.KindPacketSent, recorder.KindSignalSent},
		has: func(s *subject) bool {
			_, packet := s.effect(recorder.KindPacketDelivered)
			_, signal := s.effect(recorder.KindSignalDelivered)
			return packet || signal
		},
		ahead: true,
	},
	{
		name: "error", means: "calls that were rejected, and other errors",
		holds: "that are errors", fails: "that are no errors",
		yes:   []recorder.Kind{recorder.KindError, recorder.KindICECandidateError},
		maybe: []recorder.Kind{recorder.KindReturn, recorder.KindLog},
		has: func(s *subject) bool {
			if s.isKind(recorder.KindLog) {
				return string(s.member("level")) == "error"
			}
			return member(s.data(), "error") != nil
		},
	},
	{
		name: "failed", means: "states that became failed, expectations that did not hold",
		holds: "that tell of a failure", fails: "that tell of no failure",
		maybe: append([]recorder.Kind{recorder.KindVerdict, recorder.KindEnd}, stateKinds...),
		has: func(s *subject) bool {
			switch s.entry.Kind {
			case recorder.KindVerdict:
				return string(member(s.data(), "held")) == "false"
			case recorder.KindEnd:
				return string(s.member("reason")) == "failed"
			}
			return string(s.member("state")) == "failed"
		},
	},
	{
		name: "late", means: "state changes that pion delivered when the state was another already",
		called: "state changes", holds: "that pion delivered late", fails: "that pion did not deliver late",
		maybe: stateKinds,
		has: func(s *subject) bool {
			now := s.member("now")
			return len(now) > 0 && string(now) != string(s.member("state"))
		},
	},
	{
		name: "derived", means: "what rtcsim derived, since pion has no such event or method",
		holds: "that rtcsim derived", fails: "that rtcsim did not derive",
		maybe: slices.Concat(stateKinds, callKinds, []recorder.Kind{
			recorder.KindNegotiationNeeded, recorder.KindAddStream, recorder.KindRemoveStream}),
		has: func(s *subject) bool { return string(member(s.data(), "derived")) == "true" },
	},
	{
		name: "note", means: "steps of the scenario that have a note",
		called: "steps of the scenario", holds: "that have a note", fails: "that have no note",
		maybe: []recorder.Kind{recorder.KindStep},
		has:   func(s *subject) bool { return len(s.member("note")) > 0 },
	},
	{
		name: "remark", means: "where pion differs from the standard",
		called: "remarks", fails: "that are no remarks",
		yes: []recorder.Kind{recorder.KindRemark},
	},
	{
		name: "step", means: "the steps of the scenario",
		called: "steps of the scenario", fails: "that are no steps of the scenario",
		yes: []recorder.Kind{recorder.KindStep},
	},
}

// flagNamed returns the flag of that name, or nil.
func flagNamed(name string) *flag {
	for _, f := range flags {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

func flagNames() []string {
	names := make([]string, len(flags))
	for i, f := range flags {
		names[i] = f.name
	}
	return names
}

func (f *flag) entry(e recorder.Entry) Answer {
	switch {
	case slices.Contains(f.yes, e.Kind):
		return Yes
	case slices.Contains(f.maybe, e.Kind):
		return Maybe
	}
	return No
}

func (f *flag) match(s *subject) bool {
	if answer := f.entry(s.entry); answer != Maybe {
		return answer == Yes
	}
	return f.has(s)
}

func (f *flag) String() string                      { return f.name }
func (f *flag) noun() string                        { return f.called }
func (f *flag) clause(string) (holds, fails string) { return f.holds, f.fails }
