package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Merging is what became of the reports of several shards.
type Merging struct {
	Reading
	// Missing are the shards of which there was no report, Cut those whose report has no end.
	Missing, Cut []Shard
}

// Merge puts the reports of the shards of one suite together; names are those of their files. What it returns is what one report of
// the whole suite would be, with the results in the order of the cases, but for the times. The error is about reports that do not
// belong together: of other versions, of other selections, or of one shard twice.
func Merge(names []string, reports []*Reading) (*Merging, error) {
	if len(reports) == 0 {
		return nil, fmt.Errorf("there is no report to merge")
	}
	first := reports[0].Header
	m := &Merging{Reading: Reading{Header: first}}
	m.Header.Shard = Shard{1, 1}
	from := make([]string, first.Shard.Count+1) // the files, by the numbers of their shards
	for i, r := range reports {
		h := r.Header
		if differences := h.differences(first); len(differences) > 0 {
			return nil, fmt.Errorf("%s and %s are not of one suite: they differ in %s", names[0], names[i], strings.Join(differences, ", "))
		}
		if h.Shard.Index < 1 || h.Shard.Index > h.Shard.Count {
			return nil, fmt.Errorf("%s is of the shard %v, which there cannot be", names[i], h.Shard)
		}
		if other := from[h.Shard.Index]; other != "" {
			return nil, fmt.Errorf("%s and %s are both of shard %v: give one report of each shard", other, names[i], h.Shard)
		}
		from[h.Shard.Index] = names[i]
		if r.Cut {
			m.Reading.Cut = true
			m.Cut = append(m.Cut, h.Shard)
		}
		m.Results = append(m.Results, r.Results...)
		m.Sums.Wall += r.Sums.Wall
		if r.Sums.Stopped != "" && m.Sums.Stopped != StoppedInterrupted {
			m.Sums.Stopped = r.Sums.Stopped
		}
	}
	for index := 1; index <= first.Shard.Count; index++ {
		if from[index] == "" {
			m.Missing = append(m.Missing, Shard{index, first.Shard.Count})
		}
	}
	if len(m.Missing) > 0 {
		m.Sums.Stopped = StoppedMissing
	}
	m.Results = sorted(m.Results)
	m.Sums.Cases = first.Cases
	for i, r := range m.Results {
		if i > 0 && r.Index == m.Results[i-1].Index {
			return nil, fmt.Errorf("the case %s is in the reports of two shards: one of them was changed", r.Case)
		}
		m.Sums.Add(r)
	}
	slices.SortFunc(m.Cut, func(a, b Shard) int { return a.Index - b.Index })
	return m, nil
}

// differences names the members in which two headers differ, but for the shard's number.
func (h Header) differences(other Header) []string {
	h.Shard.Index, other.Shard.Index = 0, 0
	a, b := members(h), members(other)
	var names []string
	for i := range a {
		if a[i][1] != b[i][1] {
			names = append(names, a[i][0])
		}
	}
	return names
}

// members returns the members of a header with their values in JSON.
func members(h Header) [][2]string {
	var all [][2]string
	for _, m := range []struct {
		name  string
		value any
	}{
		{"the version of rtcsim", h.Rtcsim}, {"the guest", h.Guest}, {"the machine", h.Machine}, {"Go", h.Go}, {"wazero", h.Wazero},
		{"the modules", h.Modules}, {"the selection", h.Selection}, {"the number of cases", h.Cases},
		{"the cases or the texts of their scenarios", h.Sum}, {"the number of shards", h.Shard},
	} {
		text, err := json.Marshal(m.value)
		if err != nil {
			panic(err) // our own types are all JSON
		}
		all = append(all, [2]string{m.name, string(text)})
	}
	return all
}
