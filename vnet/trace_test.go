package vnet

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// parseTrace returns the trace with opportunities at the milliseconds in a text.
func parseTrace(t *testing.T, text string) *RateTrace {
	t.Helper()
	var times []int
	for _, word := range strings.Fields(text) {
		ms, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, ms)
	}
	return NewRateTrace(times)
}

// The arrivals follow from mahimahi's rules by hand. Packets have 28 bytes of
// headers.
func TestRateTraceByHand(t *testing.T) {
	const ms = time.Millisecond
	type sent struct {
		at   time.Duration
		size int // with its headers
	}
	for _, test := range []struct {
		name, trace string
		packets     []sent
		want        []time.Duration
	}{
		{"one each", "1 4 5", []sent{{0, 1500}, {0, 1500}, {0, 1500}, {0, 1500}, {0, 1500}},
			[]time.Duration{1 * ms, 4 * ms, 5 * ms, 6 * ms, 9 * ms}},
		{"several share one", "2 3", []sent{{0, 500}, {0, 500}, {0, 500}, {0, 500}},
			[]time.Duration{2 * ms, 2 * ms, 2 * ms, 3 * ms}},
		{"one is spread", "2 3", []sent{{0, 1000}, {0, 1000}, {0, 1000}, {0, 1000}},
			[]time.Duration{2 * ms, 3 * ms, 3 * ms, 5 * ms}},
		{"the same time", "2 2 3", []sent{{0, 1500}, {0, 1500}, {0, 1500}, {0, 1500}},
			[]time.Duration{2 * ms, 2 * ms, 3 * ms, 5 * ms}},
		{"from the start", "0 2", []sent{{0, 1500}, {0, 1500}, {0, 1500}}, // 0 is over, 2 comes twice
			[]time.Duration{2 * ms, 2 * ms, 4 * ms}},
		{"at an opportunity", "2 7", []sent{{2 * ms, 100}}, []time.Duration{7 * ms}},
		{"before an opportunity", "2 7", []sent{{2*ms - 1, 100}}, []time.Duration{2 * ms}},
		{"what is left is lost", "2 3", []sent{{0, 100}, {2*ms + 1, 1500}, {3*ms + 1, 1500}},
			[]time.Duration{2 * ms, 3 * ms, 5 * ms}},
		{"at the end", "1 4", []sent{{4 * ms, 100}, {7 * ms, 100}, {8*ms - 1, 100}}, []time.Duration{5 * ms, 8 * ms, 8 * ms}},
		{"after a long time", "3 10", []sent{{time.Hour, 100}, {time.Hour + 3*ms, 100}},
			[]time.Duration{time.Hour + 3*ms, time.Hour + 10*ms}},
	} {
		trace := parseTrace(t, strings.ReplaceAll(test.trace, " ", "\n"))
		l := newTestLink(Direction{RateTrace: trace, Rate: 1})
		for _, p := range test.packets {
			l.until(p.at)
			l.send(p.size-overhead, p.at)
		}
		t.Run(test.name, func(t *testing.T) { l.wantArrivals(t, test.want...) })
	}
}

// A trace that is set later has had its opportunities, too, and one that was
// flushed owes nothing.
func TestRateTraceChanges(t *testing.T) {
	const ms = time.Millisecond
	l := newTestLink(Direction{RateTrace: parseTrace(t, "100")})
	l.send(1472, 0)
	l.send(1472, 0)
	l.until(100 * ms)
	l.RateTrace = parseTrace(t, "7") // the packet that is being sent goes at 200 ms
	l.send(1472, 101*ms)
	l.until(205 * ms)
	l.flush(NetworkDown)
	l.send(1472, 206*ms)
	l.wantArrivals(t, 100*ms, 200*ms, 203*ms, 210*ms)

	l = newTestLink(Direction{RateTrace: parseTrace(t, "10")})
	l.MTU = 65535
	l.send(60000, 0) // 41 opportunities
	l.until(5 * ms)
	l.flush(NetworkDown)
	l.send(0, 6*ms)
	l.wantArrivals(t, 10*ms)
}
