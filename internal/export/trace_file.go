package export

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A traceFile is a file in the Trace Event Format, which Chrome's tracing and Perfetto read. Perfetto reads it more strictly than the
// format's description says: the time unit comes before the events, numbers of threads are not used by two processes, slices of
// a thread nest, and a flow begins and ends within slices.
type traceFile struct {
	w         *bufio.Writer
	first     bool
	processes int
	threads   int
	busy      map[thread]time.Duration // until when the thread has a slice
	begun     map[flow]time.Duration   // flows under way
	err       error
}

// A process is a group of tracks, a thread a track of it.
type (
	process int
	thread  struct{ process, number int }
)

// A flow is an arrow between two slices.
type flow struct {
	category string
	id       uint64
}

// traceEvent is an event of the format, in the order of its members. None may be a list.
type traceEvent struct {
	Name      string    `json:"name"`
	Category  string    `json:"cat,omitempty"`
	Phase     string    `json:"ph"`
	Time      traceTime `json:"ts"`
	Duration  traceTime `json:"dur,omitempty"`
	Process   int       `json:"pid"`
	Thread    int       `json:"tid"`
	ID        uint64    `json:"id,omitempty"`
	Scope     string    `json:"s,omitempty"`
	BindPoint string    `json:"bp,omitempty"`
	Args      any       `json:"args,omitempty"`
}

// traceTime is a time in microseconds. It is written as such, with the nanoseconds as decimals.
type traceTime time.Duration

func (t traceTime) MarshalJSON() ([]byte, error) {
	if t%1000 == 0 {
		return fmt.Appendf(nil, "%d", t/1000), nil
	}
	return fmt.Appendf(nil, "%d.%03d", t/1000, t%1000), nil
}

// args are what is shown of an event beside its name. They are written in the order of their names.
type args map[string]any

func newTraceFile(w io.Writer, metadata args) *traceFile {
	f := &traceFile{w: bufio.NewWriter(w), first: true, busy: make(map[thread]time.Duration), begun: make(map[flow]time.Duration)}
	text, err := encode(metadata)
	f.err = err
	fmt.Fprintf(f.w, "{\"displayTimeUnit\":\"ms\",\n\"otherData\":%s,\n\"traceEvents\":[", text)
	return f
}

// close writes the end of the file.
func (f *traceFile) close() error {
	f.w.WriteString("\n]}\n")
	if f.err != nil {
		return f.err
	}
	return f.w.Flush()
}

func (f *traceFile) write(e traceEvent) {
	line, err := encode(e)
	if err != nil && f.err == nil {
		f.err = err
	}
	if !f.first {
		f.w.WriteByte(',')
	}
	f.first = false
	f.w.WriteByte('\n')
	f.w.Write(line)
}

// process adds a group of tracks, below those that are there.
func (f *traceFile) process(name string) process {
	f.processes++
	p := f.processes
	f.write(traceEvent{Name: "process_name", Phase: "M", Process: p, Thread: p, Args: args{"name": name}})
	f.write(traceEvent{Name: "process_sort_index", Phase: "M", Process: p, Thread: p, Args: args{"sort_index": p}})
	return process(p)
}

// thread adds a track, below those that the process has.
func (f *traceFile) thread(p process, name string) thread {
	f.threads++
	t := thread{int(p), 1000 + f.threads} // a process's own number is that of its main thread
	f.write(traceEvent{Name: "thread_name", Phase: "M", Process: t.process, Thread: t.number, Args: args{"name": name}})
	f.write(traceEvent{Name: "thread_sort_index", Phase: "M", Process: t.process, Thread: t.number, Args: args{"sort_index": t.number}})
	return t
}

// slice writes what lasts. Slices of a thread must come one after the other, or one within the other.
func (f *traceFile) slice(t thread, category, name string, from, to time.Duration, a args) {
	e := traceEvent{Name: name, Category: category, Phase: "X", Time: traceTime(from), Duration: traceTime(to - from), Process: t.process, Thread: t.number, Args: a}
	if to == from {
		// Perfetto wants a duration, which is left out where it is 0.
		f.write(traceEvent{Name: name, Category: category, Phase: "i", Scope: "t", Time: e.Time, Process: t.process, Thread: t.number, Args: a})
		return
	}
	f.write(e)
}

// instant writes what happens at a moment.
func (f *traceFile) instant(t thread, category, name string, at time.Duration, a args) {
	f.write(traceEvent{Name: name, Category: category, Phase: "i", Scope: "t", Time: traceTime(at), Process: t.process, Thread: t.number, Args: a})
}

// shortest is how long a slice is that stands for a moment, so that flows can begin and end there.
const shortest = time.Microsecond

// moment writes a slice for a moment, and returns where it begins. What happens on a thread at the same moment comes one after the
// other.
func (f *traceFile) moment(t thread, category, name string, at time.Duration, a args) time.Duration {
	at = max(at, f.busy[t])
	f.busy[t] = at + shortest
	f.slice(t, category, name, at, at+shortest, a)
	return at
}

// depart writes a moment from which an arrow goes, arrive the one where it ends.
func (f *traceFile) depart(t thread, category, name string, id uint64, at time.Duration, a args) {
	at = f.moment(t, category, name, at, a)
	f.begun[flow{category, id}] = at
	f.write(traceEvent{Name: category, Category: category, Phase: "s", ID: id, Time: traceTime(at), Process: t.process, Thread: t.number})
}

func (f *traceFile) arrive(t thread, category, name string, id uint64, at time.Duration, a args) {
	// What ends as soon as it begins may have begun after others of the same moment.
	begun, known := f.begun[flow{category, id}]
	at = f.moment(t, category, name, max(at, begun), a)
	if !known { // it began before the trace
		return
	}
	delete(f.begun, flow{category, id})
	f.write(traceEvent{Name: category, Category: category, Phase: "f", BindPoint: "e", ID: id, Time: traceTime(at), Process: t.process, Thread: t.number})
}

// counter writes a value that holds from then on.
func (f *traceFile) counter(p process, name, unit string, at time.Duration, value float64) {
	f.write(traceEvent{Name: name, Category: "counter", Phase: "C", Time: traceTime(at), Process: int(p), Thread: int(p), Args: map[string]json.Number{unit: json.Number(fmt.Sprintf("%g", value))}})
}
