package vnet

import (
	"math"
	"slices"
	"testing"
	"time"
)

// One packet a second comes to the link, from 0 s; packet i has i bytes.
func TestDropRules(t *testing.T) {
	odd := func(p *Packet) bool { return len(p.Payload)%2 == 1 }
	for _, test := range []struct {
		name  string
		rules []DropRule
		want  map[Reason][]uint64
	}{
		{"all", []DropRule{{}}, map[Reason][]uint64{"dropped by rule 1": {1, 2, 3, 4, 5, 6, 7, 8, 9}}},
		{"match", []DropRule{{Match: odd, Name: "odd ones"}}, map[Reason][]uint64{"dropped by rule 1 (odd ones)": {1, 3, 5, 7, 9}}},
		{"nth", []DropRule{{Match: odd, Nth: []int{5, 2}}}, map[Reason][]uint64{"dropped by rule 1": {3, 9}}},
		{"first", []DropRule{{Match: odd, First: 2}}, map[Reason][]uint64{"dropped by rule 1": {1, 3}}},
		{"every", []DropRule{{Every: 4}}, map[Reason][]uint64{"dropped by rule 1": {4, 8}}},
		{"all agree", []DropRule{{Every: 2, First: 7, Nth: []int{3, 4, 6, 8}}}, map[Reason][]uint64{"dropped by rule 1": {4, 6}}},
		{"from", []DropRule{{From: 6 * time.Second}}, map[Reason][]uint64{"dropped by rule 1": {7, 8, 9}}},
		{"to", []DropRule{{To: 2 * time.Second}}, map[Reason][]uint64{"dropped by rule 1": {1, 2}}},
		{"counted in its time", []DropRule{{From: 3 * time.Second, To: 7*time.Second + 1, Nth: []int{1, 5, 6}}},
			map[Reason][]uint64{"dropped by rule 1": {4, 8}}},
		{"two", []DropRule{{Every: 3}, {Match: odd, Nth: []int{2, 3}, Name: "x"}},
			map[Reason][]uint64{"dropped by rule 1": {3, 6, 9}, "dropped by rule 2 (x)": {5}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newTestLink(Direction{Drop: test.rules})
			for i := range 9 {
				l.send(i+1, time.Duration(i)*time.Second)
			}
			got := make(map[Reason][]uint64)
			for i, f := range l.fates {
				if f.why != "" {
					got[f.why] = append(got[f.why], uint64(i+1))
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("dropped: %v, want %v", got, test.want)
			}
			for why, want := range test.want {
				if !slices.Equal(got[why], want) {
					t.Errorf("%s: %v, want %v", why, got[why], want)
				}
			}
		})
	}
}

// The counts go on while the list of rules is the same.
func TestDropRuleCounts(t *testing.T) {
	rules := []DropRule{{Nth: []int{3}}}
	l := newTestLink(Direction{Drop: rules})
	l.send(0, 0)
	l.Direction = Direction{Drop: rules, Delay: time.Second}
	l.send(0, 0)
	l.send(0, 0) // the third
	l.Direction = Direction{Drop: slices.Clone(rules)}
	l.send(0, 0)
	l.send(0, 0)
	l.send(0, 0) // the third of the new list
	l.Direction = Direction{}
	l.send(0, 0)
	l.Direction = Direction{Drop: rules}
	l.send(0, 0)
	l.until(math.MaxInt64)
	var got []int
	for i, f := range l.fates {
		if f.why != "" {
			got = append(got, i+1)
		}
	}
	if want := []int{3, 6}; !slices.Equal(got, want) {
		t.Errorf("dropped: %v, want %v", got, want)
	}
}

// A rule looks before anything else: what it drops needs no room in the queue.
func TestDropRulesComeFirst(t *testing.T) {
	l := newTestLink(Direction{Rate: 1000, Queue: 1, MTU: 100, Drop: []DropRule{{Nth: []int{2, 4}}}})
	for range 3 {
		l.send(0, 0) // sent, dropped by the rule, waits
	}
	l.send(1000, 0) // dropped by the rule, not for its size
	l.send(1000, 0) // too large, before the queue is full
	l.send(0, 0)    // finds the queue full
	l.until(math.MaxInt64)
	want := map[Reason]int{"dropped by rule 1": 2, TooLarge: 1, QueueFull: 1}
	for why, n := range want {
		if l.dropped[why] != n {
			t.Errorf("dropped: %v, want %v", l.dropped, want)
		}
	}
}
