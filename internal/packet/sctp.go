package packet

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// The types of SCTP chunks, RFC 9260 section 3.2 and the registry.
const (
	chunkData         = 0
	chunkInit         = 1
	chunkInitAck      = 2
	chunkSack         = 3
	chunkHeartbeat    = 4
	chunkHeartbeatAck = 5
	chunkAbort        = 6
	chunkShutdown     = 7
	chunkError        = 9
	chunkCookieEcho   = 10
	chunkIData        = 64
	chunkReconfig     = 130
	chunkForwardTSN   = 192
	chunkIForwardTSN  = 194
)

var chunks = map[uint8]struct{ typ, name string }{
	chunkData:         {"data", "DATA"},
	chunkInit:         {"init", "INIT"},
	chunkInitAck:      {"init-ack", "INIT ACK"},
	chunkSack:         {"sack", "SACK"},
	chunkHeartbeat:    {"heartbeat", "HEARTBEAT"},
	chunkHeartbeatAck: {"heartbeat-ack", "HEARTBEAT ACK"},
	chunkAbort:        {"abort", "ABORT"},
	chunkShutdown:     {"shutdown", "SHUTDOWN"},
	8:                 {"shutdown-ack", "SHUTDOWN ACK"},
	chunkError:        {"error", "ERROR"},
	chunkCookieEcho:   {"cookie-echo", "COOKIE ECHO"},
	11:                {"cookie-ack", "COOKIE ACK"},
	12:                {"ecne", "ECNE"},
	13:                {"cwr", "CWR"},
	14:                {"shutdown-complete", "SHUTDOWN COMPLETE"},
	15:                {"auth", "AUTH"},
	chunkIData:        {"i-data", "I-DATA"},
	128:               {"asconf-ack", "ASCONF-ACK"},
	chunkReconfig:     {"reconfig", "RE-CONFIG"},
	132:               {"pad", "PAD"},
	chunkForwardTSN:   {"forward-tsn", "FORWARD TSN"},
	193:               {"asconf", "ASCONF"},
	chunkIForwardTSN:  {"i-forward-tsn", "I-FORWARD-TSN"},
}

// parameterNames are those of INIT, INIT ACK and RE-CONFIG.
var parameterNames = map[uint16]string{
	1:      "Heartbeat Info",
	5:      "IPv4 Address",
	6:      "IPv6 Address",
	7:      "State Cookie",
	8:      "Unrecognized Parameters",
	9:      "Cookie Preservative",
	11:     "Host Name Address",
	12:     "Supported Address Types",
	13:     "Outgoing SSN Reset Request",
	14:     "Incoming SSN Reset Request",
	15:     "SSN/TSN Reset Request",
	16:     "Re-configuration Response",
	17:     "Add Outgoing Streams Request",
	18:     "Add Incoming Streams Request",
	0x8000: "ECN Capable",
	0x8001: "Zero Checksum Acceptable",
	0x8002: "Random",
	0x8003: "Chunk List",
	0x8004: "Requested HMAC Algorithm",
	0x8005: "Padding",
	0x8008: "Supported Extensions",
	0xC000: "Forward-TSN-Supported",
	0xC001: "Add IP Address",
	0xC002: "Delete IP Address",
	0xC003: "Error Cause Indication",
	0xC004: "Set Primary Address",
	0xC005: "Success Indication",
	0xC006: "Adaptation Layer Indication",
}

// causeNames are the error causes of ABORT and ERROR.
var causeNames = map[uint16]string{
	1:  "Invalid Stream Identifier",
	2:  "Missing Mandatory Parameter",
	3:  "Stale Cookie",
	4:  "Out of Resource",
	5:  "Unresolvable Address",
	6:  "Unrecognized Chunk Type",
	7:  "Invalid Mandatory Parameter",
	8:  "Unrecognized Parameters",
	9:  "No User Data",
	10: "Cookie Received While Shutting Down",
	11: "Restart of an Association with New Addresses",
	12: "User-Initiated Abort",
	13: "Protocol Violation",
}

// payloadProtocols are the payload protocol identifiers of RFC 8831.
var payloadProtocols = map[uint32]string{
	50: "WebRTC DCEP",
	51: "WebRTC String",
	52: "WebRTC Binary Partial",
	53: "WebRTC Binary",
	54: "WebRTC String Partial",
	56: "WebRTC String Empty",
	57: "WebRTC Binary Empty",
}

const (
	ppidDCEP          = 50
	ppidString        = 51
	ppidStringPartial = 54
)

// reconfigResults are those of RFC 6525 section 4.4.
var reconfigResults = map[uint32]string{
	0: "Success - Nothing to do",
	1: "Success - Performed",
	2: "Denied",
	3: "Error - Wrong SSN",
	4: "Error - Request already in progress",
	5: "Error - Bad Sequence Number",
	6: "In progress",
}

const sctpHeaderSize = 12

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// isSCTP reports whether the data are an SCTP packet. Its checksum is right, or
// 0 as RFC 9653 allows it over DTLS.
func isSCTP(data []byte) bool {
	if len(data) < sctpHeaderSize {
		return false
	}
	sum := binary.LittleEndian.Uint32(data[8:])
	return sum == 0 || sum == checksum(data)
}

// checksum returns the CRC32c of a packet, its checksum taken as 0.
func checksum(data []byte) uint32 {
	sum := crc32.Update(0, castagnoli, data[:8])
	sum = crc32.Update(sum, castagnoli, make([]byte, 4))
	return crc32.Update(sum, castagnoli, data[sctpHeaderSize:])
}

// tsns remembers which TSNs an end has sent, so as to know one again. An end
// sends new TSNs in ascending order: what is not above those of the records
// before is sent again.
type tsns struct {
	record  uint64 // the latest record, 0 if there was none
	highest uint32 // the highest TSN
	before  uint32 // the highest TSN of the records before
	resent  map[tsnRecord]bool
}

type tsnRecord struct {
	record uint64
	tsn    uint32
}

// again reports whether the TSN in the record was sent before in another one.
// Of a record that comes again, as a relay's copy does, it says what it said
// then.
func (t *tsns) again(tsn uint32, r record) bool {
	switch {
	case t.record == 0:
		t.record, t.highest, t.before = r.number, tsn, tsn-1
	case r.number < t.record:
		return t.resent[tsnRecord{r.number, tsn}]
	case r.number > t.record:
		t.record, t.before = r.number, t.highest
	}
	if int32(tsn-t.before) > 0 {
		if int32(tsn-t.highest) > 0 {
			t.highest = tsn
		}
		return false
	}
	if t.resent == nil {
		t.resent = make(map[tsnRecord]bool)
	}
	t.resent[tsnRecord{r.number, tsn}] = true
	return true
}

// sctp reads an SCTP packet (RFC 9260) that was in a DTLS record.
func (x *dissection) sctp(c *cursor, r record, sent *tsns) ([]Layer, string) {
	c.uint16("source port")
	c.uint16("destination port")
	tag := c.uint32("verification tag")
	if c.noting() {
		c.value("0x%08x", tag)
	}
	sum := c.take("checksum", 4)
	if c.noting() {
		value := "right"
		if binary.LittleEndian.Uint32(sum) == 0 {
			value = "none"
		} else if binary.LittleEndian.Uint32(sum) != checksum(c.data) {
			value = "wrong"
		}
		c.note("checksum", fmt.Sprintf("0x%08x (%s)", binary.LittleEndian.Uint32(sum), value), c.at-4, c.at)
	}
	var layers []Layer
	var summaries []string
	for !c.bad && c.left() > 0 {
		l, next := x.chunk(c, r, sent)
		if x.level > typesOnly {
			summaries = append(summaries, l.Summary)
		}
		if x.level == everything {
			layers = append(layers, l)
		}
		c.at = next
	}
	return layers, strings.Join(summaries, ", ")
}

// chunk reads the chunk at the front of what is left of a packet, and returns
// where the next begins.
func (x *dissection) chunk(packet *cursor, r record, sent *tsns) (Layer, int) {
	l := Layer{Protocol: "sctp", Summary: "chunk", From: packet.at, To: packet.end}
	c := x.cursor(&l.Fields, packet.data, packet.at, packet.end)
	t := c.uint8("type")
	kind, known := chunks[t]
	if known {
		if c.noting() {
			c.value("%d (%s)", t, kind.name)
		}
		l.Summary = kind.name
	} else {
		l.Summary = fmt.Sprintf("chunk %d", t)
	}
	flags := c.uint8("flags")
	c.value("0x%02x", flags)
	n := int(c.uint16("length"))
	if c.bad {
		return l, packet.end
	}
	if n < 4 {
		c.malformed("%s of length %d", l.Summary, n)
		return l, packet.end
	}
	if known {
		x.typ(kind.typ)
	}
	switch t { // what they replace, RFC 8260
	case chunkIData:
		x.typ("data")
	case chunkIForwardTSN:
		x.typ("forward-tsn")
	}
	v := c.sub(l.Summary, n-4)
	if v.bad {
		return l, packet.end
	}
	padding := min((4-n%4)%4, c.left())
	l.To = c.at + padding
	switch t {
	case chunkData, chunkIData:
		l.Layers = x.data(&v, &l, t == chunkIData, flags, r, sent)
	case chunkInit, chunkInitAck:
		v.hex("initiate tag", 4)
		v.uint32("a_rwnd")
		v.uint16("outbound streams")
		v.uint16("inbound streams")
		tsn := v.uint32("initial TSN")
		v.parameters("parameter", parameterNames)
		if x.level > typesOnly {
			l.Summary += fmt.Sprintf(" TSN %d", tsn)
		}
	case chunkSack:
		x.sack(&v, &l)
	case chunkForwardTSN, chunkIForwardTSN:
		tsn := v.uint32("new cumulative TSN")
		for !v.bad && v.left() > 0 {
			v.uint16("stream")
			if t == chunkForwardTSN {
				v.uint16("stream sequence number")
			} else {
				v.uint16("flags")
				v.uint32("message identifier")
			}
		}
		if x.level > typesOnly {
			l.Summary += fmt.Sprintf(" %d", tsn)
		}
	case chunkShutdown:
		v.uint32("cumulative TSN ack")
	case chunkHeartbeat, chunkHeartbeatAck:
		v.parameters("parameter", parameterNames)
	case chunkReconfig:
		l.list(v.parameters("parameter", parameterNames))
	case chunkAbort, chunkError:
		l.list(v.parameters("error cause", causeNames))
	case chunkCookieEcho:
		v.bytes("cookie", v.left())
	}
	v.rest("data")
	if padding > 0 {
		c.bytes("padding", padding)
	}
	return l, l.To
}

// list puts what a message lists into its summary.
func (l *Layer) list(names []string) {
	if len(names) > 0 {
		l.Summary += " (" + strings.Join(names, ", ") + ")"
	}
}

// data reads the value of a DATA or I-DATA chunk.
func (x *dissection) data(c *cursor, l *Layer, interleaved bool, flags uint8, r record, sent *tsns) []Layer {
	if c.fields != nil {
		var set []string
		for i, name := range []string{"E", "B", "U", "I"} {
			if flags&(1<<i) != 0 {
				set = append(set, name)
			}
		}
		(*c.fields)[1].Value = fmt.Sprintf("0x%02x (%s)", flags, strings.Join(set, " "))
	}
	begins, ends := flags&2 != 0, flags&1 != 0
	tsn := c.uint32("TSN")
	stream := c.uint16("stream")
	var ppid, sequence uint32
	switch {
	case !interleaved:
		sequence = uint32(c.uint16("stream sequence number"))
		ppid = c.uint32("payload protocol identifier")
	case begins:
		c.uint16("reserved")
		sequence = c.uint32("message identifier")
		ppid = c.uint32("payload protocol identifier")
	default:
		c.uint16("reserved")
		sequence = c.uint32("message identifier")
		c.uint32("fragment sequence number")
	}
	if c.bad {
		return nil
	}
	hasPPID := !interleaved || begins
	if hasPPID && c.noting() {
		c.value("%s", numbered(ppid, payloadProtocols))
	}
	again := sent.again(tsn, r)
	if again {
		x.packet.Retransmission = true
	}
	n := c.left()
	if x.level > typesOnly {
		l.Summary += fmt.Sprintf(" TSN %d stream %d", tsn, stream)
		if interleaved {
			l.Summary += fmt.Sprintf(" MID %d", sequence)
		} else {
			l.Summary += fmt.Sprintf(" SSN %d", sequence)
		}
		if name, ok := payloadProtocols[ppid]; hasPPID && ok {
			l.Summary += " " + strings.TrimPrefix(name, "WebRTC ")
		}
		if !begins || !ends {
			l.Summary += " fragment"
		}
		l.Summary += ", " + count(n, "byte")
		if again {
			l.Summary += " (again)"
		}
	}
	switch {
	case ppid == ppidDCEP && begins && ends:
		message := x.dcep(c.data, c.at, c.end)
		if x.level > typesOnly && message.Summary != "" {
			l.Summary += ": " + message.Summary
		}
		c.at = c.end
		return []Layer{message}
	case ppid == ppidString || ppid == ppidStringPartial:
		c.text("user data", n)
	default:
		c.bytes("user data", n)
	}
	return nil
}

func (x *dissection) sack(c *cursor, l *Layer) {
	tsn := c.uint32("cumulative TSN ack")
	window := c.uint32("a_rwnd")
	gaps := int(c.uint16("number of gap ack blocks"))
	duplicates := int(c.uint16("number of duplicate TSNs"))
	if x.level > typesOnly {
		l.Summary += fmt.Sprintf(" %d, a_rwnd %d", tsn, window)
		if gaps > 0 {
			l.Summary += ", " + count(gaps, "gap block")
		}
		if duplicates > 0 {
			l.Summary += ", " + count(duplicates, "duplicate")
		}
	}
	for i := 0; i < gaps && !c.bad; i++ {
		b := c.take("gap ack block", 4)
		if c.noting() {
			first, last := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
			c.note("gap ack block", fmt.Sprintf("%d to %d", tsn+uint32(first), tsn+uint32(last)), c.at-4, c.at)
		}
	}
	for i := 0; i < duplicates && !c.bad; i++ {
		c.uint32("duplicate TSN")
	}
}

// parameters reads parameters or error causes, which look alike, and returns
// their names.
func (c *cursor) parameters(what string, names map[uint16]string) []string {
	var found []string
	for !c.bad && c.left() > 0 {
		head := c.peek()
		if len(head) < 4 {
			c.malformed("%s truncated: %d of 4 bytes", what, len(head))
			break
		}
		t, n := binary.BigEndian.Uint16(head), int(binary.BigEndian.Uint16(head[2:]))
		name, ok := names[t]
		if !ok {
			name = fmt.Sprintf("%s %d", what, t)
		}
		if n < 4 {
			c.malformed("%s of length %d", name, n)
			break
		}
		found = append(found, name)
		// The padding is not in the length, and the last one's not in the chunk's.
		c.group(name, min((n+3)&^3, max(n, c.left())), func(g *cursor) string { return g.parameter(t, n, what) })
	}
	return found
}

func (c *cursor) parameter(t uint16, n int, what string) string {
	c.uint16("type")
	c.uint16("length")
	v := c.sub("value", n-4)
	value := ""
	switch {
	case what == "error cause" && (t == 12 || t == 13): // with a text
		value = v.text("reason", v.left())
	case what == "error cause":
		v.rest("information")
	case t == 13: // outgoing SSN reset request
		v.uint32("request sequence number")
		v.uint32("response sequence number")
		v.uint32("sender's last assigned TSN")
		var streams []string
		for !v.bad && v.left() > 0 {
			streams = append(streams, fmt.Sprint(v.uint16("stream")))
		}
		value = "streams " + strings.Join(streams, ", ")
	case t == 16: // re-configuration response
		v.uint32("response sequence number")
		result := v.uint32("result")
		value = numbered(result, reconfigResults)
		if v.noting() {
			v.value("%s", value)
		}
	case t == 0x8001:
		value = numbered(v.uint32("error detection method identifier"), map[uint32]string{1: "DTLS"})
	case t == 0x8008: // supported extensions
		var types []string
		for !v.bad && v.left() > 0 {
			kind := v.uint8("chunk type")
			types = append(types, chunks[kind].name)
			if v.noting() {
				v.value("%d (%s)", kind, chunks[kind].name)
			}
		}
		value = strings.Join(types, ", ")
	default:
		if v.left() > 0 {
			value = count(v.left(), "byte")
			v.hex("value", v.left())
		}
	}
	v.rest("trailing bytes")
	if c.left() > 0 {
		c.bytes("padding", c.left())
	}
	return value
}
