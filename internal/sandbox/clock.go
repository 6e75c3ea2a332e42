package sandbox

import "time"

// epoch is the date at which every run begins. Certificates are made and checked against it.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// beforeRun is where the clock stands while a guest prepares itself.
const beforeRun = time.Duration(-1)

// clock is a guest's virtual clock: it stands still while the guest computes, and jumps when the guest sleeps.
type clock struct {
	now time.Duration // since epoch
}

func (c *clock) walltime() (sec int64, nsec int32) {
	t := epoch.Add(c.now)
	return t.Unix(), int32(t.Nanosecond())
}

// nanotime is the monotonic clock. The Go runtime takes 0 for "no time", so that it begins at 1, when now is -1.
func (c *clock) nanotime() int64 { return int64(c.now) + 2 }
