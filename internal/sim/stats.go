package sim

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
)

// stats returns all statistics that pion has, in the order of their types and ids: the report itself is a map.
func (p *peer) stats() ([]json.RawMessage, error) {
	type entry struct {
		Type string `json:"type"`
		ID   string `json:"id"`
		text json.RawMessage
	}
	var entries []entry
	for _, s := range p.pc.GetStats() {
		var e entry
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, err
		}
		e.text = text
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
	report := []json.RawMessage{}
	for _, e := range entries {
		report = append(report, e.text)
	}
	return report, nil
}

// statsState returns the statistics that conditions can ask for.
func (p *peer) statsState() *recorder.StatsState {
	state := &recorder.StatsState{}
	for _, s := range p.pc.GetStats() {
		switch s := s.(type) {
		case webrtc.PeerConnectionStats:
			state.DataChannelsOpened = int(s.DataChannelsOpened)
			state.DataChannelsClosed = int(s.DataChannelsClosed)
			state.DataChannelsAccepted = int(s.DataChannelsAccepted)
		case webrtc.TransportStats:
			if s.ID == "iceTransport" {
				state.BytesSent = int(s.BytesSent)
				state.BytesReceived = int(s.BytesReceived)
			}
		case webrtc.DataChannelStats:
			state.Messages.Sent += int(s.MessagesSent)
			state.Messages.Received += int(s.MessagesReceived)
			state.Messages.BytesSent += int(s.BytesSent)
			state.Messages.BytesReceived += int(s.BytesReceived)
		}
	}
	// Several pairs can be nominated, and the report has no order.
	if pair, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats(); ok {
		state.RoundTripTime = pair.CurrentRoundTripTime
	}
	return state
}

// candidatePairs returns the pairs on ICE's checklist, in the order of their addresses; the report itself is a map.
func (p *peer) candidatePairs() []recorder.CheckedPairState {
	pairs := []recorder.CheckedPairState{}
	report := p.pc.GetStats()
	end := func(id string) recorder.CandidateState {
		c, _ := report[id].(webrtc.ICECandidateStats)
		return recorder.CandidateState{Type: c.CandidateType.String(), Address: c.IP, Port: int(c.Port)}
	}
	for _, s := range report {
		if pair, ok := s.(webrtc.ICECandidatePairStats); ok {
			pairs = append(pairs, recorder.CheckedPairState{
				State:     string(pair.State),
				Nominated: pair.Nominated,
				Local:     end(pair.LocalCandidateID),
				Remote:    end(pair.RemoteCandidateID),
			})
		}
	}
	slices.SortFunc(pairs, func(a, b recorder.CheckedPairState) int {
		return cmp.Or(
			compareCandidates(a.Local, b.Local),
			compareCandidates(a.Remote, b.Remote),
			cmp.Compare(a.State, b.State),
			compareFlags(a.Nominated, b.Nominated),
		)
	})
	return pairs
}

func compareCandidates(a, b recorder.CandidateState) int {
	return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Type, b.Type))
}

func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
