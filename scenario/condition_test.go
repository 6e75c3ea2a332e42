package scenario_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/scenario"
)

// peers answers conditions: alice is connected and has a channel, bob is as new.
type peers struct{}

func (*peers) Now() time.Duration { return 12500 * time.Millisecond }

func (*peers) Attribute(peer, name string) any {
	if peer != "alice" {
		switch name {
		case "signalingState":
			return "stable"
		case "iceGatheringState", "iceConnectionState", "connectionState":
			return "new"
		}
		return nil
	}
	switch name {
	case "signalingState":
		return "stable"
	case "iceGatheringState":
		return "complete"
	case "iceConnectionState", "connectionState":
		return "connected"
	case "canTrickleIceCandidates":
		yes := true
		return &yes
	case "localDescription", "currentLocalDescription":
		return &scenario.DescriptionState{Type: "offer", SDP: "v=0\r\na=group:BUNDLE 0\r\n"}
	case "sctp":
		return &scenario.SCTPState{State: "connected"}
	case "dtls":
		return &scenario.DTLSState{State: "connected"}
	case "selectedCandidatePair":
		return &scenario.CandidatePairState{
			Local:  scenario.CandidateState{Type: "host", Address: "10.0.0.1", Port: 5000},
			Remote: scenario.CandidateState{Type: "srflx", Address: "1.2.3.4", Port: 6000},
		}
	}
	return nil
}

func (*peers) Channel(peer, name string) *scenario.ChannelState {
	if peer != "alice" || name == "late" {
		return nil
	}
	id := 1
	return &scenario.ChannelState{ReadyState: "open", Label: name, BufferedAmount: 100, ID: &id}
}

// withCondition returns a scenario that expects a condition.
func withCondition(condition string) string {
	return fmt.Sprintf(`
peers: {alice: {}, bob: {}}
steps:
  - {alice: createDataChannel, with: {label: my channel}, as: chat}
  - {bob: createDataChannel, with: {label: late}}
expect:
  - %s
`, "'"+strings.ReplaceAll(condition, "'", "''")+"'")
}

func TestConditionEval(t *testing.T) {
	tests := []struct {
		condition string
		want      bool
	}{
		{`alice.connectionState == "connected"`, true},
		{`bob.connectionState == "connected"`, false},
		{`bob.connectionState != 'connected'`, true},
		{`alice.connectionState == "connected" and bob.connectionState == "new"`, true},
		{`not (alice.connectionState == "connected")`, false},
		{`alice.connectionState in ["connected", "closed"]`, true},
		{`alice.connectionState == alice.iceConnectionState`, true},
		{`now < 30s`, true},
		{`now >= 12.5s`, true},
		{`now > 12s500ms`, false},
		{`now - 2s < 11s`, true},
		{`alice.canTrickleIceCandidates`, true},
		{`bob.canTrickleIceCandidates`, false},
		{`not bob.canTrickleIceCandidates`, true},
		{`bob.canTrickleIceCandidates or now > 1s`, true},
		{`bob.canTrickleIceCandidates == nil`, true},
		{`alice.canTrickleIceCandidates == true`, true},
		{`alice.localDescription != nil`, true},
		{`bob.localDescription == nil`, true},
		{`alice.localDescription.type == "offer"`, true},
		{`bob.localDescription.type == "offer"`, false},
		{`bob.localDescription.type != "offer"`, true},
		{`alice.localDescription.sdp contains "a=group:BUNDLE 0"`, true},
		{`len(bob.localDescription.sdp) > 3`, false},
		{`len(alice.localDescription.sdp) > 3`, true},
		{`alice.sctp.state == "connected" && bob.sctp.state == "connected"`, false},
		{`alice.dtls.state == "connected"`, true},
		{`alice.selectedCandidatePair.local.type == "host"`, true},
		{`alice.selectedCandidatePair.remote.port == 6000`, true},
		{`bob.selectedCandidatePair.remote.port < 6000`, false},
		{`alice.selectedCandidatePair.local.address matches "^10[.]"`, true},
		{`alice.channels.chat.readyState == "open"`, true},
		{`alice.channels["my channel"].readyState == "open"`, true},
		{`alice.channels.late == nil`, true},
		{`alice.channels.late.bufferedAmount < 5`, false},
		{`alice.channels.chat.bufferedAmount + alice.channels.late.bufferedAmount > 5`, false},
		{`alice.channels.chat.id == 1`, true},
		{`alice.channels.chat.maxRetransmits == nil`, true},
		{`alice.channels.chat.maxRetransmits < 3`, false},
		{`"new" in [alice.connectionState, bob.connectionState]`, true},
		{`"failed" not in [alice.connectionState, bob.connectionState]`, true},
		{`bob.localDescription.type not in ["offer"]`, true},
		{`bob.localDescription.sdp == bob.remoteDescription.sdp`, true},
		{`alice.channels.chat.bufferedAmount == 0.1KB`, true},
		{`alice.channels.chat.bufferedAmount * 2 - 50 == 150`, true},
		{`alice.channels.chat.bufferedAmount / 1000 <= 10%`, true},
		{`-alice.channels.chat.bufferedAmount < 0`, true},
		{`abs(10 - alice.channels.chat.bufferedAmount) == 90`, true},
		{`max(now, 20s) == 20s and min(3, 2, 4) == 2`, true},
		{`now / 2 < 7s and now / 500ms == 25 and 2 * now > 24s`, true},
		{`alice.localDescription.sdp startsWith "v=0" && !(alice.localDescription.sdp endsWith "x")`, true},
		{`not alice.connectionState == "new"`, true},
		{`alice.connectionState + "!" == 'connected!'`, true},
		{`"\"\\\n" == '"\\\n'`, true},
		{`false or (true and not false)`, true},
		{`true or alice.channels.chat.bufferedAmount / 0 > 1`, true},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			s, err := scenario.Read("test.yaml", []byte(withCondition(test.condition)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Expect[0].Condition.Eval(&peers{})
			if err != nil || got != test.want {
				t.Errorf("Eval = %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestConditionDivision(t *testing.T) {
	s, err := scenario.Read("test.yaml", []byte(withCondition(`alice.channels.chat.bufferedAmount / (now / 1s - 12.5) > 1`)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Expect[0].Condition.Eval(&peers{})
	if want := "alice.channels.chat.bufferedAmount / (now / 1s - 12.5) > 1: division by 0"; err == nil || err.Error() != want {
		t.Errorf("Eval = %v, want %s", err, want)
	}
}

func TestConditionObserved(t *testing.T) {
	tests := []struct{ condition, want string }{
		{`bob.connectionState == "failed"`, `bob.connectionState was "new"`},
		{`alice.channels["my channel"].bufferedAmount > 500 or now > 30s`, `alice.channels["my channel"].bufferedAmount was 100, now was 12.5s`},
		{`bob.localDescription.type == "offer"`, `bob.localDescription.type was nil`},
		{`alice.localDescription == nil`, `alice.localDescription was there`},
	}
	for _, test := range tests {
		s, err := scenario.Read("test.yaml", []byte(withCondition(test.condition)))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Expect[0].Condition.Observed(&peers{}); got != test.want {
			t.Errorf("Observed of %s = %s, want %s", test.condition, got, test.want)
		}
	}
}

func TestConditionPeers(t *testing.T) {
	s, err := scenario.Read("test.yaml", []byte(withCondition(`bob.connectionState == alice.connectionState and now > 1s`)))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Expect[0].Condition.Peers()); got != "[alice bob]" {
		t.Errorf("Peers = %s, want [alice bob]", got)
	}
	if got := fmt.Sprint(s.Expect[0].Condition.Kinds()); got != "[connectionstatechange]" {
		t.Errorf("Kinds = %s, want [connectionstatechange]", got)
	}
}
