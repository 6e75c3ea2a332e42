package packet_test

import (
	"testing"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/scenario"
)

// What scenarios can ask for is what there is, and what takes secrets is known
// to.
func TestVocabulary(t *testing.T) {
	words := packet.Vocabulary()
	for _, p := range scenario.PacketProtocols {
		for _, typ := range p.Types {
			if !words[typ] {
				t.Errorf("no packet is of type %s", typ)
			}
			if inside := p.Name == "sctp" || p.Name == "srtcp"; inside && !packet.Encrypted(typ) {
				t.Errorf("%s is a type of %s, but is not said to be encrypted", typ, p.Name)
			}
		}
	}
}

func TestTypesOfRecords(t *testing.T) {
	record := func(content, epoch byte, body ...byte) []byte {
		return append([]byte{content, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1, 0, byte(len(body))}, body...)
	}
	done := []byte{14, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0}
	for _, tt := range []struct {
		name    string
		payload []byte
		want    string
		summary string
	}{
		{"two messages in a record", record(22, 0, append(done, done...)...), "handshake server-hello-done", "ServerHelloDone, ServerHelloDone"},
		{"fragment", record(22, 0, 11, 0, 1, 0, 0, 2, 0, 0, 8, 0, 0, 2, 1, 2), "handshake certificate", "Certificate (bytes 8 to 10 of 256)"},
		{"alert", record(21, 0, 2, 40), "alert handshake-failure", "Alert Fatal HandshakeFailure"},
		{"unknown alert", record(21, 0, 2, 255), "alert", "Alert Fatal Invalid alert description"},
		{"encrypted alert", record(21, 1, make([]byte, 26)...), "alert", "encrypted Alert, 26 bytes"},
		{"encrypted handshake", record(22, 1, make([]byte, 40)...), "handshake encrypted-handshake", "encrypted Handshake, 40 bytes"},
		{"two records", append(record(20, 0, 1), record(23, 1, 1, 2, 3)...), "change-cipher-spec application-data",
			"ChangeCipherSpec, encrypted ApplicationData, 3 bytes"},
		{"ticket", record(22, 0, 4, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 9, 0, 0), "handshake new-session-ticket", "NewSessionTicket"},
		{"unknown message", record(22, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "handshake", "Handshake"},
		{"cut off", record(22, 0, done...)[:20], "handshake server-hello-done",
			"ServerHelloDone (malformed: fragment offset truncated: 1 of 3 bytes)"},
		{"content type", []byte{30, 1, 2}, "", "DTLS (malformed: content type 30)"},
		{"DTLS 1.3", []byte{0x2e, 1, 2}, "", "DTLS 1.3 record"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := packet.NewDissector().Dissect(packet.Datagram{ID: 1, From: "a", Payload: tt.payload})
			check(t, tt.name, p.Layers, tt.payload)
			got := ""
			for i, typ := range packet.Types(tt.payload) {
				if i > 0 {
					got += " "
				}
				got += typ
			}
			if got != tt.want {
				t.Errorf("types %q, want %q", got, tt.want)
			}
			if p.Summary != tt.summary {
				t.Errorf("summary %q, want %q", p.Summary, tt.summary)
			}
		})
	}
}
