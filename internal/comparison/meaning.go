package comparison

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/recorder"
)

// meaning says of the events of one recording, in their order, what they are.
type meaning struct {
	options Options
	shared  recorder.Options
	labels  []label
	numbers map[label]uint32

	requests map[uint64]uint32 // the numbers of the events that sent STUN requests, by those of the packets
	clients  map[string]bool   // the sockets that have sent a ClientHello
	verified map[string]bool   // the peers that have got a HelloVerifyRequest
}

func newMeaning(o Options, shared recorder.Options) *meaning {
	return &meaning{
		options:  o,
		shared:   shared,
		labels:   []label{{}},
		numbers:  make(map[label]uint32),
		requests: make(map[uint64]uint32),
		clients:  make(map[string]bool),
		verified: make(map[string]bool),
	}
}

// hash returns a number for texts.
func hash(texts ...string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for _, text := range texts {
		for i := range len(text) {
			h = (h ^ uint64(text[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211 // where a text ends
	}
	return max(h, 1)
}

// of fills in what event n is.
func (m *meaning) of(n int, e recorder.Event, x *event) {
	kind := string(e.Kind)
	switch e.Kind {
	case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
		m.packet(n, e, x)
		return
	case recorder.KindRun:
		x.class, x.role = hash(kind), unseen
		return
	case recorder.KindSnapshot, recorder.KindDTLSSecret:
		x.class, x.role = hash(kind, e.Peer), unseen
		return
	}
	data, err := e.Value()
	if err != nil { // a kind of a later version, or damage
		x.class, x.face, x.role = hash(kind, e.Peer), hash(meant(string(e.Data))), thing
		return
	}
	var about []string // what it is about
	count := ""        // what it counts for
	x.role = thing
	switch d := data.(type) {
	case recorder.Step:
		x.role = script
		about = []string{d.Text}
	case recorder.Prediction:
		x.role = script
		about = []string{d.Question}
	case recorder.Topology:
		x.role = script
	case recorder.NetworkChange:
		x.role = script
		about = []string{d.Change}
	case recorder.Interface:
		x.role = script
		about = []string{d.Interface, d.Change}
	case recorder.Verdict:
		about = []string{d.Text}
	case recorder.Answer:
		x.role = reply
	case recorder.StateChange:
		about = []string{d.State}
	case recorder.Call:
		about = []string{d.Method, d.Channel, d.Target}
		switch d.Method {
		case "send":
			about = append(about, content(d.Args))
			x.role, count = stream, "messages sent on "+d.Channel
		case "addIceCandidate":
			about = append(about, candidateType(d.Args))
		}
	case recorder.Return:
		x.role = reply
		if d.Method == "send" {
			x.role = outcome
			if d.Error != nil {
				count = "messages on " + d.Channel + " refused: " + d.Error.Name
			}
		}
	case recorder.Candidate:
		about = []string{d.Type}
	case recorder.CandidateError:
		about = []string{d.URL}
	case recorder.ChannelEvent:
		about = []string{d.Channel}
		switch e.Kind {
		case recorder.KindMessage:
			about = append(about, content(mustMarshal(d.Message)))
			x.role, count = stream, "messages received on "+d.Channel
		case recorder.KindBufferedAmountLow:
			x.role, count = stream, "bufferedamountlow on "+d.Channel
		}
	case recorder.Signal:
		about = []string{d.From, d.To, d.Type}
		if e.Kind != recorder.KindSignalSent {
			x.role, kind = reply, "signal" // delivered or dropped
			about = nil
		} else if d.Candidate != nil {
			about = append(about, meant(*d.Candidate))
		}
	case recorder.NATMapping:
		about = []string{socket(d.Local), socket(d.Remote)}
		x.role, count = stream, "NAT mappings"
	case recorder.LogLine:
		about = []string{d.Level, d.Scope, meant(d.Text)}
		x.role, count = stream, "log "+d.Level+" ["+d.Scope+"] "+meant(d.Text)
	case recorder.Remark:
		about = []string{d.Rule}
		x.role, count = stream, "remarks "+d.Rule
	case recorder.TrackEvent:
		about = []string{meant(d.Track), d.RID}
	case recorder.Media:
		about = []string{meant(d.Track), d.RID}
		x.role = unseen // the last one is compared
	case recorder.RTCP:
		track := d.Track
		if d.Repairs != "" {
			track = d.Repairs + "'s repairs"
		}
		about = []string{d.Direction, d.Type, track, d.RID}
		x.role = stream
		if d.Direction == "sent" {
			count = "RTCP " + d.Type + " sent"
			if track != "" {
				count += " for " + track
			}
		}
	case recorder.Stream:
		about = []string{meant(d.Stream)}
	}
	x.class = hash(append(about, kind, e.Peer)...)
	if x.role == reply || x.role == outcome {
		x.class = hash(kind)
	}
	if count != "" {
		x.label = m.label(label{e.Peer, count})
	}
	if x.role != stream && x.role != unseen || m.options.All {
		x.face = hash(kind, string(m.options.face(e)))
	}
}

// label numbers a label.
func (m *meaning) label(l label) uint32 {
	n, ok := m.numbers[l]
	if !ok {
		n = uint32(len(m.labels))
		m.numbers[l] = n
		m.labels = append(m.labels, l)
	}
	return n
}

// packet says what an event about a packet is.
func (m *meaning) packet(n int, e recorder.Event, x *event) {
	if m.shared.Packets == recorder.PacketsNone {
		x.role = unseen
		return
	}
	if e.Kind != recorder.KindPacketSent {
		var d struct {
			Protocol, Reason string
			Types            []string
			Corrupted        []int
		}
		if json.Unmarshal(e.Data, &d) != nil {
			return
		}
		x.role = outcome
		x.class = hash("packet")
		x.face = hash(string(e.Kind), e.Peer, d.Reason)
		what := "packets dropped: " + d.Reason
		if e.Kind == recorder.KindPacketDelivered {
			x.face = hash(string(e.Kind), d.Reason)
			what = "packets delivered: " + d.Reason
			if slices.Contains(d.Types, "hello-verify-request") {
				m.verified[e.Peer] = true
			}
		}
		if d.Reason != "" {
			x.label = m.label(label{e.Peer, what})
		}
		if m.options.All {
			x.face = hash(string(e.Kind), string(e.Data))
		}
		return
	}
	// The payload is most of it.
	head := e.Data
	if i := bytes.Index(head, []byte(`,"payload":`)); i > 0 && !m.options.All {
		head = append(head[:i:i], '}')
	}
	var d recorder.PacketSent
	if json.Unmarshal(head, &d) != nil {
		return
	}
	if !m.shared.Dissect {
		d.Types = slices.DeleteFunc(d.Types, packet.Encrypted)
	}
	x.role = stream
	x.class = hash(string(e.Kind), e.Peer, socket(d.Src), socket(d.Dst), d.Protocol, strings.Join(d.Types, " "))
	x.label = m.label(label{e.Peer, "packets sent: " + m.packetKind(e.Peer, d)})
	if d.Protocol == "stun" || d.Protocol == "turn" {
		if request := m.requests[d.Answers]; d.Answers != 0 && request != 0 {
			x.role = outcome
			x.cause = request
		} else {
			m.requests[d.ID] = uint32(n)
		}
	}
	if m.options.All {
		x.face = hash(string(e.Data))
	}
}

// packetKind says in a few words what a packet is.
func (m *meaning) packetKind(peer string, d recorder.PacketSent) string {
	if d.Protocol != "dtls" || len(d.Types) == 0 || d.Types[0] == "application-data" || d.Types[0] == "alert" {
		return packetWords(d.Protocol, d.Types)
	}
	// The flights of RFC 6347, section 4.2.4.
	has := func(types ...string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return slices.Contains(d.Types, t) })
	}
	flight := "1"
	switch {
	case has("client-hello"):
		m.clients[d.Src] = true
		if m.verified[peer] {
			flight = "3"
		}
	case has("hello-verify-request"):
		flight = "2"
	case m.clients[d.Src]:
		flight = "5"
	case has("change-cipher-spec", "encrypted-handshake"):
		flight = "6"
	default:
		flight = "4"
	}
	return "dtls flight " + flight
}

// packetWords says in a few words what a packet is.
func packetWords(protocol string, types []string) string {
	if len(types) == 0 {
		return protocol
	}
	switch protocol {
	case "srtp":
		return "rtp"
	case "srtcp":
		return "rtcp"
	}
	if types[0] == "handshake" && len(types) > 1 {
		types = types[1:]
	}
	if types[0] == "channel-data" && len(types) > 1 {
		return protocol + " channel-data " + types[1]
	}
	return protocol + " " + types[0]
}

// content is what a message is known by.
func content(args []byte) string {
	var message recorder.Message
	if json.Unmarshal(args, &message) != nil {
		return ""
	}
	return message.Text + " " + string(message.Binary[:min(len(message.Binary), 64)]) + string(mustMarshal(message.Size))
}

// candidateType is the type of the candidate in the arguments of addIceCandidate.
func candidateType(args []byte) string {
	var d struct{ Candidate string }
	if json.Unmarshal(args, &d) != nil {
		return ""
	}
	if fields := strings.Fields(d.Candidate); len(fields) > 7 {
		return fields[7]
	}
	return ""
}

func mustMarshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // no value here is one that JSON does not have
	}
	return text
}
