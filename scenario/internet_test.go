package scenario_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// readInternet reads a variant of testdata/good/internet.yaml.
func readInternet(t *testing.T, variant string) *scenario.Scenario {
	t.Helper()
	text, err := os.ReadFile("testdata/good/internet.yaml")
	if err != nil {
		t.Fatal(err)
	}
	open := func(path string) ([]byte, error) { return os.ReadFile("testdata/good/" + path) }
	s, err := scenario.Source{File: "testdata/good/internet.yaml", Text: text, Open: open, Variant: variant}.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReadNetworks(t *testing.T) {
	s := readInternet(t, "left=cgn,side=home")
	var got []string
	for _, n := range s.Networks {
		got = append(got, fmt.Sprintf("%s: behind %q, nat %v, firewall %v, %v", n.Name, n.Behind, n.NAT, n.Firewall, n.Link))
	}
	want := []string{
		`internet: behind "", nat <nil>, firewall <nil>, `,
		`home: behind "carrier", nat mapping address-dependent, filtering endpoint-independent, firewall outbound-only, ` +
			`up profile dsl delay 5ms jitter 0s loss 0% rate 512kbps queue 64KB, down profile dsl delay 5ms jitter 0s loss 0% rate 2Mbps queue 64KB`,
		`carrier: behind "internet", nat symmetric, firewall <nil>, delay 10ms`,
		`office: behind "internet", nat one-to-one, firewall block, 3 rules, ` +
			`reorder true loss 1% burst 3 overhead 46B mtu none aqm codel 5ms 100ms rateTrace traces/downlink.trace`,
		`cafe: behind "internet", nat <nil>, firewall <nil>, ` +
			`up profile cellular delay 50ms jitter 15ms gilbertElliott p 1% r 50% lossGood 0% lossBad 100% rate 30Mbps duplicate 1% corrupt 0.1% drop 2 rules, ` +
			`down profile wifi delay 1ms jitter 3ms jitterDistribution pareto jitterCorrelation 0.5 loss 0% rate 40Mbps duplicate 1% corrupt 0.1% drop 2 rules`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	home, office := s.Network("home"), s.Network("office")
	wantNAT := scenario.NAT{Type: "port-restricted", Mapping: "address-dependent", Filtering: "endpoint-independent",
		Lifetime: 2 * time.Minute, Hairpin: true, Addresses: 2}
	if diff := cmp.Diff(wantNAT, *home.NAT, ignore); diff != "" {
		t.Errorf("home's NAT: -want +got:\n%s", diff)
	}
	// turn.example.net, and bob's wifi once it has moved there.
	if office.NAT.Addresses != 2 {
		t.Errorf("office's NAT has %d addresses, want 2", office.NAT.Addresses)
	}
	if home.Subnet.Prefix != netip.MustParsePrefix("192.168.7.0/24") {
		t.Errorf("home's subnet is %v", home.Subnet)
	}
	if trace := office.Link.Up.RateTrace; !slices.Equal(trace.Times, []int{2, 4, 4, 12}) {
		t.Errorf("office's trace is %v", trace.Times)
	}
	if want := []string{"internet.yaml", "traces/downlink.trace"}; !slices.Equal(s.Files, want) {
		t.Errorf("the files are %q, want %q", s.Files, want)
	}
	var rules []string
	for _, r := range office.Firewall.Rules {
		rules = append(rules, r.String())
	}
	wantRules := []string{"allow out remote stun.example.net remotePort 3478", "allow in remote 203.0.113.0/24 localPort 50000-50100", "block both remote 198.51.100.7"}
	if diff := cmp.Diff(wantRules, rules); diff != "" {
		t.Errorf("the firewall's rules: -want +got:\n%s", diff)
	}
	wantDrop := scenario.DropRules{
		{Match: scenario.PacketMatch{Protocol: "dtls", Types: []string{"client-hello", "finished"}, From: "alice", To: "stun.example.net",
			Size: &scenario.SizeBound{Operator: ">", Bytes: 1252}},
			Nth: scenario.Ordinals{2, 3}, Between: &scenario.Period{From: time.Second, To: 2 * time.Second}, Name: "second"},
		{Every: 5},
	}
	if diff := cmp.Diff(wantDrop, s.Network("cafe").Link.Down.Drop, ignore); diff != "" {
		t.Errorf("the drop rules: -want +got:\n%s", diff)
	}
	if nat := readInternet(t, "left=open,side=home").Network("home").NAT; nat != nil {
		t.Errorf("nat: none is %v", nat)
	}
}

func TestReadServers(t *testing.T) {
	s := readInternet(t, "")
	turn := *s.Server("TURN.Example.NET")
	want := scenario.TURNServer{Port: 3478, Realm: "turn.example.net", AllocationLifetime: time.Minute, PermissionLifetime: 5 * time.Minute,
		ChannelLifetime: 10 * time.Minute, Quota: 1, Users: []*scenario.User{{Name: "alice", Password: "secret"}, {Name: "bob", Password: "other"}}}
	if diff := cmp.Diff(want, *turn.TURN, ignore); diff != "" || turn.STUN.Port != 3479 || turn.Network != "office" {
		t.Errorf("%+v; -want +got:\n%s", turn, diff)
	}
	if stun := s.Server("stun.example.net"); stun.STUN.Port != 3478 || stun.TURN != nil || stun.Network != "internet" || stun.Link != nil {
		t.Errorf("%+v", stun)
	}
}

func TestReadInterfaces(t *testing.T) {
	s := readInternet(t, "left=open,side=office")
	var got []string
	for _, p := range s.Peers {
		for _, i := range p.Interfaces {
			got = append(got, fmt.Sprint(p.Name, "/", i.Name, " on ", i.Network, " ", i.Up, " ", i.Link != nil))
		}
	}
	want := []string{"alice/eth0 on office true true", "bob/wifi on home false true", "bob/cellular on cafe true false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if mode := s.Peer("bob").Engine.ICE.MDNS; mode != "query" {
		t.Errorf("mdns is %q", mode)
	}
	if want := (scenario.Signaling{Delay: 40 * time.Millisecond, Loss: 0.01, Down: true}); s.Signaling != want {
		t.Errorf("signaling is %+v, want %+v", s.Signaling, want)
	}
}

func TestChangeTexts(t *testing.T) {
	var got []string
	for step := range readInternet(t, "").All() {
		got = append(got, step.Text())
	}
	want := []string{
		"signaling: up",
		"signaling: delay 2s loss 10%",
		"signaling: down 2s",
		"network: cafe up loss 30% rate unlimited aqm codel 5ms 100ms drop none, down loss 30% rate unlimited drop none firewall block",
		"network: office gilbertElliott p 1% r 20% lossGood 0% lossBad 100% aqm none rateTrace none",
		"network: carrier nat rebind",
		"network: carrier nat rebind address",
		"network: carrier nat expire",
		"peer: bob interface wifi up",
		"peer: bob interface wifi down 10s",
		"peer: alice interface eth0 down",
		"peer: alice interface eth0 up",
		"peer: bob interface wifi network office delay 1ms",
		"server: turn.example.net down 12s restart",
		"server: turn.example.net restart",
		"server: turn.example.net up",
		"server: turn.example.net delay 50ms",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// readLink reads a link, and where a change is given, a step that sets it.
func readLink(t *testing.T, link, change string) (scenario.Link, *scenario.Link) {
	t.Helper()
	text := "network: {home: {link: " + link + "}}\npeers: {alice: {}}\n"
	if change != "" {
		text += "steps: [{network: home, set: {link: " + change + "}}]\n"
	}
	s, err := scenario.Read("link.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if change == "" {
		return s.Network("home").Link, nil
	}
	return s.Network("home").Link, s.Steps[0].Action.(*scenario.ChangeNetwork).Set.Link
}

func TestLinkWith(t *testing.T) {
	tests := []struct{ link, change, want string }{
		{"{delay: 1ms, loss: 5%}", "{loss: 30%}", "delay 1ms loss 30%"},
		{"{delay: 1ms}", "{up: {delay: 2ms}}", "up delay 2ms, down delay 1ms"},
		{"{loss: 5%, burst: 3}", "{loss: 10%}", "loss 10% burst 3"},
		{"{loss: 5%, burst: 3}", "{loss: 10%, burst: none}", "loss 10%"},
		{"{loss: 5%, burst: 3}", "{gilbertElliott: {p: 1%, r: 50%}}", "gilbertElliott p 1% r 50% lossGood 0% lossBad 100%"},
		{"{gilbertElliott: {p: 1%, r: 50%}}", "{loss: 0%}", "loss 0%"},
		{"{gilbertElliott: {p: 1%, r: 50%}}", "{gilbertElliott: none}", ""},
		{"{loss: 5%}", "{gilbertElliott: none}", "loss 5%"},
		{"{rate: 1Mbps}", "{rate: unlimited}", ""},
		{"{rate: 1Mbps}", "{rateTrace: [1, 2]}", "rateTrace of 2 packets in 2ms"},
		{"{rateTrace: [1, 2]}", "{rate: 1Mbps}", "rate 1Mbps"},
		{"{rateTrace: [1, 2]}", "{rateTrace: none}", ""},
		{"{rateTrace: [1, 2]}", "{rate: unlimited}", ""},
		{"{rate: 1Mbps}", "{rateTrace: none}", "rate 1Mbps"},
		{"{aqm: codel, mtu: 1280}", "{aqm: none, mtu: none}", "mtu none"},
		{"{drop: [{first: 1}]}", "{drop: []}", ""},
		{"{drop: [{first: 1}]}", "{drop: none}", ""},
		{"{drop: [{first: 1}]}", "{delay: 1ms}", "delay 1ms drop 1 rule"},
		{"{profile: cellular, queue: 10}", "{profile: wifi, down: {rate: 1Mbps}}",
			"up profile wifi delay 1ms jitter 0s loss 0% rate 33Mbps queue 10 packets, down profile wifi delay 1ms jitter 0s loss 0% rate 1Mbps queue 10 packets"},
		{"{loss: 5%, burst: 3}", "{profile: satellite, down: {loss: 1%, burst: 2}}",
			"up profile satellite delay 300ms jitter 0s loss 0.5% rate 3Mbps, down profile satellite delay 300ms jitter 0s loss 1% burst 2 rate 20Mbps"},
	}
	for _, test := range tests {
		t.Run(test.link+" with "+test.change, func(t *testing.T) {
			link, change := readLink(t, test.link, test.change)
			if got := link.With(*change).String(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestLinkLevels sees what a direction takes from where: its own keys, its own profile, the keys of both, the profile of both.
func TestLinkLevels(t *testing.T) {
	tests := []struct{ link, want string }{
		{"{delay: 20ms, up: {profile: dsl}}", "up profile dsl delay 5ms jitter 0s loss 0% rate 256kbps, down delay 20ms"},
		{"{profile: edge}", "up profile edge delay 440ms jitter 0s loss 0% rate 200kbps, down profile edge delay 400ms jitter 0s loss 0% rate 240kbps"},
		{"{profile: very-bad, burst: 3}", "profile very-bad delay 500ms jitter 0s loss 10% burst 3 rate 1Mbps"},
		{"{profile: congested, loss: 1%}", "profile congested delay 80ms jitter 40ms loss 1% rate 10Mbps"},
		{"{profile: poor-3g, gilbertElliott: {p: 2%, r: 20%}}", "profile poor-3g delay 175ms jitter 0s gilbertElliott p 2% r 20% lossGood 0% lossBad 100% rate 400kbps"},
		{"{profile: lte, rate: unlimited, up: {delay: 1ms}, down: {rateTrace: [5]}}",
			"up profile lte delay 1ms jitter 0s loss 0%, down profile lte delay 50ms jitter 0s loss 0% rateTrace of 1 packets in 5ms"},
		{"{gilbertElliott: {p: 2%, r: 20%}, up: {profile: wifi}}",
			"up profile wifi delay 1ms jitter 0s loss 0% rate 33Mbps, down gilbertElliott p 2% r 20% lossGood 0% lossBad 100%"},
		{"{loss: 5%, burst: 3, up: {loss: 1%}}", "up loss 1% burst 3, down loss 5% burst 3"},
	}
	for _, test := range tests {
		t.Run(test.link, func(t *testing.T) {
			link, _ := readLink(t, test.link, "")
			if got := link.String(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestProfiles(t *testing.T) {
	var got []string
	for i := range scenario.Profiles {
		p := &scenario.Profiles[i]
		got = append(got, p.String())
		link, _ := readLink(t, "{profile: "+p.Name+"}", "")
		if scenario.ProfileOf(p.Name) != p || link.RoundTrip() != p.RoundTrip() {
			t.Errorf("%s: the round trip is %v on the link, %v in the profile", p.Name, link.RoundTrip(), p.RoundTrip())
		}
	}
	want := []string{
		"edge (down 240kbps, up 200kbps, round trip 840ms)",
		"3g (down 780kbps, up 330kbps, round trip 200ms)",
		"dsl (down 2Mbps, up 256kbps, round trip 10ms)",
		"lte (down 50Mbps, up 10Mbps, round trip 115ms)",
		"wifi (down 40Mbps, up 33Mbps, round trip 2ms)",
		"very-bad (down 1Mbps, up 1Mbps, round trip 1s)",
		"satellite (down 20Mbps, up 3Mbps, round trip 600ms)",
		"poor-3g (down 400kbps, up 400kbps, round trip 350ms)",
		"unstable-4g (down 4Mbps, up 4Mbps, round trip 500ms)",
		"lossy-wifi (down 30Mbps, up 30Mbps, round trip 40ms)",
		"cellular (down 30Mbps, up 30Mbps, round trip 100ms)",
		"congested (down 10Mbps, up 10Mbps, round trip 160ms)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGuards(t *testing.T) {
	for variant, want := range map[string]string{
		"left=open,side=home":   `bob.connectionState == "connected"`,
		"left=open,side=office": `bob.connectionState == "connected"; alice.connectionState == "connected"`,
		"left=cgn,side=home":    `bob.connectionState == "failed"`,
		"left=cgn,side=office":  `bob.connectionState == "connected"; alice.connectionState == "connected"`,
	} {
		var texts []string
		for _, e := range readInternet(t, variant).Expect {
			texts = append(texts, e.Text)
		}
		if got := strings.Join(texts[:len(texts)-1], "; "); got != want {
			t.Errorf("%s: got %s, want %s", variant, got, want)
		}
	}
}

// TestNATMatrix reads the matrix of pairs of NATs from one file: networks that a variant does not use are there for another.
func TestNATMatrix(t *testing.T) {
	const kinds = "[open, full-cone, restricted, port-restricted, symmetric, cgn, blocked]"
	var networks strings.Builder
	for _, side := range []string{"left", "right"} {
		fmt.Fprintf(&networks, "  %[1]s-open: {}\n  %[1]s-cgn: {nat: port-restricted, behind: %[1]s-carrier}\n  %[1]s-carrier: {nat: symmetric}\n  %[1]s-blocked: {firewall: block}\n", side)
		for _, nat := range []string{"full-cone", "restricted", "port-restricted", "symmetric"} {
			fmt.Fprintf(&networks, "  %s-%s: {nat: %s}\n", side, nat, nat)
		}
	}
	source := scenario.Source{File: "matrix.yaml", Text: []byte("matrix: {left: " + kinds + ", right: " + kinds + "}\nnetwork:\n" + networks.String() +
		`peers: {alice: {network: "left-${left}"}, bob: {network: "right-${right}"}}
expect:
  - when: left == "blocked" or right == "blocked" or left == "symmetric" and right in ["symmetric", "port-restricted", "cgn"]
    then: [alice.connectionState == "failed"]
    else: [alice.connectionState == "connected"]
`)}
	first, err := source.Read()
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, source.Variant = range first.Variants() {
		s, err := source.Read()
		if err != nil {
			t.Fatal(err)
		}
		if s.Expect[0].Text == `alice.connectionState == "failed"` {
			failed++
		}
	}
	if n := len(first.Variants()); n != 49 || failed != 13+3 {
		t.Errorf("%d variants, of which %d fail", n, failed)
	}
}

// TestReasons sees that patterns know the reasons for which the simulated internet drops packets.
func TestReasons(t *testing.T) {
	files, err := filepath.Glob("../vnet/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\s*\w+\s+Reason = ("[^"]+")`).FindAllSubmatch(text, -1) {
			found++
			scenarioText := "peers: {alice: {}}\nexpect: [{event: packet-dropped, reason: " + string(m[1]) + "}]\n"
			if _, err := scenario.Read(file, []byte(scenarioText)); err != nil {
				t.Error(err)
			}
		}
	}
	if found < 15 {
		t.Errorf("found only %d reasons", found)
	}
}

func TestPacketPatterns(t *testing.T) {
	tests := []struct {
		pattern string
		event   recorder.Event
		data    any
		want    bool
	}{
		{"{event: packet-sent, from: alice, protocol: dtls, type: client-hello}", recorder.Event{Peer: "alice", Kind: recorder.KindPacketSent},
			recorder.PacketSent{Protocol: "dtls", Types: []string{"handshake", "client-hello"}}, true},
		{"{event: packet-sent, type: client-hello}", recorder.Event{Peer: "alice", Kind: recorder.KindPacketSent},
			recorder.PacketSent{Protocol: "dtls", Types: []string{"handshake"}}, false},
		{"{event: packet-sent, from: bob}", recorder.Event{Peer: "alice", Kind: recorder.KindPacketSent}, recorder.PacketSent{}, false},
		{"{event: packet-dropped, at: home}", recorder.Event{Peer: "home/up", Kind: recorder.KindPacketDropped}, recorder.PacketEnd{}, true},
		{"{event: packet-dropped, at: home/down}", recorder.Event{Peer: "home/up", Kind: recorder.KindPacketDropped}, recorder.PacketEnd{}, false},
		{"{event: packet-dropped, reason: dropped by rule 1}", recorder.Event{Kind: recorder.KindPacketDropped}, recorder.PacketEnd{Reason: "dropped by rule 1 (mine)"}, true},
		{"{event: packet-dropped, reason: dropped by rule 1}", recorder.Event{Kind: recorder.KindPacketDropped}, recorder.PacketEnd{Reason: "dropped by rule 11"}, false},
		{"{event: packet-dropped, reason: loss}", recorder.Event{Kind: recorder.KindPacketDropped}, recorder.PacketEnd{Reason: "loss in a burst"}, false},
		{"{event: signal-dropped, from: alice, to: bob, reason: signaling down}", recorder.Event{Kind: recorder.KindSignalDropped},
			recorder.Signal{From: "alice", To: "bob", Reason: "signaling down"}, true},
		{"{event: signal-sent, to: alice}", recorder.Event{Kind: recorder.KindSignalSent}, recorder.Signal{From: "alice", To: "bob"}, false},
		{"{event: interface, interface: eth0, network: home, change: down}", recorder.Event{Kind: recorder.KindInterface},
			recorder.Interface{Interface: "eth0", Network: "home", Change: "down"}, true},
		{"{event: interface, interface: wifi}", recorder.Event{Kind: recorder.KindInterface}, recorder.Interface{Interface: "eth0"}, false},
		{"{event: network, peer: signaling, change: delay}", recorder.Event{Peer: "signaling", Kind: recorder.KindNetwork}, recorder.NetworkChange{Change: "delay 2s"}, true},
		{"{event: network, change: down}", recorder.Event{Kind: recorder.KindNetwork}, recorder.NetworkChange{Change: "up"}, false},
		{"{event: nat-mapping, peer: home}", recorder.Event{Peer: "home", Kind: recorder.KindNATMapping}, recorder.NATMapping{}, true},
	}
	for _, test := range tests {
		t.Run(test.pattern, func(t *testing.T) {
			s, err := scenario.Read("test.yaml", []byte("network: {home: {}}\npeers: {alice: {}, bob: {}}\nexpect: ["+test.pattern+"]\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Expect[0].Sequence[0].Match(test.event, test.data); got != test.want {
				t.Errorf("Match = %v, want %v", got, test.want)
			}
		})
	}
}

func TestSizeBound(t *testing.T) {
	for operator, want := range map[string][3]bool{
		"==": {false, true, false}, "<": {true, false, false}, "<=": {true, true, false}, ">": {false, false, true}, ">=": {false, true, true},
	} {
		b := scenario.SizeBound{Operator: operator, Bytes: 100}
		if got := [3]bool{b.Holds(99), b.Holds(100), b.Holds(101)}; got != want {
			t.Errorf("%s 100 holds for %v, want %v", operator, got, want)
		}
	}
}
