package suite

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/rtcsim/rtcsim/recorder"
)

// maxInMemory is how many bytes of events a trace holds in memory. What is longer goes to a file. Most runs of a suite pass and leave
// nothing, so that nothing is compressed for them and no file is made.
const maxInMemory = 32 << 20

// folders is locked while folders are made and removed, so that nobody's folder is gone before there is a file in it.
var folders sync.Mutex

// A trace holds the events of a run until it is known whether they are kept.
type trace struct {
	folder string // where recordings are kept
	path   string // where this one would be
	header recorder.Header

	text   []byte // the lines, one after the other
	ends   []int  // where each ends in the text
	digest *recorder.Digest
	events uint64

	writer *recorder.Writer // once the lines are too many
	live   *recorder.Live
}

// begin makes the trace that of a new run. The memory is reused.
func (t *trace) begin(folder, name string, header recorder.Header) {
	*t = trace{folder: folder, path: filepath.Join(folder, name), header: header, text: t.text[:0], ends: t.ends[:0], digest: recorder.NewDigest()}
}

// spilled is the file of a recording that is too long for memory, until it is kept.
func (t *trace) spilled() string { return t.path + ".tmp" }

// add takes the next event.
func (t *trace) add(line []byte) error {
	t.digest.Add(line)
	t.events++
	if t.writer == nil && len(t.text)+len(line) > maxInMemory {
		if err := t.write(t.spilled()); err != nil {
			return err
		}
	}
	if t.writer != nil {
		return t.writer.Write(line)
	}
	t.text = append(t.text, line...)
	t.ends = append(t.ends, len(t.text))
	return nil
}

// write begins a recording with the lines in memory.
func (t *trace) write(path string) error {
	folders.Lock()
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		t.writer, err = recorder.Create(path, t.header)
	}
	folders.Unlock()
	if err != nil {
		return err
	}
	for line := range t.inMemory() {
		if err := t.writer.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func (t *trace) inMemory() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := 0
		for _, end := range t.ends {
			if !yield(t.text[start:end:end]) {
				return
			}
			start = end
		}
	}
}

// finish ends what was written to a file already.
func (t *trace) finish(end recorder.End) error {
	if t.writer == nil {
		return nil
	}
	return t.writer.Close(end)
}

// keep makes the recording that stays.
func (t *trace) keep(end recorder.End) error {
	if t.writer != nil {
		return os.Rename(t.spilled(), t.path)
	}
	if err := t.write(t.path); err != nil {
		return err
	}
	return t.writer.Close(end)
}

// drop leaves nothing of the trace, whether it was finished or not.
func (t *trace) drop() error {
	if t.live != nil {
		t.live.Close()
	}
	if t.writer == nil {
		return nil
	}
	t.writer.Abandon() // it may have failed; all of it goes anyway
	err := errors.Join(remove(t.spilled()), remove(t.spilled()+".part"))
	// Folders go with it, up to the first with something else in it.
	folders.Lock()
	defer folders.Unlock()
	for folder := filepath.Dir(t.path); os.Remove(folder) == nil && folder != t.folder; {
		folder = filepath.Dir(folder)
	}
	return err
}

// remove removes a file that may be there.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// lines returns the events of a trace that is finished. A line is valid until the next one.
func (t *trace) lines() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if t.writer == nil {
			for line := range t.inMemory() {
				if !yield(line, nil) {
					return
				}
			}
			return
		}
		r, err := recorder.Open(t.spilled())
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close()
		for {
			if _, err = r.Next(); err != nil {
				break
			}
			if !yield(r.Line(), nil) {
				return
			}
		}
		if _, ended := r.End(); !ended {
			yield(nil, err)
		}
	}
}

// recording returns the recording of a trace that is finished. It is valid until the trace is dropped or kept.
func (t *trace) recording(end recorder.End) (*recorder.Recording, error) {
	if t.writer != nil {
		return recorder.Load(t.spilled())
	}
	if t.live != nil {
		return t.live.Recording, nil
	}
	live, err := recorder.NewLive(t.header)
	if err != nil {
		return nil, err
	}
	for line := range t.inMemory() {
		if err := live.Append(line); err != nil {
			return nil, err
		}
	}
	live.Finish(end)
	t.live = live
	return live.Recording, nil
}

// compare returns the first event in which two traces differ, nil where none does.
func compare(a, b *trace) (*recorder.Divergence, error) {
	if a.digest.String() == b.digest.String() && a.events == b.events {
		return nil, nil
	}
	var c recorder.Comparer
	nextA, stopA := iter.Pull2(a.lines())
	defer stopA()
	nextB, stopB := iter.Pull2(b.lines())
	defer stopB()
	for {
		lineA, errA, _ := nextA()
		lineB, errB, _ := nextB()
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		if d := c.Compare(lineA, lineB); d != nil || lineA == nil {
			return d, nil
		}
	}
}
