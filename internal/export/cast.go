package export

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// nobody is who a diagram shows for an address that is nobody's.
const nobody = "elsewhere"

// A cast is who can take part in a session: hosts and NATs, and who has which address.
type cast struct {
	*directory
	peers   []string // in the scenario's order
	known   map[string]bool
	servers map[string]bool
	ports   map[string][]string // on which servers serve
	// serverNames are in the scenario's order.
	serverNames []string
	behind      map[string][]string // the peers that begin behind a network's NAT
	translators []string            // the networks with one, in the scenario's order
}

func readCast(r *recorder.Recording) (*cast, error) {
	d, err := readDirectory(r)
	if err != nil {
		return nil, err
	}
	c := &cast{
		directory: d,
		peers:     Peers(r),
		known:     make(map[string]bool),
		servers:   make(map[string]bool),
		ports:     make(map[string][]string),
		behind:    make(map[string][]string),
	}
	t, _ := topology(r)
	parent := make(map[string]string)
	for _, network := range t.Networks {
		parent[network.Name] = network.Behind
		if network.NAT != "" {
			c.translators = append(c.translators, network.Name)
		}
	}
	for _, host := range t.Hosts {
		c.known[host.Name] = true
		if host.Server != "" {
			c.servers[host.Name] = true
			c.serverNames = append(c.serverNames, host.Name)
			for service := range strings.FieldsFuncSeq(host.Server, func(r rune) bool { return r == ' ' || r == ',' }) { // stun:3478
				_, port, _ := strings.Cut(service, ":")
				c.ports[host.Name] = append(c.ports[host.Name], port)
			}
			continue
		}
		for _, i := range host.Interfaces {
			for name := i.Network; name != ""; name = parent[name] {
				if !slices.Contains(c.behind[name], host.Name) {
					c.behind[name] = append(c.behind[name], host.Name)
				}
			}
		}
	}
	return c, nil
}

func (c *cast) isNAT(name string) bool { return slices.Contains(c.translators, name) }

// sender names who sent a packet, also of a copy that a link made of it.
func (c *cast) sender(j journey) string {
	if c.known[j.sent.Peer] {
		return j.sent.Peer
	}
	return c.host(c.name(j.Src))
}

// serves tells whether an address is that of a server itself, not one that it relays for.
func (c *cast) serves(host, address string) bool {
	i := strings.LastIndex(address, ":")
	return i >= 0 && slices.Contains(c.ports[host], address[i+1:])
}

// host returns the host of that name. Of an address it is the only peer behind the NAT that has it, else nobody.
func (c *cast) host(name string) string {
	if c.known[name] {
		return name
	}
	if address, err := netip.ParseAddrPort(name); err == nil {
		if peers := c.behind[c.directory.nats[address.Addr()]]; len(peers) == 1 {
			return peers[0]
		}
	}
	return nobody
}
