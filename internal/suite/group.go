package suite

import (
	"fmt"
	"slices"
	"strings"
)

// A group are cases of one variant that did not pass for the same reasons. Only their seeds differ.
type group struct {
	first *Result
	seeds []uint64 // of the others, in their order
}

// groups returns the results that did not pass, those alike together, in the order of the cases.
func groups(results []*Result) []*group {
	var all []*group
	byReason := map[string]*group{}
	for _, r := range sorted(results) {
		if r.Outcome == Passed {
			continue
		}
		reason := r.reason()
		if g := byReason[reason]; g != nil {
			g.seeds = append(g.seeds, r.Seed)
			continue
		}
		g := &group{first: r}
		byReason[reason] = g
		all = append(all, g)
	}
	return all
}

// reason returns what the results of a group have in common.
func (r *Result) reason() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\x00%s\x00%s", r.Scenario, r.Variant, r.Outcome)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\x00%s\x00%s\x00%s\x00%d", f.Kind, f.Text, f.File, f.Line)
		if f.Kind == KindDiverged {
			b.WriteString(r.Case) // each is looked at by itself
		}
	}
	return b.String()
}

// sorted returns the results in the order of the cases.
func sorted(results []*Result) []*Result {
	results = slices.Clone(results)
	slices.SortFunc(results, func(a, b *Result) int { return a.Index - b.Index })
	return results
}

// ranges writes seeds as ParseSeeds reads them, such as "1..4,9".
func ranges(seeds []uint64) string {
	var parts []string
	for i := 0; i < len(seeds); {
		j := i
		for j+1 < len(seeds) && seeds[j+1] == seeds[j]+1 {
			j++
		}
		if j > i {
			parts = append(parts, fmt.Sprintf("%d..%d", seeds[i], seeds[j]))
		} else {
			parts = append(parts, fmt.Sprint(seeds[i]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
