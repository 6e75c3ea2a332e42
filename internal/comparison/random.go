package comparison

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// firstRandomPort is the first port that counts as drawn at random. Those of servers are below.
const firstRandomPort = 5000

// random finds what is random by nature in a text.
var random = regexp.MustCompile(`[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}` + // UUIDs, mDNS names
	`|\b0x[0-9a-fA-F]+` + // addresses in memory
	`|:\d{4,5}\b` + // ports
	`|\b(?:ssrc|SSRC)[ (:=]*\d+` +
	`|\bufrag \S+` +
	`|\b\d{8,}\b`) // ids

// meant returns a text without what is random by nature.
func meant(text string) string {
	switch {
	case strings.HasPrefix(text, "v=0\r\n"), strings.HasPrefix(text, "v=0\n"):
		return meantSDP(text)
	case strings.HasPrefix(text, "candidate:"), strings.HasPrefix(text, "a=candidate:"):
		return meantCandidate(text)
	}
	return meantWords(text)
}

// meantWords returns a text that is neither an SDP nor a candidate without what is random by nature.
func meantWords(text string) string {
	if !strings.ContainsAny(text, "0123456789") && !strings.Contains(text, "ufrag") {
		return text
	}
	return random.ReplaceAllStringFunc(text, func(s string) string {
		if s[0] == ':' {
			if port, err := strconv.Atoi(s[1:]); err == nil && port < firstRandomPort {
				return s
			}
			return ":*"
		}
		return "*"
	})
}

// meantSDP returns an SDP without what is random by nature.
func meantSDP(sdp string) string {
	lines := strings.Split(strings.ReplaceAll(sdp, "\r\n", "\n"), "\n")
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "a=ssrc", "a=ssrc-group":
			lines[i] = name + ":*"
			if name == "a=ssrc" {
				if _, attribute, ok := strings.Cut(value, " "); ok {
					lines[i] += " " + meantWords(attribute)
				}
			}
		case "a=candidate":
			lines[i] = "a=" + meantCandidate(value)
		default:
			switch {
			case strings.HasPrefix(line, "o="):
				lines[i] = "o=*"
			case strings.HasPrefix(line, "m="):
				lines[i] = meantMedia(line)
			default:
				lines[i] = meantWords(line)
			}
		}
	}
	for i := 0; i < len(lines); i++ { // pion writes header extensions in the order of a map
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], "a=extmap:") {
			end++
		}
		slices.Sort(lines[i:end])
		i = max(i, end)
	}
	for i := 0; i < len(lines); i++ {
		end := i + 1
		for end < len(lines) && !strings.HasPrefix(lines[end], "m=") {
			end++
		}
		if strings.HasPrefix(lines[i], "m=") {
			meantRepairs(lines[i:end])
		}
		i = end - 1
	}
	return strings.Join(lines, "\n")
}

// formatLine finds the lines about a format, and its number.
var formatLine = regexp.MustCompile(`^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) `)

// meantRepairs puts the formats for retransmissions of a section behind the others, in the order of their numbers: pion's answers have them in
// the order of a map.
func meantRepairs(section []string) {
	repairs := map[string]bool{}
	for _, line := range section {
		if m := formatLine.FindStringSubmatch(line); m != nil && strings.Contains(line, " rtx/") {
			repairs[m[1]] = true
		}
	}
	if len(repairs) == 0 {
		return
	}
	const first = 3 // of the formats in an m-line
	fields := strings.Fields(section[0])
	if len(fields) > first {
		slices.SortStableFunc(fields[first:], func(a, b string) int { return repair(repairs, a) - repair(repairs, b) })
		section[0] = strings.Join(fields, " ")
	}
	slices.SortStableFunc(section[1:], func(a, b string) int {
		return repair(repairs, formatOf(a)) - repair(repairs, formatOf(b))
	})
}

// repair returns the number of a format for retransmissions, 0 for another one.
func repair(repairs map[string]bool, format string) int {
	if !repairs[format] {
		return 0
	}
	n, _ := strconv.Atoi(format) // of digits
	return n + 1
}

// formatOf returns the number of the format that a line is about; empty for other lines.
func formatOf(line string) string {
	if m := formatLine.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// meantMedia returns an m-line without its port, unless it is 0 or 9.
func meantMedia(line string) string {
	fields := strings.Fields(line)
	if len(fields) > 1 && fields[1] != "0" && fields[1] != "9" {
		fields[1] = "*"
	}
	return strings.Join(fields, " ")
}

// meantCandidate returns type, protocol and address of a candidate-attribute (RFC 8839).
func meantCandidate(attribute string) string {
	fields := strings.Fields(attribute)
	if len(fields) < 8 || fields[6] != "typ" {
		return "candidate:*"
	}
	address := fields[4]
	if strings.HasSuffix(address, ".local") {
		address = "*.local"
	}
	return "candidate " + fields[7] + " " + fields[2] + " " + socket(address+":"+fields[5])
}

// socket returns an address and its port, without a port that is random.
func socket(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s
	}
	if port, err := strconv.Atoi(s[i+1:]); err == nil && port < firstRandomPort {
		return s
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().String()
	}
	return s[:i]
}
