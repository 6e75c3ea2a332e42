package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/rtcsim/rtcsim/internal/dissection"
	"github.com/rtcsim/rtcsim/recorder"
)

var jsonLines = Format{
	Name:      "jsonl",
	Extension: ".jsonl",
	Summary:   "JSON lines, for jq and programs of one's own: the recording itself, or a part of it",
	Takes:     []string{"from", "to", "peer", "dissect"},
	Write:     writeJSONLines,
}

// writeJSONLines writes the header, the events and the end, a line each. The whole of a recording is the text that is in its file,
// to the byte; a part of it, or one that is dissected, has no checks, which are about what is left out, too.
func writeJSONLines(w io.Writer, r *recorder.Recording, o Options) error {
	out := bufio.NewWriter(w)
	line, err := encode(r.Header())
	if err != nil {
		return err
	}
	out.Write(append(line, '\n'))

	digest := recorder.NewDigest()
	checked := o.whole() && !o.Dissect
	lines := func(n int) ([]byte, error) { return r.Raw(n) }
	if o.Dissect {
		if lines, err = dissected(r); err != nil {
			return err
		}
	}
	for n, e := range o.entries(r) {
		if e.Kind == "" {
			continue
		}
		line, err := lines(n)
		if err != nil {
			return err
		}
		if checked {
			event, err := r.Event(n)
			if err != nil {
				return err
			}
			digest.Add(line)
			line = appendCheck(line, event.Check)
		}
		out.Write(append(line, '\n'))
	}
	if end, ok := r.End(); ok {
		line, err := encode(struct {
			End recorder.End `json:"end"`
		}{end})
		if err != nil {
			return err
		}
		if checked {
			digest.Add(line)
			line = appendCheck(line, digest.Check())
		}
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}

// dissected returns a function that gives the lines of events with what is in their packets. It is to be asked for ascending
// numbers, and looks at the events in between for what it takes to decrypt the others.
func dissected(r *recorder.Recording) (func(n int) ([]byte, error), error) {
	if packets := r.Header().Options.Packets; packets != recorder.PacketsFull {
		return nil, fmt.Errorf("the recording has no payloads to dissect: it was made with --packets %s\nrecord it again with --packets full", packets)
	}
	d := dissection.New()
	next := 1
	return func(n int) ([]byte, error) {
		for ; next < n; next++ {
			switch r.Entry(next).Kind {
			case recorder.KindDTLSSecret, recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
			default:
				continue
			}
			line, err := r.Raw(next)
			if err == nil {
				_, err = d.Line(line)
			}
			if err != nil {
				return nil, fmt.Errorf("event %d: %w", next, err)
			}
		}
		next++
		line, err := r.Raw(n)
		if err != nil {
			return nil, err
		}
		return d.Line(line)
	}, nil
}

// appendCheck returns a line with its check, if it has one, as the last member.
func appendCheck(line []byte, check string) []byte {
	if check == "" {
		return line
	}
	return fmt.Appendf(line[:len(line)-1:len(line)-1], `,"check":"%s"}`, check)
}

// encode returns a value as one line of JSON, as a recording has it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
