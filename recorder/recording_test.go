package recorder_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/recorder"
)

// sessionRecording returns a session as a file.
func sessionRecording(t testing.TB, events int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := writeSession(&file, events); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// load loads a file to its end.
func load(t testing.TB, file []byte) *recorder.Recording {
	t.Helper()
	r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	<-r.Done()
	return r
}

// sequence is what a Reader gave.
type sequence struct {
	events []recorder.Event
	errs   []error // of each event
	lines  [][]byte
	damage []string
	reader *recorder.Reader
}

// readSequence reads a file with a Reader.
func readSequence(t testing.TB, file []byte) (s sequence, err error) {
	t.Helper()
	s.reader, err = recorder.NewReader(bytes.NewReader(file))
	if err != nil {
		return s, err
	}
	defer s.reader.Close()
	for {
		e, err := s.reader.Next()
		if line := s.reader.Line(); line != nil {
			s.events, s.errs, s.lines = append(s.events, e), append(s.errs, err), append(s.lines, line)
		}
		var damaged *recorder.DamagedError
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			s.damage = append(s.damage, err.Error())
		}
		if err != nil && !errors.As(err, &damaged) {
			return s, nil
		}
	}
}

// compareAccess checks that random access to a file gives what a Reader gives.
func compareAccess(t testing.TB, file []byte) {
	t.Helper()
	want, wantErr := readSequence(t, file)
	r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("NewRecording: %v, a Reader says %v", err, wantErr)
	}
	if err != nil {
		return
	}
	defer r.Close()
	<-r.Done()

	var damage []string
	for _, err := range r.Damage() {
		damage = append(damage, err.Error())
	}
	if len(want.damage) > 1000 { // not all are remembered
		want.damage, damage = want.damage[:1000], damage[:1000]
	}
	if diff := cmp.Diff(want.damage, damage); diff != "" {
		t.Errorf("damage (-want +got):\n%s", diff)
	}
	if err := r.Err(); (err != nil) != (len(damage) > 0) || err != nil && err.Error() != damage[0] {
		t.Errorf("Err is %v, want the first of %q", err, damage)
	}
	if diff := cmp.Diff(want.reader.Header(), r.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	wantEnd, wantOK := want.reader.End()
	end, ok := r.End()
	if diff := cmp.Diff(wantEnd, end); diff != "" || ok != wantOK {
		t.Errorf("end, which is there: %t, want %t (-want +got):\n%s", ok, wantOK, diff)
	}
	if diff := cmp.Diff(want.reader.HeaderChanges(), r.HeaderChanges()); diff != "" {
		t.Errorf("header changes (-want +got):\n%s", diff)
	}
	if r.Len() != len(want.events) {
		t.Fatalf("%d events, want %d", r.Len(), len(want.events))
	}
	if r.Progress() != 1 {
		t.Errorf("progress is %v when all is loaded", r.Progress())
	}

	kinds, peers := make(map[string]int), make(map[string]int)
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(want.events)) {
		n, e := i+1, want.events[i]
		got, err := r.Event(n)
		if readable := e.Kind != ""; !reflect.DeepEqual(got, e) || readable != (err == nil) || !readable && err.Error() != want.errs[i].Error() {
			t.Fatalf("event %d is\n%+v, %v, want\n%+v, %v", n, got, err, e, want.errs[i])
		}
		if line, err := r.Raw(n); err != nil || !bytes.Equal(line, want.lines[i]) {
			t.Fatalf("line of event %d is\n%s, want\n%s, %v", n, line, want.lines[i], err)
		}
		entry := recorder.Entry{Seq: e.Seq, Time: e.Time, Peer: e.Peer, Kind: e.Kind, Cause: e.Cause}
		for _, number := range []*uint64{&entry.Seq, &entry.Cause} {
			if *number > math.MaxInt32 {
				*number = 0
			}
		}
		if got := r.Entry(n); got != entry {
			t.Fatalf("entry %d is %+v, want %+v", n, got, entry)
		}
		kinds[string(e.Kind)]++
		peers[e.Peer]++
	}
	for _, counts := range []struct {
		name string
		want map[string]int
		got  []recorder.Count
	}{{"kinds", kinds, r.Kinds()}, {"peers", peers, r.Peers()}} {
		got := make(map[string]int)
		for _, c := range counts.got {
			got[c.Name] = c.Events
		}
		if diff := cmp.Diff(counts.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", counts.name, diff)
		}
	}
	for _, n := range []int{math.MinInt, -1, 0, r.Len() + 1, math.MaxInt} {
		if _, err := r.Event(n); err == nil || r.Entry(n) != (recorder.Entry{}) || r.Effects(n) != nil || r.Cause(n) != 0 {
			t.Errorf("there is an event %d among %d", n, r.Len())
		}
	}
}

func TestRecordingBadFiles(t *testing.T) {
	for _, test := range badFiles(t) {
		t.Run(test.name, func(t *testing.T) { compareAccess(t, test.file) })
	}
}

func TestRecordingCut(t *testing.T) {
	for _, test := range []struct {
		name string
		file []byte
		step int
	}{
		{"blocks", flushedRecording(t, 3), 1},
		{"frames", sessionRecording(t, 2000), 49999},
	} {
		t.Run(test.name, func(t *testing.T) {
			for n := 0; n <= len(test.file); n += test.step {
				compareAccess(t, test.file[:n])
			}
		})
	}
}

func TestRecordingBitFlips(t *testing.T) {
	file := flushedRecording(t, 1)
	for at := range file {
		flipped := bytes.Clone(file)
		flipped[at] ^= 1 << (at % 8)
		compareAccess(t, flipped)
	}
	file = sessionRecording(t, 2000)
	for at := 0; at < len(file); at += len(file) / 20 {
		flipped := bytes.Clone(file)
		flipped[at] ^= 1
		compareAccess(t, flipped)
	}
}

// A recording can be in any frames that give its text.
func TestRecordingFrames(t *testing.T) {
	file := sessionRecording(t, 12000)
	text := decompress(t, file)
	if len(text) < 6<<20 {
		t.Fatalf("the text has only %d bytes", len(text))
	}
	pieces := func(size int) []byte {
		var file []byte
		for piece := range slices.Chunk(text, size) {
			file = append(file, compress(t, piece)...)
		}
		return file
	}
	skippable := binary.LittleEndian.AppendUint32([]byte("\x5a\x2a\x4d\x18"), 5)
	skippable = append(skippable, "hello"...)
	empty := compress(t, nil)
	for _, test := range []struct {
		name string
		file []byte
	}{
		{"as written", file},
		{"one frame", compress(t, text)},
		{"one frame as a stream", compressStream(t, text)},
		{"small frames", pieces(20000)},
		{"large frames", pieces(5 << 20)},
		{"large, then small frames", append(compress(t, text[:5<<20]), compress(t, text[5<<20:])...)},
		{"skippable frames", slices.Concat(file[:frameEnds(t, file)[0]], skippable, file[frameEnds(t, file)[0]:], skippable)},
		{"cut in a skippable frame", append(bytes.Clone(file), skippable[:7]...)},
		{"empty frames", slices.Concat(file, empty, empty)},
		{"large frame, cut", compress(t, text)[:3<<20]},
		{"twice", slices.Concat(file, file)},
	} {
		t.Run(test.name, func(t *testing.T) { compareAccess(t, test.file) })
	}
}

// compressStream compresses a text to one frame that does not tell its size.
func compressStream(t testing.TB, text []byte) []byte {
	var file bytes.Buffer
	e, err := zstd.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(e, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// frameEnds returns where the frames of a recording end that can be decompressed by themselves.
func frameEnds(t testing.TB, file []byte) []int {
	t.Helper()
	var ends []int
	for start := 0; start < len(file); {
		end := start + 4
		for {
			next := bytes.Index(file[end:], []byte("\x28\xb5\x2f\xfd"))
			if next < 0 {
				end = len(file)
			} else {
				end += next
			}
			if _, err := decode(file[start:end]); err == nil {
				break
			}
			if next < 0 {
				t.Fatalf("byte %d begins no frame", start)
			}
			end += 4
		}
		ends = append(ends, end)
		start = end
	}
	return ends
}

func decode(frame []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(frame, nil)
}

// A recording is written in frames of whole lines, the last of which holds the end line.
func TestWriterFrames(t *testing.T) {
	file := sessionRecording(t, 5000)
	ends := frameEnds(t, file)
	if len(ends) < 5 {
		t.Errorf("only %d frames", len(ends))
	}
	start := 0
	for i, end := range ends {
		text, err := decode(file[start:end])
		if err != nil {
			t.Fatal(err)
		}
		want := `{"seq":`
		switch i {
		case 0:
			want = `{"rtcrec":`
		case len(ends) - 1:
			want = `{"end":`
		}
		if !bytes.HasPrefix(text, []byte(want)) || !bytes.HasSuffix(text, []byte("\n")) {
			t.Errorf("frame %d is %.20q…%q", i, text, text[len(text)-10:])
		}
		if len(text) > 260<<10 {
			t.Errorf("frame %d has %d bytes of text", i, len(text))
		}
		start = end
	}
}

// Where lines were removed, causes and effects are found by what is left of the numbers.
func TestRecordingRemovedLines(t *testing.T) {
	var lines []string
	for line := range strings.Lines(string(decompress(t, sampleRecording(t, 3)))) {
		if !strings.Contains(line, `"kind":"call"`) && !strings.Contains(line, `"id":2,`) {
			lines = append(lines, line)
		}
	}
	file := compress(t, []byte(strings.Join(lines, "")))
	compareAccess(t, file)
	checkLinks(t, load(t, file))
}

func TestRecordingLinks(t *testing.T) {
	checkLinks(t, load(t, sessionRecording(t, 10000)))
}

// checkLinks checks causes, effects and numbers against a look at all events.
func checkLinks(t *testing.T, r *recorder.Recording) {
	t.Helper()
	effects := make(map[uint64][]int)
	numbers := make(map[uint64]int)
	for n, e := range r.Forward(1) {
		numbers[e.Seq] = n
		if e.Cause > 0 {
			effects[e.Cause] = append(effects[e.Cause], n)
		}
	}
	if len(effects) == 0 {
		t.Error("there are no effects")
	}
	for n, e := range r.Forward(1) {
		if r.Find(e.Seq) != n {
			t.Errorf("event %d is found at %d, not %d", e.Seq, r.Find(e.Seq), n)
		}
		if got := r.Cause(n); got != numbers[e.Cause] {
			t.Errorf("the cause of event %d is at %d, want %d", n, got, numbers[e.Cause])
		}
		if got := r.Effects(n); !slices.Equal(got, effects[e.Seq]) {
			t.Errorf("the effects of event %d are %v, want %v", n, got, effects[e.Seq])
		}
	}
	for seq := range uint64(r.Len() + 10) {
		if r.Find(seq) != numbers[seq] {
			t.Errorf("event %d is found at %d, want %d", seq, r.Find(seq), numbers[seq])
		}
	}
	if got := r.Find(math.MaxUint64); got != 0 {
		t.Errorf("there is an event %d", got)
	}
}

func TestRecordingIteration(t *testing.T) {
	r := load(t, sessionRecording(t, 10000))
	for _, from := range []int{-5, 0, 1, 4095, 4096, 4097, 8193, r.Len(), r.Len() + 1} {
		want := max(from, 1)
		for n, e := range r.Forward(from) {
			if n != want || e != r.Entry(n) {
				t.Fatalf("forward from %d: event %d, want %d", from, n, want)
			}
			want++
		}
		if from <= r.Len() && want != r.Len()+1 {
			t.Errorf("forward from %d: ends before %d", from, want)
		}
		want = min(from, r.Len())
		for n, e := range r.Backward(from) {
			if n != want || e != r.Entry(n) {
				t.Fatalf("backward from %d: event %d, want %d", from, n, want)
			}
			want--
		}
		if from > 0 && want != 0 {
			t.Errorf("backward from %d: ends after %d", from, want)
		}
	}
}

func TestRecordingTimes(t *testing.T) {
	r := load(t, sessionRecording(t, 3000))
	at := func(t time.Duration) (last int) {
		for n, e := range r.Forward(1) {
			if e.Time <= t {
				last = n
			}
		}
		return last
	}
	end := r.Entry(r.Len()).Time
	for _, time := range []time.Duration{math.MinInt64, -1, 0, 1, 2e6, end / 3, end - 1, end, end + 1, math.MaxInt64} {
		if got, want := r.At(time), at(time); got != want {
			t.Errorf("At(%d) = %d, want %d", time, got, want)
		}
	}
	for _, test := range []struct {
		from, to time.Duration
		n        int
	}{{0, end, 1}, {0, end, 7}, {0, end, 100000}, {end / 4, end / 2, 10}, {0, math.MaxInt64, 3}, {5, 5, 4}} {
		counts := r.Density(test.from, test.to, test.n)
		sum := 0
		for i, count := range counts {
			sum += count
			if i == 0 || test.n > 10 || test.to == math.MaxInt64 {
				continue
			}
			first := test.from + time.Duration(float64(test.to-test.from)/float64(test.n)*float64(i))
			got, want := at(test.from-1)+sum-count, at(first)
			if got < want-20 || got > want+20 { // the floating point is not exact, and many events share a time
				t.Errorf("%+v: span %d begins after event %d, want %d", test, i, got, want)
			}
		}
		if want := at(test.to) - at(test.from-1); sum != want || len(counts) != test.n {
			t.Errorf("%+v: %d events in %d spans, want %d", test, sum, len(counts), want)
		}
	}
	if got := r.Density(0, end, 0); got != nil {
		t.Errorf("no spans: %v", got)
	}
	if got := r.Density(1, 0, 3); got != nil {
		t.Errorf("backwards: %v", got)
	}
}

func TestRecordingState(t *testing.T) {
	file := sessionRecording(t, 10000)
	r := load(t, file)
	for _, n := range []int{0, 1, 3, 4, 5, 6, 9, 10, 20, 200, 204, 205, 206, 1000, 3333, 5000, 7777, r.Len() - 2, r.Len() - 1, r.Len(), r.Len() + 5} {
		for _, peer := range []string{"alice", "bob", "home", "", "eve"} {
			reader, err := recorder.NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			want, wantKnown, wantErr := recorder.StateAt(reader, peer, uint64(n))
			reader.Close()
			got, known, err := r.StateAt(peer, n)
			if wantErr != nil || err != nil {
				t.Fatal(wantErr, err)
			}
			if !known {
				got, want = recorder.PeerState{}, recorder.PeerState{}
			}
			if diff := cmp.Diff(want, got); diff != "" || known != wantKnown {
				t.Errorf("%s at event %d, known: %t, want %t (-want +got):\n%s", peer, n, known, wantKnown, diff)
			}
		}
	}
}

// An event that makes no sense is told and left out.
func TestRecordingStateFails(t *testing.T) {
	l, err := recorder.NewLive(sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, line := range []string{
		`{"seq":1,"time":0,"peer":"alice","kind":"snapshot","data":{"full":true,"state":{"signalingState":"stable"}}}`,
		`{"seq":2,"time":0,"peer":"alice","kind":"signalingstatechange","data":{"state":7}}`,
		`{"seq":3,"time":0,"peer":"alice","kind":"eclipse","data":{}}`,
		`{"seq":4,"time":0,"peer":"alice","kind":"signalingstatechange","data":{"state":"closed"}}`,
	} {
		if err := l.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range []string{" false <nil>", "stable true <nil>",
		"stable true event 2: event 2, a signalingstatechange: json: cannot unmarshal number into Go struct field StateChange.state of type string"} {
		state, known, err := l.StateAt("alice", n)
		if got := fmt.Sprint(state.SignalingState, " ", known, " ", err); got != want {
			t.Errorf("after event %d: %s, want %s", n, got, want)
		}
	}
	if state, known, err := l.StateAt("alice", 4); state.SignalingState != "closed" || !known || err == nil {
		t.Errorf("after event 4: %s, %t, %v", state.SignalingState, known, err)
	}
}

func TestLoadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rtcrec")
	if err := os.WriteFile(path, sessionRecording(t, 5000), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := recorder.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() < 1000 {
		t.Errorf("only %d events are there at once", r.Len())
	}
	if end, ok := r.End(); !ok || end.Events < 5000 || end.Outcome != recorder.OutcomePassed {
		t.Errorf("the end is not there at once: %+v", end)
	}
	if p := r.Progress(); p <= 0 || p > 1 {
		t.Errorf("progress is %v", p)
	}
	<-r.Done()
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if _, err := r.Event(3); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Event(3); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Event after Close: %v", err)
	}

	_, wantErr := recorder.Open(path + ".no")
	if _, err := recorder.Load(path + ".no"); err == nil || err.Error() != wantErr.Error() {
		t.Errorf("Load: %v, want %v", err, wantErr)
	}
	if _, err := recorder.Load(t.TempDir()); err == nil {
		t.Error("a directory was loaded")
	}
}

// Close stops loading.
func TestCloseWhileLoading(t *testing.T) {
	file := sessionRecording(t, 10000)
	r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	<-r.Done()
}

// A file that changes after it was loaded gives errors, not other events.
func TestRecordingFileChanges(t *testing.T) {
	file := sessionRecording(t, 2000)
	r := load(t, file)
	clear(file)
	if _, err := r.Event(7); err == nil {
		t.Error("the event can still be read")
	}
}

// checkUse uses all that a recording has while it grows.
func checkUse(t *testing.T, r *recorder.Recording) {
	random := rand.New(rand.NewPCG(3, 4))
	for loading := true; loading; {
		select {
		case <-r.Done():
			loading = false
		default:
		}
		length := r.Len()
		if length == 0 {
			continue
		}
		n := 1 + random.IntN(length)
		e, err := r.Event(n)
		if err != nil || e.Seq != uint64(n) || r.Entry(n).Kind != e.Kind {
			t.Errorf("event %d: %+v, %v", n, e, err)
			return
		}
		if _, err := r.Event(length); err != nil {
			t.Errorf("the last event: %v", err)
			return
		}
		for _, effect := range r.Effects(n) {
			if r.Cause(effect) != n {
				t.Errorf("the cause of %d is not %d", effect, n)
			}
		}
		if _, _, err := r.StateAt("alice", n); err != nil {
			t.Error(err)
		}
		count := 0
		for range r.Forward(n) {
			if count++; count == 5000 {
				break
			}
		}
		for range r.Backward(n) {
			if count++; count == 10000 {
				break
			}
		}
		r.Density(0, e.Time, 80)
		r.At(e.Time)
		r.Kinds()
		r.Peers()
		r.End()
		r.Damage()
		r.Progress()
		r.HeaderChanges()
	}
}

func TestRecordingConcurrentUse(t *testing.T) {
	file := sessionRecording(t, 10000)
	r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	for range 2 {
		users.Go(func() { checkUse(t, r) })
	}
	users.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A live recording is the same as the loaded one, but for the checks.
func TestLive(t *testing.T) {
	l, err := recorder.NewLive(sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var users sync.WaitGroup
	users.Go(func() { checkUse(t, l.Recording) })
	addSession(func(line []byte) {
		if err := l.Append(line); err != nil {
			t.Error(err)
		}
	}, 10000)
	if _, ok := l.End(); ok || l.Progress() != 0 {
		t.Error("the session is over before its end")
	}
	r := load(t, sessionRecording(t, 10000))
	end, _ := r.End()
	l.Finish(end)
	l.Finish(recorder.End{})
	users.Wait()
	if err := l.Append([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Append after Finish: %v", err)
	}

	if got, ok := l.End(); !ok || cmp.Diff(end, got) != "" || l.Progress() != 1 || l.Err() != nil {
		t.Errorf("end is %+v, progress %v, %v", got, l.Progress(), l.Err())
	}
	if diff := cmp.Diff(r.Header(), l.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if r.Len() != l.Len() {
		t.Fatalf("%d events, want %d", l.Len(), r.Len())
	}
	for n := 1; n <= r.Len(); n++ {
		want, err := r.Event(n)
		got, gotErr := l.Event(n)
		want.Check = ""
		if err != nil || gotErr != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("event %d is %+v, %v, want %+v, %v", n, got, gotErr, want, err)
		}
	}
	want, _, _ := r.StateAt("alice", r.Len()-10)
	got, _, err := l.StateAt("alice", r.Len()-10)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("state: %v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(r.Kinds(), l.Kinds()); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestLiveRefuses(t *testing.T) {
	l, err := recorder.NewLive(sampleHeader())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, test := range []struct{ line, want string }{
		{"garbage", "line 1 is not the next event: invalid character 'g' looking for beginning of value"},
		{`{"seq":2,"time":0,"kind":"step","data":{}}`, "line 1 is not the next event: its number is 2"},
		{"{\"seq\":1,\"time\":0,\"kind\":\"step\",\"data\":{\n}}", "line 1 is not the next event: it has a newline"},
	} {
		if err := l.Append([]byte(test.line)); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.line, err, test.want)
		}
	}
	if l.Len() != 0 {
		t.Errorf("there are %d events", l.Len())
	}
}

func FuzzRecording(f *testing.F) {
	file := sampleRecording(f, 2)
	text := decompress(f, file)
	f.Add(file, false)
	f.Add(file[:len(file)/2], false)
	f.Add(append(bytes.Clone(file), "\x50\x2a\x4d\x18\x00\x00\x00\x00"...), false)
	f.Add(slices.Concat(compress(f, text[:500]), compress(f, text[500:])), false)
	f.Add(text, true)
	f.Add(bytes.ReplaceAll(text, []byte(`"check"`), []byte(`"chuck"`)), true)
	f.Add([]byte(`{"rtcrec":1}`+"\n"+`{"seq":99999999999,"time":-1,"kind":"step","cause":5,"data":{},"check":"00000000"}`+"\n"+`{"end":{}}`+"\n"), true)
	f.Fuzz(func(t *testing.T, file []byte, plain bool) {
		if plain {
			file = compress(t, file)
		}
		compareAccess(t, file)
		r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		defer r.Close()
		<-r.Done()
		for n, e := range r.Forward(1) {
			r.StateAt(e.Peer, n)
			for _, effect := range r.Effects(n) {
				if effect <= n {
					t.Errorf("event %d is an effect of event %d", effect, n)
				}
			}
			r.Find(e.Seq)
			r.At(e.Time)
		}
		r.Density(0, 1e9, 10)
	})
}
