package sim

import (
	"fmt"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// ordinary is a scenario with what most scenarios have.
const ordinary = `
description: x
tags: [x]
seed: 1
limit: 10s
network:
  home: {nat: symmetric, link: {profile: dsl, loss: 1%, delay: 1ms}}
servers:
  stun.example.net: {stun: {}, turn: {users: {u: p}}}
signaling: {delay: 40ms}
tracks: {cam: {kind: video, codec: VP8, bitrate: 100kbps, fps: 10}}
peers:
  a: {network: home, configuration: {iceServers: [{urls: 'turn:stun.example.net', username: u, credential: p}]}}
  b: {}
steps:
  - {a: createDataChannel, with: {label: c}, note: x}
  - {a: addTrack, with: {track: cam}}
  - negotiate: a -> b
  - {wait: 'a.connectionState == "connected"', within: 10s}
  - at: 5s
    a.c: send
    with: {data: hi}
  - {network: home, down: 1s}
  - {b: close}
expect:
  - a.connectionState == "connected"
  - not: {peer: a, event: connectionstatechange, state: failed}
  - sequence:
      - {peer: b, event: message, data: hi}
      - {peer: b, event: packet-dropped, at: home}
`

// Prepare does what is the same in every run: it has the tables made, by which scenarios are read and events written. It says
// nothing and draws nothing.
func Prepare() {
	if _, err := scenario.Read("ordinary.yaml", []byte(ordinary)); err != nil {
		panic(fmt.Sprintf("sim: %v", err))
	}
	log := recorder.NewLog(func() time.Duration { return 0 }, func([]byte) {})
	for _, kind := range recorder.Kinds {
		log.Add("", kind.Kind, 0, kind.Data)
	}
	recorder.PeerState{}.Members()
	var t recorder.Tracker
	t.Differences(recorder.PeerState{})
}
