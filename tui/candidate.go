package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// candidateWords says in words what a candidate-attribute (RFC 8839, section 5.1)
// tells. It is empty for what is none.
func candidateWords(attribute string) string {
	attribute = strings.TrimPrefix(strings.TrimSpace(attribute), "a=")
	text, ok := strings.CutPrefix(attribute, "candidate:")
	fields := strings.Fields(text)
	if !ok || len(fields) < 8 || fields[6] != "typ" {
		return ""
	}
	address, port, typ := fields[4], fields[5], fields[7]
	what := map[string]string{
		"host":  "an address of the host's own",
		"srflx": "the public address that a STUN server has seen",
		"prflx": "the public address that the other side has seen in a check",
		"relay": "an address of a TURN server, which relays",
	}[typ]
	if what == "" {
		what = "of the type " + typ
	}
	if strings.HasSuffix(address, ".local") {
		what = "an address of the host's own, hidden behind an mDNS name"
	}
	words := fmt.Sprintf("%s, %s:%s over %s", what, address, port, strings.ToUpper(fields[2]))
	if fields[1] == "2" {
		words += ", for RTCP"
	}
	for i := 8; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "raddr":
			if i+3 < len(fields) && fields[i+2] == "rport" && fields[i+1] != "0.0.0.0" {
				words += fmt.Sprintf(", seen from %s:%s", fields[i+1], fields[i+3])
			}
		case "tcptype":
			words += ", TCP " + fields[i+1]
		}
	}
	if priority, err := strconv.ParseUint(fields[3], 10, 32); err == nil {
		// RFC 8445, section 5.1.2.1.
		words += fmt.Sprintf("; type preference %d, local preference %d", priority>>24, priority>>8&0xffff)
	}
	return words
}
