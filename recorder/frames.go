package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// frames reads a recording's text from a file, frame by frame, and adds each frame to a text, where it can be read again.
// It gives the same bytes and the same error as a decoder of the whole file does.
type frames struct {
	file io.ReaderAt
	size int64
	text *text
	at   atomic.Int64 // where the next frame begins

	decoder *zstd.Decoder // of whole frames
	frame   []byte        // reused
	plain   []byte        // the frame decompressed
	rest    []byte        // what of plain was not read yet

	stream *zstd.Decoder // of a frame that is not whole, or too large for one chunk; else nil
	final  bool          // the stream is all there is
}

func newFrames(file io.ReaderAt, size int64, text *text) (*frames, error) {
	decoder, err := newFrameDecoder()
	if err != nil {
		return nil, err
	}
	return &frames{file: file, size: size, text: text, decoder: decoder}, nil
}

// Read implements [io.Reader].
func (f *frames) Read(p []byte) (int, error) {
	for {
		switch {
		case len(f.rest) > 0:
			n := copy(p, f.rest)
			f.rest = f.rest[n:]
			return n, nil
		case f.stream != nil:
			n, err := f.stream.Read(p)
			f.text.append(p[:n])
			if err == io.EOF && !f.final {
				f.stream.Close()
				f.stream, err = nil, nil
			}
			if n > 0 || err != nil {
				return n, err
			}
		case f.at.Load() >= f.size:
			return 0, io.EOF
		default:
			if err := f.next(); err != nil {
				return 0, err
			}
		}
	}
}

// next begins the next frame.
func (f *frames) next() error {
	at := f.at.Load()
	end, skippable, err := f.frameEnd(at)
	if err == nil && skippable {
		f.at.Store(end)
		return nil
	}
	if err == nil && end-at <= maxChunk {
		size := int(end - at)
		f.frame = slices.Grow(f.frame[:0], size)[:size]
		if n, err := f.file.ReadAt(f.frame, at); n < size {
			return err
		}
		if f.plain, err = f.decoder.DecodeAll(f.frame, f.plain[:0]); err == nil {
			f.text.addFrame(at, size, len(f.plain))
			f.rest = f.plain
			f.at.Store(end)
			return nil
		}
	}
	if err != nil { // a decoder knows best what can be read of it
		f.final = true
		end = f.size
	}
	f.at.Store(end)
	f.stream, err = newStreamDecoder(io.NewSectionReader(f.file, at, end-at))
	return err
}

// errFrame indicates that there is no whole frame at a place in a file.
var errFrame = errors.New("no whole frame")

// frameEnd returns where the frame that begins at a place in the file ends, by the sizes of its blocks (RFC 8878, section 3.1.1).
func (f *frames) frameEnd(at int64) (end int64, skippable bool, err error) {
	var b [zstd.HeaderMaxSize]byte
	n, err := f.file.ReadAt(b[:], at)
	if err != nil && err != io.EOF {
		return 0, false, err
	}
	var header zstd.Header
	if err := header.Decode(b[:n]); err != nil {
		return 0, false, err
	}
	at += int64(header.HeaderSize)
	if header.Skippable {
		at += int64(header.SkippableSize)
		if at > f.size {
			return 0, false, errFrame
		}
		return at, true, nil
	}
	for last := false; !last; {
		if n, err := f.file.ReadAt(b[:blockHeaderSize], at); n < blockHeaderSize {
			return 0, false, err
		}
		var size int64
		last, size = blockHeader(b[:])
		at += blockHeaderSize + size
	}
	if header.HasCheckSum {
		at += checksumSize
	}
	if at > f.size {
		return 0, false, errFrame
	}
	return at, false, nil
}

const (
	blockHeaderSize = 3
	checksumSize    = 4
)

// blockHeader reads the header of a block: whether it is its frame's last, and how many bytes come after the header.
func blockHeader(b []byte) (last bool, size int64) {
	const typeRLE = 1
	h := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
	if h>>1&3 == typeRLE {
		return h&1 == 1, 1
	}
	return h&1 == 1, h >> 3
}

// close releases the decoders and the memory.
func (f *frames) close() {
	f.decoder.Close()
	f.frame, f.plain, f.rest = nil, nil, nil
	if f.stream != nil {
		f.stream.Close()
	}
}

// tailSize is how far from a file's end its end line is looked for, in bytes.
const tailSize = 64 << 10

// promisedEnd returns the end line of a file whose last frame holds nothing else, without a look at the rest.
func (f *frames) promisedEnd() (End, bool) {
	tail := make([]byte, min(tailSize, f.size))
	if n, _ := f.file.ReadAt(tail, f.size-int64(len(tail))); n < len(tail) {
		return End{}, false
	}
	for at := len(tail); ; {
		at = bytes.LastIndex(tail[:at], []byte(magic))
		if at < 0 {
			return End{}, false
		}
		line, err := f.decoder.DecodeAll(tail[at:], nil)
		if err != nil {
			continue // the four bytes are there by accident
		}
		var last endLine
		if !bytes.HasPrefix(line, []byte(endHead)) || json.Unmarshal(line, &last) != nil || last.End == nil {
			return End{}, false
		}
		return *last.End, true
	}
}
