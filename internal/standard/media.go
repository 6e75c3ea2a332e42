package standard

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rtcsim/rtcsim/recorder"
)

// mediaRules are about tracks, senders, receivers and transceivers.
var mediaRules = []*Rule{
	{
		ID:       "track-after-description",
		Standard: "track fires in setRemoteDescription, before any packet",
		Spec:     webrtc + "event-track",
		Pion:     "fires it for the first packet, so that a track that nothing is sent on is never told of.",
		Where:    "peerconnection.go:1402-1440",
		find: on(func(p *peer, e recorder.Event, d recorder.TrackEvent) string {
			if p.close != nil || p.inside("setRemoteDescription") != nil || p.described < 0 {
				return ""
			}
			return fmt.Sprintf("track fired for %q %v after the last description was set", d.Track, e.Time-p.described)
		}),
		Once: true,
	},
	{
		ID:       "track-added-twice",
		Standard: "addTrack throws InvalidAccessError for a track that a sender has already",
		Spec:     webrtc + "dom-rtcpeerconnection-addtrack",
		Pion:     "makes a second sender for it.",
		Where:    "peerconnection.go:2213-2281",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			// After a removeTrack, or a stop, nobody knows whose track is left.
			if c.name != "addTrack" || r.Error != nil || c.track() == "" || !slices.Contains(p.added, c.track()) || len(p.removed)+len(p.stopped) > 0 {
				return ""
			}
			return fmt.Sprintf("addTrack accepted the track %q a second time", c.track())
		}),
	},
	{
		ID:       "second-removal-refused",
		Standard: "removeTrack does nothing where the sender has no track any more",
		Spec:     webrtc + "dom-rtcpeerconnection-removetrack",
		Pion:     "forgets a sender whose track is removed, and does not know it the second time.",
		Where:    "peerconnection.go:2213-2281",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "removeTrack" || r.Error == nil || p.close != nil || !slices.Contains(p.removed, string(c.args)) {
				return ""
			}
			return "removeTrack of a sender whose track was removed before was rejected with " + r.Error.Name
		}),
	},
	{
		ID:       "transceiver-incomplete",
		Standard: "every transceiver has a sender and a receiver",
		Spec:     webrtc + "rtcrtptransceiver-interface",
		Pion:     "has no sender for recvonly and no receiver for sendonly.",
		Where:    "rtptransceiver.go:314-340",
		find: onReturn(func(p *peer, c *call, r recorder.Return) string {
			if c.name != "addTransceiver" || r.Error != nil {
				return ""
			}
			var made map[string]json.RawMessage
			if json.Unmarshal(r.Result, &made) != nil {
				return ""
			}
			for _, part := range []string{"sender", "receiver"} {
				if string(made[part]) == "null" {
					return "addTransceiver made a transceiver without " + part
				}
			}
			return ""
		}),
		Once: true,
	},
}

// track returns the track that an addTrack adds.
func (c *call) track() string {
	var args struct {
		Track string `json:"track"`
	}
	json.Unmarshal(c.args, &args)
	return args.Track
}
