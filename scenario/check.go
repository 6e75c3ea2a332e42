package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// identifier is what names are that conditions and $references can hold.
var identifier = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// isIdentifier tells whether a name can be used in conditions.
func isIdentifier(name string) bool { return identifier.MatchString(name) }

// reserved are words that mean something else where a peer's name can stand.
var reserved = append([]string{"now", "true", "false", "nil", "null", "not", "in", "or", "and", "matches", "contains",
	"startsWith", "endsWith", "let", "if", "else"}, slices.Concat(stepWords, stepOptions)...)

func (p *Peer) setName(r *reader, pos Pos, name string) {
	p.Name = name
	switch {
	case slices.Contains(reserved, name):
		r.errorf(pos, "bad-name", "choose another name", "%s is a word of the language and cannot be a name", name)
	case !isIdentifier(name):
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _, and does not begin with a digit", "%s cannot be the name of a peer", quote(name))
	}
}

func (n *Network) setName(r *reader, pos Pos, name string) {
	n.Name = name
	switch {
	case name == Internet:
		r.errorf(pos, "built-in-network", "give a network of your own another name, and put the peers on it", "internet is built in, and has no link and no settings")
	case !isIdentifier(strings.ReplaceAll(name, "-", "_")):
		r.errorf(pos, "bad-name", "a name consists of letters, digits, - and _, and does not begin with a digit", "%s cannot be the name of a network", quote(name))
	}
}

func (r *reader) peerExists(pos Pos, name string) {
	// Without any peer, that is the one error to tell.
	if len(r.peers) > 0 && !slices.Contains(r.peers, name) {
		r.unknown(pos, "unknown-peer", "peer", name, r.peers)
	}
}

func (r *reader) networkExists(pos Pos, name string) {
	if !slices.Contains(r.networks, name) {
		r.unknown(pos, "unknown-network", "network", name, r.networks)
	}
}

func (r *reader) channelExists(pos Pos, name string) {
	if _, ok := r.channels[name]; !ok {
		if len(r.channels) == 0 {
			r.errorf(pos, "unknown-channel", "a step createDataChannel makes one", "unknown data channel %s", quote(name))
			return
		}
		r.unknown(pos, "unknown-channel", "data channel", name, slices.Sorted(maps.Keys(r.channels)))
	}
}

// definitions are what steps have brought forth: names given with as, and data channels by name and label.
type definitions struct {
	names    map[string]definition
	channels map[string]int // the line of the first step that made it
}

// A definition is what a name stands for.
type definition struct {
	line int
	kind Result
}

func newDefinitions() *definitions {
	return &definitions{map[string]definition{}, map[string]int{}}
}

// add adds what a step brings forth.
func (d *definitions) add(s *Step) {
	c, ok := s.Action.(*Call)
	if !ok {
		return
	}
	if c.As != "" {
		if _, ok := d.names[c.As]; !ok {
			d.names[c.As] = definition{s.Line, c.Method.Returns}
		}
	}
	if channel, ok := c.Args.(*CreateDataChannel); ok {
		for _, name := range []string{channel.Label, c.As} {
			if _, ok := d.channels[name]; !ok && name != "" {
				d.channels[name] = s.Line
			}
		}
	}
}

// check finds what is wrong between the parts of a scenario.
func (r *reader) check(s *Scenario) {
	all, handled := newDefinitions(), newDefinitions()
	for _, step := range s.Steps {
		all.add(step)
	}
	for _, h := range s.Handlers {
		for _, step := range h.Do {
			all.add(step)
			handled.add(step)
		}
	}
	r.channels = all.channels

	for _, p := range s.Peers {
		r.certificates(&p.Configuration, newDefinitions(), all)
	}

	// A handler runs at any time, so what it makes may be there before any step, and a handler may use
	// what any step makes. Only within one list is the order certain.
	r.steps(s.Steps, handled, all, s.Limit)
	for _, h := range s.Handlers {
		before := newDefinitions()
		for _, step := range s.Steps {
			before.add(step)
		}
		for _, other := range s.Handlers {
			if other == h {
				continue
			}
			for _, step := range other.Do {
				before.add(step)
			}
		}
		if h.As != "" {
			before.names[h.As] = definition{h.Line, Candidate}
		}
		r.steps(h.Do, before, all, s.Limit)
	}
}

// steps checks one list of steps, given what may be there before it and what there is in the whole scenario.
func (r *reader) steps(steps []*Step, before, all *definitions, limit time.Duration) {
	var earliest time.Duration // when the step can begin
	var last *Step             // the step that says so
	for _, s := range steps {
		switch {
		case s.After != nil:
			earliest += *s.After
			last = s
		case s.At != nil && *s.At < earliest:
			r.errorf(r.times[s], "time-behind", "", "at %v lies behind: the step in line %d begins at %v or later", *s.At, last.Line, earliest)
		case s.At != nil:
			earliest, last = *s.At, s
		}
		if last == s && limit > 0 && earliest > limit {
			r.errorf(r.times[s], "beyond-limit", "raise the scenario's limit", "the step begins at %v or later, but the run ends at its limit of %v", earliest, limit)
		}
		switch a := s.Action.(type) {
		case *Call:
			if a.Channel != "" {
				r.peerExists(a.Pos, a.Peer)
				r.madeBefore(Pos{a.Line, a.Column + utf8.RuneCountInString(a.Peer) + 1}, a.Channel, before, all)
			}
			switch args := a.Args.(type) {
			case *SetLocalDescription:
				r.refers(args.From, before, all, SessionDescription)
			case *SetRemoteDescription:
				r.refers(args.From, before, all, SessionDescription)
			case *AddICECandidate:
				r.refers(args.From, before, all, Candidate)
			case *RemoveTrack:
				r.targets(args.Sender, "RTCRtpSender", before, all)
			case *SetConfiguration:
				r.certificates(&args.Configuration, before, all)
			case *UpdateICE:
				r.certificates(&args.Configuration, before, all)
			}
			if a.Target != (Target{}) {
				r.targets(a.Target, a.Method.Interface, before, all)
			}
		case *Signal:
			r.refers(a.Send, before, all, SessionDescription, Candidate)
		}
		before.add(s)
	}
}

// madeBefore checks that a data channel has been made when a step uses it.
func (r *reader) madeBefore(pos Pos, channel string, before, all *definitions) {
	if _, ok := before.channels[channel]; ok {
		return
	}
	if line, ok := all.channels[channel]; ok {
		r.errorf(pos, "comes-later", "", "the data channel %s comes later, in line %d", quote(channel), line)
		return
	}
	r.channelExists(pos, channel)
}

// refers checks that a reference names something of one of the kinds that a step before has brought forth.
func (r *reader) refers(f Reference, before, all *definitions, kinds ...Result) {
	if f.Name == "" {
		return
	}
	d, ok := before.names[f.Name]
	later, isLater := all.names[f.Name]
	switch {
	case ok && !slices.Contains(kinds, d.kind):
		r.errorf(f.Pos, "wrong-reference", "", "$%s is a %s, not a %s", f.Name, d.kind, kinds[0])
	case ok:
	case isLater:
		r.errorf(f.Pos, "comes-later", "", "$%s comes later, in line %d", f.Name, later.line)
	default:
		names := slices.Sorted(maps.Keys(before.names))
		hint := suggest(f.Name, names)
		if len(names) == 0 {
			hint = fmt.Sprintf("a step before names what it returns with as: %s", f.Name)
		}
		r.errorf(f.Pos, "unknown-name", hint, "no step before has the name %s", quote(f.Name))
	}
}
