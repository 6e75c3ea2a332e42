package page

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// A report is what the page's script shows. Events are known by their numbers, from 1; times are in nanoseconds.
type report struct {
	Length       time.Duration `json:"length"`
	Peers        []string      `json:"peers"`
	Servers      []string      `json:"servers"`
	Events       events        `json:"events"`
	Packets      packets       `json:"packets"`
	Signals      [][3]int      `json:"signals"` // the event that sent a message, that of its end or 0, the receiver among the names
	Lanes        []lane        `json:"lanes"`
	Descriptions []description `json:"descriptions"`
	ICE          []*ice.View   `json:"ice"`
	Charts       []group       `json:"charts"`
	Scenario     []source      `json:"scenario"`
}

// events are the events in columns.
type events struct {
	// Names are those of peers and network elements, the empty one that of the run; Kinds are those of events.
	Names []string `json:"names"`
	Kinds []kind   `json:"kinds"`
	// Time has the time since the event before, Cause how many events before its cause was, 0 if it has none.
	Time  []time.Duration `json:"time"`
	Cause []int           `json:"cause"`
	Name  []int           `json:"name"`
	Kind  []int           `json:"kind"`
	// Text says what each event is.
	Text []string `json:"text"`
	// Tones has a letter for each event, see tone.
	Tones string `json:"tones"`
}

// kind describes a kind of events.
type kind struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Spec    string `json:"spec,omitempty"`
	Group   string `json:"group"`
}

// packets are the packets that hosts sent, in columns.
type packets struct {
	// Words are those that the columns refer to.
	Words []string `json:"words"`
	// Sent is the event that sent each, End that of its end or 0, To the receiver among the names of the events, or -1.
	Sent []int `json:"sent"`
	End  []int `json:"end"`
	To   []int `json:"to"`
	// Type says what each is, Reason why it was lost; 0 is none.
	Type   []int `json:"type"`
	Reason []int `json:"reason"`
}

// A lane is what became of one state of a peer.
type lane struct {
	Peer    string   `json:"peer"`
	Name    string   `json:"name"`
	Changes []change `json:"changes"`
}

type change struct {
	N    int           `json:"n"`
	Time time.Duration `json:"time"`
	To   string        `json:"to"`
}

// A source is a file of the scenario.
type source struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// words numbers texts that come often.
type words struct {
	list []string
	at   map[string]int
}

func newWords() *words { return &words{[]string{}, make(map[string]int)} }

func (w *words) number(text string) int {
	n, known := w.at[text]
	if !known {
		n = len(w.list)
		w.list, w.at[text] = append(w.list, text), n
	}
	return n
}

// gap is what parts a text that takes several columns or lines elsewhere.
var gap = regexp.MustCompile(`\s*(\n|  )\s*`)

// maxViews is how many moments of ICE a page has at most.
const maxViews = 200

// read reads all events. The lines are those of the recording, in their order, without what is of no use to readers.
func read(r *recorder.Recording, s *summary, name func(address string) string) (*report, []byte, error) {
	p := &report{ // what there is none of is an empty list
		Length: s.Length, Peers: []string{}, Servers: []string{}, Signals: [][3]int{}, Lanes: []lane{}, Descriptions: []description{},
		Events:   events{Names: []string{}, Kinds: []kind{}, Time: []time.Duration{}, Cause: []int{}, Name: []int{}, Kind: []int{}, Text: []string{}},
		Packets:  packets{Sent: []int{}, End: []int{}, To: []int{}, Type: []int{}, Reason: []int{}},
		Scenario: []source{{s.Header.Scenario, s.Header.Text}},
	}
	for i, include := range s.Header.Includes {
		if i < len(s.Header.IncludedTexts) {
			p.Scenario = append(p.Scenario, source{include.Path, s.Header.IncludedTexts[i]})
		}
	}
	var lines bytes.Buffer
	var tones strings.Builder
	names, kinds, types := newWords(), newWords(), newWords()
	types.number("")
	text := transcript.InOrder()
	table := ice.New()
	charts := newCharts(s.Length)
	var views []*ice.View
	changes := 0
	underWay := make(map[int]int) // the places of packets and of signals, by the events that sent them
	var last time.Duration

	for n, e := range r.Forward(1) {
		event, err := r.Event(n)
		if err != nil { // it is among the damage, and keeps its number
			event = recorder.Event{Time: e.Time}
		}
		var data any
		if event.Kind != "" {
			if data, err = event.Value(); err != nil {
				return nil, nil, fmt.Errorf("event %d: %w", n, err)
			}
			if raw, err := r.Raw(n); err == nil {
				lines.Write(withoutPayload(e.Kind, raw))
			}
		}
		lines.WriteByte('\n')

		p.Events.Time = append(p.Events.Time, event.Time-last)
		last = event.Time
		cause := r.Cause(n)
		if cause > 0 {
			p.Events.Cause = append(p.Events.Cause, n-cause)
		} else {
			p.Events.Cause = append(p.Events.Cause, 0)
		}
		p.Events.Name = append(p.Events.Name, names.number(event.Peer))
		p.Events.Kind = append(p.Events.Kind, kinds.number(string(event.Kind)))
		said := ""
		if event.Kind != "" {
			said = gap.ReplaceAllString(strings.TrimSpace(text(event)), " · ")
		}
		p.Events.Text = append(p.Events.Text, said)
		tones.WriteByte(tone(event, data))

		if event.Kind == "" {
			continue
		}
		if err := table.Add(event); err == nil {
			if v := table.At(); len(v.Changes) > changes {
				changes = len(v.Changes)
				if k := len(views); k > 0 && views[k-1].Time == v.Time {
					views[k-1] = v
				} else {
					views = append(views, v)
				}
			}
		}
		charts.read(n, cause, event, data)

		switch d := data.(type) {
		case recorder.Topology:
			for _, host := range d.Hosts {
				if host.Server == "" {
					p.Peers = append(p.Peers, host.Name)
				} else {
					p.Servers = append(p.Servers, host.Name)
				}
			}
		case recorder.PacketSent:
			if d.CopyOf != 0 {
				break
			}
			underWay[n] = len(p.Packets.Sent)
			p.Packets.Sent = append(p.Packets.Sent, n)
			p.Packets.End = append(p.Packets.End, 0)
			p.Packets.To = append(p.Packets.To, hostNumber(names, name, d.Dst))
			p.Packets.Type = append(p.Packets.Type, types.number(packetType(d)))
			p.Packets.Reason = append(p.Packets.Reason, 0)
		case recorder.PacketEnd:
			i, known := underWay[cause]
			if !known {
				break
			}
			delete(underWay, cause)
			p.Packets.End[i] = n
			if e.Kind == recorder.KindPacketDelivered {
				p.Packets.To[i] = names.number(event.Peer)
				break
			}
			p.Packets.Reason[i] = types.number(event.Peer + ": " + d.Reason)
			for _, hop := range d.Path { // where a NAT leads in
				if hop.Dst != "" {
					p.Packets.To[i] = hostNumber(names, name, hop.Dst)
				}
			}
		case recorder.Signal:
			switch e.Kind {
			case recorder.KindSignalSent:
				underWay[n] = len(p.Signals)
				p.Signals = append(p.Signals, [3]int{n, 0, names.number(d.To)})
			default:
				if i, known := underWay[cause]; known {
					p.Signals[i][1] = n
				}
			}
		case recorder.Return:
			if found, ok := describe(r, n, cause, event, d); ok {
				p.Descriptions = append(p.Descriptions, found)
			}
		}
	}
	table.Advance(s.Length)
	if v := table.At(); len(views) == 0 || v.Time > views[len(views)-1].Time {
		views = append(views, v)
	}
	p.ICE = thinned(views, maxViews)

	p.Events.Names, p.Events.Tones, p.Packets.Words = names.list, tones.String(), types.list
	for _, name := range kinds.list {
		info, _ := recorder.Kind(name).Info()
		p.Events.Kinds = append(p.Events.Kinds, kind{name, info.Meaning, info.Spec, groupOf(recorder.Kind(name))})
	}
	for _, peer := range p.Peers {
		p.Lanes = append(p.Lanes, lanes(r, peer)...)
	}
	p.Charts = charts.groups(p.Peers)
	return p, lines.Bytes(), nil
}

// withoutPayload returns the line of a packet without its bytes: nobody reads them here, and they are most of a recording.
func withoutPayload(k recorder.Kind, line []byte) []byte {
	if k != recorder.KindPacketSent {
		return line
	}
	const member = `,"payload":"` // as a text, it would have its quotes escaped
	before, after, found := bytes.Cut(line, []byte(member))
	if !found {
		return line
	}
	_, after, _ = bytes.Cut(after, []byte(`"`))
	return slices.Concat(before, after)
}

// hostNumber returns the number of the host that an address leads to, -1 where that is not known.
func hostNumber(names *words, name func(string) string, address string) int {
	if host := name(address); host != address {
		return names.number(host)
	}
	return -1
}

// packetType says in a word or two what a packet is.
func packetType(d recorder.PacketSent) string {
	switch {
	case d.Protocol == "srtp":
		return "RTP"
	case d.Protocol == "srtcp":
		return "RTCP"
	case len(d.Types) == 0:
		return strings.ToUpper(d.Protocol)
	}
	// The last word says the most: the message within the record. That it is a response, its class has said before.
	word := d.Types[len(d.Types)-1]
	for i := len(d.Types) - 1; i >= 0 && (strings.HasSuffix(word, "-response") || word == "encrypted-handshake"); i-- {
		word = d.Types[i]
	}
	return strings.ToUpper(d.Protocol) + " " + word
}

// lanes returns the states of a peer that ever changed.
func lanes(r *recorder.Recording, peer string) []lane {
	var list []lane
	at := make(map[string]int)
	for _, t := range r.Transitions(peer, r.Len()) {
		if strings.HasPrefix(t.Attribute, "transceivers[") && strings.HasSuffix(t.Attribute, ".direction") {
			continue // it says what is wished for; currentDirection is what became of it
		}
		i, known := at[t.Attribute]
		if !known {
			i = len(list)
			at[t.Attribute] = i
			list = append(list, lane{Peer: peer, Name: t.Attribute})
		}
		list[i].Changes = append(list[i].Changes, change{t.N, t.Time, t.To})
	}
	return list
}

// thinned returns at most so many of the views, the first and the last among them.
func thinned(views []*ice.View, most int) []*ice.View {
	if len(views) <= most {
		return views
	}
	some := make([]*ice.View, most)
	for i := range some {
		some[i] = views[i*(len(views)-1)/(most-1)]
	}
	return some
}
