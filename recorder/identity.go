package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Identity is everything that can move a trace: two runs with the same identity give the same events.
type Identity struct {
	// Guest is the SHA-256 of the guest image, in hexadecimal.
	Guest string `json:"guest"`
	// Machine is the version of the deterministic machine: how it hands out clock, entropy and input.
	Machine int `json:"machine"`
	// Modules are the versions of the modules in the guest that speak on the wire or are the wire, by path.
	Modules []Module `json:"modules"`
	// Go is the version of the toolchain that built the guest.
	Go string `json:"go"`
	// Wazero is the version of the WebAssembly runtime.
	Wazero string `json:"wazero"`
	// GC holds the guest's garbage collection settings, which are part of its schedule.
	GC string `json:"gc"`
	// Schedule names how the guest picks the next goroutine.
	Schedule string `json:"schedule"`
	// Seed is what all randomness of the run derives from.
	Seed uint64 `json:"seed"`
	// Options are the options of the run that reach the guest, by name.
	Options Options `json:"options"`
	// Scenario is the file name of the scenario, ScenarioSum the SHA-256 of its text.
	Scenario    string `json:"scenario"`
	ScenarioSum string `json:"scenarioSum"`
	// Includes are the files that the scenario includes, by their paths from its folder, with the SHA-256 of their texts.
	Includes []IncludeSum `json:"includes,omitempty"`
}

// IncludeSum is a file that a scenario includes, and the SHA-256 of its text in hexadecimal.
type IncludeSum struct {
	Path string `json:"path"`
	Sum  string `json:"sum"`
}

// Module is one module and its version.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

// Options are the options of a run that reach the guest.
type Options struct {
	// Packets says what is recorded of packets: "full", "headers" (without their payload) or "none".
	Packets string `json:"packets"`
	// Variant names the values of the scenario's matrix, such as "nat=symmetric,loss=5%"; empty without a matrix.
	Variant string `json:"variant,omitempty"`
	// Dissect tells that packets are recorded dissected, with what is inside their encryption.
	Dissect bool `json:"dissect,omitempty"`
}

// What is recorded of packets.
const (
	PacketsFull    = "full"    // each packet with its payload, and its end
	PacketsHeaders = "headers" // each packet without its payload, and its end
	PacketsNone    = "none"    // nothing
)

// Header is the first line of a recording.
type Header struct {
	// Format is the version of the recording format.
	Format int `json:"rtcrec"`
	// Rtcsim is the version of rtcsim that recorded.
	Rtcsim string `json:"rtcsim"`
	Identity
	// Text is the whole text of the scenario.
	Text string `json:"text"`
	// IncludedTexts are the whole texts of the files in includes, in the same order.
	IncludedTexts []string `json:"includedTexts,omitempty"`
}

// Include adds a file that the scenario includes.
func (h *Header) Include(path string, text []byte) {
	sum := sha256.Sum256(text)
	h.Includes = append(h.Includes, IncludeSum{path, hex.EncodeToString(sum[:])})
	h.IncludedTexts = append(h.IncludedTexts, string(text))
}

// Included returns the text of a file that the scenario includes, by its path.
func (h *Header) Included(path string) ([]byte, error) {
	for i, include := range h.Includes {
		if include.Path == path && i < len(h.IncludedTexts) {
			return []byte(h.IncludedTexts[i]), nil
		}
	}
	return nil, fmt.Errorf("the recording does not hold %s", path)
}

// End is the last line of a recording.
type End struct {
	Outcome Outcome `json:"outcome"`
	// Message says in one line what ended the run, where that is not "passed".
	Message string `json:"message,omitempty"`
	// Detail holds what the guest printed before it died.
	Detail string `json:"detail,omitempty"`
	// Events counts the events, Time is the virtual time at the end, in nanoseconds.
	Events uint64 `json:"events"`
	Time   int64  `json:"time"`
	// Held and Failed count the verdicts.
	Held   int `json:"held"`
	Failed int `json:"failed"`
	// Counts holds the number of events of each kind.
	Counts map[Kind]uint64 `json:"counts"`
	// Digest is the SHA-256 over all events, in hexadecimal.
	Digest string `json:"digest"`
	// HeaderDigest is the SHA-256 of the first line.
	HeaderDigest string `json:"headerDigest"`
}

// Outcome is how a run ended.
type Outcome string

// The outcomes.
const (
	OutcomePassed      Outcome = "passed"      // all expectations held
	OutcomeFailed      Outcome = "failed"      // an expectation did not hold
	OutcomeInterrupted Outcome = "interrupted" // stopped by the user
	OutcomeLimit       Outcome = "limit"       // a limit of the machine was hit
	OutcomeCrashed     Outcome = "crashed"     // the guest panicked or died
)

// Diff names the fields in which two identities differ, in the order of the fields; each module is a field of its own,
// such as "module github.com/pion/ice/v4". In the differences, A is of id and B of other.
func (id Identity) Diff(other Identity) []Difference {
	var diffs []Difference
	add := func(field string, a, b any) {
		if a != b {
			diffs = append(diffs, Difference{field, fmt.Sprint(a), fmt.Sprint(b)})
		}
	}
	add("guest", id.Guest, other.Guest)
	add("machine", id.Machine, other.Machine)
	versions := make(map[string]string, len(other.Modules))
	for _, m := range other.Modules {
		versions[m.Path] = m.Version
	}
	for _, m := range id.Modules {
		add("module "+m.Path, m.Version, versions[m.Path])
		delete(versions, m.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(versions)) {
		add("module "+path, "", versions[path])
	}
	add("go", id.Go, other.Go)
	add("wazero", id.Wazero, other.Wazero)
	add("gc", id.GC, other.GC)
	add("schedule", id.Schedule, other.Schedule)
	add("seed", id.Seed, other.Seed)
	add("options.packets", id.Options.Packets, other.Options.Packets)
	add("options.variant", id.Options.Variant, other.Options.Variant)
	add("options.dissect", id.Options.Dissect, other.Options.Dissect)
	add("scenario", id.Scenario, other.Scenario)
	add("scenarioSum", id.ScenarioSum, other.ScenarioSum)
	sums := make(map[string]string, len(other.Includes))
	for _, include := range other.Includes {
		sums[include.Path] = include.Sum
	}
	for _, include := range id.Includes {
		add("include "+include.Path, include.Sum, sums[include.Path])
		delete(sums, include.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		add("include "+path, "", sums[path])
	}
	return diffs
}
