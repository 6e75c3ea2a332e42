package comparison_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/comparison"
	"github.com/rtcsim/rtcsim/recorder"
)

// session makes a recording.
type session struct {
	*recorder.Log
	at      time.Duration
	packets uint64
}

// record returns what a session records.
func record(t testing.TB, play func(*session)) *recorder.Recording {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{Identity: recorder.Identity{Options: recorder.Options{Packets: recorder.PacketsFull}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	s := &session{}
	s.Log = recorder.NewLog(func() time.Duration { return s.at }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Fatal(err)
		}
	})
	play(s)
	live.Finish(recorder.End{Outcome: recorder.OutcomePassed, Time: int64(s.at)})
	return live.Recording
}

// state records a state of a peer's connection.
func (s *session) state(peer, state string) {
	s.Add(peer, recorder.KindConnectionStateChange, 0, recorder.StateChange{State: state, Now: state})
}

// packet sends a packet from alice to bob, which arrives after 10 ms or gets lost.
func (s *session) packet(protocol, typ string, lost bool) {
	s.packets++
	sent := s.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: s.packets, Src: "10.0.0.1:50000", Dst: "10.0.0.2:50001", Protocol: protocol, Types: []string{typ}, Size: 100})
	s.at += 10 * time.Millisecond
	end := recorder.PacketEnd{ID: s.packets, From: "alice", Protocol: protocol, Types: []string{typ}}
	if lost {
		end.Reason = "loss"
		s.Add("home/up", recorder.KindPacketDropped, sent, end)
	} else {
		s.Add("bob", recorder.KindPacketDelivered, sent, end)
	}
}

// signal sends a message from alice to bob, by which bob calls a method.
func (s *session) signal(cause uint64, typ, sdp, method string) {
	sent := s.Add("alice", recorder.KindSignalSent, cause, recorder.Signal{From: "alice", To: "bob", Type: typ, SDP: sdp})
	s.at += 10 * time.Millisecond
	got := s.Add("bob", recorder.KindSignalDelivered, sent, recorder.Signal{From: "alice", To: "bob", Type: typ, SDP: sdp})
	call := s.Add("bob", recorder.KindCall, got, recorder.Call{Method: method, Args: []byte(fmt.Sprintf(`{"type":%q,"sdp":%q}`, typ, sdp))})
	s.Add("bob", recorder.KindReturn, call, recorder.Return{Method: method})
}

func sdp(session, extra string) string {
	return "v=0\r\no=- " + session + " 2 IN IP4 0.0.0.0\r\ns=-\r\na=ice-ufrag:" + session + "\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + extra + "a=mid:0\r\n"
}

// compare compares two sessions, and returns the rows that differ as texts.
func compare(t *testing.T, a, b func(*session), o comparison.Options) (*comparison.Comparison, []string) {
	t.Helper()
	c, err := comparison.New(record(t, a), record(t, b), o)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range c.Rows() {
		if row.Differs() {
			rows = append(rows, fmt.Sprintf("%v %d %d %v", row.Status, row.A, row.B, row.Shift))
		}
	}
	return c, rows
}

func TestRows(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b func(*session)
		want []string
	}{
		{
			"nothing", func(*session) {}, func(*session) {}, nil,
		},
		{
			"a state more in between",
			func(s *session) { s.state("bob", "connecting"); s.state("bob", "connected") },
			func(s *session) { s.state("bob", "connecting"); s.state("bob", "failed"); s.state("bob", "connected") },
			[]string{"only-b 0 2 0s"},
		},
		{
			"another order among peers",
			func(s *session) { s.state("alice", "connected"); s.state("bob", "connected") },
			func(s *session) { s.state("bob", "connected"); s.state("alice", "connected") },
			nil,
		},
		{
			"later",
			func(s *session) { s.at = time.Second; s.state("bob", "connected") },
			func(s *session) { s.at = 1120 * time.Millisecond; s.state("bob", "connected") },
			[]string{"shifted 1 1 120ms"},
		},
		{
			"later within the tolerance",
			func(s *session) { s.at = time.Second; s.state("bob", "connected") },
			func(s *session) { s.at = time.Second + time.Millisecond; s.state("bob", "connected") },
			nil,
		},
		{
			"a packet that is lost",
			func(s *session) { s.packet("srtp", "rtp", false) },
			func(s *session) { s.packet("srtp", "rtp", true) },
			[]string{"changed 2 2 0s"},
		},
		{
			"a packet less, and the others on time",
			func(s *session) {
				for i := range 10 {
					s.at = time.Duration(i) * 20 * time.Millisecond
					s.packet("srtp", "rtp", false)
				}
			},
			func(s *session) {
				for i := range 10 {
					if i != 4 {
						s.at = time.Duration(i) * 20 * time.Millisecond
						s.packet("srtp", "rtp", false)
					}
				}
			},
			[]string{"only-a 9 0 0s", "only-a 10 0 0s"},
		},
		{
			"packets that are all later",
			func(s *session) { s.at = 0; s.packet("dtls", "handshake", false); s.packet("dtls", "handshake", false) },
			func(s *session) {
				s.at = time.Second
				s.packet("dtls", "handshake", false)
				s.packet("dtls", "handshake", false)
			},
			[]string{"shifted 1 1 1s", "shifted 2 2 1s", "shifted 3 3 1s", "shifted 4 4 1s"},
		},
		{
			"what is random",
			func(s *session) {
				s.signal(0, "offer", sdp("1111111111", ""), "setRemoteDescription")
				s.Add("bob", recorder.KindLog, 0, recorder.LogLine{Level: "warn", Scope: "pc", Text: "ssrc(123) of 0xc000123 with ufrag abcd from 10.0.0.1:54321"})
			},
			func(s *session) {
				s.signal(0, "offer", sdp("2222222222", ""), "setRemoteDescription")
				s.Add("bob", recorder.KindLog, 0, recorder.LogLine{Level: "warn", Scope: "pc", Text: "ssrc(98765) of 0xc000999 with ufrag wxyz from 10.0.0.1:50505"})
			},
			nil,
		},
		{
			"an error with another name",
			func(s *session) {
				call := s.Add("bob", recorder.KindCall, 0, recorder.Call{Method: "createAnswer"})
				s.Add("bob", recorder.KindReturn, call, recorder.Return{Method: "createAnswer", Took: 5})
			},
			func(s *session) {
				call := s.Add("bob", recorder.KindCall, 0, recorder.Call{Method: "createAnswer"})
				s.Add("bob", recorder.KindReturn, call, recorder.Return{Method: "createAnswer", Error: &recorder.CallError{Name: "InvalidStateError"}})
			},
			[]string{"changed 2 2 0s"},
		},
		{
			"a message that does not arrive",
			func(s *session) { s.message("one"); s.message("two"); s.message("three") },
			func(s *session) { s.message("one"); s.message("three") },
			[]string{"only-a 2 0 0s"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, rows := compare(t, test.a, test.b, comparison.Options{Tolerance: time.Millisecond})
			if diff := cmp.Diff(test.want, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if c.Equal() != (len(test.want) == 0) {
				t.Errorf("Equal: %v", c.Equal())
			}
			checkRows(t, c)
		})
	}
}

// message has bob receive a message.
func (s *session) message(text string) {
	s.Add("bob", recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Message: &recorder.Message{Text: text, Size: len(text)}})
}

// checkRows checks that each event is in one row, and that the rows are in the order of the first recording.
func checkRows(t *testing.T, c *comparison.Comparison) {
	t.Helper()
	last := 0
	for i, row := range c.Rows() {
		if row.A != 0 {
			if row.A != last+1 {
				t.Errorf("row %d has event %d of the first recording after %d", i, row.A, last)
			}
			last = row.A
			if c.RowOfA(row.A) != i {
				t.Errorf("RowOfA(%d) = %d, want %d", row.A, c.RowOfA(row.A), i)
			}
		}
		if row.B != 0 && c.RowOfB(row.B) != i {
			t.Errorf("RowOfB(%d) = %d, want %d", row.B, c.RowOfB(row.B), i)
		}
	}
	if c.RowOfA(0) != -1 || c.RowOfB(1<<20) != -1 {
		t.Error("there are rows of events that there are not")
	}
}

func TestRowsBothWays(t *testing.T) {
	a := func(s *session) { s.state("alice", "connecting"); s.state("alice", "connected") }
	b := func(s *session) { s.state("alice", "connecting"); s.state("alice", "failed"); s.state("bob", "closed") }
	_, there := compare(t, a, b, comparison.Options{})
	_, back := compare(t, b, a, comparison.Options{})
	if want := []string{"only-a 2 0 0s", "only-b 0 2 0s", "only-b 0 3 0s"}; !slices.Equal(sorted(there), want) {
		t.Errorf("there: %q", there)
	}
	if want := []string{"only-a 2 0 0s", "only-a 3 0 0s", "only-b 0 2 0s"}; !slices.Equal(sorted(back), want) {
		t.Errorf("back: %q", back)
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func TestAll(t *testing.T) {
	a := func(s *session) { s.signal(0, "offer", sdp("1111111111", ""), "setRemoteDescription") }
	b := func(s *session) { s.signal(0, "offer", sdp("2222222222", ""), "setRemoteDescription") }
	c, rows := compare(t, a, b, comparison.Options{All: true})
	if want := []string{"changed 1 1 0s", "changed 2 2 0s", "changed 3 3 0s"}; !slices.Equal(rows, want) {
		t.Errorf("rows: %q", rows)
	}
	differences, err := c.Differences(0)
	if err != nil {
		t.Fatal(err)
	}
	want := []recorder.Difference{{
		Field: "data.sdp",
		A:     "o=- 1111111111 2 IN IP4 0.0.0.0\na=ice-ufrag:1111111111",
		B:     "o=- 2222222222 2 IN IP4 0.0.0.0\na=ice-ufrag:2222222222",
	}}
	if diff := cmp.Diff(want, differences); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

// A change that is passed on is told once, with what follows from it; so is what is as much later.
func TestFindings(t *testing.T) {
	play := func(extra string, delay time.Duration, failed bool) func(*session) {
		return func(s *session) {
			s.signal(0, "offer", sdp("1111111111", extra), "setRemoteDescription")
			s.at += delay
			s.state("bob", "connecting")
			s.state("bob", "connected")
			s.message("hi")
			if failed {
				call := s.Add("bob", recorder.KindCall, 0, recorder.Call{Method: "restartIce"})
				s.Add("bob", recorder.KindReturn, call, recorder.Return{Method: "restartIce"})
			}
			s.packet("dtls", "handshake", failed)
		}
	}
	c, _ := compare(t, play("", 0, false), play("a=sendrecv\r\n", 120*time.Millisecond, true), comparison.Options{Tolerance: time.Millisecond})
	report, err := c.Report()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%v %s %s, %v, and %d more", f.Status, f.Peer, f.Text, f.Shift, f.More))
	}
	want := []string{
		`changed alice signal ⇢ bob: offer, 0s, and 2 more`,
		`shifted bob connectionstatechange connecting, 120ms, and 1 more`,
		`only-b bob restartIce(), 0s, and 1 more`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if report.First == nil || report.First.Row != 0 || len(report.First.Members) != 1 {
		t.Errorf("first: %+v", report.First)
	}
	var totals []string
	for _, total := range report.Totals {
		totals = append(totals, fmt.Sprint(total.Peer, " ", total.What, " ", total.A, total.B))
	}
	if want := []string{"home/up packets dropped: loss 0 1"}; !slices.Equal(totals, want) {
		t.Errorf("totals: %q, want %q", totals, want)
	}
	if report.Same || report.Identical {
		t.Error("they are the same")
	}
}

// A step of the scenario is none of what happened.
func TestFirst(t *testing.T) {
	step := func(text string) func(*session) {
		return func(s *session) {
			s.Add("", recorder.KindStep, 0, recorder.Step{Text: text})
			s.at = time.Second
			s.packet("stun", "binding-request", text == "b")
			s.state("bob", text)
		}
	}
	c, _ := compare(t, step("a"), step("b"), comparison.Options{})
	first := c.First()
	if first < 0 || c.Rows()[first].A != 3 {
		t.Fatalf("first: row %d of %+v", first, c.Rows())
	}
	f, err := c.Finding(first)
	if err != nil {
		t.Fatal(err)
	}
	if want := "packet stun binding-request from alice: delivered → dropped at home/up: loss"; f.Text != want || f.Peer != "bob" {
		t.Errorf("%s %q, want bob %q", f.Peer, f.Text, want)
	}
}

// With a step that takes quadratic time, this would not end. BenchmarkNew measures.
func TestLong(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it takes a second")
	}
	c, err := comparison.New(record(t, long(100_000, 1)), record(t, long(100_000, 2)), comparison.Options{Tolerance: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, c)
	if _, err := c.Report(); err != nil {
		t.Fatal(err)
	}
}

// long plays a session with so many events, and with other losses for another seed.
func long(events, seed int) func(*session) {
	return func(s *session) {
		lost := seed
		for n := 0; n < events; n += 20 {
			for range 9 {
				lost = (lost*1103515245 + 12345) & 0x7fffffff
				s.packet("srtp", "rtp", lost>>16%50 == 0)
			}
			s.message(strings.Repeat("x", n%50))
			s.Add("bob", recorder.KindRTCP, 0, recorder.RTCP{Direction: "sent", Type: "NACK", SSRC: uint32(seed)})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	x, y := record(b, long(100_000, 1)), record(b, long(100_000, 2))
	for b.Loop() {
		if _, err := comparison.New(x, y, comparison.Options{Tolerance: time.Millisecond}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(x.Len()+y.Len()), "ns/event")
}

func BenchmarkReport(b *testing.B) {
	c, err := comparison.New(record(b, long(100_000, 1)), record(b, long(100_000, 2)), comparison.Options{Tolerance: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Report(); err != nil {
			b.Fatal(err)
		}
	}
}
