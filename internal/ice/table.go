package ice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Table is ICE at work in a session, as far as its events tell. It is not safe for concurrent use.
type Table struct {
	time  time.Duration
	event uint64
	// timing tells that time alone brings what changes.
	timing bool

	recorded string
	peers    map[string]*peer
	order    []*peer
	servers  map[netip.Addr]bool
	// interfaces are the names of the hosts' interfaces by their addresses.
	interfaces map[string]map[string]string

	packets map[uint64]*packet // those under way, by the event that sent them
	byID    map[uint64]*packet // the same, by number
	checks  map[transaction]*check
	pending []*check // those in checks, the oldest first
	carrier *packet  // that the last event sent, if it matters
	relays  relays
	timers  timers
	changes []Change
}

// packet is a packet under way that matters to ICE.
type packet struct {
	id       uint64
	from     string
	src, dst netip.AddrPort
	message
	check *check // that it carries, or answers
}

// remember is how long a check is remembered for its answer.
const remember = 5 * time.Minute

// New returns a table without anything in it.
func New() *Table {
	return &Table{
		recorded:   recorder.PacketsNone,
		peers:      make(map[string]*peer),
		servers:    make(map[netip.Addr]bool),
		interfaces: make(map[string]map[string]string),
		packets:    make(map[uint64]*packet),
		byID:       make(map[uint64]*packet),
		checks:     make(map[transaction]*check),
		relays:     newRelays(),
	}
}

// Advance lets time pass up to now, without an event. Pairs fail and consent runs out by time alone.
func (t *Table) Advance(now time.Duration) { t.advance(now, true) }

// advance lets time pass up to now, with what is due at this very moment or without: an event of the same moment comes first,
// as it may be what a timer waits for.
func (t *Table) advance(now time.Duration, due bool) {
	t.timing = true
	for x, ok := t.timers.next(now, due); ok; x, ok = t.timers.next(now, due) {
		t.time = max(t.time, x.at)
		x.expire()
	}
	t.timing = false
	t.time = max(t.time, now)
}

// Add takes the next event into account. The error is about an event whose data cannot be read; it is left out then.
func (t *Table) Add(e recorder.Event) error {
	t.advance(e.Time, false)
	t.event, t.carrier = e.Seq, nil
	switch e.Kind {
	case recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return t.arrived(e)
	case recorder.KindPacketSent:
		// Most packets are media and data; they are not worth being parsed.
		if head := e.Data[:min(len(e.Data), 256)]; bytes.Contains(head, []byte(`"protocol":"stun"`)) || bytes.Contains(head, []byte(`"protocol":"turn"`)) {
			return t.sent(e)
		}
	case recorder.KindRun, recorder.KindTopology, recorder.KindInterface, recorder.KindCall, recorder.KindReturn,
		recorder.KindICECandidate, recorder.KindICEGatheringStateChange, recorder.KindICETransportStateChange,
		recorder.KindICEConnectionStateChange, recorder.KindSelectedCandidatePairChange, recorder.KindSnapshot:
		data, err := e.Value()
		if err != nil {
			return err
		}
		return t.api(e, data)
	}
	return nil
}

// At returns the table as it is now. What has not changed since the last call is the same memory.
func (t *Table) At() *View {
	v := &View{Time: t.time, Event: t.event, Packets: t.recorded, Peers: []Peer{}, Changes: t.changes[:len(t.changes):len(t.changes)]}
	for _, p := range t.order {
		peer := Peer{Name: p.name, Generations: make([]*Generation, 0, len(p.generations))}
		for _, g := range p.generations {
			peer.Generations = append(peer.Generations, g.snapshot())
		}
		v.Peers = append(v.Peers, peer)
	}
	return v
}

func (t *Table) changed(c Change) {
	c.Time = t.time
	if !t.timing {
		c.Event = t.event
	}
	t.changes = append(t.changes, c)
}

// api takes an event into account that is none of a packet's.
func (t *Table) api(e recorder.Event, data any) error {
	switch d := data.(type) {
	case recorder.Run:
		t.recorded = d.Options.Packets
		return nil
	case recorder.Topology:
		for _, h := range d.Hosts {
			for _, i := range h.Interfaces {
				t.addInterface(h.Name, i.Address, i.Name)
				if a, err := netip.ParseAddr(i.Address); err == nil && h.Server != "" {
					t.servers[a] = true
				}
			}
		}
		return nil
	case recorder.Interface:
		t.addInterface(e.Peer, d.Address, d.Interface)
		return nil
	case recorder.Call:
		if d.Channel != "" || d.Target != "" {
			return nil
		}
		if d.Method == "RTCPeerConnection" && t.peers[e.Peer] == nil {
			p := &peer{name: e.Peer, interfaces: t.interfacesOf(e.Peer)}
			t.peers[e.Peer] = p
			t.order = append(t.order, p)
			p.begin(t, "")
		}
	}
	p := t.peers[e.Peer]
	if p == nil {
		return nil
	}
	switch d := data.(type) {
	case recorder.Call:
		p.call(t, e.Seq, d)
	case recorder.Return:
		p.returned(t, e.Cause, d)
	case recorder.Candidate:
		if !d.End {
			p.gathered(t, d)
		}
	case recorder.StateChange:
		if d.State == "gathering" || d.State == "checking" {
			p.restart(t)
		}
		if e.Kind == recorder.KindICETransportStateChange {
			g := p.current()
			g.setState(d.State)
			if d.State == "failed" || d.State == "closed" {
				g.end(d.State)
			}
		}
	case recorder.CandidatePair:
		p.selected(d)
	case recorder.Snapshot:
		text, ok := d.State["candidatePairs"]
		if !ok {
			return nil
		}
		var pairs []recorder.CheckedPairState
		if err := json.Unmarshal(text, &pairs); err != nil {
			return fmt.Errorf("event %d: the candidate pairs of a snapshot: %w", e.Seq, err)
		}
		p.told(pairs)
	}
	return nil
}

func (t *Table) interfacesOf(host string) map[string]string {
	if t.interfaces[host] == nil {
		t.interfaces[host] = make(map[string]string)
	}
	return t.interfaces[host]
}

func (t *Table) addInterface(host, address, name string) {
	if address == "" {
		return
	}
	t.interfacesOf(host)[address] = name
	if p := t.peers[host]; p != nil {
		p.current().touch()
	}
}

// sent takes a packet into account that was sent.
func (t *Table) sent(e recorder.Event) error {
	data, err := e.Value()
	if err != nil {
		return err
	}
	d := data.(recorder.PacketSent)
	p := &packet{id: d.ID, from: e.Peer}
	if p.src, err = netip.ParseAddrPort(d.Src); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if p.dst, err = netip.ParseAddrPort(d.Dst); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	ok := false
	switch original := t.byID[d.CopyOf]; {
	case len(d.Payload) > 0:
		p.message, ok = parse(d.Payload)
	case original != nil:
		p.message, ok = original.message, true
	default:
		p.message, ok = typed(d.ID, d.Answers, d.Types)
	}
	if !ok {
		return nil
	}
	t.packets[e.Seq], t.byID[d.ID], t.carrier = p, p, p
	sender := t.peers[e.Peer]
	if p.bound.IsValid() {
		t.relays.channels[channel{socket{e.Peer, p.src}, p.channel}] = p.bound
	}
	if !p.binding {
		return nil
	}
	p.check = t.checks[p.key]
	to := p.dst
	if p.relay {
		to = t.relays.far(e.Peer, p.src, p.message)
	}
	switch {
	case p.class == stun.ClassRequest:
		if p.check == nil && sender != nil && to.IsValid() && (p.username != "" || len(d.Payload) == 0 && !t.servers[to.Addr()]) {
			p.check = t.check(sender, p, to, e)
		}
	case p.check == nil:
	case sender != nil && sender != p.check.generation.peer:
		switch {
		case p.class == stun.ClassSuccessResponse:
			sender.current().respond(p.src, to, p.relay)
		case p.code == stun.CodeRoleConflict:
			sender.current().setRole(p.check.role) // it keeps the role
		}
		p.check.settle(Responded)
	}
	return nil
}

// check takes a check into account that a peer sends.
func (t *Table) check(sender *peer, p *packet, to netip.AddrPort, e recorder.Event) *check {
	_, own, _ := strings.Cut(p.username, ":")
	sender.restart(t)
	g := sender.generation(own)
	local := g.local(p.src, p.relay)
	if local == nil {
		return nil
	}
	if g.remote(to) == nil {
		sender.foresee(t, to, "")
	}
	remote := g.resolve(to)
	pair := g.pair(local, remote)
	if pair == nil {
		return nil
	}
	if p.tieBreaker != 0 {
		g.tieBreaker = p.tieBreaker
	}
	g.setRole(p.role)
	c := &check{key: p.key, generation: g, pair: pair, to: to, priority: p.priority, role: p.role}
	c.Check = Check{Packet: p.id, Event: e.Seq, Sent: t.time, UseCandidate: p.useCandidate, Outcome: UnderWay}
	t.checks[p.key] = c
	t.pending = append(t.pending, c)
	for t.pending[0].Sent+remember < t.time {
		delete(t.checks, t.pending[0].key)
		t.pending = t.pending[1:]
	}
	g.send(c)
	return c
}

// arrived takes a packet's end into account.
func (t *Table) arrived(e recorder.Event) error {
	p := t.packets[e.Cause]
	if p == nil {
		return nil
	}
	delete(t.packets, e.Cause)
	delete(t.byID, p.id)
	data, err := e.Value()
	if err != nil {
		return err
	}
	end := data.(recorder.PacketEnd)
	reason := end.Reason
	if len(end.Corrupted) > 0 && reason == "" {
		reason = "corrupted"
	}
	if e.Kind == recorder.KindPacketDropped || reason != "" {
		if p.check != nil {
			outcome := Lost
			if p.class != stun.ClassRequest {
				outcome = AnswerLost
			}
			p.check.lose(outcome, e.Peer, reason, end.Detail)
		}
		return nil
	}
	receiver := t.peers[e.Peer]
	if receiver == nil {
		return nil
	}
	from, to := p.src, p.dst
	for _, hop := range end.Path {
		if a, err := netip.ParseAddrPort(hop.Src); err == nil {
			from = a
		}
		if a, err := netip.ParseAddrPort(hop.Dst); err == nil {
			to = a
		}
	}
	if p.allocated.IsValid() {
		t.relays.allocations[socket{e.Peer, to}] = p.allocated
	}
	if p.relay {
		from = t.relays.far(e.Peer, to, p.message)
	}
	if !p.binding || p.check == nil || !from.IsValid() {
		return nil
	}
	if p.class == stun.ClassRequest {
		t.request(receiver, p, to, from)
	} else if receiver == p.check.generation.peer {
		t.answer(p, from)
	}
	return nil
}

// request takes a check into account that has arrived at a peer.
func (t *Table) request(receiver *peer, p *packet, socket, from netip.AddrPort) {
	g := receiver.current()
	if remote, _ := ufrags(p.username); g.accepts(p.username) != "" {
		receiver.foresee(t, from, remote)
		g = receiver.current()
	}
	if why := g.receive(p.message, p.id, socket, from); why != "" {
		p.check.lose(Ignored, receiver.name, why, "")
		return
	}
	if p.check.Outcome == UnderWay || p.check.Outcome == Lost {
		p.check.settle(Arrived)
	}
}

// ufrags takes apart the user name of a check: whom it is from, and to.
func ufrags(username string) (from, to string) {
	to, from, _ = strings.Cut(username, ":")
	return from, to
}

// answer takes an answer into account that has arrived.
func (t *Table) answer(p *packet, from netip.AddrPort) {
	c := p.check
	switch {
	case c.Outcome == Answered: // a copy
	case p.class == stun.ClassErrorResponse:
		c.settle(Refused)
		c.Reason = fmt.Sprintf("error %d", p.code)
	case t.time-c.Sent >= requestTimeout:
		c.settle(Late)
	case from != c.to:
		c.settle(Asymmetric)
		c.At = from.String()
	default:
		c.mapped = p.mapped
		c.generation.answer(c)
	}
}
