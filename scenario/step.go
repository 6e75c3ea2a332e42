package scenario

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A Step is one thing that happens.
type Step struct {
	Pos
	// Path leads to the step in the scenario, such as "steps[3]" or "handlers[0].do[1]".
	Path string
	// At is the virtual time before which the step does not begin; nil: right after the step before.
	At *time.Duration `yaml:"at" doc:"The virtual time at which the step begins. Alone, it only waits." example:"20s"`
	// After is how long after the end of the step before the step begins. At most one of At and After is set.
	After *time.Duration `yaml:"after" doc:"How long after the step before the step begins. Alone, it only waits." example:"2s"`
	// Note is recorded when the step begins.
	Note string `yaml:"note" doc:"One or two sentences of Markdown for people who learn from the recording." example:"Now bob knows what alice can do."`
	// Predict is asked before the step begins; nil: nothing.
	Predict *Predict `yaml:"predict" doc:"A question to those who watch, asked before the step begins, and the condition that answers it. Alone, it only asks." example:"{question: 'Will bob get the message?', answer: bob received a message}"`
	// Action is what the step does; nil: it only waits for its time.
	Action Action
}

// Predict is a question whose answer the run gives. It expects nothing: a run passes whatever the answer is.
type Predict struct {
	Pos
	Question string `yaml:"question" required:"true" doc:"The question, in Markdown." example:"'Will bob get the message?'"`
	// Answer is about what comes after the question. It is decided as an expectation of the whole run is: at the end, or as
	// early as possible.
	Answer *Expectation `yaml:"answer" required:"true" doc:"What answers it with yes or no: anything that can stand under expect. It is about what comes after the question; a time after within counts from there. It is decided at the end of the run, or as early as that is possible." example:"bob received a message"`
}

// An Action is what a step does: *Call, *Negotiate, *Signal, *Wait, *Expect, *Parallel, *Use,
// *ChangeNetwork, *ChangeInterface, *ChangeServer, *ChangeSignaling or *Crash.
type Action interface {
	// text returns the action in one line.
	text() string
}

// Call calls a method of a peer connection or of one of its data channels.
type Call struct {
	Pos
	// Peer is the name of the peer.
	Peer string
	// Channel is the name (as) or else the label of the peer's data channel; empty for methods of RTCPeerConnection.
	Channel string
	// Target is the transceiver, sender or receiver that the method belongs to; its zero value for other methods.
	Target Target
	// Method is the entry of the method in Methods.
	Method *Method
	// Args points to the arguments; its type is that of Method.Args and decides which method it is.
	Args any
	// As is a name for what comes back.
	As string `yaml:"as" doc:"A name for what comes back, for use in later steps as $name." example:"offer"`
	// Rejects is the name of the error with which the call must fail; empty: the call must succeed.
	Rejects string `yaml:"rejects" enum:"InvalidStateError InvalidModificationError InvalidAccessError OperationError NotSupportedError TypeError SyntaxError RangeError UnknownError NetworkError NotFoundError" doc:"The name of the error with which the call must fail; any other outcome fails the run." example:"InvalidStateError"`
	// Async tells not to wait for the call to come back.
	Async bool `yaml:"async" default:"false" doc:"Do not wait for the call to come back." example:"true"`
	// Returns is when the call must come back; nil: at any time.
	Returns *Returns `yaml:"returns" doc:"When the call must come back: within a time, or never, in which case the steps go on at once. Anything else fails the run." example:"within 1s"`
	// Engine is "force" to let pion decide about what it is known not to support; else empty.
	Engine string `yaml:"engine" enum:"force" doc:"force: make the call although pion is known to refuse it. Its answer is recorded." example:"force"`
}

// Returns is when a call must come back: within a time, or never.
type Returns struct {
	Pos
	Never  bool
	Within time.Duration
}

// Negotiate runs an offer and answer exchange over signaling, with trickled candidates. From makes the offer.
type Negotiate struct {
	Between `yaml:"negotiate" required:"true" doc:"An offer and answer exchange over signaling, with trickled candidates: OFFERER -> ANSWERER." example:"alice -> bob"`
	With    NegotiateOptions `yaml:"with" doc:"How to negotiate." example:"{iceRestart: true}"`
}

// Between is a direction between two peers, such as alice -> bob.
type Between struct {
	From, To string
}

// NegotiateOptions are the options of Negotiate.
type NegotiateOptions struct {
	ICERestart bool `yaml:"iceRestart" default:"false" doc:"Restart ICE, as createOffer's option of that name." example:"true"`
	// Trickle tells to send each candidate when it is found; otherwise the descriptions wait for all candidates.
	Trickle bool `yaml:"trickle" default:"true" doc:"Send each candidate when it is found. Otherwise descriptions are sent when gathering is complete." example:"false"`
}

// Signal hands something from one peer's application to another's.
type Signal struct {
	Between `yaml:"signal" required:"true" doc:"Hands something from one peer's application to another's." example:"alice -> bob"`
	// Send is what is handed over: a description or a candidate.
	Send Reference `yaml:"send" required:"true" doc:"What is handed over: a description or a candidate, by its name." example:"$offer"`
	// Via is the way it takes: "signaling" or "none".
	Via string `yaml:"via" enum:"signaling none" default:"signaling" doc:"The way it takes: over the signaling network, or none, which hands it over at once." example:"none"`
}

// A Reference is a $name: what a step before has named with as.
type Reference struct {
	Pos
	// Name is without the $; empty where nothing is referred to.
	Name string
}

// Wait waits until something holds, and fails the run when it takes too long. What has happened before the step
// counts, so that a wait cannot miss what it waits for.
type Wait struct {
	For *Expectation `yaml:"wait" required:"true" doc:"Waits until a condition holds, or until events have happened since the start of the run." example:"bob.connectionState == \"connected\""`
	// Within is how long it may take; nil: until the scenario's limit.
	Within *time.Duration `yaml:"within" default:"until the scenario's limit" doc:"How long it may take. Running out of time fails the run." example:"10s"`
}

// Expect fails the run when something does not hold at this moment, or, where it is about events, when it does not
// hold for what has happened so far.
type Expect struct {
	That *Expectation `yaml:"expect" required:"true" doc:"What must hold at this moment." example:"bob received \"hello\" on chat"`
}

// Parallel runs several lists of steps that begin at the same virtual instant, and goes on when all of them have ended.
type Parallel struct {
	Branches []Branch `yaml:"parallel" required:"true" doc:"Steps, or lists of steps, that begin at the same virtual instant. The next step begins when all of them have ended." example:"[{alice: createOffer}, [{bob: createOffer}, {after: 1s}]]"`
}

// A Branch is a list of steps that runs beside others.
type Branch []*Step

// Use runs the steps of a block.
type Use struct {
	Block string `yaml:"use" required:"true" doc:"Runs the steps of a block." example:"connect"`
	// Steps are this use's own copy of the block's steps.
	Steps []*Step
}

// Crash makes the simulation itself die, to test how rtcsim copes with it. No scenario needs it.
type Crash struct {
	// How is "panic", "spin" (without end, without sleeping), "memory" (use all of it) or "exit".
	How string `yaml:"crash" required:"true" enum:"panic spin memory exit" doc:"Makes the simulation itself die, to test rtcsim." example:"panic"`
}

// A stepKind is a kind of step that a word of its own begins. A call has none: it begins with the name of a peer.
type stepKind struct {
	key string
	new func() Action
}

// stepKinds lists the kinds of steps. The tags of each type's fields are its keys.
var stepKinds = []stepKind{
	{"negotiate", func() Action { return new(Negotiate) }},
	{"signal", func() Action { return new(Signal) }},
	{"wait", func() Action { return new(Wait) }},
	{"expect", func() Action { return new(Expect) }},
	{"parallel", func() Action { return new(Parallel) }},
	{"use", func() Action { return new(Use) }},
	{"network", func() Action { return new(ChangeNetwork) }},
	{"peer", func() Action { return new(ChangeInterface) }},
	{"server", func() Action { return new(ChangeServer) }},
	{"signaling", func() Action { return new(ChangeSignaling) }},
	{"crash", func() Action { return new(Crash) }},
}

// stepWords are the words that begin a step, stepOptions the further keys of any kind of step.
var stepWords, stepOptions = func() (words, options []string) {
	options = append(keysOf(fieldsOf(reflect.TypeFor[Step]())), "with")
	options = append(options, keysOf(fieldsOf(reflect.TypeFor[Call]()))...)
	for _, k := range stepKinds {
		words = append(words, k.key)
		for _, key := range keysOf(fieldsOf(reflect.TypeOf(k.new()).Elem())) {
			if key != k.key && !slices.Contains(options, key) {
				options = append(options, key)
			}
		}
	}
	return words, options
}()

func (s *Step) read(r *reader, n *yaml.Node) {
	s.Pos, s.Path = position(n), r.path
	before := r.failures
	pairs, ok := r.pairs(n)
	if !ok {
		return
	}
	subjects, options, ok := r.sortKeys(pairs)
	switch {
	case len(subjects) > 1:
		r.errorf(subjects[1].pos, "two-actions", "make it a step of its own, with a - before it", "the step does two things: %s and %s", subjects[0].key, subjects[1].key)
		return
	case len(subjects) == 0 && !ok:
		return
	case len(subjects) == 0 && keyPos(options, "at") == Pos{} && keyPos(options, "after") == Pos{} && keyPos(options, "predict") == Pos{}:
		r.errorf(s.Pos, "no-action", "a step is PEER: METHOD, or begins with "+strings.Join(stepWords, ", ")+", or only waits: at: 20s", "the step does nothing")
		return
	case len(subjects) == 1:
		if s.Action = r.action(subjects[0], options); s.Action == nil {
			return
		}
	}
	for _, key := range []string{"at", "after"} {
		if pos := keyPos(options, key); pos != (Pos{}) {
			r.times[s] = pos
		}
	}

	// The keys of the step and of what it does stand side by side.
	common := keysOf(fieldsOf(reflect.TypeFor[Step]()))
	own := []string{}
	if s.Action != nil {
		target := reflect.ValueOf(s.Action).Elem()
		own = keysOf(fieldsOf(target.Type()))
		if _, ok := s.Action.(*Call); ok {
			own = append(own, "with")
		}
		r.mapping(n, append(pairsOf(options, own), subjects...), target, []string{"with", subjects[0].key})
	}
	r.mapping(n, pairsOf(options, common), reflect.ValueOf(s).Elem(), nil)
	possible := slices.Concat(common, own)
	for _, p := range options {
		if !slices.Contains(possible, p.key) {
			possible = slices.DeleteFunc(possible, func(key string) bool { return slices.Contains(stepWords, key) })
			r.errorf(p.pos, "misplaced-key", oneOf(possible), "the key %s does not belong to this kind of step", p.key)
		}
	}
	if r.failures == before {
		s.checkWhole(r, subjects, options)
	}
}

// sortKeys tells the keys of a step that say what it does from the others. It is false, having said why, if there
// are keys that no step has.
func (r *reader) sortKeys(pairs []pair) (subjects, options []pair, ok bool) {
	ok = true
	for _, p := range pairs {
		a, absent := absences["Step"][p.key]
		peer, _, _ := strings.Cut(p.key, ".")
		switch {
		case slices.Contains(stepOptions, p.key):
			options = append(options, p)
			continue
		case slices.Contains(stepWords, p.key), slices.Contains(r.peers, peer):
			subjects = append(subjects, p)
			continue
		case absent:
			r.absent(p.pos, p.key, a)
		case p.value.Kind == yaml.ScalarNode && knownMethod(p.value.Value):
			r.peerExists(p.pos, peer)
		default:
			r.unknown(p.pos, "unknown-key", "step", p.key, slices.Concat(r.peers, stepWords, stepOptions))
		}
		ok = false
	}
	return subjects, options, ok
}

// action returns what a step does, with its keys still to be read. It returns nil, having said why, if there
// is no such thing.
func (r *reader) action(subject pair, options []pair) Action {
	for _, k := range stepKinds {
		if k.key == subject.key {
			return k.new()
		}
	}
	if c := r.call(subject, options); c != nil {
		return c
	}
	return nil
}

// checkWhole says what is wrong between the keys of a step, each of which is right.
func (s *Step) checkWhole(r *reader, subjects, options []pair) {
	if s.At != nil && s.After != nil {
		r.errorf(s.Pos, "at-and-after", "at is the virtual time, after is counted from the step before", "a step has at or after, not both")
	}
	switch a := s.Action.(type) {
	case *ChangeNetwork:
		a.check(r, s.Pos, subjects[0].value, options)
	case *ChangeInterface:
		a.check(r, s.Pos, options)
	case *ChangeServer:
		a.check(r, s.Pos, options)
	case *Wait:
		a.check(r)
	case *Parallel:
		if len(a.Branches) < 2 {
			r.errorf(position(subjects[0].value), "too-few", "such as parallel: [{alice: createOffer}, {bob: createOffer}]", "parallel needs two branches or more")
		}
	case *Use:
		a.expand(r, position(subjects[0].value))
	case *Expect:
		if a.That.Within != 0 {
			r.errorf(a.That.Pos, "misplaced-key", "use a wait step and its key within", "an expect step looks at one moment, so within means nothing here")
		}
	case *Call:
		// An SDP that pion must refuse may be wrong in any way.
		if sdp := valueOf(resolved(valueIn(options, "with")), "sdp"); sdp != nil && a.Rejects == "" && a.Engine == "" {
			if sdp = resolved(sdp); !strings.HasPrefix(sdp.Value, "$") {
				r.checkSDP(sdp)
			}
		}
		switch pos := keyPos(options, "as"); {
		case a.As == "":
		case a.Method.Returns == Nothing:
			r.errorf(pos, "misplaced-key", "", "%s returns nothing that as could name", a.Method.Name)
		case !isIdentifier(a.As):
			r.errorf(pos, "bad-name", "a name consists of letters, digits and _", "%s cannot be a name", quote(a.As))
		}
	}
}

// pairsOf returns the pairs with one of the keys.
func pairsOf(pairs []pair, keys []string) []pair {
	var some []pair
	for _, p := range pairs {
		if slices.Contains(keys, p.key) {
			some = append(some, p)
		}
	}
	return some
}

// valueIn returns the value of a key, nil if there is none.
func valueIn(pairs []pair, key string) *yaml.Node {
	for _, p := range pairs {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// keyPos returns the place of a key's value.
func keyPos(pairs []pair, key string) Pos {
	if value := valueIn(pairs, key); value != nil {
		return position(value)
	}
	return Pos{}
}

// call reads PEER: METHOD, PEER.CHANNEL: METHOD or PEER.TARGET: METHOD, and the arguments among the options. It returns nil,
// having said why, if there is no such method.
func (r *reader) call(subject pair, options []pair) *Call {
	c := &Call{Pos: subject.pos}
	n := subject.value
	peer, object, ofObject := strings.Cut(subject.key, ".")
	c.Peer = peer
	iface := "RTCPeerConnection"
	if ofObject {
		pos := subject.pos
		pos.Column += utf8.RuneCountInString(peer) + 1
		if c.Target = parseTarget(pos, object); c.Target.List != "" || c.Target.Part != "" {
			iface = c.Target.Interface()
		} else {
			iface = interfaceOf(n.Value)
		}
		if iface == "RTCDataChannel" {
			c.Channel, c.Target = object, Target{}
		}
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.expected(n, "the name of a method", oneOf(methodNames(iface)))
		return nil
	}
	if c.Method = methodOf(iface, n.Value); c.Method == nil {
		r.unknownMethod(n, iface, c.Peer)
		return nil
	}
	c.Args = c.Method.Args()
	args := reflect.ValueOf(c.Args).Elem()
	with := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	for _, p := range options {
		if p.key == "engine" {
			r.forced = p.value.Value == "force"
			defer func() { r.forced = false }()
		}
		if p.key == "with" {
			with = p.value
			if args.NumField() == 0 && len(with.Content) > 0 {
				r.errorf(p.pos, "wrong-arguments", "", "%s takes no arguments", c.Method.Name)
				return c
			}
		}
	}
	r.read(with, args, field{})
	return c
}

// unknownMethod says what is wrong with the name of a method.
func (r *reader) unknownMethod(n *yaml.Node, iface, peer string) {
	name := n.Value
	if a, ok := absences["method"][name]; ok {
		r.absent(position(n), name, a)
		return
	}
	for _, m := range Methods {
		if m.Name == name {
			r.errorf(position(n), "unknown-method", "write "+peer+subjects[m.Interface]+": "+name,
				"%s is a method of %s, not of %s", name, interfaces[m.Interface], interfaces[iface])
			return
		}
	}
	r.unknown(position(n), "unknown-method", "method", name, methodNames(iface))
}

// arrow takes alice -> bob apart.
var arrow = regexp.MustCompile(`^\s*(\S+?)\s*->\s*(\S+)\s*$`)

func (b *Between) read(r *reader, n *yaml.Node) {
	m := arrow.FindStringSubmatchIndex(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil {
		r.expected(n, "two peers", "such as alice -> bob")
		return
	}
	b.From, b.To = n.Value[m[2]:m[3]], n.Value[m[4]:m[5]]
	to := r.place(n, utf8.RuneCountInString(n.Value[:m[4]]))
	r.peerExists(r.place(n, utf8.RuneCountInString(n.Value[:m[2]])), b.From)
	r.peerExists(to, b.To)
	if b.From == b.To {
		r.errorf(to, "same-peer", "", "%s cannot do this with itself", b.To)
	}
}

// reference recognizes $name, and $name.sdp.
var reference = regexp.MustCompile(`^\$([\pL_][\pL\pN_]*)(\.sdp)?$`)

func (f *Reference) read(r *reader, n *yaml.Node) {
	m := reference.FindStringSubmatch(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil || m[2] != "" {
		r.expected(n, "a $name", "a step before names what it returns with as: offer; $offer stands for it")
		return
	}
	f.Pos, f.Name = position(n), m[1]
}

func (b *Branch) read(r *reader, n *yaml.Node) {
	steps := reflect.ValueOf((*[]*Step)(b)).Elem()
	if n.Kind == yaml.SequenceNode {
		r.list(n, steps, field{})
		return
	}
	step := new(Step)
	r.read(n, reflect.ValueOf(step).Elem(), field{})
	*b = Branch{step}
}

func (c *Returns) read(r *reader, n *yaml.Node) {
	c.Pos = position(n)
	limit, limited := strings.CutPrefix(n.Value, "within ")
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "never":
		c.Never = true
	case n.Kind == yaml.ScalarNode && limited:
		d, w := parseDuration(strings.TrimSpace(limit))
		if w != nil {
			r.errorf(r.place(n, len("within ")), w.code, w.hint, "%s", w.message)
		}
		c.Within = d
	default:
		r.expected(n, "when the call comes back", "such as never, or within 1s")
	}
}

// expand reads the steps of the block that a step uses.
func (u *Use) expand(r *reader, pos Pos) {
	block, ok := r.blocks[u.Block]
	switch {
	case !ok && len(r.blocks) == 0:
		r.errorf(pos, "unknown-block", "blocks: gives lists of steps their names", "unknown block %s", quote(u.Block))
	case !ok:
		r.unknown(pos, "unknown-block", "block", u.Block, slices.Sorted(maps.Keys(r.blocks)))
	case slices.Contains(r.using, u.Block):
		r.errorf(pos, "circle", "", "the block %s uses itself: %s", quote(u.Block), strings.Join(append(r.using, u.Block), " -> "))
	case block.node.Kind != yaml.SequenceNode: // told where the block is read
	default:
		block.used = true
		r.using = append(r.using, u.Block)
		path := r.path
		r.path += ".use"
		r.read(block.node, reflect.ValueOf(&u.Steps).Elem(), field{})
		r.path = path
		r.using = r.using[:len(r.using)-1]
	}
}

// lists returns the lists of steps within a step.
func (s *Step) lists() [][]*Step {
	switch a := s.Action.(type) {
	case *Parallel:
		lists := make([][]*Step, len(a.Branches))
		for i, b := range a.Branches {
			lists[i] = b
		}
		return lists
	case *Use:
		return [][]*Step{a.Steps}
	}
	return nil
}

// check says what a step cannot wait for.
func (w *Wait) check(r *reader) {
	switch {
	case w.For.Within != 0:
		r.errorf(w.For.Pos, "misplaced-key", "write within: as a key of the step", "within is not part of the condition of a wait step")
	case w.For.Not:
		r.errorf(w.For.Pos, "endless-wait", "wait for a condition with not in it, such as: not (bob.connectionState == \"connected\"); for an event that may not happen, put never under expect",
			"nobody can wait for something not to hold: that is known at the end")
	case w.For.Never != nil:
		r.errorf(w.For.Pos, "endless-wait", "put it under expect", "nobody can wait for something never to happen")
	case w.For.Count != nil && w.For.AtLeast == 0:
		r.errorf(w.For.Pos, "endless-wait", "wait for is or atLeast", "nothing to wait for: no event at all fulfils it")
	}
}

// Text returns the step in one line, such as: alice: createDataChannel "chat".
func (s *Step) Text() string {
	var when string
	switch {
	case s.At != nil:
		when = fmt.Sprintf("at %v", *s.At)
	case s.After != nil:
		when = fmt.Sprintf("after %v", *s.After)
	}
	switch {
	case s.Action == nil && s.Predict != nil && when == "":
		return "predict: " + s.Predict.Question
	case s.Action == nil:
		return when
	case when == "":
		return s.Action.text()
	}
	return s.Action.text() + " (" + when + ")"
}

func (c *Call) text() string {
	text := c.Peer
	if c.Channel != "" {
		text += "." + c.Channel
	} else if c.Target != (Target{}) {
		text += "." + c.Target.String()
	}
	text += ": " + c.Method.Name
	if a, ok := c.Args.(fmt.Stringer); ok && a.String() != "" {
		text += " " + a.String()
	}
	if c.As != "" {
		text += " as " + c.As
	}
	if c.Returns != nil {
		text += ", returns " + c.Returns.String()
	}
	return text
}

func (c *Returns) String() string {
	if c.Never {
		return "never"
	}
	return fmt.Sprintf("within %v", c.Within)
}

func (b Between) text() string { return b.From + " -> " + b.To }

func (c *Negotiate) text() string {
	text := "negotiate: " + c.Between.text()
	if c.With.ICERestart {
		text += ", iceRestart"
	}
	if !c.With.Trickle {
		text += ", without trickle"
	}
	return text
}

func (c *Signal) text() string {
	text := "signal: " + c.Between.text() + " $" + c.Send.Name
	if c.Via == "none" {
		text += " at once"
	}
	return text
}

func (c *Wait) text() string {
	text := "wait: " + c.For.Text
	if c.Within != nil {
		text += fmt.Sprintf(" within %v", *c.Within)
	}
	return text
}

func (c *Expect) text() string { return "expect: " + c.That.Text }

func (c *Parallel) text() string { return fmt.Sprintf("parallel: %d branches", len(c.Branches)) }

func (c *Use) text() string { return "use: " + c.Block }

func (c *Crash) text() string { return "crash: " + c.How }
