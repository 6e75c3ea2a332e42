package tui

import (
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// damage returns a recording in which something was replaced.
func damage(t testing.TB, file []byte, old, new string) []byte {
	t.Helper()
	text := decompress(t, file)
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %s", old)
	}
	return compress(t, strings.ReplaceAll(text, old, new))
}

// decompress returns the lines of a recording.
func decompress(t testing.TB, file []byte) string {
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
	return string(text)
}

// compress returns the recording with those lines.
func compress(t testing.TB, text string) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	return encoder.EncodeAll([]byte(text), nil)
}
