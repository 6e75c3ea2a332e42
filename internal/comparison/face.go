package comparison

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// irrelevant are the members of an event's data that are random by nature, or told by other events.
var irrelevant = map[string]bool{
	"now": true, "took": true, "near": true, "changed": true, "inFlight": true, "derived": true,
	"line": true, "path": true, "file": true, "note": true,
	"ssrc": true, "usernameFragment": true, "password": true, "fingerprint": true, "fingerprints": true, "certificates": true,
	"clientRandom": true, "masterSecret": true,
	"payload": true, "layers": true, "size": true, "copyOf": true, "answers": true,
}

// face returns the data of an event as it is compared, in JSON.
func (o Options) face(e recorder.Event) []byte {
	if o.All {
		return e.Data
	}
	var data any
	decoder := json.NewDecoder(bytes.NewReader(e.Data))
	decoder.UseNumber()
	if decoder.Decode(&data) != nil {
		return []byte(meant(string(e.Data)))
	}
	if members, ok := data.(map[string]any); ok {
		switch e.Kind {
		case recorder.KindReturn:
			if members["method"] == "getStats" {
				delete(members, "result")
			}
		case recorder.KindPacketSent, recorder.KindPacketDelivered, recorder.KindPacketDropped:
			delete(members, "id")
		}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(relevant(data)); err != nil {
		panic(err) // it was JSON
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// relevant returns a value without what is irrelevant in it. Where a list is of things with names, such as networks, it is by
// name; times are in words.
func relevant(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if irrelevant[name] {
				delete(v, name)
			} else if port, ok := member.(json.Number); ok && name == "port" {
				if n, err := port.Int64(); err == nil && n >= firstRandomPort {
					delete(v, name)
				}
			} else if delay, ok := member.(json.Number); ok && name == "delay" {
				if n, err := delay.Int64(); err == nil {
					v[name] = time.Duration(n).String()
				}
			} else {
				v[name] = relevant(member)
			}
		}
	case []any:
		if named := byName(v); named != nil {
			return relevant(named)
		}
		for i := range v {
			v[i] = relevant(v[i])
		}
	case string:
		return meant(v)
	}
	return v
}

// byName returns a list as an object, if each of its elements is an object with a name of its own.
func byName(list []any) map[string]any {
	named := make(map[string]any, len(list))
	for _, v := range list {
		members, _ := v.(map[string]any)
		name, ok := members["name"].(string)
		if !ok || named[name] != nil {
			return nil
		}
		named[name] = v
	}
	if len(named) == 0 {
		return nil
	}
	return named
}

// Differences returns the members in which the two events of a row differ, by their paths, such as "data.args.label", and what
// else the row tells of its two events; nothing for a row with one event only. Of an SDP it is the lines that differ.
func (c *Comparison) Differences(row int) ([]recorder.Difference, error) {
	x := c.rows[row]
	if x.A == 0 || x.B == 0 {
		return nil, nil
	}
	a, err := c.sides[0].r.Event(x.A)
	if err != nil {
		return nil, err
	}
	b, err := c.sides[1].r.Event(x.B)
	if err != nil {
		return nil, err
	}
	return c.options.differences(a, b), nil
}

func (o Options) differences(a, b recorder.Event) []recorder.Difference {
	line := func(e recorder.Event) []byte {
		return mustMarshal(struct {
			Peer string          `json:"peer"`
			Kind recorder.Kind   `json:"kind"`
			Data json.RawMessage `json:"data"`
		}{e.Peer, e.Kind, o.face(e)})
	}
	// Where a packet got to says no more than that it arrived.
	if a.Kind == recorder.KindPacketDelivered && b.Kind == a.Kind {
		a.Peer, b.Peer = "", ""
	}
	textA, textB := line(a), line(b)
	if bytes.Equal(textA, textB) {
		return nil
	}
	d := recorder.Divergence{Recorded: textA, Replayed: textB}
	differences := d.Fields()
	for i := range differences {
		f := &differences[i]
		if sdpA, sdpB, ok := sdps(f.A, f.B); ok {
			f.A, f.B = onlyLines(sdpA, sdpB)
		}
	}
	return differences
}

// sdps decodes two JSON strings if they are SDP.
func sdps(a, b string) (sdpA, sdpB string, ok bool) {
	if !strings.HasPrefix(a, `"v=0`) || !strings.HasPrefix(b, `"v=0`) {
		return "", "", false
	}
	ok = json.Unmarshal([]byte(a), &sdpA) == nil && json.Unmarshal([]byte(b), &sdpB) == nil
	return sdpA, sdpB, ok
}

// onlyLines returns the lines that are only in one of two texts.
func onlyLines(a, b string) (onlyA, onlyB string) {
	var linesA, linesB []string
	for _, line := range recorder.LineDiff(a, b) {
		if line[0] == '-' {
			linesA = append(linesA, line[1:])
		} else {
			linesB = append(linesB, line[1:])
		}
	}
	return strings.Join(linesA, "\n"), strings.Join(linesB, "\n")
}
