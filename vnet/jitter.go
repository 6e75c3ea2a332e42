package vnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A Distribution is the shape of a link's jitter. Each has the mean 0.
type Distribution uint8

const (
	// Normal is the normal distribution whose standard deviation is the
	// jitter.
	Normal Distribution = iota

	// Uniform is the uniform distribution from -jitter to +jitter.
	Uniform

	// Pareto is the Pareto distribution of shape 3, shifted to the mean 0 and
	// scaled to a standard deviation of the jitter: jitter × (X-1.5)/√0.75,
	// where X exceeds x with the probability x⁻³. Most packets are a little
	// early, by 0.58 × jitter at most, and few are very late.
	Pareto
)

// String returns normal, uniform or pareto.
func (d Distribution) String() string {
	switch d {
	case Normal:
		return "normal"
	case Uniform:
		return "uniform"
	case Pareto:
		return "pareto"
	}
	return fmt.Sprintf("Distribution(%d)", uint8(d))
}

// quantile is the value, in units of the jitter, below which a number from
// the distribution lies with the probability u, where 0 < u < 1. All
// distributions make theirs from one u, so that another one does not draw
// another amount, and a packet that is late in one is late in all.
func (d Distribution) quantile(u float64) float64 {
	switch d {
	case Uniform:
		return 2*u - 1
	case Pareto:
		return (1/math.Cbrt(1-u) - 1.5) / math.Sqrt(0.75)
	}
	return math.Sqrt2 * math.Erfinv(2*u-1)
}

// jitters makes the deviations from a direction's delay.
type jitters struct {
	draws *rand.Rand
	last  float64 // the last deviation, in units of the jitter
}

// maxDeviation keeps the sums of times from overflowing, whatever the jitter.
const maxDeviation = float64(10 * 365 * 24 * time.Hour)

// next draws for one packet and returns its deviation.
func (j *jitters) next(d *Direction) time.Duration {
	// The middle of one of 2⁵² equal parts: neither 0 nor 1.
	u := (float64(j.draws.Uint64()>>12) + 0.5) / (1 << 52)
	j.last = d.JitterDistribution.quantile(u)*(1-d.JitterCorrelation) + j.last*d.JitterCorrelation
	deviation := math.Round(j.last * float64(d.Jitter))
	return time.Duration(min(max(deviation, -maxDeviation), maxDeviation))
}
