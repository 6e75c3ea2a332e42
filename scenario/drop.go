package scenario

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// DropRules are rules that drop packets of one direction of a link. Nil: none were given; in a change, what is empty and
// not nil says that there shall be none.
type DropRules []*DropRule

// A DropRule drops packets by what they are. It counts the packets that Match picks, within the time of Between. What is
// given of Nth, First and Every must agree; where none is given, all of them are dropped.
type DropRule struct {
	Pos
	// Match picks packets; its zero value picks all.
	Match PacketMatch `yaml:"match" doc:"Which packets; all that is given must fit, and {} is every packet." example:"{protocol: dtls, type: [client-hello, server-hello]}"`
	// Nth are the numbers of the packets, from 1; empty: not asked for.
	Nth Ordinals `yaml:"nth" doc:"Drop these of the packets that match, by their numbers from 1: one, or a list." example:"[2, 3]"`
	// First is how many of the first packets; 0: not asked for.
	First int `yaml:"first" doc:"Drop so many of the packets that match, the first ones." example:"3"`
	// Every is the distance between the packets: 5 is the 5th, the 10th and so on; 0: not asked for.
	Every int `yaml:"every" doc:"Drop the packets that match whose number is a multiple of this." example:"5"`
	// Between is the time in which the rule is there; nil: always.
	Between *Period `yaml:"between" doc:"The virtual times between which the rule is there; other packets are not counted." example:"[1s, 2s]"`
	// Name is what the recording calls the rule besides its number; may be empty.
	Name string `yaml:"name" doc:"What the recording calls the rule, besides its number." example:"second flight"`
}

// A PacketMatch picks packets. What is empty or nil is not asked for.
type PacketMatch struct {
	Pos
	Protocol string `yaml:"protocol" enum:"stun turn dtls srtp srtcp sctp" doc:"The protocol. SCTP is inside of DTLS; a STUN message with a method of TURN is turn." example:"dtls"`
	// Types are of PacketTypes; one of them must be a type of the packet.
	Types []string `yaml:"type" doc:"The type, or a list of which one must fit: a STUN method and class such as binding-request (binding-response is success or error), a DTLS handshake message or content type, an RTCP type, an SCTP chunk." example:"server-hello"`
	// From and To are names of peers or servers.
	From string `yaml:"from" doc:"The peer or server that sent the packet." example:"alice"`
	To   string `yaml:"to" doc:"The peer or server that the packet is for." example:"bob"`
	// Size bounds the UDP payload.
	Size *SizeBound `yaml:"size" doc:"The size of the UDP payload in bytes: 1200, or such as '>1252' or '<=100'." example:"'>1252'"`
}

// Ordinals are numbers of packets, from 1, in their order.
type Ordinals []int

// A Period is a time from From, included, to To.
type Period struct {
	From, To time.Duration
}

// A SizeBound bounds the size of a payload in bytes.
type SizeBound struct {
	// Operator is ==, <, <=, > or >=.
	Operator string
	Bytes    int
}

// Holds tells whether a size keeps to the bound.
func (b SizeBound) Holds(bytes int) bool {
	switch b.Operator {
	case "<":
		return bytes < b.Bytes
	case "<=":
		return bytes <= b.Bytes
	case ">":
		return bytes > b.Bytes
	case ">=":
		return bytes >= b.Bytes
	}
	return bytes == b.Bytes
}

func (d *DropRules) read(r *reader, n *yaml.Node) {
	*d = DropRules{}
	if isWord(n, "none") {
		return
	}
	r.list(n, reflect.ValueOf((*[]*DropRule)(d)).Elem(), field{})
}

func (d DropRules) String() string {
	switch len(d) {
	case 0:
		return "none"
	case 1:
		return "1 rule"
	}
	return fmt.Sprintf("%d rules", len(d))
}

func (d *DropRule) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(d).Elem())
	pairs := mappingOf(n)
	for _, key := range []string{"first", "every"} {
		if value := resolved(valueIn(pairs, key)); value != nil && value.Value == "0" {
			r.errorf(position(value), "out-of-range", "leave it out to ask for nothing", "%s is 1 or more", key)
		}
	}
}

func (m *PacketMatch) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(m).Elem())
	pairs := mappingOf(n)
	types := resolved(valueIn(pairs, "type"))
	for i, typ := range m.Types {
		pos := position(types)
		if types.Kind == yaml.SequenceNode {
			pos = position(resolved(types.Content[i]))
		}
		protocol := m.Protocol
		if len(PacketTypes(protocol)) == 0 {
			protocol = "" // told when it was read
		}
		r.packetType(pos, protocol, typ)
	}
	if m.From != "" {
		r.hostExists(keyPos(pairs, "from"), m.From)
	}
	if m.To != "" {
		r.hostExists(keyPos(pairs, "to"), m.To)
	}
}

func (o *Ordinals) read(r *reader, n *yaml.Node) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, item := range list {
		item = resolved(item)
		ordinal, err := strconv.Atoi(item.Value)
		switch {
		case item.Kind != yaml.ScalarNode || item.Tag != "!!int":
			r.expected(item, "a number, or a list of them", "such as 2, or [2, 3]")
		case err != nil || ordinal < 1:
			r.errorf(position(item), "out-of-range", "", "packets are counted from 1")
		default:
			*o = append(*o, ordinal)
		}
	}
	slices.Sort(*o)
}

func (p *Period) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != 2 {
		r.expected(n, "two times", "such as [1s, 2s]")
		return
	}
	before := r.failures
	for i, target := range []*time.Duration{&p.From, &p.To} {
		r.scalar(resolved(n.Content[i]), reflect.ValueOf(target).Elem(), field{})
	}
	if r.failures == before && p.To <= p.From {
		r.errorf(position(n), "out-of-range", "", "no time lies between %v and %v", p.From, p.To)
	}
}

// sizeBound takes a bound apart.
var sizeBound = regexp.MustCompile(`^\s*(==|<=|>=|<|>|)\s*(\S+)\s*$`)

func (b *SizeBound) read(r *reader, n *yaml.Node) {
	const hint = "such as 1200, '>1252' or '<=100', in bytes"
	m := sizeBound.FindStringSubmatchIndex(n.Value)
	if n.Kind != yaml.ScalarNode || m == nil {
		r.expected(n, "a size", hint)
		return
	}
	b.Operator = n.Value[m[2]:m[3]]
	if b.Operator == "" {
		b.Operator = "=="
	}
	text := n.Value[m[4]:m[5]]
	bytes, err := strconv.Atoi(text)
	if err != nil {
		size, w := parseSize(text)
		if w != nil {
			r.errorf(r.place(n, utf8.RuneCountInString(n.Value[:m[4]])), w.code, hint, "%s", w.message)
		}
		bytes = int(size)
	}
	switch {
	case bytes < 0 || bytes > maxPacket:
		r.errorf(position(n), "out-of-range", "", "no packet has %d bytes", bytes)
	case b.Operator == "<" && bytes == 0:
		r.errorf(position(n), "out-of-range", "", "no packet has less than 0 bytes")
	}
	b.Bytes = bytes
}

func (b SizeBound) String() string {
	return strings.TrimPrefix(b.Operator, "==") + strconv.Itoa(b.Bytes)
}
