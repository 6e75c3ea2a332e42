// Package recorder is the recording of a simulated WebRTC session: its events, the file that holds them,
// and the comparison of two recordings.
//
// The session makes its events with a [Log], which encodes each as one line of canonical JSON. The host hands
// the lines to a [Writer], which chains them with a running [Digest] and stores them, compressed, in one file.
// A [Reader] gives them back and tells where the file was changed, damaged or cut off. A [Recording] gives any of them
// at once, and what they have to do with one another, of a file or of a session that still runs ([Live]). A [Comparer]
// finds the first event in which two runs differ.
//
// The same run gives the same bytes, before compression, on every machine. So nothing here reads a clock into
// the recording, draws a random number or depends on the order of a map.
//
// The file format is described in docs/recording.md, for people who write tools in other languages.
package recorder
