package packet

import "github.com/pion/dtls/v3/pkg/protocol/handshake"

// A flowState is what is remembered of a flow that carries DTLS or SRTP.
type flowState struct {
	client *random      // of the latest client hello, if there was one
	server *serverHello // the latest

	// association decrypts the flow, whose sender has the role in it; nil if
	// none is found. missed is what was known when one was looked for in vain.
	association *association
	role        role
	missed      int

	// sent has the records that handshake messages were sent in. The flows of
	// one hello, which are several if it is relayed, share it.
	sent    map[fragment]uint64
	partial map[message]*partial
}

// A fragment is a handshake message or a piece of one.
type fragment struct {
	typ      handshake.Type
	sequence uint16
	offset   int
}

// A message is a handshake message of which fragments were seen.
type message struct {
	typ      handshake.Type
	sequence uint16
	length   int
}

// partial is what there is of a message.
type partial struct {
	data []byte
	have []bool
	left int
}

const (
	// A handshake has a dozen messages. Who sends more gets them dissected
	// without memory.
	maxFragments = 256
	maxPartials  = 16
	maxMessage   = 1 << 16
)

// resent reports whether a fragment was sent before in another record. A copy
// of a record is no retransmission.
func (s *flowState) resent(f fragment, r record) bool {
	first, seen := s.sent[f]
	if seen {
		return first != r.number
	}
	if s.sent == nil {
		s.sent = make(map[fragment]uint64)
	}
	if len(s.sent) < maxFragments {
		s.sent[f] = r.number
	}
	return false
}

// assemble adds a fragment to its message and returns the message if that
// completes it.
func (s *flowState) assemble(t handshake.Type, sequence uint16, length, offset int, data []byte) []byte {
	key := message{t, sequence, length}
	p := s.partial[key]
	if p == nil {
		if len(s.partial) >= maxPartials || length > maxMessage {
			return nil
		}
		if s.partial == nil {
			s.partial = make(map[message]*partial)
		}
		p = &partial{data: make([]byte, length), have: make([]bool, length), left: length}
		s.partial[key] = p
	}
	for i, b := range data {
		if !p.have[offset+i] {
			p.have[offset+i] = true
			p.data[offset+i] = b
			p.left--
		}
	}
	if p.left > 0 {
		return nil
	}
	delete(s.partial, key)
	return p.data
}
