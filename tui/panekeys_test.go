package tui

import (
	"encoding/hex"
	"fmt"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/rtcsim/rtcsim/recorder"
)

// TestPaneKeys presses every key of every pane, and of every tab, in a situation
// in which it must do something: what the pane shows, or the event, is another
// one then.
func TestPaneKeys(t *testing.T) {
	type place struct {
		name string
		r    *recorder.Recording
		kind recorder.Kind
		nth  int
		tab  string // of the event pane
	}
	all := testSession(t)
	states := session(t)
	places := []place{
		{"States", states, recorder.KindDTLSTransportStateChange, 1, ""},
		{"Why", dispute(t, 0), recorder.KindConnectionStateChange, 4, ""},
		{"Event", all, recorder.KindPacketSent, 1, "Data"},
		{"Event", all, recorder.KindPacketSent, 1, "Packet"},
		{"Event", all, recorder.KindSignalSent, 2, "SDP"},
		{"Event", checks(t), recorder.KindPacketDelivered, 1, "Pairs"},
		{"Event", all, recorder.KindMedia, 6, "Charts"},
		{"Event", all, recorder.KindPacketSent, 1, "Scenario"},
	}
	tabs := make(map[string]bool)
	for _, tab := range newEventPane(plainTheme(false)).tabs {
		tabs[tab.name()] = true
	}
	// What is done before, so that the key has something to do.
	before := [][]string{nil, {"G"}, {"j", "enter"}, {"j"}, {"j", "j"}, {"j", "l"}, {"h"}, {"l"}, {"enter"}, {"]"}, {"1"}, {"G", "G"}}
	for _, p := range places {
		delete(tabs, p.tab)
		at := func() (*Model, pane) {
			m := New(p.r, Options{Renderer: colours()})
			t.Cleanup(m.Close)
			m.Update(tea.WindowSizeMsg{Width: 120, Height: 32})
			m.moveTo(findEvent(t, p.r, p.kind, p.nth))
			if p.name == "Why" {
				answered(m, m.why())
				m.View()
			}
			for i, pane := range m.panes {
				if pane.title() == p.name {
					m.focus, m.last = i+1, i
				}
			}
			pane := m.panes[m.focus-1]
			if e, ok := pane.(*eventPane); ok {
				for i, tab := range e.tabs {
					if tab.name() == p.tab {
						if !e.offered[i] {
							t.Fatalf("%s is not offered", p.tab)
						}
						e.pick(i)
					}
				}
				settled(e, 100, 28)
			}
			return m, pane
		}
		_, pane := at()
		for _, binding := range pane.keys() {
			for _, pressed := range binding.Keys() {
				if binding.Help().Key == tabNumber.Help().Key && pressed > fmt.Sprint(len(newEventPane(plainTheme(false)).tabs)) {
					continue // there are not so many tabs
				}
				t.Run(p.name+" "+p.tab+" "+pressed, func(t *testing.T) {
					for _, first := range before {
						m, pane := at()
						for _, k := range first {
							hit(m, k)
						}
						if e, ok := pane.(*eventPane); ok && binding.Help().Key != tabNumber.Help().Key && e.tabs[e.shown].name() != p.tab {
							continue
						}
						was, cursor, shown := pane.view(60, 14), m.cursor, m.panes[0]
						hit(m, pressed)
						if pane.view(60, 14) != was || m.panes[0] != shown || m.cursor != cursor || m.message.text != "" {
							return
						}
					}
					t.Errorf("%q (%s) does nothing", pressed, binding.Help().Desc)
				})
			}
		}
	}
	for tab := range tabs {
		t.Errorf("no test is about the tab %s", tab)
	}
	for _, p := range newPanes(newTheme(colours(), false)) {
		if p.title() != "States" && p.title() != "Event" {
			t.Errorf("no test is about the pane %s", p.title())
		}
	}
}

// hit presses a key and carries out what comes of it at once.
func hit(m *Model, name string) {
	_, cmd := m.Update(keyMsg(name))
	for range 3 {
		if cmd == nil {
			return
		}
		msg := cmd()
		if _, later := msg.(tea.BatchMsg); later { // a look at what goes on in the background
			return
		}
		_, cmd = m.Update(msg)
	}
}

// checks is a recording in which two peers check two pairs each.
func checks(t *testing.T) *recorder.Recording {
	tape := newTape(t)
	payload, err := hex.DecodeString(testSTUN)
	if err != nil {
		t.Fatal(err)
	}
	call := func(peer, method, args string) {
		cause := tape.at(1, peer, recorder.KindCall, recorder.Call{Method: method, Args: []byte(args)})
		tape.log.Add(peer, recorder.KindReturn, cause, recorder.Return{Method: method})
	}
	describe := func(kind, peer string) string {
		return `{"type":"` + kind + `","sdp":"v=0\r\na=ice-ufrag:` + peer + `\r\na=ice-pwd:` + peer + `\r\n"}`
	}
	candidate := func(peer, address string) {
		text := "candidate:1 1 udp 2130706431 " + address + " 5000 typ host"
		tape.at(1, peer, recorder.KindICECandidate, recorder.Candidate{Candidate: text, Type: "host", Address: address, Port: 5000})
	}
	remote := func(peer, address string) {
		text := "candidate:" + address + " 1 udp 1694498815 " + address + " 5000 typ host"
		call(peer, "addIceCandidate", `{"candidate":"`+text+`"}`)
	}
	addresses := map[string]string{"alice": "192.168.0.1", "bob": "192.168.0.2"}
	for _, peer := range []string{"alice", "bob"} {
		call(peer, "RTCPeerConnection", "{}")
		tape.begin(peer, recorder.PeerState{})
	}
	call("alice", "setLocalDescription", describe("offer", "alice"))
	call("bob", "setRemoteDescription", describe("offer", "alice"))
	call("bob", "setLocalDescription", describe("answer", "bob"))
	call("alice", "setRemoteDescription", describe("answer", "bob"))
	candidate("alice", addresses["alice"])
	candidate("bob", addresses["bob"])
	remote("alice", addresses["bob"])
	remote("alice", "192.168.0.3")
	remote("bob", addresses["alice"])
	remote("bob", "192.168.0.4")
	for i, pair := range [][2]string{{"192.168.0.1", "192.168.0.2"}, {"192.168.0.1", "192.168.0.3"}, {"192.168.0.2", "192.168.0.1"}} {
		peer, other := "alice", "bob"
		if pair[0] == addresses["bob"] {
			peer, other = other, peer
		}
		sent := tape.at(3+i, peer, recorder.KindPacketSent, recorder.PacketSent{ID: uint64(i + 1), Src: pair[0] + ":5000", Dst: pair[1] + ":5000",
			Protocol: "stun", Types: []string{"binding-request"}, Size: len(payload), Payload: payload})
		if pair[1] != "192.168.0.3" {
			tape.log.Add(other, recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: uint64(i + 1), From: peer, Protocol: "stun", Types: []string{"binding-request"}})
		}
	}
	tape.live.Finish(recorder.End{})
	return tape.live.Recording
}
