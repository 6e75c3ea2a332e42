package scenario

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// A RateTrace is a capacity that varies, as a mahimahi trace: at each of the times 1500 bytes can pass, and after the last
// one it begins anew.
type RateTrace struct {
	// File is the name of the file, as the scenario has it; empty where the list itself is there.
	File string
	// Times are in milliseconds, in their order, some of them maybe equal; the last one is not 0. Empty stands for none.
	Times []int
}

func (t *RateTrace) none() bool { return len(t.Times) == 0 }

func (t RateTrace) String() string {
	switch {
	case t.none():
		return "none"
	case t.File != "":
		return t.File
	}
	return fmt.Sprintf("of %d packets in %dms", len(t.Times), t.Times[len(t.Times)-1])
}

func (t *RateTrace) read(r *reader, n *yaml.Node) {
	switch {
	case isWord(n, "none"):
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			item = resolved(item)
			if item.Kind != yaml.ScalarNode {
				r.expected(item, "a time in milliseconds", "such as 12")
				return
			}
			if !t.add(r, position(item), item.Value) {
				return
			}
		}
		t.checkEnd(r, position(n))
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value != "":
		t.File = n.Value
		if file, ok := r.beside(n); ok {
			t.parse(r, file, position(n))
		}
	default:
		r.expected(n, "the name of a file, or a list of times", "such as downlink.trace, or [2, 4, 12]: the milliseconds at which 1500 bytes can pass")
	}
}

// beside opens the file that a node names, relative to the file that the node is in. It returns the index of the file; it is
// false, having said why, if it cannot be read.
func (r *reader) beside(n *yaml.Node) (file int, ok bool) {
	name := path.Join(path.Dir(r.files[position(n).File].path), n.Value)
	if !r.isBelow(n, name) {
		return 0, false
	}
	for i, f := range r.files {
		if f.path == name {
			return i, true
		}
	}
	text, ok := r.load(n, name)
	if !ok {
		return 0, false
	}
	file = len(r.files) - 1
	if len(text) > maxText {
		r.errorf(Pos{1, 1, file}, "too-large", "1 MiB is the most", "the file is too large: %d bytes", len(text))
		return 0, false
	}
	r.files[file].lines = strings.Split(string(text), "\n")
	return file, true
}

// parse reads the lines of a file, which hold a time each.
func (t *RateTrace) parse(r *reader, file int, named Pos) {
	for i, line := range r.files[file].lines {
		text := strings.TrimSpace(line)
		before, _, _ := strings.Cut(line, text)
		if text != "" && !t.add(r, Pos{i + 1, utf8.RuneCountInString(before) + 1, file}, text) {
			return
		}
	}
	t.checkEnd(r, named)
}

// add adds a time. It is false, having said why, if it cannot be one.
func (t *RateTrace) add(r *reader, pos Pos, text string) bool {
	const most = 24 * 60 * 60 * 1000
	time, err := strconv.ParseUint(text, 10, 32)
	switch {
	case err != nil || time > most:
		r.errorf(pos, "bad-trace", "a trace holds whole milliseconds, such as 12, and 24 hours at most", "%s is not a time of a trace", quote(text))
		return false
	case len(t.Times) > 0 && int(time) < t.Times[len(t.Times)-1]:
		r.errorf(pos, "bad-trace", "the times of a trace are in their order", "%d comes after %d", time, t.Times[len(t.Times)-1])
		return false
	}
	t.Times = append(t.Times, int(time))
	return true
}

func (t *RateTrace) checkEnd(r *reader, pos Pos) {
	if t.none() || t.Times[len(t.Times)-1] == 0 {
		r.errorf(pos, "bad-trace", "such as [2, 4, 12], which is three packets every 12 ms", "the trace takes no time")
	}
}
