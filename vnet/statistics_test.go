package vnet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The tests in this file hold what links do against theory, with many packets
// each. A result may differ from theory by so many standard deviations of the
// estimator, which follow from theory, too. A normal estimator exceeds that
// once in 147,000 times. The streams are fixed, so the result never changes
// by itself.
const sigmas = 4.5

// many is the number of packets in each test.
const many = 100_000

func near(t *testing.T, what string, got, want, sigma float64) {
	t.Helper()
	if !(math.Abs(got-want) <= sigmas*sigma) {
		t.Errorf("%s: %v, want %v ± %v", what, got, want, sigmas*sigma)
	}
}

// nearShare is near for the share of n independent events of probability p.
func nearShare(t *testing.T, what string, events, n int, p float64) {
	t.Helper()
	near(t, what, float64(events)/float64(n), p, math.Sqrt(p*(1-p)/float64(n)))
}

func TestLossShare(t *testing.T) {
	for _, p := range []float64{0, 0.001, 0.01, 0.1, 0.5, 1} {
		l := newTestLink(Direction{Loss: p})
		l.stream(many, 0, 0)
		nearShare(t, fmt.Sprint("loss ", p), l.dropped[Loss], many, p)
	}
}

// A run is a number of packets in a row that are all lost, or all not.
func runs(lost []bool) (ofLost, ofOthers []int) {
	n := 0
	for i, l := range lost {
		n++
		if i+1 < len(lost) && lost[i+1] == l {
			continue
		}
		if l {
			ofLost = append(ofLost, n)
		} else {
			ofOthers = append(ofOthers, n)
		}
		n = 0
	}
	return ofLost, ofOthers
}

func sum(numbers []int) (sum int) {
	for _, n := range numbers {
		sum += n
	}
	return sum
}

// nearGeometric checks lengths that end at each step with the probability p.
// Their mean is 1/p and their variance (1-p)/p²; the share p has length 1.
func nearGeometric(t *testing.T, what string, lengths []int, p float64) {
	t.Helper()
	n := len(lengths)
	ones := 0
	for _, l := range lengths {
		if l == 1 {
			ones++
		}
	}
	near(t, what+", mean length", float64(sum(lengths))/float64(n), 1/p, math.Sqrt((1-p)/float64(n))/p)
	nearShare(t, what+", share of length 1", ones, n, p)
}

// nearChain checks the share of what a chain of two states loses. The sum over
// n packets has the variance of the losses within the states, and that of the
// states: (lossBad-lossGood)²·π(1-π)·(1+λ)/(1-λ) a packet, where λ = 1-P-R is
// the correlation of a state with the next.
func nearChain(t *testing.T, what string, lost int, m GilbertElliott) {
	t.Helper()
	bad, lambda := m.P/(m.P+m.R), 1-m.P-m.R
	mean := bad*m.LossBad + (1-bad)*m.LossGood
	within := bad*m.LossBad*(1-m.LossBad) + (1-bad)*m.LossGood*(1-m.LossGood)
	between := (m.LossBad - m.LossGood) * (m.LossBad - m.LossGood) * bad * (1 - bad) * (1 + lambda) / (1 - lambda)
	near(t, what+", loss", float64(lost)/many, mean, math.Sqrt((within+between)/many))
}

// A burst ends after each packet with the probability 1/L, and begins after
// each packet that is not lost with the probability p/(1-p)/L.
func TestBursts(t *testing.T) {
	for _, d := range []Direction{{Loss: 0.01, Burst: 3}, {Loss: 0.1, Burst: 1.5}, {Loss: 0.2, Burst: 20}, {Loss: 0.6, Burst: 4}} {
		what := fmt.Sprintf("loss %v, burst %v", d.Loss, d.Burst)
		l := newTestLink(d)
		l.stream(many, 0, 0)
		lost := make([]bool, many)
		for i, f := range l.fates {
			lost[i] = f.why == BurstLoss
		}
		bursts, gaps := runs(lost)
		start := d.Loss / (1 - d.Loss) / d.Burst
		nearGeometric(t, what+", bursts", bursts, 1/d.Burst)
		nearGeometric(t, what+", gaps", gaps, start)
		nearShare(t, what+", starts", len(bursts), sum(gaps), start)
		nearChain(t, what, l.dropped[BurstLoss], GilbertElliott{P: start, R: 1 / d.Burst, LossBad: 1})
		if l.dropped[Loss] != 0 {
			t.Errorf("%s: %d packets are lost outside bursts", what, l.dropped[Loss])
		}
	}
}

func TestGilbertElliott(t *testing.T) {
	for _, m := range []GilbertElliott{
		{P: 0.01, R: 0.5, LossGood: 0, LossBad: 1},
		{P: 0.05, R: 0.25, LossGood: 0.001, LossBad: 0.7},
		{P: 0.9, R: 0.8, LossGood: 0.2, LossBad: 0.4},
		{P: 0.02, R: 0.02, LossGood: 1, LossBad: 0},
	} {
		what := fmt.Sprintf("%+v", m)
		l := newTestLink(Direction{GilbertElliott: &m})
		bad := make([]bool, many)
		badPackets := 0
		for i := range bad {
			l.send(0, 0)
			if bad[i] = l.losses.bad; bad[i] {
				badPackets++
			}
		}
		stays, others := runs(bad)
		nearGeometric(t, what+", bad state", stays, m.R)
		nearGeometric(t, what+", good state", others, m.P)
		nearChain(t, what, l.dropped[Loss]+l.dropped[BurstLoss], m)
		nearShare(t, what+", loss in the bad state", l.dropped[BurstLoss], badPackets, m.LossBad)
		nearShare(t, what+", loss in the good state", l.dropped[Loss], many-badPackets, m.LossGood)
	}
}

// A shape is what theory says of a distribution, in units of the jitter.
type shape struct {
	Distribution
	deviation float64 // the standard deviation
	kurtosis  float64
	absolute  float64 // the mean of the absolute value
	low, high float64 // the bounds
	cdf       func(z float64) float64
	density   func(z float64) float64
}

var shapes = []shape{
	{
		Normal, 1, 3, math.Sqrt(2 / math.Pi), math.Inf(-1), math.Inf(1),
		func(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 },
		func(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) },
	},
	{
		Uniform, 1 / math.Sqrt(3), 9. / 5, 0.5, -1, 1,
		func(z float64) float64 { return min(max((z+1)/2, 0), 1) },
		func(z float64) float64 {
			if math.Abs(z) > 1 {
				return 0
			}
			return 0.5
		},
	},
	{
		// With X = 1.5 + √0.75·z: P(X > x) = x⁻³, and E|X-1.5| = 4/9.
		Pareto, 1, math.Inf(1), 4. / 9 / math.Sqrt(0.75), -0.5 / math.Sqrt(0.75), math.Inf(1),
		func(z float64) float64 { return 1 - math.Pow(max(1.5+math.Sqrt(0.75)*z, 1), -3) },
		func(z float64) float64 {
			x := 1.5 + math.Sqrt(0.75)*z
			if x < 1 {
				return 0
			}
			return 3 * math.Sqrt(0.75) * math.Pow(x, -4)
		},
	},
}

// deviations sends many packets and returns what they deviate from the delay,
// in units of the jitter. The delay is long enough for none to be cut off.
func deviations(t *testing.T, d Direction) []float64 {
	t.Helper()
	d.Delay, d.Jitter, d.Reorder = 10*time.Second, time.Second, true
	l := newTestLink(d)
	l.stream(many, 0, 0)
	z := make([]float64, many)
	for i, f := range l.fates {
		if f.at == 0 {
			t.Fatalf("packet %d was cut off", i+1)
		}
		z[i] = (f.at - d.Delay).Seconds()
	}
	return z
}

// mean returns the mean of f of the numbers.
func mean(numbers []float64, f func(z float64) float64) float64 {
	s := 0.
	for _, z := range numbers {
		s += f(z)
	}
	return s / float64(len(numbers))
}

// The mean of n numbers has the standard deviation σ/√n, and the mean of their
// absolute values √(σ²-absolute²)/√n. Their own standard deviation has that of
// σ·√((kurtosis-1)/4n), unless the kurtosis is infinite.
//
// The greatest difference of the distribution exceeds ε with a probability of
// at most 2·exp(-2nε²) (Dvoretzky, Kiefer, Wolfowitz, Massart).
func TestJitter(t *testing.T) {
	for _, s := range shapes {
		z := deviations(t, Direction{JitterDistribution: s.Distribution})
		m := mean(z, func(z float64) float64 { return z })
		what := s.String()
		near(t, what+", mean", m, 0, s.deviation/math.Sqrt(many))
		near(t, what+", mean of the absolute value", mean(z, math.Abs), s.absolute,
			math.Sqrt((s.deviation*s.deviation-s.absolute*s.absolute)/many))
		if !math.IsInf(s.kurtosis, 1) {
			deviation := math.Sqrt(mean(z, func(z float64) float64 { return (z - m) * (z - m) }))
			near(t, what+", standard deviation", deviation, s.deviation, s.deviation*math.Sqrt((s.kurtosis-1)/4/many))
		}
		const steps = 2000 // of the distribution, in equal parts of probability where it is dense
		counts := make([]int, steps+1)
		for _, z := range z {
			if z < s.low-1e-9 || z > s.high+1e-9 {
				t.Fatalf("%s: %v is not between %v and %v", what, z, s.low, s.high)
			}
			counts[int(s.cdf(z)*steps)]++
		}
		worst, below := 0., 0
		for i, n := range counts[:steps] {
			below += n
			worst = max(worst, math.Abs(float64(below)/many-float64(i+1)/steps))
		}
		unlikely := math.Erfc(sigmas / math.Sqrt2)
		if bound := math.Sqrt(math.Log(2/unlikely) / 2 / many); worst > bound {
			t.Errorf("%s: the distribution is off by %v, at most %v", what, worst, bound)
		}
	}
}

// With x = fresh·(1-ρ) + last·ρ the variance is s² = σ²(1-ρ)/(1+ρ), and the
// correlation with the next ρ. Of n numbers that depend so on each other, the
// mean has the variance s²/n·(1+ρ)/(1-ρ), their correlation (1-ρ²)/n, and their
// own variance s⁴/n·(2(1+ρ²)/(1-ρ²) + kurtosis-3), with the kurtosis of the
// fresh ones (Bartlett). The variance of their standard deviation is a 4s²-th
// of that.
func TestJitterCorrelation(t *testing.T) {
	for _, s := range shapes {
		for _, rho := range []float64{0.4, 0.9} {
			x := deviations(t, Direction{JitterDistribution: s.Distribution, JitterCorrelation: rho})
			what := fmt.Sprintf("%v, correlation %v", s, rho)
			deviation := s.deviation * math.Sqrt((1-rho)/(1+rho))
			m := mean(x, func(x float64) float64 { return x })
			variance := mean(x, func(x float64) float64 { return (x - m) * (x - m) })
			covariance := 0.
			for i := range x[1:] {
				covariance += (x[i] - m) * (x[i+1] - m) / many
			}
			near(t, what+", mean", m, 0, deviation*math.Sqrt((1+rho)/(1-rho)/many))
			near(t, what+", correlation", covariance/variance, rho, math.Sqrt((1-rho*rho)/many))
			if !math.IsInf(s.kurtosis, 1) {
				spread := 2*(1+rho*rho)/(1-rho*rho) + s.kurtosis - 3
				near(t, what+", standard deviation", math.Sqrt(variance), deviation, deviation/2*math.Sqrt(spread/many))
			}
		}
	}
}

// A packet overtakes the one before it if its jitter is less by more than the
// gap T between them. With the density f and the distribution F of the jitter
//
//	p  = P(x₁ < x₀-T)              = ∫ f(y)·F(y-T) dy
//	p₂ = P(x₂ < x₁-T and x₁ < x₀-T) = ∫ f(y)·F(y-T)·(1-F(y+T)) dy.
//
// Only neighbouring pairs depend on each other, so the number of those that
// change places has the variance n·(p(1-p) + 2(p₂-p²)).
func TestReorderingShare(t *testing.T) {
	for _, s := range shapes {
		for _, gap := range []time.Duration{1, 800 * time.Millisecond, 2500 * time.Millisecond} {
			T := gap.Seconds()
			p := integrate(s, func(y float64) float64 { return s.cdf(y - T) })
			p2 := integrate(s, func(y float64) float64 { return s.cdf(y-T) * (1 - s.cdf(y+T)) })
			l := newTestLink(Direction{Delay: 10 * time.Second, Jitter: time.Second, JitterDistribution: s.Distribution, Reorder: true})
			l.stream(many, 0, gap)
			early := 0
			for i := range l.fates[1:] {
				if l.fates[i+1].at < l.fates[i].at {
					early++
				}
			}
			near(t, fmt.Sprintf("%v, a packet every %v", s, gap), float64(early)/(many-1), p,
				math.Sqrt(max(0, p*(1-p)+2*(p2-p*p))/(many-1)))
		}
	}
}

// integrate returns the integral of the density times g, by the midpoint rule
// over equal parts of what the density is spread over; beyond 40 jitters the
// Pareto distribution has 2.3·10⁻⁵ left, where g is 1 or 0 for all of its uses.
func integrate(s shape, g func(y float64) float64) float64 {
	low, high := max(s.low, -10), min(s.high, 40)
	const steps = 200_000
	width := (high - low) / steps
	total := (1 - s.cdf(high)) * g(high)
	for i := range steps {
		y := low + (float64(i)+0.5)*width
		total += s.density(y) * g(y) * width
	}
	return total
}

// A saturated link sends one packet after the other.
func TestGoodput(t *testing.T) {
	for _, test := range []struct {
		rate  int64
		bytes int
		each  time.Duration
	}{
		{10_000_000, 1222, time.Millisecond},
		{768_000, 1172, 12500 * time.Microsecond},
		{1_000_000_000, 0, 224},
		{3, 2, 80 * time.Second},
		{7_000_000, 100, 146286}, // 146285.7 ns
	} {
		l := newTestLink(Direction{Rate: test.rate, Queue: many})
		l.stream(many, test.bytes, 0)
		for i, at := range l.arrived {
			if want := time.Duration(i+1) * test.each; at != want {
				t.Fatalf("%d bit/s: packet %d of %d bytes arrives at %v, want %v", test.rate, i+1, test.bytes, at, want)
			}
		}
		if len(l.arrived) != many {
			t.Errorf("%d bit/s: %d packets arrive", test.rate, len(l.arrived))
		}
	}
}

// Twice as many packets come as can be sent. Each packet that finds room in
// the queue comes as another one leaves it, and waits for a full queue.
func TestWaitInASaturatedLink(t *testing.T) {
	const each = time.Millisecond
	for _, queue := range []int{1, 10, 1000} {
		l := newTestLink(Direction{Rate: 10_000_000, Queue: queue})
		l.stream(many, 1222, each/2)
		full := false
		for i, p := range l.packets {
			switch wait := p.path[0].Wait; {
			case l.fates[i].why == QueueFull:
				full = true
			case full && wait != time.Duration(queue)*each:
				t.Fatalf("queue %d: packet %d waits for %v, want %v", queue, i+1, wait, time.Duration(queue)*each)
			case l.fates[i].at != p.path[0].Time+wait+each:
				t.Fatalf("queue %d: packet %d enters at %v, waits for %v and arrives at %v", queue, i+1, p.path[0].Time, wait, l.fates[i].at)
			}
		}
		// The last packet comes at (many-1)/2 turns; the queue is left after it.
		if want := many/2 + queue; len(l.arrived) != want {
			t.Errorf("queue %d: %d packets arrive, want %d", queue, len(l.arrived), want)
		}
	}
}

// With Poisson arrivals at the load ρ and packets that take S each, the mean
// wait is ρS/2(1-ρ) (Pollaczek, Khinchine). Packet by packet a wait is that of
// the packet before it, plus S, less the time between them (Lindley).
//
// Waits depend on each other, but those of a busy period not on those of
// another. So the mean, as the ratio of the sum Y of the waits in a busy period
// to the number N of its packets, has the standard deviation
// √(Σ(Y-mean·N)²)/ΣN, the sums going over all busy periods.
func TestWaitOfPoissonArrivals(t *testing.T) {
	const S = time.Millisecond
	for _, load := range []float64{0.3, 0.6, 0.8} {
		l := newTestLink(Direction{Rate: 10_000_000, Queue: many})
		r := rand.New(rand.NewPCG(1, 1))
		var now time.Duration
		for range many {
			now += time.Duration(math.Round(r.ExpFloat64() * float64(S) / load))
			l.until(now)
			l.send(1222, now)
		}
		l.until(math.MaxInt64)

		want := load * S.Seconds() / 2 / (1 - load)
		var total, squares, y float64 // y is Y - want·N of the busy period
		for i, p := range l.packets {
			wait := p.path[0].Wait
			if i > 0 {
				before := l.packets[i-1].path[0]
				if lindley := max(0, before.Wait+S-(p.path[0].Time-before.Time)); wait != lindley {
					t.Fatalf("load %v: packet %d waits for %v, want %v", load, i+1, wait, lindley)
				}
			}
			if wait == 0 {
				squares += y * y
				y = 0
			}
			y += wait.Seconds() - want
			total += wait.Seconds()
		}
		squares += y * y
		near(t, fmt.Sprint("load ", load, ", mean wait"), total/many, want, math.Sqrt(squares)/many)
	}
}

func TestDuplicateShare(t *testing.T) {
	for _, p := range []float64{0, 0.01, 0.3, 1} {
		l := newTestLink(Direction{Duplicate: p})
		l.stream(many, 0, 0)
		nearShare(t, fmt.Sprint("duplicate ", p), len(l.packets)-many, many, p)
		if len(l.arrived) != len(l.packets) {
			t.Errorf("%d packets of %d arrive", len(l.arrived), len(l.packets))
		}
	}
}

// Of n flips over k bits, Σ(count-n/k)²/(n/k) has the mean k-1 and the variance
// 2(k-1) (Pearson).
func TestCorruptShare(t *testing.T) {
	const bytes = 25
	for _, p := range []float64{0, 0.01, 0.3, 1} {
		l := newTestLink(Direction{Corrupt: p})
		l.stream(many, bytes, 0)
		var counts [8 * bytes]int
		flips := 0
		for _, p := range l.packets {
			for _, bit := range p.Corrupted {
				counts[bit]++
				flips++
			}
		}
		nearShare(t, fmt.Sprint("corrupt ", p), flips, many, p)
		if flips == 0 {
			continue
		}
		chi2, each := 0., float64(flips)/(8*bytes)
		for _, n := range counts {
			chi2 += (float64(n) - each) * (float64(n) - each) / each
		}
		near(t, fmt.Sprint("corrupt ", p, ", bits"), chi2, 8*bytes-1, math.Sqrt(2*(8*bytes-1)))
	}
}

// A saturated link carries 1500 bytes at each opportunity, however they are
// spread over packets.
func TestRateTraceThroughput(t *testing.T) {
	const opportunities = 1000 // of each repetition
	r := rand.New(rand.NewPCG(1, 1))
	trace := &RateTrace{}
	var ms int
	for range opportunities {
		ms += r.IntN(4) // some come at the same time
		trace.times = append(trace.times, time.Duration(ms)*time.Millisecond)
	}
	for _, size := range []int{100, 700, 1500} {
		l := newTestLink(Direction{RateTrace: trace, Queue: many})
		l.stream(many, size-overhead, 0)
		skipped := 0 // those at time 0, when nothing had come yet
		for trace.times[skipped] == 0 {
			skipped++
		}
		for i, at := range l.arrived {
			n := skipped + ((i+1)*size+1499)/1500 - 1 // the opportunity that carries the packet's last byte
			want := time.Duration(n/opportunities)*trace.length() + trace.times[n%opportunities]
			if at != want {
				t.Fatalf("packet %d of %d bytes arrives at %v, want %v", i+1, size, at, want)
			}
		}
		if len(l.arrived) != many {
			t.Errorf("%d packets of %d bytes arrive", len(l.arrived), size)
		}
	}
}
