package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// bookmarks are letters on events, kept in a file beside the recording.
type bookmarks struct {
	path  string // empty: they are not kept
	marks map[string]int
}

// bookmarksOf is the name of the file with a recording's bookmarks.
func bookmarksOf(recording string) string {
	if recording == "" {
		return ""
	}
	return recording + ".marks"
}

// loadBookmarks reads the bookmarks, if there are any that can be read.
func loadBookmarks(path string) *bookmarks {
	b := &bookmarks{path: path, marks: make(map[string]int)}
	if text, err := os.ReadFile(path); path != "" && err == nil {
		json.Unmarshal(text, &b.marks)
	}
	return b
}

// set puts a bookmark on an event, or takes it from there, and writes the file.
func (b *bookmarks) set(name string, n int) error {
	if b.marks[name] == n {
		delete(b.marks, name)
	} else {
		b.marks[name] = n
	}
	if b.path == "" {
		return nil
	}
	if len(b.marks) == 0 {
		return os.Remove(b.path)
	}
	text, err := json.Marshal(b.marks) // sorted by name
	if err != nil {
		return err
	}
	return os.WriteFile(b.path, append(text, '\n'), 0o644)
}

// byEvent returns the names by event.
func (b *bookmarks) byEvent() map[int]string {
	names := make(map[int]string, len(b.marks))
	for name, n := range b.marks {
		if old, ok := names[n]; !ok || name < old {
			names[n] = name
		}
	}
	return names
}

// memory is what the inspector remembers about a recording from one time to
// the next. It is kept in the user's cache, and forgotten without harm.
type memory struct {
	Cursor int    `json:"cursor"`
	Zoom   int    `json:"zoom"`
	Filter string `json:"filter,omitempty"`
	Focus  int    `json:"focus"`
}

// memoryPath is where the memory of the recording with the digest is.
func memoryPath(digest string) string {
	cache, err := os.UserCacheDir()
	if err != nil || digest == "" {
		return ""
	}
	return filepath.Join(cache, "rtcsim", "inspect", digest+".json")
}

func loadMemory(path string) (m memory, ok bool) {
	text, err := os.ReadFile(path)
	return m, path != "" && err == nil && json.Unmarshal(text, &m) == nil
}

// save writes the memory. That it cannot is no reason to bother anybody.
func (m memory) save(path string) {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	if text, err := json.Marshal(m); err == nil {
		os.WriteFile(path, text, 0o644)
	}
}
