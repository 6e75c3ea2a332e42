package recorder_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

// including returns the header of a scenario that includes a file with that text.
func including(text string) recorder.Header {
	h := sampleHeader()
	h.Options.Variant = "loss=5%"
	h.Include("common/networks.yaml", []byte(text))
	return h
}

func TestHeaderIncluded(t *testing.T) {
	h := including("network: {}\n")
	if text, err := h.Included("common/networks.yaml"); err != nil || string(text) != "network: {}\n" {
		t.Errorf("Included = %q, %v", text, err)
	}
	if _, err := h.Included("networks.yaml"); err == nil || err.Error() != "the recording does not hold networks.yaml" {
		t.Errorf("Included of what is not there = %v", err)
	}
}

func TestIdentityDiffIncludes(t *testing.T) {
	a, b, without := including("a").Identity, including("b").Identity, sampleHeader().Identity
	fields := func(diffs []recorder.Difference) (fields []string) {
		for _, d := range diffs {
			fields = append(fields, d.Field)
		}
		return fields
	}
	for _, test := range []struct {
		name  string
		diffs []recorder.Difference
		want  []string
	}{
		{"the same", a.Diff(a), nil},
		{"another text", a.Diff(b), []string{"include common/networks.yaml"}},
		{"none", a.Diff(without), []string{"options.variant", "include common/networks.yaml"}},
		{"one more", without.Diff(a), []string{"options.variant", "include common/networks.yaml"}},
	} {
		if diff := cmp.Diff(test.want, fields(test.diffs)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestReaderIncludedText changes the text of an included file in a recording.
func TestReaderIncludedText(t *testing.T) {
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, including("network: {home: {}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed}); err != nil {
		t.Fatal(err)
	}
	text := string(decompress(t, file.Bytes()))
	if changes := readAll(t, compress(t, []byte(text))).reader.HeaderChanges(); len(changes) > 0 {
		t.Errorf("changes without any: %v", changes)
	}
	changed := strings.Replace(text, "{home: {}}", "{work: {}}", 1)
	changes := readAll(t, compress(t, []byte(changed))).reader.HeaderChanges()
	if len(changes) == 0 || changes[0].Field != "text of common/networks.yaml" {
		t.Errorf("changes %v, want the text of common/networks.yaml", changes)
	}
}
