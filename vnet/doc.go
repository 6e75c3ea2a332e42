// Package vnet is a simulated internet for pion/webrtc: networks with hosts,
// joined to a public core by links that delay, queue, lose and reorder
// packets. Every packet has a number, and an [Observer] learns what becomes of
// it and why.
//
//	in, err := vnet.New(vnet.Config{
//		Networks: []vnet.NetworkConfig{{
//			Name: "home",
//			Link: vnet.Link{
//				Up:   vnet.Direction{Delay: 20 * time.Millisecond, Rate: 1_000_000},
//				Down: vnet.Direction{Delay: 20 * time.Millisecond, Loss: 0.01},
//			},
//		}},
//		Random: func(name string) *rand.Rand { return streams(seed, name) },
//	})
//	alice, err := in.AddHost("alice", "home")
//	var engine webrtc.SettingEngine
//	engine.SetNet(alice.Net())
//	err = in.Start()
//
// Time is package time's, so the network is as fast or as slow as the clock
// it runs on. It draws random numbers from the given streams only. Where the
// clock stands still while code runs, as in a sandbox or in a
// [testing/synctest] bubble, all of its times are exact.
//
// The routers and the NATs are those of github.com/pion/transport/v3/vnet; the
// links and the sockets are this package's. docs/network.md describes the
// model.
package vnet
