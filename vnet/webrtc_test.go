package vnet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/vnet"
)

// peer returns a peer connection of the host, with pion's own settings but for
// mDNS, which needs multicast.
func peer(t testing.TB, h *vnet.Host) *webrtc.PeerConnection {
	t.Helper()
	var engine webrtc.SettingEngine
	engine.SetNet(h.Net())
	engine.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(engine)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	return pc
}

// connect negotiates the peers' session, all candidates in the descriptions.
func connect(t testing.TB, offerer, answerer *webrtc.PeerConnection) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	gathered := webrtc.GatheringCompletePromise(offerer)
	offer, err := offerer.CreateOffer(nil)
	must(err)
	must(offerer.SetLocalDescription(offer))
	<-gathered
	must(answerer.SetRemoteDescription(*offerer.LocalDescription()))
	gathered = webrtc.GatheringCompletePromise(answerer)
	answer, err := answerer.CreateAnswer(nil)
	must(err)
	must(answerer.SetLocalDescription(answer))
	<-gathered
	must(offerer.SetRemoteDescription(*answerer.LocalDescription()))
}

// session connects two peers over lossy links and sends a message; it returns
// when the message has arrived.
func session(t testing.TB, o *log) {
	t.Helper()
	d := vnet.Direction{Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Loss: 0.01, Rate: 1e7}
	link := vnet.Link{Up: d, Down: d}
	in, hosts := start(t, o, []vnet.NetworkConfig{{Name: "home", Link: link}, {Name: "office", Link: link}},
		"alice", "home", "bob", "office")
	alice, bob := peer(t, hosts[0]), peer(t, hosts[1])
	received := make(chan string, 1)
	bob.OnDataChannel(func(c *webrtc.DataChannel) {
		c.OnMessage(func(m webrtc.DataChannelMessage) { received <- string(m.Data) })
	})
	c, err := alice.CreateDataChannel("chat", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.OnOpen(func() {
		if err := c.SendText("hello"); err != nil {
			t.Error(err)
		}
	})
	connect(t, alice, bob)
	select {
	case got := <-received:
		if got != "hello" {
			t.Errorf("received %q, want %q", got, "hello")
		}
	case <-time.After(30 * time.Second):
		t.Error("no message in 30 s")
	}
	for _, pc := range []*webrtc.PeerConnection{alice, bob} {
		if err := pc.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
}

func TestPeerConnection(t *testing.T) {
	o := newLog()
	session(t, o)
	if o.delivered < 20 {
		t.Errorf("%d packets delivered", o.delivered)
	}
}

// The same in virtual time.
func TestPeerConnectionInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { session(t, newLog()) })
}
