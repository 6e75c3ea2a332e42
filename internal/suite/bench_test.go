package suite

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/rtcsim/rtcsim/recorder"
)

// BenchmarkExecutor measures what a suite adds to a run that passes: 200 events, 300 bytes each, of a run that itself takes no time.
func BenchmarkExecutor(b *testing.B) {
	line := fmt.Sprintf(`{"level":"warn","scope":"ice","text":"%0250d"}`, 7)
	var lines []string
	for range 200 {
		lines = append(lines, line)
	}
	c := cases(b, Selection{Run: regexp.MustCompile("^one")}, two)[0]
	e := &Executor{Machine: &fakeMachine{lines: func(recorder.Header, int) []string { return lines }}, Keep: "kept"}
	for b.Loop() {
		if _, err := e.Execute(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
