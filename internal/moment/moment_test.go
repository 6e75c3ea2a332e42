package moment_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtcsim/rtcsim/internal/moment"
	"github.com/rtcsim/rtcsim/recorder"
)

// record returns a recording of a network with a NAT, a server and a peer, and of what is played there.
func record(t *testing.T, play func(log *recorder.Log, at func(time.Duration))) *recorder.Recording {
	t.Helper()
	live, err := recorder.NewLive(recorder.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	var now time.Duration
	log := recorder.NewLog(func() time.Duration { return now }, func(line []byte) {
		if err := live.Append(line); err != nil {
			t.Fatal(err)
		}
	})
	log.Add("", recorder.KindTopology, 0, recorder.Topology{
		Networks: []recorder.TopologyNetwork{
			{Name: "internet", Subnet: "198.19.0.0/24"},
			{Name: "home", Behind: "internet", Subnet: "192.168.0.0/24", Public: []string{"203.0.113.1"}, NAT: "symmetric, lifetime 30s"},
		},
		Hosts: []recorder.TopologyHost{
			{Name: "stun", Server: "stun:3478", Interfaces: []recorder.TopologyInterface{{Name: "eth0", Network: "internet", Address: "198.19.0.1", Up: true}}},
			{Name: "alice", Interfaces: []recorder.TopologyInterface{{Name: "wifi", Network: "home", Address: "192.168.0.1", Up: true}}},
		},
	})
	play(log, func(t time.Duration) { now = t })
	live.Finish(recorder.End{})
	return live.Recording
}

// mapped makes a mapping.
func mapped(log *recorder.Log, public string) {
	log.Add("home", recorder.KindNATMapping, 0, recorder.NATMapping{Local: "192.168.0.1:5000", Public: public, Remote: "198.19.0.1:3478"})
}

// out has a packet go out by a mapping.
func out(log *recorder.Log, at time.Duration, public string) {
	sent := log.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "192.168.0.1:5000", Dst: "198.19.0.1:3478", Protocol: "stun"})
	log.Add("stun", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 1, Path: []recorder.Hop{{At: "home", Time: at, Src: public}}})
}

func TestMappings(t *testing.T) {
	const a, b = "203.0.113.1:49152", "203.0.113.1:49153"
	for _, test := range []struct {
		name string
		play func(log *recorder.Log, at func(time.Duration))
		when time.Duration
		want string
	}{
		{"made", func(log *recorder.Log, at func(time.Duration)) { mapped(log, a) }, 30 * time.Second, a + " used 0s"},
		{"expired", func(log *recorder.Log, at func(time.Duration)) { mapped(log, a) }, 30*time.Second + 1, a + " used 0s expired"},
		{"used", func(log *recorder.Log, at func(time.Duration)) {
			mapped(log, a)
			mapped(log, b)
			at(10 * time.Second)
			out(log, 10*time.Second, a)
		}, 35 * time.Second, a + " used 10s, " + b + " used 0s expired"},
		{"not used yet", func(log *recorder.Log, at func(time.Duration)) {
			mapped(log, a)
			at(10 * time.Second)
			out(log, 10*time.Second, a)
		}, 5 * time.Second, a + " used 0s"},
		{"forgotten", func(log *recorder.Log, at func(time.Duration)) {
			mapped(log, a)
			at(time.Second)
			log.Add("home", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "NAT rebind port"})
			mapped(log, b)
		}, 2 * time.Second, b + " used 1s"},
		{"made again", func(log *recorder.Log, at func(time.Duration)) {
			mapped(log, a)
			at(40 * time.Second)
			mapped(log, a)
		}, 41 * time.Second, a + " used 40s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := record(t, test.play)
			m, err := moment.At(r, r.At(test.when), test.when, 5)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, mapping := range m.Networks[1].Mappings {
				if i > 0 {
					got += ", "
				}
				got += fmt.Sprintf("%s used %v", mapping.Public, mapping.Used)
				if mapping.Expired {
					got += " expired"
				}
			}
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	r := record(t, func(log *recorder.Log, at func(time.Duration)) {
		at(time.Second)
		log.Add("home", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "down"})
		log.Add("stun", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "down"})
		log.Add("alice", recorder.KindInterface, 0, recorder.Interface{Interface: "wifi", Network: "internet", Address: "198.19.0.2", Up: true, Change: "network internet"})
		at(2 * time.Second)
		log.Add("home", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "up"})
		log.Add("signaling", recorder.KindNetwork, 0, recorder.NetworkChange{Change: "loss 5%"})
	})
	for _, test := range []struct {
		when time.Duration
		want string
	}{
		{0, "home false [], stun false, wifi 192.168.0.1 on home, signaling []"},
		{time.Second, "home true [{2 1s down}], stun true, wifi 198.19.0.2 on internet, signaling []"},
		{time.Minute, "home false [{2 1s down} {5 2s up}], stun true, wifi 198.19.0.2 on internet, signaling [{6 2s loss 5%}]"},
	} {
		m, err := moment.At(r, r.At(test.when), test.when, 2)
		if err != nil {
			t.Fatal(err)
		}
		home, wifi := m.Networks[1], m.Peers[0].Interfaces[0]
		got := fmt.Sprintf("home %v %v, stun %v, wifi %s on %s, signaling %v",
			home.Down, home.Changes, m.Servers[0].Down, wifi.Address, wifi.Network, m.Signaling)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("at %v (-want +got):\n%s", test.when, diff)
		}
		if m.Peers[0].State != nil {
			t.Error("alice has a state before her first snapshot")
		}
	}
	m, err := moment.At(r, r.Len(), time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []moment.Event{{5, 2 * time.Second, "home", "network up"}, {6, 2 * time.Second, "signaling", "network loss 5%"}}
	if diff := cmp.Diff(want, m.Before); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
}
