package recorder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Format is the version of the recording format that this package writes and reads.
const Format = 1

const (
	// What was written is handed to the file at the latest after flushInterval of wall time, and at the end of each frame, so
	// that little is lost when the process is killed.
	flushInterval = 250 * time.Millisecond
	// frameSize is how many bytes of lines make a frame of the compressed file. Readers can begin at any frame. No
	// smaller than the window, frames cost next to nothing: 0.2 % more than one frame for all.
	frameSize = windowSize
	// windowSize is how far back, in bytes, the compression looks for what it can refer to.
	windowSize = 256 << 10
)

// Writer writes a recording. It is safe for concurrent use.
type Writer struct {
	path string   // empty without a file
	file *os.File // nil without a file
	out  io.Writer

	mu        sync.Mutex
	encoder   *zstd.Encoder
	digest    *Digest
	headerSum [sha256.Size]byte
	line      []byte // reused
	events    uint64
	held      int
	failed    int
	counts    map[Kind]uint64
	end       End

	flusher *time.Timer // flushes what is pending
	pending bool        // there is something that was not flushed
	framed  int         // bytes of lines in the present frame
	safe    uint64      // events that were flushed
	closed  bool
	err     error // the first failure, after which nothing is written
}

// partSuffix marks the file of a recording that has no end yet.
const partSuffix = ".part"

// Create begins a recording in the file path+".part", which Close renames to path. The header's Format is filled in.
// A file that is there already is replaced.
func Create(path string, h Header) (*Writer, error) {
	file, err := os.Create(path + partSuffix)
	if err != nil {
		return nil, err
	}
	w, err := newWriter(file, path, file, h)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return w, nil
}

// NewWriter begins a recording on out, which Close and Abandon leave open. The header's Format is filled in.
func NewWriter(out io.Writer, h Header) (*Writer, error) {
	return newWriter(out, "", nil, h)
}

func newWriter(out io.Writer, path string, file *os.File, h Header) (*Writer, error) {
	// One goroutine, so that a failing write is known before the next. Most bytes are encrypted payload, which no
	// higher level and no larger window would make smaller; and a sweep has many writers at once.
	encoder, err := zstd.NewWriter(out,
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(windowSize))
	if err != nil {
		return nil, err
	}
	h.Format = Format
	header := encodeLine(h)
	w := &Writer{
		path:      path,
		file:      file,
		out:       out,
		encoder:   encoder,
		digest:    NewDigest(),
		headerSum: sha256.Sum256(header),
		counts:    make(map[Kind]uint64),
	}
	w.mu.Lock() // against the flusher
	defer w.mu.Unlock()
	w.flusher = time.AfterFunc(flushInterval, w.flushLate)
	if err = w.writeLine(header); err == nil {
		err = w.flush()
	}
	if err != nil {
		w.flusher.Stop()
		return nil, w.fail("header", err)
	}
	return w, nil
}

// Write adds an event: the line as [Log] made it, of which nothing is kept. After a *[WriteError] every
// further Write returns the same error.
func (w *Writer) Write(line []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return os.ErrClosed
	}
	if w.err != nil {
		return w.err
	}

	event, err := parseEvent(line)
	if err == nil && bytes.IndexByte(line, '\n') >= 0 {
		err = errors.New("it has a newline")
	}
	if err == nil && event.Seq != w.events+1 {
		err = fmt.Errorf("its number is %d", event.Seq)
	}
	if err == nil && event.Kind == KindVerdict {
		err = w.countVerdict(event)
	}
	if err != nil {
		return fmt.Errorf("line %d is not the next event: %w", w.events+1, err)
	}

	w.digest.Add(line)
	w.line = w.digest.appendChecked(w.line[:0], line)
	w.events++
	w.counts[event.Kind]++
	if err := w.writeLine(w.line); err != nil {
		return w.fail(w.lastEvent(), err)
	}
	return nil
}

// lastEvent names the event that was written last.
func (w *Writer) lastEvent() string {
	return fmt.Sprintf("event %d", w.events)
}

// countVerdict counts whether the verdict was met.
func (w *Writer) countVerdict(e Event) error {
	var v Verdict
	if err := json.Unmarshal(e.Data, &v); err != nil {
		return err
	}
	if v.Held {
		w.held++
	} else {
		w.failed++
	}
	return nil
}

// writeLine writes the line and a newline, and sees to it that they are flushed and that frames end.
func (w *Writer) writeLine(line []byte) error {
	if _, err := w.encoder.Write(line); err != nil {
		return err
	}
	if _, err := w.encoder.Write([]byte{'\n'}); err != nil {
		return err
	}
	if !w.pending {
		w.flusher.Reset(flushInterval)
	}
	w.pending = true
	w.framed += len(line)
	if w.framed < frameSize {
		return nil
	}
	return w.endFrame()
}

// flush hands all that was written to the file.
func (w *Writer) flush() error {
	if err := w.encoder.Flush(); err != nil {
		return err
	}
	w.pending = false
	w.safe = w.events
	return nil
}

// flushLate flushes what has been pending for a while.
func (w *Writer) flushLate() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.err != nil || !w.pending {
		return
	}
	if err := w.flush(); err != nil {
		w.fail(w.lastEvent(), err)
	}
}

// fail remembers that nothing more can be written, and why.
func (w *Writer) fail(what string, err error) error {
	e := &WriteError{What: what, Safe: w.safe, Err: err}
	if w.file != nil {
		e.Path = w.file.Name()
	}
	w.err = e
	return e
}

// Close ends the recording. Of end, it takes outcome, message, detail and time, and fills in the rest. The file is synced and renamed only when all
// was written; otherwise it stays what Abandon would leave.
func (w *Writer) Close(end End) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return os.ErrClosed
	}
	w.closed = true
	defer w.flusher.Stop()

	end.Events = w.events
	end.Held, end.Failed = w.held, w.failed
	end.Counts = maps.Clone(w.counts)
	end.Digest = w.digest.String()
	end.HeaderDigest = hex.EncodeToString(w.headerSum[:])
	w.end = end

	if w.err == nil {
		if err := w.writeEnd(end); err != nil {
			w.fail("end", err)
		}
	}
	if w.file == nil {
		return w.err
	}
	if w.err == nil {
		if err := w.file.Sync(); err != nil {
			w.fail("end", err)
		}
	}
	if err := errors.Join(w.err, w.file.Close()); err != nil {
		return err
	}
	return os.Rename(w.file.Name(), w.path)
}

// writeEnd writes the end line, in a frame of its own: it can be had without what is before it.
func (w *Writer) writeEnd(end End) error {
	if err := w.endFrame(); err != nil {
		return err
	}
	line := encodeLine(endLine{&end})
	w.digest.Add(line)
	if err := w.writeLine(w.digest.appendChecked(nil, line)); err != nil {
		return err
	}
	return w.endFrame()
}

// endFrame ends the present frame, unless it is empty. Flushing first keeps its last block empty: decoders withhold
// the last block where the checksum after it is damaged.
func (w *Writer) endFrame() error {
	if w.framed == 0 {
		return nil
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.encoder.Close(); err != nil {
		return err
	}
	w.encoder.Reset(w.out)
	w.framed = 0
	return nil
}

// endLine is the form of a recording's last line.
type endLine struct {
	End *End `json:"end"`
}

// End returns the end of the recording as Close completed it.
func (w *Writer) End() End {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end
}

// Abandon stops the recording without an end and leaves the file path+".part", which can be read up to the last event.
// After Close it does nothing.
func (w *Writer) Abandon() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	defer w.flusher.Stop()
	if w.err == nil {
		if err := w.endFrame(); err != nil {
			w.fail(w.lastEvent(), err)
		}
	}
	if w.file == nil {
		return w.err
	}
	return errors.Join(w.err, w.file.Close())
}
