package packet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"

	"github.com/rtcsim/rtcsim/internal/packet"
)

// A tap is an end of a wire that nothing gets lost on, whose datagrams are
// captured.
type tap struct {
	name    string
	capture *capture
	in, out chan []byte
	closed  chan struct{}
	once    sync.Once
}

func (w *tap) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-w.in:
		return copy(b, p), addr{}, nil
	case <-w.closed:
		return 0, nil, net.ErrClosed
	}
}

func (w *tap) WriteTo(b []byte, _ net.Addr) (int, error) {
	p := slices.Clone(b)
	w.capture.mu.Lock()
	id := uint64(len(w.capture.events) + 1)
	w.capture.events = append(w.capture.events, event{datagram: packet.Datagram{ID: id, From: w.name, Payload: p}})
	w.capture.mu.Unlock()
	select {
	case w.out <- p:
		return len(b), nil
	case <-w.closed:
		return 0, net.ErrClosed
	}
}

func (w *tap) Close() error                     { w.once.Do(func() { close(w.closed) }); return nil }
func (w *tap) LocalAddr() net.Addr              { return addr{} }
func (w *tap) SetDeadline(time.Time) error      { return nil }
func (w *tap) SetReadDeadline(time.Time) error  { return nil }
func (w *tap) SetWriteDeadline(time.Time) error { return nil }

type addr struct{}

func (addr) Network() string { return "udp" }
func (addr) String() string  { return "192.0.2.1:1" }

// associate captures a DTLS association in which each end sends a message.
func associate(t *testing.T, client []dtls.ClientOption, server []dtls.ServerOption) *capture {
	t.Helper()
	c := new(capture)
	synctest.Test(t, func(t *testing.T) {
		there, back := make(chan []byte, 100), make(chan []byte, 100)
		alice := &tap{name: "client", capture: c, in: back, out: there, closed: make(chan struct{})}
		bob := &tap{name: "server", capture: c, in: there, out: back, closed: make(chan struct{})}
		a, err := dtls.ClientWithOptions(alice, addr{}, append(client, dtls.WithKeyLogWriter(keyLog{c, "client"}))...)
		must(t, err)
		b, err := dtls.ServerWithOptions(bob, addr{}, append(server, dtls.WithKeyLogWriter(keyLog{c, "server"}))...)
		must(t, err)
		accepted := make(chan error)
		go func() { accepted <- b.Handshake() }()
		must(t, a.Handshake())
		must(t, <-accepted)
		for _, end := range []struct {
			from, to *dtls.Conn
			text     string
		}{{a, b, "from the client"}, {b, a, "from the server"}} {
			_, err := end.from.Write([]byte(end.text))
			must(t, err)
			buffer := make([]byte, 100)
			n, err := end.to.Read(buffer)
			must(t, err)
			if string(buffer[:n]) != end.text {
				t.Errorf("received %q", buffer[:n])
			}
		}
		must(t, a.Close())
		must(t, b.Close())
	})
	return c
}

// options returns options for both ends.
func options(both []dtls.Option) (client []dtls.ClientOption, server []dtls.ServerOption) {
	for _, o := range both {
		client, server = append(client, o), append(server, o)
	}
	return client, server
}

// Every cipher suite of pion's is decrypted.
func TestCipherSuites(t *testing.T) {
	ec, err := selfsign.GenerateSelfSigned()
	must(t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	rs, err := selfsign.SelfSign(key)
	must(t, err)
	ids := make([]dtls.CipherSuiteID, 0)
	for id := range packet.CipherSuites {
		ids = append(ids, dtls.CipherSuiteID(id))
	}
	slices.Sort(ids)
	if len(ids) != 17 {
		t.Errorf("%d cipher suites, pion has 17", len(ids))
	}
	for _, id := range ids {
		name := dtls.CipherSuiteName(id)
		t.Run(name, func(t *testing.T) {
			both := []dtls.Option{dtls.WithCipherSuites(id), dtls.WithInsecureSkipVerify(true)}
			certificate := ec
			if strings.Contains(name, "RSA") {
				certificate = rs
			}
			if strings.Contains(name, "PSK") {
				both = append(both, dtls.WithPSK(func([]byte) ([]byte, error) { return []byte("shared"), nil }),
					dtls.WithPSKIdentityHint([]byte("hint")))
			}
			client, server := options(both)
			if !strings.Contains(name, "PSK") {
				server = append(server, dtls.WithCertificates(certificate))
			}
			ds := associate(t, client, server)
			ps := ds.packets((*packet.Dissector).Dissect, true)
			if got := count(ps, "finished"); got != 2 {
				t.Errorf("%d datagrams with finished, want 2", got)
			}
			if got := count(ps, "close-notify"); got == 0 {
				t.Error("no close-notify")
			}
			var texts []string
			for i, p := range ps {
				check(t, p.Summary, p.Layers, ds.datagrams()[i].Payload)
				if p.Malformed != "" {
					t.Errorf("%q is malformed", p.Summary)
				}
				if !slices.Contains(p.Types, "application-data") {
					continue
				}
				for _, l := range p.Layers[0].Layers {
					texts = append(texts, string(l.Data))
				}
			}
			if want := []string{"from the client", "from the server"}; !slices.Equal(texts, want) {
				t.Errorf("read %q, want %q", texts, want)
			}
		})
	}
}

// A message in fragments is put together, and each fragment has its type.
func TestFragments(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	certificate, err := selfsign.SelfSign(key)
	must(t, err)
	client, server := options([]dtls.Option{
		dtls.WithCertificates(certificate), dtls.WithInsecureSkipVerify(true), dtls.WithMTU(80),
	})
	c := associate(t, client, server)
	ps := c.packets((*packet.Dissector).Dissect, true)
	if got := count(ps, "certificate"); got < 3 {
		t.Errorf("%d datagrams with certificate, want several", got)
	}
	if got := count(ps, "finished"); got != 2 {
		t.Errorf("%d datagrams with finished, want 2: the hellos are in fragments, too", got)
	}
	var whole []string
	for i, p := range ps {
		// pion asks again for each further fragment of the first hello.
		if p.Retransmission && !slices.Contains(p.Types, "hello-verify-request") {
			t.Errorf("%q is no retransmission", p.Summary)
		}
		check(t, p.Summary, p.Layers, c.datagrams()[i].Payload)
		if got := values(p.Layers, "certificate"); len(got) > 0 {
			whole = append(whole, got...)
		}
	}
	parsed, err := x509.ParseCertificate(certificate.Certificate[0])
	must(t, err)
	if len(whole) != 1 || !strings.Contains(whole[0], parsed.Subject.String()) || !strings.Contains(whole[0], "sha-256 ") {
		t.Errorf("certificates %q", whole)
	}
}

// An association without a secret stays closed, and is read from when its
// secret is known.
func TestLateSecret(t *testing.T) {
	c := captured(t, "chat")
	d := packet.NewDissector()
	var secrets []event
	read, before := 0, 0
	for i, e := range c.events {
		if e.owner != "" {
			secrets = append(secrets, e)
			continue
		}
		if i == len(c.events)*3/4 {
			for _, s := range secrets {
				d.AddSecret(s.clientRandom, s.master)
			}
		}
		if slices.Contains(d.Summarize(e.datagram).Protocols, "sctp") {
			if i < len(c.events)*3/4 {
				before++
			}
			read++
		}
	}
	if read == 0 || before != 0 {
		t.Errorf("%d records are read, %d of them before the secret was known", read, before)
	}
}

func TestHandshakeNames(t *testing.T) {
	for code := range 256 {
		typ, name := packet.HandshakeType(uint8(code))
		want := strings.TrimPrefix(handshake.Type(code).String(), "Type")
		if code == 4 {
			want = "NewSessionTicket" // RFC 5077, which pion does not know
		}
		if name != want || typ != kebab(want) {
			t.Errorf("handshake message %d is %q of type %q, want %q", code, name, typ, want)
		}
	}
}

func TestAlertNames(t *testing.T) {
	for code := range 256 {
		d := alert.Description(code)
		typ, known := packet.AlertTypes[d]
		if name := d.String(); known != (name != "Invalid alert description") {
			t.Errorf("alert %d: type %q, pion says %q", code, typ, name)
		} else if known && strings.ReplaceAll(typ, "-", "") != strings.ToLower(name) {
			t.Errorf("alert %s has type %q", name, typ)
		}
	}
}

// kebab returns a name in capitals, such as ServerHelloDone, in kebab case.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
