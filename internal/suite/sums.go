package suite

import "time"

// Sums are what became of all cases together.
type Sums struct {
	// Cases counts the cases that were to be executed, Finished those that were.
	Cases    int `json:"cases"`
	Finished int `json:"finished"`
	// The finished cases by their outcomes.
	Passed   int `json:"passed"`
	Failed   int `json:"failed"`
	Diverged int `json:"diverged"`
	Limit    int `json:"limit"`
	Crashed  int `json:"crashed"`
	// Verified counts the cases whose second run gave the same events.
	Verified int `json:"verified"`
	// Events counts the events of all runs, Virtual is how long they took in virtual time, in nanoseconds.
	Events  uint64        `json:"events"`
	Virtual time.Duration `json:"virtual"`
	// Memory is the most that a guest had, in bytes.
	Memory int64 `json:"memory"`
	// Stopped is why not all were executed: "interrupted", "fail-fast" or "missing"; empty where they were.
	Stopped string `json:"stopped,omitempty"`

	// Wall is how long all took on the clock on the wall, in nanoseconds.
	Wall time.Duration `json:"wall"`
}

// Add counts a result.
func (s *Sums) Add(r *Result) {
	s.Finished++
	switch r.Outcome {
	case Passed:
		s.Passed++
	case Failed:
		s.Failed++
	case Diverged:
		s.Diverged++
	case Limit:
		s.Limit++
	case Crashed:
		s.Crashed++
	}
	if r.Verified {
		s.Verified++
	}
	s.Events += r.Events
	s.Virtual += r.Virtual
	s.Memory = max(s.Memory, r.Memory)
}

// A Status is what a suite comes to, in the words of exit statuses.
type Status int

// The statuses.
const (
	AllPassed  Status = iota
	SomeFailed        // a case failed, or diverged
	Incomplete        // not all could be executed to their ends, and none of the others failed
)

// Status returns what the sums come to. A suite that was interrupted, or parts of which are missing, is incomplete, whatever the
// results that there are. Otherwise a case that failed or diverged decides, and where there is none, one that hit a limit or crashed.
func (s *Sums) Status() Status {
	switch {
	case s.Stopped == StoppedInterrupted, s.Stopped == StoppedMissing:
		return Incomplete
	case s.Failed+s.Diverged > 0:
		return SomeFailed
	case s.Limit+s.Crashed > 0, s.Finished < s.Cases:
		return Incomplete
	}
	return AllPassed
}
