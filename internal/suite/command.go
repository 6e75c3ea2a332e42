package suite

import (
	"fmt"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// again returns the command that makes a case's run again.
func again(c *Case, packets string) string {
	args := []string{"rtcsim", "run", quote(c.Source.Name)}
	if c.Scenario.Variant != "" {
		args = append(args, "--variant", quote(c.Scenario.Variant))
	}
	if c.Seed != c.Scenario.Seed {
		args = append(args, fmt.Sprintf("--seed %d", c.Seed))
	}
	if packets != recorder.PacketsFull {
		args = append(args, "--packets", packets)
	}
	return strings.Join(args, " ")
}

// quote quotes an argument for a shell, where it must be.
func quote(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=,:%+@", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
