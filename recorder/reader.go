package recorder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

const (
	// maxLine is the longest line that is read, in bytes.
	maxLine = 64 << 20
	// maxWindow is the most memory, in bytes, that a compressed file may ask for.
	maxWindow = 16 << 20
)

// Reader reads a recording and verifies it on the way. It needs no more memory than one line takes.
// It is not safe for concurrent use.
type Reader struct {
	path    string
	file    *os.File      // nil without a file
	decoder *zstd.Decoder // nil where the text comes decompressed
	lines   *bufio.Reader

	header    Header
	headerSum string
	run       *Identity // of the run event
	end       *End

	digest *Digest
	broken bool   // a line was changed: the digest can tell nothing about the lines after it
	events uint64 // event lines read
	number uint64 // lines read
	start  int64  // where the line that was read last begins
	offset int64  // where the next line begins
	line   []byte // the event's line without check
	buffer []byte // the line that was read last, where the next may take its place
	reuse  bool   // the next line may take the place of the one before
	err    error  // what ended the reading
}

// Open opens the recording in a file and reads its header. The errors are those of [NewReader] and of the file system.
func Open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := newReader(file, path)
	if err != nil {
		file.Close()
		return nil, err
	}
	r.file = file
	return r, nil
}

// NewReader returns a reader of the recording in in, and reads its header. The error wraps [ErrNotRecording] or is
// a *[VersionError], a *[DamagedError] or a *[CutError].
func NewReader(in io.Reader) (*Reader, error) {
	return newReader(in, "")
}

func newReader(in io.Reader, path string) (*Reader, error) {
	compressed := bufio.NewReaderSize(in, 64<<10)
	if err := checkMagic(compressed, path); err != nil {
		return nil, err
	}
	decoder, err := newStreamDecoder(compressed)
	if err != nil {
		return nil, err
	}
	r := newTextReader(decoder, path)
	r.decoder = decoder
	if err := r.readHeader(); err != nil {
		decoder.Close()
		return nil, err
	}
	return r, nil
}

// newStreamDecoder returns a decoder of a compressed file, or of a part of it.
func newStreamDecoder(in io.Reader) (*zstd.Decoder, error) {
	// One goroutine, so that every block before a damaged one comes out.
	return zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderMaxMemory(maxWindow))
}

// newTextReader returns a reader of a recording's text, which has not read the header yet.
func newTextReader(text io.Reader, path string) *Reader {
	return &Reader{path: path, lines: bufio.NewReaderSize(text, 64<<10), digest: NewDigest()}
}

// magic is how a zstd file begins.
const magic = "\x28\xb5\x2f\xfd"

// checkMagic tells what a file that does not begin like a recording is instead.
func checkMagic(in *bufio.Reader, path string) error {
	head, err := in.Peek(len(magic))
	if err != nil && err != io.EOF {
		return fmt.Errorf("%sthe recording cannot be read: %w", prefix(path), err)
	}
	switch {
	case string(head) == magic:
		return nil
	case len(head) == 0:
		return fmt.Errorf("%s%w: the file is empty; run the scenario again", prefix(path), ErrNotRecording)
	case bytes.HasPrefix([]byte(magic), head):
		return &CutError{Path: path, Err: io.ErrUnexpectedEOF}
	case bytes.HasPrefix([]byte(headerHead), head):
		return fmt.Errorf("%s%w: it is not compressed; if it is the text of one, compress it with zstd", prefix(path), ErrNotRecording)
	}
	return fmt.Errorf("%s%w: it does not begin as one; give a file that rtcsim recorded", prefix(path), ErrNotRecording)
}

// headerHead is how the header line begins.
const headerHead = `{"rtcrec":`

// endHead is how the end line begins.
const endHead = `{"end":`

// readHeader reads and checks the first line.
func (r *Reader) readHeader() error {
	head, err := r.lines.Peek(len(headerHead))
	if !bytes.HasPrefix([]byte(headerHead), head) {
		return fmt.Errorf("%s%w: its first line is no recording's header; give a file that rtcsim recorded", prefix(r.path), ErrNotRecording)
	}
	if err != nil {
		return r.cut(err)
	}
	line, err := r.readLine()
	if err != nil {
		return r.cut(err)
	}
	sum := sha256.Sum256(line)
	r.headerSum = hex.EncodeToString(sum[:])

	// The format first: a newer header need not fit this version's.
	var version struct {
		Format int `json:"rtcrec"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return r.damaged(0, "the header was changed after it was recorded: it is no header any more")
	}
	err = json.Unmarshal(line, &r.header)
	if version.Format != Format {
		return &VersionError{Path: r.path, Format: version.Format, Rtcsim: r.header.Rtcsim}
	}
	if err != nil {
		return r.damaged(0, "the header was changed after it was recorded: it is no header any more")
	}
	return nil
}

// Header returns the first line, as the file has it. See [Reader.HeaderChanges].
func (r *Reader) Header() Header { return r.header }

// Next reads the next event. The error is
//   - [io.EOF] after the end of a whole recording, which [Reader.End] then returns,
//   - a *[DamagedError] where a line is not what was recorded. The event is then what could be read of it, [Reader.Line] has its text,
//     and Next can be called again. The events after the first one that was changed, however, cannot be verified,
//   - a *[CutError] where nothing more can be read. Every further call returns it again.
//
// The event stays valid after further calls.
func (r *Reader) Next() (Event, error) {
	r.line = nil
	if r.err != nil {
		return Event{}, r.err
	}
	line, err := r.readLine()
	if err != nil {
		r.err = r.cut(err)
		return Event{}, r.err
	}
	if bytes.HasPrefix(line, []byte(endHead)) {
		return Event{}, r.readEnd(line)
	}
	return r.readEvent(line)
}

// Line returns the line of the event that Next returned last as it was made, without check and newline. After
// a *[DamagedError] it is what the file has instead; after the end it is nil.
func (r *Reader) Line() []byte { return r.line }

// End returns the last line. It is false until Next has come to it.
func (r *Reader) End() (End, bool) {
	if r.end == nil {
		return End{}, false
	}
	return *r.end, true
}

// HeaderChanges names what was changed in the header after it was recorded, as far as that shows in what was read: the
// identity against that of the run event, the scenario's text against its SHA-256, and, after the end, the header as a whole
// against its digest. In the differences, A is what the header has and B is what was recorded.
func (r *Reader) HeaderChanges() []Difference {
	var changes []Difference
	if r.run != nil {
		changes = r.header.Diff(*r.run)
	}
	sum := sha256.Sum256([]byte(r.header.Text))
	if text := hex.EncodeToString(sum[:]); text != r.header.ScenarioSum {
		changes = append(changes, Difference{"text", text, r.header.ScenarioSum})
	}
	for i := range max(len(r.header.Includes), len(r.header.IncludedTexts)) {
		var include IncludeSum
		var text string
		if i < len(r.header.Includes) {
			include = r.header.Includes[i]
		}
		if i < len(r.header.IncludedTexts) {
			sum := sha256.Sum256([]byte(r.header.IncludedTexts[i]))
			text = hex.EncodeToString(sum[:])
		}
		if text != include.Sum {
			changes = append(changes, Difference{"text of " + include.Path, text, include.Sum})
		}
	}
	if len(changes) == 0 && r.end != nil && r.headerSum != r.end.HeaderDigest {
		changes = append(changes, Difference{"header", r.headerSum, r.end.HeaderDigest})
	}
	return changes
}

// Close releases what the reader holds, and the file that Open opened.
func (r *Reader) Close() error {
	if r.decoder != nil {
		r.decoder.Close()
	}
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// noEvent is the reason for damage where a line cannot be read as an event.
const noEvent = "event %d was changed after it was recorded: it is no event any more"

// readEvent verifies and parses an event's line.
func (r *Reader) readEvent(line []byte) (Event, error) {
	r.events++
	made, check := cutCheck(line)
	r.line = made
	event, err := parseEvent(made)

	verified := false
	if !r.broken {
		r.digest.Add(made)
		verified = check == r.digest.Check()
	}
	if !verified && err == nil && !json.Valid(made) {
		err = errors.New("no JSON") // which parseEvent need not see
	}
	if err != nil {
		r.broken = true
		return Event{}, r.damaged(r.events, noEvent, r.events)
	}
	event.Check = check
	if r.broken {
		return event, nil
	}
	r.broken = !verified
	switch {
	case event.Seq != r.events:
		return event, r.damaged(r.events, "event %d was changed or removed after it was recorded: in its place is one with number %d", r.events, event.Seq)
	case !verified:
		return event, r.damaged(r.events, "event %d was changed after it was recorded", r.events)
	}
	if event.Kind == KindRun {
		var run Run
		if json.Unmarshal(event.Data, &run) == nil {
			r.run = &run.Identity
		}
	}
	return event, nil
}

// readEnd verifies and parses the end line, and looks at what comes after it.
func (r *Reader) readEnd(line []byte) error {
	made, check := cutCheck(line)
	digest := r.digest.String()
	r.digest.Add(made)
	var last endLine
	err := json.Unmarshal(made, &last)
	r.end = last.End
	r.err = r.readRest()

	verified := check == r.digest.Check() && r.end != nil && r.end.Digest == digest && r.end.Events == r.events
	switch {
	case err != nil || r.end == nil:
		return r.damaged(0, "the end line was changed after it was recorded: it is no end any more")
	case !verified && !r.broken:
		return r.damaged(0, "the end line was changed after it was recorded")
	case r.headerSum != r.end.HeaderDigest:
		r.number, r.start = 1, 0
		return r.damaged(0, "the header was changed after it was recorded")
	}
	return r.err
}

// readRest reads what comes after the end line. It returns io.EOF where that is nothing.
func (r *Reader) readRest() error {
	_, err := r.lines.ReadByte()
	switch err {
	case io.EOF:
		return io.EOF
	case nil:
		err = errors.New("it goes on")
	}
	return &CutError{Path: r.path, After: r.events, Ended: true, Err: err}
}

// readLine reads the next line and cuts off its newline. A line without newline is an error.
// The line stays valid after further calls, unless the reader reuses its memory.
func (r *Reader) readLine() ([]byte, error) {
	r.number++
	r.start = r.offset
	line := r.buffer[:0]
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, fmt.Errorf("line %d has more than %d MB", r.number, maxLine>>20)
		}
		line = append(line, part...)
		r.offset += int64(len(part))
		if err == nil {
			if r.reuse {
				r.buffer = line
			}
			return line[:len(line)-1], nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
}

// damaged returns an error about the line that was read last.
func (r *Reader) damaged(event uint64, format string, args ...any) error {
	return &DamagedError{Path: r.path, Event: event, Line: r.number, Offset: r.start, Reason: fmt.Sprintf(format, args...)}
}

// cut returns an error for a recording that cannot be read further.
func (r *Reader) cut(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &CutError{Path: r.path, After: r.events, Err: err}
}
