// Package transcript tells a session in lines that people read as it goes: virtual time, who, and what happened.
package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

// Printer prints events.
type Printer struct {
	out     io.Writer
	style   styles
	packets bool
	remarks bool

	sent  map[uint64]recorder.PacketSent // packets under way, by the event that sent them
	last  uint64                         // the event that was printed last
	names []string                       // of peers, in the order they appeared

	nacked map[string][]uint16 // what the last NACK asked for, by peer and track

	line  string // what was printed last, without its time
	again int    // how often it happened again since, without being printed
}

type styles struct {
	dim, bold, good, bad, warn, step lipgloss.Style
	peers                            []lipgloss.Style
}

// New returns a printer. The renderer decides about colour. Packets and remarks are printed only if asked for.
func New(out io.Writer, renderer *lipgloss.Renderer, packets, remarks bool) *Printer {
	colour := func(light, dark string) lipgloss.Style {
		return renderer.NewStyle().Foreground(lipgloss.AdaptiveColor{Light: light, Dark: dark})
	}
	return &Printer{
		out: out,
		style: styles{
			dim:  renderer.NewStyle().Faint(true),
			bold: renderer.NewStyle().Bold(true),
			good: colour("28", "78"),
			bad:  colour("160", "203").Bold(true),
			warn: colour("130", "214"),
			step: colour("240", "245").Bold(true),
			// Told apart without relying on red and green.
			peers: []lipgloss.Style{colour("25", "75"), colour("130", "215"), colour("90", "177"), colour("30", "80")},
		},
		packets: packets,
		remarks: remarks,
		sent:    make(map[uint64]recorder.PacketSent),
		nacked:  make(map[string][]uint16),
	}
}

// Event prints an event, if it is one that is shown.
func (p *Printer) Event(e recorder.Event) {
	text := p.text(e)
	if text == "" {
		return
	}
	p.last = e.Seq
	peer := p.style.dim.Render(pad(e.Peer, 8))
	if style, ok := p.peerStyle(e); ok {
		peer = style.Render(pad(e.Peer, 8))
	}
	line := peer + "  " + text
	if line == p.line && e.Kind != recorder.KindVerdict {
		p.again++
		return
	}
	p.Flush()
	p.line = line
	fmt.Fprintf(p.out, "%s  %s\n", p.style.dim.Render(Time(e.Time)), line)
}

// Flush prints how often the last line happened again. Call it after the last event.
func (p *Printer) Flush() {
	if p.again > 0 {
		fmt.Fprintf(p.out, "%s\n", p.style.dim.Render(fmt.Sprintf("%24s… and %s more", "", times(p.again))))
	}
	p.line, p.again = "", 0
}

// Line prints an event from its line in a recording.
func (p *Printer) Line(line []byte) {
	if !p.packets && isPacket(line) {
		return
	}
	var e recorder.Event
	if json.Unmarshal(line, &e) == nil {
		p.Event(e)
	}
}

// isPacket tells whether a line is about a packet, without parsing it: most are, and most are not shown.
func isPacket(line []byte) bool {
	return bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"packet-`))
}

// Time formats a virtual time as seconds with microseconds. The recording has the nanoseconds.
func Time(t time.Duration) string {
	return fmt.Sprintf("%5d.%06d", t/time.Second, t%time.Second/time.Microsecond)
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len([]rune(s)))) }

// peerStyle returns the colour of the event's peer; networks have none.
func (p *Printer) peerStyle(e recorder.Event) (lipgloss.Style, bool) {
	for i, name := range p.names {
		if name == e.Peer {
			return p.style.peers[i%len(p.style.peers)], true
		}
	}
	if e.Kind == recorder.KindCall {
		p.names = append(p.names, e.Peer)
		return p.style.peers[(len(p.names)-1)%len(p.style.peers)], true
	}
	return lipgloss.Style{}, false
}

// text returns what is shown of an event, or nothing for one that is not shown.
func (p *Printer) text(e recorder.Event) string {
	data, err := e.Value()
	if err != nil {
		return p.style.bad.Render(fmt.Sprintf("%s with data that cannot be read: %v", e.Kind, err))
	}
	name := string(e.Kind)
	switch d := data.(type) {
	case recorder.Step:
		return p.style.step.Render(fmt.Sprintf("── %s", d.Text)) + p.style.dim.Render(place(d.File, d.Line))
	case recorder.Prediction:
		return p.style.step.Render("? " + d.Question)
	case recorder.Answer:
		answer := "yes"
		if !d.Holds {
			answer = "no, " + d.Seen
		}
		return p.style.step.Render("? "+d.Question) + " " + answer + p.style.dim.Render("  "+d.Condition) + p.near(d.Near)
	case recorder.Call:
		return p.style.bold.Render(method(d.Channel, d.Method)) + "(" + cut(Arguments(d)) + ")"
	case recorder.Return:
		// A call that came back well, at once and right after, needs no line of its own.
		quiet := d.Error == nil && d.Took == 0 && p.last == e.Cause && d.Method != "close"
		if quiet {
			return ""
		}
		return p.returned(d)
	case recorder.StateChange:
		text := name + " " + p.style.bold.Render(d.State)
		if d.Now != "" && d.Now != d.State {
			text += p.style.warn.Render(" (delivered late: it is " + d.Now + " already)")
		}
		if d.Derived {
			text += p.style.dim.Render(" (seen by asking)")
		}
		return text
	case recorder.Candidate:
		if d.End {
			return name + p.style.dim.Render(" null (gathering is complete)")
		}
		return fmt.Sprintf("%s %s %s:%d", name, p.style.bold.Render(d.Type), d.Address, d.Port)
	case recorder.CandidateError:
		return name
	case recorder.CandidatePair:
		return fmt.Sprintf("%s %s %s:%d ↔ %s %s:%d", name,
			d.Local.Type, d.Local.Address, d.Local.Port, d.Remote.Type, d.Remote.Address, d.Remote.Port)
	case recorder.ChannelEvent:
		return p.channel(name, d)
	case recorder.Signal:
		switch e.Kind {
		case recorder.KindSignalSent:
			return p.style.dim.Render(fmt.Sprintf("signal ⇢ %s: %s", d.To, d.Type))
		case recorder.KindSignalDropped:
			return p.style.warn.Render(fmt.Sprintf("signal ⇠ %s: %s is lost: %s", d.From, d.Type, d.Reason))
		}
		return p.style.dim.Render(fmt.Sprintf("signal ⇠ %s: %s", d.From, d.Type))
	case recorder.NetworkChange:
		return p.style.warn.Render("network " + d.Change)
	case recorder.Interface:
		return p.style.warn.Render(fmt.Sprintf("interface %s %s", d.Interface, d.Change)) +
			p.style.dim.Render(fmt.Sprintf(" (%s on %s)", d.Address, d.Network))
	case recorder.NATMapping:
		return p.style.dim.Render(fmt.Sprintf("NAT maps %s to %s, for %s", d.Local, d.Public, d.Remote))
	case recorder.LogLine:
		return p.style.warn.Render(fmt.Sprintf("pion %s [%s] %s", d.Level, d.Scope, d.Text))
	case recorder.Verdict:
		if d.Held {
			return p.style.good.Render("✓ " + d.Text)
		}
		return p.style.bad.Render("✗ "+d.Text) + p.style.dim.Render(place(d.File, d.Line)) +
			"\n" + strings.Repeat(" ", 26) + p.style.bad.Render(d.Seen) + p.near(d.Near)
	case recorder.SessionEnd:
		text := "── the end"
		if len(d.Pending) > 0 {
			text += ", never came back: " + strings.Join(d.Pending, "; ")
		}
		return p.style.step.Render(text)
	case recorder.PacketSent:
		if !p.packets {
			return ""
		}
		p.sent[e.Seq] = d
		return p.style.dim.Render(fmt.Sprintf("packet %d sent: %s, %d bytes, %s → %s", d.ID, kind(d), d.Size, d.Src, d.Dst))
	case recorder.PacketEnd:
		if !p.packets {
			return ""
		}
		sent := p.sent[e.Cause]
		delete(p.sent, e.Cause)
		if e.Kind == recorder.KindPacketDropped {
			text := p.style.warn.Render(fmt.Sprintf("packet %d dropped: %s (%s, %d bytes)", d.ID, d.Reason, kind(sent), sent.Size))
			if d.Detail != "" {
				text += p.style.dim.Render("  " + d.Detail)
			}
			return text
		}
		return p.style.dim.Render(fmt.Sprintf("packet %d delivered: %s, %d bytes", d.ID, kind(sent), sent.Size))
	case recorder.Remark:
		if !p.remarks {
			return ""
		}
		return p.style.dim.Render(fmt.Sprintf("  ≠ %s [%s]", d.Text, d.Rule))
	case recorder.TrackEvent:
		text := strings.TrimSpace(fmt.Sprintf("%s %s %s %s", name, p.style.bold.Render(Layer(d.Track, d.RID)), d.Kind, d.Codec))
		return text + p.style.dim.Render(fmt.Sprintf(" (stream %s, mid %s)", d.Stream, d.MID))
	case recorder.Media:
		if !d.End {
			return ""
		}
		return media(d)
	case recorder.RTCP:
		return p.rtcp(e.Peer, d)
	case recorder.Run, recorder.Snapshot, recorder.Topology, recorder.DTLSSecret:
		return ""
	}
	return name
}

// kind says what a packet is.
func kind(p recorder.PacketSent) string {
	if len(p.Types) == 0 {
		return p.Protocol
	}
	return p.Protocol + " " + strings.Join(p.Types, " ")
}

// place says where in the scenario something is.
func place(file string, line int) string {
	if file != "" {
		return fmt.Sprintf("  %s, line %d", file, line)
	}
	return fmt.Sprintf("  line %d", line)
}

// near shows the events that came near to what was expected, each on a line of its own.
func (p *Printer) near(events []recorder.Nearby) string {
	var text string
	for _, e := range events {
		text += "\n" + p.style.dim.Render(fmt.Sprintf("%26snear it: %s at %v (event %d)", "", e.Text, e.Time, e.Seq))
	}
	return text
}

func method(channel, method string) string {
	if channel != "" {
		return channel + "." + method
	}
	return method
}

// Arguments shows the arguments of a call: of a description its type, of a candidate its type and address, else all as JSON.
func Arguments(d recorder.Call) string {
	if d.Method == "send" {
		var m recorder.Message
		if json.Unmarshal(d.Args, &m) == nil {
			return Content(&m)
		}
	}
	var desc struct {
		Type      string `json:"type"`
		SDP       string `json:"sdp"`
		Candidate string `json:"candidate"`
	}
	if json.Unmarshal(d.Args, &desc) == nil {
		switch {
		case desc.SDP != "":
			return desc.Type
		case desc.Candidate != "":
			if fields := strings.Fields(desc.Candidate); len(fields) > 7 {
				return fields[7] + " " + fields[4] + ":" + fields[5]
			}
			return desc.Candidate
		}
	}
	return string(d.Args)
}

// cut shortens what is too long for a line.
func cut(text string) string {
	const most = 100
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// returned shows how a call came back.
func (p *Printer) returned(d recorder.Return) string {
	text := method(d.Channel, d.Method) + " returned"
	if d.Error != nil {
		text = p.style.bad.Render(method(d.Channel, d.Method)+" rejected: "+d.Error.Name) + ": " + d.Error.Message
	}
	if d.Took > 0 {
		text += p.style.dim.Render(fmt.Sprintf(" after %v", d.Took))
	}
	if d.Now != nil && d.Method == "close" && d.Channel == "" {
		text += p.style.dim.Render(fmt.Sprintf(" (signaling %s, gathering %s, ICE %s, connection %s)",
			d.Now.Signaling, d.Now.ICEGathering, d.Now.ICEConnection, d.Now.Connection))
	}
	return text
}

// channel shows an event of a data channel.
func (p *Printer) channel(name string, d recorder.ChannelEvent) string {
	text := fmt.Sprintf("%s %s", name, p.style.bold.Render(d.Channel))
	if d.Channel != d.Label {
		text += fmt.Sprintf(" %q", d.Label)
	}
	switch {
	case d.Message != nil:
		text += " " + Content(d.Message)
	case d.Error != "":
		text += " " + d.Error
	}
	return text + p.style.dim.Render(" (readyState "+d.Now+")")
}

// Content shows a message: its text if that is short, else its size.
func Content(m *recorder.Message) string {
	const most = 80
	if m.Size == len(m.Text) && m.Size <= most {
		return fmt.Sprintf("%q", m.Text)
	}
	return fmt.Sprintf("%d bytes", m.Size)
}

// times says how often.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
