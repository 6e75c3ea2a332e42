package comparison

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A role says how an event is compared and how its differences are told.
type role uint8

const (
	unseen  role = iota // not compared: other events tell it, or it is random
	script              // what the scenario does
	thing               // worth a line of its own
	stream              // one of many, which are counted; aligned by time
	outcome             // what became of the event that is its cause; counted
	reply               // what became of the event that is its cause, worth a line of its own
)

// event is what a comparison keeps of an event.
type event struct {
	class, face uint64 // hashes: what it is, and what its data says
	time        time.Duration
	cause       uint32 // the number of the event
	label       uint32 // of a counted event
	role        role
}

// label is what a counted event counts for.
type label struct{ peer, what string }

// side is one of the two recordings.
type side struct {
	r      *recorder.Recording
	events []event // by their numbers, from 1
	labels []label
	last   time.Duration // of the last event
	cut    bool          // the rest is missing
	media  map[label]recorder.Media
	order  []label // of media
}

// sharedDetail is what both recordings hold of packets: the least of both.
func sharedDetail(a, b recorder.Options) recorder.Options {
	o := recorder.Options{Packets: a.Packets, Dissect: a.Dissect && b.Dissect}
	if b.Packets == recorder.PacketsNone {
		o.Packets = b.Packets
	}
	return o
}

// read reads a recording.
func read(r *recorder.Recording, o Options, shared recorder.Options) (*side, error) {
	<-r.Done()
	if r.Len() > math.MaxInt32 {
		return nil, fmt.Errorf("a recording with %d events is too long to be compared", r.Len())
	}
	s := &side{r: r, events: make([]event, r.Len()+1), media: make(map[label]recorder.Media)}
	var cut *recorder.CutError
	for _, err := range r.Damage() {
		s.cut = s.cut || errors.As(err, &cut) && !cut.Ended
	}
	m := newMeaning(o, shared)
	for n := 1; n <= r.Len(); n++ {
		e, err := r.Event(n)
		var damaged *recorder.DamagedError
		if errors.As(err, &damaged) {
			continue // not compared
		}
		if err != nil {
			return nil, err
		}
		x := &s.events[n]
		x.time, x.cause = e.Time, uint32(r.Find(e.Cause))
		m.of(n, e, x)
		s.last = max(s.last, e.Time)
		if e.Kind == recorder.KindMedia {
			s.measured(e)
		}
	}
	s.labels = m.labels
	return s, nil
}

// measured keeps the last measurement of each track.
func (s *side) measured(e recorder.Event) {
	data, err := e.Value()
	if err != nil {
		return
	}
	d := data.(recorder.Media)
	key := label{e.Peer, d.Track}
	if d.RID != "" {
		key.what += "." + d.RID
	}
	if _, known := s.media[key]; !known {
		s.order = append(s.order, key)
	}
	s.media[key] = d
}
