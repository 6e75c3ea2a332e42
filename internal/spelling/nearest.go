// Package spelling finds what somebody meant who has misspelt a name.
package spelling

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Nearest returns the valid name that is nearest to a name, empty where none is near. Case does not matter. Of equally
// near ones it is the first.
func Nearest(name string, valid []string) string {
	const most = 1000 // names to compare with
	nearest, least := "", 3
	for _, v := range valid[:min(len(valid), most)] {
		if d := distance(strings.ToLower(name), strings.ToLower(v), least); d < least {
			nearest, least = v, d
		}
	}
	// A change to half of a short word makes it another word.
	if 2*least > utf8.RuneCountInString(name) {
		return ""
	}
	return nearest
}

// distance returns how many characters must be inserted, removed, replaced or swapped with their neighbour to
// get from a to b, or limit if it is not less.
func distance(a, b string, limit int) int {
	if strings.TrimSpace(a) == "" || abs(len(a)-len(b)) > 4*limit {
		return limit
	}
	s, t := []rune(a), []rune(b)
	if abs(len(s)-len(t)) >= limit {
		return limit
	}
	var before []int
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row := make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			change := last[j]
			if s[i] != t[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		if slices.Min(row) >= limit {
			return limit
		}
		before, last = last, row
	}
	return min(last[len(t)], limit)
}

func abs(n int) int { return max(n, -n) }
