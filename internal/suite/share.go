package suite

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Share is a part of all cases.
type Share struct {
	text string
	// Of is the part, from 0 to 1.
	Of float64
}

// ParseShare reads "all", "none" or a percentage such as "5%".
func ParseShare(text string) (Share, error) {
	switch text {
	case "all":
		return Share{text, 1}, nil
	case "none":
		return Share{text, 0}, nil
	}
	number, ok := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || math.IsNaN(percent) || percent < 0 || percent > 100 {
		return Share{}, fmt.Errorf("%q is no part of the cases: give all, none or a percentage such as 5%%", text)
	}
	return Share{text, percent / 100}, nil
}

// String returns the text that the share was read from.
func (s Share) String() string { return s.text }

// sample marks the part of the cases that is verified: always the same of the same cases, and at least one unless the part is none.
func (s Share) sample(cases []*Case) {
	byHash := slices.Clone(cases)
	slices.SortFunc(byHash, func(a, b *Case) int {
		return cmp.Or(cmp.Compare(a.hash("verify"), b.hash("verify")), a.Index-b.Index)
	})
	for i := range int(math.Ceil(s.Of * float64(len(cases)))) {
		byHash[i].Verify = true
	}
}
