package recorder

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Recording gives random access to a recording: to any event, to what led to it and what it led to, to the state of a peer at
// it. It loads in the background and can be used from the beginning on, with the events that are there; or it is
// that of a session that still runs, see [NewLive]. It verifies the events as a [Reader] does.
//
// Events are numbered from 1 by their lines. That is their Seq, unless the file was changed and lines are missing; see [Recording.Find].
//
// Of each event it keeps some 40 bytes. The rest is decompressed when it is asked for: a call that needs that takes a few
// milliseconds, all others some microseconds. It is safe for concurrent use.
type Recording struct {
	path   string
	file   *os.File // nil without a file of its own
	header Header
	text   *text
	frames *frames     // nil for a live one
	closed atomic.Bool // stop loading
	done   chan struct{}

	mu        sync.Mutex
	index     index
	histories map[string]*history
	damage    []error
	changes   []Difference
	end       *End
}

// firstEvents is how many events are there when a recording was opened, if it has so many.
const firstEvents = 1000

// maxDamage is how many damaged lines a recording remembers.
const maxDamage = 1000

// Load opens the recording in a file. The header and the first events are there when it returns; the others follow.
// The errors are those of [Open]: what else is wrong with the file, [Recording.Damage] has.
func Load(path string) (*Recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := load(file, path, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return r, nil
}

// NewRecording is [Load] for a recording of so many bytes in file, which must stay as it is until the recording is closed,
// and which Close leaves open.
func NewRecording(file io.ReaderAt, size int64) (*Recording, error) {
	return load(io.NewSectionReader(file, 0, size), "", nil)
}

// sizedFile is a file that can be read anywhere.
type sizedFile interface {
	io.ReaderAt
	io.Seeker
}

func load(in sizedFile, path string, file *os.File) (*Recording, error) {
	size, err := in.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if err := checkMagic(bufio.NewReader(io.NewSectionReader(in, 0, size)), path); err != nil {
		return nil, err
	}
	text, err := newText(in)
	if err != nil {
		return nil, err
	}
	frames, err := newFrames(in, size, text)
	if err != nil {
		text.close()
		return nil, err
	}
	reader := newTextReader(frames, path)
	reader.reuse = true
	if err := reader.readHeader(); err != nil {
		frames.close()
		text.close()
		return nil, err
	}

	r := newRecording(reader.Header(), text)
	r.path, r.file, r.frames = path, file, frames
	if end, ok := frames.promisedEnd(); ok {
		r.end = &end
	}
	for more := true; more; {
		if r.index.length == firstEvents {
			go r.loadRest(reader)
			return r, nil
		}
		more = r.loadNext(reader)
	}
	r.loaded()
	return r, nil
}

func newRecording(h Header, text *text) *Recording {
	return &Recording{
		header:    h,
		text:      text,
		done:      make(chan struct{}),
		index:     newIndex(),
		histories: make(map[string]*history),
	}
}

// loadRest loads what is left.
func (r *Recording) loadRest(reader *Reader) {
	for !r.closed.Load() && r.loadNext(reader) {
	}
	r.loaded()
}

// loaded notes that nothing more comes.
func (r *Recording) loaded() {
	r.frames.close()
	close(r.done)
}

// loadNext loads the next line. It is false where there is no more.
func (r *Recording) loadNext(reader *Reader) bool {
	e, err := reader.Next()
	if line := reader.Line(); line != nil {
		r.add(e, reader.start, reader.offset, err)
		if r.index.length < maxEvents {
			return true
		}
		err = reader.cut(fmt.Errorf("it has more than %d events", maxEvents))
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	var damaged *DamagedError
	if errors.As(err, &damaged) { // the header or the end line
		r.damage = append(r.damage, err)
		return true
	}
	if err != io.EOF {
		r.damage = append(r.damage, err)
	}
	r.end = reader.end
	r.changes = reader.HeaderChanges()
	return false
}

// add adds an event to the index and, if it says something about its peer's state, to the peer's history.
func (r *Recording) add(e Event, start, end int64, damage error) {
	var h *history
	var failed error
	var data any
	if tellsState(e.Kind) {
		if h = r.histories[e.Peer]; h == nil { // only this goroutine writes to it
			h = new(history)
		}
		if data, failed = e.Value(); failed == nil {
			failed = h.tracker.Apply(e.Kind, data)
		}
		if failed != nil {
			failed = fmt.Errorf("event %d: %w", e.Seq, failed)
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	if damage != nil && len(r.damage) < maxDamage {
		r.damage = append(r.damage, damage)
	}
	r.index.add(e, start, end)
	if h != nil {
		r.histories[e.Peer] = h
		h.add(r.index.length, start, failed)
		h.transitions.note(r.index.length, e.Time, data, &h.tracker.state)
		if isSend(data) {
			h.sent = append(h.sent, uint32(r.index.length))
		}
	}
}

// Close stops loading and releases the file. Events can no longer be read then.
func (r *Recording) Close() error {
	if r.frames != nil {
		r.closed.Store(true)
		<-r.done
	}
	r.text.close()
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Header returns the first line, as the file has it. See [Recording.HeaderChanges].
func (r *Recording) Header() Header { return r.header }

// HeaderChanges returns what [Reader.HeaderChanges] does at the end; before the recording is loaded, nothing.
func (r *Recording) HeaderChanges() []Difference {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes
}

// Done returns a channel that is closed when the recording is loaded, as far as that is possible, and the session is over.
func (r *Recording) Done() <-chan struct{} { return r.done }

// Progress returns how much of the file is loaded, from 0 to 1. Of a live recording, it is 1 when the session is over.
func (r *Recording) Progress() float64 {
	select {
	case <-r.done:
		return 1
	default:
	}
	if r.frames == nil {
		return 0
	}
	return float64(r.frames.at.Load()) / float64(r.frames.size)
}

// Err returns the first of [Recording.Damage], nil if there is none so far.
func (r *Recording) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.damage) == 0 {
		return nil
	}
	return r.damage[0]
}

// Damage returns what was found to be wrong so far, in the order of the file: a *[DamagedError] for each line that is not what was
// recorded (the first thousand), and last a *[CutError] where the rest of the file is missing or cannot be read. All other
// events are there; but those after the first that was changed cannot be verified.
func (r *Recording) Damage() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.damage)
}

// End returns the last line. Until the recording is loaded, it is what the end of the file has, not verified. It is
// false where there is none: the run was stopped, or goes on.
func (r *Recording) End() (End, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.end == nil {
		return End{}, false
	}
	return *r.end, true
}

// Len returns the number of events that are there. It grows until the recording is loaded.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.length
}

// Entry returns what the index has of event n, the zero Entry where there is no such event.
func (r *Recording) Entry(n int) Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.entry(n)
}

// Forward goes through the entries of the events from n on, as many as there are when it gets to them.
func (r *Recording) Forward(n int) iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for n := max(n, 1); ; {
			page, peers, kinds := r.page(n)
			if len(page) == 0 {
				return
			}
			for i := range page {
				if !yield(n, page[i].entry(peers, kinds)) {
					return
				}
				n++
			}
		}
	}
}

// Backward goes through the entries of the events from n to the first.
func (r *Recording) Backward(n int) iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		for n := min(n, r.Len()); n > 0; {
			first := (n-1)/pageSize*pageSize + 1
			page, peers, kinds := r.page(first)
			for ; n >= first; n-- {
				if !yield(n, page[n-first].entry(peers, kinds)) {
					return
				}
			}
		}
	}
}

// page returns the entries from event n to the end of its page, and the names in them. All but their effects stay as they are.
func (r *Recording) page(n int) (page []entry, peers, kinds []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.index.length {
		return nil, nil, nil
	}
	return r.index.pages[(n-1)/pageSize][(n-1)%pageSize:], r.index.peers.list, r.index.kinds.list
}

// Event returns event n. The error is a *[DamagedError] where its line cannot be read as an event; otherwise, there is no
// such event, or the file cannot be read any more.
func (r *Recording) Event(n int) (Event, error) {
	line, start, err := r.line(n)
	if err != nil {
		return Event{}, err
	}
	made, check := cutCheck(line)
	e, err := parseEvent(made)
	if err != nil || r.Entry(n).Kind == "" {
		return Event{}, &DamagedError{Path: r.path, Event: uint64(n), Line: uint64(n) + 1, Offset: start, Reason: fmt.Sprintf(noEvent, n)}
	}
	e.Check = check
	return e, nil
}

// Raw returns the line of event n as it was made, without check and newline; where it was changed, what the file has instead.
func (r *Recording) Raw(n int) ([]byte, error) {
	line, _, err := r.line(n)
	if err != nil {
		return nil, err
	}
	made, _ := cutCheck(line)
	return made, nil
}

// line returns the line of event n without its newline, and where it begins.
func (r *Recording) line(n int) (line []byte, start int64, err error) {
	r.mu.Lock()
	if n < 1 || n > r.index.length {
		defer r.mu.Unlock()
		return nil, 0, fmt.Errorf("%sthere is no event %d among %d", prefix(r.path), n, r.index.length)
	}
	start, end := r.index.span(n)
	r.mu.Unlock()
	line, err = r.text.read(start, end)
	if err != nil {
		return nil, 0, fmt.Errorf("%sevent %d cannot be read any more: %w", prefix(r.path), n, err)
	}
	return bytes.TrimSuffix(line, []byte("\n")), start, nil
}

// Find returns the number of the event with that Seq, 0 where there is none.
func (r *Recording) Find(seq uint64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.find(seq)
}

// Cause returns the number of the event that led to event n, 0 where that is not known.
func (r *Recording) Cause(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.find(r.index.entry(n).Cause)
}

// Effects returns the numbers of the events whose cause is event n, in ascending order, as far as they are there.
func (r *Recording) Effects(n int) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.effects(n)
}

// At returns the number of the last event at or before that virtual time, 0 where there is none.
func (r *Recording) At(t time.Duration) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.until(t)
}

// Density counts the events in n spans of equal length between two virtual times, which belong to the first and the last.
func (r *Recording) Density(from, to time.Duration, n int) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.density(from, to, n)
}

// Kinds counts the events of each kind, in the order in which the kinds came first. The empty one is that of lines that
// cannot be read as events.
func (r *Recording) Kinds() []Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.kinds.counts()
}

// Peers counts the events of each peer and network element, in the order in which they came first. The empty one is the
// run as a whole.
func (r *Recording) Peers() []Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.index.peers.counts()
}

// StateAt returns the state of a peer right after event n, or after the last one if there are fewer. It is false before the
// peer's first snapshot. The error is that of the first event of the peer until then that could not be taken into account;
// the state is then that without it.
func (r *Recording) StateAt(peer string, n int) (PeerState, bool, error) {
	r.mu.Lock()
	h := r.histories[peer]
	if h == nil {
		r.mu.Unlock()
		return PeerState{}, false, nil
	}
	tracker, events := h.at(n)
	var failed error
	if h.err != nil && h.failed <= n {
		failed = h.err
	}
	r.mu.Unlock()

	for _, n := range events {
		e, err := r.Event(int(n))
		if err != nil {
			return PeerState{}, false, err
		}
		if data, err := e.Value(); err == nil {
			tracker.Apply(e.Kind, data) // its error is in the history
		}
	}
	state, known := tracker.State()
	return state, known, failed
}
