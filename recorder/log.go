package recorder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Log is the front end of a recording: it makes an event of each thing that happens in a session.
// It is safe for concurrent use.
type Log struct {
	now  func() time.Duration
	sink func(line []byte)

	mu        sync.Mutex
	seq       uint64
	line      bytes.Buffer
	encoder   *json.Encoder // writes to line
	observers []func(Event, any)
}

// NewLog returns a log that reads the time since the start of the run from now and gives each event to sink: one line of
// JSON without newline and check, valid only during the call. Lines come in the order of their sequence numbers. The log
// is locked while it calls now and sink, so neither may use it.
func NewLog(now func() time.Duration, sink func(line []byte)) *Log {
	l := &Log{now: now, sink: sink}
	l.encoder = json.NewEncoder(&l.line)
	l.encoder.SetEscapeHTML(false) // keep the "<" and ">" of SDP and log lines readable
	return l
}

// Observe has f called after each event from now on, with the event, whose Data and Check are empty, and with the data
// that Add was given. The log is not locked meanwhile: f may add events, and concurrent events may reach f in another order.
func (l *Log) Observe(f func(Event, any)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// A copy, since Add may be walking the old slice.
	l.observers = append(l.observers[:len(l.observers):len(l.observers)], f)
}

// Add records that something happened now and returns the event's sequence number. Peer is the peer or the network element that it
// belongs to, or empty; cause is the sequence number of the event that led to it, or 0; data is a value of the kind's data type, see [Kinds].
//
// It panics when data cannot be expressed in JSON, which is a mistake in the program.
func (l *Log) Add(peer string, kind Kind, cause uint64, data any) (seq uint64) {
	event, observers := l.add(peer, kind, cause, data)
	for _, observe := range observers {
		observe(event, data)
	}
	return event.Seq
}

// add is the part of Add that needs the lock.
func (l *Log) add(peer string, kind Kind, cause uint64, data any) (Event, []func(Event, any)) {
	l.mu.Lock()
	defer l.mu.Unlock()

	event := Event{Seq: l.seq + 1, Time: l.now(), Peer: peer, Kind: kind, Cause: cause}
	l.line.Reset()
	l.line.Write(appendEnvelope(l.line.AvailableBuffer(), event))
	switch data := data.(type) {
	case PacketSent:
		l.line.Write(appendPacketSent(l.line.AvailableBuffer(), data))
	case PacketEnd:
		l.line.Write(appendPacketEnd(l.line.AvailableBuffer(), data))
	case Snapshot:
		l.line.Write(appendSnapshot(l.line.AvailableBuffer(), data))
	case nil:
		l.line.WriteString("{}")
	default:
		if err := l.encoder.Encode(data); err != nil {
			panic(fmt.Sprintf("recorder: the data of a %s event: %v", kind, err))
		}
		l.line.Truncate(l.line.Len() - 1) // the newline
	}
	l.line.WriteByte('}')

	l.seq = event.Seq
	l.sink(l.line.Bytes())
	return event, l.observers
}
