package recorder_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// A session logs, a writer stores, a reader gives back.
func Example() {
	var file bytes.Buffer
	w, err := recorder.NewWriter(&file, recorder.Header{Rtcsim: "v0.1.0"})
	if err != nil {
		log.Fatal(err)
	}
	clock := 20 * time.Millisecond
	session := recorder.NewLog(
		func() time.Duration { return clock },
		func(line []byte) {
			if err := w.Write(line); err != nil {
				log.Fatal(err)
			}
		})
	sent := session.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000", Protocol: "stun", Size: 108})
	clock += 30 * time.Millisecond
	session.Add("bob", recorder.KindPacketDelivered, sent, recorder.PacketEnd{ID: 1})
	if err := w.Close(recorder.End{Outcome: recorder.OutcomePassed, Time: int64(clock)}); err != nil {
		log.Fatal(err)
	}

	r, err := recorder.NewReader(&file)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		event, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.Time, event.Peer, event.Kind, event.Cause, event.Check)
	}
	end, _ := r.End()
	fmt.Println(end.Outcome, end.Events, end.Digest[:8])
	// Output:
	// 20ms alice packet-sent 0 7b44c54b
	// 50ms bob packet-delivered 1 2f194071
	// passed 2 2f194071
}

func ExampleLog_Observe() {
	session := recorder.NewLog(func() time.Duration { return time.Second }, func([]byte) {})
	session.Observe(func(e recorder.Event, data any) {
		if change, ok := data.(recorder.StateChange); ok {
			fmt.Println(e.Time, e.Peer, e.Kind, change.State)
		}
	})
	session.Add("alice", recorder.KindConnectionStateChange, 0, recorder.StateChange{State: "connected"})
	// Output: 1s alice connectionstatechange connected
}

// A recording in use while its session still runs.
func ExampleLive() {
	live, err := recorder.NewLive(recorder.Header{Rtcsim: "v0.1.0"})
	if err != nil {
		log.Fatal(err)
	}
	defer live.Close()
	clock := 20 * time.Millisecond
	session := recorder.NewLog(
		func() time.Duration { return clock },
		func(line []byte) {
			if err := live.Append(line); err != nil {
				log.Fatal(err)
			}
		})
	sent := session.Add("alice", recorder.KindPacketSent, 0, recorder.PacketSent{ID: 1, Src: "10.0.0.1:5000", Dst: "10.0.0.2:5000", Protocol: "stun", Size: 108})
	clock += 30 * time.Millisecond
	session.Add("home", recorder.KindPacketDropped, sent, recorder.PacketEnd{ID: 1, Reason: "loss"})

	for n, entry := range live.Forward(1) {
		fmt.Println(n, entry.Time, entry.Peer, entry.Kind, "caused by", live.Cause(n), "led to", live.Effects(n))
	}
	event, err := live.Event(live.At(time.Second))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", event.Data)
	live.Finish(recorder.End{Outcome: recorder.OutcomePassed})
	// Output:
	// 1 20ms alice packet-sent caused by 0 led to [2]
	// 2 50ms home packet-dropped caused by 1 led to []
	// {"id":1,"reason":"loss"}
}

func ExampleComparer() {
	var c recorder.Comparer
	c.Compare(
		[]byte(`{"seq":1,"time":0,"kind":"network","data":{"change":"down"}}`),
		[]byte(`{"seq":1,"time":0,"kind":"network","data":{"change":"down"}}`))
	d := c.Compare(
		[]byte(`{"seq":2,"time":5,"peer":"bob","kind":"connectionstatechange","data":{"state":"connected"}}`),
		[]byte(`{"seq":2,"time":7,"peer":"bob","kind":"connectionstatechange","data":{"state":"failed"}}`))
	fmt.Println("event", d.Seq, "differs, after", len(d.Before), "that are equal")
	for _, field := range d.Fields() {
		fmt.Println(field)
	}
	// Output:
	// event 2 differs, after 1 that are equal
	// data.state: "connected" ≠ "failed"
	// time: 5 ≠ 7
}

func ExampleIdentity_Diff() {
	recorded := recorder.Identity{Seed: 1, Modules: []recorder.Module{{Path: "github.com/pion/webrtc/v4", Version: "v4.2.20"}}}
	mine := recorder.Identity{Seed: 2, Modules: []recorder.Module{{Path: "github.com/pion/webrtc/v4", Version: "v4.2.19"}}}
	for _, d := range recorded.Diff(mine) {
		fmt.Printf("%s: recorded %s, here %s\n", d.Field, d.A, d.B)
	}
	// Output:
	// module github.com/pion/webrtc/v4: recorded v4.2.20, here v4.2.19
	// seed: recorded 1, here 2
}
