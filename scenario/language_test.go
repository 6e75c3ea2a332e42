package scenario_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rtcsim/rtcsim/scenario"
)

// readLanguage reads a variant of testdata/good/language.yaml.
func readLanguage(t *testing.T, variant string) *scenario.Scenario {
	t.Helper()
	text, err := os.ReadFile("testdata/good/language.yaml")
	if err != nil {
		t.Fatal(err)
	}
	open := func(path string) ([]byte, error) { return os.ReadFile("testdata/good/" + path) }
	s, err := scenario.Source{File: "testdata/good/language.yaml", Text: text, Open: open, Variant: variant}.Read()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAll(t *testing.T) {
	var got []string
	s := readLanguage(t, "loss=5%,repeat=3")
	for step := range s.All() {
		got = append(got, fmt.Sprintf("%s %s:%d %s", step.Path, s.Files[step.File], step.Line, step.Text()))
	}
	want := strings.Split(`steps[0] language.yaml:11 alice: createDataChannel "chat"
steps[1] language.yaml:13 use: connect
steps[1].use[0] parts/networks.part:5 negotiate: alice -> bob
steps[2] language.yaml:15 use: open
steps[2].use[0] language.yaml:9 wait: alice.channels.chat.readyState == "open"
steps[3] language.yaml:16 parallel: 2 branches
steps[3].parallel[0] language.yaml:17 alice: createOffer as a, returns within 1s
steps[3].parallel[1][0] language.yaml:18 bob: createOffer as b
steps[3].parallel[1][1] language.yaml:19 after 1s
steps[4] language.yaml:20 bob: setRemoteDescription offer, returns never
steps[5] language.yaml:24 predict: Will it?
steps[6] language.yaml:25 alice.chat: send "loss 5%" × 3
scripts.bob[0] language.yaml:29 wait: {peer: bob, event: message}
scripts.bob[1] language.yaml:30 bob: setLocalDescription $a`, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVariants(t *testing.T) {
	s := readLanguage(t, "")
	want := []string{"loss=0%,repeat=1", "loss=0%,repeat=3", "loss=5%,repeat=1", "loss=5%,repeat=3"}
	if diff := cmp.Diff(want, s.Variants()); diff != "" || s.Variant != want[0] {
		t.Errorf("the first variant is %q; -want +got:\n%s", s.Variant, diff)
	}
	s = readLanguage(t, want[2])
	if got := fmt.Sprint(s.Name, ", ", *s.Network("home").Link.Up.Loss); got != "A loss of 5%, 5%" {
		t.Errorf("got %s", got)
	}
	if note := s.Steps[1].Note; note != "${this} is a text." {
		t.Errorf("the note is %q", note)
	}
	_, err := scenario.Source{File: "x.yaml", Text: []byte("peers: {alice: {}}\nmatrix: {a: [1, 2]}\n"), Variant: "a=3"}.Read()
	if err == nil || err.Error() != `x.yaml:2:9: the matrix has no variant "a=3" [unknown-variant]` {
		t.Errorf("Read of a variant that is not there = %v", err)
	}
}

func TestListen(t *testing.T) {
	s := readLanguage(t, "")
	alice, bob := s.Peer("alice").Listen, s.Peer("bob").Listen
	want := scenario.Listen{
		Track:         &scenario.Hearing{Never: true},
		ListenChannel: scenario.ListenChannel{Message: &scenario.Hearing{After: 100 * time.Millisecond}},
	}
	if diff := cmp.Diff(want, alice); diff != "" {
		t.Errorf("alice: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(scenario.Listen{}, bob); diff != "" {
		t.Errorf("bob: -want +got:\n%s", diff)
	}
	own := s.Steps[0].Action.(*scenario.Call).Args.(*scenario.CreateDataChannel).Listen
	channel := scenario.ListenChannel{Message: &scenario.Hearing{}, Close: &scenario.Hearing{Never: true}}
	if diff := cmp.Diff(channel, own.Or(alice.ListenChannel)); diff != "" {
		t.Errorf("the channel: -want +got:\n%s", diff)
	}
}
