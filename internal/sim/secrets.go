package sim

import (
	"bytes"
	"encoding/hex"
)

// secrets is the writer for pion's DTLS key log of a peer. It tells of the master secret of each DTLS association,
// which belongs to the random number of its client hello. pion writes the line before it sends the first record that is
// encrypted, as client and as server.
type secrets func(clientRandom, master []byte)

// Write takes one line of the log, as pion writes it at once. What is no CLIENT_RANDOM line is nothing for WebRTC.
func (s secrets) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if len(fields) == 3 && string(fields[0]) == "CLIENT_RANDOM" {
		random, errRandom := hex.DecodeString(string(fields[1]))
		master, errMaster := hex.DecodeString(string(fields[2]))
		if errRandom == nil && errMaster == nil {
			s(random, master)
		}
	}
	return len(line), nil
}
