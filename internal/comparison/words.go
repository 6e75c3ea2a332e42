package comparison

import (
	"strings"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// words says in one line what an event is.
func words(e recorder.Event) string {
	data, err := e.Value()
	if err != nil {
		return string(e.Kind)
	}
	switch d := data.(type) {
	case recorder.StateChange:
		return string(e.Kind) + " " + d.State
	case recorder.PacketSent:
		return "packet " + packetWords(d.Protocol, d.Types) + " sent to " + socket(d.Dst)
	case recorder.PacketEnd:
		text := "packet " + packetWords(d.Protocol, d.Types) + " from " + d.From
		switch {
		case e.Kind == recorder.KindPacketDropped:
			return text + dropped + e.Peer + ": " + d.Reason
		case d.Reason != "":
			return text + delivered + ": " + d.Reason
		}
		return text + delivered
	case recorder.Topology:
		return "the network"
	case recorder.Snapshot, recorder.DTLSSecret, recorder.Run:
		return string(e.Kind)
	case recorder.RTCP:
		text := "RTCP " + d.Type + " " + d.Direction
		if d.Track != "" {
			text += " for " + d.Track
		}
		return text
	case recorder.Remark:
		return "remark " + d.Rule
	}
	line, _, _ := strings.Cut(transcript.Words(e), "\n")
	if d, ok := data.(recorder.ChannelEvent); ok {
		line = strings.TrimSuffix(line, " (readyState "+d.Now+")")
	}
	return strings.TrimSpace(line)
}

// rank says how much a kind of event tells about how far a session is.
func rank(k recorder.Kind) int {
	switch k {
	case recorder.KindConnectionStateChange:
		return 5
	case recorder.KindICEConnectionStateChange:
		return 4
	case recorder.KindOpen, recorder.KindTrack, recorder.KindDTLSTransportStateChange:
		return 3
	case recorder.KindICETransportStateChange, recorder.KindSCTPTransportStateChange, recorder.KindSelectedCandidatePairChange, recorder.KindDataChannel:
		return 2
	case recorder.KindVerdict:
		return 1
	}
	return 0
}

// How the words for the end of a packet go on.
const (
	delivered = " delivered"
	dropped   = " dropped at "
)

// isEnd reports whether a kind is the end of a packet.
func isEnd(k recorder.Kind) bool {
	return k == recorder.KindPacketDelivered || k == recorder.KindPacketDropped
}

// cutEnd cuts the words for the end of a packet into the packet and its end.
func cutEnd(words string) (packet, end string) {
	for _, mark := range []string{dropped, delivered} {
		if i := strings.Index(words, mark); i >= 0 {
			return words[:i], words[i+1:]
		}
	}
	return words, ""
}
