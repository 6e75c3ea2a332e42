package sim

import "time"

// The defaults of pion/ice v4 (agent_config.go), which do not show through webrtc's API.
const (
	iceDisconnectedTimeout = 5 * time.Second
	iceFailedTimeout       = 25 * time.Second
	iceKeepaliveInterval   = 2 * time.Second
)
