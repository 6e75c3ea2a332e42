package sim

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4/pkg/rtcerr"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// TestNative runs a session in this process, in real time: with real threads, under which the race detector can look at
// it, as the guest's one thread never shows.
func TestNative(t *testing.T) {
	s, err := scenario.Read("native.yaml", []byte(`
limit: 3s
network: {home: {link: {delay: 5ms}}}
peers: {alice: {network: home}, bob: {}}
signaling: {delay: 5ms}
steps:
  - {alice: createDataChannel, with: {label: chat}}
  - negotiate: alice -> bob
  - wait: bob.channels.chat.readyState == "open"
handlers:
  - on: {peer: bob, channel: chat, event: open}
    do: [{bob.chat: send, with: {data: hi}}]
  - {on: {peer: alice, event: message}, once: true, do: [{alice: close}]}
expect:
  - alice received "hi" on chat
  - alice.connectionState == "closed"
  - bob.connectionState == "connected" within 3s
`))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all [][]byte
	id := recorder.Identity{Seed: 1, Options: recorder.Options{Packets: recorder.PacketsFull}}
	session := New(s, id, func(line []byte) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, bytes.Clone(line))
	})
	session.Run()
	mu.Lock()
	lines := all[:len(all):len(all)] // pion's goroutines go on
	mu.Unlock()
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	held := 0
	var at time.Duration
	kinds := make(map[recorder.Kind]int)
	for i, line := range lines {
		var e recorder.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Seq != uint64(i+1) || e.Time < at || e.Cause >= e.Seq {
			t.Errorf("event %d after %v: %s", i+1, at, line)
		}
		at = e.Time
		kinds[e.Kind]++
		data, err := e.Value()
		if err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if v, ok := data.(recorder.Verdict); ok {
			if !v.Held {
				t.Errorf("did not hold: %s", line)
			}
			held++
		}
	}
	if held != 4 || kinds[recorder.KindRun] != 1 || kinds[recorder.KindEnd] != 1 || kinds[recorder.KindCall] != kinds[recorder.KindReturn] {
		t.Errorf("%d verdicts; the kinds of events are %v", held, kinds)
	}
}

// TestNoPeers: conditions can be asked when the peers could not be made.
func TestNoPeers(t *testing.T) {
	for name, peers := range map[string]map[string]*peer{"none": {}, "not open": {"alice": {}}} {
		e := env{&Session{peers: peers}}
		if got := e.Attribute("alice", "connectionState"); got != nil {
			t.Errorf("%s: connectionState is %v", name, got)
		}
		if got := e.Channel("alice", "chat"); got != nil {
			t.Errorf("%s: there is a channel %v", name, got)
		}
	}
}

// TestSerialNumber: the seed, the peer and how many certificates it has made decide a serial number, not the keys.
func TestSerialNumber(t *testing.T) {
	second := func(name string, first *scenario.Certificate) *big.Int {
		t.Helper()
		s := &Session{identity: recorder.Identity{Seed: 1}}
		p := &peer{session: s, name: name, serials: s.random("certificate/" + name + "/serial")}
		if _, err := p.newCertificate(first); err != nil {
			t.Fatal(err)
		}
		certificate, err := p.newCertificate(&scenario.Certificate{Name: "ECDSA", Expires: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		text, err := certificate.PEM()
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(text))
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.SerialNumber
	}
	unlimited, limited := &scenario.Certificate{Name: "ECDSA"}, &scenario.Certificate{Name: "ECDSA", Expires: time.Minute}
	want := second("alice", unlimited)
	if got := second("alice", limited); got.Cmp(want) != 0 {
		t.Errorf("after another first certificate: got %x, want %x", got, want)
	}
	if got := second("bob", unlimited); got.Cmp(want) == 0 {
		t.Errorf("bob has alice's number %x", got)
	}
}

// TestRandom pins the streams: their names and the seed alone decide them.
func TestRandom(t *testing.T) {
	draw := func(seed uint64, name string) [3]uint64 {
		r := (&Session{identity: recorder.Identity{Seed: seed}}).random(name)
		return [3]uint64{r.Uint64(), r.Uint64(), r.Uint64()}
	}
	for _, test := range []struct {
		seed uint64
		name string
		want [3]uint64
	}{
		{1, "link/home/up/loss", [3]uint64{0x223f11528384945a, 0x58082f7db599a20d, 0x4689254ff4a2ac33}},
		{2, "link/home/up/loss", [3]uint64{0x79256a2b8e50ec7c, 0x9a91b93bbc0e09fb, 0xf1c6df6425259a57}},
		{1, "link/home/up/jitter", [3]uint64{0x66ad0b5a072258d5, 0x23454fd71bb69c1b, 0x43a52c2f87559bcb}},
	} {
		if got := draw(test.seed, test.name); got != test.want {
			t.Errorf("seed %d, %q: got %#v, want %#v", test.seed, test.name, got, test.want)
		}
	}
}

func TestErrorName(t *testing.T) {
	inner := errors.New("why")
	for _, test := range []struct {
		err  error
		want string
	}{
		{&rtcerr.InvalidStateError{Err: inner}, "InvalidStateError"},
		{&rtcerr.InvalidAccessError{Err: inner}, "InvalidAccessError"},
		{&rtcerr.InvalidModificationError{Err: inner}, "InvalidModificationError"},
		{&rtcerr.NotSupportedError{Err: inner}, "NotSupportedError"},
		{&rtcerr.NotReadableError{Err: inner}, "NotReadableError"},
		{&rtcerr.SyntaxError{Err: inner}, "SyntaxError"},
		{&rtcerr.TypeError{Err: inner}, "TypeError"},
		{&rtcerr.RangeError{Err: inner}, "RangeError"},
		{&rtcerr.UnknownError{Err: inner}, "UnknownError"},
		{fmt.Errorf("wrapped: %w", &rtcerr.TypeError{Err: inner}), "TypeError"},
		{inner, "OperationError"},
	} {
		if got := errorName(test.err); got != test.want {
			t.Errorf("%T: got %s, want %s", test.err, got, test.want)
		}
	}
}

func TestPending(t *testing.T) {
	var p pending
	first, second, third := p.add("same"), p.add("other"), p.add("same")
	check := func(want ...string) {
		t.Helper()
		if got := p.list(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	check("same", "other", "same")
	first()
	check("other", "same")
	first() // again: nothing
	check("other", "same")
	third()
	check("other")
	second()
	check()
}

func TestMarshal(t *testing.T) {
	if got := marshal(nil); got != nil {
		t.Errorf("nil: got %s", got)
	}
	if got, want := string(marshal(map[string]string{"sdp": "<&>\r\n"})), `{"sdp":"<&>\r\n"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
