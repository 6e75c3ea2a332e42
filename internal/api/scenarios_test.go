package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtcsim/rtcsim/internal/api"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// A use is a call of a scenario that came back without an error.
type use struct {
	peer   string
	call   recorder.Call
	result json.RawMessage
	at     time.Duration
	seq    uint64
	before recorder.PeerState
	// later are the peer's states after the call, up to the end of the run.
	later []recorder.PeerState
}

// a recording is what is looked at of one.
type recording struct {
	path   string
	events []recorder.Event
	uses   []*use
}

// TestScenarios runs the scenarios in testdata and sees that each method has its effect, that each event occurs, that conditions
// ask for each attribute, and that a reader can rebuild the states of the peers.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var recordings []*recording
	texts := ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts += string(text)
		path := filepath.Join(t.TempDir(), "x.rtcrec")
		h := r.Header(file, text, 1, recorder.Options{Packets: recorder.PacketsNone})
		end, _, err := r.Record(t.Context(), path, h, sandbox.Limits{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if end.Outcome != recorder.OutcomePassed {
			t.Errorf("%s: %s: %s (run it with rtcsim run to see why)", file, end.Outcome, end.Message)
		}
		recordings = append(recordings, read(t, path))
	}
	t.Run("methods", func(t *testing.T) { testMethods(t, recordings) })
	t.Run("events", func(t *testing.T) { testEvents(t, recordings) })
	t.Run("conditions", func(t *testing.T) {
		for _, m := range api.Members {
			if m.Use == api.Condition && !strings.Contains(texts, strings.TrimPrefix(m.By, "channels.NAME")) {
				t.Errorf("no scenario in testdata asks for %s", m.By)
			}
		}
	})
	t.Run("states", func(t *testing.T) {
		for _, rec := range recordings {
			testStates(t, rec)
		}
	})
}

// read reads a recording and follows the states of its peers.
func read(t *testing.T, path string) *recording {
	reader, err := recorder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	rec := &recording{path: path}
	trackers := map[string]*recorder.Tracker{}
	pending := map[uint64]*use{}
	for {
		e, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rec
		}
		if err != nil {
			t.Fatal(err)
		}
		rec.events = append(rec.events, e)
		data, err := e.Value()
		if err != nil {
			t.Fatal(err)
		}
		tracker := trackers[e.Peer]
		if tracker == nil {
			tracker = new(recorder.Tracker)
			trackers[e.Peer] = tracker
		}
		switch d := data.(type) {
		case recorder.Call:
			state, _ := tracker.State()
			pending[e.Seq] = &use{peer: e.Peer, call: d, before: state, seq: e.Seq}
		case recorder.Return:
			if u := pending[e.Cause]; d.Error == nil {
				u.result, u.at = d.Result, e.Time
				rec.uses = append(rec.uses, u)
			}
		}
		if err := tracker.Apply(e.Kind, data); err != nil {
			t.Fatal(err)
		}
		if e.Kind == recorder.KindSnapshot {
			state, _ := tracker.State()
			for _, u := range rec.uses {
				if u.peer == e.Peer {
					u.later = append(u.later, state)
				}
			}
		}
	}
}

// interfaceOf returns the interface of a call's method.
func interfaceOf(c recorder.Call) string {
	switch {
	case c.Channel != "":
		return "RTCDataChannel"
	case c.Target == "":
		return "RTCPeerConnection"
	case strings.Contains(c.Target, "receiver"):
		return "RTCRtpReceiver"
	case c.Method == "stop" || c.Method == "setCodecPreferences":
		return "RTCRtpTransceiver"
	}
	return "RTCRtpSender"
}

// testMethods sees that each method was called with success, and did what it is for.
func testMethods(t *testing.T, recordings []*recording) {
	for _, m := range scenario.Methods {
		name := m.Interface + "." + m.Name
		effect := effects[name]
		if effect == nil {
			t.Errorf("the test does not know the effect of %s", name)
			continue
		}
		called, worked := false, false
		for _, rec := range recordings {
			for _, u := range rec.uses {
				if interfaceOf(u.call) == m.Interface && u.call.Method == m.Name {
					called = true
					worked = worked || effect(rec, u)
				}
			}
		}
		switch {
		case !called:
			t.Errorf("no scenario in testdata calls %s with success", name)
		case !worked:
			t.Errorf("%s has no effect in any recording", name)
		}
	}
}

// someday tells whether something holds in one of the states after a call, and did not before.
func someday(holds func(s recorder.PeerState) bool) func(*recording, *use) bool {
	return func(_ *recording, u *use) bool {
		return !holds(u.before) && slices.ContainsFunc(u.later, holds)
	}
}

// returns tells whether the result, as JSON, has all of these texts.
func returns(texts ...string) func(*recording, *use) bool {
	return func(_ *recording, u *use) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(string(u.result), text) })
	}
}

// changes tells whether a part of the state is another one after a call.
func changes(part func(s recorder.PeerState) any) func(*recording, *use) bool {
	return func(_ *recording, u *use) bool {
		return slices.ContainsFunc(u.later, func(s recorder.PeerState) bool { return !cmp.Equal(part(u.before), part(s)) })
	}
}

// argument returns an argument of a call.
func argument(u *use, name string) string {
	var args map[string]any
	json.Unmarshal(u.call.Args, &args)
	return fmt.Sprint(args[name])
}

// channel tells whether something holds of the channel of a call, and did not before.
func channel(holds func(c *recorder.ChannelState) bool) func(*recording, *use) bool {
	return func(rec *recording, u *use) bool {
		return someday(func(s recorder.PeerState) bool {
			c := s.Channels[u.call.Channel]
			return c != nil && holds(c)
		})(rec, u)
	}
}

// nested tells whether a call led to another one.
func nested(method string, rec *recording, u *use) bool {
	return slices.ContainsFunc(rec.uses, func(v *use) bool { return v.call.Method == method && rec.cause(v.seq) == u.seq })
}

// cause returns the cause of an event.
func (r *recording) cause(seq uint64) uint64 { return r.events[seq-1].Cause }

func closed(s recorder.PeerState) bool {
	return s.ConnectionState == "closed" && s.SignalingState == "closed"
}

// effects tells, for each method, whether a call did what it is for.
var effects = map[string]func(*recording, *use) bool{
	"RTCPeerConnection.createOffer":  returns(`"type":"offer"`, `v=0`),
	"RTCPeerConnection.createAnswer": returns(`"type":"answer"`, `v=0`),
	"RTCPeerConnection.setLocalDescription": someday(func(s recorder.PeerState) bool {
		return s.LocalDescription != nil
	}),
	"RTCPeerConnection.setRemoteDescription": someday(func(s recorder.PeerState) bool {
		return s.RemoteDescription != nil
	}),
	"RTCPeerConnection.addIceCandidate": changes(func(s recorder.PeerState) any { return len(s.ICE.RemoteCandidates) }),
	"RTCPeerConnection.createDataChannel": func(rec *recording, u *use) bool {
		return someday(func(s recorder.PeerState) bool { return s.Channels[argument(u, "label")] != nil })(rec, u)
	},
	"RTCPeerConnection.restartIce": func(rec *recording, u *use) bool {
		return u.call.Derived && slices.ContainsFunc(rec.events, func(e recorder.Event) bool {
			return e.Kind == recorder.KindNegotiationNeeded && e.Cause == u.seq
		})
	},
	"RTCPeerConnection.getConfiguration": returns(`"iceTransportPolicy":"all"`, `"sha-256"`),
	"RTCPeerConnection.setConfiguration": changes(func(s recorder.PeerState) any { return s.Configuration }),
	"RTCPeerConnection.updateIce": func(rec *recording, u *use) bool {
		return nested("setConfiguration", rec, u) && changes(func(s recorder.PeerState) any { return s.Configuration })(rec, u)
	},
	"RTCPeerConnection.getStats": returns(`"type":"peer-connection"`, `"type":"candidate-pair"`),
	"RTCPeerConnection.addTrack": func(rec *recording, u *use) bool {
		return someday(func(s recorder.PeerState) bool {
			return slices.ContainsFunc(s.Senders, func(sender recorder.SenderState) bool {
				return sender.Track != nil && sender.Track.ID == argument(u, "track")
			})
		})(rec, u)
	},
	"RTCPeerConnection.removeTrack":         changes(func(s recorder.PeerState) any { return len(s.Senders) }),
	"RTCPeerConnection.addTransceiver":      changes(func(s recorder.PeerState) any { return len(s.Transceivers) }),
	"RTCPeerConnection.getSenders":          returns(`"encodings":[{"ssrc":`),
	"RTCPeerConnection.getReceivers":        returns(`"transport":"connected"`),
	"RTCPeerConnection.getTransceivers":     returns(`"mid":"0"`, `"currentDirection":"sendonly"`),
	"RTCPeerConnection.generateCertificate": returns(`"expires":`, `"algorithm":"sha-256"`),
	"RTCPeerConnection.close":               someday(closed),
	"RTCPeerConnection.gracefulClose":       someday(closed),
	"RTCPeerConnection.addStream": func(rec *recording, u *use) bool {
		return nested("addTrack", rec, u) && someday(func(s recorder.PeerState) bool {
			return slices.Contains(s.LocalStreams, argument(u, "stream"))
		})(rec, u)
	},
	"RTCPeerConnection.removeStream": func(rec *recording, u *use) bool {
		return nested("removeTrack", rec, u) && someday(func(s recorder.PeerState) bool {
			return !slices.Contains(s.LocalStreams, argument(u, "stream"))
		})(rec, u)
	},
	"RTCPeerConnection.getLocalStreams":  returns(`["camera"]`),
	"RTCPeerConnection.getRemoteStreams": returns(`["camera"]`),
	"RTCPeerConnection.getStreamById":    returns(`"stream":"camera","tracks":["mic","cam"]`),
	"RTCDataChannel.send": func(rec *recording, u *use) bool {
		return slices.ContainsFunc(rec.events, func(e recorder.Event) bool {
			return e.Kind == recorder.KindMessage && e.Seq > u.seq && strings.Contains(string(e.Data), argument(u, "text"))
		})
	},
	"RTCDataChannel.close":         channel(func(c *recorder.ChannelState) bool { return c.ReadyState == "closing" || c.ReadyState == "closed" }),
	"RTCDataChannel.gracefulClose": channel(func(c *recorder.ChannelState) bool { return c.ReadyState == "closed" }),
	"RTCDataChannel.set": channel(func(c *recorder.ChannelState) bool {
		return c.BufferedAmountLowThreshold == 1000 && c.BinaryType == "blob"
	}),
	"RTCDataChannel.detach": channel(func(c *recorder.ChannelState) bool { return c.Detached }),
	"RTCDataChannel.read":   returns(`"text":"hello"`),
	"RTCRtpTransceiver.stop": someday(func(s recorder.PeerState) bool {
		return len(s.Transceivers) > 2 && s.Transceivers[2].Direction == "inactive"
	}),
	"RTCRtpTransceiver.setCodecPreferences": someday(func(s recorder.PeerState) bool {
		if s.LocalDescription == nil {
			return false
		}
		sections := strings.Split(s.LocalDescription.SDP, "m=video")
		return len(sections) == 3 && strings.Contains(sections[1], "VP8") && !strings.Contains(sections[1], "VP9") &&
			strings.Contains(sections[2], "VP9")
	}),
	"RTCRtpSender.replaceTrack": func(rec *recording, u *use) bool {
		return someday(func(s recorder.PeerState) bool {
			return slices.ContainsFunc(s.Senders, func(sender recorder.SenderState) bool {
				return sender.Track != nil && sender.Track.ID == argument(u, "track")
			})
		})(rec, u)
	},
	"RTCRtpSender.getParameters":   returns(`"mimeType":"audio/opus"`, `"encodings":[{"ssrc":`),
	"RTCRtpReceiver.getParameters": returns(`"mimeType":"video/VP8"`),
}

// never are the events that pion does not have.
var never = []recorder.Kind{recorder.KindClosing}

// testEvents sees that each event of the API occurs, and that what pion lacks does not.
func testEvents(t *testing.T, recordings []*recording) {
	seen := map[recorder.Kind]bool{}
	for _, rec := range recordings {
		for _, e := range rec.events {
			seen[e.Kind] = true
		}
	}
	for _, m := range api.Members {
		if kind := recorder.Kind(m.By); m.Use == api.Event && seen[kind] == slices.Contains(never, kind) {
			t.Errorf("%s occurs: %v", m.By, seen[kind])
		}
	}
}

// testStates sees that the state of each peer, rebuilt from everything before its last snapshot, is the one of that snapshot, which
// has the whole state.
func testStates(t *testing.T, rec *recording) {
	last := map[string]recorder.Event{}
	for _, e := range rec.events {
		if e.Kind == recorder.KindSnapshot {
			last[e.Peer] = e
		}
	}
	for peer, e := range last {
		at := func(seq uint64) recorder.PeerState {
			reader, err := recorder.Open(rec.path)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			state, ok, err := recorder.StateAt(reader, peer, seq)
			if err != nil || !ok {
				t.Fatalf("the state of %s at %d: %v, %v", peer, seq, ok, err)
			}
			return state
		}
		want, got := at(e.Seq), at(e.Seq-1)
		if want.Stats == nil {
			t.Errorf("the last snapshot of %s is not a full one", peer)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(recorder.PeerState{}, "Stats")); diff != "" {
			t.Errorf("%s: the state of %s differs from what the recording tells (-is +told):\n%s", rec.path, peer, diff)
		}
	}
}
