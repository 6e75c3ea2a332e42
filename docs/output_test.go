package docs_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leftOutLines stands for lines that are left out.
const leftOutLines = "…"

// masked returns a line without what may differ.
func masked(line string) string {
	for _, m := range masks {
		line = m.pattern.ReplaceAllString(line, "<"+m.what+">")
	}
	return line
}

// mask returns lines without what may differ.
func mask(lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = masked(line)
	}
	return all
}

// segments returns the runs of lines between those that are left out.
func segments(written []string) [][]string {
	all := [][]string{nil}
	for _, line := range written {
		if strings.TrimSpace(line) == leftOutLines {
			all = append(all, nil)
		} else {
			all[len(all)-1] = append(all[len(all)-1], line)
		}
	}
	return all
}

// find returns where the lines are in others for the first time, -1 if nowhere.
func find(lines, in []string, equal func(a, b string) bool) int {
	for i := 0; i+len(lines) <= len(in); i++ {
		if slices.EqualFunc(lines, in[i:i+len(lines)], equal) {
			return i
		}
	}
	return -1
}

func equalMasked(a, b string) bool { return masked(a) == masked(b) }

// same tells whether what is written is what was printed, but for the masks and what is left out.
func same(written, printed []string) bool {
	all := segments(written)
	first, last := all[0], all[len(all)-1]
	if len(all) == 1 {
		return slices.EqualFunc(first, printed, equalMasked)
	}
	if len(first)+len(last) > len(printed) {
		return false
	}
	end := len(printed) - len(last)
	if !slices.EqualFunc(first, printed[:len(first)], equalMasked) || !slices.EqualFunc(last, printed[end:], equalMasked) {
		return false
	}
	rest := printed[len(first):end]
	for _, s := range all[1 : len(all)-1] {
		at := find(s, rest, equalMasked)
		if at < 0 {
			return false
		}
		rest = rest[at+len(s):]
	}
	return true
}

var numbers = regexp.MustCompile(`[0-9]+`)

// alike tells whether two lines are the same but for numbers.
func alike(a, b string) bool {
	return numbers.ReplaceAllString(masked(a), "#") == numbers.ReplaceAllString(masked(b), "#")
}

// rewrite returns what is to be written, with the same lines left out as before, as far as they can be told.
func rewrite(written, printed []string) ([]string, error) {
	all := segments(written)
	if len(all) == 1 {
		return printed, nil
	}
	first, last := len(all[0]), len(all[len(all)-1])
	if first+last > len(printed) {
		return written, errors.New("what is left out cannot be told any more, write this output by hand")
	}
	lines := slices.Clone(printed[:first])
	rest := printed[first : len(printed)-last]
	for _, s := range all[1 : len(all)-1] {
		at := find(s, rest, alike)
		if at < 0 {
			return written, errors.New("what is left out cannot be told any more, write this output by hand")
		}
		lines = append(append(lines, leftOutLines), rest[at:at+len(s)]...)
		rest = rest[at+len(s):]
	}
	return append(append(lines, leftOutLines), printed[len(printed)-last:]...), nil
}

func TestSame(t *testing.T) {
	for _, test := range []struct {
		written, printed string
		want             bool
	}{
		{"a\nb", "a\nb", true},
		{"a\nb", "a\nb\nc", false},
		{"a\n…", "a\nb\nc", true},
		{"a\n…", "b\nc", false},
		{"…\nc", "a\nb\nc", true},
		{"…\nb", "a\nb\nc", false},
		{"a\n…\nc\n…\ne", "a\nb\nc\nd\ne", true},
		{"a\n  …\nd\n…\nc\n…\ne", "a\nb\nc\nd\ne", false},
		{"a\n…\na", "a", false},
		{"", "", true},
		{"", "a", false},
		{"digest fb44eece422e6b842cb0bb80b029393009cf5751dc844e6dce213a630ca2636f", "digest d1ea1362059813d2178d899cf092292f7c42940e7add3148059b801983c7ff92", true},
		{"1m0s virtual, 120ms on the wall (500 times as fast)", "1m0s virtual, 1.2s on the wall (50 times as fast)", true},
		{"1m0s virtual, 120ms on the wall (500 times as fast)", "1m1s virtual, 120ms on the wall (500 times as fast)", false},
		{"12 MiB", "13 MiB", true},
		{"9.77s on the wall, 1.0 runs a second, 2 at once; 2m30s virtual", "21.99s on the wall, 0.5 runs a second, 8 at once; 2m30s virtual", true},
		{"✗ .  2 cases  1 did not pass  2.47s", "✗ .  2 cases  1 did not pass  1m3.1s", true},
		{"✗ .  2 cases  1 did not pass  2.47s", "✗ .  2 cases  2 did not pass  2.47s", false},
	} {
		if got := same(lines(test.written), lines(test.printed)); got != test.want {
			t.Errorf("same(%q, %q) = %v, want %v", test.written, test.printed, got, test.want)
		}
	}
}

func TestRewrite(t *testing.T) {
	for _, test := range []struct{ written, printed, want string }{
		{"a\nb", "c", "c"},
		{"a\n…\nz", "A\nb\nc\nZ", "A\n…\nZ"},
		{"a\n…\nn 1\n…\nz", "A\nb\nn 2\nc\nZ", "A\n…\nn 2\n…\nZ"},
	} {
		got, err := rewrite(lines(test.written), lines(test.printed))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lines(test.want), got); diff != "" {
			t.Errorf("rewrite(%q, %q) (-want +got):\n%s", test.written, test.printed, diff)
		}
	}
	if _, err := rewrite(lines("a\n…\nn\n…\nz"), lines("a\nb\nc\nz")); err == nil {
		t.Error("no error where a line in the middle has gone")
	}
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
