package filter_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// packets is a recording of packets, many of them, as its index has it. Every third packet is lost, ten events after it was sent.
type packets struct {
	events int
	done   chan struct{}
}

func newPackets(events int) *packets {
	p := &packets{events, make(chan struct{})}
	close(p.done)
	return p
}

var (
	sentData = []byte(`{"id":1,"src":"10.0.0.1:5000","dst":"203.0.113.7:41234","protocol":"srtp","types":["rtp"],"size":1200,"payload":"` +
		string(slices.Repeat([]byte("QUJD"), 400)) + `"}`)
	endData = []byte(`{"id":1,"from":"alice","protocol":"srtp","types":["rtp"],"reason":"loss","path":[{"at":"home/up","time":1000000,"wait":12345},` +
		`{"at":"home","time":2000000,"src":"198.51.100.1:50123","dst":"203.0.113.7:41234"},{"at":"office/down","time":20000000}]}`)
)

func (p *packets) Len() int              { return p.events }
func (p *packets) Done() <-chan struct{} { return p.done }

func (p *packets) Cause(n int) int {
	if n > 10 && n%20 > 10 {
		return n - 10
	}
	return 0
}

func (p *packets) Effects(n int) []int {
	if n%20 <= 10 && n+10 <= p.events && p.Cause(n+10) == n {
		return []int{n + 10}
	}
	return nil
}

func (p *packets) Entry(n int) recorder.Entry {
	e := recorder.Entry{Seq: uint64(n), Time: time.Duration(n) * time.Millisecond, Peer: "alice", Kind: recorder.KindPacketSent, Cause: uint64(p.Cause(n))}
	if e.Cause != 0 {
		e.Kind = recorder.KindPacketDelivered
		if n%3 == 0 {
			e.Kind = recorder.KindPacketDropped
		}
	}
	return e
}

func (p *packets) Event(n int) (recorder.Event, error) {
	x := p.Entry(n)
	e := recorder.Event{Seq: x.Seq, Time: x.Time, Peer: x.Peer, Kind: x.Kind, Cause: x.Cause, Data: endData}
	if x.Kind == recorder.KindPacketSent {
		e.Data = sentData
	}
	return e, nil
}

var _ filter.Recording = (*recorder.Recording)(nil)

func parse(t testing.TB, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Over several pages all is as in one.
func TestMatchesOfMany(t *testing.T) {
	r := newPackets(10_000)
	for _, text := range []string{"lost", "-lost", "seq:4096", "kind:packet-dropped", "seq:4000..4200", "seq>9990", "seq:8192..8193"} {
		f := parse(t, text)
		m := filter.Find(r, f)
		<-m.Done()
		checkMatches(t, m, picked(t, r, text), r.Len())
	}
}

// What is found in a recording that grows is what is found in it at the end, whatever was known when.
func TestMatchesGrow(t *testing.T) {
	for _, text := range []string{"lost", "-lost", "delivered", "to:bob", "-to:bob peer:alice"} {
		synctest.Test(t, func(t *testing.T) {
			live, err := recorder.NewLive(recorder.Header{})
			if err != nil {
				t.Fatal(err)
			}
			defer live.Close()
			m := filter.Find(live, parse(t, text))
			log := recorder.NewLog(func() time.Duration { return 0 }, func(line []byte) {
				if err := live.Append(line); err != nil {
					t.Error(err)
				}
			})
			random := rand.New(rand.NewPCG(1, 2))
			var under []uint64 // way
			for range 3000 {
				switch {
				case len(under) < 20 || random.IntN(2) == 0:
					under = append(under, log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Protocol: "stun"}))
				case random.IntN(3) == 0:
					log.Add("home", recorder.KindPacketDropped, under[0], recorder.PacketEnd{ID: 1, Reason: "loss"})
					under = under[1:]
				default:
					log.Add("bob", recorder.KindPacketDelivered, under[0], recorder.PacketEnd{ID: 1})
					under = under[1:]
				}
				if random.IntN(100) == 0 {
					time.Sleep(60 * time.Millisecond)
					synctest.Wait()
					if m.Decided() != live.Len() {
						t.Fatalf("%d of %d events were looked at", m.Decided(), live.Len())
					}
				}
			}
			live.Finish(recorder.End{})
			<-m.Done()
			checkMatches(t, m, picked(t, live, text), live.Len())
		})
	}
}

func TestStop(t *testing.T) {
	r := newPackets(10_000)
	r.done = make(chan struct{}) // it might grow
	m := filter.Find(r, parse(t, "lost"))
	m.Stop()
	m.Stop()
	select {
	case <-m.Done():
	default:
		t.Error("it goes on")
	}
	if count := m.Count(); m.Rank(r.Len()) != count {
		t.Errorf("%d are found, and %d", count, m.Rank(r.Len()))
	}
}

func TestCollectCancelled(t *testing.T) {
	r := newPackets(10)
	r.done = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var names filter.Names
	if err := names.Collect(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if got := names.Of("proto"); len(got) != 1 || got[0] != (recorder.Count{Name: "srtp", Events: 10}) {
		t.Errorf("so far, the protocols are %v", got)
	}
}

// Each goes through a million events.
func BenchmarkFind(b *testing.B) {
	r := newPackets(1_000_000)
	for _, text := range []string{"remark", "peer:bob", "kind:packet lost", "time:1s..2s", "proto:stun", "size>1400", "reason:queue", `"no route"`, "nothing", "at:home"} {
		f := parse(b, text)
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				m := filter.Find(r, f)
				<-m.Done()
			}
		})
	}
}

func BenchmarkMatchEntry(b *testing.B) {
	f := parse(b, "peer:bob kind:packet -time>2s")
	e := newPackets(1).Entry(1)
	for b.Loop() {
		f.MatchEntry(e)
	}
}

func BenchmarkCollect(b *testing.B) {
	r := newPackets(1_000_000)
	for b.Loop() {
		var names filter.Names
		if err := names.Collect(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
