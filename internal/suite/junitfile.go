package suite

import (
	"os"
	"time"
)

// A JUnitFile is a JUnit file on disk. It is whole after each result, with the results as they came; at the end it has them in the
// order of the cases.
type JUnitFile struct {
	*JUnit
	path    string
	file    *os.File
	header  Header
	began   time.Time
	results []*Result
}

// CreateJUnit begins a file. What is there already is replaced.
func CreateJUnit(path string, h Header, began time.Time) (*JUnitFile, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	j, err := NewJUnit(file, h, began)
	if err != nil {
		file.Close()
		return nil, err
	}
	return &JUnitFile{JUnit: j, path: path, file: file, header: h, began: began}, nil
}

// Add writes a result.
func (f *JUnitFile) Add(r *Result) error {
	f.results = append(f.results, r)
	return f.JUnit.Add(r)
}

// Close puts the results in their order, and closes the file.
func (f *JUnitFile) Close() error {
	if err := f.file.Close(); err != nil {
		return err
	}
	ordered := f.path + ".tmp"
	file, err := os.Create(ordered)
	if err != nil {
		return err
	}
	defer os.Remove(ordered) // unless it was renamed
	j, err := NewJUnit(file, f.header, f.began)
	for _, r := range sorted(f.results) {
		if err == nil {
			err = j.Add(r)
		}
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(ordered, f.path)
}
