package page

import (
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// groupOf returns the group that a kind of events is filtered by.
func groupOf(k recorder.Kind) string {
	switch k {
	case recorder.KindRun, recorder.KindStep, recorder.KindVerdict, recorder.KindEnd, recorder.KindPrediction, recorder.KindAnswer:
		return "script"
	case recorder.KindCall, recorder.KindReturn:
		return "calls"
	case recorder.KindSignalSent, recorder.KindSignalDelivered, recorder.KindSignalDropped:
		return "signaling"
	case recorder.KindICECandidate, recorder.KindICECandidateError, recorder.KindSelectedCandidatePairChange:
		return "candidates"
	case recorder.KindDataChannel, recorder.KindOpen, recorder.KindMessage, recorder.KindBufferedAmountLow, recorder.KindError,
		recorder.KindClosing, recorder.KindClose:
		return "channels"
	case recorder.KindTrack, recorder.KindMedia, recorder.KindRTCP, recorder.KindAddStream, recorder.KindRemoveStream:
		return "media"
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return "packets"
	case recorder.KindTopology, recorder.KindNetwork, recorder.KindInterface, recorder.KindNATMapping:
		return "network"
	case recorder.KindRemark:
		return "remarks"
	case recorder.KindNegotiationNeeded:
		return "states"
	}
	if strings.HasSuffix(string(k), "statechange") {
		return "states"
	}
	return "other"
}

// The tones of events, which decide their colours as those of the inspector do.
const (
	plain  = ' '
	good   = 'g'
	bad    = 'b'
	warn   = 'w'
	dim    = 'd'
	moved  = 'c' // a state has changed, or there is something new
	signal = 's'
)

// tone returns the tone of an event.
func tone(e recorder.Event, data any) byte {
	switch d := data.(type) {
	case recorder.StateChange:
		return stateTone(d.State)
	case recorder.Verdict:
		if d.Held {
			return good
		}
		return bad
	case recorder.Return:
		if d.Error != nil {
			return bad
		}
		return dim
	case recorder.PacketEnd:
		if e.Kind == recorder.KindPacketDropped {
			return warn
		}
		return dim
	case recorder.Signal:
		if d.Reason != "" {
			return warn
		}
		return signal
	case recorder.ChannelEvent:
		switch e.Kind {
		case recorder.KindError:
			return bad
		case recorder.KindOpen:
			return good
		case recorder.KindClosing:
			return warn
		case recorder.KindClose:
			return dim
		}
		return moved
	case recorder.CandidatePair, recorder.TrackEvent:
		return moved
	case recorder.CandidateError, recorder.NetworkChange, recorder.Interface, recorder.LogLine, recorder.Remark:
		return warn
	case recorder.PacketSent, recorder.RTCP, recorder.Media, recorder.NATMapping, recorder.Snapshot, recorder.Run, recorder.Topology,
		recorder.DTLSSecret:
		return dim
	}
	return plain
}

// stateTone tells a state that is hoped for from one on the way and from an end.
func stateTone(state string) byte {
	switch state {
	case "connected", "completed", "stable", "open", "complete", "succeeded":
		return good
	case "failed":
		return bad
	case "disconnected", "closing":
		return warn
	case "closed", "new", "":
		return dim
	}
	return moved
}
