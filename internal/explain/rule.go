package explain

// A Rule knows one cause of one symptom.
type Rule struct {
	// Name names it, such as "nat-filtering".
	Name string
	// Answers is the symptom that it is a cause of.
	Answers Symptom
	// Suspect names the cause in a few words, for the list of what can be ruled out: "a NAT that lets nothing in".
	Suspect string
	// Doc explains the cause in a sentence or two, and what helps against it.
	Doc string
	// Fallback tells that the rule is asked only where no other one found anything.
	Fallback bool

	// find returns the cause, or several where there are several of its kind; nil where it is not what happened. The engine fills
	// in the name of the rule and, where a cause has none, the peer of the question.
	find func(f *Facts, q Question) []*Cause
}

// A Topic is what rules are about.
type Topic struct {
	Title string
	Rules []Rule
}

// Topics are all rules. Their order decides in which order causes of one symptom are told.
var Topics []Topic

// rules are those of all topics, and byName finds one.
var (
	rules  []*Rule
	byName = make(map[string]*Rule)
)

// In init, since rules ask questions, whose answers are the rules'.
func init() {
	Topics = []Topic{
		{"What the scenario expects", expectationRules},
		{"Closing, and runs that stop", closingRules},
		{"Connections that never come up", connectivityRules},
		{"Connections that are lost", lostRules},
		{"Candidates", candidateRules},
		{"Offers and answers", negotiationRules},
		{"Calls that are rejected", callRules},
		{"DTLS", dtlsRules},
		{"Descriptions", descriptionRules},
		{"Data channels", channelRules},
		{"Media", mediaRules},
		{"STUN and TURN servers", serverRules},
		{"Packets that are dropped", dropRules},
	}
	for _, t := range Topics {
		for i := range t.Rules {
			rules = append(rules, &t.Rules[i])
			byName[t.Rules[i].Name] = &t.Rules[i]
		}
	}
}

// RuleOf returns the rule of that name, nil where there is none.
func RuleOf(name string) *Rule { return byName[name] }

// rulesFor returns the rules that answer a symptom, those that are a fallback or the others.
func rulesFor(s Symptom, fallback bool) []*Rule {
	var list []*Rule
	for _, r := range rules {
		if r.Answers == s && r.Fallback == fallback {
			list = append(list, r)
		}
	}
	return list
}
