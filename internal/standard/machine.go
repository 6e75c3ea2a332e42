package standard

import (
	"slices"

	"github.com/rtcsim/rtcsim/recorder"
)

// A Machine is one of the standard's state machines.
type Machine struct {
	// Interface and Attribute name the attribute that holds the state, such as RTCPeerConnection and signalingState.
	Interface, Attribute string
	// Kind is the kind of event that tells of each change in a recording. Data channels have one for each state; theirs
	// is empty.
	Kind recorder.Kind
	// Spec is where the states are specified.
	Spec string
	// States are the states; an object begins in the first one.
	States []State
	// Transitions are all that the standard knows, for a connection that has one transport, as pion's do.
	Transitions []Transition
}

// A State is one state of a machine.
type State struct {
	Name string
	// Meaning says in half a sentence what it is to be in this state.
	Meaning string
}

// A Transition is one way from a state to another, or to the same one.
type Transition struct {
	From, To string
	// Cause is what makes it: for signalingState the call with the type of the description, such as
	// "setLocalDescription(offer)" or "close()", else words.
	Cause string
	// Fires lists the events that it fires on the object, in their order; none for a silent one.
	Fires []recorder.Kind
	// Spec is where it is specified.
	Spec string
}

// Next returns the transition that a cause makes in a state. It is false where the standard has none: the call is
// rejected with an InvalidStateError.
func (m *Machine) Next(state, cause string) (Transition, bool) {
	for _, t := range m.Transitions {
		if t.From == state && t.Cause == cause {
			return t, true
		}
	}
	return Transition{}, false
}

// Possible returns the transitions that lead out of a state.
func (m *Machine) Possible(state string) []Transition {
	var possible []Transition
	for _, t := range m.Transitions {
		if t.From == state {
			possible = append(possible, t)
		}
	}
	return possible
}

// Allows tells whether an event may lead from one state to another.
func (m *Machine) Allows(from, to string) bool {
	return slices.ContainsFunc(m.Transitions, func(t Transition) bool {
		return t.From == from && t.To == to && len(t.Fires) > 0
	})
}
