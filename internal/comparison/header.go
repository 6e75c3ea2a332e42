package comparison

import (
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// Header is what two recordings were made with, where that differs.
type Header struct {
	// Identity are the differences but those of the texts: seed, versions, options, the names of the scenarios.
	Identity []recorder.Difference `json:"identity,omitempty"`
	// Scenario are the lines in which the scenario's text differs, and those of the files it includes, with a - before one
	// that only the first recording has, and a + before one that only the second has.
	Scenario []string `json:"scenario,omitempty"`
}

// Header compares what the recordings were made with.
func (c *Comparison) Header() Header {
	a, b := c.sides[0].r.Header(), c.sides[1].r.Header()
	var h Header
	if a.Rtcsim != b.Rtcsim {
		h.Identity = append(h.Identity, recorder.Difference{Field: "rtcsim", A: a.Rtcsim, B: b.Rtcsim})
	}
	for _, d := range a.Identity.Diff(b.Identity) {
		if d.Field == "scenarioSum" || strings.HasPrefix(d.Field, "include ") && d.A != "" && d.B != "" {
			continue // the texts tell
		}
		h.Identity = append(h.Identity, d)
	}
	h.Scenario = textDiff(a.Text, b.Text)
	for i, include := range a.Includes {
		if text, err := b.Included(include.Path); err == nil && i < len(a.IncludedTexts) {
			h.Scenario = append(h.Scenario, textDiff(a.IncludedTexts[i], string(text))...)
		}
	}
	return h
}

// mostLines is the size of a table of lines that is still made, by either length.
const mostLines = 4 << 20

// textDiff is recorder.LineDiff for texts of any length that differ in a few places.
func textDiff(a, b string) []string {
	if a == b {
		return nil
	}
	linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
	for len(linesA) > 1 && len(linesB) > 1 && linesA[0] == linesB[0] {
		linesA, linesB = linesA[1:], linesB[1:]
	}
	for len(linesA) > 1 && len(linesB) > 1 && linesA[len(linesA)-1] == linesB[len(linesB)-1] {
		linesA, linesB = linesA[:len(linesA)-1], linesB[:len(linesB)-1]
	}
	if len(linesA)*len(linesB) <= mostLines {
		return recorder.LineDiff(strings.Join(linesA, "\n"), strings.Join(linesB, "\n"))
	}
	var diff []string
	for _, line := range linesA {
		diff = append(diff, "-"+line)
	}
	for _, line := range linesB {
		diff = append(diff, "+"+line)
	}
	return diff
}
