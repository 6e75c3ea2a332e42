package export

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

var pcapng = Format{
	Name:      "pcapng",
	Extension: ".pcapng",
	Summary:   "a capture for Wireshark, which decrypts it, and with what is encrypted in clear",
	Takes:     []string{"from", "to", "peer", "at"},
	Write:     writePCAPNG,
}

// epoch is the date at which every run begins.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// The ports of media in clear. Their peers have them by convention: RFC 3551, section 8.
const (
	rtpPort  = 5004
	rtcpPort = 5005
)

// writePCAPNG writes what a capture on the internet, between the NATs, would have: each packet once, when it was sent. With
// options.At it is what captures at these hosts would have: each packet when it was sent or got there.
func writePCAPNG(w io.Writer, r *recorder.Recording, o Options) error {
	header := r.Header()
	if header.Options.Packets == recorder.PacketsNone {
		return fmt.Errorf("the recording has no packets: it was made with --packets %s\nrecord it again with --packets full", header.Options.Packets)
	}
	hosts, err := readDirectory(r)
	if err != nil {
		return err
	}
	secrets, err := readSecrets(r)
	if err != nil {
		return err
	}
	types, err := payloadTypes(r)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	c := &pcapngExport{
		o: o, r: r, hosts: hosts, types: types,
		pairs:     pairs(secrets, Peers(r)),
		addresses: make(map[string]netip.Addr),
		open:      make(map[uint64]underWay),
		outside:   make(map[sentFlow]string),
		announced: make(map[string]bool),
	}
	for i, peer := range Peers(r) {
		c.addresses[peer] = endAddress(i)
	}
	names := o.At
	if len(names) == 0 {
		names = []string{"wire"}
	}
	comment := fmt.Sprintf("scenario %s, seed %d, recorded by rtcsim %s; times are virtual and begin at %s",
		header.Scenario, header.Seed, header.Rtcsim, epoch.Format(time.DateOnly))
	c.file, err = newCaptureFile(out, "rtcsim "+header.Rtcsim, comment, names)
	if err != nil {
		return err
	}
	if err := c.file.names(c.hostNames()); err != nil {
		return err
	}
	if err := c.file.secrets(keyLog(secrets)); err != nil {
		return err
	}
	for n, e := range r.Forward(1) {
		if o.To > 0 && e.Time > o.To {
			break
		}
		switch e.Kind {
		case recorder.KindPacketSent:
			err = c.sent(n, e)
		case recorder.KindPacketDelivered, recorder.KindPacketDropped:
			err = c.ended(n, e)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", n, err)
		}
	}
	if err := c.file.flush(); err != nil {
		return err
	}
	return out.Flush()
}

// pcapngExport is the work on one capture.
type pcapngExport struct {
	o         Options
	r         *recorder.Recording
	file      *captureFile
	hosts     *directory
	pairs     []*pair
	addresses map[string]netip.Addr          // of peers, in clear
	types     map[string]map[string][]string // of peers
	open      map[uint64]underWay            // packets by their number
	outside   map[sentFlow]string            // the address that NATs have given a flow last
	announced map[string]bool                // peers whose payload types have been told
}

// underWay is what is kept of a packet until it ends.
type underWay struct {
	journey journey
	payload []byte // of a copy, that of the packet it was made of
	inside  []content
}

// A sentFlow is what a socket sends to one destination.
type sentFlow struct{ from, src, dst string }

// endAddress is the address of the i-th peer in clear. It is of the class that is reserved, and so no host has it.
func endAddress(i int) netip.Addr {
	i++
	return netip.AddrFrom4([4]byte{240, byte(i >> 16), byte(i >> 8), byte(i)})
}

// hostNames returns the names of addresses.
func (c *pcapngExport) hostNames() map[netip.Addr]string {
	names := make(map[netip.Addr]string)
	for address, network := range c.hosts.nats {
		names[address] = network
	}
	for address, host := range c.hosts.hosts {
		if host != "" {
			names[address] = host
		}
	}
	for peer, address := range c.addresses {
		names[address] = peer
	}
	return names
}

// sent takes the event of a packet that is sent.
func (c *pcapngExport) sent(n int, e recorder.Entry) error {
	j, err := readJourney(c.r, n)
	if err != nil {
		return err
	}
	p := underWay{journey: j, payload: j.Payload}
	if original, ok := c.open[j.CopyOf]; ok && j.CopyOf != 0 {
		p.payload = original.payload
	}
	if p.inside, err = decrypt(c.pairs, j); err != nil {
		return err
	}
	c.open[j.ID] = p
	if !c.o.during(e.Time) || !c.o.about(c.r, n, e) {
		return nil
	}
	sender := j.sent.Peer
	to := c.hosts.receiver(j)
	comment := fmt.Sprintf("packet %d (event %d): %s → %s, %s", j.ID, j.sent.Seq, sender, to, j.fate())
	if j.CopyOf != 0 {
		comment += fmt.Sprintf("; a copy of packet %d", j.CopyOf)
	}
	if len(c.o.At) > 0 {
		if at := slices.Index(c.o.At, sender); at >= 0 {
			return c.write(captured{at, e.Time, outbound, j.ID, comment}, p, j.Src, j.Dst, j.Payload, sender)
		}
		return nil
	}

	flow := sentFlow{sender, j.Src, j.Dst}
	src, dst := j.translated(false)
	if src != j.Src {
		c.outside[flow] = src
		comment += "; sent from " + j.Src
	} else if known := c.outside[flow]; known != "" && !j.delivered() { // it ended before its NAT
		src = known
		comment += "; sent from " + j.Src
	}
	if way := j.way(); way != "" {
		comment += "; by " + way
	}
	return c.write(captured{0, e.Time, unknown, j.ID, comment}, p, src, dst, j.Payload, sender)
}

// ended takes the event of a packet's end.
func (c *pcapngExport) ended(n int, e recorder.Entry) error {
	event, err := c.r.Event(n)
	if err != nil {
		return nil // it is among the damage
	}
	value, err := event.Value()
	if err != nil {
		return err
	}
	end, _ := value.(recorder.PacketEnd)
	p, ok := c.open[end.ID]
	delete(c.open, end.ID)
	at := slices.Index(c.o.At, e.Peer)
	if !ok || at < 0 || e.Kind != recorder.KindPacketDelivered || !c.o.during(e.Time) || !c.o.about(c.r, n, e) {
		return nil
	}
	j := p.journey
	src, dst := j.translated(true)
	comment := fmt.Sprintf("packet %d (event %d): %s → %s, sent %v before", j.ID, event.Seq, c.origin(j), e.Peer, e.Time-j.sent.Time)
	if j.CopyOf != 0 {
		comment += fmt.Sprintf("; a copy of packet %d", j.CopyOf)
	}
	if way := j.way(); way != "" {
		comment += "; by " + way
	}
	if n := len(end.Corrupted); n > 0 {
		comment += fmt.Sprintf("; %d bits flipped", n)
		p.inside = nil // the receiver could not read it
	}
	return c.write(captured{at, e.Time, inbound, j.ID, comment}, p, src, dst, j.arrived(p.payload), c.from(p, e.Peer))
}

// origin names who has sent a packet, or what it is a copy of.
func (c *pcapngExport) origin(j journey) string {
	if j.CopyOf != 0 {
		return c.hosts.name(j.Src)
	}
	return j.sent.Peer
}

// from returns the peer that has encrypted what is in a packet that was delivered to another one, maybe by a relay.
func (c *pcapngExport) from(p underWay, to string) string {
	for _, content := range p.inside {
		if slices.Contains(content.pair.peers[:], to) {
			return content.pair.other(to)
		}
	}
	return ""
}

// write writes a packet, and what is in it if it is one end's that has encrypted or can read it.
func (c *pcapngExport) write(at captured, p underWay, src, dst string, payload []byte, from string) error {
	s, err := netip.ParseAddrPort(src)
	if err != nil {
		return err
	}
	d, err := netip.ParseAddrPort(dst)
	if err != nil {
		return err
	}
	if err := c.file.udp(at, s, d, payload, p.journey.Size); err != nil {
		return err
	}
	for _, content := range p.inside {
		if !slices.Contains(content.pair.peers[:], from) {
			continue // of a relay: the peer's own packet has it
		}
		if err := c.inClear(at, content, from); err != nil {
			return err
		}
	}
	return nil
}

// inClear writes what was encrypted as one end sent it to the other.
func (c *pcapngExport) inClear(at captured, content content, from string) error {
	to := content.pair.other(from)
	src, dst := c.addresses[from], c.addresses[to]
	at.intf = c.file.plaintext
	switch content.protocol {
	case "sctp":
		return c.file.sctp(at, src, dst, content.data)
	case "rtcp":
		return c.file.udp(at, netip.AddrPortFrom(src, rtcpPort), netip.AddrPortFrom(dst, rtcpPort), content.data, len(content.data))
	}
	if err := c.announce(at, to); err != nil {
		return err
	}
	return c.file.udp(at, netip.AddrPortFrom(src, rtpPort), netip.AddrPortFrom(dst, rtpPort), content.data, len(content.data))
}

// announce tells, before the first packet of media for a peer, what its payload types are, as a session announcement of RFC 2974
// would. Wireshark recognizes RTP by it.
func (c *pcapngExport) announce(at captured, peer string) error {
	types := c.types[peer]
	if c.announced[peer] || len(types) == 0 {
		return nil
	}
	c.announced[peer] = true
	address := c.addresses[peer]
	numbers := slices.Sorted(maps.Keys(types))
	var sdp strings.Builder
	fmt.Fprintf(&sdp, "v=0\r\no=- 0 0 IN IP4 %v\r\ns=what %s receives\r\nc=IN IP4 %v\r\nt=0 0\r\n", address, peer, address)
	fmt.Fprintf(&sdp, "m=video %d RTP/AVP %s\r\n", rtpPort, strings.Join(numbers, " "))
	for _, number := range numbers {
		for _, attribute := range types[number] {
			fmt.Fprintf(&sdp, "a=%s\r\n", attribute)
		}
	}
	// Version 1, IPv4, an announcement; not authenticated; no hash.
	sap := append([]byte{0x20, 0, 0, 0}, address.AsSlice()...)
	sap = append(sap, sdp.String()...)
	at.id, at.direction = 0, unknown
	at.comment = "no packet of the session: it tells which payload types " + peer + " has agreed to, so that RTP can be read"
	return c.file.udp(at, netip.AddrPortFrom(address, sapPort), netip.AddrPortFrom(sapAddress, sapPort), sap, len(sap))
}

// Where sessions are announced: RFC 2974.
const sapPort = 9875

var sapAddress = netip.AddrFrom4([4]byte{224, 2, 127, 254})
