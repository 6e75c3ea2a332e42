package comparison

import (
	"slices"
	"time"
)

// align pairs the events and makes rows of them.
func (c *Comparison) align() {
	a, b := c.sides[0], c.sides[1]
	partner := make([]int32, len(a.events)) // of an event of the first recording
	back := make([]int32, len(b.events))
	pair := func(i, j int32) { partner[i], back[j] = j, i }

	classesA, order := a.classes()
	classesB, _ := b.classes()
	for _, class := range order {
		listA, listB := classesA[class], classesB[class]
		if a.events[listA[0]].role == stream {
			c.alignStream(listA, listB, pair)
		} else {
			c.alignThings(listA, listB, pair)
		}
	}
	c.alignOutcomes(partner, back, pair)
	c.alignOutcomes(partner, back, pair) // of answers to requests
	c.makeRows(partner, back)
}

// classes returns the numbers of the events of each class, and the classes in the order in which they came. What has a cause that
// decides about it is in none.
func (s *side) classes() (lists map[uint64][]int32, order []uint64) {
	lists = make(map[uint64][]int32)
	for n := 1; n < len(s.events); n++ {
		x := &s.events[n]
		if x.class == 0 || x.role == outcome || x.role == reply {
			continue
		}
		if lists[x.class] == nil {
			order = append(order, x.class)
		}
		lists[x.class] = append(lists[x.class], int32(n))
	}
	return lists, order
}

// alignThings pairs what says the same, the first with the first; then what is left, in its order.
func (c *Comparison) alignThings(listA, listB []int32, pair func(i, j int32)) {
	faces := make(map[uint64][]int32)
	for _, j := range listB {
		face := c.sides[1].events[j].face
		faces[face] = append(faces[face], j)
	}
	paired := make(map[int32]bool)
	var left []int32
	for _, i := range listA {
		face := c.sides[0].events[i].face
		if list := faces[face]; len(list) > 0 {
			pair(i, list[0])
			paired[list[0]] = true
			faces[face] = list[1:]
		} else {
			left = append(left, i)
		}
	}
	for _, j := range listB {
		if len(left) == 0 {
			return
		}
		if !paired[j] {
			pair(left[0], j)
			left = left[1:]
		}
	}
}

// alignStream pairs the events of a stream, such as the packets of a flow: one by one, or each with the nearest in time,
// whichever keeps the distance between the recordings steadier. The nearest is right where something is more or less, and
// the rest goes on by the clock; one by one is right where all is later.
func (c *Comparison) alignStream(listA, listB []int32, pair func(i, j int32)) {
	near := c.nearest(listA, listB)
	inOrder := make([][2]int32, min(len(listA), len(listB)))
	for k := range inOrder {
		inOrder[k] = [2]int32{listA[k], listB[k]}
	}
	best := near
	if c.steady(inOrder) > c.steady(near) || len(listA) == len(listB) && c.steady(inOrder) == c.steady(near) {
		best = inOrder
	}
	for _, p := range best {
		pair(p[0], p[1])
	}
}

// steady counts the pairs that are as far apart in time as the pair before them.
func (c *Comparison) steady(pairs [][2]int32) (n int) {
	var last time.Duration
	for _, p := range pairs {
		shift := c.sides[1].events[p[1]].time - c.sides[0].events[p[0]].time
		if c.near(shift, last) {
			n++
		}
		last = shift
	}
	return n
}

// near reports whether two lengths of time count as the same.
func (c *Comparison) near(a, b time.Duration) bool { return (a - b).Abs() <= c.options.Tolerance }

// nearest pairs events with those nearest in time, in order.
func (c *Comparison) nearest(listA, listB []int32) (pairs [][2]int32) {
	distance := func(i, j int) time.Duration {
		return (c.sides[1].events[listB[j]].time - c.sides[0].events[listA[i]].time).Abs()
	}
	for i, j := 0, 0; i < len(listA) && j < len(listB); {
		d := distance(i, j)
		switch {
		case i+1 < len(listA) && distance(i+1, j) < d:
			i++
		case j+1 < len(listB) && distance(i, j+1) < d:
			j++
		default:
			pairs = append(pairs, [2]int32{listA[i], listB[j]})
			i, j = i+1, j+1
		}
	}
	return pairs
}

// alignOutcomes pairs the outcomes of events that are paired.
func (c *Comparison) alignOutcomes(partner, back []int32, pair func(i, j int32)) {
	type key struct {
		cause int32 // in the first recording
		class uint64
	}
	waiting := make(map[key][]int32)
	b := c.sides[1]
	for j := range b.events {
		x := &b.events[j]
		if back[j] == 0 && (x.role == outcome || x.role == reply) {
			if cause := back[x.cause]; cause != 0 {
				k := key{cause, x.class}
				waiting[k] = append(waiting[k], int32(j))
			}
		}
	}
	a := c.sides[0]
	for i := range a.events {
		x := &a.events[i]
		if partner[i] != 0 || x.role != outcome && x.role != reply || partner[x.cause] == 0 {
			continue
		}
		k := key{int32(x.cause), x.class}
		if list := waiting[k]; len(list) > 0 {
			pair(int32(i), list[0])
			waiting[k] = list[1:]
		}
	}
}

// makeRows puts the pairs, and what has no counterpart, in order.
func (c *Comparison) makeRows(partner, back []int32) {
	a, b := c.sides[0], c.sides[1]
	alone := make([][]int32, len(a.events)) // what is only in the second recording, by what it comes after
	after := int32(0)
	for j := 1; j < len(b.events); j++ {
		if back[j] != 0 {
			after = back[j]
		} else {
			alone[after] = append(alone[after], int32(j))
		}
	}
	c.rowOf = [2][]int32{slices.Repeat([]int32{-1}, len(a.events)), slices.Repeat([]int32{-1}, len(b.events))}
	c.rows = make([]Row, 0, max(len(a.events), len(b.events)))
	for i := range a.events {
		if i > 0 {
			c.add(i, int(partner[i]))
		}
		for _, j := range alone[i] {
			c.add(0, int(j))
		}
	}
}

// add adds a row.
func (c *Comparison) add(i, j int) {
	a, b := c.sides[0], c.sides[1]
	row := Row{A: i, B: j}
	switch {
	case j == 0:
		row.Status = OnlyA
		row.Ignored = b.cut && a.events[i].time >= b.last
	case i == 0:
		row.Status = OnlyB
		row.Ignored = a.cut && b.events[j].time >= a.last
	default:
		row.Shift = b.events[j].time - a.events[i].time
		switch {
		case a.events[i].face != b.events[j].face:
			row.Status = Changed
		case row.Shift.Abs() > c.options.Tolerance:
			row.Status = Shifted
		}
	}
	row.Ignored = row.Ignored || c.of(row).role == unseen
	if i != 0 {
		c.rowOf[0][i] = int32(len(c.rows))
	}
	if j != 0 {
		c.rowOf[1][j] = int32(len(c.rows))
	}
	c.rows = append(c.rows, row)
}
