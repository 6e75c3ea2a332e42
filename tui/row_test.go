package tui

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// allRows are the rows of a whole recording, from one event after the other.
func allRows(s *scope, r *recorder.Recording) []row {
	var rows []row
	for n, e := range r.Forward(1) {
		f := s.fate(r, n, e)
		if f == hidden || s.beyond(n) {
			continue
		}
		if last := len(rows) - 1; f == folded && last >= 0 && rows[last].folded {
			rows[last].last = n
		} else {
			rows = append(rows, row{first: n, last: n, folded: f == folded, time: e.Time})
		}
	}
	return rows
}

// TestRows checks that leaping over long stretches misses no row.
func TestRows(t *testing.T) {
	r, _ := callOf(t, 3, 20_000)
	f, err := filter.Parse("kind:step or failed or lost time<1s")
	if err != nil {
		t.Fatal(err)
	}
	found := filter.Find(r, f)
	<-found.Done()
	random := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		name  string
		scope scope
	}{
		{"outline", scope{zoom: zoomOutline}},
		{"session", scope{zoom: zoomSession}},
		{"packets", scope{zoom: zoomPackets}},
		{"everything", scope{zoom: zoomAll}},
		{"hidden peer", scope{zoom: zoomSession, hiddenPeers: map[string]bool{"peer1": true, "home": true}}},
		{"hidden kinds", scope{zoom: zoomPackets, hiddenKinds: map[recorder.Kind]bool{recorder.KindPacketSent: true}}},
		{"no packets", scope{zoom: zoomSession, hiddenKinds: map[recorder.Kind]bool{
			recorder.KindPacketSent: true, recorder.KindPacketDelivered: true, recorder.KindPacketDropped: true}}},
		{"up to an event", scope{zoom: zoomSession, until: 9000}},
		{"found", scope{zoom: zoomOutline, only: found}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &test.scope
			all := allRows(s, r)
			if len(all) < 20 {
				t.Fatalf("only %d rows", len(all))
			}
			for range 200 {
				i, count := random.IntN(len(all)), 1+random.IntN(50)
				want := all[i:min(i+count, len(all))]
				if diff := cmp.Diff(want, s.below(r, all[i].first, count), cmp.AllowUnexported(row{})); diff != "" {
					t.Fatalf("below %d (-want +got):\n%s", all[i].first, diff)
				}
				want = all[max(0, i-count):i]
				if diff := cmp.Diff(slices.Clip(want), s.above(r, all[i].first, count), cmp.AllowUnexported(row{})); i > 0 && diff != "" {
					t.Fatalf("above %d (-want +got):\n%s", all[i].first, diff)
				}
				// Any event belongs to the row that has it, or the next one.
				n := 1 + random.IntN(r.Len())
				j := slices.IndexFunc(all, func(x row) bool { return x.last >= n })
				if j < 0 {
					j = len(all) - 1
				}
				if got, ok := s.at(r, n); !ok || got != all[j] {
					t.Fatalf("at %d: %v %v, want %v", n, got, ok, all[j])
				}
			}
		})
	}
}
