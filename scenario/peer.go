package scenario

import (
	"reflect"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A Peer is one RTCPeerConnection and the application that drives it.
type Peer struct {
	Pos
	Name string
	// Network is the name of the network that the first interface is on.
	Network string `yaml:"network" ref:"network" default:"internet" doc:"The network that the peer is on." example:"home"`
	// Link is the way between the peer and its network, where the file has no interfaces.
	Link *Link `yaml:"link" doc:"The way between the peer and its network, such as the radio; a perfect one by default." example:"{profile: wifi}"`
	// Interfaces are in the order of the file, which is that of preference. Where the file has none, there is the one named
	// DefaultInterface, with Network and Link.
	Interfaces []*Interface `yaml:"interfaces,named" doc:"The network interfaces by name, instead of network and link. The first one that is up has the default route. Without them, the peer has one that is called eth0." example:"{wifi: {network: home}, cellular: {up: false}}"`
	// Configuration is given to the constructor.
	Configuration Configuration `yaml:"configuration" doc:"The RTCConfiguration that the peer connection is made with." example:"{iceTransportPolicy: all}"`
	// Media is how the peer's application receives media.
	Media PeerMedia `yaml:"media" doc:"How the peer's application receives media." example:"{pliAfter: 500ms}"`
	// Engine holds settings of pion for what has no standard name.
	Engine Engine `yaml:"engine" doc:"Settings of pion's SettingEngine, by topic, for what has no standard name." example:"{ice: {failedTimeout: 10s}}"`
	// Listen says when the application sets its handlers.
	Listen Listen `yaml:"listen" doc:"When the application sets its handlers, by event: at once (the default), after a time, or never. Times count from the constructor, those for data channels from the moment when the application has the channel." example:"{datachannel: never, message: after 100ms}"`
}

// Configuration is the W3C's RTCConfiguration. The policies have the W3C's defaults, which are pion's, too.
type Configuration struct {
	Pos
	ICEServers           []*ICEServer `yaml:"iceServers" doc:"The STUN and TURN servers that ICE may use." example:"[{urls: 'stun:stun.example.net'}]"`
	ICETransportPolicy   string       `yaml:"iceTransportPolicy" enum:"all relay" default:"all" doc:"Which candidates ICE may use." example:"relay"`
	BundlePolicy         string       `yaml:"bundlePolicy" enum:"balanced max-compat max-bundle" default:"balanced" doc:"How media is bundled. pion keeps the value and always uses one transport." example:"max-bundle"`
	RTCPMuxPolicy        string       `yaml:"rtcpMuxPolicy" enum:"negotiate require" default:"require" doc:"Whether RTCP shares a port with RTP. pion keeps the value and always multiplexes." example:"require"`
	ICECandidatePoolSize *uint8       `yaml:"iceCandidatePoolSize" default:"0" doc:"The number of candidates gathered ahead. pion knows 0 and 1 only." example:"1"`
	// Certificates are made by the peer itself; those of setConfiguration may come from generateCertificate.
	Certificates []*Certificate `yaml:"certificates" doc:"The certificates for DTLS; by default one new ECDSA certificate. In setConfiguration also such as generateCertificate made: [$cert]." example:"[{name: RSASSA-PKCS1-v1_5}]"`
}

// ICEServer is the W3C's RTCIceServer.
type ICEServer struct {
	Pos
	// URLs are checked: each has one of the schemes, and a TURN server has a username and a credential.
	URLs       []string `yaml:"urls" required:"true" doc:"One URL or a list of them: stun:, stuns:, turn: or turns:." example:"'stun:stun.example.net'"`
	Username   string   `yaml:"username" doc:"The user name for a TURN server." example:"alice"`
	Credential string   `yaml:"credential" doc:"The password for a TURN server." example:"secret"`
}

// Engine holds settings of pion's SettingEngine, by topic.
type Engine struct {
	ICE          EngineICE          `yaml:"ice" doc:"The ICE agent." example:"{disconnectedTimeout: 5s}"`
	DTLS         EngineDTLS         `yaml:"dtls" doc:"The DTLS transport." example:"{answeringRole: server}"`
	SCTP         EngineSCTP         `yaml:"sctp" doc:"The SCTP transport." example:"{rtoMax: 1s}"`
	DataChannels EngineDataChannels `yaml:"dataChannels" doc:"The data channels." example:"{detach: true}"`
	SRTP         EngineSRTP         `yaml:"srtp" doc:"The SRTP sessions." example:"{replayProtection: false}"`
	RTP          EngineRTP          `yaml:"rtp" doc:"Receiving RTP." example:"{trackBeforeRTP: true}"`
	Interceptors EngineInterceptors `yaml:"interceptors" doc:"Which of pion's interceptors there are: by default its default ones." example:"{nack: false}"`
}

func (e *EngineICE) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(e).Elem())
	switch {
	case r.failures > before:
	case (e.UsernameFragment == "") != (e.Password == ""):
		r.errorf(position(n), "missing-key", "usernameFragment: aliceufrag, password: alicepasswordalicepassword", "usernameFragment and password are set together or not at all")
	case e.RenominationInterval != nil && (!e.Renomination || *e.RenominationInterval == 0):
		r.errorf(position(n), "wrong-arguments", "such as {renomination: true, renominationInterval: 1s}", "renominationInterval needs renomination, and some time")
	}
}

// EngineICE holds settings of pion's ICE agent. What is nil has pion's default.
type EngineICE struct {
	DisconnectedTimeout *time.Duration `yaml:"disconnectedTimeout" default:"5s" doc:"How long nothing may arrive before the state is disconnected. 0s: never." example:"5s"`
	FailedTimeout       *time.Duration `yaml:"failedTimeout" default:"25s" doc:"How long the state may be disconnected before it is failed. 0s: never." example:"25s"`
	KeepaliveInterval   *time.Duration `yaml:"keepaliveInterval" default:"2s" doc:"How often ICE checks the pair in use, to keep it alive and to see that it is. More than 2s makes no difference in pion. 0s: never." example:"1s"`
	// MDNS is the mode of pion's mDNS: off, query or gather.
	MDNS string `yaml:"mdns" enum:"off query gather" default:"off" doc:"pion's mDNS candidates: query resolves those of others, gather makes own ones, too. The simulated network has no multicast, so pion's mDNS fails as on a network that filters it; the recording shows how." example:"gather"`
	// Trickle writes a=ice-options:trickle into offers and answers.
	Trickle              bool           `yaml:"trickle" default:"false" doc:"Write a=ice-options:trickle into offers and answers, so that the other side's canTrickleIceCandidates is true. pion leaves it out, and trickles anyway." example:"true"`
	Lite                 bool           `yaml:"lite" default:"false" doc:"Be an ICE lite agent, which only answers checks (RFC 8445 section 2.5). Only host candidates." example:"true"`
	NetworkTypes         []string       `yaml:"networkTypes" enum:"udp4 udp6 tcp4 tcp6" doc:"Which kinds of candidates to gather; by default udp4 and udp6." example:"[udp4]"`
	IncludeLoopback      bool           `yaml:"includeLoopback" default:"false" doc:"Gather candidates on the loopback interface, too." example:"true"`
	PortRange            *PortRange     `yaml:"portRange" doc:"The UDP ports of host candidates." example:"{min: 50000, max: 50100}"`
	UsernameFragment     string         `yaml:"usernameFragment" doc:"The user name fragment, instead of a random one. Needs password." example:"aliceufrag"`
	Password             string         `yaml:"password" doc:"The password, at least 22 characters, instead of a random one. Needs usernameFragment." example:"alicepasswordalicepassword"`
	MaxBindingRequests   *uint16        `yaml:"maxBindingRequests" default:"7" doc:"How often a pair is checked before it has failed." example:"3"`
	HostAcceptanceWait   *time.Duration `yaml:"hostAcceptanceWait" default:"0s" doc:"How long the controlling agent waits before it nominates a pair with a host candidate." example:"500ms"`
	SrflxAcceptanceWait  *time.Duration `yaml:"srflxAcceptanceWait" default:"500ms" doc:"How long it waits for one with a server-reflexive candidate." example:"1s"`
	PrflxAcceptanceWait  *time.Duration `yaml:"prflxAcceptanceWait" default:"1s" doc:"How long it waits for one with a peer-reflexive candidate." example:"2s"`
	RelayAcceptanceWait  *time.Duration `yaml:"relayAcceptanceWait" default:"2s" doc:"How long it waits for one with a relayed candidate, also where only relay is allowed." example:"3s"`
	STUNGatherTimeout    *time.Duration `yaml:"stunGatherTimeout" default:"5s" doc:"How long gathering waits for a STUN server." example:"1s"`
	CheckNominatedFirst  bool           `yaml:"useCandidateCheckPriority" default:"false" doc:"As ICE lite agent, switch to a nominated pair only if it has a higher priority." example:"true"`
	Renomination         bool           `yaml:"renomination" default:"false" doc:"Let the controlling agent nominate a better pair later on (draft-thatcher-ice-renomination)." example:"true"`
	RenominationInterval *time.Duration `yaml:"renominationInterval" default:"3s" doc:"How often it looks for a better pair." example:"1s"`
}

// serverURL is the form of RFC 7064 and RFC 7065.
var serverURL = regexp.MustCompile(`^(stuns?:(\[[0-9A-Fa-f:.]+\]|[^\s:?/@\[\]]+)(:\d{1,5})?|turns?:(\[[0-9A-Fa-f:.]+\]|[^\s:?/@\[\]]+)(:\d{1,5})?(\?transport=(udp|tcp))?)$`)

func (s *ICEServer) read(r *reader, n *yaml.Node) {
	before := r.failures
	r.fields(n, reflect.ValueOf(s).Elem())
	if r.failures > before {
		return
	}
	for i, url := range s.URLs {
		pos := position(n)
		for _, p := range mappingOf(n) {
			if p.key == "urls" && p.value.Kind == yaml.SequenceNode && i < len(p.value.Content) {
				pos = position(p.value.Content[i])
			} else if p.key == "urls" {
				pos = position(p.value)
			}
		}
		switch {
		case !serverURL.MatchString(url):
			r.errorf(pos, "bad-url", "such as stun:stun.example.net, or turn:turn.example.net:3478?transport=udp", "%s is not the URL of a STUN or TURN server", quote(url))
		case strings.HasPrefix(url, "turn") && (s.Username == "" || s.Credential == ""):
			r.errorf(pos, "missing-key", "add username: and credential:", "a TURN server needs a username and a credential")
		default:
			r.checkServer(pos, url)
		}
	}
}
