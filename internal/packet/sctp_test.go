package packet_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/internal/packet"
)

// The chunks of RFC 9260 section 3.2, RFC 3758, RFC 4820, RFC 4895, RFC 5061,
// RFC 6525 and RFC 8260.
func TestChunkNames(t *testing.T) {
	want := map[uint8]string{
		0: "DATA", 1: "INIT", 2: "INIT ACK", 3: "SACK", 4: "HEARTBEAT", 5: "HEARTBEAT ACK", 6: "ABORT", 7: "SHUTDOWN",
		8: "SHUTDOWN ACK", 9: "ERROR", 10: "COOKIE ECHO", 11: "COOKIE ACK", 12: "ECNE", 13: "CWR", 14: "SHUTDOWN COMPLETE",
		15: "AUTH", 64: "I-DATA", 128: "ASCONF-ACK", 130: "RE-CONFIG", 132: "PAD", 192: "FORWARD TSN", 193: "ASCONF",
		194: "I-FORWARD-TSN",
	}
	for code := range 256 {
		typ, name := packet.Chunk(uint8(code))
		if name != want[uint8(code)] {
			t.Errorf("chunk %d is %q, want %q", code, name, want[uint8(code)])
		}
		if kebab := strings.ToLower(strings.ReplaceAll(name, " ", "-")); typ != kebab && typ != "reconfig" {
			t.Errorf("chunk %q has type %q", name, typ)
		}
	}
}

// sctpPacket returns a packet of the chunks, with the right checksum.
func sctpPacket(chunks ...[]byte) []byte {
	p := []byte{0x13, 0x88, 0x13, 0x88, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0}
	for _, c := range chunks {
		p = append(p, c...)
		p = append(p, make([]byte, (4-len(c)%4)%4)...)
	}
	binary.LittleEndian.PutUint32(p[8:], crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)))
	return p
}

// chunk returns a chunk without padding.
func chunk(typ, flags byte, value ...byte) []byte {
	return append([]byte{typ, flags, byte((len(value) + 4) >> 8), byte(len(value) + 4)}, value...)
}

func TestSCTP(t *testing.T) {
	for _, tt := range []struct {
		name    string
		packet  []byte
		types   []string
		summary string
		fields  map[string][]string
	}{
		{
			"DATA", sctpPacket(chunk(0, 7, 0, 0, 0, 9, 0, 2, 0, 3, 0, 0, 0, 51, 'h', 'i')),
			[]string{"data"}, "DATA TSN 9 stream 2 SSN 3 String, 2 bytes",
			map[string][]string{"flags": {"0x07 (E B U)"}, "TSN": {"9"}, "stream": {"2"}, "stream sequence number": {"3"},
				"payload protocol identifier": {"51 (WebRTC String)"}, "user data": {"hi"}, "padding": {"2 bytes"},
				"verification tag": {"0xdeadbeef"}, "source port": {"5000"}},
		},
		{
			"fragment", sctpPacket(chunk(0, 2, 0, 0, 0, 9, 0, 2, 0, 3, 0, 0, 0, 53, 1, 2, 3, 4)),
			[]string{"data"}, "DATA TSN 9 stream 2 SSN 3 Binary fragment, 4 bytes", map[string][]string{"flags": {"0x02 (B)"}},
		},
		{
			"I-DATA, last fragment", sctpPacket(chunk(64, 1, 0, 0, 0, 9, 0, 2, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6, 1)),
			[]string{"i-data", "data"}, "I-DATA TSN 9 stream 2 MID 5 fragment, 1 byte",
			map[string][]string{"message identifier": {"5"}, "fragment sequence number": {"6"}},
		},
		{
			"DCEP", sctpPacket(chunk(0, 3, append([]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 50, 3, 0x81, 1, 0, 0, 0, 0, 2, 0, 4, 0, 1}, "chatp"...)...)),
			[]string{"data", "dcep-open"}, `DATA TSN 1 stream 0 SSN 0 DCEP, 17 bytes: DATA_CHANNEL_OPEN "chat"`,
			map[string][]string{"channel type": {"0x81 (partially reliable, unordered)"}, "reliability parameter": {"2 retransmissions"},
				"label": {"chat"}, "protocol": {"p"}, "priority": {"256"}},
		},
		{
			"SACK", sctpPacket(chunk(3, 0, 0, 0, 0, 100, 0, 1, 0, 0, 0, 2, 0, 1, 0, 2, 0, 3, 0, 5, 0, 5, 0, 0, 0, 99)),
			[]string{"sack"}, "SACK 100, a_rwnd 65536, 2 gap blocks, 1 duplicate",
			map[string][]string{"gap ack block": {"102 to 103", "105 to 105"}, "duplicate TSN": {"99"}, "cumulative TSN ack": {"100"}},
		},
		{
			"two chunks", sctpPacket(chunk(11, 0), chunk(7, 0, 0, 0, 0, 1)),
			[]string{"cookie-ack", "shutdown"}, "COOKIE ACK, SHUTDOWN", nil,
		},
		{
			"INIT", sctpPacket(chunk(1, 0, 1, 2, 3, 4, 0, 1, 0, 0, 0, 9, 0, 8, 0, 0, 0, 7, 0xc0, 0, 0, 4, 0x80, 8, 0, 6, 130, 192, 0, 0,
				0x80, 1, 0, 8, 0, 0, 0, 1)),
			[]string{"init"}, "INIT TSN 7",
			map[string][]string{"Supported Extensions": {"RE-CONFIG, FORWARD TSN"}, "Forward-TSN-Supported": {""},
				"Zero Checksum Acceptable": {"1 (DTLS)"}, "outbound streams": {"9"}, "inbound streams": {"8"}},
		},
		{
			"FORWARD TSN", sctpPacket(chunk(192, 0, 0, 0, 0, 50, 0, 1, 0, 9)),
			[]string{"forward-tsn"}, "FORWARD TSN 50", map[string][]string{"stream": {"1"}, "stream sequence number": {"9"}},
		},
		{
			"I-FORWARD-TSN", sctpPacket(chunk(194, 0, 0, 0, 0, 50, 0, 1, 0, 0, 0, 0, 0, 9)),
			[]string{"i-forward-tsn", "forward-tsn"}, "I-FORWARD-TSN 50", map[string][]string{"message identifier": {"9"}},
		},
		{
			"RE-CONFIG", sctpPacket(chunk(130, 0, 0, 13, 0, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 7, 0, 0, 0, 16, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1)),
			[]string{"reconfig"}, "RE-CONFIG (Outgoing SSN Reset Request, Re-configuration Response)",
			map[string][]string{"Outgoing SSN Reset Request": {"streams 7"}, "Re-configuration Response": {"1 (Success - Performed)"}},
		},
		{
			"ABORT", sctpPacket(chunk(6, 0, append([]byte{0, 12, 0, 7}, "bye"...)...)),
			[]string{"abort"}, "ABORT (User-Initiated Abort)", map[string][]string{"User-Initiated Abort": {"bye"}},
		},
		{
			"HEARTBEAT", sctpPacket(chunk(4, 0, 0, 1, 0, 8, 1, 2, 3, 4), chunk(5, 0, 0, 1, 0, 8, 1, 2, 3, 4)),
			[]string{"heartbeat", "heartbeat-ack"}, "HEARTBEAT, HEARTBEAT ACK", map[string][]string{"Heartbeat Info": {"4 bytes", "4 bytes"}},
		},
		{
			"the rest", sctpPacket(chunk(2, 0, make([]byte, 16)...), chunk(8, 0), chunk(9, 0), chunk(10, 0, 1, 2, 3), chunk(14, 1), chunk(99, 0, 1)),
			[]string{"init-ack", "shutdown-ack", "error", "cookie-echo", "shutdown-complete"},
			"INIT ACK TSN 0, SHUTDOWN ACK, ERROR, COOKIE ECHO, SHUTDOWN COMPLETE, chunk 99", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := packet.SCTP(tt.packet)
			check(t, tt.name, p.Layers, nil)
			if p.Malformed != "" {
				t.Errorf("malformed: %s", p.Malformed)
			}
			if !slices.Equal(p.Types, tt.types) {
				t.Errorf("types %q, want %q", p.Types, tt.types)
			}
			if p.Summary != tt.summary {
				t.Errorf("summary %q, want %q", p.Summary, tt.summary)
			}
			for name, want := range tt.fields {
				if got := values(p.Layers, name); name != "flags" && !slices.Equal(got, want) || !slices.Contains(got, want[0]) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if got := values(p.Layers, "checksum"); !strings.HasSuffix(got[0], "(right)") {
				t.Errorf("checksum %s", got[0])
			}
		})
	}
}

func TestSCTPMalformed(t *testing.T) {
	for _, tt := range []struct {
		packet []byte
		want   string
	}{
		{sctpPacket()[:5], "verification tag truncated: 1 of 4 bytes"},
		{sctpPacket([]byte{0, 0, 0, 3}), "DATA of length 3"},
		{sctpPacket([]byte{3, 0, 0, 40, 1, 2, 3, 4}), "SACK truncated: 4 of 36 bytes"},
		{sctpPacket(chunk(3, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 9, 0, 0)), "gap ack block truncated: 0 of 4 bytes"},
		{sctpPacket(chunk(6, 0, 0, 12, 0, 2)), "User-Initiated Abort of length 2"},
		{sctpPacket(chunk(0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 50, 9)), "DCEP message type 9"},
	} {
		p := packet.SCTP(tt.packet)
		check(t, tt.want, p.Layers, nil)
		if p.Malformed != tt.want {
			t.Errorf("malformed: %q, want %q", p.Malformed, tt.want)
		}
	}
}
