package rtcsimtest_test

import (
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario/rtcsimtest"
)

// t is the *testing.T of the test that an example stands for.
var t *testing.T

// All variants of a scenario, each with 50 seeds.
func ExampleRun() {
	rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Seeds(50))
}

// All scenarios in a folder, without those that take long, compared with their golden recordings.
func ExampleRun_folder() {
	rtcsimtest.Run(t, "testdata", rtcsimtest.Tags("!slow"), rtcsimtest.Golden(), rtcsimtest.Timeout(time.Minute))
}

// An assertion about each session that the scenario language cannot make.
func ExampleCheck() {
	rtcsimtest.Run(t, "testdata/call.yaml", rtcsimtest.Seeds(50), rtcsimtest.Check(func(t *testing.T, s *rtcsimtest.Session) {
		calls := 0
		for n, entry := range s.Recording.Forward(1) {
			if entry.Kind != recorder.KindCall {
				continue
			}
			calls++
			if calls > 20 {
				t.Errorf("at %v event %d is the 21st call", entry.Time, n)
				break
			}
		}
	}))
}

// The recording of a single session.
func ExampleRecord() {
	r := rtcsimtest.Record(t, "testdata/call.yaml", rtcsimtest.Variants("delay=40ms"), rtcsimtest.SeedRange(7, 7))
	state, known, err := r.StateAt("bob", r.Len())
	if err != nil || !known || state.ConnectionState != "connected" {
		t.Errorf("bob is %q, %v", state.ConnectionState, err)
	}
}
