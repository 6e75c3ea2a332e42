package suite

import (
	"strings"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	p := &Progress{sums: Sums{Cases: 400}}
	if got, want := p.line(time.Second), "rtcsim: 0 of 400 cases"; got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
	p.sums.Finished, p.sums.Passed = 100, 98
	if got, want := p.line(10*time.Second), "rtcsim: 100 of 400 cases, 2 not passed, 10.0 a second, about 30s left"; got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
}

// TestProgressLive sees that what does not pass stands on a line of its own, and that nothing of the line that lives is left.
func TestProgressLive(t *testing.T) {
	var out strings.Builder
	p := NewProgress(&out, true, 2)
	p.Add(&Result{Case: "one.yaml seed=1", Outcome: Passed})
	p.Add(&Result{Case: "one.yaml seed=2", Outcome: Crashed, Message: "it died"})
	p.Close()
	if got := out.String(); !strings.Contains(got, "\r\x1b[Krtcsim: ✗ one.yaml seed=2 crashed: it died\n") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("it is %q", got)
	}
}
