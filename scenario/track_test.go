package scenario_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtcsim/rtcsim/scenario"
)

// TestTracks reads tracks, with the defaults that depend on their kind and codec.
func TestTracks(t *testing.T) {
	s, err := scenario.Read("tracks.yaml", []byte(`
peers: {alice: {}}
tracks:
  mic: {kind: audio}
  phone: {kind: audio, codec: PCMA}
  cam: {kind: video, stream: studio}
  screen: {kind: video, codec: AV1, bitrate: 2Mbps, fps: 5, keyframeEvery: 3s}
  multi: {kind: video, layers: [{rid: low, bitrate: 100kbps}, {rid: high, bitrate: 1Mbps}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []*scenario.Track{
		{Name: "mic", Kind: "audio", Codec: "opus", Bitrate: 32e3, FPS: 30, Stream: "stream"},
		{Name: "phone", Kind: "audio", Codec: "PCMA", Bitrate: 64e3, FPS: 30, Stream: "stream"},
		{Name: "cam", Kind: "video", Codec: "VP8", Bitrate: 800e3, FPS: 30, Stream: "studio"},
		{Name: "screen", Kind: "video", Codec: "AV1", Bitrate: 2e6, FPS: 5, KeyframeEvery: 3 * time.Second, Stream: "stream"},
		{Name: "multi", Kind: "video", Codec: "VP8", FPS: 30, Stream: "stream", Layers: []*scenario.Layer{
			{RID: "low", Bitrate: 100e3}, {RID: "high", Bitrate: 1e6}}},
	}
	if diff := cmp.Diff(want, s.Tracks, cmpopts.IgnoreTypes(scenario.Pos{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
