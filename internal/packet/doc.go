// Package packet tells what a datagram of a WebRTC session is: STUN, TURN,
// DTLS, SCTP, SRTP and SRTCP, field by field, each with the bytes it is in.
//
// [Protocol] and [Types] look at one payload alone and are cheap enough for
// every packet. A [Dissector] follows a session: it knows which request an
// answer belongs to, recognises retransmissions, and reads what is inside the
// encryption once it is given the secrets of the DTLS key log. It only listens:
// nothing of what it reads is changed by it, and it can be used while a
// session runs as well as on its recording.
//
// The structure of messages is read by this package itself, for pion's parsers
// tell neither where in the bytes a field is nor what is right about a message
// that is partly wrong; values, names and cryptography are pion's where it
// exports them. A malformed payload is no error: the dissection says what is
// wrong and where.
package packet
