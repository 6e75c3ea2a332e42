package ice_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/ice"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

// truth is what pion says itself of a pair, in its statistics.
type truth struct {
	Local, Remote                           string // type and address
	State                                   string
	Nominated                               bool
	Sent, Answered, Received, Responded     int
	RoundTrip, TotalRoundTrip               time.Duration
	FirstSent, LastSent, FirstAnswer        time.Duration
	LastAnswer, FirstReceived, LastReceived time.Duration
}

// network is where alice and bob are in all the scenarios.
const network = `limit: 60s
servers:
  stun.example.net: {stun: {}}
  turn.example.net: {turn: {realm: example.net, users: {alice: secret}}}
signaling: {delay: 40ms}
`

const (
	withSTUN = `{iceServers: [{urls: "stun:stun.example.net"}]}`
	withTURN = `{iceServers: [{urls: "stun:stun.example.net"}, {urls: "turn:turn.example.net?transport=udp", username: alice, credential: secret}]}`
)

func peers(alice, bob, configuration string) string {
	return fmt.Sprintf(`network:
  home: {nat: %s, link: {delay: 20ms}}
  office: {nat: %s, link: {delay: 10ms}}
peers:
  alice: {network: home, configuration: %s}
  bob: {network: office, configuration: %s}
`, alice, bob, configuration, configuration)
}

// steps connects the peers, takes more steps, and has each peer ask for its statistics at these times and some early ones.
func steps(more string, times ...int) string {
	text := "steps:\n  - {alice: createDataChannel, with: {label: chat}}\n  - negotiate: alice -> bob\n" + more
	return text + looks(append([]int{153, 407, 903, 1709, 2611}, times...)...)
}

// looks has each peer ask for its statistics at these times, in milliseconds. They should be odd: pion may answer before
// or after what happens at the same moment.
func looks(times ...int) string {
	text := "scripts:\n"
	for _, peer := range []string{"alice", "bob"} {
		text += "  " + peer + ":\n"
		for _, ms := range times {
			text += fmt.Sprintf("    - {at: %dms, %s: getStats}\n", ms, peer)
		}
	}
	return text
}

var scenarios = []struct{ name, text string }{
	{"direct", peers("none", "none", "{}") + steps("")},
	{"full cone", peers("full-cone", "full-cone", withSTUN) + steps("")},
	{"port restricted", peers("port-restricted", "port-restricted", withSTUN) + steps("")},
	{"restricted and symmetric", peers("restricted", "symmetric", withSTUN) + steps("")},
	{"symmetric without a relay", peers("symmetric", "symmetric", withSTUN) + steps("", 8009, 31003, 45007)},
	{"symmetric with a relay", peers("symmetric", "symmetric", withTURN) + steps("", 8009, 21001)},
	{"relay on one side", strings.Replace(peers("port-restricted", "symmetric", withTURN), "configuration: "+withTURN, "configuration: {}", 1) + steps("", 8009)},
	{"loss", strings.ReplaceAll(peers("port-restricted", "none", withSTUN), "delay: 20ms", "delay: 20ms, loss: 30%") + steps("", 9001, 29003)},
	{"a blackout", peers("none", "port-restricted", withSTUN) + steps("  - {at: 5s, network: home, down: 40s}\n", 8009, 20011, 34901, 40009, 50021)},
	{"a restart", peers("port-restricted", "port-restricted", withSTUN) + steps("  - {at: 8s, negotiate: alice -> bob, with: {iceRestart: true}}\n", 7907, 8093, 8303, 9001, 15001)},
	{"a restart by the answerer", peers("none", "none", "{}") + steps("  - {at: 8s, negotiate: bob -> alice, with: {iceRestart: true}}\n", 7907, 8103, 8303, 9001, 15001)},
	{"duplicates", strings.ReplaceAll(peers("none", "port-restricted", withSTUN), "delay: 20ms", "delay: 20ms, duplicate: 40%, corrupt: 10%") + steps("", 9001)},
	{"lite", strings.Replace(peers("none", "none", "{}"), "bob: {", "bob: {engine: {ice: {lite: true}}, ", 1) + steps("", 9001)},
	{"lite offers", strings.Replace(peers("none", "none", "{}"), "alice: {", "alice: {engine: {ice: {lite: true}}, ", 1) + steps("", 9001)},
	{"both controlled", peers("none", "port-restricted", withSTUN) + `steps:
  - {alice: createDataChannel, with: {label: chat}}
  - alice: setLocalDescription
  - wait: alice.iceGatheringState == "complete"
  - {alice: createOffer, as: offer}
  - {bob: setRemoteDescription, with: $offer}
  - {bob: createAnswer, as: answer}
  - {bob: setLocalDescription, with: {type: pranswer, sdp: $answer.sdp}}
  - {alice: setRemoteDescription, with: {type: pranswer, sdp: $answer.sdp}}
` + looks(203, 251, 303, 407, 503, 601, 809, 1003, 2003, 5003)},
	{"a late answer", strings.Replace(peers("none", "none", "{}"), "delay: 20ms", "delay: 2500ms", 1) + steps("", 6007, 9001, 15013)},
}

// TestTruth compares the table with what pion says of its pairs each time that it is asked.
func TestTruth(t *testing.T) {
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			events := run(t, r, network+s.text, recorder.PacketsFull)
			asked := 0
			// One without the snapshots, which are pion's own words and would make it too easy.
			table, all := ice.New(), ice.New()
			for _, e := range events {
				if err := all.Add(e); err != nil {
					t.Fatal(err)
				}
				if e.Kind != recorder.KindSnapshot {
					if err := table.Add(e); err != nil {
						t.Fatal(err)
					}
				}
				if e.Kind != recorder.KindReturn {
					continue
				}
				var call recorder.Return
				if err := json.Unmarshal(e.Data, &call); err != nil {
					t.Fatal(err)
				}
				if call.Method != "getStats" {
					continue
				}
				want := statistics(t, call.Result)
				asked += len(want)
				if diff := gocmp.Diff(want, pairs(table.At(), e.Peer)); diff != "" {
					t.Errorf("%s at %v (event %d): pion (-), the table (+)\n%s", e.Peer, e.Time, e.Seq, diff)
				}
				if diff := gocmp.Diff(want, pairs(all.At(), e.Peer)); diff != "" {
					t.Errorf("%s at %v (event %d): pion (-), the table with snapshots (+)\n%s", e.Peer, e.Time, e.Seq, diff)
				}
			}
			if asked == 0 {
				t.Error("pion had no pairs: nothing was compared")
			}
		})
	}
}

// TestWithoutPayloads sees that the types of the packets tell the same where no server relays, and that without packets
// the snapshots tell the states.
func TestWithoutPayloads(t *testing.T) {
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	text := network + peers("restricted", "port-restricted", withSTUN) + steps("", 8009)
	tables := make(map[string]*ice.Table)
	for _, packets := range []string{recorder.PacketsFull, recorder.PacketsHeaders, recorder.PacketsNone} {
		table := ice.New()
		for _, e := range run(t, r, text, packets) {
			if err := table.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if got := table.At().Packets; got != packets {
			t.Errorf("packets %s, want %s", got, packets)
		}
		tables[packets] = table
	}
	for _, peer := range []string{"alice", "bob"} {
		want := pairs(tables[recorder.PacketsFull].At(), peer)
		if diff := gocmp.Diff(want, pairs(tables[recorder.PacketsHeaders].At(), peer)); diff != "" {
			t.Errorf("%s: with payloads (-), without (+)\n%s", peer, diff)
		}
		for i := range want {
			want[i] = truth{Local: want[i].Local, Remote: want[i].Remote, State: want[i].State, Nominated: want[i].Nominated}
		}
		if diff := gocmp.Diff(want, pairs(tables[recorder.PacketsNone].At(), peer)); diff != "" {
			t.Errorf("%s: with packets (-), without (+)\n%s", peer, diff)
		}
	}
}

// run runs a scenario and returns its events.
func run(t *testing.T, r *runner.Runner, text, packets string) (events []recorder.Event) {
	t.Helper()
	h := r.Header("ice.yaml", []byte(text), 1, recorder.Options{Packets: packets})
	end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		var e recorder.Event
		err := json.Unmarshal(bytes.Clone(line), &e)
		events = append(events, e)
		return err
	})
	if err != nil || end.Outcome != recorder.OutcomePassed {
		t.Fatalf("%+v, error %v\n%s", end, err, text)
	}
	return events
}

// statistics reads the candidate pairs of pion's statistics.
func statistics(t *testing.T, result []byte) []truth {
	t.Helper()
	var report []struct {
		Type, ID, LocalCandidateID, RemoteCandidateID, State, CandidateType, IP string
		Nominated                                                               bool
		Port, RequestsSent, ResponsesReceived, RequestsReceived, ResponsesSent  int
		CurrentRoundTripTime, TotalRoundTripTime                                float64
		FirstRequestTimestamp, LastRequestTimestamp                             float64
		FirstResponseTimestamp, LastResponseTimestamp                           float64
		FirstRequestReceivedTimestamp, LastRequestReceivedTimestamp             float64
	}
	if err := json.Unmarshal(result, &report); err != nil {
		t.Fatal(err)
	}
	ends := map[string]string{}
	for _, s := range report {
		if s.Type == "local-candidate" || s.Type == "remote-candidate" {
			ends[s.ID] = fmt.Sprintf("%s %s:%d", s.CandidateType, s.IP, s.Port)
		}
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * 1e9).Round(time.Microsecond) }
	// since returns the time of a timestamp, which has milliseconds since 1970; those of a time that never was are negative.
	since := func(ms float64) time.Duration {
		return max(0, time.Duration(ms)*time.Millisecond-time.Duration(epoch.UnixMilli())*time.Millisecond)
	}
	list := []truth{}
	for _, s := range report {
		if s.Type == "candidate-pair" {
			list = append(list, truth{
				Local: ends[s.LocalCandidateID], Remote: ends[s.RemoteCandidateID], State: s.State, Nominated: s.Nominated,
				Sent: s.RequestsSent, Answered: s.ResponsesReceived, Received: s.RequestsReceived, Responded: s.ResponsesSent,
				RoundTrip: seconds(s.CurrentRoundTripTime), TotalRoundTrip: seconds(s.TotalRoundTripTime),
				FirstSent: since(s.FirstRequestTimestamp), LastSent: since(s.LastRequestTimestamp),
				FirstAnswer: since(s.FirstResponseTimestamp), LastAnswer: since(s.LastResponseTimestamp),
				FirstReceived: since(s.FirstRequestReceivedTimestamp), LastReceived: since(s.LastRequestReceivedTimestamp),
			})
		}
	}
	sortTruth(list)
	return list
}

// epoch is when every run begins.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// pairs returns what the table has in place of pion's statistics.
func pairs(v *ice.View, peer string) []truth {
	list := []truth{}
	for _, p := range v.Peers {
		if g := p.Current(); p.Name == peer && g.Ended == nil {
			for _, p := range g.Pairs {
				list = append(list, truth{
					Local: p.Local.String(), Remote: p.Remote.String(), State: string(p.State), Nominated: p.Nominated,
					Sent: p.Sent.N, Answered: p.Answered.N, Received: p.Received.N, Responded: p.Responded.N,
					RoundTrip: p.RoundTrip.Round(time.Microsecond), TotalRoundTrip: p.TotalRoundTrip.Round(time.Microsecond),
					FirstSent: p.Sent.First.Truncate(time.Millisecond), LastSent: p.Sent.Last.Truncate(time.Millisecond),
					FirstAnswer: p.Answered.First.Truncate(time.Millisecond), LastAnswer: p.Answered.Last.Truncate(time.Millisecond),
					FirstReceived: p.Received.First.Truncate(time.Millisecond), LastReceived: p.Received.Last.Truncate(time.Millisecond),
				})
			}
		}
	}
	sortTruth(list)
	return list
}

func sortTruth(list []truth) {
	for i := range list {
		if t := &list[i]; strings.HasPrefix(t.Local, "relay") {
			// pion takes the time when it means to send, and then may wait for the TURN server's permission. The table
			// has the time at which the packet left.
			t.FirstSent, t.LastSent, t.TotalRoundTrip = 0, 0, 0
		}
	}
	slices.SortFunc(list, func(a, b truth) int { return cmp.Or(cmp.Compare(a.Local, b.Local), cmp.Compare(a.Remote, b.Remote)) })
}
