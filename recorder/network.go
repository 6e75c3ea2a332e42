package recorder

import (
	"encoding/json"
	"time"
)

// PacketSent is the data of KindPacketSent. Peer is the sender; for a copy that a link made of a packet, the link.
type PacketSent struct {
	// ID numbers the packets of a run from 1.
	ID uint64 `json:"id"`
	// CopyOf is the packet that this one is a copy of; 0 for all that a socket sent.
	CopyOf uint64 `json:"copyOf,omitempty"`
	// Src and Dst are address:port as the sender's socket sees them.
	Src string `json:"src"`
	Dst string `json:"dst"`
	// Protocol is stun, turn, dtls, srtp, srtcp or unknown, told apart as RFC 7983 does.
	Protocol string `json:"protocol"`
	// Types says what the packet is, such as "binding-request" or "client-hello"; several, where it holds several
	// records. docs/network.md lists the words.
	Types []string `json:"types,omitempty"`
	// Answers is the packet with the STUN request that this one answers; 0 if there is none.
	Answers uint64 `json:"answers,omitempty"`
	// Size is the length of the UDP payload in bytes.
	Size int `json:"size"`
	// Payload is the UDP payload, in base64.
	Payload []byte `json:"payload,omitempty"`
	// Layers is the packet dissected, with what is inside the encryption; only where the run was asked for it. It
	// has no white space, so that the event is one line.
	Layers json.RawMessage `json:"layers,omitempty"`
}

// PacketEnd is the data of KindPacketDelivered, whose Peer is the receiver, and of KindPacketDropped, whose
// Peer is the network element that dropped it. The Cause of both is the packet's KindPacketSent.
type PacketEnd struct {
	ID uint64 `json:"id"`
	// From, Protocol and Types are the sender and what the packet is, as its KindPacketSent tells.
	From     string   `json:"from,omitempty"`
	Protocol string   `json:"protocol,omitempty"`
	Types    []string `json:"types,omitempty"`
	// Reason says why a packet was dropped, such as "loss", "queue full", "filtered by the NAT"; docs/network.md lists
	// all of them.
	Reason string `json:"reason,omitempty"`
	// Detail says more about it: for a packet that a NAT did not let in, which permission was missing.
	Detail string `json:"detail,omitempty"`
	// Path lists the links and the NATs that the packet came through.
	Path []Hop `json:"path,omitempty"`
	// Corrupted are the bits of the payload that links have flipped, from 0; the highest bit of the first byte is 0.
	Corrupted []int `json:"corrupted,omitempty"`
}

// Hop is one place on a packet's way.
type Hop struct {
	// At is a link and its direction, such as "home/up", or the network whose NAT the packet came through.
	At string `json:"at"`
	// Time is the virtual time at which the packet got there, in nanoseconds.
	Time time.Duration `json:"time"`
	// Wait is how long the packet waited in the link's queue, in nanoseconds.
	Wait time.Duration `json:"wait,omitempty"`
	// Src and Dst are the packet's new address, where a NAT has translated it.
	Src string `json:"src,omitempty"`
	Dst string `json:"dst,omitempty"`
}

// NetworkChange is the data of KindNetwork. Peer is the network, the server, or "signaling".
type NetworkChange struct {
	// Change says in words what changed, such as "down" or "up: loss 30%".
	Change string `json:"change"`
}

// Interface is the data of KindInterface. Peer is the peer or the server.
type Interface struct {
	// Interface is its name.
	Interface string `json:"interface"`
	// Network and Address are what it is on, and has.
	Network string `json:"network"`
	Address string `json:"address"`
	// Up tells whether it is switched on.
	Up bool `json:"up"`
	// Change says in words what changed.
	Change string `json:"change"`
}

// NATMapping is the data of KindNATMapping. Peer is the NAT's network; the Cause is the KindPacketSent of the packet for
// which the mapping was made.
type NATMapping struct {
	// Local is the address that has been mapped, Public the one that it has got, Remote the first destination.
	Local  string `json:"local"`
	Public string `json:"public"`
	Remote string `json:"remote"`
}

// Topology is the data of KindTopology: the simulated internet as the run begins.
type Topology struct {
	Networks []TopologyNetwork `json:"networks"`
	Hosts    []TopologyHost    `json:"hosts"`
}

// TopologyNetwork is a network of the topology.
type TopologyNetwork struct {
	Name string `json:"name"`
	// Behind is the network to which the link leads; empty for the internet itself.
	Behind string `json:"behind,omitempty"`
	// Subnet is the block of its hosts' addresses.
	Subnet string `json:"subnet"`
	// Public lists the addresses of its NAT; none without one.
	Public []string `json:"public,omitempty"`
	// NAT and Firewall say in words what they do.
	NAT      string `json:"nat,omitempty"`
	Firewall string `json:"firewall,omitempty"`
	// Link joins the network to the one that it is behind; absent for the internet itself.
	Link *TopologyLink `json:"link,omitempty"`
}

// TopologyHost is a peer or a server of the topology.
type TopologyHost struct {
	Name string `json:"name"`
	// Server says in words what a server serves, such as "stun:3478, turn:3478"; empty for a peer.
	Server     string              `json:"server,omitempty"`
	Interfaces []TopologyInterface `json:"interfaces"`
}

// TopologyInterface is an interface of a host.
type TopologyInterface struct {
	Name    string `json:"name"`
	Network string `json:"network"`
	Address string `json:"address"`
	Up      bool   `json:"up"`
	// Link is its access link; absent if there is none, which is as a perfect one.
	Link *TopologyLink `json:"link,omitempty"`
}

// TopologyLink is a link of the topology, seen from the network or the host that has it.
type TopologyLink struct {
	// Up leads out, Down leads in.
	Up   TopologyDirection `json:"up"`
	Down TopologyDirection `json:"down"`
}

// TopologyDirection is one direction of a link.
type TopologyDirection struct {
	// Profile is the name of the preset that the settings come from, as far as the scenario says nothing else.
	Profile string `json:"profile,omitempty"`
	// Delay is the one-way propagation delay in nanoseconds, jitter not counted.
	Delay time.Duration `json:"delay"`
	// Rate is the capacity in bits per second; absent where it is unlimited, or given by a trace.
	Rate int64 `json:"rate,omitempty"`
	// Settings says in words what else the link does, such as "loss 0.5%".
	Settings []string `json:"settings,omitempty"`
}

// DTLSSecret is the data of KindDTLSSecret: what it takes to read the packets of a DTLS connection, and of the SRTP
// whose keys come from it.
type DTLSSecret struct {
	// ClientRandom and MasterSecret are those of RFC 5246, section 8.1; in base64.
	ClientRandom []byte `json:"clientRandom"`
	MasterSecret []byte `json:"masterSecret"`
}
