package ice

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// What pion's agent does, where nothing else tells: agent_config.go of pion/ice v4.
const (
	checkInterval = 200 * time.Millisecond
	// maxChecks is how often a pair is checked before it fails: once, and as often again as engine.ice.maxBindingRequests
	// says by default. Where a scenario says otherwise, the snapshots tell that a pair has failed.
	maxChecks = 1 + 7
)

// generation is a generation at work.
type generation struct {
	table  *Table
	peer   *peer
	number int
	began  time.Duration
	event  uint64
	ended  *Ended

	state, role             string
	lite                    bool
	tieBreaker              uint64
	localUfrag, remoteUfrag string
	remotePwd               string

	locals, remotes []*candidate
	pairs           []*pair
	selected        *pair
	// nominating tells that a check with USE-CANDIDATE was sent: from then on pion checks no other pair.
	nominating bool

	view *Generation // as it is now; nil when something has changed since
}

// touch notes that something has changed.
func (g *generation) touch() { g.view = nil }

func (g *generation) changed(c Change) {
	g.touch()
	c.Peer, c.Generation = g.peer.name, g.number
	g.table.changed(c)
}

// end notes that the agent has let go of everything.
func (g *generation) end(reason string) {
	if g.ended != nil {
		return
	}
	g.ended = &Ended{Time: g.table.time, Event: g.table.event, Reason: reason}
	g.changed(Change{Aspect: AspectGeneration, To: "ended", Why: reason})
}

func (g *generation) setState(state string) {
	if g.state != state {
		g.changed(Change{Aspect: AspectTransport, From: g.state, To: state})
		g.state = state
	}
}

func (g *generation) setRole(role string) {
	if role != "" && g.role != role {
		g.changed(Change{Aspect: AspectRole, From: g.role, To: role})
		g.role = role
	}
}

// addLocal adds a candidate that was gathered, or fills in what it is where checks have shown it before.
func (g *generation) addLocal(c *candidate) *candidate {
	for _, other := range g.locals {
		if other.same(c) {
			return other
		}
		// A relayed candidate and the socket that talks to its server are two: only the latter sends by itself.
		if other.Type == "" && (c.sentFrom(other.base) && c.Type != "relay" || other.addr == c.addr) {
			c.Label, c.Since, c.Event = other.Label, other.Since, other.Event
			if c.Type != "relay" {
				c.Base = other.Base
			}
			g.changed(Change{Subject: c.Label, Aspect: AspectCandidate, From: other.String(), To: c.String()})
			*other = *c
			return other
		}
	}
	c.Label = fmt.Sprintf("L%d", len(g.locals)+1)
	c.Since, c.Event = g.table.time, g.table.event
	g.locals = append(g.locals, c)
	g.changed(Change{Subject: c.Label, Aspect: AspectCandidate, To: c.String(), Why: string(c.Source)})
	if c.Type != "prflx" {
		for _, r := range g.remotes {
			g.form(c, r)
		}
	}
	return c
}

// addRemote adds a remote candidate. One that was signalled takes the place of a peer-reflexive one of the same address
// (RFC 8838, section 11.4).
func (g *generation) addRemote(c *candidate) *candidate {
	for _, other := range g.remotes {
		if other.same(c) {
			return other
		}
		if (other.Type == "prflx" || other.Type == "") && c.Type != "prflx" && c.addr.IsValid() && other.addr == c.addr {
			c.Label, c.Since, c.Event = other.Label, other.Since, other.Event
			g.changed(Change{Subject: c.Label, Aspect: AspectCandidate, From: other.String(), To: c.String(), Why: string(c.Source)})
			*other = *c
			return other
		}
	}
	c.Label = fmt.Sprintf("R%d", len(g.remotes)+1)
	c.Since, c.Event = g.table.time, g.table.event
	g.remotes = append(g.remotes, c)
	g.changed(Change{Subject: c.Label, Aspect: AspectCandidate, To: c.String(), Why: string(c.Source)})
	for _, l := range g.locals {
		if l.Type != "prflx" {
			g.form(l, c)
		}
	}
	return c
}

// form forms a pair, if the two go together.
func (g *generation) form(local, remote *candidate) *pair {
	family := func(c *candidate) bool { return c.addr.Addr().Is4() || !c.addr.IsValid() && c.mDNS() }
	if !local.udp() || !remote.udp() || !remote.addr.IsValid() || family(local) != family(remote) {
		return nil
	}
	p := &pair{local: local, remote: remote}
	p.State, p.Since, p.Event = Waiting, g.table.time, g.table.event
	g.pairs = append(g.pairs, p)
	g.changed(Change{Subject: p.label(), Aspect: AspectState, To: string(Waiting)})
	return p
}

func (p *pair) label() string { return p.local.Label + "–" + p.remote.Label }

// pair returns the pair of two candidates.
func (g *generation) pair(local, remote *candidate) *pair {
	for _, p := range g.pairs {
		if p.local == local && p.remote == remote {
			return p
		}
	}
	return g.form(local, remote)
}

// local returns the candidate that a socket is the base of, and makes one where only a check tells of it: the event of a
// candidate can come later than its first check. relayed is set where a TURN server relays.
func (g *generation) local(socket netip.AddrPort, relayed bool) *candidate {
	for _, c := range g.locals {
		if (c.Type == "relay") == relayed && c.Type != "prflx" && (c.sentFrom(socket) || relayed && c.addr == g.table.relays.allocation(g.peer.name, socket)) {
			if c.Base == "" {
				c.Base = socket.String()
				if c.mDNS() {
					c.addr, c.Resolved = socket, socket.String()
				}
				g.touch()
			}
			return c
		}
	}
	addr := socket
	c := &candidate{base: socket, Candidate: Candidate{Base: socket.String(), Protocol: "udp", Source: Checked}}
	if relayed {
		c.Type = "relay"
		if addr = g.table.relays.allocation(g.peer.name, socket); !addr.IsValid() {
			return nil
		}
	}
	c.addr, c.Address, c.Port = addr, addr.Addr().String(), addr.Port()
	return g.addLocal(c)
}

// remote returns the candidate with an address, or nil.
func (g *generation) remote(addr netip.AddrPort) *candidate {
	for _, c := range g.remotes {
		if c.addr == addr {
			return c
		}
	}
	return nil
}

// resolve returns the candidate that a check goes to. Where none has the address, it is that of an mDNS name with the same
// port, or of one that nothing else has told of.
func (g *generation) resolve(addr netip.AddrPort) *candidate {
	if c := g.remote(addr); c != nil {
		return c
	}
	for _, c := range g.remotes {
		if c.mDNS() && !c.addr.IsValid() && c.Port == addr.Port() {
			c.addr, c.Resolved = addr, addr.String()
			g.changed(Change{Subject: c.Label, Aspect: AspectCandidate, From: c.String(), To: addr.String(), Why: "mDNS"})
			for _, l := range g.locals {
				if l.Type != "prflx" {
					g.pair(l, c)
				}
			}
			return c
		}
	}
	return g.addRemote(g.reflexive(addr, "", 0))
}

// reflexive returns a candidate that a check has shown.
func (g *generation) reflexive(addr netip.AddrPort, typ string, priority uint32) *candidate {
	return &candidate{addr: addr, Candidate: Candidate{
		Type: typ, Protocol: "udp", Address: addr.Addr().String(), Port: addr.Port(), Priority: priority, Source: Checked,
	}}
}

func (g *generation) setPairState(p *pair, to State, why string) {
	if p.State != to {
		g.changed(Change{Subject: p.label(), Aspect: AspectState, From: string(p.State), To: string(to), Why: why})
		p.State = to
	}
}

// send notes that the peer has sent a check.
func (g *generation) send(c *check) {
	p, now := c.pair, g.table.time
	p.Sent.add(now)
	p.last = c
	g.touch()
	// The controlled side of pion checks at once what it was checked on; that does not count.
	triggered := g.role == Controlled && p.fresh && p.responded == now
	p.fresh = false
	if c.UseCandidate {
		g.nominating = true
		if p.Nomination == nil {
			p.Nomination = &Nomination{Time: now, Event: c.Event, Packet: c.Packet}
		}
	} else if !triggered {
		if p.pings++; p.pings == maxChecks {
			g.table.timers.add(timer{at: now + checkInterval, generation: g, pair: p, failure: true})
		}
	}
	// In RFC 8445 a triggered check gives a failed pair another chance at once; in pion only its answer does.
	if p.State == Waiting || p.State == Failed && !triggered {
		g.setPairState(p, InProgress, "")
	}
}

// answer notes that the answer to a check has arrived.
func (g *generation) answer(c *check) {
	p, now := c.pair, g.table.time
	c.settle(Answered)
	c.RoundTrip = now - c.Sent
	p.Answered.add(now)
	p.RoundTrip = c.RoundTrip
	p.TotalRoundTrip += c.RoundTrip
	g.setPairState(p, Succeeded, fmt.Sprintf("packet %d answered", c.Packet))
	if c.UseCandidate || p.nominate {
		g.nominated(p)
	}
	if c.mapped.IsValid() {
		g.mapped(p, c)
	}
	g.renew(p)
}

// mapped notes that the other side has seen a check come from an address that none of the candidates has: a
// peer-reflexive one (RFC 8445, section 7.2.5.3.1).
func (g *generation) mapped(p *pair, c *check) {
	for _, l := range g.locals {
		if l.addr == c.mapped {
			return
		}
	}
	prflx := g.reflexive(c.mapped, "prflx", c.priority)
	prflx.Base = p.local.Base
	if p.local.addr.IsValid() {
		prflx.Related = p.local.addr.String()
	}
	g.addLocal(prflx)
}

func (g *generation) nominated(p *pair) {
	if !p.Nominated {
		p.Nominated = true
		why := ""
		if n := p.Nomination; n != nil {
			why = fmt.Sprintf("USE-CANDIDATE in packet %d", n.Packet)
		}
		g.changed(Change{Subject: p.label(), Aspect: AspectNominated, To: "nominated", Why: why})
	}
}

// renew renews consent, which is asked for on the selected pair.
func (g *generation) renew(p *pair) {
	if p != g.selected || p.Answered.N == 0 {
		return
	}
	g.table.timers.add(timer{at: p.Answered.Last + consentTime, generation: g, pair: p})
	if p.expired {
		p.expired = false
		g.changed(Change{Subject: p.label(), Aspect: AspectConsent, From: "expired", To: "fresh"})
	}
}

// choose notes which pair the peer uses.
func (g *generation) choose(p *pair) {
	if p == g.selected {
		return
	}
	from := ""
	if g.selected != nil {
		from = g.selected.label()
	}
	g.selected = p
	g.changed(Change{Subject: p.label(), Aspect: AspectSelected, From: from, To: "selected"})
	g.renew(p)
}

// accepts says why the peer does not take a check with this user name; nothing where it does.
func (g *generation) accepts(username string) string {
	if username == "" || g.localUfrag == "" {
		return ""
	}
	want := g.localUfrag + ":" + g.remoteUfrag
	if username == want {
		return ""
	}
	if to, from, _ := strings.Cut(username, ":"); to != g.localUfrag {
		return fmt.Sprintf("USERNAME is for %s, not %s", to, g.localUfrag)
	} else if g.remoteUfrag == "" {
		return "the other side's description was not set yet"
	} else {
		return fmt.Sprintf("USERNAME is from %s, not %s", from, g.remoteUfrag)
	}
}

// receive notes that a check of the other side has arrived from an address. It says why the peer does not take it.
func (g *generation) receive(m message, packet uint64, socket, from netip.AddrPort) string {
	if why := g.accepts(m.username); why != "" {
		return why
	}
	local := g.local(socket, m.relay)
	if local == nil {
		return "no candidate"
	}
	remote := g.remote(from)
	if remote == nil {
		remote = g.addRemote(g.reflexive(from, "prflx", m.priority))
	}
	if m.role != "" && m.role == g.role {
		// RFC 8445, section 7.3.1.1: the greater tie-breaker controls. Who has the wrong role changes it, which pion does
		// without an answer, and who has the right one refuses. Before the peer has sent a check, that refusal tells.
		if wins := g.tieBreaker >= m.tieBreaker; g.tieBreaker == 0 || wins != (g.role == Controlling) {
			g.setRole(other(g.role))
		}
		return "role conflict"
	}
	p := g.pair(local, remote)
	if p == nil {
		return "no pair"
	}
	p.Received.add(g.table.time)
	g.touch()
	if !m.useCandidate {
		return ""
	}
	if p.Nomination == nil {
		p.Nomination = &Nomination{Time: g.table.time, Event: g.table.event, Packet: packet}
	}
	if g.lite {
		g.setPairState(p, Succeeded, "an ICE lite agent takes what is nominated")
	}
	if p.State == Succeeded {
		g.nominated(p)
	} else {
		p.nominate = true
	}
	return ""
}

func other(role string) string {
	if role == Controlling {
		return Controlled
	}
	return Controlling
}

// respond notes that the peer has answered a check.
func (g *generation) respond(socket, to netip.AddrPort, relayed bool) {
	local, remote := g.local(socket, relayed), g.remote(to)
	if local == nil || remote == nil {
		return
	}
	if p := g.pair(local, remote); p != nil {
		p.Responded.add(g.table.time)
		p.responded, p.fresh = g.table.time, true
		g.touch()
	}
}

// snapshot returns the generation as it is now.
func (g *generation) snapshot() *Generation {
	if g.view != nil {
		return g.view
	}
	v := &Generation{
		Number: g.number, Began: g.began, Event: g.event, Ended: g.ended,
		State: g.state, Role: g.role, Lite: g.lite, LocalUfrag: g.localUfrag, RemoteUfrag: g.remoteUfrag,
		Local: []*Candidate{}, Remote: []*Candidate{}, Pairs: []*Pair{},
	}
	copies := make(map[*candidate]*Candidate, len(g.locals)+len(g.remotes))
	clone := func(list []*candidate) []*Candidate {
		views := make([]*Candidate, 0, len(list))
		for _, c := range list {
			view := c.Candidate
			if base := c.base; view.Base == "" && base.IsValid() && !base.Addr().IsUnspecified() {
				view.Base = base.String()
			}
			copies[c] = &view
			views = append(views, &view)
		}
		return views
	}
	v.Local, v.Remote = clone(g.locals), clone(g.remotes)
	for _, c := range v.Local {
		c.Interface = g.peer.interfaceOf(c.Base)
	}
	for _, p := range g.pairs {
		view := p.Pair
		view.Local, view.Remote = copies[p.local], copies[p.remote]
		view.Priority = p.priority(g.role)
		view.Selected = p == g.selected
		if p.last != nil {
			last := p.last.Check
			view.Last = &last
		}
		if view.Selected && p.Answered.N > 0 {
			view.Consent = &Consent{Answered: p.Answered.Last, Expires: p.Answered.Last + consentTime, Expired: p.expired}
		}
		v.Pairs = append(v.Pairs, &view)
	}
	g.view = v
	return v
}
