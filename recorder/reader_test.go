package recorder_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/recorder"
)

// badFile is a file that is no whole recording.
type badFile struct {
	name   string
	file   []byte
	events int    // that can be read and are not damaged
	want   string // the first error's message after the path
}

// badFiles returns one file of each kind.
func badFiles(t *testing.T) []badFile {
	file := sampleRecording(t, 0)
	text := decompress(t, file)
	lines := bytes.SplitAfter(text, []byte("\n"))
	replaceLine := func(n int, old, new string) []byte {
		t.Helper()
		line := bytes.Replace(lines[n-1], []byte(old), []byte(new), 1)
		if bytes.Equal(line, lines[n-1]) {
			t.Fatalf("line %d has no %s", n, old)
		}
		return compress(t, bytes.Join([][]byte{bytes.Join(lines[:n-1], nil), line, bytes.Join(lines[n:], nil)}, nil))
	}
	flip := func(at int) []byte {
		flipped := bytes.Clone(file)
		flipped[at] ^= 0x10
		return flipped
	}

	return []badFile{
		{"empty", nil, 0, "not a recording: the file is empty; run the scenario again"},
		{"text", []byte("peers:\n"), 0, "not a recording: it does not begin as one; give a file that rtcsim recorded"},
		{"not compressed", text, 0, "not a recording: it is not compressed; if it is the text of one, compress it with zstd"},
		{"other zstd file", compress(t, []byte("peers:\n")), 0, "not a recording: its first line is no recording's header; give a file that rtcsim recorded"},
		{"newer format", replaceLine(1, `{"rtcrec":1,"rtcsim":"v0.1.0"`, `{"rtcrec":2,"rtcsim":"v7.0.0"`), 0,
			`the recording has format 2, written by rtcsim "v7.0.0"; this rtcsim reads format 1: use one that is as new`},
		{"newer format, other fields", compress(t, []byte(`{"rtcrec":3,"rtcsim":["v8"]}`+"\n")), 0,
			"the recording has format 3, written by a newer rtcsim; this rtcsim reads format 1: use one that is as new"},
		{"header no JSON", replaceLine(1, `"seed":1`, `"seed":x`), 0,
			"the header was changed after it was recorded: it is no header any more (line 1, byte 0 of the decompressed text)"},
		{"header of other types", replaceLine(1, `"seed":1`, `"seed":-1`), 0,
			"the header was changed after it was recorded: it is no header any more (line 1, byte 0 of the decompressed text)"},
		{"header changed", replaceLine(1, `"seed":1`, `"seed":2`), 9,
			"the header was changed after it was recorded (line 1, byte 0 of the decompressed text)"},
		{"event changed", replaceLine(4, `createOffer`, `createBffer`), 8,
			fmt.Sprintf("event 3 was changed after it was recorded (line 4, byte %d of the decompressed text)", len(bytes.Join(lines[:3], nil)))},
		{"check changed", replaceLine(4, `"check":"`, `"check":"z`), 8,
			fmt.Sprintf("event 3 was changed after it was recorded (line 4, byte %d of the decompressed text)", len(bytes.Join(lines[:3], nil)))},
		{"event no JSON", replaceLine(4, `"data":{"`, `"data":{`), 8,
			fmt.Sprintf("event 3 was changed after it was recorded: it is no event any more (line 4, byte %d of the decompressed text)", len(bytes.Join(lines[:3], nil)))},
		{"garbage line", replaceLine(4, string(lines[3]), "\xff\x00garbage\n"), 8,
			fmt.Sprintf("event 3 was changed after it was recorded: it is no event any more (line 4, byte %d of the decompressed text)", len(bytes.Join(lines[:3], nil)))},
		{"event removed", replaceLine(4, string(lines[3]), ""), 7,
			fmt.Sprintf("event 3 was changed or removed after it was recorded: in its place is one with number 4 (line 4, byte %d of the decompressed text)", len(bytes.Join(lines[:3], nil)))},
		{"end changed", replaceLine(11, `"outcome":"failed"`, `"outcome":"passed"`), 9,
			fmt.Sprintf("the end line was changed after it was recorded (line 11, byte %d of the decompressed text)", len(bytes.Join(lines[:10], nil)))},
		{"end no JSON", replaceLine(11, `"outcome":"failed"`, `"outcome":failed`), 9,
			fmt.Sprintf("the end line was changed after it was recorded: it is no end any more (line 11, byte %d of the decompressed text)", len(bytes.Join(lines[:10], nil)))},
		{"end missing", compress(t, bytes.Join(lines[:10], nil)), 9,
			"the recording is cut off after event 9: its run was stopped, or the file is incomplete; run the scenario again for a whole one"},
		{"header only", compress(t, lines[0]), 0,
			"the recording is cut off before the first event: its run was stopped, or the file is incomplete; run the scenario again for a whole one"},
		{"cut in magic", file[:2], 0,
			"the recording is cut off before the first event: its run was stopped, or the file is incomplete; run the scenario again for a whole one"},
		{"cut in the checksum", file[:len(file)-1], 9,
			"the recording is whole, all 9 events are there, but the file is damaged after its end (unexpected EOF)"},
		{"checksum changed", flip(len(file) - 1), 9,
			"the recording is whole, all 9 events are there, but the file is damaged after its end (CRC check failed)"},
		{"goes on", append(bytes.Clone(file), file...), 9,
			"the recording is whole, all 9 events are there, but the file is damaged after its end (it goes on)"},
		{"garbage follows", append(bytes.Clone(file), "garbage"...), 9,
			"the recording is whole, all 9 events are there, but the file is damaged after its end (invalid input: magic number mismatch)"},
		{"window too large", append([]byte("\x28\xb5\x2f\xfd\x04\xff"), file[6:]...), 0,
			"the file is damaged before the first event and cannot be read further (window size exceeded); run the scenario again for a whole one"},
		{"long line", longLine(t), 0, "the file is damaged before the first event and cannot be read further (line 1 has more than 64 MB); run the scenario again for a whole one"},
	}
}

// TestReaderBadFiles checks the one message that each kind of bad file gives.
func TestReaderBadFiles(t *testing.T) {
	for _, test := range badFiles(t) {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.rtcrec")
			if err := os.WriteFile(path, test.file, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := recorder.Open(path)
			if err == nil {
				r, openErr := recorder.Open(path)
				if openErr != nil {
					t.Fatal(openErr)
				}
				defer r.Close()
				for err == nil {
					_, err = r.Next()
				}
			}
			if want := path + ": " + test.want; err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if got := readAll(t, test.file); len(got.events) != test.events {
				t.Errorf("%d events, want %d; %v, %v", len(got.events), test.events, got.damage, got.err)
			}
		})
	}
}

// longLine returns a file of a few kilobytes that becomes one endless line.
func longLine(t *testing.T) []byte {
	var file bytes.Buffer
	e, err := zstd.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	chunk := bytes.Repeat([]byte("a"), 1<<20)
	io.WriteString(e, `{"rtcrec":1,"rtcsim":"`)
	for range 100 {
		e.Write(chunk)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// A recording that is cut anywhere gives a beginning of its events and one error.
func TestReaderCut(t *testing.T) {
	for _, test := range []struct {
		name       string
		file       []byte
		step, cuts int // cuts is the number of places where the file can be cut
	}{
		{"every byte", flushedRecording(t, 3), 1, 15},
		{"larger", sampleRecording(t, 2000), 997, 4},
	} {
		whole := readAll(t, test.file)
		if whole.err != io.EOF || len(whole.damage) > 0 {
			t.Fatalf("%s: the whole file: %v, %v", test.name, whole.err, whole.damage)
		}
		seen := make(map[int]bool)
		for n := 0; n < len(test.file); n += test.step {
			got := readAll(t, test.file[:n])
			seen[len(got.events)] = true
			if !equalEvents(got.events, whole.events[:len(got.events)]) || len(got.damage) > 0 {
				t.Fatalf("%s: cut at %d: the events are not those recorded; %v", test.name, n, got.damage)
			}
			var cut *recorder.CutError
			switch {
			case n == 0:
				if !errors.Is(got.err, recorder.ErrNotRecording) {
					t.Errorf("%s: cut at 0: %v", test.name, got.err)
				}
			case !errors.As(got.err, &cut) || !errors.Is(cut, io.ErrUnexpectedEOF) || cut.After != uint64(len(got.events)) || cut.Ended != (got.end.Events > 0):
				t.Errorf("%s: cut at %d: %d events, %v", test.name, n, len(got.events), got.err)
			}
		}
		if len(seen) < test.cuts {
			t.Errorf("%s: cuts leave only %d different numbers of events, want %d", test.name, len(seen), test.cuts)
		}
	}
}

// flushedRecording returns the sample session as a file in which each event is a block, as in a slow run.
func flushedRecording(t *testing.T, packets int) []byte {
	var file bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		w, err := recorder.NewWriter(&file, sampleHeader())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range sampleLines(packets) {
			if err := w.Write(line); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if err := w.Close(recorder.End{}); err != nil {
			t.Fatal(err)
		}
	})
	return file.Bytes()
}

func equalEvents(a, b []recorder.Event) bool {
	return slices.EqualFunc(a, b, func(a, b recorder.Event) bool { return reflect.DeepEqual(a, b) })
}

// A bit that flips anywhere in the file is found, unless it is one that means nothing, and never makes an event that
// was not recorded pass for one that was.
func TestReaderBitFlips(t *testing.T) {
	file := flushedRecording(t, 3)
	text := decompress(t, file)
	whole := readAll(t, file)
	for at := range file {
		flipped := bytes.Clone(file)
		flipped[at] ^= 1 << (at % 8)
		got := readAll(t, flipped)
		if got.err == io.EOF && len(got.damage) == 0 && !bytes.Equal(decompress(t, flipped), text) {
			t.Errorf("byte %d: nothing was found", at)
		}
		verified := len(got.events)
		if len(got.damage) > 0 && got.damage[0].Event > 0 {
			verified = int(got.damage[0].Event) - 1
		}
		if !equalEvents(got.events[:verified], whole.events[:verified]) {
			t.Errorf("byte %d: the events are not those recorded", at)
		}
		for _, d := range got.damage {
			checkMessage(t, d)
		}
		checkMessage(t, got.err)
	}
}

// checkMessage checks that an error is one line.
func checkMessage(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r\x00") {
		t.Errorf("the message is not one line: %q", text)
	}
}

// Whatever byte of the text is changed, the reader names its line.
func TestReaderNamesChangedLine(t *testing.T) {
	text := decompress(t, sampleRecording(t, 1))
	line := 1
	for at, c := range text {
		if c == '\n' {
			line++
			continue
		}
		changed := bytes.Clone(text)
		changed[at] ^= 1
		got := readAll(t, compress(t, changed))
		if line == 1 && at < 60 {
			continue // the header's beginning has errors of its own
		}
		var damaged *recorder.DamagedError
		if len(got.damage) > 0 {
			damaged = got.damage[0]
		} else if !errors.As(got.err, &damaged) {
			t.Fatalf("byte %d of line %d: %v", at, line, got.err)
		}
		if damaged.Line != uint64(line) {
			t.Errorf("byte %d of line %d: %v", at, line, damaged)
		}
	}
}

func TestReaderHeaderChanges(t *testing.T) {
	text := string(decompress(t, sampleRecording(t, 0)))
	for _, test := range []struct {
		name, old, new string
		want           []string
	}{
		{"nothing", "", "", nil},
		{"seed", `"seed":1`, `"seed":2`, []string{"seed: 2 ≠ 1"}},
		{"guest", `"guest":"0a1b"`, `"guest":"0a1c"`, []string{"guest: 0a1c ≠ 0a1b"}},
		{"module", `v4.2.20`, `v4.2.19`, []string{"module github.com/pion/webrtc/v4: v4.2.19 ≠ v4.2.20"}},
		{"text", `  bob: {}`, `  eve: {}`, []string{"text: 9f57e43ebb1ac4b80ae9a8ad31d5ad43c57c5a27a0bd3e6a82ca9ef11ba09f46 ≠ x"}},
		{"rtcsim", `"rtcsim":"v0.1.0"`, `"rtcsim":"v0.1.1"`, []string{"header: x ≠ y"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readAll(t, compress(t, []byte(strings.Replace(text, test.old, test.new, 1))))
			var changes []string
			for _, d := range got.reader.HeaderChanges() {
				changes = append(changes, d.String())
			}
			if len(changes) == len(test.want) && (test.name == "text" || test.name == "rtcsim") {
				for i := range changes { // their values are digests
					changes[i], _, _ = strings.Cut(changes[i], ":")
					test.want[i], _, _ = strings.Cut(test.want[i], ":")
				}
			}
			if diff := cmp.Diff(test.want, changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if damaged := len(got.damage) > 0; damaged != (test.want != nil) {
				t.Errorf("damage: %v", got.damage)
			}
		})
	}
}

// A changed event's line can be had, and those after it.
func TestReaderGoesOn(t *testing.T) {
	text := decompress(t, sampleRecording(t, 0))
	changed := bytes.Replace(text, []byte(`"text":"alice: createOffer"`), []byte(`"text":"alice:`), 1)
	r, err := recorder.NewReader(bytes.NewReader(compress(t, changed)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := sampleLines(0)
	want[1] = bytes.Replace(want[1], []byte(`"text":"alice: createOffer"`), []byte(`"text":"alice:`), 1)
	for i, line := range want {
		_, err := r.Next()
		if (err != nil) != (i == 1) {
			t.Errorf("event %d: %v", i+1, err)
		}
		if !bytes.Equal(r.Line(), line) {
			t.Errorf("line of event %d is\n%s, want\n%s", i+1, r.Line(), line)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestEventValue(t *testing.T) {
	for _, test := range []struct {
		event recorder.Event
		want  string
	}{
		{recorder.Event{Seq: 1, Kind: "packet-dropped", Data: []byte(`{"id":4,"reason":"loss"}`)}, "{4   [] loss  [] []} <nil>"},
		{recorder.Event{Seq: 2, Kind: "eclipse", Data: []byte(`{}`)}, `<nil> event 2 is of the unknown kind "eclipse"`},
		{recorder.Event{Seq: 3, Kind: "packet-dropped", Data: []byte(`{"id":"4"}`)}, "<nil> event 3, a packet-dropped: json: cannot unmarshal string into Go struct field PacketEnd.id of type uint64"},
	} {
		value, err := test.event.Value()
		if got := fmt.Sprint(value, " ", err); got != test.want {
			t.Errorf("Value of event %d: %s, want %s", test.event.Seq, got, test.want)
		}
	}
}

func FuzzReader(f *testing.F) {
	file := sampleRecording(f, 2)
	text := decompress(f, file)
	f.Add(file, false)
	f.Add(file[:len(file)/2], false)
	f.Add(text, true)
	f.Add(bytes.ReplaceAll(text, []byte(`"check"`), []byte(`"chuck"`)), true)
	f.Add([]byte(`{"rtcrec":1}`+"\n"+`{"seq":1,"time":0,"kind":"step","data":{},"check":"00000000"}`+"\n"+`{"end":{}}`+"\n"), true)
	f.Fuzz(func(t *testing.T, file []byte, plain bool) {
		if plain {
			file = compress(t, file)
		}
		got := readAll(t, file)
		for _, e := range got.events {
			if e.Kind == "" || e.Data == nil {
				t.Errorf("event without kind or data: %+v", e)
			}
			e.Value()
		}
		for _, d := range got.damage {
			checkMessage(t, d)
		}
		checkMessage(t, got.err)
		if got.reader == nil {
			return
		}
		got.reader.HeaderChanges()
		a, errA := recorder.NewReader(bytes.NewReader(file))
		b, errB := recorder.NewReader(bytes.NewReader(file))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if d, _ := recorder.Compare(a, b); d != nil {
			t.Errorf("a recording differs from itself: %+v", d)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, sampleHeader())
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	lines := benchmarkLines()
	for _, line := range lines {
		size += len(line) + 1
		if err := w.Write(line); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(recorder.End{}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		r, err := recorder.NewReader(bytes.NewReader(file.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		r.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(lines)), "ns/event")
}
