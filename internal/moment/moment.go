// Package moment puts together what a recording knows of one moment: the state of every peer, what the network elements had,
// and what happened last.
package moment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// Moment is a session at one moment.
type Moment struct {
	// Time is the virtual time, and Event the number of the last event that has happened; 0 if there is none.
	Time  time.Duration `json:"time"`
	Event int           `json:"event"`
	// Peers are those that have a host in the network, in the order of the topology.
	Peers []Peer `json:"peers"`
	// Networks and Servers are those of the topology, in its order.
	Networks []Network `json:"networks"`
	Servers  []Server  `json:"servers"`
	// Signaling are the changes of the signaling so far.
	Signaling []Change `json:"signaling,omitempty"`
	// Before are the last events but those of packets and snapshots, the last one last.
	Before []Event `json:"before"`
}

// Peer is a peer at a moment.
type Peer struct {
	Name       string      `json:"name"`
	Interfaces []Interface `json:"interfaces"`
	// State is nil before the peer connection was made.
	State *recorder.PeerState `json:"state"`
	// Media are the last measurements of the tracks that the peer receives, in the order in which they began.
	Media []recorder.Media `json:"media,omitempty"`
}

// Interface is an interface at a moment.
type Interface struct {
	recorder.TopologyInterface
	// Changes are what was changed so far.
	Changes []Change `json:"changes,omitempty"`
}

// Network is a network at a moment.
type Network struct {
	// TopologyNetwork is the network as the run began.
	recorder.TopologyNetwork
	// Down tells that its link is down.
	Down bool `json:"down,omitempty"`
	// Changes are what was changed so far.
	Changes []Change `json:"changes,omitempty"`
	// Mappings are those that its NAT has made and not been told to forget, in the order in which they were made.
	Mappings []Mapping `json:"mappings,omitempty"`
}

// Server is a server at a moment.
type Server struct {
	Name string `json:"name"`
	// Serves says in words what it serves.
	Serves string `json:"serves"`
	// Address is its first one.
	Address string   `json:"address"`
	Down    bool     `json:"down,omitempty"`
	Changes []Change `json:"changes,omitempty"`
}

// Change is a change of a network element.
type Change struct {
	Event int           `json:"event"`
	Time  time.Duration `json:"time"`
	Text  string        `json:"text"`
}

// Mapping is a mapping of a NAT (RFC 4787).
type Mapping struct {
	Event int           `json:"event"`
	Made  time.Duration `json:"made"`
	// Local is the address that is mapped to Public; Remote is the destination that it was made for.
	Local  string `json:"local"`
	Public string `json:"public"`
	Remote string `json:"remote"`
	// Used is when a packet last went out by it. Without packets in the recording it is when the mapping was made.
	Used time.Duration `json:"used"`
	// Expired tells that nothing went out by it for longer than the NAT keeps a mapping.
	Expired bool `json:"expired,omitempty"`
}

// Event is an event in words.
type Event struct {
	N    int           `json:"event"`
	Time time.Duration `json:"time"`
	Peer string        `json:"peer,omitempty"`
	Text string        `json:"text"`
}

// At returns the moment right after event n, or at a later time before the next event. before is how many events at most
// Moment.Before holds. It uses what of the recording is loaded. The error is about an event that cannot be read; it may come with a
// moment in which that event is left out.
func At(r *recorder.Recording, n int, at time.Duration, before int) (*Moment, error) {
	m := &Moment{Time: at, Event: n, Peers: []Peer{}, Networks: []Network{}, Servers: []Server{}, Before: []Event{}}
	read := reading{m, r, n}
	if err := read.topology(); err != nil {
		return nil, err
	}
	if err := read.changes(); err != nil {
		return nil, err
	}
	if err := read.mappings(); err != nil {
		return nil, err
	}
	failed := read.peers()
	if err := read.before(before); err != nil {
		return nil, err
	}
	return m, failed
}

// reading is the work on a moment.
type reading struct {
	*Moment
	r *recorder.Recording
	n int
}

// each calls f with the data of a peer's events of a kind.
func each[T any](x reading, peer string, kind recorder.Kind, f func(n int, e recorder.Event, data T)) error {
	for _, n := range x.r.Numbers(peer, kind, x.n) {
		e, err := x.r.Event(int(n))
		if err != nil {
			return err
		}
		var data T
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return fmt.Errorf("event %d, a %s: %w", e.Seq, e.Kind, err)
		}
		f(int(n), e, data)
	}
	return nil
}

// topology reads what there is as the run begins.
func (x reading) topology() error {
	return each(x, "", recorder.KindTopology, func(_ int, _ recorder.Event, t recorder.Topology) {
		for _, network := range t.Networks {
			x.Networks = append(x.Networks, Network{TopologyNetwork: network})
		}
		for _, h := range t.Hosts {
			if h.Server != "" {
				s := Server{Name: h.Name, Serves: h.Server}
				if len(h.Interfaces) > 0 {
					s.Address = h.Interfaces[0].Address
				}
				x.Servers = append(x.Servers, s)
				continue
			}
			p := Peer{Name: h.Name}
			for _, i := range h.Interfaces {
				p.Interfaces = append(p.Interfaces, Interface{TopologyInterface: i})
			}
			x.Peers = append(x.Peers, p)
		}
	})
}

// changes reads what was changed since.
func (x reading) changes() error {
	changes := func(element string, down *bool) (list []Change, err error) {
		err = each(x, element, recorder.KindNetwork, func(n int, e recorder.Event, d recorder.NetworkChange) {
			list = append(list, Change{n, e.Time, d.Change})
			switch d.Change {
			case "down":
				*down = true
			case "up":
				*down = false
			}
		})
		return list, err
	}
	for i := range x.Networks {
		network := &x.Networks[i]
		var err error
		if network.Changes, err = changes(network.Name, &network.Down); err != nil {
			return err
		}
	}
	for i := range x.Servers {
		server := &x.Servers[i]
		var err error
		if server.Changes, err = changes(server.Name, &server.Down); err != nil {
			return err
		}
	}
	for i := range x.Peers {
		peer := &x.Peers[i]
		err := each(x, peer.Name, recorder.KindInterface, func(n int, e recorder.Event, d recorder.Interface) {
			for j := range peer.Interfaces {
				if face := &peer.Interfaces[j]; face.Name == d.Interface {
					face.Network, face.Address, face.Up = d.Network, d.Address, d.Up
					face.Changes = append(face.Changes, Change{n, e.Time, d.Change})
				}
			}
		})
		if err != nil {
			return err
		}
	}
	var down bool
	var err error
	x.Signaling, err = changes("signaling", &down)
	return err
}

// mappings reads what the NATs have mapped.
func (x reading) mappings() error {
	nats := make(map[string]map[string]*Mapping) // by their public addresses
	for i := range x.Networks {
		network := &x.Networks[i]
		forgot := 0 // the event at which it forgot all it had
		for _, change := range network.Changes {
			if strings.HasPrefix(change.Text, "NAT ") { // it is rebound, or its mappings expire
				forgot = change.Event
			}
		}
		err := each(x, network.Name, recorder.KindNATMapping, func(n int, e recorder.Event, d recorder.NATMapping) {
			if n > forgot {
				network.Mappings = append(network.Mappings, Mapping{n, e.Time, d.Local, d.Public, d.Remote, e.Time, false})
			}
		})
		if err != nil {
			return err
		}
		network.Mappings = newest(network.Mappings)
		for j := range network.Mappings {
			m := &network.Mappings[j]
			if nats[network.Name] == nil {
				nats[network.Name] = make(map[string]*Mapping)
			}
			nats[network.Name][m.Public] = m
		}
	}
	if len(nats) == 0 {
		return nil
	}
	if err := x.used(nats); err != nil {
		return err
	}
	for i := range x.Networks {
		network := &x.Networks[i]
		lifetime := lifetime(network.NAT)
		for j := range network.Mappings {
			m := &network.Mappings[j]
			m.Expired = lifetime > 0 && m.Used+lifetime < x.Time
		}
	}
	return nil
}

// newest leaves out the mappings whose public address has been used again since.
func newest(mappings []Mapping) []Mapping {
	last := make(map[string]int)
	for i, m := range mappings {
		last[m.Public] = i
	}
	kept := mappings[:0]
	for i, m := range mappings {
		if last[m.Public] == i {
			kept = append(kept, m)
		}
	}
	return kept
}

// used reads when packets last went out by the mappings.
func (x reading) used(nats map[string]map[string]*Mapping) error {
	for n, e := range x.r.Forward(1) {
		if n > x.n {
			break
		}
		if e.Kind != recorder.KindPacketDelivered && e.Kind != recorder.KindPacketDropped {
			continue
		}
		event, err := x.r.Event(n)
		if err != nil {
			return err
		}
		var d struct{ Path []recorder.Hop }
		if err := json.Unmarshal(event.Data, &d); err != nil {
			return fmt.Errorf("event %d, a %s: %w", event.Seq, event.Kind, err)
		}
		for _, hop := range d.Path {
			if m := nats[hop.At][hop.Src]; m != nil {
				m.Used = max(m.Used, hop.Time)
			}
		}
	}
	return nil
}

// lifetime is how long a NAT keeps a mapping, by the words for the NAT; 0 where they do not say.
func lifetime(nat string) time.Duration {
	_, text, _ := strings.Cut(nat, "lifetime ")
	text, _, _ = strings.Cut(text, ",")
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// peers reads the states of the peers. Its error is the first one about a state.
func (x reading) peers() (failed error) {
	for i := range x.Peers {
		peer := &x.Peers[i]
		state, known, err := x.r.StateAt(peer.Name, x.n)
		if err != nil && failed == nil {
			failed = err
		}
		if known {
			peer.State = &state
		}
		last := make(map[string]int)
		err = each(x, peer.Name, recorder.KindMedia, func(_ int, _ recorder.Event, d recorder.Media) {
			name := d.Track + "." + d.RID
			at, seen := last[name]
			if !seen {
				at = len(peer.Media)
				last[name] = at
				peer.Media = append(peer.Media, d)
			}
			peer.Media[at] = d
		})
		if err != nil && failed == nil {
			failed = err
		}
	}
	return failed
}

// before reads the last events.
func (x reading) before(most int) error {
	for n, e := range x.r.Backward(x.n) {
		if len(x.Before) >= most {
			break
		}
		switch e.Kind {
		case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindSnapshot,
			recorder.KindRemark, recorder.KindMedia, recorder.KindRTCP, "":
			continue
		}
		event, err := x.r.Event(n)
		if err != nil {
			return err
		}
		text, _, _ := strings.Cut(transcript.Words(event), "\n")
		if text != "" {
			x.Before = append(x.Before, Event{n, e.Time, e.Peer, strings.TrimSpace(text)})
		}
	}
	slices.Reverse(x.Before)
	return nil
}
