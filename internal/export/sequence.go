package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// A form is how a diagram draws something.
type form int

const (
	callForm   form = iota // an arrow from a participant to itself
	errorForm              // the same, crossed out
	returnForm             // the same, dashed
	eventForm              // the same, for what happens to it
	arrowForm              // from one participant to another
	lossForm               // the same, that does not arrive
	asyncForm              // the same, of a message that nobody waits for
	noteForm               // beside a participant
	broadForm              // a note over all
)

// A scene is one line of a sequence diagram.
type scene struct {
	form        form
	time, until time.Duration // of the first and the last of what it stands for
	from, to    string        // to is empty where from is alone
	text        string
	several     string // what is said instead of it for more than one; the same if empty
	outcome     string // what became of it
	count       int    // how often it happened
	via         []string
	phase       phase

	begins, returns bool // a call that lasts
	alone           bool // stands for itself, whatever is like it
}

// same tells whether two scenes show the same, so that one can stand for both.
func (s scene) same(t scene) bool {
	if s.alone || t.alone {
		return false
	}
	if s.several == "" && t.several == "" && s.text != t.text || s.several != t.several {
		return false
	}
	return s.form == t.form && s.from == t.from && s.to == t.to && s.outcome == t.outcome && s.phase == t.phase &&
		s.begins == t.begins && s.returns == t.returns && slices.Equal(s.via, t.via)
}

// join makes a scene stand for a later one that is the same, too.
func (s *scene) join(t scene) {
	s.count += t.count
	s.until = t.until
}

// A sequence is a session as a sequence diagram shows it.
type sequence struct {
	title  string
	scenes []scene
	cast   *cast
	// signaling tells that messages between the peers take time or get lost.
	signaling bool
}

// signaling is the participant that a message between the peers is under way in.
const signaling = "signaling"

// readSequence makes a sequence of what the options ask for.
func readSequence(r *recorder.Recording, o Options) (*sequence, error) {
	c, err := readCast(r)
	if err != nil {
		return nil, err
	}
	d := &director{r: r, o: o, phases: newPhases(), lasting: make(map[int]bool)}
	d.cast = c
	d.title = o.Title
	if d.title == "" {
		d.title = r.Header().Scenario
	}
	for n, e := range r.Forward(1) {
		if e.Kind == recorder.KindSignalDropped || e.Kind == recorder.KindSignalDelivered && r.Entry(r.Cause(n)).Time != e.Time {
			d.signaling = true
			break
		}
	}
	packets := o.shows("packets") || o.shows("every-packet") || o.shows("nats")
	if packets {
		if d.parcels, err = parcels(r, c, max(1, r.At(o.From-1))); err != nil {
			return nil, err
		}
	}

	shown := make(map[int]bool)
	for n := range o.entries(r) {
		shown[n] = true
	}
	for n, entry := range r.Forward(1) {
		if o.To > 0 && entry.Time > o.To {
			break
		}
		switch entry.Kind {
		case "", recorder.KindSnapshot, recorder.KindTopology, recorder.KindRun, recorder.KindPacketDelivered, recorder.KindPacketDropped, recorder.KindRTCP:
			continue
		}
		e, err := r.Event(n)
		if err != nil {
			continue // it is among the damage
		}
		data, err := e.Value()
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", n, err)
		}
		d.phases.note(e, data)
		if shown[n] {
			d.event(n, e, data)
		}
	}
	return &d.sequence, nil
}

// A director turns events into scenes.
type director struct {
	sequence
	r       *recorder.Recording
	o       Options
	phases  *phases
	parcels map[int]*parcel
	packets []int // the scenes with packets that like ones still go to, until something happens
	lasting map[int]bool
}

// add adds a scene that happens at the time of an event.
func (d *director) add(e recorder.Event, s scene) {
	if !s.trickles() {
		d.packets = d.packets[:0]
	}
	s.time, s.until, s.phase = e.Time, e.Time, d.phases.now
	s.count = max(s.count, 1)
	d.scenes = append(d.scenes, s)
}

// trickles tells whether a scene is one of those that candidates bring by the dozen, between which packets would be torn apart.
func (s scene) trickles() bool {
	return s.several == "candidate" || s.several == "addIceCandidate" || s.form == eventForm && strings.HasPrefix(s.text, "icecandidate") ||
		s.form == noteForm && strings.HasPrefix(s.text, "iceGatheringState")
}

// event adds what is to be shown of an event.
func (d *director) event(n int, e recorder.Event, data any) {
	o := d.o
	note := func(topic, text string) {
		if o.shows(topic) {
			d.add(e, scene{form: noteForm, from: e.Peer, text: text})
		}
	}
	broad := func(topic, text string) {
		if o.shows(topic) {
			d.add(e, scene{form: broadForm, text: text})
		}
	}
	happens := func(text, several string) {
		if o.shows("events") {
			d.add(e, scene{form: eventForm, from: e.Peer, text: text, several: several})
		}
	}
	switch data := data.(type) {
	case recorder.Call:
		if o.shows("calls") {
			d.call(n, e, data)
		}
	case recorder.Return:
		if o.shows("calls") && d.lasting[d.r.Cause(n)] {
			d.returned(e, data)
		}
	case recorder.StateChange:
		if e.Kind == recorder.KindICETransportStateChange { // iceConnectionState says the same
			return
		}
		text := stateName(e.Kind) + ": " + data.State
		if data.State == "failed" {
			text += " ✗"
		}
		if data.Now != "" && data.Now != data.State {
			text += " (it is " + data.Now + " already)"
		}
		note("states", text)
	case recorder.Negotiation, recorder.Stream:
		happens(string(e.Kind), "")
	case recorder.CandidatePair:
		happens(fmt.Sprintf("selected pair: %s %s ↔ %s %s", data.Local.Type, hostPort(data.Local), data.Remote.Type, hostPort(data.Remote)), "")
	case recorder.ChannelEvent:
		switch {
		case data.Message != nil:
			happens("message on "+data.Channel+": "+transcript.Content(data.Message), "message on "+data.Channel)
		case data.Error != "":
			happens(data.Channel+": error: "+data.Error, "")
		default:
			happens(string(e.Kind)+" "+data.Channel, "")
		}
	case recorder.TrackEvent:
		happens(strings.TrimSpace(fmt.Sprintf("track %s %s %s", transcript.Layer(data.Track, data.RID), data.Kind, data.Codec)), "")
	case recorder.Candidate:
		if o.shows("candidates") {
			text := fmt.Sprintf("icecandidate %s %s:%d", data.Type, data.Address, data.Port)
			if data.End {
				text = "icecandidate null"
			}
			d.add(e, scene{form: eventForm, from: e.Peer, text: text})
		}
	case recorder.CandidateError:
		if o.shows("candidates") {
			d.add(e, scene{form: eventForm, from: e.Peer, text: fmt.Sprintf("icecandidateerror %s %d %s", data.URL, data.Code, data.Text)})
		}
	case recorder.Signal:
		if o.shows("signaling") {
			d.signal(n, e, data)
		}
	case recorder.PacketSent:
		if p := d.parcels[n]; p != nil && (o.shows("packets") || o.shows("every-packet") || o.shows("nats")) {
			d.packet(e, p)
		}
	case recorder.NetworkChange:
		broad("network", e.Peer+": "+data.Change)
	case recorder.Interface:
		note("network", data.Interface+": "+data.Change)
	case recorder.NATMapping:
		note("nats", "maps "+data.Local+" to "+data.Public)
	case recorder.Step:
		broad("steps", data.Text)
		if data.Note != "" {
			broad("notes", data.Note)
		}
	case recorder.Verdict:
		switch {
		case !data.Held:
			d.add(e, scene{form: broadForm, text: "✗ " + data.Text + "\n" + data.Seen})
		default:
			broad("verdicts", "✓ "+data.Text)
		}
	case recorder.LogLine:
		if e.Peer == "" {
			broad("log", fmt.Sprintf("pion %s: %s", data.Level, data.Text))
			return
		}
		note("log", fmt.Sprintf("pion %s: %s", data.Level, data.Text))
	case recorder.Remark:
		if e.Peer == "" {
			broad("remarks", "≠ "+data.Text)
			return
		}
		note("remarks", "≠ "+data.Text)
	}
}

// stateName is the attribute whose change an event tells of.
func stateName(kind recorder.Kind) string {
	switch kind {
	case recorder.KindSignalingStateChange:
		return "signalingState"
	case recorder.KindICEGatheringStateChange:
		return "iceGatheringState"
	case recorder.KindICEConnectionStateChange:
		return "iceConnectionState"
	case recorder.KindConnectionStateChange:
		return "connectionState"
	case recorder.KindDTLSTransportStateChange:
		return "DTLS"
	case recorder.KindSCTPTransportStateChange:
		return "SCTP"
	}
	return string(kind)
}

func hostPort(end recorder.PairEnd) string { return fmt.Sprintf("%s:%d", end.Address, end.Port) }

// call adds a call; one that fails at once is shown as failed, one that lasts gets a return.
func (d *director) call(n int, e recorder.Event, c recorder.Call) {
	name := c.Method
	if c.Target != "" {
		name = c.Target + "." + name
	}
	if c.Channel != "" {
		name = c.Channel + "." + name
	}
	s := scene{form: callForm, from: e.Peer, text: name + "(" + arguments(c) + ")"}
	switch c.Method {
	case "addIceCandidate", "send":
		s.several = name
	}
	s.begins = true
	for _, effect := range d.r.Effects(n) {
		if d.r.Entry(effect).Kind != recorder.KindReturn {
			continue
		}
		s.begins = false
		event, err := d.r.Event(effect)
		if err != nil {
			break
		}
		value, err := event.Value()
		returned, ok := value.(recorder.Return)
		if err != nil || !ok {
			break
		}
		switch {
		case returned.Took > 0:
			s.begins = true
			d.lasting[n] = true
		case returned.Error != nil:
			s.form, s.outcome = errorForm, returned.Error.Name
		}
	}
	if s.begins && !d.lasting[n] {
		s.outcome = "never came back"
	}
	if s.begins {
		s.several = ""
	}
	d.add(e, s)
}

// returned adds the return of a call that lasted.
func (d *director) returned(e recorder.Event, data recorder.Return) {
	s := scene{form: returnForm, from: e.Peer, text: data.Method + " returned", returns: true}
	if data.Error != nil {
		s.text, s.outcome = data.Method+" rejected", data.Error.Name
	}
	d.add(e, s)
}

// arguments shows the arguments of a call shortly.
func arguments(c recorder.Call) string {
	switch c.Method {
	case "RTCPeerConnection", "setConfiguration", "getStats":
		return ""
	case "createDataChannel", "addTrack", "addTransceiver":
		var args struct{ Label, Track, TrackOrKind, Kind string }
		if json.Unmarshal(c.Args, &args) == nil {
			return args.Label + args.Track + args.TrackOrKind + args.Kind
		}
	}
	text := transcript.Arguments(c)
	if text == "{}" || text == "null" {
		return ""
	}
	return text
}

// signal adds a signaling message. Where the way takes time, it is shown leaving and arriving.
func (d *director) signal(n int, e recorder.Event, s recorder.Signal) {
	text, several := s.Type, ""
	if s.Type == "candidate" {
		text, several = "end of candidates", "candidate"
		if s.Candidate != nil && *s.Candidate != "" {
			text = "candidate " + candidateText(*s.Candidate)
		}
	}
	switch e.Kind {
	case recorder.KindSignalSent:
		to := s.To
		if d.signaling {
			to = signaling
		}
		d.add(e, scene{form: asyncForm, from: s.From, to: to, text: text, several: several})
	case recorder.KindSignalDelivered:
		if d.signaling {
			d.add(e, scene{form: asyncForm, from: signaling, to: s.To, text: text, several: several})
		}
	case recorder.KindSignalDropped:
		d.add(e, scene{form: lossForm, from: signaling, to: s.To, text: text, several: several, outcome: "lost: " + s.Reason})
	}
}

// candidateText shows the type and address of a candidate.
func candidateText(candidate string) string {
	fields := strings.Fields(candidate)
	if len(fields) < 8 {
		return candidate
	}
	return fields[7] + " " + fields[4] + ":" + fields[5]
}

// packet adds a packet, or counts it to one like it.
func (d *director) packet(e recorder.Event, p *parcel) {
	each := d.o.shows("every-packet")
	if p.answer && !each {
		return
	}
	s := scene{form: arrowForm, time: p.time, until: p.time, from: p.from, to: p.to, text: p.what, outcome: p.outcome, count: 1, phase: d.phases.now}
	if each && !p.lost && (p.outcome == "answered" || p.outcome == "no answer" || strings.HasPrefix(p.outcome, "answer ")) {
		s.outcome = "" // the answer shows itself
	}
	if p.lost {
		s.form = lossForm
	}
	if d.o.shows("nats") {
		s.via = p.via
		if p.lostAt != "" {
			s.to = p.lostAt
		}
	}
	if s.alone = each; !each {
		for _, i := range d.packets {
			if d.scenes[i].same(s) {
				d.scenes[i].join(s)
				return
			}
		}
		d.packets = append(d.packets, len(d.scenes))
	}
	d.scenes = append(d.scenes, s)
}
