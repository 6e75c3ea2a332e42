package filter

import (
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// A family is what some kinds have in common.
type family struct {
	name string
	// noun is what its events are called.
	noun  string
	kinds []recorder.Kind
}

var families = []family{
	{"packet", "packets", packetKinds},
	{"state", "state changes", stateKinds},
	{"call", "calls", callKinds},
	{"signal", "signaling messages", signalKinds},
	{"channel", "events of data channels", channelKinds},
	{"candidate", "events of candidates", []recorder.Kind{
		recorder.KindICECandidate, recorder.KindICECandidateError, recorder.KindSelectedCandidatePairChange}},
	{"media", "events of media", []recorder.Kind{
		recorder.KindTrack, recorder.KindMedia, recorder.KindRTCP, recorder.KindAddStream, recorder.KindRemoveStream}},
	{"network", "changes of the network", []recorder.Kind{
		recorder.KindTopology, recorder.KindNetwork, recorder.KindInterface, recorder.KindNATMapping}},
	{"script", "steps and questions", []recorder.Kind{
		recorder.KindStep, recorder.KindPrediction, recorder.KindAnswer}},
}

var (
	packetKinds = []recorder.Kind{recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped}
	stateKinds  = []recorder.Kind{
		recorder.KindSignalingStateChange, recorder.KindICEGatheringStateChange, recorder.KindICEConnectionStateChange,
		recorder.KindConnectionStateChange, recorder.KindICETransportStateChange, recorder.KindDTLSTransportStateChange,
		recorder.KindSCTPTransportStateChange,
	}
	callKinds    = []recorder.Kind{recorder.KindCall, recorder.KindReturn}
	signalKinds  = []recorder.Kind{recorder.KindSignalSent, recorder.KindSignalDelivered, recorder.KindSignalDropped}
	channelKinds = []recorder.Kind{
		recorder.KindDataChannel, recorder.KindOpen, recorder.KindMessage, recorder.KindBufferedAmountLow,
		recorder.KindError, recorder.KindClosing, recorder.KindClose,
	}
)

// nouns are what events of a kind are called that is the only one of its sort.
var nouns = map[recorder.Kind]string{
	recorder.KindPacketSent:      "sent packets",
	recorder.KindPacketDelivered: "delivered packets",
	recorder.KindPacketDropped:   "dropped packets",
	recorder.KindMessage:         "messages on data channels",
	recorder.KindLog:             "log lines of pion",
	recorder.KindVerdict:         "verdicts",
	recorder.KindRemark:          "remarks",
	recorder.KindStep:            "steps of the scenario",
	recorder.KindRTCP:            "RTCP packets",
	recorder.KindNATMapping:      "mappings of NATs",
	recorder.KindSnapshot:        "snapshots",
}

// kindsOf returns the kinds that a name stands for, and what their events are called: a family, a kind, or all whose names
// begin so.
func kindsOf(name string) (kinds []recorder.Kind, noun string) {
	name = strings.ToLower(name)
	for _, f := range families {
		if f.name == name {
			return f.kinds, f.noun
		}
	}
	for _, info := range recorder.Kinds {
		if string(info.Kind) == name {
			if noun := nouns[info.Kind]; noun != "" {
				return []recorder.Kind{info.Kind}, noun
			}
			return []recorder.Kind{info.Kind}, name + " events"
		}
	}
	name = strings.TrimRight(name, "*")
	for _, info := range recorder.Kinds {
		if name != "" && strings.HasPrefix(string(info.Kind), name) {
			kinds = append(kinds, info.Kind)
		}
	}
	if len(kinds) == 1 {
		return kindsOf(string(kinds[0]))
	}
	if len(kinds) <= 4 {
		all := make([]string, len(kinds))
		for i, k := range kinds {
			all[i] = string(k)
		}
		return kinds, list(all, "and") + " events"
	}
	return kinds, name + "… events"
}

// kindNames returns all names that stand for kinds.
func kindNames() []string {
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	for _, info := range recorder.Kinds {
		if !slices.Contains(names, string(info.Kind)) {
			names = append(names, string(info.Kind))
		}
	}
	return names
}
