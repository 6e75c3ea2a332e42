package suite

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Outcome is how a case ended.
type Outcome string

// The outcomes.
const (
	Passed   Outcome = "passed"   // all expectations held
	Failed   Outcome = "failed"   // an expectation, or a check of the recording, did not hold
	Diverged Outcome = "diverged" // a second run gave other events
	Limit    Outcome = "limit"    // a limit stopped the run: time, memory, a guest that spins, …
	Crashed  Outcome = "crashed"  // the guest died
)

// A Result is what became of a case.
type Result struct {
	// Case is the ID of the case, Index its place among all that were selected.
	Case  string `json:"case"`
	Index int    `json:"index"`
	// Scenario is the name of the scenario: its path, or its name in the library. File is its path on disk, empty for a scenario
	// of the library.
	Scenario string `json:"scenario"`
	File     string `json:"file,omitempty"`
	// Variant and Seed are those of the run.
	Variant string `json:"variant,omitempty"`
	Seed    uint64 `json:"seed"`

	Outcome Outcome `json:"outcome"`
	// Message says in a line why the outcome is not "passed".
	Message string `json:"message,omitempty"`
	// Failures are what did not hold, in the order of the run.
	Failures []Failure `json:"failures,omitempty"`
	// Why is what explains the end of the session, on several lines, where an expectation failed: see package explain.
	Why string `json:"why,omitempty"`
	// Held counts the expectations that were met.
	Held int `json:"held"`
	// Events counts the events of the run, Virtual is the time that it came to, in nanoseconds, and Digest is that of its recording.
	Events  uint64        `json:"events"`
	Virtual time.Duration `json:"virtual"`
	Digest  string        `json:"digest"`
	// Verified tells that a second run gave the same events.
	Verified bool `json:"verified,omitempty"`
	// Recordings are the files that were kept: one, and after a divergence two.
	Recordings []string `json:"recordings,omitempty"`
	// Replay is the command that replays the first recording, Again the one that makes the same run from the scenario.
	Replay string `json:"replay,omitempty"`
	Again  string `json:"again,omitempty"`

	// Wall is how long the run took on the clock on the wall, in nanoseconds, Memory how many bytes the guest had at the most.
	Wall   time.Duration `json:"wall"`
	Memory int64         `json:"memory"`
}

// Kinds of failures. A check of the recording has a kind of its own.
const (
	KindExpectation = "expectation" // an expectation, a wait or a call
	KindDiverged    = "diverged"    // the first event that differed
	KindLimit       = "limit"
	KindCrashed     = "crashed"
)

// A Failure is one thing that did not hold.
type Failure struct {
	// Kind is what kind of failure it is, such as "expectation".
	Kind string `json:"kind"`
	// Text is what was expected, in a line, as the scenario has it.
	Text string `json:"text"`
	// File and Line are where it stands; File is a path on disk, or one in the library. Source is the text of the line.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Source string `json:"source,omitempty"`
	// Seen says what was seen instead.
	Seen string `json:"seen,omitempty"`
	// Seq and Time are the event that decided it.
	Seq  uint64        `json:"seq,omitempty"`
	Time time.Duration `json:"time"`
	// Near are the events that came nearest to what was expected.
	Near []recorder.Nearby `json:"near,omitempty"`
	// Before are the last events before it that tell most: state changes, calls, changes of the network.
	Before []recorder.Nearby `json:"before,omitempty"`
	// Detail is more, on several lines: how two events differ, what a guest printed before it died, a difference of texts.
	Detail string `json:"detail,omitempty"`
}

// Topic returns the folder of the scenario.
func (r *Result) Topic() string { return topicOf(r.Scenario) }
