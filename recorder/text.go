package recorder

import (
	"io"
	"slices"
	"sort"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxChunk is the most text, in bytes, that one chunk holds, and the most that its frame takes in a file.
const maxChunk = 4 << 20

// text is the decompressed text of a recording. It grows at its end, while any part of it can be read. What is in a frame of
// the file is read from there; what is not, as in a session that still runs, is kept in memory, in frames as well.
// It is safe for concurrent use.
type text struct {
	file io.ReaderAt // holds the frames that are not in memory

	mu      sync.Mutex
	chunks  []chunk
	packed  int64  // the bytes of all chunks
	tail    []byte // what comes after the last chunk
	encoder *zstd.Encoder

	cache chunkCache
}

// chunk is a piece of a text, in one zstd frame.
type chunk struct {
	start  int64 // where it begins in the text
	length int
	at     int64  // where its frame begins in the file
	size   int    // the frame's bytes
	frame  []byte // the frame, where it is not in the file
}

func newText(file io.ReaderAt) (*text, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	decoder, err := newFrameDecoder()
	if err != nil {
		return nil, err
	}
	return &text{file: file, encoder: encoder, cache: chunkCache{decoder: decoder}}, nil
}

// newFrameDecoder returns a decoder for single frames of at most maxChunk.
func newFrameDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderMaxMemory(maxChunk))
}

// addFrame adds a frame of the file, which holds length bytes of text.
func (t *text) addFrame(at int64, size, length int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pack()
	t.chunks = append(t.chunks, chunk{start: t.packed, length: length, at: at, size: size})
	t.packed += int64(length)
}

// append adds text that is in no frame of the file.
func (t *text) append(parts ...[]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, part := range parts {
		t.tail = append(t.tail, part...)
	}
	if len(t.tail) >= frameSize {
		t.pack()
	}
}

// pack makes chunks of the tail.
func (t *text) pack() {
	for piece := range slices.Chunk(t.tail, maxChunk) {
		frame := slices.Clip(t.encoder.EncodeAll(piece, nil))
		t.chunks = append(t.chunks, chunk{start: t.packed, length: len(piece), size: len(frame), frame: frame})
		t.packed += int64(len(piece))
	}
	t.tail = t.tail[:0]
}

// read returns the bytes of the text from start to end, in new memory.
func (t *text) read(start, end int64) ([]byte, error) {
	b := make([]byte, 0, end-start)
	for start < end {
		chunk, i, tail := t.chunkAt(start, end)
		if i < 0 {
			if len(tail) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			b = append(b, tail...)
			start += int64(len(tail))
			continue
		}
		var err error
		from := start - chunk.start
		to := min(end-chunk.start, int64(chunk.length))
		b, err = t.cache.append(b, t.file, i, chunk, from, to)
		if err != nil {
			return nil, err
		}
		start += to - from
	}
	return b, nil
}

// chunkAt returns the chunk at a place in the text and its index; or -1 and a copy of the tail from there to end.
func (t *text) chunkAt(start, end int64) (chunk, int, []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if start >= t.packed {
		from := min(start-t.packed, int64(len(t.tail)))
		to := min(end-t.packed, int64(len(t.tail)))
		return chunk{}, -1, slices.Clone(t.tail[from:to])
	}
	i := sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].start > start }) - 1
	return t.chunks[i], i, nil
}

// close releases what the text holds, but for the file.
func (t *text) close() {
	t.cache.close()
}
