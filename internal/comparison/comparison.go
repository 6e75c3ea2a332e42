package comparison

import (
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Options say what counts as a difference.
type Options struct {
	// Tolerance is how much earlier or later an event may be, to count as at the same time.
	Tolerance time.Duration
	// All compares the data of events as it is: what is random by nature, too.
	All bool
}

// Status is what a row of a comparison tells.
type Status int

// The statuses.
const (
	Same    Status = iota
	Shifted        // the same, earlier or later by more than the tolerance
	Changed        // differs in its data
	OnlyA          // only in the first recording
	OnlyB          // only in the second recording
)

func (s Status) String() string {
	return [...]string{"same", "shifted", "changed", "only-a", "only-b"}[s]
}

// MarshalText makes a status readable in JSON.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Row is a pair of aligned events, or an event that has no counterpart.
type Row struct {
	// A and B are the numbers of the events in the two recordings, 0 where there is none.
	A, B int
	Status
	// Shift is how much later, or if negative earlier, the event is in the second recording.
	Shift time.Duration
	// Ignored tells that the row is no difference, whatever its status says: it is one of a kind that is not compared, or it
	// lies where the other recording is cut off.
	Ignored bool
}

// Differs reports whether the row is a difference.
func (r Row) Differs() bool { return r.Status != Same && !r.Ignored }

// Comparison is two recordings, aligned.
type Comparison struct {
	options Options
	sides   [2]*side
	rows    []Row
	rowOf   [2][]int32 // by the number of an event; -1 where there is none
}

// New aligns two recordings, and waits until both are loaded. It uses what can be read of a recording that is damaged
// ([recorder.Recording.Damage] has what is wrong); what comes after the end of one that is cut off is ignored in the other.
// The error is about an event that cannot be read any more.
func New(a, b *recorder.Recording, o Options) (*Comparison, error) {
	c := &Comparison{options: o}
	shared := sharedDetail(a.Header().Options, b.Header().Options)
	done := make(chan error, 2)
	for i, r := range []*recorder.Recording{a, b} {
		go func() {
			var err error
			c.sides[i], err = read(r, o, shared)
			done <- err
		}()
	}
	if err := <-done; err != nil {
		<-done
		return nil, err
	}
	if err := <-done; err != nil {
		return nil, err
	}
	c.align()
	return c, nil
}

// Rows returns all rows, in the order of the first recording; what is only in the second one stands behind what it comes
// after there. The slice must not be changed.
func (c *Comparison) Rows() []Row { return c.rows }

// RowOfA returns the index of the row that has event n of the first recording, -1 where there is none.
func (c *Comparison) RowOfA(n int) int { return c.row(0, n) }

// RowOfB is [Comparison.RowOfA] for the second recording.
func (c *Comparison) RowOfB(n int) int { return c.row(1, n) }

func (c *Comparison) row(side, n int) int {
	if n < 1 || n >= len(c.rowOf[side]) {
		return -1
	}
	return int(c.rowOf[side][n])
}

// Equal reports whether no row is a difference.
func (c *Comparison) Equal() bool {
	for _, row := range c.rows {
		if row.Differs() {
			return false
		}
	}
	return true
}

// Time returns when a row was first: in the recording where it was earlier.
func (c *Comparison) Time(row Row) time.Duration {
	switch {
	case row.A == 0:
		return c.sides[1].events[row.B].time
	case row.B == 0:
		return c.sides[0].events[row.A].time
	}
	return min(c.sides[0].events[row.A].time, c.sides[1].events[row.B].time)
}

// of returns an event that a row is about: that of the first recording, if it has one.
func (c *Comparison) of(row Row) *event {
	if row.A != 0 {
		return &c.sides[0].events[row.A]
	}
	return &c.sides[1].events[row.B]
}

// First returns the index of the row of the first divergence: the earliest difference in what happened, not in what the
// scenario did; -1 if there is none.
func (c *Comparison) First() int {
	first := -1
	for i, row := range c.rows {
		if row.Differs() && c.of(row).role != script && (first < 0 || c.Time(row) < c.Time(c.rows[first])) {
			first = i
		}
	}
	return first
}
