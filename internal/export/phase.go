package export

import (
	"slices"

	"github.com/rtcsim/rtcsim/recorder"
)

// A phase is what a session is about at a time.
type phase int

const (
	noPhase phase = iota
	signalingPhase
	icePhase
	dtlsPhase
	sctpPhase
)

func (p phase) String() string {
	return [...]string{"", "Signaling", "ICE", "DTLS", "SCTP"}[p]
}

// phases follows a session through its phases: from an offer to where its peers are connected and a data channel, if there is to
// be one, is open; and again from the next offer.
type phases struct {
	now        phase
	signaling  map[string]string // states, by peer
	ice        map[string]string
	connection map[string]string
	channels   bool // there are to be some
	open       bool // one of them is, or was
	over       bool // the phase has ended with the last event
}

func newPhases() *phases {
	return &phases{signaling: make(map[string]string), ice: make(map[string]string), connection: make(map[string]string)}
}

// note takes an event into account, with its data.
func (p *phases) note(e recorder.Event, data any) {
	if p.over {
		p.now, p.over = noPhase, false
	}
	switch d := data.(type) {
	case recorder.Call:
		switch d.Method {
		case "createOffer", "createAnswer", "setLocalDescription", "setRemoteDescription":
			if p.now == noPhase {
				p.now = signalingPhase
			}
		case "createDataChannel":
			p.channels = true
		case "close":
			if d.Channel == "" {
				p.over = true
			}
		}
	case recorder.StateChange:
		switch e.Kind {
		case recorder.KindSignalingStateChange:
			p.signaling[e.Peer] = d.State
		case recorder.KindConnectionStateChange:
			p.connection[e.Peer] = d.State
		case recorder.KindICEConnectionStateChange:
			p.ice[e.Peer] = d.State
			if d.State == "checking" && p.now <= signalingPhase {
				p.now = icePhase
			}
		}
		p.settle()
	case recorder.ChannelEvent:
		if e.Kind == recorder.KindOpen {
			p.open = true
			p.settle()
		}
	case recorder.PacketSent:
		switch {
		case slices.Contains(d.Types, "client-hello") && p.now != noPhase && p.now < dtlsPhase:
			p.now = dtlsPhase
		case slices.Contains(d.Types, "application-data") && p.now == dtlsPhase:
			p.now = sctpPhase
		}
	}
}

// settle ends the phases once all is as it is to be, or all is over.
func (p *phases) settle() {
	if len(p.connection) == 0 {
		return
	}
	failed := true
	for _, state := range p.connection {
		failed = failed && (state == "failed" || state == "closed")
	}
	if failed {
		p.over = true
		return
	}
	if p.channels && !p.open {
		return
	}
	for _, state := range p.signaling {
		if state != "stable" {
			return
		}
	}
	for _, state := range p.ice {
		if state != "connected" && state != "completed" {
			return
		}
	}
	for _, state := range p.connection {
		if state != "connected" {
			return
		}
	}
	p.over = true
}
