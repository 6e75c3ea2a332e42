package recorder_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/recorder"
)

// sampleHeader returns the header of the session that addSample makes.
func sampleHeader() recorder.Header {
	text := "peers:\n  alice: {}\n  bob: {}\n"
	sum := sha256.Sum256([]byte(text))
	return recorder.Header{
		Rtcsim: "v0.1.0",
		Identity: recorder.Identity{
			Guest:   "0a1b",
			Machine: 1,
			Modules: []recorder.Module{
				{Path: "github.com/pion/ice/v4", Version: "v4.4.2"},
				{Path: "github.com/pion/webrtc/v4", Version: "v4.2.20"},
			},
			Go:          "go1.26.8",
			Wazero:      "v1.12.0",
			GC:          "GOGC=100",
			Schedule:    "fifo",
			Seed:        1,
			Options:     recorder.Options{Packets: "full"},
			Scenario:    "hello.yaml",
			ScenarioSum: hex.EncodeToString(sum[:]),
		},
		Text: text,
	}
}

// addSample adds a small session of 9 events and then, for a bigger one, so many packets.
func addSample(l *recorder.Log, packets int) {
	l.Add("", recorder.KindRun, 0, recorder.Run{Identity: sampleHeader().Identity})
	step := l.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 4, Text: "alice: createOffer"})
	call := l.Add("alice", recorder.KindCall, step, recorder.Call{Method: "createOffer", Args: json.RawMessage(`{"iceRestart":true}`)})
	l.Add("alice", recorder.KindReturn, call, recorder.Return{Method: "createOffer", Took: 12, Error: &recorder.CallError{Name: "InvalidStateError", Message: "a <b> & \"c\""}})
	l.Add("alice", recorder.KindConnectionStateChange, 0, recorder.StateChange{State: "connected", Now: "connected"})
	l.Add("bob", recorder.KindSignalDelivered, 0, recorder.Signal{From: "alice", To: "bob", Type: "offer", SDP: "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\n"})
	for i := range packets {
		payload := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		sent := l.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: uint64(i + 1), Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000", Protocol: "dtls", Size: len(payload), Payload: payload[:]})
		l.Add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: uint64(i + 1)})
	}
	l.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "alice is connected", Line: 9, Held: true})
	l.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "bob is connected", Line: 10, Seen: "checking"})
	l.Add("", recorder.KindEnd, 0, recorder.SessionEnd{Reason: "failed"})
}

// newLog returns a log whose clock advances by a millisecond with every event.
func newLog(sink func([]byte)) *recorder.Log {
	var now time.Duration
	return recorder.NewLog(func() time.Duration {
		now += time.Millisecond
		return now
	}, sink)
}

// sampleLines returns the lines of the sample session.
func sampleLines(packets int) [][]byte {
	var lines [][]byte
	addSample(newLog(func(line []byte) { lines = append(lines, bytes.Clone(line)) }), packets)
	return lines
}

// sampleRecording returns the sample session as a file.
func sampleRecording(t testing.TB, packets int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range sampleLines(packets) {
		if err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(recorder.End{Outcome: recorder.OutcomeFailed, Message: "1 expectation failed", Time: 9e6}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// decompress returns the text of a recording.
func decompress(t testing.TB, file []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := d.DecodeAll(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compress makes a recording of a text.
func compress(t testing.TB, text []byte) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	return e.EncodeAll(text, nil)
}

// reading is what reading a recording to its end gave.
type reading struct {
	events []recorder.Event // without the damaged ones
	damage []*recorder.DamagedError
	err    error // what ended it, io.EOF if all was well
	end    recorder.End
	reader *recorder.Reader
}

// readAll reads a recording to its end, past damaged events.
func readAll(t testing.TB, file []byte) reading {
	t.Helper()
	r, err := recorder.NewReader(bytes.NewReader(file))
	if err != nil {
		return reading{err: err}
	}
	defer r.Close()
	got := reading{reader: r}
	for {
		event, err := r.Next()
		var damaged *recorder.DamagedError
		switch {
		case err == nil:
			got.events = append(got.events, event)
			continue
		case errors.As(err, &damaged):
			got.damage = append(got.damage, damaged)
			continue
		}
		if _, again := r.Next(); again != err {
			t.Errorf("Next after %q returns %v", err, again)
		}
		got.err = err
		got.end, _ = r.End()
		return got
	}
}

// failingWriter takes so many bytes and then fails, as a full disk does.
type failingWriter struct {
	io.Writer
	room int
}

var errNoSpace = errors.New("no space left on device")

func (f *failingWriter) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, err := f.Writer.Write(p[:f.room])
		f.room -= n
		return n, errors.Join(err, errNoSpace)
	}
	f.room -= len(p)
	return f.Writer.Write(p)
}

// newPayloads returns a source of bytes that do not compress, like encrypted ones.
func newPayloads() *rand.ChaCha8 {
	return rand.NewChaCha8([32]byte{1})
}
