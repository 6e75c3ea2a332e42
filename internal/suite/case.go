package suite

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/scenario"
)

// A Case is one run of a suite: a scenario in one variant, with one seed.
type Case struct {
	// Index is the place of the case among all that were selected, from 0, whatever the shard.
	Index int
	// Source is where the scenario comes from.
	Source *library.Source
	// Scenario is the variant, as it was read.
	Scenario *scenario.Scenario
	// Seed is what all randomness of the run derives from.
	Seed uint64
	// Verify tells that the case is executed twice, and both runs compared.
	Verify bool
}

// ID returns the name of the case, such as "nat/matrix alice=symmetric,bob=open seed=3": the scenario, the variant where there are
// several, and the seed. No other case has it.
func (c *Case) ID() string { return caseID(c.Source.Name, c.Scenario.Variant, c.Seed) }

func caseID(name, variant string, seed uint64) string {
	if variant != "" {
		name += " " + variant
	}
	return fmt.Sprintf("%s seed=%d", name, seed)
}

// Topic returns the folder of the scenario, such as "nat".
func (c *Case) Topic() string { return topicOf(c.Source.Name) }

func topicOf(name string) string { return path.Dir(name) }

// hash returns a number that is spread evenly over all cases, for a purpose.
func (c *Case) hash(purpose string) uint64 {
	sum := sha256.Sum256([]byte(purpose + "\x00" + c.ID()))
	return binary.BigEndian.Uint64(sum[:])
}
