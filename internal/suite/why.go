package suite

import (
	"bytes"
	"slices"

	"github.com/rtcsim/rtcsim/internal/explain"
)

// whyWidth is how wide an explanation is, in columns.
const whyWidth = 100

// why explains the end of a session in which an expectation failed, in short; nothing where none did.
func why(run *Run, failures []Failure) (string, error) {
	if !slices.ContainsFunc(failures, func(f Failure) bool { return f.Kind == KindExpectation }) {
		return "", nil
	}
	recording, err := run.Recording()
	if err != nil {
		return "", err
	}
	<-recording.Done()
	facts, err := explain.Gather(recording, recording.Len())
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	explain.Write(&text, explain.Session(facts), explain.Layout{Width: whyWidth, Short: true})
	return text.String(), nil
}
