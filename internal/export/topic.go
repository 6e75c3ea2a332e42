package export

// Topic is something that a diagram can show.
type Topic struct {
	// Name is what --show takes.
	Name string
	// Summary says what it is, without a full stop.
	Summary string
	// Usual tells whether it is shown unless something else is asked for.
	Usual bool
}

// Topics are all topics of diagrams, in the order in which they are listed.
var Topics = []Topic{
	{"calls", "calls of the API, and how they came back", true},
	{"events", "events of connections and data channels", true},
	{"states", "changes of state", true},
	{"signaling", "descriptions and candidates on their way between the peers", true},
	{"packets", "packets, like ones counted, a STUN request together with its answer", true},
	{"network", "changes of links, networks, servers and interfaces", true},
	{"candidates", "local candidates as they are found", false},
	{"every-packet", "each packet on its own", false},
	{"nats", "the NATs that packets pass, and their mappings", false},
	{"steps", "the steps of the scenario", false},
	{"notes", "the notes of the scenario's steps", false},
	{"verdicts", "all expectations as they are decided; failed ones are always shown", false},
	{"log", "pion's warnings and errors", false},
	{"remarks", "where pion differs from the standard", false},
}

// shows tells whether a diagram has a topic.
func (o Options) shows(topic string) bool {
	for _, t := range o.Show {
		if t == topic {
			return true
		}
	}
	if len(o.Show) > 0 {
		return false
	}
	for _, t := range Topics {
		if t.Name == topic {
			return t.Usual
		}
	}
	return false
}
