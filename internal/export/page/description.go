package page

import (
	"encoding/json"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A description is a session description that a peer has set, or tried to.
type description struct {
	N    int           `json:"n"` // the call's return
	Time time.Duration `json:"time"`
	Peer string        `json:"peer"`
	Side string        `json:"side"` // local or remote
	Type string        `json:"type"`
	SDP  string        `json:"sdp"`
	// Error is why it was not set.
	Error string `json:"error,omitempty"`
}

// describe returns the description that a call has set; it is false for other calls and where the SDP is not known.
func describe(r *recorder.Recording, n, cause int, e recorder.Event, d recorder.Return) (description, bool) {
	found := description{N: n, Time: e.Time, Peer: e.Peer}
	switch d.Method {
	case "setLocalDescription":
		found.Side = "local"
	case "setRemoteDescription":
		found.Side = "remote"
	default:
		return found, false
	}
	if called, err := r.Event(cause); err == nil {
		var call struct {
			Args description `json:"args"`
		}
		json.Unmarshal(called.Data, &call)
		found.Type, found.SDP = call.Args.Type, call.Args.SDP
	}
	if d.Error != nil {
		found.Error = d.Error.Name + ": " + d.Error.Message
	} else if found.SDP == "" && found.Type != "rollback" { // pion made it itself
		state, _, _ := r.StateAt(e.Peer, n)
		set := state.LocalDescription
		if found.Side == "remote" {
			set = state.RemoteDescription
		}
		if set != nil {
			found.Type, found.SDP = set.Type, set.SDP
		}
	}
	return found, found.SDP != ""
}
