package vnet

import (
	"sort"
	"time"
)

// A RateTrace is the recorded capacity of a link, as mahimahi has it: a list
// of opportunities, at each of which the link carries 1500 bytes. The last
// one is the trace's length, after which it begins anew.
//
// A packet may take what another one left of an opportunity, and may be spread
// over several; it is through at the time of the one that carries its last
// byte. What an opportunity does not carry is lost: it serves only packets
// that were there before its time.
type RateTrace struct {
	times []time.Duration // never falling
}

// opportunity is what a link carries at a time of its trace, in bytes.
const opportunity = 1500

// NewRateTrace returns the trace with opportunities at so many milliseconds,
// which never fall. The last must not be 0.
func NewRateTrace(milliseconds []int) *RateTrace {
	t := &RateTrace{}
	for _, ms := range milliseconds {
		t.times = append(t.times, time.Duration(ms)*time.Millisecond)
	}
	return t
}

func (t *RateTrace) length() time.Duration { return t.times[len(t.times)-1] }

// at is the time of the n-th opportunity, counted from 0 over all
// repetitions.
func (t *RateTrace) at(n int) time.Duration {
	return time.Duration(n/len(t.times))*t.length() + t.times[n%len(t.times)]
}

// after is the number of the first opportunity after now.
func (t *RateTrace) after(now time.Duration) int {
	rounds := now / t.length()
	now -= rounds * t.length()
	return int(rounds)*len(t.times) + sort.Search(len(t.times), func(i int) bool { return t.times[i] > now })
}

// credit is what a link has left of its trace: so many bytes of the n-th
// opportunity, and all that comes after it.
type credit struct {
	trace *RateTrace
	n     int
	bytes int
}

// spend sends so many bytes of a packet that came to the link at entered and
// to its turn at now. It returns the time at which they are through.
func (c *credit) spend(trace *RateTrace, bytes int, entered, now time.Duration) time.Duration {
	if c.trace != trace {
		*c = credit{trace: trace}
	}
	if n := max(trace.after(entered), trace.after(now-1)); n > c.n || c.bytes == 0 {
		c.n, c.bytes = max(n, c.n), opportunity
	}
	for ; bytes > c.bytes; c.bytes = opportunity {
		bytes -= c.bytes
		c.n++
	}
	c.bytes -= bytes
	through := trace.at(c.n)
	if c.bytes == 0 {
		c.n++
	}
	return through
}
