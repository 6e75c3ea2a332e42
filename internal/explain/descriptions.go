package explain

import (
	"fmt"
	"regexp"
	"strings"
)

// descriptionRules are about what the two sides tell each other in their descriptions, and DTLS stands on.
var descriptionRules = []Rule{
	{
		Name: "fingerprint-mismatch", Answers: DTLSFailed, Suspect: "fingerprints that do not fit the certificates",
		Doc:  "The certificate of the other side is not the one whose fingerprint its description has: the SDP was changed on its way, is of another connection, or somebody is in the middle.",
		find: findFingerprint,
	},
	{
		Name: "dtls-roles", Answers: DTLSFailed, Suspect: "DTLS roles that do not fit",
		Doc:  "Both sides believe to be the DTLS client, or both the server, as a=setup in the descriptions that they have tells them. One has to be active and the other passive (RFC 8842).",
		find: findRoles,
	},
	{
		Name: "dtls-alert", Answers: DTLSFailed, Fallback: true, Suspect: "DTLS alerts",
		Doc:  "A side has given up the DTLS handshake with an alert.",
		find: findAlert,
	},
}

// fingerprint finds the fingerprints of an SDP.
var fingerprint = regexp.MustCompile(`(?m)^a=fingerprint:(\S+) (\S+)`)

func findFingerprint(f *Facts, q Question) []*Cause {
	for _, name := range []string{q.Peer, q.Other} {
		p := f.Peer(name)
		if p == nil || p.State.DTLS == nil || len(p.State.DTLS.RemoteCertificates) == 0 || p.State.RemoteDescription == nil {
			continue
		}
		told := fingerprint.FindAllStringSubmatch(p.State.RemoteDescription.SDP, -1)
		fits := len(told) == 0
		for _, match := range told {
			for _, certificate := range p.State.DTLS.RemoteCertificates {
				fits = fits || strings.EqualFold(match[2], certificate) || !strings.EqualFold(match[1], "sha-256")
			}
		}
		if fits {
			continue
		}
		c := &Cause{
			Peer: p.Name,
			Text: fmt.Sprintf("%s's certificate has the fingerprint %s, and the description that %s has of it says %s", p.Other, short(p.State.DTLS.RemoteCertificates[0]), p.Name, short(told[0][2])),
		}
		if set := p.Call("setRemoteDescription"); set != nil {
			c.Evidence = append(c.Evidence, set.evidence("setRemoteDescription with the wrong fingerprint"))
		}
		c.Evidence = append(c.Evidence, f.alerts(p.Name)...)
		return []*Cause{c}
	}
	return nil
}

// short shortens a fingerprint.
func short(fingerprint string) string {
	fingerprint = strings.ToUpper(fingerprint)
	if len(fingerprint) > 11 {
		return fingerprint[:11] + "…"
	}
	return fingerprint
}

// alerts are the DTLS alerts that a peer has sent, without those that only close.
func (f *Facts) alerts(peer string) []Evidence {
	var list []Evidence
	for _, p := range f.Packets {
		if p.Peer == peer && p.Is("alert") && !p.Is("close-notify") {
			list = append(list, p.evidence("packet %d: %s", p.ID, strings.Join(p.Types, " ")))
		}
	}
	return list
}

// setupOf returns the first a=setup of an SDP.
func setupOf(sdp string) string {
	for line := range strings.Lines(sdp) {
		if v, ok := strings.CutPrefix(line, "a=setup:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// dtlsRole returns the role that a peer takes by the descriptions that it has: client, server, or nothing where that is open.
func (p *Peer) dtlsRole() string {
	local, remote := p.State.LocalDescription, p.State.RemoteDescription
	if local == nil || remote == nil {
		return ""
	}
	own := local.Type == "answer"
	answer := remote
	if own {
		answer = local
	}
	switch setupOf(answer.SDP) {
	case "active":
		if own {
			return "client"
		}
		return "server"
	case "passive":
		if own {
			return "server"
		}
		return "client"
	}
	return ""
}

func findRoles(f *Facts, q Question) []*Cause {
	p, other := f.Peer(q.Peer), f.Peer(q.Other)
	if p == nil || other == nil || p.dtlsRole() == "" || p.dtlsRole() != other.dtlsRole() {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("%s and %s both take the role of the DTLS %s", q.Peer, q.Other, p.dtlsRole())}
	if p.dtlsRole() == "server" {
		c.Text += ", and each waits for the other to begin"
	} else {
		c.Text += ", and none answers the other's ClientHello"
	}
	for _, side := range []*Peer{p, other} {
		what := "remote"
		description, method := side.State.RemoteDescription, "setRemoteDescription"
		if side.State.LocalDescription.Type == "answer" {
			what, description, method = "local", side.State.LocalDescription, "setLocalDescription"
		}
		if call, _ := side.described(method, "answer", 0); call != nil {
			c.Evidence = append(c.Evidence, call.evidence("the %s description says a=setup:%s", what, setupOf(description.SDP)))
		}
	}
	return []*Cause{c}
}

func findAlert(f *Facts, q Question) []*Cause {
	for _, name := range []string{q.Peer, q.Other} {
		if alerts := f.alerts(name); len(alerts) > 0 {
			_, alert, _ := strings.Cut(alerts[0].Text, "alert ")
			return []*Cause{{Peer: name, Text: fmt.Sprintf("%s gave up the handshake with the alert %s", name, alert), Evidence: alerts}}
		}
	}
	return nil
}
