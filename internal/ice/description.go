package ice

import "strings"

// description is what a session description says to ICE (RFC 8839).
type description struct {
	typ        string
	ufrag, pwd string
	lite       bool
	candidates []*candidate
}

// parseDescription reads an SDP. All media of pion's share a transport: what the first one says holds.
func parseDescription(typ, sdp string) description {
	d := description{typ: typ}
	for line := range strings.Lines(sdp) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok && d.ufrag == "" {
			d.ufrag = v
		} else if v, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok && d.pwd == "" {
			d.pwd = v
		} else if line == "a=ice-lite" {
			d.lite = true
		} else if v, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			if c, err := parseCandidate(v); err == nil {
				d.candidates = append(d.candidates, c)
			}
		}
	}
	return d
}
