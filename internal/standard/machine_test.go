package standard_test

import (
	"slices"
	"testing"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
)

// TestMachines checks that the machines are whole: no state that is not there, none that cannot be reached, no call that
// leads two ways, and closed as the end.
func TestMachines(t *testing.T) {
	for _, m := range standard.Machines {
		t.Run(m.Interface+"."+m.Attribute, func(t *testing.T) {
			var names []string
			for _, s := range m.States {
				if s.Name == "" || s.Meaning == "" || slices.Contains(names, s.Name) {
					t.Errorf("state %q (%q) is nameless, meaningless or there twice", s.Name, s.Meaning)
				}
				names = append(names, s.Name)
			}
			reached := []string{m.States[0].Name}
			for i := 0; i < len(reached); i++ {
				for _, tr := range m.Possible(reached[i]) {
					if !slices.Contains(reached, tr.To) {
						reached = append(reached, tr.To)
					}
				}
			}
			for _, name := range names {
				if !slices.Contains(reached, name) {
					t.Errorf("no way leads to %s", name)
				}
			}
			if end := m.Possible("closed"); len(end) > 0 {
				t.Errorf("closed leads on to %v", end)
			}
			seen := make(map[[3]string]bool)
			for _, tr := range m.Transitions {
				if !slices.Contains(names, tr.From) || !slices.Contains(names, tr.To) || tr.Cause == "" || tr.Spec == "" {
					t.Errorf("transition %+v has an unknown state, no cause or no link", tr)
				}
				if key := [3]string{tr.From, tr.To, tr.Cause}; seen[key] {
					t.Errorf("transition %v is there twice", key)
				} else {
					seen[key] = true
				}
				if first, _ := m.Next(tr.From, tr.Cause); m == &standard.Signaling && first.To != tr.To {
					t.Errorf("%s leads from %s to %s and to %s", tr.Cause, tr.From, first.To, tr.To)
				}
				for _, kind := range tr.Fires {
					if _, ok := kind.Info(); !ok || m.Kind != "" && kind != m.Kind {
						t.Errorf("transition %+v fires %s, which is no event of this machine", tr, kind)
					}
				}
				if tr.To == "closed" && tr.Cause == "close()" && len(tr.Fires) > 0 {
					t.Errorf("close() fires %v", tr.Fires)
				}
			}
		})
	}
}

// TestSignaling checks the whole table of calls and states: what the standard does not list is rejected.
func TestSignaling(t *testing.T) {
	legal := map[string]string{
		"stable setLocalDescription(offer)":                   "have-local-offer",
		"stable setRemoteDescription(offer)":                  "have-remote-offer",
		"have-local-offer setLocalDescription(offer)":         "have-local-offer",
		"have-local-offer setRemoteDescription(offer)":        "have-remote-offer",
		"have-local-offer setRemoteDescription(answer)":       "stable",
		"have-local-offer setRemoteDescription(pranswer)":     "have-remote-pranswer",
		"have-local-offer setLocalDescription(rollback)":      "stable",
		"have-remote-pranswer setRemoteDescription(pranswer)": "have-remote-pranswer",
		"have-remote-pranswer setRemoteDescription(answer)":   "stable",
		"have-remote-offer setRemoteDescription(offer)":       "have-remote-offer",
		"have-remote-offer setLocalDescription(answer)":       "stable",
		"have-remote-offer setLocalDescription(pranswer)":     "have-local-pranswer",
		"have-remote-offer setRemoteDescription(rollback)":    "stable",
		"have-local-pranswer setLocalDescription(pranswer)":   "have-local-pranswer",
		"have-local-pranswer setLocalDescription(answer)":     "stable",
	}
	for _, s := range standard.Signaling.States {
		for _, method := range []string{"setLocalDescription", "setRemoteDescription"} {
			for _, kind := range []string{"offer", "pranswer", "answer", "rollback"} {
				cause := method + "(" + kind + ")"
				next, _ := standard.Signaling.Next(s.Name, cause)
				if want := legal[s.Name+" "+cause]; next.To != want {
					t.Errorf("%s in %s leads to %q, want %q", cause, s.Name, next.To, want)
				}
			}
		}
	}
	glare, _ := standard.Signaling.Next("have-local-offer", "setRemoteDescription(offer)")
	if want := []recorder.Kind{recorder.KindSignalingStateChange, recorder.KindSignalingStateChange}; !slices.Equal(glare.Fires, want) {
		t.Errorf("an implicit rollback fires %v, want %v", glare.Fires, want)
	}
}
