package sim

import (
	"fmt"

	"github.com/pion/webrtc/v4"
)

// tracks returns a track of the scenario as the peer sends it.
func (p *peer) tracks(name, stream string) ([]webrtc.TrackLocal, error) {
	return nil, fmt.Errorf("there is no track %s", name)
}
