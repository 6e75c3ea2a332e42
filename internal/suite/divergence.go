package suite

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// describe says how two runs differ, on several lines.
func describe(d *recorder.Divergence) string {
	var b strings.Builder
	for _, side := range []struct {
		name string
		line []byte
	}{{"first run ", d.Recorded}, {"second run", d.Replayed}} {
		text := "ended here"
		if side.line != nil {
			text = shorten(string(side.line))
		}
		fmt.Fprintf(&b, "%s  %s\n", side.name, text)
	}
	for _, f := range d.Fields() {
		fmt.Fprintf(&b, "%s: %s in the first run, %s in the second\n", f.Field, shorten(cmp.Or(f.A, "nothing")), shorten(cmp.Or(f.B, "nothing")))
	}
	return b.String()
}

// timeOf returns the virtual time of the event that differs.
func timeOf(d *recorder.Divergence) time.Duration {
	for _, line := range [][]byte{d.Recorded, d.Replayed} {
		if e, err := recorder.ParseLine(line); line != nil && err == nil {
			return e.Time
		}
	}
	return 0
}

func shorten(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
