package sandbox

import (
	"fmt"
	"time"
)

// Limits bound a run. A zero field means its default.
type Limits struct {
	// Virtual is how far the guest's clock may go. Default: 25 hours, which is more than a scenario can ask for.
	Virtual time.Duration
	// Wall is how long the run may take on the host's clock. Default: 10 minutes.
	Wall time.Duration
	// Memory is how many bytes the guest may use, rounded up to 64 KiB. It is fixed when the machine is made.
	// Default: 1 GiB.
	Memory int64
	// Events is how many events the guest may emit. Default: 20 million.
	Events uint64
	// Bytes is how many bytes of events the guest may emit. Default: 8 GiB.
	Bytes int64
	// Spin is how many loop heads the guest may pass at one instant of virtual time, in millions. A program that never
	// sleeps would otherwise run for ever, for its clock stands still while it computes. Default: 4000, some 10 seconds.
	Spin uint64
}

// MaxMemory is the most that Limits.Memory can be: what 32 bits can address.
const MaxMemory = 4 << 30

func (l Limits) withDefaults() Limits {
	if l.Virtual == 0 {
		l.Virtual = 25 * time.Hour
	}
	if l.Wall == 0 {
		l.Wall = 10 * time.Minute
	}
	if l.Memory == 0 {
		l.Memory = 1 << 30
	}
	if l.Events == 0 {
		l.Events = 20_000_000
	}
	if l.Bytes == 0 {
		l.Bytes = 8 << 30
	}
	if l.Spin == 0 {
		l.Spin = 4000
	}
	return l
}

// LimitError tells which limit stopped a run.
type LimitError struct {
	// Limit names the limit: "virtual time", "wall time", "memory", "events", "bytes" or "spin".
	Limit string
	// Max is the limit in words, with its unit.
	Max string
	// At is the virtual time at which the run was stopped.
	At time.Duration
}

func (e *LimitError) Error() string {
	if e.Limit == "spin" {
		return fmt.Sprintf("the guest spins: it passed %s loop heads at virtual time %v without sleeping", e.Max, e.At)
	}
	return fmt.Sprintf("limit reached: %s (%s) at virtual time %v", e.Limit, e.Max, e.At)
}

// CrashError tells that the guest died: it panicked, exited or trapped.
type CrashError struct {
	// Message is the first line of what it said.
	Message string
	// Output is all that it printed, with the goroutines' stacks.
	Output string
	// At is the virtual time at which it died.
	At time.Duration
}

func (e *CrashError) Error() string {
	return fmt.Sprintf("the guest crashed at virtual time %v: %s", e.At, e.Message)
}
