package sandbox

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for _, test := range []struct {
		now  time.Duration
		sec  int64
		nsec int32
		mono int64
	}{
		{-1, 1767225599, 999999999, 1}, // while the guest's packages are initialized; 0 would be "no time" to it
		{0, 1767225600, 0, 2},
		{1500 * time.Millisecond, 1767225601, 500_000_000, 1_500_000_002},
		{24 * time.Hour, 1767225600 + 86400, 0, 86_400_000_000_002},
	} {
		c := clock{test.now}
		if sec, nsec := c.walltime(); sec != test.sec || nsec != test.nsec {
			t.Errorf("at %v: the time of day is %d s %d ns, want %d s %d ns", test.now, sec, nsec, test.sec, test.nsec)
		}
		if mono := c.nanotime(); mono != test.mono {
			t.Errorf("at %v: the monotonic time is %d, want %d", test.now, mono, test.mono)
		}
	}
}
