package scenario

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Network is a place where peers are.
type Network struct {
	Pos
	Name string
	// Link is the way between the network and the rest of the internet.
	Link Link `yaml:"link" doc:"The way between the network and the rest of the internet. Values directly under link hold for both directions; up and down override them." example:"{delay: 20ms, down: {rate: 50Mbps}, up: {rate: 10Mbps}}"`
}

// A Link is the way between a network and the rest of the internet, as seen from the network:
// Up leads out, Down leads in. What the file says directly under link is in both.
type Link struct {
	Up, Down Direction
}

// A Direction is one direction of a link. What is nil was not set: in a network it has its default, in a change
// to a network it stays as it is.
type Direction struct {
	// Delay is the one-way propagation delay; 0 by default.
	Delay *time.Duration `yaml:"delay" default:"0s" doc:"The one-way propagation delay." example:"20ms"`
	// Jitter is the standard deviation of what is added to the delay; 0 by default.
	Jitter *time.Duration `yaml:"jitter" default:"0s" doc:"The standard deviation of what is added to the delay. A packet never overtakes the one before it." example:"5ms"`
	// Loss is the share of packets that get lost, each independent of the others; 0 by default.
	Loss *Share `yaml:"loss" default:"0%" doc:"The share of packets that get lost, each independent of the others." example:"0.5%"`
	// Rate is the capacity; unlimited by default. It is never 0.
	Rate *Rate `yaml:"rate" default:"unlimited" doc:"The capacity in bits per second." example:"10Mbps"`
	// Queue is how much may wait for the capacity; 1000 packets by default.
	Queue *Queue `yaml:"queue" default:"1000" doc:"How much may wait when rate is used up: a number of packets, or a size in bytes." example:"64KB"`
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
			parts = append(parts, fmt.Sprintf("%s %v", f.key, value.Elem()))
		}
	}
	return strings.Join(parts, " ")
}

// linkKeys are the keys under link: those of a direction, which hold for both, and each direction's own.
type linkKeys struct {
	Direction
	Up   Direction `yaml:"up" doc:"What leads out of the network." example:"{rate: 10Mbps}"`
	Down Direction `yaml:"down" doc:"What leads into the network." example:"{rate: 50Mbps}"`
}

func (l *Link) read(r *reader, n *yaml.Node) {
	var keys linkKeys
	r.fields(n, reflect.ValueOf(&keys).Elem())
	l.Up, l.Down = keys.Up.or(keys.Direction), keys.Down.or(keys.Direction)
}

// or returns the direction with what is not set taken from both.
func (d Direction) or(both Direction) Direction {
	own, shared := reflect.ValueOf(&d).Elem(), reflect.ValueOf(both)
	for i := range own.NumField() {
		if own.Field(i).IsNil() {
			own.Field(i).Set(shared.Field(i))
		}
	}
	return d
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
