package sim

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// books is what is kept about a peer's negotiations because pion does not tell it, or only at a high price.
type books struct {
	mu sync.Mutex
	// local and remote are the last descriptions that were set.
	local, remote description
	// directions are those of the last answer, by mid and as this peer sees them.
	directions map[string]string
	// localCandidates and remoteCandidates are those since the last ICE restart.
	localCandidates, remoteCandidates []recorder.CandidateState
}

// description is what is kept of a description.
type description struct {
	text       string
	parameters *recorder.ICEParametersState
	streams    []recorder.Stream
}

// restartLocal takes note that an offer restarts ICE, for which pion gathers anew at once.
func (b *books) restartLocal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.localCandidates = nil
}

// setLocal takes note of a local description that was set.
func (b *books) setLocal(d webrtc.SessionDescription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.local = readSDP(d.SDP)
	if d.Type == webrtc.SDPTypeAnswer {
		b.directions = directionsOf(d.SDP)
	}
}

// expectRemote takes note of a remote description that is about to be set. One that restarts ICE has the local side
// gather anew while it is set.
func (b *books) expectRemote(d webrtc.SessionDescription) {
	next := readSDP(d.SDP)
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.Type == webrtc.SDPTypeOffer && next.restarts(b.remote) {
		b.localCandidates = nil
	}
}

// setRemote takes note of a remote description that was set, and returns the streams that it has brought and taken away.
func (b *books) setRemote(d webrtc.SessionDescription) (added, removed []recorder.Stream) {
	next := readSDP(d.SDP)
	b.mu.Lock()
	defer b.mu.Unlock()
	if next.restarts(b.remote) {
		b.remoteCandidates = nil
	}
	for line := range strings.Lines(d.SDP) {
		if c, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			b.add(c)
		}
	}
	if d.Type == webrtc.SDPTypeAnswer {
		b.directions = directionsOf(d.SDP)
		for mid, direction := range b.directions {
			b.directions[mid] = reversed(direction)
		}
	}
	added = without(next.streams, b.remote.streams)
	removed = without(b.remote.streams, next.streams)
	b.remote = next
	return added, removed
}

// addLocal takes note of a local candidate.
func (b *books) addLocal(c *webrtc.ICECandidate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.localCandidates = append(b.localCandidates, recorder.CandidateState{Type: c.Typ.String(), Address: c.Address, Port: int(c.Port)})
}

// addRemote takes note of a candidate that was added.
func (b *books) addRemote(candidate string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(strings.TrimPrefix(candidate, "candidate:"))
}

// add adds a remote candidate from its attribute's value; see RFC 8839 section 5.1.
func (b *books) add(attribute string) {
	fields := strings.Fields(attribute)
	if len(fields) < 8 {
		return
	}
	port, _ := strconv.Atoi(fields[5])
	c := recorder.CandidateState{Type: fields[7], Address: fields[4], Port: port}
	if !slices.Contains(b.remoteCandidates, c) {
		b.remoteCandidates = append(b.remoteCandidates, c)
	}
}

// direction returns the direction that was negotiated for an m-line, nil if none was.
func (b *books) direction(mid string) *string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d, ok := b.directions[mid]; ok {
		return &d
	}
	return nil
}

// candidates returns copies of the candidates and the ICE parameters, local and remote.
func (b *books) candidates() (local, remote []recorder.CandidateState, localParameters, remoteParameters *recorder.ICEParametersState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.localCandidates), slices.Clone(b.remoteCandidates), b.local.parameters, b.remote.parameters
}

// streams returns the streams of the last remote description.
func (b *books) streams() []recorder.Stream {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.remote.streams
}

// change returns the lines in which a description differs from the one before it on its side, - before a line that is
// gone and + before one that is new; nothing for the first one.
func (b *books) change(local bool, text string) []string {
	b.mu.Lock()
	before := b.remote.text
	if local {
		before = b.local.text
	}
	b.mu.Unlock()
	if before == "" || text == "" {
		return nil
	}
	return recorder.LineDiff(before, text)
}

// readSDP reads what is kept of a description. pion has parsed it, or will.
func readSDP(text string) description {
	d := description{text: text}
	var ufrag, pwd string
	var section []string
	finish := func() {
		d.addStreams(section)
		section = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "m=") {
			finish()
		}
		section = append(section, line)
		if v, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok && ufrag == "" {
			ufrag = v
		}
		if v, ok := strings.CutPrefix(line, "a=ice-pwd:"); ok && pwd == "" {
			pwd = v
		}
	}
	finish()
	if ufrag != "" {
		d.parameters = &recorder.ICEParametersState{UsernameFragment: ufrag, Password: pwd}
	}
	return d
}

// addStreams adds the streams of an m-section, if it sends.
func (d *description) addStreams(section []string) {
	if len(section) == 0 || !strings.HasPrefix(section[0], "m=") {
		return
	}
	if fields := strings.Fields(section[0]); len(fields) > 1 && fields[1] == "0" ||
		slices.Contains(section, "a=recvonly") || slices.Contains(section, "a=inactive") {
		return
	}
	for _, line := range section {
		v, ok := strings.CutPrefix(line, "a=msid:")
		id, track, _ := strings.Cut(v, " ")
		if !ok || id == "-" {
			continue
		}
		i := slices.IndexFunc(d.streams, func(s recorder.Stream) bool { return s.Stream == id })
		if i < 0 {
			i = len(d.streams)
			d.streams = append(d.streams, recorder.Stream{Stream: id, Derived: true})
		}
		if track != "" && !slices.Contains(d.streams[i].Tracks, track) {
			d.streams[i].Tracks = append(d.streams[i].Tracks, track)
		}
	}
}

// restarts tells whether a description restarts ICE after the one before it on its side.
func (d description) restarts(before description) bool {
	return d.parameters != nil && before.parameters != nil && d.parameters.UsernameFragment != before.parameters.UsernameFragment
}

// directionsOf returns the direction of each m-section by its mid.
func directionsOf(text string) map[string]string {
	directions := make(map[string]string)
	mid, direction, rejected := "", "sendrecv", false
	finish := func() {
		if mid != "" {
			directions[mid] = direction
			if rejected {
				directions[mid] = "inactive"
			}
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "m=") {
			finish()
			fields := strings.Fields(line)
			mid, direction, rejected = "", "sendrecv", len(fields) > 1 && fields[1] == "0"
		}
		if v, ok := strings.CutPrefix(line, "a=mid:"); ok {
			mid = v
		}
		switch line {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			direction = line[len("a="):]
		}
	}
	finish()
	return directions
}

// reversed returns a direction as the other side sees it.
func reversed(direction string) string {
	switch direction {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	}
	return direction
}

// without returns the streams whose ids are not among the others'.
func without(streams, others []recorder.Stream) []recorder.Stream {
	var rest []recorder.Stream
	for _, s := range streams {
		if !slices.ContainsFunc(others, func(o recorder.Stream) bool { return o.Stream == s.Stream }) {
			rest = append(rest, s)
		}
	}
	return rest
}
