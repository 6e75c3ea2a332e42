package packet

import (
	"net/netip"
	"sync"
)

// A Datagram is what a [Dissector] is given: a payload, and who sent it where.
type Datagram struct {
	// ID is the caller's number for the datagram, not 0; see [Packet.Answers].
	ID uint64

	// From names the sender, and Src and Dst are the addresses as the sender's
	// socket wrote them. Datagrams that have all three in common are one flow.
	// Only that is asked of them: nobody compares the two ends' addresses, so
	// that translation on the way between does not matter.
	From     string
	Src, Dst netip.AddrPort

	Payload []byte
}

// A Dissector follows the datagrams of a session. It is to be given each once,
// in the order in which they were sent. It may be used by several goroutines.
//
// It takes nothing from the outside about who talks to whom. The two ends of a
// DTLS association are found by cryptography: a hello says which random number
// belongs to a flow, the key log says which secret belongs to a client's random
// number, and the first encrypted record shows which server hello goes with
// them, for with any other it cannot be decrypted. A flow without hello, after
// a handover for example, belongs to the association that decrypts its
// records.
type Dissector struct {
	mu sync.Mutex

	transactions transactions
	channels     map[channel]netip.AddrPort // what TURN channels are bound to
	flows        map[flow]*flowState
	sent         map[random]map[fragment]uint64 // handshake messages by the random number of the sender's hello

	secrets      map[random][]byte // master secrets by client random
	clients      []random          // their keys, in the order they came
	servers      []*serverHello    // in the order they came
	associations []*association

	// knowledge counts what a record that could not be decrypted may have
	// lacked: secrets, hellos and associations.
	knowledge int
}

// A flow is a way that datagrams take, in one direction, as its sender sees it.
// Through a relay there is one for each of the relay's peers.
type flow struct {
	from     string
	src, dst netip.AddrPort

	peer    netip.AddrPort // whom the relay sends to or received from
	channel uint16         // the TURN channel, if the peer is not known
}

// random is the random number of a hello, the time in it included.
type random [32]byte

// NewDissector returns a dissector without secrets.
func NewDissector() *Dissector {
	return &Dissector{
		channels: make(map[channel]netip.AddrPort),
		flows:    make(map[flow]*flowState),
		sent:     make(map[random]map[fragment]uint64),
		secrets:  make(map[random][]byte),
	}
}

// AddSecret makes known the master secret (48 bytes) of the DTLS association
// whose client hello has the random number (32 bytes), as a CLIENT_RANDOM line
// of a key log tells it. Without secrets nothing is decrypted. A secret is of
// use to the datagrams that come after it. Other lengths are ignored, as is a
// secret that is known.
func (d *Dissector) AddSecret(clientRandom, master []byte) {
	if len(clientRandom) != len(random{}) || len(master) != 48 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r := random(clientRandom)
	if d.secrets[r] == nil {
		d.secrets[r] = append([]byte(nil), master...)
		d.clients = append(d.clients, r)
		d.knowledge++
	}
}

// Dissect returns the whole of a datagram. The layers refer to its payload,
// which must not change.
func (d *Dissector) Dissect(g Datagram) *Packet { return d.dissect(g, everything) }

// Summarize returns what [Dissector.Dissect] does but for the layers, which are
// most of the work. It does not decrypt RTP, whose header says all that a
// summary does. For each datagram call one of the methods; a session is best
// read with the same one throughout, because the decryption of SRTP counts
// packets.
func (d *Dissector) Summarize(g Datagram) *Packet { return d.dissect(g, summaries) }

// Classify returns what [Dissector.Summarize] does but for the summary.
func (d *Dissector) Classify(g Datagram) *Packet { return d.dissect(g, typesOnly) }

func (d *Dissector) dissect(g Datagram, level level) *Packet {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &Packet{Protocol: Protocol(g.Payload)}
	x := dissection{d: d, level: level, packet: p, datagram: g}
	p.Layers, p.Summary = x.payload(g.Payload, 0, len(g.Payload), flow{from: g.From, src: g.Src, dst: g.Dst}, 0)
	if level == typesOnly {
		p.Summary = ""
		return p
	}
	if p.Malformed != "" {
		p.Summary += " (malformed: " + p.Malformed + ")"
	}
	return p
}
