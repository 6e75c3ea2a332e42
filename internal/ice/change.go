package ice

import "time"

// A Change is an entry of the log: something in a table became something else.
type Change struct {
	Time time.Duration `json:"time"`
	// Event is the number of the event that shows the change; 0 where time alone brought it.
	Event uint64 `json:"event,omitempty"`
	Peer  string `json:"peer"`
	// Generation is the number of the ICE generation, from 1.
	Generation int `json:"generation"`
	// Subject is the label of the candidate or the pair that changed; empty for the generation as a whole.
	Subject string `json:"subject,omitempty"`
	Aspect  Aspect `json:"aspect"`
	// From is empty for what is new.
	From string `json:"from,omitempty"`
	To   string `json:"to"`
	// Why says more, where there is more to say.
	Why string `json:"why,omitempty"`
}

// An Aspect is what a change is about.
type Aspect string

// The aspects.
const (
	AspectGeneration Aspect = "generation" // it began, or ended
	AspectTransport  Aspect = "transport"  // the state of the ICE transport
	AspectRole       Aspect = "role"
	AspectCandidate  Aspect = "candidate"
	AspectState      Aspect = "state" // of a pair
	AspectNominated  Aspect = "nominated"
	AspectSelected   Aspect = "selected"
	AspectConsent    Aspect = "consent"
)
