package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/recorder"
)

// A parcel is a packet as a diagram shows it: who sent what to whom, and what became of it.
type parcel struct {
	time     time.Duration
	from, to string
	what     string
	outcome  string // empty for one that was simply delivered
	lost     bool
	answer   bool     // to a request that is shown with its outcome
	via      []string // the NATs that it passed, if these are shown
	lostAt   string   // the NAT that dropped it, if these are shown
}

// parcels returns what diagrams show of all packets from event first on, by the numbers of the events that sent them.
func parcels(r *recorder.Recording, c *cast, first int) (map[int]*parcel, error) {
	all := make(map[int]*parcel)
	requests := make(map[uint64]*parcel) // by the number of the packet
	inside := dissection.New()
	for n, e := range r.Forward(1) {
		if e.Kind == recorder.KindDTLSSecret {
			if event, err := r.Event(n); err == nil {
				if value, err := event.Value(); err == nil {
					inside.Secret(value.(recorder.DTLSSecret))
				}
			}
		}
		if e.Kind != recorder.KindPacketSent {
			continue
		}
		j, err := readJourney(r, n)
		if err != nil {
			return nil, err
		}
		if len(j.Payload) > 0 {
			if j.Types, err = inside.Types(j.sent.Peer, j.PacketSent); err != nil {
				return nil, fmt.Errorf("event %d: %w", n, err)
			}
		}
		if n < first {
			continue
		}
		p := &parcel{time: j.sent.Time, from: c.sender(j), to: c.host(c.receiver(j))}
		p.what = c.describe(j, p.from, p.to)
		all[n] = p
		switch j.end.Kind {
		case recorder.KindPacketDropped:
			p.lost = true
			p.outcome = "lost: " + j.result.Reason
		case recorder.KindPacketDelivered:
			if len(j.result.Corrupted) > 0 {
				p.outcome = "corrupted"
			}
		default:
			p.outcome = "under way at the end"
		}
		for _, hop := range j.result.Path {
			if hop.Src != "" || hop.Dst != "" {
				p.via = append(p.via, hop.At)
			}
		}
		if p.lost && c.isNAT(j.end.Peer) {
			p.lostAt = j.end.Peer
		}
		if isRequest(j.Types) {
			requests[j.ID] = p
			if p.outcome == "" {
				p.outcome = "no answer"
			}
		}
		if request := requests[j.Answers]; request != nil && !request.lost {
			p.answer = true
			switch failed := slices.ContainsFunc(j.Types, func(t string) bool { return strings.HasSuffix(t, "-error") }); {
			case p.lost:
				request.outcome = "answer " + p.outcome
			case failed:
				request.outcome = "refused"
			default:
				request.outcome = "answered"
			}
		}
	}
	return all, nil
}

// isRequest tells whether a packet is a STUN request that is answered by whom it was sent to.
func isRequest(types []string) bool {
	return len(types) > 0 && strings.HasSuffix(types[0], "-request")
}

// describe says what a packet is.
func (c *cast) describe(j journey, from, to string) string {
	types := j.Types
	text := ""
	relayed := false
	if len(types) > 1 && (types[0] == "channel-data" || types[0] == "send-indication" || types[0] == "data-indication") {
		types, relayed = types[1:], true
	}
	has := func(t string) bool { return slices.Contains(types, t) }
	switch {
	case has("binding-request") && c.serves(to, j.Dst) && !relayed:
		text = "STUN Binding request"
	case has("binding-request"):
		text = "STUN check"
		if has("use-candidate") {
			text += ", nominating"
		}
	case has("binding-success"):
		text = "STUN answer"
	case has("binding-error"):
		text = "STUN error"
	case has("application-data"):
		text = strings.TrimSpace("SCTP " + chunks(types))
	case has("handshake") || has("change-cipher-spec") || has("alert"):
		text = "DTLS " + handshake(types)
	case j.Protocol == "srtp":
		text = "RTP"
	case j.Protocol == "srtcp":
		text = "RTCP"
		for _, t := range types {
			if t != "srtcp" && t != "rtcp" && t != "sdes" {
				text += " " + strings.ToUpper(t)
			}
		}
	case j.Protocol == "turn" && len(types) > 0:
		name, _ := strings.CutSuffix(types[0], "-request")
		text = "TURN " + camel(name)
	case j.Protocol == "unknown":
		text = fmt.Sprintf("packet of %d bytes", j.Size)
	default:
		text = strings.Join(append([]string{j.Protocol}, types...), " ")
	}
	own := strings.HasPrefix(text, "TURN ") || c.serves(to, j.Dst) || c.serves(from, j.Src) // the server's own business
	if relayed || !own && (c.servers[from] || c.servers[to]) {
		text += ", relayed"
	}
	return text
}

// handshake names the messages of a flight as RFC 5246 does.
func handshake(types []string) string {
	var names []string
	for _, t := range types {
		switch t {
		case "handshake":
		case "encrypted-handshake":
			if !slices.Contains(types, "finished") {
				names = append(names, "Finished")
			}
		default:
			names = append(names, camel(t))
		}
	}
	if len(names) > 3 {
		return names[0] + " … " + names[len(names)-1]
	}
	return strings.Join(names, ", ")
}

// chunks names what is in an SCTP packet, as far as it could be decrypted. An acknowledgement that comes with something else does
// not count.
func chunks(types []string) string {
	var names []string
	for _, t := range types {
		switch t {
		case "application-data":
		case "dcep-open", "dcep-ack":
			names = append(names, "DATA_CHANNEL_"+strings.ToUpper(t[len("dcep-"):]))
		case "i-data", "i-forward-tsn":
			names = append(names, strings.ToUpper(t))
		case "reconfig":
			names = append(names, "RE-CONFIG")
		default:
			names = append(names, strings.ToUpper(strings.ReplaceAll(t, "-", " ")))
		}
	}
	has := func(name string) bool { return slices.Contains(names, name) }
	return strings.Join(slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		switch name {
		case "SACK":
			return len(names) > 1
		case "DATA":
			return has("I-DATA")
		case "FORWARD TSN":
			return has("I-FORWARD-TSN")
		}
		return false
	}), ", ")
}

// camel turns client-hello into ClientHello.
func camel(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
