package scenario

import (
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// The behaviours of a NAT's mapping and filtering, by RFC 4787.
const (
	EndpointIndependent     = "endpoint-independent"
	AddressDependent        = "address-dependent"
	AddressAndPortDependent = "address-and-port-dependent"
)

// NAT is what translates the addresses of a network's hosts, in the terms of RFC 4787.
type NAT struct {
	Pos
	// Type is the name that Mapping and Filtering are taken from, as far as they are not given.
	Type string `yaml:"type" enum:"none full-cone restricted port-restricted symmetric" default:"port-restricted" doc:"What mapping and filtering are, unless they are given: endpoint-independent mapping with endpoint-independent (full-cone), address-dependent (restricted) or address-and-port-dependent filtering (port-restricted), or both of them address-and-port-dependent (symmetric); none is no NAT." example:"symmetric"`
	// Mapping says when a host's socket gets another public address and port.
	Mapping string `yaml:"mapping" enum:"endpoint-independent address-dependent address-and-port-dependent" doc:"What must differ in a packet's destination for a socket to get another mapping (RFC 4787 section 4.1). By default as type says." example:"endpoint-independent"`
	// Filtering says from where packets may come in.
	Filtering string `yaml:"filtering" enum:"endpoint-independent address-dependent address-and-port-dependent" doc:"To where a packet must have gone out for one to come in from there (RFC 4787 section 5). By default as type says." example:"address-dependent"`
	// Lifetime is how long a mapping lives after the last packet that went out by it.
	Lifetime time.Duration `yaml:"lifetime" default:"30s" doc:"How long a mapping lives after the last packet that went out by it." example:"2m"`
	// Hairpin lets hosts behind the NAT reach each other by their public addresses.
	Hairpin bool `yaml:"hairpin" default:"false" doc:"Whether hosts behind the NAT reach each other by their public addresses (RFC 4787 section 6)." example:"true"`
	// OneToOne gives each of the first Addresses hosts a public address of its own: ports stay, and nothing is filtered.
	OneToOne bool `yaml:"oneToOne" default:"false" doc:"Whether each host has a public address of its own: ports stay as they are, and nothing is filtered." example:"true"`
	// Addresses is the number of public addresses. Where the file does not say, it is 1, and with OneToOne that of the peers
	// and servers that are ever on the network.
	Addresses int `yaml:"addresses" default:"1" doc:"The number of public addresses, 1 to 16. With oneToOne, so many hosts get one; all of them by default." example:"4"`
}

// natTypes are the aliases of mappings and filterings.
var natTypes = []struct{ name, mapping, filtering string }{
	{"full-cone", EndpointIndependent, EndpointIndependent},
	{"restricted", EndpointIndependent, AddressDependent},
	{"port-restricted", EndpointIndependent, AddressAndPortDependent},
	{"symmetric", AddressAndPortDependent, AddressAndPortDependent},
}

func (t *NAT) read(r *reader, n *yaml.Node) {
	before := r.failures
	v := reflect.ValueOf(t).Elem()
	switch {
	case n.Kind == yaml.SequenceNode || n.Tag == "!!bool":
		r.expected(n, "a kind of NAT, or its settings", oneOf(enumOf[NAT]("type")))
	case n.Kind == yaml.ScalarNode && !isNull(n):
		t.Pos = position(n)
		r.defaults(v)
		r.scalar(n, reflect.ValueOf(&t.Type).Elem(), field{enum: enumOf[NAT]("type")})
	default:
		r.fields(n, v)
	}
	if r.failures > before {
		return
	}
	for _, key := range []string{"type", "mapping", "filtering", "lifetime"} {
		if pos := keyPos(mappingOf(n), key); t.OneToOne && pos != (Pos{}) {
			r.errorf(pos, "misplaced-key", "leave it out", "a one-to-one NAT has no %s: it only translates addresses", key)
		}
	}
	switch pairs := mappingOf(n); {
	case t.Type == "none" && len(pairs) > 1:
		r.errorf(keyPos(pairs, "type"), "misplaced-key", "write nat: none alone", "where there is no NAT, there is nothing to set")
	case t.Lifetime == 0:
		r.errorf(keyPos(pairs, "lifetime"), "out-of-range", "", "a mapping that lives no time maps nothing")
	case t.Addresses < 1 || t.Addresses > 16:
		r.errorf(keyPos(pairs, "addresses"), "out-of-range", "", "a NAT has 1 to 16 public addresses")
	}
	for _, known := range natTypes {
		if known.name == t.Type && t.Mapping == "" {
			t.Mapping = known.mapping
		}
		if known.name == t.Type && t.Filtering == "" {
			t.Filtering = known.filtering
		}
	}
}

// Alias returns the name for the NAT's mapping and filtering: full-cone, restricted, port-restricted or symmetric; empty
// where there is none for them.
func (t *NAT) Alias() string {
	for _, known := range natTypes {
		if known.mapping == t.Mapping && known.filtering == t.Filtering {
			return known.name
		}
	}
	return ""
}

// String returns the NAT's behaviour, such as: symmetric, or one-to-one, or: mapping address-dependent, filtering
// endpoint-independent.
func (t *NAT) String() string {
	switch {
	case t.OneToOne:
		return "one-to-one"
	case t.Alias() != "":
		return t.Alias()
	}
	return "mapping " + t.Mapping + ", filtering " + t.Filtering
}

// A NATChange is something that happens to a NAT. Exactly one of its fields is set.
type NATChange struct {
	// Rebind is "port" or "address": all mappings are forgotten, and new ones get new ports, or a new public address, too.
	Rebind string `yaml:"rebind" enum:"port address" doc:"All mappings are forgotten. New ones get new ports, or a new public address, too." example:"address"`
	// Expire tells that every mapping runs out now.
	Expire bool
}

func (c *NATChange) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "rebind"):
		c.Rebind = "port"
	case isWord(n, "expire"):
		c.Expire = true
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.unknown(position(n), "unknown-value", "value", n.Value, []string{"rebind", "expire"})
	default:
		before := r.failures
		r.fields(n, reflect.ValueOf(c).Elem())
		if r.failures == before && c.Rebind == "" {
			r.errorf(position(n), "missing-key", "rebind, expire or {rebind: address}", "nothing happens to the NAT")
		}
	}
}

func (c *NATChange) String() string {
	switch {
	case c.Expire:
		return "expire"
	case c.Rebind == "address":
		return "rebind address"
	}
	return "rebind"
}

// isWord tells whether a node is that word.
func isWord(n *yaml.Node, word string) bool {
	return n.Kind == yaml.ScalarNode && strings.TrimSpace(n.Value) == word
}
