package golden

import (
	"encoding/json"
	"slices"
	"strings"
)

// meaningless are the beginnings of the lines of a description that say nothing about what is offered: what is the same in
// all, what is drawn at random, and candidates, which have events.
var meaningless = []string{
	"v=", "o=", "s=", "t=", "c=", "a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=ssrc:", "a=ssrc-group:", "a=candidate:",
	"a=end-of-candidates", "a=msid-semantic:", "a=rtcp:",
}

// describe notes a description that a peer has set on either side, and returns what it says: the first one whole, later ones by
// what they change of the one before. So of an answer it is what the answerer makes of the offer.
func (t *teller) describe(peer string, args json.RawMessage) []string {
	var d struct {
		SDP string `json:"sdp"`
	}
	if json.Unmarshal(args, &d) != nil || d.SDP == "" {
		return nil
	}
	now := descriptionLines(d.SDP)
	before, ok := t.said[peer]
	t.said[peer] = now
	if !ok {
		return now
	}
	return changes(before, now)
}

// changes returns the lines in which two descriptions differ, each after the first line of its section.
func changes(before, now []string) []string {
	var lines []string
	var section, told string
	tell := func(mark, text string) {
		if strings.HasPrefix(text, "m=") {
			section, told = text, text
		} else if told != section {
			lines = append(lines, " "+section)
			told = section
		}
		lines = append(lines, mark+text)
	}
	for _, p := range align(len(before), len(now), func(i, j int) bool { return before[i] == now[j] }) {
		switch {
		case p.b < 0:
			tell("-", before[p.a])
		case p.a < 0:
			tell("+", now[p.b])
		case strings.HasPrefix(now[p.b], "m="):
			section = now[p.b]
		}
	}
	return lines
}

// descriptionLines returns the lines of an SDP that say something. All about one format (payload type) is on one line.
func descriptionLines(sdp string) []string {
	var lines []string
	formats := make(map[string]int) // where the format's line is, in this section
	rtx := make(map[string]bool)    // the section's formats for retransmissions (RFC 4588)
	for text := range strings.SplitSeq(sdp, "\n") {
		text = strings.TrimRight(text, "\r")
		if text == "" || slices.ContainsFunc(meaningless, func(m string) bool { return strings.HasPrefix(text, m) }) {
			continue
		}
		if strings.HasPrefix(text, "m=") {
			clear(formats)
			clear(rtx)
			// The port says whether the section is rejected; the formats have lines of their own.
			if fields := strings.Fields(text); len(fields) > 3 {
				text = fields[0] + " " + fields[2]
				if fields[1] == "0" {
					text += " rejected"
				}
				if !strings.Contains(fields[2], "RTP") {
					text += " " + strings.Join(fields[3:], " ")
				}
			}
			lines = append(lines, text)
			continue
		}
		if name, value, ok := strings.Cut(text, ":"); ok && (name == "a=rtpmap" || name == "a=fmtp" || name == "a=rtcp-fb") {
			format, value, _ := strings.Cut(value, " ")
			if name == "a=rtcp-fb" {
				value = "[" + value + "]"
			}
			i, ok := formats[format]
			apt, retransmits := strings.CutPrefix(value, "apt=")
			switch {
			case strings.HasPrefix(value, "rtx/"):
				rtx[format] = true
			case rtx[format] && retransmits:
				// pion writes the formats for retransmissions in the order of a map, too.
				if i, ok := formats[apt]; ok {
					lines[i] += " rtx " + format
				}
			case rtx[format]:
			case ok:
				lines[i] += " " + value
			default:
				formats[format] = len(lines)
				lines = append(lines, "format "+format+" "+value)
			}
			continue
		}
		lines = append(lines, scrub(text))
	}
	// pion writes the header extensions in the order of a map.
	for i := 0; i < len(lines); i++ {
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end], "a=extmap:") {
			end++
		}
		slices.Sort(lines[i:end])
		i = max(i, end-1)
	}
	return lines
}
