package sim

import (
	"slices"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// The methods and events for whole streams, which the standard had until 2015. pion has none of them. The standard of
// today says how to make them of others: https://www.w3.org/TR/webrtc/#legacy-interface-extensions.

// streamArgs are the arguments of the methods that name a stream.
type streamArgs struct {
	Stream string   `json:"stream"`
	Tracks []string `json:"tracks,omitempty"`
}

func addStream(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.AddStream)
	var tracks [][]webrtc.TrackLocal
	for _, name := range a.Tracks {
		t, err := p.tracks(name, a.ID)
		if err != nil {
			return nil, nil, err
		}
		tracks = append(tracks, t)
	}
	return streamArgs{a.ID, a.Tracks}, func(seq uint64) (any, error) {
		for i, t := range tracks {
			args := trackArgs{&a.Tracks[i], a.ID}
			_, err := p.session.call(invocation{cause: seq, peer: p, method: "addTrack", args: args}, func() (any, error) {
				sender, err := p.send(t)
				if err != nil {
					return nil, err
				}
				return p.senderState(sender), nil
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}, nil
}

func removeStream(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	id := call.Args.(*scenario.RemoveStream).ID
	return streamArgs{Stream: id}, func(seq uint64) (any, error) {
		for i, sender := range p.pc.GetSenders() {
			if track := sender.Track(); track == nil || track.StreamID() != id {
				continue
			}
			args := senderArgs{scenario.Target{List: "senders", Index: i}.String()}
			_, err := p.session.call(invocation{cause: seq, peer: p, method: "removeTrack", args: args}, func() (any, error) {
				return nil, p.pc.RemoveTrack(sender)
			})
			if err != nil {
				return nil, err
			}
		}
		return nil, nil
	}, nil
}

func getLocalStreams(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return p.localStreams(), nil }, nil)
}

func getRemoteStreams(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return idsOf(p.books.streams()), nil }, nil)
}

// streamByID is what getStreamById returns.
type streamByID struct {
	Stream string   `json:"stream"`
	Tracks []string `json:"tracks"`
}

func getStreamByID(_ *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	id := call.Args.(*scenario.GetStreamByID).ID
	return plain(streamArgs{Stream: id}, func() (any, error) {
		s := &streamByID{Stream: id}
		for _, sender := range p.pc.GetSenders() {
			if track := sender.Track(); track != nil && track.StreamID() == id {
				s.Tracks = append(s.Tracks, track.ID())
			}
		}
		for _, remote := range p.books.streams() {
			if remote.Stream == id {
				s.Tracks = append(s.Tracks, remote.Tracks...)
			}
		}
		if s.Tracks == nil {
			s = nil
		}
		return s, nil
	}, nil)
}

// localStreams returns the ids of the streams that the senders' tracks are in.
func (p *peer) localStreams() []string {
	ids := []string{}
	for _, sender := range p.pc.GetSenders() {
		if track := sender.Track(); track != nil && !slices.Contains(ids, track.StreamID()) {
			ids = append(ids, track.StreamID())
		}
	}
	return ids
}

func idsOf(streams []recorder.Stream) []string {
	ids := []string{}
	for _, s := range streams {
		ids = append(ids, s.Stream)
	}
	return ids
}

// changeStreams records the events of streams that a remote description has brought and taken away.
func (p *peer) changeStreams(added, removed []recorder.Stream) {
	for _, s := range added {
		p.event(recorder.KindAddStream, s)
	}
	for _, s := range removed {
		p.event(recorder.KindRemoveStream, s)
	}
}
