package tui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// A zoom says how much is shown.
type zoom int

const (
	zoomOutline zoom = iota // steps, calls and transitions
	zoomSession             // signaling, candidates and messages as well; packets are folded
	zoomPackets             // each packet
	zoomAll                 // every event, to the nanosecond
	zooms
)

func (z zoom) String() string {
	return [...]string{"outline", "session", "packets", "everything"}[z]
}

// level is the first zoom at which a kind of event has a row of its own.
func level(k recorder.Kind) zoom {
	switch k {
	case recorder.KindStep, recorder.KindVerdict, recorder.KindEnd, recorder.KindCall, recorder.KindPrediction, recorder.KindAnswer,
		recorder.KindSignalingStateChange, recorder.KindICEGatheringStateChange, recorder.KindICEConnectionStateChange,
		recorder.KindConnectionStateChange, recorder.KindNetwork, recorder.KindInterface, recorder.KindDataChannel,
		recorder.KindOpen, recorder.KindClosing, recorder.KindClose, recorder.KindError, recorder.KindTrack,
		recorder.KindICETransportStateChange, recorder.KindDTLSTransportStateChange, recorder.KindSCTPTransportStateChange:
		return zoomOutline
	case recorder.KindPacketSent, recorder.KindRTCP, recorder.KindMedia, recorder.KindNATMapping, recorder.KindBufferedAmountLow:
		return zoomPackets
	case recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindSnapshot, recorder.KindRun, recorder.KindTopology,
		recorder.KindDTLSSecret, "":
		return zoomAll
	}
	return zoomSession
}

// isPacket reports whether a kind is about packets, which are folded where they
// have no rows of their own.
func isPacket(k recorder.Kind) bool {
	switch k {
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		return true
	}
	return false
}

// isTransition reports whether a kind is a change of a state.
func isTransition(k recorder.Kind) bool {
	switch k {
	case recorder.KindOpen, recorder.KindClosing, recorder.KindClose:
		return true
	}
	return strings.HasSuffix(string(k), "statechange")
}

// isStep reports whether a kind is a step of the scenario.
func isStep(k recorder.Kind) bool { return k == recorder.KindStep }

// clock formats a virtual time as seconds.
func clock(t time.Duration, nanoseconds bool) string {
	if nanoseconds {
		return fmt.Sprintf("%d.%09d", t/time.Second, t%time.Second)
	}
	return fmt.Sprintf("%d.%06d", t/time.Second, t%time.Second/time.Microsecond)
}

// span formats a length of time with three digits that count.
func span(d time.Duration) string {
	switch {
	case d >= 100*time.Second:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.String()
}

// label says in a few words what an event is, and how it looks.
func (t *theme) label(e recorder.Event, data any) (string, lipgloss.Style) {
	name := string(e.Kind)
	switch d := data.(type) {
	case recorder.Step:
		return t.glyphs.horizontal + t.glyphs.horizontal + " " + d.Text, t.step
	case recorder.Verdict:
		if d.Held {
			return t.glyphs.check + " " + d.Text, t.good
		}
		return t.glyphs.lost + " " + d.Text + ": " + d.Seen, t.bad
	case recorder.Prediction:
		return "? " + plain(d.Question), t.step
	case recorder.Answer:
		return "? " + map[bool]string{true: "yes", false: "no"}[d.Holds] + ": " + plain(d.Question), t.step
	case recorder.SessionEnd:
		return t.glyphs.horizontal + t.glyphs.horizontal + " the end", t.step
	case recorder.Call:
		return call(d.Channel, d.Method) + "(" + arguments(d) + ")", t.call
	case recorder.Return:
		if d.Error != nil {
			return call(d.Channel, d.Method) + " rejected: " + d.Error.Name, t.bad
		}
		text := call(d.Channel, d.Method) + " returned"
		if d.Took > 0 {
			text += " after " + span(d.Took)
		}
		return text, t.dim
	case recorder.StateChange:
		return t.glyphs.dot + " " + strings.TrimSuffix(name, "statechange") + " " + d.State, t.state(d.State)
	case recorder.Candidate:
		if d.End {
			return "icecandidate null", t.dim
		}
		return fmt.Sprintf("icecandidate %s %s:%d", d.Type, d.Address, d.Port), t.text
	case recorder.CandidatePair:
		return fmt.Sprintf("pair %s %s:%d %s %s %s:%d", d.Local.Type, d.Local.Address, d.Local.Port, "<->", d.Remote.Type, d.Remote.Address, d.Remote.Port), t.change
	case recorder.ChannelEvent:
		text := name + " " + d.Channel
		if d.Message != nil {
			text += " " + content(d.Message)
		}
		if d.Error != "" {
			return text + " " + d.Error, t.bad
		}
		return text, t.change
	case recorder.Signal:
		text := d.Type
		if d.Reason != "" {
			text += " " + t.glyphs.lost + " " + d.Reason
		}
		return text, t.signal
	case recorder.PacketSent:
		return packetLabel(d.Protocol, d.Types), t.packet
	case recorder.PacketEnd:
		if d.Reason != "" {
			return t.glyphs.lost + " " + packetLabel(d.Protocol, d.Types) + ": " + d.Reason, t.warn
		}
		return packetLabel(d.Protocol, d.Types), t.packet
	case recorder.NetworkChange:
		return e.Peer + " " + d.Change, t.warn
	case recorder.Interface:
		return "interface " + d.Interface + " " + d.Change, t.warn
	case recorder.NATMapping:
		return e.Peer + " maps " + d.Local + " to " + d.Public, t.dim
	case recorder.LogLine:
		return "pion " + d.Level + " [" + d.Scope + "] " + d.Text, t.warn
	case recorder.Remark:
		return t.glyphs.unlike + " " + d.Text, t.remark
	case recorder.TrackEvent:
		return "track " + d.Track + " " + d.Kind + " " + d.Codec, t.change
	case recorder.RTCP:
		return "RTCP " + d.Type + " " + d.Direction, t.packet
	case recorder.Media:
		return "media " + d.Track, t.packet
	}
	if name == "" {
		return "an event that cannot be read", t.bad
	}
	return name, t.dim
}

func packetLabel(protocol string, types []string) string {
	if len(types) == 0 {
		return protocol
	}
	// The last word says the most: the message within the record. That it is a
	// response, its class has said before.
	word := types[len(types)-1]
	for i := len(types) - 1; i >= 0 && (strings.HasSuffix(word, "-response") || word == "encrypted-handshake"); i-- {
		word = types[i]
	}
	if protocol == "srtp" {
		return "rtp"
	}
	if protocol == "srtcp" {
		return "rtcp " + strings.Join(types, " ")
	}
	return protocol + " " + word
}

func call(channel, method string) string {
	if channel != "" {
		return channel + "." + method
	}
	return method
}

// arguments are those of a call in a few words.
func arguments(d recorder.Call) string {
	var description struct {
		Type      string  `json:"type"`
		SDP       string  `json:"sdp"`
		Candidate *string `json:"candidate"`
		Label     string  `json:"label"`
		Text      string  `json:"text"`
		Size      *int    `json:"size"`
		Track     string  `json:"track"`
		Kind      string  `json:"kind"`
	}
	if json.Unmarshal(d.Args, &description) != nil {
		return ""
	}
	switch {
	case description.SDP != "":
		return description.Type
	case description.Candidate != nil:
		if fields := strings.Fields(*description.Candidate); len(fields) > 7 {
			return fields[7] + " " + fields[4] + ":" + fields[5]
		}
		return *description.Candidate
	case d.Method == "send" && description.Size != nil:
		return content(&recorder.Message{Text: description.Text, Size: *description.Size})
	case description.Label != "":
		return fmt.Sprintf("%q", description.Label)
	case description.Track != "":
		return description.Track
	}
	return description.Kind
}

// content is a message: its text if that is short, else its size.
func content(m *recorder.Message) string {
	if m.Size == len(m.Text) && m.Size <= 40 {
		return fmt.Sprintf("%q", m.Text)
	}
	return fmt.Sprintf("%d bytes", m.Size)
}
