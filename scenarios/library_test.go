package scenarios_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/internal/books"
	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// otherSeed is a seed that no scenario has.
const otherSeed = 20

// TestLibrary runs the variants of every scenario of the library. Each passes on its own seed and replays identically. Each of its
// expectations is decided, and fails where it is turned around; that is seen on another seed, so that all of them hold there as
// well. Each call that is to fail is missed where it is not expected to. What the flips cannot tell is whether an expectation
// could ever not hold; that the whole does not always hold is seen in a run in which no step is taken.
func TestLibrary(t *testing.T) {
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	// Within one group, whose end the runner waits for.
	t.Run("all", func(t *testing.T) {
		for _, source := range sources(t) {
			for _, e := range entries(t, r, source) {
				t.Run(strings.TrimSpace(source.Name+" "+e.Variant), func(t *testing.T) {
					t.Parallel()
					e.replays(t)
					if testing.Short() && slices.Contains(e.Tags, "slow") {
						return
					}
					if len(e.expects) > 0 {
						e.flips(t)
						e.idles(t)
					}
					e.rejects(t)
				})
			}
		}
	})
}

// sources returns the scenarios of the library.
func sources(t *testing.T) []*library.Source {
	t.Helper()
	var all []*library.Source
	for _, name := range library.Names() {
		source, err := library.BuiltIn(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, source)
	}
	if len(all) < 100 {
		t.Fatalf("there are %d scenarios only", len(all))
	}
	return all
}

// An entry is a variant of a scenario.
type entry struct {
	*scenario.Scenario
	runner *runner.Runner
	source *library.Source
	// expects and refused are the lines of what it expects, and of the calls that are to fail, if no variant before it has them.
	expects, refused map[int]bool
}

// entries returns the variants that are run: all of them, or of very many those that expect something which none before does.
func entries(t *testing.T, r *runner.Runner, source *library.Source) []*entry {
	t.Helper()
	const many = 20
	variants, err := source.All()
	if err != nil {
		t.Fatalf("%s: %v", source.Name, err)
	}
	var all []*entry
	seen := map[int]bool{}
	for _, s := range variants {
		e := &entry{s, r, source, map[int]bool{}, map[int]bool{}}
		add := func(lines map[int]bool, line int) {
			if !seen[line] {
				seen[line], lines[line] = true, true
			}
		}
		for _, expected := range s.Expect {
			add(e.expects, expected.Line)
		}
		for step := range s.All() {
			if call, ok := step.Action.(*scenario.Call); ok && call.Rejects != "" {
				add(e.refused, step.Line)
			}
		}
		if len(variants) <= many || len(e.expects) > 0 {
			all = append(all, e)
		}
	}
	return all
}

// header returns the header of a run of the entry with a text instead of its own.
func (e *entry) header(text []byte, seed uint64, packets string) recorder.Header {
	h := e.runner.Header(e.source.File, text, seed, recorder.Options{Packets: packets, Variant: e.Variant})
	for _, path := range e.Files[1:] {
		h.Include(path, e.source.Included(path))
	}
	return h
}

// run runs the entry with a text instead of its own, and returns the verdicts.
func (e *entry) run(t *testing.T, text []byte, seed uint64) ([]recorder.Verdict, recorder.End) {
	t.Helper()
	// What is expected may be about packets, which have to be recorded then.
	packets := recorder.PacketsNone
	if bytes.Contains(text, []byte("event: packet")) {
		packets = recorder.PacketsHeaders
	}
	var verdicts []recorder.Verdict
	end, _, err := e.runner.Run(t.Context(), e.header(text, seed, packets), sandbox.Limits{}, func(line []byte) error {
		verdicts = appendVerdict(t, verdicts, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return verdicts, end
}

// read reads the entry with a text instead of its own.
func (e *entry) read(t *testing.T, text []byte) *scenario.Scenario {
	t.Helper()
	open := func(path string) ([]byte, error) { return e.source.Included(path), nil }
	s, err := scenario.Source{File: e.source.File, Text: text, Open: open, Variant: e.Variant}.Read()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// appendVerdict appends the verdict that a line of a recording is, if it is one.
func appendVerdict(t *testing.T, verdicts []recorder.Verdict, line []byte) []recorder.Verdict {
	if !bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"verdict"`)) {
		return verdicts
	}
	var e struct{ Data recorder.Verdict }
	if err := json.Unmarshal(line, &e); err != nil {
		t.Error(err)
	}
	return append(verdicts, e.Data)
}

// failed tells which verdicts were against a run.
func failed(verdicts []recorder.Verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		if !v.Held {
			fmt.Fprintf(&b, "line %d: %s: %s\n", v.Line, v.Text, v.Seen)
		}
	}
	return b.String()
}

// replays records the scenario, sees that it passes and that the books of its packets balance, and replays it.
func (e *entry) replays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	var verdicts []recorder.Verdict
	end, _, err := e.runner.Record(t.Context(), path, e.header(e.source.Text, e.Seed, recorder.PacketsFull), sandbox.Limits{}, func(line []byte) {
		verdicts = appendVerdict(t, verdicts, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	if end.Outcome != recorder.OutcomePassed {
		t.Errorf("seed %d: %s: %s %s\n%s", e.Seed, end.Outcome, end.Message, end.Detail, failed(verdicts))
	}
	recording, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer recording.Close()
	if err := books.Check(recording); err != nil {
		t.Error(err)
	}
	replay, err := e.runner.Replay(t.Context(), func() (*recorder.Reader, error) { return recorder.Open(path) }, sandbox.Limits{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if !replay.Identical() || replay.Equal != end.Events || replay.Outcome != end.Outcome {
		t.Errorf("the replay is another run: %d of %d events are the same, then %+v", replay.Equal, end.Events, replay.Divergence)
	}
}

// flips turns every expectation around, all of them in one run, and sees that each of them fails, and nothing else does: it could
// have failed. One run is as good as one for each, since an expectation moves nothing in the run, and one that fails neither ends
// it nor keeps the others from being decided.
func (e *entry) flips(t *testing.T) {
	document, root := parse(t, e.source.Text)
	wrap(root)
	text := marshal(t, document)
	s := e.read(t, text)
	expected := map[string]bool{} // by line and text, whether it was decided
	key := func(line int, text string) string { return fmt.Sprintf("line %d: %s", line, text) }
	add := func(e *scenario.Expectation) {
		expected[key(e.Line, e.Text)] = false
	}
	for _, e := range s.Expect {
		add(e)
	}
	for step := range s.All() {
		if e, ok := step.Action.(*scenario.Expect); ok {
			add(e.That)
		}
	}
	verdicts, end := e.run(t, text, otherSeed)
	if end.Outcome != recorder.OutcomeFailed {
		t.Errorf("with all expectations turned around, the run ended as %q: %s %s", end.Outcome, end.Message, end.Detail)
	}
	for _, v := range verdicts {
		k := key(v.Line, v.Text)
		_, flipped := expected[k]
		switch {
		case flipped && v.Held:
			t.Errorf("turned around, it holds with seed %d: %s", otherSeed, v.Text)
		case flipped && strings.HasPrefix(v.Text, "not: ") && v.Seen != "it held":
			t.Errorf("turned around, %s failed because of %q", v.Text, v.Seen)
		case !flipped && !v.Held:
			t.Errorf("with the expectations turned around, this failed with seed %d: %s: %s", otherSeed, v.Text, v.Seen)
		}
		if flipped {
			expected[k] = true
		}
	}
	for k, decided := range expected {
		if !decided {
			t.Errorf("never decided: %s", k)
		}
	}
}

// idles keeps every step from beginning and sees that the scenario expects something that does not hold where nothing happens.
func (e *entry) idles(t *testing.T) {
	document, root := parse(t, e.source.Text)
	for i := 0; i < len(root.Content); i += 2 {
		lists := []*yaml.Node{root.Content[i+1]}
		switch root.Content[i].Value {
		case "scripts":
			lists = slices.DeleteFunc(slices.Clone(root.Content[i+1].Content), func(n *yaml.Node) bool { return n.Kind != yaml.SequenceNode })
		case "steps":
		default:
			continue
		}
		for _, list := range lists {
			_, forever := parse(t, []byte("wait: now > 24h"))
			list.Content = slices.Insert(list.Content, 0, forever)
		}
	}
	text := marshal(t, document)
	var lines []int
	for _, expected := range e.read(t, text).Expect {
		lines = append(lines, expected.Line)
	}
	verdicts, _ := e.run(t, text, e.Seed)
	if !slices.ContainsFunc(verdicts, func(v recorder.Verdict) bool { return !v.Held && slices.Contains(lines, v.Line) }) {
		t.Errorf("all that is expected holds as well where no step is taken:\n%s", failed(verdicts))
	}
}

// rejects takes away each word that a call is to fail, one after the other, and sees that the run fails by that call.
func (e *entry) rejects(t *testing.T) {
	_, root := parse(t, e.source.Text)
	for i, step := range keyed(root, "rejects") {
		if !e.refused[step.Line] {
			continue // of another variant
		}
		document, root := parse(t, e.source.Text)
		step := keyed(root, "rejects")[i]
		at := slices.Index(mappings(document), step)
		remove(step, "rejects")
		text := marshal(t, document)
		verdicts, end := e.run(t, text, e.Seed)
		if end.Outcome != recorder.OutcomeFailed {
			t.Errorf("without rejects, the run ended as %q: %s %s\n%s", end.Outcome, end.Message, end.Detail, marshal(t, step))
			continue
		}
		document, _ = parse(t, text)
		line := mappings(document)[at].Line
		if !slices.ContainsFunc(verdicts, func(v recorder.Verdict) bool { return !v.Held && v.Line == line }) {
			t.Errorf("without rejects, the call in line %d did not fail, but:\n%s\n%s", line, failed(verdicts), marshal(t, step))
		}
	}
}

// parse returns the nodes of a scenario's text: the document and its mapping.
func parse(t *testing.T, text []byte) (document, root *yaml.Node) {
	t.Helper()
	document = new(yaml.Node)
	if err := yaml.Unmarshal(text, document); err != nil {
		t.Fatal(err)
	}
	return document, document.Content[0]
}

func marshal(t *testing.T, n *yaml.Node) []byte {
	t.Helper()
	text, err := yaml.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// mappings returns all mappings below a node.
func mappings(n *yaml.Node) []*yaml.Node {
	var all []*yaml.Node
	if n.Kind == yaml.MappingNode {
		all = append(all, n)
	}
	for _, child := range n.Content { // not what an alias stands for: that is changed where it is
		all = append(all, mappings(child)...)
	}
	return all
}

// keyed returns the mappings below a node that have a key.
func keyed(n *yaml.Node, key string) []*yaml.Node {
	var some []*yaml.Node
	for _, m := range mappings(n) {
		for i := 0; i < len(m.Content); i += 2 {
			if m.Content[i].Value == key {
				some = append(some, m)
			}
		}
	}
	return some
}

// remove takes a key out of a mapping.
func remove(m *yaml.Node, key string) {
	for i := 0; i < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = append(m.Content[:i:i], m.Content[i+2:]...)
			return
		}
	}
}

// wrap turns all expectations below a node around: the entries of the scenario's expect, those that depend on the matrix too, and the
// expect steps.
func wrap(root *yaml.Node) {
	not := func(inner *yaml.Node) *yaml.Node {
		if inner.Kind == yaml.MappingNode && inner.Content[0].Value == "not" {
			return inner.Content[1]
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "not"}
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{key, inner}}
	}
	var all func(list *yaml.Node)
	all = func(list *yaml.Node) {
		for j, entry := range list.Content {
			if hasKey(entry, "when") {
				for i := 0; i < len(entry.Content); i += 2 {
					if key := entry.Content[i].Value; key == "then" || key == "else" {
						all(entry.Content[i+1])
					}
				}
				continue
			}
			list.Content[j] = not(entry)
		}
	}
	for _, m := range keyed(root, "expect") {
		for i := 0; i < len(m.Content); i += 2 {
			value := m.Content[i+1]
			switch {
			case m.Content[i].Value != "expect":
			case value.Kind == yaml.SequenceNode:
				all(value)
			default:
				m.Content[i+1] = not(value)
			}
		}
	}
}

// hasKey tells whether a node is a mapping with a key.
func hasKey(n *yaml.Node, key string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}
