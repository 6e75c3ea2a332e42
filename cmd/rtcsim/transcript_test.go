package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shipped are the scenarios that these tests look at line by line.
var shipped = []string{
	"closing/mdn-peerconnection-close",
	"closing/mdn-datachannel-close",
	"data-channels/unreliable-lossy",
	"ice/outage-failed",
}

// address is how pion names an SCTP association: where it lies in the guest's memory, which another guest moves.
var address = regexp.MustCompile(`\[0x[0-9a-f]+\]`)

// TestTranscript compares what run prints about a scenario with what it printed when somebody last looked at it.
func TestTranscript(t *testing.T) {
	t.Parallel()
	for _, name := range shipped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rtcsim(t, t.TempDir(), "run", absolute(t, "../../scenarios/"+name+".yaml"))
			r.want(t, exitOK, "── the end", "")
			got, summary, ok := strings.Cut(r.stdout, "\n\n✓ ")
			if !ok || strings.Contains(summary, "\n\n") {
				t.Fatalf("there is no summary after the transcript: %v", r)
			}
			got = address.ReplaceAllString(got, "[0x…]") + "\n"

			golden := filepath.Join("testdata/transcript", filepath.Base(name)+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the transcript is not that in %s (-want +got):\n%s\n"+
					"if it should be, run 'go test ./cmd/rtcsim -run TestTranscript -update' and read the diff", golden, diff)
			}
		})
	}
}
