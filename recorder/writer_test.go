package recorder_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	w, err := recorder.Create(path, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	lines := sampleLines(3)
	for _, line := range lines {
		if err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there before Close: %v", err)
	}
	if err := w.Close(recorder.End{Outcome: recorder.OutcomeFailed, Message: "1 expectation failed", Time: 15e6}); err != nil {
		t.Fatal(err)
	}
	if err := w.Abandon(); err != nil {
		t.Errorf("Abandon after Close: %v", err)
	}
	if err := w.Write(lines[0]); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close: %v, want %v", err, os.ErrClosed)
	}
	if _, err := os.Stat(path + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the part is still there: %v", err)
	}

	r, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	header := sampleHeader()
	header.Format = recorder.Format
	if diff := cmp.Diff(header, r.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	for i, line := range lines {
		e, err := r.Next()
		if err != nil {
			t.Fatalf("event %d: %v", i+1, err)
		}
		if e.Seq != uint64(i+1) || e.Time != time.Duration(i+1)*time.Millisecond || len(e.Check) != 8 {
			t.Errorf("event %d is %+v", i+1, e)
		}
		if !bytes.Equal(r.Line(), line) {
			t.Errorf("line %d is\n%s, want\n%s", i+1, r.Line(), line)
		}
		if _, err := e.Value(); err != nil {
			t.Error(err)
		}
	}
	if _, ok := r.End(); ok {
		t.Error("there is an end before Next came to it")
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last event Next returns %v, want EOF", err)
	}
	end, ok := r.End()
	if !ok || end.Events != 15 || end.Held != 1 || end.Failed != 1 || end.Time != 15e6 || end.Message != "1 expectation failed" ||
		end.Counts[recorder.KindPacketSent] != 3 || len(end.Digest) != 64 || len(end.HeaderDigest) != 64 {
		t.Errorf("end is %+v", end)
	}
	if diff := cmp.Diff(w.End(), end); diff != "" {
		t.Errorf("end written and read (-want +got):\n%s", diff)
	}
	if changes := r.HeaderChanges(); changes != nil {
		t.Errorf("header changes: %v", changes)
	}
}

// The digest is a promise to those who compute it themselves: docs/recording.md shows this one.
func TestDigest(t *testing.T) {
	d := recorder.NewDigest()
	if got, want := d.String(), "60d329bc0b32fdeb087f8b5ff367f08e9eec173cd70676ee33b742d786ff449d"; got != want {
		t.Errorf("h(0) = %s, want %s", got, want)
	}
	d.Add([]byte(`{"seq":1,"time":0,"kind":"network","data":{"change":"down"}}`))
	if got, want := d.Check(), "993a33cb"; got != want {
		t.Errorf("check of event 1 = %s, want %s", got, want)
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	text := decompress(t, sampleRecording(t, 500))
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w, err := recorder.NewWriter(&file, sampleHeader())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range sampleLines(500) {
			time.Sleep(10 * time.Millisecond)
			if err := w.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(recorder.End{Outcome: recorder.OutcomeFailed, Message: "1 expectation failed", Time: 9e6}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(decompress(t, file.Bytes()), text) {
			t.Error("flushing changed the text")
		}
	})
}

func TestWriterRefuses(t *testing.T) {
	w, err := recorder.NewWriter(io.Discard, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, line, want string }{
		{"garbage", "garbage", "line 1 is not the next event: invalid character 'g' looking for beginning of value"},
		{"empty", "", "line 1 is not the next event: unexpected end of JSON input"},
		{"gap", `{"seq":2,"time":0,"kind":"step","data":{}}`, "line 1 is not the next event: its number is 2"},
		{"no kind", `{"seq":1,"time":0,"data":{}}`, "line 1 is not the next event: seq, kind or data is missing"},
		{"newline", "{\"seq\":1,\"time\":0,\"kind\":\"step\",\"data\":{\n}}", "line 1 is not the next event: it has a newline"},
		{"verdict", `{"seq":1,"time":0,"kind":"verdict","data":{"held":1}}`, "line 1 is not the next event: json: cannot unmarshal number into Go struct field Verdict.held of type bool"},
		{"right", `{"seq":1,"time":0,"peer":"a\"b","kind":"step","data":{}}`, ""},
	} {
		got := ""
		if err := w.Write([]byte(test.line)); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if err := w.Close(recorder.End{}); err != nil {
		t.Error(err)
	}
}

// What was written is in the file soon, even when no further event comes.
func TestWriterFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w, err := recorder.NewWriter(&file, sampleHeader())
		if err != nil {
			t.Fatal(err)
		}
		lines := sampleLines(5)
		for i, line := range lines {
			if err := w.Write(line); err != nil {
				t.Fatal(err)
			}
			if i == 7 {
				time.Sleep(time.Second)
			}
		}
		got := readAll(t, file.Bytes()) // as if the process was killed here
		if len(got.events) != 8 || !errors.Is(got.err, io.ErrUnexpectedEOF) {
			t.Errorf("%d events and %v, want 8 and a cut", len(got.events), got.err)
		}
		if err := w.Abandon(); err != nil {
			t.Fatal(err)
		}
		got = readAll(t, file.Bytes())
		if len(got.events) != len(lines) || !errors.Is(got.err, io.ErrUnexpectedEOF) {
			t.Errorf("after Abandon %d events and %v, want %d and a cut", len(got.events), got.err, len(lines))
		}
		decompress(t, file.Bytes()) // other tools can read it, too
	})
}

func TestAbandonLeavesPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	w, err := recorder.Create(path, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(sampleLines(0)[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Abandon(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(recorder.End{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Close after Abandon: %v, want %v", err, os.ErrClosed)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
	r, err := recorder.Open(path + ".part")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Next(); err != nil {
		t.Error(err)
	}
	_, err = r.Next()
	want := path + ".part: the recording is cut off after event 1: its run was stopped, or the file is incomplete; run the scenario again for a whole one"
	if err == nil || err.Error() != want {
		t.Errorf("Next returns %v, want %s", err, want)
	}
}

func TestCreateFails(t *testing.T) {
	_, err := recorder.Create(filepath.Join(t.TempDir(), "no", "x.rtcrec"), sampleHeader())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create in a directory that is not there: %v", err)
	}
}

// Wherever the disk is full, the error says how many events are safe, and these can be read.
func TestWriterDiskFull(t *testing.T) {
	lines := sampleLines(20000) // several flushes
	for _, room := range []int{0, 3, 100, 600, 5000, 70000, 300000, 1000000} {
		var file bytes.Buffer
		w, err := recorder.NewWriter(&failingWriter{&file, room}, sampleHeader())
		for _, line := range lines {
			if err != nil {
				break
			}
			err = w.Write(line)
		}
		var failed *recorder.WriteError
		if !errors.As(err, &failed) || !errors.Is(err, errNoSpace) {
			t.Fatalf("room for %d bytes: %v, want a WriteError", room, err)
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("room for %d bytes: the message has several lines: %q", room, err)
		}
		if w != nil {
			if again := w.Write(lines[0]); again != err {
				t.Errorf("room for %d bytes: the next Write returns %v, want %v", room, again, err)
			}
			if again := w.Close(recorder.End{}); again != err {
				t.Errorf("room for %d bytes: Close returns %v, want %v", room, again, err)
			}
		}
		got := readAll(t, file.Bytes())
		if uint64(len(got.events)) < failed.Safe || len(got.damage) > 0 {
			t.Errorf("room for %d bytes: %q, but %d events can be read, %v", room, err, len(got.events), got.err)
		}
		t.Logf("room for %d bytes: %v; %d can be read", room, err, len(got.events))
	}
}

func TestWriterDiskFullAtEnd(t *testing.T) {
	whole := len(sampleRecording(t, 3))
	for missing := 1; missing < 500; missing += 7 {
		var file bytes.Buffer
		w, err := recorder.NewWriter(&failingWriter{&file, whole - missing}, sampleHeader())
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range sampleLines(3) {
			if err := w.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		err = w.Close(recorder.End{Outcome: recorder.OutcomeFailed, Message: "1 expectation failed", Time: 9e6})
		if want := "the recording's end could not be written: no space left on device; "; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Fatalf("%d bytes too few: %v, want %s…", missing, err, want)
		}
		if got := readAll(t, file.Bytes()); got.err == io.EOF {
			t.Errorf("%d bytes too few: the recording is whole", missing)
		}
	}
}

// benchmarkLines returns the lines of a busy data channel.
func benchmarkLines() [][]byte {
	var lines [][]byte
	l := newLog(func(line []byte) { lines = append(lines, bytes.Clone(line)) })
	random := newPayloads()
	for i := range 2000 {
		p := recorder.PacketSent{ID: uint64(i), Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000", Protocol: "dtls", Size: 1200, Payload: make([]byte, 1200)}
		random.Read(p.Payload)
		sent := l.Add("alice", recorder.KindPacketSent, 0, p)
		l.Add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: uint64(i)})
	}
	return lines
}

func BenchmarkWriter(b *testing.B) {
	lines := benchmarkLines()
	size := 0
	for _, line := range lines {
		size += len(line) + 1
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		w, err := recorder.NewWriter(io.Discard, sampleHeader())
		if err != nil {
			b.Fatal(err)
		}
		for _, line := range lines {
			if err := w.Write(line); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(recorder.End{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(lines)), "ns/event")
}

// BenchmarkWriterEmpty is what a recording costs that holds nothing.
func BenchmarkWriterEmpty(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		w, err := recorder.NewWriter(io.Discard, sampleHeader())
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(recorder.End{}); err != nil {
			b.Fatal(err)
		}
	}
}
