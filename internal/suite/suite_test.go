package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// A fakeMachine makes the events that a test says, instead of running anything.
type fakeMachine struct {
	mu   sync.Mutex
	runs map[string]int // by what is run, how often
	// lines returns the data of the events of a run, which is the nth of its kind, from 0.
	lines func(h recorder.Header, n int) []string
	end   func(h recorder.Header) recorder.End
}

func (*fakeMachine) Header(file string, text []byte, seed uint64, options recorder.Options) recorder.Header {
	return recorder.Header{Identity: recorder.Identity{Scenario: filepath.Base(file), Seed: seed, Options: options}, Text: string(text)}
}

func (m *fakeMachine) Run(ctx context.Context, h recorder.Header, _ sandbox.Limits, emit func([]byte) error) (recorder.End, sandbox.Stats, error) {
	m.mu.Lock()
	id := fmt.Sprint(h.Scenario, h.Options.Variant, h.Seed)
	if m.runs == nil {
		m.runs = map[string]int{}
	}
	n := m.runs[id]
	m.runs[id]++
	m.mu.Unlock()
	if ctx.Err() != nil {
		return recorder.End{Outcome: recorder.OutcomeInterrupted}, sandbox.Stats{}, nil
	}
	end := recorder.End{Outcome: recorder.OutcomePassed}
	for i, data := range m.lines(h, n) {
		kind := "log"
		if strings.Contains(data, `"held":`) {
			kind = "verdict"
		}
		if strings.Contains(data, `"held":false`) {
			end = recorder.End{Outcome: recorder.OutcomeFailed, Message: "1 of what was expected did not hold"}
		}
		if err := emit(fmt.Appendf(nil, `{"seq":%d,"time":%d,"kind":"%s","data":%s}`, i+1, i*1000, kind, data)); err != nil {
			return recorder.End{}, sandbox.Stats{}, err
		}
	}
	if m.end != nil {
		end = m.end(h)
	}
	return end, sandbox.Stats{Virtual: time.Second, Wall: time.Millisecond, Memory: 1 << 20}, nil
}

// quiet is a run in which nothing happens but what its seed says.
func quiet(h recorder.Header, _ int) []string {
	return []string{fmt.Sprintf(`{"level":"warn","scope":"ice","text":"seed %d"}`, h.Seed), `{"text":"all is well","line":3,"held":true}`}
}

// cases returns the cases of scenarios, which are written to the working directory.
func cases(t testing.TB, s Selection, files map[string]string) []*Case {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := library.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Select(sources, s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func seeds(t *testing.T, text string) Seeds {
	t.Helper()
	s, err := ParseSeeds(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func share(t *testing.T, text string) Share {
	t.Helper()
	s, err := ParseShare(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ids(cases []*Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.ID())
	}
	return all
}

// two are two scenarios, one of them with a matrix.
var two = map[string]string{
	"one.yaml":        "name: First\nseed: 7\ntags: [short, nat]\npeers: {alice: {}}\n",
	"more/two.yaml":   "name: Second\ntags: [slow]\nmatrix: {loss: [0%, 5%]}\nnetwork: {home: {link: {loss: '${loss}'}}}\npeers: {alice: {network: home}}\nexpect: [alice.connectionState == \"new\"]\n",
	"more/parts.yaml": "network: {home: {link: {delay: 20ms}}}\n",
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
