package recorder

import (
	"errors"
	"fmt"
	"io"
)

// ErrNotRecording indicates that a file is none of rtcsim's recordings.
var ErrNotRecording = errors.New("not a recording")

// VersionError is returned for a recording in a format that this version of rtcsim does not know.
type VersionError struct {
	// Path is the file, where it is known.
	Path string
	// Format is the version of the file's format.
	Format int
	// Rtcsim is the version of rtcsim that wrote it, where the header has it.
	Rtcsim string
}

func (e *VersionError) Error() string {
	writer := "a newer rtcsim"
	if e.Rtcsim != "" {
		writer = fmt.Sprintf("rtcsim %.40q", e.Rtcsim)
	}
	return fmt.Sprintf("%sthe recording has format %d, written by %s; this rtcsim reads format %d: use one that is as new", prefix(e.Path), e.Format, writer, Format)
}

// DamagedError is returned for a line of a recording that is not what was recorded. The lines after it can still be read.
type DamagedError struct {
	// Path is the file, where it is known.
	Path string
	// Event is the number of the event, counted by lines; 0 for the header and for the end line.
	Event uint64
	// Line and Offset say where the line begins in the decompressed text: its number from 1 and the bytes before it.
	Line   uint64
	Offset int64
	// Reason says what is wrong, such as "event 17 was changed after it was recorded".
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s%s (line %d, byte %d of the decompressed text)", prefix(e.Path), e.Reason, e.Line, e.Offset)
}

// CutError is returned where a recording ends too early or cannot be read further. All events before were delivered.
type CutError struct {
	// Path is the file, where it is known.
	Path string
	// After is the number of the last event that could be read, 0 for none.
	After uint64
	// Ended tells that all of the recording was read, and only what comes after its end line is missing or damaged.
	Ended bool
	// Err is [io.ErrUnexpectedEOF] where the recording just stops, as when its run was killed; else it says what is wrong with its data.
	Err error
}

func (e *CutError) Error() string {
	if e.Ended {
		return fmt.Sprintf("%sthe recording is whole, all %d events are there, but the file is damaged after its end (%v)", prefix(e.Path), e.After, e.Err)
	}
	where := "before the first event"
	if e.After > 0 {
		where = fmt.Sprintf("after event %d", e.After)
	}
	if e.Err == io.ErrUnexpectedEOF {
		return fmt.Sprintf("%sthe recording is cut off %s: its run was stopped, or the file is incomplete; run the scenario again for a whole one", prefix(e.Path), where)
	}
	return fmt.Sprintf("%sthe file is damaged %s and cannot be read further (%v); run the scenario again for a whole one", prefix(e.Path), where, e.Err)
}

// Unwrap returns Err.
func (e *CutError) Unwrap() error { return e.Err }

// WriteError is returned when a recording cannot be written, as on a full disk. What was written can be read.
type WriteError struct {
	// Path is the file, where it is known.
	Path string
	// What could not be written, such as "event 12".
	What string
	// Safe is the number of events that can certainly be read from the file.
	Safe uint64
	Err  error
}

func (e *WriteError) Error() string {
	safe := fmt.Sprintf("%d events are safe", e.Safe)
	switch e.Safe {
	case 0:
		safe = "no event is safe"
	case 1:
		safe = "1 event is safe"
	}
	if e.Path != "" {
		safe += " in " + e.Path
	}
	return fmt.Sprintf("the recording's %s could not be written: %v; %s", e.What, e.Err, safe)
}

// Unwrap returns Err.
func (e *WriteError) Unwrap() error { return e.Err }

// prefix begins a message about a file.
func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}
