package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// candidateRules are about candidates that there are not, and about those that do not get to the other side.
var candidateRules = []Rule{
	{
		Name: "candidates-not-signaled", Answers: NoRemoteCandidate, Suspect: "candidates that nobody signals",
		Doc:  "A peer has gathered candidates, and its application never sent them to the other side: neither one by one nor in a description.",
		find: findUnsignaled,
	},
	{
		Name: "candidates-lost", Answers: NoRemoteCandidate, Suspect: "candidates that signaling loses",
		Doc:  "Candidates were sent over signaling and lost there.",
		find: findCandidatesLost,
	},
	{
		Name: "candidate-rejected", Answers: NoRemoteCandidate, Suspect: "candidates that are added before the remote description",
		Doc:  "addIceCandidate was rejected: most often because it was called before setRemoteDescription. Candidates that come early have to wait for the description.",
		find: findCandidateRejected,
	},
	{
		Name: "candidate-of-another-generation", Answers: NoRemoteCandidate, Suspect: "candidates of another ICE generation",
		Doc:  "Candidates with another user name fragment than the remote description has were added, and have no effect: they are of before an ICE restart.",
		find: findCandidateStale,
	},
	{
		Name: "mdns-unresolved", Answers: NoRemoteCandidate, Suspect: "mDNS names that nobody can resolve",
		Doc:  "A candidate hides its address behind an mDNS name, which only its own network can resolve, and only with multicast.",
		find: findMDNS,
	},
	{
		Name: "candidates-not-added", Answers: NoRemoteCandidate, Fallback: true, Suspect: "candidates that nobody adds",
		Doc:  "Candidates arrived over signaling, and the application never called addIceCandidate with them.",
		find: findNotAdded,
	},
	{
		Name: "no-candidates-gathered", Answers: NoRemoteCandidate, Fallback: true, Suspect: "a peer without candidates",
		Doc:  "The other side has gathered no candidates at all.",
		find: findNothingGathered,
	},
	{
		Name: "no-server-configured", Answers: NoCandidate, Suspect: "ICE servers that are missing in the configuration",
		Doc:  "The configuration has no STUN or TURN server, so that there can be no server-reflexive or relayed candidates.",
		find: findNoServer,
	},
	{
		Name: "transport-policy", Answers: NoCandidate, Suspect: "an iceTransportPolicy that allows relays only",
		Doc:  "With the iceTransportPolicy relay there are relayed candidates only.",
		find: findPolicy,
	},
	{
		Name: "no-interface", Answers: NoCandidate, Suspect: "interfaces that are down",
		Doc:  "All interfaces of the peer were down when it gathered.",
		find: findNoInterface,
	},
	{
		Name: "server-failed", Answers: NoCandidate, Suspect: "STUN and TURN servers",
		Doc:  "A STUN or TURN server has not given what candidates are made of.",
		find: findServerFailed,
	},
}

// descriptionCandidates counts the candidates in the descriptions that the peer has signaled.
func (f *Facts) signaledCandidates(from string) (sent, arrived []*Signal, within int) {
	for _, s := range f.Signals {
		if s.From != from {
			continue
		}
		within += strings.Count(s.SDP, "a=candidate:")
		if s.Type == "candidate" && s.Candidate != nil && *s.Candidate != "" {
			sent = append(sent, s)
			if s.Delivered != nil {
				arrived = append(arrived, s)
			}
		}
	}
	return sent, arrived, within
}

func findUnsignaled(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil {
		return nil
	}
	sent, _, within := f.signaledCandidates(q.Other)
	i := slices.IndexFunc(other.Candidates, func(c Candidate) bool { return !c.End })
	if len(sent) > 0 || within > 0 || i < 0 {
		return nil
	}
	for _, c := range f.Peer(q.Peer).Calls { // handed over without signaling
		if c.Method == "addIceCandidate" {
			return nil
		}
	}
	n := 0
	for _, c := range other.Candidates {
		if !c.End {
			n++
		}
	}
	c := other.Candidates[i]
	return []*Cause{{
		Text:     fmt.Sprintf("%s knows no candidate of %s's: %s gathered %s and signaled none", q.Peer, q.Other, q.Other, plural(n, "candidate")),
		Evidence: []Evidence{c.evidence("%s gathers %s %s:%d", q.Other, c.Type, c.Address, c.Port)},
	}}
}

func findCandidatesLost(f *Facts, q Question) []*Cause {
	sent, arrived, _ := f.signaledCandidates(q.Other)
	if len(sent) == 0 || len(arrived) > 0 {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("%s knows no candidate of %s's: signaling lost %s", q.Peer, q.Other, plural(len(sent), "candidate"))}
	for _, s := range sent {
		if s.Dropped == nil {
			return nil
		}
		c.Evidence = append(c.Evidence, s.Dropped.evidence("candidate of %s lost: %s", q.Other, s.Reason))
	}
	c.Text += " (" + sent[0].Reason + ")"
	return []*Cause{c}
}

func findCandidateRejected(f *Facts, q Question) []*Cause {
	var rejected []*Call
	p := f.Peer(q.Peer)
	for _, c := range p.Calls {
		if c.Method == "addIceCandidate" && c.Failed() {
			rejected = append(rejected, c)
		}
	}
	if len(rejected) == 0 {
		return nil
	}
	first := rejected[0]
	text := fmt.Sprintf("%s knows no candidate of %s's: addIceCandidate was rejected %s: %s", q.Peer, q.Other, times(len(rejected)), first.Return.Error.Name)
	if set := p.Call("setRemoteDescription"); set == nil || set.Seq > first.Seq {
		text += ", as the remote description was not set yet"
	} else {
		text += ": " + first.Return.Error.Message
	}
	return []*Cause{{Text: text, Evidence: []Evidence{
		first.evidence("addIceCandidate is called"),
		first.Returned.evidence("addIceCandidate is rejected: %s", first.Return.Error.Message),
	}}}
}

func findCandidateStale(f *Facts, q Question) []*Cause {
	for _, l := range f.Logs {
		if l.Peer == q.Peer && strings.Contains(l.Text, "dropping candidate with ufrag") {
			return []*Cause{{
				Text:     fmt.Sprintf("%s's candidates are not of the description that %s has: pion drops them", q.Other, q.Peer),
				Evidence: []Evidence{l.evidence("pion: %s", l.Text)},
			}}
		}
	}
	return nil
}

func findNotAdded(f *Facts, q Question) []*Cause {
	_, arrived, _ := f.signaledCandidates(q.Other)
	if len(arrived) == 0 {
		return nil
	}
	for _, c := range f.Peer(q.Peer).Calls {
		if c.Method == "addIceCandidate" {
			return nil
		}
	}
	return []*Cause{{
		Text:     fmt.Sprintf("%s knows no candidate of %s's: the application never added %s that arrived", q.Peer, q.Other, theCount(len(arrived), "candidate")),
		Evidence: []Evidence{arrived[0].Delivered.evidence("candidate of %s arrives", q.Other)},
	}}
}

func findNothingGathered(f *Facts, q Question) []*Cause {
	other := f.Peer(q.Other)
	if other == nil || slices.ContainsFunc(other.Candidates, func(c Candidate) bool { return !c.End }) {
		return nil
	}
	c := &Cause{Peer: q.Other, Text: fmt.Sprintf("%s knows no candidate of %s's: %s has none", q.Peer, q.Other, q.Other)}
	for _, typ := range []string{"host", "srflx", "relay"} {
		if typ != "relay" || other.Configuration().ICETransportPolicy == "relay" {
			c.asks = append(c.asks, Question{Symptom: NoCandidate, Peer: other.Name, Other: other.Other, Subject: typ})
		}
	}
	for _, end := range other.Candidates {
		c.Evidence = append(c.Evidence, end.evidence("%s's gathering is complete", q.Other))
	}
	return []*Cause{c}
}

func findNoServer(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p.State.Configuration == nil || q.Subject == "host" || q.Subject == "srflx" && f.behindNAT(q.Peer) == "" {
		return nil
	}
	servers := p.servers()
	turn := slices.ContainsFunc(servers, serverURL.turn)
	var text string
	switch {
	case len(servers) == 0 && q.Subject == "srflx":
		text = fmt.Sprintf("%s has no server-reflexive candidates, although behind a NAT: no STUN server is configured", q.Peer)
	case q.Both && q.Subject == "relay":
		text = fmt.Sprintf("neither %s nor %s has relay candidates: no TURN server is configured", q.Peer, q.Other)
	case !turn && q.Subject == "relay":
		text = fmt.Sprintf("%s has no relay candidates: no TURN server is configured", q.Peer)
	default:
		return nil
	}
	c := &Cause{Text: text}
	if call := p.Call("RTCPeerConnection"); call != nil {
		c.Evidence = []Evidence{call.evidence("RTCPeerConnection is made")}
	}
	return []*Cause{c}
}

func findPolicy(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if q.Subject != "host" || p.Configuration().ICETransportPolicy != "relay" {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("%s has no host or server-reflexive candidates: iceTransportPolicy is relay", q.Peer)}
	if call := p.Call("RTCPeerConnection"); call != nil {
		c.Evidence = []Evidence{call.evidence("RTCPeerConnection is made")}
	}
	return []*Cause{c}
}

func findNoInterface(f *Facts, q Question) []*Cause {
	if q.Subject != "host" {
		return nil
	}
	for _, h := range f.Topology.Hosts {
		if h.Name != q.Peer || slices.ContainsFunc(h.Interfaces, func(i recorder.TopologyInterface) bool { return i.Up }) {
			continue
		}
		var names []string
		for _, i := range h.Interfaces {
			names = append(names, i.Name)
		}
		return []*Cause{{Text: fmt.Sprintf("%s has no host candidates: no interface is up (%s)", q.Peer, strings.Join(names, ", "))}}
	}
	return nil
}

func findServerFailed(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if q.Both || q.Subject == "host" || q.Subject == "srflx" && (p.Configuration().ICETransportPolicy == "relay" || f.behindNAT(q.Peer) == "") {
		return nil
	}
	word := map[string]string{"srflx": "server-reflexive", "relay": "relay"}[q.Subject]
	var list []*Cause
	for _, u := range p.servers() {
		if u.turn() != (q.Subject == "relay") {
			continue
		}
		list = append(list, &Cause{
			Text:  fmt.Sprintf("%s has no %s candidates", q.Peer, word),
			label: true,
			asks:  []Question{{Symptom: ServerSilent, Peer: q.Peer, Other: q.Other, Subject: u.url}},
		})
	}
	return list
}

func findMDNS(f *Facts, q Question) []*Cause {
	var list []*Cause
	for _, c := range f.Peer(q.Peer).ICE.Current().Remote {
		if strings.HasSuffix(c.Address, ".local") && c.Resolved == "" {
			list = append(list, &Cause{
				Text:     fmt.Sprintf("%s cannot resolve %s, the mDNS name that %s's candidate has instead of an address", q.Peer, c.Address, q.Other),
				Evidence: f.cite(c.Event, "the candidate is added"),
			})
		}
	}
	return list
}

// theCount words all of so many.
func theCount(n int, one string) string {
	if n == 1 {
		return "the " + one
	}
	return fmt.Sprintf("the %d %ss", n, one)
}

// times says how often.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
