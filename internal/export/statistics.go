package export

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/recorder"
)

// A series are the values of one member of statistics over time.
type series struct {
	StartTime string `json:"startTime"`
	EndTime   string `json:"endTime"`
	StatsType string `json:"statsType"`
	Values    string `json:"values"` // a list in JSON
}

// statistics are all series of a connection.
type statistics struct {
	all     ordered[series] // once they are complete
	members ordered[*values]
}

// values are those of a series.
type values struct {
	statsType  string
	start, end time.Duration
	list       []any
}

func newStatistics() *statistics { return new(statistics) }

// A member is one of an object of statistics.
type member struct {
	name  string
	value any // nil for one that is not there yet
}

// put takes an object of statistics at a time. Of numbers of bytes and messages, it adds what Chrome computes from two in a row.
func (s *statistics) put(at time.Duration, id, statsType string, members ...member) {
	if v := s.members.values[id+"-timestamp"]; v != nil && v.end == at { // nothing new was heard of it
		return
	}
	members = append(members, member{"type", statsType}, member{"timestamp", timestamp(at)})
	for _, m := range members {
		if m.value == nil {
			continue
		}
		if text, ok := m.value.(string); ok && wholeNumber.MatchString(text) { // as Chrome's page does with all strings
			m.value = json.Number(text)
		}
		v := s.values(id+"-"+m.name, statsType, at)
		if name, factor, ok := computedRate(m.name, statsType); ok && len(v.list) > 0 {
			passed := (at - v.end).Seconds()
			change := float64(count(m.value)) - float64(count(v.list[len(v.list)-1]))
			r := s.values(id+"-"+name, statsType, at)
			r.list, r.end = append(r.list, int64(change*factor/passed)), at
		}
		v.list, v.end = append(v.list, m.value), at
	}
}

func (s *statistics) values(name, statsType string, at time.Duration) *values {
	v := s.members.values[name]
	if v == nil {
		v = &values{statsType: statsType, start: at}
		s.members.set(name, v)
	}
	return v
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)

// computedRate names the series that Chrome computes from a member.
func computedRate(name, statsType string) (computed string, factor float64, ok bool) {
	switch name {
	case "bytesSent", "bytesReceived":
		if strings.HasPrefix(statsType, "remote-") {
			return "", 0, false
		}
		return "[" + name + "_in_bits/s]", 8, true
	case "messagesSent", "messagesReceived":
		return "[" + name + "/s]", 1, true
	}
	return "", 0, false
}

func count(v any) int64 {
	n, _ := v.(int64)
	return n
}

// complete makes the series.
func (s *statistics) complete() error {
	const layout = "2006-01-02T15:04:05.000Z"
	for _, name := range s.members.names {
		v := s.members.values[name]
		list, err := encode(v.list)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.all.set(name, series{epoch.Add(v.start).Format(layout), epoch.Add(v.end).Format(layout), v.statsType, string(list)})
	}
	return nil
}

// A sampler takes the statistics of all connections each second, as Chrome's page does.
type sampler struct {
	r           *recorder.Recording
	o           Options
	connections map[string]*connection
	table       *ice.Table
	next        time.Duration
	peers       map[string]*meter
}

// A meter counts what a peer does.
type meter struct {
	closed         bool
	bytesSent      int64 // on the transport
	bytesReceived  int64
	packetsSent    int64
	packetsRecv    int64
	pairChanges    int64
	selected       string                      // the id of the pair that is
	pairs          map[string]*pairMeter       // by id
	channels       ordered[*channelMeter]      // by name
	opened, closes int64                       // data channels
	received       ordered[*measured]          // the last measurement, by SSRC
	sent           ordered[*outboundMeter]     // by SSRC
	asked          map[string]map[string]int64 // how often the receiver of a stream asked for something, by SSRC and type of RTCP
	remote         ordered[*reported]          // the last sender report from the other side, by SSRC
	reports        map[string]int64            // how many of these there were
}

// measured and reported are what was heard of a stream, and when.
type measured struct {
	recorder.Media
	at time.Duration
}

type reported struct {
	recorder.RTCP
	at time.Duration
}

type pairMeter struct{ bytesSent, bytesReceived, packetsSent, packetsReceived int64 }

type channelMeter struct {
	number                                   int
	event                                    recorder.ChannelEvent
	state                                    string
	sent, received, bytesSent, bytesReceived int64
}

type outboundMeter struct {
	packets, bytes int64
	at             time.Duration // when it was told
	report         *recorder.RTCPReport
	reported       time.Duration
	roundTrip      any // the last one in seconds, once there was one
	roundTrips     int64
	totalRoundTrip time.Duration
}

func newSampler(r *recorder.Recording, o Options, connections map[string]*connection) *sampler {
	return &sampler{r: r, o: o, connections: connections, table: ice.New(), next: time.Second, peers: make(map[string]*meter)}
}

func (s *sampler) meter(peer string) *meter {
	m := s.peers[peer]
	if m == nil {
		m = &meter{asked: make(map[string]map[string]int64), pairs: make(map[string]*pairMeter), reports: make(map[string]int64)}
		s.peers[peer] = m
	}
	return m
}

// advance takes all samples before a time; n is the last event that was.
func (s *sampler) advance(now time.Duration, n int) error {
	for s.next < now {
		if err := s.sample(s.next, n); err != nil {
			return err
		}
		s.next += time.Second
	}
	return nil
}

// finish takes the last sample.
func (s *sampler) finish(end time.Duration, n int) error {
	if err := s.advance(end+1, n); err != nil {
		return err
	}
	for _, c := range s.connections {
		if err := c.stats.complete(); err != nil {
			return err
		}
	}
	return nil
}

// note takes an event into account.
func (s *sampler) note(e recorder.Event, data any) error {
	if err := s.table.Add(e); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	if s.connections[e.Peer] == nil {
		return nil
	}
	m := s.meter(e.Peer)
	switch d := data.(type) {
	case recorder.Return:
		if d.Method == "close" && d.Channel == "" {
			m.closed = true
		}
	case recorder.Call:
		if d.Method == "send" && d.Channel != "" {
			var message recorder.Message
			if json.Unmarshal(d.Args, &message) == nil {
				c := m.channel(d.Channel)
				c.sent++
				c.bytesSent += int64(message.Size)
			}
		}
	case recorder.ChannelEvent:
		c := m.channel(d.Channel)
		c.event = d
		switch e.Kind {
		case recorder.KindOpen:
			m.opened++
		case recorder.KindClose:
			if c.state == "open" || c.state == "closing" {
				m.closes++
			}
		case recorder.KindMessage:
			c.received++
			c.bytesReceived += int64(d.Message.Size)
		}
		c.state = d.Now
	case recorder.CandidatePair:
		m.pairChanges++
		for _, peer := range s.table.At().Peers {
			if peer.Name == e.Peer {
				if pair := peer.Current().Selected(); pair != nil {
					m.selected = pairID(peer.Current(), pair)
				}
			}
		}
	case recorder.PacketSent:
		if carries(d.Protocol, d.Types) {
			m.bytesSent += int64(d.Size)
			m.packetsSent++
			if p := m.pair(); p != nil {
				p.bytesSent += int64(d.Size)
				p.packetsSent++
			}
		}
	case recorder.PacketEnd:
		if e.Kind == recorder.KindPacketDelivered && carries(d.Protocol, d.Types) {
			size := int64(s.size(e))
			m.bytesReceived += size
			m.packetsRecv++
			if p := m.pair(); p != nil {
				p.bytesReceived += size
				p.packetsReceived++
			}
		}
	case recorder.Media:
		m.received.set(strconv.FormatUint(uint64(d.SSRC), 10), &measured{d, e.Time})
	case recorder.RTCP:
		m.rtcp(e, d)
	}
	return nil
}

// size is that of the packet that arrived.
func (s *sampler) size(e recorder.Event) int {
	n := s.r.Find(e.Cause)
	if n == 0 {
		return 0
	}
	sent, err := s.r.Event(n)
	if err != nil {
		return 0
	}
	value, _ := sent.Value()
	p, _ := value.(recorder.PacketSent)
	return p.Size
}

// carries tells whether a packet carries something for the transport above ICE.
func carries(protocol string, types []string) bool {
	switch protocol {
	case "dtls", "srtp", "srtcp":
		return true
	case "turn":
		if len(types) > 1 {
			return !strings.HasPrefix(types[1], "binding-") && (types[0] == "channel-data" || types[0] == "send-indication" || types[0] == "data-indication")
		}
	}
	return false
}

// pair returns what counts for the selected pair; nil while none is.
func (m *meter) pair() *pairMeter {
	if m.selected == "" {
		return nil
	}
	p := m.pairs[m.selected]
	if p == nil {
		p = new(pairMeter)
		m.pairs[m.selected] = p
	}
	return p
}

func (m *meter) channel(name string) *channelMeter {
	c := m.channels.values[name]
	if c == nil {
		c = &channelMeter{number: len(m.channels.names) + 1}
		m.channels.set(name, c)
	}
	return c
}

func (m *meter) outbound(ssrc uint32) *outboundMeter {
	name := strconv.FormatUint(uint64(ssrc), 10)
	o := m.sent.values[name]
	if o == nil {
		o = new(outboundMeter)
		m.sent.set(name, o)
	}
	return o
}

// rtcp takes what RTCP tells: of a peer's own streams what it has sent, and what of that arrived.
func (m *meter) rtcp(e recorder.Event, d recorder.RTCP) {
	if d.Repairs != "" {
		return
	}
	switch d.Type {
	case "NACK", "PLI", "FIR":
		name := strconv.FormatUint(uint64(d.SSRC), 10)
		if m.asked[name] == nil {
			m.asked[name] = make(map[string]int64)
		}
		m.asked[name][d.Type]++
	case "SR":
		if d.Direction == "sent" {
			o := m.outbound(d.SSRC)
			o.packets, o.bytes, o.at = int64(d.Packets), int64(d.Octets), e.Time
		} else {
			name := strconv.FormatUint(uint64(d.SSRC), 10)
			m.remote.set(name, &reported{d, e.Time})
			m.reports[name]++
		}
	}
	if d.Direction != "received" {
		return
	}
	for _, report := range d.Reports {
		o := m.sent.values[strconv.FormatUint(uint64(report.SSRC), 10)]
		if o == nil {
			continue
		}
		o.report, o.reported = &report, e.Time
		if report.RTT != nil {
			o.roundTrip = report.RTT.Seconds()
			o.roundTrips++
			o.totalRoundTrip += *report.RTT
		}
	}
}

func pairID(g *ice.Generation, p *ice.Pair) string {
	return fmt.Sprintf("CP%s_%s", candidateID(g, p.Local)[1:], candidateID(g, p.Remote)[1:])
}

// candidateID is I and the candidate's label; after an ICE restart with the number of the generation.
func candidateID(g *ice.Generation, c *ice.Candidate) string {
	if g.Number == 1 {
		return "I" + c.Label
	}
	return fmt.Sprintf("I%d%s", g.Number, c.Label)
}

const transportID = "T01"

// sample takes the statistics of all connections at a time, at which n is the last event.
func (s *sampler) sample(now time.Duration, n int) error {
	if !s.o.during(now) {
		return nil
	}
	s.table.Advance(now)
	view := s.table.At()
	for _, peer := range Peers(s.r) {
		c, m := s.connections[peer], s.meter(peer)
		if c == nil || m.closed {
			continue
		}
		state, known, err := s.r.StateAt(peer, n)
		if err != nil || !known {
			continue
		}
		put := func(id, statsType string, members ...member) { c.stats.put(now, id, statsType, members...) }
		put("P", "peer-connection", member{"dataChannelsOpened", m.opened}, member{"dataChannelsClosed", m.closes})
		for _, name := range m.channels.names {
			ch := m.channels.values[name]
			label, protocol, id := ch.event.Label, "", any(nil)
			readyState := ch.state
			if st := state.Channels[name]; st != nil {
				label, protocol, readyState = st.Label, st.Protocol, st.ReadyState
				if st.ID != nil {
					id = int64(*st.ID)
				}
			}
			put(fmt.Sprintf("D%d", ch.number), "data-channel",
				member{"bytesReceived", ch.bytesReceived}, member{"bytesSent", ch.bytesSent}, member{"dataChannelIdentifier", id},
				member{"label", label}, member{"messagesReceived", ch.received}, member{"messagesSent", ch.sent},
				member{"protocol", protocol}, member{"state", readyState})
		}
		i := slices.IndexFunc(view.Peers, func(p ice.Peer) bool { return p.Name == peer })
		if i >= 0 {
			s.ice(put, m, state, view.Peers[i].Current())
		}
		rtp(c.stats.put, m, state)
	}
	return nil
}

// ice puts the transport, its pairs and candidates.
func (s *sampler) ice(put func(id, statsType string, members ...member), m *meter, state recorder.PeerState, g *ice.Generation) {
	if state.ICE == nil || state.DTLS == nil {
		return
	}
	optional := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	put(transportID, "transport",
		member{"bytesReceived", m.bytesReceived}, member{"bytesSent", m.bytesSent}, member{"dtlsState", state.DTLS.State},
		member{"iceLocalUsernameFragment", optional(g.LocalUfrag)}, member{"iceRole", optional(g.Role)}, member{"iceState", state.ICE.State},
		member{"packetsReceived", m.packetsRecv}, member{"packetsSent", m.packetsSent},
		member{"selectedCandidatePairChanges", m.pairChanges}, member{"selectedCandidatePairId", optional(m.selected)})
	for _, p := range g.Pairs {
		id := pairID(g, p)
		counts := m.pairs[id]
		if counts == nil {
			counts = new(pairMeter)
		}
		var current any
		if p.Answered.N > 0 {
			current = p.RoundTrip.Seconds()
		}
		put(id, "candidate-pair",
			member{"bytesReceived", counts.bytesReceived}, member{"bytesSent", counts.bytesSent}, member{"currentRoundTripTime", current},
			member{"localCandidateId", candidateID(g, p.Local)}, member{"nominated", p.Nominated},
			member{"packetsReceived", counts.packetsReceived}, member{"packetsSent", counts.packetsSent}, member{"priority", p.Priority},
			member{"remoteCandidateId", candidateID(g, p.Remote)}, member{"requestsReceived", int64(p.Received.N)},
			member{"requestsSent", int64(p.Sent.N)}, member{"responsesReceived", int64(p.Answered.N)}, member{"responsesSent", int64(p.Responded.N)},
			member{"state", string(p.State)}, member{"totalRoundTripTime", p.TotalRoundTrip.Seconds()}, member{"transportId", transportID})
	}
	for _, side := range []struct {
		statsType  string
		remote     bool
		candidates []*ice.Candidate
		ufrag      string
	}{{"local-candidate", false, g.Local, g.LocalUfrag}, {"remote-candidate", true, g.Remote, g.RemoteUfrag}} {
		for _, c := range side.candidates {
			kind := c.Type
			if kind == "" { // only checks have shown it
				kind = "prflx"
			}
			put(candidateID(g, c), side.statsType,
				member{"address", c.Address}, member{"candidateType", kind}, member{"foundation", optional(c.Foundation)},
				member{"ip", c.Address}, member{"isRemote", side.remote}, member{"port", int64(c.Port)}, member{"priority", int64(c.Priority)},
				member{"protocol", c.Protocol}, member{"transportId", transportID}, member{"usernameFragment", optional(side.ufrag)})
		}
	}
}

// rtp puts the streams of media, and what the other side says of them: each at the time at which it was heard.
func rtp(put func(at time.Duration, id, statsType string, members ...member), m *meter, state recorder.PeerState) {
	letter := map[string]string{"audio": "A", "video": "V"}
	for _, t := range state.Transceivers {
		if t.Sender == nil || t.Sender.Track == nil {
			continue
		}
		for _, encoding := range t.Sender.Encodings {
			ssrc := strconv.FormatUint(uint64(encoding.SSRC), 10)
			o := m.sent.values[ssrc]
			if o == nil {
				continue
			}
			id := "O" + transportID + letter[t.Kind] + ssrc
			var remote, rid any
			if o.report != nil {
				remote = "RI" + letter[t.Kind] + ssrc
			}
			if encoding.RID != "" {
				rid = encoding.RID
			}
			members := []member{
				{"active", true}, {"bytesSent", o.bytes}, {"kind", t.Kind}, {"mid", optionalText(t.Mid)}, {"nackCount", m.asked[ssrc]["NACK"]},
				{"packetsSent", o.packets}, {"remoteId", remote}, {"rid", rid}, {"ssrc", int64(encoding.SSRC)}, {"transportId", transportID},
			}
			if t.Kind == "video" {
				members = append(members, member{"firCount", m.asked[ssrc]["FIR"]}, member{"pliCount", m.asked[ssrc]["PLI"]})
			}
			put(o.at, id, "outbound-rtp", members...)
			if o.report == nil {
				continue
			}
			put(o.reported, "RI"+letter[t.Kind]+ssrc, "remote-inbound-rtp",
				member{"fractionLost", o.report.FractionLost}, member{"jitter", o.report.Jitter.Seconds()}, member{"kind", t.Kind},
				member{"localId", id}, member{"packetsLost", int64(o.report.TotalLost)}, member{"roundTripTime", o.roundTrip},
				member{"roundTripTimeMeasurements", o.roundTrips}, member{"ssrc", int64(encoding.SSRC)},
				member{"totalRoundTripTime", o.totalRoundTrip.Seconds()}, member{"transportId", transportID})
		}
	}
	mids := make(map[string]any) // of received tracks
	for _, t := range state.Transceivers {
		if t.Receiver != nil && t.Receiver.Track != nil {
			mids[t.Receiver.Track.ID] = optionalText(t.Mid)
		}
	}
	for _, ssrc := range m.received.names {
		d := m.received.values[ssrc]
		id := "I" + transportID + letter[d.Kind] + ssrc
		members := []member{
			{"bytesReceived", int64(d.Bytes)}, {"jitter", d.Jitter.Seconds()}, {"kind", d.Kind}, {"mid", mids[d.Track]},
			{"nackCount", m.asked[ssrc]["NACK"]}, {"packetsLost", int64(d.Lost - d.Repaired)}, {"packetsReceived", int64(d.Packets)},
		}
		if d.Kind == "video" {
			members = append(members,
				member{"firCount", m.asked[ssrc]["FIR"]}, member{"framesDecoded", int64(d.Frames)},
				member{"freezeCount", int64(d.Freezes)}, member{"keyFramesDecoded", int64(d.Keyframes)},
				member{"pliCount", int64(d.PLIs)}, member{"totalFreezesDuration", d.FreezeTime.Seconds()})
		}
		var remote any
		report := m.remote.values[ssrc]
		if report != nil {
			remote = "RO" + letter[d.Kind] + ssrc
		}
		members = append(members, member{"remoteId", remote}, member{"ssrc", int64(d.SSRC)},
			member{"trackIdentifier", d.Track}, member{"transportId", transportID})
		put(d.at, id, "inbound-rtp", members...)
		if report != nil {
			put(report.at, "RO"+letter[d.Kind]+ssrc, "remote-outbound-rtp",
				member{"bytesSent", int64(report.Octets)}, member{"kind", d.Kind}, member{"localId", id}, member{"packetsSent", int64(report.Packets)},
				member{"reportsSent", m.reports[ssrc]}, member{"ssrc", int64(d.SSRC)}, member{"transportId", transportID})
		}
	}
}

func optionalText(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}
