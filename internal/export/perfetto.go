package export

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/recorder"
)

var perfetto = Format{
	Name:      "perfetto",
	Extension: ".perfetto.json",
	Summary:   "a trace for ui.perfetto.dev and chrome://tracing: states, calls, packets and rates on one time line",
	Takes:     []string{"from", "to", "peer"},
	Write:     writePerfetto,
}

// writePerfetto writes a process for each peer, with a track for each of its state machines, for its calls, its events, and the
// packets that it sends and gets; one for the network, with a track for each place where something was dropped or changed; and one for the
// scenario. Packets and signaling messages are flows.
func writePerfetto(w io.Writer, r *recorder.Recording, o Options) error {
	h := r.Header()
	file := newTraceFile(w, args{
		"scenario": h.Scenario, "seed": fmt.Sprint(h.Seed), "rtcsim": h.Rtcsim, "title": cmp.Or(o.Title, h.Scenario),
	})
	p := &perfettoExport{
		traceFile:  file,
		o:          o,
		r:          r,
		end:        lastTime(r, o),
		dissection: dissection.New(),
		types:      make(map[uint64]string),
		requests:   make(map[uint64]request),
		places:     make(map[string]thread),
		tracks:     make(map[string]*peerTracks),
		rates:      make(map[rate]int),
	}
	p.scenario = file.process("scenario " + h.Scenario)
	p.steps = file.thread(p.scenario, "steps")
	p.verdicts = file.thread(p.scenario, "expectations")
	for _, peer := range Peers(r) {
		if len(o.Peers) == 0 || slices.Contains(o.Peers, peer) {
			p.peer(peer)
		}
	}
	for _, host := range Hosts(r) {
		if !slices.Contains(Peers(r), host) {
			p.server(host)
		}
	}
	p.network = file.process("network")
	for n, e := range r.Forward(1) {
		if o.To > 0 && e.Time > o.To {
			break
		}
		if err := p.event(n, e); err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
	}
	p.writeRates()
	return file.close()
}

// lastTime is when the trace ends.
func lastTime(r *recorder.Recording, o Options) time.Duration {
	end := r.Entry(r.Len()).Time
	if o.To > 0 {
		end = min(end, o.To)
	}
	return end
}

// perfettoExport is the work on one trace.
type perfettoExport struct {
	*traceFile
	o          Options
	r          *recorder.Recording
	end        time.Duration
	dissection *dissection.Dissection
	types      map[uint64]string  // of packets under way
	requests   map[uint64]request // STUN requests, by the number of their packet

	scenario, network process
	steps, verdicts   thread
	places            map[string]thread // of the network
	tracks            map[string]*peerTracks
	order             []string // their keys, as they were made
	rates             map[rate]int
}

// peerTracks are the tracks of a peer or a server.
type peerTracks struct {
	process                          process
	events, sent, received, messages thread
}

// A request is a STUN request that a host has sent.
type request struct {
	from string
	at   time.Duration
}

// A rate is a counter of bits in one span of time.
type rate struct {
	name    string // of the peer
	sending bool
	span    time.Duration // its number
}

// rateSpan is over what rates are measured.
const rateSpan = 100 * time.Millisecond

// peer adds the tracks of a peer, and its states and calls, which are known from the index.
func (p *perfettoExport) peer(name string) {
	t := &peerTracks{process: p.process(name)}
	p.tracks[name] = t
	p.order = append(p.order, name)
	p.calls(name, t)
	p.states(name, t)
	t.events = p.thread(t.process, "events")
	t.messages = p.thread(t.process, "signaling")
	t.sent = p.thread(t.process, "packets sent")
	t.received = p.thread(t.process, "packets received")
}

// server adds the tracks of a server.
func (p *perfettoExport) server(name string) {
	t := &peerTracks{process: p.process(name)}
	p.tracks[name] = t
	p.order = append(p.order, name)
	t.events = p.thread(t.process, "events")
	t.sent = p.thread(t.process, "packets sent")
	t.received = p.thread(t.process, "packets received")
}

// place returns the track of a place in the network.
func (p *perfettoExport) place(name string) thread {
	t, ok := p.places[name]
	if !ok {
		t = p.thread(p.network, name)
		p.places[name] = t
	}
	return t
}

// states writes a track for each state machine of a peer.
func (p *perfettoExport) states(peer string, t *peerTracks) {
	machines := make(map[string][]recorder.Transition)
	for _, change := range p.r.Transitions(peer, p.r.Len()) {
		machines[change.Attribute] = append(machines[change.Attribute], change)
	}
	first := []string{"signalingState", "iceGatheringState", "iceConnectionState", "ice.state", "dtls.state", "connectionState", "sctp.state"}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(machines)), func(name string) bool { return slices.Contains(first, name) })
	for _, name := range append(first, names...) {
		changes := machines[name]
		if len(changes) == 0 {
			continue
		}
		track := p.thread(t.process, name)
		for i, change := range changes {
			until := p.end
			if i+1 < len(changes) {
				until = min(changes[i+1].Time, p.end)
			}
			from := max(change.Time, p.o.From)
			if change.To == "" || until < from || change.Time > p.end {
				continue
			}
			p.slice(track, "state", change.To, from, until, args{"event": p.r.Entry(change.N).Seq, "from": change.From})
		}
	}
}

// A span is a call that came back, or never did.
type span struct {
	from, to time.Duration
	name     string
	args     args
}

// calls writes the calls of a peer; those that overlap are on tracks of their own.
func (p *perfettoExport) calls(peer string, t *peerTracks) {
	var spans []span
	for n, e := range p.r.Forward(1) {
		if e.Kind != recorder.KindCall || e.Peer != peer {
			continue
		}
		event, value := p.value(n)
		call, ok := value.(recorder.Call)
		if !ok {
			continue
		}
		s := span{from: e.Time, to: p.end, name: call.Method, args: args{"event": event.Seq}}
		if call.Channel != "" {
			s.name = call.Channel + "." + call.Method
		}
		if call.Target != "" {
			s.name = call.Target + "." + call.Method
		}
		if len(call.Args) > 0 {
			s.args["arguments"] = call.Args
		}
		s.args["result"] = "none: it never came back"
		for _, effect := range p.r.Effects(n) {
			_, value := p.value(effect)
			back, ok := value.(recorder.Return)
			if !ok || back.Method != call.Method {
				continue
			}
			s.to = p.r.Entry(effect).Time
			delete(s.args, "result")
			if back.Error != nil {
				s.name += ": " + back.Error.Name
				s.args["error"] = back.Error
			} else if len(back.Result) > 0 {
				s.args["result"] = back.Result
			}
			break
		}
		if s.from > p.end || s.to < p.o.From {
			continue
		}
		s.from, s.to = max(s.from, p.o.From), min(s.to, p.end)
		spans = append(spans, s)
	}
	type lane struct {
		track thread
		until time.Duration
	}
	var lanes []*lane
	for _, s := range spans {
		i := slices.IndexFunc(lanes, func(l *lane) bool { return l.until <= s.from })
		if i < 0 {
			i = len(lanes)
			name := "calls"
			if i > 0 {
				name = fmt.Sprintf("calls (%d)", i+1)
			}
			lanes = append(lanes, &lane{track: p.thread(t.process, name)})
		}
		lanes[i].until = s.to
		p.slice(lanes[i].track, "call", s.name, s.from, s.to, s.args)
	}
}

// value returns an event and its data; nil where it cannot be read.
func (p *perfettoExport) value(n int) (recorder.Event, any) {
	event, err := p.r.Event(n)
	if err != nil {
		return event, nil // it is among the damage
	}
	value, err := event.Value()
	if err != nil {
		return event, nil
	}
	return event, value
}

// event writes what is left: what happens at a moment.
func (p *perfettoExport) event(n int, e recorder.Entry) error {
	switch e.Kind {
	case recorder.KindPacketSent:
		return p.packetSent(n, e)
	case recorder.KindPacketDelivered, recorder.KindPacketDropped:
		p.packetEnded(n, e)
		return nil
	case recorder.KindDTLSSecret:
		if _, value := p.value(n); value != nil {
			p.dissection.Secret(value.(recorder.DTLSSecret))
		}
		return nil
	case "", recorder.KindRun, recorder.KindTopology, recorder.KindSnapshot, recorder.KindCall, recorder.KindReturn:
		return nil
	}
	if !p.o.during(e.Time) || !p.o.about(p.r, n, e) {
		return nil
	}
	event, value := p.value(n)
	about := args{"event": event.Seq, "data": event.Data}
	tracks := p.tracks[e.Peer]
	name := string(e.Kind)
	switch data := value.(type) {
	case nil:
	case recorder.Step:
		if data.Note != "" {
			about["note"] = data.Note
		}
		p.instant(p.steps, "step", data.Text, e.Time, about)
	case recorder.Verdict:
		mark := "✓ "
		if !data.Held {
			mark = "✗ "
		}
		p.instant(p.verdicts, "expectation", mark+data.Text, e.Time, about)
	case recorder.Prediction:
		p.instant(p.verdicts, "expectation", "? "+data.Question, e.Time, about)
	case recorder.NetworkChange:
		p.instant(p.place(e.Peer), "network", data.Change, e.Time, about)
	case recorder.NATMapping:
		p.instant(p.place(e.Peer), "network", fmt.Sprintf("%s is %s", data.Local, data.Public), e.Time, about)
	case recorder.Signal:
		p.signal(e, event, data, about)
	case recorder.Media:
		if tracks != nil {
			p.media(tracks.process, e.Time, data)
		}
	case recorder.RTCP:
		if tracks == nil {
			break
		}
		for _, report := range data.Reports {
			if report.RTT != nil {
				p.counter(tracks.process, strings.TrimSpace("RTCP round trip "+report.Track), "ms", e.Time, milliseconds(*report.RTT))
			}
		}
		p.instant(tracks.events, "rtcp", "RTCP "+data.Type+" "+data.Direction, e.Time, about)
	default:
		switch data := value.(type) {
		case recorder.StateChange:
			name += " " + data.State
		case recorder.Candidate:
			name += " " + cmp.Or(data.Type, "null")
		case recorder.ChannelEvent:
			name += " " + data.Channel
		case recorder.Remark:
			name += " " + data.Rule
		case recorder.LogLine:
			name = "pion: " + data.Text
		case recorder.Interface:
			name = "interface " + data.Interface + " " + data.Change
		}
		switch {
		case tracks != nil:
			p.instant(tracks.events, "event", name, e.Time, about)
		case e.Peer == "":
			p.instant(p.steps, "event", name, e.Time, about)
		default:
			p.instant(p.place(e.Peer), "event", name, e.Time, about)
		}
	}
	return nil
}

// signal writes a signaling message. Its flow has the number of the event that sent it.
func (p *perfettoExport) signal(e recorder.Entry, event recorder.Event, data recorder.Signal, about args) {
	switch e.Kind {
	case recorder.KindSignalSent:
		if t := p.tracks[data.From]; t != nil {
			p.depart(t.messages, "signaling", data.Type+" → "+data.To, event.Seq, e.Time, about)
		}
	case recorder.KindSignalDelivered:
		if t := p.tracks[data.To]; t != nil {
			p.arrive(t.messages, "signaling", data.Type+" from "+data.From, event.Cause, e.Time, about)
		}
	case recorder.KindSignalDropped:
		p.arrive(p.place("signaling"), "signaling", data.Type+" lost: "+data.Reason, event.Cause, e.Time, about)
	}
}

// media writes how a received track does.
func (p *perfettoExport) media(t process, at time.Duration, m recorder.Media) {
	name := m.Track
	if m.RID != "" {
		name += "." + m.RID
	}
	p.counter(t, name+" bitrate", "bit/s", at, float64(m.Bitrate))
	p.counter(t, name+" jitter", "ms", at, milliseconds(m.Jitter))
	p.counter(t, name+" lost", "packets", at, float64(m.Lost))
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// packetSent writes a packet on its sender's track, and begins its flow.
func (p *perfettoExport) packetSent(n int, e recorder.Entry) error {
	j, err := readJourney(p.r, n)
	if err != nil {
		return nil // it is among the damage
	}
	types := j.Types
	if len(j.Payload) > 0 {
		if types, err = p.dissection.Types(e.Peer, j.PacketSent); err != nil {
			return err
		}
	}
	name := strings.Join(types, " ")
	if name == "" {
		name = j.Protocol
	}
	p.types[j.ID] = name
	if j.Protocol == "stun" || j.Protocol == "turn" {
		p.requests[j.ID] = request{e.Peer, e.Time}
		if q, ok := p.requests[j.Answers]; ok && j.Answers != 0 && j.delivered() && j.end.Peer == q.from && p.tracks[q.from] != nil && p.o.during(j.end.Time) {
			p.counter(p.tracks[q.from].process, "STUN round trip", "ms", j.end.Time, milliseconds(j.end.Time-q.at))
		}
	}
	if !p.o.during(e.Time) || !p.o.about(p.r, n, e) {
		return nil
	}
	about := args{"event": j.sent.Seq, "packet": j.ID, "protocol": j.Protocol, "size": j.Size, "src": j.Src, "dst": j.Dst, "fate": j.fate()}
	if way := j.way(); way != "" {
		about["way"] = way
	}
	var track thread
	if t := p.tracks[e.Peer]; t != nil {
		track = t.sent
		p.rates[rate{e.Peer, true, e.Time / rateSpan}] += 8 * j.Size
	} else { // a link has made a copy, or a peer that is left out has sent it
		track = p.place(e.Peer)
	}
	p.depart(track, "packet", name, j.ID, e.Time, about)
	for _, hop := range j.result.Path {
		if strings.Contains(hop.At, "/") && p.o.during(hop.Time) {
			p.counter(p.network, "wait at "+hop.At, "ms", hop.Time, milliseconds(hop.Wait))
		}
	}
	return nil
}

// packetEnded writes a packet where it got to, and ends its flow.
func (p *perfettoExport) packetEnded(n int, e recorder.Entry) {
	event, value := p.value(n)
	end, ok := value.(recorder.PacketEnd)
	if !ok {
		return
	}
	name := p.types[end.ID]
	delete(p.types, end.ID)
	if !p.o.during(e.Time) || !p.o.about(p.r, n, e) {
		return
	}
	about := args{"event": event.Seq, "packet": end.ID, "from": end.From}
	var track thread
	if e.Kind == recorder.KindPacketDelivered {
		t := p.tracks[e.Peer]
		if t == nil {
			return
		}
		track = t.received
		if sent := p.r.Cause(n); sent > 0 {
			if _, value := p.value(sent); value != nil {
				p.rates[rate{e.Peer, false, e.Time / rateSpan}] += 8 * value.(recorder.PacketSent).Size
			}
		}
	} else {
		track = p.place(e.Peer)
		name += ": " + end.Reason
		if end.Detail != "" {
			about["detail"] = end.Detail
		}
	}
	p.arrive(track, "packet", name, end.ID, e.Time, about)
}

// writeRates writes the rates of each peer, which fall to 0 where there was nothing.
func (p *perfettoExport) writeRates() {
	for _, name := range p.order {
		for _, sending := range []bool{true, false} {
			var spans []time.Duration
			for r := range p.rates {
				if r.name == name && r.sending == sending {
					spans = append(spans, r.span)
				}
			}
			slices.Sort(spans)
			title := "receiving"
			if sending {
				title = "sending"
			}
			for i, span := range spans {
				bits := p.rates[rate{name, sending, span}]
				p.counter(p.tracks[name].process, title, "bit/s", max(span*rateSpan, p.o.From), float64(bits)/rateSpan.Seconds())
				if i+1 == len(spans) || spans[i+1] > span+1 {
					p.counter(p.tracks[name].process, title, "bit/s", (span+1)*rateSpan, 0)
				}
			}
		}
	}
}
