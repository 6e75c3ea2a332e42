package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// beforeLen is the number of equal events that a divergence shows.
const beforeLen = 5

// Divergence is the first event in which two runs differ.
type Divergence struct {
	// Seq is the number of the event, counted by lines.
	Seq uint64
	// Recorded and Replayed are its lines, without check; nil where that side has ended.
	Recorded, Replayed []byte
	// Before holds up to five events that came before and were the same on both sides.
	Before []Event
}

// Fields names the fields that differ by their paths, such as "data.state". A is recorded and B is replayed, in JSON.
// Where the difference is in no field, as when a line is no JSON, it is one field "line". It is empty where a side has ended.
func (d *Divergence) Fields() []Difference {
	if d.Recorded == nil || d.Replayed == nil {
		return nil
	}
	var diffs []Difference
	a, errA := decodeAny(d.Recorded)
	b, errB := decodeAny(d.Replayed)
	if errA == nil && errB == nil {
		diffs = appendDiffs(nil, "", a, b)
	}
	if len(diffs) == 0 {
		diffs = []Difference{{"line", string(d.Recorded), string(d.Replayed)}}
	}
	return diffs
}

// decodeAny decodes a line and keeps the text of its numbers.
func decodeAny(line []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}

// appendDiffs appends the differences of two JSON values at a path.
func appendDiffs(diffs []Difference, path string, a, b any) []Difference {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			break
		}
		both := maps.Clone(a)
		maps.Copy(both, b)
		for _, name := range slices.Sorted(maps.Keys(both)) {
			field := name
			if path != "" {
				field = path + "." + name
			}
			inA, okA := a[name]
			inB, okB := b[name]
			if okA && okB {
				diffs = appendDiffs(diffs, field, inA, inB)
				continue
			}
			diffs = append(diffs, Difference{field, encodeMember(inA, okA), encodeMember(inB, okB)})
		}
		return diffs
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			diffs = appendDiffs(diffs, fmt.Sprintf("%s[%d]", path, i), a[i], b[i])
		}
		return diffs
	}
	textA, textB := encodeMember(a, true), encodeMember(b, true)
	if textA != textB {
		diffs = append(diffs, Difference{path, textA, textB})
	}
	return diffs
}

// encodeMember returns a JSON value as text, and nothing for one that is not there.
func encodeMember(v any, there bool) string {
	if !there {
		return ""
	}
	return string(encodeLine(v))
}

// Comparer compares two runs line by line. The zero value is ready for the first event.
type Comparer struct {
	seq    uint64
	before [beforeLen][]byte // the last equal lines; that of event n is at n % beforeLen
	found  *Divergence
}

// Compare takes the next line of each side, without check, or nil where a side has ended. It returns nil as long as all lines
// were the same, and from then on the first divergence. It keeps nothing of the lines it was given but copies.
func (c *Comparer) Compare(recorded, replayed []byte) *Divergence {
	if c.found != nil || recorded == nil && replayed == nil {
		return c.found
	}
	c.seq++
	if recorded != nil && replayed != nil && bytes.Equal(recorded, replayed) {
		last := &c.before[c.seq%beforeLen]
		*last = append((*last)[:0], recorded...)
		return nil
	}
	c.found = &Divergence{Seq: c.seq, Recorded: bytes.Clone(recorded), Replayed: bytes.Clone(replayed)}
	for n := max(1, c.seq-min(c.seq, beforeLen)); n < c.seq; n++ {
		// Lines that both sides have may still be garbage, in both.
		if event, err := parseEvent(c.before[n%beforeLen]); err == nil {
			c.found.Before = append(c.found.Before, event)
		}
	}
	return c.found
}

// Equal returns the number of events that were the same on both sides.
func (c *Comparer) Equal() uint64 {
	if c.found != nil {
		return c.found.Seq - 1
	}
	return c.seq
}

// Compare compares the events of two recordings from where the readers are. It returns nil when they are the same.
// An event that was changed after it was recorded is compared as it is now. The error is that of a reader that
// could not go on, such as a *[CutError]; up to there the events were the same.
func Compare(recorded, replayed *Reader) (*Divergence, error) {
	var c Comparer
	for {
		a, err := nextLine(recorded)
		if err != nil {
			return nil, err
		}
		b, err := nextLine(replayed)
		if err != nil {
			return nil, err
		}
		if d := c.Compare(a, b); d != nil || a == nil {
			return d, nil
		}
	}
}

// nextLine returns the next event's line whether it was changed or not, and nil at the end.
func nextLine(r *Reader) ([]byte, error) {
	_, err := r.Next()
	var damaged *DamagedError
	if err == nil || err == io.EOF || errors.As(err, &damaged) {
		return r.Line(), nil
	}
	return nil, err
}
