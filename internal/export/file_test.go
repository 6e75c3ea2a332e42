package export

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "x.jsonl")
	write := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, failed := io.WriteString(w, text)
			return errors.Join(failed, err)
		}
	}
	full := errors.New("the disk is full")
	steps := []struct {
		overwrite bool
		text      string
		err       error
		want      string // is in the file then
		is        error
	}{
		{false, "half", full, "", full},
		{false, "one", nil, "one", nil},
		{false, "two", nil, "one", fs.ErrExist},
		{true, "three", full, "one", full},
		{true, "four", nil, "four", nil},
	}
	for i, s := range steps {
		if err := WriteFile(path, s.overwrite, write(s.text, s.err)); !errors.Is(err, s.is) {
			t.Errorf("step %d: the error is %v", i, err)
		}
		if text, _ := os.ReadFile(path); string(text) != s.want {
			t.Errorf("step %d: %q is in the file", i, text)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "x.jsonl" {
				t.Errorf("step %d: %s is left", i, e.Name())
			}
		}
	}
	// One that has come meanwhile stays.
	late := filepath.Join(folder, "late")
	err := WriteFile(late, false, func(w io.Writer) error { return os.WriteFile(late, []byte("theirs"), 0o644) })
	if text, _ := os.ReadFile(late); !errors.Is(err, fs.ErrExist) || string(text) != "theirs" {
		t.Errorf("%q is in the file, with %v", text, err)
	}
	if err := WriteFile(folder, true, write("x", nil)); err == nil {
		t.Error("a folder is overwritten")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file has %v, %v", info.Mode(), err)
	}
}
