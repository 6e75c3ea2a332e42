package scenario_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// TestExamples reads the example of every key, and has the schema validate it.
func TestExamples(t *testing.T) {
	validate := compileSchema(t)
	examples := scenario.KeyExamples()
	if len(examples) < 100 {
		t.Errorf("there are only %d examples", len(examples))
	}
	for _, e := range examples {
		open := func(string) ([]byte, error) { return []byte("network: {office: {}}\n"), nil }
		_, err := scenario.Source{File: "example.yaml", Text: []byte(e.Text), Open: open}.Read()
		if err != nil {
			t.Errorf("%s: %v\n%s", e.Name, err, e.Text)
		} else if err := validate([]byte(e.Text)); err != nil {
			t.Errorf("%s: %v\n%s", e.Name, err, e.Text)
		}
	}
}

// TestExamplesRun runs the examples of steps: all of them come to their end.
func TestExamplesRun(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the guest")
	}
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	runs := 0
	for _, e := range scenario.KeyExamples() {
		if !e.Runs {
			continue
		}
		runs++
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			s, err := scenario.Read("example.yaml", []byte(e.Text))
			if err != nil {
				t.Fatal(err)
			}
			var events []string
			h := r.Header("example.yaml", []byte(e.Text), 1, recorder.Options{Packets: recorder.PacketsNone})
			end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
				events = append(events, string(line))
				return nil
			})
			last := s.Steps[len(s.Steps)-1]
			began := strings.Contains(strings.Join(events, "\n"), `"kind":"step","data":{"path":"`+last.Path+`",`)
			if err != nil || end.Outcome != recorder.OutcomePassed || !began {
				t.Errorf("%v %s %s (the step began: %v)\n%s", err, end.Outcome, end.Message, began, e.Text)
			}
		})
	}
	if runs < 20 {
		t.Errorf("only %d examples were run", runs)
	}
}

// TestDocsExamples reads the YAML in the part of docs/scenario.md that people have written.
func TestDocsExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	validate := compileSchema(t)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 3 {
		t.Errorf("found only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		scenarioText := string(block[1])
		if !strings.Contains(scenarioText, "peers:") {
			scenarioText += "peers: {alice: {}, bob: {}}\n"
		}
		if !strings.Contains(scenarioText, "steps:") {
			scenarioText += "steps: [{alice: createDataChannel, with: {label: chat}}]\n"
		}
		if _, err := scenario.Read("docs.yaml", []byte(scenarioText)); err != nil {
			t.Errorf("%v\n%s", err, scenarioText)
		}
		if err := validate([]byte(scenarioText)); err != nil {
			t.Errorf("%v\n%s", err, scenarioText)
		}
	}
}
