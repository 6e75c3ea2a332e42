package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtcsim/rtcsim/internal/moment"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// showOptions are the flags of show.
type showOptions struct {
	at, peer string
	sdp      bool
	before   int
}

func (a *app) showCommand() *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show RECORDING",
		Short: "Show the state of every peer and of the network at a time",
		Long: `Show the state of every peer at a time of a recorded session, from the recording alone:
connection states, transports, candidates, descriptions, transceivers, channels, media,
configuration. Then what the network had: links, NAT mappings, servers. Then the events
before.

The time is virtual time, such as 12.5s, or an event, such as '#123': the state right
after it. Of several events at one time, the state is that after the last.`,
		Example: `  rtcsim show call.rtcrec --at 12.5s
  rtcsim show call.rtcrec --at '#123' --peer alice --sdp
  rtcsim show call.rtcrec --at 12.5s --json | jq '.peers[].state.ice'`,
		Args: exactly(1, "a recording"),
		RunE: func(_ *cobra.Command, args []string) error { return a.show(args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.at, "at", "", "the time, such as 12.5s, or an event, such as '#123' (default: at the end)")
	f.StringVar(&o.peer, "peer", "", "show this peer only")
	f.BoolVar(&o.sdp, "sdp", false, "show whole descriptions")
	f.IntVar(&o.before, "before", 5, "how many of the events before to show")
	return cmd
}

func (a *app) show(path string, o showOptions) error {
	if o.before < 0 {
		return usage("--before %d is less than nothing", o.before)
	}
	at, seq, err := parseAt(o.at)
	if err != nil {
		return err
	}
	r, err := recorder.Load(path)
	if err != nil {
		return &exitError{exitFatal, err}
	}
	defer r.Close()
	<-r.Done()
	n := r.Len()
	switch {
	case seq > 0:
		if n = r.Find(seq); n == 0 {
			return usage("--at #%d: the recording has the events #1 to #%d", seq, r.Len())
		}
		at = r.Entry(n).Time
	case o.at != "":
		n = r.At(at)
	default:
		at = r.Entry(n).Time
	}
	m, err := moment.At(r, n, at, o.before)
	if m == nil {
		return &exitError{exitFatal, err}
	}
	if err == nil {
		err = r.Err()
	}
	if o.peer != "" {
		var names []string
		for _, p := range m.Peers {
			names = append(names, p.Name)
		}
		if !slices.Contains(names, o.peer) && err == nil {
			return usage("the recording has no peer %q; it has %s", o.peer, orNone(strings.Join(names, ", ")))
		}
		m.Peers = slices.DeleteFunc(m.Peers, func(p moment.Peer) bool { return p.Name != o.peer })
	}
	if a.json {
		fmt.Fprintf(a.stdout, "%s\n", marshal(m))
	} else {
		showPrinter{a.icePrinter(), o}.moment(m)
	}
	if err != nil { // what could be read has been shown
		return &exitError{exitFatal, err}
	}
	return nil
}

// parseAt reads a time or the number of an event; both are 0 where there is none.
func parseAt(text string) (at time.Duration, seq uint64, err error) {
	number, event := strings.CutPrefix(text, "#")
	switch {
	case text == "":
		return 0, 0, nil
	case event:
		seq, err = strconv.ParseUint(number, 10, 64)
	default:
		at, err = time.ParseDuration(text)
	}
	switch {
	case err != nil || event && seq == 0:
		return 0, 0, usage("--at %q is neither a time, such as 12.5s, nor an event, such as '#123'", text)
	case at < 0:
		return 0, 0, usage("--at %v is before the session begins", at)
	}
	return at, seq, nil
}

// showPrinter prints a moment.
type showPrinter struct {
	icePrinter
	showOptions
}

// labelWidth is the width of the names of what a peer has.
const labelWidth = 13

// entry prints what a peer has of something, in as many lines as it takes. It prints nothing for nothing.
func (p showPrinter) entry(label, text string) {
	if text == "" {
		return
	}
	for i, line := range wrap(text, 76-labelWidth) {
		if i > 0 {
			label = ""
		}
		p.line("  %s %s", p.dim.Render(fixed(label, labelWidth)), line)
	}
}

func (p showPrinter) moment(m *moment.Moment) {
	p.line("%s", p.bold.Render(fmt.Sprintf("at %s, after event #%d", iceTime(m.Time), m.Event)))
	for _, peer := range m.Peers {
		p.line("")
		p.peerAt(peer)
	}
	if p.peer != "" {
		return
	}
	p.line("")
	p.network(m)
	if len(m.Before) > 0 {
		p.line("")
		p.line("%s", p.bold.Render("the last events"))
	}
	for _, e := range m.Before {
		line := strings.TrimSpace(fmt.Sprintf("%s  %s", e.Peer, e.Text))
		p.line("  %s  %s  %s", p.dim.Render(transcript.Time(e.Time)), cutTo(line, 56), p.dim.Render(fmt.Sprintf("#%d", e.N)))
	}
}

func (p showPrinter) peerAt(peer moment.Peer) {
	head := p.bold.Render(peer.Name)
	s := peer.State
	if s != nil {
		head += "  " + p.state(s.ConnectionState)
	}
	p.line("%s", head)
	for _, i := range peer.Interfaces {
		text := fmt.Sprintf("%s %s on %s", i.Name, i.Address, i.Network)
		if !i.Up {
			text += ", " + p.bad.Render("down")
		}
		if i.Link != nil {
			text += ", link " + link(*i.Link)
		}
		p.entry("interface", text+changes(i.Changes))
	}
	if s == nil {
		p.line("  %s", p.dim.Render("no RTCPeerConnection yet"))
		return
	}
	states := []string{"signaling " + s.SignalingState, "gathering " + s.ICEGatheringState, "ICE " + s.ICEConnectionState}
	if s.DTLS != nil {
		states = append(states, "DTLS "+s.DTLS.State)
	}
	if s.SCTP != nil {
		states = append(states, "SCTP "+s.SCTP.State)
	}
	p.entry("states", strings.Join(states, ", "))
	p.ice(s)
	p.description("local", s.LocalDescription, s.PendingLocalDescription)
	p.description("remote", s.RemoteDescription, s.PendingRemoteDescription)
	for i, t := range s.Transceivers {
		p.entry(once("transceivers", i), transceiver(t))
	}
	for i, name := range slices.Sorted(maps.Keys(s.Channels)) {
		if c := s.Channels[name]; c != nil {
			p.entry(once("channels", i), channel(name, *c))
		}
	}
	for i, d := range peer.Media {
		p.entry(once("media", i), received(d))
	}
	p.configuration(s)
	if p.sdp {
		p.whole("local description", s.LocalDescription)
		p.whole("remote description", s.RemoteDescription)
	}
}

// once is a label that is printed in the first of several entries only.
func once(label string, i int) string {
	if i > 0 {
		return ""
	}
	return label
}

// state colours a connection state.
func (p showPrinter) state(state string) string {
	switch state {
	case "connected":
		return p.good.Render(state)
	case "failed":
		return p.bad.Render(state)
	case "disconnected":
		return p.warn.Render(state)
	}
	return state
}

// ice prints the ICE transport: its pair, its candidates, the pairs.
func (p showPrinter) ice(s *recorder.PeerState) {
	if pair := s.SelectedCandidatePair; pair != nil {
		p.entry("selected pair", candidate(pair.Local)+" ↔ "+candidate(pair.Remote))
	}
	if s.ICE == nil {
		return
	}
	role := "role " + s.ICE.Role
	if l := s.ICE.LocalParameters; l != nil {
		role += ", ufrag " + l.UsernameFragment
	}
	if r := s.ICE.RemoteParameters; r != nil {
		role += ", remote ufrag " + r.UsernameFragment
	}
	p.entry("ICE", role)
	p.entry("local", candidates(s.ICE.LocalCandidates))
	p.entry("remote", candidates(s.ICE.RemoteCandidates))
	for i, pair := range s.CandidatePairs {
		text := fmt.Sprintf("%s ↔ %s %s", candidate(pair.Local), candidate(pair.Remote), pair.State)
		if pair.Nominated {
			text += ", nominated"
		}
		p.entry(once("pairs", i), text)
	}
}

func candidate(c recorder.CandidateState) string {
	return fmt.Sprintf("%s %s:%d", c.Type, c.Address, c.Port)
}

func candidates(list []recorder.CandidateState) string {
	var texts []string
	for _, c := range list {
		texts = append(texts, candidate(c))
	}
	return strings.Join(texts, ", ")
}

// description prints a description in a few words.
func (p showPrinter) description(side string, d, pending *recorder.DescriptionState) {
	if d == nil {
		return
	}
	text := d.Type
	if pending != nil {
		text += " (pending)"
	}
	var media []string
	section, mid, direction := "", "", ""
	flush := func() {
		if section != "" {
			media = append(media, strings.TrimSpace(section+" mid "+mid+" "+direction))
		}
		mid, direction = "", ""
	}
	for line := range strings.Lines(d.SDP) {
		line = strings.TrimSpace(line)
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "a=mid":
			mid = value
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			direction = name[2:]
		default:
			if fields := strings.Fields(line); strings.HasPrefix(line, "m=") && len(fields) > 1 {
				flush()
				section = fields[0][2:]
				if fields[1] == "0" {
					section += " (rejected)"
				}
			}
		}
	}
	flush()
	p.entry(side+" SDP", text+": "+orNone(strings.Join(media, "; ")))
}

// whole prints a whole description.
func (p showPrinter) whole(title string, d *recorder.DescriptionState) {
	if d == nil {
		return
	}
	p.line("  %s", p.dim.Render(title+", "+d.Type))
	for line := range strings.Lines(d.SDP) {
		p.line("    %s", strings.TrimSpace(line))
	}
}

func transceiver(t recorder.TransceiverState) string {
	text := t.Kind
	if t.Mid != nil {
		text += " mid " + *t.Mid
	}
	text += " " + t.Direction
	if t.CurrentDirection != nil && *t.CurrentDirection != t.Direction {
		text += " (negotiated " + *t.CurrentDirection + ")"
	}
	if t.Sender != nil && t.Sender.Track != nil {
		text += ", sends " + t.Sender.Track.ID
		var layers []string
		for _, e := range t.Sender.Encodings {
			layers = append(layers, strings.TrimSpace(fmt.Sprintf("%s SSRC %d", e.RID, e.SSRC)))
		}
		if len(layers) > 0 {
			text += " (" + strings.Join(layers, ", ") + ")"
		}
	}
	if t.Receiver != nil && t.Receiver.Track != nil {
		text += ", receives " + t.Receiver.Track.ID
	}
	return text
}

func channel(name string, c recorder.ChannelState) string {
	parts := []string{name + " " + c.ReadyState}
	if c.Label != name {
		parts[0] += fmt.Sprintf(" %q", c.Label)
	}
	if c.ID != nil {
		parts = append(parts, fmt.Sprintf("id %d", *c.ID))
	}
	if !c.Ordered {
		parts = append(parts, "unordered")
	}
	if c.MaxRetransmits != nil {
		parts = append(parts, fmt.Sprintf("maxRetransmits %d", *c.MaxRetransmits))
	}
	if c.MaxPacketLifeTime != nil {
		parts = append(parts, fmt.Sprintf("maxPacketLifeTime %d ms", *c.MaxPacketLifeTime))
	}
	if c.Protocol != "" {
		parts = append(parts, "protocol "+c.Protocol)
	}
	if c.Negotiated {
		parts = append(parts, "negotiated")
	}
	if c.Detached {
		parts = append(parts, "detached")
	}
	return strings.Join(append(parts, fmt.Sprintf("%d bytes buffered", c.BufferedAmount)), ", ")
}

// received tells how a received track did.
func received(d recorder.Media) string {
	name := d.Track
	if d.RID != "" {
		name += "." + d.RID
	}
	text := fmt.Sprintf("%s %s %s: %d packets, %d lost", name, d.Kind, d.Codec, d.Packets, d.Lost)
	if d.Repaired > 0 {
		text += fmt.Sprintf(", %d repaired", d.Repaired)
	}
	text += fmt.Sprintf(", %d kbit/s, jitter %v", d.Bitrate/1000, d.Jitter.Round(100*time.Microsecond))
	if d.Kind == "video" {
		text += fmt.Sprintf(", %d frames, %d keyframes, %d freezes", d.Frames, d.Keyframes, d.Freezes)
	}
	return text
}

func (p showPrinter) configuration(s *recorder.PeerState) {
	c := s.Configuration
	if c == nil {
		return
	}
	var servers []string
	for _, server := range c.ICEServers {
		servers = append(servers, server.URLs...)
	}
	text := "no ICE servers"
	if len(servers) > 0 {
		text = "ICE servers " + strings.Join(servers, ", ")
	}
	p.entry("configuration", fmt.Sprintf("%s; policy %s, %s, rtcp-mux %s",
		text, c.ICETransportPolicy, c.BundlePolicy, c.RTCPMuxPolicy))
}

// network prints what the network had.
func (p showPrinter) network(m *moment.Moment) {
	for _, network := range m.Networks {
		head := p.bold.Render(network.Name) + "  " + network.Subnet
		if network.Down {
			head += "  " + p.bad.Render("down")
		}
		p.line("%s", head)
		if network.Link != nil {
			p.entry("link", link(*network.Link))
		}
		if network.NAT != "" {
			p.entry("NAT", strings.Join(append(slices.Clone(network.Public), network.NAT), " "))
		}
		p.entry("firewall", network.Firewall)
		for i, c := range network.Changes {
			p.entry(once("changed", i), fmt.Sprintf("%s at %s", c.Text, iceTime(c.Time)))
		}
		for i, mapping := range network.Mappings {
			text := fmt.Sprintf("%s → %s for %s, used %s", mapping.Local, mapping.Public, mapping.Remote, iceTime(mapping.Used))
			if mapping.Expired {
				text += ", " + p.warn.Render("expired")
			}
			p.entry(once("mappings", i), text)
		}
	}
	for _, s := range m.Servers {
		text := fmt.Sprintf("%s  %s  %s", p.bold.Render(s.Name), s.Address, s.Serves)
		if s.Down {
			text += "  " + p.bad.Render("down")
		}
		p.line("%s", text)
		p.entry("changed", strings.TrimPrefix(changes(s.Changes), ", "))
	}
	if len(m.Signaling) > 0 {
		p.line("%s", p.bold.Render("signaling"))
		p.entry("changed", strings.TrimPrefix(changes(m.Signaling), ", "))
	}
}

// changes lists changes, each with its time, after a comma.
func changes(list []moment.Change) (text string) {
	for _, c := range list {
		text += fmt.Sprintf(", %s at %s", c.Text, iceTime(c.Time))
	}
	return text
}

// link says what a link is.
func link(l recorder.TopologyLink) string {
	up, down := way(l.Up), way(l.Down)
	if up == down {
		return up + " each way"
	}
	return "up " + up + "; down " + down
}

func way(d recorder.TopologyDirection) string {
	parts := []string{d.Delay.String()}
	if d.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%g Mbit/s", float64(d.Rate)/1e6))
	}
	parts = append(parts, d.Settings...)
	if d.Profile != "" {
		parts = append(parts, "("+d.Profile+")")
	}
	return strings.Join(parts, " ")
}
