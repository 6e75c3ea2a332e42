package suite

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Shard is one of several parts of a suite, each for a machine of its own. The zero value is the whole suite.
type Shard struct {
	// Index is which part it is, from 1 to Count.
	Index int `json:"index"`
	// Count is how many parts there are.
	Count int `json:"count"`
}

// ParseShard reads a shard such as "2/4", the second of four. The empty text is the whole suite.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{1, 1}, nil
	}
	index, count, _ := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if err1 != nil || err2 != nil || i < 1 || n < i {
		return Shard{}, fmt.Errorf("%q is no shard: give its number and how many there are, such as 1/4 to 4/4", text)
	}
	return Shard{i, n}, nil
}

// String returns the shard as ParseShard reads it.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// Of returns the cases of the shard, in their order. Each case is in exactly one shard, the same whenever the same cases are
// selected. They are dealt out in the order of their hashes, so that no shard has more than one case more than another, and
// the seeds of a scenario that takes long are on different machines.
func (s Shard) Of(cases []*Case) []*Case {
	if s.Count <= 1 {
		return cases
	}
	type hashed struct {
		c    *Case
		hash uint64
	}
	deck := make([]hashed, len(cases))
	for i, c := range cases {
		deck[i] = hashed{c, c.hash("shard")}
	}
	slices.SortFunc(deck, func(a, b hashed) int { return cmp.Or(cmp.Compare(a.hash, b.hash), a.c.Index-b.c.Index) })
	var own []*Case
	for i := s.Index - 1; i < len(deck); i += s.Count {
		own = append(own, deck[i].c)
	}
	slices.SortFunc(own, func(a, b *Case) int { return a.Index - b.Index })
	return own
}

// size returns how many of so many cases the shard has.
func (s Shard) size(cases int) int {
	if s.Count <= 1 {
		return cases
	}
	return (cases + s.Count - s.Index) / s.Count
}
