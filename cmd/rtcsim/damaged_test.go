package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDamagedRecording replays files that are no whole recordings. Each gives one clear message.
func TestDamagedRecording(t *testing.T) {
	t.Parallel()
	path := record(t, call)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := unpack(t, path)
	repacked := func(edit func(lines [][]byte) [][]byte) []byte {
		path := filepath.Join(t.TempDir(), "repacked")
		pack(t, path, edit(append([][]byte(nil), lines...)))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	type test struct {
		name    string
		content []byte
		message string
	}
	tests := []test{
		{"empty", nil, "not a recording: the file is empty"},
		{"one byte", whole[:1], "the recording is cut off before the first event"},
		{"wrong magic", append([]byte("RIFF"), whole[4:]...), "not a recording: it does not begin as one"},
		{"text", []byte("name: a scenario\n"), "not a recording: it does not begin as one"},
		{"not compressed", bytes.Join(lines, []byte("\n")), "not a recording: it is not compressed"},
		{"something else compressed", repacked(func([][]byte) [][]byte { return [][]byte{[]byte(`{"name":"else"}`)} }), "not a recording: its first line is no recording's header"},
		{"nothing compressed", repacked(func([][]byte) [][]byte { return nil }), "not a recording: its first line is no recording's header"},
		{"foreign version", repacked(func(l [][]byte) [][]byte {
			l[0] = replace(t, l[0], `{"rtcrec":1,`, `{"rtcrec":2,`)
			return l
		}), "the recording has format 2, written by rtcsim "},
		{"no version", repacked(func(l [][]byte) [][]byte {
			l[0] = replace(t, l[0], `{"rtcrec":1,`, `{"rtcrec":"one",`)
			return l
		}), "the header was changed after it was recorded: it is no header any more"},
		{"header alone", repacked(func(l [][]byte) [][]byte { return l[:1] }), "the recording is cut off before the first event"},
		{"no end", repacked(func(l [][]byte) [][]byte { return l[:50] }), "the recording is cut off after event 49"},
		{"end changed", repacked(func(l [][]byte) [][]byte {
			l[len(l)-1] = replace(t, l[len(l)-1], `"outcome":"passed"`, `"outcome":"failed"`)
			return l
		}), "the end line was changed after it was recorded"},
		{"something after the end", append(bytes.Clone(whole), "more"...), fmt.Sprintf("all %d events are there, but the file is damaged after its end", len(lines)-2)},
		{"twice", append(bytes.Clone(whole), whole...), "but the file is damaged after its end (it goes on)"},
	}
	for i := 1; i < 10; i++ {
		tests = append(tests, test{fmt.Sprintf("cut at %d tenths", i), whole[:len(whole)*i/10], "the recording is cut off "})
	}
	for i := 1; i < 10; i++ {
		b := bytes.Clone(whole)
		copy(b[len(b)*i/10:], bytes.Repeat([]byte{0xff}, 64))
		tests = append(tests, test{fmt.Sprintf("garbage at %d tenths", i), b, ""})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "bad.rtcrec"), test.content, 0o666); err != nil {
				t.Fatal(err)
			}
			r := rtcsim(t, dir, "replay", "bad.rtcrec")
			refused(t, r, test.message)
		})
	}
	t.Run("folder", func(t *testing.T) {
		refused(t, rtcsim(t, "", "replay", t.TempDir()), "is a directory")
	})
	t.Run("missing", func(t *testing.T) {
		refused(t, rtcsim(t, t.TempDir(), "replay", "bad.rtcrec"), "open bad.rtcrec: no such file or directory")
	})
}

// progressLine is what a slow machine says about the guest before it comes to the recording.
var progressLine = regexp.MustCompile(`(?m)^rtcsim: (building|preparing) the guest .*\n`)

// refused checks that a file was refused with one clear message.
func refused(t *testing.T, r result, message string) {
	t.Helper()
	if strings.Contains(r.stderr+r.stdout, "goroutine ") {
		t.Errorf("there is a stack: %v", r)
	}
	if strings.Contains(r.stdout, "✓") {
		t.Errorf("it is called good: %v", r)
	}
	// Garbage in compressed data may decode to other text, which is then an event that differs.
	stderr := progressLine.ReplaceAllString(r.stderr, "")
	if message == "" && r.status == exitFailed && strings.Contains(r.stdout, " differs\n") && stderr == "" {
		return
	}
	r.want(t, exitFatal, "", message)
	if !strings.HasPrefix(stderr, "rtcsim: ") || strings.Count(stderr, "rtcsim: ") != 1 {
		t.Errorf("it is not one message: %v", r)
	}
}
