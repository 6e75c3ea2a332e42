package vnet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Mapping is what a NAT remembers about one of its hosts' ports
// (RFC 4787 section 4.1).
type Mapping struct {
	// Network is the name of the NAT's network.
	Network string

	// Local is the address that has been mapped, Public the one that it has
	// got, and Remote the first destination.
	Local, Public, Remote netip.AddrPort

	// Cause is the packet for which the mapping was made.
	Cause *Packet
}

// table is what is known about a NAT's mappings: pion's NAT keeps them to
// itself. It is made from the packets that came out, and decides nothing: it
// says why the NAT has done what it did.
type table struct {
	NAT
	byLocal  map[mapKey]*mapping
	byPublic map[netip.AddrPort]*mapping

	// A host has another address towards pion's NAT after the mappings were
	// forgotten; before, it has its own.
	generation int
	aliases    map[aliasKey]netip.Addr
	hosts      map[netip.Addr]aliasKey // by alias
}

// mapKey is what a mapping depends on. As much of remote is set as the mapping
// depends on.
type mapKey struct {
	local, remote netip.AddrPort
}

type aliasKey struct {
	addr       netip.Addr
	generation int
}

// mapping is an entry of the table.
type mapping struct {
	local, public netip.AddrPort
	remotes       []netip.AddrPort // to whom something went out, each once; none if the NAT does not filter
	used          time.Duration    // when something went out last
	gone          string           // how the NAT was made to forget it; empty if it was not
	goneAt        time.Duration
}

// expired is how mappings end that were made to expire.
const expired = "expired"

// noPort is the part of an endpoint that an address-dependent behavior looks
// at.
func noPort(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr(), 0) }

func newTable(config NAT) table {
	return table{
		NAT:      config,
		byLocal:  make(map[mapKey]*mapping),
		byPublic: make(map[netip.AddrPort]*mapping),
		aliases:  make(map[aliasKey]netip.Addr),
		hosts:    make(map[netip.Addr]aliasKey),
	}
}

func (t *table) key(local, remote netip.AddrPort) mapKey {
	switch t.Mapping {
	case EndpointIndependent:
		remote = netip.AddrPort{}
	case AddressDependent:
		remote = noPort(remote)
	}
	return mapKey{local, remote}
}

// find returns the mapping by which a packet goes out, or nil if there is none
// or none any more.
func (t *table) find(local, remote netip.AddrPort, now time.Duration) *mapping {
	m := t.byLocal[t.key(local, remote)]
	if m == nil || m.gone != "" || t.expired(m, now) {
		return nil
	}
	return m
}

func (t *table) expired(m *mapping, now time.Duration) bool { return now > m.used+t.Lifetime }

// add makes a mapping for a packet that is about to go out. Its public address
// comes when the packet has gone out.
func (t *table) add(local, remote netip.AddrPort, now time.Duration) *mapping {
	m := &mapping{local: local, used: now}
	t.byLocal[t.key(local, remote)] = m
	return m
}

// note takes note of a packet that has gone out, and reports whether that has
// made a new mapping.
func (t *table) note(p *Packet, now time.Duration) (isNew bool) {
	m := t.byPublic[p.src]
	if m == nil {
		m, isNew = p.mapping, true
		m.public = p.src
		t.byPublic[p.src] = m
	}
	m.used = now
	if t.Filtering != EndpointIndependent && !slices.Contains(m.remotes, p.dst) {
		m.remotes = append(m.remotes, p.dst)
	}
	return isNew
}

// refusal says why a packet was not let in.
func (t *table) refusal(src, dst netip.AddrPort, now time.Duration) (Reason, string) {
	m := t.byPublic[dst]
	switch {
	case m == nil:
		return NoMapping, fmt.Sprintf("%v was never mapped", dst)
	case m.gone == expired:
		return MappingExpired, fmt.Sprintf("%v was that of %v until %v", dst, m.local, m.goneAt)
	case m.gone != "":
		return NoMapping, fmt.Sprintf("%v was that of %v until the NAT's mappings were %s at %v", dst, m.local, m.gone, m.goneAt)
	case t.expired(m, now):
		return MappingExpired, fmt.Sprintf("%v was that of %v until %v, %v after the last packet that went out by it", dst, m.local, m.used+t.Lifetime, t.Lifetime)
	}
	var to []string
	for _, r := range m.remotes {
		text := r.String()
		if t.Filtering == AddressDependent {
			text = r.Addr().String()
		}
		if !slices.Contains(to, text) {
			to = append(to, text)
		}
	}
	const most = 4
	if len(to) > most {
		to = append(to[:most], fmt.Sprintf("%d more", len(to)-most))
	}
	from := src.String()
	if t.Filtering == AddressDependent {
		from = src.Addr().String()
	}
	return Filtered, fmt.Sprintf("%s filtering: %v has sent nothing to %s by %v, only to %s", t.Filtering, m.local, from, dst, strings.Join(to, ", "))
}

// firstAlias is the first address under which hosts are known to pion's NAT
// after it was made to forget: class E, which nobody has.
var firstAlias = netip.AddrFrom4([4]byte{240, 0, 0, 1})

// alias returns the address that a host's has towards pion's NAT.
func (t *table) alias(local netip.AddrPort) netip.AddrPort {
	if t.generation == 0 {
		return local
	}
	key := aliasKey{local.Addr(), t.generation}
	a, ok := t.aliases[key]
	if !ok {
		a = plus(firstAlias, len(t.aliases))
		t.aliases[key] = a
		t.hosts[a] = key
	}
	return netip.AddrPortFrom(a, local.Port())
}

// local returns the address that has the alias, if it still has it.
func (t *table) local(alias netip.AddrPort) (netip.AddrPort, bool) {
	key, ok := t.hosts[alias.Addr()]
	if !ok {
		key = aliasKey{addr: alias.Addr()}
	}
	return netip.AddrPortFrom(key.addr, alias.Port()), key.generation == t.generation
}

// forget ends all mappings.
func (t *table) forget(how string, now time.Duration) {
	t.generation++
	for _, m := range t.byLocal {
		if m.gone == "" && !t.expired(m, now) {
			m.gone, m.goneAt = how, now
		}
	}
}
