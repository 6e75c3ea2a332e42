package packet_test

import (
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"github.com/rtcsim/rtcsim/internal/packet"
	"github.com/rtcsim/rtcsim/vnet"
)

// A capture is what happened in a session, in order: datagrams that were sent,
// and secrets that were agreed on.
type capture struct {
	mu     sync.Mutex
	events []event
}

type event struct {
	datagram packet.Datagram

	owner                string // of a secret; else empty
	clientRandom, master []byte
}

func (c *capture) Sent(p *vnet.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, event{datagram: packet.Datagram{
		ID: p.ID, From: p.From, Src: p.Src, Dst: p.Dst, Payload: p.Payload,
	}})
}

func (c *capture) Delivered(*vnet.Packet, string)            {}
func (c *capture) Dropped(*vnet.Packet, string, vnet.Reason) {}
func (c *capture) Mapped(vnet.Mapping)                       {}

// keyLog is a peer's key log.
type keyLog struct {
	capture *capture
	owner   string
}

func (k keyLog) Write(line []byte) (int, error) {
	fields := strings.Fields(string(line))
	random, _ := hex.DecodeString(fields[1])
	master, _ := hex.DecodeString(fields[2])
	k.capture.mu.Lock()
	defer k.capture.mu.Unlock()
	k.capture.events = append(k.capture.events, event{owner: k.owner, clientRandom: random, master: master})
	return len(line), nil
}

// datagrams returns the datagrams of the capture.
func (c *capture) datagrams() []packet.Datagram {
	var all []packet.Datagram
	for _, e := range c.events {
		if e.owner == "" {
			all = append(all, e.datagram)
		}
	}
	return all
}

// packets dissects the capture; without secrets if secret is not set.
func (c *capture) packets(read func(*packet.Dissector, packet.Datagram) *packet.Packet, secret bool) []*packet.Packet {
	d := packet.NewDissector()
	var all []*packet.Packet
	for _, e := range c.events {
		switch {
		case e.owner == "":
			all = append(all, read(d, e.datagram))
		case secret:
			d.AddSecret(e.clientRandom, e.master)
		}
	}
	return all
}

// A session is what a capture is taken of.
type session struct {
	networks [2]vnet.NetworkConfig
	relayed  bool // nothing but TURN is used
	media    bool // audio and video from alice to bob, else a data channel
	messages int
	size     int
	engine   func(*webrtc.SettingEngine)
}

const turnServer = "turn.example.net"

// run runs the session in virtual time and returns its capture.
func (s session) run(t *testing.T) *capture {
	t.Helper()
	c := new(capture)
	synctest.Test(t, func(t *testing.T) { s.connect(t, c) })
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s session) connect(t *testing.T, c *capture) {
	s.networks[0].Name, s.networks[1].Name = "home", "office"
	in, err := vnet.New(vnet.Config{
		Networks: s.networks[:],
		Random: func(name string) *rand.Rand {
			h := fnv.New64a()
			h.Write([]byte(name))
			return rand.New(rand.NewPCG(1, h.Sum64()))
		},
		Observer: c,
	})
	must(t, err)
	_, err = in.AddServer(vnet.ServerConfig{
		Name: turnServer, Network: vnet.Core,
		TURN: &vnet.TURNConfig{Users: map[string]string{"user": "secret"}},
	})
	must(t, err)
	alice, err := in.AddHost("alice", "home")
	must(t, err)
	bob, err := in.AddHost("bob", "office")
	must(t, err)
	must(t, in.Start())
	defer in.Close()

	a, b := s.peer(t, c, alice), s.peer(t, c, bob)
	defer b.Close()
	defer a.Close()
	done := make(chan struct{})
	if s.media {
		s.call(t, a, b, done)
	} else {
		s.chat(t, a, b, done)
	}
	gathered := webrtc.GatheringCompletePromise(a)
	offer, err := a.CreateOffer(nil)
	must(t, err)
	must(t, a.SetLocalDescription(offer))
	<-gathered
	must(t, b.SetRemoteDescription(*a.LocalDescription()))
	gathered = webrtc.GatheringCompletePromise(b)
	answer, err := b.CreateAnswer(nil)
	must(t, err)
	must(t, b.SetLocalDescription(answer))
	<-gathered
	must(t, a.SetRemoteDescription(*b.LocalDescription()))
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Error("nothing arrived in two minutes")
	}
}

func (s session) peer(t *testing.T, c *capture, h *vnet.Host) *webrtc.PeerConnection {
	t.Helper()
	var engine webrtc.SettingEngine
	engine.SetNet(h.Net())
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	engine.SetDTLSKeyLogWriter(keyLog{c, h.Name()})
	if s.engine != nil {
		s.engine(&engine)
	}
	configuration := webrtc.Configuration{ICEServers: []webrtc.ICEServer{{URLs: []string{"stun:" + turnServer}}}}
	if s.relayed {
		configuration = webrtc.Configuration{
			ICEServers: []webrtc.ICEServer{{
				URLs: []string{"turn:" + turnServer}, Username: "user", Credential: "secret",
			}},
			ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		}
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine)).NewPeerConnection(configuration)
	must(t, err)
	return pc
}

// chat sends the session's messages over a data channel, closes it, and closes
// done when that is done.
func (s session) chat(t *testing.T, a, b *webrtc.PeerConnection, done chan<- struct{}) {
	received := 0
	b.OnDataChannel(func(c *webrtc.DataChannel) {
		c.OnMessage(func(webrtc.DataChannelMessage) {
			if received++; received == s.messages {
				must(t, c.Close())
			}
		})
	})
	c, err := a.CreateDataChannel("chat", nil)
	must(t, err)
	c.OnOpen(func() {
		must(t, c.SendText("hello"))
		for range s.messages - 1 {
			must(t, c.Send(make([]byte, s.size)))
		}
	})
	c.OnClose(func() { close(done) })
}

// call sends ten seconds of audio and video, in which the receiver asks for a
// key frame.
func (s session) call(t *testing.T, a, b *webrtc.PeerConnection, done chan<- struct{}) {
	audio, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "mic", "stream")
	must(t, err)
	video, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "cam", "stream")
	must(t, err)
	for _, track := range []*webrtc.TrackLocalStaticSample{audio, video} {
		sender, err := a.AddTrack(track)
		must(t, err)
		go func() {
			buffer := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buffer); err != nil {
					return
				}
			}
		}()
	}
	b.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			must(t, b.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}}))
		}
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
		}
	})
	a.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state != webrtc.PeerConnectionStateConnected {
			return
		}
		go func() {
			defer close(done)
			for i := range 250 {
				must(t, audio.WriteSample(media.Sample{Data: make([]byte, 60), Duration: 20 * time.Millisecond}))
				if i%2 == 0 {
					frame := make([]byte, 3000)
					frame[0] = byte(min(i, 1)) // a key frame begins it
					must(t, video.WriteSample(media.Sample{Data: frame, Duration: 40 * time.Millisecond}))
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
	})
}

func delayed(d time.Duration, loss float64, nat *vnet.NAT) vnet.NetworkConfig {
	way := vnet.Direction{Delay: d, Loss: loss}
	return vnet.NetworkConfig{Link: vnet.Link{Up: way, Down: way}, NAT: nat}
}

func address(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
