package explain

import (
	"fmt"
	"strings"

	"github.com/rtcsim/rtcsim/recorder"
)

// closingRules are about connections that are closed, and about runs that could not go on.
var closingRules = []Rule{
	{
		Name: "closed-by-application", Answers: Closed, Suspect: "an application that closes",
		Doc:  "The application called close().",
		find: findClosed,
	},
	{
		Name: "closed-by-other-side", Answers: Closed, Suspect: "the other side, which closes",
		Doc:  "The other side has closed its connection and said so with DTLS's close_notify. pion then closes this side as well; in the standard it would stay open until ICE gives up.",
		find: findClosedByOther,
	},
	{
		Name: "run-stopped", Answers: Stopped,
		Doc:  "The run was stopped: by a limit, a crash of the simulated program, or a person.",
		find: findRunStopped,
	},
}

// close returns the first call of close on the peer connection that came back well, nil where there is none.
func (p *Peer) close() *Call {
	if c := p.Call("close"); c != nil {
		return c
	}
	return nil
}

func findClosed(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	call := p.close()
	if call == nil {
		return nil
	}
	c := &Cause{Text: fmt.Sprintf("%s's application closed the connection at %s", q.Peer, seconds(call.Time)), Evidence: []Evidence{call.evidence("close is called")}}
	if t, ok := p.First("connectionState", "connected"); ok && t.Time <= call.Time {
		c.Text += fmt.Sprintf("; it had been up since %s", seconds(t.Time))
	} else {
		c.Text += ", before it was up"
	}
	return []*Cause{c}
}

func findClosedByOther(f *Facts, q Question) []*Cause {
	p := f.Peer(q.Peer)
	if p.close() != nil {
		return nil
	}
	for _, packet := range f.Packets {
		if !packet.Is("close-notify") || !packet.Delivered() || packet.End.Peer != q.Peer {
			continue
		}
		c := &Cause{
			Text:     fmt.Sprintf("%s's connection was closed from the other side: DTLS's close_notify arrived at %s", q.Peer, seconds(packet.End.Time)),
			Evidence: []Evidence{packet.End.evidence("packet %d arrives: %s", packet.ID, strings.Join(packet.Types, " "))},
		}
		if other := f.Peer(packet.Peer); other != nil && other.close() != nil {
			call := other.close()
			c.Causes = []*Cause{{Rule: "closed-by-application", Peer: other.Name, Text: fmt.Sprintf("%s's application closed the connection at %s", other.Name, seconds(call.Time)), Evidence: []Evidence{call.evidence("close is called")}}}
		}
		return []*Cause{c}
	}
	return nil
}

func findRunStopped(f *Facts, _ Question) []*Cause {
	end, ok := f.Recording.End()
	if !ok {
		return nil
	}
	words := map[recorder.Outcome]string{"crashed": "the simulated program crashed", "limit": "the run hit a limit", "interrupted": "the run was interrupted"}[end.Outcome]
	if end.Message != "" {
		words += ": " + end.Message
	}
	return []*Cause{{Text: words}}
}
