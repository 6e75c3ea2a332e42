package recorder

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// The encoders here write what encoding/json would, at a fraction of the cost. That counts in the guest,
// where every packet is three events, most events are followed by a snapshot, and code runs several times slower than outside.

// appendEnvelope appends the event up to where its data begins.
func appendEnvelope(b []byte, e Event) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, int64(e.Time), 10)
	if e.Peer != "" {
		b = append(b, `,"peer":`...)
		b = appendString(b, e.Peer)
	}
	b = append(b, `,"kind":`...)
	b = appendString(b, string(e.Kind))
	if e.Cause != 0 {
		b = append(b, `,"cause":`...)
		b = strconv.AppendUint(b, e.Cause, 10)
	}
	return append(b, `,"data":`...)
}

func appendPacketSent(b []byte, p PacketSent) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendUint(b, p.ID, 10)
	b = appendUint(b, `,"copyOf":`, p.CopyOf)
	b = append(b, `,"src":`...)
	b = appendString(b, p.Src)
	b = append(b, `,"dst":`...)
	b = appendString(b, p.Dst)
	b = append(b, `,"protocol":`...)
	b = appendString(b, p.Protocol)
	b = appendTypes(b, p.Types)
	b = appendUint(b, `,"answers":`, p.Answers)
	b = append(b, `,"size":`...)
	b = strconv.AppendInt(b, int64(p.Size), 10)
	if len(p.Payload) > 0 {
		b = append(b, `,"payload":"`...)
		b = base64.StdEncoding.AppendEncode(b, p.Payload)
		b = append(b, '"')
	}
	if len(p.Layers) > 0 {
		b = append(b, `,"layers":`...)
		b = append(b, p.Layers...)
	}
	return append(b, '}')
}

func appendPacketEnd(b []byte, p PacketEnd) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendUint(b, p.ID, 10)
	if p.From != "" {
		b = append(b, `,"from":`...)
		b = appendString(b, p.From)
	}
	if p.Protocol != "" {
		b = append(b, `,"protocol":`...)
		b = appendString(b, p.Protocol)
	}
	b = appendTypes(b, p.Types)
	if p.Reason != "" {
		b = append(b, `,"reason":`...)
		b = appendString(b, p.Reason)
	}
	if p.Detail != "" {
		b = append(b, `,"detail":`...)
		b = appendString(b, p.Detail)
	}
	for i := range p.Path {
		if i == 0 {
			b = append(b, `,"path":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendHop(b, &p.Path[i])
	}
	if len(p.Path) > 0 {
		b = append(b, ']')
	}
	for i, bit := range p.Corrupted {
		if i == 0 {
			b = append(b, `,"corrupted":[`...)
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(bit), 10)
	}
	if len(p.Corrupted) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendSnapshot(b []byte, s Snapshot) []byte {
	b = append(b, '{')
	if s.Full {
		b = append(b, `"full":true,`...)
	}
	if s.State == nil {
		return append(b, `"state":null}`...)
	}
	b = append(b, `"state":{`...)
	for i, name := range slices.Sorted(maps.Keys(s.State)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		b = append(b, s.State[name]...)
	}
	return append(b, "}}"...)
}

func appendTypes(b []byte, types []string) []byte {
	for i, t := range types {
		if i == 0 {
			b = append(b, `,"types":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendString(b, t)
	}
	if len(types) > 0 {
		b = append(b, ']')
	}
	return b
}

func appendHop(b []byte, h *Hop) []byte {
	b = append(b, `{"at":`...)
	b = appendString(b, h.At)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, int64(h.Time), 10)
	b = appendUint(b, `,"wait":`, uint64(h.Wait))
	if h.Src != "" {
		b = append(b, `,"src":`...)
		b = appendString(b, h.Src)
	}
	if h.Dst != "" {
		b = append(b, `,"dst":`...)
		b = appendString(b, h.Dst)
	}
	return append(b, '}')
}

// appendUint appends a member with a number, unless that is 0.
func appendUint(b []byte, member string, n uint64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendUint(append(b, member...), n, 10)
}

// appendString appends s as a JSON string. What needs escaping, or may, is left to encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, encodeLine(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// encodeLine returns v as one line of JSON, without a newline, as all lines of a recording are: "<", ">" and "&" are not escaped.
// v is of a type that can be expressed in JSON, whatever its value.
func encodeLine(v any) []byte {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(line.Bytes(), []byte("\n"))
}
