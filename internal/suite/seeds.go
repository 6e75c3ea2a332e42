package suite

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSeeds is how many seeds can be asked for.
const maxSeeds = 1_000_000

// Seeds are the seeds that each scenario is run with, in order. None stands for the scenario's own.
type Seeds struct {
	text string
	list []uint64
}

// ParseSeeds reads seeds: "20" for the first twenty, 1 to 20; "100..199" for a range with both ends; "1,7,9" for a list, which may have
// ranges in it. The empty text stands for the scenario's own seed.
func ParseSeeds(text string) (Seeds, error) {
	s := Seeds{text: text}
	if text == "" {
		return s, nil
	}
	const hint = "give a number of seeds (20), a range (100..199) or a list (1,7,9)"
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		if n == 0 || n > maxSeeds {
			return Seeds{}, fmt.Errorf("%s is not between 1 and %d seeds: %s", text, maxSeeds, hint)
		}
		text = fmt.Sprintf("1..%d", n)
	}
	seen := map[uint64]bool{}
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "..")
		if !isRange {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 10, 64)
		last, err2 := strconv.ParseUint(to, 10, 64)
		switch {
		case err1 != nil || err2 != nil:
			return Seeds{}, fmt.Errorf("%q is no seed and no range of seeds: %s", part, hint)
		case last < first:
			return Seeds{}, fmt.Errorf("the range %s goes backwards: %s", part, hint)
		case last-first >= maxSeeds || len(s.list)+int(last-first) >= maxSeeds:
			return Seeds{}, fmt.Errorf("%s has more than %d seeds", s.text, maxSeeds)
		}
		for seed := first; ; seed++ {
			if seen[seed] {
				return Seeds{}, fmt.Errorf("the seed %d is there twice: %s", seed, hint)
			}
			seen[seed] = true
			s.list = append(s.list, seed)
			if seed == last { // which may be the greatest there is
				break
			}
		}
	}
	return s, nil
}

// or returns the seeds, and the scenario's own where there are none.
func (s Seeds) or(own uint64) []uint64 {
	if len(s.list) == 0 {
		return []uint64{own}
	}
	return s.list
}

// String returns the text that the seeds were read from.
func (s Seeds) String() string { return s.text }
