package tui

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// counted is a live recording of so many log lines, a microsecond apart.
func counted(t testing.TB, events int) *recorder.Live {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	extend(t, live, events)
	return live
}

func extend(t testing.TB, live *recorder.Live, events int) {
	t.Helper()
	for range events {
		n := live.Len() + 1
		line := fmt.Sprintf(`{"seq":%d,"time":%d,"kind":"log","data":{"level":"warn","scope":"ice","text":"%d"}}`, n, n*1000, n)
		if err := live.Append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
}

// reach asks until the answer is there.
func reach[T any](t testing.TB, f *follower[T], n int) (T, int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if value, from, ok := f.at(n); ok {
			return value, from
		}
	}
	t.Fatalf("event %d is not reached", n)
	panic("unreachable")
}

func TestFollower(t *testing.T) {
	live := counted(t, 1000)
	begun := 0
	// It adds up the numbers of all events, and has a result for every third.
	f := newFollower(live.Recording, 50, func() reading[int] {
		begun++
		sum := 0
		return func(n int, e recorder.Event) (int, bool) {
			if int(e.Seq) != n {
				t.Errorf("event %d is said to be %d", e.Seq, n)
			}
			sum += n
			return sum, n%3 == 0
		}
	})
	defer f.stop()
	check := func(n int) {
		t.Helper()
		value, from := reach(t, f, n)
		wantFrom := n / 3 * 3
		if want := wantFrom * (wantFrom + 1) / 2; value != want || from != wantFrom {
			t.Errorf("at %d there is %d of event %d, want %d of %d", n, value, from, want, wantFrom)
		}
	}
	check(0)
	check(2)
	check(3)
	check(500)
	check(499) // is kept
	if begun != 1 {
		t.Errorf("it has begun %d times, want once", begun)
	}
	check(10) // is not
	if begun != 2 {
		t.Errorf("it has begun %d times, want twice", begun)
	}
	check(1000)
	extend(t, live, 200)
	check(1200)
	if p := f.progress(); p != 1 {
		t.Errorf("the progress is %v at the end", p)
	}
}

// TestFollowerSkipsDamage has a line in the middle that is none.
func TestFollowerSkipsDamage(t *testing.T) {
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	log := recorder.NewLog(func() time.Duration { return 0 }, func(line []byte) {
		if err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	})
	for range 20 {
		log.Add("", recorder.KindLog, 0, recorder.LogLine{Text: "same"})
	}
	if err := w.Close(recorder.End{}); err != nil {
		t.Fatal(err)
	}
	damaged := damage(t, file.Bytes(), `"seq":7,`, `"seq":x,`)
	r, err := recorder.NewRecording(bytes.NewReader(damaged), int64(len(damaged)))
	if err != nil {
		t.Fatal(err)
	}
	<-r.Done()
	defer r.Close()
	if _, err := r.Event(7); err == nil {
		t.Fatal("the event is not damaged")
	}
	f := newFollower(r, 50, func() reading[int] {
		events := 0
		return func(n int, e recorder.Event) (int, bool) {
			events++
			return events, true
		}
	})
	defer f.stop()
	if got, _ := reach(t, f, 20); got != 19 {
		t.Errorf("%d events were read, want 19", got)
	}

	p := newEventPane(plainTheme(false))
	defer p.close()
	p.look(momentAt(r, 7))
	for i := range p.tabs {
		press(p, fmt.Sprint(i+1))
		checkSize(t, settled(p, 60, 20), 60, 20, "a damaged event")
	}
}

func TestFollowerStops(t *testing.T) {
	live := counted(t, 1000)
	f := newFollower(live.Recording, 50, func() reading[int] {
		return func(n int, e recorder.Event) (int, bool) {
			time.Sleep(time.Millisecond) // a reading that takes long
			return n, true
		}
	})
	if _, _, ok := f.at(1000); ok {
		t.Error("it is there already")
	}
	if !f.busy() {
		t.Error("it is not on its way")
	}
	f.stop()
	if f.busy() {
		t.Error("it goes on after it was stopped")
	}
	if _, _, ok := f.at(1000); ok || f.busy() {
		t.Error("it goes on when asked after it was stopped")
	}
}
