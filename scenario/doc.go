// Package scenario reads scenarios: YAML files that describe a WebRTC session, its network, what its peers do, and
// what must come of it.
//
// [Read] returns either a [Scenario], whose names all refer to something, or an [ErrorList] with everything that is
// wrong, each with its place in the file. What a session has to execute is in [Scenario.Steps] and
// [Scenario.Handlers], by the type of a step's [Action] and, for calls, of their arguments; [Methods] lists what can be
// called. What must hold is an [Expectation]: either about events, which a [Pattern] picks, or a [Condition], which
// asks an [Env] about the peers.
//
// The structs are the language: the tags of their fields name the keys, and say what they mean. The package knows
// nothing of pion, and runs in the guest as well as in the host.
package scenario
