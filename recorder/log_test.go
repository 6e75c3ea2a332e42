package recorder_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/recorder"
)

// standardLine encodes an event with encoding/json alone.
func standardLine(t testing.TB, e recorder.Event, data any) string {
	t.Helper()
	encode := func(v any) string {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(b.String(), "\n")
	}
	e.Data = json.RawMessage(encode(data))
	return encode(e)
}

// checkLine adds one event to a log and compares its line to that of encoding/json.
func checkLine(t testing.TB, seconds int64, peer string, kind recorder.Kind, cause uint64, data any) {
	t.Helper()
	var got string
	now := time.Duration(seconds)
	l := recorder.NewLog(func() time.Duration { return now }, func(line []byte) { got = string(line) })
	seq := l.Add(peer, kind, cause, data)
	want := standardLine(t, recorder.Event{Seq: seq, Time: now, Peer: peer, Kind: kind, Cause: cause}, data)
	if got != want {
		t.Errorf("Add made\n%s\nencoding/json makes\n%s", got, want)
	}
}

func TestLogEncodesAsStandardLibrary(t *testing.T) {
	for _, text := range []string{
		"", "alice", "link a→b", `quote " backslash \`, "a<b>&c", "\x00\x1f\x7f", "\b\f\n\r\t", "bad\xff\xc0utf8", "\u2028\u2029", "\ufffd", "😀",
	} {
		for _, size := range []int{0, 1, 2, 3, 1200} {
			payload := bytes.Repeat([]byte{0xfb, 0xff, 'x'}, size)[:size]
			checkLine(t, 1e9, text, recorder.KindPacketSent, 7, recorder.PacketSent{ID: 1<<64 - 1, Src: text, Dst: text, Protocol: text, Size: size, Payload: payload})
		}
		checkLine(t, 0, text, recorder.KindPacketDropped, 0, recorder.PacketEnd{ID: 3, Reason: text})
		checkLine(t, 1<<62, text, recorder.Kind(text), 1<<63, recorder.LogLine{Level: "warn", Scope: text, Text: text})
	}
	checkLine(t, 1, "alice", recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: map[string]json.RawMessage{
		"signalingState": json.RawMessage(`"stable"`), "channels/<b>": json.RawMessage(`{"a":"<&>"}`), "ice": json.RawMessage("null"),
	}})
	for _, info := range recorder.Kinds {
		checkLine(t, 1, "alice", info.Kind, 1, info.Data)
		// The kinds with an encoder of their own must not miss a field that is added later.
		full := reflect.New(reflect.TypeOf(info.Data)).Elem()
		fill(full)
		checkLine(t, 1, "alice", info.Kind, 1, full.Interface())
	}
}

// fill sets all that can be set in v to something that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"a":"<&>"}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.Set(reflect.ValueOf(1).Convert(v.Type()))
	}
}

func FuzzLog(f *testing.F) {
	f.Add(int64(1), "alice", "packet-sent", uint64(1), "10.0.0.1:5000", []byte("payload"))
	f.Add(int64(1<<62), "a\"\\\xff\u2028<>", "\x00", uint64(0), "", []byte(nil))
	f.Fuzz(func(t *testing.T, now int64, peer, kind string, n uint64, text string, payload []byte) {
		checkLine(t, now, peer, recorder.Kind(kind), n, recorder.PacketSent{ID: n, Src: text, Dst: peer, Protocol: kind, Size: len(payload), Payload: payload})
		checkLine(t, now, peer, recorder.Kind(kind), n, recorder.PacketEnd{ID: n, Reason: text})
	})
}

func TestLogData(t *testing.T) {
	var got string
	l := newLog(func(line []byte) { got = string(line) })
	l.Add("", recorder.KindNetwork, 0, nil)
	if want := `{"seq":1,"time":1000000,"kind":"network","data":{}}`; got != want {
		t.Errorf("no data makes %s, want %s", got, want)
	}

	defer func() {
		want := "recorder: the data of a call event: json: "
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, want) {
			t.Errorf("data that is no JSON panics with %q, want %q…", got, want)
		}
		if seq := l.Add("", recorder.KindStep, 0, nil); seq != 2 {
			t.Errorf("the event after that has number %d, want 2", seq)
		}
	}()
	l.Add("", recorder.KindCall, 0, recorder.Call{Args: json.RawMessage("{")})
}

func TestLogObserve(t *testing.T) {
	var seen []string
	l := newLog(func([]byte) {})
	l.Observe(func(e recorder.Event, data any) {
		seen = append(seen, fmt.Sprintf("%d %v %s %s %d %v", e.Seq, e.Time, e.Peer, e.Kind, e.Cause, data))
		if e.Kind == recorder.KindStep {
			l.Add("alice", recorder.KindPacketDelivered, e.Seq, recorder.PacketEnd{ID: 5})
		}
	})
	if seq := l.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]"}); seq != 1 {
		t.Errorf("the first event has number %d", seq)
	}
	want := []string{"1 1ms  step 0 {steps[0] 0   }", "2 2ms alice packet-delivered 1 {5   []   [] []}"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestLogConcurrent(t *testing.T) {
	const goroutines, events = 8, 200
	var lines []string
	l := newLog(func(line []byte) { lines = append(lines, string(line)) })
	observed := make(chan uint64, goroutines*events)
	l.Observe(func(e recorder.Event, _ any) { observed <- e.Seq })
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range events {
				l.Add("alice", recorder.KindPacketDelivered, 0, recorder.PacketEnd{ID: 1})
			}
		})
	}
	wg.Wait()
	if len(lines) != goroutines*events || len(observed) != goroutines*events {
		t.Fatalf("%d lines and %d observed, want %d", len(lines), len(observed), goroutines*events)
	}
	for i, line := range lines {
		want := fmt.Sprintf(`{"seq":%d,"time":%d,`, i+1, (i+1)*1e6)
		if !strings.HasPrefix(line, want) {
			t.Fatalf("line %d is %s, want %s…", i+1, line, want)
		}
	}
}

func BenchmarkLogPacket(b *testing.B) {
	payload := bytes.Repeat([]byte{0xab}, 1200)
	n := 0
	l := newLog(func(line []byte) { n = len(line) })
	b.ReportAllocs()
	for i := range b.N {
		l.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: uint64(i), Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000", Protocol: "dtls", Size: len(payload), Payload: payload})
	}
	b.SetBytes(int64(n))
}
