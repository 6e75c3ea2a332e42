package vnet

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A DropRule picks packets that a link drops when they come to it. It counts
// the packets that Match picks and that come between From and To, from 1. All
// of Nth, First and Every that are set must pick the packet by its number;
// where none is set, all that are counted are dropped.
//
// Each rule of a link counts each packet, whether another rule drops it or not.
type DropRule struct {
	// Name, if not empty, is told with the rule's number as the reason:
	// "dropped by rule 2 (ChannelBind answers)".
	Name string

	// Match picks packets by what they are. nil picks all. It must depend on
	// the packet only, and must leave it as it is.
	Match func(*Packet) bool

	// From is the time since the start of the internet's clock at which the
	// rule begins to count, and To that at which it ends. A packet that comes
	// at To is not counted. A To of 0 means no end.
	From, To time.Duration

	Nth   []int // the packets of these numbers
	First int   // the packets up to this number; 0 means all
	Every int   // each packet whose number is a multiple of it; 0 means all
}

func (r *DropRule) validate() error {
	switch {
	case r.From < 0, r.To < 0:
		return errors.New("negative time")
	case r.To != 0 && r.To <= r.From:
		return errors.New("it ends before it begins")
	case r.First < 0, r.Every < 0:
		return errors.New("negative number")
	case slices.ContainsFunc(r.Nth, func(n int) bool { return n < 1 }):
		return errors.New("packets are counted from 1")
	}
	return nil
}

// counts reports whether the rule counts the packet.
func (r *DropRule) counts(p *Packet, now time.Duration) bool {
	return now >= r.From && (r.To == 0 || now < r.To) && (r.Match == nil || r.Match(p))
}

// picks reports whether the rule drops the n-th packet that it counts.
func (r *DropRule) picks(n int) bool {
	return (len(r.Nth) == 0 || slices.Contains(r.Nth, n)) &&
		(r.First == 0 || n <= r.First) &&
		(r.Every == 0 || n%r.Every == 0)
}

// drops are the drop rules at work. The counts outlive a change of settings
// that leaves the list of rules as it is.
type drops struct {
	rules  []DropRule
	counts []int
}

// next returns why the rules drop the packet, or "".
func (s *drops) next(rules []DropRule, p *Packet, now time.Duration) (why Reason) {
	if len(rules) != len(s.rules) || len(rules) > 0 && &rules[0] != &s.rules[0] {
		s.rules, s.counts = rules, make([]int, len(rules))
	}
	for i := range rules {
		rule := &rules[i]
		if !rule.counts(p, now) {
			continue
		}
		s.counts[i]++
		if why == "" && rule.picks(s.counts[i]) {
			why = rule.reason(i + 1)
		}
	}
	return why
}

// reason is why the rule drops a packet; number is its place in the list,
// from 1.
func (r *DropRule) reason(number int) Reason {
	if r.Name == "" {
		return Reason(fmt.Sprintf("dropped by rule %d", number))
	}
	return Reason(fmt.Sprintf("dropped by rule %d (%s)", number, r.Name))
}
