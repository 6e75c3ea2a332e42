package scenario

import (
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Link is a way with two directions, as seen from the network, the peer or the server that has it: Up leads out, Down
// leads in. What the file says directly under link is in both, and the values of a profile are in the fields that they
// belong to.
//
// In a change what is nil stays as it is, and a value can say that there shall be none. Elsewhere nil is the default,
// and there are no such values: what is none is nil.
type Link struct {
	Up, Down Direction
}

// A Direction is one direction of a link. What is nil was not set: it has its default, or in a change it stays.
//
// Loss with Burst and GilbertElliott exclude each other, and so do Rate and RateTrace: what is given last replaces the
// other.
type Direction struct {
	// Profile is the name of the profile whose values are in the other fields, as far as nothing else was given.
	Profile *string `yaml:"profile" enum:"edge 3g dsl lte wifi very-bad satellite poor-3g unstable-4g lossy-wifi cellular congested" doc:"A preset of delay, jitter, loss and rate. Single keys override it." example:"lte"`
	// Delay is the one-way propagation delay; 0 by default.
	Delay *time.Duration `yaml:"delay" default:"0s" doc:"The one-way propagation delay." example:"20ms"`
	// Jitter is the width of what is added to the delay, which never falls below 0; 0 by default.
	Jitter *time.Duration `yaml:"jitter" default:"0s" doc:"The width of what is added to the delay: the standard deviation, or half the range where it is uniform. The sum never falls below 0." example:"5ms"`
	// JitterDistribution is normal, uniform or pareto; normal by default.
	JitterDistribution *string `yaml:"jitterDistribution" enum:"normal uniform pareto" default:"normal" doc:"The distribution of the jitter." example:"pareto"`
	// JitterCorrelation is how much of a packet's jitter is that of the packet before it, from 0 to 1; 0 by default.
	JitterCorrelation *float64 `yaml:"jitterCorrelation" default:"0" doc:"How much of a packet's jitter is that of the packet before it, from 0 to 1." example:"0.5"`
	// Reorder lets packets overtake each other by jitter; false by default.
	Reorder *bool `yaml:"reorder" default:"false" doc:"Whether packets may overtake each other by jitter. Otherwise one never arrives before its predecessor." example:"true"`
	// Loss is the share of packets that get lost; 0 by default. Where Burst is nil, each is independent of the others.
	Loss *Share `yaml:"loss" default:"0%" doc:"The share of packets that get lost: each independent of the others, unless there is a burst." example:"0.5%"`
	// Burst is the mean length of a burst of lost packets (Gilbert's model); nil: none. Where Loss is 0 it means nothing.
	Burst *Burst `yaml:"burst" default:"none" doc:"The mean number of packets that get lost in a row (Gilbert's model). It needs loss, and is larger than loss / (1 - loss) rounded up." example:"3"`
	// GilbertElliott is the loss in two states; nil: none.
	GilbertElliott *GilbertElliott `yaml:"gilbertElliott" default:"none" doc:"Loss in two states, good and bad (the Gilbert-Elliott model), instead of loss and burst." example:"{p: 1%, r: 50%}"`
	// Rate is the capacity; nil: unlimited.
	Rate *Capacity `yaml:"rate" default:"unlimited" doc:"The capacity in bits per second, or unlimited." example:"10Mbps"`
	// Queue is how much may wait for the capacity; 1000 packets by default.
	Queue *Queue `yaml:"queue" default:"1000" doc:"How much may wait when rate is used up: a number of packets, or a size in bytes." example:"64KB"`
	// Overhead is what the headers add to the payload of each packet; 28 bytes by default.
	Overhead *Overhead `yaml:"overhead" default:"28" doc:"The bytes of headers that count with each packet: those of IPv4 and UDP." example:"46"`
	// MTU is the size of the largest packet, with its IPv4 and UDP headers; 1500 bytes by default, 0: no limit.
	MTU *MTU `yaml:"mtu" default:"1500" doc:"The size of the largest packet in bytes, with the 28 of its IPv4 and UDP headers, or none. A larger one is dropped." example:"1280"`
	// AQM is the active queue management; nil: none, which is tail drop.
	AQM *AQM `yaml:"aqm" default:"none" doc:"The active queue management: codel (RFC 8289), {codel: {target: 5ms, interval: 100ms}}, or none, which drops what finds the queue full." example:"codel"`
	// Duplicate is the share of packets that arrive twice; 0 by default.
	Duplicate *Share `yaml:"duplicate" default:"0%" doc:"The share of packets that arrive twice." example:"1%"`
	// Corrupt is the share of packets of which one bit is flipped; 0 by default.
	Corrupt *Share `yaml:"corrupt" default:"0%" doc:"The share of packets of whose payload one bit is flipped." example:"0.1%"`
	// RateTrace is a capacity that varies; nil: none.
	RateTrace *RateTrace `yaml:"rateTrace" default:"none" doc:"A capacity that varies, instead of rate: a mahimahi trace, which is a list of the milliseconds at which 1500 bytes can pass, repeated. The name of a file beside the scenario, or the list itself." example:"[2, 4, 12]"`
	// Drop are rules that drop packets; nil: none.
	Drop DropRules `yaml:"drop" default:"none" doc:"Rules that drop packets by what they are. Each direction counts for itself." example:"[{match: {protocol: dtls, type: server-hello}, first: 1}]"`
}

// linkKeys are the keys under link: those of a direction, which hold for both, and each direction's own.
type linkKeys struct {
	Direction
	Up   Direction `yaml:"up" doc:"What leads out." example:"{rate: 10Mbps}"`
	Down Direction `yaml:"down" doc:"What leads in." example:"{rate: 50Mbps}"`
}

func (l *Link) read(r *reader, n *yaml.Node) {
	before := r.failures
	var keys linkKeys
	r.fields(n, reflect.ValueOf(&keys).Elem())
	levels := []*yaml.Node{n, resolved(valueOf(n, "up")), resolved(valueOf(n, "down"))}
	for i, d := range []Direction{keys.Direction, keys.Up, keys.Down} {
		d.check(r, mappingOf(levels[i]))
	}
	l.Up = keys.Up.preset((*Profile).up).over(keys.Direction.preset((*Profile).up))
	l.Down = keys.Down.preset((*Profile).down).over(keys.Direction.preset((*Profile).down))
	if r.failures > before {
		return
	}
	l.Up.checkBurst(r, mappingOf(levels[1]), mappingOf(n))
	l.Down.checkBurst(r, mappingOf(levels[2]), mappingOf(n))
}

// check says which keys of one mapping exclude each other.
func (d Direction) check(r *reader, pairs []pair) {
	if c := d.JitterCorrelation; c != nil && *c > 1 {
		r.errorf(keyPos(pairs, "jitterCorrelation"), "out-of-range", "", "%v is not between 0 and 1", *c)
	}
	if d.GilbertElliott != nil && !d.GilbertElliott.none() && (d.Loss != nil || d.Burst != nil) {
		r.errorf(keyPos(pairs, "gilbertElliott"), "two-settings", "leave out one of them", "gilbertElliott takes the place of loss and burst")
	}
	if d.RateTrace != nil && !d.RateTrace.none() && d.Rate != nil {
		r.errorf(keyPos(pairs, "rateTrace"), "two-settings", "leave out one of them", "rateTrace takes the place of rate")
	}
}

// checkBurst says what is wrong between a direction's burst and its loss, which are in the first mapping that has them.
func (d Direction) checkBurst(r *reader, levels ...[]pair) {
	if d.Burst == nil || *d.Burst == 0 {
		return
	}
	var pos Pos
	for _, pairs := range slices.Backward(levels) {
		if p := keyPos(pairs, "burst"); p != (Pos{}) {
			pos = p
		}
	}
	switch {
	case d.Loss == nil:
		r.errorf(pos, "missing-key", "such as {loss: 5%, burst: 3}", "burst says how packets get lost, and needs loss")
	case float64(*d.Burst) <= leastBurst(*d.Loss):
		r.errorf(pos, "out-of-range", burstHint(*d.Loss), "bursts of %v packets are too short for a loss of %v", *d.Burst, *d.Loss)
	}
}

// leastBurst is what the mean length of a burst must exceed: that of independent loss, rounded up.
func leastBurst(loss Share) float64 { return math.Ceil(float64(loss / (1 - loss))) }

func burstHint(loss Share) string {
	if loss == 1 {
		return "what loses everything has no bursts"
	}
	return fmt.Sprintf("more than %v, which is loss / (1 - loss) rounded up", leastBurst(loss))
}

// preset returns the direction with what is not set taken from its profile, of which way returns one direction.
func (d Direction) preset(way func(*Profile) Direction) Direction {
	if d.Profile == nil {
		return d
	}
	p := ProfileOf(*d.Profile)
	if p == nil {
		return d // told when it was read
	}
	return d.over(way(p))
}

// over returns the direction with what is not set taken from another one.
func (d Direction) over(other Direction) Direction {
	if d.GilbertElliott != nil && !d.GilbertElliott.none() {
		other.Loss, other.Burst = nil, nil
	} else if d.Loss != nil {
		other.GilbertElliott = nil
	}
	if d.RateTrace != nil && !d.RateTrace.none() {
		other.Rate = nil
	} else if d.Rate != nil {
		other.RateTrace = nil
	}
	own, others := reflect.ValueOf(&d).Elem(), reflect.ValueOf(other)
	for i := range own.NumField() {
		if own.Field(i).IsNil() {
			own.Field(i).Set(others.Field(i))
		}
	}
	return d
}

// settled returns the direction without values that say that there is none.
func (d Direction) settled() Direction {
	if d.GilbertElliott != nil && d.GilbertElliott.none() {
		d.GilbertElliott = nil
	}
	if d.Burst != nil && *d.Burst == 0 {
		d.Burst = nil
	}
	if d.Rate != nil && *d.Rate == 0 {
		d.Rate = nil
	}
	if d.RateTrace != nil && d.RateTrace.none() {
		d.RateTrace = nil
	}
	if d.AQM != nil && d.AQM.CoDel == nil {
		d.AQM = nil
	}
	if len(d.Drop) == 0 {
		d.Drop = nil
	}
	return d
}

// settled returns the link as it is when no change is about it.
func (l Link) settled() Link { return Link{l.Up.settled(), l.Down.settled()} }

// With returns the link as a change leaves it: what the change does not set stays. A loss replaces Gilbert and Elliott's, a
// rate replaces a trace, and the other way round.
func (l Link) With(change Link) Link {
	return Link{change.Up.over(l.Up).settled(), change.Down.over(l.Down).settled()}
}

// RoundTrip returns the time that propagation takes up and down the link.
func (l Link) RoundTrip() time.Duration {
	var sum time.Duration
	for _, d := range []*time.Duration{l.Up.Delay, l.Down.Delay} {
		if d != nil {
			sum += *d
		}
	}
	return sum
}

// String returns what is set, such as: up delay 20ms loss 30%, down loss 30%.
func (l Link) String() string {
	up, down := l.Up.String(), l.Down.String()
	switch {
	case up == down:
		return up
	case up == "":
		return "down " + down
	case down == "":
		return "up " + up
	}
	return "up " + up + ", down " + down
}

// String returns what is set, such as: delay 20ms loss 30%.
func (d Direction) String() string {
	var parts []string
	v := reflect.ValueOf(d)
	for _, f := range fieldsOf(v.Type()) {
		if value := v.FieldByIndex(f.index); !value.IsNil() {
			parts = append(parts, fmt.Sprintf("%s %v", f.key, reflect.Indirect(value)))
		}
	}
	return strings.Join(parts, " ")
}

// Burst is a mean number of packets that get lost in a row. Files have a number, or none, which is 0.
type Burst float64

func (b *Burst) read(r *reader, n *yaml.Node) {
	if isWord(n, "none") {
		return
	}
	r.number(n, reflect.ValueOf(b).Elem())
}

func (b Burst) String() string {
	if b == 0 {
		return "none"
	}
	return strconv.FormatFloat(float64(b), 'g', 6, 64)
}

// GilbertElliott is loss in two states, good and bad, between which each packet may change. The zero value stands for none.
type GilbertElliott struct {
	Pos
	// P is the probability to change from good to bad, R that to change from bad to good. Neither is 0.
	P Share `yaml:"p" required:"true" doc:"The probability with which a packet changes the state from good to bad." example:"1%"`
	R Share `yaml:"r" required:"true" doc:"The probability with which a packet changes the state from bad to good." example:"50%"`
	// LossGood and LossBad are the loss in each state.
	LossGood Share `yaml:"lossGood" default:"0%" doc:"The share of packets that get lost in the good state." example:"0.1%"`
	LossBad  Share `yaml:"lossBad" default:"100%" doc:"The share of packets that get lost in the bad state." example:"80%"`
}

func (g *GilbertElliott) none() bool { return g.P == 0 }

func (g *GilbertElliott) read(r *reader, n *yaml.Node) {
	before := r.failures
	switch {
	case isWord(n, "none"):
		return
	case n.Kind == yaml.ScalarNode:
		r.expected(n, "the probabilities of the model", "such as {p: 1%, r: 50%}, or none")
		return
	}
	r.fields(n, reflect.ValueOf(g).Elem())
	if r.failures == before && (g.P == 0 || g.R == 0) {
		r.errorf(position(n), "out-of-range", "gilbertElliott: none is no loss of this kind", "neither p nor r can be 0: a state would have no end")
	}
}

func (g GilbertElliott) String() string {
	if g.none() {
		return "none"
	}
	return fmt.Sprintf("p %v r %v lossGood %v lossBad %v", g.P, g.R, g.LossGood, g.LossBad)
}

// Capacity is in bits per second; 0 is unlimited.
type Capacity Rate

func (c *Capacity) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "unlimited"):
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && !quantity.MatchString(n.Value):
		r.errorf(position(n), "wrong-type", "a number with a unit, such as 768kbps or 10Mbps, or unlimited", "%s is not a rate", quote(n.Value))
	default:
		r.scalar(n, reflect.ValueOf((*Rate)(c)).Elem(), field{})
	}
}

func (c Capacity) String() string {
	if c == 0 {
		return "unlimited"
	}
	return Rate(c).String()
}

// A Queue is the room for packets that wait: so many packets, or so many bytes where Bytes is not 0.
type Queue struct {
	Packets int
	Bytes   Size
}

func (q Queue) String() string {
	if q.Bytes != 0 {
		return q.Bytes.String()
	}
	return fmt.Sprint(q.Packets, " packets")
}

func (q *Queue) read(r *reader, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" {
		r.scalar(n, reflect.ValueOf(&q.Bytes).Elem(), field{})
		return
	}
	packets, err := strconv.Atoi(n.Value)
	if err != nil || packets < 1 || packets > 1e6 {
		r.errorf(position(n), "out-of-range", "", "%s packets is not between 1 and 1000000", n.Value)
	}
	q.Packets = packets
}

// Overhead is a number of bytes. Files have the number itself, or a size with its unit, as for MTU.
type Overhead int

// maxOverhead is the largest overhead.
const maxOverhead = 1500

func (o Overhead) String() string { return fmt.Sprint(int(o), "B") }

func (o *Overhead) read(r *reader, n *yaml.Node) {
	*o = Overhead(r.bytes(n, 0, maxOverhead))
}

// bytes reads a number of bytes between two bounds: the number itself, or a size with its unit.
func (r *reader) bytes(n *yaml.Node, least, most Size) Size {
	before := r.failures
	var size Size
	target := reflect.ValueOf(&size).Elem()
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		r.number(n, target)
	} else {
		r.scalar(n, target, field{})
	}
	if r.failures == before && (size < least || size > most) {
		r.errorf(position(n), "out-of-range", "", "%s is not between %d and %d bytes", n.Value, least, most)
	}
	return size
}

// MTU is the size of the largest packet in bytes, with its IPv4 and UDP headers; 0 is no limit.
type MTU int

const (
	// leastMTU is what every link of the internet must carry, by RFC 791.
	leastMTU = 68
	// maxPacket is the size of the largest IPv4 packet.
	maxPacket = 65535
)

func (m *MTU) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "none"):
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && !quantity.MatchString(n.Value):
		r.expected(n, "a number of bytes", "such as 1280, 1.5KB or none")
		return
	}
	*m = MTU(r.bytes(n, leastMTU, maxPacket))
}

func (m MTU) String() string {
	if m == 0 {
		return "none"
	}
	return fmt.Sprint(int(m), "B")
}

// AQM is active queue management.
type AQM struct {
	// CoDel is the management of RFC 8289; nil: none, which is tail drop.
	CoDel *CoDel `yaml:"codel" required:"true" doc:"Controlled delay (RFC 8289)." example:"{target: 5ms, interval: 100ms}"`
}

// CoDel holds the parameters of RFC 8289.
type CoDel struct {
	Target   time.Duration `yaml:"target" default:"5ms" doc:"The delay in the queue that is acceptable for ever." example:"15ms"`
	Interval time.Duration `yaml:"interval" default:"100ms" doc:"How long the delay may exceed the target until packets are dropped: about the longest round trip." example:"300ms"`
}

func (a *AQM) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "none"):
	case isWord(n, "codel"):
		a.CoDel = new(CoDel)
		r.defaults(reflect.ValueOf(a.CoDel).Elem())
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.unknown(position(n), "unknown-value", "value", n.Value, []string{"codel", "none"})
	default:
		r.fields(n, reflect.ValueOf(a).Elem())
	}
}

func (c *CoDel) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(c).Elem())
	if r.failures == before && (c.Target == 0 || c.Interval <= c.Target) {
		r.errorf(position(n), "out-of-range", "RFC 8289 says 5ms and 100ms", "target is some time, and interval longer than target")
	}
}

func (a AQM) String() string {
	if a.CoDel == nil {
		return "none"
	}
	return fmt.Sprintf("codel %v %v", a.CoDel.Target, a.CoDel.Interval)
}

// Links yields every link of the scenario: those of networks, servers and peers, and what steps set.
func (s *Scenario) Links() iter.Seq[*Link] {
	return func(yield func(*Link) bool) {
		visit := func(l *Link) bool { return l == nil || yield(l) }
		for _, n := range s.Networks {
			if !visit(&n.Link) {
				return
			}
		}
		for _, server := range s.Servers {
			if !visit(server.Link) {
				return
			}
		}
		for _, p := range s.Peers {
			for _, i := range p.Interfaces {
				if !visit(i.Link) {
					return
				}
			}
		}
		for step := range s.All() {
			if !visit(step.link()) {
				return
			}
		}
	}
}

// link returns the link that the step sets, nil if it sets none.
func (s *Step) link() *Link {
	switch a := s.Action.(type) {
	case *ChangeNetwork:
		if a.Set != nil {
			return a.Set.Link
		}
	case *ChangeInterface:
		if a.Set != nil {
			return a.Set.Link
		}
	case *ChangeServer:
		if a.Set != nil {
			return a.Set.Link
		}
	}
	return nil
}
