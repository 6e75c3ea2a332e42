package sandbox

import (
	"encoding/hex"
	"io"
	"math"
	"testing"
)

// TestEntropy pins the generator: who changes what a seed means, breaks every recording.
func TestEntropy(t *testing.T) {
	for _, test := range []struct {
		seed uint64
		want string
	}{
		{0, "f5cc9f05bc4dfd8fe175376738e3eda5ec6dce9340abd79f9a1e86d7367e4fae2707df3eecc75b2b"},
		{1, "88ec9c6d5038b25af3002c82ce15da0f4c830480f5637fffce02fca5b1aa6b04a6f317ff9daff0e7"},
		{math.MaxUint64, "1659d4320f7c61e65a52cd7c17613e491c1f2731877b97dc0b3da0eb16de503f1df37780f0e64a16"},
	} {
		b := make([]byte, 40)
		if _, err := io.ReadFull(newEntropy(test.seed), b); err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(b); got != test.want {
			t.Errorf("seed %d: got %s, want %s", test.seed, got, test.want)
		}
	}
	// How the bytes are asked for makes no difference.
	whole, parts := make([]byte, 100), make([]byte, 100)
	io.ReadFull(newEntropy(7), whole)
	r := newEntropy(7)
	for i := 0; i < len(parts); i += 3 {
		io.ReadFull(r, parts[i:min(i+3, len(parts))])
	}
	if string(whole) != string(parts) {
		t.Errorf("in parts of 3 bytes: got %x, want %x", parts, whole)
	}
}
