package filter

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A numberField is something that an event has which is a number: a time in nanoseconds, a size in bytes, …
type numberField struct {
	name string
	// means says what it is, and example is a term, for those who write a filter.
	means, example string
	// called is what the events are called that have it, if they are of one sort.
	called string
	// phrase says that a number is one that is asked for.
	phrase func(r numbers, f func(int64) string) string
	// kinds are the kinds of which events may have it; nil for all.
	kinds []recorder.Kind
	// numbers gives is the numbers that an event has, until it returns true. It reports whether it did.
	numbers func(s *subject, is func(int64) bool) bool
	// entry gives the number where it is in the index.
	entry func(e recorder.Entry) (int64, bool)
	// duration tells that it is one.
	duration bool
}

var numberFields = []*numberField{
	{
		name: "time", means: "when it happened", example: "time:1s..2s", duration: true, phrase: moment,
		entry: func(e recorder.Entry) (int64, bool) { return int64(e.Time), e.Kind != "" },
	},
	{
		name: "seq", means: "the number of the event", example: "seq:120", phrase: amount("with the number", ""),
		entry: func(e recorder.Entry) (int64, bool) { return int64(e.Seq), e.Kind != "" },
	},
	{
		name: "cause", means: "the number of the event that led to it", example: "cause:120", phrase: amount("caused by event", ""),
		entry: func(e recorder.Entry) (int64, bool) { return int64(e.Cause), e.Cause != 0 },
	},
	{
		name: "size", means: "the bytes of a packet or a message", example: "size>1200", phrase: amount("of", " bytes"),
		kinds: append([]recorder.Kind{recorder.KindMessage}, packetKinds...),
		numbers: func(s *subject, is func(int64) bool) bool {
			if s.isKind(recorder.KindMessage) {
				n, ok := number(member(member(s.data(), "message"), "size"))
				return ok && is(n)
			}
			if s = s.sent(); s == nil {
				return false
			}
			n, ok := s.number("size")
			return ok && is(n)
		},
	},
	{
		name: "delay", means: "how long a packet or a message was under way", example: "delay>100ms",
		duration: true, phrase: amount("under way for", ""),
		kinds: []recorder.Kind{recorder.KindPacketDelivered, recorder.KindSignalDelivered},
		numbers: func(s *subject, is func(int64) bool) bool {
			sent := s.cause(recorder.KindPacketSent)
			if s.isKind(recorder.KindSignalDelivered) {
				sent = s.cause(recorder.KindSignalSent)
			}
			return sent != nil && is(int64(s.entry.Time-sent.entry.Time))
		},
	},
	{
		name: "wait", means: "how long a packet waited for a link on its way", example: "wait>10ms",
		called: "packets", duration: true, phrase: amount("that waited for", " at a link"),
		kinds: []recorder.Kind{recorder.KindPacketDelivered, recorder.KindPacketDropped},
		numbers: func(s *subject, is func(int64) bool) bool {
			for hop := range elements(member(s.data(), "path")) {
				if n, ok := number(member(hop, "wait")); ok && is(n) {
					return true
				}
			}
			return false
		},
	},
	{
		name: "took", means: "how long a call took", example: "took>1s",
		called: "calls", duration: true, phrase: amount("that took", ""),
		kinds: []recorder.Kind{recorder.KindReturn}, numbers: numberOf("took"),
	},
	{
		name: "id", means: "the number of a packet", example: "id:12", called: "packets", phrase: amount("with the number", ""),
		kinds: packetKinds, numbers: numberOf("id"),
	},
	{
		name: "line", means: "the line of the scenario that a step or an expectation is in", example: "line:12", phrase: amount("of line", ""),
		kinds: []recorder.Kind{recorder.KindStep, recorder.KindVerdict}, numbers: numberOf("line"),
	},
	{
		name: "ssrc", means: "the synchronization source of media", example: "ssrc:71669737", phrase: amount("of the source", ""),
		kinds: []recorder.Kind{recorder.KindTrack, recorder.KindMedia, recorder.KindRTCP}, numbers: numberOf("ssrc"),
	},
}

// numberOf has a member of the data as the number.
func numberOf(member string) func(s *subject, is func(int64) bool) bool {
	return func(s *subject, is func(int64) bool) bool {
		n, ok := s.number(member)
		return ok && is(n)
	}
}

// numbers are those from low to high, both included.
type numbers struct {
	low, high int64
	// op is how they compare with n, empty where both ends are given.
	op string
	n  int64
}

// compare returns the numbers that compare so with a number.
func compare(op string, n int64) numbers {
	r := numbers{low: 0, high: math.MaxInt64, op: op, n: n}
	switch op {
	case ">":
		if n == math.MaxInt64 {
			r.high = -1 // none
			break
		}
		r.low = n + 1
	case ">=":
		r.low = n
	case "<":
		r.high = n - 1
	case "<=":
		r.high = n
	default:
		return numbers{low: n, high: n}
	}
	return r
}

// numberTerm asks for numbers.
type numberTerm struct {
	field *numberField
	numbers
}

func (t *numberTerm) is(n int64) bool { return t.low <= n && n <= t.high }

func (t *numberTerm) entry(e recorder.Entry) Answer {
	if t.field.entry != nil {
		if n, ok := t.field.entry(e); ok && t.is(n) {
			return Yes
		}
		return No
	}
	if slices.Contains(t.field.kinds, e.Kind) {
		return Maybe
	}
	return No
}

func (t *numberTerm) match(s *subject) bool {
	if answer := t.entry(s.entry); answer != Maybe {
		return answer == Yes
	}
	return t.field.numbers(s, t.is)
}

func (t *numberTerm) String() string {
	switch {
	case t.op != "":
		return t.field.name + t.op + t.field.format(t.n)
	case t.low == t.high:
		return t.field.name + ":" + t.field.format(t.low)
	}
	return t.field.name + ":" + t.field.format(t.low) + ".." + t.field.format(t.high)
}

func (t *numberTerm) noun() string { return t.field.called }

func (t *numberTerm) clause(string) (holds, fails string) {
	phrase := t.field.phrase(t.numbers, t.field.format)
	if rest, ok := strings.CutPrefix(phrase, "that "); ok {
		return phrase, "of which it is not so that they " + rest
	}
	return phrase, "not " + phrase
}

// format writes a number as it is read again.
func (f *numberField) format(n int64) string {
	if !f.duration {
		return strconv.FormatInt(n, 10)
	}
	return time.Duration(n).String()
}

// read reads a number.
func (f *numberField) read(text string) (int64, error) {
	if !f.duration {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return 0, errors.New(text + " is too large")
		case err != nil || n < 0:
			return 0, errors.New(text + " is no whole number")
		}
		return n, nil
	}
	text = strings.ToLower(text)
	if strings.Trim(text, "0123456789.") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New(text + " is no duration")
	}
	return int64(d), nil
}

// amount says how much something is.
func amount(before, after string) func(numbers, func(int64) string) string {
	return func(r numbers, format func(int64) string) string {
		words := map[string]string{">": "more than ", ">=": "at least ", "<": "less than ", "<=": "at most "}
		much := words[r.op] + format(r.n)
		switch {
		case r.op != "":
		case r.low == r.high:
			much = format(r.low)
		default:
			much = format(r.low) + " to " + format(r.high)
		}
		return before + " " + much + after
	}
}

// moment says when something is.
func moment(r numbers, format func(int64) string) string {
	switch r.op {
	case ">":
		return "after " + format(r.n)
	case ">=":
		return "from " + format(r.n) + " on"
	case "<":
		return "before " + format(r.n)
	case "<=":
		return "until " + format(r.n)
	}
	if r.low == r.high {
		return "at exactly " + format(r.low)
	}
	return "from " + format(r.low) + " to " + format(r.high)
}
