package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// random returns the stream of that name. The seed and the name alone decide it, so that a draw in one place never
// shifts another's.
func (s *Session) random(name string) *rand.Rand {
	key := binary.BigEndian.AppendUint64([]byte("rtcsim stream "), s.identity.Seed)
	return rand.New(rand.NewChaCha8(sha256.Sum256(append(key, name...))))
}
