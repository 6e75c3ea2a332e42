package suite

import (
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/recorder"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata with what the tests see")

func TestSummary(t *testing.T) {
	results := some()
	for _, r := range results {
		if r.Variant == "" {
			continue
		}
		r.Failures = []Failure{{
			Kind: KindExpectation, Text: `bob.connectionState == "connected"`, File: "more/two.yaml", Line: 6, Source: `  - bob.connectionState == "connected"`,
			Seen: `bob.connectionState was "checking"`, Time: 10 * time.Second,
			Before: []recorder.Nearby{{Seq: 3, Time: time.Second, Text: "alice setRemoteDescription(answer)"}, {Seq: 4, Time: 2 * time.Second, Text: "bob iceconnectionstatechange checking"}},
		}}
	}
	var out strings.Builder
	s := Summary{Sums: sumsOf(results), Results: results, Cores: 2, Memory: 100 << 20}
	s.Sums.Cases, s.Sums.Stopped = 8, StoppedInterrupted
	s.Print(&out, lipgloss.NewRenderer(io.Discard))
	const golden = "testdata/summary.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("it is\n%s\nwant\n%s", &out, want)
	}
}

func TestRanges(t *testing.T) {
	for want, seeds := range map[string][]uint64{"": nil, "7": {7}, "1..3": {1, 2, 3}, "1..2,4,9..10": {1, 2, 4, 9, 10}} {
		if got := ranges(seeds); got != want {
			t.Errorf("%v is %s, want %s", seeds, got, want)
		}
	}
}
