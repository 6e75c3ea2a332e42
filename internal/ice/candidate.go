package ice

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A Candidate is one end of pairs, local or remote (RFC 8445, section 5.1).
type Candidate struct {
	// Label is the candidate's short name: L1, L2 … for local ones, R1, R2 … for remote ones of a generation.
	Label string `json:"label"`
	// Type is host, srflx, prflx or relay; empty while only checks have shown the candidate.
	Type string `json:"type"`
	// Protocol is udp or tcp.
	Protocol string `json:"protocol"`
	// Address is an IP address or an mDNS name.
	Address string `json:"address"`
	Port    uint16 `json:"port"`
	// Priority and Foundation are those of the candidate-attribute; 0 and empty where no one has told them.
	Priority   uint32 `json:"priority"`
	Foundation string `json:"foundation,omitempty"`
	// Related is the related address and port of a reflexive or relayed candidate.
	Related string `json:"related,omitempty"`
	// Base is, for a local candidate, the address that its checks are sent from, as the host knows it; for a relayed
	// one the socket that talks to the TURN server. Empty while it is not known.
	Base string `json:"base,omitempty"`
	// Interface is the name of the interface that the base is on.
	Interface string `json:"interface,omitempty"`
	// Resolved is the address that an mDNS name turned out to be.
	Resolved string `json:"resolved,omitempty"`
	// Since is when the candidate was there, and Event the number of the event that showed it.
	Since time.Duration `json:"since"`
	Event uint64        `json:"event"`
	// Source is how it came to be known.
	Source Source `json:"source"`
}

// A Source is how a candidate came to be known.
type Source string

// The sources of candidates.
const (
	Gathered    Source = "icecandidate"    // an icecandidate event
	Trickled    Source = "addIceCandidate" // a call of addIceCandidate
	Description Source = "description"     // a line of a remote description
	Checked     Source = "check"           // a connectivity check, or its answer
)

// String returns the candidate's type and address, such as "host 203.0.113.1:50000".
func (c *Candidate) String() string {
	address := c.Address + ":" + strconv.Itoa(int(c.Port))
	if strings.Contains(c.Address, ":") {
		address = "[" + c.Address + "]:" + strconv.Itoa(int(c.Port))
	}
	if c.Type == "" {
		return address
	}
	return c.Type + " " + address
}

// candidate is a candidate at work.
type candidate struct {
	Candidate
	// addr is the transport address; invalid for an mDNS name that is not resolved.
	addr netip.AddrPort
	// base is, of a local candidate, what it is sent from; its address may be unspecified, as that of a wildcard socket.
	base netip.AddrPort
	// ufrag is the user name fragment that the candidate-attribute has.
	ufrag string
}

// parseCandidate reads a candidate-attribute (RFC 8839, section 5.1).
func parseCandidate(text string) (*candidate, error) {
	fields := strings.Fields(strings.TrimPrefix(text, "candidate:"))
	if len(fields) < 8 || fields[6] != "typ" {
		return nil, fmt.Errorf("%q is no candidate-attribute", text)
	}
	priority, err := strconv.ParseUint(fields[3], 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the priority of %q is no number", text)
	}
	port, err := strconv.ParseUint(fields[5], 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port of %q is no number", text)
	}
	c := &candidate{Candidate: Candidate{
		Type:       fields[7],
		Protocol:   strings.ToLower(fields[2]),
		Address:    fields[4],
		Port:       uint16(port),
		Priority:   uint32(priority),
		Foundation: fields[0],
	}}
	var related, relatedPort string
	for i := 8; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "raddr":
			related = fields[i+1]
		case "rport":
			relatedPort = fields[i+1]
		case "ufrag":
			c.ufrag = fields[i+1]
		}
	}
	c.addr = addrPort(c.Address, c.Port)
	if n, err := strconv.ParseUint(relatedPort, 10, 16); err == nil && related != "" {
		r := addrPort(related, uint16(n))
		c.Related = related + ":" + relatedPort
		if r.IsValid() {
			c.Related = r.String()
		}
		c.base = r
	}
	if c.Type == "host" {
		c.base = c.addr
	}
	return c, nil
}

func addrPort(address string, port uint16) netip.AddrPort {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), port)
}

// udp reports whether checks can go between candidates like this and those of the same family.
func (c *candidate) udp() bool { return strings.HasPrefix(c.Protocol, "udp") }

// mDNS reports whether the candidate hides its address behind a name.
func (c *candidate) mDNS() bool { return strings.HasSuffix(c.Address, ".local") }

// sentFrom reports whether the socket may be the candidate's own: the base of a wildcard socket has no address.
func (c *candidate) sentFrom(socket netip.AddrPort) bool {
	if c.Base != "" {
		return c.Base == socket.String()
	}
	switch {
	case c.base.IsValid() && !c.base.Addr().IsUnspecified():
		return c.base == socket
	case c.base.IsValid():
		return c.base.Port() == socket.Port()
	}
	return c.mDNS() && c.Port == socket.Port()
}

// same reports whether two candidates are the same to pion: transport address, type and related address.
func (c *candidate) same(other *candidate) bool {
	return c.Type == other.Type && c.Protocol == other.Protocol && c.Address == other.Address && c.Port == other.Port && c.Related == other.Related
}
