package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rtcsim/rtcsim/internal/standard"
	"github.com/rtcsim/rtcsim/internal/transcript"
	"github.com/rtcsim/rtcsim/recorder"
)

// remarks are the remarks of a run, in the order of its recording.
type remarks []remark

// remark is a remark with what is known of its rule.
type remark struct {
	Seq   uint64        `json:"seq"`
	Time  time.Duration `json:"time"`
	Peer  string        `json:"peer"`
	Cause uint64        `json:"cause,omitempty"`
	recorder.Remark
	// Pion says what pion does, Where in its sources, Chrome what Chrome does.
	Pion   string `json:"pion,omitempty"`
	Where  string `json:"where,omitempty"`
	Chrome string `json:"chrome,omitempty"`
}

// line takes a line of the recording.
func (r *remarks) line(line []byte) {
	if !bytes.Contains(line[:min(len(line), 128)], []byte(`"kind":"remark"`)) {
		return
	}
	var e recorder.Event
	var d recorder.Remark
	if json.Unmarshal(line, &e) != nil || json.Unmarshal(e.Data, &d) != nil {
		return
	}
	m := remark{Seq: e.Seq, Time: e.Time, Peer: e.Peer, Cause: e.Cause, Remark: d}
	if rule := standard.RuleOf(d.Rule); rule != nil {
		m.Pion, m.Where, m.Chrome = rule.Pion, rule.Where, rule.Chrome
	}
	*r = append(*r, m)
}

// listRemarks prints the remarks, each with its rule and the link to the standard.
func (a *app) listRemarks(list remarks) {
	if len(list) == 0 {
		return
	}
	bold, dim := a.renderer.NewStyle().Bold(true), a.renderer.NewStyle().Faint(true)
	fmt.Fprintf(a.stdout, "\n%s\n", bold.Render("Where pion differs from the standard"))
	for _, r := range list {
		fmt.Fprintf(a.stdout, "%s  %-8s  %s\n", dim.Render(transcript.Time(r.Time)), r.Peer, bold.Render(r.Rule))
		fmt.Fprintf(a.stdout, "%24s%s\n%24s%s\n", "", r.Text, "", dim.Render(r.Spec))
	}
}
