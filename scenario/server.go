package scenario

import (
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/internal/spelling"
	"gopkg.in/yaml.v3"
)

// A Server is a STUN or TURN server, or both. Its name is its name in the simulated DNS.
type Server struct {
	Pos
	// Name is as the file has it. Names of servers differ in more than case.
	Name string
	// Network is the name of the network that the server is on.
	Network string `yaml:"network" ref:"network" default:"internet" doc:"The network that the server is on." example:"home"`
	// Link is the way between the server and its network; nil: there is none, which is a perfect one.
	Link *Link `yaml:"link" doc:"The way between the server and its network; a perfect one by default." example:"{delay: 10ms}"`
	// STUN is nil if the server is a TURN server only, which answers binding requests, too.
	STUN *STUNServer `yaml:"stun" doc:"The server answers STUN's binding requests." example:"{port: 3478}"`
	// TURN is nil if the server relays nothing.
	TURN *TURNServer `yaml:"turn" doc:"The server relays packets." example:"{users: {alice: secret}}"`
}

// STUNServer holds the settings of a STUN server (RFC 8489).
type STUNServer struct {
	Port uint16 `yaml:"port" default:"3478" doc:"The UDP port." example:"3479"`
}

// TURNServer holds the settings of a TURN server (RFC 8656).
type TURNServer struct {
	Port uint16 `yaml:"port" default:"3478" doc:"The UDP port." example:"3479"`
	// Realm is the server's name where the file does not say.
	Realm string `yaml:"realm" doc:"The realm of the users; by default the server's name." example:"example.net"`
	// Users are in the order of the file.
	Users []*User `yaml:"users,named" required:"true" doc:"The passwords of the users, by name." example:"{alice: secret}"`
	// The lifetimes are what the server grants and does not exceed.
	AllocationLifetime time.Duration `yaml:"allocationLifetime" default:"10m" doc:"How long an allocation lives unless it is refreshed." example:"1m"`
	PermissionLifetime time.Duration `yaml:"permissionLifetime" default:"5m" doc:"How long a permission lives unless it is refreshed." example:"1m"`
	ChannelLifetime    time.Duration `yaml:"channelLifetime" default:"10m" doc:"How long the binding of a channel lives unless it is refreshed." example:"1m"`
	// Quota is how many allocations a user may have at a time; 0: as many as it likes.
	Quota int `yaml:"quota" default:"0" doc:"How many allocations a user may have at a time; 0: as many as it likes." example:"1"`
}

// A User is a user of a TURN server.
type User struct {
	Pos
	Name, Password string
}

// Server returns the server of that name, whose case does not matter; nil if there is none.
func (s *Scenario) Server(name string) *Server {
	for _, server := range s.Servers {
		if strings.EqualFold(server.Name, name) {
			return server
		}
	}
	return nil
}

func (s *Server) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(s).Elem())
	if s.Link != nil {
		*s.Link = s.Link.settled()
	}
	if r.failures > before {
		return
	}
	if s.STUN == nil && s.TURN == nil {
		r.errorf(position(n), "missing-key", "such as {stun: {}} or {turn: {users: {alice: secret}}}", "the server is neither a STUN nor a TURN server")
	}
}

func (s *STUNServer) read(r *reader, n *yaml.Node) {
	r.fields(n, reflect.ValueOf(s).Elem())
	r.checkPort(n)
}

func (t *TURNServer) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(t).Elem())
	r.checkPort(n)
	if r.failures > before {
		return
	}
	pairs := mappingOf(n)
	if len(t.Users) == 0 {
		r.errorf(keyPos(pairs, "users"), "missing-key", "such as users: {alice: secret}", "a TURN server without users lets nobody in")
	}
	r.checkLifetime(keyPos(pairs, "allocationLifetime"), t.AllocationLifetime)
	r.checkLifetime(keyPos(pairs, "permissionLifetime"), t.PermissionLifetime)
	r.checkLifetime(keyPos(pairs, "channelLifetime"), t.ChannelLifetime)
}

// checkLifetime says what is wrong with a lifetime, which TURN counts in seconds.
func (r *reader) checkLifetime(pos Pos, lifetime time.Duration) {
	if lifetime < time.Second || lifetime%time.Second != 0 {
		r.errorf(pos, "out-of-range", "such as 10m", "a lifetime is 1s or more, in whole seconds")
	}
}

// checkPort tells that a port is 0.
func (r *reader) checkPort(n *yaml.Node) {
	if port := resolved(valueOf(n, "port")); port != nil && port.Value == "0" {
		r.errorf(position(port), "out-of-range", "3478 is the usual one", "there is no port 0")
	}
}

func (u *User) read(r *reader, n *yaml.Node) {
	r.scalar(n, reflect.ValueOf(&u.Password).Elem(), field{})
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && n.Value == "" {
		r.errorf(position(n), "missing-value", "", "the password is missing")
	}
}

func (u *User) setName(_ *reader, pos Pos, name string) { u.Name = name }

// domainName is the form of RFC 1123.
var domainName = regexp.MustCompile(`^([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])(\.([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]))*$`)

func (s *Server) setName(r *reader, pos Pos, name string) {
	s.Name = name
	if s.TURN != nil && s.TURN.Realm == "" {
		s.TURN.Realm = name
	}
	_, err := netip.ParseAddr(name)
	switch {
	case err == nil, len(name) > 253, strings.EqualFold(name, "localhost"), !domainName.MatchString(name):
		r.errorf(pos, "bad-name", "a server has a domain name, such as turn.example.net", "%s cannot be the name of a server", quote(name))
	case slices.Contains(r.peers, name), slices.Contains(r.networks, name):
		r.errorf(pos, "name-taken", "peers, networks and servers have different names", "%s is the name of something else already", quote(name))
	}
	for _, other := range r.servers {
		if other == name {
			break // only one of the two tells it
		}
		if strings.EqualFold(other, name) {
			r.errorf(pos, "name-taken", "case makes no difference in domain names", "%s is the name of another server", quote(name))
		}
	}
}

// hostExists checks the name of a peer or a server.
func (r *reader) hostExists(pos Pos, name string) {
	if names := slices.Concat(r.peers, r.servers); len(r.peers) > 0 && !slices.Contains(names, name) {
		r.unknown(pos, "unknown-host", "peer or server", name, names)
	}
}

// elementExists checks the name of a network, a peer or a server.
func (r *reader) elementExists(pos Pos, name string) {
	if names := slices.Concat(r.networks, r.peers, r.servers); !slices.Contains(names, name) {
		r.unknown(pos, "unknown-element", "network, peer or server", name, names)
	}
}

func (r *reader) serverExists(pos Pos, name string) {
	switch {
	case slices.Contains(r.servers, name):
	case len(r.servers) == 0:
		r.errorf(pos, "unknown-server", "such as servers: {stun.example.net: {stun: {}}}", "unknown server %s: the scenario has no servers", quote(name))
	default:
		r.unknown(pos, "unknown-server", "server", name, r.servers)
	}
}

// checkServer says what a peer connection cannot do with a URL, which has the right form. A name that no server has does not
// resolve, which may be what a scenario is about; one that is almost that of a server is a mistake.
func (r *reader) checkServer(pos Pos, url string) {
	m := serverURL.FindStringSubmatch(url)
	scheme, rest, _ := strings.Cut(url, ":")
	rest, transport, _ := strings.Cut(rest, "?transport=")
	if m == nil || strings.HasPrefix(rest, "[") {
		return
	}
	host, number, hasPort := strings.Cut(rest, ":")
	port := 3478
	if hasPort {
		port, _ = strconv.Atoi(number)
	}
	usual := strings.ToUpper(strings.TrimSuffix(scheme, "s"))
	switch {
	case strings.HasSuffix(scheme, "s"):
		r.errorf(pos, "not-supported", "write "+strings.TrimSuffix(scheme, "s")+":"+host, "%s over TLS is not supported by pion's virtual network (UDP over IPv4 only)", usual)
		return
	case transport == "tcp":
		r.errorf(pos, "not-supported", "write "+scheme+":"+rest, "%s over TCP is not supported by pion's virtual network (UDP over IPv4 only)", usual)
		return
	}
	s := r.result.Server(strings.TrimSuffix(host, "."))
	if s == nil {
		if near := spelling.Nearest(host, r.servers); near != "" {
			r.errorf(pos, "unknown-server", "did you mean "+near+"? A name that is no server's at all does not resolve", "unknown server %s", quote(host))
		}
		return
	}
	var ports []string
	if s.TURN != nil {
		ports = append(ports, strconv.Itoa(int(s.TURN.Port)))
	}
	if s.STUN != nil && scheme == "stun" {
		ports = append(ports, strconv.Itoa(int(s.STUN.Port)))
	}
	switch {
	case s.STUN == nil && s.TURN == nil: // told when it was read
	case len(ports) == 0:
		r.errorf(pos, "wrong-server", "give it turn: {users: {alice: secret}}, or write stun:"+rest, "%s is no TURN server", s.Name)
	case !slices.Contains(ports, strconv.Itoa(port)):
		r.errorf(pos, "wrong-server", "such as "+scheme+":"+host+":"+ports[0], "%s does not listen on port %d", s.Name, port)
	}
}
