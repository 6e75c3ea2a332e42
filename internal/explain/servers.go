package explain

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// serverRules are about STUN and TURN servers that do not give what a peer asks for.
var serverRules = []Rule{
	{
		Name: "server-name-unknown", Answers: ServerSilent, Suspect: "names of servers that nobody knows",
		Doc:  "The name of a STUN or TURN server cannot be resolved. In the standard an icecandidateerror event with the code 701 says so; pion has no such event.",
		find: findNameUnknown,
	},
	{
		Name: "turn-unauthorized", Answers: ServerSilent, Suspect: "wrong credentials for a TURN server",
		Doc:  "The TURN server answered 401 Unauthorized to a request with credentials: the user name or the password is wrong (RFC 8489, section 9.2).",
		find: refusedRule(401),
	},
	{
		Name: "turn-quota", Answers: ServerSilent, Suspect: "TURN quotas",
		Doc:  "The TURN server answered 486 Allocation Quota Reached: its user has as many allocations as it may have.",
		find: refusedRule(486),
	},
	{
		Name: "turn-refused", Answers: ServerSilent, Suspect: "TURN servers that refuse",
		Doc:  "The TURN server refused with another error.",
		find: refusedRule(0),
	},
	{
		Name: "server-unreachable", Answers: ServerSilent, Suspect: "servers that cannot be reached",
		Doc:  "Requests to a STUN or TURN server, or its answers, were dropped on their way.",
		find: findUnreachable,
	},
	{
		Name: "server-asked-in-vain", Answers: ServerSilent, Fallback: true, Suspect: "servers that are not asked",
		Doc:  "The peer never asked the server, or the server never answered.",
		find: findNotAsked,
	},
}

// asks returns the server of a question, and what the peer asks it for; the server is nil where its name is unknown.
func (f *Facts) asks(q Question) (u serverURL, s *Server, method string) {
	for _, u := range f.Peer(q.Peer).servers() {
		if u.url != q.Subject {
			continue
		}
		method = "binding"
		if u.turn() {
			method = "allocate"
		}
		if s := f.Server(u.host); s != nil {
			return u, s, method
		}
		for _, s := range f.Servers {
			if s.Address == u.host {
				return u, s, method
			}
		}
		return u, nil, method
	}
	return serverURL{url: q.Subject}, nil, ""
}

// service words what the server is.
func (u serverURL) service() string {
	if u.turn() {
		return "the TURN server " + u.host
	}
	return "the STUN server " + u.host
}

func findNameUnknown(f *Facts, q Question) []*Cause {
	u, s, _ := f.asks(q)
	if _, err := netip.ParseAddr(u.host); s != nil || err == nil {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("nobody knows the name %s", u.host)}
	if call := f.Peer(q.Peer).Call("RTCPeerConnection"); call != nil {
		c.Evidence = []Evidence{call.evidence("RTCPeerConnection is made with %s", u.url)}
	}
	var names []string
	for _, s := range f.Servers {
		names = append(names, s.Name)
	}
	if len(names) > 0 {
		c.Text += " (there is " + strings.Join(names, ", ") + ")"
	}
	return []*Cause{c}
}

// reasons are the reason phrases of STUN and TURN errors (RFC 8489, RFC 8656).
var reasons = map[int]string{
	300: "Try Alternate", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 420: "Unknown Attribute", 437: "Allocation Mismatch",
	438: "Stale Nonce", 440: "Address Family not Supported", 441: "Wrong Credentials", 442: "Unsupported Transport Protocol",
	443: "Peer Address Family Mismatch", 486: "Allocation Quota Reached", 500: "Server Error", 508: "Insufficient Capacity",
}

// refusedRule finds that the server refused with a code; with 0, with any that has no rule of its own.
func refusedRule(code int) func(f *Facts, q Question) []*Cause {
	return func(f *Facts, q Question) []*Cause {
		u, s, method := f.asks(q)
		if s == nil {
			return nil
		}
		x := f.exchange(q.Peer, s, method)
		answer := x.refused()
		if answer == nil || x.succeeded() != nil || !x.authorized(answer) {
			return nil
		}
		is := answer.Code
		if is == 0 {
			is = f.loggedCode(q.Peer, u.host)
		}
		if code != 0 && is != code || code == 0 && (is == 401 || is == 486) {
			return nil
		}
		c := &Cause{Evidence: []Evidence{
			answer.Answers.evidence("packet %d: %s-request", answer.Answers.ID, method),
			answer.End.evidence("packet %d: %s-error", answer.ID, method),
		}}
		c.Text = strings.TrimSpace(fmt.Sprintf("%s answered %d %s", u.service(), is, reasons[is]))
		if is == 0 {
			c.Text = u.service() + " answered with an error, the code of which was not recorded"
		}
		switch code {
		case 401:
			c.Text += fmt.Sprintf(": the user %q or the password is wrong", u.username)
		case 486:
			c.Text += fmt.Sprintf(": the user %q has as many allocations as it may have", u.username)
		}
		return []*Cause{c}
	}
}

// logged finds the code of an error in what pion logs of it.
var logged = regexp.MustCompile(`error (\d{3})\b`)

// loggedCode returns the code of the last error of a server's that a peer's pion has logged, 0 where there is none. It is for
// recordings without payloads.
func (f *Facts) loggedCode(peer, host string) int {
	for _, l := range slices.Backward(f.Logs) {
		if m := logged.FindStringSubmatch(l.Text); m != nil && l.Peer == peer && strings.Contains(l.Text, host) {
			code, _ := strconv.Atoi(m[1])
			return code
		}
	}
	return 0
}

func findUnreachable(f *Facts, q Question) []*Cause {
	u, s, method := f.asks(q)
	if s == nil {
		return nil
	}
	x := f.exchange(q.Peer, s, method)
	if x.succeeded() != nil || x.refused() != nil && x.authorized(x.refused()) {
		return nil
	}
	var lost []*Packet
	for _, list := range [][]*Packet{x.requests, x.answers} {
		for _, p := range list {
			if p.Lost() {
				lost = append(lost, p)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return []*Cause{{Text: u.service() + " cannot be reached", label: true, asks: []Question{{Symptom: Dropped, Peer: q.Peer, Other: q.Other, Packets: lost}}}}
}

func findNotAsked(f *Facts, q Question) []*Cause {
	u, s, method := f.asks(q)
	if s == nil {
		return nil
	}
	x := f.exchange(q.Peer, s, method)
	switch {
	case x.succeeded() != nil:
		return nil
	case len(x.requests) == 0:
		return []*Cause{{Text: fmt.Sprintf("%s never asked %s", q.Peer, u.service())}}
	}
	last := x.requests[len(x.requests)-1]
	return []*Cause{{Text: u.service() + " never answered", Evidence: []Evidence{last.evidence("packet %d: %s-request", last.ID, method)}}}
}
