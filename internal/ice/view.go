package ice

import "time"

// A View is the whole table at one moment. It never changes; nor may its reader change it.
type View struct {
	// Time is the moment, and Event the number of the last event before or at it.
	Time  time.Duration `json:"time"`
	Event uint64        `json:"event"`
	// Packets is what the recording holds of packets: full, headers or none. See the package on what is missing without.
	Packets string `json:"packets"`
	// Peers are in the order in which they were made.
	Peers []Peer `json:"peers"`
	// Changes are all changes so far.
	Changes []Change `json:"-"`
}

// A Peer is the ICE agent of one peer.
type Peer struct {
	Name string `json:"name"`
	// Generations are the ICE generations: one, and one more for each restart. There is always one, and the last is the
	// present one.
	Generations []*Generation `json:"generations"`
}

// Current returns the present generation.
func (p Peer) Current() *Generation { return p.Generations[len(p.Generations)-1] }

// The roles.
const (
	Controlling = "controlling"
	Controlled  = "controlled"
)

// A Generation is what lies between two ICE restarts.
type Generation struct {
	// Number counts from 1.
	Number int `json:"number"`
	// Began is when, and Event the number of the event that showed it.
	Began time.Duration `json:"began"`
	Event uint64        `json:"event"`
	// Ended is there when the agent has let go of the candidates and pairs; the table still has what they were.
	Ended *Ended `json:"ended,omitempty"`
	// State is that of the ICE transport.
	State string `json:"state"`
	// Role is Controlling or Controlled, empty while it is not known. Lite tells that the peer itself is an ICE lite agent.
	Role string `json:"role"`
	Lite bool   `json:"lite,omitempty"`
	// LocalUfrag and RemoteUfrag are the user name fragments.
	LocalUfrag  string `json:"localUfrag"`
	RemoteUfrag string `json:"remoteUfrag"`
	// Local and Remote are the candidates, and Pairs the pairs, in the order in which they came.
	Local  []*Candidate `json:"local"`
	Remote []*Candidate `json:"remote"`
	Pairs  []*Pair      `json:"pairs"`
}

// Selected returns the pair that is selected, or nil.
func (g *Generation) Selected() *Pair {
	for _, p := range g.Pairs {
		if p.Selected {
			return p
		}
	}
	return nil
}

// Ended is the end of a generation.
type Ended struct {
	Time  time.Duration `json:"time"`
	Event uint64        `json:"event"`
	// Reason is "restart", "failed" or "closed".
	Reason string `json:"reason"`
}
