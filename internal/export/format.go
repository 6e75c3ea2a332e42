// Package export turns a recording into what other programs read.
package export

import (
	"io"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Format is a format that a recording can be exported to.
type Format struct {
	// Name is what --format takes.
	Name string
	// Extension ends the names of its files; it begins with a dot.
	Extension string
	// Summary says in one sentence what it is good for, without a full stop.
	Summary string
	// Takes names the options that have an effect, as the flags of the command are called: from, to, peer, and those of the
	// format alone.
	Takes []string
	// Write writes the recording, which must be loaded and stays as it is, to w. Lines that cannot be read as events are left
	// out; [recorder.Recording.Damage] has them. The same recording and options give the same bytes.
	Write func(w io.Writer, r *recorder.Recording, o Options) error
}

// Options say what of a recording is exported, and how. The zero value exports all of it.
type Options struct {
	// Title is what the recording is called, such as the name of its file; the scenario's name if it is empty.
	Title string
	// From and To are the virtual times between which events are exported, both included. To is 0 for the end.
	From, To time.Duration
	// Peers are the peers whose events and packets are exported; all if there are none. What belongs to the run as a whole always is.
	Peers []string
	// Dissect adds what is in each packet, with what is inside its encryption.
	Dissect bool
	// At are the peers and servers at whose interfaces packets are captured, as a program there would; if there are none, each
	// packet is captured once, between the NATs.
	At []string
	// Show are the topics of a diagram, by their names; the usual [Topics] if there are none.
	Show []string
}

// Formats are all formats, in the order in which they are listed.
var Formats = []Format{
	jsonLines,
	pcapng,
	perfetto,
	mermaid,
	internals,
	html,
}

// Find returns the format with that name.
func Find(name string) (Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
