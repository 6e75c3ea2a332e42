package scenarios_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rtcsim/rtcsim/internal/library"
	"github.com/rtcsim/rtcsim/scenario"
)

// vocabulary has the tags by which scenarios are found. A scenario has its topic, which is its folder, and what else it is about.
var vocabulary = map[string]string{
	// Topics, each with a folder, and the other protocols.
	"signaling": "offers, answers and candidates, and the way they take", "ice": "candidates, checks, pairs", "nat": "address translation",
	"turn": "relays", "dtls": "the handshake and its end", "data-channels": "channels and their messages", "media": "audio and video",
	"network": "links that are bad or change", "closing": "who closes what when", "errors": "calls that are refused",
	"bugs": "known bugs of pion", "stun": "servers that tell an address", "sctp": "what is below data channels", "rtcp": "reports and feedback",
	"firewall": "what lets packets in and out",
	// What happens.
	"gathering": "finding candidates", "trickle": "candidates one by one", "nomination": "choosing a pair", "consent": "keepalives, and their lack",
	"restart": "ICE restarts", "handover": "from one network to another", "negotiation": "a second offer", "glare": "two offers at once",
	"rollback": "taking a description back", "pranswer": "provisional answers", "sdp": "descriptions that were changed", "codecs": "choosing a codec",
	"simulcast": "several encodings", "direction": "who sends and who receives", "bundle": "one transport for all", "states": "the order of states and events",
	"backpressure": "more to send than can be sent", "security": "keeping others out",
	// What goes wrong.
	"loss": "lost packets or messages", "drop": "chosen packets are lost", "outage": "nothing gets through", "mtu": "packets that are too large",
	"congestion": "more than a link carries", "jitter": "delays that vary", "reordering": "packets that overtake", "duplicates": "packets that come twice",
	"corruption": "flipped bits", "failure": "no connection comes about",
	// How the scenario is made.
	"configuration": "RTCConfiguration", "engine": "settings of pion's own", "handlers": "what an application does in its handlers",
	"listen": "handlers that are set late or never", "scripts": "a script for each peer", "mdn": "examples of MDN", "matrix": "several runs",
	// What to expect.
	"bug": "what a known bug of pion does, or did", "fixed": "a bug that this pion has no more", "slow": "takes more than a second of computing",
}

var link = regexp.MustCompile(`(?m)^- https://\S+`)

// TestDescriptions sees that every scenario says in one line what it shows, where to read more, by what to find it, and what must
// hold.
func TestDescriptions(t *testing.T) {
	names := map[string]string{}
	for _, source := range sources(t) {
		s, err := source.Read("")
		if err != nil {
			t.Fatalf("%s: %v", source.Name, err)
		}
		if s.Name == "" || names[s.Name] != "" {
			t.Errorf("%s has the name %q, as %q has", source.Name, s.Name, names[s.Name])
		}
		names[s.Name] = source.Name
		if line := scenario.Summary(s.Description); len(line) < 20 || len(line) > 110 {
			t.Errorf("%s: the first sentence of the description stands in lists; it has to have 20 to 110 characters:\n%s", source.Name, line)
		}
		if !link.MatchString(s.Description) {
			t.Errorf("%s has no link in its description, such as\n  - https://www.w3.org/TR/webrtc/", source.Name)
		}
		if topic := path.Dir(source.Name); topic != "bugs" && !slices.Contains(s.Tags, topic) {
			t.Errorf("%s has no tag %s, which is its topic", source.Name, topic)
		}
		for _, tag := range s.Tags {
			if vocabulary[tag] == "" {
				t.Errorf("%s has a tag that is not in the vocabulary: %s", source.Name, tag)
			}
		}
		if slices.Contains(s.Tags, "matrix") != (len(s.Matrix) > 0) {
			t.Errorf("%s: the tag matrix is for scenarios that have one, and for all of them", source.Name)
		}
		if len(s.Expect) == 0 {
			t.Errorf("%s expects nothing", source.Name)
		}
	}
	for _, topic := range library.Topics() {
		if vocabulary[topic] == "" {
			t.Errorf("the topic %s is not in the vocabulary", topic)
		}
	}
}

// TestSignalingStates sees that errors/signaling-states makes each call in each signaling state in which the standard or pion refuses it.
func TestSignalingStates(t *testing.T) {
	source, err := library.BuiltIn("errors/signaling-states")
	if err != nil {
		t.Fatal(err)
	}
	variants, err := source.All()
	if err != nil {
		t.Fatal(err)
	}
	const (
		stable             = "stable"
		haveLocalOffer     = "have-local-offer"
		haveRemoteOffer    = "have-remote-offer"
		haveLocalPranswer  = "have-local-pranswer"
		haveRemotePranswer = "have-remote-pranswer"
	)
	// The states in which the standard and pion allow a call. In all others, closed among them, one of them refuses it at least.
	allowed := map[string][]string{
		"createOffer":                   {stable, haveLocalOffer},
		"createAnswer":                  {haveRemoteOffer, haveLocalPranswer},
		"setLocalDescription offer":     {stable},
		"setLocalDescription answer":    {haveRemoteOffer, haveLocalPranswer},
		"setLocalDescription pranswer":  {haveRemoteOffer},
		"setLocalDescription rollback":  {},
		"setRemoteDescription offer":    {stable},
		"setRemoteDescription answer":   {haveLocalOffer, haveRemotePranswer},
		"setRemoteDescription pranswer": {haveLocalOffer},
		"setRemoteDescription rollback": {},
		"addIceCandidate":               {haveRemoteOffer, haveLocalPranswer, haveRemotePranswer},
	}
	states := map[string]bool{}
	for _, v := range variants {
		_, state, _ := strings.Cut(v.Variant, "=")
		states[state] = true
		made := map[string]bool{}
		for step := range v.All() {
			call, ok := step.Action.(*scenario.Call)
			if !ok || call.Peer != "alice" {
				continue
			}
			made[strings.TrimSpace(call.Method.Name+" "+descriptionType(call))] = true
		}
		for call, in := range allowed {
			if !slices.Contains(in, state) && !made[call] {
				t.Errorf("%s is not tried in %s", call, state)
			}
		}
	}
	for _, state := range []string{stable, haveLocalOffer, haveRemoteOffer, haveLocalPranswer, haveRemotePranswer, "closed"} {
		if !states[state] {
			t.Errorf("nothing is tried in %s", state)
		}
	}
}

// descriptionType returns the type of the description that a call sets, empty for other calls.
func descriptionType(call *scenario.Call) string {
	switch args := call.Args.(type) {
	case *scenario.SetLocalDescription:
		return args.Description.Type
	case *scenario.SetRemoteDescription:
		return args.Description.Type
	}
	return ""
}
