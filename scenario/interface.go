package scenario

import (
	"reflect"

	"gopkg.in/yaml.v3"
)

// DefaultInterface is the name of a peer's interface where the peer has only a network.
const DefaultInterface = "eth0"

// An Interface is a network interface of a peer.
type Interface struct {
	Pos
	Name string
	// Network is the name of the network that the interface is on at first.
	Network string `yaml:"network" ref:"network" default:"internet" doc:"The network that the interface is on." example:"home"`
	// Up tells whether the interface is up at first.
	Up bool `yaml:"up" default:"true" doc:"Whether the interface is up at first." example:"false"`
	// Link is the way between the peer and the network; nil: there is none, which is a perfect one.
	Link *Link `yaml:"link" doc:"The way between the peer and the network, such as the radio; a perfect one by default." example:"{profile: wifi}"`
}

// Interface returns the peer's interface of that name, nil if there is none.
func (p *Peer) Interface(name string) *Interface {
	for _, i := range p.Interfaces {
		if i.Name == name {
			return i
		}
	}
	return nil
}

func (i *Interface) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(i).Elem())
	if i.Link != nil {
		*i.Link = i.Link.settled()
	}
}

func (i *Interface) setName(r *reader, pos Pos, name string) {
	i.Name = name
	switch {
	case name == "lo":
		r.errorf(pos, "bad-name", "choose another name", "lo is the loopback interface, which every peer has")
	case !isName(name):
		r.errorf(pos, "bad-name", "a name consists of letters, digits, - and _, and does not begin with a digit", "%s cannot be the name of an interface", quote(name))
	}
}

func (p *Peer) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(p).Elem())
	pairs := mappingOf(n)
	given := keyPos(pairs, "interfaces")
	if given == (Pos{}) {
		if p.Link != nil {
			*p.Link = p.Link.settled()
		}
		p.Interfaces = []*Interface{{Pos: position(n), Name: DefaultInterface, Network: p.Network, Up: true, Link: p.Link}}
		return
	}
	for _, key := range []string{"network", "link"} {
		if pos := keyPos(pairs, key); pos != (Pos{}) {
			r.errorf(pos, "misplaced-key", "write it at an interface: interfaces: {wifi: {network: home}}", "a peer with interfaces has no %s of its own", key)
		}
	}
	if len(p.Interfaces) == 0 && resolved(valueIn(pairs, "interfaces")).Kind != yaml.SequenceNode {
		r.errorf(given, "no-interface", "such as interfaces: {wifi: {network: home}}", "the peer has no interface")
		return
	}
	if len(p.Interfaces) > 0 {
		p.Network = p.Interfaces[0].Network
	}
}
