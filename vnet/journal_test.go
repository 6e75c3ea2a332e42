package vnet_test

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/vnet"
)

// A journal is an observer that keeps what became of each packet.
type journal struct {
	mu     sync.Mutex
	epoch  time.Time
	lastID uint64
	fates  map[uint64]fate
	mapped []vnet.Mapping
}

// A fate is the end of a packet.
type fate struct {
	text   string // "delivered to bob", "dropped at home: no route"
	detail string
	src    netip.AddrPort // as the receiver sees it
	at     time.Duration
	path   []vnet.Hop
}

func newJournal() *journal { return &journal{epoch: time.Now(), fates: make(map[uint64]fate)} }

func (j *journal) Sent(p *vnet.Packet) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lastID = p.ID
}

func (j *journal) Delivered(p *vnet.Packet, to string) { j.end(p, "delivered to "+to) }

func (j *journal) Dropped(p *vnet.Packet, where string, why vnet.Reason) {
	j.end(p, fmt.Sprintf("dropped at %s: %s", where, why))
}

func (j *journal) end(p *vnet.Packet, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f := fate{text: text, detail: p.Detail(), src: p.Src, at: time.Since(j.epoch), path: p.Path()}
	for _, h := range f.path {
		if h.Src.IsValid() {
			f.src = h.Src
		}
	}
	j.fates[p.ID] = f
}

func (j *journal) Mapped(m vnet.Mapping) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mapped = append(j.mapped, m)
}

// socket opens a socket at the port on all addresses of the host, and reads
// it until the internet is closed.
func (j *journal) socket(t testing.TB, h *vnet.Host, port int) net.PacketConn {
	t.Helper()
	return j.bound(t, h, fmt.Sprintf(":%d", port))
}

// bound opens a socket at the address.
func (j *journal) bound(t testing.TB, h *vnet.Host, addr string) net.PacketConn {
	t.Helper()
	c, err := h.Net().ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	go drain(c)
	return c
}

// send sends a packet to the address and returns its fate, which it must meet
// at once.
func (j *journal) send(t testing.TB, from net.PacketConn, to string) fate {
	t.Helper()
	if _, err := from.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	f, ok := j.fates[j.lastID]
	if !ok {
		t.Fatalf("packet %d to %s is still under way", j.lastID, to)
	}
	return f
}

// want sends a packet and checks its end, which is given as in fate.text, with
// the detail behind it in parentheses if there is one.
func (j *journal) want(t testing.TB, from net.PacketConn, to, want string) fate {
	t.Helper()
	f := j.send(t, from, to)
	got := f.text
	if f.detail != "" {
		got += " (" + f.detail + ")"
	}
	if got != want {
		t.Errorf("%v to %s:\n got %s\nwant %s", from.LocalAddr(), to, got, want)
	}
	return f
}

// opens sends a packet that must be delivered, and returns its source as the
// receiver sees it.
func (j *journal) opens(t testing.TB, from net.PacketConn, to string) string {
	t.Helper()
	f := j.send(t, from, to)
	if !strings.HasPrefix(f.text, "delivered") {
		t.Fatalf("%v to %s: %s (%s)", from.LocalAddr(), to, f.text, f.detail)
	}
	return f.src.String()
}

// places is a path in words, without the times.
func places(path []vnet.Hop) []string {
	var all []string
	for _, h := range path {
		switch {
		case h.Src.IsValid():
			all = append(all, fmt.Sprintf("%s: from %v", h.At, h.Src))
		case h.Dst.IsValid():
			all = append(all, fmt.Sprintf("%s: to %v", h.At, h.Dst))
		default:
			all = append(all, h.At)
		}
	}
	return all
}

func wantPath(t testing.TB, f fate, want ...string) {
	t.Helper()
	if got := places(f.path); !slices.Equal(got, want) {
		t.Errorf("path %q, want %q", got, want)
	}
}
