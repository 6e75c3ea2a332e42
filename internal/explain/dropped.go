package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// dropRules say why packets were dropped: one rule for each reason of docs/network.md.
var dropRules = []Rule{
	dropRule("no-route", "addresses to which there is no route",
		"Nobody has the address that the packets were for, as far as their network knows: it is a private one of another network, or was given up.",
		wordNoRoute, "no route"),
	dropRule("nat-filtering", "NATs that let nothing in",
		"A NAT let packets in only from where its host had sent something by the same port (RFC 4787). Where the other side's NAT is symmetric, they came from another port. A TURN server helps.",
		wordFiltered, "filtered by the NAT"),
	dropRule("nat-mapping-missing", "NATs that have forgotten their mappings",
		"A NAT has no mapping for the port that the packets were for: it was never made, has expired, or is gone since the NAT was restarted.",
		wordUnmapped, "no NAT mapping", "NAT mapping expired"),
	dropRule("nat-hairpinning", "NATs without hairpinning",
		"Two peers behind the same NAT used its public address to reach each other, which it does not allow.",
		func(f *Facts, d drop) string {
			return fmt.Sprintf("%s does not hairpin: %s is behind it as well and cannot reach its public address %s", f.whose(d.at, "NAT"), d.from, host(d.packets[0].To()))
		}, "no hairpinning"),
	dropRule("nat-ports", "NATs that have run out of ports",
		"A NAT had no port left for a new mapping.",
		func(f *Facts, d drop) string { return f.whose(d.at, "NAT") + " has run out of ports" }, "NAT out of ports"),
	dropRule("firewall", "firewalls",
		"A firewall between a network and its NAT does not let UDP pass. TURN over TCP or TLS would.",
		wordFirewall, "firewall"),
	dropRule("network-down", "networks and servers that are down",
		"A network carried nothing, as with a cable that is pulled out.",
		func(f *Facts, d drop) string { return f.outage(d, element(d.at), "network") }, "network down"),
	dropRule("host-down", "hosts that are down",
		"A host, such as a server, was down: it hears and says nothing.",
		func(f *Facts, d drop) string { return f.outage(d, element(d.at), "host") }, "host down"),
	dropRule("interface-down", "interfaces that are down or have moved",
		"An interface was switched off, or has gone to another network (a handover), and packets still went to where it was.",
		wordInterface, "interface down"),
	dropRule("mtu", "packets larger than a link's MTU",
		"Packets were longer than a link's MTU. Nothing is fragmented, and nobody tells the sender: a path MTU black hole.",
		func(f *Facts, d drop) string {
			least, most := d.packets[0].Size, d.packets[0].Size
			for _, p := range d.packets {
				least, most = min(least, p.Size), max(most, p.Size)
			}
			size := fmt.Sprintf("%d", least)
			if most > least {
				size = fmt.Sprintf("%d to %d", least, most)
			}
			return fmt.Sprintf("packets of %s with %s bytes of payload are longer than the MTU of the link %s%s", d.from, size, d.at, f.mtu(d.at))
		}, "too large"),
	dropRule("nobody-listens", "ports at which nobody listens",
		"Packets reached a host at which no socket listens at their port: the connection there is closed or has failed, or the address is an old one.",
		wordNobody, "nobody listens", "socket closed"),
	dropRule("rule", "drop rules of the scenario",
		"The scenario asks for the packets to be dropped.",
		func(f *Facts, d drop) string {
			return fmt.Sprintf("the scenario has the link %s drop %s of %s (%s)", d.at, kinds(d.packets), d.from, strings.TrimPrefix(d.reason, "dropped by "))
		}, "dropped by"),
	dropRule("congestion", "links whose queue is full",
		"A link was offered more than it can carry.",
		func(f *Facts, d drop) string {
			return fmt.Sprintf("the link %s carries less than was sent, and its queue was full", d.at)
		}, "queue full", "CoDel", "socket buffer full"),
	dropRule("loss", "lossy links",
		"A link lost packets by chance.",
		func(f *Facts, d drop) string { return fmt.Sprintf("the link %s lost packets of %s", d.at, d.from) }, "loss"),
}

func wordNobody(f *Facts, d drop) string {
	p := d.packets[0]
	to := port(p.To())
	if f.Server(d.at) != nil {
		text := fmt.Sprintf("%s's packets reached %s, where nobody has the relayed port %s any more", d.from, d.at, to)
		if c := f.lastChange(d.at, p.End.Time, "restart"); c != nil {
			text += fmt.Sprintf(": the server was restarted at %s and has lost its allocations", seconds(c.Time))
		}
		return text
	}
	text := fmt.Sprintf("%s's packets reached %s, where nobody listens at port %s", d.from, d.at, to)
	if peer := f.Peer(d.at); peer != nil {
		if t, ok := peer.First("connectionState", "closed", "failed"); ok && t.Time <= p.End.Time {
			text += fmt.Sprintf(", since %s's connection is %s", peer.Name, t.To)
		} else if !peer.gathered(to) {
			text += fmt.Sprintf(": %s has no candidate with that port", peer.Name)
		}
	}
	return text
}

// gathered tells whether the peer has gathered a host candidate with a port, or one whose base has it.
func (p *Peer) gathered(port string) bool {
	for _, g := range p.ICE.Generations {
		for _, c := range g.Local {
			if fmt.Sprint(c.Port) == port || strings.HasSuffix(c.Base, ":"+port) {
				return true
			}
		}
	}
	return false
}

// A drop is what happened to packets of one sender at one place for one reason.
type drop struct {
	from, at, reason string
	packets          []*Packet
}

// drops groups packets that were dropped, in the order in which they were sent.
func drops(packets []*Packet) []drop {
	var list []drop
	for _, p := range packets {
		if !p.Lost() {
			continue
		}
		from := p.Peer
		for o := p; o.CopyOf != nil; o = o.CopyOf {
			from = o.CopyOf.Peer
		}
		i := slices.IndexFunc(list, func(d drop) bool { return d.from == from && d.at == p.End.Peer && d.reason == p.End.Reason })
		if i < 0 {
			i = len(list)
			list = append(list, drop{from: from, at: p.End.Peer, reason: p.End.Reason})
		}
		list[i].packets = append(list[i].packets, p)
	}
	return list
}

// dropRule makes the rule of reasons that begin like one of these. Drops of which word says the same are one cause.
func dropRule(name, suspect, doc string, word func(*Facts, drop) string, reasons ...string) Rule {
	return Rule{
		Name: name, Answers: Dropped, Suspect: suspect, Doc: doc,
		find: func(f *Facts, q Question) []*Cause {
			var list []drop
			var texts []string
			for _, d := range drops(q.Packets) {
				if !slices.ContainsFunc(reasons, func(r string) bool { return strings.HasPrefix(d.reason, r) }) {
					continue
				}
				text := word(f, d)
				i := slices.IndexFunc(list, func(other drop) bool { return other.mirrors(d) })
				if i >= 0 {
					texts[i] = fmt.Sprintf("%s and %s have no route to each other", host(list[i].packets[0].Src), host(d.packets[0].Src))
				} else if i = slices.Index(texts, text); i < 0 {
					list, texts = append(list, d), append(texts, text)
					continue
				}
				list[i].packets = append(list[i].packets, d.packets...)
			}
			var causes []*Cause
			for i, d := range list {
				slices.SortStableFunc(d.packets, func(a, b *Packet) int { return cmp.Compare(a.End.Seq, b.End.Seq) })
				causes = append(causes, &Cause{
					Peer:     d.from,
					Text:     fmt.Sprintf("%s (%s dropped)", texts[i], plural(len(d.packets), "packet")),
					Evidence: slices.Concat(f.backing(d), d.evidence()),
				})
			}
			return causes
		},
	}
}

// mirrors tells whether neither of two addresses has a route to the other.
func (d drop) mirrors(other drop) bool {
	a, b := d.packets[0], other.packets[0]
	return d.reason == "no route" && other.reason == d.reason && d.from != other.from && host(a.Src) == host(b.To()) && host(b.Src) == host(a.To())
}

// evidence is that of the first drop and of the last.
func (d drop) evidence() []Evidence {
	ends := []*Packet{d.packets[0]}
	if len(d.packets) > 1 {
		ends = append(ends, d.packets[len(d.packets)-1])
	}
	var list []Evidence
	for _, p := range ends {
		list = append(list, p.End.evidence("packet %d of %s dropped: %s", p.ID, p.Peer, d.reason))
	}
	return list
}

// element is the network, host or interface's host of a place: "home/up" is home's.
func element(place string) string {
	name, _, _ := strings.Cut(place, "/")
	return name
}

// kinds words what packets are, each kind once.
func kinds(packets []*Packet) string {
	var list []string
	for _, p := range packets {
		word := p.Protocol
		if len(p.Types) > 0 {
			word = p.Types[len(p.Types)-1]
		}
		if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	if len(list) > 3 {
		list = append(list[:3], "…")
	}
	return strings.Join(list, ", ")
}

func wordNoRoute(f *Facts, d drop) string {
	p := d.packets[0]
	text := fmt.Sprintf("%s has no route to %s", host(p.Src), host(p.To()))
	if f.Server(d.from) != nil || p.Src == "" {
		text = fmt.Sprintf("%s has no route to %s", d.from, host(p.To()))
	}
	owner, network := f.ownerOf(host(p.To()))
	if c := f.givenUp(owner, host(p.To()), p.End.Time); c != nil {
		return text + fmt.Sprintf(", %s's address until the interface %s went to the %s at %s", owner, c.Interface, c.Text, seconds(c.Time))
	}
	if owner != "" && network != "internet" {
		text += fmt.Sprintf(", %s's address in the network %s", owner, network)
	}
	return text
}

// givenUp returns the change by which a host had given up an address by a time; nil where it had not.
func (f *Facts) givenUp(name, address string, by time.Duration) *Change {
	var iface string
	for _, h := range f.Topology.Hosts {
		for _, i := range h.Interfaces {
			if h.Name == name && i.Address == address {
				iface = i.Name
			}
		}
	}
	for i := range f.Changes {
		c := &f.Changes[i]
		if c.Peer == name && c.Interface == iface && strings.HasPrefix(c.Text, "network ") && c.Time <= by && c.Address != address {
			return c
		}
	}
	return nil
}

// wordFiltered says which port the sender's NAT gave, and whom the receiver's lets in.
func wordFiltered(f *Facts, d drop) string {
	p := d.packets[len(d.packets)-1]
	from, to := p.From(), p.To()
	var text string
	if network, told := f.otherPort(p); network != "" {
		text = fmt.Sprintf("%s is %s and gave port %s to this destination", f.whose(network, "NAT"), f.nat(network).name(), port(from))
		if told != "" {
			text += ", not " + told
		}
		text += "; "
	}
	text += fmt.Sprintf("%s lets in at %s ", f.whose(d.at, "NAT"), to)
	_, only, _ := strings.Cut(p.End.Detail, "only to ")
	var targets, ports []string
	for _, t := range strings.Split(only, ", ") {
		if host(t) == host(from) && t != "" {
			ports = append(ports, port(t))
		}
		if owner, _ := f.ownerOf(host(t)); f.Server(owner) != nil {
			t = owner
		}
		targets = append(targets, t)
	}
	switch {
	case only == "":
		text += "nobody, as nothing was sent from there"
	case len(ports) > 0:
		text += fmt.Sprintf("only port %s of %s", strings.Join(ports, ", "), host(from))
	case len(targets) > 3:
		text += fmt.Sprintf("only %s and %d others", strings.Join(targets[:2], ", "), len(targets)-2)
	default:
		text += "only " + strings.Join(targets, ", ")
	}
	if !strings.Contains(text, "gave port") {
		text += ", and not " + from
	}
	return text
}

// otherPort returns the network whose symmetric NAT gave a packet a port of its own, and the port that the other side was told of as
// a candidate, where it was told of one; nothing where no NAT did.
func (f *Facts) otherPort(p *Packet) (network, told string) {
	for _, h := range p.End.Path {
		if h.Src == "" || !f.nat(h.At).symmetric() {
			continue
		}
		for _, m := range f.Mappings {
			if m.Peer == h.At && m.Public != h.Src && sameSocket(m.Local, p) && f.isCandidate(p.Peer, m.Public) {
				told = port(m.Public)
			}
		}
		return h.At, told
	}
	return "", ""
}

// sameSocket tells whether a mapping is of the socket that sent the packet, as its own NAT sees it.
func sameSocket(local string, p *Packet) bool {
	if local == p.Src {
		return true
	}
	for _, h := range p.End.Path {
		if h.Src == local {
			return true
		}
	}
	return false
}

// isCandidate tells whether a peer has a candidate with that transport address.
func (f *Facts) isCandidate(peer, addr string) bool {
	p := f.Peer(peer)
	return p != nil && slices.ContainsFunc(p.Candidates, func(c Candidate) bool { return fmt.Sprintf("%s:%d", c.Address, c.Port) == addr })
}

func wordUnmapped(f *Facts, d drop) string {
	p := d.packets[0]
	to := p.To()
	if change := f.lastChange(d.at, p.End.Time, "NAT "); change != nil {
		return fmt.Sprintf("%s was changed at %s (%s) and knows nothing of %s any more", f.whose(d.at, "NAT"), seconds(change.Time), strings.TrimPrefix(change.Text, "NAT "), to)
	}
	if p.End.Reason == "NAT mapping expired" {
		return fmt.Sprintf("the mapping of %s in %s has expired: nothing went out by it for its lifetime of %s", to, f.whose(d.at, "NAT"), f.nat(d.at).lifetime)
	}
	text := fmt.Sprintf("%s has no mapping for %s", f.whose(d.at, "NAT"), to)
	if p.End.Detail != "" {
		text += ": " + p.End.Detail
	}
	return text
}

func wordFirewall(f *Facts, d drop) string {
	n := f.Network(d.at)
	text := f.whose(d.at, "firewall")
	switch {
	case strings.HasSuffix(d.reason, "udp block"):
		text += " blocks UDP"
	case strings.HasSuffix(d.reason, "udp outbound-only"):
		text += " lets in answers only"
	default:
		text += " has a " + strings.TrimPrefix(d.reason, "firewall ") + " that blocks"
		if n != nil {
			text += " this"
		}
	}
	p := d.packets[0]
	if f.within(d.from, d.at) {
		return text + fmt.Sprintf(": nothing of %s gets to %s", d.from, f.nameOf(p.To()))
	}
	return text + fmt.Sprintf(": nothing of %s gets in from %s", d.from, p.From())
}

// nameOf names a transport address by the server that has it.
func (f *Facts) nameOf(addr string) string {
	if owner, _ := f.ownerOf(host(addr)); owner != "" && f.Server(owner) != nil {
		return owner
	}
	return addr
}

// outage says since when something is down, and until when it was.
func (f *Facts) outage(d drop, name, what string) string {
	text := name
	if what == "network" {
		text = "the network " + name
	}
	var down, up *Change
	for i := range f.Changes {
		c := &f.Changes[i]
		if c.Peer != name || c.Interface != "" {
			continue
		}
		switch {
		case c.Text == "down" && c.Time <= d.packets[0].End.Time:
			down, up = c, nil
		case c.Text == "up" && down != nil && up == nil && c.Time >= d.packets[0].End.Time:
			up = c
		}
	}
	switch {
	case down == nil:
		return text + " was down"
	case up == nil:
		return fmt.Sprintf("%s went down at %s", text, seconds(down.Time))
	}
	return fmt.Sprintf("%s was down from %s to %s", text, seconds(down.Time), seconds(up.Time))
}

func wordInterface(f *Facts, d drop) string {
	name, iface, _ := strings.Cut(d.at, "/")
	for _, c := range slices.Backward(f.Changes) {
		if c.Peer != name || c.Interface != element(iface) || c.Time > d.packets[len(d.packets)-1].End.Time {
			continue
		}
		if c.Text == "down" {
			return fmt.Sprintf("%s's interface %s went down at %s", name, c.Interface, seconds(c.Time))
		}
		if network, ok := strings.CutPrefix(c.Text, "network "); ok {
			return fmt.Sprintf("%s's interface %s went to the network %s at %s", name, c.Interface, network, seconds(c.Time))
		}
	}
	return fmt.Sprintf("%s's interface %s was down", name, element(iface))
}

// lastChange returns the last change of a network until a time whose text begins so; nil where there is none.
func (f *Facts) lastChange(name string, until time.Duration, prefix string) *Change {
	for i := len(f.Changes) - 1; i >= 0; i-- {
		if c := &f.Changes[i]; c.Peer == name && c.Time <= until && strings.HasPrefix(c.Text, prefix) {
			return c
		}
	}
	return nil
}

// backing is the evidence for why packets were dropped as they were: the mapping, or the change of the network.
func (f *Facts) backing(d drop) []Evidence {
	var list []Evidence
	p := d.packets[len(d.packets)-1]
	switch {
	case strings.HasPrefix(d.reason, "filtered"):
		for _, m := range f.Mappings {
			if m.Public == p.From() {
				list = append(list, m.evidence("%s maps %s to %s, for %s", m.Peer, m.Local, m.Public, m.Remote))
			}
		}
		for _, m := range f.Mappings {
			if m.Public == p.To() && m.Peer == d.at {
				list = append(list, m.evidence("%s maps %s to %s, for %s", m.Peer, m.Local, m.Public, m.Remote))
			}
		}
	case d.reason == "nobody listens":
		if c := f.lastChange(d.at, p.End.Time, "restart"); c != nil {
			list = append(list, c.evidence("%s", c.words()))
		}
	case strings.HasSuffix(d.reason, "down"):
		for _, c := range f.Changes {
			if c.Peer == element(d.at) && (c.Text == "down" || strings.HasPrefix(c.Text, "network ")) && c.Time <= p.End.Time {
				list = append(list[:0], c.evidence("%s", c.words()))
			}
		}
	case strings.Contains(d.reason, "NAT mapping"):
		if c := f.lastChange(d.at, p.End.Time, "NAT "); c != nil {
			list = append(list, c.evidence("%s", c.words()))
		}
	}
	return list
}

// words words a change.
func (c *Change) words() string {
	if c.Interface != "" {
		return fmt.Sprintf("interface %s %s", c.Interface, c.Text)
	}
	return c.Text
}

// mtu tells the MTU of one direction of a link.
func (f *Facts) mtu(place string) string {
	find := func(link *recorder.TopologyLink, direction string) string {
		if link == nil {
			return ""
		}
		d := link.Up
		if direction == "down" {
			d = link.Down
		}
		for _, s := range d.Settings {
			if v, ok := strings.CutPrefix(s, "mtu "); ok {
				return " (" + v + " with headers)"
			}
		}
		return ""
	}
	parts := strings.Split(place, "/")
	direction := parts[len(parts)-1]
	if n := f.Network(parts[0]); n != nil {
		return find(n.Link, direction)
	}
	for _, h := range f.Topology.Hosts {
		for _, i := range h.Interfaces {
			if len(parts) == 3 && h.Name == parts[0] && i.Name == parts[1] {
				return find(i.Link, direction)
			}
		}
	}
	return ""
}
