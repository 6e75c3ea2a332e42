package scenario

import (
	"fmt"
	"strings"

	"github.com/rtcsim/rtcsim/internal/spelling"
)

// suggest returns a hint for a name that is not among the valid ones: the nearest of them where one is near,
// else all of them.
func suggest(name string, valid []string) string {
	if near := spelling.Nearest(name, valid); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return oneOf(valid)
}

// oneOf lists the valid names.
func oneOf(valid []string) string {
	const most = 24
	switch {
	case len(valid) == 0:
		return ""
	case len(valid) == 1:
		return "only " + valid[0] + " is possible here"
	case len(valid) > most:
		return fmt.Sprintf("possible are %s, … (%d in all)", strings.Join(valid[:most], ", "), len(valid))
	}
	return "possible are " + strings.Join(valid, ", ")
}
