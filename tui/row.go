package tui

import (
	"slices"
	"time"

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
	only func(n int, e recorder.Entry) bool
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
		if s.only(n, e) {
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

// below returns up to count rows from event n on.
func (s *scope) below(r *recorder.Recording, n, count int) []row {
	var rows []row
	for i, e := range r.Forward(max(1, n)) {
		if s.beyond(i) {
			break
		}
		fate := s.fate(r, i, e)
		if fate == hidden {
			continue
		}
		if last := len(rows) - 1; fate == folded && last >= 0 && rows[last].folded {
			rows[last].last = i
			continue
		}
		if len(rows) == count {
			break
		}
		rows = append(rows, row{first: i, last: i, folded: fate == folded, time: e.Time})
	}
	return rows
}

// above returns up to count rows before event n, in their order.
func (s *scope) above(r *recorder.Recording, n, count int) []row {
	if s.beyond(n) {
		n = s.until + 1
	}
	if n <= 1 {
		return nil
	}
	var rows []row
	for i, e := range r.Backward(n - 1) {
		fate := s.fate(r, i, e)
		if fate == hidden {
			continue
		}
		if last := len(rows) - 1; fate == folded && last >= 0 && rows[last].folded {
			rows[last].first, rows[last].time = i, e.Time
			continue
		}
		if len(rows) == count {
			break
		}
		rows = append(rows, row{first: i, last: i, folded: fate == folded, time: e.Time})
	}
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
