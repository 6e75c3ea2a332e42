package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// newEntropy returns the guest's source of randomness: a ChaCha8 stream that the seed alone decides. The Go runtime in
// the guest seeds everything from it: map and select order, math/rand, crypto/rand.
func newEntropy(seed uint64) *rand.ChaCha8 {
	b := binary.BigEndian.AppendUint64([]byte("rtcsim entropy "), seed)
	return rand.NewChaCha8(sha256.Sum256(b))
}
