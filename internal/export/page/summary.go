package page

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/rtcsim/rtcsim/internal/explain"
	"github.com/rtcsim/rtcsim/recorder"
)

// A summary is what is said of the session above everything else, and what is left of the page where scripts do not run.
type summary struct {
	Title string
	// Name, Description and Tags are the scenario's.
	Name, Description string
	Tags              []string
	Header            recorder.Header
	Pion              string
	// Outcome is how the run ended, "cut off" for a recording without an end. Message says more about it.
	Outcome, Message string
	Good             bool
	Events           int
	Length           time.Duration
	Packets, Dropped int
	Damage           []string
	Verdicts         []verdict
	Held, Failed     int
	Explanation      *explain.Explanation
}

// A verdict is an expectation that was decided, by event N.
type verdict struct {
	N    int
	Time time.Duration
	recorder.Verdict
}

func summarise(r *recorder.Recording, title string) (*summary, error) {
	s := &summary{Title: title, Header: r.Header(), Events: r.Len(), Outcome: "cut off"}
	var scenario struct {
		Name        string
		Description string
		Tags        []string
	}
	yaml.Unmarshal([]byte(s.Header.Text), &scenario) // it has run; what cannot be read is not shown
	s.Name = cmp.Or(scenario.Name, title, s.Header.Scenario)
	s.Description, s.Tags = strings.TrimSpace(scenario.Description), scenario.Tags
	for _, m := range s.Header.Modules {
		if strings.HasPrefix(m.Path, "github.com/pion/webrtc/") {
			s.Pion = m.Version
		}
	}
	s.Length = r.Entry(r.Len()).Time
	if end, ok := r.End(); ok {
		s.Outcome, s.Message, s.Good = string(end.Outcome), end.Message, end.Outcome == recorder.OutcomePassed
		s.Length = max(s.Length, time.Duration(end.Time))
	}
	for _, k := range r.Kinds() {
		switch recorder.Kind(k.Name) {
		case recorder.KindPacketSent:
			s.Packets = k.Events
		case recorder.KindPacketDropped:
			s.Dropped = k.Events
		}
	}
	for _, err := range r.Damage() {
		s.Damage = append(s.Damage, err.Error())
	}
	for n, e := range r.Forward(1) {
		if e.Kind != recorder.KindVerdict {
			continue
		}
		event, err := r.Event(n)
		if err != nil {
			continue // it is among the damage
		}
		value, err := event.Value()
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", n, err)
		}
		v := verdict{n, e.Time, value.(recorder.Verdict)}
		s.Verdicts = append(s.Verdicts, v)
		if v.Held {
			s.Held++
		} else {
			s.Failed++
		}
	}
	facts, err := explain.Gather(r, r.Len())
	if err != nil && len(s.Damage) == 0 {
		return nil, err
	}
	s.Explanation = explain.Session(facts)
	return s, nil
}

// Failures are the expectations that did not hold.
func (s *summary) Failures() []verdict {
	var failures []verdict
	for _, v := range s.Verdicts {
		if !v.Held {
			failures = append(failures, v)
		}
	}
	return failures
}
