package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// topologyLink tells what a link does.
func topologyLink(l scenario.Link) *recorder.TopologyLink {
	return &recorder.TopologyLink{Up: topologyDirection(l.Up), Down: topologyDirection(l.Down)}
}

// topologyDirection tells what one direction of a link does. What a scenario sets to what it would be anyway is not told.
func topologyDirection(d scenario.Direction) recorder.TopologyDirection {
	var t recorder.TopologyDirection
	set(&t.Profile, d.Profile)
	set(&t.Delay, d.Delay)
	if d.Rate != nil {
		t.Rate = int64(*d.Rate)
	}
	add := func(tell bool, format string, args ...any) {
		if tell {
			t.Settings = append(t.Settings, fmt.Sprintf(format, args...))
		}
	}
	if d.Jitter != nil && *d.Jitter > 0 {
		text := fmt.Sprint("jitter ", *d.Jitter)
		if d.JitterDistribution != nil {
			text += " " + *d.JitterDistribution
		}
		if c := d.JitterCorrelation; c != nil && *c > 0 {
			text += fmt.Sprint(" correlation ", *c)
		}
		add(true, "%s", text)
	}
	add(d.Reorder != nil && *d.Reorder, "reorder")
	if d.Loss != nil && *d.Loss > 0 {
		text := fmt.Sprint("loss ", *d.Loss)
		if d.Burst != nil {
			text += fmt.Sprint(" burst ", *d.Burst)
		}
		add(true, "%s", text)
	}
	add(d.GilbertElliott != nil, "gilbertElliott %v", d.GilbertElliott)
	add(d.RateTrace != nil, "rateTrace %v", d.RateTrace)
	add(d.Queue != nil, "queue %v", d.Queue)
	add(d.Overhead != nil, "overhead %v", d.Overhead)
	add(d.MTU != nil, "mtu %v", d.MTU)
	add(d.AQM != nil, "aqm %v", d.AQM)
	add(d.Duplicate != nil && *d.Duplicate > 0, "duplicate %v", d.Duplicate)
	add(d.Corrupt != nil && *d.Corrupt > 0, "corrupt %v", d.Corrupt)
	add(len(d.Drop) > 0, "drop %v", d.Drop)
	return t
}

// topologyNAT says in words what a NAT does, in the terms of RFC 4787.
func topologyNAT(n *scenario.NAT) string {
	parts := []string{n.String()}
	if !n.OneToOne {
		if n.Alias() != "" {
			parts = append(parts, "mapping "+n.Mapping, "filtering "+n.Filtering)
		}
		parts = append(parts, lifetime(n.Lifetime))
	}
	if n.Hairpin {
		parts = append(parts, "hairpin")
	}
	return strings.Join(parts, ", ")
}

// topologyFirewall says in words what a firewall does, with its rules in their order.
func topologyFirewall(f *scenario.Firewall) string {
	parts := []string{f.UDP}
	if f.UDP == "outbound-only" {
		parts = append(parts, lifetime(f.Lifetime))
	}
	for _, r := range f.Rules {
		parts = append(parts, r.String())
	}
	return strings.Join(parts, ", ")
}

// lifetime tells a lifetime as a scenario does, without seconds where there are none.
func lifetime(d time.Duration) string {
	if d%time.Minute == 0 {
		return "lifetime " + strings.TrimSuffix(d.String(), "0s")
	}
	return "lifetime " + d.String()
}
