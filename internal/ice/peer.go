package ice

import (
	"encoding/json"
	"net/netip"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// peer is the ICE agent of a peer at work.
type peer struct {
	name        string
	generations []*generation
	// calls are those that have not come back, in their order.
	calls []*call
	// remote is the last remote description that was set; negotiated tells that one was, in a negotiation that is over.
	remote     description
	negotiated bool
	// interfaces are the names of its interfaces by their addresses.
	interfaces map[string]string
}

// call is a call that matters to ICE and has not come back.
type call struct {
	seq       uint64
	method    string
	remote    description
	candidate *candidate
	answer    bool
	restart   bool // it restarts ICE, and has not yet
	settled   bool
}

func (p *peer) current() *generation { return p.generations[len(p.generations)-1] }

// begin begins a generation.
func (p *peer) begin(t *Table, why string) {
	g := &generation{table: t, peer: p, number: len(p.generations) + 1, began: t.time, event: t.event, state: "new"}
	if len(p.generations) > 0 {
		old := p.current()
		old.end("restart")
		// The agent, its role and its tie-breaker stay.
		g.state, g.role, g.tieBreaker, g.lite = old.state, old.role, old.tieBreaker, old.lite
	}
	p.generations = append(p.generations, g)
	g.changed(Change{Aspect: AspectGeneration, To: "began", Why: why})
}

// generation returns the generation with the user name fragment; the present one if none has it.
func (p *peer) generation(ufrag string) *generation {
	for i := len(p.generations) - 1; i >= 0 && ufrag != ""; i-- {
		if p.generations[i].localUfrag == ufrag {
			return p.generations[i]
		}
	}
	return p.current()
}

// call takes note of a call.
func (p *peer) call(t *Table, seq uint64, d recorder.Call) {
	c := &call{seq: seq, method: d.Method}
	var args struct {
		Type       string `json:"type"`
		SDP        string `json:"sdp"`
		Candidate  string `json:"candidate"`
		ICERestart bool   `json:"iceRestart"`
	}
	json.Unmarshal(d.Args, &args) // what a call without such arguments has is not looked at
	g := p.current()
	switch d.Method {
	case "createOffer":
		// pion restarts here, not in setLocalDescription, and not before it has gathered.
		c.restart = args.ICERestart && (g.localUfrag != "" || len(g.locals) > 0)
	case "setLocalDescription":
		local := parseDescription(args.Type, args.SDP)
		if local.ufrag != "" && local.ufrag != g.localUfrag {
			g.localUfrag = local.ufrag
			g.touch()
		}
		if local.lite && !g.lite {
			g.lite = true
			g.touch()
		}
		c.answer = args.Type == "answer"
	case "setRemoteDescription":
		c.remote = parseDescription(args.Type, args.SDP)
		c.answer = args.Type == "answer"
		c.restart = p.negotiated && !c.answer && c.remote.ufrag != "" &&
			(c.remote.ufrag != g.remoteUfrag || c.remote.pwd != g.remotePwd)
	case "addIceCandidate":
		if candidate, err := parseCandidate(args.Candidate); err == nil {
			c.candidate = candidate
		}
	case "close":
	default:
		return
	}
	p.calls = append(p.calls, c)
}

// returned takes note of a call's return.
func (p *peer) returned(t *Table, cause uint64, d recorder.Return) {
	for i, c := range p.calls {
		if c.seq != cause {
			continue
		}
		p.calls = append(p.calls[:i:i], p.calls[i+1:]...)
		if d.Error != nil {
			return
		}
		p.settle(t, c)
		if c.answer {
			p.negotiated = true
		}
		switch c.method {
		case "createOffer":
			var result struct {
				SDP string `json:"sdp"`
			}
			json.Unmarshal(d.Result, &result)
			if g := p.current(); g.localUfrag == "" {
				g.localUfrag = parseDescription("offer", result.SDP).ufrag
				g.touch()
			}
		case "close":
			p.current().setState("closed")
			p.current().end("closed")
		}
		return
	}
}

// restart carries out the restart of a call that has not come back: something shows that pion is past it.
func (p *peer) restart(t *Table) {
	for _, c := range p.calls {
		if c.restart {
			c.restart = false
			p.begin(t, "restart in "+c.method)
		}
	}
}

// settle does to the table what the call did to ICE, once.
func (p *peer) settle(t *Table, c *call) {
	if c.settled {
		return
	}
	c.settled = true
	if c.restart {
		c.restart = false
		p.begin(t, "restart in "+c.method)
	}
	g := p.current()
	switch {
	case c.remote.ufrag != "":
		p.remote = c.remote
		if g.remoteUfrag == "" && g.number == 1 {
			g.setRole(p.role(c.remote, g.lite))
		}
		g.remoteUfrag, g.remotePwd = c.remote.ufrag, c.remote.pwd
		g.touch()
		for _, r := range c.remote.candidates {
			r.Source = Description
			p.addRemote(r)
		}
	case c.candidate != nil:
		c.candidate.Source = Trickled
		p.addRemote(c.candidate)
	}
}

// role returns the peer's role as pion gives it when a description is set (RFC 8445, section 6.1.1).
func (p *peer) role(remote description, lite bool) string {
	controlling := remote.typ == "answer"
	if remote.lite != lite {
		controlling = remote.lite
	}
	if controlling {
		return Controlling
	}
	return Controlled
}

// addRemote adds a candidate that was signalled, unless it is of another generation.
func (p *peer) addRemote(c *candidate) {
	g := p.current()
	if g.ended != nil || c.ufrag != "" && c.ufrag != p.remote.ufrag {
		return
	}
	g.addRemote(c)
}

// foresee settles calls that have not come back and whose effects show: candidates of that address, or a description with
// that user name fragment.
func (p *peer) foresee(t *Table, addr netip.AddrPort, ufrag string) {
	for _, c := range p.calls {
		known := ufrag != "" && c.remote.ufrag == ufrag || c.candidate != nil && c.candidate.addr == addr
		for _, r := range c.remote.candidates {
			known = known || r.addr == addr
		}
		if known {
			p.settle(t, c)
		}
	}
}

// gathered takes note of an icecandidate event.
func (p *peer) gathered(t *Table, d recorder.Candidate) {
	p.restart(t)
	c, err := parseCandidate(d.Candidate)
	if err != nil {
		return
	}
	c.Source = Gathered
	g := p.current()
	if c.ufrag != "" && c.ufrag != g.localUfrag {
		if g.localUfrag == "" {
			g.localUfrag = c.ufrag
		} else if g = p.generation(c.ufrag); g.localUfrag != c.ufrag {
			p.begin(t, "restart")
			g = p.current()
			g.localUfrag = c.ufrag
		}
		g.touch()
	}
	g.addLocal(c)
}

// selected takes note of a selectedcandidatepairchange event.
func (p *peer) selected(d recorder.CandidatePair) {
	g := p.current()
	if pair := g.find(end{d.Local.Type, d.Local.Address, d.Local.Port}, end{d.Remote.Type, d.Remote.Address, d.Remote.Port}); pair != nil {
		g.choose(pair)
	}
}

// told takes note of the pairs that a snapshot has: what has failed, only pion knows for certain.
func (p *peer) told(pairs []recorder.CheckedPairState) {
	g := p.current()
	for _, told := range pairs {
		pair := g.find(end{told.Local.Type, told.Local.Address, uint16(told.Local.Port)}, end{told.Remote.Type, told.Remote.Address, uint16(told.Remote.Port)})
		if pair == nil {
			continue
		}
		switch to := State(told.State); {
		case to == Failed, to == Succeeded, to == InProgress && pair.State == Failed, g.table.recorded == recorder.PacketsNone:
			g.setPairState(pair, to, "as pion says")
		}
		if told.Nominated && g.table.recorded == recorder.PacketsNone {
			g.nominated(pair)
		}
	}
}

// end is a candidate as pion's own words name it.
type end struct {
	typ, address string
	port         uint16
}

func (e end) is(c *candidate) bool {
	return (c.Type == e.typ || c.Type == "") && c.Address == e.address && c.Port == e.port
}

// find returns the pair with these ends; nil where there is none. A remote peer-reflexive candidate that no check has shown,
// for want of packets, is made.
func (g *generation) find(local, remote end) *pair {
	for _, p := range g.pairs {
		if local.is(p.local) && remote.is(p.remote) {
			return p
		}
	}
	addr := addrPort(remote.address, remote.port)
	if g.ended != nil || remote.typ != "prflx" || !addr.IsValid() || g.remote(addr) != nil {
		return nil
	}
	g.addRemote(g.reflexive(addr, "prflx", 0))
	for _, p := range g.pairs {
		if local.is(p.local) && remote.is(p.remote) {
			return p
		}
	}
	return nil
}

// interfaceOf returns the name of the interface that a transport address is on.
func (p *peer) interfaceOf(base string) string {
	host, _, _ := strings.Cut(base, ":")
	return p.interfaces[host]
}
