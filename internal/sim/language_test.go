package sim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

const connected = `
limit: 10s
peers: {alice: {}, bob: {}}
blocks:
  connect:
    - alice: createDataChannel
      with: {label: chat}
    - negotiate: alice -> bob
    - wait: alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"
      within: 5s
`

// TestLanguage runs scenarios and looks at what became of them: which verdicts there are, and what some events tell.
func TestLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the guest")
	}
	r, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tests := []struct {
		name, text string
		// verdicts are the texts of the verdicts, with what was seen of those against the run.
		verdicts []string
		check    func(t *testing.T, events []event)
	}{
		{"branches begin at the same instant", connected + `
steps:
  - after: 1s
  - parallel:
      - {alice: createOffer}
      - [{after: 2s}, {alice: createOffer}]
      - {bob: createOffer}
  - bob: createOffer
`, nil, func(t *testing.T, events []event) {
			var got []string
			for _, e := range of(events, recorder.KindCall) {
				if e.data.(recorder.Call).Method == "createOffer" {
					got = append(got, e.Peer+" "+e.Time.String())
				}
			}
			if want := []string{"alice 1s", "bob 1s", "alice 3s", "bob 3s"}; !slices.Equal(got, want) {
				t.Errorf("calls %v, want %v", got, want)
			}
		}},
		{"scripts meet with wait", connected + `
steps:
  - use: connect
scripts:
  alice:
    - wait: bob received a message
    - after: 1s
    - alice: close
  bob:
    - wait: bob.channels.chat.readyState == "open"
    - bob.chat: send
      with: {data: ready}
    - wait: {peer: alice, event: message, data: ready}
    - alice.chat: send
      with: {data: go}
expect:
  - alice.connectionState == "closed"
`, []string{
			`alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"`,
			`bob.channels.chat.readyState == "open"`,
			`{peer: alice, event: message, data: "ready"}`,
			`bob received a message`,
			`alice.connectionState == "closed"`,
		}, nil},
		{"a script that does not come to its end", connected + `
signaling: {delay: 1h}
scripts:
  alice:
    - negotiate: alice -> bob
`, []string{`the script of alice comes to its end: "negotiate: alice -> bob" was still under way at the limit of 10s`}, nil},
		{"a step that is under way at the limit", connected + `
signaling: {delay: 1h}
steps:
  - parallel:
      - {after: 1s}
      - [{after: 2s}, {negotiate: alice -> bob}]
`, []string{`the steps come to their end: "negotiate: alice -> bob" was still under way at the limit of 10s`}, nil},
		{"a call in one branch fails", connected + `
steps:
  - parallel:
      - [{after: 1s}, {bob: createAnswer}]
      - [{after: 2s}, {alice: createOffer}]
  - alice: createOffer
`, []string{`bob: createAnswer: InvalidStateError: InvalidStateError: remote description is not set`}, func(t *testing.T, events []event) {
			if calls := of(events, recorder.KindCall); calls[len(calls)-1].data.(recorder.Call).Method != "createAnswer" {
				t.Errorf("something was called after the call that failed")
			}
		}},
		{"returns", connected + `
steps:
  - alice: createOffer
    returns: within 1s
  - bob: createAnswer
    returns: within 1s
    rejects: InvalidStateError
  - bob: createOffer
    returns: never
`, []string{
			`alice: createOffer, returns within 1s`,
			`bob: createAnswer, returns within 1s`,
			`bob: createOffer, returns never: it came back after 0s`,
		}, nil},
		{"an expectation that fails tells what came near", connected + `
steps:
  - use: connect
  - alice.chat: send
    with: {data: hello}
expect:
  - bob received "helo" on chat
  - bob.connectionState == "failed"
`, []string{
			`alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"`,
			`bob received "helo" on chat: it did not happen`,
			`bob.connectionState == "failed": bob.connectionState was "connected"`,
		}, func(t *testing.T, events []event) {
			verdicts := of(events, recorder.KindVerdict)
			for i, want := range map[int]string{1: `bob message chat "hello"`, 2: "bob connectionstatechange connected"} {
				near := verdicts[i].data.(recorder.Verdict).Near
				if len(near) == 0 || near[len(near)-1].Text != want {
					t.Errorf("near %v, want %s", near, want)
					continue
				}
				n := near[len(near)-1]
				if e := events[n.Seq-1]; e.Time != n.Time || !strings.HasPrefix(n.Text, e.Peer+" "+string(e.Kind)) {
					t.Errorf("%v is not event %d", n, n.Seq)
				}
			}
		}},
		{"not", connected + `
steps:
  - use: connect
  - expect: {not: bob received a message}
  - expect: {not: bob.connectionState == "connected"}
  - alice.chat: send
    with: {data: hello}
  - alice.chat: send
    with: {data: again}
expect:
  - not: bob.connectionState == "failed" within 3s of alice.createDataChannel
  - not: bob.connectionState == "connected" within 3s
  - not: bob.connectionState == "connected" within 3s of bob.close
  - not: {peer: bob, event: close}
  - not: {sequence: [{peer: bob, event: message, data: again}, {peer: bob, event: message, data: hello}]}
  - not: {sequence: [{peer: bob, event: message, data: hello}, {peer: bob, event: message, data: again}]}
  - not: {never: {peer: bob, event: message}}
  - not: {never: {peer: bob, event: close}}
  - not: {count: {peer: bob, event: message}, is: 2}
  - not: {count: {peer: bob, event: message}, atLeast: 3}
`, []string{
			`not: bob.connectionState == "connected" within 3s: it held`,
			`alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"`,
			`not: bob received a message`,
			`not: bob.connectionState == "connected": it held`,
			`not: never {peer: bob, event: message}`,
			`not: sequence {peer: bob, event: message, data: "hello"}, {peer: bob, event: message, data: "again"}: it held`,
			`not: bob.connectionState == "failed" within 3s of alice.createDataChannel`,
			`not: bob.connectionState == "connected" within 3s of bob.close`,
			`not: {peer: bob, event: close}`,
			`not: sequence {peer: bob, event: message, data: "again"}, {peer: bob, event: message, data: "hello"}`,
			`not: never {peer: bob, event: close}: it held`,
			`not: count {peer: bob, event: message} is 2: it held`,
			`not: count {peer: bob, event: message} at least 3`,
		}, func(t *testing.T, events []event) {
			for _, e := range of(events, recorder.KindVerdict) {
				v := e.data.(recorder.Verdict)
				var near []string
				for _, n := range v.Near {
					near = append(near, n.Text)
				}
				if strings.HasPrefix(v.Text, "not: sequence") && !v.Held && !slices.Equal(near, []string{`bob message chat "again"`}) {
					t.Errorf("%s: near %v", v.Text, near)
				}
				if strings.Contains(v.Text, "within 3s of alice") && e.Time != 3*time.Second {
					t.Errorf("%s: decided at %v, want 3s", v.Text, e.Time)
				}
			}
		}},
		{"predictions", connected + `
steps:
  - predict: {question: First, answer: bob received "hello" on chat}
  - use: connect
    predict: {question: Second, answer: {never: {peer: bob, event: message}}}
  - alice.chat: send
    with: {data: hello}
  - after: 2s
    predict: {question: Third, answer: bob received "hello" on chat}
  - predict: {question: Fourth, answer: now > 1s within 1s}
`, []string{`alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"`}, func(t *testing.T, events []event) {
			var got []string
			for _, e := range of(events, recorder.KindAnswer) {
				a := e.data.(recorder.Answer)
				text := a.Question + " no"
				if a.Holds {
					text = a.Question + " yes"
				}
				if q := events[e.Cause-1].data.(recorder.Prediction).Question; q != a.Question {
					t.Errorf("the cause of the answer to %s is the question %s", a.Question, q)
				}
				got = append(got, text)
			}
			if want := []string{"First yes", "Second no", "Fourth yes", "Third no"}; !slices.Equal(got, want) {
				t.Errorf("answers %v, want %v", got, want)
			}
		}},
		{"a handler takes its time", connected + `
steps:
  - use: connect
  - alice.chat: send
    with: {data: hello, repeat: 3}
handlers:
  - on: {peer: bob, event: message}
    takes: 500ms
`, []string{`alice.channels.chat.readyState == "open" and bob.channels.chat.readyState == "open"`}, func(t *testing.T, events []event) {
			var last time.Duration
			messages := of(events, recorder.KindMessage)
			for i, e := range messages {
				if i > 0 && e.Time-last != 500*time.Millisecond {
					t.Errorf("message %d came %v after the one before, want 500ms", i, e.Time-last)
				}
				last = e.Time
			}
			if len(messages) != 3 {
				t.Errorf("%d messages, want 3", len(messages))
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events := run(t, r, test.text)
			var verdicts []string
			for _, e := range of(events, recorder.KindVerdict) {
				v := e.data.(recorder.Verdict)
				text := v.Text
				if !v.Held {
					text += ": " + v.Seen
				}
				verdicts = append(verdicts, text)
			}
			if !slices.Equal(verdicts, test.verdicts) {
				t.Errorf("verdicts\n  %s\nwant\n  %s", strings.Join(verdicts, "\n  "), strings.Join(test.verdicts, "\n  "))
			}
			if test.check != nil {
				test.check(t, events)
			}
		})
	}
}

// event is an event of a recording with its data.
type event struct {
	recorder.Event
	data any
}

// of returns the events of a kind.
func of(events []event, kind recorder.Kind) []event {
	return slices.DeleteFunc(slices.Clone(events), func(e event) bool { return e.Kind != kind })
}

// run runs a scenario in the guest.
func run(t *testing.T, r *runner.Runner, text string) []event {
	t.Helper()
	h := r.Header("test.yaml", []byte(text), 1, recorder.Options{Packets: recorder.PacketsNone})
	var events []event
	end, _, err := r.Run(t.Context(), h, sandbox.Limits{}, func(line []byte) error {
		var e event
		if err := json.Unmarshal(line, &e.Event); err != nil {
			return err
		}
		var err error
		e.data, err = e.Value()
		events = append(events, e)
		return err
	})
	if err != nil || end.Outcome != recorder.OutcomePassed && end.Outcome != recorder.OutcomeFailed {
		t.Fatalf("%v %s %s\n%s", err, end.Outcome, end.Message, end.Detail)
	}
	return events
}
