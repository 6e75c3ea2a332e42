package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// FileName returns the path of the recording of a case in the folder where recordings are kept, such as
// "calls/nat.alice=symmetric,bob=open.seed=3.rtcrec", or "library/nat/symmetric-both.seed=3.rtcrec" for the library. No two cases have the
// same.
func FileName(c *Case) string {
	name := path.Clean(c.Source.Name)
	inside := strings.TrimPrefix(name, "/")
	for strings.HasPrefix(inside, "../") {
		inside = inside[len("../"):]
	}
	plain := inside == name && strings.HasSuffix(name, ".yaml") && !strings.HasPrefix(name, "library/")
	if c.Source.BuiltIn {
		inside, plain = "library/"+name, true
	}
	folder, base := path.Split(strings.TrimSuffix(inside, ".yaml"))
	base += "."
	if c.Scenario.Variant != "" {
		base += c.Scenario.Variant + "."
	}
	base += fmt.Sprintf("seed=%d", c.Seed)
	safe := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>| `, r) {
			return '_'
		}
		return r
	}, base)
	const longest = 200 // characters in a name, which leaves room in a file system's 255 for what is put behind it
	safe = safe[:min(len(safe), longest)]
	if safe != base || !plain {
		// Another case could have become the same.
		sum := sha256.Sum256([]byte(c.ID()))
		safe += "." + hex.EncodeToString(sum[:4])
	}
	return filepath.FromSlash(folder+safe) + ".rtcrec"
}
