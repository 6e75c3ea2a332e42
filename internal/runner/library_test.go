package runner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// library is the folder of the scenarios that come with rtcsim.
const library = "../../scenarios"

// otherSeed is a seed that no scenario has.
const otherSeed = 20

// TestLibrary runs the variants of every scenario that comes with rtcsim: it passes on its own seed and replays identically, the
// first variant on another seed, too; each of its expectations is decided and fails where it is turned around, and so does each
// call that is to fail. What the flips cannot tell is whether an expectation could ever not hold; that the whole does not always
// hold is seen in a run in which no step is taken.
func TestLibrary(t *testing.T) {
	files := libraryFiles(t)
	r := open(t, 0)
	// Within one group, whose end the runner waits for.
	t.Run("all", func(t *testing.T) {
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(library, file))
			if err != nil {
				t.Fatal(err)
			}
			s := readScenario(t, file, text, "")
			seen := map[scenario.Pos]bool{}
			for i, variant := range variantsOf(t, s, file, text) {
				before := len(seen)
				for _, e := range readScenario(t, file, text, variant).Expect {
					seen[e.Pos] = true
				}
				news := i == 0 || len(seen) > before // it expects something that no variant before it does
				name := strings.TrimSuffix(file, ".yaml")
				if variant != "" {
					name += " " + variant
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l := entry{runner: r, file: file, text: text, variant: variant, seed: s.Seed}
					l.replays(t, l.seed, recorder.PacketsFull)
					// Media takes the most time by far.
					media := strings.HasPrefix(file, "media/")
					if i == 0 && !media {
						l.replays(t, otherSeed, l.packets())
					}
					if !news {
						return
					}
					if !testing.Short() || !media {
						l.flips(t)
					}
					l.idles(t)
					l.rejects(t)
				})
			}
		}
	})
}

// variantsOf returns the variants that are run: all of them, or of very many those that expect something which none before does.
func variantsOf(t *testing.T, s *scenario.Scenario, file string, text []byte) []string {
	t.Helper()
	const many = 20
	variants := s.Variants()
	if len(variants) <= many {
		return variants
	}
	var some []string
	seen := map[scenario.Pos]bool{}
	for _, variant := range variants {
		before := len(seen)
		for _, e := range readScenario(t, file, text, variant).Expect {
			seen[e.Pos] = true
		}
		if len(seen) > before {
			some = append(some, variant)
		}
	}
	return some
}

// TestLibraryDescribes sees that every scenario says what it is about, where to read more, and what must hold.
func TestLibraryDescribes(t *testing.T) {
	link := regexp.MustCompile(`(?m)^- https://\S+`)
	for _, file := range libraryFiles(t) {
		text, err := os.ReadFile(filepath.Join(library, file))
		if err != nil {
			t.Fatal(err)
		}
		s := readScenario(t, file, text, "")
		switch before, _, found := strings.Cut(s.Description, "https://"); {
		case s.Name == "" || s.Description == "":
			t.Errorf("%s has no name or no description", file)
		case !found || !link.MatchString(s.Description):
			t.Errorf("%s has no link in its description, such as\n  - https://www.w3.org/TR/webrtc/", file)
		case len(strings.Fields(before)) < 10:
			t.Errorf("%s is described by a link only", file)
		}
		if len(s.Tags) == 0 {
			t.Errorf("%s has no tags", file)
		}
		if len(s.Expect) == 0 {
			t.Errorf("%s expects nothing", file)
		}
	}
}

// libraryFiles returns the scenarios that come with rtcsim, but for what others include.
func libraryFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(os.DirFS(library), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(filepath.Join(library, path))
		if err == nil && strings.Contains("\n"+string(text), "\npeers:") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 50 {
		t.Fatalf("%d scenarios, error %v", len(files), err)
	}
	return files
}

func readScenario(t *testing.T, file string, text []byte, variant string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Source{File: filepath.Base(file), Text: text, Open: beside(file), Variant: variant}.Read()
	if err != nil {
		t.Fatalf("%s: %v\n%s", file, err, text)
	}
	return s
}

// beside returns what opens a file in the folder of a scenario, by its path from there.
func beside(file string) func(path string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(library, filepath.Dir(file), filepath.FromSlash(path)))
	}
}

// An entry is a variant of a scenario.
type entry struct {
	runner        *runner.Runner
	file, variant string
	text          []byte
	seed          uint64
}

// header returns the header of a run of the entry with a text, in which are the files that it includes.
func (l *entry) header(t *testing.T, text []byte, seed uint64, packets string) recorder.Header {
	t.Helper()
	h := l.runner.Header(l.file, text, seed, recorder.Options{Packets: packets, Variant: l.variant})
	for _, path := range readScenario(t, l.file, text, l.variant).Files[1:] {
		included, err := beside(l.file)(path)
		if err != nil {
			t.Fatal(err)
		}
		h.Include(path, included)
	}
	return h
}

// run runs the entry, with another text where it has changed, and returns the verdicts.
func (l *entry) run(t *testing.T, text []byte) ([]recorder.Verdict, recorder.End) {
	t.Helper()
	h := l.header(t, text, l.seed, l.packets())
	var verdicts []recorder.Verdict
	end, _, err := l.runner.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		verdicts = appendVerdict(t, verdicts, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return verdicts, end
}

// packets is what has to be recorded of packets, at the least, for what is expected to be decided.
func (l *entry) packets() string {
	if bytes.Contains(l.text, []byte("event: packet")) {
		return recorder.PacketsHeaders
	}
	return recorder.PacketsNone
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

// replays records the scenario with a seed and replays it. On its own seed it must pass; on another one some of what it expects
// may not hold.
func (l *entry) replays(t *testing.T, seed uint64, packets string) {
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	h := l.header(t, l.text, seed, packets)
	var verdicts []recorder.Verdict
	end, _, err := l.runner.Record(t.Context(), path, h, sandbox.Limits{}, func(line []byte) {
		verdicts = appendVerdict(t, verdicts, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case end.Outcome == recorder.OutcomePassed:
	case end.Outcome == recorder.OutcomeFailed && seed != l.seed:
		t.Logf("with seed %d, this did not hold:\n%s", seed, failed(verdicts))
	default:
		t.Errorf("seed %d: %s: %s %s\n%s", seed, end.Outcome, end.Message, end.Detail, failed(verdicts))
	}
	if packets != recorder.PacketsNone {
		checkBooks(t, path)
	}
	replay, err := l.runner.Replay(t.Context(), func() (*recorder.Reader, error) { return recorder.Open(path) }, sandbox.Limits{}, false)
	if err != nil {
		t.Fatal(err)
	}
	if !replay.Identical() || replay.Equal != end.Events || replay.Outcome != end.Outcome {
		t.Errorf("seed %d: the replay is another run: %d of %d events are the same, then %+v", seed, replay.Equal, end.Events, replay.Divergence)
	}
}

// flips turns every expectation around, all of them in one run, and sees that each of them fails, and nothing else does: it could
// have failed. One run is as good as one for each, since an expectation moves nothing in the run, and one that fails neither ends
// it nor keeps the others from being decided.
func (l *entry) flips(t *testing.T) {
	document, root := parse(t, l.text)
	wrap(root)
	text := marshal(t, document)
	s := readScenario(t, l.file, text, l.variant)
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
	verdicts, end := l.run(t, text)
	if end.Outcome != recorder.OutcomeFailed {
		t.Errorf("with all expectations turned around, the run ended as %q: %s %s", end.Outcome, end.Message, end.Detail)
	}
	for _, v := range verdicts {
		k := key(v.Line, v.Text)
		_, flipped := expected[k]
		switch {
		case flipped && v.Held:
			t.Errorf("turned around, it holds as well: %s", v.Text)
		case flipped && strings.HasPrefix(v.Text, "not: ") && v.Seen != "it held":
			t.Errorf("turned around, %s failed because of %q", v.Text, v.Seen)
		case !flipped && !v.Held:
			t.Errorf("with the expectations turned around, this failed, too: %s: %s", v.Text, v.Seen)
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
func (l *entry) idles(t *testing.T) {
	document, root := parse(t, l.text)
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
	s := readScenario(t, l.file, text, l.variant)
	var lines []int
	for _, e := range s.Expect {
		lines = append(lines, e.Line)
	}
	verdicts, _ := l.run(t, text)
	if !slices.ContainsFunc(verdicts, func(v recorder.Verdict) bool { return !v.Held && slices.Contains(lines, v.Line) }) {
		t.Errorf("all that is expected holds as well where no step is taken:\n%s", failed(verdicts))
	}
}

// rejects takes away each word that a call is to fail, one after the other, and sees that the run fails by that call.
func (l *entry) rejects(t *testing.T) {
	_, root := parse(t, l.text)
	for i := range len(keyed(root, "rejects")) {
		document, root := parse(t, l.text)
		step := keyed(root, "rejects")[i]
		at := slices.Index(mappings(document), step)
		remove(step, "rejects")
		text := marshal(t, document)
		verdicts, end := l.run(t, text)
		if end.Outcome != recorder.OutcomeFailed {
			t.Errorf("without rejects, the run ended as %q: %s %s\n%s", end.Outcome, end.Message, end.Detail, marshal(t, step))
			continue
		}
		document, _ = parse(t, text)
		line := mappings(document)[at].Line
		found := false
		for _, v := range verdicts {
			found = found || !v.Held && v.Line == line
		}
		if !found {
			t.Errorf("without rejects, the call in line %d did not fail, but:\n%s\n%s", line, failed(verdicts), marshal(t, step))
		}
	}
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
