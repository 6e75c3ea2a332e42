package export

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Peers returns the names of the recording's peers, in the order in which the scenario has them. They are not its servers.
func Peers(r *recorder.Recording) []string {
	return hosts(r, func(h recorder.TopologyHost) bool { return h.Server == "" })
}

// Hosts returns the names of the recording's servers and peers.
func Hosts(r *recorder.Recording) []string {
	return hosts(r, func(recorder.TopologyHost) bool { return true })
}

func hosts(r *recorder.Recording, wanted func(recorder.TopologyHost) bool) []string {
	var names []string
	t, _ := topology(r)
	for _, host := range t.Hosts {
		if wanted(host) {
			names = append(names, host.Name)
		}
	}
	return names
}

// each calls f with each event of some kinds, in their order, and with its data. What cannot be read is left out: it is among the
// recording's damage.
func each(r *recorder.Recording, f func(e recorder.Event, data any), kinds ...recorder.Kind) error {
	for n, e := range r.Forward(1) {
		if !slices.Contains(kinds, e.Kind) {
			continue
		}
		event, err := r.Event(n)
		if err != nil {
			continue
		}
		data, err := event.Value()
		if err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
		f(event, data)
	}
	return nil
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
	if cause := r.Cause(n); cause > 0 && slices.Contains(o.Peers, r.Entry(cause).Peer) {
		return true
	}
	switch e.Kind {
	case recorder.KindPacketSent, recorder.KindSignalSent:
		for _, effect := range r.Effects(n) {
			if slices.Contains(o.Peers, r.Entry(effect).Peer) {
				return true
			}
		}
	}
	// What a link did with a copy that it made is about who sent the packet.
	switch e.Kind {
	case recorder.KindPacketSent:
		return slices.Contains(o.Peers, originalSender(r, n))
	case recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return slices.Contains(o.Peers, originalSender(r, r.Cause(n)))
	}
	return false
}

// originalSender returns who sent the packet of which event n made a copy; it is empty if that is none.
func originalSender(r *recorder.Recording, n int) string {
	if !strings.Contains(r.Entry(n).Peer, "/") { // a link in one direction
		return ""
	}
	j, err := readJourney(r, n)
	if err != nil || j.CopyOf == 0 {
		return ""
	}
	// Numbers ascend, and the packet is not far: it was under way.
	for before, e := range r.Backward(n - 1) {
		if e.Kind != recorder.KindPacketSent {
			continue
		}
		if original, err := readJourney(r, before); err == nil && original.ID <= j.CopyOf {
			return original.sent.Peer
		}
	}
	return ""
}
