package tui

import (
	"testing"

	"github.com/klauspost/compress/zstd"
)

// decompress returns the lines of a recording's file.
func decompress(t testing.TB, file []byte) string {
	t.Helper()
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := d.DecodeAll(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compress makes a recording's file of lines.
func compress(t testing.TB, lines string) []byte {
	t.Helper()
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return e.EncodeAll([]byte(lines), nil)
}
