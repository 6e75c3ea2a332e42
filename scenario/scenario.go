package scenario

import (
	"iter"
	"reflect"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// Pos is a place in a scenario's files. Line and Column count from 1, and columns count characters, not bytes.
// The zero Pos stands for something that the files do not mention.
type Pos struct {
	Line, Column int
	// File is the index of the file in Scenario.Files; 0 is the scenario's own.
	File int `json:"-"`
}

// plus returns the place so many characters further on the line.
func (p Pos) plus(characters int) Pos {
	p.Column += characters
	return p
}

// A Scenario is a session as its file describes it, checked: every name in it refers to something that exists.
type Scenario struct {
	// File is the name of the file, as it was given to Read.
	File string
	// Files are the names of the scenario's files: its own, and those that it includes, relative to its folder.
	Files []string
	// Variant tells the values of the matrix that the scenario was read with, such as "nat=symmetric,loss=5%"; empty
	// without a matrix.
	Variant string
	// Name is a title for people.
	Name string `yaml:"name" doc:"A title for people: a few words that say what the session shows." example:"An outage of 40 seconds"`
	// Description is Markdown for people.
	Description string `yaml:"description" doc:"What the session shows and why it is worth looking at, in Markdown." example:"Losing the network for 40 s is more than ICE forgives."`
	// Tags are words to find the scenario by.
	Tags []string `yaml:"tags" doc:"Words to find the scenario by." example:"[ice, outage]"`
	// Seed is what all randomness of the run derives from.
	Seed uint64 `yaml:"seed" default:"1" doc:"What all randomness of the run derives from. The same seed gives the same run." example:"7"`
	// Limit is the virtual time at which the run ends.
	Limit time.Duration `yaml:"limit" default:"60s" doc:"The virtual time at which the run ends, at most 24h." example:"2m"`
	// Include are the files that the scenario includes, as it names them. What is in them has been merged.
	Include []string `yaml:"include" doc:"Files whose networks, servers, peers, tracks and blocks belong to this scenario, too. Their names are relative to the file's folder and lead to it or below it." example:"networks.yaml"`
	// Matrix are the values that the scenario is run with, one variant for each combination.
	Matrix []*Axis `yaml:"matrix,named" doc:"Lists of values by name. Each combination of them is a run of its own, in which ${name} stands for the value wherever a value can stand; $${name} is the text ${name}." example:"{loss: [0%, 5%]}"`
	// Networks are in the order of the file. The network "internet" is always among them, first if the file leaves it out.
	Networks []*Network `yaml:"network,named" doc:"The networks by name. The network internet is built in and public." example:"{home: {link: {delay: 20ms}}}"`
	// Servers are in the order of the file.
	Servers []*Server `yaml:"servers,named" doc:"The STUN and TURN servers, by the names that the simulated DNS resolves." example:"{stun.example.net: {stun: {}}, turn.example.net: {turn: {users: {alice: secret}}}}"`
	// Peers are in the order of the file.
	Peers []*Peer `yaml:"peers,named" required:"true" doc:"The peers by name; each is one RTCPeerConnection. A name is an identifier, since conditions use it." example:"{alice: {}, bob: {network: home}}"`
	// Tracks are in the order of the file.
	Tracks []*Track `yaml:"tracks,named" doc:"Sources of synthetic media by name, for addTrack, addTransceiver and replaceTrack." example:"{mic: {kind: audio, codec: opus, bitrate: 32kbps}, cam: {kind: video, codec: VP8, fps: 30}}"`
	// Signaling is the application's own channel between the peers.
	Signaling Signaling `yaml:"signaling" doc:"The application's own channel between the peers." example:"{delay: 40ms}"`
	// Steps run one after the other.
	Steps []*Step `yaml:"steps" doc:"What happens, one step after the other." example:"[{alice: createDataChannel, with: {label: chat}}, {negotiate: alice -> bob}]"`
	// Scripts are steps of the peers, which run beside Steps and beside each other.
	Scripts []*Script `yaml:"scripts,named" doc:"Steps by peer. Each list runs one step after the other, beside steps and the other lists; they meet with wait." example:"{bob: [{wait: 'bob.signalingState == \"have-remote-offer\"'}, {bob: createAnswer}]}"`
	// Blocks are lists of steps that have a name. Where a block is used, the step has a copy of its own.
	Blocks []*Block `yaml:"blocks,named" doc:"Lists of steps by name, for steps that use them." example:"{connect: [{negotiate: alice -> bob}, {wait: 'bob.connectionState == \"connected\"'}]}"`
	// Handlers run whenever what they wait for happens.
	Handlers []*Handler `yaml:"handlers" doc:"What happens when something else happens." example:"[{on: {peer: alice, event: message}, once: true, do: [{alice: close}]}]"`
	// Expect is what must hold about the whole run.
	Expect Expectations `yaml:"expect" doc:"What must hold about the whole run." example:"['bob.connectionState == \"connected\"']"`
}

// Peer returns the peer of that name, nil if there is none.
func (s *Scenario) Peer(name string) *Peer {
	for _, p := range s.Peers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// A Handler is what happens when something else happens.
type Handler struct {
	Pos
	// Path leads to the handler in the scenario, such as "handlers[0]".
	Path string
	// On picks the events that start the handler.
	On *Pattern `yaml:"on" required:"true" doc:"Which events start the handler." example:"{peer: alice, channel: chat, event: message}"`
	// Once tells that the handler runs for the first such event only.
	Once bool `yaml:"once" default:"false" doc:"Run for the first such event only." example:"true"`
	// As names the candidate of the icecandidate event that started the handler, for the steps of the handler.
	As string `yaml:"as" doc:"A name for the candidate that an icecandidate event brings, for use in the steps as $name." example:"candidate"`
	// Takes is how long the handler is busy after its steps, before it returns.
	Takes time.Duration `yaml:"takes" default:"0s" doc:"How long the handler is busy after its steps, before it returns. pion waits for it meanwhile." example:"50ms"`
	// Do are the steps, which run one after the other beside everything else.
	Do []*Step `yaml:"do" doc:"The steps, one after the other, beside everything else that runs." example:"[{alice: close}]"`
}

func (h *Handler) read(r *reader, n *yaml.Node) {
	h.Path = r.path
	r.fields(n, reflect.ValueOf(h).Elem())
	pairs := mappingOf(n)
	if (keyPos(pairs, "do") == Pos{}) && (keyPos(pairs, "takes") == Pos{}) {
		r.errorf(position(n), "missing-key", "such as do: [{alice: close}], or takes: 50ms", "the handler does nothing")
	}
	if h.As == "" {
		return
	}
	switch pos := keyPos(pairs, "as"); {
	case !isIdentifier(h.As):
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _", "%s cannot be a name", quote(h.As))
	case h.On != nil && h.On.Event != recorder.KindICECandidate:
		r.errorf(pos, "misplaced-key", "", "only an icecandidate event brings something that as can name")
	}
}

// A Script is a list of steps that belongs to a peer and runs beside the others.
type Script struct {
	Pos
	// Name is the name of the peer.
	Name  string
	Steps []*Step
}

func (s *Script) read(r *reader, n *yaml.Node) {
	r.list(n, reflect.ValueOf(&s.Steps).Elem(), field{})
}

func (s *Script) setName(r *reader, pos Pos, name string) {
	s.Name = name
	r.peerExists(pos, name)
}

// A Block is a list of steps that has a name.
type Block struct {
	Pos
	Name string
	// Steps are the steps of a block that nothing uses; those of another one are read where it is used.
	Steps []*Step
}

func (b *Block) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.expected(n, "a list", "each entry of a list begins with -")
	}
}

func (b *Block) setName(r *reader, pos Pos, name string) {
	b.Name = name
	if !isName(name) {
		r.errorf(pos, "bad-name", "a name consists of letters, digits, - and _, and does not begin with a digit", "%s cannot be the name of a block", quote(name))
	}
}

// All yields all steps of the scenario, in the order of its parts: those within parallel and use steps come after the
// step itself.
func (s *Scenario) All() iter.Seq[*Step] {
	return func(yield func(*Step) bool) {
		var walk func(steps []*Step) bool
		walk = func(steps []*Step) bool {
			for _, step := range steps {
				if !yield(step) {
					return false
				}
				for _, list := range step.lists() {
					if !walk(list) {
						return false
					}
				}
			}
			return true
		}
		if !walk(s.Steps) {
			return
		}
		for _, script := range s.Scripts {
			if !walk(script.Steps) {
				return
			}
		}
		for _, h := range s.Handlers {
			if !walk(h.Do) {
				return
			}
		}
	}
}
