package tui

import (
	"cmp"
	"slices"
	"time"

	"github.com/rtcsim/rtcsim/internal/comparison"
	"github.com/rtcsim/rtcsim/recorder"
)

// An alignment is two recordings with what is the same in both side by side.
type alignment struct {
	recordings [2]*recorder.Recording
	*comparison.Comparison
	report   *comparison.Report
	findings map[int]int     // of the report, by their rows
	rows     []int           // the rows of findings, in their order
	times    []time.Duration // when something differs, in their order
}

// tolerance is how much earlier or later counts as the same time.
const tolerance = time.Millisecond

// align compares two recordings. It waits until they are there.
func align(recordings [2]*recorder.Recording) (*alignment, error) {
	c, err := comparison.New(recordings[0], recordings[1], comparison.Options{Tolerance: tolerance})
	if err != nil {
		return nil, err
	}
	a := &alignment{recordings: recordings, Comparison: c, findings: make(map[int]int)}
	if a.report, err = c.Report(); err != nil {
		return nil, err
	}
	if f := a.report.First; f != nil {
		a.findings[f.Row] = -1
	}
	for i, f := range a.report.Findings {
		a.findings[f.Row] = i
	}
	for row := range a.findings {
		a.rows = append(a.rows, row)
	}
	slices.Sort(a.rows)
	for _, row := range c.Rows() {
		if row.Differs() {
			a.times = append(a.times, c.Time(row))
		}
	}
	slices.Sort(a.times)
	return a, nil
}

// finding returns what the report says about a row; nil if it says nothing.
func (a *alignment) finding(row int) *comparison.Finding {
	i, ok := a.findings[row]
	switch {
	case !ok:
		return nil
	case i < 0:
		return a.report.First
	}
	return &a.report.Findings[i]
}

// event returns the number of a row's event in one of the recordings, 0 if it is not there.
func event(row comparison.Row, side int) int { return [2]int{row.A, row.B}[side] }

// entry returns what is known at once of a row's event, in the recording that has it.
func (a *alignment) entry(row comparison.Row) (side int, e recorder.Entry) {
	if row.A == 0 {
		return 1, a.recordings[1].Entry(row.B)
	}
	return 0, a.recordings[0].Entry(row.A)
}

// row returns the row of an event, or of one near to it.
func (a *alignment) row(side, n int) int {
	find := [2]func(int) int{a.RowOfA, a.RowOfB}[side]
	for ; n > 0; n-- {
		if row := find(n); row >= 0 {
			return row
		}
	}
	return 0
}

// A couple is a line of a comparison: a row, or rows with packets that are folded into one.
type couple struct {
	first, last int // rows; headRow for what the recordings were made with
	folded      bool
	differs     int // how many of its rows
	packets     [2]struct{ sent, dropped int }
}

// headRow is the place of what the recordings were made with.
const headRow = -1

// couples returns the lines at a zoom: all of them, or only what differs.
func (a *alignment) couples(z zoom, only bool) []couple {
	var list []couple
	if h := a.report.Header; len(h.Identity)+len(h.Scenario) > 0 {
		list = append(list, couple{first: headRow, last: headRow, differs: 1})
	}
	for i, row := range a.Rows() {
		if only && !row.Differs() {
			continue
		}
		side, e := a.entry(row)
		differs := 0
		if row.Differs() {
			differs = 1
		}
		switch {
		case level(e.Kind) <= z, z == zoomPackets && isPacket(e.Kind) && differs > 0: // its fate
			if e.Kind == recorder.KindReturn && z < zoomAll && differs == 0 && quiet(a.recordings[side], event(row, side), e) {
				continue
			}
			list = append(list, couple{first: i, last: i, differs: differs})
		case z == zoomSession && isPacket(e.Kind):
			if n := len(list) - 1; n < 0 || !list[n].folded {
				list = append(list, couple{first: i, folded: true})
			}
			line := &list[len(list)-1]
			line.last = i
			line.differs += differs
			for side := range line.packets {
				n := event(row, side)
				if n == 0 {
					continue
				}
				switch a.recordings[side].Entry(n).Kind {
				case recorder.KindPacketSent:
					line.packets[side].sent++
				case recorder.KindPacketDropped:
					line.packets[side].dropped++
				}
			}
		}
	}
	return list
}

// find returns the line that has a row, or the one before it.
func find(lines []couple, row int) int {
	i, found := slices.BinarySearchFunc(lines, row, func(l couple, row int) int { return cmp.Compare(l.first, row) })
	if !found {
		i--
	}
	return max(0, i)
}
