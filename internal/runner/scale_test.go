package runner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/books"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// natTypes are the kinds of NATs that networks of large sessions have, one after the other.
var natTypes = []string{"full-cone", "restricted", "port-restricted", "symmetric"}

// A connection of a large session: who offers, and who answers.
type connection struct{ from, to string }

// star is a session with a server in the middle: each of n participants is on a network of its own, behind a NAT, and has
// a connection to the network of the server, which is public. It is n connections, and twice as many peers.
func star(n int) string {
	var networks, peers strings.Builder
	var connections []connection
	networks.WriteString("  sfu: {link: {delay: 2ms, rate: 1Gbps}}\n")
	for i := range n {
		fmt.Fprintf(&networks, "  home%d: {nat: %s, link: {profile: %s}}\n", i, natTypes[i%len(natTypes)], []string{"dsl", "wifi", "lte"}[i%3])
		fmt.Fprintf(&peers, "  leaf%d: {network: home%d, configuration: {iceServers: [{urls: 'stun:stun.example.net'}]}}\n", i, i)
		fmt.Fprintf(&peers, "  hub%d: {network: sfu}\n", i)
		connections = append(connections, connection{fmt.Sprintf("leaf%d", i), fmt.Sprintf("hub%d", i)})
	}
	return large(networks.String(), peers.String(), connections)
}

// mesh is a session in which each of n participants has a connection to each other one. A participant is a network with a
// NAT, and one peer for each of its connections. None is at a slow link: while pion checks, it sends a request for each pair
// of candidates every 200 ms, which for nine connections with a relay is more than dsl carries up.
func mesh(n int) string {
	const servers = "{iceServers: [{urls: 'stun:stun.example.net'}, {urls: 'turn:turn.example.net', username: user, credential: secret}]}"
	var networks, peers strings.Builder
	var connections []connection
	for i := range n {
		fmt.Fprintf(&networks, "  home%d: {nat: %s, link: {profile: %s}}\n", i, natTypes[i%len(natTypes)], []string{"wifi", "lte"}[i%2])
		for j := range i {
			c := connection{fmt.Sprintf("p%dto%d", j, i), fmt.Sprintf("p%dto%d", i, j)}
			fmt.Fprintf(&peers, "  %s: {network: home%d, configuration: %s}\n", c.from, j, servers)
			fmt.Fprintf(&peers, "  %s: {network: home%d, configuration: %s}\n", c.to, i, servers)
			connections = append(connections, c)
		}
	}
	return large(networks.String(), peers.String(), connections)
}

// large is a session of 60 s in which all connections are made at once, and each peer receives a message at both ends of
// the time that they are to stay up.
func large(networks, peers string, connections []connection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "limit: 60s\nsignaling: {delay: 20ms}\nnetwork:\n%speers:\n%s", networks, peers)
	b.WriteString("servers:\n  stun.example.net: {stun: {}}\n  turn.example.net: {turn: {realm: example.net, users: {user: secret}}}\n")
	b.WriteString("steps:\n  - parallel:\n")
	for _, c := range connections {
		fmt.Fprintf(&b, "      - - {%s: createDataChannel, with: {label: data}}\n", c.from)
		fmt.Fprintf(&b, "        - negotiate: %s -> %s\n", c.from, c.to)
		fmt.Fprintf(&b, "        - {wait: '%s.channels.data.readyState == \"open\" and %s.channels.data.readyState == \"open\"', within: 15s}\n", c.from, c.to)
	}
	for _, at := range []string{"20s", "55s"} {
		for i, c := range connections {
			when := ""
			if i == 0 {
				when = "at: " + at + ", "
			}
			fmt.Fprintf(&b, "  - {%s%s.data: send, with: {size: 2000B, binary: true}}\n  - {%s.data: send, with: {size: 2000B, binary: true}}\n", when, c.from, c.to)
		}
	}
	b.WriteString("expect:\n")
	for _, c := range connections {
		for _, p := range []string{c.from, c.to} {
			fmt.Fprintf(&b, "  - %s.connectionState == \"connected\"\n", p)
			fmt.Fprintf(&b, "  - {count: {peer: %s, event: message}, is: 2}\n", p)
		}
	}
	b.WriteString("  - never: {event: connectionstatechange, state: disconnected}\n")
	return b.String()
}

// TestLarge runs a star of 50 participants, one of whom is the server, and a mesh of 10: all connect and stay up for a
// minute, within the memory that a guest has unless somebody gives it more.
func TestLarge(t *testing.T) {
	leaves, participants := 49, 10
	if testing.Short() {
		leaves, participants = 8, 4
	}
	r := open(t, 0)
	// Within one group, whose end the runner waits for.
	t.Run("all", func(t *testing.T) {
		for _, test := range []struct{ name, text string }{
			{"star", star(leaves)},
			{"mesh", mesh(participants)},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				h := r.Header(test.name+".yaml", []byte(test.text), 1, recorder.Options{Packets: recorder.PacketsFull})
				var verdicts []recorder.Verdict
				b := books.New()
				end, stats, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
					verdicts = appendVerdict(t, verdicts, line)
					e, err := recorder.ParseLine(line)
					if err != nil {
						return err
					}
					if err := b.Add(e); err != nil {
						t.Error(err)
					}
					return nil
				})
				if err != nil || end.Outcome != recorder.OutcomePassed || !b.Finished() {
					t.Errorf("%s: %s, error %v\n%s", end.Outcome, end.Message, err, failed(verdicts))
				}
				t.Logf("%v, %d MiB, %d packets, %d events", stats.Wall.Round(time.Millisecond), stats.Memory>>20, b.Packets(), stats.Events)
			})
		}
	})
}
