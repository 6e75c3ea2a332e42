package main

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/rtcsim/rtcsim/recorder"
)

// tshark runs Wireshark without its window on a capture and returns its lines, each with its fields.
func tshark(t *testing.T, capture string, args ...string) [][]string {
	t.Helper()
	r := execute(t, exec.Command("tshark", append([]string{"-r", capture}, args...)...))
	if r.status != 0 {
		t.Fatalf("tshark %s: %v", strings.Join(args, " "), r)
	}
	var lines [][]string
	for line := range strings.Lines(r.stdout) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return lines
}

// TestWireshark lets Wireshark read captures: it decrypts them, finds nothing malformed, and sees what the recording has.
func TestWireshark(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: there is no tshark: apt-get install tshark")
	}
	needGuest(t)
	for _, test := range []struct{ scenario, at string }{
		{"data-channels/unreliable-lossy", ""},
		{"media/call", ""},
		{"nat/symmetric-with-turn", ""},
		{"nat/symmetric-with-turn", "alice"},
		{"network/duplicates", "alice"},
	} {
		t.Run(test.scenario+" "+test.at, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			rtcsim(t, dir, "run", test.scenario, "-o", "x.rtcrec").want(t, exitOK, "", "")
			args := []string{"export", "x.rtcrec", "--format", "pcapng"}
			if test.at != "" {
				args = append(args, "--at", test.at)
			}
			rtcsim(t, dir, args...).want(t, exitOK, "x.pcapng", "")
			rtcsim(t, dir, "export", "x.rtcrec", "--format", "jsonl", "--dissect").want(t, exitOK, "x.jsonl", "")
			checkCapture(t, filepath.Join(dir, "x.pcapng"), expectedCapture(t, filepath.Join(dir, "x.jsonl"), test.at))
		})
	}
}

// captureCounts are the packets of a capture: on the wire by their outermost protocol, and in clear.
type captureCounts struct {
	Wire, STUN, DTLS, SCTP, RTP, RTCP int
}

// expectedCapture counts what the recording has: all packets that were sent or, if a host is given, those that it sent and got.
func expectedCapture(t *testing.T, path, at string) captureCounts {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c captureCounts
	peers := []string{"alice", "bob"}
	sent := make(map[uint64]recorder.PacketSent)
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, `{"seq":`) {
			continue
		}
		e, err := recorder.ParseLine([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		value, err := e.Value()
		if err != nil {
			t.Fatal(err)
		}
		var p recorder.PacketSent
		clear := false // one that an end of the session wrote or can read
		switch data := value.(type) {
		case recorder.PacketSent:
			sent[data.ID] = data
			p = data
			clear = slices.Contains(peers, e.Peer)
			if at != "" && e.Peer != at {
				continue
			}
		case recorder.PacketEnd:
			p = sent[data.ID]
			clear = true
			if at == "" || e.Kind != recorder.KindPacketDelivered || e.Peer != at {
				continue
			}
		default:
			continue
		}
		c.Wire++
		switch p.Protocol {
		case "stun", "turn":
			c.STUN++
		case "dtls":
			c.DTLS++
		}
		if !clear {
			continue
		}
		layers := string(p.Layers)
		if strings.Contains(layers, `"protocol":"sctp"`) {
			c.SCTP++
		}
		if strings.Contains(layers, `"protocol":"rtp"`) {
			c.RTP++
		}
		if strings.Contains(layers, `"protocol":"rtcp"`) {
			c.RTCP++
		}
	}
	return c
}

// checkCapture has Wireshark read the capture.
func checkCapture(t *testing.T, capture string, want captureCounts) {
	var got captureCounts
	var decrypted []string // by Wireshark, with the keys in the capture
	for _, fields := range tshark(t, capture, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.protocols", "-e", "data.data") {
		protocols := strings.Split(fields[1], ":")
		outermost := protocols[min(3, len(protocols))-1] // in raw:ip:udp
		if i := slices.Index(protocols, "udp"); i >= 0 && i+1 < len(protocols) {
			outermost = protocols[i+1]
		} else if slices.Contains(protocols, "sctp") {
			outermost = "sctp"
		}
		if fields[0] != "plaintext" {
			got.Wire++
			switch outermost {
			case "stun":
				got.STUN++
			case "dtls":
				got.DTLS++
				if fields[2] != "" {
					decrypted = append(decrypted, strings.Split(fields[2], ",")...)
				}
			}
			continue
		}
		switch outermost {
		case "sctp":
			got.SCTP++
		case "rtp":
			got.RTP++
		case "rtcp":
			got.RTCP++
		case "sap":
		default:
			t.Errorf("in clear is %s", fields[1])
		}
	}
	if got != want {
		t.Errorf("Wireshark sees %+v, the recording has %+v", got, want)
	}
	if len(tshark(t, capture, "-Y", "dtls.handshake.type == 20")) == 0 {
		t.Error("no Finished of a DTLS handshake was decrypted")
	}
	names := tshark(t, capture, "-N", "n", "-Y", `frame.interface_name == "plaintext" && (sctp || rtp)`, "-T", "fields", "-e", "ip.src_host", "-e", "ip.dst_host")
	if !slices.ContainsFunc(names, func(n []string) bool { return slices.Equal(n, []string{"alice", "bob"}) }) {
		t.Errorf("nothing is from alice to bob: %v", names)
	}
	// What Wireshark decrypts is what the capture has in clear. It does not look for DTLS in what a relay carries.
	clear := plaintexts(t, capture)
	for _, data := range decrypted {
		if _, ok := clear[data]; !ok {
			t.Errorf("decrypted, but not in clear: %s", data)
		}
	}
	if want.SCTP > 0 && len(decrypted) == 0 {
		t.Error("Wireshark has decrypted nothing")
	}

	// Two things are malformed for Wireshark, and right to be in the capture. pion's DATA_CHANNEL_ACK has four bytes where RFC 8832,
	// section 5.2, has one. And up to its version 4 Wireshark does not know the AEAD profiles of SRTP (RFC 7714), and reads
	// SRTCP that is encrypted as if it were not; see the same packets in clear.
	wrong := tshark(t, capture, "-Y", "(_ws.malformed || _ws.expert.severity == error) && !srtcp && !(rtcdc.message_type == 2)",
		"-T", "fields", "-e", "frame.number", "-e", "frame.protocols", "-e", "_ws.expert.message")
	for _, fields := range wrong {
		t.Errorf("Wireshark finds wrong: %s", strings.Join(fields, " "))
	}
}

// plaintexts returns the packets in clear, without their IP headers, in hexadecimal.
func plaintexts(t *testing.T, capture string) map[string]bool {
	t.Helper()
	f, err := os.Open(capture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for {
		data, info, err := r.ReadPacketData()
		if err != nil {
			break
		}
		if i, err := r.Interface(info.InterfaceIndex); err == nil && i.Name == "plaintext" {
			all[hex.EncodeToString(data[20:])] = true
		}
	}
	return all
}
