package packet

import (
	"github.com/pion/srtp/v3"
)

// A role is an end of a DTLS association.
type role int

const (
	client role = iota
	server
)

// A serverHello is what is remembered of one.
type serverHello struct {
	random  random
	suite   uint16
	profile srtp.ProtectionProfile // 0: SRTP was not agreed on

	association *association // the one that it belongs to, if that is known
}

// An association is a DTLS association whose records can be decrypted.
type association struct {
	client  random
	server  *serverHello
	master  []byte
	suite   cipherSuite
	records [2]decrypter // by the role of the sender
	srtp    [2]*srtp.Context
	srtcp   [2]*srtp.Context
	tsns    [2]tsns
}

// clientHello notes the client hello of a flow.
func (d *Dissector) clientHello(s *flowState, r random) {
	if s.client != nil && *s.client == r {
		return
	}
	d.begin(s, r)
	s.client = &r
	d.knowledge++
}

// serverHello notes the server hello of a flow. A relay sends the same hello in
// another flow.
func (d *Dissector) serverHello(s *flowState, h serverHello) {
	if s.server != nil && s.server.random == h.random {
		return
	}
	d.begin(s, h.random)
	for _, known := range d.servers {
		if known.random == h.random {
			s.server = known
			return
		}
	}
	s.server = &h
	d.servers = append(d.servers, &h)
	d.knowledge++
}

// begin forgets what was of the flow's last handshake, for one that has begun
// with a hello of the random number.
func (d *Dissector) begin(s *flowState, r random) {
	if d.sent[r] == nil {
		d.sent[r] = make(map[fragment]uint64)
	}
	*s = flowState{sent: d.sent[r]}
}

// decrypt returns the content of a record of the flow, and finds the flow's
// association if need be.
func (d *Dissector) decrypt(s *flowState, record []byte) ([]byte, bool) {
	if len(d.secrets) == 0 {
		return nil, false
	}
	var plain []byte
	ok := d.find(s, func(a *association, sender role) (ok bool) {
		plain, ok = a.decrypt(sender, record)
		return ok
	})
	return plain, ok
}

// find looks for the association of which opens says that the flow belongs to
// it, with the flow's sender in the role.
func (d *Dissector) find(s *flowState, opens func(*association, role) bool) bool {
	if s.association != nil && opens(s.association, s.role) {
		return true
	}
	if s.missed == d.knowledge {
		return false
	}
	take := func(a *association, r role) bool {
		if !opens(a, r) {
			return false
		}
		s.association, s.role = a, r
		return true
	}
	for i := len(d.associations) - 1; i >= 0; i-- {
		a := d.associations[i]
		switch {
		case s.client != nil:
			if *s.client == a.client && take(a, client) {
				return true
			}
		case s.server != nil:
			if s.server == a.server && take(a, server) {
				return true
			}
		case take(a, client), take(a, server):
			return true
		}
	}
	if d.establish(s, take) {
		return true
	}
	// That was for nothing, and will be until more is known. What came loose
	// in between, such as a record of the last association, is not worth more.
	if s.association == nil {
		s.missed = d.knowledge
	}
	return false
}

// establish makes an association of a secret and a server hello that have none
// yet, if take wants one.
func (d *Dissector) establish(s *flowState, take func(*association, role) bool) bool {
	for i := len(d.clients) - 1; i >= 0; i-- {
		r := d.clients[i]
		if s.client != nil && *s.client != r || d.established(r) {
			continue
		}
		for j := len(d.servers) - 1; j >= 0; j-- {
			h := d.servers[j]
			if h.association != nil || s.server != nil && s.server != h {
				continue
			}
			a := newAssociation(r, h, d.secrets[r])
			if a == nil {
				continue
			}
			if s.server == nil && take(a, client) || s.client == nil && take(a, server) {
				h.association = a
				d.associations = append(d.associations, a)
				d.knowledge++
				return true
			}
		}
	}
	return false
}

func (d *Dissector) established(r random) bool {
	for _, a := range d.associations {
		if a.client == r {
			return true
		}
	}
	return false
}

// newAssociation returns the association of a client and a server with the
// master secret, or nil if its cipher suite is not known.
func newAssociation(r random, h *serverHello, master []byte) *association {
	suite, ok := cipherSuites[h.suite]
	if !ok {
		return nil
	}
	a := &association{client: r, server: h, master: master, suite: suite}
	var err error
	if a.records, err = suite.decrypters(master, r, h.random); err != nil {
		return nil
	}
	return a
}

// decrypt returns the content of a record.
func (a *association) decrypt(sender role, record []byte) (plain []byte, ok bool) {
	plain, err := a.records[sender].decrypt(record)
	return plain, err == nil
}
