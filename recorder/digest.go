package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// digestDomain is what the digest of a recording without events is the SHA-256 of. It names the format, so that
// no digest of another format can be taken for one of this.
const digestDomain = "rtcrec 1"

// Digest is the running digest over the events of a recording: h(n) = SHA-256(h(n-1) ‖ line(n)), where line(n) is the
// event's line without its check and without the newline, and h(0) = SHA-256("rtcrec 1").
type Digest struct {
	hash hash.Hash
	sum  [sha256.Size]byte
}

// NewDigest returns the digest of no events.
func NewDigest() *Digest {
	return &Digest{hash: sha256.New(), sum: sha256.Sum256([]byte(digestDomain))}
}

// Add takes in the next event's line, without check and newline.
func (d *Digest) Add(line []byte) {
	d.hash.Reset()
	d.hash.Write(d.sum[:])
	d.hash.Write(line)
	d.hash.Sum(d.sum[:0])
}

// Check returns the head of the digest in 8 hexadecimal digits: the check of the event that was added last.
func (d *Digest) Check() string {
	return hex.EncodeToString(d.sum[:checkSize])
}

// String returns the whole digest in hexadecimal.
func (d *Digest) String() string {
	return hex.EncodeToString(d.sum[:])
}

// checkSize is the number of bytes of the digest that an event's check shows.
const checkSize = 4

// The check is the last member of its line.
const (
	checkHead = `,"check":"`
	checkTail = `"}`
	checkLen  = len(checkHead) + 2*checkSize + len(checkTail)
)

// appendChecked appends the line with the digest's check as its last member.
func (d *Digest) appendChecked(dst, line []byte) []byte {
	dst = append(dst, line[:len(line)-1]...)
	dst = append(dst, checkHead...)
	dst = hex.AppendEncode(dst, d.sum[:checkSize])
	return append(dst, checkTail...)
}

// cutCheck splits a line of a recording into the line as it was made and its check. It writes to the line, where
// the closing brace moves to the front of the check. A line without a check stays as it is.
func cutCheck(line []byte) (made []byte, check string) {
	n := len(line) - checkLen
	if n < 1 || string(line[n:n+len(checkHead)]) != checkHead || string(line[len(line)-len(checkTail):]) != checkTail {
		return line, ""
	}
	check = string(line[n+len(checkHead) : len(line)-len(checkTail)])
	line[n] = '}'
	return line[:n+1], check
}
