package scenarios_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/scenarios"
)

// TestTopics checks that each folder is a topic, and each topic a folder.
func TestTopics(t *testing.T) {
	entries, err := fs.ReadDir(scenarios.Files, ".")
	if err != nil {
		t.Fatal(err)
	}
	var folders, topics []string
	for _, e := range entries {
		folders = append(folders, e.Name())
	}
	for _, topic := range scenarios.Topics {
		topics = append(topics, topic.Name)
		if !strings.HasSuffix(topic.Summary, ".") {
			t.Errorf("the summary of %s is no sentence: %q", topic.Name, topic.Summary)
		}
	}
	slices.Sort(topics)
	if !slices.Equal(folders, topics) {
		t.Errorf("there are the folders\n%q, but the topics\n%q", folders, topics)
	}
}
