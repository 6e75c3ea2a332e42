package scenario

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Env answers what a condition asks about, at one moment of the run.
type Env interface {
	// Now returns the virtual time since the start of the run.
	Now() time.Duration
	// Attribute returns an attribute of a peer. The name is one of the yaml tags of PeerState, but never "channels",
	// and the value has the type of that field, or is nil where that is a pointer.
	Attribute(peer, name string) any
	// Channel returns a data channel of a peer by its name in the scenario or its label, nil while there is none.
	Channel(peer, name string) *ChannelState
}

// What a condition can ask for is what a snapshot of the recording holds.
type (
	// PeerState lists the attributes of a peer that a condition can ask for.
	PeerState          = recorder.PeerState
	DescriptionState   = recorder.DescriptionState
	SCTPState          = recorder.SCTPState
	DTLSState          = recorder.DTLSState
	CandidatePairState = recorder.CandidatePairState
	CandidateState     = recorder.CandidateState
	ChannelState       = recorder.ChannelState
	MediaState         = recorder.MediaState
)
