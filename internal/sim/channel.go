package sim

import (
	"sync"

	"github.com/pion/datachannel"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// channel is a data channel of a peer.
type channel struct {
	peer *peer
	dc   *webrtc.DataChannel
	name string // the scenario's name for it, else its label

	mu         sync.Mutex
	reader     datachannel.ReadWriteCloser // once it is detached
	binaryType string
}

// addChannel takes a data channel that was created or announced, and registers for its events when the scenario says so.
func (p *peer) addChannel(dc *webrtc.DataChannel, name string, when scenario.ListenChannel) *channel {
	c := &channel{peer: p, dc: dc, name: name, binaryType: "arraybuffer"}
	p.mu.Lock()
	p.channels = append(p.channels, c)
	p.mu.Unlock()

	hear(when.Open, func() {
		dc.OnOpen(func() { c.event(recorder.KindOpen, recorder.ChannelEvent{}) })
	})
	hear(when.Close, func() {
		dc.OnClose(func() { c.event(recorder.KindClose, recorder.ChannelEvent{}) })
	})
	hear(when.Error, func() {
		dc.OnError(func(err error) { c.event(recorder.KindError, recorder.ChannelEvent{Error: err.Error()}) })
	})
	hear(when.BufferedAmountLow, func() {
		dc.OnBufferedAmountLow(func() { c.event(recorder.KindBufferedAmountLow, recorder.ChannelEvent{}) })
	})
	hear(when.Message, func() {
		dc.OnMessage(func(m webrtc.DataChannelMessage) {
			c.event(recorder.KindMessage, recorder.ChannelEvent{Message: message(m.IsString, m.Data)})
		})
	})
	return c
}

// event records an event of the channel; what the data has in common for all of them is filled in here.
func (c *channel) event(kind recorder.Kind, data recorder.ChannelEvent) {
	data.Channel = c.name
	data.Label = c.dc.Label()
	data.ID = c.dc.ID()
	data.Now = c.dc.ReadyState().String()
	c.peer.event(kind, data)
}

// detach takes the channel from pion, which delivers its messages to whoever reads from now on.
func (c *channel) detach() error {
	reader, err := c.dc.Detach()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reader = reader
	return nil
}

// detached returns what reads from the channel, nil before it is detached.
func (c *channel) detached() datachannel.ReadWriteCloser {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reader
}

// read waits for a message on a detached channel.
func read(from datachannel.ReadWriteCloser, size int) (*recorder.Message, error) {
	buffer := make([]byte, size)
	n, text, err := from.ReadDataChannel(buffer)
	if err != nil {
		return nil, err
	}
	return message(text, buffer[:n]), nil
}

func (c *channel) setBinaryType(t string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.binaryType = t
}

// state returns the channel's attributes as they are now.
func (c *channel) state() *recorder.ChannelState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &recorder.ChannelState{
		ReadyState:                 c.dc.ReadyState().String(),
		Label:                      c.dc.Label(),
		ID:                         intPtr(c.dc.ID()),
		BufferedAmount:             int(c.dc.BufferedAmount()),
		BufferedAmountLowThreshold: int(c.dc.BufferedAmountLowThreshold()),
		BinaryType:                 c.binaryType,
		Ordered:                    c.dc.Ordered(),
		MaxPacketLifeTime:          intPtr(c.dc.MaxPacketLifeTime()),
		MaxRetransmits:             intPtr(c.dc.MaxRetransmits()),
		Protocol:                   c.dc.Protocol(),
		Negotiated:                 c.dc.Negotiated(),
		Detached:                   c.reader != nil,
	}
}

// message describes a message; of a long one, the recording keeps the beginning.
func message(text bool, data []byte) *recorder.Message {
	m := &recorder.Message{Size: len(data)}
	head := data[:min(len(data), recorder.MessageHead)]
	if text {
		m.Text = string(head)
	} else {
		m.Binary = head
	}
	return m
}

// channel returns the peer's data channel of that name or label, the newest if there are several, or nil.
func (p *peer) channel(name string) *channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.channels) - 1; i >= 0; i-- {
		if c := p.channels[i]; c.name == name {
			return c
		}
	}
	for i := len(p.channels) - 1; i >= 0; i-- {
		if c := p.channels[i]; c.dc.Label() == name {
			return c
		}
	}
	return nil
}

// channelName returns the scenario's name for a channel that was announced to a peer: the name that the step which
// creates a channel with that label gives it, else the label.
func (s *Session) channelName(p *peer, label string) string {
	for step := range s.scenario.All() {
		call, ok := step.Action.(*scenario.Call)
		if !ok || call.Peer == p.name || call.As == "" {
			continue
		}
		if create, ok := call.Args.(*scenario.CreateDataChannel); ok && create.Label == label {
			return call.As
		}
	}
	return label
}
