package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
)

const decryptScenario = `
peers: {alice: {}, bob: {}}
limit: 3s
steps:
  - {alice: createDataChannel, with: {label: chat}}
  - negotiate: alice -> bob
  - {wait: 'alice.channels.chat.readyState == "open"', within: 2s}
  - {alice.chat: send, with: {data: psst}}
`

// TestDecrypts reads a message on a data channel in the packet that carries it,
// in a recording of a real session.
func TestDecrypts(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it runs a session")
	}
	run, err := runner.New(t.Context(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	h := run.Header("decrypt.yaml", []byte(decryptScenario), 1, recorder.Options{Packets: recorder.PacketsFull})
	live, err := recorder.NewLive(h)
	if err != nil {
		t.Fatal(err)
	}
	end, _, err := run.Run(t.Context(), h, sandbox.Limits{}, live.Append)
	if err != nil {
		t.Fatal(err)
	}
	live.Finish(end)

	p := newEventPane(plainTheme(false))
	defer p.close()
	var found []string
	for n, entry := range live.Forward(1) {
		if entry.Kind != recorder.KindPacketSent {
			continue
		}
		p.look(momentAt(live.Recording, n))
		if view := settled(p, 140, 60); strings.Contains(view, "psst") {
			found = append(found, view)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the message is in %d packets, want 1", len(found))
	}
	for _, want := range []string{"DTLS", "SCTP", "DATA", "delivered to bob"} {
		if !strings.Contains(found[0], want) {
			t.Errorf("there is no %s in\n%s", want, found[0])
		}
	}
}
