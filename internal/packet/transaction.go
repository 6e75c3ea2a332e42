package packet

import (
	"net/netip"

	"github.com/pion/stun/v4"
)

// transactions remembers the STUN requests that may still be answered.
type transactions struct {
	byID  map[transactionID]*transaction
	order []transactionID // oldest first
}

type transactionID [stun.TransactionIDSize]byte

// maxTransactions is how many are remembered: those of the last minutes even of
// a session that checks hundreds of candidate pairs.
const maxTransactions = 4096

// maxRequests is how often one is remembered. It is sent 7 times if it is not
// answered (RFC 8489 section 6.2.1), over each of 5 legs at most.
const maxRequests = 64

// A transaction is a request as it was sent: over several legs if it was
// relayed, and several times over the same one if it was retransmitted.
type transaction struct{ requests []request }

type request struct {
	flow     flow
	id       uint64 // of the datagram
	answered bool

	// What a ChannelBind request asks for.
	channel uint16
	peer    netip.AddrPort
}

// add remembers a request and reports whether it was sent over the same leg
// before.
func (t *transactions) add(id transactionID, r request) (retransmission bool) {
	known := t.byID[id]
	if known == nil {
		if t.byID == nil {
			t.byID = make(map[transactionID]*transaction)
		}
		if len(t.order) == maxTransactions {
			delete(t.byID, t.order[0])
			t.order = t.order[1:]
		}
		known = new(transaction)
		t.byID[id] = known
		t.order = append(t.order, id)
	}
	for _, other := range known.requests {
		if other.flow == r.flow {
			retransmission = true
		}
	}
	if len(known.requests) < maxRequests {
		known.requests = append(known.requests, r)
	}
	return retransmission
}

// answer returns the request that an answer which takes the flow belongs to, or
// nil. Of several it is the one that went the opposite way, if the addresses
// tell; else the latest that is not answered, for answers come back over the
// legs of the way in the opposite order.
func (t *transactions) answer(id transactionID, f flow) *request {
	known := t.byID[id]
	if known == nil {
		return nil
	}
	var best *request
	bestScore := 0
	for i := len(known.requests) - 1; i >= 0; i-- {
		r := &known.requests[i]
		if r.flow.from == f.from && r.flow.src == f.src || r.flow.relayed() != f.relayed() {
			continue
		}
		score := 1
		if !r.answered {
			score++
		}
		if f.src.IsValid() && (r.flow.dst == f.src || r.flow.src == f.dst) {
			score += 2
		}
		if score > bestScore {
			best, bestScore = r, score
		}
	}
	if best != nil {
		best.answered = true
	}
	return best
}

// relayed reports whether the flow is inside messages between a client and its
// relay.
func (f flow) relayed() bool { return f.peer.IsValid() || f.channel != 0 }
