package tui

import (
	"bytes"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// damage returns a recording in which something was replaced.
func damage(t testing.TB, file []byte, old, new string) []byte {
	t.Helper()
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("there is no %s", old)
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	return encoder.EncodeAll(bytes.ReplaceAll(text, []byte(old), []byte(new)), nil)
}
