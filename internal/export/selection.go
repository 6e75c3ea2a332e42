package export

import (
	"iter"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Peers returns the names of the recording's peers, in the order in which the scenario has them. They are not its servers.
func Peers(r *recorder.Recording) []string {
	var names []string
	if t, ok := topology(r); ok {
		for _, host := range t.Hosts {
			if host.Server == "" {
				names = append(names, host.Name)
			}
		}
	}
	return names
}

// topology returns the simulated internet as the run began; it is false where the recording was cut off before.
func topology(r *recorder.Recording) (recorder.Topology, bool) {
	for n, e := range r.Forward(1) {
		if e.Kind != recorder.KindTopology {
			continue
		}
		event, err := r.Event(n)
		if err != nil {
			break
		}
		value, err := event.Value()
		if t, ok := value.(recorder.Topology); ok && err == nil {
			return t, true
		}
		break
	}
	return recorder.Topology{}, false
}

// whole tells whether the options leave nothing out.
func (o Options) whole() bool { return o.From == 0 && o.To == 0 && len(o.Peers) == 0 }

// during tells whether a virtual time is within the options' range.
func (o Options) during(t time.Duration) bool { return t >= o.From && (o.To == 0 || t <= o.To) }

// entries goes through the numbers and entries of the events that the options ask for. Those of a peer are its own, and those
// that one of its own led to or comes from: the loss of its packet, the packet that was delivered to it.
func (o Options) entries(r *recorder.Recording) iter.Seq2[int, recorder.Entry] {
	return func(yield func(int, recorder.Entry) bool) {
		first := 1
		if o.From > 0 {
			first = r.At(o.From-1) + 1
		}
		for n, e := range r.Forward(first) {
			if o.To > 0 && e.Time > o.To {
				return
			}
			if o.about(r, n, e) && !yield(n, e) {
				return
			}
		}
	}
}

// about tells whether an event is about one of the peers that the options ask for.
func (o Options) about(r *recorder.Recording, n int, e recorder.Entry) bool {
	if len(o.Peers) == 0 || e.Peer == "" || slices.Contains(o.Peers, e.Peer) {
		return true
	}
	for cause := r.Cause(n); cause > 0 && cause < n; cause = r.Cause(cause) {
		c := r.Entry(cause)
		if slices.Contains(o.Peers, c.Peer) {
			return true
		}
		if c.Kind != recorder.KindPacketSent { // else it is a copy that a link made
			break
		}
	}
	switch e.Kind {
	case recorder.KindPacketSent, recorder.KindSignalSent:
		return slices.ContainsFunc(r.Effects(n), func(effect int) bool { return slices.Contains(o.Peers, r.Entry(effect).Peer) })
	}
	return false
}
