package tui

import (
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/internal/filter"
	"github.com/rtcsim/rtcsim/recorder"
)

// A row is a line of the lanes: an event, or packets that are folded into one.
type row struct {
	first, last int // the events, by number; the same for one
	folded      bool
	time        time.Duration // of the first
}

// A scope says which events have rows: at a zoom, without those that are hidden.
type scope struct {
	zoom        zoom
	hiddenKinds map[recorder.Kind]bool
	hiddenPeers map[string]bool
	// only, if not nil, shows the events that a filter picks and no others.
	only *filter.Matches
	// until, if not 0, is the last event that is shown: what comes after it is
	// not known yet.
	until int
}

// beyond reports whether an event is not known yet.
func (s *scope) beyond(n int) bool { return s.until > 0 && n > s.until }

// What becomes of an event in the lanes.
type fate int

const (
	hidden fate = iota
	folded
	shown
)

func (s *scope) fate(r *recorder.Recording, n int, e recorder.Entry) fate {
	switch {
	case s.hiddenKinds[e.Kind], s.hiddenPeers[e.Peer]:
		return hidden
	case s.only != nil:
		if s.only.Has(n) {
			return shown
		}
		return hidden
	case level(e.Kind) <= s.zoom:
		if e.Kind == recorder.KindReturn && s.zoom < zoomAll && quiet(r, n, e) {
			return hidden
		}
		return shown
	case s.zoom == zoomSession && isPacket(e.Kind):
		return folded
	}
	return hidden
}

// quiet reports whether a call came back well, at once, and right after it was
// made: that says nothing which the call does not.
func quiet(r *recorder.Recording, n int, e recorder.Entry) bool {
	before := r.Entry(n - 1)
	if before.Kind != recorder.KindCall || before.Seq != e.Cause || before.Time != e.Time {
		return false
	}
	event, err := r.Event(n)
	if err != nil {
		return false
	}
	data, err := event.Value()
	result, ok := data.(recorder.Return)
	return err == nil && ok && result.Error == nil
}

// folds reports whether packets are folded.
func (s *scope) folds() bool { return s.only == nil && s.zoom == zoomSession }

// leap is how many events without a row of their own are looked at one by one,
// before the index is asked where the next one with a row is.
const leap = 512

// visit goes from event n in a direction, 1 or -1, to all events that have a row
// and to those that are folded; of many folded ones in sequence, it leaves out some
// between the first and the last.
func (s *scope) visit(r *recorder.Recording, n, by int, each func(n int, e recorder.Entry, f fate) bool) {
	end := r.Len()
	if s.until > 0 {
		end = min(end, s.until)
	}
	if by < 0 {
		n = min(n, end)
	}
	idle := 0
	for n >= 1 && n <= end {
		e := r.Entry(n)
		f := s.fate(r, n, e)
		if f != hidden && !each(n, e, f) {
			return
		}
		idle++
		if f == shown {
			idle = 0
		}
		if idle < leap {
			n += by
			continue
		}
		idle = 0
		next := s.next(r, n, by)
		if by > 0 && (next == 0 || next > end) {
			next = end + 1
		}
		if s.folds() {
			for _, i := range s.folded(r, n, next, by) {
				if !each(i, r.Entry(i), folded) {
					return
				}
			}
		}
		n = next
	}
}

// next returns the next event from n in a direction that may have a row of its
// own, 0 if there is none.
func (s *scope) next(r *recorder.Recording, n, by int) int {
	own := func(peer string, k recorder.Kind) bool {
		return level(k) <= s.zoom && !s.hiddenKinds[k] && !s.hiddenPeers[peer]
	}
	switch {
	case s.only != nil && by > 0:
		return s.only.Next(n)
	case s.only != nil:
		return s.only.Previous(n)
	case by > 0:
		return r.After(n, own)
	}
	return r.Before(n, own)
}

// folded returns the first and the last event that is folded between two events
// in a direction.
func (s *scope) folded(r *recorder.Recording, n, next, by int) []int {
	packet := func(peer string, k recorder.Kind) bool {
		return isPacket(k) && !s.hiddenKinds[k] && !s.hiddenPeers[peer]
	}
	if by > 0 {
		if first := r.After(n, packet); first > 0 && first < next {
			return []int{first, r.Before(next, packet)}
		}
		return nil
	}
	if first := r.Before(n, packet); first > next {
		return []int{first, r.After(next, packet)}
	}
	return nil
}

// below returns up to count rows from event n on.
func (s *scope) below(r *recorder.Recording, n, count int) []row {
	var rows []row
	s.visit(r, max(1, n), 1, func(i int, e recorder.Entry, f fate) bool {
		if last := len(rows) - 1; f == folded && last >= 0 && rows[last].folded {
			rows[last].last = i
			return true
		}
		if len(rows) == count {
			return false
		}
		rows = append(rows, row{first: i, last: i, folded: f == folded, time: e.Time})
		return true
	})
	return rows
}

// above returns up to count rows before event n, in their order.
func (s *scope) above(r *recorder.Recording, n, count int) []row {
	var rows []row
	s.visit(r, n-1, -1, func(i int, e recorder.Entry, f fate) bool {
		if last := len(rows) - 1; f == folded && last >= 0 && rows[last].folded {
			rows[last].first, rows[last].time = i, e.Time
			return true
		}
		if len(rows) == count {
			return false
		}
		rows = append(rows, row{first: i, last: i, folded: f == folded, time: e.Time})
		return true
	})
	slices.Reverse(rows)
	return rows
}

// at returns the row that has event n, or else the next one, or else the one
// before; false if there is no row at all.
func (s *scope) at(r *recorder.Recording, n int) (row, bool) {
	rows := s.below(r, n, 1)
	if len(rows) == 0 {
		if rows = s.above(r, r.Len()+1, 1); len(rows) == 0 {
			return row{}, false
		}
		return rows[0], true
	}
	found := rows[0]
	if found.folded {
		// It may have begun before n.
		if before := s.above(r, found.first, 1); len(before) == 1 && before[0].folded {
			found.first, found.time = before[0].first, before[0].time
		}
	}
	return found, true
}
