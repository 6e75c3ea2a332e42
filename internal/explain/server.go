package explain

import (
	"slices"
	"strings"
)

// A Server is a STUN or TURN server of the simulated internet.
type Server struct {
	// Name is its DNS name.
	Name string
	// Address and Network are what it has, and is on; Serves says in words what it serves.
	Address, Network, Serves string
}

// Server returns the server of that name, nil where there is none.
func (f *Facts) Server(name string) *Server {
	for _, s := range f.Servers {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// A serverURL is a URL of an ICE server, taken apart.
type serverURL struct {
	url, scheme, host string
	username          string
}

// servers returns the URLs of a peer's ICE servers.
func (p *Peer) servers() []serverURL {
	var list []serverURL
	for _, s := range p.Configuration().ICEServers {
		for _, u := range s.URLs {
			scheme, rest, _ := strings.Cut(u, ":")
			rest, _, _ = strings.Cut(rest, "?")
			name, _, found := strings.Cut(rest, ":")
			if !found {
				name = rest
			}
			list = append(list, serverURL{u, scheme, name, s.Username})
		}
	}
	return list
}

// turn tells whether the URL is of a TURN server.
func (u serverURL) turn() bool { return strings.HasPrefix(u.scheme, "turn") }

// exchange is what a peer and a server said to each other.
type exchange struct {
	requests, answers []*Packet
}

// exchange returns the requests of a peer to a server with a method, such as "allocate", and their answers; copies not counted.
func (f *Facts) exchange(peer string, s *Server, method string) exchange {
	var x exchange
	for _, p := range f.Packets {
		switch {
		case p.CopyOf != nil:
		case p.Peer == peer && host(p.Dst) == s.Address && p.Is(method+"-request"):
			x.requests = append(x.requests, p)
		case p.Peer == s.Name && p.Is(method+"-success", method+"-error") && p.Answers != nil && p.Answers.Peer == peer:
			x.answers = append(x.answers, p)
		}
	}
	return x
}

// succeeded returns the answer that says yes and arrived; nil where there is none.
func (x exchange) succeeded() *Packet {
	for _, p := range x.answers {
		if p.Delivered() && strings.HasSuffix(strings.Join(p.Types, " "), "-success") {
			return p
		}
	}
	return nil
}

// refused returns the last answer that says no and arrived; nil where there is none.
func (x exchange) refused() *Packet {
	for _, p := range slices.Backward(x.answers) {
		if p.Delivered() && slices.ContainsFunc(p.Types, func(t string) bool { return strings.HasSuffix(t, "-error") }) {
			return p
		}
	}
	return nil
}

// authorized tells whether an answer is one to a request with credentials: the first 401 only asks for them.
func (x exchange) authorized(answer *Packet) bool {
	for _, p := range x.answers {
		if p.Code == 401 || p.Code == 438 {
			return answer != p
		}
	}
	return true
}
