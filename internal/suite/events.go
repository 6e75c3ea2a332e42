package suite

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// maxBefore is how many events are shown before a failure.
const maxBefore = 6

// before fills in the events before each failure.
func before(t *trace, failures []Failure) error {
	if len(failures) == 0 {
		return nil
	}
	var out bytes.Buffer
	printer := transcript.New(&out, lipgloss.NewRenderer(io.Discard), false, false)
	var last []recorder.Nearby
	for line, err := range t.lines() {
		if err != nil {
			return err
		}
		e, err := recorder.ParseLine(line)
		if err != nil {
			return err
		}
		for i := range failures {
			if failures[i].Seq == e.Seq {
				failures[i].Before = append([]recorder.Nearby(nil), last...)
			}
		}
		if !tells(e) {
			continue
		}
		printer.Event(e)
		printer.Flush()
		// The time is in the event, and no words are aligned here.
		text := strings.Join(strings.Fields(out.String()), " ")
		out.Reset()
		if _, text, _ = strings.Cut(text, " "); text == "" {
			continue
		}
		if len(last) == maxBefore {
			last = append(last[:0], last[1:]...)
		}
		last = append(last, recorder.Nearby{Seq: e.Seq, Time: e.Time, Text: text})
	}
	// What was decided after the last event, as by a limit.
	for i := range failures {
		f := failures[i]
		if f.Seq > t.events || f.Seq == 0 && (f.Kind == KindLimit || f.Kind == KindCrashed) {
			failures[i].Before = last
		}
	}
	return nil
}

// tells tells whether an event is among those that tell most about why a session came to where it is.
func tells(e recorder.Event) bool {
	switch e.Kind {
	case recorder.KindSignalingStateChange, recorder.KindICEGatheringStateChange, recorder.KindICEConnectionStateChange,
		recorder.KindConnectionStateChange, recorder.KindSelectedCandidatePairChange, recorder.KindDTLSTransportStateChange,
		recorder.KindSCTPTransportStateChange, recorder.KindDataChannel, recorder.KindOpen, recorder.KindClose, recorder.KindError, recorder.KindTrack,
		recorder.KindNetwork, recorder.KindInterface, recorder.KindICECandidateError, recorder.KindLog:
		return true
	case recorder.KindCall, recorder.KindReturn:
		var call struct {
			Method string
			Error  *recorder.CallError
		}
		if json.Unmarshal(e.Data, &call) != nil {
			return false
		}
		return call.Error != nil || e.Kind == recorder.KindCall && call.Method != "send" && call.Method != "getStats" && call.Method != "addIceCandidate"
	}
	return false
}
