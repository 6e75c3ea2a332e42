package scenario

import (
	"reflect"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// Pos is a place in the scenario file. Line and Column count from 1, and columns count characters, not bytes.
// The zero Pos stands for something that the file does not mention.
type Pos struct {
	Line, Column int
}

// A Scenario is a session as its file describes it, checked: every name in it refers to something that exists.
type Scenario struct {
	// File is the name of the file, as it was given to Read.
	File string
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
	// Networks are in the order of the file. The network "internet" is always among them, first if the file leaves it out.
	Networks []*Network `yaml:"network,named" doc:"The networks by name. The network internet is built in and public." example:"{home: {link: {delay: 20ms}}}"`
	// Peers are in the order of the file.
	Peers []*Peer `yaml:"peers,named" required:"true" doc:"The peers by name; each is one RTCPeerConnection. A name is an identifier, since conditions use it." example:"{alice: {}, bob: {network: home}}"`
	// Tracks are in the order of the file.
	Tracks []*Track `yaml:"tracks,named" doc:"Sources of synthetic media by name, for addTrack, addTransceiver and replaceTrack." example:"{mic: {kind: audio, codec: opus, bitrate: 32kbps}, cam: {kind: video, codec: VP8, fps: 30}}"`
	// Signaling is the application's own channel between the peers.
	Signaling Signaling `yaml:"signaling" doc:"The application's own channel between the peers." example:"{delay: 40ms}"`
	// Steps run one after the other.
	Steps []*Step `yaml:"steps" doc:"What happens, one step after the other." example:"[{alice: createDataChannel, with: {label: chat}}, {negotiate: alice -> bob}]"`
	// Handlers run whenever what they wait for happens.
	Handlers []*Handler `yaml:"handlers" doc:"What happens when something else happens." example:"[{on: {peer: alice, event: message}, once: true, do: [{alice: close}]}]"`
	// Expect is what must hold about the whole run.
	Expect []*Expectation `yaml:"expect" doc:"What must hold about the whole run." example:"['bob.connectionState == \"connected\"']"`
}

// Internet is the name of the network that is always there.
const Internet = "internet"

// Peer returns the peer of that name, nil if there is none.
func (s *Scenario) Peer(name string) *Peer {
	for _, p := range s.Peers {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Network returns the network of that name, nil if there is none.
func (s *Scenario) Network(name string) *Network {
	for _, n := range s.Networks {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Signaling is how messages between the applications travel, beside the peer connection.
type Signaling struct {
	// Delay is the one-way delay of a message, 0 by default.
	Delay time.Duration `yaml:"delay" default:"0s" doc:"The one-way delay of a signaling message." example:"40ms"`
	// Jitter is the standard deviation of what is added to the delay, 0 by default. Messages keep their order.
	Jitter time.Duration `yaml:"jitter" default:"0s" doc:"The standard deviation of what is added to the delay. Messages keep their order." example:"5ms"`
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
	// Do are the steps, which run one after the other beside everything else.
	Do []*Step `yaml:"do" required:"true" doc:"The steps, one after the other, beside everything else that runs." example:"[{alice: close}]"`
}

func (h *Handler) read(r *reader, n *yaml.Node) {
	h.Path = r.path
	r.fields(n, reflect.ValueOf(h).Elem())
	if h.As == "" {
		return
	}
	switch pos := keyPos(mappingOf(n), "as"); {
	case !isIdentifier(h.As):
		r.errorf(pos, "bad-name", "a name consists of letters, digits and _", "%s cannot be a name", quote(h.As))
	case h.On != nil && h.On.Event != recorder.KindICECandidate:
		r.errorf(pos, "misplaced-key", "", "only an icecandidate event brings something that as can name")
	}
}
