package recorder

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// cacheSize is how many bytes of decompressed chunks are kept.
const cacheSize = 8 << 20

// chunkCache keeps the chunks that were read last.
type chunkCache struct {
	mu      sync.Mutex
	decoder *zstd.Decoder // nil when closed
	recent  []cached      // the one that was used last first
	bytes   int
	frame   []byte // reused
}

// cached is a decompressed chunk.
type cached struct {
	index int
	text  []byte
}

// append appends a part of the chunk to b.
func (c *chunkCache) append(b []byte, file io.ReaderAt, index int, chunk chunk, from, to int64) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.recent, func(c cached) bool { return c.index == index })
	if i < 0 {
		text, err := c.decode(file, chunk)
		if err != nil {
			return nil, err
		}
		c.bytes += len(text)
		c.recent = append(c.recent, cached{index, text})
		i = len(c.recent) - 1
	}
	hit := c.recent[i]
	copy(c.recent[1:i+1], c.recent[:i])
	c.recent[0] = hit
	return append(b, hit.text[from:to]...), nil
}

// decode returns the chunk decompressed, after it has made room for it.
func (c *chunkCache) decode(file io.ReaderAt, chunk chunk) ([]byte, error) {
	if c.decoder == nil {
		return nil, os.ErrClosed
	}
	frame := chunk.frame
	if frame == nil {
		c.frame = slices.Grow(c.frame[:0], chunk.size)[:chunk.size]
		frame = c.frame
		if n, err := file.ReadAt(frame, chunk.at); n < len(frame) {
			return nil, err
		}
	}
	var room []byte
	for len(c.recent) > 0 && c.bytes+chunk.length > cacheSize {
		last := len(c.recent) - 1
		room = c.recent[last].text[:0]
		c.bytes -= len(c.recent[last].text)
		c.recent[last] = cached{}
		c.recent = c.recent[:last]
	}
	if cap(room) < chunk.length {
		room = make([]byte, 0, chunk.length)
	}
	text, err := c.decoder.DecodeAll(frame, room)
	if err == nil && len(text) != chunk.length {
		err = fmt.Errorf("there are %d bytes where there were %d", len(text), chunk.length)
	}
	return text, err
}

func (c *chunkCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.decoder != nil {
		c.decoder.Close()
	}
	c.decoder, c.recent, c.bytes = nil, nil, 0
}
