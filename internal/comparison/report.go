package comparison

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Report is what a comparison has found, short and to the point.
type Report struct {
	// Same tells that nothing differs that counts. What the recordings were made with may still differ.
	Same bool `json:"same"`
	// Identical tells that the events are the same to the byte.
	Identical bool   `json:"identical"`
	Header    Header `json:"header"`
	// First is the first divergence in what happened; nil if there is none.
	First *Finding `json:"first,omitempty"`
	// Findings are what differs and is worth a line of its own, by time.
	Findings []Finding `json:"findings"`
	// Media are the tracks that did otherwise, by their last measurement.
	Media []Track `json:"media,omitempty"`
	// Totals are how often things happened that happen often, such as packets, where that differs.
	Totals []Total `json:"totals"`
	// Moved counts the pairs of such events that are earlier or later by more than the tolerance; Most is the largest shift.
	Moved int           `json:"moved"`
	Most  time.Duration `json:"most"`
	// Counts are the numbers of rows, by their status. Ignored ones are not counted.
	Counts Counts `json:"counts"`
}

// Counts are numbers of rows.
type Counts struct {
	Same    int `json:"same"`
	Shifted int `json:"shifted"`
	Changed int `json:"changed"`
	OnlyA   int `json:"onlyA"`
	OnlyB   int `json:"onlyB"`
}

// Finding is a difference, with those that follow from it.
type Finding struct {
	Status Status `json:"status"`
	// Row is the index of the row.
	Row int `json:"row"`
	// A and B are the numbers of the events, 0 where there is none; TimeA and TimeB are when they were.
	A     int           `json:"a,omitempty"`
	B     int           `json:"b,omitempty"`
	TimeA time.Duration `json:"timeA,omitempty"`
	TimeB time.Duration `json:"timeB,omitempty"`
	// Peer and Text say who and what. Of what changed, it is that of the first recording.
	Peer string `json:"peer,omitempty"`
	Text string `json:"text"`
	// Shift is how much later, or if negative earlier, it is in the second recording.
	Shift time.Duration `json:"shift,omitempty"`
	// Members are the members of the data that changed.
	Members []recorder.Difference `json:"members,omitempty"`
	// More counts the differences that say the same: events that the first one led to, that carry the same change, or that
	// are as much earlier or later.
	More int `json:"more,omitempty"`
	// Causes are the events that led to it, the nearest first.
	Causes []Cause `json:"causes,omitempty"`

	script bool
	first  time.Duration
	rank   int
}

// Cause is an event that led to another one.
type Cause struct {
	// Side is the recording, "a" or "b", N the number of the event in it.
	Side string        `json:"side"`
	N    int           `json:"n"`
	Time time.Duration `json:"time"`
	Peer string        `json:"peer,omitempty"`
	Text string        `json:"text"`
}

// Script reports whether the finding is about what the scenario does.
func (f Finding) Script() bool { return f.script }

// Total is how often something happened in the two recordings.
type Total struct {
	Peer string `json:"peer"`
	What string `json:"what"`
	A    int    `json:"a"`
	B    int    `json:"b"`
	// OnlyA and OnlyB are how many of them have no counterpart.
	OnlyA int `json:"onlyA,omitempty"`
	OnlyB int `json:"onlyB,omitempty"`
}

// Slight reports whether the numbers differ by no more than 2 %, and are not of what went wrong.
func (t Total) Slight() bool {
	return !strings.HasPrefix(t.What, "packets dropped") && t.A != t.B && 50*max(t.A-t.B, t.B-t.A) <= max(t.A, t.B)
}

// Track is how a received track did.
type Track struct {
	Peer    string                `json:"peer"`
	Track   string                `json:"track"`
	Members []recorder.Difference `json:"members"`
}

// Report makes the report. The error is about an event that cannot be read any more.
func (c *Comparison) Report() (*Report, error) {
	r := &Report{Header: c.Header(), Findings: []Finding{}, Totals: []Total{}}
	for _, row := range c.rows {
		if row.Ignored {
			continue
		}
		switch row.Status {
		case Same:
			r.Counts.Same++
		case Shifted:
			r.Counts.Shifted++
		case Changed:
			r.Counts.Changed++
		case OnlyA:
			r.Counts.OnlyA++
		case OnlyB:
			r.Counts.OnlyB++
		}
		if x := c.of(row); row.A != 0 && row.B != 0 && (x.role == stream || x.role == outcome) && row.Shift.Abs() > c.options.Tolerance {
			r.Moved++
			if row.Shift.Abs() > r.Most.Abs() {
				r.Most = row.Shift
			}
		}
	}
	f := finder{Comparison: c, root: make(map[int]int), seen: make(map[string]int), runs: make(map[string]int)}
	if err := f.find(); err != nil {
		return nil, err
	}
	r.Findings = append(r.Findings, f.found...)
	r.Media = c.media()
	r.Totals = append(r.Totals, c.totals()...)
	if i := c.First(); i >= 0 {
		first, err := c.Finding(i)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Row == i }); at >= 0 {
			first.More = r.Findings[at].More
		}
		if first.Causes, err = c.causes(c.rows[i]); err != nil {
			return nil, err
		}
		r.First = &first
	}
	r.Same = c.Equal() && len(r.Media) == 0
	if r.Same {
		endA, okA := c.sides[0].r.End()
		endB, okB := c.sides[1].r.End()
		r.Identical = okA && okB && endA.Digest == endB.Digest
	}
	return r, nil
}

// Finding returns a row on its own, with what its event is and what changed.
func (c *Comparison) Finding(i int) (Finding, error) {
	row := c.rows[i]
	f := Finding{Status: row.Status, Row: i, A: row.A, B: row.B, Shift: row.Shift, first: c.Time(row), script: c.of(row).role == script}
	var events [2]recorder.Event
	for side, n := range []int{row.A, row.B} {
		if n == 0 {
			continue
		}
		e, err := c.sides[side].r.Event(n)
		if err != nil {
			return Finding{}, err
		}
		events[side] = e
		f.Peer, f.Text, f.rank = e.Peer, words(e), rank(e.Kind)
	}
	a, b := events[0], events[1]
	f.TimeA, f.TimeB = a.Time, b.Time
	if row.Status != Changed {
		return f, nil
	}
	f.Members = c.options.differences(a, b)
	switch before, after := words(a), words(b); {
	case before == after:
	case isEnd(a.Kind):
		if f.Peer = a.Peer; a.Kind == recorder.KindPacketDropped {
			f.Peer = b.Peer
		}
		about, endA := cutEnd(before)
		_, endB := cutEnd(after)
		f.Text = about + ": " + endA + " → " + endB
		if !c.options.All {
			f.Members = nil // the text says it
		}
	case a.Kind == recorder.KindVerdict:
		f.Text = before + " → " + after
	default:
		f.Text = before
	}
	return f, nil
}

// causes follows the causes of a row's events, the nearest first, as far as it says more.
func (c *Comparison) causes(row Row) (causes []Cause, err error) {
	side, n := 0, row.A
	if n == 0 {
		side, n = 1, row.B
	}
	for range 3 {
		n = int(c.sides[side].events[n].cause)
		if n == 0 {
			break
		}
		e, err := c.sides[side].r.Event(n)
		if err != nil {
			return nil, err
		}
		causes = append(causes, Cause{[]string{"a", "b"}[side], n, e.Time, e.Peer, words(e)})
	}
	return causes, nil
}

// finder makes findings of rows.
type finder struct {
	*Comparison
	found []Finding
	root  map[int]int    // the finding that a row belongs to
	seen  map[string]int // the finding with a text
	runs  map[string]int // the finding of each peer that is as much earlier or later as the last one
}

func (f *finder) find() error {
	for i, row := range f.rows {
		role := f.of(row).role
		if !row.Differs() || role == stream || role == outcome {
			continue
		}
		if at, ok := f.follows(row); ok {
			f.join(i, at)
			continue
		}
		finding, err := f.Finding(i)
		if err != nil {
			return err
		}
		key := fmt.Sprint(row.Status, finding.Peer, finding.Text)
		if row.Status == Changed {
			key = changes(finding)
		}
		if at, ok := f.seen[key]; ok && row.Status != Shifted {
			f.join(i, at)
			continue
		}
		if at, ok := f.runs[finding.Peer]; ok && row.Status == Shifted && f.near(f.found[at].Shift, row.Shift) {
			f.join(i, at)
			if was := &f.found[at]; finding.rank > was.rank { // it says more about them all
				finding.More = was.More
				f.found[at] = finding
			}
			continue
		}
		if row.Status == Shifted {
			f.runs[finding.Peer] = len(f.found)
		}
		f.seen[key] = len(f.found)
		f.root[i] = len(f.found)
		f.found = append(f.found, finding)
	}
	slices.SortStableFunc(f.found, func(x, y Finding) int { return cmp.Compare(x.first, y.first) })
	return nil
}

// changes is what changed, whatever the members that it changed in are called: a description is passed on under other names.
func changes(f Finding) string {
	key := f.Status.String()
	for _, d := range f.Members {
		name := d.Field[strings.LastIndexByte(d.Field, '.')+1:]
		if len(f.Members) == 1 {
			name = ""
		}
		key += fmt.Sprintf(" %s %q %q", name, d.A, d.B)
	}
	return key
}

func (f *finder) join(row, at int) {
	f.root[row] = at
	f.found[at].More++
}

// follows returns the finding that a row follows from: that of the cause of its event, if it differs in the same way.
func (f *finder) follows(row Row) (int, bool) {
	causes := [2]int{-1, -1}
	for side, n := range []int{row.A, row.B} {
		if n != 0 {
			causes[side] = f.row(side, int(f.sides[side].events[n].cause))
		}
	}
	for _, i := range causes {
		if i < 0 {
			continue
		}
		at, ok := f.root[i]
		cause := f.rows[i]
		if ok && cause.Status == row.Status && (row.Status != Changed) && f.near(cause.Shift, row.Shift) {
			return at, true
		}
	}
	return 0, false
}

// totals counts what is counted.
func (c *Comparison) totals() []Total {
	counts := make(map[label]*Total)
	var order []label
	total := func(l label) *Total {
		t := counts[l]
		if t == nil {
			t = &Total{Peer: l.peer, What: l.what}
			counts[l] = t
			order = append(order, l)
		}
		return t
	}
	for _, row := range c.rows {
		if row.Ignored {
			continue
		}
		if row.A != 0 {
			if x := c.sides[0].events[row.A]; x.label != 0 {
				t := total(c.sides[0].labels[x.label])
				t.A++
				if row.B == 0 {
					t.OnlyA++
				}
			}
		}
		if row.B != 0 {
			if x := c.sides[1].events[row.B]; x.label != 0 {
				t := total(c.sides[1].labels[x.label])
				t.B++
				if row.A == 0 {
					t.OnlyB++
				}
			}
		}
	}
	peers := make(map[string]int)
	var list []Total
	for _, l := range order {
		if _, known := peers[l.peer]; !known {
			peers[l.peer] = len(peers)
		}
		t := *counts[l]
		// Packets of a flow are alike; of messages it matters which.
		if t.A != t.B || t.OnlyA+t.OnlyB > 0 && strings.HasPrefix(t.What, "messages") {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(x, y Total) int { return cmp.Compare(peers[x.Peer], peers[y.Peer]) })
	return list
}
