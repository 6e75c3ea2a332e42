package sandbox

import (
	"errors"
	"testing"
	"time"
)

func TestLimitsDefaults(t *testing.T) {
	defaults := Limits{Virtual: 25 * time.Hour, Wall: 10 * time.Minute, Memory: 1 << 30, Events: 20_000_000, Bytes: 8 << 30, Spin: 4000}
	if got := (Limits{}).withDefaults(); got != defaults {
		t.Errorf("no limits: got %+v, want %+v", got, defaults)
	}
	own := Limits{Virtual: 1, Wall: 2, Memory: 3, Events: 4, Bytes: 5, Spin: 6}
	if got := own.withDefaults(); got != own {
		t.Errorf("all limits: got %+v, want %+v", got, own)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&LimitError{"events", "20", 1500 * time.Millisecond}, "limit reached: events (20) at virtual time 1.5s"},
		{&LimitError{"spin", "20 million", time.Second}, "the guest spins: it passed 20 million loop heads at virtual time 1s without sleeping"},
		{&CrashError{"panic: no", "panic: no\n\ngoroutine 1", time.Second}, "the guest crashed at virtual time 1s: panic: no"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// stopOf returns the error with which a host function stops the guest, nil if it goes on.
func stopOf(f func()) (err error) {
	defer func() {
		if stop, ok := recover().(*hostStop); ok {
			err = stop.err
		}
	}()
	f()
	return nil
}

func limitOf(t *testing.T, err error) string {
	t.Helper()
	var limit *LimitError
	if err != nil && !errors.As(err, &limit) {
		t.Fatalf("stopped by %v", err)
	}
	if limit == nil {
		return ""
	}
	return limit.Limit
}

// TestLimitsAreExact: the last of what is allowed is allowed.
func TestLimitsAreExact(t *testing.T) {
	newGuest := func() *guest {
		return &guest{
			ctx:      t.Context(),
			run:      Run{Emit: func([]byte) error { return nil }},
			limits:   Limits{Virtual: time.Second, Events: 3, Bytes: 10, Spin: 5}.withDefaults(),
			deadline: time.Now().Add(time.Hour),
		}
	}
	t.Run("events", func(t *testing.T) {
		g := newGuest()
		for range 3 {
			if err := stopOf(func() { g.emit([]byte("x")) }); err != nil {
				t.Fatal(err)
			}
		}
		if got := limitOf(t, stopOf(func() { g.emit([]byte("x")) })); got != "events" || g.events != 3 {
			t.Errorf("the fourth: limit %q after %d events", got, g.events)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		g := newGuest()
		if err := stopOf(func() { g.emit([]byte("0123456789")) }); err != nil {
			t.Fatal(err)
		}
		if got := limitOf(t, stopOf(func() { g.emit([]byte("x")) })); got != "bytes" || g.bytes != 10 {
			t.Errorf("the eleventh: limit %q after %d bytes", got, g.bytes)
		}
	})
	t.Run("virtual time", func(t *testing.T) {
		g := newGuest()
		if err := stopOf(func() { g.sleep(int64(time.Second)) }); err != nil {
			t.Fatal(err)
		}
		if got := limitOf(t, stopOf(func() { g.sleep(1) })); got != "virtual time" || g.clock.now != time.Second {
			t.Errorf("a nanosecond more: limit %q at %v", got, g.clock.now)
		}
	})
	t.Run("spin", func(t *testing.T) {
		g := newGuest()
		for range 2 {
			if err := stopOf(g.tick); err != nil {
				t.Fatal(err)
			}
		}
		if got := limitOf(t, stopOf(g.tick)); got != "spin" {
			t.Errorf("after %d loop heads of 5 million: limit %q", 3*ticksEvery, got)
		}
		// Sleeping makes it good again, but not sleeping for no time.
		g = newGuest()
		stopOf(g.tick)
		stopOf(g.tick)
		stopOf(func() { g.sleep(0) })
		if got := limitOf(t, stopOf(g.tick)); got != "spin" {
			t.Errorf("after a sleep of 0: limit %q", got)
		}
		stopOf(func() { g.sleep(1) })
		if err := stopOf(g.tick); err != nil {
			t.Errorf("after a sleep: %v", err)
		}
	})
	t.Run("wall time", func(t *testing.T) {
		for _, f := range []func(*guest){(*guest).tick, func(g *guest) { g.sleep(1) }} {
			g := newGuest()
			g.deadline = time.Now().Add(-time.Nanosecond)
			if got := limitOf(t, stopOf(func() { f(g) })); got != "wall time" {
				t.Errorf("limit %q", got)
			}
		}
	})
	t.Run("writer", func(t *testing.T) {
		g := newGuest()
		want := errors.New("no space")
		g.run.Emit = func([]byte) error { return want }
		if err := stopOf(func() { g.emit([]byte("x")) }); err != want {
			t.Errorf("got %v, want %v", err, want)
		}
	})
}

func TestBoundedBuffer(t *testing.T) {
	var b boundedBuffer
	for range 300 {
		if n, err := b.Write(make([]byte, 1000)); n != 1000 || err != nil {
			t.Fatalf("Write: %d, %v", n, err)
		}
	}
	if got, want := len(b.String()), 256<<10; got != want {
		t.Errorf("it keeps %d bytes, want %d", got, want)
	}
}

func TestNewMachineMemory(t *testing.T) {
	for _, memory := range []int64{-1, MaxMemory + 1, 1 << 62} {
		if _, err := NewMachine(t.Context(), &Image{}, MachineConfig{Memory: memory}); err == nil {
			t.Errorf("%d bytes: no error", memory)
		}
	}
}
