package ice

import "time"

// A State is the state of a candidate pair (RFC 8445, section 6.1.2.6). pion has no frozen ones.
type State string

// The states of a pair.
const (
	Waiting    State = "waiting"     // no check was sent yet
	InProgress State = "in-progress" // a check was sent
	Succeeded  State = "succeeded"   // a check was answered
	Failed     State = "failed"      // as many checks as there may be were sent in vain
)

// A Pair is a candidate pair.
type Pair struct {
	Local  *Candidate `json:"local"`
	Remote *Candidate `json:"remote"`
	State  State      `json:"state"`
	// Priority is that of RFC 8445, section 6.1.2.3; 0 while a role or a priority is not known. pion multiplies with
	// 2³²−1 in place of 2³², which leaves the order as it is.
	Priority uint64 `json:"priority"`
	// Since is when the pair was formed, and Event the number of the event that showed it.
	Since time.Duration `json:"since"`
	Event uint64        `json:"event"`
	// Sent and Answered count the peer's own checks; Received and Responded those of the other side, as far as the peer
	// accepted them, and the success answers to them.
	Sent      Count `json:"sent"`
	Answered  Count `json:"answered"`
	Received  Count `json:"received"`
	Responded Count `json:"responded"`
	// RoundTrip is that of the last answer, TotalRoundTrip that of all of them, in nanoseconds.
	RoundTrip      time.Duration `json:"roundTrip"`
	TotalRoundTrip time.Duration `json:"totalRoundTrip"`
	// Last is the peer's last check; nil before the first.
	Last *Check `json:"last,omitempty"`
	// Nomination is the first check with USE-CANDIDATE, that the controlling side has sent or the controlled one received.
	Nomination *Nomination `json:"nomination,omitempty"`
	// Nominated tells that the nomination succeeded: of the controlling side, that it was answered.
	Nominated bool `json:"nominated"`
	// Selected tells that the pair is the one that the peer uses, as its selectedcandidatepairchange event says.
	Selected bool `json:"selected"`
	// Consent is there once the pair was selected and a check on it answered.
	Consent *Consent `json:"consent,omitempty"`
}

// Label returns the short name of the pair, such as "L1–R2".
func (p *Pair) Label() string { return p.Local.Label + "–" + p.Remote.Label }

// A Count is how often something happened, and the virtual times of the first and the last time; 0 where N is.
type Count struct {
	N     int           `json:"n"`
	First time.Duration `json:"first"`
	Last  time.Duration `json:"last"`
}

func (c *Count) add(now time.Duration) {
	if c.N == 0 {
		c.First = now
	}
	c.N++
	c.Last = now
}

// A Nomination is a check with USE-CANDIDATE.
type Nomination struct {
	Time   time.Duration `json:"time"`
	Event  uint64        `json:"event"`
	Packet uint64        `json:"packet"`
}

// Consent is the other side's consent to be sent packets (RFC 7675). Each answer to a check renews it for 30 s.
type Consent struct {
	// Answered is the time of the last answer.
	Answered time.Duration `json:"answered"`
	// Expires is when it runs out, or ran out.
	Expires time.Duration `json:"expires"`
	// Expired tells that it has run out.
	Expired bool `json:"expired"`
}

// consentTime is how long an answer is good for (RFC 7675, section 5.1).
const consentTime = 30 * time.Second

// pair is a pair at work.
type pair struct {
	Pair
	local, remote *candidate
	// pings counts the checks that pion counts: not those that are triggered or nominate.
	pings int
	// responded is when the last answer was sent, if nothing was sent on the pair since then.
	responded time.Duration
	fresh     bool
	// nominate tells that USE-CANDIDATE came before the pair had succeeded.
	nominate bool
	expired  bool
	last     *check
}

// priority computes the pair's priority for the peer's role.
func (p *pair) priority(role string) uint64 {
	g, d := uint64(p.local.Priority), uint64(p.remote.Priority)
	switch {
	case role == "" || g == 0 || d == 0:
		return 0
	case role == Controlled:
		g, d = d, g
	}
	priority := min(g, d)<<32 + 2*max(g, d)
	if g > d {
		priority++
	}
	return priority
}
