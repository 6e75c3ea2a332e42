package sim

import (
	"bytes"
	"fmt"
	"testing"
)

func TestSecrets(t *testing.T) {
	random, master := bytes.Repeat([]byte{1, 0xab}, 16), bytes.Repeat([]byte{2, 0xcd}, 24)
	for _, tt := range []struct {
		line string
		want bool
	}{
		{fmt.Sprintf("CLIENT_RANDOM %x %x\n", random, master), true},
		{fmt.Sprintf("CLIENT_HANDSHAKE_TRAFFIC_SECRET %x %x\n", random, master), false},
		{fmt.Sprintf("CLIENT_RANDOM %x\n", random), false},
		{"CLIENT_RANDOM xy zz\n", false},
		{"\n", false},
	} {
		told := false
		w := secrets(func(r, m []byte) {
			told = true
			if !bytes.Equal(r, random) || !bytes.Equal(m, master) {
				t.Errorf("%q: told of %x, %x", tt.line, r, m)
			}
		})
		if n, err := w.Write([]byte(tt.line)); n != len(tt.line) || err != nil {
			t.Errorf("%q: %d, %v", tt.line, n, err)
		}
		if told != tt.want {
			t.Errorf("%q: told %t, want %t", tt.line, told, tt.want)
		}
	}
}
