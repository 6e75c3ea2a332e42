package rtcsimtest

import (
	"fmt"
	"testing"
	"time"
)

// An Option changes what [Run] and [Record] do.
type Option func(*options)

type options struct {
	first, last uint64 // seeds; none where last is 0 and seeded is not set
	seeded      bool
	variants    []string
	tags        []string
	golden      bool
	verify      string
	timeout     time.Duration
	keep        string
	checks      []func(*testing.T, *Session)
}

// Seeds runs each variant with the seeds 1 to n. Default: the scenario's own seed.
func Seeds(n int) Option {
	return func(o *options) { o.first, o.last, o.seeded = 1, uint64(max(n, 0)), true }
}

// SeedRange runs each variant with the seeds from first to last, both included.
func SeedRange(first, last uint64) Option {
	return func(o *options) { o.first, o.last, o.seeded = first, last, true }
}

// seeds returns the seeds as suites read them. With short, there is only the first one.
func (o *options) seeds(short bool) string {
	if !o.seeded {
		return ""
	}
	if short {
		return fmt.Sprintf("%d..%[1]d", o.first)
	}
	return fmt.Sprintf("%d..%d", o.first, o.last)
}

// Variants runs only the variants with all of these values of the scenario's matrix, such as "nat=symmetric". Default: all.
func Variants(values ...string) Option {
	return func(o *options) { o.variants = append(o.variants, values...) }
}

// Tags runs only the scenarios with one of these tags, and none with a tag that is given with a ! before it. Default: all.
func Tags(tags ...string) Option {
	return func(o *options) { o.tags = append(o.tags, tags...) }
}

// Golden compares each session with the golden recording beside its scenario, NAME.golden, and fails where there is none. The command
//
//	go run github.com/rtcsim/rtcsim/cmd/rtcsim test --golden --update PATH
//
// writes it; docs/testing.md explains it.
func Golden() Option {
	return func(o *options) { o.golden = true }
}

// Verify makes the runs of a part of the cases twice, and fails where the second gives other events: "all", or a percentage such as
// "5%". Default: "none".
func Verify(share string) Option {
	return func(o *options) { o.verify = share }
}

// Timeout stops a run that takes longer on the clock on the wall; its case fails. Default: 10 minutes.
func Timeout(d time.Duration) Option {
	return func(o *options) { o.timeout = d }
}

// Keep keeps the recordings of cases that fail in this folder. Default: see the package.
func Keep(folder string) Option {
	return func(o *options) { o.keep = folder }
}

// Check has f look at each session that came to its end, whether its expectations held or not. It is called in the case's subtest,
// by several of them at once. If it fails the test, the recording is kept.
func Check(f func(t *testing.T, s *Session)) Option {
	return func(o *options) { o.checks = append(o.checks, f) }
}
