package topology

import (
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// graph is a topology of which each part knows its neighbours. All lists are in the topology's order.
type graph struct {
	roots []*network // the internet, and what is behind a network that is not there
	peers []*host    // those that are not servers
}

type network struct {
	recorder.TopologyNetwork
	parent   *network // nil for a root
	children []*network
	hosts    []*iface
}

type host struct {
	recorder.TopologyHost
	interfaces []*iface
}

type iface struct {
	recorder.TopologyInterface
	host    *host
	network *network // nil if it is not there
}

func newGraph(t recorder.Topology) *graph {
	g := new(graph)
	byName := make(map[string]*network)
	var all []*network
	for _, n := range t.Networks {
		added := &network{TopologyNetwork: n}
		all = append(all, added)
		byName[n.Name] = added
	}
	for _, n := range all {
		if n.parent = byName[n.Behind]; n.parent == nil {
			g.roots = append(g.roots, n)
		} else {
			n.parent.children = append(n.parent.children, n)
		}
	}
	for _, h := range t.Hosts {
		added := &host{TopologyHost: h}
		if h.Server == "" {
			g.peers = append(g.peers, added)
		}
		for _, i := range h.Interfaces {
			at := &iface{TopologyInterface: i, host: added, network: byName[i.Network]}
			added.interfaces = append(added.interfaces, at)
			if at.network != nil {
				at.network.hosts = append(at.network.hosts, at)
			}
		}
	}
	return g
}

// above returns the networks from this one to its root; none, if it is behind itself.
func (n *network) above() []*network {
	var chain []*network
	for ; n != nil; n = n.parent {
		if slices.Contains(chain, n) {
			return nil
		}
		chain = append(chain, n)
	}
	return chain
}

// withHosts returns the network's name and those of its hosts.
func (n *network) withHosts() string {
	var names []string
	for _, i := range n.hosts {
		names = append(names, i.host.Name)
	}
	if len(names) == 0 {
		return n.Name
	}
	return n.Name + " (" + strings.Join(names, ", ") + ")"
}
