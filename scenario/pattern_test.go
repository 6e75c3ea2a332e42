package scenario_test

import (
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

func TestPatternMatch(t *testing.T) {
	hello := recorder.ChannelEvent{Channel: "chat", Label: "my channel", Message: &recorder.Message{Text: "hello", Size: 5}}
	tests := []struct {
		pattern string
		kind    recorder.Kind
		data    any
		want    bool
	}{
		{`{event: message}`, recorder.KindMessage, hello, true},
		{`{event: open}`, recorder.KindMessage, hello, false},
		{`{peer: bob, event: message}`, recorder.KindMessage, hello, true},
		{`{peer: alice, event: message}`, recorder.KindMessage, hello, false},
		{`{event: message, channel: chat}`, recorder.KindMessage, hello, true},
		{`{event: message, channel: my channel}`, recorder.KindMessage, hello, true},
		{`{event: message, label: chat}`, recorder.KindMessage, hello, false},
		{`{event: message, channel: other}`, recorder.KindMessage, hello, false},
		{`{event: message, data: hello}`, recorder.KindMessage, hello, true},
		{`{event: message, data: ''}`, recorder.KindMessage, hello, false},
		{`{event: message, data: ''}`, recorder.KindMessage, recorder.ChannelEvent{Message: &recorder.Message{Binary: []byte{1}, Size: 1}}, false},
		{`{event: message, before: 10s}`, recorder.KindMessage, hello, false},
		{`{event: message, before: 11s, after: 10s}`, recorder.KindMessage, hello, true},
		{`{event: message, after: 11s}`, recorder.KindMessage, hello, false},
		{`{event: connectionstatechange, state: failed}`, recorder.KindConnectionStateChange, recorder.StateChange{State: "failed"}, true},
		{`{event: connectionstatechange, state: closed}`, recorder.KindConnectionStateChange, recorder.StateChange{State: "failed"}, false},
		{`{event: icecandidate, type: relay}`, recorder.KindICECandidate, recorder.Candidate{Type: "relay"}, true},
		{`{event: icecandidate, type: relay}`, recorder.KindICECandidate, recorder.Candidate{End: true}, false},
		{`{event: signal-sent, type: offer}`, recorder.KindSignalSent, recorder.Signal{Type: "offer"}, true},
		{`{event: call, method: send, channel: chat}`, recorder.KindCall, recorder.Call{Method: "send", Channel: "chat"}, true},
		{`{event: return, error: TypeError}`, recorder.KindReturn, recorder.Return{Method: "send", Error: &recorder.CallError{Name: "TypeError"}}, true},
		{`{event: return, error: TypeError}`, recorder.KindReturn, recorder.Return{Method: "send"}, false},
		{`{event: error, error: reset}`, recorder.KindError, recorder.ChannelEvent{Error: "sending reset packet"}, true},
		{`{event: packet-dropped, reason: loss}`, recorder.KindPacketDropped, recorder.PacketEnd{Reason: "loss"}, true},
		{`{event: log}`, recorder.KindLog, recorder.LogLine{}, true},
	}
	for _, test := range tests {
		t.Run(test.pattern, func(t *testing.T) {
			s, err := scenario.Read("test.yaml", []byte("peers: {alice: {}, bob: {}}\nsteps:\n"+
				"  - {bob: createDataChannel, with: {label: my channel}, as: chat}\n  - {bob: createDataChannel, with: {label: other}}\n"+
				"expect:\n  - "+test.pattern+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			event := recorder.Event{Time: 10 * time.Second, Peer: "bob", Kind: test.kind}
			if got := s.Expect[0].Sequence[0].Match(event, test.data); got != test.want {
				t.Errorf("Match = %v, want %v", got, test.want)
			}
		})
	}
}
