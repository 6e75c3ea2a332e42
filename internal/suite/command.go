package suite

import (
	"fmt"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// again returns the command that makes a case's run again.
func (e *Executor) again(c *Case) string {
	args := []string{"rtcsim run", quote(c.Source.Name)}
	if c.Scenario.Variant != "" {
		args = append(args, "--variant", quote(c.Scenario.Variant))
	}
	if c.Seed != c.Scenario.Seed {
		args = append(args, fmt.Sprintf("--seed %d", c.Seed))
	}
	if e.Packets != "" && e.Packets != recorder.PacketsFull {
		args = append(args, "--packets", e.Packets)
	}
	return strings.Join(append(args, e.limitFlags()...), " ")
}

// replay returns the command that replays a recording.
func (e *Executor) replay(recording string) string {
	return strings.Join(append([]string{"rtcsim replay", quote(recording)}, e.limitFlags()...), " ")
}

// limitFlags returns the limits as run and replay take them.
func (e *Executor) limitFlags() []string {
	var flags []string
	l := e.Limits
	if l.Wall != 0 {
		flags = append(flags, fmt.Sprintf("--max-wall %v", l.Wall))
	}
	if l.Virtual != 0 {
		flags = append(flags, fmt.Sprintf("--max-virtual %v", l.Virtual))
	}
	if l.Memory != 0 {
		flags = append(flags, fmt.Sprintf("--max-memory %dB", l.Memory))
	}
	if l.Events != 0 {
		flags = append(flags, fmt.Sprintf("--max-events %d", l.Events))
	}
	if l.Bytes != 0 {
		flags = append(flags, fmt.Sprintf("--max-bytes %dB", l.Bytes))
	}
	if l.Spin != 0 {
		flags = append(flags, fmt.Sprintf("--max-spin %d", l.Spin))
	}
	return flags
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
