package tui

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A longCall makes the events of a call among any number of peers, with the
// kinds and about the sizes that one has: mostly packets, and among them
// signaling, changes of state, messages, calls, and what goes wrong.
type longCall struct {
	log     *recorder.Log
	now     time.Duration
	random  *rand.Rand
	peers   []string
	packets uint64
	count   int
	failed  error
}

func callHeader() recorder.Header {
	return recorder.Header{Identity: recorder.Identity{Scenario: "call.yaml", Seed: 1}}
}

// write writes a call of at least so many events as a recording.
func (c *longCall) write(out io.Writer, peers, events int) error {
	w, err := recorder.NewWriter(out, callHeader())
	if err != nil {
		return err
	}
	c.log = recorder.NewLog(func() time.Duration { return c.now }, func(line []byte) {
		c.count++
		if c.failed == nil {
			c.failed = w.Write(line)
		}
	})
	c.random = rand.New(rand.NewPCG(1, uint64(peers)))
	for i := range peers {
		c.peers = append(c.peers, fmt.Sprintf("peer%d", i+1))
	}
	c.begin()
	for n := 1; c.count < events; n++ {
		c.now += time.Duration(c.random.IntN(5)) * time.Millisecond
		c.packet()
		if c.count > events/10 && c.count < events*9/10 && events > 10_000 {
			continue // a long time of nothing but packets
		}
		if n%50 == 0 {
			c.message()
		}
		if n%400 == 0 {
			c.trouble()
		}
		if n%2000 == 0 {
			c.now += 3 * time.Second
			c.log.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[1]", Line: 9, Text: "wait 3s"})
		}
	}
	c.log.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "{peer: peer1, connectionState: connected}", Line: 12, Held: true})
	c.log.Add("", recorder.KindVerdict, 0, recorder.Verdict{Text: "{peer: peer1, connectionState: closed}", Line: 13, Seen: "connected"})
	c.log.Add("", recorder.KindEnd, 0, recorder.SessionEnd{Reason: "failed"})
	if c.failed != nil {
		return c.failed
	}
	return w.Close(recorder.End{Outcome: recorder.OutcomeFailed, Time: int64(c.now)})
}

func (c *longCall) begin() {
	c.log.Add("", recorder.KindRun, 0, recorder.Run{Identity: callHeader().Identity})
	for i, p := range c.peers {
		step := c.log.Add("", recorder.KindStep, 0, recorder.Step{Path: "steps[0]", Line: 4, Text: p + ": createOffer"})
		call := c.log.Add(p, recorder.KindCall, step, recorder.Call{Method: "RTCPeerConnection"})
		c.log.Add(p, recorder.KindReturn, call, recorder.Return{Method: "RTCPeerConnection", Now: &recorder.States{
			Signaling: "stable", ICEGathering: "new", ICEConnection: "new", Connection: "new",
		}})
		state := recorder.PeerState{SignalingState: "stable", ICEGatheringState: "new", ICEConnectionState: "new", ConnectionState: "new",
			ICE: &recorder.ICEState{State: "new", Role: "controlling"}, DTLS: &recorder.DTLSState{State: "new"},
			Channels: map[string]*recorder.ChannelState{"chat": {ReadyState: "connecting", Label: "chat", Ordered: true}}}
		c.log.Add(p, recorder.KindSnapshot, 0, recorder.Snapshot{Full: true, State: state.Members()})
		sent := c.log.Add(p, recorder.KindSignalSent, call, recorder.Signal{From: p, To: c.other(i), Type: "offer", SDP: "v=0\r\n"})
		c.now += 20 * time.Millisecond
		c.log.Add(c.other(i), recorder.KindSignalDelivered, sent, recorder.Signal{From: p, To: c.other(i), Type: "offer", SDP: "v=0\r\n"})
		for _, s := range []string{"checking", "connected"} {
			c.log.Add(p, recorder.KindICEConnectionStateChange, 0, recorder.StateChange{State: s, Now: s})
			c.log.Add(p, recorder.KindICETransportStateChange, 0, recorder.StateChange{State: s, Now: s})
		}
		c.log.Add(p, recorder.KindOpen, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open"})
	}
}

// other is the peer that a peer talks to.
func (c *longCall) other(i int) string { return c.peers[(i+1)%len(c.peers)] }

func (c *longCall) packet() {
	from := c.random.IntN(len(c.peers))
	c.packets++
	size := []int{60, 120, 160, 1100, 1200}[c.random.IntN(5)]
	p := recorder.PacketSent{ID: c.packets, Src: "10.0.0.1:5000", Dst: "203.0.113.7:41234", Protocol: "srtp", Types: []string{"rtp"}, Size: size, Payload: make([]byte, size)}
	for i := range p.Payload {
		p.Payload[i] = byte(c.random.Uint32())
	}
	sent := c.log.Add(c.peers[from], recorder.KindPacketSent, 0, p)
	end := recorder.PacketEnd{ID: c.packets, Protocol: p.Protocol, Types: p.Types, Path: []recorder.Hop{
		{At: "home/up", Time: c.now + 1e6, Wait: 12345},
		{At: "home", Time: c.now + 2e6, Src: "198.51.100.1:50123", Dst: "203.0.113.7:41234"},
	}}
	if c.random.IntN(50) == 0 {
		end.Reason = "loss"
		c.log.Add("home", recorder.KindPacketDropped, sent, end)
		return
	}
	c.log.Add(c.other(from), recorder.KindPacketDelivered, sent, end)
}

// message sends a message.
func (c *longCall) message() {
	from := c.random.IntN(len(c.peers))
	call := c.log.Add(c.peers[from], recorder.KindCall, 2, recorder.Call{Method: "send", Channel: "chat", Args: []byte(`{"text":"hello","size":5}`)})
	c.log.Add(c.peers[from], recorder.KindReturn, call, recorder.Return{Method: "send", Channel: "chat"})
	c.log.Add(c.other(from), recorder.KindMessage, 0, recorder.ChannelEvent{Channel: "chat", Label: "chat", Now: "open", Message: &recorder.Message{Text: "hello", Size: 5}})
}

// trouble is what goes wrong, or is remarkable.
func (c *longCall) trouble() {
	p := c.peers[c.random.IntN(len(c.peers))]
	switch c.random.IntN(5) {
	case 0:
		call := c.log.Add(p, recorder.KindCall, 0, recorder.Call{Method: "addIceCandidate"})
		c.now += time.Millisecond
		c.log.Add(p, recorder.KindReturn, call, recorder.Return{Method: "addIceCandidate", Took: time.Millisecond, Error: &recorder.CallError{Name: "OperationError", Message: "no"}})
	case 1:
		c.log.Add(p, recorder.KindLog, 0, recorder.LogLine{Level: "error", Scope: "ice", Text: "失敗\tüber\x1b[31m red"})
	case 2:
		c.log.Add(p, recorder.KindRemark, 2, recorder.Remark{Rule: "event-after-close", Text: "an event after close()", Spec: "s"})
	case 3:
		for _, s := range []string{"disconnected", "failed", "checking", "connected"} {
			c.log.Add(p, recorder.KindICEConnectionStateChange, 0, recorder.StateChange{State: s, Now: s})
		}
	case 4:
		c.log.Add("home", recorder.KindNATMapping, 0, recorder.NATMapping{Local: "10.0.0.1:5000", Public: "198.51.100.1:50123", Remote: "203.0.113.7:41234"})
	}
}

// callOf returns a call as a recording, and its bytes.
func callOf(t testing.TB, peers, events int) (*recorder.Recording, []byte) {
	t.Helper()
	var file bytes.Buffer
	if err := new(longCall).write(&file, peers, events); err != nil {
		t.Fatal(err)
	}
	return loadBytes(t, file.Bytes()), file.Bytes()
}

// loadBytes loads a recording to its end.
func loadBytes(t testing.TB, file []byte) *recorder.Recording {
	t.Helper()
	r, err := recorder.NewRecording(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	<-r.Done()
	return r
}
