package scenarios

// A Topic is a folder of the library.
type Topic struct {
	// Name is that of the folder.
	Name string
	// Summary is one sentence about what is in it.
	Summary string
}

// Topics are all topics, in an order to read them in: from the first offer to what can go wrong.
var Topics = []Topic{
	{"signaling", "Offers, answers and candidates: by hand, late, lost, twice, and at the same moment."},
	{"ice", "How two peers find a way to each other, keep it, lose it and find another."},
	{"nat", "Which NATs and firewalls can be passed, and how."},
	{"turn", "Relays: how a connection comes through one, and what happens when it fails."},
	{"dtls", "The handshake that comes before all data, with packets lost in it."},
	{"data-channels", "Messages: ordered or not, reliable or not, large, many, slow to be read."},
	{"media", "Audio and video: calls, codecs, tracks that come and go, loss and its repair."},
	{"network", "Bad networks and changing ones: loss, delay, queues, outages, from wifi to cellular."},
	{"closing", "Every way to close a channel or a connection, and what the other side sees."},
	{"errors", "Calls that must fail, and with which error."},
	{"bugs", "Known bugs of pion, each with its issue: those that it has, and those that it must not have again."},
}
