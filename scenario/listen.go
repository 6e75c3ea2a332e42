package scenario

import (
	"cmp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Listen says when the application around a peer connection sets its handlers. By default it sets all of them before
// anything can happen. What fires while there is no handler is lost to the application, and so to the recording, to
// the scenario's handlers and to its expectations: as in pion, and as in a browser.
//
// The times of the connection's own events count from the constructor; those of the data channels' events from the
// moment when the application has the channel: when createDataChannel returns, or when the datachannel event announces it.
type Listen struct {
	NegotiationNeeded        *Hearing `yaml:"negotiationneeded" doc:"When the handler of negotiationneeded is set: never, or after a time." example:"after 100ms"`
	ICECandidate             *Hearing `yaml:"icecandidate" doc:"When the handler of icecandidate is set." example:"after 100ms"`
	SignalingStateChange     *Hearing `yaml:"signalingstatechange" doc:"When the handler of signalingstatechange is set." example:"never"`
	ICEGatheringStateChange  *Hearing `yaml:"icegatheringstatechange" doc:"When the handler of icegatheringstatechange is set." example:"never"`
	ICEConnectionStateChange *Hearing `yaml:"iceconnectionstatechange" doc:"When the handler of iceconnectionstatechange is set." example:"never"`
	ConnectionStateChange    *Hearing `yaml:"connectionstatechange" doc:"When the handler of connectionstatechange is set." example:"never"`
	DataChannel              *Hearing `yaml:"datachannel" doc:"When the handler of datachannel is set. pion closes a channel that nobody listens for." example:"never"`
	Track                    *Hearing `yaml:"track" doc:"When the handler of track is set." example:"after 100ms"`
	ListenChannel
}

// ListenChannel says when the application sets the handlers of a data channel. Under a peer it holds for all the peer's
// channels, those too that the other peer makes; under createDataChannel for that channel, where what it leaves out is as
// the peer has it.
type ListenChannel struct {
	Open              *Hearing `yaml:"open" doc:"When the handler of open is set on a data channel. pion calls it at once where the channel is open already." example:"after 1s"`
	Message           *Hearing `yaml:"message" doc:"When the handler of message is set on a data channel. pion loses what arrives before." example:"after 100ms"`
	BufferedAmountLow *Hearing `yaml:"bufferedamountlow" doc:"When the handler of bufferedamountlow is set on a data channel." example:"never"`
	Error             *Hearing `yaml:"error" doc:"When the handler of error is set on a data channel." example:"never"`
	Close             *Hearing `yaml:"close" doc:"When the handler of close is set on a data channel." example:"never"`
}

// Hearing is when a handler is set: at once, which is the zero value, after a time, or never. Nil: the file does not say,
// which means at once.
type Hearing struct {
	Never bool
	After time.Duration
}

// Or returns what a channel's own listen says, with the rest from its peer.
func (l ListenChannel) Or(peer ListenChannel) ListenChannel {
	return ListenChannel{
		Open:              cmp.Or(l.Open, peer.Open),
		Message:           cmp.Or(l.Message, peer.Message),
		BufferedAmountLow: cmp.Or(l.BufferedAmountLow, peer.BufferedAmountLow),
		Error:             cmp.Or(l.Error, peer.Error),
		Close:             cmp.Or(l.Close, peer.Close),
	}
}

func (h *Hearing) read(r *reader, n *yaml.Node) {
	const hint = "such as never, after 100ms, or at once, which is the default"
	after, delayed := strings.CutPrefix(n.Value, "after ")
	switch {
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.expected(n, "when to listen", hint)
	case n.Value == "at once":
	case n.Value == "never":
		h.Never = true
	case delayed:
		d, w := parseDuration(strings.TrimSpace(after))
		if w != nil {
			r.errorf(r.place(n, len("after ")), w.code, w.hint, "%s", w.message)
		}
		h.After = d
	default:
		r.expected(n, "when to listen", hint)
	}
}
