package runner_test

import (
	"context"
	"github.com/rtcsim/rtcsim/internal/runner"
	"github.com/rtcsim/rtcsim/internal/sandbox"
	"github.com/rtcsim/rtcsim/recorder"
	"testing"
	"time"
)

func BenchmarkEmpty(b *testing.B) {
	r, err := runner.New(context.Background(), 0, func(string, time.Duration) func() { return func() {} })
	if err != nil {
		b.Fatal(err)
	}
	h := r.Header("x.yaml", []byte("peers: {alice: {}}\nlimit: 1s\n"), 1, recorder.Options{Packets: "full"})
	for b.Loop() {
		end, _, err := r.Run(context.Background(), h, sandbox.Limits{}, func([]byte) error { return nil })
		if err != nil || end.Outcome != "passed" {
			b.Fatal(end, err)
		}
	}
}
