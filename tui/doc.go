// Package tui is the inspector: a program for the terminal in which people look
// at a recorded session, or at one that still runs.
//
// A session is shown as lanes, one for each peer and one for the network
// between them, with time running down. Beside them are panes that tell about
// the moment at the cursor: the state machines of each peer, and the event with
// all that it holds.
//
// The program is a Bubble Tea model, [Model]. What it shows follows from the
// recording, the cursor and the settings alone; only playing has a clock.
package tui
