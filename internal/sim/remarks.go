package sim

import (
	"sync"
	"time"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// remarks records where the session differs from the standard, right after the event that shows it.
type remarks struct {
	log *recorder.Log

	mu      sync.Mutex
	checker standard.Checker
	next    uint64 // the event that the checker is to see next
	early   map[uint64]observation
}

// observation is an event with its data.
type observation struct {
	event recorder.Event
	data  any
}

// newRemarks returns the remarks on all events after this one.
func newRemarks(s *Session, seq uint64) *remarks {
	r := &remarks{log: s.log, next: seq + 1, early: make(map[uint64]observation)}
	for _, p := range s.scenario.Peers {
		r.deaf(p.Name, p.Listen)
	}
	for step := range s.scenario.All() {
		if call, ok := step.Action.(*scenario.Call); ok {
			if create, ok := call.Args.(*scenario.CreateDataChannel); ok {
				r.deaf(call.Peer, scenario.Listen{ListenChannel: create.Listen})
			}
		}
	}
	s.log.Observe(r.observe)
	return r
}

// deaf tells the checker what a peer does not listen to all the time.
func (r *remarks) deaf(peer string, l scenario.Listen) {
	for _, h := range []struct {
		kind recorder.Kind
		when *scenario.Hearing
	}{
		{recorder.KindNegotiationNeeded, l.NegotiationNeeded},
		{recorder.KindICECandidate, l.ICECandidate},
		{recorder.KindSignalingStateChange, l.SignalingStateChange},
		{recorder.KindICEGatheringStateChange, l.ICEGatheringStateChange},
		{recorder.KindICEConnectionStateChange, l.ICEConnectionStateChange},
		{recorder.KindConnectionStateChange, l.ConnectionStateChange},
		{recorder.KindDataChannel, l.DataChannel},
		{recorder.KindTrack, l.Track},
		{recorder.KindOpen, l.Open},
		{recorder.KindMessage, l.Message},
		{recorder.KindBufferedAmountLow, l.BufferedAmountLow},
		{recorder.KindError, l.Error},
		{recorder.KindClose, l.Close},
	} {
		if h.when != nil && (h.when.Never || h.when.After > 0) {
			r.checker.Deaf(peer, h.kind)
		}
	}
}

// observe is told of every event. Events may reach it in another order than they happened in, the checker must not.
func (r *remarks) observe(e recorder.Event, data any) {
	r.mu.Lock()
	var found []standard.Remark
	if e.Seq != r.next {
		r.early[e.Seq] = observation{e, data}
	} else {
		found = r.checker.Event(e, data)
		for r.next++; len(r.early) > 0; r.next++ {
			o, ok := r.early[r.next]
			if !ok {
				break
			}
			delete(r.early, r.next)
			found = append(found, r.checker.Event(o.event, o.data)...)
		}
	}
	r.mu.Unlock()
	r.add(found)
}

// finish records what only the end shows: what never happened.
func (r *remarks) finish(now time.Duration) {
	r.mu.Lock()
	found := r.checker.End(now)
	r.mu.Unlock()
	r.add(found)
}

func (r *remarks) add(found []standard.Remark) {
	for _, f := range found {
		r.log.Add(f.Peer, recorder.KindRemark, f.Cause, f.Data())
	}
}
