package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/rtcsim/rtcsim/recorder"
)

// find returns the number of the n-th event of a kind, which is also the number of its line.
func find(t *testing.T, lines [][]byte, kind recorder.Kind, n int) int {
	t.Helper()
	for i, line := range lines {
		if bytes.Contains(line, fmt.Appendf(nil, `"kind":%q`, kind)) {
			if n--; n == 0 {
				return i
			}
		}
	}
	t.Fatalf("there are too few events %s", kind)
	return 0
}

var bothLine = regexp.MustCompile(`(?m)^  both +(\d+) `)

// TestReplayNamesTheEvent changes one thing about one event. The replay must name that event, and show both sides.
func TestReplayNamesTheEvent(t *testing.T) {
	t.Parallel()
	original := unpack(t, record(t, call))
	last := len(original) - 2 // the last line is the end
	tests := []struct {
		name     string
		event    int
		old, new string
		want     []string // on stdout
	}{
		{"data", find(t, original, recorder.KindConnectionStateChange, 3), `"state":"connected"`, `"state":"connecteD"`,
			[]string{"data.state\n    recorded  \"connecteD\"\n    replayed  \"connected\"\n"}},
		{"time", find(t, original, recorder.KindMessage, 1), `"time":`, `"time":1`, []string{"  time\n    recorded  1"}},
		{"peer", find(t, original, recorder.KindDataChannel, 1), `"peer":"bob"`, `"peer":"bub"`, []string{`recorded  "bub"`, `replayed  "bob"`}},
		{"kind", find(t, original, recorder.KindOpen, 1), `"kind":"open"`, `"kind":"opem"`, []string{`recorded  "opem"`, `replayed  "open"`}},
		{"cause", find(t, original, recorder.KindPacketDelivered, 2), `"cause":`, `"cause":9`, []string{"  cause\n    recorded  9"}},
		{"number", find(t, original, recorder.KindPacketSent, 5), `"seq":`, `"seq":7`, []string{"  seq\n    recorded  7"}},
		{"payload", find(t, original, recorder.KindPacketSent, 9), `"payload":"`, `"payload":"////`, []string{"data.payload", `recorded  "////`}},
		{"first event", 1, `"seed":1,`, `"seed":2,`, []string{"data.seed\n    recorded  2\n    replayed  1\n"}},
		{"last event", last, `"inFlight":`, `"inFlight":1`, []string{"data.inFlight"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines := slices.Clone(original)
			lines[test.event] = replace(t, lines[test.event], test.old, test.new)
			path := filepath.Join(t.TempDir(), "changed.rtcrec")
			pack(t, path, lines)
			r := rtcsim(t, "", "replay", path)
			r.want(t, exitFailed, fmt.Sprintf("✗ event %d differs\n", test.event), "")
			for _, want := range append(test.want, "\n  recorded ", "\n  replayed ") {
				r.want(t, exitFailed, want, "")
			}
			var before []string
			for _, m := range bothLine.FindAllStringSubmatch(r.stdout, -1) {
				before = append(before, m[1])
			}
			var want []string
			for n := max(1, test.event-5); n < test.event; n++ {
				want = append(want, fmt.Sprint(n))
			}
			if !slices.Equal(before, want) {
				t.Errorf("it shows the events %v before, want %v", before, want)
			}
		})
	}
}

// TestReplayNamesTheEventByLines is for changes that leave no event at all, or one too few or too many.
func TestReplayNamesTheEventByLines(t *testing.T) {
	t.Parallel()
	original := unpack(t, record(t, call))
	last := len(original) - 2
	tests := []struct {
		name  string
		event int
		edit  func(lines [][]byte) [][]byte
		want  string
	}{
		{"no JSON", 20, func(l [][]byte) [][]byte {
			l[20] = bytes.Replace(l[20], []byte(`"data":{`), []byte(`"data"!{`), 1)
			return l
		}, "  recorded no event any more: "},
		{"empty", 20, func(l [][]byte) [][]byte { l[20] = nil; return l }, "  recorded no event any more: "},
		{"removed", 20, func(l [][]byte) [][]byte { return slices.Delete(l, 20, 21) }, "  seq\n    recorded  21\n    replayed  20\n"},
		{"doubled", 21, func(l [][]byte) [][]byte { return slices.Insert(l, 20, l[20]) }, "  seq\n    recorded  20\n    replayed  21\n"},
		{"swapped", 20, func(l [][]byte) [][]byte { l[20], l[21] = l[21], l[20]; return l }, "  seq\n    recorded  21\n    replayed  20\n"},
		{"last one removed", last, func(l [][]byte) [][]byte { return slices.Delete(l, last, last+1) }, "  recorded nothing: the run ended here\n"},
		{"one more", last + 1, func(l [][]byte) [][]byte { return slices.Insert(l, last+1, l[last]) }, "  replayed nothing: the run ended here\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "changed.rtcrec")
			pack(t, path, test.edit(slices.Clone(original)))
			r := rtcsim(t, "", "replay", path)
			r.want(t, exitFailed, fmt.Sprintf("✗ event %d differs\n", test.event), "")
			r.want(t, exitFailed, test.want, "")
			if n := len(bothLine.FindAllString(r.stdout, -1)); n != 5 {
				t.Errorf("it shows %d events before, want 5", n)
			}
		})
	}
}

// TestReplayChangedHeader changes the header alone, so that it no longer fits the events.
func TestReplayChangedHeader(t *testing.T) {
	t.Parallel()
	path := record(t, call)
	original := unpack(t, path)
	module := regexp.MustCompile(`"path":"github.com/pion/webrtc/v4","version":"[^"]*"`).FindString(string(original[0]))
	guest := regexp.MustCompile(`"guest":"[^"]*"`).FindString(string(original[0]))
	tests := []struct {
		field    string
		old, new string
	}{
		{"text", `2s\nnetwork`, `3s\nnetwork`},
		{"seed", `"seed":1,`, `"seed":2,`},
		{"module github.com/pion/webrtc/v4", module, `"path":"github.com/pion/webrtc/v4","version":"v4.0.0"`},
		{"guest", guest, `"guest":"0123456789"`},
		{"options.packets", `"packets":"full"`, `"packets":"none"`},
		{"gc", `"gc":"GOGC=`, `"gc":"GOGC=1`},
		{"header", `"rtcsim":"`, `"rtcsim":"x`},
	}
	for _, test := range tests {
		t.Run(test.field, func(t *testing.T) {
			t.Parallel()
			lines := slices.Clone(original)
			lines[0] = replace(t, lines[0], test.old, test.new)
			path := filepath.Join(t.TempDir(), "changed.rtcrec")
			pack(t, path, lines)
			r := rtcsim(t, "", "replay", path)
			r.want(t, exitFailed, "✗ the header was changed after it was recorded\n    "+test.field+" ", "")
			r.want(t, exitFailed, "not replayed; --anyway replays it all the same", "")
			if strings.Contains(r.stdout, "identical") {
				t.Errorf("it was: %v", r)
			}
		})
	}
	t.Run("anyway", func(t *testing.T) {
		lines := slices.Clone(original)
		lines[0] = replace(t, lines[0], `"seed":1,`, `"seed":2,`)
		path := filepath.Join(t.TempDir(), "changed.rtcrec")
		pack(t, path, lines)
		r := rtcsim(t, "", "replay", "--anyway", path)
		r.want(t, exitFailed, "✗ the header was changed after it was recorded\n    seed ", "")
		// The first call of the API is the same, whose result depends on the seed.
		r.want(t, exitFailed, " differs\n", "")
		r.want(t, exitFailed, "\n  recorded ", "")
	})
}

// TestReplayForeignRecording replays what was honestly recorded elsewhere.
func TestReplayForeignRecording(t *testing.T) {
	t.Parallel()
	original := unpack(t, record(t, call))
	module := regexp.MustCompile(`"path":"github.com/pion/ice/v4","version":"[^"]*"`).FindString(string(original[0]))
	guest := regexp.MustCompile(`"guest":"[^"]*"`).FindString(string(original[0]))
	tests := []struct {
		field    string
		old, new string
	}{
		{"module github.com/pion/ice/v4", module, `"path":"github.com/pion/ice/v4","version":"v4.0.0"`},
		{"guest", guest, `"guest":"0123456789"`},
		{"machine", `"machine":`, `"machine":10`},
		{"wazero", `"wazero":"`, `"wazero":"x`},
		{"go", `"go":"go`, `"go":"go9`},
	}
	for _, test := range tests {
		t.Run(test.field, func(t *testing.T) {
			t.Parallel()
			lines := slices.Clone(original)
			lines[0] = replace(t, lines[0], test.old, test.new)
			lines[1] = replace(t, lines[1], test.old, test.new)
			path := filepath.Join(t.TempDir(), "foreign.rtcrec")
			rewrite(t, path, lines)

			r := rtcsim(t, "", "replay", path)
			r.want(t, exitFailed, "✗ the recording was made by something else than what replays it\n    "+test.field+" ", "")
			r.want(t, exitFailed, "not replayed; --anyway replays it all the same", "")

			r = rtcsim(t, "", "replay", path, "--anyway")
			if want := fmt.Sprintf("all %d events", len(original)-2); !strings.Contains(r.stdout, want) || !strings.Contains(r.stdout, "    "+test.field+" ") {
				t.Errorf("stdout does not contain %q and %q: %v", want, test.field, r)
			}
		})
	}
}

// rewrite writes lines as a recording that verifies.
func rewrite(t *testing.T, path string, lines [][]byte) {
	t.Helper()
	digest := recorder.NewDigest()
	out := [][]byte{lines[0]}
	for _, line := range lines[1 : len(lines)-1] {
		line = withoutCheck(line)
		digest.Add(line)
		out = append(out, fmt.Appendf(nil, `%s,"check":%q}`, line[:len(line)-1], digest.Check()))
	}
	end := withoutCheck(lines[len(lines)-1])
	end = regexp.MustCompile(`"digest":"[^"]*"`).ReplaceAll(end, fmt.Appendf(nil, `"digest":%q`, digest))
	end = regexp.MustCompile(`"headerDigest":"[^"]*"`).ReplaceAll(end, fmt.Appendf(nil, `"headerDigest":"%x"`, sha256.Sum256(lines[0])))
	digest.Add(end)
	pack(t, path, append(out, fmt.Appendf(nil, `%s,"check":%q}`, end[:len(end)-1], digest.Check())))
	readRecording(t, path)
}

// TestCompareEveryEvent changes one byte of every event in turn.
func TestCompareEveryEvent(t *testing.T) {
	t.Parallel()
	path := record(t, call)
	original := unpack(t, path)
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	for n := 1; n <= len(original)-2; n++ {
		lines := slices.Clone(original)
		lines[n] = bytes.Clone(lines[n])
		at := n * 7919 % (len(lines[n]) - len(`,"check":"01234567"}`)) // a prime, to get around
		lines[n][at] ^= 1                                              // never a newline, and never nothing
		changed := encoder.EncodeAll(append(bytes.Join(lines, []byte("\n")), '\n'), nil)

		a, err := recorder.NewReader(bytes.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		b, err := recorder.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		d, err := recorder.Compare(a, b)
		if err != nil || d == nil || d.Seq != uint64(n) || len(d.Before) != min(5, n-1) {
			t.Fatalf("byte %d of event %d was changed: got %+v, error %v", at, n, d, err)
		}
		a.Close()
		b.Close()

		// Without the original, the check tells.
		a, err = recorder.NewReader(bytes.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = a.Next()
		}
		var damaged *recorder.DamagedError
		if !errors.As(err, &damaged) || damaged.Event != uint64(n) {
			t.Fatalf("byte %d of event %d was changed: got error %v", at, n, err)
		}
		a.Close()
	}
	if r, err := recorder.Open(path); err != nil {
		t.Fatal(err)
	} else if d, err := recorder.Compare(r, reopen(t, path)); d != nil || err != nil && err != io.EOF {
		t.Fatalf("unchanged: got %+v, error %v", d, err)
	}
}

func reopen(t *testing.T, path string) *recorder.Reader {
	t.Helper()
	r, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestReplayStopped: a limit or an interrupt that ends the replay is no difference.
func TestReplayStopped(t *testing.T) {
	t.Parallel()
	path := record(t, call)
	r := rtcsim(t, "", "replay", path, "--max-events", "30")
	r.want(t, exitFatal, "", "limit reached: events (30) at virtual time")
	r.want(t, exitFatal, "", "; the 30 events until then are the same\n")
	if strings.Contains(r.stdout, "differs") {
		t.Errorf("it was: %v", r)
	}
}
