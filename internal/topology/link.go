package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// link says what a link does in each direction, and what round trip its delays add up to.
func (d *drawing) link(l *recorder.TopologyLink) []span {
	up, down := direction(l.Up), direction(l.Down)
	var parts []span
	switch {
	case up == "" && down == "":
		parts = append(parts, span{d.style.dim, "perfect"})
	case up == down:
		parts = append(parts, span{d.style.plain, up + " each way"})
	default:
		for _, way := range []struct{ name, text string }{{"up", up}, {"down", down}} {
			if way.text == "" {
				way.text = "perfect"
			}
			parts = append(parts, span{d.style.plain, way.name + " " + way.text})
		}
	}
	if trip := l.Up.Delay + l.Down.Delay; trip > 0 {
		parts = append(parts, span{d.style.plain, fmt.Sprintf("round trip %v", trip)})
	}
	switch {
	case l.Up.Profile == l.Down.Profile:
		parts = append(parts, span{d.style.dim, l.Up.Profile})
	case l.Up.Profile == "":
		parts = append(parts, span{d.style.dim, "down " + l.Down.Profile})
	case l.Down.Profile == "":
		parts = append(parts, span{d.style.dim, "up " + l.Up.Profile})
	default:
		parts = append(parts, span{d.style.dim, "up " + l.Up.Profile + ", down " + l.Down.Profile})
	}
	return parts
}

// direction says what a link does in one direction; nothing, if it does nothing.
func direction(way recorder.TopologyDirection) string {
	var words []string
	if way.Rate > 0 {
		words = append(words, rate(way.Rate))
	}
	if way.Delay > 0 {
		words = append(words, way.Delay.String())
	}
	if first := strings.Join(words, " "); first != "" {
		return strings.Join(slices.Insert(slices.Clone(way.Settings), 0, first), ", ")
	}
	return strings.Join(way.Settings, ", ")
}

// rate says how many bits per second there are, as a scenario does.
func rate(bits int64) string {
	switch {
	case bits >= 1e9 && bits%1e6 == 0:
		return fmt.Sprintf("%vGbps", float64(bits)/1e9)
	case bits >= 1e6 && bits%1e3 == 0:
		return fmt.Sprintf("%vMbps", float64(bits)/1e6)
	case bits >= 1e3:
		return fmt.Sprintf("%vkbps", float64(bits)/1e3)
	}
	return fmt.Sprintf("%dbps", bits)
}
