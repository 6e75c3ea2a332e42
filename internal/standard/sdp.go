package standard

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// parses tells whether a text is an SDP at all.
func parses(text string) bool {
	var d sdp.SessionDescription
	return d.UnmarshalString(text) == nil
}

// hasLine tells whether an SDP has a line that begins so.
func hasLine(sdp, prefix string) bool {
	return strings.HasPrefix(sdp, prefix) || strings.Contains(sdp, "\n"+prefix)
}

// values returns what follows a prefix in the lines of an SDP, without repetitions and in order.
func values(sdp, prefix string) []string {
	var found []string
	for line := range strings.Lines(sdp) {
		if v, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), prefix); ok && !slices.Contains(found, v) {
			found = append(found, v)
		}
	}
	return found
}

// ufrags returns the ICE user name fragments in an SDP.
func ufrags(sdp string) []string { return values(sdp, "a=ice-ufrag:") }

// mids returns the identifications of the sections of an SDP.
func mids(sdp string) []string { return values(sdp, "a=mid:") }

// mediaSections returns the number of sections for audio and video of an SDP.
func mediaSections(sdp string) int {
	return strings.Count(sdp, "\nm=audio ") + strings.Count(sdp, "\nm=video ")
}

// sections returns the number of sections of an SDP.
func sections(sdp string) int {
	n := strings.Count(sdp, "\nm=")
	if strings.HasPrefix(sdp, "m=") {
		n++
	}
	return n
}
