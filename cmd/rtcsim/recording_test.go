package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/recorder"
)

// readLines returns the lines of a recording as zstdcat would print them.
func readLines(path string) ([][]byte, error) {
	compressed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(compressed, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")), nil
}

var checkMember = regexp.MustCompile(`,"check":"[0-9a-f]{8}"}$`)

// withoutCheck returns a line as it was before the writer added its check.
func withoutCheck(line []byte) []byte { return checkMember.ReplaceAll(line, []byte("}")) }

// unpack returns the lines of a recording: the header, event n as line n, the end.
func unpack(t *testing.T, path string) [][]byte {
	t.Helper()
	lines, err := readLines(path)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// pack writes lines as a recording.
func pack(t *testing.T, path string, lines [][]byte) {
	t.Helper()
	if err := writeLines(path, lines); err != nil {
		t.Fatal(err)
	}
}

// writeLines writes lines as a recording.
func writeLines(path string, lines [][]byte) error {
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	defer encoder.Close()
	text := append(bytes.Join(lines, []byte("\n")), '\n')
	return os.WriteFile(path, encoder.EncodeAll(text, nil), 0o666)
}

// replace replaces the one place in a line where old is.
func replace(t *testing.T, line []byte, old, new string) []byte {
	t.Helper()
	if n := bytes.Count(line, []byte(old)); n != 1 {
		t.Fatalf("%q is %d times in %s", old, n, line)
	}
	return bytes.Replace(line, []byte(old), []byte(new), 1)
}

// record runs a scenario and returns the path of its recording.
func record(t *testing.T, text string, args ...string) (path string) {
	t.Helper()
	dir := write(t, "call.yaml", text)
	rtcsim(t, dir, slices.Concat([]string{"run", "call.yaml"}, args)...).want(t, exitOK, "", "")
	return filepath.Join(dir, "call.rtcrec")
}

// readRecording reads a whole recording, checks that it verifies, and returns what it holds.
func readRecording(t *testing.T, path string) ([]recorder.Event, recorder.End) {
	t.Helper()
	r, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var events []recorder.Event
	for {
		e, err := r.Next()
		if end, ok := r.End(); ok {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			if changes := r.HeaderChanges(); len(changes) > 0 {
				t.Fatalf("the header does not fit: %v", changes)
			}
			return events, end
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
}

// decode decodes the data of an event.
func decode[T any](t *testing.T, e recorder.Event) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(e.Data, &v); err != nil {
		t.Fatalf("event %d, a %s: %v", e.Seq, e.Kind, err)
	}
	return v
}
