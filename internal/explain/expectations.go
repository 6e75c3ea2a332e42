package explain

import (
	"fmt"
	"regexp"
)

// expectationRules are about what the scenario expects.
var expectationRules = []Rule{
	{
		Name: "expectation-of-a-connection", Answers: ExpectationFailed, Suspect: "connections",
		Doc:  "The expectation is about peers whose connection is not up.",
		find: findExpectedConnection,
	},
}

// expectationHeading words an expectation that has failed.
func (f *Facts) expectationHeading(q Question) *Cause {
	for _, v := range f.Verdicts {
		if v.Seq != q.Event {
			continue
		}
		place := fmt.Sprintf("line %d", v.Line)
		if v.File != "" {
			place = v.File + ", " + place
		}
		c := &Cause{Text: fmt.Sprintf("expected %s (%s): %s", v.Text, place, v.Seen), Evidence: []Evidence{v.evidence("the expectation fails")}}
		for _, n := range v.Near {
			c.Evidence = append(c.Evidence, Evidence{Seq: n.Seq, Time: n.Time, Text: "near it: " + n.Text})
		}
		return c
	}
	return nil
}

// about returns the peers that an expectation names; all of them where it names none.
func (f *Facts) about(text string) []*Peer {
	var list []*Peer
	for _, p := range f.Peers {
		if regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(p.Name) + `($|[^\w-])`).MatchString(text) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return f.Peers
	}
	return list
}

func findExpectedConnection(f *Facts, q Question) []*Cause {
	var list []*Cause
	asked := make(map[string]bool)
	for _, v := range f.Verdicts {
		if v.Seq != q.Event {
			continue
		}
		for _, p := range f.about(v.Text) {
			about, ok := f.connection(p)
			if !ok || about.Symptom == Closed || asked[about.key()] {
				continue
			}
			asked[about.key()] = true
			list = append(list, &Cause{Peer: p.Name, asks: []Question{about}})
		}
	}
	return list
}
