package sim

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// look asks for a look at the state of the SCTP transport, for which pion has no event.
func (p *peer) look() {
	select {
	case p.looks <- struct{}{}:
	default:
	}
}

// stir asks for a look at all that pion may have changed without an event.
func (p *peer) stir() {
	p.stirred.Store(true)
	p.look()
}

// settle is how long after an event of ICE its checks have come to their end: pion/ice checks a pair every 200 ms, and
// has none left after 7 requests.
const settle = 2 * time.Second

// drain is how often a peer is looked at while a data channel has something to send. No event tells when that is gone.
const drain = 100 * time.Millisecond

// watch looks at the peer after each of its events, and records what differs from what they tell. It is a
// goroutine of its own since pion fires some events with locks held.
func (p *peer) watch() {
	p.snapshot(true)
	for range p.looks {
		if p.snapshot(false) {
			time.AfterFunc(drain, p.stir)
		}
	}
}

// snapshot records what of the peer's state differs from what the events tell, or all of it. Unless the peer was stirred,
// it looks at no more than the state of the SCTP transport, since it runs after each packet of a handshake. It returns
// whether a data channel has something to send.
func (p *peer) snapshot(full bool) (sending bool) {
	p.snapshots.Lock()
	defer p.snapshots.Unlock()
	if sctp := p.sctp(); p.tracked.sctp(sctp) {
		p.event(recorder.KindSCTPTransportStateChange, recorder.StateChange{State: sctp.State, Now: sctp.State, Derived: true})
	}
	if !p.stirred.Swap(false) && !full {
		return false
	}
	events := p.tracked.events()
	state := p.state()
	for _, c := range state.Channels {
		sending = sending || c.BufferedAmount > 0 && c.ReadyState != "closed"
	}
	if p.stale.Swap(false) || full {
		p.slow = recorder.PeerState{
			CurrentLocalDescription:  descriptionState(p.pc.CurrentLocalDescription()),
			PendingLocalDescription:  descriptionState(p.pc.PendingLocalDescription()),
			CurrentRemoteDescription: descriptionState(p.pc.CurrentRemoteDescription()),
			PendingRemoteDescription: descriptionState(p.pc.PendingRemoteDescription()),
			SelectedCandidatePair:    p.selectedCandidatePair(),
			CandidatePairs:           []recorder.CheckedPairState{},
			Configuration:            configurationState(p.pc.GetConfiguration()),
		}
		if !p.closed() {
			p.slow.CandidatePairs = p.candidatePairs()
		}
	}
	state.CurrentLocalDescription, state.PendingLocalDescription = p.slow.CurrentLocalDescription, p.slow.PendingLocalDescription
	state.CurrentRemoteDescription, state.PendingRemoteDescription = p.slow.CurrentRemoteDescription, p.slow.PendingRemoteDescription
	state.SelectedCandidatePair, state.CandidatePairs = p.slow.SelectedCandidatePair, p.slow.CandidatePairs
	state.Configuration = p.slow.Configuration
	if p.tracked.events() != events && !full {
		p.stir() // pion was asked partly before and partly after an event
		return sending
	}
	p.associated.Store(state.SCTP != nil && state.SCTP.State == webrtc.SCTPTransportStateConnected.String())
	if full {
		if !p.closed() {
			state.Stats = p.statsState()
		}
		p.event(recorder.KindSnapshot, recorder.Snapshot{Full: true, State: p.tracked.members(state)})
	} else if changed := p.tracked.differences(state); len(changed) > 0 {
		p.event(recorder.KindSnapshot, recorder.Snapshot{State: changed})
	}
	return sending
}

// closed tells whether the connection is closed, so that a snapshot asks for no statistics: pion would log an error.
func (p *peer) closed() bool { return p.pc.SignalingState() == webrtc.SignalingStateClosed }

// tell takes into account what an event tells about the peer's state, and has the peer looked at for all else. After events
// that may be many and change nothing, it is not.
func (p *peer) tell(kind recorder.Kind, data any) {
	// What is slow to ask for must not stay behind what the tracker knows.
	switch kind {
	case recorder.KindReturn:
		if data.(recorder.Return).Channel == "" {
			p.stale.Store(true)
		}
	case recorder.KindICECandidate, recorder.KindICETransportStateChange, recorder.KindSelectedCandidatePairChange:
		p.stale.Store(true)
	}
	p.tracked.apply(kind, data)
	switch kind {
	case recorder.KindSnapshot, recorder.KindMessage, recorder.KindRTCP, recorder.KindMedia, recorder.KindLog,
		recorder.KindSignalSent, recorder.KindSignalDelivered:
		return
	case recorder.KindICETransportStateChange, recorder.KindSelectedCandidatePairChange:
		time.AfterFunc(settle, func() {
			p.stale.Store(true)
			p.stir()
		})
	}
	p.stir()
}

// conclude records the whole state of all peers, at the end of the run. A peer that pion does not answer about, since a
// handler never returned while pion held a lock, is left out.
func (s *Session) conclude() {
	for _, config := range s.scenario.Peers {
		p := s.peers[config.Name]
		if p == nil || p.pc == nil {
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.snapshot(true)
		}()
		select {
		case <-done:
		case <-time.After(time.Second):
		}
	}
}

// tracked is what the events of a peer have told about its state.
type tracked struct {
	mu      sync.Mutex
	tracker recorder.Tracker
	applied int // events
}

// events returns how many events there were.
func (t *tracked) events() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.applied
}

func (t *tracked) apply(kind recorder.Kind, data any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.applied++
	if kind == recorder.KindSnapshot {
		return // members or differences has done it
	}
	if err := t.tracker.Apply(kind, data); err != nil {
		panic(fmt.Sprintf("sim: %v", err)) // a snapshot of our own
	}
}

// sctp tells whether the SCTP transport has another state than the events have told.
func (t *tracked) sctp(actual *recorder.SCTPState) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	told, _ := t.tracker.State()
	return actual != nil && (told.SCTP == nil || told.SCTP.State != actual.State)
}

// members returns the state as a full snapshot has it, and keeps it as what is known.
func (t *tracked) members(actual recorder.PeerState) map[string]json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tracker.Know(actual)
	return actual.Members()
}

// differences returns the members that differ from what is known, and knows them from then on.
func (t *tracked) differences(actual recorder.PeerState) map[string]json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tracker.Differences(actual)
}
