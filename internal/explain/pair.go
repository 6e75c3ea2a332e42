package explain

import (
	"fmt"
	"net"
	"strconv"

	"github.com/rtcsim/rtcsim/internal/ice"
)

// A Pair is a pair of candidates as both of its ends see it.
type Pair struct {
	// A and B are the peers, and Own and Their what the pair is called in the tables of A and B: one is nil where that
	// peer never formed the pair.
	A, B       string
	Own, Their *ice.Pair
	// Near is A's candidate, Far that of B.
	Near, Far *ice.Candidate
	// generations are those of A and B.
	generations [2]int
}

// Types words what candidates the pair has: "host–srflx", that of A first.
func (p *Pair) Types() string { return typeOf(p.Near) + "–" + typeOf(p.Far) }

func typeOf(c *ice.Candidate) string {
	if c.Type == "" {
		return "prflx"
	}
	return c.Type
}

func (p *Pair) name() string {
	return fmt.Sprint(p.A, " ", p.B, " ", addressOf(p.Near), " ", addressOf(p.Far), " ", p.generations)
}

func addressOf(c *ice.Candidate) string {
	return net.JoinHostPort(c.Address, strconv.Itoa(int(c.Port)))
}

func checkKey(peer string, generation int, pair string) string {
	return fmt.Sprint(peer, " ", generation, " ", pair)
}

// Checks returns the checks of one end of a pair, in the order in which they were sent.
func (f *Facts) Checks(p *Pair, peer string) []*Check {
	own, generation := p.Own, p.generations[0]
	if peer == p.B {
		own, generation = p.Their, p.generations[1]
	}
	if own == nil {
		return nil
	}
	return f.checks[checkKey(peer, generation, own.Label())]
}

// Pairs returns the pairs between a peer and the one at the other end, of the present ICE generation of both.
func (f *Facts) Pairs(peer, other string) []*Pair {
	a, b := f.Peer(peer), f.Peer(other)
	if a == nil || len(a.ICE.Generations) == 0 {
		return nil
	}
	var near, far *ice.Generation
	near = a.ICE.Current()
	if b != nil && len(b.ICE.Generations) > 0 {
		far = b.ICE.Current()
	}
	var list []*Pair
	same := func(x, y *ice.Candidate) bool { return x.Address == y.Address && x.Port == y.Port }
	for _, own := range near.Pairs {
		list = append(list, &Pair{A: peer, B: other, Own: own, Near: own.Local, Far: own.Remote, generations: [2]int{near.Number, 0}})
	}
	if far == nil {
		return list
	}
next:
	for _, their := range far.Pairs {
		for _, p := range list {
			if p.Their == nil && same(p.Near, their.Remote) && same(p.Far, their.Local) {
				p.Their, p.generations[1] = their, far.Number
				continue next
			}
		}
		list = append(list, &Pair{A: peer, B: other, Their: their, Near: their.Remote, Far: their.Local, generations: [2]int{0, far.Number}})
	}
	return list
}
