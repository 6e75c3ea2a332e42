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

// isName tells whether a name is one for what conditions do not use: networks, interfaces and blocks.
func isName(name string) bool { return isIdentifier(strings.ReplaceAll(name, "-", "_")) }

// reserved are words that mean something else where a peer's name can stand.
var reserved = append([]string{"now", "true", "false", "nil", "null", "not", "in", "or", "and", "matches", "contains",
	"startsWith", "endsWith"}, slices.Concat(stepWords, stepOptions)...)

func (p *Peer) setName(r *reader, pos Pos, name string) {
	p.Name = name
	switch {
	case slices.Contains(reserved, name):
		r.errorf(pos, "bad-name", "choose another name", "%s is a word of the language and cannot be a name", name)
	case !isIdentifier(name):
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _, and does not begin with a digit", "%s cannot be the name of a peer", quote(name))
	case slices.Contains(r.networks, name):
		r.errorf(pos, "name-taken", "peers, networks and servers have different names", "%s is the name of a network", quote(name))
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
	if !r.channels[name] {
		if len(r.channels) == 0 {
			r.errorf(pos, "unknown-channel", "a step createDataChannel makes one", "unknown data channel %s", quote(name))
			return
		}
		r.unknown(pos, "unknown-channel", "data channel", name, slices.Sorted(maps.Keys(r.channels)))
	}
}

// A thread is a list of steps, which run one after the other.
type thread struct {
	// outer is the thread with the step that the list is part of, at; nil for the lists of the scenario itself.
	outer *thread
	at    *Step
	depth int
}

// beside tells whether two threads run beside each other, so that nobody knows which of their steps comes first.
func (t *thread) beside(other *thread) bool {
	if t == other {
		return false
	}
	var at, otherAt *Step
	for t != other {
		switch {
		case t == nil || other == nil:
			return true // two lists of the scenario itself
		case t.depth > other.depth:
			t, at = t.outer, t.at
		case other.depth > t.depth:
			other, otherAt = other.outer, other.at
		default:
			t, at = t.outer, t.at
			other, otherAt = other.outer, other.at
		}
	}
	return t == nil || at == otherAt && at != nil
}

// A definition is what a step has brought forth: a name given with as, or a data channel with its label.
type definition struct {
	Pos
	thread *thread
	kind   Result
	// passed tells that the check has come to the step.
	passed bool
}

// definitions are those of a scenario, by name: of each, the first in every thread.
type definitions struct {
	names, channels map[string][]*definition
	// of are the definitions by the step that brings them forth, threads those of the lists within a step.
	of      map[*Step][]*definition
	threads map[*Step][]*thread
}

func newDefinitions() *definitions {
	return &definitions{
		names:    map[string][]*definition{},
		channels: map[string][]*definition{},
		of:       map[*Step][]*definition{},
		threads:  map[*Step][]*thread{},
	}
}

// collect adds what the steps of a thread bring forth.
func (d *definitions) collect(t *thread, steps []*Step) {
	for _, s := range steps {
		d.add(t, s)
		for _, list := range s.lists() {
			inner := &thread{outer: t, at: s, depth: t.depth + 1}
			d.threads[s] = append(d.threads[s], inner)
			d.collect(inner, list)
		}
	}
}

// add adds what a step brings forth.
func (d *definitions) add(t *thread, s *Step) {
	c, ok := s.Action.(*Call)
	if !ok {
		return
	}
	if c.As != "" {
		d.define(d.names, c.As, s, &definition{Pos: s.Pos, thread: t, kind: c.Method.Returns})
	}
	if channel, ok := c.Args.(*CreateDataChannel); ok {
		for _, name := range []string{channel.Label, c.As} {
			if name != "" {
				d.define(d.channels, name, s, &definition{Pos: s.Pos, thread: t, kind: DataChannel})
			}
		}
	}
}

func (d *definitions) define(in map[string][]*definition, name string, s *Step, def *definition) {
	if known := in[name]; len(known) == 0 || known[len(known)-1].thread != def.thread {
		in[name] = append(known, def)
		d.of[s] = append(d.of[s], def)
	}
}

// find returns the definition of a name that may be there when a thread uses it, else one that comes later, else nil.
func find(in map[string][]*definition, name string, t *thread) (def *definition, there bool) {
	for _, def := range in[name] {
		if def.passed || def.thread.beside(t) {
			return def, true
		}
	}
	if len(in[name]) > 0 {
		return in[name][0], false
	}
	return nil, false
}

// check finds what is wrong between the parts of a scenario.
func (r *reader) check(s *Scenario) {
	d, spare := newDefinitions(), newDefinitions()
	// A handler or a script runs at any time, so what it makes may be there before any step, and it may use what any
	// step makes. Only within one list is the order certain.
	lists := [][]*Step{s.Steps}
	for _, script := range s.Scripts {
		lists = append(lists, script.Steps)
	}
	for _, h := range s.Handlers {
		lists = append(lists, h.Do)
	}
	threads := make([]*thread, len(lists))
	for i, list := range lists {
		threads[i] = new(thread)
		d.collect(threads[i], list)
	}
	for _, b := range s.Blocks {
		spare.collect(new(thread), b.Steps)
	}
	r.channels = map[string]bool{}
	for _, d := range []*definitions{d, spare} {
		for name := range d.channels {
			r.channels[name] = true
		}
	}
	for _, p := range s.Peers {
		for _, c := range p.Configuration.Certificates {
			if c.From.Name != "" {
				r.errorf(c.Pos, "wrong-reference", "such as {name: ECDSA}", "the peer is made before any step has generated a certificate")
			}
		}
	}
	for i, list := range lists {
		if h := i - 1 - len(s.Scripts); h >= 0 && s.Handlers[h].As != "" {
			// The name of what the event brought hides that of any step.
			name := s.Handlers[h].As
			outer := d.names[name]
			d.names[name] = []*definition{{Pos: s.Handlers[h].Pos, thread: threads[i], kind: Candidate, passed: true}}
			r.steps(list, threads[i], d, s.Limit, clock{})
			d.names[name] = outer
			continue
		}
		r.steps(list, threads[i], d, s.Limit, clock{})
	}
}

// A clock is the earliest time at which something can happen, and the step that says so.
type clock struct {
	earliest time.Duration
	by       *Step
}

// steps checks the list of steps of a thread, and returns when the one after it can begin.
func (r *reader) steps(steps []*Step, t *thread, d *definitions, limit time.Duration, now clock) clock {
	for _, s := range steps {
		switch {
		case s.After != nil:
			now = clock{now.earliest + *s.After, s}
		case s.At != nil && *s.At < now.earliest:
			r.errorf(r.times[s], "time-behind", "", "at %v lies behind: the step in %s begins at %v or later", *s.At, r.line(now.by.Pos, s.Pos), now.earliest)
		case s.At != nil:
			now = clock{*s.At, s}
		}
		if now.by == s && limit > 0 && now.earliest > limit {
			r.errorf(r.times[s], "beyond-limit", "raise the scenario's limit", "the step begins at %v or later, but the run ends at its limit of %v", now.earliest, limit)
		}
		switch a := s.Action.(type) {
		case *Call:
			if a.Channel != "" {
				r.peerExists(a.Pos, a.Peer)
				r.madeBefore(a.Pos.plus(utf8.RuneCountInString(a.Peer)+1), a.Channel, t, d)
			}
			switch args := a.Args.(type) {
			case *SetLocalDescription:
				r.refers(args.From, t, d, SessionDescription)
			case *SetRemoteDescription:
				r.refers(args.From, t, d, SessionDescription)
			case *AddICECandidate:
				r.refers(args.From, t, d, Candidate)
			case *RemoveTrack:
				r.targets(args.Sender, "RTCRtpSender", t, d)
			case *SetConfiguration:
				r.certificates(&args.Configuration, t, d)
			case *UpdateICE:
				r.certificates(&args.Configuration, t, d)
			}
			if a.Target != (Target{}) {
				r.targets(a.Target, a.Method.Interface, t, d)
			}
		case *Signal:
			r.refers(a.Send, t, d, SessionDescription, Candidate)
		}
		last := now
		for i, list := range s.lists() {
			end := r.steps(list, d.threads[s][i], d, limit, now)
			if end.earliest > last.earliest {
				last = end
			}
		}
		now = last
		for _, def := range d.of[s] {
			def.passed = true
		}
	}
	return now
}

// madeBefore checks that a data channel may have been made when a step of a thread uses it.
func (r *reader) madeBefore(pos Pos, channel string, t *thread, d *definitions) {
	switch def, there := find(d.channels, channel, t); {
	case def == nil:
		r.channelExists(pos, channel)
	case !there:
		r.errorf(pos, "comes-later", "", "the data channel %s comes later, in %s", quote(channel), r.line(def.Pos, pos))
	}
}

// refers checks that a reference names something of one of the kinds that a step before may have brought forth.
func (r *reader) refers(f Reference, t *thread, d *definitions, kinds ...Result) {
	if f.Name == "" {
		return
	}
	switch def, there := find(d.names, f.Name, t); {
	case def == nil:
		var names []string
		for _, name := range slices.Sorted(maps.Keys(d.names)) {
			if _, there := find(d.names, name, t); there {
				names = append(names, name)
			}
		}
		hint := suggest(f.Name, names)
		if len(names) == 0 {
			hint = fmt.Sprintf("a step before names what it returns with as: %s", f.Name)
		}
		r.errorf(f.Pos, "unknown-name", hint, "no step before has the name %s", quote(f.Name))
	case !there:
		r.errorf(f.Pos, "comes-later", "", "$%s comes later, in %s", f.Name, r.line(def.Pos, f.Pos))
	case !slices.Contains(kinds, def.kind):
		r.errorf(f.Pos, "wrong-reference", "", "$%s is a %s, not a %s", f.Name, def.kind, kinds[0])
	}
}
