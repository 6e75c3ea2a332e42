// Package media makes synthetic media and measures what arrives of it. It knows RTP and codecs, and nothing of sessions.
//
// An [Encoder] makes frames: sizes as a bit rate and a frame rate ask for, contents that a decoder would not understand but
// whose headers are true, so that a depacketizer sees where frames and keyframes begin. A [Receiver] looks at RTP packets as
// they arrive, counts, and decides as a decoder would which frames can be decoded and when only a keyframe helps.
package media
