package scenario

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// ChangeNetwork changes a network. Exactly one of Set, Down, Up and NAT is there.
type ChangeNetwork struct {
	Name string `yaml:"network" required:"true" ref:"network" doc:"Changes a network: its settings, whether it carries anything at all, or the mappings of its NAT." example:"home"`
	// Set changes settings; nil: none. What is nil in its link stays as it is.
	Set *Settings `yaml:"set" doc:"The settings to change; others stay as they are." example:"{link: {loss: 30%}}"`
	// Outage begins an outage.
	Outage `yaml:"down" doc:"true: the network drops everything from now on; a duration: for that long." example:"15s"`
	// Up ends an outage.
	Up bool `yaml:"up" doc:"true: the network carries packets again." example:"true"`
	// NAT is something that happens to the network's NAT.
	NAT *NATChange `yaml:"nat" doc:"rebind: all mappings are forgotten, and new ones get new ports; {rebind: address}: a new public address, too; expire: every mapping has run out." example:"rebind"`
}

// An Outage is a time in which nothing comes through.
type Outage struct {
	// Down tells that the outage begins.
	Down bool
	// DownFor is how long it lasts; 0: until it is ended.
	DownFor time.Duration
}

// Settings are the settings of a network that can change during a run.
type Settings struct {
	Link *Link `yaml:"link" doc:"The settings of the link that change." example:"{loss: 30%}"`
	// Firewall replaces the one that the network had.
	Firewall *Firewall `yaml:"firewall" doc:"The firewall, instead of the one that the network had." example:"{udp: block}"`
}

// ChangeInterface changes an interface of a peer. Exactly one of Set, Down and Up is there.
type ChangeInterface struct {
	Peer string `yaml:"peer" required:"true" ref:"peer" doc:"Changes a network interface of a peer: whether it is up, its link, or the network that it is on." example:"bob"`
	// Interface is the name of the interface, that of the peer's only one where the file does not say.
	Interface string `yaml:"interface" doc:"The name of the interface. A peer that has only one can do without." example:"eth0"`
	// Set changes settings. That the file's set is up or down is in Up and Down.
	Set *InterfaceSettings `yaml:"set" doc:"up, down, or the settings to change: {link: {loss: 30%}}, or {network: cafe} to hand over to another network." example:"down"`
	// Outage takes the interface down.
	Outage `yaml:"down" doc:"true: the interface is down from now on; a duration: for that long." example:"10s"`
	// Up takes the interface up.
	Up bool `yaml:"up" doc:"true: the interface is up again." example:"true"`
}

// InterfaceSettings are the settings of an interface that can change during a run.
type InterfaceSettings struct {
	Link *Link `yaml:"link" doc:"The settings of the interface's link that change." example:"{loss: 30%}"`
	// Network is the network to which the interface moves; empty: it stays.
	Network string `yaml:"network" ref:"network" doc:"The network to which the interface moves. It gets an address there." example:"home"`

	word string // up or down
}

// ChangeServer changes a server. At least one of its other fields is set.
type ChangeServer struct {
	Name string `yaml:"server" required:"true" ref:"server" doc:"Changes a server: whether it can be reached, and what it remembers." example:"turn.example.net"`
	// Outage makes the server unreachable. It remembers its allocations, unless Restart is set.
	Outage `yaml:"down" doc:"true: the server is unreachable from now on; a duration: for that long. It remembers its allocations." example:"12s"`
	// Up makes it reachable again.
	Up bool `yaml:"up" doc:"true: the server is reachable again." example:"true"`
	// Restart makes the server forget its allocations.
	Restart bool `yaml:"restart" doc:"true: the server forgets its allocations; together with down, it comes back without them." example:"true"`
	// Set changes settings.
	Set *ServerSettings `yaml:"set" doc:"The settings to change; others stay as they are." example:"{link: {loss: 30%}}"`
}

// ServerSettings are the settings of a server that can change during a run.
type ServerSettings struct {
	Link *Link `yaml:"link" required:"true" doc:"The settings of the server's link that change." example:"{loss: 30%}"`
}

func (o *Outage) read(r *reader, n *yaml.Node) {
	if n.Tag == "!!bool" {
		r.scalar(n, reflect.ValueOf(&o.Down).Elem(), field{})
		if !o.Down {
			r.errorf(position(n), "unknown-value", "up: true ends an outage", "down is true or a duration")
		}
		return
	}
	o.Down = true
	before := r.failures
	r.scalar(n, reflect.ValueOf(&o.DownFor).Elem(), field{})
	if o.DownFor == 0 && r.failures == before {
		r.errorf(position(n), "out-of-range", "down: true has no end", "an outage of %s is none", n.Value)
	}
}

func (s *InterfaceSettings) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "up"), isWord(n, "down"):
		s.word = strings.TrimSpace(n.Value)
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.unknown(position(n), "unknown-value", "value", n.Value, []string{"up", "down"})
		return
	}
	before := r.failures
	r.fields(n, reflect.ValueOf(s).Elem())
	if r.failures == before && s.Link == nil && s.Network == "" {
		r.errorf(position(n), "no-action", "up, down, {link: {…}} or {network: NAME}", "nothing changes")
	}
}

// count returns how many of the things are given.
func count(given ...bool) int {
	n := 0
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}

// check says what is wrong with a change as a whole. The node is the network's name.
func (c *ChangeNetwork) check(r *reader, pos Pos, name *yaml.Node, options []pair) {
	switch network := r.result.Network(c.Name); {
	case c.Name == Internet:
		r.errorf(position(name), "built-in-network", "put the peers on a network of its own, whose link can change", "internet is built in and has no link")
	case count(c.Set != nil, c.Down, c.Up, c.NAT != nil) != 1:
		r.errorf(pos, "no-action", "set: {link: {…}}, down: 15s, down: true, up: true or nat: rebind", "a network step has exactly one of set, down, up and nat")
	case c.Set != nil && c.Set.Link == nil && c.Set.Firewall == nil:
		r.errorf(keyPos(options, "set"), "no-action", "such as {link: {loss: 30%}} or {firewall: block}", "nothing changes")
	case network == nil: // told where it is read
	case c.NAT != nil && network.NAT == nil:
		r.errorf(keyPos(options, "nat"), "no-nat", "such as network: {"+c.Name+": {nat: port-restricted}}", "the network %s has no NAT", c.Name)
	case c.Set != nil && c.Set.Link != nil:
		r.checkChange(network.Link, *c.Set.Link, options)
	}
}

func (c *ChangeInterface) check(r *reader, pos Pos, options []pair) {
	if c.Set != nil && c.Set.word != "" {
		word := c.Set.word
		c.Set = nil
		if c.Down || c.Up {
			r.errorf(pos, "no-action", "set: down, down: 10s, down: true or up: true", "an interface step has exactly one of set, down and up")
			return
		}
		c.Up, c.Down = word == "up", word == "down"
	}
	peer := r.result.Peer(c.Peer)
	if peer == nil {
		return // told where it is read
	}
	var names []string
	for _, i := range peer.Interfaces {
		names = append(names, i.Name)
	}
	if c.Interface == "" && len(names) == 1 {
		c.Interface = names[0]
	}
	i := peer.Interface(c.Interface)
	switch {
	case count(c.Set != nil, c.Down, c.Up) != 1:
		r.errorf(pos, "no-action", "set: down, set: {network: NAME}, down: 10s, down: true or up: true", "an interface step has exactly one of set, down and up")
	case len(names) == 0: // told where they are read
	case c.Interface == "":
		r.errorf(pos, "missing-key", "add interface: "+names[0], "%s has several interfaces: %s", c.Peer, strings.Join(names, ", "))
	case i == nil:
		r.unknown(keyPos(options, "interface"), "unknown-interface", "interface", c.Interface, names)
	case c.Set == nil || c.Set.Link == nil:
	case i.Link == nil:
		r.errorf(keyPos(options, "set"), "no-link", "add link: {} to the interface, which does nothing until it changes", "the interface %s of %s has no link", c.Interface, c.Peer)
	default:
		r.checkChange(*i.Link, *c.Set.Link, options)
	}
}

func (c *ChangeServer) check(r *reader, pos Pos, options []pair) {
	given := count(c.Set != nil, c.Down, c.Up, c.Restart)
	if c.Restart && c.Down {
		given--
	}
	switch server := r.result.Server(c.Name); {
	case given != 1:
		r.errorf(pos, "no-action", "down: 12s, down: true, up: true, restart: true, or set: {link: {…}}", "a server step has exactly one of set, down, up and restart, or down and restart")
	case server == nil || c.Set == nil:
	case server.Link == nil:
		r.errorf(keyPos(options, "set"), "no-link", "add link: {} to the server, which does nothing until it changes", "the server %s has no link", c.Name)
	default:
		r.checkChange(*server.Link, *c.Set.Link, options)
	}
}

// checkChange says what is wrong between a link and a change to it: a loss that is changed alone keeps the bursts.
func (r *reader) checkChange(link, change Link, options []pair) {
	set := mappingOf(resolved(valueOf(resolved(valueIn(options, "set")), "link")))
	for i, ways := range [][2]Direction{{link.Up, change.Up}, {link.Down, change.Down}} {
		before, after := ways[0], ways[1]
		if before.Burst == nil || after.Burst != nil || after.Loss == nil || float64(*before.Burst) > leastBurst(*after.Loss) {
			continue
		}
		pos := keyPos(set, "loss")
		own := resolved(valueIn(set, []string{"up", "down"}[i]))
		if p := keyPos(mappingOf(own), "loss"); p != (Pos{}) {
			pos = p
		}
		r.errorf(pos, "out-of-range", "add burst: none, or "+burstHint(*after.Loss), "bursts of %v packets, which the link has, are too short for a loss of %v", *before.Burst, *after.Loss)
	}
}

// text returns what an outage or its end is in a step.
func (o Outage) text(up bool) string {
	switch {
	case o.DownFor != 0:
		return fmt.Sprintf(" down %v", o.DownFor)
	case o.Down:
		return " down"
	case up:
		return " up"
	}
	return ""
}

func (c *ChangeNetwork) text() string {
	text := "network: " + c.Name + c.Outage.text(c.Up)
	if c.NAT != nil {
		text += " nat " + c.NAT.String()
	}
	if c.Set != nil && c.Set.Link != nil {
		text += " " + c.Set.Link.String()
	}
	if c.Set != nil && c.Set.Firewall != nil {
		text += " firewall " + c.Set.Firewall.String()
	}
	return text
}

func (c *ChangeInterface) text() string {
	text := "peer: " + c.Peer + " interface " + c.Interface + c.Outage.text(c.Up)
	if c.Set != nil && c.Set.Network != "" {
		text += " network " + c.Set.Network
	}
	if c.Set != nil && c.Set.Link != nil {
		text += " " + c.Set.Link.String()
	}
	return text
}

func (c *ChangeServer) text() string {
	text := "server: " + c.Name + c.Outage.text(c.Up)
	if c.Restart {
		text += " restart"
	}
	if c.Set != nil {
		text += " " + c.Set.Link.String()
	}
	return text
}
