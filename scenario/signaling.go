package scenario

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Signaling is how messages between the applications travel, beside the peer connection.
type Signaling struct {
	// Delay is the one-way delay of a message, 0 by default.
	Delay time.Duration `yaml:"delay" default:"0s" doc:"The one-way delay of a signaling message." example:"40ms"`
	// Jitter is the standard deviation of what is added to the delay, 0 by default.
	Jitter time.Duration `yaml:"jitter" default:"0s" doc:"The standard deviation of what is added to the delay." example:"5ms"`
	// Loss is the share of messages that get lost, each independent of the others.
	Loss Share `yaml:"loss" default:"0%" doc:"The share of messages that get lost." example:"1%"`
	// Order tells that the messages from one peer to another keep their order.
	Order bool `yaml:"order" default:"true" doc:"Whether the messages from one peer to another keep their order. Otherwise jitter may swap them." example:"false"`
	// Down tells that messages get lost from the beginning.
	Down bool `yaml:"down" default:"false" doc:"Whether signaling is down at first: every message gets lost." example:"true"`
}

// ChangeSignaling changes how messages between the applications travel.
type ChangeSignaling struct {
	Change SignalingChange `yaml:"signaling" required:"true" doc:"Changes the signaling network: down, up, {down: 2s}, or settings of it, while others stay." example:"{delay: 2s, loss: 10%}"`
}

// A SignalingChange is a change to signaling. What is nil stays as it is.
type SignalingChange struct {
	Delay  *time.Duration `yaml:"delay" doc:"The one-way delay of messages from now on." example:"2s"`
	Jitter *time.Duration `yaml:"jitter" doc:"The standard deviation of what is added to the delay." example:"100ms"`
	Loss   *Share         `yaml:"loss" doc:"The share of messages that get lost." example:"10%"`
	Order  *bool          `yaml:"order" doc:"Whether messages keep their order." example:"false"`
	// Outage begins an outage, in which every message that is sent gets lost.
	Outage `yaml:"down" doc:"true: every message that is sent gets lost from now on; a duration: for that long." example:"2s"`
	// Up ends an outage.
	Up bool `yaml:"up" doc:"true: messages arrive again." example:"true"`
}

// With returns the settings as a change leaves them. It does not begin or end an outage.
func (s Signaling) With(change SignalingChange) Signaling {
	if change.Delay != nil {
		s.Delay = *change.Delay
	}
	if change.Jitter != nil {
		s.Jitter = *change.Jitter
	}
	if change.Loss != nil {
		s.Loss = *change.Loss
	}
	if change.Order != nil {
		s.Order = *change.Order
	}
	return s
}

func (c *SignalingChange) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "down"):
		c.Down = true
		return
	case isWord(n, "up"):
		c.Up = true
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str":
		r.unknown(position(n), "unknown-value", "value", n.Value, []string{"down", "up"})
		return
	}
	before := r.failures
	r.fields(n, reflect.ValueOf(c).Elem())
	switch {
	case r.failures > before:
	case c.Down && c.Up:
		r.errorf(position(n), "two-actions", "down: 2s is up again by itself", "signaling cannot go down and up in one step")
	case c.String() == "":
		r.errorf(position(n), "no-action", "down, up, {down: 2s} or such as {delay: 2s, loss: 10%}", "nothing changes")
	}
}

// Settings returns the settings that change, such as: delay 2s loss 10%.
func (c *SignalingChange) Settings() string {
	var parts []string
	add := func(key string, value any) {
		if v := reflect.ValueOf(value); !v.IsNil() {
			parts = append(parts, fmt.Sprintf("%s %v", key, v.Elem()))
		}
	}
	add("delay", c.Delay)
	add("jitter", c.Jitter)
	add("loss", c.Loss)
	add("order", c.Order)
	return strings.Join(parts, " ")
}

// String returns the change in words, such as: delay 2s, or down 2s.
func (c *SignalingChange) String() string {
	return strings.TrimSpace(c.Settings() + c.Outage.text(c.Up))
}

func (c *ChangeSignaling) text() string { return "signaling: " + c.Change.String() }
