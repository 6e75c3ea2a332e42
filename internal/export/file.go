package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes a file that is there as a whole or, if writing fails, as it was before. Unless it may be overwritten, the
// error of one that is there already is an [fs.ErrExist].
func WriteFile(path string, overwrite bool, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !overwrite:
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder", path)
	case err == nil && !info.Mode().IsRegular(): // a pipe, a device
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // once it has its name, there is none
	if err := errors.Join(f.Chmod(0o644), write(f), f.Close()); err != nil {
		return err
	}
	if !overwrite { // another one may have come meanwhile
		if err := os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return os.Rename(f.Name(), path)
}
