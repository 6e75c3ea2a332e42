package standard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

const (
	announceOpen   = webrtc + "announcing-a-data-channel-as-open"
	announceClosed = webrtc + "announcing-a-data-channel-as-closed"
	createChannel  = webrtc + "dom-peerconnection-createdatachannel"
)

// patience is how long something may take that needs the network, on a connection that is connected.
const patience = 10 * time.Second

// channelRules are about data channels.
var channelRules = []*Rule{
	{
		ID:       "announced-not-open",
		Standard: "readyState is open when datachannel fires, and messages can be sent at once",
		Spec:     webrtc + "announcing-a-data-channel-instance",
		Pion:     "fires datachannel first and opens the channel afterwards; send fails until then.",
		Where:    "sctptransport.go:339-340",
		find: on(func(p *peer, e recorder.Event, d recorder.ChannelEvent) string {
			if e.Kind != recorder.KindDataChannel || d.Now == "open" || d.Now == "" || p.close != nil {
				return ""
			}
			return fmt.Sprintf("datachannel fired with %q in readyState %s", d.Label, d.Now)
		}),
		Once: true,
	},
	{
		ID:       "closing-missing",
		Standard: "closing fires when the other peer closes the channel, before close",
		Spec:     webrtc + "closing-procedure",
		Pion:     "has no such event: the channel is closed at once.",
		Where:    "datachannel.go:404-436",
		Chrome:   "fires closing and close.",
		find: on(func(p *peer, e recorder.Event, d recorder.ChannelEvent) string {
			if e.Kind != recorder.KindClose || p.close != nil || !p.listens(recorder.KindClosing) {
				return ""
			}
			if ch := p.channel(d.Channel); ch != nil && (ch.closing || ch.failed || ch.closeCall != nil) {
				return ""
			}
			if by, gone := p.closedBy(d.Channel); !by || gone {
				return ""
			}
			return fmt.Sprintf("data channel %q fired close without closing", d.Label)
		}),
	},
	{
		ID:       "error-after-close",
		Standard: "error fires before close",
		Spec:     announceClosed,
		Pion:     "fires both in goroutines of their own.",
		Where:    "datachannel.go:429-433",
		Chrome:   "fires closing, error and close.",
		find: on(func(p *peer, e recorder.Event, d recorder.ChannelEvent) string {
			if e.Kind != recorder.KindError || p.close != nil {
				return ""
			}
			if ch := p.channel(d.Channel); ch == nil || ch.closed == 0 {
				return ""
			}
			return fmt.Sprintf("data channel %q fired error after close", d.Label)
		}),
	},
	{
		ID:       "error-missing",
		Standard: "error fires, and then close, when the transport of a data channel is lost",
		Spec:     announceClosed,
		Pion:     "fires error only where reading ended with something else than the end of the stream.",
		Where:    "datachannel.go:429-433",
		Chrome:   "fires closing, error and close.",
		end: func(p *peer, _ time.Duration) []finding {
			var missing []finding
			for _, ch := range p.channels {
				by, gone := p.closedBy(ch.name)
				if ch.closed == 0 || ch.failed || ch.closeCall != nil || p.close != nil || by || !gone || !p.listens(recorder.KindError) {
					continue
				}
				missing = append(missing, finding{fmt.Sprintf("data channel %q fired close without error when the other peer closed the connection", ch.label), ch.closed})
			}
			return missing
		},
	},
	{
		ID:       "close-missing",
		Standard: "close fires when a channel that was closed is closed on both sides",
		Spec:     webrtc + "dom-rtcdatachannel-close",
		Pion:     "leaves a channel that is closed while connecting in closing for ever.",
		Where:    "datachannel.go:555-577, sctptransport.go:159",
		end: func(p *peer, now time.Duration) []finding {
			var missing []finding
			for _, ch := range p.channels {
				if ch.closeCall == nil || ch.closed != 0 || !p.settled(ch.closeCall.time, now) || !p.listens(recorder.KindClose) {
					continue
				}
				missing = append(missing, finding{fmt.Sprintf("data channel %q never fired close after its close()", ch.label), ch.closeCall.seq})
			}
			return missing
		},
	},
	{
		ID:       "announcement-missing",
		Standard: "datachannel fires when the other peer's channel is there",
		Spec:     webrtc + "announcing-a-data-channel-instance",
		Pion:     "stops to accept channels once a message has come on a stream that has none.",
		Where:    "sctptransport.go:273-285",
		end: func(p *peer, now time.Duration) []finding {
			others := p.others()
			if len(others) != 1 || others[0].unclear || !p.listens(recorder.KindDataChannel) {
				return nil // whose channels would be announced here?
			}
			var missing []finding
			for _, ch := range others[0].channels {
				if ch.created == nil || ch.created.dataChannel().Negotiated || !ch.opened || ch.closed != 0 || ch.closeCall != nil || !p.settled(ch.created.time, now) {
					continue
				}
				if !slices.ContainsFunc(p.channels, func(c *channel) bool { return c.announced && c.label == ch.label }) {
					missing = append(missing, finding{fmt.Sprintf("the data channel %q of the other peer was never announced", ch.label), ch.created.seq})
				}
			}
			return missing
		},
	},
	{
		ID:       "open-before-event",
		Standard: "a channel that this side made is connecting until open fires, and send throws InvalidStateError",
		Spec:     announceOpen,
		Pion:     "has it open as soon as SCTP is up, and fires open when the other side has acknowledged it.",
		Where:    "datachannel.go:218-231, 351-365",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "send" || r.Error != nil || p.close != nil || p.unclear || !p.listens(recorder.KindOpen) {
				return ""
			}
			if ch := p.channel(c.channel); ch == nil || ch.created == nil || ch.opened {
				return ""
			}
			return fmt.Sprintf("send succeeded on data channel %q before open fired", c.channel)
		}),
	},
	{
		ID:       "low-without-send",
		Standard: "bufferedamountlow fires when what the application has sent falls to the threshold",
		Spec:     webrtc + "dom-rtcdatachannel-bufferedamount",
		Pion:     "counts its own message that opens the channel, or acknowledges that, in bufferedAmount.",
		Where:    "sctp stream.go:443, datachannel.go:666, 722",
		find: on(func(p *peer, e recorder.Event, d recorder.ChannelEvent) string {
			if e.Kind != recorder.KindBufferedAmountLow || p.close != nil || p.unclear {
				return ""
			}
			if ch := p.channel(d.Channel); ch != nil && ch.sent {
				return ""
			}
			return fmt.Sprintf("data channel %q fired bufferedamountlow although nothing was sent on it", d.Label)
		}),
		Once: true,
	},
	{
		ID:       "channel-arguments-accepted",
		Standard: "createDataChannel rejects such arguments",
		Spec:     createChannel,
		Pion:     "checks neither the id nor whether a negotiated channel has one.",
		Where:    "peerconnection.go:2391-2466",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "createDataChannel" || r.Error != nil {
				return ""
			}
			args := c.dataChannel()
			switch {
			case args.Negotiated && args.ID == nil:
				return "createDataChannel accepted negotiated without an id (TypeError)"
			case args.Negotiated && *args.ID == 65535:
				return "createDataChannel accepted the id 65535 (TypeError)"
			case args.Negotiated && p.taken(*args.ID):
				return fmt.Sprintf("createDataChannel accepted the id %d a second time (OperationError)", *args.ID)
			}
			return ""
		}),
	},
	{
		ID:       "send-error",
		Standard: "send throws InvalidStateError while the channel is not open, and TypeError where the message is too large",
		Spec:     webrtc + "dom-rtcdatachannel-send",
		Pion:     "returns io.ErrClosedPipe, or a plain error.",
		Where:    "datachannel.go:469, sctp stream.go:312",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "send" || r.Error == nil {
				return ""
			}
			ch := p.channel(c.channel)
			var message recorder.Message
			if json.Unmarshal(c.args, &message) != nil || ch == nil {
				return ""
			}
			tooLarge := message.Size > p.maxMessageSize()
			closed := ch.closeCall != nil || ch.closed != 0 || p.close != nil
			switch {
			case tooLarge && !closed && r.Error.Name != "TypeError" && r.Error.Name != "InvalidStateError":
				return fmt.Sprintf("send of %d bytes, where %d are the most, failed with %s", message.Size, p.maxMessageSize(), r.Error.Name)
			case !tooLarge && (closed || !ch.opened) && r.Error.Name != "InvalidStateError":
				return "send on a channel that is not open failed with " + r.Error.Name
			}
			return ""
		}),
	},
}

// closedBy tells whether another peer has closed the channel, and whether another peer has closed its connection.
func (p *peer) closedBy(name string) (channel, connection bool) {
	for _, other := range p.others() {
		ch := other.channel(name)
		channel = channel || ch != nil && ch.closeCall != nil
		connection = connection || other.close != nil
	}
	return channel, connection
}

// settled tells whether what began at a time has had its time to end, on connections that are connected.
func (p *peer) settled(since, now time.Duration) bool {
	since = max(since, p.connected)
	for _, peer := range p.checker.peers {
		if peer.close != nil || peer.last[recorder.KindConnectionStateChange] != "connected" {
			return false
		}
		since = max(since, peer.connected)
	}
	return now >= since+patience
}

// taken tells whether a channel that is not closed has the id.
func (p *peer) taken(id uint16) bool {
	return slices.ContainsFunc(p.channels, func(ch *channel) bool {
		if ch.created == nil || ch.closed != 0 {
			return false
		}
		args := ch.created.dataChannel()
		return args.Negotiated && args.ID != nil && *args.ID == id
	})
}

// maxMessageSize is the size of the largest message that the other side takes.
func (p *peer) maxMessageSize() int {
	for _, v := range values(p.remote, "a=max-message-size:") {
		if n, err := strconv.Atoi(v); err == nil && n > 0 {
			return n
		}
	}
	return 65536 // RFC 8841, section 6.1
}
