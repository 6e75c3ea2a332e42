package packet_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/vnet"
)

var (
	nat   = &vnet.NAT{Filtering: vnet.AddressAndPortDependent}
	short = [2]vnet.NetworkConfig{delayed(5*time.Millisecond, 0, nat), delayed(5*time.Millisecond, 0, nat)}
	lossy = [2]vnet.NetworkConfig{delayed(5*time.Millisecond, 0.1, nat), delayed(5*time.Millisecond, 0.1, nat)}
)

// The sessions that most tests look at.
var sessions = []struct {
	name string
	session
	once sync.Once
	capture
}{
	{name: "chat", session: session{networks: short, messages: 3, size: 5000}},
	{name: "lossy", session: session{networks: lossy, messages: 20, size: 1000}},
	{name: "relayed", session: session{networks: short, relayed: true, messages: 3, size: 4000}},
	{name: "relayed-lossy", session: session{networks: lossy, relayed: true, messages: 20, size: 1000}},
	{name: "call", session: session{networks: lossy, media: true}},
}

// captured returns the capture of one of the sessions.
func captured(t *testing.T, name string) *capture {
	t.Helper()
	for i := range sessions {
		if s := &sessions[i]; s.name == name {
			s.once.Do(func() { s.events = s.session.run(t).events })
			return &s.capture
		}
	}
	t.Fatalf("no session %q", name)
	return nil
}

// everySession runs a test on each session.
func everySession(t *testing.T, f func(t *testing.T, c *capture)) {
	for i := range sessions {
		c := captured(t, sessions[i].name)
		t.Run(sessions[i].name, func(t *testing.T) { f(t, c) })
	}
}

// values returns the values of the fields with the name, wherever they are.
func values(layers []packet.Layer, name string) (all []string) {
	var fields func(fs []packet.Field)
	fields = func(fs []packet.Field) {
		for _, f := range fs {
			if f.Name == name {
				all = append(all, f.Value)
			}
			fields(f.Fields)
		}
	}
	for _, l := range layers {
		fields(l.Fields)
		all = append(all, values(l.Layers, name)...)
	}
	return all
}

// find returns the layers of the protocol, wherever they are.
func find(layers []packet.Layer, protocol string) (found []packet.Layer) {
	for _, l := range layers {
		if l.Protocol == protocol {
			found = append(found, l)
		}
		found = append(found, find(l.Layers, protocol)...)
	}
	return found
}

func count(ps []*packet.Packet, typ string) (n int) {
	for _, p := range ps {
		if slices.Contains(p.Types, typ) {
			n++
		}
	}
	return n
}

// The secret is there before the first record that is encrypted with it, at
// both ends: else a live dissection would miss it.
func TestSecretsComeFirst(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		known := make(map[string]bool)
		for _, e := range c.events {
			if e.owner != "" {
				known[e.owner] = true
				continue
			}
			types := packet.Types(e.datagram.Payload)
			encrypted := slices.Contains(types, "encrypted-handshake") || slices.Contains(types, "application-data")
			if from := e.datagram.From; encrypted && from != turnServer && !known[from] {
				t.Fatalf("datagram %d of %s is encrypted with a secret that is not in its key log", e.datagram.ID, from)
			}
		}
		if len(known) != 2 {
			t.Errorf("secrets of %v, want those of both peers", known)
		}
	})
}

func TestEverythingIsRead(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		ds := c.datagrams()
		for i, p := range c.packets((*packet.Dissector).Dissect, true) {
			if p.Malformed != "" {
				t.Errorf("datagram %d is malformed: %s", ds[i].ID, p.Malformed)
			}
			for _, name := range []string{
				"encrypted packets, index and authentication tag", "encrypted payload and authentication tag",
			} {
				if got := values(p.Layers, name); got != nil {
					t.Errorf("datagram %d: %q is not decrypted", ds[i].ID, p.Summary)
				}
			}
			for _, l := range find(p.Layers, "dtls") {
				if epoch := values([]packet.Layer{l}, "epoch"); len(epoch) > 0 && epoch[0] != "0" && len(l.Layers) == 0 {
					t.Errorf("datagram %d: %q is not decrypted", ds[i].ID, p.Summary)
				}
			}
			if p.Summary == "" || p.Protocol == "unknown" || p.Protocol != packet.Protocol(ds[i].Payload) {
				t.Errorf("datagram %d: protocol %q, summary %q", ds[i].ID, p.Protocol, p.Summary)
			}
		}
	})
}

func TestSummarizeAgrees(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		whole := c.packets((*packet.Dissector).Dissect, true)
		brief := c.packets((*packet.Dissector).Summarize, true)
		for i := range whole {
			whole[i].Layers = nil
		}
		if d := cmp.Diff(whole, brief); d != "" {
			t.Errorf("Summarize differs from Dissect (-Dissect +Summarize):\n%s", d)
		}
		for i := range whole {
			whole[i].Summary = ""
		}
		if d := cmp.Diff(whole, c.packets((*packet.Dissector).Classify, true)); d != "" {
			t.Errorf("Classify differs from Dissect (-Dissect +Classify):\n%s", d)
		}
	})
}

func TestTypesAgree(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		ds := c.datagrams()
		for i, p := range c.packets((*packet.Dissector).Dissect, false) {
			if got := packet.Types(ds[i].Payload); !slices.Equal(got, p.Types) {
				t.Errorf("datagram %d: Types are %q, those of Dissect without secrets %q", ds[i].ID, got, p.Types)
			}
		}
		// Secrets add types, and all that they add is said to be encrypted.
		for i, p := range c.packets((*packet.Dissector).Dissect, true) {
			clear := packet.Types(ds[i].Payload)
			for _, typ := range p.Types {
				if !slices.Contains(clear, typ) && !packet.Encrypted(typ) {
					t.Errorf("%q needs secrets, but is not said to be encrypted", typ)
				}
			}
		}
	})
}

// Each answer belongs to the request of its transaction that went the opposite
// way on the same leg.
func TestAnswers(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		ds := c.datagrams()
		byID := make(map[uint64]int)
		for i, d := range ds {
			byID[d.ID] = i
		}
		answered := make(map[uint64]bool)
		ps := c.packets((*packet.Dissector).Dissect, true)
		for i, p := range ps {
			response := slices.ContainsFunc(p.Types, func(s string) bool { return strings.HasSuffix(s, "-response") })
			if !response {
				if p.Answers != 0 {
					t.Errorf("datagram %d answers, but is %q", ds[i].ID, p.Summary)
				}
				continue
			}
			j, ok := byID[p.Answers]
			if !ok {
				t.Errorf("datagram %d, %q, answers nothing", ds[i].ID, p.Summary)
				continue
			}
			ids := values(p.Layers, "transaction ID")
			if want := values(ps[j].Layers, "transaction ID"); ids[len(ids)-1] != want[len(want)-1] {
				t.Errorf("datagram %d answers %d, which is of another transaction", ds[i].ID, ds[j].ID)
			}
			if server := turnServer; ds[i].From == server || ds[j].From == server {
				// No address of a server's is translated.
				if ds[i].Src != ds[j].Dst && ds[i].Dst != ds[j].Src {
					t.Errorf("datagram %d (%v to %v) answers %d (%v to %v)",
						ds[i].ID, ds[i].Src, ds[i].Dst, ds[j].ID, ds[j].Src, ds[j].Dst)
				}
			} else if ds[i].From == ds[j].From {
				t.Errorf("datagram %d answers %d of the same sender", ds[i].ID, ds[j].ID)
			}
			if answered[p.Answers] && !ps[j].Retransmission {
				t.Errorf("datagram %d is answered twice", p.Answers)
			}
			answered[p.Answers] = true
		}
		if len(answered) < 5 {
			t.Errorf("%d requests are answered", len(answered))
		}
	})
}

// Of every sender, a TSN that was sent before is a retransmission, and nothing
// else is; a handshake message likewise. The copies that the relay makes are
// what their originals are.
func TestRetransmissions(t *testing.T) {
	for _, name := range []string{"chat", "lossy", "relayed", "relayed-lossy"} {
		t.Run(name, func(t *testing.T) {
			c := captured(t, name)
			ds := c.datagrams()
			type key struct{ what, from string }
			first := make(map[key]string)     // the records that it was sent in first
			origin := make(map[string]string) // the senders of records, which the relay is not
			resent := 0
			for i, p := range c.packets((*packet.Dissector).Dissect, true) {
				if !slices.Contains(p.Protocols, "dtls") {
					continue
				}
				want := false
				for _, l := range find(p.Layers, "dtls") {
					number := values([]packet.Layer{l}, "sequence number")
					epoch := values([]packet.Layer{l}, "epoch")
					if len(epoch) == 0 {
						continue // within a record
					}
					record := epoch[0] + "/" + number[0]
					raw := string(ds[i].Payload[l.From:l.To])
					if ds[i].From != turnServer {
						origin[raw] = ds[i].From
					}
					sender := origin[raw]
					var sent []string
					for _, tsn := range values(l.Layers, "TSN") {
						sent = append(sent, "TSN "+tsn)
					}
					for j, sequence := range values(l.Layers, "message sequence") {
						sent = append(sent, values(l.Layers, "handshake type")[j]+" "+sequence)
					}
					for _, what := range sent {
						k := key{what, sender}
						if before, ok := first[k]; ok && before != record {
							want = true
						} else {
							first[k] = record
						}
					}
				}
				if want {
					resent++
				}
				if p.Retransmission != want {
					t.Errorf("datagram %d, %q: retransmission %t, want %t", ds[i].ID, p.Summary, p.Retransmission, want)
				}
			}
			if loses := strings.Contains(name, "lossy"); (resent > 0) != loses {
				t.Errorf("%d retransmissions", resent)
			}
		})
	}
}

// The handshake of both ends, and the data channel from its opening to the end.
func TestChat(t *testing.T) {
	c := captured(t, "chat")
	ps := c.packets((*packet.Dissector).Dissect, true)
	for typ, want := range map[string]int{
		"client-hello": 2, "hello-verify-request": 1, "server-hello": 1, "certificate": 2, "server-key-exchange": 1,
		"certificate-request": 1, "server-hello-done": 1, "client-key-exchange": 1, "certificate-verify": 1,
		"change-cipher-spec": 2, "finished": 2, "encrypted-handshake": 2,
		"init": 2, "init-ack": 2, "cookie-echo": 2, "cookie-ack": 2, "dcep-open": 1, "dcep-ack": 1,
	} {
		if got := count(ps, typ); got != want {
			t.Errorf("%d datagrams with %s, want %d", got, typ, want)
		}
	}
	for _, typ := range []string{"data", "sack", "reconfig"} {
		if count(ps, typ) == 0 {
			t.Errorf("no datagram with %s", typ)
		}
	}
	var all []packet.Layer
	for _, p := range ps {
		all = append(all, p.Layers...)
	}
	for name, want := range map[string]string{
		"label":                       "chat",
		"user data":                   "hello",
		"channel type":                "0x00 (reliable)",
		"payload protocol identifier": "51 (WebRTC String)",
		"use_srtp":                    "",
		"cipher suite":                "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"named curve":                 "X25519",
	} {
		if got := values(all, name); want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: got %q, want %q among them", name, got, want)
		}
	}
	if got := find(all, "sctp"); len(got) == 0 || !slices.Contains(values(got, "checksum"), "0x00000000 (none)") && len(values(got, "checksum")) == 0 {
		t.Errorf("no SCTP packet with a checksum")
	}
}

// The media that arrive decrypted are those that were sent.
func TestCall(t *testing.T) {
	c := captured(t, "call")
	audio, video, sr := 0, 0, 0
	for _, p := range c.packets((*packet.Dissector).Dissect, true) {
		for _, l := range find(p.Layers, "rtp") {
			var r rtp.Packet
			must(t, r.Unmarshal(l.Data))
			if got := values([]packet.Layer{l}, "sequence number"); got[0] != fmt.Sprint(r.SequenceNumber) {
				t.Errorf("sequence number %s, want %d", got[0], r.SequenceNumber)
			}
			if got := values([]packet.Layer{l}, "payload"); r.PaddingSize == 0 && got[0] != fmt.Sprint(len(r.Payload), " bytes") {
				t.Errorf("payload %s, want %d bytes", got[0], len(r.Payload))
			}
			switch r.PayloadType {
			case 111:
				audio++
				if !bytes.Equal(r.Payload, make([]byte, 60)) {
					t.Errorf("audio payload %x", r.Payload)
				}
			case 96:
				video++
			}
		}
		for _, l := range find(p.Layers, "srtcp") {
			packets, err := rtcp.Unmarshal(l.Layers[0].Data)
			must(t, err)
			if got := len(l.Layers[0].Layers); got != len(packets) {
				t.Errorf("%d RTCP packets, pion finds %d", got, len(packets))
			}
			for _, r := range packets {
				if r, ok := r.(*rtcp.SenderReport); ok {
					sr++
					if got := values(l.Layers, "RTP timestamp"); !slices.Contains(got, fmt.Sprint(r.RTPTime)) {
						t.Errorf("RTP timestamps %q, want %d", got, r.RTPTime)
					}
				}
			}
		}
	}
	if audio != 250 || video < 375 || sr == 0 {
		t.Errorf("%d audio and %d video packets, %d sender reports", audio, video, sr)
	}
	ps := c.packets((*packet.Dissector).Summarize, true)
	for _, typ := range []string{"rtp", "sr", "rr", "pli", "nack"} {
		if count(ps, typ) == 0 {
			t.Errorf("no datagram with %s", typ)
		}
	}
}

// Whatever is relayed is read on each of its three legs.
func TestRelayed(t *testing.T) {
	c := captured(t, "relayed")
	ds := c.datagrams()
	ps := c.packets((*packet.Dissector).Dissect, true)
	for _, typ := range []string{"client-hello", "finished", "dcep-open", "dcep-ack"} {
		n := count(ps, typ)
		if n == 0 || n%3 != 0 {
			t.Errorf("%d datagrams with %s, want each on three legs", n, typ)
		}
	}
	for _, typ := range []string{
		"allocate-request", "allocate-error", "allocate-success", "create-permission-success",
		"channel-bind-request", "channel-bind-response", "send-indication", "channel-data",
	} {
		if count(ps, typ) == 0 {
			t.Errorf("no datagram with %s", typ)
		}
	}
	for i, p := range ps {
		if !slices.Contains(p.Types, "channel-data") {
			continue
		}
		// Both ends know whom the channel is bound to.
		if !strings.Contains(p.Summary, "(198.19.0.1:") {
			t.Errorf("datagram %d: %q does not name the peer", ds[i].ID, p.Summary)
		}
	}
}

// Records are read after the flow has changed, and two sessions at a time are
// told apart.
func TestFlowsChange(t *testing.T) {
	a, b := captured(t, "chat"), captured(t, "lossy")
	d := packet.NewDissector()
	unread := 0
	feed := func(e event, session string, moved bool) {
		if e.owner != "" {
			d.AddSecret(e.clientRandom, e.master)
			return
		}
		g := e.datagram
		g.From += session
		if moved && g.From != turnServer {
			g.Src, g.Dst = address("10.9.9.9:9"), address("10.8.8.8:8")
		}
		p := d.Dissect(g)
		if slices.Contains(packet.Types(g.Payload), "application-data") && !slices.Contains(p.Protocols, "sctp") && !slices.Contains(p.Types, "alert") {
			unread++
		}
	}
	for i := range max(len(a.events), len(b.events)) {
		if i < len(a.events) {
			feed(a.events[i], "-a", i > len(a.events)/2)
		}
		if i < len(b.events) {
			feed(b.events[i], "-b", false)
		}
	}
	if unread > 0 {
		t.Errorf("%d records are not read", unread)
	}
}

// What pion reads of a STUN message is what the fields say.
func TestSTUNAgainstPion(t *testing.T) {
	everySession(t, func(t *testing.T, c *capture) {
		ds := c.datagrams()
		for i, p := range c.packets((*packet.Dissector).Dissect, false) {
			if !stun.IsMessage(ds[i].Payload) {
				continue
			}
			m := stun.Message{Raw: ds[i].Payload}
			must(t, m.Decode())
			fields := p.Layers[0].Fields[4:]
			if len(fields) != len(m.Attributes) {
				t.Fatalf("datagram %d: %d attributes, pion finds %d", ds[i].ID, len(fields), len(m.Attributes))
			}
			for j, a := range m.Attributes {
				if fields[j].Name != a.Type.String() {
					t.Errorf("datagram %d: attribute %s, pion says %s", ds[i].ID, fields[j].Name, a.Type)
				}
				if strings.Contains(fields[j].Value, "wrong") {
					t.Errorf("datagram %d: %s is %s", ds[i].ID, fields[j].Name, fields[j].Value)
				}
			}
		}
	})
}
